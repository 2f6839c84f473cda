//! Amounts of money in base units.

use core::fmt;
use core::str::FromStr;

use crate::decimal::{self, DecimalParts, ParseDecimalError};
use crate::wire::decimal_string;

/// Arithmetic that has no exact answer in the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// The result is larger than the unit can hold.
    #[error("the amounts are too large to add or multiply")]
    Overflow,
    /// The result would be below zero.
    #[error("the amount taken away is larger than what is there")]
    Underflow,
    /// A division by zero.
    #[error("an amount cannot be divided by zero")]
    DivisionByZero,
}

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident, symbol: $symbol:literal, decimals: $decimals:literal, base: $base:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest amount, as large as a Clarity `uint`.
            pub const MAX: Self = Self(u128::MAX);
            /// The symbol of the whole unit.
            pub const SYMBOL: &'static str = $symbol;
            /// Decimal places of the whole unit.
            pub const DECIMALS: u32 = $decimals;

            #[doc = concat!("An amount of so many ", $base, ".")]
            #[must_use]
            pub const fn new(base_units: u128) -> Self {
                Self(base_units)
            }

            #[doc = concat!("The amount in ", $base, ".")]
            #[must_use]
            pub const fn base_units(self) -> u128 {
                self.0
            }

            /// The sum.
            ///
            /// # Errors
            /// [`AmountError::Overflow`].
            pub fn checked_add(self, other: Self) -> Result<Self, AmountError> {
                self.0.checked_add(other.0).map(Self).ok_or(AmountError::Overflow)
            }

            /// The difference.
            ///
            /// # Errors
            /// [`AmountError::Underflow`] if `other` is larger.
            pub fn checked_sub(self, other: Self) -> Result<Self, AmountError> {
                self.0.checked_sub(other.0).map(Self).ok_or(AmountError::Underflow)
            }

            /// The amount `factor` times.
            ///
            /// # Errors
            /// [`AmountError::Overflow`].
            pub fn checked_mul(self, factor: u128) -> Result<Self, AmountError> {
                self.0.checked_mul(factor).map(Self).ok_or(AmountError::Overflow)
            }

            /// One of `parts` equal parts, and the remainder that cannot be shared out.
            ///
            /// # Errors
            /// [`AmountError::DivisionByZero`].
            pub fn checked_div_rem(self, parts: u128) -> Result<(Self, Self), AmountError> {
                match (self.0.checked_div(parts), self.0.checked_rem(parts)) {
                    (Some(share), Some(rest)) => Ok((Self(share), Self(rest))),
                    _ => Err(AmountError::DivisionByZero),
                }
            }

            /// The sum of many.
            ///
            /// # Errors
            /// [`AmountError::Overflow`].
            pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, AmountError> {
                amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
            }

            /// Whole units and fraction apart, at full precision, for aligned figures.
            #[must_use]
            pub fn parts(self) -> DecimalParts {
                DecimalParts::new(self.0, $decimals)
            }
        }

        impl fmt::Display for $name {
            #[doc = concat!("Exact, grouped, without trailing zeros, with the symbol: `1,250.75 ", $symbol, "`.")]
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{} {}", self.parts(), $symbol)
            }
        }

        impl FromStr for $name {
            type Err = ParseDecimalError;

            #[doc = concat!("Reads whole ", $symbol, " as a user types them: `1,250.75`, with or without the symbol.")]
            ///
            /// Nothing is rounded: more decimal places than the unit has is an error.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let text = text.trim();
                let number = text.strip_suffix($symbol).unwrap_or(text);
                decimal::parse(number, $decimals).map(Self)
            }
        }

        decimal_string!($name, u128);
    };
}

amount! {
    /// An amount of sBTC or BTC, held in satoshis (10^-8 BTC): the base unit of the sBTC token.
    Sats, symbol: "sBTC", decimals: 8, base: "satoshis"
}

amount! {
    /// An amount of STX, held in micro-STX (10^-6 STX): the base unit of the Stacks chain.
    MicroStx, symbol: "STX", decimals: 6, base: "micro-STX"
}

amount! {
    /// A price or a value in US dollars, held in 10^-8 USD, as the oracle records it.
    UsdE8, symbol: "USD", decimals: 8, base: "10^-8 USD"
}

amount! {
    /// A value in US dollars, held in 10^-12 USD: what an option on one BTC is worth by
    /// [`put_price`](crate::math::put_price) and [`call_price`](crate::math::call_price).
    UsdE12, symbol: "USD", decimals: 12, base: "10^-12 USD"
}

amount! {
    /// A ratio, held in parts per million and shown in per cent: utilisation, fees, volatility a year.
    Ppm, symbol: "%", decimals: 4, base: "parts per million"
}
