//! Lives in the real VM; after every block everything in the ledger equals what the contracts have.

use bithedge_ledger::{BucketKey, Ledger, PolicyFilter, PolicyStatus, TimeRange, What};
use bithedge_protocol::risk::Standing;
use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite_world::*;

use crate::dump::{assert_same, dump};
use crate::maps;
use crate::recorder::Recorder;

fn key(tier: u128, token: &Value) -> BucketKey {
    BucketKey { tier: tier.try_into().unwrap(), token: token.as_principal().unwrap().clone() }
}

/// The end of a life: nothing doubtful, everything there again when it is fed anew, and after going back and forth.
fn finish(mut r: Recorder, wanted: &[&str]) {
    r.seal();
    let known = r.known.clone();
    r.compared += maps::compare(&mut r, &known);
    for event in wanted {
        assert!(r.known.events.contains(*event), "nobody provoked {event}: {:?}", r.known.events);
    }
    assert!(r.compared > 5_000, "{} fields compared", r.compared);
    assert!(r.ledger.snapshot().unwrap().is_sound());
    r.ledger.check().unwrap();
    let lived = dump(&r.path());
    // What the pool sold and has not ended, and nothing else.
    let active = PolicyFilter { status: Some(PolicyStatus::Active), ..PolicyFilter::default() };
    let active = r.ledger.snapshot().unwrap().policies(&active, 10_000).unwrap();
    assert_eq!(lived["sold"].len(), active.rows.len());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again");
    let mut again = Ledger::open(&path, *r.ledger.identity()).unwrap();
    let mut at_half = None;
    let half = r.blocks.len() / 2;
    for (index, block) in r.blocks.iter().enumerate() {
        if index == half {
            at_half = Some(dump(&path));
        }
        again.apply(block).unwrap();
    }
    assert_same(&dump(&path), &lived, "rebuilt");
    r.ledger.roll_back_to(r.blocks[half - 1].header.height).unwrap();
    assert_same(&dump(&r.path()), &at_half.unwrap(), "rolled back by half");
    for block in &r.blocks[half..] {
        r.ledger.apply(block).unwrap();
    }
    assert_same(&dump(&r.path()), &lived, "applied again");
}

