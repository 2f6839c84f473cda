//! Clarity values: what contracts are called with, answer, store and report.
//!
//! Bytes are the consensus serialisation of SIP-005. What decodes here is what a node decodes: the same nesting, sizes,
//! list and tuple rules.

mod decode;
mod encode;
mod source;
mod types;

use std::collections::BTreeMap;
use std::fmt;

use crate::address::{Address, ContractId, Principal};
use crate::name::ClarityName;

pub(crate) use decode::read_principal;
pub(crate) use encode::encode_principal;
pub use types::{TypeError, TypeSignature};

/// The largest value, in bytes as Clarity counts them (1 MiB).
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// How many values may lie within one another in serialised form, the outermost and the innermost included.
pub const MAX_NESTING: usize = 16;

/// A Clarity value of any type.
///
/// The variants can be put together freely, also into what no chain would take: a list of numbers and texts, say.
/// [`Value::type_of`] tells, and decoding and transaction building refuse.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// `int`: signed, 128 bits.
    Int(i128),
    /// `uint`: unsigned, 128 bits.
    UInt(u128),
    /// `bool`.
    Bool(bool),
    /// `(buff n)`: bytes.
    Buffer(Vec<u8>),
    /// `(string-ascii n)`: printable ASCII and white space.
    StringAscii(String),
    /// `(string-utf8 n)`.
    StringUtf8(String),
    /// `principal`.
    Principal(Principal),
    /// `(optional t)`: `none` or `(some …)`.
    Optional(Option<Box<Value>>),
    /// `(response t e)`: `(ok …)` or `(err …)`.
    Response(Result<Box<Value>, Box<Value>>),
    /// `(list n t)`: values of one type.
    List(Vec<Value>),
    /// `(tuple …)`: named values, at least one.
    Tuple(BTreeMap<ClarityName, Value>),
}

/// A value has another type than its reader needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct UnexpectedType {
    /// What was asked for.
    pub expected: String,
    /// What is there, as Clarity source (long values are cut).
    pub found: String,
}

impl UnexpectedType {
    fn new(expected: impl Into<String>, found: &Value) -> Self {
        const SHOWN: usize = 120;
        let source = found.to_source();
        let mut shown: String = source.chars().take(SHOWN).collect();
        if shown.len() < source.len() {
            shown.push('…');
        }
        Self { expected: expected.into(), found: shown }
    }
}

impl Value {
    /// `none`.
    pub const NONE: Self = Self::Optional(None);

    /// `(some value)`.
    pub fn some(value: impl Into<Self>) -> Self {
        Self::Optional(Some(Box::new(value.into())))
    }

    /// `(ok value)`.
    pub fn ok(value: impl Into<Self>) -> Self {
        Self::Response(Ok(Box::new(value.into())))
    }

    /// `(err value)`.
    pub fn err(value: impl Into<Self>) -> Self {
        Self::Response(Err(Box::new(value.into())))
    }

    /// A buffer.
    pub fn buffer(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Buffer(bytes.into())
    }

    /// A `string-ascii`, if the text has only characters that it allows.
    pub fn ascii(text: impl Into<String>) -> Result<Self, TypeError> {
        let text = text.into();
        types::check_ascii(text.as_bytes())?;
        Ok(Self::StringAscii(text))
    }

    /// A `string-utf8`.
    pub fn utf8(text: impl Into<String>) -> Self {
        Self::StringUtf8(text.into())
    }

    /// A list. Whether its elements have one type shows when it is used.
    pub fn list(values: impl IntoIterator<Item = Self>) -> Self {
        Self::List(values.into_iter().collect())
    }

    /// A tuple; of fields with the same name, the last counts.
    pub fn tuple(fields: impl IntoIterator<Item = (ClarityName, Self)>) -> Self {
        Self::Tuple(fields.into_iter().collect())
    }

    /// The number of an `int`.
    pub fn as_int(&self) -> Result<i128, UnexpectedType> {
        if let Self::Int(number) = self { Ok(*number) } else { Err(UnexpectedType::new("an int", self)) }
    }

    /// The number of a `uint`.
    pub fn as_uint(&self) -> Result<u128, UnexpectedType> {
        if let Self::UInt(number) = self { Ok(*number) } else { Err(UnexpectedType::new("a uint", self)) }
    }

