//! What the dry run finds.

use std::fmt;

use bithedge_suite::ContractError;

use super::intent::Intent;
use super::state::{State, Unknown};

/// Something that would go wrong if the transaction were carried out at the state that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// A contract would refuse with this code. Its words say what happened, what it means for the money, and what to do.
    Refused(ContractError),
    /// A contract would stop without a code: a figure too large to count with, or an answer that no contract gives.
    Aborts,
}

impl Finding {
    /// The contract's code, if it would answer with one.
    #[must_use]
    pub const fn code(self) -> Option<u128> {
        match self {
            Self::Refused(error) => Some(error.code()),
            Self::Aborts => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(out),
            Self::Aborts => out.write_str(
                "The contract would stop because a figure is too large to count with. Nothing \
                 would be moved but the network's fee. Choose smaller figures.",
            ),
        }
    }
}

/// Why a check goes no further.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The contract's first refusal.
    Refused(ContractError),
    /// The contract has no answer.
    Aborts,
    /// It cannot be said yet, or at all.
    Unknown(Unknown),
}

impl From<Unknown> for Stop {
    fn from(unknown: Unknown) -> Self {
        Self::Unknown(unknown)
    }
}

impl From<ContractError> for Stop {
    fn from(error: ContractError) -> Self {
        Self::Refused(error)
    }
}

pub(crate) type Checked = Result<(), Stop>;

/// Clarity's `asserts!`.
pub(crate) const fn asserts(condition: bool, error: ContractError) -> Checked {
    if condition { Ok(()) } else { Err(Stop::Refused(error)) }
}

/// Arithmetic whose result no contract could have either.
pub(crate) trait Fits<T> {
    fn fits(self) -> Result<T, Stop>;
}

impl<T> Fits<T> for Option<T> {
    fn fits(self) -> Result<T, Stop> {
        self.ok_or(Stop::Aborts)
    }
}

impl Intent {
    /// The read-only twin of the contracts' own checks, in their order: what would refuse the call at this state. Empty if
    /// nothing would. The first refusal ends it, as it ends the call.
    ///
    /// A transaction is carried out later than this state; what time or others change in between, no dry run can know.
    ///
    /// # Errors
    /// [`Unknown`]: what has to be read first, or a suite that this program does not know.
    pub fn check(&self, state: &State) -> Result<Vec<Finding>, Unknown> {
        let verdict = match self {
            Self::Protection(intent) => intent.check(state),
            Self::Capital(intent) => intent.check(state),
            Self::Upkeep(intent) => intent.check(state),
            Self::Prices(intent) => intent.check(state),
            Self::Reserves(intent) => intent.check(state),
            Self::Governing(intent) => intent.check(state),
        };
        match verdict {
            Ok(()) => Ok(Vec::new()),
            Err(Stop::Refused(error)) => Ok(vec![Finding::Refused(error)]),
            Err(Stop::Aborts) => Ok(vec![Finding::Aborts]),
            Err(Stop::Unknown(unknown)) => Err(unknown),
        }
    }
}
