//! Activations, sales back, claims and moves of backing that are refused.

use bithedge_stacks::Value;
use bithedge_suite_world::*;

use crate::bootstrap::refused;
use crate::errors::{CUTOFF, DELAY};
use crate::support::{Order, Refusals};

const TOKEN: u128 = 1_940_004;
const NOT_OWNER: u128 = 1_940_301;
const INDIRECT_CALLER: u128 = 1_940_302;
const UNAUTHORISED: u128 = 1_940_303;
const UNKNOWN_POLICY: u128 = 1_940_401;
const NOT_ACTIVE: u128 = 1_940_901;
const EXPIRED: u128 = 1_940_902;
const TOO_EARLY: u128 = 1_940_903;
const TOO_LATE: u128 = 1_940_904;
const NOT_IN_THE_MONEY: u128 = 1_940_905;
const NOT_EXPIRED: u128 = 1_940_906;
const BELOW_LIMIT: u128 = 1_940_907;
const BACKING: u128 = 1_940_908;
const STALE_PRICE: u128 = 1_450_401;
const POOL_AMOUNT: u128 = 1_840_001;
const POOL_UNKNOWN_BUCKET: u128 = 1_840_403;
const POOL_NOTHING_TO_SETTLE: u128 = 1_840_405;
const POOL_NOT_EXPIRED: u128 = 1_840_904;
const POOL_NOT_SETTLED: u128 = 1_840_908;

/// The functions by which an owner ends a policy.
const BY_OWNER: [&str; 2] = ["activate-protection", "cancel-protection"];

pub(crate) fn are_refused(w: &mut World, seen: &mut Refusals) {
    let expiry = w.expiry(2);
    let usual = Order::usual(w, expiry);
    let bought_at = w.vm.now().unwrap();
    for size in [BTC, BTC / 2, BTC / 4, BTC / 8] {
        Order { size, ..usual.clone() }.buy(w);
    }
    assert_eq!(
        Order { tier: AGGRESSIVE, strike: 95_000 * USD, token: w.stx.clone(), ..usual.clone() }.buy(w),
        5
    );
    assert_eq!(Order { strike: 80_000 * USD, ..usual }.buy(w), 6);
    while_it_is_out_of_the_money(w, seen, expiry, bought_at);
    while_it_is_in_the_money(w, seen);
    once_it_has_ended(w, seen);
    around_the_expiry(w, seen, expiry);
}

fn ending(id: u128, token: &Value, least: u128) -> [Value; 3] {
    [u(id), token.clone(), u(least)]
}

