//! The pool's settings: only what was approved, only inside the bounds, and what a change leaves alone.

use bithedge_stacks::Value;
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;
use sha2::{Digest, Sha256};

use crate::support::*;

#[test]
fn settings_stay_inside_their_bounds() {
    let mut w = with_capital(before_the_hand_over());
    hold(
        &mut w,
        cases![
            every_bound_of_a_tier,
            every_bound_of_a_token,
            every_bound_of_a_bucket,
            terms_beyond_any_number_are_a_bad_setting,
            the_ends_of_all_ranges_are_allowed,
            a_series_keeps_the_floor_of_its_first_sale,
            a_series_keeps_the_ratio_of_its_first_sale,
            an_open_bucket_opened_again_only_changes_its_capacity,
            a_bucket_below_its_new_capacity_takes_no_deposit_and_lets_everybody_leave,
            a_deactivated_token_is_run_off,
            an_extreme_smile_that_governance_allows_cannot_stop_a_close,
        ],
    );
}

#[test]
fn after_the_hand_over_only_an_approved_action_passes_once() {
    let mut w = World::new();
    watch_state(&mut w);
    let sbtc = w.sbtc.clone();
    let capacity = u(5 * BTC);
    let approved = [u(BALANCED), sbtc.clone(), capacity.clone()];
    let hash = Sha256::digest(
        tuple([("tier", u(BALANCED)), ("token", sbtc.clone()), ("capacity", capacity)]).encode(),
    );
    let stranger = w.stranger;
    // Nobody alone, least of all who deployed it.
    let terms = terms(&mut w, BALANCED, []);
    let token = token_terms(&mut w, &sbtc, []);
    for sender in [w.deployer, w.keeper, stranger, w.irene] {
        pool_refuses(&mut w, sender, "open-bucket", &approved, e::GOVERNANCE_NOT_APPROVED);
        pool_refuses(&mut w, sender, "set-tier", &[u(BALANCED), terms.clone()], e::GOVERNANCE_NOT_APPROVED);
        pool_refuses(&mut w, sender, "add-collateral-token", &token, e::GOVERNANCE_NOT_APPROVED);
    }
    let pool = Value::from(w.vm.contract("liquidity-pool").unwrap());
    let action =
        tuple([("target", pool), ("function", text("open-bucket")), ("args", Value::buffer(hash.to_vec()))]);
    w.vm.advance_stacks(1).unwrap();
    let proposal = [
        text("Smaller bucket"),
        Value::buffer(vec![0; 32]),
        text(""),
        Value::List(vec![action]),
        false.into(),
    ];
    let id = w.call(w.deployer, "governance", "propose", &proposal).ok().unwrap().clone();
    let later = |w: &mut World, days: u64| {
        let now = w.vm.now().unwrap();
        w.vm.advance_to(now + days * DAY).unwrap();
    };
    later(&mut w, 1);
    w.call(w.deployer, "governance", "vote", &[id.clone(), u(1)]).ok().unwrap();
    later(&mut w, 5);
    w.call(w.stranger, "governance", "queue", &[id]).ok().unwrap();
    pool_refuses(&mut w, stranger, "open-bucket", &approved, e::GOVERNANCE_TIMELOCKED);
    later(&mut w, 2);
    // Other arguments, and another function, are not what was approved.
    for (position, value) in [(0, u(CONSERVATIVE)), (1, w.stx.clone()), (2, u(5 * BTC + 1))] {
        let mut other = approved.clone();
        other[position] = value;
        pool_refuses(&mut w, stranger, "open-bucket", &other, e::GOVERNANCE_NOT_APPROVED);
    }
    pool_refuses(&mut w, stranger, "set-tier", &[u(BALANCED), terms], e::GOVERNANCE_NOT_APPROVED);
    w.pool(w.stranger, "open-bucket", &approved).ok().unwrap();
    assert_eq!(num(&w.bucket(BALANCED, &sbtc), "capacity"), 5 * BTC);
    pool_refuses(&mut w, stranger, "open-bucket", &approved, e::GOVERNANCE_NOT_APPROVED);
}

