//! What a share is worth: first deposits, fees, buffer, yield, unhealthy and worthless buckets, and the dead way out.

use bithedge_stacks::Value;
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::support::*;

#[test]
fn shares_are_worth_what_is_behind_them() {
    let mut w = with_capital(before_the_hand_over());
    hold(
        &mut w,
        cases![
            the_first_depositor_cannot_inflate_the_price_of_a_share,
            a_deposit_gets_the_same_value_whatever_was_there,
            what_leavers_left_behind_goes_to_whoever_comes_next,
            an_exit_pays_a_fee_that_grows_with_utilisation_and_stays,
            an_exit_leaves_the_buffer,
            the_last_provider_leaves_in_full,
            a_yield_is_taken_once_and_leaves_the_basis,
            an_unhealthy_bucket_returns_deposits_and_lets_exits_wait,
            a_bucket_that_lost_everything_starts_a_new_generation,
            a_dead_sbtc_bucket_is_left_at_its_guaranteed_value,
            the_dead_way_out_takes_nothing_from_those_who_stay,
        ],
    );
}

fn close_day(w: &mut World, token: &Value) {
    w.next_boundary();
    w.close(BALANCED, token).ok().unwrap();
}

fn exit(w: &mut World, who: bithedge_stacks::Address, token: &Value, shares: u128) {
    w.pool(who, "request-withdrawal", &[u(BALANCED), token.clone(), u(shares)]).ok().unwrap();
}

fn claim(w: &mut World, provider: bithedge_stacks::Address, token: &Value) -> u128 {
    let arguments = [u(BALANCED), token.clone(), who(provider)];
    w.pool(w.keeper, "claim-withdrawal", &arguments).ok().unwrap().as_uint().unwrap()
}

fn last_epoch(w: &mut World, token: &Value) -> Value {
    let epoch = num(&w.bucket(BALANCED, token), "epoch") - 1;
    let record = w.read("liquidity-pool", "get-epoch", &[u(BALANCED), token.clone(), u(epoch)]);
    record.as_optional().unwrap().unwrap().clone()
}

/// Ivan is first in an empty bucket, keeps one share, and gives 10 BTC to the vault and 1 BTC to the pool's address before
/// Irene's deposit is priced. Accounting does not look at balances, so he only loses.
fn the_first_depositor_cannot_inflate_the_price_of_a_share(w: &mut World) {
    let sbtc = w.sbtc.clone();
    let start = w.sats(w.ivan);
    w.close(CONSERVATIVE, &sbtc).ok().unwrap();
    provide(w, w.ivan, CONSERVATIVE, &sbtc, 100_000);
    let shares = shares_of(w, CONSERVATIVE, &sbtc, w.ivan);
    let leave = [u(CONSERVATIVE), sbtc.clone(), u(shares - 1)];
    w.pool(w.ivan, "request-withdrawal", &leave).ok().unwrap();
    w.next_boundary();
    w.close(CONSERVATIVE, &sbtc).ok().unwrap();
    for (contract, amount) in [("liquidity-pool-vault", 10 * BTC), ("liquidity-pool", BTC)] {
        let to = Value::from(w.vm.contract(contract).unwrap());
        let gift = [u(amount), who(w.ivan), to, Value::Optional(None)];
        let token = sbtc.as_principal().unwrap().to_string();
        w.call(w.ivan, &token, "transfer", &gift).ok().unwrap();
    }
    provide(w, w.irene, CONSERVATIVE, &sbtc, BTC);
    let value = num(&w.position(CONSERVATIVE, &sbtc, w.irene), "value");
    assert!(value <= BTC - 50 && value + 1 >= BTC - 50, "{value}");
    // Ivan's share is worth nothing that a token has a unit for.
    assert_eq!(num(&w.position(CONSERVATIVE, &sbtc, w.ivan), "value"), 0);
    w.pool(w.keeper, "claim-withdrawal", &[u(CONSERVATIVE), sbtc, who(w.ivan)]).ok().unwrap();
    assert!(w.sats(w.ivan) < start - 11 * BTC);
    w.check_books();
}

fn a_deposit_gets_the_same_value_whatever_was_there(w: &mut World) {
    let sbtc = w.sbtc.clone();
    for (provider, amount) in [(w.ivan, 100_000), (w.keeper, 123_456_789), (w.stranger, 900 * BTC)] {
        provide(w, provider, BALANCED, &sbtc, amount);
        let position = w.position(BALANCED, &sbtc, provider);
        let (value, basis) = (num(&position, "value"), num(&position, "basis"));
        assert_eq!(basis, amount - 50);
        assert!(value <= basis && value + 2 >= basis, "{value} of {basis}");
    }
    assert_eq!(num(&w.position(BALANCED, &sbtc, w.irene), "value"), 10 * BTC - 50);
}

