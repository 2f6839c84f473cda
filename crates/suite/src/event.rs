//! What contracts print.

use bithedge_stacks::Value;

use crate::convert::Mismatch;

/// A print that is no event of the suite, or not as `contracts/events.toml` has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The suite has no such contract.
    #[error("{0} is no contract of the suite")]
    UnknownContract(String),
    /// It does not say which event it is.
    #[error("a print of {contract} names no event: {found}")]
    Nameless {
        /// The contract.
        contract: String,
        /// What was printed, as source; long values are cut.
        found: String,
    },
    /// The contract has no such event.
    #[error("{contract} has no event {event}")]
    UnknownEvent {
        /// The contract.
        contract: String,
        /// The event.
        event: String,
    },
    /// Its fields are others: missing, unknown, or of another type.
    #[error("the event {event} of {contract}: {mismatch}")]
    Malformed {
        /// The contract.
        contract: String,
        /// The event.
        event: String,
        /// What does not fit.
        mismatch: Mismatch,
    },
}

/// The name in a print's field `event`.
pub(crate) fn event_name<'a>(contract: &str, value: &'a Value) -> Result<&'a str, EventError> {
    value.field("event").and_then(Value::as_ascii).map_err(|_| EventError::Nameless {
        contract: contract.to_owned(),
        found: value.to_source().chars().take(120).collect(),
    })
}

/// Declares all events, and the type that is any of them.
macro_rules! events {
    ($(
        $(#[$doc:meta])* $name:ident = $contract:literal $event:literal {
            $($(#[$field_doc:meta])* $field:ident($key:literal): $type:ty,)*
        }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Hash)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl $crate::FromClarity for $name {
                fn from_clarity(value: &bithedge_stacks::Value) -> Result<Self, $crate::Mismatch> {
                    let mut fields = $crate::convert::Fields::of(value)?;
                    fields.skip("event");
                    let read = Self { $($field: fields.take($key)?,)* };
                    fields.finish()?;
                    Ok(read)
                }
            }
        )*

        /// Any event of the suite.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[allow(clippy::large_enum_variant, reason = "events are read one at a time and taken apart at once")]
        pub enum SuiteEvent {
            $($(#[$doc])* $name($name),)*
        }

        impl SuiteEvent {
            /// Contract and name of every event, in the order of the schema.
            pub const NAMES: &[(&str, &str)] = &[$(($contract, $event)),*];

            /// Reads what a contract printed.
            ///
            /// # Errors
            /// [`EventError`](crate::EventError).
            pub fn decode(contract: &str, value: &bithedge_stacks::Value) -> Result<Self, $crate::EventError> {
                if $crate::Contract::by_name(contract).is_none() {
                    return Err($crate::EventError::UnknownContract(contract.to_owned()));
                }
                let event = $crate::event::event_name(contract, value)?;
                let read = match (contract, event) {
                    $(($contract, $event) => $crate::FromClarity::from_clarity(value).map(Self::$name),)*
                    _ => {
                        let (contract, event) = (contract.to_owned(), event.to_owned());
                        return Err($crate::EventError::UnknownEvent { contract, event });
                    }
                };
                read.map_err(|mismatch| {
                    let (contract, event) = (contract.to_owned(), event.to_owned());
                    $crate::EventError::Malformed { contract, event, mismatch }
                })
            }

            /// The contract's name and the event's.
            #[must_use]
            pub const fn name(&self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$name(_) => ($contract, $event),)*
                }
            }
        }
    };
}

pub(crate) use events;
