//! The exit queue: its index, the ends of its generations, and tickets that were left behind.

use bithedge_stacks::{Address, Value};
use bithedge_suite_world::*;

use crate::support::*;

/// Locks ten thousand satoshis: what keeps a queue from being paid in full.
const SMALLEST: u128 = 10_000;

#[test]
fn tickets_are_paid_their_part_of_every_close() {
    let mut w = with_capital(before_the_hand_over());
    hold(
        &mut w,
        cases![
            a_queue_paid_in_full_ends_its_generation,
            an_index_worn_down_ends_its_generation_and_the_rest_stays_queued,
            a_ticket_left_behind_one_to_four_generations_is_paid_as_if_it_had_been_claimed_daily,
            two_tickets_of_one_provider_are_one,
            a_ticket_taken_back_leaves_the_queue,
            a_ticket_of_a_past_generation_can_be_taken_back_when_it_is_brought_up,
            everybody_in_the_queue_gets_the_same_part,
            a_worn_index_pays_all_but_a_millionth,
        ],
    );
}

fn close_day(w: &mut World) {
    let sbtc = w.sbtc.clone();
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
}

fn exit_all(w: &mut World, provider: Address) {
    let sbtc = w.sbtc.clone();
    let shares = shares_of(w, BALANCED, &sbtc, provider);
    w.pool(provider, "request-withdrawal", &[u(BALANCED), sbtc, u(shares)]).ok().unwrap();
}

fn state(w: &mut World) -> Value {
    let sbtc = w.sbtc.clone();
    w.bucket(BALANCED, &sbtc)
}

fn position(w: &mut World, provider: Address) -> Value {
    let sbtc = w.sbtc.clone();
    w.position(BALANCED, &sbtc, provider)
}

fn ticket(w: &mut World, provider: Address) -> u128 {
    num(position(w, provider).field("ticket").unwrap(), "shares")
}

fn claim(w: &mut World, provider: Address) -> u128 {
    let arguments = [u(BALANCED), w.sbtc.clone(), who(provider)];
    w.pool(w.keeper, "claim-withdrawal", &arguments).ok().unwrap().as_uint().unwrap()
}

/// What a close can round off a ticket of so many shares that was admitted at a full index: the index has twelve digits.
fn rounding(shares: u128) -> u128 {
    shares.div_ceil(1_000_000_000_000)
}

fn sell_smallest(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(28));
    w.buy(&sbtc, BALANCED, 80_000 * USD, expiry, SMALLEST).ok().unwrap();
}

/// Somebody comes with 890 BTC and leaves with everything.
fn comes_and_leaves(w: &mut World, provider: Address) {
    let sbtc = w.sbtc.clone();
    w.commit(provider, BALANCED, &sbtc, 890 * BTC);
    close_day(w);
    exit_all(w, provider);
    close_day(w);
}

fn a_queue_paid_in_full_ends_its_generation(w: &mut World) {
    exit_all(w, w.irene);
    close_day(w);
    let bucket = state(w);
    assert_eq!(num(&bucket, "exit-generation"), 1);
    assert_eq!((num(&bucket, "index"), num(&bucket, "sum")), (1_000_000_000_000, 0));
    assert_eq!((num(&bucket, "queued"), ticket(w, w.irene)), (0, 0));
    let paid = claim(w, w.irene);
    // Less one for the rounding of the claim, which stays as dust of the queue.
    assert_eq!(paid, 10 * BTC - 50 - (10 * BTC - 50u128).div_ceil(1_000) - 1);
    assert_eq!(num(&state(w), "filled"), 1);
}

fn an_index_worn_down_ends_its_generation_and_the_rest_stays_queued(w: &mut World) {
    sell_smallest(w);
    let sbtc = w.sbtc.clone();
    w.commit(w.irene, BALANCED, &sbtc, 890 * BTC);
    close_day(w);
    exit_all(w, w.irene);
    let before = state(w);
    close_day(w);
    let bucket = state(w);
    assert_eq!(num(&before, "exit-generation") + 1, num(&bucket, "exit-generation"));
    assert_eq!((num(&bucket, "index"), num(&bucket, "sum")), (1_000_000_000_000, 0));
    let queued = num(&bucket, "queued");
    assert!(queued > 0 && queued < num(&before, "shares") / 1_000_000, "{queued}");
    let own = ticket(w, w.irene);
    assert!(own <= queued && own >= queued - queued / 100_000, "{own} of {queued}");
    // When the lock is gone the rest is paid.
    w.registry(w.peter, "cancel-protection", &[u(1), sbtc, u(0)]).ok().unwrap();
    claim(w, w.irene);
    close_day(w);
    assert_eq!(num(&state(w), "queued"), 0);
    let rest = claim(w, w.irene);
    assert!(rest > SMALLEST * 9 / 10, "{rest}");
    w.check_books();
}

