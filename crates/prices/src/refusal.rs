//! Why a source gave no price that can be used.

use std::time::Duration;

use bithedge_protocol::{Seconds, UsdE8};

use crate::{Pair, PriceTextError};

/// Why a source gave no price that can be used. It never costs money: the other sources decide, or there is no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It does not know this pair. It was not asked.
    #[error("it has no market {pair}")]
    NotListed {
        /// The pair.
        pair: Pair,
    },
    /// It was asked a moment ago, and whoever asked left before the answer. It was not asked again.
    #[error("it was asked a moment ago, and can be asked again in {wait}")]
    TooSoon {
        /// Until it may be asked again.
        wait: Seconds,
    },
    /// It wants to be left alone for a while. It was not asked.
    #[error("it had too many requests, and can be asked again in {wait}")]
    BackingOff {
        /// Until it may be asked again.
        wait: Seconds,
    },
    /// No answer in time.
    #[error("it did not answer within {} s", .after.as_secs_f32())]
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// No connection, or one that broke.
    #[error("it could not be reached: {reason}")]
    Unreachable {
        /// What the network says.
        reason: String,
    },
    /// It says that it had too many requests.
    #[error("it had too many requests")]
    RateLimited {
        /// For how long it wants to be left alone, if it says so.
        asked: Option<Seconds>,
    },
    /// Another HTTP status than success.
    #[error("it answered with the HTTP status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// It points elsewhere. That is never followed: whoever answers there is not who was asked.
    #[error("it points to another address{}", .to.as_ref().map(|host| format!(" ({host})")).unwrap_or_default())]
    Redirected {
        /// The host that it points to, if it is legible.
        to: Option<String>,
    },
    /// An answer longer than any ticker.
    #[error("its answer is longer than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The answer is not JSON: an error page, for instance.
    #[error("its answer is not JSON: {reason}")]
    NotJson {
        /// What does not fit.
        reason: String,
    },
    /// It says in words that there is no price.
    #[error("it says: {message}")]
    Exchange {
        /// Its words, shortened.
        message: String,
    },
    /// A part of the answer is not as documented.
    #[error("its answer is not as documented: {field}: {problem}")]
    Field {
        /// Which part.
        field: &'static str,
        /// What is wrong with it.
        problem: FieldProblem,
    },
    /// The answer is about something else.
    #[error("it answered about {found} when asked about {expected}")]
    WrongPair {
        /// What was asked for, in the venue's spelling.
        expected: String,
        /// What came, shortened.
        found: String,
    },
    /// The best bid and the best ask are so far apart, either way, that neither says what the price is.
    #[error("its best bid is {bid} and its best ask {ask}: too far apart to be a price")]
    WideBook {
        /// The best bid.
        bid: UsdE8,
        /// The best ask.
        ask: UsdE8,
    },
    /// A price that cannot be: outside what was set as plausible.
    #[error("it says {price}, which is not between {low} and {high}")]
    Implausible {
        /// What it says.
        price: UsdE8,
        /// The lowest plausible.
        low: UsdE8,
        /// The highest plausible.
        high: UsdE8,
    },
    /// Too old, by the venue's own time or because it was received too long ago.
    #[error("its price is {age} old")]
    Stale {
        /// How old.
        age: Seconds,
    },
    /// By the venue's own time, from the future: its clock or this one is wrong.
    #[error("its price is from a time {by} ahead of this computer's clock")]
    Ahead {
        /// How far.
        by: Seconds,
    },
}

/// What is wrong with a part of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldProblem {
    /// It is not there.
    #[error("missing")]
    Missing,
    /// It is there more than once, so that nobody can tell which holds.
    #[error("there more than once")]
    Twice,
    /// It is not a JSON object.
    #[error("not an object")]
    NotAnObject,
    /// It is not a JSON array, or has another length than documented.
    #[error("not an array of the documented length")]
    NotAnArray,
    /// It is not a JSON string of plain characters.
    #[error("not a plain string")]
    NotText,
    /// It is not a JSON number.
    #[error("not a number")]
    NotANumber,
    /// It is not a moment in the documented format.
    #[error("not a time")]
    NotATime,
    /// It is not a price.
    #[error("not a price: {0}")]
    Price(PriceTextError),
}

/// Words from outside, for people: short, and without what could pass for a line of ours.
pub(crate) fn excerpt(text: &str) -> String {
    const CHARS: usize = 120;
    text.chars().take(CHARS).map(|found| if found.is_control() { ' ' } else { found }).collect()
}
