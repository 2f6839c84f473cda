//! Texts, buffers and lists that are no longer than a contract takes.

use std::ops::Deref;

use bithedge_stacks::Value;
use bithedge_stacks::clarity::TypeError;

use crate::convert::{FromClarity, Mismatch, MismatchReason, ToClarity};

/// Something is longer than the contract takes, or has characters that it does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BoundError {
    /// Too long.
    #[error("{length} {unit} where at most {limit} fit")]
    TooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
        /// Of what: bytes, characters, elements.
        unit: &'static str,
    },
    /// Not ASCII as Clarity has it.
    #[error(transparent)]
    NotAscii(#[from] TypeError),
}

impl BoundError {
    fn check(length: usize, limit: usize, unit: &'static str) -> Result<(), Self> {
        if length <= limit { Ok(()) } else { Err(Self::TooLong { length, limit, unit }) }
    }
}

macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, $variant:ident, $read:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<const N: usize>(String);

        impl<const N: usize> $name<N> {
            /// Takes a text that fits.
            ///
            /// # Errors
            /// [`BoundError`].
            pub fn new(text: impl Into<String>) -> Result<Self, BoundError> {
                let text = text.into();
                let check: fn(&str) -> Result<usize, BoundError> = $check;
                BoundError::check(check(&text)?, N, "characters")?;
                Ok(Self(text))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl<const N: usize> Deref for $name<N> {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl<const N: usize> std::fmt::Display for $name<N> {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl<const N: usize> TryFrom<&str> for $name<N> {
            type Error = BoundError;

            fn try_from(text: &str) -> Result<Self, BoundError> {
                Self::new(text)
            }
        }

        impl<const N: usize> TryFrom<String> for $name<N> {
            type Error = BoundError;

            fn try_from(text: String) -> Result<Self, BoundError> {
                Self::new(text)
            }
        }

        impl<const N: usize> ToClarity for $name<N> {
            fn to_clarity(&self) -> Value {
                Value::$variant(self.0.clone())
            }
        }

        impl<const N: usize> FromClarity for $name<N> {
            fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
                Ok(Self::new(value.$read()?)?)
            }
        }
    };
}

bounded_text! {
    /// A `(string-ascii N)`.
    Ascii, StringAscii, as_ascii, |text| {
        Value::ascii(text)?;
        Ok(text.len())
    }
}

bounded_text! {
    /// A `(string-utf8 N)`; the bound counts code points.
    Utf8, StringUtf8, as_utf8, |text| Ok(text.chars().count())
}

/// A `(buff N)`: at most N bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Buffer<const N: usize>(Vec<u8>);

impl<const N: usize> Buffer<N> {
    /// Takes bytes that fit.
    ///
    /// # Errors
    /// [`BoundError::TooLong`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, BoundError> {
        let bytes = bytes.into();
        BoundError::check(bytes.len(), N, "bytes")?;
        Ok(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> Deref for Buffer<N> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Exactly as many bytes as fit, such as a hash.
impl<const N: usize> From<[u8; N]> for Buffer<N> {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes.into())
    }
}

impl<const N: usize> TryFrom<&[u8]> for Buffer<N> {
    type Error = BoundError;

    fn try_from(bytes: &[u8]) -> Result<Self, BoundError> {
        Self::new(bytes)
    }
}

impl<const N: usize> ToClarity for Buffer<N> {
    fn to_clarity(&self) -> Value {
        Value::Buffer(self.0.clone())
    }
}

impl<const N: usize> FromClarity for Buffer<N> {
    fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
        Ok(Self::new(value.as_buffer()?)?)
    }
}

/// A `(list N …)`: at most N elements.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct List<T, const N: usize>(Vec<T>);

impl<T, const N: usize> List<T, N> {
    /// Takes elements that fit.
    ///
    /// # Errors
    /// [`BoundError::TooLong`].
    pub fn new(elements: impl Into<Vec<T>>) -> Result<Self, BoundError> {
        let elements = elements.into();
        BoundError::check(elements.len(), N, "elements")?;
        Ok(Self(elements))
    }

    /// The elements.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

/// The empty list.
impl<T, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const N: usize> Deref for List<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const N: usize> TryFrom<Vec<T>> for List<T, N> {
    type Error = BoundError;

    fn try_from(elements: Vec<T>) -> Result<Self, BoundError> {
        Self::new(elements)
    }
}

impl<T, const N: usize> IntoIterator for List<T, N> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T, const N: usize> IntoIterator for &'a List<T, N> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: ToClarity, const N: usize> ToClarity for List<T, N> {
    fn to_clarity(&self) -> Value {
        Value::list(self.0.iter().map(T::to_clarity))
    }
}

impl<T: FromClarity, const N: usize> FromClarity for List<T, N> {
    fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
        let elements = value.as_list()?;
        BoundError::check(elements.len(), N, "elements")?;
        let read = |(place, element)| {
            T::from_clarity(element).map_err(|mismatch: Mismatch| mismatch.below(format!("[{place}]")))
        };
        elements.iter().enumerate().map(read).collect::<Result<_, _>>().map(Self)
    }
}

impl From<BoundError> for Mismatch {
    fn from(error: BoundError) -> Self {
        MismatchReason::Bound(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_refused_and_what_just_fits_is_not() {
        assert!(Ascii::<3>::new("abc").is_ok());
        let error = Ascii::<3>::new("abcd").unwrap_err();
        assert_eq!(error.to_string(), "4 characters where at most 3 fit");
        assert!(Utf8::<2>::new("é😀").is_ok());
        assert!(Utf8::<1>::new("é😀").is_err());
        assert!(Buffer::<2>::new([1, 2]).is_ok());
        assert!(Buffer::<2>::new([1, 2, 3]).is_err());
        assert!(List::<u128, 1>::new([1]).is_ok());
        assert!(List::<u128, 1>::new([1, 2]).is_err());
    }

    #[test]
    fn ascii_is_what_clarity_calls_ascii() {
        assert!(matches!(Ascii::<9>::new("é"), Err(BoundError::NotAscii(TypeError::NotAscii(_)))));
        assert!(matches!(Ascii::<9>::new("\0"), Err(BoundError::NotAscii(_))));
    }

    #[test]
    fn a_longer_value_from_a_chain_is_a_mismatch() {
        let long = Value::list([Value::UInt(1), Value::UInt(2)]);
        assert!(List::<u128, 2>::from_clarity(&long).is_ok());
        let mismatch = List::<u128, 1>::from_clarity(&long).unwrap_err();
        assert!(matches!(mismatch.reason(), MismatchReason::Bound(BoundError::TooLong { length: 2, .. })));
        assert!(Buffer::<1>::from_clarity(&Value::buffer([1, 2])).is_err());
        assert!(Ascii::<1>::from_clarity(&Value::StringAscii("ab".to_owned())).is_err());
    }
}
