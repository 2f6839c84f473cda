//! A vertical axis on which equal distances are equal ratios, for prices that grew a hundredfold.

use bithedge_protocol::UsdE8;
use bithedge_protocol::math::{MAX_PRICE, ln};

use crate::number;
use crate::plot::ValueAxis;
use crate::scale::{Domain, Tick};

/// From this ratio of the highest to the lowest price on a straight scale shows only the highest.
const RATIO: u128 = 20;
/// From 10^-8 USD to 1 at scale 1e12.
const FROM_E8: u128 = 10_000;

/// Where a price is on the axis: its natural logarithm, by the integer arithmetic of the protocol, so that it is the same on
/// every platform. `None` of zero and above the highest price that can be priced.
pub(crate) fn coordinate(price: UsdE8) -> Option<f64> {
    if price > MAX_PRICE {
        return None;
    }
    ln(price.base_units().checked_mul(FROM_E8)?).ok().map(|logarithm| units_as_coordinate(logarithm.units()))
}

#[allow(clippy::cast_precision_loss, reason = "a coordinate, not an amount")]
fn units_as_coordinate(units: i128) -> f64 {
    units as f64 / 1e12
}

/// An axis for prices so far apart, with at most about `most` ticks at 1, 2 and 5 · 10^n USD; `None` if they are not.
pub(crate) fn axis(title: &str, lowest: UsdE8, highest: UsdE8, most: usize) -> Option<ValueAxis> {
    let is_wide = lowest.base_units().checked_mul(RATIO)? <= highest.base_units();
    if lowest == UsdE8::ZERO || !is_wide || highest > MAX_PRICE {
        return None;
    }
    let fine = ticks(&[1, 2, 5], lowest, highest);
    let prices = if fine.len() <= most { fine } else { ticks(&[1], lowest, highest) };
    let first = coordinate(prices.first().copied()?)?;
    let last = coordinate(prices.last().copied()?)?;
    let ticks = prices.into_iter().map(|price| {
        let label = number::short(i128::try_from(price.base_units()).ok()?, UsdE8::DECIMALS);
        Some(Tick { value: coordinate(price)?, label })
    });
    let title = format!("{title} (log scale)");
    Some(ValueAxis { title, domain: Domain::new(first, last), ticks: ticks.collect::<Option<_>>()? })
}

/// The prices of these digits and a power of ten, from the last at or below `lowest` to the first at or above `highest`.
fn ticks(digits: &[u128], lowest: UsdE8, highest: UsdE8) -> Vec<UsdE8> {
    let all =
        (0..=18).flat_map(|power| digits.iter().map(move |digit| UsdE8::new(digit * 10_u128.pow(power))));
    let all: Vec<UsdE8> = all.collect();
    let first = all.iter().rposition(|price| *price <= lowest).unwrap_or(0);
    let last = all.iter().position(|price| *price >= highest).unwrap_or(all.len());
    all.get(first..=last.min(all.len().saturating_sub(1))).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(dollars: u128) -> UsdE8 {
        UsdE8::new(dollars * 100_000_000)
    }

    #[test]
    fn only_prices_far_apart_get_a_logarithmic_axis() {
        assert!(axis("Price, USD", usd(20_000), usd(60_000), 7).is_none());
        assert!(axis("Price, USD", UsdE8::ZERO, usd(60_000), 7).is_none());
        assert!(axis("Price, USD", UsdE8::new(1), UsdE8::MAX, 7).is_none());
        let labels = |most| -> Vec<String> {
            let axis = axis("Price, USD", usd(178), usd(67_567), most).unwrap();
            axis.ticks.into_iter().map(|tick| tick.label).collect()
        };
        assert_eq!(labels(12), ["100", "200", "500", "1,000", "2,000", "5,000", "10k", "20k", "50k", "100k"]);
        assert_eq!(labels(7), ["100", "1,000", "10k", "100k"]);
    }

    #[test]
    fn equal_ratios_are_equal_distances() {
        let at = |dollars| coordinate(usd(dollars)).unwrap();
        assert!((at(200) - at(100) - (at(2_000) - at(1_000))).abs() < 1e-9);
        assert_eq!(coordinate(UsdE8::ZERO), None);
        assert_eq!(coordinate(UsdE8::MAX), None);
    }
}
