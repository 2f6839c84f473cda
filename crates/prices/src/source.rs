//! Who can be asked for a price, and what comes back.

use core::fmt;
use std::pin::Pin;

use bithedge_protocol::{UnixSeconds, UsdE8};

use crate::Refusal;

/// What is priced, and in what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pair {
    /// One bitcoin in US dollars.
    BtcUsd,
    /// One STX in US dollars.
    StxUsd,
}

impl Pair {
    /// Both.
    pub const ALL: [Self; 2] = [Self::BtcUsd, Self::StxUsd];

    /// As traders write it.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::BtcUsd => "BTC/USD",
            Self::StxUsd => "STX/USD",
        }
    }
}

impl fmt::Display for Pair {
    /// The symbol.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.symbol())
    }
}

/// What a source said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was priced.
    pub pair: Pair,
    /// US dollars for one.
    pub price: UsdE8,
    /// The source's own time of it, if it gives one.
    pub at: Option<UnixSeconds>,
    /// When the answer arrived, by the clock of whoever asked.
    pub received: UnixSeconds,
}

/// A question under way.
pub type Quoting<'a> = Pin<Box<dyn Future<Output = Result<Observation, Refusal>> + Send + 'a>>;

/// Somebody who can be asked what BTC or STX cost.
pub trait PriceSource: Send + Sync {
    /// What it is called, for people. Two sources of one name are one source.
    fn name(&self) -> &str;

    /// Whether it knows a price of this pair.
    fn lists(&self, pair: Pair) -> bool;

    /// What it says now. `now` is the caller's wall clock at the call.
    ///
    /// # Errors
    /// Resolves to a [`Refusal`] if there is no answer, or none that can be used.
    fn quote(&self, pair: Pair, now: UnixSeconds) -> Quoting<'_>;
}
