//! What can be wrong with prices.

use std::io;

use super::Date;

/// Why there is no history of prices. Lines count from 1, the header included.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PriceError {
    /// The source could not be read, or the target not be written.
    #[error("the prices could not be read or written: {0}")]
    Io(#[from] io::Error),
    /// More than [`MAX_BYTES`](super::History::MAX_BYTES).
    #[error("the file is larger than 16 MiB: daily prices of a thousand years are smaller")]
    TooLong,
    /// Bytes that are no UTF-8.
    #[error("line {line} is not UTF-8 text")]
    NotUtf8 {
        /// Where the first of them stands.
        line: u64,
    },
    /// No header, or nothing below it.
    #[error("there are no prices in the file")]
    Empty,
    /// A column that has to be there is not.
    #[error("there is no column `{column}` in the header")]
    MissingColumn {
        /// Its name.
        column: &'static str,
    },
    /// A column is there twice: nobody can say which one is meant.
    #[error("the column `{column}` is in the header twice")]
    RepeatedColumn {
        /// Its name.
        column: &'static str,
    },
    /// A line with more or fewer fields than the header, as a thousands separator without quotes makes it.
    #[error("line {line} has {found} fields, the header has {expected}")]
    Fields {
        /// Where.
        line: u64,
        /// Fields of the header.
        expected: usize,
        /// Fields of the line.
        found: usize,
    },
    /// A date that is none.
    #[error("line {line}: {text:?} is not a day that exists, written YYYY-MM-DD, from 1970 to 9999")]
    BadDate {
        /// Where.
        line: u64,
        /// What stands there, cut off after forty characters.
        text: String,
    },
    /// A price that is no plain decimal number: empty, words such as `NaN`, exponents, currency signs.
    #[error("line {line}, {column}: {text:?} is not a plain decimal number such as 1250.75")]
    NotANumber {
        /// Where.
        line: u64,
        /// In which column.
        column: &'static str,
        /// What stands there, cut off after forty characters.
        text: String,
    },
    /// Digits with commas: `1,250` is a thousand here and one and a quarter there.
    #[error("line {line}, {column}: {text:?} has commas; write 1250.75")]
    Comma {
        /// Where.
        line: u64,
        /// In which column.
        column: &'static str,
        /// What stands there, cut off after forty characters.
        text: String,
    },
    /// A price that is zero (or rounds to it) or below.
    #[error("line {line}, {column}: a price has to be above zero, not {text}")]
    NotPositive {
        /// Where.
        line: u64,
        /// In which column.
        column: &'static str,
        /// What stands there, cut off after forty characters.
        text: String,
    },
    /// A price above [`MAX_PRICE`](bithedge_protocol::math::MAX_PRICE).
    #[error("line {line}, {column}: {text} is above 1,000,000,000 USD, the highest price that can be priced")]
    TooHigh {
        /// Where.
        line: u64,
        /// In which column.
        column: &'static str,
        /// What stands there, cut off after forty characters.
        text: String,
    },
    /// A low above the close of its own day. (Above the open it may be: markets jump from one day to the next.)
    #[error("line {line}: the low is above the close of the same day")]
    LowAboveClose {
        /// Where.
        line: u64,
    },
    /// A date for the second time.
    #[error("line {line}: {date} is there already")]
    RepeatedDate {
        /// Where.
        line: u64,
        /// Which day.
        date: Date,
    },
    /// A date before that of the line above.
    #[error("line {line}: {date} comes after {after}; the days have to be in order")]
    OutOfOrder {
        /// Where.
        line: u64,
        /// The day there.
        date: Date,
        /// The day above it.
        after: Date,
    },
    /// More than [`MAX_GAP`](super::History::MAX_GAP) days are missing, and some of them were asked for.
    #[error("line {line}: {missing} days are missing after {after}; at most 7 are filled")]
    Gap {
        /// The first line after the gap.
        line: u64,
        /// How many days.
        missing: u32,
        /// The last day before them.
        after: Date,
    },
    /// A range that ends before it begins.
    #[error("the range ends on {to}, before it begins on {from}")]
    EmptyRange {
        /// Its beginning.
        from: Date,
        /// Its end.
        to: Date,
    },
    /// A range that has no day in common with the file.
    #[error("the file has no prices in that range: it goes from {first} to {last}")]
    OutsideRange {
        /// The first day of the file.
        first: Date,
        /// The last one.
        last: Date,
    },
    /// A model led below [`LEAST_SIMULATED`](super::LEAST_SIMULATED) or above
    /// [`MAX_PRICE`](bithedge_protocol::math::MAX_PRICE).
    #[error(
        "the simulated price of {asset} leaves what can be priced on {date}: 0.0001 to 1,000,000,000 USD"
    )]
    Untenable {
        /// `BTC` or `STX`.
        asset: &'static str,
        /// When.
        date: Date,
    },
    /// A random walk from below [`LEAST_SIMULATED`](super::LEAST_SIMULATED) or above
    /// [`MAX_PRICE`](bithedge_protocol::math::MAX_PRICE).
    #[error("a random walk begins between 0.0001 and 1,000,000,000 USD")]
    StartPrice,
    /// A random walk of no days, of more than [`MAX_DAYS`](super::walk::MAX_DAYS), or beyond the year 9999.
    #[error("a random walk takes 1 to 36,525 days and ends before the year 10000")]
    Length,
}
