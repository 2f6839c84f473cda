//! Which of the blocks that we have the chain still has.

use bithedge_ledger::BlockHeader;

use super::feed::{Feed, FeedError};

/// The newest of some blocks, newest first, that the chain has; `None` if it has none of them. A chain that has a block has all
/// below it, so it is enough to ask about few: reorganisations are mostly short.
pub(super) async fn newest_common<F: Feed>(
    feed: &F,
    ours: &[BlockHeader],
) -> Result<Option<BlockHeader>, FeedError> {
    let is_kept = async |at: usize| -> Result<bool, FeedError> {
        let Some(block) = ours.get(at) else { return Ok(false) };
        Ok(feed.header(block.height).await?.is_some_and(|header| header.hash == block.hash))
    };
    let Some(last) = ours.len().checked_sub(1) else { return Ok(None) };
    // Everything before `lost` is gone. First in growing steps, until one is kept.
    let (mut lost, mut probe) = (0, 0);
    while !is_kept(probe).await? {
        if probe == last {
            return Ok(None);
        }
        lost = probe + 1;
        probe = probe.saturating_mul(2).saturating_add(1).min(last);
    }
    let mut kept = probe;
    while lost < kept {
        let middle = lost.midpoint(kept);
        if is_kept(middle).await? {
            kept = middle;
        } else {
            lost = middle + 1;
        }
    }
    Ok(ours.get(kept).copied())
}
