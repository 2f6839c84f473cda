//! Option prices in integers: the Rust twin of the contract `option-math`.
//!
//! Every function gives the contract's result to the last bit, and the contract's error for the inputs that it refuses;
//! a test compares the two through the Clarity VM. The methods and their sources are described in `docs/protocol.md`
//! and, step by step, beside the code in `fixed.rs`, whose functions are the private ones of the contract.
//!
//! Against the exact Black–Scholes value the price is within 2e-15 of the larger of spot and strike, plus the last digit,
//! which is cut off; no step in an input moves it the wrong way by more than that. Tests hold both.

mod fixed;
mod greeks;

pub use greeks::{PutGreeks, implied_volatility, put_greeks};

use crate::{Ppm, Seconds, UsdE8, UsdE12};

/// The highest spot or strike that can be priced: 10^9 USD.
pub const MAX_PRICE: UsdE8 = UsdE8::new(100_000_000_000_000_000);
/// The highest volatility that can be priced: 1,000 % a year.
pub const MAX_VOLATILITY: Ppm = Ppm::new(10_000_000);
/// The longest time to expiry that can be priced: ten years of 365 days.
pub const MAX_TERM: Seconds = Seconds::new(315_360_000);
/// The largest argument of [`exp`]: 40.
pub const MAX_EXPONENT: FixedE12 = FixedE12::new(40_000_000_000_000);
/// Below this argument, -28, [`exp`] is 0.
const MIN_EXPONENT: i128 = -28_000_000_000_000;
/// From here on, 9, the distribution function is 1 at scale 1e12 (and 0 below the opposite).
const TAIL_LIMIT_E12: i128 = 9_000_000_000_000;

/// A signed number at scale 1e12: 1 is held as 10^12.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FixedE12(i128);

impl FixedE12 {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(1_000_000_000_000);

    /// The number of so many 10^-12.
    #[must_use]
    pub const fn new(units: i128) -> Self {
        Self(units)
    }

    /// The number in 10^-12, as the contract's `int` at scale 1e12.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }
}

/// Why a function has no value for its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MathError {
    /// The logarithm of 0.
    #[error("zero has no logarithm")]
    LnOfZero,
    /// An exponent above [`MAX_EXPONENT`].
    #[error("the exponent is above 40")]
    ExponentTooLarge,
    /// A spot of 0, or an input above [`MAX_PRICE`], [`MAX_VOLATILITY`] or [`MAX_TERM`].
    #[error("a price, a volatility or a time to expiry is outside what can be priced")]
    InputOutOfRange,
}

impl MathError {
    /// The code with which the contract refuses the same arguments.
    #[must_use]
    pub const fn contract_code(self) -> u32 {
        match self {
            Self::LnOfZero => 1_040_001,
            Self::ExponentTooLarge => 1_040_002,
            Self::InputOutOfRange => 1_040_003,
        }
    }
}

/// Natural logarithm of `x` (at scale 1e12), rounded towards zero.
///
/// # Errors
/// [`MathError::LnOfZero`].
pub fn ln(x: u128) -> Result<FixedE12, MathError> {
    const E18: u128 = 1_000_000_000_000_000_000;
    let reciprocal = (E18 * E18).checked_div(x).ok_or(MathError::LnOfZero)?;
    let value = if x < E18 {
        fixed::LN_1E6 - fixed::ln_normalised(reciprocal)
    } else {
        fixed::LN_1E6 + fixed::ln_normalised(x)
    };
    Ok(FixedE12(value / 1_000_000))
}

