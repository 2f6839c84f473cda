//! What is due, against what the contracts take: in random lives every due duty is taken and changes something, and what is not due is
//! refused, or would change nothing.

use std::collections::BTreeMap;

use bithedge_engine::intents::{BucketId, Plan, Refusal, State, Tip, Unknown};
use bithedge_engine::keeper::{Duty, DutyKind, Scope, due};
use bithedge_protocol::{Asset, BlockHeight, MicroStx, TokenAmount, UnixSeconds};
use bithedge_stacks::{Address, Value};
use bithedge_suite::Deployment;
use bithedge_suite_world::*;
use bithedge_vm::{Options, Project};

use crate::net::{principal, read};

struct Life {
    w: World,
    suite: Deployment,
    /// How often each kind was due and taken, and not due and refused.
    counts: BTreeMap<DutyKind, [u64; 2]>,
    readings: usize,
    rounds: usize,
    bought: u64,
}

impl Life {
    fn ask<T>(&mut self, who: Address, question: impl Fn(&State) -> Result<T, Unknown>) -> T {
        let tip = Tip {
            height: BlockHeight::new(1),
            hash: String::new(),
            time: UnixSeconds::new(self.w.vm.now().unwrap()),
        };
        let mut state = State::new(self.suite.clone(), who, MicroStx::ZERO, tip);
        for round in 0..12 {
            match question(&state) {
                Ok(answer) => {
                    self.readings = self.readings.max(state.readings());
                    self.rounds = self.rounds.max(round);
                    return answer;
                }
                Err(Unknown::Unread(missing)) => {
                    for reading in missing {
                        let value = read(&mut self.w, &reading);
                        state.add(reading, value);
                    }
                }
                Err(unknown) => panic!("{unknown}"),
            }
        }
        panic!("it never had enough");
    }

    fn due(&mut self) -> Vec<Duty> {
        let policies = self.w.read("policy-registry", "get-policy-count", &[]).as_uint().unwrap();
        let ended: Vec<u128> = (1..=policies).collect();
        let keeper = self.w.keeper;
        self.ask(keeper, |state| {
            due(state, &Scope { tiers: &[1, 2, 3], kinds: &DutyKind::ALL, ended: &ended })
        })
    }

    /// Everything that could be due, whether it is or not.
    fn candidates(&mut self) -> Vec<Duty> {
        let mut all = vec![Duty::RecordHealth, Duty::CheckOracle];
        let now = self.w.vm.now().unwrap();
        let tokens = [(Asset::Sbtc, self.w.sbtc.clone()), (Asset::Stx, self.w.stx.clone())];
        for (asset, token) in tokens {
            all.extend([Duty::ClaimBounties(asset), Duty::ClaimAllocation(asset)]);
            let amount =
                num(&self.w.read("treasury", "get-token", std::slice::from_ref(&token)), "undistributed");
            all.push(Duty::Distribute { asset, amount: TokenAmount::new(amount) });
            for tier in 1..=3 {
                let bucket = BucketId { tier, asset };
                all.push(Duty::CloseEpoch(bucket));
                let live = self.w.bucket(tier.into(), &token);
                for expiry in live.field("live").unwrap().as_list().unwrap() {
                    let expiry = UnixSeconds::new(u64::try_from(expiry.as_uint().unwrap()).unwrap());
                    all.push(Duty::SettleExpiry { bucket, expiry });
                    if !all.contains(&Duty::RecordBoundary(expiry)) {
                        all.push(Duty::RecordBoundary(expiry));
                    }
                }
                // One that was never sold for.
                let friday = 115_200 + (now - 115_200) / 604_800 * 604_800;
                all.push(Duty::SettleExpiry { bucket, expiry: UnixSeconds::new(friday - 52 * 604_800) });
            }
        }
        let policies = self.w.read("policy-registry", "get-policy-count", &[]).as_uint().unwrap();
        for id in 1..=policies {
            let policy = self.w.read("policy-registry", "get-policy", &[u(id)]);
            let policy = policy.as_optional().unwrap().unwrap().clone();
            let asset = if policy.field("token").unwrap() == &self.w.sbtc { Asset::Sbtc } else { Asset::Stx };
            all.push(Duty::ClaimSettlement { policy: id, asset, owner: self.w.peter });
            all.push(Duty::EndPolicies(vec![id]));
        }
        all
    }

