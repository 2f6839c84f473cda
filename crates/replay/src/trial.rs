//! Other starting values than the suite's, to see what they would have done.

use core::fmt;
use core::str::FromStr;

use bithedge_stacks::Value;
use bithedge_suite::setup::SetupCall;

/// A starting value that a replay is made with instead of the suite's own: `3.markup=300000` of a tier, `min-lock-rate=40000` of a
/// parameter. Tiers' fields and parameters are named as the contracts name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    tier: Option<u128>,
    name: String,
    value: u128,
}

/// What is no starting value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// Not `name=number` or `tier.name=number`.
    #[error("{0:?} is neither NAME=NUMBER nor TIER.NAME=NUMBER")]
    Form(String),
    /// The set-up sets nothing by that name.
    #[error("the set-up sets no number {0}")]
    Unknown(String),
}

impl FromStr for Trial {
    type Err = TrialError;

    fn from_str(text: &str) -> Result<Self, TrialError> {
        let form = || TrialError::Form(text.to_owned());
        let (name, value) = text.split_once('=').ok_or_else(form)?;
        let value = value.parse().map_err(|_| form())?;
        let (tier, name) = match name.split_once('.') {
            Some((tier, name)) => (Some(tier.parse().map_err(|_| form())?), name),
            None => (None, name),
        };
        Ok(Self { tier, name: name.to_owned(), value })
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tier {
            Some(tier) => write!(formatter, "{tier}.{}={}", self.name, self.value),
            None => write!(formatter, "{}={}", self.name, self.value),
        }
    }
}

impl Trial {
    /// Puts the value into the calls of a set-up.
    ///
    /// # Errors
    /// [`TrialError::Unknown`].
    pub fn apply(&self, calls: &mut [SetupCall]) -> Result<(), TrialError> {
        let unknown = || TrialError::Unknown(self.to_string());
        let found = calls.iter_mut().find_map(|call| match (self.tier, call.function) {
            (Some(tier), "set-tier") if call.arguments.first() == Some(&Value::UInt(tier)) => {
                let Some(Value::Tuple(terms)) = call.arguments.get_mut(1) else { return None };
                terms.iter_mut().find(|(name, _)| name.as_str() == self.name).map(|(_, value)| value)
            }
            (None, "define-parameter") => {
                let named =
                    call.arguments.first().and_then(|name| name.as_ascii().ok()) == Some(self.name.as_str());
                call.arguments.get_mut(1).filter(|_| named)
            }
            _ => None,
        });
        match found {
            Some(value @ Value::UInt(_)) => *value = Value::UInt(self.value),
            _ => return Err(unknown()),
        }
        Ok(())
    }
}
