//! Clarity values to Rust types and back.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt;

use bithedge_protocol::{BlockHeight, MicroStx, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::clarity::UnexpectedType;
use bithedge_stacks::{ClarityName, ContractId, ContractName, Principal, Value};

use crate::bounded::BoundError;

/// What has a Clarity value. Types that could be too large for a contract's arguments check that when they are made, so
/// this cannot fail.
pub trait ToClarity {
    /// The value.
    fn to_clarity(&self) -> Value;
}

/// What can be read out of a Clarity value.
pub trait FromClarity: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// [`Mismatch`] says where the value is not what it should be.
    fn from_clarity(value: &Value) -> Result<Self, Mismatch>;
}

/// A value is not what its contract's interface says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The way to the part that does not fit, innermost last.
    path: String,
    reason: Box<MismatchReason>,
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MismatchReason {
    /// Another type.
    #[error(transparent)]
    Type(#[from] UnexpectedType),
    /// Too long, or characters that cannot be.
    #[error(transparent)]
    Bound(#[from] BoundError),
    /// A number that the unit cannot hold.
    #[error("{value} is no number of {unit}")]
    OutOfRange {
        /// The number.
        value: u128,
        /// What it should count.
        unit: &'static str,
    },
    /// A contract was expected.
    #[error("{0} is no contract")]
    NotAContract(Principal),
    /// A tuple lacks a field.
    #[error("the field {0} is missing")]
    MissingField(&'static str),
    /// A tuple has a field that nobody asked for.
    #[error("there is an unknown field {0}")]
    UnknownField(String),
    /// A function was called with another number of arguments.
    #[error("{found} arguments instead of {expected}")]
    ArgumentCount {
        /// How many it takes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A value where the interface knows of none.
    #[error("there should be no value, and there is {0}")]
    Impossible(String),
}

impl Mismatch {
    /// What does not fit.
    #[must_use]
    pub fn reason(&self) -> &MismatchReason {
        &self.reason
    }

    /// Where it is in the value, such as `.parts[1].size`; empty for the value itself.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The same, seen from one step further out: `.field` or `[3]`.
    pub(crate) fn below(mut self, step: impl AsRef<str>) -> Self {
        self.path.insert_str(0, step.as_ref());
        self
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(formatter, "{}", self.reason)
        } else {
            write!(formatter, "{}: {}", self.path, self.reason)
        }
    }
}

impl std::error::Error for Mismatch {}

impl From<MismatchReason> for Mismatch {
    fn from(reason: MismatchReason) -> Self {
        Self { path: String::new(), reason: Box::new(reason) }
    }
}

impl From<UnexpectedType> for Mismatch {
    fn from(error: UnexpectedType) -> Self {
        MismatchReason::Type(error).into()
    }
}

/// A name that stands in generated code or in this crate's.
#[allow(
    clippy::expect_used,
    reason = "generated from names that the VM accepted; every one is made in a test"
)]
pub(crate) fn clarity_name(name: &'static str) -> ClarityName {
    ClarityName::new(name).expect("a name from a contract's interface is a Clarity name")
}

/// A contract's name that stands in generated code or in this crate's.
#[allow(
    clippy::expect_used,
    reason = "generated from names that the VM accepted; every one is made in a test"
)]
pub(crate) fn contract_name(name: &'static str) -> ContractName {
    ContractName::new(name).expect("a name from the project's manifest is a contract's name")
}

/// The fields of a tuple, each to be taken once.
pub(crate) struct Fields<'a> {
    fields: &'a BTreeMap<ClarityName, Value>,
    taken: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(value: &'a Value) -> Result<Self, Mismatch> {
        Ok(Self { fields: value.as_tuple()?, taken: BTreeSet::new() })
    }

    pub(crate) fn take<T: FromClarity>(&mut self, name: &'static str) -> Result<T, Mismatch> {
        let found = self.fields.iter().find(|(field, _)| field.as_str() == name);
        let (_, value) = found.ok_or(MismatchReason::MissingField(name))?;
        self.taken.insert(name);
        T::from_clarity(value).map_err(|mismatch| mismatch.below(format!(".{name}")))
    }

    /// Leaves a field unread: one that was read already.
    pub(crate) fn skip(&mut self, name: &'static str) {
        self.taken.insert(name);
    }

    /// Nothing else may be there: what nobody reads, nobody has understood.
    pub(crate) fn finish(self) -> Result<(), Mismatch> {
        match self.fields.keys().find(|field| !self.taken.contains(field.as_str())) {
            None => Ok(()),
            Some(unknown) => Err(MismatchReason::UnknownField(unknown.to_string()).into()),
        }
    }
}