    /// What a duty's call does: whether it changed anything, or the code it was refused with.
    fn tries(&mut self, duty: &Duty) -> Result<bool, u128> {
        let keeper = self.w.keeper;
        let call = duty.call(&self.suite, keeper).unwrap();
        let (contract, function) = (call.contract.to_string(), call.function.as_str());
        let outcome = self.w.vm.call(keeper, &contract, function, &call.args).unwrap();
        match outcome.value().unwrap() {
            Value::Response(Ok(answer)) => Ok(match duty {
                // These two are never refused.
                Duty::EndPolicies(_) => answer.as_uint().unwrap() > 0,
                Duty::CheckOracle => outcome.prints().count() > 0,
                _ => true,
            }),
            _ => Err(outcome.err_code().unwrap()),
        }
    }

    /// The call by which a duty is found in the journal is the one that its intent plans.
    fn is_planned(&mut self, duty: &Duty) {
        let keeper = self.w.keeper;
        let intent = duty.intent(keeper);
        let plan: Result<Plan, Refusal> = self.ask(keeper, |state| match intent.plan(state) {
            Err(Refusal::Unknown(unknown)) => Err(unknown),
            plan => Ok(plan),
        });
        assert_eq!(plan.unwrap().call, duty.call(&self.suite, keeper).unwrap(), "{duty:?}");
    }

    /// Compares at this moment. `serve` says which of the due ones are carried out then.
    fn compares(&mut self, mut serve: impl FnMut() -> bool) {
        let due = self.due();
        for duty in &due {
            self.is_planned(duty);
            self.counts.entry(duty.kind()).or_default()[0] += 1;
        }
        // What is refused, or changes nothing, leaves everything as it is.
        for duty in self.candidates() {
            let is_due = due.iter().any(|one| match (one, &duty) {
                (Duty::EndPolicies(ids), Duty::EndPolicies(some)) => some.iter().all(|id| ids.contains(id)),
                _ => *one == duty,
            });
            // What ended out of the money is ended together with others, not claimed one by one, though it could be.
            let is_ended = matches!(&duty, Duty::ClaimSettlement { policy, .. }
                if due.iter().any(|one| matches!(one, Duty::EndPolicies(ids) if ids.contains(policy))));
            if is_due || is_ended {
                continue;
            }
            let found = self.tries(&duty);
            assert!(
                matches!(found, Err(_) | Ok(false)),
                "{duty:?} is not due at {}",
                self.w.vm.now().unwrap()
            );
            self.counts.entry(duty.kind()).or_default()[1] += 1;
        }
        // Each alone, in the very state that it is due at.
        if !due.is_empty() {
            self.w.vm.snapshot_as("before").unwrap();
        }
        for duty in &due {
            let found = self.tries(duty);
            assert_eq!(found, Ok(true), "{duty:?} is due at {}", self.w.vm.now().unwrap());
            self.w.vm.restore_from("before").unwrap();
        }
        // What is due together may be done together, in this order.
        for duty in due.into_iter().filter(|_| serve()) {
            let found = self.tries(&duty);
            assert_eq!(found, Ok(true), "{duty:?} after others");
        }
    }
}

