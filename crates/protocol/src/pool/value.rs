//! Prices of now, and what a policy is worth at them.

use serde::{Deserialize, Serialize};

use super::terms::{SaleRules, TierTerms};
use super::{PoolError, check_figures};
use crate::arith::{self, Overflow, PPM};
use crate::math::{self, MAX_VOLATILITY};
use crate::payoff::{PayoffError, SbtcPut, StxPut};
use crate::{Asset, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8, UsdE12};

/// What the oracle says now: its `get-pricing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pricing {
    /// When the latest prices were accepted.
    pub at: UnixSeconds,
    /// The latest price of BTC.
    pub btc: UsdE8,
    /// The latest price of STX.
    pub stx: UsdE8,
    /// BTC's average of the last half-hour.
    pub btc_twap: UsdE8,
    /// STX's average of the last half-hour.
    pub stx_twap: UsdE8,
    /// The volatility a year to sell at.
    pub vol_ask: Ppm,
    /// The volatility a year to buy back at.
    pub vol_bid: Ppm,
}

/// What makes a policy's price: the fields of the contract's record that the pool asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyTerms {
    /// What it is paid in.
    pub asset: Asset,
    /// The tier that sold it.
    pub tier: u8,
    /// The strike.
    pub strike: UsdE8,
    /// Below it the payout stays as it is.
    pub floor: UsdE8,
    /// When it ends.
    pub expiry: UnixSeconds,
    /// What it protects.
    pub size: Sats,
    /// What is locked for it.
    pub lock: TokenAmount,
}

/// What a policy is worth now: the contract's `get-policy-value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyValue {
    /// What the pool pays for it when it is sold back.
    pub refund: TokenAmount,
    /// That in USD.
    pub usd: UsdE8,
    /// What an activation would pay, if nothing stands against it.
    pub payout: TokenAmount,
}

/// Volatility of a strike: the smile rises below spot.
fn skewed(volatility: Ppm, skew: Ppm, spot: UsdE8, strike: UsdE8) -> Result<u128, Overflow> {
    let below = spot.base_units().saturating_sub(strike.base_units());
    arith::add(volatility.base_units(), arith::mul_div(skew.base_units(), below, spot.base_units())?)
}

/// Volatility that a tier asks at a strike: the smile with a markup, rounded up, as far as it can be priced.
pub(super) fn marked_up(
    volatility: Ppm,
    skew: Ppm,
    markup: Ppm,
    spot: UsdE8,
    strike: UsdE8,
) -> Result<Ppm, Overflow> {
    let smile = skewed(volatility, skew, spot, strike)?;
    let ask = arith::mul_div_up(smile, arith::add(PPM, markup.base_units())?, PPM)?;
    Ok(Ppm::new(ask).min(MAX_VOLATILITY))
}

/// An option's price of one BTC as an amount of token for `size` satoshis, rounded up or down.
pub(super) fn in_token(
    asset: Asset,
    size: Sats,
    price: UsdE12,
    btc: UsdE8,
    stx: UsdE8,
    up: bool,
) -> Result<u128, Overflow> {
    let divisor = match asset {
        Asset::Sbtc => arith::mul(btc.base_units(), 10_000)?,
        Asset::Stx => arith::mul(stx.base_units(), 1_000_000)?,
    };
    let divide = if up { arith::mul_div_up } else { arith::mul_div };
    divide(size.base_units(), price.base_units(), divisor)
}

impl From<PayoffError> for PoolError {
    fn from(error: PayoffError) -> Self {
        match error {
            PayoffError::ZeroPrice | PayoffError::FloorOutOfRange => Self::Amount,
            PayoffError::Overflow => Self::Overflow(Overflow),
        }
    }
}

impl PolicyTerms {
    /// What the policy pays at prices of BTC and STX, in its token, rounded down.
    ///
    /// # Errors
    /// [`PoolError::Amount`] for prices of 0 and floors that are not below the strike; [`PoolError::Overflow`].
    pub fn payout(&self, btc: UsdE8, stx: UsdE8) -> Result<TokenAmount, PoolError> {
        Ok(match self.asset {
            Asset::Sbtc => SbtcPut::new(self.size, self.strike, self.floor)?.payout(btc)?.into(),
            Asset::Stx => StxPut::new(self.size, self.strike, self.floor)?.payout(btc, stx)?.into(),
        })
    }
}

/// What a policy is worth: the refund of a sale back at the bid, and what an activation would pay. Both at the higher of the
/// latest price and the average, which is against the owner of a put; STX likewise.
///
/// # Errors
/// [`PoolError`].
pub fn value_policy(
    policy: &PolicyTerms,
    pricing: &Pricing,
    terms: &TierTerms,
    rules: &SaleRules,
    now: UnixSeconds,
) -> Result<PolicyValue, PoolError> {
    let (spot, stx) = (pricing.btc.max(pricing.btc_twap), pricing.stx.max(pricing.stx_twap));
    check_figures(policy.size, policy.strike, spot, stx)?;
    let smile = skewed(pricing.vol_bid, terms.skew, spot, policy.strike)?;
    let bid = arith::mul_div(smile, PPM.saturating_sub(rules.bid_spread.base_units()), PPM)?;
    let volatility = Ppm::new(bid).min(MAX_VOLATILITY);
    let term = policy.expiry.since(now).unwrap_or(Seconds::ZERO);
    let price = math::put_price(spot, policy.strike, volatility, term)?;
    let worth = in_token(policy.asset, policy.size, price, spot, stx, false)?;
    let refund = policy.lock.min(TokenAmount::new(worth));
    Ok(PolicyValue { refund, usd: policy.asset.worth(refund, spot, stx)?, payout: policy.payout(spot, stx)? })
}
