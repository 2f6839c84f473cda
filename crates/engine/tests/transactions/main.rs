//! The life of transactions: rules one by one, random lives, kill -9, and a real devnet.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod devnet;
mod fake;
mod hand;
mod kill;
mod machine;
mod rules;
mod stores;
