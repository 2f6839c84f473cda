//! Everything that can go wrong, told so that a person can act on it: what happened, what it means for the money, what to do.
//!
//! [`Notices`] makes a [`Notice`] of an error; [`Telling`] makes [`Words`] of where a transaction is and of what happened to it.
//! The window decides by [`Fault`], never by the words. What stands in `detail` is the error's own sentence.

mod alarms;
mod books;
mod deeds;
mod engine;
mod intents;
mod keys;
mod names;
mod networks;
mod statuses;
mod transactions;

pub(crate) use alarms::{alarm, keeper_stopped, statement};
pub use deeds::title;
pub(crate) use names::{bucket_name, capitalised};
pub(crate) use statuses::code_of;

use bithedge_ipc::{Fault, Notice, Words};
use bithedge_suite::ContractError;

/// An error that can be told.
pub trait Notices {
    /// What happened, what it means for the money, and what to do.
    fn notice(&self) -> Notice;
}

/// Something that is so, or has happened, that can be told.
pub trait Telling {
    /// What happened, what it means for the money, and what to do, if there is something to do.
    fn words(&self) -> Words;
}

/// Nothing left this computer.
const NOTHING_SENT: &str = "Nothing was signed and nothing was sent. Your money is where it was.";
/// The keys are safe where they are.
const KEYS_UNTOUCHED: &str = "Your money is not affected: it is on the chain, and the key file is as it was.";

fn notice(
    fault: Fault,
    happened: impl Into<String>,
    means: impl Into<String>,
    remedy: impl Into<String>,
    detail: &impl std::fmt::Display,
) -> Notice {
    Notice {
        fault,
        happened: happened.into(),
        means: means.into(),
        remedy: remedy.into(),
        detail: detail.to_string(),
    }
}

fn words(happened: impl Into<String>, means: impl Into<String>, remedy: impl Into<String>) -> Words {
    Words { happened: happened.into(), means: means.into(), remedy: remedy.into() }
}

/// The parts of a sentence of the catalogue of errors: it says in this order what happened, what it means for the money, and
/// what to do. `docs/errors.md` may leave the last out.
fn parts(error: ContractError) -> Words {
    let text = error.to_string();
    let mut sentences = text.split_inclusive(". ").map(|sentence| sentence.trim().to_owned());
    let happened = sentences.next().unwrap_or_default();
    let means = sentences.next().unwrap_or_else(|| "Nothing was moved by the contract.".to_owned());
    let remedy: Vec<String> = sentences.collect();
    words(happened, means, remedy.join(" "))
}
