//! Positions in the two chains that Stacks is made of. They are separate types because comparing one with the other
//! is always a mistake.

use core::fmt;

use crate::decimal::grouped;
use crate::wire::decimal_string;

macro_rules! height {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// The height with this number; the first block of the chain has number 0.
            #[must_use]
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// How many blocks this height is above `lower`; `None` if it is below.
            #[must_use]
            pub const fn blocks_above(self, lower: Self) -> Option<u64> {
                self.0.checked_sub(lower.0)
            }
        }

        impl fmt::Display for $name {
            /// Grouped in threes: `1,234,567`.
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&grouped(u128::from(self.0)))
            }
        }

        decimal_string!($name, u64);
    };
}

height! {
    /// The height of a Stacks block.
    BlockHeight
}

height! {
    /// The height of a burn-chain (Bitcoin) block.
    BurnHeight
}
