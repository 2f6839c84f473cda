//! Random lives: whatever state they lead to, dry run and chain give the same verdict.

use std::collections::BTreeMap;

use bithedge_engine::intents::{BucketId, Capital, Intent, Protection, Recipient, Reserves, Upkeep};
use bithedge_protocol::pool::{Order, Shares};
use bithedge_protocol::{Asset, Sats, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Address;
use bithedge_suite_world::*;
use fastrand::Rng;

use crate::bench::{Bench, text, truth, with};
use crate::protection::{activate, claim, sell_back};

/// Sequences and their length; `INTENTS_SEQUENCES` asks for more.
const SEQUENCES: u64 = 4;
const STEPS: usize = 220;

struct Life<'a> {
    b: &'a mut Bench,
    random: Rng,
}

impl Life<'_> {
    fn anybody(&mut self) -> Address {
        let w = &self.b.w;
        let people = [w.peter, w.irene, w.ivan, w.stranger, w.keeper];
        people[self.random.usize(..people.len())]
    }

    /// A report, in a second in which there was none yet.
    fn report(&mut self) {
        self.b.w.vm.advance_stacks(1).unwrap();
        self.b.w.report();
    }

    /// Away from a report's second, and from just before 08:00, since two reports in one second are one too many.
    fn step_aside(&mut self) {
        self.b.w.vm.advance_stacks(1).unwrap();
        let to_boundary = DAY - (self.b.now() - 28_800) % DAY;
        if to_boundary < 30 {
            self.b.wait(60);
        }
    }

    fn next_boundary(&mut self) {
        self.step_aside();
        self.b.w.next_boundary();
    }

    fn asset(&mut self) -> Asset {
        if self.random.bool() { Asset::Sbtc } else { Asset::Stx }
    }

    fn bucket(&mut self) -> BucketId {
        let tier = if self.random.u8(..20) == 0 { 4 } else { self.random.u8(1..=3) };
        BucketId { tier, asset: self.asset() }
    }

    /// Mostly one that has not ended.
    fn policy(&mut self) -> u128 {
        let count = self.b.w.read("policy-registry", "get-policy-count", &[]).as_uint().unwrap();
        let active = self.b.w.read("policy-registry", "get-policies-by-status", &[u(1), u(0)]);
        let active = active.as_list().unwrap();
        if active.is_empty() || self.random.u8(..6) == 0 {
            return self.random.u128(1..=count + 1);
        }
        active[self.random.usize(..active.len())].as_uint().unwrap()
    }

    /// Somebody, mostly the owner.
    fn owner(&mut self, policy: u128) -> (Address, Asset) {
        let found = self.b.w.read("policy-registry", "get-policy", &[u(policy)]);
        let Some(found) = found.as_optional().unwrap().cloned() else {
            return (self.anybody(), self.asset());
        };
        let owner = found.field("owner").unwrap().as_principal().unwrap().address();
        let token = found.field("token").unwrap().to_source();
        let asset = if token.ends_with("stx-token") { Asset::Stx } else { Asset::Sbtc };
        let owner = if self.random.u8(..8) == 0 { self.anybody() } else { owner };
        (owner, if self.random.u8(..15) == 0 { self.asset() } else { asset })
    }

    fn shares(&mut self, bucket: BucketId, account: Address) -> u128 {
        if bucket.tier > 3 {
            return 1;
        }
        let token = if bucket.asset == Asset::Sbtc { self.b.w.sbtc.clone() } else { self.b.w.stx.clone() };
        num(&self.b.w.position(bucket.tier.into(), &token, account), "shares")
    }

    /// Mostly something that is sold.
    fn order(&mut self) -> Order {
        if self.random.u8(..10) > 0 {
            self.report();
        }
        let asset = self.asset();
        let tier = self.bucket().tier;
        let spot = self.b.w.btc_price / USD;
        let (low, high) = match tier {
            1 => (51, 79),
            2 => (81, 92),
            _ => (93, 104),
        };
        let (low, high) = if self.random.u8(..8) == 0 { (45, 108) } else { (low, high) };
        let wanted = spot * self.random.u128(low..=high) / 100;
        // The grid of the tier at this price, mostly.
        let grid = if tier == 1 { 50_000 } else { 40_000 };
        let step = num_step(&self.b.w.read("liquidity-pool", "strike-step", &[u(spot * USD), u(grid)]));
        let step = if self.random.u8(..12) == 0 { 100 } else { step };
        let strike = wanted.div_ceil(step) * step;
        let days = if self.random.u8(..8) == 0 { self.random.u64(0..60) } else { self.random.u64(2..22) };
        let mut expiry = self.b.w.expiry(days);
        if self.random.u8(..25) == 0 {
            expiry += 1;
        }
        let size = match self.random.u8(..10) {
            0 => self.random.u128(1..20_000),
            1 => self.random.u128(BTC..150 * BTC),
            _ => self.random.u128(BTC / 100..4 * BTC),
        };
        Order {
            asset,
            tier,
            strike: UsdE8::new(strike * USD),
            expiry: UnixSeconds::new(expiry),
            size: Sats::new(size),
        }
    }

    fn wait_for_activation(&mut self) {
        let delay = self.random.u64(3_600..6_000);
        self.b.wait(delay);
        self.report();
    }

    fn cost(&mut self, order: &Order) -> TokenAmount {
        let token = if order.asset == Asset::Sbtc { self.b.w.sbtc.clone() } else { self.b.w.stx.clone() };
        let (strike, size) = (order.strike.base_units(), order.size.base_units());
        let quote = self.b.w.quote(&token, order.tier.into(), strike, order.expiry.get(), size);
        let total = match quote.as_response().unwrap() {
            Ok(quote) => num(quote, "total"),
            Err(_) => 1_000_000_000_000_000,
        };
        // Just enough, or just not.
        TokenAmount::new(total - u128::from(self.random.u8(..6) == 0))
    }

    fn amount(&mut self, asset: Asset) -> TokenAmount {
        let whole = if asset == Asset::Sbtc { BTC } else { 100_000 * STX };
        TokenAmount::new(match self.random.u8(..12) {
            0 => self.random.u128(1..100_000),
            1 => whole * 2_000,
            _ => self.random.u128(whole / 10..whole * 8),
        })
    }

    fn somebody(&mut self) -> Recipient {
        if self.random.bool() { Recipient::Ours } else { Recipient::Somebody(self.anybody()) }
    }

    fn intent(&mut self) -> (Address, Intent) {
        let account = self.anybody();
        match self.random.u8(..26) {
            0..=5 => {
                let order = self.order();
                let max_cost = self.cost(&order);
                let valid_until = UnixSeconds::new(u64::MAX);
                (account, Protection::Buy { order, max_cost, valid_until }.into())
            }
            6 | 7 => {
                let policy = self.policy();
                let (owner, asset) = self.owner(policy);
                let least = if self.random.u8(..4) == 0 { self.amount(asset).base_units() } else { 1 };
                match self.random.u8(..6) {
                    // A fall, and the averages after it.
                    0 | 1 => {
                        let low = (self.b.w.btc_price * 84 / 100).max(40_000 * USD);
                        self.step_aside();
                        self.b.w.walk_to(low);
                        self.b.w.move_price(low);
                        self.wait_for_activation();
                    }
                    2 | 3 => self.wait_for_activation(),
                    _ => {}
                }
                (owner, activate(policy, asset, least).into())
            }
            8 | 9 => {
                let policy = self.policy();
                let (owner, asset) = self.owner(policy);
                self.report();
                let least = if self.random.u8(..4) == 0 { self.amount(asset).base_units() } else { 1 };
                (owner, sell_back(policy, asset, least).into())
            }
            10 | 11 => {
                if self.random.u8(..4) == 0 {
                    // On to the next Friday, with a keeper at work.
                    self.step_aside();
                    let friday = self.b.w.expiry(0);
                    self.b.w.run_to(friday);
                    self.keep();
                }
                let policy = self.policy();
                let (owner, asset) = self.owner(policy);
                (owner, claim(policy, asset, Recipient::Ours).into())
            }
            12 | 13 => {
                let bucket = self.bucket();
                let amount = self.amount(bucket.asset);
                (account, Capital::Commit { bucket, amount }.into())
            }
            14 => (account, Capital::CancelDeposit(self.bucket()).into()),
            15 | 16 => {
                let bucket = self.bucket();
                let held = self.shares(bucket, account);
                let shares = Shares::new(self.random.u128(0..=held + held / 8));
                (account, Capital::RequestWithdrawal { bucket, shares }.into())
            }
            17 => (account, Capital::ClaimYield(self.bucket()).into()),
            18 => (account, Capital::CancelWithdrawal(self.bucket()).into()),
            19 => {
                let (bucket, to) = (self.bucket(), self.somebody());
                (account, Capital::ClaimWithdrawal { bucket, to }.into())
            }
            20 => {
                let bucket = self.bucket();
                let held = self.shares(bucket, account);
                let shares = Shares::new(self.random.u128(0..=held + held / 8));
                (account, Capital::LeaveDeadBucket { bucket, shares }.into())
            }
            21 => {
                if self.random.u8(..3) == 0 {
                    self.next_boundary();
                    self.keep();
                }
                (account, Upkeep::CloseEpoch(self.bucket()).into())
            }
            22 => {
                let now = self.b.now();
                let expiry = UnixSeconds::new((now - 115_200) / 604_800 * 604_800 + 115_200);
                (account, Upkeep::SettleExpiry { bucket: self.bucket(), expiry }.into())
            }
            23 => {
                let (asset, to) = (self.asset(), self.somebody());
                (account, Upkeep::ClaimBounties { asset, to }.into())
            }
            24 => {
                let asset = self.asset();
                let give = Reserves::Contribute { asset, amount: TokenAmount::new(self.random.u128(0..BTC)) };
                (account, if self.random.bool() { Reserves::Distribute(asset).into() } else { give.into() })
            }
            _ => {
                let boundary = (self.b.now() - 28_800) / DAY * DAY + 28_800;
                let at = boundary - DAY * self.random.u64(..4) + u64::from(self.random.u8(..10) == 0);
                (account, Upkeep::RecordBoundary(UnixSeconds::new(at)).into())
            }
        }
    }

    fn time(&mut self) {
        match self.random.u8(..14) {
            0..=4 => {
                self.b.wait(self.random.u64(10..1_500));
            }
            5..=9 => {
                self.b.w.vm.advance_burn(1).unwrap();
                let swing = self.random.u128(94..=106);
                self.b.w.btc_price = (self.b.w.btc_price * swing / 100).clamp(40_000 * USD, 200_000 * USD);
                let swing = self.random.u128(92..=106);
                self.b.w.stx_price = (self.b.w.stx_price * swing / 100).clamp(USD / 10, 3 * USD);
                self.report();
            }
            10..=12 => {
                self.next_boundary();
                if self.random.u8(..4) > 0 {
                    self.keep();
                }
            }
            _ => self.b.wait(self.random.u64(DAY..5 * DAY)),
        }
    }

    /// What a keeper would do: settle what has run out, then close.
    fn keep(&mut self) {
        let keeper = self.b.w.keeper;
        for tier in 1..=3 {
            for asset in Asset::ALL {
                let bucket = BucketId { tier, asset };
                let token = if asset == Asset::Sbtc { self.b.w.sbtc.clone() } else { self.b.w.stx.clone() };
                let live = self.b.w.bucket(tier.into(), &token).field("live").unwrap().clone();
                for expiry in live.as_list().unwrap() {
                    let expiry = u64::try_from(expiry.as_uint().unwrap()).unwrap();
                    if expiry <= self.b.now() {
                        let expiry = UnixSeconds::new(expiry);
                        self.b.tries(keeper, Upkeep::SettleExpiry { bucket, expiry });
                    }
                }
                self.b.tries(keeper, Upkeep::CloseEpoch(bucket));
            }
        }
    }
}

