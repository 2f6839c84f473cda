//! How JSON answers write things.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use super::error::hex_number;
use crate::clarity::Value;
use crate::units::MicroStx;

/// A value as `0x…`.
#[derive(Debug, Clone)]
pub(super) struct HexValue(pub(super) Value);

impl<'de> Deserialize<'de> for HexValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if !text.starts_with("0x") {
            return Err(de::Error::custom("a Clarity value begins with 0x"));
        }
        Value::decode_hex(&text).map(Self).map_err(de::Error::custom)
    }
}

/// A value as `{"hex": "0x…", "repr": "…"}`. The text is for people and not used.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ShownValue {
    hex: HexValue,
}

impl ShownValue {
    pub(super) fn into_value(self) -> Value {
        self.hex.0
    }
}

/// A number written as a decimal text.
pub(super) fn decimal<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(de::Error::custom("expected decimal digits"));
    }
    text.parse().map_err(de::Error::custom)
}

/// An amount as `0x` and 32 hexadecimal digits, as nodes write balances.
pub(super) fn hex_amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MicroStx, D::Error> {
    let text = String::deserialize(deserializer)?;
    let number = hex_number(&text).ok_or_else(|| de::Error::custom("expected 0x and hexadecimal digits"))?;
    u64::try_from(number).map(MicroStx::new).map_err(|_| de::Error::custom("more STX than there can be"))
}
