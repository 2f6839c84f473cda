//! A history of prices.

use core::fmt;
use std::io::{Read, Write};

use bithedge_protocol::{Ppm, UsdE8};

use super::logarithm::{between, log_return, moved};
use super::read::{Row, parse};
use super::stx::StxModel;
use super::volatility::volatility_before;
use super::{Date, Day, PriceError};

/// Where prices of STX come from. A report has to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StxSource {
    /// The file.
    Given,
    /// The model in [`stx`](super::stx): no market has ever seen them.
    Simulated {
        /// What the model drew its numbers from.
        seed: u64,
    },
}

impl fmt::Display for StxSource {
    /// `given` or `simulated, seed 7`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => formatter.write_str("given"),
            Self::Simulated { seed } => write!(formatter, "simulated, seed {seed}"),
        }
    }
}

/// UTC days of prices in a row, each opening at the close of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The days, none left out.
    pub days: Vec<Day>,
    /// Where the prices of STX come from.
    pub stx: StxSource,
    /// What to call it in a report: at first its range, `2020-02-25 to 2020-03-20`.
    pub name: String,
    /// The days that were missing from the file, and repeat the close before them. A report has to say how many.
    pub filled: Vec<Date>,
    /// The volatility a year of BTC *before* the first day: of the last 60 closes before it, or as many as the file has; `None` if
    /// those are fewer than 20. What an oracle that begins on the first day can know. The root of the mean square of daily
    /// logarithmic returns on 365 days, about zero as the oracle counts it, within the oracle's bounds of 20 and 250 %. Up to
    /// [`MAX_GAP`](Self::MAX_GAP) missing days count as days on which nothing moved; before a longer gap nothing counts.
    pub volatility_before: Option<Ppm>,
}

/// BTC on one day, and STX if it is known.
pub(super) struct BtcDay {
    pub(super) date: Date,
    pub(super) open: UsdE8,
    pub(super) low: UsdE8,
    pub(super) close: UsdE8,
    /// Open and close.
    pub(super) stx: Option<(UsdE8, UsdE8)>,
    /// Whether the open is the close of a day before, rather than that of the day itself.
    pub(super) follows: bool,
}

impl BtcDay {
    fn new(date: Date, before: Option<&Row>, low: Option<UsdE8>, close: UsdE8, stx: Option<UsdE8>) -> Self {
        let open = before.map_or(close, |row| row.close);
        let lowest = open.min(close);
        Self {
            date,
            open,
            low: low.map_or(lowest, |low| low.min(lowest)),
            close,
            stx: stx.map(|stx| (before.and_then(|row| row.stx).unwrap_or(stx), stx)),
            follows: before.is_some(),
        }
    }

    /// With the open, the price at the low, and the close of STX.
    pub(super) fn with_stx(&self, open: UsdE8, low: UsdE8, close: UsdE8) -> Day {
        let Self { date, open: btc_open, low: btc_low, close: btc_close, .. } = *self;
        Day {
            date,
            open: btc_open,
            low: btc_low,
            close: btc_close,
            stx_open: open,
            stx_low: low,
            stx_close: close,
        }
    }

    /// Whether the low is below both the open and the close.
    pub(super) fn dips(&self) -> bool {
        self.low < self.open && self.low < self.close
    }

    /// The whole day, STX by its given open and close. Its price in BTC goes straight from one to the other, in equal factors, so
    /// that STX dips with BTC.
    fn with_given_stx(&self, open: UsdE8, close: UsdE8) -> Option<Day> {
        let low = if self.dips() {
            // How far BTC is below the middle of a straight day.
            let dip = (log_return(self.open, self.low)? + log_return(self.close, self.low)?) / 2;
            moved(between(open, close, 1, 2), dip)?
        } else if self.low == self.open {
            open
        } else {
            close
        };
        Some(self.with_stx(open, low, close))
    }
}

impl History {
    /// The largest file that is read: 16 MiB.
    pub const MAX_BYTES: u64 = 16 * 1024 * 1024;
    /// As many days in a row may be missing from a file; they repeat the close before them.
    pub const MAX_GAP: u32 = 7;

