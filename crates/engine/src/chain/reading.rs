//! One consistent reading of the chain.

use bithedge_ipc::{ChainId, Tip};
use bithedge_protocol::BlockHeight;

use super::source::{Balances, ChainSource, Identity, NodeTip, SourceError};

/// How often a reading is begun anew because the tip moved meanwhile, before it is left for the next interval.
const ATTEMPTS: u32 = 3;

/// Everything that is shown, as of one tip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) chain_id: ChainId,
    pub(super) identity: Identity,
    pub(super) tip: Tip,
    /// In the order of the identity's accounts.
    pub(super) balances: Vec<Balances>,
    /// The height of the tip before, if that block is no longer part of the chain.
    pub(super) replaced: Option<BlockHeight>,
}

/// What of an earlier reading the next one builds on.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) chain_id: ChainId,
    pub(super) identity: Identity,
    pub(super) tip: Tip,
}

/// Why there is no reading.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReadingError {
    #[error(transparent)]
    Source(#[from] SourceError),
    /// New blocks came faster than the chain could be read.
    #[error("the chain moved on during each of {ATTEMPTS} readings")]
    TipMoved,
    /// The node follows another chain than it did.
    #[error("the node's chain id was {expected} and is now {found}")]
    ChainChanged { expected: ChainId, found: ChainId },
}

/// Reads tip, block time and every balance as of one and the same tip.
///
/// A node has no way to ask several things of one block at once, so the tip is read before and after; if it moved, nothing
/// of what was read in between is used.
pub(super) async fn read<S: ChainSource>(source: &S, known: Option<&Known>) -> Result<Reading, ReadingError> {
    for _ in 0..ATTEMPTS {
        if let Some(reading) = attempt(source, known).await? {
            return Ok(reading);
        }
    }
    Err(ReadingError::TipMoved)
}

/// `None` if the tip moved meanwhile.
async fn attempt<S: ChainSource>(source: &S, known: Option<&Known>) -> Result<Option<Reading>, ReadingError> {
    let before = source.tip().await?;
    let identity = match known {
        Some(known) if known.chain_id != before.chain_id => {
            return Err(ReadingError::ChainChanged { expected: known.chain_id, found: before.chain_id });
        }
        Some(known) => known.identity.clone(),
        None => source.identify(before.chain_id).await?,
    };
    // An indexer behind the node may not have the newest block yet: that is a tip still on the move.
    let Some(block) = source.block_at(before.height).await?.filter(|block| block.hash == before.hash) else {
        return Ok(None);
    };
    let replaced = match known {
        Some(known) if is_replaced(source, &known.tip, &before).await? => Some(known.tip.height),
        _ => None,
    };
    let mut balances = Vec::with_capacity(identity.accounts.len());
    for account in &identity.accounts {
        balances.push(source.balances(&account.address).await?);
    }
    let after = source.tip().await?;
    if after != before {
        return Ok(None);
    }
    let tip =
        Tip { height: before.height, hash: before.hash, burn_height: before.burn_height, time: block.time };
    Ok(Some(Reading { chain_id: before.chain_id, identity, tip, balances, replaced }))
}

/// Whether `old` is no longer part of the chain that ends in `new`.
async fn is_replaced<S: ChainSource>(source: &S, old: &Tip, new: &NodeTip) -> Result<bool, SourceError> {
    if new.height < old.height {
        return Ok(true);
    }
    if new.height == old.height {
        return Ok(new.hash != old.hash);
    }
    Ok(source.block_at(old.height).await?.is_none_or(|block| block.hash != old.hash))
}