fn while_it_is_out_of_the_money(w: &mut World, seen: &mut Refusals, expiry: u64, bought_at: u64) {
    let (sbtc, stx, peter) = (w.sbtc.clone(), w.stx.clone(), w.peter);
    for id in [0, 7, u128::MAX] {
        for function in BY_OWNER {
            seen.refused(w, peter, function, &ending(id, &sbtc, 0), UNKNOWN_POLICY);
        }
        seen.refused(w, w.keeper, "claim-settlement", &[u(id), sbtc.clone()], UNKNOWN_POLICY);
        refused(w, w.stranger, &engine(w), "move", &[u(id)], UNKNOWN_POLICY);
        for function in ["get-effective-status", "get-policy-value"] {
            seen.unanswered(w, function, &[u(id)], UNKNOWN_POLICY);
        }
    }
    for (id, wrong) in [(1, &stx), (5, &sbtc)] {
        for function in BY_OWNER {
            seen.refused(w, peter, function, &ending(id, wrong, 0), TOKEN);
        }
        seen.refused(w, w.keeper, "claim-settlement", &[u(id), wrong.clone()], TOKEN);
    }
    for other in [w.irene, w.stranger, w.deployer] {
        for function in BY_OWNER {
            seen.refused(w, other, function, &ending(1, &sbtc, 0), NOT_OWNER);
        }
    }
    // Through a contract that the owner calls, though it is the owner's transaction.
    let registry = w.vm.contract("policy-registry").unwrap();
    for function in BY_OWNER {
        let source = format!(
            "(define-public (end) (contract-call? '{registry} {function} u1 {} u0))
             (define-read-only (get-name) \"between\")",
            sbtc.to_source()
        );
        w.vm.deploy(w.stranger, function, &source).unwrap();
        let between = format!("{}.{function}", w.stranger);
        refused(w, peter, &between, "end", &[], INDIRECT_CALLER);
    }
    for stranger in [w.stranger, w.deployer, w.keeper, peter] {
        seen.refused(w, stranger, "move-backing", &[u(1)], UNAUTHORISED);
    }
    // The liquidation engine itself may not move what a pool backs.
    refused(w, w.stranger, &engine(w), "move", &[u(1)], BACKING);
    seen.codes.insert(BACKING);
    for (token, id) in [(&sbtc, 1), (&stx, 5)] {
        seen.refused(w, w.keeper, "claim-settlement", &[u(id), token.clone()], NOT_EXPIRED);
    }
    let settle = [u(BALANCED), sbtc.clone(), u(expiry.into())];
    seen.refused(w, w.keeper, "settle-expiry", &settle, POOL_NOT_EXPIRED);

    // The last block before the delay is over is one second before it.
    w.vm.advance_to(bought_at + DELAY - 1 - 600).unwrap();
    w.report();
    w.vm.advance_to(bought_at + DELAY - 1).unwrap();
    seen.refused(w, peter, "activate-protection", &ending(1, &sbtc, 0), TOO_EARLY);
    w.vm.advance_stacks(1).unwrap();
    seen.refused(w, peter, "activate-protection", &ending(1, &sbtc, 0), NOT_IN_THE_MONEY);
    let value = w.read("policy-registry", "get-policy-value", &[u(1)]);
    let refund = num(value.as_response().unwrap().unwrap(), "refund");
    assert!(refund > 0);
    for least in [refund + 1, u128::MAX] {
        seen.refused(w, peter, "cancel-protection", &ending(1, &sbtc, least), BELOW_LIMIT);
    }
}

fn engine(w: &World) -> String {
    w.vm.contract("engine").unwrap().to_string()
}

fn while_it_is_in_the_money(w: &mut World, seen: &mut Refusals) {
    let (sbtc, peter) = (w.sbtc.clone(), w.peter);
    // At the money, by latest price and average.
    w.move_price(95_000 * USD);
    w.move_price(90_000 * USD);
    seen.refused(w, peter, "activate-protection", &ending(1, &sbtc, 0), NOT_IN_THE_MONEY);
    // Below it by less than pays a satoshi.
    w.move_price(90_000 * USD - 1);
    seen.refused(w, peter, "activate-protection", &ending(1, &sbtc, 0), POOL_AMOUNT);
    // The latest price is below the strike, the average is not; and the other way round.
    w.move_price(95_000 * USD);
    w.btc_price = 89_000 * USD;
    later(w);
    seen.refused(w, peter, "activate-protection", &ending(1, &sbtc, 0), NOT_IN_THE_MONEY);
    w.move_price(85_000 * USD);
    w.btc_price = 90_000 * USD;
    later(w);
    seen.refused(w, peter, "activate-protection", &ending(1, &sbtc, 0), NOT_IN_THE_MONEY);
    w.move_price(88_000 * USD);
    let value = w.read("policy-registry", "get-policy-value", &[u(1)]);
    let value = value.as_response().unwrap().unwrap().clone();
    let (payout, refund) = (num(&value, "payout"), num(&value, "refund"));
    assert_eq!(payout, BTC * 2_000 / 88_000);
    for least in [payout + 1, u128::MAX] {
        seen.refused(w, peter, "activate-protection", &ending(1, &sbtc, least), BELOW_LIMIT);
    }
    seen.refused(w, peter, "cancel-protection", &ending(1, &sbtc, refund + 1), BELOW_LIMIT);
    // Sixteen minutes without a price: neither, and no value either.
    w.vm.snapshot_as("here").unwrap();
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 960).unwrap();
    for function in BY_OWNER {
        seen.refused(w, peter, function, &ending(1, &sbtc, 0), STALE_PRICE);
    }
    seen.unanswered(w, "get-policy-value", &[u(1)], STALE_PRICE);
    w.vm.restore_from("here").unwrap();
}

