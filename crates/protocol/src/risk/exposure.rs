//! What a bucket stands for, and how it answers to prices.

use serde::{Deserialize, Serialize};

use super::stress::due_of;
use crate::arith;
use crate::pool::{BoundaryPrice, Bucket, PoolError, TierTerms, marks};
use crate::{Ppm, PpmChange, Sats, SatsChange, TokenAmount, UnixSeconds, UsdChange, UsdE8};

/// What is sold for one expiry or at one strike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// What is protected.
    pub size: Sats,
    /// The collateral locked.
    pub locked: TokenAmount,
    /// What would be due at the price of now.
    pub due_now: TokenAmount,
    /// The most that can be due at the STX price of now.
    pub most: TokenAmount,
}

/// A bucket's promises as its providers bear them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// How much BTC the promises are like holding: what providers lose when BTC falls a little, and the other way round. It
    /// does not count the token's own price.
    pub delta: SatsChange,
    /// What the promises cost more when volatility rises by one percentage point, USD: a loss of the providers.
    pub vega: UsdChange,
    /// The most that can be due in the token, at the STX price of now.
    pub most: TokenAmount,
    /// That as a part of the assets; `None` without assets.
    pub most_of_assets: Option<Ppm>,
    /// By expiry, the nearest first.
    pub by_expiry: Vec<(UnixSeconds, Rung)>,
    /// By strike, the lowest first.
    pub by_strike: Vec<(UsdE8, Rung)>,
}

/// The step of BTC's price that delta is measured over, each way: half a per cent.
const STEP: i128 = 5_000;
/// A percentage point of volatility.
const POINT: u128 = 10_000;

/// What a bucket is exposed to at prices, by the marks of an exit.
///
/// # Errors
/// [`PoolError`].
pub fn exposure(bucket: &Bucket, terms: &TierTerms, price: &BoundaryPrice) -> Result<Exposure, PoolError> {
    let worth = |at: &BoundaryPrice| -> Result<UsdE8, PoolError> {
        Ok(bucket.asset.worth(marks(bucket, terms, at)?.high, at.btc, at.stx)?)
    };
    let moved = |step: i128| -> Result<BoundaryPrice, PoolError> {
        let btc = PpmChange::new(step).apply(price.btc).ok_or(PoolError::Amount)?;
        Ok(BoundaryPrice { btc, ..*price })
    };
    let (down, up) = (moved(-STEP)?, moved(STEP)?);
    let fall = UsdChange::between(worth(&up)?, worth(&down)?).base_units();
    let width = up.btc.base_units().saturating_sub(down.btc.base_units());
    let delta = i128::try_from(width)
        .ok()
        .and_then(|width| fall.checked_mul(100_000_000)?.checked_div(width))
        .unwrap_or(0);
    let volatile =
        BoundaryPrice { vol_ask: Ppm::new(arith::add(price.vol_ask.base_units(), POINT)?), ..*price };
    let vega = UsdChange::between(worth(price)?, worth(&volatile)?);

    let mut by_expiry: Vec<(UnixSeconds, Rung)> = Vec::new();
    let mut by_strike: Vec<(UsdE8, Rung)> = Vec::new();
    for book in &bucket.live {
        for series in &book.series {
            let due = |btc| due_of(bucket, book.expiry, series, btc, price.stx);
            let rung = Rung {
                size: series.size,
                locked: series.locked,
                due_now: due(price.btc)?,
                // Below the floor nothing is added.
                most: due(series.floor)?,
            };
            put(&mut by_expiry, book.expiry, rung)?;
            put(&mut by_strike, series.strike, rung)?;
        }
    }
    by_expiry.sort_by_key(|(expiry, _)| *expiry);
    by_strike.sort_by_key(|(strike, _)| *strike);
    let most = by_expiry.iter().try_fold(0, |sum, (_, rung)| arith::add(sum, rung.most.base_units()))?;
    let assets = bucket.assets.base_units();
    let of_assets = arith::mul_div_up(most, arith::PPM, assets)?;
    Ok(Exposure {
        delta: SatsChange::new(delta),
        vega,
        most: TokenAmount::new(most),
        most_of_assets: (assets > 0).then_some(Ppm::new(of_assets)),
        by_expiry,
        by_strike,
    })
}

fn put<K: PartialEq>(rungs: &mut Vec<(K, Rung)>, key: K, rung: Rung) -> Result<(), PoolError> {
    let sum = |a: TokenAmount, b: TokenAmount| -> Result<TokenAmount, PoolError> {
        Ok(TokenAmount::new(arith::add(a.base_units(), b.base_units())?))
    };
    if let Some((_, found)) = rungs.iter_mut().find(|(one, _)| *one == key) {
        *found = Rung {
            size: Sats::new(arith::add(found.size.base_units(), rung.size.base_units())?),
            locked: sum(found.locked, rung.locked)?,
            due_now: sum(found.due_now, rung.due_now)?,
            most: sum(found.most, rung.most)?,
        };
    } else {
        rungs.push((key, rung));
    }
    Ok(())
}
