//! What is compared with the chain once more, and taken back if it is not the chain's.

use bithedge_ledger::{BlockHeader, LedgerError};
use bithedge_protocol::BlockHeight;
use bithedge_stacks::Txid;

use super::answers::lowest_difference;
use super::{COUNTED, Syncer};
use crate::sync::feed::{Beginning, Feed, FeedError};
use crate::sync::search::newest_common;
use crate::sync::status::SyncError;

/// When a stretch was read up to the newest block, blocks of so many of the newest heights are compared with the chain once more.
const COMPARED: u64 = 1_000;

impl<F: Feed> Syncer<F> {
    /// Of transactions that are here already and come again in other blocks, the chain is asked by their names. What it says of one then
    /// is what the books say: the list that it came in again is wrong, and the books stay as they are.
    pub(super) async fn is_said_twice(&self, ids: Vec<Txid>) -> Result<(), SyncError> {
        let here = self.with_ledger(move |ledger| {
            let snapshot = ledger.snapshot()?;
            for id in ids {
                if let Some((height, _)) = snapshot.transaction(id)? {
                    return Ok(Some((id, BlockHeight::new(height))));
                }
            }
            Ok(None)
        });
        let Some((id, height)) = here.await?.flatten() else { return Ok(()) };
        if self.feed.place_of(id).await? == Some(height) {
            let what = format!("{id} is in block {height}, and is listed in another one too");
            return Err(FeedError::Contradiction(what).into());
        }
        Ok(())
    }

    /// Compares with the chain once more what was read in stretches: headers and transactions of one height may have come from a server
    /// that was on another fork, and the newest block from one that was not. `false` if something was taken back.
    pub(super) async fn compare(&mut self, at: &BlockHeader) -> Result<bool, SyncError> {
        let lowest = BlockHeight::new(at.height.get().saturating_sub(COMPARED));
        let above = self.uncompared.map_or(lowest, |above| above.max(lowest));
        let foreign = self.foreign(above, at).await?;
        match foreign {
            Some(height) => self.go_back(BlockHeight::new(height.get().saturating_sub(1))).await?,
            None => self.uncompared = None,
        }
        Ok(foreign.is_none())
    }

    /// The lowest block here above a height and below the newest one that the chain has another of, or none: of the newest heights, or
    /// if there all are the chain's, the first one below.
    pub(super) async fn foreign(
        &self,
        above: BlockHeight,
        at: &BlockHeader,
    ) -> Result<Option<BlockHeight>, SyncError> {
        let kept = u32::try_from(self.settings.kept_blocks).unwrap_or(u32::MAX);
        let ours = self.with_ledger(move |ledger| ledger.snapshot()?.blocks(kept)).await?.unwrap_or_default();
        let mut found = None;
        for block in ours.iter().filter(|block| block.height > above && block.height < at.height) {
            if found.is_some() && block.height.get().saturating_add(COMPARED) < at.height.get() {
                break;
            }
            let there = self.feed.header(block.height).await?;
            if there.is_none_or(|there| there.hash != block.hash) {
                tracing::warn!(
                    height = block.height.get(),
                    "a block here is not the chain's; it is read again"
                );
                found = Some(block.height);
            }
        }
        Ok(found)
    }

    /// Goes back to the newest block that the chain still has.
    pub(super) async fn retreat(&mut self, tip: &BlockHeader) -> Result<(), SyncError> {
        let Beginning { identity, first, .. } = self.feed.beginning().await?;
        self.first = first.height;
        if self.identity != Some(identity) {
            tracing::info!("it is another chain; its own books are opened");
            self.open(identity).await?;
            return Ok(());
        }
        let kept = u32::try_from(self.settings.kept_blocks).unwrap_or(u32::MAX);
        let ours = self.with_ledger(move |ledger| ledger.snapshot()?.blocks(kept)).await?.unwrap_or_default();
        let ours: Vec<BlockHeader> = ours.into_iter().filter(|block| block.height <= tip.height).collect();
        let common = newest_common(&self.feed, &ours).await?;
        let target = common.map_or(first.height, |common| common.height);
        self.is_still(tip).await?;
        self.reorganisations = self.reorganisations.saturating_add(1);
        self.shorter = 0;
        tracing::info!(height = target.get(), "the chain was reorganised; the books go back");
        self.go_back(target).await
    }

    pub(super) async fn go_back(&mut self, target: BlockHeight) -> Result<(), SyncError> {
        // It is told before it is done: whoever reads the shorter books knows that something is missing in them.
        if let Some(at) = self.at().await? {
            self.went_back_from = Some(self.went_back_from.map_or(at.height, |had| had.max(at.height)));
            let state = self.status.borrow().state.clone();
            self.publish(state);
        }
        match self.with_ledger(move |ledger| ledger.roll_back_to(target)).await {
            Ok(_) => Ok(()),
            Err(SyncError::Ledger(error @ LedgerError::TooDeep { .. })) => {
                self.rebuild(error.to_string(), false).await
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the newest blocks once more, and takes back what is not as it was: an API that was behind may have left
    /// something out, which nothing else would ever show. `false` if something was taken back.
    pub(super) async fn audit(&mut self, at: &BlockHeader) -> Result<bool, SyncError> {
        let newest = at.height.get().saturating_sub(self.settings.read_again);
        let uncounted = self.uncounted.filter(|above| above.get().saturating_add(COUNTED) >= at.height.get());
        let above = uncounted.map_or(newest, |above| newest.min(above.get())).max(self.first.get());
        if above >= at.height.get() {
            self.is_audited = true;
            return Ok(true);
        }
        let above = BlockHeight::new(above);
        // A few blocks, in as many portions as the feed gives them in.
        let (mut blocks, mut read, mut is_counted) = (Vec::new(), above, true);
        while read < at.height {
            let portion = self.read(read, at).await?;
            read = portion.through.height;
            is_counted &= portion.is_counted;
            blocks.extend(portion.blocks);
        }
        let differs =
            self.with_ledger(move |ledger| lowest_difference(ledger, above, &blocks)).await?.flatten();
        if let Some(height) = differs {
            tracing::warn!(
                height = height.get(),
                "the chain's API tells something else than before; it is read again"
            );
            self.go_back(BlockHeight::new(height.get().saturating_sub(1))).await?;
        }
        self.is_audited = true;
        self.uncounted = uncounted.filter(|_| !is_counted);
        Ok(differs.is_none())
    }
}
