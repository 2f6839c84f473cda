//! How long one put price and one list of 64 take, on one core, as one line of JSON.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bithedge_protocol::math::{MathError, SeriesEntry, mark_series, put_price};
use bithedge_protocol::{Ppm, Seconds, UsdE8};

const DURATION: Duration = Duration::from_secs(1);
const USD: u128 = 100_000_000;

fn main() -> Result<(), MathError> {
    // A book of 64 strikes from 50 % to 113 % of spot, so that no part of the arithmetic is skipped.
    let spot = UsdE8::new(60_000 * USD);
    let term = Seconds::new(30 * 86_400);
    let entries: Vec<SeriesEntry> = (0..64)
        .map(|n| SeriesEntry {
            strike: UsdE8::new((30_000 + 600 * n) * USD),
            volatility: Ppm::new(500_000 + 7_000 * n),
        })
        .collect();

    let put = nanoseconds(entries.len(), || {
        for entry in &entries {
            black_box(put_price(black_box(spot), entry.strike, entry.volatility, term)?);
        }
        Ok(())
    })?;
    let series = nanoseconds(1, || {
        black_box(mark_series(black_box(spot), term, &entries)?);
        Ok(())
    })?;
    println!("{{\"put_price_ns\":{put},\"mark_series_of_64_ns\":{series}}}");
    Ok(())
}

/// The mean time of one of the `count` things that `run` does.
fn nanoseconds(count: usize, mut run: impl FnMut() -> Result<(), MathError>) -> Result<u128, MathError> {
    let start = Instant::now();
    let mut rounds = 0_u128;
    while start.elapsed() < DURATION {
        run()?;
        rounds += 1;
    }
    Ok(start.elapsed().as_nanos() / (rounds * count as u128))
}
