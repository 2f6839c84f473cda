//! The wire form of every quantity: the decimal digits of the base unit, as a string.

/// Implements `Serialize` and `Deserialize` for a one-field unsigned newtype as a string of decimal digits.
///
/// Reading is strict: digits only, no sign, no leading zero, no space. One value has one spelling, so that equal data is equal
/// text.
macro_rules! decimal_string {
    ($name:ident, $repr:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Digits;

                impl serde::de::Visitor<'_> for Digits {
                    type Value = $repr;

                    fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        formatter.write_str(concat!("a string of decimal digits for ", stringify!($name)))
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$repr, E> {
                        let canonical = text == "0" || !text.starts_with('0');
                        if !canonical || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                            return Err(E::invalid_value(serde::de::Unexpected::Str(text), &self));
                        }
                        text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
                    }
                }

                deserializer.deserialize_str(Digits).map($name)
            }
        }
    };
}

/// The same for a signed newtype over `i128`: a minus sign before the digits of what is below zero, nothing before others.
macro_rules! signed_decimal_string {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Digits;

                impl serde::de::Visitor<'_> for Digits {
                    type Value = i128;

                    fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        formatter
                            .write_str(concat!("a string of signed decimal digits for ", stringify!($name)))
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<i128, E> {
                        let invalid = || E::invalid_value(serde::de::Unexpected::Str(text), &self);
                        let value: i128 = text.parse().map_err(|_| invalid())?;
                        // One value has one spelling.
                        if value.to_string() == text { Ok(value) } else { Err(invalid()) }
                    }
                }

                deserializer.deserialize_str(Digits).map($name)
            }
        }
    };
}

pub(crate) use {decimal_string, signed_decimal_string};