fn tier_refused<const N: usize>(w: &mut World, changes: [(&str, Value); N]) {
    let terms = terms(w, BALANCED, changes);
    pool_refuses(w, w.deployer, "set-tier", &[u(BALANCED), terms], e::LIQUIDITY_POOL_BAD_SETTING);
}

fn every_bound_of_a_tier(w: &mut World) {
    tier_refused(w, [("min-strike", u(925_000))]);
    tier_refused(w, [("min-strike", u(MAX))]);
    tier_refused(w, [("max-strike", u(2_000_001))]);
    tier_refused(w, [("grid", u(999))]);
    tier_refused(w, [("grid", u(200_001))]);
    tier_refused(w, [("floor-ratio", u(99_999))]);
    tier_refused(w, [("floor-ratio", u(900_001))]);
    tier_refused(w, [("markup", u(2_000_001))]);
    tier_refused(w, [("skew", u(2_000_001))]);
    tier_refused(w, [("max-duration", u(31_536_001))]);
    tier_refused(w, [("utilisation-limit", u(1_000_001))]);
    tier_refused(w, [("buffer", u(500_001))]);
    tier_refused(w, [("exit-fee", u(96_001))]);
    tier_refused(w, [("exit-fee-slope", u(99_001))]);
    tier_refused(w, [("overflow", text("refuse"))]);
    tier_refused(w, [("overflow", text(""))]);
}

fn token_refused<const N: usize>(w: &mut World, changes: [(&str, Value); N]) {
    let stx = w.stx.clone();
    let arguments = token_terms(w, &stx, changes);
    pool_refuses(w, w.deployer, "add-collateral-token", &arguments, e::LIQUIDITY_POOL_BAD_SETTING);
}

fn every_bound_of_a_token(w: &mut World) {
    token_refused(w, [("asset", u(0))]);
    token_refused(w, [("asset", u(3))]);
    // What a token stands for is fixed once.
    token_refused(w, [("asset", u(1))]);
    token_refused(w, [("collateralization-ratio", u(999_999))]);
    token_refused(w, [("collateralization-ratio", u(10_000_001))]);
    token_refused(w, [("liquidation-threshold", u(2_000_001))]);
    token_refused(w, [("min-deposit", u(50_000))]);
    token_refused(w, [("bounty", u(100_000_000))]);
    token_refused(w, [("min-deposit", u(1_000_000_000_000_001))]);
    token_refused(w, [("min-premium", u(0))]);
    // Below the bounty.
    token_refused(w, [("min-premium", u(49_999))]);
    token_refused(w, [("min-premium", u(1_000_000_000_000_001))]);
    token_refused(w, [("bounty", u(MAX))]);
}

fn every_bound_of_a_bucket(w: &mut World) {
    let (sbtc, other) = (w.sbtc.clone(), other_token(w));
    let too_much = [u(BALANCED), sbtc.clone(), u(500_000_000_000_001)];
    pool_refuses(w, w.deployer, "open-bucket", &too_much, e::LIQUIDITY_POOL_BAD_SETTING);
    pool_refuses(
        w,
        w.deployer,
        "open-bucket",
        &[u(BALANCED), sbtc.clone(), u(MAX)],
        e::LIQUIDITY_POOL_BAD_SETTING,
    );
    pool_refuses(w, w.deployer, "open-bucket", &[u(4), sbtc, u(BTC)], e::LIQUIDITY_POOL_UNKNOWN_TIER);
    pool_refuses(
        w,
        w.deployer,
        "open-bucket",
        &[u(BALANCED), other, u(BTC)],
        e::LIQUIDITY_POOL_UNKNOWN_TOKEN,
    );
}

fn terms_beyond_any_number_are_a_bad_setting(w: &mut World) {
    for name in [
        "min-strike",
        "max-strike",
        "grid",
        "floor-ratio",
        "markup",
        "skew",
        "max-duration",
        "utilisation-limit",
        "buffer",
        "exit-fee",
        "exit-fee-slope",
    ] {
        tier_refused(w, [(name, u(MAX))]);
    }
}