    /// The truth of a `bool`.
    pub fn as_bool(&self) -> Result<bool, UnexpectedType> {
        if let Self::Bool(truth) = self { Ok(*truth) } else { Err(UnexpectedType::new("a bool", self)) }
    }

    /// The bytes of a `buff`.
    pub fn as_buffer(&self) -> Result<&[u8], UnexpectedType> {
        if let Self::Buffer(bytes) = self { Ok(bytes) } else { Err(UnexpectedType::new("a buffer", self)) }
    }

    /// The text of a `string-ascii`.
    pub fn as_ascii(&self) -> Result<&str, UnexpectedType> {
        if let Self::StringAscii(text) = self {
            Ok(text)
        } else {
            Err(UnexpectedType::new("a string-ascii", self))
        }
    }

    /// The text of a `string-utf8`.
    pub fn as_utf8(&self) -> Result<&str, UnexpectedType> {
        if let Self::StringUtf8(text) = self {
            Ok(text)
        } else {
            Err(UnexpectedType::new("a string-utf8", self))
        }
    }

    /// The principal.
    pub fn as_principal(&self) -> Result<&Principal, UnexpectedType> {
        if let Self::Principal(principal) = self {
            Ok(principal)
        } else {
            Err(UnexpectedType::new("a principal", self))
        }
    }

    /// What is in an `optional`.
    pub fn as_optional(&self) -> Result<Option<&Self>, UnexpectedType> {
        if let Self::Optional(inner) = self {
            Ok(inner.as_deref())
        } else {
            Err(UnexpectedType::new("an optional", self))
        }
    }

    /// What is in a `response`: `Ok` for `(ok …)`, `Err` for `(err …)`.
    pub fn as_response(&self) -> Result<Result<&Self, &Self>, UnexpectedType> {
        match self {
            Self::Response(Ok(value)) => Ok(Ok(value)),
            Self::Response(Err(value)) => Ok(Err(value)),
            other => Err(UnexpectedType::new("a response", other)),
        }
    }

    /// The elements of a list.
    pub fn as_list(&self) -> Result<&[Self], UnexpectedType> {
        if let Self::List(values) = self { Ok(values) } else { Err(UnexpectedType::new("a list", self)) }
    }

    /// The fields of a tuple.
    pub fn as_tuple(&self) -> Result<&BTreeMap<ClarityName, Self>, UnexpectedType> {
        if let Self::Tuple(fields) = self { Ok(fields) } else { Err(UnexpectedType::new("a tuple", self)) }
    }

    /// One field of a tuple.
    pub fn field(&self, name: &str) -> Result<&Self, UnexpectedType> {
        self.as_tuple()?
            .iter()
            .find_map(|(field, value)| (field.as_str() == name).then_some(value))
            .ok_or_else(|| UnexpectedType::new(format!("a tuple with a field {name}"), self))
    }

    /// The type, as a node infers it, or why there is none.
    pub fn type_of(&self) -> Result<TypeSignature, TypeError> {
        TypeSignature::of(self)
    }

    /// The type as the Stacks API writes it, such as `(tuple (a uint))`; `unknown` if there is none.
    pub fn type_name(&self) -> String {
        self.type_of().map_or_else(|_| "unknown".to_owned(), |signature| signature.to_string())
    }

    /// The Clarity expression that evaluates to this value, as the Stacks API writes results.
    ///
    /// It differs from a node's internal `repr` where that is no expression: `(list 1 2)` instead of `(1 2)`, a quote before
    /// principals, code points instead of UTF-8 bytes in `\u{…}`. A tuple whose field has a name that source cannot have
    /// (`u1x`, which reads as a number) is written all the same, though nothing evaluates to it.
    pub fn to_source(&self) -> String {
        self.to_string()
    }
}

/// The same as [`Value::to_source`].
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        source::write(self, f)
    }
}

impl From<u128> for Value {
    fn from(number: u128) -> Self {
        Self::UInt(number)
    }
}

impl From<i128> for Value {
    fn from(number: i128) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Principal> for Value {
    fn from(principal: Principal) -> Self {
        Self::Principal(principal)
    }
}

impl From<Address> for Value {
    fn from(address: Address) -> Self {
        Self::Principal(address.into())
    }
}

impl From<ContractId> for Value {
    fn from(contract: ContractId) -> Self {
        Self::Principal(contract.into())
    }
}

#[cfg(test)]
mod tests;
