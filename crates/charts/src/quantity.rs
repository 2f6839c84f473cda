//! What is measured: the protocol's units, signed changes, and the measures they are shown in.

use core::fmt;

use bithedge_protocol::{MicroStx, Ppm, PpmChange, Sats, SatsChange, UsdChange, UsdE8, UsdE12};

use crate::number;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Satoshis of sBTC or BTC.
    Sbtc,
    /// Micro-STX.
    Stx,
    /// 10^-8 USD.
    Usd,
    /// 10^-12 USD.
    UsdE12,
    /// Parts per million.
    Ratio,
    /// Satoshis, with a sign.
    SbtcChange,
    /// 10^-8 USD, with a sign.
    UsdChange,
    /// Parts per million, with a sign.
    Change,
}

mod sealed {
    pub trait Sealed {}
}

/// Something that a chart can show: an amount, a ratio or a change.
pub trait Quantity: Copy + fmt::Display + sealed::Sealed {
    /// What it counts.
    const UNIT: Unit;

    /// How many base units; above 2^127 the largest that can be counted.
    fn base_units(self) -> i128;
}

macro_rules! quantity {
    ($name:ident, $unit:ident) => {
        impl sealed::Sealed for $name {}

        impl Quantity for $name {
            const UNIT: Unit = Unit::$unit;

            fn base_units(self) -> i128 {
                i128::try_from($name::base_units(self)).unwrap_or(i128::MAX)
            }
        }
    };
}

quantity!(Sats, Sbtc);
quantity!(MicroStx, Stx);
quantity!(UsdE8, Usd);
quantity!(UsdE12, UsdE12);
quantity!(Ppm, Ratio);

macro_rules! change {
    ($name:ident, $unit:ident) => {
        impl sealed::Sealed for $name {}

        impl Quantity for $name {
            const UNIT: Unit = Unit::$unit;

            fn base_units(self) -> i128 {
                $name::base_units(self)
            }
        }
    };
}

change!(SatsChange, SbtcChange);
change!(UsdChange, UsdChange);
change!(PpmChange, Change);

/// A quantity without its type: inside the crate, where one routine draws all of them.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) base_units: i128,
    /// At full precision with its unit, for tables.
    pub(crate) exact: String,
}

impl Value {
    pub(crate) fn of<Q: Quantity>(quantity: Q) -> Self {
        Self { base_units: quantity.base_units(), exact: quantity.to_string() }
    }
}

/// What numbers of a unit are shown in, given how large they get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) symbol: &'static str,
    /// One of it is 10^this base units.
    pub(crate) decimals: u32,
    /// Whether positive numbers carry a plus.
    plus: bool,
}

impl Measure {
    /// For values up to `largest`: satoshis and micro-STX where whole tokens would all start with zeros.
    pub(crate) fn of(unit: Unit, largest: i128) -> Self {
        let measure = |symbol, decimals| Self { symbol, decimals, plus: false };
        match unit {
            Unit::Sbtc if largest.unsigned_abs() < 100_000 => measure("sats", 0),
            Unit::Sbtc => measure("sBTC", Sats::DECIMALS),
            Unit::Stx if largest.unsigned_abs() < 10_000 => measure("micro-STX", 0),
            Unit::Stx => measure("STX", MicroStx::DECIMALS),
            Unit::Usd => measure("USD", UsdE8::DECIMALS),
            Unit::UsdE12 => measure("USD", UsdE12::DECIMALS),
            Unit::Ratio => measure("%", Ppm::DECIMALS),
            Unit::SbtcChange if largest.unsigned_abs() < 100_000 => {
                Self { symbol: "sats", decimals: 0, plus: true }
            }
            Unit::SbtcChange => Self { symbol: "sBTC", decimals: Sats::DECIMALS, plus: true },
            Unit::UsdChange => Self { symbol: "USD", decimals: UsdE8::DECIMALS, plus: true },
            Unit::Change => Self { symbol: "%", decimals: Ppm::DECIMALS, plus: true },
        }
    }

    /// For all of `values`.
    pub(crate) fn for_all(unit: Unit, values: impl IntoIterator<Item = i128>) -> Self {
        Self::of(unit, values.into_iter().max_by_key(|value| value.unsigned_abs()).unwrap_or(0))
    }

    /// Where a value lies on an axis. Rounded to the nearest number that a coordinate can be.
    #[allow(clippy::cast_precision_loss, reason = "a coordinate, not an amount")]
    pub(crate) fn coordinate(self, base_units: i128) -> f64 {
        base_units as f64 / power_of_ten(self.decimals)
    }

    /// Short, for labels, without the unit: `62.5k`.
    pub(crate) fn short(self, base_units: i128) -> String {
        self.with_sign(base_units, number::short(base_units, self.decimals))
    }