fn the_ends_of_all_ranges_are_allowed(w: &mut World) {
    set_tier(
        w,
        BALANCED,
        [
            ("min-strike", u(0)),
            ("max-strike", u(2_000_000)),
            ("grid", u(1_000)),
            ("floor-ratio", u(100_000)),
            ("markup", u(2_000_000)),
            ("skew", u(2_000_000)),
            ("max-duration", u(31_536_000)),
            ("utilisation-limit", u(1_000_000)),
            ("buffer", u(500_000)),
            ("exit-fee", u(60_000)),
            ("exit-fee-slope", u(40_000)),
        ],
    );
    set_tier(w, BALANCED, [("grid", u(200_000)), ("floor-ratio", u(900_000)), ("utilisation-limit", u(0))]);
    let stx = w.stx.clone();
    set_token(
        w,
        &stx,
        [("collateralization-ratio", u(10_000_000)), ("liquidation-threshold", u(10_000_000))],
    );
    set_token(w, &stx, [("collateralization-ratio", u(1_000_000)), ("liquidation-threshold", u(0))]);
    let sbtc = w.sbtc.clone();
    rule(w, "liquidity-pool", "open-bucket", &[u(BALANCED), sbtc, u(500_000_000_000_000)]);
}

fn series(w: &mut World, token: &Value, expiry: u64) -> Value {
    let book = w.read("liquidity-pool", "get-series", &[u(BALANCED), token.clone(), u(expiry.into())]);
    book.field("series").unwrap().as_list().unwrap()[0].clone()
}

fn a_series_keeps_the_floor_of_its_first_sale(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    let order = order(&sbtc, BALANCED, 80_000 * USD, expiry, BTC);
    buy_as(w, w.peter, &order).ok().unwrap();
    set_tier(w, BALANCED, [("floor-ratio", u(800_000))]);
    buy_as(w, w.peter, &order).ok().unwrap();
    let sold = series(w, &sbtc, expiry);
    assert_eq!(num(&sold, "floor"), 40_000 * USD);
    assert_eq!(num(&sold, "locked"), 2 * BTC);
    // Another series has the floor of now: a quarter of the size covers it.
    let other = self::order(&sbtc, BALANCED, 90_000 * USD, expiry, BTC);
    buy_as(w, w.peter, &other).ok().unwrap();
    let policy = w.read("policy-registry", "get-policy", &[u(3)]).as_optional().unwrap().unwrap().clone();
    assert_eq!((num(&policy, "floor"), num(&policy, "lock")), (72_000 * USD, BTC / 4));
    // When all of the series has gone, the next sale is a first one again.
    for id in [1, 2] {
        w.registry(w.peter, "cancel-protection", &[u(id), sbtc.clone(), u(0)]).ok().unwrap();
    }
    buy_as(w, w.peter, &order).ok().unwrap();
    let policy = w.read("policy-registry", "get-policy", &[u(4)]).as_optional().unwrap().unwrap().clone();
    assert_eq!(num(&policy, "floor"), 64_000 * USD);
    w.check_books();
}

fn a_series_keeps_the_ratio_of_its_first_sale(w: &mut World) {
    let (stx, expiry) = (w.stx.clone(), w.expiry(14));
    let order = order(&stx, BALANCED, 80_000 * USD, expiry, BTC);
    buy_as(w, w.peter, &order).ok().unwrap();
    set_token(w, &stx, [("collateralization-ratio", u(3_000_000))]);
    buy_as(w, w.peter, &order).ok().unwrap();
    let sold = series(w, &stx, expiry);
    assert_eq!((num(&sold, "ratio"), num(&sold, "required")), (2_000_000, 2 * 80_000 * USD));
    assert_eq!(num(&sold, "locked"), 2 * 80_000 * STX);
}