/// Exit fees of the last one to leave belong to nobody; the next depositor finds them, not the virtual shares.
fn what_leavers_left_behind_goes_to_whoever_comes_next(w: &mut World) {
    let sbtc = w.sbtc.clone();
    let shares = shares_of(w, BALANCED, &sbtc, w.irene);
    exit(w, w.irene, &sbtc, shares);
    close_day(w, &sbtc);
    let bucket = w.bucket(BALANCED, &sbtc);
    let left = num(&bucket, "assets");
    assert_eq!(num(&bucket, "shares"), 0);
    assert_eq!(left, (10 * BTC - 50u128).div_ceil(1_000), "the fee of 0.1 %");
    provide(w, w.ivan, BALANCED, &sbtc, BTC);
    let shares = shares_of(w, BALANCED, &sbtc, w.ivan);
    assert_eq!(shares, (BTC - 50) * 1_000_000);
    close_day(w, &sbtc);
    let value = num(&w.position(BALANCED, &sbtc, w.ivan), "value");
    assert!(value <= BTC - 50 + left && value + 2 >= BTC - 50 + left, "{value}");
}

fn an_exit_pays_a_fee_that_grows_with_utilisation_and_stays(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(21));
    w.buy(&sbtc, BALANCED, 80_000 * USD, expiry, 5 * BTC).ok().unwrap();
    let shares = shares_of(w, BALANCED, &sbtc, w.irene) / 10;
    exit(w, w.irene, &sbtc, shares);
    let before = w.bucket(BALANCED, &sbtc);
    w.next_boundary();
    let outcome = w.close(BALANCED, &sbtc);
    let closed = outcome.prints().last().unwrap().1.clone();
    let after = w.bucket(BALANCED, &sbtc);
    let assets = num(&before, "assets");
    let gross = shares * (num(&closed, "nav-exit") + 1) / (num(&before, "shares") + 1_000_000);
    let rate = 1_000 + 4_000 * (5 * BTC * 1_000_000 / assets) / 1_000_000;
    assert!((2_900..3_000).contains(&rate), "{rate}");
    let fee = (gross * rate).div_ceil(1_000_000);
    assert_eq!((num(&closed, "fee"), num(&closed, "paid")), (fee, gross - fee));
    assert_eq!(num(&after, "assets"), assets - (gross - fee));
    let claimed = claim(w, w.irene, &sbtc);
    assert!(claimed <= gross - fee && claimed + 1 >= gross - fee, "{claimed}");
    w.check_books();
}

fn an_exit_leaves_the_buffer(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(21));
    w.buy(&sbtc, BALANCED, 80_000 * USD, expiry, 5 * BTC).ok().unwrap();
    let shares = shares_of(w, BALANCED, &sbtc, w.irene);
    exit(w, w.irene, &sbtc, shares);
    let assets = num(&w.bucket(BALANCED, &sbtc), "assets");
    close_day(w, &sbtc);
    let bucket = w.bucket(BALANCED, &sbtc);
    // Gross, what is not free stays: 5 BTC and 2 % of them; and the fee, a part of what was free.
    let free = assets - 510_000_000;
    let rate = 1_000 + 4_000 * (5 * BTC * 1_000_000 / assets) / 1_000_000;
    let fee = (free * rate).div_ceil(1_000_000);
    let kept = num(&bucket, "assets") - 510_000_000;
    assert!(kept >= fee && kept <= fee + 2, "{kept}, {fee}");
    assert!(num(&bucket, "queued") > 0);
}

fn the_last_provider_leaves_in_full(w: &mut World) {
    let sbtc = w.sbtc.clone();
    let shares = shares_of(w, BALANCED, &sbtc, w.irene);
    exit(w, w.irene, &sbtc, shares);
    close_day(w, &sbtc);
    let value = 10 * BTC - 50;
    let claimed = claim(w, w.irene, &sbtc);
    let due = value - value.div_ceil(1_000);
    assert!(claimed <= due && claimed + 1 >= due, "{claimed} of {due}");
    let position = w.position(BALANCED, &sbtc, w.irene);
    assert_eq!((num(&position, "shares"), num(&position, "basis")), (0, 0));
    assert_eq!(num(&position, "basis-returned"), value);
    let bucket = w.bucket(BALANCED, &sbtc);
    assert_eq!((num(&bucket, "queued"), num(&bucket, "filled")), (0, due - claimed));
}

