//! What would be left of a bucket if prices were others.

use serde::{Deserialize, Serialize};

use crate::arith;
use crate::math::MAX_VOLATILITY;
use crate::pool::{BoundaryPrice, Bucket, PolicyTerms, PoolError, TierTerms, nav};
use crate::{Asset, PpmChange, Sats, TokenAmount, UsdChange};
use crate::{Ppm, UsdE8};

/// Relative changes of what a bucket's worth depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shock {
    /// Of the price of BTC.
    pub btc: PpmChange,
    /// Of the price of STX.
    pub stx: PpmChange,
    /// Of volatility.
    pub volatility: PpmChange,
}

/// A bucket after a shock, before anybody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StressOutcome {
    /// The prices it is valued at.
    pub price: BoundaryPrice,
    /// The exit NAV, in the token.
    pub nav: TokenAmount,
    /// The change of it, in the token; `None` if there was none before.
    pub change: Option<PpmChange>,
    /// The change of its worth in USD, the token's own price included.
    pub usd: UsdChange,
    /// What every policy would pay if all expired there.
    pub due: TokenAmount,
    /// The part of that which the bucket could not pay from its assets.
    pub missing: TokenAmount,
    /// Whether promises would need more collateral than there is: sales and exits stop.
    pub short: bool,
}

/// Values a bucket at the prices that a shock makes of `price`.
///
/// # Errors
/// [`PoolError`]; [`PoolError::Amount`] for a shock that leaves a price of nothing.
pub fn stress(
    bucket: &Bucket,
    terms: &TierTerms,
    price: &BoundaryPrice,
    shock: &Shock,
) -> Result<StressOutcome, PoolError> {
    let moved = |change: PpmChange, price: UsdE8| match change.apply(price) {
        Some(UsdE8::ZERO) | None => Err(PoolError::Amount),
        Some(price) => Ok(price),
    };
    let volatility = |change: PpmChange, volatility: Ppm| -> Result<Ppm, PoolError> {
        let moved = change.apply(UsdE8::new(volatility.base_units())).ok_or(PoolError::Amount)?;
        Ok(Ppm::new(moved.base_units()).min(MAX_VOLATILITY))
    };
    let after = BoundaryPrice {
        at: price.at,
        btc: moved(shock.btc, price.btc)?,
        stx: moved(shock.stx, price.stx)?,
        vol_ask: volatility(shock.volatility, price.vol_ask)?,
        vol_low: volatility(shock.volatility, price.vol_low)?,
    };
    let (before, left) = (nav(bucket, terms, price)?.exit, nav(bucket, terms, &after)?.exit);
    let worth = |amount, at: &BoundaryPrice| bucket.asset.worth(amount, at.btc, at.stx);
    let due = due(bucket, after.btc, after.stx)?;
    Ok(StressOutcome {
        price: after,
        nav: left,
        change: PpmChange::relative(before.base_units(), left.base_units()),
        usd: UsdChange::between(worth(before, price)?, worth(left, &after)?),
        due,
        missing: due.saturating_sub(bucket.assets),
        short: bucket.needed(after.stx)? > bucket.assets,
    })
}

/// What everything that a bucket sold would pay at prices, series by series, as a settlement draws it.
pub(super) fn due(bucket: &Bucket, btc: UsdE8, stx: UsdE8) -> Result<TokenAmount, PoolError> {
    let mut due = 0;
    for book in &bucket.live {
        for series in &book.series {
            let all = PolicyTerms {
                asset: bucket.asset,
                tier: bucket.tier,
                strike: series.strike,
                floor: series.floor,
                expiry: book.expiry,
                size: series.size,
                lock: series.locked,
            };
            let pays = if series.size == Sats::ZERO || btc >= series.strike {
                TokenAmount::ZERO
            } else {
                all.payout(btc, stx)?
            };
            due = arith::add(due, pays.base_units())?;
        }
    }
    Ok(TokenAmount::new(due))
}

impl Shock {
    /// The changes of BTC that providers are shown: from half its price to a fifth more.
    pub const BTC_STEPS: [PpmChange; 8] = [
        PpmChange::new(-500_000),
        PpmChange::new(-400_000),
        PpmChange::new(-300_000),
        PpmChange::new(-200_000),
        PpmChange::new(-100_000),
        PpmChange::ZERO,
        PpmChange::new(100_000),
        PpmChange::new(200_000),
    ];

    /// The changes shown against them: volatility for sBTC, whose promises do not depend on STX, otherwise STX.
    #[must_use]
    pub fn grid(asset: Asset) -> Vec<Vec<Self>> {
        let row = |make: fn(PpmChange, PpmChange) -> Self, other: i128| {
            Self::BTC_STEPS.map(|btc| make(btc, PpmChange::new(other))).to_vec()
        };
        match asset {
            Asset::Sbtc => [-250_000, 0, 500_000, 1_000_000]
                .map(|other| row(|btc, volatility| Self { btc, volatility, ..Self::default() }, other))
                .to_vec(),
            Asset::Stx => [-600_000, -400_000, -200_000, 0, 200_000]
                .map(|other| row(|btc, stx| Self { btc, stx, ..Self::default() }, other))
                .to_vec(),
        }
    }
}
