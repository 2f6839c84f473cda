//! Input that nobody vouches for: random bytes, mutated valid ones, and bombs.
//!
//! Each decoder must answer without panicking, within a time limit per input, and with memory in proportion to the input.
//! `BITHEDGE_FUZZ_ITERATIONS` sets how many inputs each decoder gets, `BITHEDGE_SEED` another seed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failure here fails the test, which may say more"
)]

#[path = "../support/mod.rs"]
mod support;

mod allocator;
mod bombs;
mod decoders;
