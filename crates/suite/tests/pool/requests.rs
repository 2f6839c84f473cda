//! When a request takes part in which close, and until when it can be taken back.

use bithedge_stacks::Value;
use bithedge_suite::generated::errors as e;
use bithedge_suite_world::*;

use crate::support::*;

const SHARES: u128 = 1_000_000_000_000;

#[test]
fn requests_count_an_hour_before_their_close() {
    let mut w = with_capital(before_the_hand_over());
    hold(
        &mut w,
        cases![
            a_request_an_hour_before_the_boundary_takes_part,
            a_request_ten_seconds_later_waits_for_the_next_close,
            a_request_after_the_boundary_waits_for_the_next_close,
            a_request_can_be_taken_back_until_an_hour_before_its_boundary,
            a_request_for_the_next_close_can_be_taken_back_until_an_hour_before_that,
            two_requests_for_two_closes_are_kept_apart,
            deposits_that_wait_count_against_the_capacity,
            a_late_close_uses_the_newest_boundary,
            a_request_in_a_late_close_moves_the_following_boundary,
            a_request_early_enough_in_a_late_close_moves_nothing,
            without_a_close_for_three_days_requests_can_be_taken_back_at_any_time,
            what_was_taken_back_does_not_take_part,
            a_request_cannot_be_taken_back_after_its_close,
            a_request_for_the_close_after_a_late_one_can_be_taken_back,
        ],
    );
}

/// The same rules with a clock that is a second off the boundary's rhythm: what holds at the second before and after.
#[test]
fn the_last_hour_begins_to_the_second() {
    let mut w = before_the_hand_over_at(START + 1);
    let sbtc = w.sbtc.clone();
    let irene = w.irene;
    provide(&mut w, irene, BALANCED, &sbtc, 10 * BTC);
    hold(&mut w, cases![one_second_into_the_last_hour_is_too_late, nine_seconds_before_it_is_early_enough]);
}

fn due(w: &mut World) -> u64 {
    let sbtc = w.sbtc.clone();
    num(&w.bucket(BALANCED, &sbtc), "due").try_into().unwrap()
}

fn epoch(w: &mut World) -> u128 {
    let sbtc = w.sbtc.clone();
    num(&w.bucket(BALANCED, &sbtc), "epoch")
}

fn bucket(w: &World) -> Vec<Value> {
    vec![u(BALANCED), w.sbtc.clone()]
}

/// Ivan's deposit and Irene's exit, made now; the epochs they are for.
fn request(w: &mut World) -> (u128, u128) {
    let deposit = [bucket(w), vec![u(BTC)]].concat();
    let exit = [bucket(w), vec![u(SHARES)]].concat();
    let deposit = w.pool(w.ivan, "commit-capital", &deposit).ok().unwrap().as_uint().unwrap();
    let exit = w.pool(w.irene, "request-withdrawal", &exit).ok().unwrap().as_uint().unwrap();
    (deposit, exit)
}

/// What Ivan's deposits have become, and what Irene's exits have been paid.
fn carried_out(w: &mut World) -> (bool, bool) {
    let sbtc = w.sbtc.clone();
    let taken = shares_of(w, BALANCED, &sbtc, w.ivan) > 0;
    let paid = num(&w.position(BALANCED, &sbtc, w.irene), "claimable") > 0;
    (taken, paid)
}

fn close(w: &mut World) {
    let sbtc = w.sbtc.clone();
    w.close(BALANCED, &sbtc).ok().unwrap();
}

fn refuses_to_take_back(w: &mut World) {
    let bucket = bucket(w);
    pool_refuses(w, w.ivan, "cancel-deposit", &bucket, e::LIQUIDITY_POOL_REQUESTS_CLOSED);
    pool_refuses(w, w.irene, "cancel-withdrawal", &bucket, e::LIQUIDITY_POOL_REQUESTS_CLOSED);
}

fn takes_back(w: &mut World) {
    let bucket = bucket(w);
    let deposit = w.pool(w.ivan, "cancel-deposit", &bucket).ok().unwrap().clone();
    assert_eq!(deposit, u(BTC - 50));
    let exit = w.pool(w.irene, "cancel-withdrawal", &bucket).ok().unwrap().clone();
    assert_eq!(exit, u(SHARES));
    w.check_books();
}

fn a_request_an_hour_before_the_boundary_takes_part(w: &mut World) {
    let (due, open) = (due(w), epoch(w));
    w.vm.advance_to(due - 3_600).unwrap();
    assert_eq!(request(w), (open, open));
    w.run_to(due);
    close(w);
    assert_eq!(carried_out(w), (true, true));
    w.check_books();
}

