//! When a report is worth its fee: the rule's edges, and days in the life of an oracle whose reporters keep to it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod days;
mod edges;
mod oracle;

use bithedge_prices::{Coins, DeviationBound, Stamped};
use bithedge_protocol::{Ppm, UnixSeconds, UsdE8};

/// The oracle's starting values: 10 %, 5 % an hour, up to 50 %.
const BOUND: DeviationBound =
    DeviationBound { base: Ppm::new(100_000), per_hour: Ppm::new(50_000), cap: Ppm::new(500_000) };

/// 2024-03-25 08:00:00 UTC.
const BOUNDARY: u64 = 1_711_353_600;
const DAY: u64 = 86_400;

const fn time(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds)
}

/// Prices in parts per million of 60,000 and 2 USD.
const fn coins(btc: u128, stx: u128) -> Coins {
    Coins { btc: UsdE8::new(60_000 * 100 * btc), stx: UsdE8::new(2 * 100 * stx) }
}

const USUAL: Coins = coins(1_000_000, 1_000_000);

const fn stamped(prices: Coins, at: u64) -> Stamped {
    Stamped { prices, at: time(at) }
}
