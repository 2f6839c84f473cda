//! The policy registry in the whole suite: every refusal, every edge of its rules, quotes against purchases, the indices
//! and a policy's life.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../attacks/bootstrap.rs"]
mod bootstrap;
mod edges;
mod endings;
mod errors;
mod life;
mod listing;
mod orders;
mod quotes;
mod support;
