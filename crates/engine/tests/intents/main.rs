//! Intents against the real contracts: the dry run gives the very code that the chain gives, and the post-conditions are as tight as
//! the calls allow.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it counts")]

mod bench;
mod calls;
mod capital;
mod chain;
mod decisions;
mod devnet;
mod errors;
mod forms;
mod governance;
mod protection;
mod quotes;
mod random;
mod reserves;
mod table;
mod upkeep;
