//! Settlements: what covers a short series, who shares what is missing, and the bounties of those who make the calls.

use bithedge_stacks::Value;
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::support::*;

#[test]
fn a_settlement_pays_what_was_promised_or_the_same_part_to_all() {
    let mut w = with_capital(before_the_hand_over());
    hold(
        &mut w,
        cases![
            a_short_series_is_covered_by_assets_nobody_else_needs,
            what_is_missing_comes_from_the_insurance_fund,
            series_that_are_short_share_what_is_there,
            a_settlement_leaves_the_locks_of_other_expiries,
            a_reserve_is_safe_from_later_losses,
            the_last_claim_returns_what_rounding_left,
            a_series_out_of_the_money_ends_with_nothing,
            a_keeper_earns_one_bounty_a_claim_and_five_a_settlement_as_far_as_the_pot_goes,
            bounties_never_pass_what_was_paid_in,
            what_was_activated_or_sold_back_is_not_settled_again,
            a_short_bucket_sells_nothing_and_lets_exits_wait,
            a_keeper_who_settles_its_own_smallest_policies_earns_less_than_they_cost,
            a_worthless_stx_cannot_stop_a_settlement,
            less_than_a_satoshi_is_nothing_due,
            less_than_a_satoshi_cannot_be_activated,
            a_worthless_policy_is_sold_back_for_nothing_and_frees_its_lock,
            any_series_of_a_book_can_leave_it,
        ],
    );
}

fn settlement(w: &mut World, token: &Value, expiry: u64) -> Value {
    let arguments = [u(BALANCED), token.clone(), u(expiry.into())];
    w.read("liquidity-pool", "get-settlement", &arguments).as_optional().unwrap().unwrap().clone()
}

fn claim_of(w: &mut World, token: &Value, expiry: u64, strike: u128) -> Value {
    let arguments = [u(BALANCED), token.clone(), u(expiry.into()), u(strike)];
    w.read("liquidity-pool", "get-claim", &arguments).as_optional().unwrap().unwrap().clone()
}

fn claim(w: &mut World, id: u128, token: &Value) -> u128 {
    w.registry(w.keeper, "claim-settlement", &[u(id), token.clone()]).ok().unwrap().as_uint().unwrap()
}

fn buy(w: &mut World, token: &Value, strike: u128, expiry: u64, size: u128) {
    w.buy(token, BALANCED, strike * USD, expiry, size).ok().unwrap();
}

/// 90,000 USD of promise for 180,000 STX locked; at 0.40 USD that is 225,000 STX.
fn a_short_series_is_covered_by_assets_nobody_else_needs(w: &mut World) {
    let (stx, expiry) = (w.stx.clone(), w.expiry(2));
    buy(w, &stx, 90_000, expiry, 2 * BTC);
    crash(w, 45_000 * USD, USD * 4 / 10);
    run_to_expiry(w, BALANCED, &stx, expiry);
    let before = w.bucket(BALANCED, &stx);
    assert_eq!(num(&before, "locked"), 180_000 * STX);
    let reserved = settle(w, BALANCED, &stx, expiry);
    assert_eq!(reserved, 225_000 * STX);
    let settled = settlement(w, &stx, expiry);
    assert_eq!((num(&settled, "due"), num(&settled, "covered"), num(&settled, "owed")), (reserved, 0, 0));
    assert_eq!(num(&w.bucket(BALANCED, &stx), "assets"), num(&before, "assets") - reserved);
    assert_eq!(claim(w, 1, &stx), reserved);
    w.check_books();
}

fn what_is_missing_comes_from_the_insurance_fund(w: &mut World) {
    let (stx, expiry) = (w.stx.clone(), w.expiry(2));
    w.call(w.ivan, "insurance-fund", "contribute-to-fund", &[u(20_000_000 * STX), stx.clone()]).ok().unwrap();
    buy(w, &stx, 90_000, expiry, 9 * BTC);
    crash(w, 45_000 * USD, USD / 10);
    run_to_expiry(w, BALANCED, &stx, expiry);
    let assets = num(&w.bucket(BALANCED, &stx), "assets");
    // 405,000 USD at 0.10 USD; the bucket has about a million.
    let reserved = settle(w, BALANCED, &stx, expiry);
    assert_eq!(reserved, 4_050_000 * STX);
    let settled = settlement(w, &stx, expiry);
    assert_eq!((num(&settled, "covered"), num(&settled, "owed")), (reserved - assets, 0));
    let bucket = w.bucket(BALANCED, &stx);
    assert_eq!((num(&bucket, "assets"), num(&bucket, "claims")), (0, reserved));
    // What the fund paid is not counted as paid out by the providers.
    assert_eq!(num(&bucket, "payouts"), assets);
    assert_eq!(claim(w, 1, &stx), reserved);
    w.check_books();
}

