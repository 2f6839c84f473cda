//! The generated bindings: that they are what the contracts say, and that calls, reads, events and errors made and read
//! with them are the VM's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod current;
mod flow;
mod round_trip;