fn an_open_bucket_opened_again_only_changes_its_capacity(w: &mut World) {
    let sbtc = w.sbtc.clone();
    w.commit(w.ivan, BALANCED, &sbtc, BTC);
    let before = w.bucket(BALANCED, &sbtc).as_tuple().unwrap().clone();
    rule(w, "liquidity-pool", "open-bucket", &[u(BALANCED), sbtc.clone(), u(7)]);
    let mut after = w.bucket(BALANCED, &sbtc).as_tuple().unwrap().clone();
    let capacity: bithedge_stacks::ClarityName = "capacity".parse().unwrap();
    assert_eq!(after.insert(capacity.clone(), before[&capacity].clone()), Some(u(7)));
    assert_eq!(after, before);
}

fn a_bucket_below_its_new_capacity_takes_no_deposit_and_lets_everybody_leave(w: &mut World) {
    let sbtc = w.sbtc.clone();
    rule(w, "liquidity-pool", "open-bucket", &[u(BALANCED), sbtc.clone(), u(0)]);
    let deposit = [u(BALANCED), sbtc.clone(), u(BTC)];
    pool_refuses(w, w.ivan, "commit-capital", &deposit, e::LIQUIDITY_POOL_DEPOSIT_CAPACITY);
    leave(w, &sbtc);
}

/// Irene leaves with everything.
fn leave(w: &mut World, token: &Value) {
    let shares = shares_of(w, BALANCED, token, w.irene);
    w.pool(w.irene, "request-withdrawal", &[u(BALANCED), token.clone(), u(shares)]).ok().unwrap();
    w.next_boundary();
    w.close(BALANCED, token).ok().unwrap();
    w.pool(w.irene, "claim-withdrawal", &[u(BALANCED), token.clone(), who(w.irene)]).ok().unwrap();
    w.check_books();
}

fn a_deactivated_token_is_run_off(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    let order = order(&sbtc, BALANCED, 90_000 * USD, expiry, BTC);
    for _ in 0..3 {
        buy_as(w, w.peter, &order).ok().unwrap();
    }
    w.commit(w.ivan, BALANCED, &sbtc, BTC);
    set_token(w, &sbtc, [("active", false.into())]);
    sale_refused(w, &order, e::LIQUIDITY_POOL_TOKEN_INACTIVE);
    let deposit = [u(BALANCED), sbtc.clone(), u(BTC)];
    pool_refuses(w, w.irene, "commit-capital", &deposit, e::LIQUIDITY_POOL_TOKEN_INACTIVE);
    w.move_price(92_000 * USD);
    w.move_price(88_000 * USD);
    w.registry(w.peter, "activate-protection", &[u(1), sbtc.clone(), u(0)]).ok().unwrap();
    w.registry(w.peter, "cancel-protection", &[u(2), sbtc.clone(), u(0)]).ok().unwrap();
    w.pool(w.ivan, "cancel-deposit", &[u(BALANCED), sbtc.clone()]).ok().unwrap();
    w.pool(w.ivan, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.ivan)]).ok().unwrap();
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    settle(w, BALANCED, &sbtc, expiry);
    w.registry(w.peter, "claim-settlement", &[u(3), sbtc.clone()]).ok().unwrap();
    w.close(BALANCED, &sbtc).ok().unwrap();
    leave(w, &sbtc);
}

/// Markup and skew at the ends of what `set-tier` allows, a deep series and a volatility at the oracle's cap: the marks
/// must still be made, or nobody leaves until the series is over.
fn an_extreme_smile_that_governance_allows_cannot_stop_a_close(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(21));
    set_tier(w, BALANCED, [("min-strike", u(500_000))]);
    buy_as(w, w.peter, &order(&sbtc, BALANCED, 50_000 * USD, expiry, BTC)).ok().unwrap();
    set_tier(w, BALANCED, [("min-strike", u(500_000)), ("markup", u(2_000_000)), ("skew", u(2_000_000))]);
    w.walk_to(300_000 * USD);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
}