#[test]
fn a_life_in_sbtc_is_in_the_ledger_as_in_the_contracts() {
    let mut r = Recorder::new();
    let sbtc = r.w.sbtc.clone();
    let (peter, irene, ivan, keeper, stranger) = (r.w.peter, r.w.irene, r.w.ivan, r.w.keeper, r.w.stranger);
    r.commit(irene, BALANCED, &sbtc, 2 * BTC);
    r.commit(ivan, AGGRESSIVE, &sbtc, 10 * BTC);
    r.commit(stranger, CONSERVATIVE, &sbtc, 2 * BTC);
    r.commit(ivan, BALANCED, &sbtc, BTC / 10);
    r.pool(ivan, "cancel-deposit", &[u(BALANCED), sbtc.clone()]).ok().unwrap();
    r.next_boundary();
    r.close_all();
    let expiry = r.w.expiry(10);

    let spot = r.w.btc_price;
    let step = r.w.read("liquidity-pool", "strike-step", &[u(spot), u(40_000)]).as_uint().unwrap();
    let strike = spot * 90 / 100 / step * step;
    r.buy(peter, &sbtc, BALANCED, strike, expiry, BTC).ok().unwrap();
    r.buy(peter, &sbtc, BALANCED, strike, expiry, BTC / 10).ok().unwrap();
    r.buy(stranger, &sbtc, AGGRESSIVE, spot * 95 / 100 / step * step, expiry, BTC).ok().unwrap();
    // What the first tier cannot take goes to the second: two policies of one order.
    let split = r.buy(peter, &sbtc, BALANCED, strike, expiry, 3 * BTC);
    assert_eq!(num(split.ok().unwrap(), "count"), 2);
    assert_eq!(r.known_policies(), 5);
    r.registry(peter, "cancel-protection", &[u(2), sbtc.clone(), u(0)]).ok().unwrap();
    r.registry(peter, "cancel-protection", &[u(2), sbtc.clone(), u(0)]).err_code().unwrap();

    // More than is free leaves: an exit over two closes; some of it is taken back.
    let shares = num(&r.w.position(BALANCED, &sbtc, irene), "shares");
    r.pool(irene, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(shares / 3)]).ok().unwrap();
    r.pool(irene, "cancel-withdrawal", &[u(BALANCED), sbtc.clone()]).ok().unwrap();
    r.pool(irene, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(shares)]).ok().unwrap();
    r.next_boundary();
    r.close_all();
    r.pool(keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(irene)]).ok().unwrap();
    let queued = num(r.w.position(BALANCED, &sbtc, irene).field("ticket").unwrap(), "shares");
    assert!(queued > 0 && queued < shares, "{queued} of {shares}");
    r.next_boundary();
    r.close_all();

    // Down, activated; then on to the expiry.
    for price in [96_000, 90_000, 84_000] {
        r.move_price(price * USD);
    }
    r.registry(stranger, "activate-protection", &[u(3), sbtc.clone(), u(0)]).ok().unwrap();
    r.days_until(expiry);
    for tier in [BALANCED, AGGRESSIVE] {
        r.registry(keeper, "settle-expiry", &[u(tier), sbtc.clone(), u(expiry.into())]);
    }
    for policy in [1, 4, 5] {
        r.registry(keeper, "claim-settlement", &[u(policy), sbtc.clone()]).ok().unwrap();
    }
    r.close_all();
    r.pool(irene, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(irene)]).ok().unwrap();

    // Yield is taken out, and what the treasury and the keeper earned is paid.
    let expiry = r.w.expiry(2);
    let spot = r.w.btc_price;
    let step = r.w.read("liquidity-pool", "strike-step", &[u(spot), u(40_000)]).as_uint().unwrap();
    let strike = spot * 97 / 100 / step * step;
    r.buy(peter, &sbtc, AGGRESSIVE, strike, expiry, BTC).ok().unwrap();
    let step = r.w.read("liquidity-pool", "strike-step", &[u(spot), u(50_000)]).as_uint().unwrap();
    r.buy(peter, &sbtc, CONSERVATIVE, spot * 75 / 100 / step * step, expiry, BTC).ok().unwrap();
    r.move_price(spot * 105 / 100);
    r.days_until(expiry);
    r.registry(keeper, "settle-expiry", &[u(AGGRESSIVE), sbtc.clone(), u(expiry.into())]).ok().unwrap();
    r.registry(keeper, "settle-expiry", &[u(CONSERVATIVE), sbtc.clone(), u(expiry.into())]).ok().unwrap();
    let last = r.known_policies();
    r.registry(stranger, "expire-policies", &[Value::list([u(last)])]).ok().unwrap();
    r.close_all();
    r.next_boundary();
    r.close_all();
    // What the losses of the first weeks left of the value is less than was paid in, until somebody has given it back.
    r.pool(ivan, "claim-yield", &[u(AGGRESSIVE), sbtc.clone()]).err_code().unwrap();
    r.pool(stranger, "claim-yield", &[u(CONSERVATIVE), sbtc.clone()]).ok().unwrap();
    r.next_boundary();
    r.close_all();
    r.call(stranger, "treasury", "distribute", std::slice::from_ref(&sbtc)).ok().unwrap();
    r.pool(stranger, "claim-credit", &[sbtc.clone(), who(keeper)]).ok().unwrap();
    // Governance passes by.
    let frozen = [Value::Bool(true)];
    r.call(keeper, "insurance-fund", "set-withdrawals-frozen", &frozen).ok().unwrap();

    // The oracle is silent for days: the last way out.
    let now = r.w.vm.now().unwrap();
    r.w.vm.advance_to(now + 4 * DAY).unwrap();
    let shares = num(&r.w.position(AGGRESSIVE, &sbtc, ivan), "shares");
    r.pool(ivan, "exit-dead-bucket", &[u(AGGRESSIVE), sbtc.clone(), u(shares / 2)]).ok().unwrap();
    r.pool(ivan, "claim-withdrawal", &[u(AGGRESSIVE), sbtc.clone(), who(ivan)]).ok().unwrap();
    r.seal();

    let snapshot = r.ledger.snapshot().unwrap();
    let mine = snapshot.activity(&Principal::Standard(peter), None, 100).unwrap();
    let refused = mine.iter().filter(|one| matches!(one.what, What::Refused { .. })).count();
    assert_eq!(refused, 1, "{mine:#?}");
    assert_eq!(snapshot.policy(1).unwrap().unwrap().status, PolicyStatus::Settled);
    assert_eq!(snapshot.policy(2).unwrap().unwrap().status, PolicyStatus::Cancelled);
    let parts = [4, 5].map(|id| snapshot.policy(id).unwrap().unwrap());
    assert_eq!(parts.each_ref().map(|part| u128::from(part.tier)), [BALANCED, AGGRESSIVE]);
    assert_eq!(parts.iter().map(|part| part.size.base_units()).sum::<u128>(), 3 * BTC);
    assert_eq!(snapshot.policy(3).unwrap().unwrap().status, PolicyStatus::Activated);
    let history = snapshot.history(&key(AGGRESSIVE, &sbtc), TimeRange::ALL).unwrap().unwrap();
    assert!(history.closes.len() > 8);
    assert!(history.worst_drawdown().unwrap().is_negative());
    drop(snapshot);
    finish(
        r,
        &[
            "bootstrap-completed",
            "setup-completed",
            "withdrawals-frozen-set",
            "tier-set",
            "capital-committed",
            "deposit-cancelled",
            "exit-requested",
            "exit-cancelled",
            "withdrawal-paid",
            "dead-bucket-left",
            "bounty-credited",
            "bounty-paid",
            "collateral-sold",
            "collateral-released",
            "series-settled",
            "expiry-settled",
            "epoch-closed",
            "claim-paid",
            "policy-created",
            "policy-activated",
            "policy-cancelled",
            "policy-settled",
            "policy-expired",
            "fee-processed",
            "fees-distributed",
            "allocation-paid",
            "contribution-made",
        ],
    );
}

