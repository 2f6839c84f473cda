//! What a bucket's promises are worth at a close, and what is left for its providers.

use serde::{Deserialize, Serialize};

use super::state::{Bucket, Shares};
use super::terms::TierTerms;
use super::value::{in_token, marked_up};
use super::{PoolError, most_that_is_paid};
use crate::arith::{self, PPM};
use crate::math::{self, SeriesEntry};
use crate::{Asset, Ppm, TokenAmount, UnixSeconds, UsdE8, UsdE12};

/// Nobody's asset and shares, which keep the first depositor from setting the price of a share.
const VIRTUAL_ASSETS: u128 = 1;
const VIRTUAL_SHARES: u128 = 1_000_000;

/// The prices that a close is made at: what the oracle recorded for a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundaryPrice {
    /// The boundary: 08:00 UTC of a day.
    pub at: UnixSeconds,
    /// BTC.
    pub btc: UsdE8,
    /// STX.
    pub stx: UsdE8,
    /// The volatility a year for exits.
    pub vol_ask: Ppm,
    /// The volatility a year for deposits.
    pub vol_low: Ppm,
}

/// What a bucket's promises are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// At the volatility that the tier asks: for exits.
    pub high: TokenAmount,
    /// At the lower volatility without markup: for deposits.
    pub low: TokenAmount,
}

/// Net asset values of a bucket: assets less marks, never below nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nav {
    /// What exits are paid at.
    pub exit: TokenAmount,
    /// What deposits are taken at; nothing while nobody has shares.
    pub deposit: TokenAmount,
    /// Shares before the close.
    pub shares: Shares,
    /// Whether exits are paid and deposits taken: the exit NAV is a tenth of the assets or more.
    pub healthy: bool,
}

/// The pair that a close stores, with the virtual asset and shares in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NavPair {
    /// NAV and the virtual asset.
    pub nav: TokenAmount,
    /// Shares and the virtual shares.
    pub shares: Shares,
}

impl NavPair {
    /// What `shares` are worth, rounded down.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn value(self, shares: Shares) -> Result<TokenAmount, PoolError> {
        let value = arith::mul_div(shares.count(), self.nav.base_units(), self.shares.count())?;
        Ok(TokenAmount::new(value))
    }
}

impl Nav {
    /// The pair for exits, and for what positions are worth.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn exit_pair(self) -> Result<NavPair, PoolError> {
        self.pair(self.exit)
    }

    /// The pair for deposits.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn deposit_pair(self) -> Result<NavPair, PoolError> {
        self.pair(self.deposit)
    }

    fn pair(self, nav: TokenAmount) -> Result<NavPair, PoolError> {
        Ok(NavPair {
            nav: TokenAmount::new(arith::add(nav.base_units(), VIRTUAL_ASSETS)?),
            shares: Shares::new(arith::add(self.shares.count(), VIRTUAL_SHARES)?),
        })
    }
}

/// Marks of everything that a bucket sold and has not settled, at a boundary's prices.
///
/// A series whose expiry is not after the boundary is marked at what it pays there; the contract wants it settled first.
///
/// # Errors
/// [`PoolError`].
pub fn marks(bucket: &Bucket, terms: &TierTerms, price: &BoundaryPrice) -> Result<Marks, PoolError> {
    let (mut high, mut low) = (0, 0);
    for book in &bucket.live {
        let term = book.expiry.since(price.at).unwrap_or_default();
        let entry = |strike, volatility, markup| -> Result<SeriesEntry, PoolError> {
            let volatility = marked_up(volatility, terms.skew, markup, price.btc, strike)?;
            Ok(SeriesEntry { strike, volatility })
        };
        let asks = book.series.iter().map(|one| entry(one.strike, price.vol_ask, terms.markup));
        let lows = book.series.iter().map(|one| entry(one.strike, price.vol_low, Ppm::ZERO));
        let asks = math::mark_series(price.btc, term, &asks.collect::<Result<Vec<_>, _>>()?)?;
        let lows = math::mark_series(price.btc, term, &lows.collect::<Result<Vec<_>, _>>()?)?;
        for (series, (ask, least)) in book.series.iter().zip(asks.into_iter().zip(lows)) {
            let most = most_that_is_paid(bucket.asset, series.size, series.strike, series.floor)?;
            let mark = |option: UsdE12, up: bool| -> Result<u128, PoolError> {
                let fall = series.strike.base_units().saturating_sub(series.floor.base_units());
                let (option, limit) = match bucket.asset {
                    Asset::Sbtc => (option, most),
                    Asset::Stx => (option.min(UsdE12::new(arith::mul(10_000, fall)?)), u128::MAX),
                };
                Ok(limit.min(in_token(bucket.asset, series.size, option, price.btc, price.stx, up)?))
            };
            high = arith::add(high, mark(ask, true)?)?;
            low = arith::add(low, mark(least, false)?)?;
        }
    }
    Ok(Marks { high: TokenAmount::new(high), low: TokenAmount::new(low) })
}

/// What a close at these prices would take the bucket to be worth: what `close-epoch` stores and prints.
///
/// # Errors
/// [`PoolError`], as [`marks`].
pub fn nav(bucket: &Bucket, terms: &TierTerms, price: &BoundaryPrice) -> Result<Nav, PoolError> {
    let marks = marks(bucket, terms, price)?;
    let assets = bucket.assets;
    let exit = assets.saturating_sub(marks.high);
    let dust = arith::mul(assets.base_units(), arith::ONE)? < bucket.shares.count();
    // What rounding left of a bucket that lost everything is nothing: its shares end here.
    let reset = bucket.live.is_empty() && (assets == TokenAmount::ZERO || dust);
    let shares = if reset { Shares::ZERO } else { bucket.shares };
    let deposit = if shares == Shares::ZERO { TokenAmount::ZERO } else { assets.saturating_sub(marks.low) };
    let healthy = assets > TokenAmount::ZERO && arith::mul(exit.base_units(), 10)? >= assets.base_units();
    Ok(Nav { exit, deposit, shares, healthy })
}

impl Bucket {
    /// The fee of an exit at today's utilisation, ppm of what leaves: it stays with those who stay.
    ///
    /// # Errors
    /// [`PoolError`].
    pub fn exit_fee(&self, terms: &TierTerms, stx: UsdE8) -> Result<Ppm, PoolError> {
        let needed = self.needed(stx)?.base_units();
        let used = arith::mul_div(needed, PPM, self.assets.base_units())?.min(PPM);
        let slope = arith::mul_div(terms.exit_fee_slope.base_units(), used, PPM)?;
        Ok(Ppm::new(arith::add(terms.exit_fee.base_units(), slope)?))
    }
}
