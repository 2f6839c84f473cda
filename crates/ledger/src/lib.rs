//! What happened on the chain, as tables: policies, buckets, providers, closes, fees, prices, and who did what.
//!
//! The ledger is a *projection*. It is fed with blocks ([`Ledger::apply`]) and decides nothing: the chain is the authority, and
//! whatever is lost or damaged here is made again from it ([`Ledger::recreate`]). It has no network, no clock and no key.
//!
//! * [`Ledger`] writes: one for a file. Blocks go in whole, and come off again ([`Ledger::roll_back_to`]) when the chain is
//!   reorganised.
//! * [`Reader`] reads beside it; all answers of one [`Snapshot`] are of one block.
//! * What an event changes is computed as the contracts compute it, to the unit, and compared with whatever totals the event
//!   itself names. An event that cannot be read, or cannot have happened, changes no figure: it is kept as an [`Anomaly`], and
//!   the figures that it concerns say [`Trust::Doubtful`] from then on. One that fits, but shows that something before it is
//!   missing, or that something after it will be (an upgrade to a contract that is not this deployment's), is taken, and leaves
//!   an anomaly and doubts as well.
//!
//! What is stored is laid down in `migrations`; amounts are exact up to 2^128 − 1.

mod block;
mod content;
mod error;
mod ledger;
mod project;
mod query;
mod row;
mod store;
mod tables;
mod work;

pub use block::{
    BlockHeader, Call, ChainBlock, Identity, Place, Print, SuiteTransaction, TransactionOutcome,
};
pub use error::LedgerError;
pub use ledger::{Applied, KEPT_BLOCKS, Ledger};
pub use query::*;
pub use row::DamagedRow;
