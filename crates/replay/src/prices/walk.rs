//! A random walk with jumps, for tests and demonstrations.
//!
//! A day's logarithmic return is normal, plus a Poisson number of jumps whose sizes are normal (R. C. Merton, "Option pricing when
//! underlying stock returns are discontinuous", 1976). The figures below were measured on the daily closes and lows of BTC from
//! 2014-09-17 to 2022-03-01 as published by Yahoo Finance, 2,722 returns:
//!
//! * A *jump* is a return of more than 3.5 deviations of the returns that are none; this is repeated until it settles: 43 jumps, all
//!   above 11.65 % in size, 24 of them down.
//! * The other 2,679 returns have a deviation of 3.329 % (63.6 % a year) and a mean of +0.211 %.
//! * The jumps have a mean of −2.495 % and a deviation of 16.796 %.
//! * The low is below the open (the close before) and the close on 93.35 % of the days, by 1.20 % on average, and by as much as
//!   [`DIPS`] says.
//!
//! The rise of the measured years is left out: the mean of a day's return is zero, so that nobody earns in it what he would not
//! earn in any other market. A hundred years of the walk have a deviation of 4.0 % a day (the measured years: 3.92 %). What it does
//! not have: calm and wild months (its volatility stays the same), days on which a large dip comes with a large fall, and as many
//! returns above 11.65 % as there were (0.9 % of the days instead of 1.58 %), since jumps of a normal size can also be small.

use bithedge_protocol::UsdE8;
use bithedge_protocol::math::{FixedE12, MAX_PRICE, exp};

use super::history::BtcDay;
use super::logarithm::{LEAST_SIMULATED, ONE, simulated};
use super::{Date, History, PriceError};
use crate::chance::Chance;

/// The longest walk: a hundred years.
pub const MAX_DAYS: u32 = 36_525;
/// Deviation of the returns that are no jumps, a day, in parts per million.
pub const CALM_DEVIATION_PPM: i64 = 33_292;
/// Jumps a day, in parts per million: 43 in 2,722.
pub const JUMP_RATE_PPM: i64 = 15_797;
/// Mean of a jump's logarithm, in parts per million.
pub const JUMP_MEAN_PPM: i64 = -24_951;
/// Deviation of a jump's logarithm, in parts per million.
pub const JUMP_DEVIATION_PPM: i64 = 167_956;
/// How far, as a logarithm, the low is below the lower one of open and close: on a share of the days (first, in parts per million) it
/// is at most so much (second, in parts per million). Between these it is taken to rise straight.
pub const DIPS: [(i64, i64); 15] = [
    (66_500, 0),
    (100_000, 400),
    (200_000, 1_760),
    (300_000, 3_200),
    (400_000, 4_880),
    (500_000, 6_790),
    (600_000, 9_250),
    (700_000, 12_550),
    (800_000, 18_090),
    (900_000, 28_290),
    (950_000, 39_050),
    (980_000, 61_680),
    (990_000, 82_940),
    (995_000, 107_150),
    (1_000_000, 190_890),
];

/// "BTC": its numbers are not those of anything else with the same seed.
const PURPOSE: u64 = 0x42_5443;
/// One part per million at scale 1e12.
const PPM: i128 = ONE / 1_000_000;

/// So many days of a random walk, with STX simulated from the same seed.
///
/// The first day stands at `price` from its open to its close: like the first line of a file, it is there to be the day before. So
/// what [`History::write_csv`] writes of it is read again as the same history.
///
/// # Errors
/// [`PriceError::StartPrice`], [`PriceError::Length`]; [`PriceError::Untenable`] when a price gets below
/// [`LEAST_SIMULATED`] or above [`MAX_PRICE`].
pub fn random_walk(seed: u64, days: u32, start: Date, price: UsdE8) -> Result<History, PriceError> {
    if !(LEAST_SIMULATED..=MAX_PRICE).contains(&price) {
        return Err(PriceError::StartPrice);
    }
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(PriceError::Length);
    }
    let mut walk = Walk::new(seed);
    let day = |date, open, low, close, follows| BtcDay { date, open, low, close, stx: None, follows };
    let mut walked = vec![day(start, price, price, price, false)];
    let (mut date, mut open) = (start, price);
    for _ in 1..days {
        date = date.next().ok_or(PriceError::Length)?;
        let untenable = PriceError::Untenable { asset: "BTC", date };
        let (Some(close), dip) = (simulated(open, walk.log_return()), walk.dip()) else {
            return Err(untenable);
        };
        let Some(low) = simulated(open.min(close), -dip) else { return Err(untenable) };
        walked.push(day(date, open, low, close, true));
        open = close;
    }
    let mut history = History::of(&walked, seed, Vec::new())?;
    history.name = format!("random walk, seed {seed}");
    Ok(history)
}

struct Walk {
    chance: Chance,
    /// The chance that a day has no jump, at scale 1e12.
    no_jump: u128,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let rate = i128::from(JUMP_RATE_PPM) * PPM;
        // The power is refused only above 40.
        let no_jump = exp(FixedE12::new(-rate)).unwrap_or(ONE.unsigned_abs());
        Self { chance: Chance::new(seed, PURPOSE), no_jump }
    }

    /// Normal with a deviation in parts per million, at scale 1e12.
    fn normal(&mut self, deviation_ppm: i64) -> i128 {
        self.chance.normal() * i128::from(deviation_ppm) / 1_000_000
    }

    /// A day's return, at scale 1e12. The calm part makes up for the mean of the jumps.
    fn log_return(&mut self) -> i128 {
        let calm = self.normal(CALM_DEVIATION_PPM);
        let jumps: i128 = (0..self.chance.poisson(self.no_jump))
            .map(|_| i128::from(JUMP_MEAN_PPM) * PPM + self.normal(JUMP_DEVIATION_PPM))
            .sum();
        calm + jumps - i128::from(JUMP_MEAN_PPM) * i128::from(JUMP_RATE_PPM)
    }

    /// How far the low is below the lower one of open and close, at scale 1e12.
    fn dip(&mut self) -> i128 {
        let share = self.chance.uniform().cast_signed();
        let mut from = (0, 0);
        for (to_share, to_dip) in DIPS {
            let to = (i128::from(to_share) * PPM, i128::from(to_dip) * PPM);
            if share < to.0 {
                return from.1 + (to.1 - from.1) * (share - from.0) / (to.0 - from.0);
            }
            from = to;
        }
        from.1
    }
}
