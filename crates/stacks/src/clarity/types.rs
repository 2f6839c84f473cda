//! The types of values, inferred as a node infers them when it has no declaration to go by.

use std::collections::BTreeMap;
use std::fmt;

use super::{MAX_VALUE_BYTES, Value};
use crate::name::ClarityName;

/// The deepest type that Clarity allows.
const MAX_TYPE_DEPTH: usize = 32;

/// Why values together have no type, or none that Clarity allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypeError {
    /// Elements of one list have types that do not go together.
    #[error("a list cannot hold both {0} and {1}")]
    Mixed(String, String),
    /// A tuple needs a field.
    #[error("a tuple needs at least one field")]
    EmptyTuple,
    /// More than 1 MiB, as Clarity counts: the type's largest value decides, not the value at hand.
    #[error("the value is larger than a Clarity value may be")]
    TooLarge,
    /// Deeper than 32 levels.
    #[error("the type is nested too deeply")]
    TooDeep,
    /// A `string-ascii` cannot hold the byte.
    #[error("a string-ascii cannot hold the byte 0x{0:02x}")]
    NotAscii(u8),
}

/// A Clarity type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeSignature {
    /// Nothing is known: the inside of `none`, or the other side of a response.
    NoType,
    /// `int`.
    Int,
    /// `uint`.
    UInt,
    /// `bool`.
    Bool,
    /// `(buff n)`, n in bytes.
    Buffer(usize),
    /// `(string-ascii n)`, n in characters.
    StringAscii(usize),
    /// `(string-utf8 n)`, n in code points.
    StringUtf8(usize),
    /// `principal`.
    Principal,
    /// `(optional t)`.
    Optional(Box<TypeSignature>),
    /// `(response t e)`.
    Response(Box<TypeSignature>, Box<TypeSignature>),
    /// `(list n t)`.
    List(usize, Box<TypeSignature>),
    /// `(tuple …)`.
    Tuple(BTreeMap<ClarityName, TypeSignature>),
}

impl TypeSignature {
    /// The type of a value.
    pub fn of(value: &Value) -> Result<Self, TypeError> {
        Self::of_nested(value, 1)
    }

