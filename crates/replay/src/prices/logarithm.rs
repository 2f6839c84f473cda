//! Prices between prices, and prices moved by a logarithm, in whole numbers.

use bithedge_protocol::UsdE8;
use bithedge_protocol::math::{FixedE12, MAX_PRICE, exp, ln};

/// 1 at scale 1e12.
pub(super) const ONE: i128 = FixedE12::ONE.units();
const SCALE: u128 = ONE.unsigned_abs();

/// The lowest price that is simulated: 0.0001 USD. Far below it rounding to 10^-8 USD would hold a price where it is.
pub const LEAST_SIMULATED: UsdE8 = UsdE8::new(10_000);

/// `ln(to / from)` at scale 1e12; `None` if one of them is zero.
pub(super) fn log_return(from: UsdE8, to: UsdE8) -> Option<i128> {
    // The scale of both is the same, so it drops out.
    Some(ln(to.base_units()).ok()?.units() - ln(from.base_units()).ok()?.units())
}

/// `price · e^log`, rounded to the nearest 10^-8 USD; `None` if that is zero or above [`MAX_PRICE`].
pub(super) fn moved(price: UsdE8, log: i128) -> Option<UsdE8> {
    let price = UsdE8::new(grown(price.base_units(), log)?);
    (price > UsdE8::ZERO && price <= MAX_PRICE).then_some(price)
}

/// As [`moved`], for a price that is made here: `None` below [`LEAST_SIMULATED`] as well.
pub(super) fn simulated(price: UsdE8, log: i128) -> Option<UsdE8> {
    moved(price, log).filter(|price| *price >= LEAST_SIMULATED)
}

/// The price after `part` of `whole` on the way `from` → `to`, when equal times change it by equal factors.
///
/// It is `from` at the beginning and `to` at the end exactly, and never outside the two. From or to zero, or a price above
/// [`MAX_PRICE`], there is no such way: it stays `from` until the end.
pub(super) fn between(from: UsdE8, to: UsdE8, part: u64, whole: u64) -> UsdE8 {
    if part >= whole {
        return to;
    }
    // Always upwards from the lower one: a power above one keeps all its digits.
    let (low, high, part) = if from <= to { (from, to, part) } else { (to, from, whole - part) };
    if high > MAX_PRICE {
        return from;
    }
    let price = log_return(low, high)
        .and_then(|growth| grown(low.base_units(), growth * i128::from(part) / i128::from(whole)));
    price.map_or(from, |units| UsdE8::new(units).clamp(low, high))
}

fn grown(units: u128, log: i128) -> Option<u128> {
    let factor = exp(FixedE12::new(log)).ok()?;
    Some((units.checked_mul(factor)?.checked_add(SCALE / 2)?) / SCALE)
}
