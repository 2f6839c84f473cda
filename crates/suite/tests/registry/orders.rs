//! Orders that are not sold.

use bithedge_suite_world::*;

use crate::support::{ANY_COST, Order, Refusals};

const SIZE: u128 = 1_940_001;
const KIND: u128 = 1_940_002;
const NOT_LISTED: u128 = 1_940_003;
const COST_ABOVE_LIMIT: u128 = 1_940_201;
const INDIRECT_CALLER: u128 = 1_940_302;
const TOO_LATE: u128 = 1_940_904;
const RATE_LIMITED: u128 = 1_342_901;
const BREAKER_TRIPPED: u128 = 1_350_301;
const PRICE_TOO_OLD: u128 = 1_950_401;
const STALE_PRICE: u128 = 1_450_401;
const POOL_AMOUNT: u128 = 1_840_001;
const OFF_GRID: u128 = 1_840_003;
const OUTSIDE_TIER: u128 = 1_840_004;
const UNKNOWN_TIER: u128 = 1_840_402;
const UNKNOWN_TOKEN: u128 = 1_840_401;
const CLOSE_DUE: u128 = 1_840_901;

/// Starting value of the parameter `sale-max-age`, in seconds.
const SALE_MAX_AGE: u64 = 300;
/// A week, in seconds.
const WEEK: u128 = 604_800;

pub(crate) fn are_refused(w: &mut World, seen: &mut Refusals) {
    let expiry = w.expiry(2);
    let usual = Order::usual(w, expiry);
    bad_terms(w, seen, &usual);
    expiries(w, seen, &usual);
    costs(w, seen, &usual);
    callers_and_pauses(w, seen, &usual);
    times(w, seen, &usual);
}

fn bad_terms(w: &mut World, seen: &mut Refusals, usual: &Order) {
    for size in [0, 1, 9_999, 100 * BTC + 1] {
        seen.unsold(w, &Order { size, ..usual.clone() }, SIZE);
    }
    // A size beyond the buyer's limit of a day is refused as that; the quote knows nothing of limits.
    for size in [200 * BTC + 1, u128::MAX] {
        let order = Order { size, ..usual.clone() };
        let peter = w.peter;
        seen.unanswered(w, "get-quote", &order.quote_args(peter), SIZE);
        seen.refused(w, peter, "purchase-protection", &order.args(), RATE_LIMITED);
    }
    for kind in [0, 2, 3, u128::MAX] {
        seen.unsold(w, &Order { kind, ..usual.clone() }, KIND);
    }
    for strike in [90_001 * USD, 89_999 * USD, 90_000 * USD + 1, 92_000 * USD] {
        seen.unsold(w, &Order { strike, ..usual.clone() }, OFF_GRID);
    }
    // Balanced: from 80 % of spot up to, but not including, 92.5 %.
    for strike in [2_500 * USD, 77_500 * USD, 92_500 * USD, 200_000 * USD] {
        seen.unsold(w, &Order { strike, ..usual.clone() }, OUTSIDE_TIER);
    }
    for strike in [0, 100_000_000_000_000_001, u128::MAX] {
        seen.unsold(w, &Order { strike, ..usual.clone() }, POOL_AMOUNT);
    }
    for tier in [0, 4, u128::MAX] {
        seen.unsold(w, &Order { tier, ..usual.clone() }, UNKNOWN_TIER);
    }
}

fn expiries(w: &mut World, seen: &mut Refusals, usual: &Order) {
    let friday = usual.expiry;
    let (now, day) = (u128::from(w.vm.now().unwrap()), u128::from(DAY));
    // Never; in the past; the day before or after; a second or an hour beside; the sixth Friday if it is not one of every
    // fourth; far away.
    let sixth = (5..9)
        .map(|weeks| friday + weeks * WEEK)
        .find(|one| !((one - 115_200) / WEEK).is_multiple_of(4))
        .unwrap();
    let bad = [0, 1, 115_200, now, friday - WEEK, friday - day, friday + day, friday + 1, friday - 1];
    let far = [friday + 3_600, sixth, friday + 52 * WEEK, u128::MAX];
    for expiry in bad.into_iter().chain(far) {
        seen.unsold(w, &Order { expiry, ..usual.clone() }, NOT_LISTED);
    }
}

