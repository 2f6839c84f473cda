//! How far the prices and the functions are from the exact ones.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "random inputs are drawn as positive floating-point numbers and cut off to whole ones"
)]

use bithedge_protocol::math::{FixedE12, call_price, exp, ln, normal_cdf, put_price};
use bithedge_protocol::{Ppm, Seconds, UsdE8};

use super::reference::{Reference, distance, integer, ratio};

const ONE: i128 = 1_000_000_000_000;

/// A number between the two, its logarithm evenly distributed.
fn log_uniform(random: &mut fastrand::Rng, low: f64, high: f64) -> f64 {
    (low.ln() + random.f64() * (high / low).ln()).exp()
}

/// The largest distance of put and call from the exact ones, in parts of `unit(spot, strike)`.
fn largest_error(
    count: usize,
    mut draw: impl FnMut() -> (UsdE8, UsdE8, Ppm, Seconds),
    unit: impl Fn(f64, f64) -> f64,
) -> f64 {
    let mut reference = Reference::new();
    let mut largest: f64 = 0.0;
    for _ in 0..count {
        let (spot, strike, volatility, term) = draw();
        let (put, call) = reference.put_and_call(spot, strike, volatility, term);
        let usd = |price: UsdE8| price.base_units() as f64 / 1e8;
        let unit = unit(usd(spot), usd(strike));
        for (ours, exact) in [
            (put_price(spot, strike, volatility, term).unwrap(), put),
            (call_price(spot, strike, volatility, term).unwrap(), call),
        ] {
            // The last digit of the result is cut off: that much is no error of the method.
            let error = (distance(ours.base_units().cast_signed(), &exact) - 1e-12).max(0.0);
            largest = largest.max(error / unit);
        }
    }
    largest
}

#[test]
fn prices_are_exact_to_2e15_of_spot_in_a_market() {
    // Strikes of 30 to 200 % of spot, 5 to 250 % a year, a minute to a year; the design asks for 1e-11.
    let mut random = fastrand::Rng::with_seed(1973);
    let error = largest_error(
        1_500,
        || {
            let spot = log_uniform(&mut random, 5_000e8, 500_000e8);
            let strike = spot * (0.3 + 1.7 * random.f64());
            let volatility = log_uniform(&mut random, 50_000.0, 2_500_000.0);
            let term = log_uniform(&mut random, 60.0, 31_536_000.0);
            (
                UsdE8::new(spot as u128),
                UsdE8::new(strike as u128),
                Ppm::new(volatility as u128),
                Seconds::new(term as u64),
            )
        },
        |spot, _| spot,
    );
    println!("largest error: {error:e} of spot");
    assert!(error < 2e-15, "{error:e} of spot");
}

#[test]
fn prices_are_exact_to_2e15_of_the_larger_price_over_the_whole_range() {
    let mut random = fastrand::Rng::with_seed(1976);
    let error = largest_error(
        1_500,
        || {
            (
                UsdE8::new(log_uniform(&mut random, 1.0, 1e17) as u128),
                UsdE8::new(log_uniform(&mut random, 1.0, 1e17) as u128),
                Ppm::new(log_uniform(&mut random, 1.0, 1e7) as u128),
                Seconds::new(log_uniform(&mut random, 1.0, 315_360_000.0) as u64),
            )
        },
        f64::max,
    );
    println!("largest error: {error:e} of the larger price");
    assert!(error < 2e-15, "{error:e}");
}

#[test]
fn the_logarithm_is_exact_to_the_last_digit() {
    let mut reference = Reference::new();
    let mut random = fastrand::Rng::with_seed(1614);
    let edges =
        [1, 2, 707_106_781_186, 707_106_781_187, 999_999_999_999, 1_000_000_000_000, 1_000_000_000_001];
    let wide = (0..300).map(|_| random.u128(..) >> random.u32(0..126));
    for x in
        edges.into_iter().chain([10_u128.pow(18) - 1, 10_u128.pow(18), i128::MAX.cast_unsigned()]).chain(wide)
    {
        let x = x.clamp(1, i128::MAX.cast_unsigned());
        let exact = reference.ln(&ratio(x.cast_signed(), ONE));
        let ours = ln(x).unwrap().units();
        assert!(distance(ours, &exact) <= 1.001e-12, "ln of {x}: {ours}");
    }
    assert_eq!(ln(ONE.cast_unsigned()), Ok(FixedE12::ZERO));
    // (128 ln 2 - 12 ln 10) at scale 1e12.
    assert_eq!(ln(u128::MAX).unwrap().units(), 61_091_817_995_744);
}

#[test]
fn the_exponential_is_exact_to_the_last_digit_or_to_1e16() {
    let mut reference = Reference::new();
    let mut random = fastrand::Rng::with_seed(1748);
    let edges = [0, 1, -1, ONE, -ONE, 40 * ONE, -28 * ONE, -28 * ONE - 1, 346_573_590_279, 346_573_590_280];
    for x in edges.into_iter().chain((0..300).map(|_| random.i128(-30 * ONE..=40 * ONE))) {
        let exact = reference.exp(&ratio(x, ONE));
        let ours = exp(FixedE12::new(x)).unwrap();
        let allowed = 1.001e-12 + 1e-16 * ours as f64 / 1e12;
        assert!(distance(ours.cast_signed(), &exact) <= allowed, "exp of {x}: {ours}");
    }
    assert_eq!(exp(FixedE12::ZERO), Ok(ONE.cast_unsigned()));
}

#[test]
fn the_normal_distribution_is_exact_to_the_last_digit() {
    let mut reference = Reference::new();
    let mut random = fastrand::Rng::with_seed(1809);
    let edges = [0, 1, -1, 9 * ONE, -9 * ONE, 9 * ONE + 1, -9 * ONE - 1, 7 * ONE + 71_067_811_865];
    for x in edges.into_iter().chain((0..500).map(|_| random.i128(-10 * ONE..=10 * ONE))) {
        let exact = reference.normal(&ratio(x, ONE));
        let ours = normal_cdf(FixedE12::new(x));
        assert!(distance(ours.cast_signed(), &exact) <= 0.51e-12, "N({x}): {ours}");
        assert_eq!(ours + normal_cdf(FixedE12::new(-x)), ONE.cast_unsigned(), "symmetry at {x}");
    }
    assert_eq!(distance(500_000_000_000, &reference.normal(&integer(0))), 0.0);
}