fn a_yield_is_taken_once_and_leaves_the_basis(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(2));
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, 5 * BTC).ok().unwrap();
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    settle(w, BALANCED, &sbtc, expiry);
    w.close(BALANCED, &sbtc).ok().unwrap();
    let before = w.position(BALANCED, &sbtc, w.irene);
    let basis = num(&before, "basis");
    assert!(num(&before, "value") > basis);
    let bucket = [u(BALANCED), sbtc.clone()];
    w.pool(w.irene, "claim-yield", &bucket).ok().unwrap();
    pool_refuses(w, w.irene, "claim-yield", &bucket, e::LIQUIDITY_POOL_NO_YIELD);
    close_day(w, &sbtc);
    let after = w.position(BALANCED, &sbtc, w.irene);
    assert_eq!(num(&after, "basis"), basis);
    assert!(num(&after, "value") + 2 >= basis, "{after:?}");
    assert_eq!((num(&after, "basis-returned"), num(&after, "proceeds")), (0, num(&after, "claimable")));
    pool_refuses(w, w.ivan, "claim-yield", &bucket, e::LIQUIDITY_POOL_NO_YIELD);
}

/// Nearly everything is locked for puts that are far in the money: less than a tenth of the assets is the providers'.
fn an_unhealthy_bucket_returns_deposits_and_lets_exits_wait(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(7));
    set_tier(w, BALANCED, [("utilisation-limit", u(1_000_000)), ("buffer", u(0))]);
    w.buy(&sbtc, BALANCED, 80_000 * USD, expiry, 990_000_000).ok().unwrap();
    w.walk_to(38_000 * USD);
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.commit(w.ivan, BALANCED, &sbtc, BTC);
    let shares = shares_of(w, BALANCED, &sbtc, w.irene);
    exit(w, w.irene, &sbtc, shares / 2);
    close_day(w, &sbtc);
    let record = last_epoch(w, &sbtc);
    let bucket = w.bucket(BALANCED, &sbtc);
    assert!(num(&record, "nav-exit") * 10 < num(&bucket, "assets"), "{record:?}");
    assert_eq!(record.field("returned").unwrap(), &Value::Bool(true));
    assert_eq!((num(&record, "exited"), num(&record, "paid"), num(&record, "deposited")), (0, 0, 0));
    assert_eq!(num(&bucket, "queued"), shares / 2);
    assert_eq!(num(&bucket, "refunds"), BTC - 50);
    assert_eq!(claim(w, w.ivan, &sbtc), BTC - 50);
    assert_eq!(shares_of(w, BALANCED, &sbtc, w.ivan), 0);
    w.check_books();
    // After the recovery the exit is paid.
    w.walk_to(100_000 * USD);
    run_to_expiry(w, BALANCED, &sbtc, expiry);
    settle(w, BALANCED, &sbtc, expiry);
    w.close(BALANCED, &sbtc).ok().unwrap();
    assert_eq!(num(&w.bucket(BALANCED, &sbtc), "queued"), 0);
    assert!(claim(w, w.irene, &sbtc) > 49 * BTC / 10);
    w.check_books();
}

/// An STX bucket that owes more than it has is emptied by the settlement.
fn a_bucket_that_lost_everything_starts_a_new_generation(w: &mut World) {
    let (stx, expiry) = (w.stx.clone(), w.expiry(2));
    for _ in 0..2 {
        w.buy(&stx, BALANCED, 90_000 * USD, expiry, 470_000_000).ok().unwrap();
    }
    let shares = shares_of(w, BALANCED, &stx, w.irene);
    let basis = num(&w.position(BALANCED, &stx, w.irene), "basis");
    exit(w, w.irene, &stx, shares / 4);
    close_day(w, &stx);
    let early = num(&w.position(BALANCED, &stx, w.irene), "claimable");
    crash(w, 45_000 * USD, USD / 10);
    let due = num(&w.bucket(BALANCED, &stx), "due");
    // Waiting for the close that will find nothing: a deposit, and an exit.
    w.commit(w.ivan, BALANCED, &stx, 1_000 * STX);
    exit(w, w.irene, &stx, shares / 4);
    while w.vm.now().unwrap() < expiry - DAY {
        close_day(w, &stx);
    }
    // And for the one after it.
    w.vm.advance_to(expiry - 3_000).unwrap();
    w.report();
    w.commit(w.stranger, BALANCED, &stx, 1_000 * STX);
    exit(w, w.irene, &stx, shares / 8);
    w.run_to(expiry);
    assert!(u128::from(expiry) >= due);
    settle(w, BALANCED, &stx, expiry);
    assert_eq!(num(&w.bucket(BALANCED, &stx), "assets"), 0);
    w.close(BALANCED, &stx).ok().unwrap();

    let bucket = w.bucket(BALANCED, &stx);
    assert_eq!((num(&bucket, "generation"), num(&bucket, "queued"), num(&bucket, "exits-now")), (1, 0, 0));
    let irene = w.position(BALANCED, &stx, w.irene);
    assert_eq!((num(&irene, "shares"), num(&irene, "basis"), num(&irene, "value")), (0, 0, 0));
    assert_eq!(num(irene.field("ticket").unwrap(), "shares"), 0);
    assert_eq!(num(&irene, "basis-returned"), basis, "all of it has left, and little of it came back");
    assert_eq!(num(&irene, "claimable"), early);
    // Ivan's deposit was returned while the bucket was unhealthy, or taken by a healthy one and lost like all shares;
    // the stranger's, made for the close after, becomes the first shares of the new generation.
    w.check_books();
    close_day(w, &stx);
    assert_eq!(shares_of(w, BALANCED, &stx, w.stranger), (1_000 * STX - 50_000) * 1_000_000);
    assert_eq!(num(&w.position(BALANCED, &stx, w.stranger), "generation"), 1);
    let shares = shares_of(w, BALANCED, &stx, w.stranger);
    exit(w, w.stranger, &stx, shares);
    // And those who lost theirs can begin again.
    w.commit(w.irene, BALANCED, &stx, 1_000 * STX);
    close_day(w, &stx);
    let value = 1_000 * STX - 50_000;
    let claimed = claim(w, w.stranger, &stx);
    let due = value - value.div_ceil(1_000);
    assert!(claimed <= due && claimed + 1 >= due, "{claimed} of {due}");
    assert!(shares_of(w, BALANCED, &stx, w.irene) > 0);
    w.check_books();
}