/// Two series of different strikes: each has its own lock, what is above it is paid in the same part, and every policy
/// of a series likewise.
fn series_that_are_short_share_what_is_there(w: &mut World) {
    let (stx, expiry) = (w.stx.clone(), w.expiry(2));
    buy(w, &stx, 90_000, expiry, 4 * BTC);
    buy(w, &stx, 80_000, expiry, 3 * BTC);
    buy(w, &stx, 80_000, expiry, BTC);
    let locks = [360_000 * STX, 320_000 * STX];
    crash(w, 40_000 * USD, USD / 10);
    run_to_expiry(w, BALANCED, &stx, expiry);
    let assets = num(&w.bucket(BALANCED, &stx), "assets");
    let reserved = settle(w, BALANCED, &stx, expiry);
    let first = claim_of(w, &stx, expiry, 90_000 * USD);
    let second = claim_of(w, &stx, expiry, 80_000 * USD);
    // Capped at the floor: 45,000 and 40,000 USD a bitcoin.
    let dues = [1_800_000 * STX, 1_600_000 * STX];
    assert_eq!([num(&first, "due"), num(&second, "due")], dues);
    let short: u128 = dues.iter().sum::<u128>() - locks.iter().sum::<u128>();
    let covered = assets - locks.iter().sum::<u128>();
    for (claim, (due, lock)) in [&first, &second].into_iter().zip(dues.into_iter().zip(locks)) {
        assert_eq!(num(claim, "reserved"), lock + (due - lock) * covered / short);
    }
    assert_eq!(reserved, num(&first, "reserved") + num(&second, "reserved"));
    assert!(assets - reserved <= 2, "rounding of two series");
    let settled = settlement(w, &stx, expiry);
    assert_eq!(num(&settled, "owed"), dues.iter().sum::<u128>() - reserved);
    // 3 BTC and 1 BTC of one series.
    let (three, one) = (claim(w, 2, &stx), claim(w, 3, &stx));
    assert_eq!(three, num(&second, "reserved") * 3 / 4);
    assert_eq!(one, num(&second, "reserved") / 4);
    assert_eq!(claim(w, 1, &stx), num(&first, "reserved"));
    let bucket = w.bucket(BALANCED, &stx);
    assert_eq!(num(&bucket, "claims"), 0);
    assert_eq!(num(&bucket, "assets"), assets - three - one - num(&first, "reserved"));
    w.check_books();
}

fn a_settlement_leaves_the_locks_of_other_expiries(w: &mut World) {
    let (stx, expiry) = (w.stx.clone(), w.expiry(2));
    let later = expiry + 7 * DAY;
    buy(w, &stx, 90_000, expiry, 2 * BTC);
    buy(w, &stx, 90_000, later, 6 * BTC);
    crash(w, 45_000 * USD, USD / 10);
    run_to_expiry(w, BALANCED, &stx, expiry);
    let before = w.bucket(BALANCED, &stx);
    let reserved = settle(w, BALANCED, &stx, expiry);
    let after = w.bucket(BALANCED, &stx);
    // 900,000 STX are due. The later expiry's lock stays, all else goes.
    assert_eq!(num(&after, "locked"), 540_000 * STX);
    assert_eq!(num(&after, "assets"), 540_000 * STX);
    assert_eq!(reserved, num(&before, "assets") - 540_000 * STX);
    let owed = 900_000 * STX - reserved;
    assert_eq!(num(&settlement(w, &stx, expiry), "owed"), owed);
    assert_eq!(after.field("live").unwrap().as_list().unwrap(), &[u(later.into())]);
    w.check_books();
}

fn a_reserve_is_safe_from_later_losses(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    let later = expiry + 7 * DAY;
    buy(w, &sbtc, 90_000, expiry, 4 * BTC);
    buy(w, &sbtc, 90_000, later, 4 * BTC);
    crash(w, 80_000 * USD, USD);
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    let due = settle(w, BALANCED, &sbtc, expiry);
    assert_eq!(due, 4 * BTC / 8);
    w.close(BALANCED, &sbtc).ok().unwrap();
    crash(w, 40_000 * USD, USD);
    w.registry(w.peter, "activate-protection", &[u(2), sbtc.clone(), u(0)]).ok().unwrap();
    // Two months later, without a deadline.
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 60 * DAY).unwrap();
    assert_eq!(claim(w, 1, &sbtc), due);
    w.check_books();
}