impl ToClarity for u128 {
    fn to_clarity(&self) -> Value {
        Value::UInt(*self)
    }
}

impl FromClarity for u128 {
    fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
        Ok(value.as_uint()?)
    }
}

impl ToClarity for i128 {
    fn to_clarity(&self) -> Value {
        Value::Int(*self)
    }
}

impl FromClarity for i128 {
    fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
        Ok(value.as_int()?)
    }
}

impl ToClarity for bool {
    fn to_clarity(&self) -> Value {
        Value::Bool(*self)
    }
}

impl FromClarity for bool {
    fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
        Ok(value.as_bool()?)
    }
}

impl ToClarity for Principal {
    fn to_clarity(&self) -> Value {
        Value::Principal(self.clone())
    }
}

impl FromClarity for Principal {
    fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
        Ok(value.as_principal()?.clone())
    }
}

/// A contract as an argument: where a trait is asked for.
impl ToClarity for ContractId {
    fn to_clarity(&self) -> Value {
        self.clone().into()
    }
}

impl FromClarity for ContractId {
    fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
        match value.as_principal()? {
            Principal::Contract(contract) => Ok(contract.clone()),
            account => Err(MismatchReason::NotAContract(account.clone()).into()),
        }
    }
}

impl<T: ToClarity> ToClarity for Option<T> {
    fn to_clarity(&self) -> Value {
        self.as_ref().map_or(Value::NONE, |inner| Value::some(inner.to_clarity()))
    }
}

impl<T: FromClarity> FromClarity for Option<T> {
    fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
        value.as_optional()?.map(T::from_clarity).transpose()
    }
}

impl<T: ToClarity, E: ToClarity> ToClarity for Result<T, E> {
    fn to_clarity(&self) -> Value {
        match self {
            Ok(value) => Value::ok(value.to_clarity()),
            Err(error) => Value::err(error.to_clarity()),
        }
    }
}

impl<T: FromClarity, E: FromClarity> FromClarity for Result<T, E> {
    fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
        match value.as_response()? {
            Ok(value) => T::from_clarity(value).map(Ok),
            Err(error) => E::from_clarity(error).map(Err),
        }
    }
}

/// The side of a response that never comes.
impl ToClarity for Infallible {
    fn to_clarity(&self) -> Value {
        match *self {}
    }
}

impl FromClarity for Infallible {
    fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
        Err(MismatchReason::Impossible(value.to_source().chars().take(120).collect()).into())
    }
}

macro_rules! amount {
    ($($unit:ident),*) => {$(
        impl ToClarity for $unit {
            fn to_clarity(&self) -> Value {
                Value::UInt(self.base_units())
            }
        }

        impl FromClarity for $unit {
            fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
                Ok(Self::new(value.as_uint()?))
            }
        }
    )*};
}

amount!(Sats, MicroStx, UsdE8, Ppm, TokenAmount);

/// Clarity counts them in 128 bits, the application in 64.
macro_rules! count {
    ($($unit:ident, $name:literal);*) => {$(
        impl ToClarity for $unit {
            fn to_clarity(&self) -> Value {
                Value::UInt(self.get().into())
            }
        }

        impl FromClarity for $unit {
            fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
                let value = value.as_uint()?;
                let number = u64::try_from(value);
                number.map(Self::new).map_err(|_| MismatchReason::OutOfRange { value, unit: $name }.into())
            }
        }
    )*};
}

count!(Seconds, "seconds"; UnixSeconds, "seconds since 1970"; BlockHeight, "blocks");