    /// For a column of figures: all with as many decimal places as two digits of the smallest need, if that is not many.
    pub(crate) fn aligned(self, values: impl IntoIterator<Item = i128>) -> Vec<String> {
        const DIGITS: u32 = 7;
        const TOO_MANY: u32 = 9;
        let values: Vec<i128> = values.into_iter().collect();
        let digits = |value: u128| value.checked_ilog10().map_or(0, |power| power + 1);
        let sizes = || values.iter().map(|value| value.unsigned_abs()).filter(|size| *size > 0);
        let largest = digits(sizes().max().unwrap_or(0)).saturating_sub(self.decimals).max(1);
        if largest > TOO_MANY {
            return values.into_iter().map(|value| self.short(value)).collect();
        }
        let smallest = digits(sizes().min().unwrap_or(0));
        let places = (self.decimals + 2).saturating_sub(smallest).min(DIGITS.saturating_sub(largest));
        let places = places.min(self.decimals);
        values
            .into_iter()
            .map(|value| self.with_sign(value, number::fixed(value, self.decimals, places)))
            .collect()
    }

    /// Short, with the unit.
    pub(crate) fn short_with_unit(self, base_units: i128) -> String {
        format!("{} {}", self.short(base_units), self.symbol)
    }

    /// To four digits, the whole part complete up to billions, with the unit, for sentences: `62,512 USD`.
    pub(crate) fn spoken(self, base_units: i128) -> String {
        let text = self.with_sign(base_units, spoken(base_units, self.decimals));
        format!("{text} {}", self.symbol)
    }

    fn with_sign(self, base_units: i128, text: String) -> String {
        if self.plus && base_units > 0 { format!("+{text}") } else { text }
    }
}

/// 10^`power`, by multiplication: the library's power function may differ between platforms in the last digit.
pub(crate) fn power_of_ten(power: u32) -> f64 {
    (0..power).fold(1.0, |product, _| product * 10.0)
}

/// To four digits, the whole part complete unless that is beyond reading.
fn spoken(base_units: i128, decimals: u32) -> String {
    let whole_digits =
        base_units.unsigned_abs().checked_ilog10().map_or(0, |power| power + 1).saturating_sub(decimals);
    if whole_digits > 12 {
        number::short(base_units, decimals)
    } else {
        number::rounded(base_units, decimals, 4)
    }
}

/// A price in USD in a label: `90,000`.
pub(crate) fn usd_label(price: UsdE8) -> String {
    spoken(Quantity::base_units(price), UsdE8::DECIMALS)
}

/// A price in USD in a sentence.
pub(crate) fn usd(price: UsdE8) -> String {
    format!("{} USD", usd_label(price))
}

/// A ratio in per cent, to three digits, in a sentence or a label.
pub(crate) fn percent(ratio: Ppm) -> String {
    format!("{} %", percent_figure(Quantity::base_units(ratio)))
}

/// A ratio in per cent, rounded down to a tenth: never shown as a threshold that it has not reached.
pub(crate) fn percent_down(ratio: Ppm) -> String {
    let ppm = Quantity::base_units(ratio);
    if ppm < 10_000_000_000 { format!("{} %", number::fixed_trimmed(ppm / 1_000, 1)) } else { percent(ratio) }
}

/// A change in per cent, to three digits and with its sign.
pub(crate) fn signed_percent(change: PpmChange) -> String {
    let plus = if change.base_units() > 0 { "+" } else { "" };
    format!("{plus}{} %", percent_figure(change.base_units()))
}

fn percent_figure(ppm: i128) -> String {
    // Up to hundreds of thousands of per cent in full.
    if ppm.unsigned_abs() < 10_000_000_000 {
        number::rounded(ppm, Ppm::DECIMALS, 3)
    } else {
        number::short(ppm, Ppm::DECIMALS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_show_their_sign() {
        assert_eq!(signed_percent(PpmChange::new(125_000)), "+12.5 %");
        assert_eq!(signed_percent(PpmChange::new(-30_001)), "−3 %");
        assert_eq!(signed_percent(PpmChange::ZERO), "0 %");
    }

    #[test]
    fn small_amounts_are_counted_in_base_units() {
        assert_eq!(Measure::for_all(Unit::Sbtc, [0, 99_999]).short_with_unit(12_345), "12.3k sats");
        assert_eq!(Measure::for_all(Unit::Sbtc, [1_250_000]).short_with_unit(1_250_000), "0.0125 sBTC");
        assert_eq!(Measure::for_all(Unit::Change, [-500_000]).spoken(125_000), "+12.5 %");
        assert!((Measure::of(Unit::Usd, 0).coordinate(9_500_000_000_000) - 95_000.0).abs() < 1e-9);
    }
}