fn a_request_ten_seconds_later_waits_for_the_next_close(w: &mut World) {
    let (due, open) = (due(w), epoch(w));
    w.vm.advance_to(due - 3_590).unwrap();
    assert_eq!(request(w), (open + 1, open + 1));
    w.run_to(due);
    close(w);
    assert_eq!(carried_out(w), (false, false));
    w.next_boundary();
    close(w);
    assert_eq!(carried_out(w), (true, true));
    w.check_books();
}

fn a_request_after_the_boundary_waits_for_the_next_close(w: &mut World) {
    let (due, open) = (due(w), epoch(w));
    w.run_to(due);
    assert_eq!(request(w), (open + 1, open + 1));
    close(w);
    assert_eq!(carried_out(w), (false, false));
}

fn one_second_into_the_last_hour_is_too_late(w: &mut World) {
    let (due, open) = (due(w), epoch(w));
    request(w);
    w.vm.advance_to(due - 3_599).unwrap();
    assert_eq!(w.vm.now().unwrap(), due - 3_599);
    refuses_to_take_back(w);
    assert_eq!(request(w), (open + 1, open + 1));
}

fn nine_seconds_before_it_is_early_enough(w: &mut World) {
    let (due, open) = (due(w), epoch(w));
    w.vm.advance_to(due - 3_609).unwrap();
    assert_eq!(w.vm.now().unwrap(), due - 3_609);
    assert_eq!(request(w), (open, open));
    takes_back(w);
}

fn a_request_can_be_taken_back_until_an_hour_before_its_boundary(w: &mut World) {
    let due = due(w);
    request(w);
    w.vm.advance_to(due - 3_600).unwrap();
    w.vm.snapshot().unwrap();
    takes_back(w);
    w.vm.restore().unwrap();
    w.vm.advance_stacks(1).unwrap();
    refuses_to_take_back(w);
}

fn a_request_for_the_next_close_can_be_taken_back_until_an_hour_before_that(w: &mut World) {
    let due = due(w);
    w.vm.advance_to(due - 3_590).unwrap();
    request(w);
    w.vm.snapshot().unwrap();
    takes_back(w);
    w.vm.restore().unwrap();
    w.run_to(due);
    w.vm.snapshot().unwrap();
    // Also while the close before it is due.
    takes_back(w);
    w.vm.restore().unwrap();
    close(w);
    w.vm.advance_to(due + DAY - 3_600).unwrap();
    w.vm.snapshot().unwrap();
    takes_back(w);
    w.vm.restore().unwrap();
    w.vm.advance_stacks(1).unwrap();
    refuses_to_take_back(w);
}

fn two_requests_for_two_closes_are_kept_apart(w: &mut World) {
    let (due, open, sbtc) = (due(w), epoch(w), w.sbtc.clone());
    assert_eq!(request(w), (open, open));
    w.vm.advance_to(due - 3_590).unwrap();
    assert_eq!(request(w), (open + 1, open + 1));
    assert_eq!(request(w), (open + 1, open + 1));
    let state = w.bucket(BALANCED, &sbtc);
    assert_eq!((num(&state, "deposits-now"), num(&state, "deposits-next")), (BTC - 50, 2 * BTC - 100));
    assert_eq!((num(&state, "exits-now"), num(&state, "exits-next")), (SHARES, 2 * SHARES));
    // Only those of the second close come back.
    let taken = w.pool(w.ivan, "cancel-deposit", &bucket(w)).ok().unwrap().clone();
    assert_eq!(taken, u(2 * BTC - 100));
    w.run_to(due);
    close(w);
    w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.ivan)]).ok().unwrap();
    let left = w.pool(w.irene, "cancel-withdrawal", &bucket(w)).ok().unwrap().clone();
    assert_eq!(left, u(2 * SHARES));
    assert_eq!(carried_out(w), (true, true));
    w.check_books();
}

/// 10 BTC less 50 satoshis are there; one bitcoin waits for this close and nine tenths for the next.
fn deposits_that_wait_count_against_the_capacity(w: &mut World) {
    let (due, sbtc) = (due(w), w.sbtc.clone());
    rule(w, "liquidity-pool", "open-bucket", &[u(BALANCED), sbtc.clone(), u(12 * BTC)]);
    w.commit(w.ivan, BALANCED, &sbtc, BTC);
    w.vm.advance_to(due - 3_000).unwrap();
    w.commit(w.ivan, BALANCED, &sbtc, 90_000_000);
    let room = 10_000_000 + 150 + 50;
    let deposit = |amount: u128| [u(BALANCED), sbtc.clone(), u(amount)];
    pool_refuses(w, w.stranger, "commit-capital", &deposit(room + 1), e::LIQUIDITY_POOL_DEPOSIT_CAPACITY);
    w.pool(w.stranger, "commit-capital", &deposit(room)).ok().unwrap();
    // What is taken back makes room.
    w.pool(w.ivan, "cancel-deposit", &bucket(w)).ok().unwrap();
    w.pool(w.stranger, "commit-capital", &deposit(80_000_000)).ok().unwrap();
}