    fn of_nested(value: &Value, depth: usize) -> Result<Self, TypeError> {
        // Values put together by hand can be deeper than any type, and this must not exhaust the stack.
        if depth > MAX_TYPE_DEPTH {
            return Err(TypeError::TooDeep);
        }
        match value {
            Value::Int(_) => Ok(Self::Int),
            Value::UInt(_) => Ok(Self::UInt),
            Value::Bool(_) => Ok(Self::Bool),
            Value::Principal(_) => Ok(Self::Principal),
            Value::Buffer(bytes) => at_most(bytes.len(), MAX_VALUE_BYTES).map(Self::Buffer),
            Value::StringAscii(text) => {
                check_ascii(text.as_bytes())?;
                at_most(text.len(), MAX_VALUE_BYTES).map(Self::StringAscii)
            }
            // A code point counts as four bytes, whatever it takes.
            Value::StringUtf8(text) => {
                at_most(text.len(), MAX_VALUE_BYTES)?;
                at_most(text.chars().count(), MAX_VALUE_BYTES / 4).map(Self::StringUtf8)
            }
            Value::Optional(None) => Ok(Self::Optional(Box::new(Self::NoType))),
            Value::Optional(Some(inner)) => Self::optional(Self::of_nested(inner, depth + 1)?),
            Value::Response(Ok(inner)) => Self::response(Self::of_nested(inner, depth + 1)?, Self::NoType),
            Value::Response(Err(inner)) => Self::response(Self::NoType, Self::of_nested(inner, depth + 1)?),
            Value::List(values) => {
                let mut list = ListType::default();
                for value in values {
                    list.push(Self::of_nested(value, depth + 1)?)?;
                }
                list.finish()
            }
            Value::Tuple(fields) => {
                let fields: Result<_, TypeError> = fields
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), Self::of_nested(value, depth + 1)?)))
                    .collect();
                Self::tuple(fields?)
            }
        }
    }

    pub(super) fn optional(inner: Self) -> Result<Self, TypeError> {
        Self::Optional(Box::new(inner)).checked()
    }

    pub(super) fn response(ok: Self, err: Self) -> Result<Self, TypeError> {
        Self::Response(Box::new(ok), Box::new(err)).checked()
    }

    pub(super) fn tuple(fields: BTreeMap<ClarityName, Self>) -> Result<Self, TypeError> {
        if fields.is_empty() {
            return Err(TypeError::EmptyTuple);
        }
        Self::Tuple(fields).checked()
    }

    fn list(length: usize, element: Self) -> Result<Self, TypeError> {
        Self::List(length, Box::new(element)).checked()
    }

    fn checked(self) -> Result<Self, TypeError> {
        if self.size() > MAX_VALUE_BYTES {
            return Err(TypeError::TooLarge);
        }
        if self.depth() > MAX_TYPE_DEPTH {
            return Err(TypeError::TooDeep);
        }
        Ok(self)
    }

    fn depth(&self) -> usize {
        match self {
            Self::Optional(inner) | Self::List(_, inner) => 1 + inner.depth(),
            Self::Response(ok, err) => 1 + ok.depth().max(err.depth()),
            Self::Tuple(fields) => 1 + fields.values().map(Self::depth).max().unwrap_or(0),
            _ => 1,
        }
    }

    /// The largest value of the type, in the bytes that Clarity's cost and size rules count.
    fn size(&self) -> usize {
        match self {
            Self::NoType | Self::Bool => 1,
            Self::Int | Self::UInt => 16,
            Self::Principal => 148,
            Self::Buffer(length) | Self::StringAscii(length) => 4 + length,
            Self::StringUtf8(length) => 4 + 4 * length,
            Self::Optional(inner) => 1 + inner.size(),
            Self::Response(ok, err) => 1 + ok.size().max(err.size()),
            // Parts are at most 1 MiB each, their number too: no product or sum comes near an overflow.
            Self::List(length, element) => element.size() * length + self.description_size(),
            Self::Tuple(fields) => {
                let values: usize =
                    fields.iter().map(|(name, field)| name.as_str().len() + field.size()).sum();
                2 * fields.len() + values + self.description_size()
            }
        }
    }

    /// The size of the type itself, which counts towards lists and tuples.
    fn description_size(&self) -> usize {
        match self {
            Self::NoType | Self::Int | Self::UInt | Self::Bool | Self::Principal => 1,
            Self::Buffer(_) | Self::StringAscii(_) | Self::StringUtf8(_) => 5,
            Self::Optional(inner) => 1 + inner.description_size(),
            Self::Response(ok, err) => 1 + ok.description_size() + err.description_size(),
            Self::List(_, element) => 5 + element.description_size(),
            Self::Tuple(fields) => {
                let fields_size: usize =
                    fields.iter().map(|(name, field)| name.as_str().len() + field.description_size()).sum();
                2 * fields.len() + fields_size
            }
        }
    }

    /// The narrowest type that has the values of both (what a node calls the least supertype, from epoch 2.1).
    fn join(self, other: Self) -> Result<Self, TypeError> {
        if self == other {
            return Ok(self);
        }
        match (self, other) {
            (Self::NoType, known) | (known, Self::NoType) => Ok(known),
            (Self::Buffer(a), Self::Buffer(b)) => Ok(Self::Buffer(a.max(b))),
            (Self::StringAscii(a), Self::StringAscii(b)) => Ok(Self::StringAscii(a.max(b))),
            (Self::StringUtf8(a), Self::StringUtf8(b)) => Ok(Self::StringUtf8(a.max(b))),
            (Self::Optional(a), Self::Optional(b)) => Self::optional(a.join(*b)?),
            (Self::Response(ok_a, err_a), Self::Response(ok_b, err_b)) => {
                Self::response(ok_a.join(*ok_b)?, err_a.join(*err_b)?)
            }
            (Self::List(0, _), Self::List(length, element))
            | (Self::List(length, element), Self::List(0, _)) => Ok(Self::List(length, element)),
            (Self::List(length_a, a), Self::List(length_b, b)) => {
                Self::list(length_a.max(length_b), a.join(*b)?)
            }
            (Self::Tuple(a), Self::Tuple(mut b)) => {
                // The first tuple decides about the fields; a node lets later ones have more.
                let mut joined = BTreeMap::new();
                for (name, field_a) in a {
                    let field_b = b.remove(&name).ok_or_else(|| {
                        TypeError::Mixed("a tuple".to_owned(), format!("a tuple without the field {name}"))
                    })?;
                    joined.insert(name, field_a.join(field_b)?);
                }
                Self::tuple(joined)
            }
            (a, b) => Err(TypeError::Mixed(a.kind().to_owned(), b.kind().to_owned())),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::NoType => "an unknown type",
            Self::Int => "an int",
            Self::UInt => "a uint",
            Self::Bool => "a bool",
            Self::Buffer(_) => "a buffer",
            Self::StringAscii(_) => "a string-ascii",
            Self::StringUtf8(_) => "a string-utf8",
            Self::Principal => "a principal",
            Self::Optional(_) => "an optional",
            Self::Response(..) => "a response",
            Self::List(..) => "a list",
            Self::Tuple(_) => "a tuple",
        }
    }
}

