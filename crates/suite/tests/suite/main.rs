//! The whole suite in the real Clarity VM: flows, time, attacks, and random operation sequences against a model.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the seed of a sequence is how it is told again")]

mod flows;
mod sequences;
