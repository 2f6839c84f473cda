//! What a quote means for its buyer.

use serde::{Deserialize, Serialize};

use crate::arith::{self, PPM, YEAR};
use crate::math::{self, PutGreeks};
use crate::pool::{Market, Order, Part, PolicyTerms, PoolError, Quote, value_policy};
use crate::{Asset, Ppm, Seconds, TokenAmount, UsdE8, UsdE12};

/// Below this the payout stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorZone {
    /// The price at which it begins.
    pub floor: UsdE8,
    /// What one BTC and its policy are worth together at half the floor, where the strike was promised: how deep the zone is.
    pub worth_at_half: UsdE8,
}

/// What cover costs and what it does, of a quote. Figures in USD are at the latest prices, those of [`Quote::spot`] and
/// [`Quote::stx`]: what the buyer hands over. The premium itself may have been made at lower ones
/// ([`Market::sale_prices`]), and delta and the implied volatility are of those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostOfCover {
    /// Everything paid.
    pub usd: UsdE8,
    /// Everything paid, as a part of what is protected at today's price.
    pub of_value: Ppm,
    /// That for a year of the same cover, each time at the same price, not compounded.
    pub per_year: Ppm,
    /// The price of BTC at expiry at which the payout is worth in USD what the cover cost in USD when it was bought, the same
    /// for both tokens: `K − usd/size`, rounded down. Below it the policy has earned its cost. `None` if that is below the
    /// floor, where nothing more is paid, or not above zero.
    pub break_even: Option<UsdE8>,
    /// The part of a small fall of BTC that is made good today.
    pub delta: Ppm,
    /// The volatility a year that the premium amounts to, fee and bounty left out. `None` if a minimum made the premium and no
    /// volatility does.
    pub implied_volatility: Option<Ppm>,
    /// Where protection ends.
    pub floor: FloorZone,
    /// What the pool would pay for all of it if it were sold back in the block that it is bought in: the refunds of all
    /// parts, as the contract's `get-policy-value` counts them. The rest of what was paid is the price of a change of mind.
    pub sold_back: TokenAmount,
}

impl Quote {
    /// The time from the market's block to the expiry.
    fn term(&self, market: &Market) -> Seconds {
        self.order.expiry.since(market.now).unwrap_or_default()
    }

    /// What the cover costs and does.
    ///
    /// # Errors
    /// [`PoolError`].
    pub fn cost_of_cover(&self, market: &Market) -> Result<CostOfCover, PoolError> {
        let (spot, _) = market.sale_prices();
        let (size, strike) = (self.order.size.base_units(), self.order.strike.base_units());
        let usd = self.order.asset.worth(self.total, self.spot, self.stx)?;
        let protected = arith::mul(size, self.spot.base_units())? / 100_000_000;
        let of_value = arith::mul_div_up(usd.base_units(), PPM, protected)?;
        let term = self.term(market);
        let per_year = arith::mul_div_up(of_value, YEAR, u128::from(term.get()))?;
        let floor = self.parts.iter().map(|part| part.floor).max().unwrap_or_default();
        // At half the floor: sBTC's cap is worth half of what it is at the floor; STX pays the same dollars.
        let fall = strike.saturating_sub(floor.base_units());
        let half = floor.base_units() / 2;
        let worth_at_half = match self.order.asset {
            Asset::Sbtc => arith::mul_div(strike, half, floor.base_units())?,
            Asset::Stx => arith::add(half, fall)?,
        };
        let volatility = self.parts.iter().map(|part| part.volatility).max().unwrap_or_default();
        let PutGreeks { delta, .. } = math::put_greeks(spot, self.order.strike, volatility, term)?;
        Ok(CostOfCover {
            usd,
            of_value: Ppm::new(of_value),
            per_year: Ppm::new(per_year),
            break_even: self.break_even(usd, floor)?,
            delta,
            implied_volatility: self.implied_volatility(market)?,
            floor: FloorZone { floor, worth_at_half: UsdE8::new(worth_at_half) },
            sold_back: self.sold_back(market)?,
        })
    }

    /// A part of a tier that the market does not know is worth nothing to it.
    fn sold_back(&self, market: &Market) -> Result<TokenAmount, PoolError> {
        let Order { asset, strike, expiry, .. } = self.order;
        let mut sum = 0;
        for part in &self.parts {
            let Some(terms) = market.tier(part.tier) else { continue };
            let Part { tier, floor, size, lock, .. } = *part;
            let policy = PolicyTerms { asset, tier, strike, floor, expiry, size, lock };
            let value = value_policy(&policy, &market.pricing, terms, &market.rules, market.now)?;
            sum = arith::add(sum, value.refund.base_units())?;
        }
        Ok(TokenAmount::new(sum))
    }

    /// Paid in either token, the payout at a price `S` between floor and strike is worth `size·(K − S)` in USD.
    fn break_even(&self, usd: UsdE8, floor: UsdE8) -> Result<Option<UsdE8>, PoolError> {
        let (size, strike) = (self.order.size.base_units(), self.order.strike.base_units());
        let per_btc = arith::mul_div_up(usd.base_units(), 100_000_000, size)?;
        let price = strike.saturating_sub(per_btc);
        Ok((price >= floor.base_units() && price > 0).then_some(UsdE8::new(price)))
    }

    fn implied_volatility(&self, market: &Market) -> Result<Option<Ppm>, PoolError> {
        let (spot, stx) = market.sale_prices();
        // The premium of one BTC in USD, 12 decimals.
        let (price, divisor) = match self.order.asset {
            Asset::Sbtc => (arith::mul(spot.base_units(), 10_000)?, self.order.size.base_units()),
            Asset::Stx => (arith::mul(stx.base_units(), 1_000_000)?, self.order.size.base_units()),
        };
        let option = arith::mul_div(self.premium.base_units(), price, divisor)?;
        let term = self.term(market);
        Ok(math::implied_volatility(spot, self.order.strike, term, UsdE12::new(option))?)
    }
}
