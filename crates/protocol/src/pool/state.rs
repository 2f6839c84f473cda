//! A bucket's books, as they are read from the chain.

use serde::{Deserialize, Serialize};

use super::PoolError;
use super::terms::TierTerms;
use crate::arith::{self, Overflow, PPM};
use crate::wire::decimal_string;
use crate::{Asset, Ppm, Sats, TokenAmount, UnixSeconds, UsdE8};

/// Shares of a bucket. One base unit of the first deposit is a million of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shares(u128);

impl Shares {
    /// None.
    pub const ZERO: Self = Self(0);

    /// So many shares.
    #[must_use]
    pub const fn new(count: u128) -> Self {
        Self(count)
    }

    /// How many.
    #[must_use]
    pub const fn count(self) -> u128 {
        self.0
    }
}

decimal_string!(Shares, u128);

/// What a bucket sold at one strike of one expiry and has not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedSeries {
    /// The strike.
    pub strike: UsdE8,
    /// Below it a policy pays no more.
    pub floor: UsdE8,
    /// Collateral for each dollar promised, of an STX series.
    pub ratio: Ppm,
    /// What is protected.
    pub size: Sats,
    /// The collateral locked.
    pub locked: TokenAmount,
    /// The collateral that the promise calls for in USD, of an STX series.
    pub required: UsdE8,
}

/// All series of a bucket with the same expiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// When they end.
    pub expiry: UnixSeconds,
    /// Them, in the order of their first sales.
    pub series: Vec<BookedSeries>,
}

/// A bucket: one tier with one token. Amounts in the token's base unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// The tier's number.
    pub tier: u8,
    /// What it holds.
    pub asset: Asset,
    /// The most capital that it takes.
    pub capacity: TokenAmount,
    /// Its assets.
    pub assets: TokenAmount,
    /// The part of them that came as premiums since the last close, which backs no sale yet.
    pub fresh: TokenAmount,
    /// Collateral locked.
    pub locked: TokenAmount,
    /// Collateral that STX promises call for, USD.
    pub required: UsdE8,
    /// Shares, also those in the queue.
    pub shares: Shares,
    /// Shares in the exit queue.
    pub queued: Shares,
    /// Shares asked to leave at the next close and at the one after it.
    pub exits: [Shares; 2],
    /// Deposits for the next close and for the one after it.
    pub deposits: [TokenAmount; 2],
    /// The epoch that is open.
    pub epoch: u64,
    /// The boundary of the last close.
    pub boundary: UnixSeconds,
    /// The first boundary at which the open epoch may be closed.
    pub due: UnixSeconds,
    /// What it sold and has not settled, by expiry.
    pub live: Vec<Expiry>,
}

/// What a bucket could still do at an STX price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// Assets.
    pub assets: TokenAmount,
    /// Collateral that what is sold needs.
    pub needed: TokenAmount,
    /// Assets that back sales.
    pub backing: TokenAmount,
    /// Collateral that new sales may take.
    pub free: TokenAmount,
    /// Whether more is needed than is there.
    pub short: bool,
    /// `needed` in `backing`.
    pub utilisation: Ppm,
    /// Whether it sells: no close is due.
    pub open: bool,
}

/// What promises call for: the locks, of STX at least the value in dollars at today's price.
pub(super) fn collateral_needed(
    asset: Asset,
    locked: u128,
    required: u128,
    stx: UsdE8,
) -> Result<u128, Overflow> {
    match asset {
        Asset::Sbtc => Ok(locked),
        Asset::Stx => Ok(locked.max(arith::mul_div_up(required, PPM, stx.base_units())?)),
    }
}

impl Bucket {
    /// The collateral that everything sold needs, at an STX price.
    ///
    /// # Errors
    /// [`PoolError::Amount`] for a price of 0, [`PoolError::Overflow`].
    pub fn needed(&self, stx: UsdE8) -> Result<TokenAmount, PoolError> {
        if stx == UsdE8::ZERO {
            return Err(PoolError::Amount);
        }
        let (locked, required) = (self.locked.base_units(), self.required.base_units());
        Ok(TokenAmount::new(collateral_needed(self.asset, locked, required, stx)?))
    }

    /// Shares in the queue, or asked to be in it.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn leaving(&self) -> Result<Shares, PoolError> {
        let [now, next] = self.exits.map(Shares::count);
        Ok(Shares(arith::add(arith::add(self.queued.0, now)?, next)?))
    }

    /// The assets that back sales: those of the last close, of shares that are not on their way out.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn backing(&self) -> Result<TokenAmount, PoolError> {
        let old = self.assets.saturating_sub(self.fresh).base_units();
        let staying = self.shares.0.saturating_sub(self.leaving()?.0);
        Ok(TokenAmount::new(arith::mul_div(old, staying, self.shares.0)?))
    }

    /// The collateral that may be in use after a sale.
    pub(super) fn room(&self, terms: &TierTerms) -> Result<u128, PoolError> {
        let backing = self.backing()?.base_units();
        let limit = arith::mul_div(backing, terms.utilisation_limit.base_units(), PPM)?;
        let kept = arith::add(PPM, terms.buffer.base_units())?;
        Ok(limit.min(arith::mul_div(self.assets.base_units(), PPM, kept)?))
    }

    /// What the bucket could still do at an STX price and a time: the contract's `get-availability`.
    ///
    /// # Errors
    /// [`PoolError`].
    pub fn availability(
        &self,
        terms: &TierTerms,
        stx: UsdE8,
        now: UnixSeconds,
    ) -> Result<Availability, PoolError> {
        let needed = self.needed(stx)?;
        let backing = self.backing()?;
        let utilisation = arith::mul_div(needed.base_units(), PPM, backing.base_units())?;
        Ok(Availability {
            assets: self.assets,
            needed,
            backing,
            free: TokenAmount::new(self.room(terms)?).saturating_sub(needed),
            short: needed > self.assets,
            utilisation: Ppm::new(utilisation),
            open: now < self.due,
        })
    }

    /// The series that an order would join, if it was sold before.
    #[must_use]
    pub fn series(&self, expiry: UnixSeconds, strike: UsdE8) -> Option<&BookedSeries> {
        let book = self.live.iter().find(|book| book.expiry == expiry)?;
        book.series.iter().find(|series| series.strike == strike)
    }
}