fn once_it_has_ended(w: &mut World, seen: &mut Refusals) {
    let (sbtc, peter) = (w.sbtc.clone(), w.peter);
    w.registry(peter, "activate-protection", &ending(1, &sbtc, 0)).ok().unwrap();
    w.registry(peter, "cancel-protection", &ending(2, &sbtc, 0)).ok().unwrap();
    for id in [1, 2] {
        is_over(w, seen, id);
    }
}

/// Nothing more can be done with a policy that has ended.
fn is_over(w: &mut World, seen: &mut Refusals, id: u128) {
    let (sbtc, peter) = (w.sbtc.clone(), w.peter);
    for function in BY_OWNER {
        seen.refused(w, peter, function, &ending(id, &sbtc, 0), NOT_ACTIVE);
    }
    seen.refused(w, w.keeper, "claim-settlement", &[u(id), sbtc], NOT_ACTIVE);
    refused(w, w.stranger, &engine(w), "move", &[u(id)], NOT_ACTIVE);
    seen.unanswered(w, "get-policy-value", &[u(id)], NOT_ACTIVE);
}

fn around_the_expiry(w: &mut World, seen: &mut Refusals, expiry: u64) {
    let (sbtc, stx, peter) = (w.sbtc.clone(), w.stx.clone(), w.peter);
    while w.vm.now().unwrap() < expiry - DAY {
        w.next_boundary();
        w.close(BALANCED, &sbtc).ok().unwrap();
    }
    w.run_to(expiry - CUTOFF - 1);
    // One second before the cutoff it is still sold back; ten seconds later not.
    w.vm.snapshot_as("here").unwrap();
    w.registry(peter, "cancel-protection", &ending(3, &sbtc, 0)).ok().unwrap();
    w.vm.restore_from("here").unwrap();
    w.vm.advance_stacks(1).unwrap();
    seen.refused(w, peter, "cancel-protection", &ending(3, &sbtc, 0), TOO_LATE);
    w.run_to(expiry);
    assert_eq!(w.vm.now().unwrap(), expiry, "at the very second");
    seen.refused(w, peter, "activate-protection", &ending(3, &sbtc, 0), EXPIRED);
    seen.refused(w, peter, "cancel-protection", &ending(3, &sbtc, 0), TOO_LATE);
    seen.unanswered(w, "get-policy-value", &[u(3)], EXPIRED);
    seen.refused(w, w.keeper, "claim-settlement", &[u(3), sbtc.clone()], POOL_NOT_SETTLED);
    seen.refused(w, w.keeper, "claim-settlement", &[u(5), stx], POOL_NOT_SETTLED);
    for (tier, expiry, code) in [
        (BALANCED, expiry + 604_800, POOL_NOTHING_TO_SETTLE),
        (BALANCED, expiry - 604_800, POOL_NOTHING_TO_SETTLE),
        (4, expiry, POOL_UNKNOWN_BUCKET),
    ] {
        seen.refused(w, w.keeper, "settle-expiry", &[u(tier), sbtc.clone(), u(expiry.into())], code);
    }
    let settle = [u(BALANCED), sbtc.clone(), u(expiry.into())];
    w.registry(w.keeper, "settle-expiry", &settle).ok().unwrap();
    seen.refused(w, w.keeper, "settle-expiry", &settle, POOL_NOTHING_TO_SETTLE);
    // One in the money, claimed for its owner; one out of the money, claimed, and one ended from the list.
    for id in [3, 6] {
        w.registry(w.keeper, "claim-settlement", &[u(id), sbtc.clone()]).ok().unwrap();
        is_over(w, seen, id);
    }
}

/// Ten minutes on, with a report.
fn later(w: &mut World) {
    w.vm.advance_burn(1).unwrap();
    w.report();
}
