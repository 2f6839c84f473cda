//! Why a contract refused.

use std::fmt;

use bithedge_stacks::Value;

use crate::convert::{FromClarity, Mismatch, ToClarity};
use crate::generated::{Contract, errors};

/// The kind of a refusal; the number is the middle of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// 400: something that was passed makes no sense.
    InvalidInput,
    /// 402: there is not enough money.
    InsufficientFunds,
    /// 403: the caller may not do this.
    Unauthorised,
    /// 404: there is no such thing.
    NotFound,
    /// 409: not in this state.
    WrongState,
    /// 412: it would leave something short of collateral.
    Unhealthy,
    /// 423: there is no room.
    Capacity,
    /// 429: too much in too short a time.
    RateLimited,
    /// 500: a number would not fit.
    Arithmetic,
    /// 503: stopped for the time being.
    Paused,
    /// 504: there is no fresh price.
    StalePrice,
}

impl Category {
    /// All.
    pub const ALL: [Self; 11] = [
        Self::InvalidInput,
        Self::InsufficientFunds,
        Self::Unauthorised,
        Self::NotFound,
        Self::WrongState,
        Self::Unhealthy,
        Self::Capacity,
        Self::RateLimited,
        Self::Arithmetic,
        Self::Paused,
        Self::StalePrice,
    ];

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::InvalidInput => 400,
            Self::InsufficientFunds => 402,
            Self::Unauthorised => 403,
            Self::NotFound => 404,
            Self::WrongState => 409,
            Self::Unhealthy => 412,
            Self::Capacity => 423,
            Self::RateLimited => 429,
            Self::Arithmetic => 500,
            Self::Paused => 503,
            Self::StalePrice => 504,
        }
    }
}

/// What is known about a code.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorEntry {
    /// The code.
    pub code: u128,
    /// The constant's name in the contract, such as `ERR_STALE_PRICE`.
    pub name: &'static str,
    /// Whose it is.
    pub contract: Contract,
    /// Its kind.
    pub category: Category,
    /// What it means, for a developer.
    pub meaning: &'static str,
    /// What happened, what it means for the money, and what to do: for the user.
    pub sentence: &'static str,
}

/// The number in a contract's `(err u…)`. Any number: tokens outside the suite have codes of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractError(u128);

impl ContractError {
    /// The error with a code.
    #[must_use]
    pub const fn new(code: u128) -> Self {
        Self(code)
    }

    /// Its code.
    #[must_use]
    pub const fn code(self) -> u128 {
        self.0
    }

    /// What is known about it; `None` for a code that is none of the suite's.
    #[must_use]
    pub fn entry(self) -> Option<&'static ErrorEntry> {
        let place = errors::ENTRIES.binary_search_by_key(&self.0, |entry| entry.code).ok()?;
        errors::ENTRIES.get(place)
    }
}

/// The sentence for the user, or the number if nothing else is known.
impl fmt::Display for ContractError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry() {
            Some(entry) => formatter.write_str(entry.sentence),
            None => write!(
                formatter,
                "A contract refused for a reason that is not known here (code u{}).",
                self.0
            ),
        }
    }
}

impl std::error::Error for ContractError {}

impl ToClarity for ContractError {
    fn to_clarity(&self) -> Value {
        Value::UInt(self.0)
    }
}

impl FromClarity for ContractError {
    fn from_clarity(value: &Value) -> Result<Self, Mismatch> {
        Ok(Self(value.as_uint()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_catalogue_is_found() {
        assert!(!errors::ENTRIES.is_empty());
        for entry in errors::ENTRIES {
            let error = ContractError::new(entry.code);
            assert_eq!(error.entry(), Some(entry));
            assert_eq!(error.to_string(), entry.sentence);
            assert!(!entry.meaning.is_empty() && !entry.sentence.is_empty(), "{}", entry.name);
        }
    }

    #[test]
    fn a_code_of_somebody_else_is_kept() {
        let error = ContractError::from_clarity(&Value::UInt(3)).unwrap();
        assert_eq!((error.code(), error.entry()), (3, None));
        assert!(error.to_string().contains("u3"));
    }
}