fn the_last_claim_returns_what_rounding_left(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    let sizes = [10_001, 33_333, 77_777, 12_347];
    for size in sizes {
        buy(w, &sbtc, 90_000, expiry, size);
    }
    crash(w, 87_001 * USD, USD);
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    let reserved = settle(w, BALANCED, &sbtc, expiry);
    let assets = num(&w.bucket(BALANCED, &sbtc), "assets");
    let promise = |size: u128| size * (90_000 - 87_001) / 87_001;
    assert_eq!(reserved, promise(sizes.iter().sum()));
    let mut left = reserved;
    for (id, size) in [(3, 77_777), (1, 10_001), (4, 12_347), (2, 33_333)] {
        assert_eq!(claim(w, id, &sbtc), promise(size));
        left -= promise(size);
        let bucket = w.bucket(BALANCED, &sbtc);
        if id == 2 {
            assert!(left > 0, "the sizes leave something to rounding");
            assert_eq!((num(&bucket, "claims"), num(&bucket, "assets")), (0, assets + left));
        } else {
            assert_eq!((num(&bucket, "claims"), num(&bucket, "assets")), (left, assets));
        }
    }
    w.check_books();
}

fn a_series_out_of_the_money_ends_with_nothing(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    buy(w, &sbtc, 90_000, expiry, BTC);
    buy(w, &sbtc, 85_000, expiry, BTC);
    // Exactly at the strike of the first.
    crash(w, 90_000 * USD, USD);
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    let assets = num(&w.bucket(BALANCED, &sbtc), "assets");
    assert_eq!(settle(w, BALANCED, &sbtc, expiry), 0);
    for id in [1, 2] {
        assert_eq!(claim(w, id, &sbtc), 0);
        let status = w.read("policy-registry", "get-effective-status", &[u(id)]);
        assert_eq!(status.as_response().unwrap().unwrap(), &u(4));
    }
    let bucket = w.bucket(BALANCED, &sbtc);
    assert_eq!((num(&bucket, "assets"), num(&bucket, "locked"), num(&bucket, "claims")), (assets, 0, 0));
    w.check_books();
}

fn credit(w: &mut World, token: &Value) -> u128 {
    w.read("liquidity-pool", "get-credit", &[who(w.keeper), token.clone()]).as_uint().unwrap()
}

fn a_keeper_earns_one_bounty_a_claim_and_five_a_settlement_as_far_as_the_pot_goes(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    for _ in 0..8 {
        buy(w, &sbtc, 90_000, expiry, BTC);
    }
    crash(w, 80_000 * USD, USD);
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    // Eight policies paid 50 each; the closes of Tuesday, Wednesday and Thursday took one bounty each.
    let (pot, before) = (num(&w.bucket(BALANCED, &sbtc), "pot"), credit(w, &sbtc));
    assert_eq!(pot, 250);
    settle(w, BALANCED, &sbtc, expiry);
    assert_eq!(credit(w, &sbtc) - before, 250, "five bounties");
    assert_eq!(num(&w.bucket(BALANCED, &sbtc), "pot"), 0);
    // An empty pot pays nothing and stops nothing.
    claim(w, 1, &sbtc);
    w.close(BALANCED, &sbtc).ok().unwrap();
    assert_eq!(credit(w, &sbtc) - before, pot);
    // With something in it, a claim for somebody else earns one and an own claim nothing.
    w.commit(w.ivan, BALANCED, &sbtc, BTC);
    w.commit(w.stranger, BALANCED, &sbtc, BTC);
    assert_eq!(num(&w.bucket(BALANCED, &sbtc), "pot"), 100);
    w.registry(w.peter, "claim-settlement", &[u(2), sbtc.clone()]).ok().unwrap();
    assert_eq!(num(&w.bucket(BALANCED, &sbtc), "pot"), 100);
    claim(w, 3, &sbtc);
    assert_eq!((num(&w.bucket(BALANCED, &sbtc), "pot"), credit(w, &sbtc) - before), (50, pot + 50));
    // Paid out once.
    let all = credit(w, &sbtc);
    let had = w.sats(w.keeper);
    w.pool(w.stranger, "claim-credit", &[sbtc.clone(), who(w.keeper)]).ok().unwrap();
    assert_eq!((w.sats(w.keeper) - had, credit(w, &sbtc)), (all, 0));
    w.check_books();
}

