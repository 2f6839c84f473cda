//! What would be left of a bucket if prices were others.

use serde::{Deserialize, Serialize};

use crate::arith;
use crate::math::MAX_VOLATILITY;
use crate::pool::{BookedSeries, BoundaryPrice, Bucket, PolicyTerms, PoolError, TierTerms, nav};
use crate::{Asset, Ppm, PpmChange, Sats, TokenAmount, UnixSeconds, UsdChange, UsdE8};

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
    let due = due(bucket, after.btc, after.stx, None)?;
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

/// What everything that a bucket sold would pay at prices, or everything that it sold for one expiry: series by series as a
/// settlement draws it, whether the bucket has as much or not.
///
/// # Errors
/// [`PoolError`].
pub fn due(
    bucket: &Bucket,
    btc: UsdE8,
    stx: UsdE8,
    expiry: Option<UnixSeconds>,
) -> Result<TokenAmount, PoolError> {
    let books = bucket.live.iter().filter(|book| expiry.is_none_or(|expiry| book.expiry == expiry));
    let series = books.flat_map(|book| book.series.iter().map(|series| (book.expiry, series)));
    let due =
        series.map(|(expiry, series)| due_of(bucket, expiry, series, btc, stx)).try_fold(0, |sum, one| {
            let sum = arith::add(sum, one?.base_units())?;
            Ok::<_, PoolError>(sum)
        })?;
    Ok(TokenAmount::new(due))
}

/// What one series of a bucket would pay at prices.
pub(super) fn due_of(
    bucket: &Bucket,
    expiry: UnixSeconds,
    series: &BookedSeries,
    btc: UsdE8,
    stx: UsdE8,
) -> Result<TokenAmount, PoolError> {
    if series.size == Sats::ZERO || btc >= series.strike {
        return Ok(TokenAmount::ZERO);
    }
    let all = PolicyTerms {
        asset: bucket.asset,
        tier: bucket.tier,
        strike: series.strike,
        floor: series.floor,
        expiry,
        size: series.size,
        lock: series.locked,
    };
    all.payout(btc, stx)
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

    /// The changes of volatility shown against them, for sBTC, whose promises do not depend on STX.
    pub const VOLATILITY_STEPS: [PpmChange; 4] =
        [PpmChange::new(-250_000), PpmChange::ZERO, PpmChange::new(500_000), PpmChange::new(1_000_000)];

    /// The changes of STX *against BTC* shown against them, for STX: it falls with BTC, and then this much on top of it.
    pub const STX_AGAINST_BTC_STEPS: [PpmChange; 5] = [
        PpmChange::new(-600_000),
        PpmChange::new(-400_000),
        PpmChange::new(-200_000),
        PpmChange::ZERO,
        PpmChange::new(200_000),
    ];

    /// A change of BTC, and one of the price of STX in BTC: in USD that is `(1 + btc)·(1 + ratio) − 1`, rounded down. `None` if
    /// it cannot be counted.
    #[must_use]
    pub fn with_stx_against_btc(btc: PpmChange, ratio: PpmChange) -> Option<Self> {
        let whole = i128::try_from(arith::PPM).ok()?;
        let factor = |change: PpmChange| whole.checked_add(change.base_units());
        let product = factor(btc)?.checked_mul(factor(ratio)?)?;
        let stx = PpmChange::new(product.div_euclid(whole).checked_sub(whole)?);
        Some(Self { btc, stx, ..Self::default() })
    }

    /// The other changes of a map of a token's bucket, one for each row of [`Shock::grid`].
    #[must_use]
    pub const fn other_steps(asset: Asset) -> &'static [PpmChange] {
        match asset {
            Asset::Sbtc => &Self::VOLATILITY_STEPS,
            Asset::Stx => &Self::STX_AGAINST_BTC_STEPS,
        }
    }

    /// The shocks of a map: a row for each of [`Shock::other_steps`], in it one for each of [`Shock::BTC_STEPS`].
    #[must_use]
    pub fn grid(asset: Asset) -> Vec<Vec<Self>> {
        let shock = |btc: PpmChange, other: PpmChange| match asset {
            Asset::Sbtc => Some(Self { btc, volatility: other, ..Self::default() }),
            Asset::Stx => Self::with_stx_against_btc(btc, other),
        };
        let row =
            |other: &PpmChange| Self::BTC_STEPS.into_iter().filter_map(|btc| shock(btc, *other)).collect();
        Self::other_steps(asset).iter().map(row).collect()
    }
}
