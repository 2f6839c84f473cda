//! A few new blocks, transaction by transaction.

use std::collections::BTreeMap;

use bithedge_ledger::{BlockHeader, ChainBlock};
use bithedge_stacks::Txid;
use bithedge_stacks::client::{BlockId, MOST_TRANSACTIONS, Outcome, TransactionKind, TransactionRecord};

use super::records::inclusion;
use super::{ApiFeed, Known, gather};
use crate::sync::feed::FeedError;

impl ApiFeed {
    /// What is in the blocks above a height up to a block.
    pub(super) async fn by_block(&self, above: u64, tip: &BlockHeader) -> Result<Vec<ChainBlock>, FeedError> {
        let jobs = (above.saturating_add(1)..=tip.height.get()).map(|height| {
            let feed = self.clone();
            async move { feed.listed(height).await }
        });
        let listed = gather(jobs).await?;
        let known: BTreeMap<u64, Known> =
            listed.iter().map(|(known, _)| (known.header.height.get(), *known)).collect();
        let linked = listed.is_sorted_by(|(one, _), (next, _)| next.header.parent == one.header.hash);
        if !linked || listed.last().is_some_and(|(last, _)| last.header != *tip) {
            return Err(FeedError::moved("blocks do not follow each other"));
        }
        // What is in a list has no events with it; transfers and what miners make cannot have printed.
        let (mut found, mut unread): (Vec<TransactionRecord>, Vec<Txid>) = (Vec::new(), Vec::new());
        for record in listed.into_iter().flat_map(|(_, records)| records) {
            let at = inclusion(&record)?;
            let may_print =
                !matches!(record.kind, TransactionKind::TokenTransfer { .. } | TransactionKind::Miner(_));
            let is_done = at.outcome == Outcome::Success;
            if is_done && may_print && at.event_count > at.events.len() as u64 {
                unread.push(record.txid);
            } else if self.concerns(&record)? {
                found.push(record);
            }
        }
        for record in self.whole(unread).await? {
            if self.concerns(&record)? {
                found.push(record);
            }
        }
        let found = found.into_iter().map(Self::found).collect::<Result<Vec<_>, _>>()?;
        Self::blocks_of(&known, found)
    }

    /// A block and all its transactions.
    async fn listed(&self, height: u64) -> Result<(Known, Vec<TransactionRecord>), FeedError> {
        let known = self.block_of(height).await?;
        let count = known.transactions;
        let mut all: Vec<TransactionRecord> = Vec::new();
        while (all.len() as u64) < count {
            // By its own hash, so that a block that takes its place is not taken for it.
            let id = BlockId::Hash(known.header.hash);
            let client = &self.0.client;
            let page = client.block_transactions(id, MOST_TRANSACTIONS, all.len() as u64).await;
            let page = match page {
                Err(bithedge_stacks::ClientError::NotFound { .. }) => {
                    return Err(FeedError::moved(format!("block {height} is gone")));
                }
                other => other?,
            };
            if page.results.is_empty() || page.total.is_some_and(|total| total != count) {
                let what = format!("block {height} has {count} transactions, and its list {:?}", page.total);
                return Err(FeedError::Contradiction(what));
            }
            all.extend(page.results);
        }
        if all.len() as u64 != count {
            let what = format!("block {height} has {count} transactions, and its list {}", all.len());
            return Err(FeedError::Contradiction(what));
        }
        let mut before: Option<u32> = None;
        for record in &all {
            let at = inclusion(record)?;
            if before.is_some_and(|before| before >= at.index) {
                return Err(FeedError::contradiction(format!(
                    "the transactions of block {height} are not in order"
                )));
            }
            if at.block.height != height || at.block.hash != known.hash {
                return Err(FeedError::moved(format!("{} is not in block {height}", record.txid)));
            }
            before = Some(at.index);
        }
        Ok((known, all))
    }
}
