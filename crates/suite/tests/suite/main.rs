//! The whole suite in the real Clarity VM: flows, time, and random operation sequences against a model.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the seed of a sequence is how it is told again")]

mod activation;
mod flows;
mod model;
mod play;
mod queue;
mod round_trips;
mod sequences;
mod shortfall;