fn a_late_close_uses_the_newest_boundary(w: &mut World) {
    let (due, sbtc) = (due(w), w.sbtc.clone());
    let open = epoch(w);
    request(w);
    w.run_to(due);
    w.move_price(90_000 * USD);
    w.run_to(due + DAY);
    close(w);
    let record = w.read("liquidity-pool", "get-epoch", &[u(BALANCED), sbtc.clone(), u(open)]);
    let record = record.as_optional().unwrap().unwrap();
    assert_eq!(num(record, "boundary"), u128::from(due + DAY));
    assert_eq!(num(record, "spot"), 90_000 * USD);
    assert_eq!(self::due(w), due + 2 * DAY);
    assert_eq!(carried_out(w), (true, true));
}

fn a_request_in_a_late_close_moves_the_following_boundary(w: &mut World) {
    let due = due(w);
    w.run_to(due + DAY - 3_590);
    let (epoch_now, _) = (epoch(w), request(w));
    w.run_to(due + DAY);
    close(w);
    // A day after the boundary of this close is early enough for a request before it.
    assert_eq!(self::due(w), due + 2 * DAY);
    w.vm.restore_from("before each case").unwrap();
    (w.btc_price, w.stx_price) = (100_000 * USD, USD);
    // The close is called 24 hours late, less than an hour before the boundary after it, with a request just made.
    w.run_to(due);
    w.vm.advance_to(due + DAY - 3_000).unwrap();
    w.report();
    assert_eq!(request(w), (epoch_now + 1, epoch_now + 1));
    close(w);
    assert_eq!(self::due(w), due + 2 * DAY, "not due + 1 day, which is 50 minutes away");
    w.run_to(due + DAY);
    let sbtc = w.sbtc.clone();
    pool_refuses(w, w.keeper, "close-epoch", &[u(BALANCED), sbtc], e::LIQUIDITY_POOL_CLOSE_NOT_DUE);
    w.run_to(due + 2 * DAY);
    close(w);
    assert_eq!(carried_out(w), (true, true));
}

fn a_request_early_enough_in_a_late_close_moves_nothing(w: &mut World) {
    let due = due(w);
    w.run_to(due);
    w.vm.advance_to(due + DAY - 3_600).unwrap();
    w.report();
    request(w);
    close(w);
    assert_eq!(self::due(w), due + DAY);
    w.run_to(due + DAY);
    close(w);
    assert_eq!(carried_out(w), (true, true));
}

fn without_a_close_for_three_days_requests_can_be_taken_back_at_any_time(w: &mut World) {
    let due = due(w);
    // The last close was at the boundary a day before.
    request(w);
    w.vm.advance_to(due - DAY + 3 * DAY - 10).unwrap();
    refuses_to_take_back(w);
    w.vm.advance_stacks(1).unwrap();
    takes_back(w);
    w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), w.sbtc.clone(), who(w.ivan)]).ok().unwrap();
    w.check_books();
}

fn what_was_taken_back_does_not_take_part(w: &mut World) {
    let (due, sbtc) = (due(w), w.sbtc.clone());
    request(w);
    takes_back(w);
    let before = shares_of(w, BALANCED, &sbtc, w.irene);
    w.run_to(due);
    close(w);
    assert_eq!(carried_out(w), (false, false));
    assert_eq!(shares_of(w, BALANCED, &sbtc, w.irene), before);
    let had = w.sats(w.ivan);
    w.pool(w.keeper, "claim-withdrawal", &[u(BALANCED), sbtc.clone(), who(w.ivan)]).ok().unwrap();
    assert_eq!(w.sats(w.ivan) - had, BTC - 50, "all but the bounty");
    w.check_books();
}

fn a_request_cannot_be_taken_back_after_its_close(w: &mut World) {
    let due = due(w);
    request(w);
    w.run_to(due);
    close(w);
    let bucket = bucket(w);
    pool_refuses(w, w.ivan, "cancel-deposit", &bucket, e::LIQUIDITY_POOL_NOTHING_TO_CANCEL);
    pool_refuses(w, w.irene, "cancel-withdrawal", &bucket, e::LIQUIDITY_POOL_NOTHING_TO_CANCEL);
}

/// The close of the open epoch is more than a day late. A request made now is for the epoch after it, whose boundary is
/// at least a day away: it can be taken back.
fn a_request_for_the_close_after_a_late_one_can_be_taken_back(w: &mut World) {
    let due = due(w);
    w.run_to(due + DAY + 600);
    request(w);
    takes_back(w);
}
