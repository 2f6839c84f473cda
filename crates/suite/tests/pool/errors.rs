//! Every error of the pool, through the suite.

use std::collections::BTreeSet;

use bithedge_suite::Contract;
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::support::*;

#[test]
fn every_error_of_the_pool_can_be_provoked_and_changes_nothing() {
    let mut w = with_capital(before_the_hand_over());
    hold(
        &mut w,
        cases![
            a_deposit_below_the_minimum_is_an_amount_error,
            a_call_is_no_kind_that_the_pool_sells,
            a_strike_between_two_steps_is_off_grid,
            a_strike_of_another_tier_is_outside,
            a_listed_expiry_beyond_the_tiers_longest_is_too_long,
            a_tier_without_strikes_is_a_bad_setting,
            only_sbtc_leaves_a_dead_bucket,
            more_shares_than_held_cannot_be_withdrawn,
            a_user_cannot_settle_in_the_pool_itself,
            a_contract_in_between_cannot_commit_for_its_caller,
            a_token_outside_the_table_is_unknown,
            a_tier_that_was_never_set_is_unknown,
            a_bucket_that_was_never_opened_is_unknown,
            a_series_that_was_never_sold_cannot_be_bought_back,
            nothing_sold_is_nothing_to_settle,
            nothing_filled_is_nothing_to_claim,
            no_request_is_nothing_to_cancel,
            a_sale_waits_for_a_due_close,
            a_close_waits_for_its_boundary,
            a_close_waits_for_settlements,
            an_expiry_ahead_cannot_be_settled,
            in_the_last_hour_requests_stay,
            without_a_gain_there_is_no_yield,
            an_inactive_token_takes_no_deposit,
            a_claim_waits_for_the_settlement,
            a_bucket_with_closes_is_not_left_the_dead_way,
            an_activation_never_takes_the_locks_of_others,
            a_full_tier_refuses,
            a_full_bucket_refuses_deposits,
            the_33rd_series_is_refused,
            without_a_boundary_price_nothing_settles,
        ],
    );
    let codes: BTreeSet<u128> =
        e::ENTRIES.iter().filter(|one| one.contract == Contract::LiquidityPool).map(|one| one.code).collect();
    let provoked: BTreeSet<u128> = provoked().into_iter().filter(|code| code / 100_000 == 18).collect();
    assert_eq!(codes.difference(&provoked).collect::<Vec<_>>(), Vec::<&u128>::new(), "never provoked");
    assert_eq!(provoked.difference(&codes).collect::<Vec<_>>(), Vec::<&u128>::new(), "not documented");
}

fn a_deposit_below_the_minimum_is_an_amount_error(w: &mut World) {
    let arguments = [u(BALANCED), w.sbtc.clone(), u(99_999)];
    pool_refuses(w, w.irene, "commit-capital", &arguments, e::LIQUIDITY_POOL_AMOUNT);
}

fn a_call_is_no_kind_that_the_pool_sells(w: &mut World) {
    let expiry = w.expiry(14);
    let arguments = [
        w.sbtc.clone(),
        u(BALANCED),
        u(2),
        u(85_000 * USD),
        u(expiry.into()),
        u(BTC),
        pricing(w, "vol-ask"),
        rules(),
    ];
    pool_refuses(w, w.peter, "quote-sale", &arguments, e::LIQUIDITY_POOL_KIND);
}

fn a_strike_between_two_steps_is_off_grid(w: &mut World) {
    let expiry = w.expiry(14);
    let order = order(&w.sbtc.clone(), BALANCED, 86_250 * USD, expiry, BTC);
    sale_refused(w, &order, e::LIQUIDITY_POOL_STRIKE_OFF_GRID);
}

fn a_strike_of_another_tier_is_outside(w: &mut World) {
    let expiry = w.expiry(14);
    let order = order(&w.sbtc.clone(), BALANCED, 95_000 * USD, expiry, BTC);
    sale_refused(w, &order, e::LIQUIDITY_POOL_STRIKE_OUTSIDE_TIER);
}

