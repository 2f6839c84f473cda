//! Who signs, on which chain, and in which words it is told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it measures")]

mod checks;
mod devnet;
mod facade;
mod node;
mod profiles;
mod shown;
mod signer;
mod wishes;
mod words;
