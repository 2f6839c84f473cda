//! Amounts of STX.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount in micro-STX, the chain's smallest unit: one STX is a million of them.
///
/// Arithmetic is checked: there is no `+` that could wrap. In JSON it is a decimal string, because a JavaScript number
/// cannot hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MicroStx(u64);

impl MicroStx {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Micro-STX in one STX.
    pub const PER_STX: u64 = 1_000_000;

    /// An amount in micro-STX.
    pub const fn new(micro: u64) -> Self {
        Self(micro)
    }

    /// An amount in whole STX, unless it is beyond what the chain can count.
    pub const fn from_stx(stx: u64) -> Option<Self> {
        match stx.checked_mul(Self::PER_STX) {
            Some(micro) => Some(Self(micro)),
            None => None,
        }
    }

    /// The number of micro-STX.
    pub const fn micro(self) -> u64 {
        self.0
    }

    /// The sum, unless it overflows.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, unless it is negative.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// The product, unless it overflows.
    #[must_use]
    pub const fn checked_mul(self, factor: u64) -> Option<Self> {
        match self.0.checked_mul(factor) {
            Some(product) => Some(Self(product)),
            None => None,
        }
    }

    /// The sum of all, unless it overflows.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

/// The sum as a number wider than any number of amounts can fill.
impl Sum<MicroStx> for u128 {
    fn sum<I: Iterator<Item = MicroStx>>(amounts: I) -> u128 {
        amounts.map(|amount| u128::from(amount.0)).sum()
    }
}

/// In STX, exactly and without trailing zeros: `1.5 STX`.
impl fmt::Display for MicroStx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, micro) = (self.0 / Self::PER_STX, self.0 % Self::PER_STX);
        if micro == 0 {
            return write!(f, "{whole} STX");
        }
        let digits = format!("{micro:06}");
        write!(f, "{whole}.{} STX", digits.trim_end_matches('0'))
    }
}

/// A text that is no number of micro-STX.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an amount in micro-STX: {0}")]
pub struct AmountError(String);

/// A decimal number of micro-STX, digits only.
impl FromStr for MicroStx {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AmountError("expected decimal digits".to_owned()));
        }
        text.parse().map(Self).map_err(|error: std::num::ParseIntError| AmountError(error.to_string()))
    }
}

impl Serialize for MicroStx {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string())
    }
}

impl<'de> Deserialize<'de> for MicroStx {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_exact() {
        for (micro, text) in [
            (0, "0 STX"),
            (1, "0.000001 STX"),
            (1_500_000, "1.5 STX"),
            (10_000_000, "10 STX"),
            (u64::MAX, "18446744073709.551615 STX"),
        ] {
            assert_eq!(MicroStx::new(micro).to_string(), text);
        }
    }

    #[test]
    fn arithmetic_does_not_wrap() {
        assert_eq!(MicroStx::new(u64::MAX).checked_add(MicroStx::new(1)), None);
        assert_eq!(MicroStx::new(1).checked_sub(MicroStx::new(2)), None);
        assert_eq!(MicroStx::from_stx(u64::MAX), None);
        assert_eq!(MicroStx::checked_sum([MicroStx::new(u64::MAX), MicroStx::new(1)]), None);
        assert_eq!([MicroStx::new(u64::MAX), MicroStx::new(1)].into_iter().sum::<u128>(), 1 << 64);
    }

    #[test]
    fn json_is_a_decimal_string() {
        let amount = MicroStx::new(u64::MAX);
        let json = serde_json::to_string(&amount).unwrap();
        assert_eq!(json, "\"18446744073709551615\"");
        assert_eq!(serde_json::from_str::<MicroStx>(&json).unwrap(), amount);
        for bad in ["\"\"", "\"-1\"", "\"1.0\"", "\"+1\"", "\"18446744073709551616\"", "\"0x1\"", "1"] {
            assert!(serde_json::from_str::<MicroStx>(bad).is_err(), "{bad}");
        }
    }
}
