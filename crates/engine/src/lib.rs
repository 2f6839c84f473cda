//! The use cases of BitHedge over a Stacks node: what the application does, without the window it does it in.
//!
//! [`ChainFollower`] keeps one consistent picture of the chain and of the user's accounts, and says honestly how far it
//! can be relied on. [`intents`] makes what somebody wants an exact call and tells beforehand what would refuse it;
//! [`transactions`] is the life of a transaction, from such a call to its receipt.
//!
//! This crate knows no window and no Tauri; it answers in the types of `bithedge-ipc`. It holds no key. Time comes in
//! through [`Clock`], the chain through [`ChainSource`], so that every behaviour can be tested without either.

mod accounts;
mod chain;
mod clock;
pub mod intents;
pub mod transactions;

pub use accounts::{Account, role_on_devnet};
pub use chain::follower::{ChainFollower, Connect, ConnectError};
pub use chain::node::{ConnectNodeError, NodeSource};
pub use chain::pace::Pace;
pub use chain::source::{Balances, Block, ChainSource, Identity, NodeTip, SourceError};
pub use clock::{Clock, Moment, SystemClock};
