//! To the second: the last sale, the first activation, the last activation, the last sale back.

use bithedge_suite_world::*;
use bithedge_vm::{Options, Outcome};

use crate::support::{Order, provide};

const TOO_EARLY: u128 = 1_940_903;
const TOO_LATE: u128 = 1_940_904;
const NOT_EXPIRED: u128 = 1_940_906;

/// Starting values of the parameters.
const ACTIVATION_DELAY: u64 = 3_600;
const CANCEL_CUTOFF: u64 = 3_600;

/// Blocks come every ten seconds from this one on.
fn world(start: u64) -> World {
    let options = Options { genesis_time: start, ..Options::default() };
    let mut w = World::with(options, 100_000 * USD, USD);
    provide(&mut w);
    w
}

fn run_closing_to(w: &mut World, time: u64) {
    let sbtc = w.sbtc.clone();
    while w.vm.now().unwrap() + DAY <= time {
        w.next_boundary();
        w.close(BALANCED, &sbtc).ok().unwrap();
    }
    if w.vm.now().unwrap() < time {
        w.run_to(time);
    }
    assert_eq!(w.vm.now().unwrap(), time);
}

fn end(w: &mut World, function: &str) -> Outcome {
    let sbtc = w.sbtc.clone();
    w.registry(w.peter, function, &[u(1), sbtc, u(0)])
}

#[test]
fn sales_end_with_a_day_to_go_activation_begins_at_the_delay_and_sales_back_end_at_the_cutoff() {
    let mut w = world(START);
    let expiry = w.expiry(2);
    // Exactly a day before the expiry: a boundary, and closed.
    run_closing_to(&mut w, expiry - DAY);
    let order = Order::usual(&w, expiry);
    assert_eq!(order.buy(&mut w), 1);
    let bought_at = w.vm.now().unwrap();
    assert_eq!(bought_at, expiry - DAY);
    w.vm.advance_stacks(1).unwrap();
    let late = w.registry(w.peter, "purchase-protection", &order.args());
    assert_eq!(late.err_code().unwrap(), TOO_LATE);

    // The price falls below the strike within the hour; one block before the delay, and exactly at it.
    w.walk_to(85_000 * USD);
    w.run_to(bought_at + ACTIVATION_DELAY - 10);
    w.vm.snapshot().unwrap();
    assert_eq!(end(&mut w, "activate-protection").err_code().unwrap(), TOO_EARLY);
    w.vm.advance_stacks(1).unwrap();
    assert_eq!(w.vm.now().unwrap(), bought_at + ACTIVATION_DELAY);
    end(&mut w, "activate-protection").ok().unwrap();
    w.vm.restore().unwrap();

    // One block before the cutoff, and exactly at it.
    w.run_to(expiry - CANCEL_CUTOFF - 10);
    w.vm.snapshot().unwrap();
    end(&mut w, "cancel-protection").ok().unwrap();
    w.vm.restore().unwrap();
    w.vm.advance_stacks(1).unwrap();
    assert_eq!(w.vm.now().unwrap(), expiry - CANCEL_CUTOFF);
    assert_eq!(end(&mut w, "cancel-protection").err_code().unwrap(), TOO_LATE);
}

#[test]
fn one_second_before_the_cutoff_it_is_sold_back_and_one_second_before_the_expiry_activated() {
    let mut w = world(START + 9);
    let expiry = w.expiry(2);
    assert_eq!(Order::usual(&w, expiry).buy(&mut w), 1);
    w.move_price(95_000 * USD);
    w.move_price(88_000 * USD);
    run_closing_to(&mut w, expiry - CANCEL_CUTOFF - 1);
    w.vm.snapshot().unwrap();
    end(&mut w, "cancel-protection").ok().unwrap();
    w.vm.restore().unwrap();

    w.run_to(expiry - 1);
    assert_eq!(w.vm.now().unwrap(), expiry - 1);
    let sbtc = w.sbtc.clone();
    let claimed = w.registry(w.keeper, "claim-settlement", &[u(1), sbtc]);
    assert_eq!(claimed.err_code().unwrap(), NOT_EXPIRED);
    let paid = end(&mut w, "activate-protection");
    assert_eq!(paid.ok().unwrap().as_uint().unwrap(), BTC * 2_000 / 88_000);
}