#[test]
fn a_short_stx_bucket_is_in_the_ledger_and_begins_anew() {
    let mut r = Recorder::new();
    let stx = r.w.stx.clone();
    let (peter, irene, ivan, keeper) = (r.w.peter, r.w.irene, r.w.ivan, r.w.keeper);
    r.commit(irene, AGGRESSIVE, &stx, 500_000 * STX);
    r.call(ivan, "insurance-fund", "contribute-to-fund", &[u(1_000 * STX), stx.clone()]).ok().unwrap();
    r.next_boundary();
    r.close_all();
    let expiry = r.w.expiry(2);
    r.buy(peter, &stx, AGGRESSIVE, 95_000 * USD, expiry, 2 * BTC).ok().unwrap();
    r.buy(peter, &stx, AGGRESSIVE, 97_500 * USD, expiry, BTC).ok().unwrap();
    // Somebody is in the queue when the shares become worthless.
    let shares = num(&r.w.position(AGGRESSIVE, &stx, irene), "shares");
    r.pool(irene, "request-withdrawal", &[u(AGGRESSIVE), stx.clone(), u(shares / 4)]).ok().unwrap();
    for (btc, stx) in
        [(92, 80), (85, 60), (78, 48), (70, 38), (63, 30), (57, 24), (52, 19), (48, 15), (44, 12), (40, 10)]
    {
        r.w.stx_price = stx * USD / 100;
        r.move_price(btc * 1_000 * USD);
    }
    let activated = r.registry(peter, "activate-protection", &[u(1), stx.clone(), u(0)]);
    assert_eq!(activated.err_code().unwrap(), 1_841_201, "the bucket is short");
    r.next_boundary();
    r.days_until(expiry);
    r.registry(keeper, "settle-expiry", &[u(AGGRESSIVE), stx.clone(), u(expiry.into())]).ok().unwrap();
    for policy in [1, 2] {
        r.registry(keeper, "claim-settlement", &[u(policy), stx.clone()]).ok().unwrap();
    }
    r.close_all();
    // The same bucket with new shares.
    r.commit(ivan, AGGRESSIVE, &stx, 300_000 * STX);
    r.next_boundary();
    r.close_all();
    r.commit(irene, AGGRESSIVE, &stx, 200_000 * STX);
    r.next_boundary();
    r.close_all();
    let generation = num(&r.w.bucket(AGGRESSIVE, &stx), "generation");
    assert_eq!(generation, 1);
    r.seal();

    let bucket = key(AGGRESSIVE, &stx);
    let snapshot = r.ledger.snapshot().unwrap();
    let settlement = &snapshot.settlements(&bucket, TimeRange::ALL).unwrap()[0];
    assert!(settlement.owed.base_units() > 0);
    assert_eq!(settlement.covered.base_units(), 500 * STX);
    let policy = snapshot.policy(1).unwrap().unwrap();
    assert!(policy.paid < policy.due, "{policy:?}");
    let standings: Vec<Standing> = snapshot
        .health_history(&bucket, TimeRange::ALL)
        .unwrap()
        .points
        .into_iter()
        .map(|point| point.health.standing)
        .collect();
    assert!(standings.contains(&Standing::Healthy), "{standings:?}");
    assert!(standings.contains(&Standing::MarginCall), "{standings:?}");
    assert_eq!(standings.last(), Some(&Standing::Healthy), "nothing is sold in it");
    let irene = snapshot.provider(&Principal::Standard(irene), &bucket).unwrap().unwrap();
    assert!(irene.result.realised.base_units() < 0, "{irene:?}");
    drop(snapshot);
    finish(r, &["shortfall-covered", "funds-credited", "series-settled", "contribution-made"]);
}

