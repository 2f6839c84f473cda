//! From deployed contracts to a suite in service: half-way nothing is sold and no capital taken, every call can be made
//! twice, and after the hand-over the deployer is nobody.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bare;
mod half_way;
mod hand_over;
mod twice;
