//! A long stretch, through the lists of what each contract printed and of who called it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bithedge_ledger::ChainBlock;
use bithedge_stacks::client::{
    EventKind, LogCursor, MOST_EVENTS, MOST_TRANSACTIONS, Outcome, TransactionRecord,
};
use bithedge_stacks::{ClientError, ContractId, Principal, Txid, Value};
use bithedge_suite::Contract;

use super::records::inclusion;
use super::{ApiFeed, Known, gather};
use crate::sync::feed::FeedError;

/// What contracts of the suite printed, by transaction and place.
type Prints = BTreeMap<Txid, BTreeMap<u64, (ContractId, Value)>>;

/// A part of a list: of prints, or of calls.
enum Part {
    Prints(Vec<(Txid, u64, ContractId, Value)>),
    Calls(Vec<TransactionRecord>),
    /// More than is read at once.
    TooLong,
}

/// Whether a contract has functions and may print. Traits are nothing but types.
const fn is_alive(contract: Contract) -> bool {
    !matches!(contract, Contract::Sip010Trait | Contract::PriceSourceTrait)
}

impl ApiFeed {
    /// The transactions of the suite above one height up to another, each whole; `None` if there are more than so many.
    pub(super) async fn window(
        &self,
        above: u64,
        to: u64,
        limit: usize,
    ) -> Result<Option<Vec<TransactionRecord>>, FeedError> {
        let count = Arc::new(AtomicUsize::new(0));
        let contracts = Contract::ALL.into_iter().filter(|contract| is_alive(*contract));
        let jobs =
            contracts.flat_map(|contract| [(contract, true), (contract, false)]).map(|(contract, prints)| {
                let (feed, count) = (self.clone(), Arc::clone(&count));
                async move {
                    let id = feed.0.deployment.contract(contract).clone();
                    if prints {
                        feed.prints_of(id, above, to, limit, &count).await
                    } else {
                        feed.calls_of(id, above, to, limit, &count).await
                    }
                }
            });
        let mut listed = Prints::new();
        let mut calls: BTreeMap<Txid, TransactionRecord> = BTreeMap::new();
        for part in gather(jobs).await? {
            match part {
                Part::TooLong => return Ok(None),
                Part::Prints(prints) => {
                    for (txid, index, contract, value) in prints {
                        match listed.entry(txid).or_default().entry(index) {
                            Entry::Occupied(_) => {
                                let what = format!("event {index} of {txid} is listed twice");
                                return Err(FeedError::Contradiction(what));
                            }
                            Entry::Vacant(entry) => entry.insert((contract, value)),
                        };
                    }
                }
                Part::Calls(records) => calls.extend(records.into_iter().map(|record| (record.txid, record))),
            }
        }
        self.hold_together(above, to, listed, calls).await.map(Some)
    }

    /// Reads each transaction whole, and holds it against the lists.
    async fn hold_together(
        &self,
        above: u64,
        to: u64,
        listed: Prints,
        calls: BTreeMap<Txid, TransactionRecord>,
    ) -> Result<Vec<TransactionRecord>, FeedError> {
        let mut unread: BTreeSet<Txid> = listed.keys().copied().collect();
        let mut found = Vec::new();
        for (txid, record) in calls {
            let at = inclusion(&record)?;
            if at.outcome != Outcome::Success {
                found.push(record);
            } else if at.event_count > 0 {
                // If it printed, the list of prints has it: if that left it out, this shows it.
                unread.insert(txid);
            }
        }
        for record in self.whole(unread.into_iter().collect()).await? {
            let at = inclusion(&record)?;
            if at.block.height <= above {
                // The rest of a page.
                continue;
            }
            if at.block.height > to {
                return Err(FeedError::moved(format!("{} is in another block now", record.txid)));
            }
            let printed = at.events.iter().filter_map(|event| match &event.kind {
                EventKind::Print { contract, value, .. } if self.which(contract).is_some() => {
                    Some((event.index, (contract.clone(), value.clone())))
                }
                _ => None,
            });
            let printed: BTreeMap<_, _> = printed.collect();
            if printed != listed.get(&record.txid).cloned().unwrap_or_default() {
                let what = format!("what {} printed is not what the contracts' lists say", record.txid);
                return Err(FeedError::Contradiction(what));
            }
            if !printed.is_empty() {
                found.push(record);
            }
        }
        Ok(found)
    }

