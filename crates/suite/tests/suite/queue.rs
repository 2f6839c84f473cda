//! The exit queue where random sequences seldom bring it: its index worn out, and tickets paid over many closes.

use bithedge_suite_world::BTC;

use crate::model::number::mul_div;
use crate::model::{BALANCED_TIER, DAY, Order, Place, Terms, Token, boundary_before};
use crate::play::Play;

const PETER: usize = 0;
const IRENE: usize = 1;
const IVAN: usize = 2;
const STRANGER: usize = 3;

#[test]
fn tickets_keep_their_part_when_the_index_wears_out() {
    let mut play = Play::new();
    nearly_everything_at_once(&mut play);
    over_a_month(&mut play);
}

fn day(play: &mut Play) {
    play.next_boundary(3);
    play.catch_up_as_keeper();
}

/// An expiry on the last of the five next Fridays.
fn last_friday(play: &mut Play) -> u64 {
    let now = play.now();
    (boundary_before(now) - 115_200) / (7 * DAY) * 7 * DAY + 115_200 + 5 * 7 * DAY
}

fn claim_all(play: &mut Play, place: Place) {
    for user in [PETER, IRENE, IVAN, STRANGER] {
        if play.model.bucket(place).providers[user].is_owed() {
            play.claim_withdrawal(user, user, place);
        }
    }
    play.compare_all();
}

/// A large bucket can pay its queue but for a ten-millionth: the index falls below its floor in one close, and what is left
/// waits in the next generation, where others join it.
fn nearly_everything_at_once(play: &mut Play) {
    play.restart(1);
    let place = Place { tier: BALANCED_TIER, token: Token::Sbtc };
    play.commit(IRENE, place, 600 * BTC);
    play.commit(IVAN, place, 300 * BTC);
    day(play);
    let strike = play.w.btc_price * 85 / 100;
    let expiry = last_friday(play);
    let order = Order { place, strike, expiry, size: Terms::MIN_SIZE, max_cost: BTC };
    assert!(play.buy(PETER, &order));
    for user in [IRENE, IVAN] {
        let shares = play.model.bucket(place).providers[user].shares;
        play.request_withdrawal(user, place, shares);
    }
    let generation = play.exit_generation(place);
    day(play);
    assert_eq!(play.exit_generation(place), generation + 1, "the index is worn out");
    let left = play.model.bucket(place).queued;
    assert!(left > 0, "something is left");
    play.compare_all();

    // Others come, and one of them joins the queue.
    play.commit(STRANGER, place, BTC);
    day(play);
    let shares = play.model.bucket(place).providers[STRANGER].shares;
    play.request_withdrawal(STRANGER, place, shares / 2);
    for _ in 0..3 {
        day(play);
        play.compare_all();
    }
    assert_eq!(play.model.bucket(place).queued, 0, "the newcomer's capital let everybody out");
    claim_all(play, place);
}

/// Ivan brings every day what pays about half of Irene's and the stranger's queue: in a month the index passes its floor.
fn over_a_month(play: &mut Play) {
    play.restart(2);
    let place = Place { tier: BALANCED_TIER, token: Token::Sbtc };
    play.commit(IRENE, place, 20 * BTC);
    play.commit(STRANGER, place, 7 * BTC + 1);
    day(play);
    let strike = play.w.btc_price * 85 / 100;
    let expiry = last_friday(play);
    for size in [11 * BTC, 10 * BTC, 2 * BTC + 77] {
        let order = Order { place, strike, expiry, size, max_cost: 100 * BTC };
        assert!(play.buy(PETER, &order));
    }
    for user in [IRENE, STRANGER] {
        let shares = play.model.bucket(place).providers[user].shares;
        play.request_withdrawal(user, place, shares);
    }
    let generation = play.exit_generation(place);
    while play.now() + 2 * DAY < expiry {
        let bucket = play.model.bucket(place);
        let last = bucket.last.unwrap();
        let value = mul_div(bucket.queued, last.nav_exit, last.shares);
        if value > 200_000 {
            play.commit(IVAN, place, value / 2);
        }
        day(play);
        for user in [IRENE, STRANGER] {
            play.compare_provider(place, user);
        }
    }
    assert!(play.exit_generation(place) > generation, "the index is worn out");
    while play.now() < expiry {
        day(play);
    }
    day(play);
    assert_eq!(play.model.bucket(place).queued, 0);
    claim_all(play, place);
    println!("a queue paid over a month left {} base units to nobody", play.largest_dust);
}
