//! The keeper: what is due against what the contracts take, the reports' rule against the real oracle, what its order lets through, and
//! a life on a real devnet in which nobody else does anything.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it counts")]

mod alarms;
mod devnet;
mod due;
mod hand;
mod hardships;
mod ledger;
mod life;
mod lying;
mod markets;
mod net;
mod order;
mod reporting;
mod rule;
mod spared;
