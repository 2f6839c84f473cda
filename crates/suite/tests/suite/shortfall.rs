//! Expiries that an STX bucket cannot pay: what is missing is shared, covered and recorded to the unit.

use bithedge_suite_world::{BTC, STX, USD};

use crate::model::{DAY, Order, Place, Token, boundary_before};
use crate::play::Play;

const PETER: usize = 0;
const IRENE: usize = 1;
const IVAN: usize = 2;
const STRANGER: usize = 3;

#[test]
fn what_is_missing_is_shared_by_all_series_of_an_expiry() {
    let mut play = Play::new();
    // The fund can cover all of it, a part, or nothing; the price of STX falls far or farther.
    let cases = [(0, 30), (20_000, 30), (900_000, 30), (0, 12), (20_000, 12), (900_000, 12)];
    for (seed, (fund, stx_cents)) in (1..).zip(cases) {
        play.restart(seed);
        short_expiry(&mut play, fund * STX, stx_cents);
    }
    let [covered, owed] = play.shortfalls;
    println!("covered up to {covered} micro-STX, owed up to {owed}");
    assert!(covered > 0 && owed > 0);
}

fn short_expiry(play: &mut Play, fund: u128, stx_cents: u128) {
    let place = Place { tier: 3, token: Token::Stx };
    play.commit(IRENE, place, 600_000 * STX);
    play.commit(IVAN, place, 77_777 * STX + 1);
    if fund > 0 {
        play.contribute(STRANGER, Token::Stx, fund);
    }
    play.next_boundary(3);
    play.catch_up_as_keeper();
    let first = boundary_before(play.now());
    let friday = (first - 115_200) / (7 * DAY) * 7 * DAY + 115_200 + 14 * DAY;
    let thousand = 1_000 * USD;
    // Two policies of one series, two other series, and one that ends out of the money; one expires later.
    let sold = [
        (PETER, 95 * thousand, friday, BTC),
        (STRANGER, 95 * thousand, friday, BTC / 3 + 7),
        (PETER, 100 * thousand, friday, BTC / 2 + 1),
        (STRANGER, 1025 * thousand / 10, friday, BTC + 11),
        (PETER, 975 * thousand / 10, friday + 7 * DAY, BTC),
    ];
    for (buyer, strike, expiry, size) in sold {
        let order = Order { place, strike, expiry, size, max_cost: 1_000_000 * STX };
        assert!(play.buy(buyer, &order), "{order:?}");
    }
    // Irene asks to leave; while the bucket is short nobody does.
    let shares = play.model.bucket(place).providers[IRENE].shares;
    play.request_withdrawal(IRENE, place, shares);
    play.next_boundary(3);
    play.catch_up_as_keeper();
    play.walk(60 * thousand, stx_cents * USD / 100);
    for id in 1..=sold.len() {
        let owner = play.model.policies[id - 1].owner;
        // The first may be paid from its own lock; nobody takes what others need.
        if id % 2 == 0 {
            play.activate(owner, id);
        }
    }
    while play.now() < friday + 7 * DAY {
        play.next_boundary(3);
        play.catch_up_as_keeper();
    }
    play.next_boundary(3);
    play.catch_up_as_keeper();
    play.compare_all();
    assert_eq!(play.model.bucket(place).reserved(), 0, "everything was claimed");
}

/// Rounding leaves a bucket that lost everything with a few base units. Whoever comes next must be able to use it.
#[test]
fn a_bucket_that_lost_everything_takes_deposits_again() {
    let mut play = Play::new();
    play.restart(1);
    let place = Place { tier: 3, token: Token::Stx };
    play.commit(IRENE, place, 600_000 * STX);
    play.next_boundary(3);
    play.catch_up_as_keeper();
    let friday = (boundary_before(play.now()) - 115_200) / (7 * DAY) * 7 * DAY + 115_200 + 14 * DAY;
    let thousand = 1_000 * USD;
    for (strike, size) in [(95, 2 * BTC + 7), (100, BTC + 13), (90, 77_777_777)] {
        let order =
            Order { place, strike: strike * thousand, expiry: friday, size, max_cost: 1_000_000 * STX };
        play.buy(PETER, &order);
    }
    play.walk(50 * thousand, 7 * USD / 100);
    while play.now() < friday {
        play.next_boundary(3);
        play.catch_up_as_keeper();
    }
    play.next_boundary(3);
    play.catch_up_as_keeper();
    let left = play.model.bucket(place).assets;
    assert!(left > 0 && left < 10, "{left} micro-STX are left");
    play.commit(IVAN, place, 10_000 * STX);
    play.next_boundary(3);
    play.catch_up_as_keeper();
    let ivan = &play.model.bucket(place).providers[IVAN];
    assert!(ivan.shares > 0, "{} micro-STX came back", ivan.returned);
}
