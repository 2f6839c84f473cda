//! One consistent reading of the chain.

use std::collections::BTreeMap;
use std::time::Duration;

use bithedge_ipc::{ChainId, Network, Tip};
use bithedge_protocol::BlockHeight;
use bithedge_stacks::address::Address;

use super::source::{Balances, Block, ChainSource, NodeTip, SourceError};

/// How often a reading is begun because the node's answers did not fit together, before it is left for the next interval.
const ATTEMPTS: u32 = 3;
/// The time between two of them.
const PAUSE: Duration = Duration::from_millis(200);

/// Everything that is shown, as of one tip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) chain_id: ChainId,
    pub(super) network: Network,
    pub(super) tip: Tip,
    /// Of the accounts that were asked about.
    pub(super) balances: BTreeMap<Address, Balances>,
    /// Whether the node says that it has caught up with the chain.
    pub(super) is_synced: Option<bool>,
    /// The newest blocks up to the tip.
    pub(super) recent: Vec<Block>,
    /// The height of the tip before, if that block is no longer part of the chain.
    pub(super) replaced: Option<BlockHeight>,
}

/// What of an earlier reading the next one builds on.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) chain_id: ChainId,
    pub(super) tip: Tip,
    /// Hashes of the branch that ends in the tip, by height: those that were seen.
    pub(super) hashes: BTreeMap<BlockHeight, String>,
    /// Whether a lower tip is taken even if nothing shows that it is of another branch.
    pub(super) accepts_lower: bool,
}

/// Why there is no reading.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReadingError {
    #[error(transparent)]
    Source(#[from] SourceError),
    /// New blocks came faster than the chain could be read.
    #[error("the chain moved on during each of {ATTEMPTS} readings")]
    TipMoved,
    /// The node names a tip below one that it named before, and as far as can be seen on the same branch.
    #[error("the node's newest block is {tip}, after it was {seen}")]
    TipBehind { tip: BlockHeight, seen: BlockHeight },
    /// Whoever indexes the chain does not have the node's newest block yet.
    #[error("the node's newest block is {tip}, and its index ends at {}", named(*.indexed))]
    IndexBehind { tip: BlockHeight, indexed: Option<BlockHeight> },
    /// The node follows another chain than it did.
    #[error("the node's chain id was {expected} and is now {found}")]
    ChainChanged { expected: ChainId, found: ChainId },
}

impl ReadingError {
    /// Whether it may be over in a moment: the node answered, but its answers do not fit together.
    const fn is_momentary(&self) -> bool {
        match self {
            Self::TipMoved | Self::TipBehind { .. } | Self::IndexBehind { .. } => true,
            Self::Source(_) | Self::ChainChanged { .. } => false,
        }
    }
}

fn named(height: Option<BlockHeight>) -> String {
    height.map_or_else(|| "no block".to_owned(), |height| height.to_string())
}

/// Reads tip, block time and every balance as of one and the same tip.
///
/// The tip is read before and after; if it moved, nothing of what was read in between is used. Against one node that
/// ensures that everything is of one tip. Behind a load balancer it does not: it only ensures that both questions for the
/// tip had the same answer, while the balances may have come from a node that is further or less far. A node can be asked
/// for the state at one block (`?tip=`), which would ensure it there too; that is not used yet.
pub(super) async fn read<S: ChainSource>(
    source: &S,
    known: Option<&Known>,
    accounts: &[Address],
) -> Result<Reading, ReadingError> {
    let mut attempts = 1;
    loop {
        match attempt(source, known, accounts).await {
            Err(error) if error.is_momentary() && attempts < ATTEMPTS => tokio::time::sleep(PAUSE).await,
            outcome => return outcome,
        }
        attempts += 1;
    }
}

async fn attempt<S: ChainSource>(
    source: &S,
    known: Option<&Known>,
    accounts: &[Address],
) -> Result<Reading, ReadingError> {
    let before = source.tip().await?;
    if let Some(known) = known.filter(|known| known.chain_id != before.chain_id) {
        return Err(ReadingError::ChainChanged { expected: known.chain_id, found: before.chain_id });
    }
    let network = source.network(before.chain_id);
    let mut recent = source.recent_blocks().await?;
    let indexed = recent.first().map(|block| block.height);
    if indexed.is_none_or(|indexed| indexed < before.height) {
        return Err(ReadingError::IndexBehind { tip: before.height, indexed });
    }
    recent.retain(|block| block.height <= before.height);
    let time = match recent.first() {
        Some(block) if block.height == before.height && block.hash == before.hash => block.time,
        _ => return Err(ReadingError::TipMoved),
    };
    let replaced = match known {
        Some(known) if is_replaced(source, known, &before, &recent).await? => Some(known.tip.height),
        _ => None,
    };
    let mut balances = BTreeMap::new();
    for account in accounts {
        balances.insert(*account, source.balances(account).await?);
    }
    if source.tip().await? != before {
        return Err(ReadingError::TipMoved);
    }
    let NodeTip { chain_id, height, hash, burn_height, is_synced } = before;
    let tip = Tip { height, hash, burn_height, time };
    Ok(Reading { chain_id, network, tip, balances, is_synced, recent, replaced })
}

/// Whether the known tip is no longer part of the chain that ends in `new`. Only a differing hash says so: a lower tip alone
/// may be that of a node that is behind.
async fn is_replaced<S: ChainSource>(
    source: &S,
    known: &Known,
    new: &NodeTip,
    recent: &[Block],
) -> Result<bool, ReadingError> {
    let old = &known.tip;
    if new.height >= old.height {
        return Ok(hash_at(source, old.height, recent).await? != old.hash);
    }
    // The highest block that both chains can be compared at.
    let differs = match known.hashes.range(..=new.height).next_back() {
        Some((height, hash)) => hash_at(source, *height, recent).await? != *hash,
        None => false,
    };
    if !differs && !known.accepts_lower {
        return Err(ReadingError::TipBehind { tip: new.height, seen: old.height });
    }
    Ok(differs)
}

/// The hash of the canonical block at a height that is not above the tip. That there is none says nothing about the branch,
/// only that the answers do not fit together.
async fn hash_at<S: ChainSource>(
    source: &S,
    height: BlockHeight,
    recent: &[Block],
) -> Result<String, ReadingError> {
    if let Some(block) = recent.iter().find(|block| block.height == height) {
        return Ok(block.hash.clone());
    }
    source.block_at(height).await?.map(|block| block.hash).ok_or(ReadingError::TipMoved)
}
