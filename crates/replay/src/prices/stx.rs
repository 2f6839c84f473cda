//! A model of the price of STX, for histories of BTC that have none. **What it makes is simulated**: no market has seen it.
//!
//! STX moves with BTC, one for one, but for its price in BTC, whose logarithm `x` (0 on the first day, when one STX is
//! [`FIRST_PRICE`]) follows an Ornstein–Uhlenbeck process around 0, here in its exact discrete form for one day (D. T. Gillespie,
//! "Exact numerical simulation of the Ornstein–Uhlenbeck process and its integral", 1996), with `e` normal:
//!
//! ```text
//! x' = KEPT x + DEVIATION e + (BTC fell by more than 10 % that day: 0.3 times its logarithmic return)
//! ```
//!
//! The last term makes STX fall 1.3 times as far as BTC in a crash; the excess is undone by the return to 0. A day's move of `x`
//! but for that term happens evenly over the day; at BTC's low the term is that of the low.
//!
//! The parameters are **chosen, not fitted**: there is no history of STX in this project to fit them to. The price in BTC varies as
//! much by itself as BTC does in USD (whose history has 75 % a year), stays away from where it was for half a year, and falls when
//! BTC falls. **It is not the worst that can happen to what STX backs**: because it returns, the price in BTC keeps within a
//! deviation of 0.48 of its logarithm, and hardly ever loses the 80 or 90 % against BTC, for good, that tokens do lose. The hard
//! case is `assets/scenarios/crash-2020-03-stx.csv`, whose prices of STX are invented for it. Whoever has prices of STX gives them
//! in the column `stx_usd`, and this model is not used.

use bithedge_protocol::UsdE8;

use super::Day;
use super::history::BtcDay;
use super::logarithm::{ONE, log_return, simulated};
use crate::chance::Chance;

/// One STX at the beginning: 1 USD.
pub const FIRST_PRICE: UsdE8 = UsdE8::new(100_000_000);
/// Volatility of the logarithm of STX in BTC: 80 % a year, in parts per million.
pub const VOLATILITY_PPM: u64 = 800_000;
/// After as many days half of a deviation is left: 180.
pub const HALF_LIFE_DAYS: u32 = 180;
/// How much further than BTC it falls on a day on which BTC falls by more than [`CRASH_PPM`]: 0.3 times, in parts per million.
pub const CRASH_EXTRA_PPM: u64 = 300_000;
/// What a crash is: 10 % below the open, in parts per million.
pub const CRASH_PPM: u64 = 100_000;

/// What is left of a deviation after a day, `2^(-1/180)`, at scale 1e12.
const KEPT: i128 = 996_156_587_221;
/// Deviation of what one day adds: `σ √((1 - KEPT²) / 2θ)` with σ = 0.8 and `θ = 365 ln 2 / 180` a year, at scale 1e12.
const DEVIATION: i128 = 41_793_418_617;
/// "STX": its numbers are not those of anything else with the same seed.
const PURPOSE: u64 = 0x53_5458;
const PPM: i128 = 1_000_000;

/// The model on its way.
pub(super) struct StxModel {
    chance: Chance,
    price: UsdE8,
    /// `x`, at scale 1e12.
    deviation: i128,
}

impl StxModel {
    pub(super) fn new(seed: u64) -> Self {
        Self { chance: Chance::new(seed, PURPOSE), price: FIRST_PRICE, deviation: 0 }
    }

    /// The next day; `None` if STX gets beyond what can be counted. A day that follows none moves with BTC alone.
    pub(super) fn next(&mut self, day: &BtcDay) -> Option<Day> {
        let own = if day.follows {
            self.deviation * KEPT / ONE + DEVIATION * self.chance.normal() / ONE - self.deviation
        } else {
            0
        };
        let to_close = log_return(day.open, day.close)?;
        let crash = extra(day.open, day.close, to_close);
        let open = self.price;
        let close = simulated(open, to_close + own + crash)?;
        let low = if day.dips() {
            let to_low = log_return(day.open, day.low)?;
            simulated(open, to_low + own / 2 + extra(day.open, day.low, to_low))?
        } else if day.low == day.open {
            open
        } else {
            close
        };
        self.price = close;
        self.deviation += own + crash;
        Some(day.with_stx(open, low, close))
    }
}

/// What a crash of BTC from one price to another, a return of `log`, adds to that of STX.
fn extra(from: UsdE8, to: UsdE8, log: i128) -> i128 {
    let million = PPM.unsigned_abs();
    // Both are at most 1e17.
    let is_crash = to.base_units() * million < from.base_units() * (million - u128::from(CRASH_PPM));
    if is_crash { log * i128::from(CRASH_EXTRA_PPM) / PPM } else { 0 }
}