#[test]
fn random_business_is_in_the_ledger_as_in_the_contracts() {
    let mut r = Recorder::new();
    let mut random = fastrand::Rng::with_seed(5);
    let users = [r.w.peter, r.w.irene, r.w.ivan, r.w.stranger];
    let tokens = [r.w.sbtc.clone(), r.w.stx.clone()];
    for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
        for (token, amount) in tokens.iter().zip([5 * BTC, 2_000_000 * STX]) {
            r.commit(users[random.usize(..4)], tier, token, amount);
        }
    }
    r.next_boundary();
    r.close_all();
    let mut open: Vec<(u128, Address, Value, u64)> = Vec::new();
    for _ in 0..110 {
        let user = users[random.usize(..4)];
        let token = tokens[random.usize(..2)].clone();
        let tier = random.u128(1..=3);
        let bucket = [u(tier), token.clone()];
        match random.u32(..100) {
            0..15 => {
                let whole = if token == tokens[0] { BTC } else { 200_000 * STX };
                let amount = random.u128(whole / 1_000..5 * whole);
                r.pool(user, "commit-capital", &[u(tier), token, u(amount)]);
            }
            15..42 => buy(&mut r, &mut random, &mut open, user, tier, &token),
            42..54 => {
                let shares = num(&r.w.position(tier, &token, user), "shares");
                let part = random.u128(1..=4);
                r.pool(user, "request-withdrawal", &[u(tier), token, u(shares * part / 4)]);
            }
            54..58 => drop(r.pool(user, "claim-yield", &bucket)),
            58..62 => drop(r.pool(user, "cancel-withdrawal", &bucket)),
            62..66 => drop(r.pool(user, "cancel-deposit", &bucket)),
            66..72 => drop(r.pool(user, "claim-withdrawal", &[u(tier), token, who(user)])),
            72..80 if !open.is_empty() => {
                let (id, owner, token, _) = open.swap_remove(random.usize(..open.len()));
                let function = if random.bool() { "cancel-protection" } else { "activate-protection" };
                if r.registry(owner, function, &[u(id), token.clone(), u(0)]).ok().is_err() {
                    open.push((id, owner, token, r.w.expiry(0)));
                }
            }
            80..87 => {
                let price = r.w.btc_price;
                r.w.stx_price = (r.w.stx_price * random.u128(70..140) / 100).clamp(USD / 50, 20 * USD);
                r.move_price((price * random.u128(92..108) / 100).clamp(20_000 * USD, 400_000 * USD));
            }
            87..89 => {
                let now = r.w.vm.now().unwrap();
                r.w.vm.advance_to(now + random.u64(3..5) * DAY).unwrap();
                let shares = num(&r.w.position(tier, &token, user), "shares");
                r.pool(user, "exit-dead-bucket", &[u(tier), token, u(shares / 2)]);
                r.report();
                catch_up(&mut r, &mut open);
            }
            _ => {
                r.next_boundary();
                catch_up(&mut r, &mut open);
            }
        }
    }
    finish(r, &["epoch-closed", "expiry-settled", "claim-paid", "exit-requested", "withdrawal-paid"]);
}

fn buy(
    r: &mut Recorder,
    random: &mut fastrand::Rng,
    open: &mut Vec<(u128, Address, Value, u64)>,
    user: Address,
    tier: u128,
    token: &Value,
) {
    let part = [random.u128(50..80), random.u128(80..92), random.u128(93..105)];
    let grid = if tier == CONSERVATIVE { 50_000 } else { 40_000 };
    let spot = r.w.btc_price;
    let step = r.w.read("liquidity-pool", "strike-step", &[u(spot), u(grid)]).as_uint().unwrap();
    let strike = (spot * part[usize::try_from(tier - 1).unwrap()] / 100).div_ceil(step) * step;
    let days = random.u64(1..9);
    let expiry = r.w.expiry(days);
    let first = r.known_policies() + 1;
    let size = random.u128(10_000..2 * BTC);
    if r.buy(user, token, tier, strike, expiry, size).ok().is_ok() {
        for id in first..=r.known_policies() {
            open.push((id, user, token.clone(), expiry));
        }
    }
}

/// What time demands: settlements, claims, closes.
fn catch_up(r: &mut Recorder, open: &mut Vec<(u128, Address, Value, u64)>) {
    let now = r.w.vm.now().unwrap();
    let keeper = r.w.keeper;
    let (over, rest): (Vec<_>, Vec<_>) = std::mem::take(open).into_iter().partition(|one| one.3 <= now);
    *open = rest;
    for (_, _, token, expiry) in &over {
        let at = u((*expiry).into());
        if r.w.read("oracle", "get-boundary", std::slice::from_ref(&at)).as_optional().unwrap().is_none() {
            r.call(keeper, "oracle", "record-boundary", std::slice::from_ref(&at));
        }
        for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
            r.registry(keeper, "settle-expiry", &[u(tier), token.clone(), at.clone()]);
        }
    }
    for (id, _, token, _) in over {
        r.registry(keeper, "claim-settlement", &[u(id), token]);
    }
    r.close_all();
}
