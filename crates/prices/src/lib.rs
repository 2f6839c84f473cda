//! What BTC and STX cost in US dollars on public markets.
//!
//! For a keeper who may report prices to the oracle, and for showing what the market says beside what the oracle says.
//!
//! * [`PriceSource`] is anybody who can be asked; [`Exchange`] asks a [`Venue`] over HTTPS, politely, and reads its documented
//!   format strictly: whatever is not as documented is a [`Refusal`], never a guess.
//! * [`MedianOfMarkets`] asks several at once and gives one price only if enough of them agree ([`Consensus`]); otherwise it
//!   says who said what ([`NoConsensus`]). It keeps nothing: there is no old price that could be taken for a new one.
//! * [`ReportRule`] says when a report is worth its fee.
//!
//! Only markets in US dollars are asked. A dollar token is not a dollar: BTC in USDT has been several per cent away from BTC
//! in USD, at the very moments in which prices matter. Which venues there are, and why: the documentation of [`Venue`].
//!
//! Time comes in as a parameter: `now` is the caller's wall clock and only labels what was seen; durations are measured on a
//! clock that never jumps.

mod book;
mod consensus;
mod decimal;
mod exchange;
mod http;
mod json;
mod refusal;
mod report;
mod source;

pub use consensus::{
    BothPrices, Consensus, MedianOfMarkets, NoConsensus, Rules, RulesError, Said, Shortfall, Verdict, judge,
};
pub use decimal::{MAX_PRICE, PriceTextError, parse_usd};
pub use exchange::{Exchange, LoopbackError, Pace, Venue};
pub use http::{AddressError, Http, HttpError, MAX_BODY_BYTES, USER_AGENT};
pub use refusal::{FieldProblem, Refusal};
pub use report::{
    BOUNDARY_OFFSET, Coins, DeviationBound, Jump, ReportDecision, ReportRule, ReportView, Side, Stamped,
    WhyReport, WhyWait,
};
pub use source::{Observation, Pair, PriceSource, Quoting};
