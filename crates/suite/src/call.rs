//! What can be asked of a contract.

use bithedge_stacks::{ClarityName, ContractId, Payload, Value};

use crate::convert::{FromClarity, Mismatch, ToClarity, clarity_name};
use crate::deployment::Deployment;
use crate::generated::Contract;

/// How a function can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// By transaction, which may change state.
    Public,
    /// Also without a transaction.
    ReadOnly,
}

/// A call, ready for a transaction or for a node's read-only endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractCall {
    /// The contract.
    pub contract: ContractId,
    /// The function.
    pub function: ClarityName,
    /// The arguments, in order.
    pub args: Vec<Value>,
}

impl From<ContractCall> for Payload {
    fn from(call: ContractCall) -> Self {
        Self::ContractCall { contract: call.contract, function: call.function, args: call.args }
    }
}

/// A public or read-only function: the implementing type holds its arguments.
pub trait ContractFunction: Sized {
    /// What it answers. Where the function answers with a response: `Result<_, ContractError>`.
    type Answer: FromClarity;
    /// Its contract.
    const CONTRACT: Contract;
    /// Its name.
    const FUNCTION: &'static str;
    /// How it can be used.
    const ACCESS: Access;

    /// The arguments, in the order in which the contract takes them.
    fn args(&self) -> Vec<Value>;

    /// Reads the arguments of a call that somebody made.
    ///
    /// # Errors
    /// [`Mismatch`]: their number or types are others. No node would execute such a call.
    fn from_args(args: &[Value]) -> Result<Self, Mismatch>;

    /// The call of the suite's contract on a network.
    fn into_call(self, deployment: &Deployment) -> ContractCall {
        ContractCall {
            contract: deployment.contract(Self::CONTRACT).clone(),
            function: clarity_name(Self::FUNCTION),
            args: self.args(),
        }
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// [`Mismatch`] if the contract at the other end is not the one that this was made for.
    fn decode(value: &Value) -> Result<Self::Answer, Mismatch> {
        Self::Answer::from_clarity(value)
    }
}

/// A map of a contract.
pub trait DataMap {
    /// What an entry is found by.
    type Key: ToClarity;
    /// What an entry holds.
    type Entry: FromClarity;
    /// Its contract.
    const CONTRACT: Contract;
    /// Its name.
    const MAP: &'static str;

    /// Its name.
    #[must_use]
    fn name() -> ClarityName {
        clarity_name(Self::MAP)
    }

    /// The key as a node takes it.
    fn key(key: &Self::Key) -> Value {
        key.to_clarity()
    }

    /// Reads an entry, as the client gives it: the value itself, without the `some` around it.
    ///
    /// # Errors
    /// [`Mismatch`].
    fn decode(entry: &Value) -> Result<Self::Entry, Mismatch> {
        Self::Entry::from_clarity(entry)
    }
}

/// A data variable of a contract.
pub trait DataVariable {
    /// What it holds.
    type Value: FromClarity;
    /// Its contract.
    const CONTRACT: Contract;
    /// Its name.
    const VARIABLE: &'static str;

    /// Its name.
    #[must_use]
    fn name() -> ClarityName {
        clarity_name(Self::VARIABLE)
    }

    /// Reads its value.
    ///
    /// # Errors
    /// [`Mismatch`].
    fn decode(value: &Value) -> Result<Self::Value, Mismatch> {
        Self::Value::from_clarity(value)
    }
}

/// Declares a function's arguments and answer.
macro_rules! function {
    ($(#[$doc:meta])* $name:ident = $access:ident $contract:ident $function:literal {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    } -> $answer:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::ContractFunction for $name {
            type Answer = $answer;
            const CONTRACT: $crate::Contract = $crate::Contract::$contract;
            const FUNCTION: &'static str = $function;
            const ACCESS: $crate::Access = $crate::Access::$access;

            fn args(&self) -> Vec<bithedge_stacks::Value> {
                vec![$($crate::ToClarity::to_clarity(&self.$field)),*]
            }

            fn from_args(args: &[bithedge_stacks::Value]) -> Result<Self, $crate::Mismatch> {
                const NAMES: &[&str] = &[$(stringify!($field)),*];
                $crate::call::check_count(NAMES.len(), args)?;
                // Some functions take nothing.
                #[allow(unused_mut, unused_variables, reason = "one macro for any number of arguments")]
                let mut args = args.iter();
                Ok(Self { $($field: $crate::call::argument(stringify!($field), args.next())?,)* })
            }
        }
    };
}

/// Declares a map.
macro_rules! map {
    ($(#[$doc:meta])* $name:ident = $contract:ident $map:literal, $key:ty => $entry:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name;

        impl $crate::DataMap for $name {
            type Key = $key;
            type Entry = $entry;
            const CONTRACT: $crate::Contract = $crate::Contract::$contract;
            const MAP: &'static str = $map;
        }
    };
}

/// Declares a data variable.
macro_rules! variable {
    ($(#[$doc:meta])* $name:ident = $contract:ident $variable:literal, $type:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name;

        impl $crate::DataVariable for $name {
            type Value = $type;
            const CONTRACT: $crate::Contract = $crate::Contract::$contract;
            const VARIABLE: &'static str = $variable;
        }
    };
}

pub(crate) use {function, map, variable};

pub(crate) fn check_count(expected: usize, args: &[Value]) -> Result<(), Mismatch> {
    let found = args.len();
    if found == expected {
        Ok(())
    } else {
        Err(crate::MismatchReason::ArgumentCount { expected, found }.into())
    }
}

pub(crate) fn argument<T: FromClarity>(name: &'static str, value: Option<&Value>) -> Result<T, Mismatch> {
    let value = value.ok_or(crate::MismatchReason::MissingField(name))?;
    T::from_clarity(value).map_err(|mismatch| mismatch.below(format!(".{name}")))
}
