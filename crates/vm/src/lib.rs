//! The official Clarity VM, driven from Rust.
//!
//! The VM is a WebAssembly package that a Node process of ours runs: the *worker*, in this crate's folder `worker`, a
//! program of its own that speaks JSON lines on its standard streams. Two front ends drive it:
//!
//! * [`steps`] — for the devnet: asynchronous, and able to undo the last step.
//! * [`session`] — for tests of contracts: blocking, with typed outcomes and events, time travel, snapshots, costs and
//!   coverage. Start with [`Project`] and [`Session`].
//!
//! [`accounts`] are the accounts that both fund, [`interface`] reads contracts' interfaces, [`wire`] is what the worker
//! answers.
//!
//! What it is not: a node. Transactions, nonces, fees and post-conditions are the devnet's work.

pub mod accounts;
mod error;
pub mod interface;
pub mod session;
pub mod steps;
pub mod wire;
mod worker;

pub use error::{StartError, VmError};
pub use session::{
    Balances, COVERAGE_DIR_VARIABLE, Event, Options, Outcome, Project, ProjectError, ReadOutcome, Session,
    SessionError, VmFailure,
};
pub use wire::{Costs, Tip};
