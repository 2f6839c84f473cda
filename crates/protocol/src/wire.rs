//! The wire form of every quantity: the decimal digits of the base unit, as a string.
//!
//! Reading is strict: digits only, no leading zero, no space, and a minus sign only before the digits of what is below zero.
//! One value has one spelling, so that equal data is equal text. What reads is compiled once for all quantities and not once
//! for each: the window's page carries it.

use core::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// Implements `Serialize` and `Deserialize` for a one-field unsigned newtype as a string of decimal digits.
macro_rules! decimal_string {
    ($name:ident, $repr:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let most = u128::from(<$repr>::MAX);
                let value = $crate::wire::read_unsigned(deserializer, stringify!($name), most)?;
                // It is not more than the most.
                <$repr>::try_from(value).map($name).map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The same for a signed newtype over `i128`.
macro_rules! signed_decimal_string {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::read_signed(deserializer, stringify!($name)).map($name)
            }
        }
    };
}

pub(crate) use {decimal_string, signed_decimal_string};

/// Reads what is at most `most`; `quantity` is what it is called where it is refused.
pub(crate) fn read_unsigned<'de, D: Deserializer<'de>>(
    deserializer: D,
    quantity: &'static str,
    most: u128,
) -> Result<u128, D::Error> {
    deserializer.deserialize_str(Unsigned { quantity, most })
}

/// Reads what may be below zero.
pub(crate) fn read_signed<'de, D: Deserializer<'de>>(
    deserializer: D,
    quantity: &'static str,
) -> Result<i128, D::Error> {
    deserializer.deserialize_str(Signed { quantity })
}

struct Unsigned {
    quantity: &'static str,
    most: u128,
}

impl Unsigned {
    fn parse(&self, text: &str) -> Option<u128> {
        let is_canonical = text == "0" || !text.starts_with('0');
        if !is_canonical || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        text.parse().ok().filter(|value| *value <= self.most)
    }
}

impl Visitor<'_> for Unsigned {
    type Value = u128;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a string of decimal digits for {}", self.quantity)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u128, E> {
        self.parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

struct Signed {
    quantity: &'static str,
}

impl Visitor<'_> for Signed {
    type Value = i128;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a string of signed decimal digits for {}", self.quantity)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<i128, E> {
        let value: Option<i128> = text.parse().ok();
        value
            .filter(|value| value.to_string() == text)
            .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}
