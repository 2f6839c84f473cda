//! From what somebody wants to what is sold: the cheapest listed policy that protects at least that much for at least that
//! long, among all tiers and tokens.

use serde::{Deserialize, Serialize};

use crate::pool::{Market, Order, PoolError, Quote, SaleRefusal};
use crate::series::{self, StrikeGrid};
use crate::{Asset, Sats, Seconds, UnixSeconds, UsdE8};

/// What somebody wants to protect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// How much BTC.
    pub size: Sats,
    /// At which price of one BTC protection should begin, or above.
    pub level: UsdE8,
    /// For how long, or longer.
    pub term: Seconds,
}

/// One way to fulfil a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What would be ordered.
    pub order: Order,
    /// What it costs, or why it is not sold.
    pub quote: Result<Quote, SaleRefusal>,
    /// What it costs in USD at the latest prices; `None` if it is not sold.
    pub usd: Option<UsdE8>,
}

/// Strikes up to twice spot, on a grid of at least 0.04 % of it: the contract's bounds of a tier.
const MOST_STRIKES: usize = 5_000;

impl Market {
    /// The strikes that a tier sells now, the lowest first: no more than any grid that governance can set has.
    #[must_use]
    pub fn strikes(&self, tier: u8) -> Vec<UsdE8> {
        let Some(terms) = self.tier(tier) else { return Vec::new() };
        let spot = self.pricing.btc.base_units();
        let Some(grid) = StrikeGrid::at(self.pricing.btc, terms.grid) else { return Vec::new() };
        // The contract's bound is `floor(strike * 1e6 / spot) >= min`: that is `strike >= ceil(min * spot / 1e6)`.
        let bound = |ratio: crate::Ppm| {
            let product = spot.checked_mul(ratio.base_units())?;
            Some(UsdE8::new(product.div_ceil(1_000_000)))
        };
        let (Some(from), Some(to)) = (bound(terms.min_strike), bound(terms.max_strike)) else {
            return Vec::new();
        };
        let next = |strike: &UsdE8| strike.checked_add(grid.step()).ok();
        std::iter::successors(grid.at_or_above(from), next)
            .take_while(|strike| *strike < to)
            .take(MOST_STRIKES)
            .collect()
    }

    /// The expiries that are sold now, the nearest first.
    #[must_use]
    pub fn expiries(&self) -> Vec<UnixSeconds> {
        let long_enough =
            |expiry: &UnixSeconds| expiry.since(self.now).is_some_and(|term| term >= self.rules.min_term);
        series::listed_expiries(self.now).into_iter().filter(long_enough).collect()
    }

    /// Every way to fulfil a wish, what is sold first and the cheapest (in USD at the latest prices) of that; what is not sold with the reason. Each
    /// tier is asked for its lowest strike at or above the level, each token for the first expiry that is far enough; empty if
    /// nothing listed reaches that far or that high.
    ///
    /// # Errors
    /// [`PoolError`] for prices that cannot be counted with.
    pub fn candidates(&self, wish: &Wish) -> Result<Vec<Candidate>, PoolError> {
        let Some(until) = self.now.checked_add(wish.term) else { return Ok(Vec::new()) };
        let Some(expiry) = self.expiries().into_iter().find(|expiry| *expiry >= until) else {
            return Ok(Vec::new());
        };
        let mut candidates = Vec::new();
        for terms in &self.tiers {
            let strikes = self.strikes(terms.tier);
            let Some(strike) = strikes.into_iter().find(|strike| *strike >= wish.level) else { continue };
            for asset in Asset::ALL {
                let order = Order { asset, tier: terms.tier, strike, expiry, size: wish.size };
                let quote = self.quote(&order);
                let usd = match &quote {
                    Ok(quote) => Some(asset.worth(quote.total, quote.spot, quote.stx)?),
                    Err(_) => None,
                };
                candidates.push(Candidate { order, quote, usd });
            }
        }
        candidates.sort_by_key(|one| (one.usd.is_none(), one.usd, one.order.strike, one.order.tier));
        Ok(candidates)
    }
}