fn a_dead_sbtc_bucket_is_left_at_its_guaranteed_value(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(21));
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, 5 * BTC).ok().unwrap();
    let bucket = w.bucket(BALANCED, &sbtc);
    let dead = u64::try_from(num(&bucket, "boundary")).unwrap() + 3 * DAY;
    let shares = shares_of(w, BALANCED, &sbtc, w.irene);
    w.vm.advance_to(dead - 10).unwrap();
    let half = [u(BALANCED), sbtc.clone(), u(shares / 2)];
    pool_refuses(w, w.irene, "exit-dead-bucket", &half, e::LIQUIDITY_POOL_CLOSES_RUNNING);
    w.vm.advance_to(dead).unwrap();
    let paid = w.pool(w.irene, "exit-dead-bucket", &half).ok().unwrap().as_uint().unwrap();
    let free = num(&bucket, "assets") - num(&bucket, "locked");
    assert_eq!(paid, shares / 2 * free / (num(&bucket, "shares") + 1_000_000));
    assert_eq!(claim(w, w.irene, &sbtc), paid);
    let after = w.bucket(BALANCED, &sbtc);
    assert_eq!(num(&after, "assets"), num(&bucket, "assets") - paid);
    assert_eq!(num(&after, "shares"), num(&bucket, "shares") - shares / 2);
    // Nobody's promise is touched, and when prices come back the closes go on.
    w.check_books();
    w.run_to(dead + DAY);
    w.close(BALANCED, &sbtc).ok().unwrap();
    pool_refuses(w, w.irene, "exit-dead-bucket", &half, e::LIQUIDITY_POOL_CLOSES_RUNNING);
}

fn the_dead_way_out_takes_nothing_from_those_who_stay(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(21));
    provide(w, w.ivan, BALANCED, &sbtc, 10 * BTC);
    w.buy(&sbtc, BALANCED, 90_000 * USD, expiry, 15 * BTC).ok().unwrap();
    let shares = shares_of(w, BALANCED, &sbtc, w.ivan);
    // In the queue they cannot leave this way; taken back they can.
    exit(w, w.ivan, &sbtc, shares);
    let now = w.vm.now().unwrap();
    w.vm.advance_to(now + 3 * DAY).unwrap();
    let all = [u(BALANCED), sbtc.clone(), u(shares)];
    pool_refuses(w, w.ivan, "exit-dead-bucket", &all, e::LIQUIDITY_POOL_INSUFFICIENT_SHARES);
    w.pool(w.ivan, "cancel-withdrawal", &[u(BALANCED), sbtc.clone()]).ok().unwrap();
    let before = w.bucket(BALANCED, &sbtc);
    w.pool(w.ivan, "exit-dead-bucket", &all).ok().unwrap();
    let after = w.bucket(BALANCED, &sbtc);
    let per_share = |bucket: &Value| {
        (num(bucket, "assets") * 1_000_000_000_000 / num(bucket, "shares"), num(bucket, "locked"))
    };
    assert!(per_share(&after).0 > per_share(&before).0);
    assert_eq!(per_share(&after).1, per_share(&before).1);
    w.check_books();
}
