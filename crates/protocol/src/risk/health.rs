//! How a provider stands.

use serde::{Deserialize, Serialize};

use crate::arith::{self, PPM};
use crate::pool::{Bucket, NavPair, PoolError, Shares};
use crate::{Ppm, TokenAmount, UsdE8};

/// The four statuses of a provider's collateral (seed 3, `healthStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Enough.
    Healthy,
    /// Less than a new sale would want.
    Warning,
    /// So little that more is called for: a bucket stands still until there is.
    MarginCall,
    /// So little that it is taken over.
    Liquidating,
}

/// Below which ratio of collateral to what is needed each status begins, ppm; falling from first to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthThresholds {
    /// Warning.
    pub warning: Ppm,
    /// Margin call.
    pub margin_call: Ppm,
    /// Liquidation.
    pub liquidation: Ppm,
}

/// Collateral against what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Collateral over what is needed; `None` if nothing is needed.
    pub ratio: Option<Ppm>,
    /// What that means.
    pub standing: Standing,
}

impl HealthThresholds {
    /// Of a bucket, whose promises call for no more than `needed`: a warning below what a new sale would leave (the buffer on
    /// top of what is needed), a margin call below what is needed, where the bucket is *short*: sales and exits stop. Nobody
    /// is called personally; whoever adds capital ends it. Buckets are not liquidated.
    #[must_use]
    pub fn of_bucket(buffer: Ppm) -> Self {
        let warning = PPM.saturating_add(buffer.base_units());
        Self { warning: Ppm::new(warning), margin_call: Ppm::new(PPM), liquidation: Ppm::ZERO }
    }

    /// Of an account of one provider: a warning below the ratio of a new sale, liquidation below the token's threshold, margin
    /// calls half-way. Both over the value promised, in ppm.
    #[must_use]
    pub fn of_account(collateral_ratio: Ppm, liquidation_threshold: Ppm) -> Self {
        let half_way = collateral_ratio.base_units().midpoint(liquidation_threshold.base_units());
        Self {
            warning: collateral_ratio,
            margin_call: Ppm::new(half_way),
            liquidation: liquidation_threshold,
        }
    }

    /// The status at a ratio.
    #[must_use]
    pub fn standing(&self, ratio: Ppm) -> Standing {
        if ratio < self.liquidation {
            Standing::Liquidating
        } else if ratio < self.margin_call {
            Standing::MarginCall
        } else if ratio < self.warning {
            Standing::Warning
        } else {
            Standing::Healthy
        }
    }

    /// The health of collateral that stands for `needed`; the ratio is rounded down.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn health(&self, collateral: TokenAmount, needed: TokenAmount) -> Result<Health, PoolError> {
        if needed == TokenAmount::ZERO {
            return Ok(Health { ratio: None, standing: Standing::Healthy });
        }
        let ratio = arith::mul_div(collateral.base_units(), PPM, needed.base_units())?;
        let ratio = Ppm::new(ratio);
        Ok(Health { ratio: Some(ratio), standing: self.standing(ratio) })
    }
}

/// A provider's shares in a bucket, brought up to date with its closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Shares that stay.
    pub shares: Shares,
    /// Shares in the exit queue.
    pub queued: Shares,
    /// Shares that wait to join it at a close.
    pub pending_exit: Shares,
    /// Deposits that wait to become shares.
    pub pending_deposit: TokenAmount,
    /// What was paid in for the shares that stay.
    pub basis: TokenAmount,
    /// What was paid in for those in the queue and on their way into it.
    pub leaving_basis: TokenAmount,
    /// What exits paid and can be claimed, and deposits that came back.
    pub claimable: TokenAmount,
    /// What exits have paid in all.
    pub proceeds: TokenAmount,
    /// What was paid in for what they paid for.
    pub basis_returned: TokenAmount,
}

/// What a position is worth at the last close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionValue {
    /// Shares that stay and in the queue: the contract's `value`.
    pub value: TokenAmount,
    /// The part of the bucket's locks in it.
    pub locked: TokenAmount,
    /// The rest.
    pub available: TokenAmount,
    /// Those and the shares that wait to join the queue, which still bear risk.
    pub at_risk: TokenAmount,
}

impl Position {
    /// What the position is worth at the pair of the last close: the contract's `get-provider`.
    ///
    /// # Errors
    /// [`PoolError::Overflow`].
    pub fn value(&self, bucket: &Bucket, last: NavPair) -> Result<PositionValue, PoolError> {
        let held = arith::add(self.shares.count(), self.queued.count())?;
        let value = last.value(Shares::new(held))?;
        let assets = bucket.assets.base_units();
        let locked = arith::mul_div(value.base_units(), bucket.locked.base_units(), assets)?;
        let locked = TokenAmount::new(locked);
        let all = arith::add(held, self.pending_exit.count())?;
        Ok(PositionValue {
            value,
            locked,
            available: value.saturating_sub(locked),
            at_risk: last.value(Shares::new(all))?,
        })
    }
}

impl Bucket {
    /// How a bucket and everybody in it stands at an STX price.
    ///
    /// # Errors
    /// [`PoolError`].
    pub fn health(&self, thresholds: &HealthThresholds, stx: UsdE8) -> Result<Health, PoolError> {
        thresholds.health(self.assets, self.needed(stx)?)
    }
}