#[test]
fn what_is_due_is_taken_and_what_is_not_is_refused() {
    let seed = std::env::var("KEEPER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let lives = std::env::var("KEEPER_LIVES").ok().and_then(|lives| lives.parse().ok()).unwrap_or(1_u64);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    // The keeper gets a part of the fees, so that an allocation can be due.
    let options = Options { genesis_time: START, ..Options::default() };
    let project = Project::load("contracts/Clarinet.toml").unwrap();
    let mut w = World::before_hand_over(project, options, 100_000 * USD, USD);
    let (deployer, keeper) = (w.deployer, principal(w.keeper));
    let text = |text: &str| Value::ascii(text).unwrap();
    let row = [text("keeper"), u(100_000), keeper, Value::Bool(true), text("a part")];
    w.call(deployer, "treasury", "set-allocation", &row).ok().unwrap();
    w.open();
    let mut life =
        Life { w, suite: Deployment::devnet(), counts: BTreeMap::new(), readings: 0, rounds: 0, bought: 0 };
    life.w.vm.snapshot_as("the beginning").unwrap();
    let prices = (life.w.btc_price, life.w.stx_price);
    for _ in 0..lives {
        life.w.vm.restore_from("the beginning").unwrap();
        (life.w.btc_price, life.w.stx_price) = prices;
        live(&mut life, &mut random);
    }
    println!("{} policies, most readings {}, most rounds {}", life.bought, life.readings, life.rounds);
    assert!(life.bought >= 5 * lives, "{} policies were sold", life.bought);
    for (kind, [taken, refused]) in &life.counts {
        println!("{kind:?}: due and taken {taken}, not due and refused {refused}");
    }
    for kind in DutyKind::ALL.into_iter().filter(|kind| *kind != DutyKind::ReportPrices) {
        let [taken, refused] = life.counts.get(&kind).copied().unwrap_or_default();
        assert!(taken > 0 && refused > 0, "{kind:?} was due {taken} times, not due {refused} times");
    }
}

/// The distance of strikes: the largest of 1, 2.5, 5 times a power of ten that is not above 4 % of the price.
fn step(price: u128) -> u128 {
    let most = price * 4 / 100;
    let powers = (0..20).map(|power| 10_u128.pow(power));
    powers.flat_map(|power| [power, power * 5 / 2, power * 5]).filter(|step| *step <= most).max().unwrap()
}

/// Peter wants a put. He waits until sales are open again after a silence, and has the bucket closed if that is due.
fn buys(life: &mut Life, random: &mut fastrand::Rng, tokens: &[Value; 2]) {
    for _ in 0..7 {
        life.w.vm.advance_burn(1).unwrap();
        life.w.report();
    }
    let (tier, part) = *random.choice(&[(BALANCED, 87), (AGGRESSIVE, 97)]).unwrap();
    let token = random.choice(tokens).unwrap();
    let _ = life.w.close(tier, token);
    let step = step(life.w.btc_price);
    let strike = life.w.btc_price * part / 100 / step * step;
    let expiry = life.w.expiry(random.u64(2..9));
    life.w.vm.advance_stacks(1).unwrap();
    life.w.report();
    // It may be refused, when an expiry is not settled, or a limit reached.
    life.bought += u64::from(life.w.buy(token, tier, strike, expiry, BTC / 10).ok().is_ok());
}

/// Some weeks of somebody who provides and somebody who buys, with prices that move, silences, and a keeper who comes now and then.
fn live(life: &mut Life, random: &mut fastrand::Rng) {
    let tokens = [life.w.sbtc.clone(), life.w.stx.clone()];
    let irene = life.w.irene;
    for (token, amount) in tokens.iter().zip([20 * BTC, 4_000_000 * STX]) {
        for tier in [BALANCED, AGGRESSIVE] {
            life.w.commit(irene, tier, token, amount);
        }
    }
    life.compares(|| true);
    life.w.next_boundary();
    life.compares(|| true);
    for stop in 0..24 {
        // A keeper who comes now and then, and does some of it.
        let diligence = random.u32(0..4);
        life.compares(|| random.u32(0..3) < diligence);
        if stop % 2 == 0 {
            buys(life, random, &tokens);
        }
        let now = life.w.vm.now().unwrap();
        let friday = 115_200 + (now - 115_200) / 604_800 * 604_800 + 604_800;
        match random.u32(0..7) {
            // Mostly down, so that some end in the money.
            0 | 6 => {
                let change = random.u128(82..=105);
                life.w.vm.advance_stacks(1).unwrap();
                life.w.move_price(life.w.btc_price * change / 100);
            }
            // A silence of hours.
            1 => {
                life.w.vm.advance_to(now + random.u64(2..40) * 3_600).unwrap();
            }
            // A silence over an expiry and the day after it.
            2 => {
                life.w.vm.advance_to(friday + random.u64(24..30) * 3_600).unwrap();
                life.compares(|| false);
                life.w.report();
            }
            3 => {
                life.w.vm.advance_to(now + random.u64(1..3_600)).unwrap();
            }
            _ => {
                life.w.next_boundary();
            }
        }
    }
    // In the end everything is served.
    for _ in 0..5 {
        life.w.next_boundary();
        for _ in 0..3 {
            life.compares(|| true);
        }
    }
    assert_eq!(life.due(), [], "all is done");
    life.w.check_books();
}
