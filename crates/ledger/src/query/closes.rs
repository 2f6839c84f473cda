//! Closes, and what settled expiries came to.

use bithedge_protocol::pool::{NavPair, PolicyTerms, PoolError, Shares};
use bithedge_protocol::risk::{ClosePoint, History};
use bithedge_protocol::{Overflow, Sats, TokenAmount, UnixSeconds, UsdE8};

use super::{BucketKey, Snapshot, TimeRange, amount};
use crate::error::LedgerError;
use crate::row::Column;
use crate::tables::{ClaimRow, EpochRow, SettlementRow};

/// A close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochRecord {
    /// The epoch that it closed.
    pub epoch: u64,
    /// What a share was worth, for [`History`]: the exit pair.
    pub point: ClosePoint,
    /// What deposits became shares at.
    pub deposit_pair: NavPair,
    /// Whether deposits were returned.
    pub returned: bool,
    /// Deposits taken.
    pub deposited: TokenAmount,
    /// Shares made of them.
    pub minted: Shares,
    /// Shares that left.
    pub exited: Shares,
    /// What they were paid.
    pub paid: TokenAmount,
    /// The exit fee, which stayed.
    pub fee: TokenAmount,
    /// Assets after it.
    pub assets: TokenAmount,
    /// Collateral locked.
    pub locked: TokenAmount,
}

/// A settled expiry of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The expiry.
    pub expiry: UnixSeconds,
    /// The price of BTC.
    pub spot: UsdE8,
    /// The price of STX.
    pub stx: UsdE8,
    /// What its policies were due.
    pub due: TokenAmount,
    /// What was set aside for them.
    pub reserved: TokenAmount,
    /// What of that came from the insurance fund.
    pub covered: TokenAmount,
    /// What nobody could pay.
    pub owed: TokenAmount,
    /// When it was settled.
    pub at: UnixSeconds,
}

/// What a settled series in the money has still to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The expiry.
    pub expiry: UnixSeconds,
    /// The strike.
    pub strike: UsdE8,
    /// The floor.
    pub floor: UsdE8,
    /// The price of BTC.
    pub spot: UsdE8,
    /// The price of STX.
    pub stx: UsdE8,
    /// What it was due.
    pub due: TokenAmount,
    /// What was set aside.
    pub reserved: TokenAmount,
    /// The size whose policies have not claimed.
    pub size_left: Sats,
    /// What is left for them.
    pub reserve_left: TokenAmount,
}

/// What a policy of a settled series comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyClaim {
    /// What it is due at the prices of the settlement.
    pub due: TokenAmount,
    /// What it is paid: less, if its series was short.
    pub paid: TokenAmount,
}

impl Claim {
    /// What a policy of this series is paid: the contract's `claim-settlement`. `⌊due · reserved / due of all⌋` of a short series.
    ///
    /// # Errors
    /// [`PoolError`], for figures that no contract could count with either.
    pub fn of_policy(&self, policy: &PolicyTerms) -> Result<PolicyClaim, PoolError> {
        let terms = PolicyTerms { floor: self.floor, ..*policy };
        let due = terms.payout(self.spot, self.stx)?;
        if self.due == self.reserved {
            return Ok(PolicyClaim { due, paid: due });
        }
        let product = due.base_units().checked_mul(self.reserved.base_units()).ok_or(Overflow)?;
        let paid = product.checked_div(self.due.base_units()).ok_or(Overflow)?;
        Ok(PolicyClaim { due, paid: TokenAmount::new(paid) })
    }
}

