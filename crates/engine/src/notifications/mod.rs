//! What the user is told without asking: each thing once, also over restarts.
//!
//! [`Observation`] is what holds for one account at one block, made of the views' figures; [`Watcher`] compares it with what it has
//! told and says what is new. It keeps that in one small file, whole or not at all; without the file, or with one that is
//! damaged or about another chain, it begins anew and tells only what still needs somebody to act.
//!
//! What is a *state* (a price above or below a strike, a bucket's health, a stale price) is told when it begins, and again only
//! after it has clearly ended: the rules are those of `docs/decisions/0022`. What *happened* (an exit paid, a deposit taken, a
//! transaction confirmed) is told once, and again if the chain took it back and it happened anew.

mod file;
mod memory;
mod observation;
mod several;
mod states;
mod watch;
mod words;

pub use file::NotificationError;
pub use observation::{
    Deposit, DepositCancelled, Observation, ObservedBucket, ObservedClose, ObservedEnd, ObservedPolicy,
    PriceAge, TransactionNews, TransactionOutcome,
};
pub use watch::{Observed, Settings, Watcher};