/// The type of a list, element by element.
#[derive(Debug, Default)]
pub(super) struct ListType {
    length: usize,
    element: Option<TypeSignature>,
    element_size: usize,
}

impl ListType {
    /// Takes one more element into account. The size is checked here and not only at the end: it bounds the work
    /// that a long list with one large element can cause.
    pub(super) fn push(&mut self, next: TypeSignature) -> Result<(), TypeError> {
        match self.element.take() {
            None => {
                self.element_size = next.size();
                self.element = Some(next);
            }
            Some(current) if current == next => self.element = Some(current),
            Some(current) => {
                let joined = current.join(next)?;
                self.element_size = joined.size();
                self.element = Some(joined);
            }
        }
        self.length += 1;
        if self.length * self.element_size > MAX_VALUE_BYTES { Err(TypeError::TooLarge) } else { Ok(()) }
    }

    /// The type of the whole list.
    pub(super) fn finish(self) -> Result<TypeSignature, TypeError> {
        TypeSignature::list(self.length, self.element.unwrap_or(TypeSignature::NoType))
    }
}

/// Whether a `string-ascii` can hold the bytes: letters, digits, punctuation and white space.
pub(super) fn check_ascii(bytes: &[u8]) -> Result<(), TypeError> {
    match bytes.iter().find(|byte| !byte.is_ascii_graphic() && !byte.is_ascii_whitespace()) {
        Some(byte) => Err(TypeError::NotAscii(*byte)),
        None => Ok(()),
    }
}

fn at_most(length: usize, limit: usize) -> Result<usize, TypeError> {
    if length > limit { Err(TypeError::TooLarge) } else { Ok(length) }
}

/// As Clarity source; an unknown type is `UnknownType`, as a node writes it.
impl fmt::Display for TypeSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoType => f.write_str("UnknownType"),
            Self::Int => f.write_str("int"),
            Self::UInt => f.write_str("uint"),
            Self::Bool => f.write_str("bool"),
            Self::Buffer(length) => write!(f, "(buff {length})"),
            Self::StringAscii(length) => write!(f, "(string-ascii {length})"),
            Self::StringUtf8(length) => write!(f, "(string-utf8 {length})"),
            Self::Principal => f.write_str("principal"),
            Self::Optional(inner) => write!(f, "(optional {inner})"),
            Self::Response(ok, err) => write!(f, "(response {ok} {err})"),
            Self::List(length, element) => write!(f, "(list {length} {element})"),
            Self::Tuple(fields) => {
                f.write_str("(tuple")?;
                for (name, field) in fields {
                    write!(f, " ({name} {field})")?;
                }
                f.write_str(")")
            }
        }
    }
}