impl Snapshot<'_> {
    /// The closes of a bucket with boundaries in a range, oldest first.
    ///
    /// # Errors
    /// Those of storage.
    pub fn epochs(&self, key: &BucketKey, range: TimeRange) -> Result<Vec<EpochRecord>, LedgerError> {
        let [from, to] = range.parameters();
        let rows = self.rows::<EpochRow>(
            "WHERE tier = ? AND token = ? AND boundary BETWEEN ? AND ? ORDER BY epoch",
            &[key.tier.to_sql(), key.token.to_sql(), from, to],
        )?;
        Ok(rows.iter().map(epoch_record).collect())
    }

    /// The last close of a bucket before a time: what the first close of a range is a change from.
    ///
    /// # Errors
    /// Those of storage.
    pub fn close_before(
        &self,
        key: &BucketKey,
        time: UnixSeconds,
    ) -> Result<Option<EpochRecord>, LedgerError> {
        let rows = self.rows::<EpochRow>(
            "WHERE tier = ? AND token = ? AND boundary < ? ORDER BY epoch DESC LIMIT 1",
            &[key.tier.to_sql(), key.token.to_sql(), time.get().to_sql()],
        )?;
        Ok(rows.first().map(epoch_record))
    }

    /// What a share was worth over a range of closes; `None` of a bucket that does not exist.
    ///
    /// # Errors
    /// Those of storage.
    pub fn history(&self, key: &BucketKey, range: TimeRange) -> Result<Option<History>, LedgerError> {
        let Some(terms) = self.collateral(&key.token)? else { return Ok(None) };
        let closes = self.epochs(key, range)?.into_iter().map(|epoch| epoch.point).collect();
        Ok(Some(History { asset: terms.asset, closes }))
    }

    /// The settled expiries of a bucket in a range, oldest first.
    ///
    /// # Errors
    /// Those of storage.
    pub fn settlements(&self, key: &BucketKey, range: TimeRange) -> Result<Vec<Settlement>, LedgerError> {
        let [from, to] = range.parameters();
        let rows = self.rows::<SettlementRow>(
            "WHERE tier = ? AND token = ? AND expiry BETWEEN ? AND ? ORDER BY expiry",
            &[key.tier.to_sql(), key.token.to_sql(), from, to],
        )?;
        Ok(rows
            .into_iter()
            .map(|row| Settlement {
                expiry: UnixSeconds::new(row.expiry),
                spot: UsdE8::new(row.spot),
                stx: UsdE8::new(row.stx),
                due: amount(row.due),
                reserved: amount(row.reserved),
                covered: amount(row.covered),
                owed: amount(row.owed),
                at: UnixSeconds::new(row.at),
            })
            .collect())
    }

    /// The series in the money of a settled expiry.
    ///
    /// # Errors
    /// Those of storage.
    pub fn claims(&self, key: &BucketKey, expiry: UnixSeconds) -> Result<Vec<Claim>, LedgerError> {
        let rows = self.rows::<ClaimRow>(
            "WHERE tier = ? AND token = ? AND expiry = ? ORDER BY strike",
            &[key.tier.to_sql(), key.token.to_sql(), expiry.get().to_sql()],
        )?;
        Ok(rows
            .into_iter()
            .map(|row| Claim {
                expiry: UnixSeconds::new(row.expiry),
                strike: UsdE8::new(row.strike),
                floor: UsdE8::new(row.floor),
                spot: UsdE8::new(row.spot),
                stx: UsdE8::new(row.stx),
                due: amount(row.due),
                reserved: amount(row.reserved),
                size_left: Sats::new(row.size_left),
                reserve_left: amount(row.reserve_left),
            })
            .collect())
    }
}

fn epoch_record(row: &EpochRow) -> EpochRecord {
    EpochRecord {
        epoch: row.epoch,
        point: ClosePoint {
            at: UnixSeconds::new(row.boundary),
            pair: NavPair { nav: amount(row.nav_exit), shares: Shares::new(row.shares) },
            generation: row.generation,
            btc: UsdE8::new(row.spot),
            stx: UsdE8::new(row.stx),
        },
        deposit_pair: NavPair { nav: amount(row.nav_deposit), shares: Shares::new(row.shares) },
        returned: row.returned,
        deposited: amount(row.deposited),
        minted: Shares::new(row.minted),
        exited: Shares::new(row.exited),
        paid: amount(row.paid),
        fee: amount(row.fee),
        assets: amount(row.assets),
        locked: amount(row.locked),
    }
}
