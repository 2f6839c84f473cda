//! How a put's price answers to what it is made of. Only shown, never charged: the contracts have no twin of it.

use super::{MAX_VOLATILITY, MathError, check, fixed, put_price};
use crate::{Ppm, Seconds, UsdE8, UsdE12};

const E12: i128 = 1_000_000_000_000;

/// Sensitivities of a European put on one BTC at zero interest (J. Hull, "Options, Futures, and Other Derivatives").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutGreeks {
    /// The part of a small fall of BTC that the put makes good: the size of its delta, 0 to 100 %.
    pub delta: Ppm,
    /// What the put gains when volatility rises by one percentage point.
    pub vega: UsdE12,
}

/// Delta and vega of a put. With no time or volatility left it moves with BTC below the strike, and not at all from the strike
/// on.
///
/// # Errors
/// [`MathError::InputOutOfRange`].
pub fn put_greeks(
    spot: UsdE8,
    strike: UsdE8,
    volatility: Ppm,
    term: Seconds,
) -> Result<PutGreeks, MathError> {
    check(spot, strike, volatility, term)?;
    let root = fixed::sqrt_years(term.get());
    let found = fixed::exchange_greeks(strike.base_units(), spot.base_units(), volatility.base_units(), root);
    let Some((delta, density)) = found else {
        let delta = if spot < strike { Ppm::new(1_000_000) } else { Ppm::ZERO };
        return Ok(PutGreeks { delta, vega: UsdE12::ZERO });
    };
    let delta = u128::try_from((delta + E12 / 2) / E12).unwrap_or(0);
    // Spot has 8 decimals, the density 18 and a point is a hundredth: 12 are left of 28.
    let density = u128::try_from(density / 1_000_000_000).unwrap_or(0);
    let vega = spot.base_units().saturating_mul(density) / 10_000_000;
    Ok(PutGreeks { delta: Ppm::new(delta), vega: UsdE12::new(vega) })
}

/// The volatility at which a put on one BTC is worth `price`: the smallest, in whole ppm, that is worth that much or more.
/// `None` if no volatility is worth that little or that much.
///
/// # Errors
/// [`MathError::InputOutOfRange`].
pub fn implied_volatility(
    spot: UsdE8,
    strike: UsdE8,
    term: Seconds,
    price: UsdE12,
) -> Result<Option<Ppm>, MathError> {
    let at = |volatility: u128| put_price(spot, strike, Ppm::new(volatility), term);
    if price < at(0)? || price > at(MAX_VOLATILITY.base_units())? {
        return Ok(None);
    }
    let (mut low, mut high) = (0, MAX_VOLATILITY.base_units());
    while low < high {
        let middle = low.midpoint(high);
        if at(middle)? < price {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(Some(Ppm::new(low)))
}