/// `e^x` at scale 1e12, rounded down; 0 below -28.
///
/// # Errors
/// [`MathError::ExponentTooLarge`].
pub fn exp(x: FixedE12) -> Result<u128, MathError> {
    if x > MAX_EXPONENT {
        return Err(MathError::ExponentTooLarge);
    }
    if x.0 < MIN_EXPONENT {
        return Ok(0);
    }
    let wide = x.0 * 1_000_000;
    if wide < 0 {
        return Ok((fixed::exp_of_negative(-wide) / 1_000_000).cast_unsigned());
    }
    // k is at most 58, so the power of two times e^r < 1.42 (at 1e18) stays below 5e35.
    let k = (wide + fixed::HALF_LN_2) / fixed::LN_2;
    let reduced = fixed::exp_reduced(wide - k * fixed::LN_2).cast_unsigned();
    Ok((reduced << k) / 1_000_000)
}

/// Standard normal distribution function of `x` at scale 1e12, rounded to the nearest; `N(x) + N(-x)` is 1 exactly.
#[must_use]
pub fn normal_cdf(x: FixedE12) -> u128 {
    const WHOLE: u128 = 1_000_000_000_000;
    if x.0 > TAIL_LIMIT_E12 {
        return WHOLE;
    }
    if x.0 < -TAIL_LIMIT_E12 {
        return 0;
    }
    let tail = (fixed::normal_tail(x.0.abs() * 1_000_000) + 500_000).cast_unsigned() / 1_000_000;
    if x.0 < 0 { tail } else { WHOLE - tail }
}

/// Black–Scholes price, at zero interest, of a European put on one BTC: never above the strike and never below
/// `strike - spot`, which it is if `volatility` (a year) or `term` is zero.
///
/// # Errors
/// [`MathError::InputOutOfRange`].
pub fn put_price(spot: UsdE8, strike: UsdE8, volatility: Ppm, term: Seconds) -> Result<UsdE12, MathError> {
    check(spot, strike, volatility, term)?;
    let root = fixed::sqrt_years(term.get());
    Ok(UsdE12::new(fixed::exchange_price(
        strike.base_units(),
        spot.base_units(),
        volatility.base_units(),
        root,
    )))
}

/// Black–Scholes price, at zero interest, of a European call on one BTC: never above the spot and never below
/// `spot - strike`, which it is if `volatility` (a year) or `term` is zero.
///
/// # Errors
/// [`MathError::InputOutOfRange`].
pub fn call_price(spot: UsdE8, strike: UsdE8, volatility: Ppm, term: Seconds) -> Result<UsdE12, MathError> {
    check(spot, strike, volatility, term)?;
    let root = fixed::sqrt_years(term.get());
    Ok(UsdE12::new(fixed::exchange_price(
        spot.base_units(),
        strike.base_units(),
        volatility.base_units(),
        root,
    )))
}

/// One series to be marked by [`mark_series`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeriesEntry {
    /// The strike.
    pub strike: UsdE8,
    /// The volatility a year at which it is marked.
    pub volatility: Ppm,
}

/// [`put_price`] of each entry at one spot and one time to expiry, in order. The contract takes at most 64 entries a
/// call; here there is no limit.
///
/// # Errors
/// [`MathError::InputOutOfRange`] if any input is out of range, whatever the others are.
pub fn mark_series(spot: UsdE8, term: Seconds, entries: &[SeriesEntry]) -> Result<Vec<UsdE12>, MathError> {
    check(spot, UsdE8::ZERO, Ppm::ZERO, term)?;
    let root = fixed::sqrt_years(term.get());
    entries
        .iter()
        .map(|entry| {
            check(spot, entry.strike, entry.volatility, term)?;
            Ok(UsdE12::new(fixed::exchange_price(
                entry.strike.base_units(),
                spot.base_units(),
                entry.volatility.base_units(),
                root,
            )))
        })
        .collect()
}

fn check(spot: UsdE8, strike: UsdE8, volatility: Ppm, term: Seconds) -> Result<(), MathError> {
    let is_in_range = spot > UsdE8::ZERO
        && spot <= MAX_PRICE
        && strike <= MAX_PRICE
        && volatility <= MAX_VOLATILITY
        && term <= MAX_TERM;
    if is_in_range { Ok(()) } else { Err(MathError::InputOutOfRange) }
}