    async fn prints_of(
        &self,
        contract: ContractId,
        above: u64,
        to: u64,
        limit: usize,
        count: &AtomicUsize,
    ) -> Result<Part, FeedError> {
        let mut prints = Vec::new();
        let mut from = LogCursor::up_to(to);
        loop {
            let page = self.0.client.contract_logs(&contract, from, MOST_EVENTS).await?;
            if page.begins.is_none_or(|begins| begins.height <= above) {
                return Ok(Part::Prints(prints));
            }
            if count.fetch_add(page.results.len(), Ordering::Relaxed) > limit.saturating_mul(8) {
                return Ok(Part::TooLong);
            }
            prints.extend(
                page.results
                    .into_iter()
                    .map(|event| (event.txid, event.index, contract.clone(), event.value)),
            );
            match page.older {
                Some(older) if older.height > above => from = older,
                // A transaction's prints lie in one block: whatever is of a block above is read.
                _ => return Ok(Part::Prints(prints)),
            }
        }
    }

    /// Calls of a contract that are in the list of its transactions. In it are transfers to it and others too.
    async fn calls_of(
        &self,
        contract: ContractId,
        above: u64,
        to: u64,
        limit: usize,
        count: &AtomicUsize,
    ) -> Result<Part, FeedError> {
        let principal = Principal::Contract(contract);
        let mut calls: Vec<TransactionRecord> = Vec::new();
        let mut offset = 0;
        let mut last: Option<(u64, u32)> = None;
        loop {
            let client = &self.0.client;
            let page = match client.transactions_up_to(&principal, to, MOST_TRANSACTIONS, offset).await {
                // An API that does not know the contract yet.
                Err(ClientError::NotFound { .. }) => return Ok(Part::Calls(calls)),
                other => other?,
            };
            let read = page.results.len() as u64;
            let mut is_above = true;
            // Transfers to the contract too: anybody can send any number of them.
            let mut listed = 0;
            for record in page.results {
                let at = inclusion(&record)?;
                let place = (at.block.height, at.index);
                if last.is_some_and(|last| last <= place) {
                    return Err(FeedError::contradiction(format!(
                        "the transactions of {principal} are not in order"
                    )));
                }
                last = Some(place);
                is_above = place.0 > above;
                listed += usize::from(is_above);
                if is_above && self.is_call(&record) {
                    calls.push(record);
                }
            }
            if count.fetch_add(listed, Ordering::Relaxed) > limit.saturating_mul(8) {
                return Ok(Part::TooLong);
            }
            offset += read;
            if read == 0 || !is_above || page.total.is_some_and(|total| offset >= total) {
                return Ok(Part::Calls(calls));
            }
        }
    }

    /// Puts transactions into their blocks.
    pub(super) async fn in_blocks(
        &self,
        records: Vec<TransactionRecord>,
    ) -> Result<Vec<ChainBlock>, FeedError> {
        let found = records.into_iter().map(Self::found).collect::<Result<Vec<_>, _>>()?;
        let heights: BTreeSet<u64> = found.iter().map(|found| found.height).collect();
        let jobs = heights.into_iter().map(|height| {
            let feed = self.clone();
            async move { feed.block_of(height).await }
        });
        let known: BTreeMap<u64, Known> =
            gather(jobs).await?.into_iter().map(|known| (known.header.height.get(), known)).collect();
        Self::blocks_of(&known, found)
    }
}
