//! Names that Clarity allows for contracts and for everything inside them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, Reader};

/// A text that is no Clarity name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}")]
pub struct NameError {
    kind: &'static str,
    text: String,
}

impl NameError {
    fn new(kind: &'static str, text: &str) -> Self {
        // What is refused may be of any length; the message need not be.
        Self { kind, text: text.chars().take(64).collect() }
    }
}

macro_rules! name {
    ($(#[$meta:meta])* $name:ident, $kind:literal, $valid:path) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text if it is a valid name.
            pub fn new(text: impl AsRef<str>) -> Result<Self, NameError> {
                let text = text.as_ref();
                if $valid(text.as_bytes()) { Ok(Self(text.into())) } else { Err(NameError::new($kind, text)) }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Appends one byte of length and the name (SIP-005).
            pub(crate) fn encode_into(&self, out: &mut Vec<u8>) {
                // A valid name has at most 128 bytes.
                out.push(u8::try_from(self.0.len()).unwrap_or(u8::MAX));
                out.extend_from_slice(self.0.as_bytes());
            }

            fn decode_at_most(reader: &mut Reader<'_>, limit: usize) -> Result<Self, DecodeError> {
                let length = usize::from(reader.u8($kind)?);
                if length > limit {
                    return Err(DecodeError::LengthOutOfRange { what: $kind, declared: length, limit });
                }
                let bytes = reader.bytes(length, $kind)?;
                let text = std::str::from_utf8(bytes).map_err(|error| DecodeError::invalid($kind, error.to_string()))?;
                Self::new(text).map_err(|error| DecodeError::invalid($kind, error.to_string()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = NameError;

            fn try_from(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.as_ref().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// The name of a contract: a letter, then letters, digits, `-` and `_`.
    ///
    /// At most 128 characters, which is what a node takes where a principal is a *value*. Where a contract is deployed,
    /// called or named in a post-condition, the limit is [`ContractName::MAX_DEPLOYED`].
    ContractName, "contract name", is_contract_name
}

name! {
    /// The name of a function, variable, map, asset or tuple field: a letter, then letters, digits and `-_!?+<>=/*`; or
    /// one of the operators `+ - * / = < > <= >=`. At most 128 characters.
    ClarityName, "Clarity name", is_clarity_name
}

const MAX_NAME_BYTES: usize = 128;

impl ContractName {
    /// The longest name that a contract can be deployed with, in bytes.
    pub const MAX_DEPLOYED: usize = 40;

    /// A name inside a Clarity value.
    pub(crate) fn decode_in_value(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::decode_at_most(reader, MAX_NAME_BYTES)
    }

    /// A name in a transaction's payload or post-conditions.
    pub(crate) fn decode_deployed(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::decode_at_most(reader, Self::MAX_DEPLOYED)
    }
}

impl ClarityName {
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::decode_at_most(reader, MAX_NAME_BYTES)
    }
}

fn is_contract_name(text: &[u8]) -> bool {
    // The second is the name the VM gives to code that belongs to no contract.
    starts_with_letter_then(text, b"-_") || text == b"__transient"
}

fn is_clarity_name(text: &[u8]) -> bool {
    starts_with_letter_then(text, b"-_!?+<>=/*")
        || matches!(text, b"-" | b"+" | b"=" | b"/" | b"*" | b"<" | b">" | b"<=" | b">=")
}

fn starts_with_letter_then(text: &[u8], also: &[u8]) -> bool {
    let Some((first, rest)) = text.split_first() else { return false };
    text.len() <= MAX_NAME_BYTES
        && first.is_ascii_alphabetic()
        && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || also.contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contract_names_follow_the_node_s_rule() {
        for good in ["a", "sbtc-token", "A_b-9", "__transient", &"a".repeat(128)] {
            assert!(ContractName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "9a", "-a", "a.b", "a!", "ä", "a b", &"a".repeat(129)] {
            assert!(ContractName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn clarity_names_include_operators() {
        for good in ["a?", "get-x!", "+", "<=", ">=", "a<=b*c/d"] {
            assert!(ClarityName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "?", "==", "<>", "1a", "a.b", &"a".repeat(129)] {
            assert!(ClarityName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_longer_than_forty_is_a_value_but_not_a_deployment() {
        let mut bytes = vec![41];
        bytes.extend([b'a'; 41]);
        assert!(ContractName::decode_in_value(&mut Reader::new(&bytes)).is_ok());
        assert!(ContractName::decode_deployed(&mut Reader::new(&bytes)).is_err());
    }
}