fn costs(w: &mut World, seen: &mut Refusals, usual: &Order) {
    let peter = w.peter;
    let quote = w.read("policy-registry", "get-quote", &usual.quote_args(peter));
    let total = num(quote.as_response().unwrap().unwrap(), "total");
    assert!(total > 100_000, "{total}");
    for max_cost in [0, 1, total - 1] {
        let order = Order { max_cost, ..usual.clone() };
        seen.refused(w, peter, "purchase-protection", &order.args(), COST_ABOVE_LIMIT);
    }
    // A buyer without any of the token gets the token's own refusal.
    let poor = w.reporters[0];
    seen.refused(w, poor, "purchase-protection", &usual.args(), 1);
    // What costs exactly the limit is sold, and the smallest and the largest policy are.
    w.vm.snapshot_as("here").unwrap();
    for (size, max_cost) in [(usual.size, total), (10_000, ANY_COST), (100 * BTC, ANY_COST)] {
        let before = w.vm.fingerprint().unwrap();
        Order { size, max_cost, ..usual.clone() }.buy(w);
        assert_ne!(w.vm.fingerprint().unwrap(), before, "a fingerprint that misses a sale proves nothing");
        w.vm.restore_from("here").unwrap();
    }
}

fn callers_and_pauses(w: &mut World, seen: &mut Refusals, usual: &Order) {
    let args: Vec<String> = usual.args().iter().map(bithedge_stacks::Value::to_source).collect();
    let registry = w.vm.contract("policy-registry").unwrap();
    let source = format!(
        "(define-public (buy) (contract-call? '{registry} purchase-protection {}))
         (define-read-only (get-name) \"between\")",
        args.join(" ")
    );
    w.vm.deploy(w.stranger, "between", &source).unwrap();
    let between = format!("{}.between", w.stranger);
    crate::bootstrap::refused(w, w.peter, &between, "buy", &[], INDIRECT_CALLER);
    seen.codes.insert(INDIRECT_CALLER);

    // A contract that is no token of the pool's.
    let unlisted = Order { token: crate::support::principal(w, "fake-token"), ..usual.clone() };
    let token = include_str!("../attacks/fakes/plain-token.clar");
    w.vm.deploy(w.deployer, "fake-token", token).unwrap();
    seen.unsold(w, &unlisted, UNKNOWN_TOKEN);

    w.vm.snapshot_as("here").unwrap();
    for breaker in ["all", "sales", "oracle"] {
        let trip = [crate::bootstrap::text(breaker), crate::bootstrap::text("drill")];
        w.call(w.keeper, "parameters", "trip-breaker", &trip).ok().unwrap();
        seen.refused(w, w.peter, "purchase-protection", &usual.args(), BREAKER_TRIPPED);
        w.vm.restore_from("here").unwrap();
    }
}

fn times(w: &mut World, seen: &mut Refusals, usual: &Order) {
    // A price five minutes old is sold at, an older one is not; after sixteen minutes there is none.
    w.vm.advance_burn(1).unwrap();
    w.report();
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + SALE_MAX_AGE).unwrap();
    w.vm.snapshot_as("here").unwrap();
    usual.buy(w);
    w.vm.restore_from("here").unwrap();
    w.vm.advance_stacks(1).unwrap();
    seen.unsold(w, usual, PRICE_TOO_OLD);
    w.vm.advance_to(now + 960).unwrap();
    seen.unsold(w, usual, STALE_PRICE);
    // From a boundary to its close.
    w.next_boundary();
    seen.unsold(w, usual, CLOSE_DUE);
    w.close(BALANCED, &usual.token).ok().unwrap();
    // Less than a day before the expiry.
    let last = u64::try_from(usual.expiry).unwrap() - DAY;
    while w.vm.now().unwrap() < last {
        w.next_boundary();
        w.close(BALANCED, &usual.token).ok().unwrap();
    }
    w.vm.advance_to(last + 10).unwrap();
    seen.unsold(w, usual, TOO_LATE);
}