fn bounties_never_pass_what_was_paid_in(w: &mut World) {
    let (sbtc, keeper) = (w.sbtc.clone(), w.keeper);
    let mut paid_in = 50;
    let mut out = credit(w, &sbtc);
    for _ in 0..3 {
        let expiry = w.expiry(1);
        let order = order(&sbtc, BALANCED, 80_000 * USD, expiry, 10_000);
        buy_as(w, keeper, &order).ok().unwrap();
        paid_in += 50;
        w.commit(keeper, BALANCED, &sbtc, 100_000);
        paid_in += 50;
        w.pool(keeper, "cancel-deposit", &[u(BALANCED), sbtc.clone()]).ok().unwrap();
        run_to_expiry(w, BALANCED, &sbtc, expiry);
        settle(w, BALANCED, &sbtc, expiry);
        w.close(BALANCED, &sbtc).ok().unwrap();
        out = credit(w, &sbtc);
        assert!(out <= paid_in, "{out} of {paid_in}");
    }
    assert!(out > 0);
    w.check_books();
}

fn what_was_activated_or_sold_back_is_not_settled_again(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    for _ in 0..3 {
        buy(w, &sbtc, 90_000, expiry, BTC);
    }
    crash(w, 80_000 * USD, USD);
    w.registry(w.peter, "activate-protection", &[u(1), sbtc.clone(), u(0)]).ok().unwrap();
    w.registry(w.peter, "cancel-protection", &[u(2), sbtc.clone(), u(0)]).ok().unwrap();
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    assert_eq!(settle(w, BALANCED, &sbtc, expiry), BTC / 8);
    for id in [1, 2] {
        let outcome = w.registry(w.peter, "claim-settlement", &[u(id), sbtc.clone()]);
        assert_eq!(outcome.err_code(), Ok(e::POLICY_REGISTRY_NOT_ACTIVE.code()));
    }
    assert_eq!(claim(w, 3, &sbtc), BTC / 8);
    assert_eq!(num(&w.bucket(BALANCED, &sbtc), "claims"), 0);
    w.check_books();
}

/// The pot is full of what others paid in. The stranger buys the smallest policy far out of the money, for an expiry that
/// nobody else bought, and settles it.
fn a_keeper_who_settles_its_own_smallest_policies_earns_less_than_they_cost(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    for _ in 0..10 {
        w.commit(w.ivan, BALANCED, &sbtc, 100_000);
    }
    let before = w.sats(w.stranger);
    buy_as(w, w.stranger, &order(&sbtc, BALANCED, 80_000 * USD, expiry, 10_000)).ok().unwrap();
    let cost = before - w.sats(w.stranger);
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    let settled = [u(BALANCED), sbtc.clone(), u(expiry.into())];
    w.registry(w.stranger, "settle-expiry", &settled).ok().unwrap();
    w.registry(w.ivan, "claim-settlement", &[u(1), sbtc.clone()]).ok().unwrap();
    let earned = [w.stranger, w.ivan].map(|account| {
        w.read("liquidity-pool", "get-credit", &[who(account), sbtc.clone()]).as_uint().unwrap()
    });
    assert!(earned.iter().sum::<u128>() < cost, "{earned:?} for {cost}");
}

/// STX halves: what was locked for the promises is no longer twice their worth, and the bucket is short of collateral.
fn a_short_bucket_sells_nothing_and_lets_exits_wait(w: &mut World) {
    let (stx, expiry) = (w.stx.clone(), w.expiry(14));
    buy(w, &stx, 80_000, expiry, 11 * BTC);
    let shares = shares_of(w, BALANCED, &stx, w.irene);
    w.pool(w.irene, "request-withdrawal", &[u(BALANCED), stx.clone(), u(shares / 10)]).ok().unwrap();
    crash(w, 95_000 * USD, USD / 2);
    let found = w.read("liquidity-pool", "get-availability", &[u(BALANCED), stx.clone(), u(USD / 2)]);
    let found = found.as_response().unwrap().unwrap();
    assert_eq!(found.field("short").unwrap(), &true.into());
    assert_eq!(num(found, "free"), 0);
    sale_refused(w, &order(&stx, BALANCED, 80_000 * USD, expiry, 10_000), e::LIQUIDITY_POOL_CAPACITY);
    w.next_boundary();
    w.close(BALANCED, &stx).ok().unwrap();
    let bucket = w.bucket(BALANCED, &stx);
    assert_eq!((num(&bucket, "queued"), num(&bucket, "filled")), (shares / 10, 0));
    // A deposit is welcome, and when STX recovers the exit is paid.
    w.commit(w.ivan, BALANCED, &stx, 10_000 * STX);
    crash(w, 95_000 * USD, USD);
    w.next_boundary();
    w.close(BALANCED, &stx).ok().unwrap();
    assert!(shares_of(w, BALANCED, &stx, w.ivan) > 0);
    assert_eq!(num(&w.bucket(BALANCED, &stx), "queued"), 0);
    w.check_books();
}

