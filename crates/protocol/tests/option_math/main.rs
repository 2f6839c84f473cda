//! The option mathematics against exact figures, its limits, and its monotonicity.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accuracy;
mod limits;
mod monotonic;
mod reference;
