//! What the application knows of the contracts: so far, how they are set up.
//!
//! It builds calls and decides their figures; it has no network of its own and signs nothing.
//!
//! The contracts' own tests stand in `tests/contracts` (each contract) and `tests/suite` (all of them together) and run in
//! the real Clarity VM.

pub mod setup;