fn a_listed_expiry_beyond_the_tiers_longest_is_too_long(w: &mut World) {
    let mut expiry = w.expiry(90);
    while w.read("policy-registry", "is-listed", &[u(expiry.into())]) != bithedge_stacks::Value::Bool(true) {
        expiry += 7 * DAY;
    }
    let order = order(&w.sbtc.clone(), BALANCED, 85_000 * USD, expiry, BTC);
    sale_refused(w, &order, e::LIQUIDITY_POOL_TERM_TOO_LONG);
}

fn a_tier_without_strikes_is_a_bad_setting(w: &mut World) {
    let terms = terms(w, BALANCED, [("min-strike", u(925_000))]);
    pool_refuses(w, w.deployer, "set-tier", &[u(BALANCED), terms], e::LIQUIDITY_POOL_BAD_SETTING);
}

fn only_sbtc_leaves_a_dead_bucket(w: &mut World) {
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 4 * DAY).unwrap();
    let arguments = [u(BALANCED), w.stx.clone(), u(1_000_000)];
    pool_refuses(w, w.irene, "exit-dead-bucket", &arguments, e::LIQUIDITY_POOL_NOT_SBTC);
}

fn more_shares_than_held_cannot_be_withdrawn(w: &mut World) {
    let sbtc = w.sbtc.clone();
    let shares = shares_of(w, BALANCED, &sbtc, w.irene);
    let arguments = [u(BALANCED), sbtc, u(shares + 1)];
    pool_refuses(w, w.irene, "request-withdrawal", &arguments, e::LIQUIDITY_POOL_INSUFFICIENT_SHARES);
}

fn a_user_cannot_settle_in_the_pool_itself(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(14));
    w.buy(&sbtc, BALANCED, 85_000 * USD, expiry, BTC).ok().unwrap();
    let arguments = [u(BALANCED), sbtc, u(expiry.into()), who(w.stranger)];
    pool_refuses(w, w.stranger, "settle-expiry", &arguments, e::LIQUIDITY_POOL_UNAUTHORISED);
}

fn a_contract_in_between_cannot_commit_for_its_caller(w: &mut World) {
    let contract = deploy_go_between(w);
    let arguments = [u(BALANCED), w.sbtc.clone(), u(BTC)];
    refused(w, w.irene, &contract, "commit-capital", &arguments, e::LIQUIDITY_POOL_INDIRECT_CALLER);
}

fn a_token_outside_the_table_is_unknown(w: &mut World) {
    let token = other_token(w);
    pool_refuses(
        w,
        w.irene,
        "commit-capital",
        &[u(BALANCED), token, u(BTC)],
        e::LIQUIDITY_POOL_UNKNOWN_TOKEN,
    );
}

fn a_tier_that_was_never_set_is_unknown(w: &mut World) {
    let expiry = w.expiry(14);
    let order = order(&w.sbtc.clone(), 4, 85_000 * USD, expiry, BTC);
    sale_refused(w, &order, e::LIQUIDITY_POOL_UNKNOWN_TIER);
}

fn a_bucket_that_was_never_opened_is_unknown(w: &mut World) {
    let arguments = [u(4), w.sbtc.clone(), u(BTC)];
    pool_refuses(w, w.irene, "commit-capital", &arguments, e::LIQUIDITY_POOL_UNKNOWN_BUCKET);
}

/// Only a registry that is wrong about its own policies could ask for it: here one that governance has put in service.
fn a_series_that_was_never_sold_cannot_be_bought_back(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(21));
    w.buy(&sbtc, BALANCED, 85_000 * USD, expiry, BTC).ok().unwrap();
    let registry = deploy_go_between(w);
    upgrade(w, "policy-registry", &registry);
    let sold = policy(BALANCED, 90_000 * USD, expiry, BTC, BTC, w.stranger);
    let arguments = [sbtc, sold, pricing(w, "vol-bid"), u(100_000)];
    refused(w, w.stranger, &registry, "buy-back", &arguments, e::LIQUIDITY_POOL_UNKNOWN_SERIES);
}

fn nothing_sold_is_nothing_to_settle(w: &mut World) {
    let expiry = w.expiry(0);
    let arguments = [u(BALANCED), w.sbtc.clone(), u(expiry.into())];
    registry_refuses(w, w.keeper, "settle-expiry", &arguments, e::LIQUIDITY_POOL_NOTHING_TO_SETTLE);
}