/// A strike step, USD.
fn num_step(value: &bithedge_stacks::Value) -> u128 {
    (value.as_uint().unwrap() / USD).max(1)
}

/// Tiers that overflow each in its way.
fn overflowing(b: &mut Bench) {
    for (tier, way) in [(1, "proportional"), (2, "next-tier"), (3, "reject")] {
        let terms = b.w.read("liquidity-pool", "get-tier", &[u(tier)]);
        let changes = [("isolated", truth(false)), ("overflow", text(way))];
        let terms = with(terms.as_optional().unwrap().unwrap(), changes);
        b.rules("liquidity-pool", "set-tier", &[u(tier), terms]);
    }
}

#[test]
fn random_states_give_equal_verdicts() {
    let mut b = Bench::silent().priced();
    overflowing(&mut b);
    b = b.provided();
    // Capital in all tiers.
    let (irene, ivan) = (b.w.irene, b.w.ivan);
    for asset in Asset::ALL {
        for tier in [1, 3] {
            let amount = TokenAmount::new(if asset == Asset::Sbtc { 8 * BTC } else { 900_000 * STX });
            b.does(
                if tier == 1 { irene } else { ivan },
                Capital::Commit { bucket: BucketId { tier, asset }, amount },
            );
        }
    }
    b.w.next_boundary();
    Life { b: &mut b, random: Rng::with_seed(0) }.keep();
    b.w.vm.snapshot_as("start").unwrap();
    let prices = (b.w.btc_price, b.w.stx_price);
    let sequences = std::env::var("INTENTS_SEQUENCES").ok().and_then(|text| text.parse().ok());
    let mut met: BTreeMap<u128, u64> = BTreeMap::new();
    for seed in 1..=sequences.unwrap_or(SEQUENCES) {
        b.w.vm.restore_from("start").unwrap();
        (b.w.btc_price, b.w.stx_price) = prices;
        let mut life = Life { b: &mut b, random: Rng::with_seed(seed) };
        for _ in 0..STEPS {
            if life.random.u8(..5) == 0 {
                life.time();
            }
            let (account, intent) = life.intent();
            if let Some(code) = life.b.tries(account, intent) {
                *met.entry(code).or_default() += 1;
            }
        }
    }
    println!("{} let through, {} refused, by code: {met:?}", b.done, b.refused);
    println!("by function, let through and refused: {:?}", b.counts);
    println!("{} readings in {} rounds at most", b.readings, b.rounds);
    let done = |function: &str| b.counts.get(function).map_or(0, |count| count[0]);
    for function in ["purchase-protection", "activate-protection", "cancel-protection", "claim-settlement"] {
        assert!(done(function) > 3, "too little happened to show anything: {function}");
    }
    assert!(met.len() > 20);
}
