//! One price out of a ticker.

use bithedge_protocol::{Ppm, UsdE8};

use crate::Refusal;

/// The best bid, the best ask and the last trade of one market.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticker {
    pub(crate) bid: UsdE8,
    pub(crate) ask: UsdE8,
    pub(crate) last: UsdE8,
}

/// Bid and ask further apart than this say nothing about the price: 2 % of the lower.
const WIDEST_BOOK: Ppm = Ppm::new(20_000);

impl Ticker {
    /// The middle one of bid, ask and last trade: the last trade, unless the market has moved away from it since, and then the
    /// nearest that somebody offers now. So a market in which nobody has traded for an hour does not give an old price.
    pub(crate) fn price(self) -> Result<UsdE8, Refusal> {
        let Self { bid, ask, last } = self;
        let (low, high) = (bid.min(ask), bid.max(ask));
        if !is_within(high, low, WIDEST_BOOK) {
            return Err(Refusal::WideBook { bid, ask });
        }
        Ok(last.clamp(low, high))
    }
}

/// Whether a price is at most so far away from a base, in parts of the base: the oracle's `is-near`.
pub(crate) fn is_within(price: UsdE8, base: UsdE8, bound: Ppm) -> bool {
    let distance = price.base_units().abs_diff(base.base_units()).checked_mul(1_000_000);
    let allowed = bound.base_units().checked_mul(base.base_units());
    // What is beyond counting is not near.
    matches!((distance, allowed), (Some(distance), Some(allowed)) if distance <= allowed)
}
