//! The liquidity pool in the whole suite: every error with the state unchanged, bad input for every public function, and the
//! edge of every rule of `docs/protocol.md`. Each case says in its name what holds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod callers;
mod errors;
mod governed;
mod input;
mod limits;
mod marks;
mod paused;
mod queue;
mod requests;
mod sales;
mod settlement;
mod shares;
mod support;
mod uninitialised;