/// 10,000 satoshis protected at 90,000 USD, at 89,995: 0.56 satoshis.
fn less_than_a_satoshi_is_nothing_due(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    buy(w, &sbtc, 90_000, expiry, 10_000);
    crash(w, 89_995 * USD, USD);
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    assert_eq!(settle(w, BALANCED, &sbtc, expiry), 0);
    assert_eq!(claim(w, 1, &sbtc), 0);
    assert_eq!(num(&w.bucket(BALANCED, &sbtc), "locked"), 0);
    w.check_books();
}

fn less_than_a_satoshi_cannot_be_activated(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    buy(w, &sbtc, 90_000, expiry, 10_000);
    crash(w, 89_995 * USD, USD);
    watch_expiry(w, BALANCED, &sbtc, expiry);
    registry_refuses(w, w.peter, "activate-protection", &[u(1), sbtc, u(0)], e::LIQUIDITY_POOL_AMOUNT);
}

fn a_worthless_policy_is_sold_back_for_nothing_and_frees_its_lock(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    buy(w, &sbtc, 80_000, expiry, 10_000);
    crash(w, 120_000 * USD, USD);
    assert_eq!(num(&w.bucket(BALANCED, &sbtc), "locked"), 10_000);
    let refund = w.registry(w.peter, "cancel-protection", &[u(1), sbtc.clone(), u(0)]);
    assert_eq!(refund.ok().unwrap(), &u(0));
    let bucket = w.bucket(BALANCED, &sbtc);
    assert_eq!((num(&bucket, "locked"), num(&bucket, "policies")), (0, 0));
    w.check_books();
}

/// First, last and middle of a book's series are taken out, and the rest is settled by its own strikes.
fn any_series_of_a_book_can_leave_it(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    let strikes = [80_000, 82_500, 85_000, 87_500, 90_000];
    for (index, strike) in strikes.into_iter().enumerate() {
        buy(w, &sbtc, strike, expiry, BTC / 10 * (1 + index as u128));
    }
    for id in [3, 1, 5] {
        w.registry(w.peter, "cancel-protection", &[u(id), sbtc.clone(), u(0)]).ok().unwrap();
        w.check_books();
    }
    let book = w.read("liquidity-pool", "get-series", &[u(BALANCED), sbtc.clone(), u(expiry.into())]);
    let left: Vec<u128> =
        book.field("series").unwrap().as_list().unwrap().iter().map(|one| num(one, "strike")).collect();
    assert_eq!(left, [82_500 * USD, 87_500 * USD]);
    crash(w, 70_000 * USD, USD);
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    let dues = [2 * BTC / 10 * 12_500 / 70_000, 4 * BTC / 10 * 17_500 / 70_000];
    assert_eq!(settle(w, BALANCED, &sbtc, expiry), dues.iter().sum());
    assert_eq!([claim(w, 2, &sbtc), claim(w, 4, &sbtc)], dues);
    w.check_books();
}

/// STX falls to 0.0000003 USD: more than 10^18 micro-STX are due.
fn a_worthless_stx_cannot_stop_a_settlement(w: &mut World) {
    let (stx, expiry) = (w.stx.clone(), w.expiry(4));
    buy(w, &stx, 90_000, expiry, 9 * BTC);
    crash(w, 40_000 * USD, 30);
    run_to_expiry(w, BALANCED, &stx, expiry);
    let assets = num(&w.bucket(BALANCED, &stx), "assets");
    assert_eq!(settle(w, BALANCED, &stx, expiry), assets);
    w.close(BALANCED, &stx).ok().unwrap();
    w.check_books();
}
