//! Prices: histories out of files, and what a day of them is in steps.
//!
//! A history is a row of days without a gap, each played from 08:00 UTC to 08:00 UTC ([`Day`] says why). It comes from a CSV of
//! daily figures ([`History::read`]) or from a seed ([`random_walk`]). What the oracle is told in the course of a day is
//! [`Day::steps`].
//!
//! Everything is computed in whole numbers, logarithms and powers by [`bithedge_protocol::math`], so that a history and its steps
//! are the same to the last digit on every machine.

mod date;
mod day;
mod error;
mod history;
mod logarithm;
mod read;
pub mod stx;
mod trend;
mod volatility;
pub mod walk;

pub use date::{Date, DateError};
pub use day::{Day, Step};
pub use error::PriceError;
pub use history::{History, StxSource};
pub use logarithm::LEAST_SIMULATED;
pub use walk::random_walk;
