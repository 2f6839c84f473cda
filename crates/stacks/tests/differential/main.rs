//! Comparison with the official JavaScript client, in both directions.
//!
//! Everything random comes from fixed seeds; `BITHEDGE_SEED` sets another one.

#![allow(unreachable_pub, reason = "nothing outside a test binary can reach into it")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failure here fails the test, which may say more"
)]

#[path = "../support/mod.rs"]
mod support;

mod official;
mod transactions;
mod values;
mod wallets;

/// The seed of a test, printed so that a failure under another one can be repeated.
fn seed(default: u64) -> u64 {
    let seed = std::env::var("BITHEDGE_SEED").map_or(default, |seed| seed.parse().unwrap());
    println!("seed {seed}");
    seed
}
