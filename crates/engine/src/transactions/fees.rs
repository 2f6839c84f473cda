//! How much to pay for being mined.

use bithedge_stacks::client::FeeEstimate;
use bithedge_stacks::transaction::Payload;
use bithedge_stacks::units::MicroStx;

/// How soon it should be mined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeeLevel {
    /// Sometime.
    Low,
    /// Soon.
    #[default]
    Middle,
    /// First.
    High,
}

/// Bounds for fees. What a node asks for beyond the ceiling is refused, never paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeePolicy {
    /// What every byte pays at least: nodes refuse less than one micro-STX.
    pub floor_per_byte: MicroStx,
    /// The most that a call of a contract may pay.
    pub call_ceiling: MicroStx,
    /// The most that a transfer of STX may pay.
    pub transfer_ceiling: MicroStx,
    /// The most that a deployment may pay.
    pub deployment_ceiling: MicroStx,
    /// By how much a replacement pays more than what it replaces, in percent of that; at least one micro-STX. Nodes take
    /// any higher fee (`MemPoolDB::try_add_tx` of stacks-core: `tx_fee > prior_tx.tx_fee`), so this is for miners to care.
    pub replacement_percent: u64,
}

impl Default for FeePolicy {
    fn default() -> Self {
        Self {
            floor_per_byte: MicroStx::new(1),
            call_ceiling: MicroStx::new(3_000_000),
            transfer_ceiling: MicroStx::new(500_000),
            deployment_ceiling: MicroStx::new(50_000_000),
            replacement_percent: 25,
        }
    }
}

/// Why no fee was chosen. Nothing was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeeError {
    /// More than may be paid. Wait until the network is less busy, or raise the ceiling.
    #[error("a fee of {needed} would be needed, and at most {ceiling} may be paid")]
    AboveCeiling {
        /// What it would take.
        needed: MicroStx,
        /// What may be paid.
        ceiling: MicroStx,
    },
    /// A number that no chain could count. The node's answer is nonsense.
    #[error("the fee is beyond what the chain can count")]
    Overflow,
}

impl FeePolicy {
    /// The most that a transaction may pay.
    pub const fn ceiling(&self, payload: &Payload) -> MicroStx {
        match payload {
            Payload::TokenTransfer { .. } => self.transfer_ceiling,
            Payload::SmartContract { .. } => self.deployment_ceiling,
            _ => self.call_ceiling,
        }
    }

    /// The fee for a transaction of `bytes` bytes.
    ///
    /// `outbids` is the highest fee of an earlier transaction of ours with the same nonce, which must be exceeded. The
    /// ceiling is for what the network asks; an earlier fee is outbid all the same, then by no more than nodes need, as
    /// otherwise the account could do nothing any more.
    ///
    /// # Errors
    /// [`FeeError`]: it would have to be more than may be paid.
    pub fn choose(
        &self,
        payload: &Payload,
        bytes: u64,
        estimate: MicroStx,
        outbids: Option<MicroStx>,
    ) -> Result<MicroStx, FeeError> {
        let floor = self.floor_per_byte.checked_mul(bytes).ok_or(FeeError::Overflow)?;
        let outbid = match outbids {
            None => MicroStx::ZERO,
            Some(earlier) => {
                let more = u128::from(earlier.micro()) * u128::from(self.replacement_percent) / 100;
                let more = u64::try_from(more.max(1)).map_err(|_| FeeError::Overflow)?;
                earlier.checked_add(MicroStx::new(more)).ok_or(FeeError::Overflow)?
            }
        };
        let needed = floor.max(estimate);
        let ceiling = self.ceiling(payload);
        if needed > ceiling {
            return Err(FeeError::AboveCeiling { needed, ceiling });
        }
        let least = match outbids {
            None => MicroStx::ZERO,
            Some(earlier) => earlier.checked_add(MicroStx::new(1)).ok_or(FeeError::Overflow)?,
        };
        Ok(needed.max(outbid.min(ceiling)).max(least))
    }
}

/// The estimate for a level.
pub(super) const fn at_level(estimate: &FeeEstimate, level: FeeLevel) -> MicroStx {
    match level {
        FeeLevel::Low => estimate.low,
        FeeLevel::Middle => estimate.middle,
        FeeLevel::High => estimate.high,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Payload {
        Payload::ContractCall {
            contract: "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.pool".parse().unwrap(),
            function: "go".parse().unwrap(),
            args: Vec::new(),
        }
    }

    #[test]
    fn a_fee_is_within_its_bounds() {
        let policy = FeePolicy::default();
        let fee = |estimate, outbids: Option<u64>| {
            policy.choose(&call(), 300, MicroStx::new(estimate), outbids.map(MicroStx::new))
        };
        assert_eq!(fee(7, None), Ok(MicroStx::new(300)), "the floor");
        assert_eq!(fee(3_000_000, None), Ok(MicroStx::new(3_000_000)), "the ceiling is allowed");
        let over =
            Err(FeeError::AboveCeiling { needed: MicroStx::new(3_000_001), ceiling: policy.call_ceiling });
        assert_eq!(fee(3_000_001, None), over);
        assert_eq!(fee(0, Some(1_000)), Ok(MicroStx::new(1_250)));
        assert_eq!(fee(0, Some(2_900_000)), Ok(MicroStx::new(3_000_000)), "no more than the ceiling");
        assert_eq!(fee(0, Some(5_000_000)), Ok(MicroStx::new(5_000_001)), "and yet outbid");
        assert_eq!(fee(0, Some(u64::MAX)), Err(FeeError::Overflow));
        let thrifty = FeePolicy { replacement_percent: 0, ..policy };
        let outbid = thrifty.choose(&call(), 1, MicroStx::ZERO, Some(MicroStx::new(1_000)));
        assert_eq!(outbid, Ok(MicroStx::new(1_001)), "nodes want more, if only a little");
    }
}
