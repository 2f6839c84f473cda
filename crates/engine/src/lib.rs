//! The use cases of BitHedge over a Stacks node: what the application does, without the window it does it in.
//!
//! [`ChainFollower`] keeps one consistent picture of the chain and of the user's accounts, and says honestly how far it
//! can be relied on. [`intents`] makes what somebody wants an exact call and tells beforehand what would refuse it;
//! [`transactions`] is the life of a transaction, from such a call to its receipt. [`networks`] says which chain is used and
//! what is checked of it before; [`keys`] has a wallet sign. [`words`] tells whatever can happen so that a person can act on it;
//! [`present`] makes the window's types of all this.
//!
//! This crate knows no window and no Tauri; it answers in the types of `bithedge-ipc`. It holds no key. Time comes in
//! through [`Clock`], the chain through [`ChainSource`], so that every behaviour can be tested without either.

mod chain;
mod clock;
mod engine;
pub mod intents;
pub mod keeper;
pub mod keys;
pub mod networks;
pub mod notifications;
mod pages;
pub mod present;
pub mod sync;
pub mod transactions;
pub mod views;
pub mod words;

pub use chain::follower::ChainFollower;
pub use chain::node::{ConnectNodeError, NodeSource};
pub use chain::pace::Pace;
pub use chain::source::{Balances, Block, ChainSource, NodeTip, SourceError};
pub use clock::{Clock, Moment, SystemClock};
pub use engine::{
    AskError, Engine, EngineApproveError, GuardedChain, Halted, LookError, NetworkError, OpenError,
    ProposeError, ReconcileError, Setup,
};
pub use pages::PageError;
