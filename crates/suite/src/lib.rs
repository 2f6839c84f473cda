//! What the application knows of the contracts: typed calls, reads, events and errors, where the contracts are, and how
//! they are set up. It builds calls and reads answers; it has no network of its own and signs nothing.
//!
//! What is in [`generated`] is made by `cargo xtask bindings` from the interfaces that the Clarity VM reads out of the
//! contracts' sources, from `contracts/events.toml` and from `docs/errors.md`; a test holds it against them. The rest of
//! the crate is what it stands on:
//!
//! * [`Deployment`] — which address the suite has on which network.
//! * [`ContractFunction`], [`DataMap`], [`DataVariable`] — what can be called and read; [`ContractCall`] is what goes into
//!   a transaction or to a node.
//! * [`ContractError`] — why a contract refused, with a sentence for the user.
//! * [`SuiteEvent`] — what a contract printed, with units.
//! * [`FromClarity`], [`ToClarity`] — values in and out; [`bounded`] texts, buffers and lists.
//! * [`state`] — what is read off the chain, as the domain's types.
//! * [`mod@bundle`] — the contracts' sources, which a chain's are held against.
//! * [`setup`] — the calls that take freshly deployed contracts into service.
//!
//! ```
//! use bithedge_suite::generated::stx_token;
//! use bithedge_suite::{ContractFunction, Deployment};
//!
//! let suite = Deployment::devnet();
//! let request = stx_token::GetBalance { who: suite.deployer().into() };
//! assert_eq!(request.into_call(&suite).function.as_str(), "get-balance");
//! ```
//!
//! Whatever comes from a chain is untrusted: what does not fit is a [`Mismatch`], never a panic.
//!
//! The contracts' own tests stand in `tests/contracts` (each contract) and `tests/suite` (all of them together) and run in
//! the real Clarity VM.

pub mod bounded;
pub mod bundle;
mod call;
mod convert;
mod deployment;
mod error;
mod event;
pub mod generated;
pub mod setup;
pub mod state;

pub use bithedge_protocol::TokenAmount;
pub use call::{Access, ContractCall, ContractFunction, DataMap, DataVariable};
pub use convert::{FromClarity, Mismatch, MismatchReason, ToClarity};
pub use deployment::{Deployment, DeploymentError, SuiteNetwork};
pub use error::{Category, ContractError, ErrorEntry};
pub use event::EventError;
pub use generated::Contract;
pub use generated::events::SuiteEvent;
