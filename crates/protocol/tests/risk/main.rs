//! What is derived from the pool's figures: costs, exposures, stress, exits and returns, against what can be worked out by
//! hand; and hostile figures.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod buyer;
mod exits;
mod greeks;
mod hostile;
mod market;
mod provider;
mod returns;