/// The way that claims at every close and the way that claims at the end pay the same, to the satoshi that each claim
/// rounds.
fn a_ticket_left_behind_one_to_four_generations_is_paid_as_if_it_had_been_claimed_daily(w: &mut World) {
    sell_smallest(w);
    let sbtc = w.sbtc.clone();
    w.commit(w.irene, BALANCED, &sbtc, 890 * BTC);
    close_day(w);
    exit_all(w, w.irene);
    close_day(w);
    let mut daily = 0;
    for (generations, provider) in [(1, w.ivan), (2, w.keeper), (4, w.stranger)] {
        assert_eq!(num(&state(w), "exit-generation"), generations);
        w.vm.snapshot().unwrap();
        let now = num(&position(w, w.irene), "claimable");
        let paid = claim(w, w.irene);
        assert_eq!(paid, now);
        assert_eq!(num(&position(w, w.irene), "claimable"), 0);
        if generations == 1 {
            daily = paid;
            assert!(ticket(w, w.irene) > 0);
        } else {
            // Exit fees of those who left go to the shares that stayed: hers.
            assert!(paid > daily, "{paid} {daily}");
        }
        w.check_books();
        w.vm.restore().unwrap();
        if generations < 4 {
            comes_and_leaves(w, provider);
        }
    }
    // Four generations later nothing of the ticket is left in the queue: 9·10^16 shares, worn down by 10^7 each time.
    assert_eq!(ticket(w, w.irene), 0);
    // Claimed at each step, the sum is the same.
    w.vm.snapshot().unwrap();
    let at_once = claim(w, w.irene);
    w.vm.restore_from("before each case").unwrap();
    sell_smallest(w);
    w.commit(w.irene, BALANCED, &sbtc, 890 * BTC);
    close_day(w);
    exit_all(w, w.irene);
    close_day(w);
    let mut sum = claim(w, w.irene);
    for provider in [w.ivan, w.keeper] {
        comes_and_leaves(w, provider);
        if num(&position(w, w.irene), "claimable") > 0 {
            sum += claim(w, w.irene);
        }
    }
    assert_eq!(sum, at_once);
}

fn two_tickets_of_one_provider_are_one(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(21));
    w.buy(&sbtc, BALANCED, 80_000 * USD, expiry, 5 * BTC).ok().unwrap();
    let part = shares_of(w, BALANCED, &sbtc, w.irene) * 4 / 10;
    let arguments = [u(BALANCED), sbtc, u(part)];
    w.pool(w.irene, "request-withdrawal", &arguments).ok().unwrap();
    w.pool(w.irene, "request-withdrawal", &[u(BALANCED), w.sbtc.clone(), u(part)]).ok().unwrap();
    close_day(w);
    let first = num(&position(w, w.irene), "claimable");
    assert!(first > 4 * BTC && first < 5 * BTC, "{first}");
    let left = ticket(w, w.irene);
    let queued = num(&state(w), "queued");
    assert!(left <= queued && queued - left <= rounding(2 * part), "{left} of {queued}");
    // More shares join the rest of the ticket; one close later both are worth the same a share.
    w.pool(w.irene, "request-withdrawal", &[u(BALANCED), w.sbtc.clone(), u(part / 4)]).ok().unwrap();
    close_day(w);
    let queued = num(&state(w), "queued");
    let own = ticket(w, w.irene);
    assert!(own <= queued && queued - own <= 3 * rounding(2 * part), "{own} of {queued}");
    claim(w, w.irene);
    w.check_books();
}

