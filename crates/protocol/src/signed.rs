//! Changes: amounts and ratios that may be below zero.

use core::fmt;

use crate::decimal::DecimalParts;
use crate::wire::signed_decimal_string;
use crate::{Ppm, Sats, TokenAmount, UsdE8};

macro_rules! signed {
    ($(#[$doc:meta])* $name:ident of $amount:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i128);

        impl $name {
            /// No change.
            pub const ZERO: Self = Self(0);

            /// A change of so many base units.
            #[must_use]
            pub const fn new(base_units: i128) -> Self {
                Self(base_units)
            }

            /// The change in base units.
            #[must_use]
            pub const fn base_units(self) -> i128 {
                self.0
            }

            /// From `before` to `after`; the largest change if that is beyond counting.
            #[must_use]
            pub fn between(before: $amount, after: $amount) -> Self {
                let (before, after) = (before.base_units(), after.base_units());
                let size = i128::try_from(after.abs_diff(before)).unwrap_or(i128::MAX);
                Self(if after < before { -size } else { size })
            }

            /// Whether it is a loss.
            #[must_use]
            pub const fn is_negative(self) -> bool {
                self.0 < 0
            }

            /// Its size without the sign.
            #[must_use]
            pub const fn magnitude(self) -> $amount {
                $amount::new(self.0.unsigned_abs())
            }
        }

        signed_decimal_string!($name);
    };
}

/// Shows a change as its amount is shown; the amount of a token has no unit without the token.
macro_rules! shown {
    ($name:ident of $amount:ident) => {
        impl fmt::Display for $name {
            /// Exact, with a sign unless it is zero: `−12.5 …`, `+3 …`.
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let sign = match self.0 {
                    0 => "",
                    1.. => "+",
                    _ => "\u{2212}",
                };
                let parts = DecimalParts::new(self.0.unsigned_abs(), $amount::DECIMALS);
                write!(formatter, "{sign}{parts} {}", $amount::SYMBOL)
            }
        }
    };
}

signed! {
    /// A change of a value in US dollars, held in 10^-8 USD.
    UsdChange of UsdE8
}

signed! {
    /// A change of an amount of BTC, or a position that may be short, held in satoshis.
    SatsChange of Sats
}

signed! {
    /// A relative change, held in parts per million and shown in per cent: a return, a shock.
    PpmChange of Ppm
}

signed! {
    /// A gain or a loss in the smallest unit of a token that stands beside it.
    TokenChange of TokenAmount
}

shown!(UsdChange of UsdE8);
shown!(SatsChange of Sats);
shown!(PpmChange of Ppm);

impl PpmChange {
    /// The relative change from one figure to another of the same unit; `None` from nothing.
    #[must_use]
    pub fn relative(before: u128, after: u128) -> Option<Self> {
        let size = after.abs_diff(before).checked_mul(1_000_000)?.checked_div(before)?;
        let size = i128::try_from(size).ok()?;
        Some(Self(if after < before { -size } else { size }))
    }

    /// A price after this change of it, rounded down, never below nothing.
    #[must_use]
    pub fn apply(self, price: UsdE8) -> Option<UsdE8> {
        let factor = u128::try_from(1_000_000_i128.checked_add(self.0)?).unwrap_or(0);
        Some(UsdE8::new(price.base_units().checked_mul(factor)? / 1_000_000))
    }
}