fn nothing_filled_is_nothing_to_claim(w: &mut World) {
    let arguments = [u(BALANCED), w.sbtc.clone(), who(w.irene)];
    pool_refuses(w, w.irene, "claim-withdrawal", &arguments, e::LIQUIDITY_POOL_NOTHING_TO_CLAIM);
}

fn no_request_is_nothing_to_cancel(w: &mut World) {
    let bucket = [u(BALANCED), w.sbtc.clone()];
    for function in ["cancel-deposit", "cancel-withdrawal"] {
        pool_refuses(w, w.irene, function, &bucket, e::LIQUIDITY_POOL_NOTHING_TO_CANCEL);
    }
}

fn a_sale_waits_for_a_due_close(w: &mut World) {
    let expiry = w.expiry(14);
    w.next_boundary();
    let order = order(&w.sbtc.clone(), BALANCED, 85_000 * USD, expiry, BTC);
    sale_refused(w, &order, e::LIQUIDITY_POOL_CLOSE_DUE);
}

fn a_close_waits_for_its_boundary(w: &mut World) {
    let bucket = [u(BALANCED), w.sbtc.clone()];
    pool_refuses(w, w.keeper, "close-epoch", &bucket, e::LIQUIDITY_POOL_CLOSE_NOT_DUE);
}

fn a_close_waits_for_settlements(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    w.buy(&sbtc, BALANCED, 85_000 * USD, expiry, BTC).ok().unwrap();
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    watch_expiry(w, BALANCED, &sbtc, expiry);
    pool_refuses(w, w.keeper, "close-epoch", &[u(BALANCED), sbtc], e::LIQUIDITY_POOL_SETTLE_FIRST);
}

fn an_expiry_ahead_cannot_be_settled(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    w.buy(&sbtc, BALANCED, 85_000 * USD, expiry, BTC).ok().unwrap();
    w.vm.advance_to(expiry - 10).unwrap();
    let arguments = [u(BALANCED), sbtc, u(expiry.into())];
    registry_refuses(w, w.keeper, "settle-expiry", &arguments, e::LIQUIDITY_POOL_NOT_EXPIRED);
}

fn in_the_last_hour_requests_stay(w: &mut World) {
    let sbtc = w.sbtc.clone();
    w.commit(w.ivan, BALANCED, &sbtc, BTC);
    w.pool(w.irene, "request-withdrawal", &[u(BALANCED), sbtc.clone(), u(1_000_000_000)]).ok().unwrap();
    let due = u64::try_from(num(&w.bucket(BALANCED, &sbtc), "due")).unwrap();
    w.vm.advance_to(due - 3_590).unwrap();
    let bucket = [u(BALANCED), sbtc];
    pool_refuses(w, w.ivan, "cancel-deposit", &bucket, e::LIQUIDITY_POOL_REQUESTS_CLOSED);
    pool_refuses(w, w.irene, "cancel-withdrawal", &bucket, e::LIQUIDITY_POOL_REQUESTS_CLOSED);
}

fn without_a_gain_there_is_no_yield(w: &mut World) {
    let bucket = [u(BALANCED), w.sbtc.clone()];
    pool_refuses(w, w.irene, "claim-yield", &bucket, e::LIQUIDITY_POOL_NO_YIELD);
    // A bucket without a close.
    let bucket = [u(AGGRESSIVE), w.sbtc.clone()];
    pool_refuses(w, w.irene, "claim-yield", &bucket, e::LIQUIDITY_POOL_NO_YIELD);
}

fn an_inactive_token_takes_no_deposit(w: &mut World) {
    let sbtc = w.sbtc.clone();
    set_token(w, &sbtc, [("active", false.into())]);
    pool_refuses(
        w,
        w.irene,
        "commit-capital",
        &[u(BALANCED), sbtc, u(BTC)],
        e::LIQUIDITY_POOL_TOKEN_INACTIVE,
    );
}

fn a_claim_waits_for_the_settlement(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    w.buy(&sbtc, BALANCED, 85_000 * USD, expiry, BTC).ok().unwrap();
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    registry_refuses(w, w.peter, "claim-settlement", &[u(1), sbtc], e::LIQUIDITY_POOL_NOT_SETTLED);
}

