//! A price moves the right way when one input moves by the smallest step that matters: 0.01 USD in spot and strike,
//! 100 ppm in volatility, 60 seconds in time. The design allows 1e-11 of spot; the arithmetic does better.

use bithedge_protocol::math::put_price;
use bithedge_protocol::{Ppm, Seconds, UsdE8};

const CENT: u128 = 1_000_000;

/// The largest step the wrong way, in parts of spot, over runs of steps from random starts. `step` gives the inputs
/// after so many steps; the put must rise with them.
fn largest_fall(seed: u64, step: impl Fn((u128, u128, u128, u64), u64) -> (u128, u128, u128, u64)) -> f64 {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut largest: f64 = 0.0;
    for _ in 0..400 {
        let spot = random.u128(1_000_000 * CENT..20_000_000 * CENT);
        let strike = spot * random.u128(300..2_000) / 1_000;
        let start = (spot, strike, random.u128(50_000..2_500_000), random.u64(3_600..31_536_000));
        let price = |steps: u64| {
            let (spot, strike, volatility, term) = step(start, steps);
            put_price(UsdE8::new(spot), UsdE8::new(strike), Ppm::new(volatility), Seconds::new(term)).unwrap()
        };
        let mut before = price(0);
        for steps in 1..500 {
            let after = price(steps);
            let fall = before.base_units().saturating_sub(after.base_units());
            largest = largest.max(fall as f64 / (spot as f64 * 1e4));
            before = after;
        }
    }
    largest
}

#[test]
fn a_put_falls_when_the_spot_rises() {
    let fall = largest_fall(1, |(spot, strike, volatility, term), steps| {
        (spot - u128::from(steps) * CENT, strike, volatility, term)
    });
    println!("largest step the wrong way: {fall:e} of spot");
    assert!(fall <= 1e-15, "{fall:e} of spot");
}

#[test]
fn a_put_rises_with_its_strike() {
    let fall = largest_fall(2, |(spot, strike, volatility, term), steps| {
        (spot, strike + u128::from(steps) * CENT, volatility, term)
    });
    println!("largest step the wrong way: {fall:e} of spot");
    assert!(fall <= 1e-15, "{fall:e} of spot");
}

#[test]
fn a_put_rises_with_volatility() {
    let fall = largest_fall(3, |(spot, strike, volatility, term), steps| {
        (spot, strike, volatility + u128::from(steps) * 100, term)
    });
    println!("largest step the wrong way: {fall:e} of spot");
    assert!(fall <= 1e-15, "{fall:e} of spot");
}

#[test]
fn a_put_rises_with_time() {
    let fall = largest_fall(4, |(spot, strike, volatility, term), steps| {
        (spot, strike, volatility, term + steps * 60)
    });
    println!("largest step the wrong way: {fall:e} of spot");
    assert!(fall <= 1e-15, "{fall:e} of spot");
}