fn a_ticket_taken_back_leaves_the_queue(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(21));
    w.buy(&sbtc, BALANCED, 80_000 * USD, expiry, 5 * BTC).ok().unwrap();
    let all = shares_of(w, BALANCED, &sbtc, w.irene);
    exit_all(w, w.irene);
    close_day(w);
    let left = ticket(w, w.irene);
    let basis = num(position(w, w.irene).field("ticket").unwrap(), "basis");
    let taken = w.pool(w.irene, "cancel-withdrawal", &[u(BALANCED), sbtc.clone()]).ok().unwrap().clone();
    assert_eq!(taken, u(left));
    let after = position(w, w.irene);
    assert_eq!((num(&after, "shares"), num(&after, "basis")), (left, basis));
    assert_eq!(ticket(w, w.irene), 0);
    assert!(num(&state(w), "queued") <= rounding(all), "{}", num(&state(w), "queued"));
    assert!(left < all && left > all / 3, "{left}");
    let paid = claim(w, w.irene);
    close_day(w);
    assert_eq!(num(&position(w, w.irene), "claimable"), 0);
    assert!(paid > 4 * BTC);
    w.check_books();
}

fn a_ticket_of_a_past_generation_can_be_taken_back_when_it_is_brought_up(w: &mut World) {
    sell_smallest(w);
    let sbtc = w.sbtc.clone();
    w.commit(w.irene, BALANCED, &sbtc, 890 * BTC);
    close_day(w);
    exit_all(w, w.irene);
    close_day(w);
    let left = ticket(w, w.irene);
    assert!(left > 0);
    let taken = w.pool(w.irene, "cancel-withdrawal", &[u(BALANCED), sbtc]).ok().unwrap().clone();
    assert_eq!(taken, u(left));
    claim(w, w.irene);
    w.check_books();
}

fn everybody_in_the_queue_gets_the_same_part(w: &mut World) {
    let (sbtc, expiry) = (w.sbtc.clone(), w.expiry(21));
    provide(w, w.ivan, BALANCED, &sbtc, 20 * BTC);
    w.commit(w.stranger, BALANCED, &sbtc, 3 * BTC);
    close_day(w);
    w.buy(&sbtc, BALANCED, 80_000 * USD, expiry, 15 * BTC).ok().unwrap();
    let owners = [w.irene, w.ivan, w.stranger];
    let before = owners.map(|owner| shares_of(w, BALANCED, &sbtc, owner));
    for owner in owners {
        exit_all(w, owner);
    }
    close_day(w);
    let parts: Vec<(u128, u128)> = owners
        .iter()
        .zip(before)
        .map(|(owner, shares)| {
            let position = position(w, *owner);
            let left = num(position.field("ticket").unwrap(), "shares");
            (num(&position, "claimable") * 1_000_000_000_000_000 / shares, left * 1_000_000_000 / shares)
        })
        .collect();
    for part in &parts {
        assert!(part.0.abs_diff(parts[0].0) <= 10 && part.1.abs_diff(parts[0].1) <= 1, "{parts:?}");
    }
    w.check_books();
}

/// A generation's index may go down to 10^6 before it ends, so that six digits are left. What tickets that are admitted
/// there are paid and hold is what the closes filled and the bucket has queued, less a millionth.
fn a_worn_index_pays_all_but_a_millionth(w: &mut World) {
    sell_smallest(w);
    let sbtc = w.sbtc.clone();
    w.commit(w.irene, BALANCED, &sbtc, 80 * BTC);
    close_day(w);
    exit_all(w, w.irene);
    close_day(w);
    let index = num(&state(w), "index");
    assert!((1_000_000..2_000_000).contains(&index), "the index is {index}");
    provide(w, w.ivan, BALANCED, &sbtc, 10 * BTC);
    claim(w, w.irene);
    let shares_before = shares_of(w, BALANCED, &sbtc, w.ivan);
    exit_all(w, w.ivan);
    close_day(w);
    let paid = num(&position(w, w.ivan), "claimable") + num(&position(w, w.irene), "claimable");
    let (filled, queued) = (num(&state(w), "filled"), num(&state(w), "queued"));
    let held = ticket(w, w.ivan) + ticket(w, w.irene);
    let (sats, shares) = (filled - paid, queued - held);
    assert!(sats <= filled / 1_000_000 + 5, "{sats} of {filled} satoshis are nobody's");
    assert!(shares <= shares_before / 1_000_000, "{shares} of {shares_before} shares are nobody's");
}