fn a_bucket_with_closes_is_not_left_the_dead_way(w: &mut World) {
    let sbtc = w.sbtc.clone();
    let boundary = u64::try_from(num(&w.bucket(BALANCED, &sbtc), "boundary")).unwrap();
    w.vm.advance_to(boundary + 3 * DAY - 10).unwrap();
    let arguments = [u(BALANCED), sbtc, u(1_000_000)];
    pool_refuses(w, w.irene, "exit-dead-bucket", &arguments, e::LIQUIDITY_POOL_CLOSES_RUNNING);
}

fn an_activation_never_takes_the_locks_of_others(w: &mut World) {
    let (stx, expiry) = (w.stx.clone(), w.expiry(14));
    // Nearly all of the bucket's million STX is locked for two equal policies; then STX loses more than half.
    for _ in 0..2 {
        w.buy(&stx, BALANCED, 90_000 * USD, expiry, 470_000_000).ok().unwrap();
    }
    crash(w, 50_000 * USD, USD * 23 / 100);
    watch_expiry(w, BALANCED, &stx, expiry);
    registry_refuses(w, w.peter, "activate-protection", &[u(1), stx, u(0)], e::LIQUIDITY_POOL_SERIES_SHORT);
}

fn a_full_tier_refuses(w: &mut World) {
    let expiry = w.expiry(14);
    let order = order(&w.sbtc.clone(), BALANCED, 85_000 * USD, expiry, 10 * BTC);
    sale_refused(w, &order, e::LIQUIDITY_POOL_CAPACITY);
}

fn a_full_bucket_refuses_deposits(w: &mut World) {
    let sbtc = w.sbtc.clone();
    // 1,000 BTC of capacity, 10 BTC less a bounty of 50 in it; a bounty of 50 is taken off.
    let arguments = [u(BALANCED), sbtc, u(990 * BTC + 101)];
    pool_refuses(w, w.irene, "commit-capital", &arguments, e::LIQUIDITY_POOL_DEPOSIT_CAPACITY);
    let arguments = [u(BALANCED), w.sbtc.clone(), u(990 * BTC + 100)];
    w.vm.mint_sbtc(w.irene, 10 * 100_000_000).unwrap();
    w.pool(w.irene, "commit-capital", &arguments).ok().unwrap();
}

fn the_33rd_series_is_refused(w: &mut World) {
    let sbtc = w.sbtc.clone();
    // A grid of 0.1 % of spot: 100 USD.
    set_tier(w, BALANCED, [("grid", u(1_000))]);
    let expiry = w.expiry(14);
    for step in 0..32 {
        let order = order(&sbtc, BALANCED, (80_000 + 100 * step) * USD, expiry, 10_000);
        buy_as(w, w.peter, &order).ok().unwrap();
    }
    watch_expiry(w, BALANCED, &sbtc, expiry);
    let one_more = order(&sbtc, BALANCED, 83_200 * USD, expiry, 10_000);
    sale_refused(w, &one_more, e::LIQUIDITY_POOL_BOOK_FULL);
    // A series that is there goes on being sold, and so does another expiry.
    buy_as(w, w.peter, &order(&sbtc, BALANCED, 83_100 * USD, expiry, 10_000)).ok().unwrap();
    buy_as(w, w.peter, &order(&sbtc, BALANCED, 83_200 * USD, expiry + 7 * DAY, 10_000)).ok().unwrap();
}

fn without_a_boundary_price_nothing_settles(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    w.buy(&sbtc, BALANCED, 85_000 * USD, expiry, BTC).ok().unwrap();
    w.vm.advance_to(expiry).unwrap();
    watch_expiry(w, BALANCED, &sbtc, expiry);
    let arguments = [u(BALANCED), sbtc.clone(), u(expiry.into())];
    registry_refuses(w, w.keeper, "settle-expiry", &arguments, e::LIQUIDITY_POOL_NO_BOUNDARY_PRICE);
    pool_refuses(w, w.keeper, "close-epoch", &[u(BALANCED), sbtc], e::LIQUIDITY_POOL_NO_BOUNDARY_PRICE);
}
