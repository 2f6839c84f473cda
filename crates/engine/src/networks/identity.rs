//! Which chain a node serves.

use std::fmt;
use std::sync::Arc;

use bithedge_stacks::client::{BlockHash, ClientError};
use bithedge_stacks::network::ChainId;

/// What tells one chain from another. The number alone does not: every devnet, and every testnet that was begun anew, has the
/// same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainIdentity {
    /// The chain's number, which is in every signature.
    pub chain_id: ChainId,
    /// The index hash of the chain's first block; `None` from a node without the Stacks API, which cannot be asked for it.
    pub first_block: Option<BlockHash>,
}

impl ChainIdentity {
    /// Whether both can be the same chain. Where one of them does not know the first block, the numbers decide.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let same_beginning = match (self.first_block, other.first_block) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.chain_id == other.chain_id && same_beginning
    }
}

impl fmt::Display for ChainIdentity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first_block {
            Some(first) => write!(out, "chain {}, begun with block {first}", self.chain_id),
            None => write!(out, "chain {}", self.chain_id),
        }
    }
}

/// The network is not the one that was checked any more, or that cannot be told. Until it is checked again, nothing of it is used and
/// nothing is sent to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainChange {
    /// The node names another chain.
    #[error("the node is on chain {found} now, and was on chain {expected}")]
    OtherChain {
        /// As it was checked.
        expected: ChainId,
        /// As it is.
        found: ChainId,
    },
    /// The chain has the same number and another first block: it was begun anew. What was on the old one is not on this one.
    #[error("the chain was begun anew: its first block is {found} now, and was {expected}")]
    OtherBeginning {
        /// As it was checked.
        expected: BlockHash,
        /// As it is.
        found: BlockHash,
    },
    /// It has not been checked yet.
    #[error("the network has not been checked yet")]
    Unchecked,
    /// It could not be asked: nothing is known to have changed.
    #[error("it cannot be told whether the network is still the same: {0}")]
    Unreadable(Arc<ClientError>),
}

impl From<ClientError> for ChainChange {
    fn from(error: ClientError) -> Self {
        Self::Unreadable(Arc::new(error))
    }
}