/// Declares a struct that is a Clarity tuple.
macro_rules! tuple {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident($key:literal): $type:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::ToClarity for $name {
            fn to_clarity(&self) -> bithedge_stacks::Value {
                bithedge_stacks::Value::tuple([
                    $(($crate::convert::clarity_name($key), $crate::ToClarity::to_clarity(&self.$field)),)*
                ])
            }
        }

        impl $crate::FromClarity for $name {
            fn from_clarity(value: &bithedge_stacks::Value) -> Result<Self, $crate::Mismatch> {
                let mut fields = $crate::convert::Fields::of(value)?;
                let read = Self { $($field: fields.take($key)?,)* };
                fields.finish()?;
                Ok(read)
            }
        }
    };
}

pub(crate) use tuple;

#[cfg(test)]
mod tests {
    #![allow(unreachable_pub, reason = "the macro declares what is public")]

    use super::*;
    use crate::bounded::{Ascii, List};

    tuple! {
        /// A part.
        Part {
            /// Its size.
            size("size"): Sats,
            /// When.
            at("created-at"): UnixSeconds,
        }
    }

    tuple! {
        /// Several.
        Whole {
            /// Its parts.
            parts("parts"): List<Part, 2>,
            /// Its name.
            name("name"): Option<Ascii<4>>,
        }
    }

    fn whole() -> Whole {
        let part = |size| Part { size: Sats::new(size), at: UnixSeconds::new(7) };
        Whole { parts: List::new([part(1), part(2)]).unwrap(), name: Some(Ascii::new("ab").unwrap()) }
    }

    #[test]
    fn a_tuple_comes_back_as_it_went() {
        let value = whole().to_clarity();
        assert_eq!(
            value.to_source(),
            "(tuple (name (some \"ab\")) (parts (list (tuple (created-at u7) (size u1)) (tuple (created-at u7) (size u2)))))"
        );
        assert_eq!(Whole::from_clarity(&value), Ok(whole()));
    }

    #[test]
    fn a_mismatch_says_where_it_is() {
        let part =
            |at| Value::tuple([(clarity_name("size"), Value::UInt(1)), (clarity_name("created-at"), at)]);
        let whole = |at| {
            let parts = Value::list([part(Value::UInt(1)), part(at)]);
            Value::tuple([(clarity_name("parts"), parts), (clarity_name("name"), Value::NONE)])
        };
        let wrong_type = Whole::from_clarity(&whole(Value::Int(1))).unwrap_err();
        assert_eq!(wrong_type.path(), ".parts[1].created-at");
        assert_eq!(wrong_type.to_string(), ".parts[1].created-at: expected a uint, found 1");
        let too_late = Whole::from_clarity(&whole(Value::UInt(u128::MAX))).unwrap_err();
        assert!(matches!(too_late.reason(), MismatchReason::OutOfRange { value: u128::MAX, .. }));
    }

    #[test]
    fn a_field_too_few_or_too_many_is_refused() {
        let Value::Tuple(mut fields) = whole().to_clarity() else { panic!() };
        fields.insert(clarity_name("more"), Value::Bool(true));
        let more = Whole::from_clarity(&Value::Tuple(fields.clone())).unwrap_err();
        assert_eq!(more.reason(), &MismatchReason::UnknownField("more".to_owned()));
        fields.remove("more".parse::<ClarityName>().as_ref().unwrap());
        fields.remove("name".parse::<ClarityName>().as_ref().unwrap());
        let less = Whole::from_clarity(&Value::Tuple(fields)).unwrap_err();
        assert_eq!(less.reason(), &MismatchReason::MissingField("name"));
    }

    #[test]
    fn an_account_is_no_contract() {
        let account: Principal = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap();
        let mismatch = ContractId::from_clarity(&account.clone().to_clarity()).unwrap_err();
        assert_eq!(mismatch.reason(), &MismatchReason::NotAContract(account));
    }

    #[test]
    fn responses_and_optionals_keep_their_sides() {
        type Answer = Result<Option<u128>, bool>;
        for (value, expected) in [
            (Value::ok(Value::NONE), Ok(None)),
            (Value::ok(Value::some(Value::UInt(3))), Ok(Some(3))),
            (Value::err(Value::Bool(true)), Err(true)),
        ] {
            assert_eq!(Answer::from_clarity(&value), Ok(expected));
            assert_eq!(expected.to_clarity(), value);
        }
        assert!(Answer::from_clarity(&Value::UInt(1)).is_err());
        assert!(Infallible::from_clarity(&Value::UInt(1)).is_err());
    }
}