    /// Reads a CSV of daily prices, from `from` to `to`, both included; without them, from its beginning or to its end. What lies
    /// outside the file of a range that reaches into it is not there.
    ///
    /// The header names the columns, in any order; others than these are ignored:
    /// * `date`: UTC days, `YYYY-MM-DD`, ascending;
    /// * `close_usd`: the price of one BTC at the end of the day, which a replay takes for 08:00 UTC ([`Day`] says why);
    /// * `low_usd`: its lowest price, if there is such a column; a cell may be empty;
    /// * `stx_usd`: the price of one STX at the end of the day, if there is such a column. Without it STX is simulated with `seed`,
    ///   by [`stx`](super::stx).
    ///
    /// Prices are plain decimal numbers, rounded to 10^-8 USD; a low may not be above its close. A first day without a day before
    /// it in the file opens at its own close. Up to [`MAX_GAP`](Self::MAX_GAP) missing days are [filled](Self::filled). A byte
    /// order mark and every kind of line end are taken. The whole file is checked, whatever the range.
    ///
    /// # Errors
    /// [`PriceError`], with the line.
    pub fn read(
        source: impl Read,
        from: Option<Date>,
        to: Option<Date>,
        seed: u64,
    ) -> Result<Self, PriceError> {
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            return Err(PriceError::EmptyRange { from, to });
        }
        let rows = parse(source)?;
        let is_asked = |date: Date| from.is_none_or(|from| from <= date) && to.is_none_or(|to| date <= to);
        let mut days = Vec::new();
        let mut filled = Vec::new();
        let mut before: Option<&Row> = None;
        for row in &rows {
            let missing = before.map_or(Vec::new(), |before| days_between(before.date, row.date));
            if let (Some(last), Ok(count)) = (before, u32::try_from(missing.len())) {
                if count <= Self::MAX_GAP {
                    for date in missing.into_iter().filter(|date| is_asked(*date)) {
                        days.push(BtcDay::new(date, before, None, last.close, last.stx));
                        filled.push(date);
                    }
                } else if missing.into_iter().any(is_asked) {
                    return Err(PriceError::Gap { line: row.line, missing: count, after: last.date });
                } else {
                    before = None;
                }
            }
            if is_asked(row.date) {
                days.push(BtcDay::new(row.date, before, row.low, row.close, row.stx));
            }
            before = Some(row);
        }
        match (days.first(), rows.first(), rows.last()) {
            (Some(day), ..) => {
                let volatility_before = volatility_before(&rows, day.date);
                Ok(Self { volatility_before, ..Self::of(&days, seed, filled)? })
            }
            (None, Some(first), Some(last)) => {
                Err(PriceError::OutsideRange { first: first.date, last: last.date })
            }
            _ => Err(PriceError::Empty),
        }
    }

    /// Adds STX to days of BTC, with nothing before them.
    pub(super) fn of(days: &[BtcDay], seed: u64, filled: Vec<Date>) -> Result<Self, PriceError> {
        let mut model = StxModel::new(seed);
        let mut source = StxSource::Given;
        let days = days
            .iter()
            .map(|day| {
                let date = day.date;
                let whole = match day.stx {
                    Some((open, close)) => day.with_given_stx(open, close),
                    None => {
                        source = StxSource::Simulated { seed };
                        model.next(day)
                    }
                };
                whole.ok_or(PriceError::Untenable { asset: "STX", date })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let name = match (days.first(), days.last()) {
            (Some(first), Some(last)) => format!("{} to {}", first.date, last.date),
            _ => return Err(PriceError::Empty),
        };
        Ok(Self { days, stx: source, name, filled, volatility_before: None })
    }

    /// Writes a CSV that [`read`](Self::read) reads: `date`, `low_usd`, `close_usd`, and `stx_usd` only where that was given, so
    /// that what was simulated is simulated again, and never passes for given. Filled days are written like others. What was
    /// before the first day, its open and the [volatility](Self::volatility_before), has no place in it.
    ///
    /// # Errors
    /// [`PriceError::Io`].
    pub fn write_csv(&self, mut target: impl Write) -> Result<(), PriceError> {
        let is_given = self.stx == StxSource::Given;
        writeln!(target, "date,low_usd,close_usd{}", if is_given { ",stx_usd" } else { "" })?;
        for day in &self.days {
            write!(target, "{},{},{}", day.date, plain(day.low), plain(day.close))?;
            if is_given {
                write!(target, ",{}", plain(day.stx_close))?;
            }
            writeln!(target)?;
        }
        target.flush()?;
        Ok(())
    }
}

/// The days after one and before another.
fn days_between(before: Date, after: Date) -> Vec<Date> {
    core::iter::successors(before.next(), |date| date.next()).take_while(|date| *date < after).collect()
}

/// All digits, no grouping: `9078.76`.
fn plain(price: UsdE8) -> String {
    price.parts().to_string().replace(',', "")
}
