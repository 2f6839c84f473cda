//! The volatility that a replay's oracle may start from: of what was before the first day, never of what is about to be played.

use bithedge_protocol::Ppm;

use super::logarithm::log_return;
use super::read::Row;
use super::{Date, History};

/// The fewest closes that make a volatility.
const LEAST_CLOSES: usize = 20;
/// The most that are looked at: what is longer ago says less.
const MOST_CLOSES: usize = 60;
/// The oracle's own bounds, ppm a year.
const BOUNDS: (u128, u128) = (200_000, 2_500_000);
/// From scale 1e12 to ppm.
const SCALE_PER_PPM: u128 = 1_000_000;

impl History {
    /// What BTC's volatility usually is: 75 %. The daily closes from 2014-09-17 to 2022-03-01 as published by Yahoo Finance, 2,722
    /// returns, have 74.97 % (74.90 % about their mean).
    ///
    /// For replays that have no [`volatility_before`](Self::volatility_before). One that plays these years starts from a figure that
    /// they had a part in; it says nothing about any of their days.
    pub const USUAL_VOLATILITY: Ppm = Ppm::new(750_000);
}

/// See [`History::volatility_before`].
pub(super) fn volatility_before(rows: &[Row], first: Date) -> Option<Ppm> {
    let end = rows.partition_point(|row| row.date < first);
    let mut next = first;
    // Backwards, up to a gap that is not filled.
    let before: Vec<&Row> = rows
        .get(..end)?
        .iter()
        .rev()
        .take(MOST_CLOSES)
        .take_while(|row| {
            let days = next.days_since(row.date);
            next = row.date;
            days.is_some_and(|days| days <= History::MAX_GAP + 1)
        })
        .collect();
    let (last, oldest) = (before.first()?, before.last()?);
    if before.len() < LEAST_CLOSES {
        return None;
    }
    let mut squares = 0;
    for (later, earlier) in before.iter().zip(before.iter().skip(1)) {
        // A logarithm of prices is below 4e13 in size.
        squares += log_return(earlier.close, later.close)?.unsigned_abs().pow(2);
    }
    // Squares are at scale 1e24, their root is at 1e12. A day that is missing is one on which nothing moved.
    let year = (squares * 365).checked_div(last.date.days_since(oldest.date)?.into())?;
    Some(Ppm::new((year.isqrt() / SCALE_PER_PPM).clamp(BOUNDS.0, BOUNDS.1)))
}
