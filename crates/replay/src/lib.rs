//! A history of prices played through the real contracts in the real Clarity VM: who bought and who provided, what they paid,
//! earned and lost, and whether every unit can be accounted for.
//!
//! It drives the contracts and reads them; it computes no price and no share of its own: figures that it compares with the
//! contracts' are `bithedge_protocol`'s. It is a tool of the project, never part of the window or of the core.

mod chain;
mod chance;
mod error;
mod ledger;
mod market;
mod people;
pub mod play;
pub mod prices;
pub mod report;
mod run;
mod trial;

pub use chain::{Chain, Receipt};
pub use error::ReplayError;
pub use ledger::{BucketDay, BucketFlows, CoverFlows, Ledger};
pub use market::TIERS;
pub use people::{Capital, Cover};
pub use run::{Outcome, Run};
pub use trial::{Trial, TrialError};
