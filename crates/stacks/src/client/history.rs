//! The Stacks API as a source of whole blocks and of everything that a contract ever did: what an index of a contract's
//! history is made from.
//!
//! Paths and limits are those of Hiro's Stacks API, version 8: its routes `v2/blocks`, `v2/smart-contracts`, `v1/tx` and
//! `v1/address`.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use super::NodeClient;
use super::api::{Block, ContractEvent, Page, address_path, says_not_found};
use super::error::ClientError;
use super::node::answer;
use super::record::{BlockHash, Event, EventKind, TransactionRecord, TransactionStatus};
use super::transport::{Reply, Request, Unusable};
use crate::address::{ContractId, Principal};
use crate::transaction::Txid;

/// The longest page of transactions that the API gives.
pub const MOST_TRANSACTIONS: u64 = 50;
/// The longest page of events that the API gives: of a contract's, and of each transaction's.
pub const MOST_EVENTS: u64 = 100;

/// Which block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockId {
    /// The newest that the API has indexed.
    Latest,
    /// The chain's at a height.
    Height(u64),
    /// By its hash, or by its index hash, if it is part of the chain.
    Hash(BlockHash),
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("latest"),
            Self::Height(height) => write!(f, "{height}"),
            Self::Hash(hash) => write!(f, "0x{hash}"),
        }
    }
}

/// A place in the order of a contract's events, as the API writes it: a page begins at or below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogCursor {
    /// The block.
    pub height: u64,
    /// Left over from microblocks, which are gone.
    pub microblock_sequence: u64,
    /// The transaction's place in the block.
    pub transaction: u64,
    /// The event's number within the transaction.
    pub event: u64,
}

impl LogCursor {
    /// Everything up to a block, this one included. The bounds are those of the columns that the API compares with.
    #[must_use]
    pub const fn up_to(height: u64) -> Self {
        Self { height, microblock_sequence: 0x7fff_ffff, transaction: 0x7fff, event: 0x7fff_ffff }
    }
}

impl fmt::Display for LogCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { height, microblock_sequence, transaction, event } = self;
        write!(f, "{height}:{microblock_sequence}:{transaction}:{event}")
    }
}

impl FromStr for LogCursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no place among events");
        let numbers: Vec<u64> = text
            .split(':')
            .map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten())
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        let [height, microblock_sequence, transaction, event] = numbers.as_slice() else {
            return Err(wrong());
        };
        Ok(Self {
            height: *height,
            microblock_sequence: *microblock_sequence,
            transaction: *transaction,
            event: *event,
        })
    }
}

impl<'de> Deserialize<'de> for LogCursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A part of what a contract printed, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// Where the page begins, its newest event; `None` of an empty one.
    pub begins: Option<LogCursor>,
    /// Where the page of older events begins; `None` if there are none.
    pub older: Option<LogCursor>,
    /// What is on the page.
    pub results: Vec<ContractEvent>,
}

#[derive(Deserialize)]
struct WireLogs {
    cursor: Option<LogCursor>,
    prev_cursor: Option<LogCursor>,
    results: Vec<Event>,
}

#[derive(Deserialize)]
struct WireContract {
    contract_id: ContractId,
    canonical: bool,
    block_height: u64,
}

#[derive(Deserialize)]
struct WireFound {
    found: bool,
    result: serde_json::Value,
}

impl NodeClient {
    /// A block of the chain.
    ///
    /// # Errors
    /// [`ClientError::NotFound`] is the API's word that the chain has none; [`ClientError::Unsupported`] that there is no API.
    pub async fn block(&self, id: BlockId) -> Result<Block, ClientError> {
        let path = ["extended".to_owned(), "v2".to_owned(), "blocks".to_owned(), id.to_string()];
        let request = Request::get(format!("block {id}"), path);
        self.transport
            .read(&request, |reply| {
                let reply = api_only(reply, &request.what)?;
                let block: Block = answer(reply, &request.what)?;
                let is_it = match id {
                    BlockId::Latest => true,
                    BlockId::Height(height) => block.height == height,
                    BlockId::Hash(hash) => block.hash == hash || block.index_block_hash == hash,
                };
                if !is_it {
                    return Err(Unusable::nonsense(format!("it is about block {}", block.height)));
                }
                if !block.canonical {
                    return Err(Unusable::nonsense("the block is not part of the chain"));
                }
                Ok(block)
            })
            .await
    }

    /// In which block a contract was deployed. [`ClientError::NotFound`] is the API's word that it is not.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn deployed_at(&self, contract: &ContractId) -> Result<u64, ClientError> {
        let path = ["extended".to_owned(), "v1".to_owned(), "contract".to_owned(), contract.to_string()];
        let request = Request::get(format!("contract {contract}"), path);
        self.transport
            .read(&request, |reply| {
                let reply = api_only(reply, &request.what)?;
                let WireContract { contract_id, canonical, block_height } = answer(reply, &request.what)?;
                if contract_id != *contract || !canonical {
                    return Err(Unusable::nonsense(format!("it is about {contract_id} in another chain")));
                }
                Ok(block_height)
            })
            .await
    }

    /// Transactions of a block, in the block's order, usually without their events. A block without any may be
    /// [`ClientError::NotFound`].
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn block_transactions(
        &self,
        id: BlockId,
        limit: u64,
        offset: u64,
    ) -> Result<Page<TransactionRecord>, ClientError> {
        let path = ["extended", "v2", "blocks"].map(str::to_owned);
        let path = path.into_iter().chain([id.to_string(), "transactions".to_owned()]);
        let request = Request::get(format!("transactions of block {id}"), path);
        self.page(request, limit, offset, |record: &TransactionRecord| match (&record.status, id) {
            (TransactionStatus::Included(inclusion), BlockId::Height(height))
                if inclusion.block.height != height =>
            {
                Err(format!("{} is in block {}", record.txid, inclusion.block.height))
            }
            (TransactionStatus::Included(_), _) => Ok(()),
            _ => Err(format!("{} is in no block", record.txid)),
        })
        .await
    }

    /// Several transactions at once, each with so many of its events from a place on; `None` for one that the API does not
    /// know. At most some fifty at a time, or the address gets too long for some servers.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn transactions(
        &self,
        ids: &[Txid],
        event_limit: u64,
        event_offset: u64,
    ) -> Result<Vec<Option<TransactionRecord>>, ClientError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = ids.iter().map(|id| format!("0x{id}")).collect();
        let request =
            Request::get(format!("{} transactions", ids.len()), ["extended", "v1", "tx", "multiple"])
                .query("tx_id", &names.join(","))
                .query("event_limit", &event_limit)
                .query("event_offset", &event_offset);
        self.transport
            .read(&request, |reply| {
                let reply = api_only(reply, &request.what)?;
                let mut found: HashMap<String, WireFound> = answer(reply, &request.what)?;
                let mut one = |name: &String, id: &Txid| -> Result<Option<TransactionRecord>, Unusable> {
                    let WireFound { found, result } = found
                        .remove(name)
                        .ok_or_else(|| Unusable::nonsense(format!("it does not say about {id}")))?;
                    if !found {
                        return Ok(None);
                    }
                    let record: TransactionRecord = serde_json::from_value(result)
                        .map_err(|error| Unusable::nonsense(format!("{id}: {error}")))?;
                    if record.txid != *id {
                        return Err(Unusable::nonsense(format!("{id} is shown as {}", record.txid)));
                    }
                    if let TransactionStatus::Included(inclusion) = &record.status
                        && inclusion.events.len() as u64 > event_limit
                    {
                        return Err(Unusable::nonsense(format!("{id} has more events than were asked for")));
                    }
                    Ok(Some(record))
                };
                names.iter().zip(ids).map(|(name, id)| one(name, id)).collect()
            })
            .await
    }

    /// The mined transactions of an account or a contract up to a block, newest first: while the chain only grows, pages of
    /// one block do not shift.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn transactions_up_to(
        &self,
        principal: &Principal,
        height: u64,
        limit: u64,
        offset: u64,
    ) -> Result<Page<TransactionRecord>, ClientError> {
        let what = format!("transactions of {principal} up to block {height}");
        let request =
            Request::get(what, address_path(principal, "transactions")).query("until_block", &height);
        self.page(request, limit, offset, |record: &TransactionRecord| match &record.status {
            TransactionStatus::Included(inclusion) if inclusion.block.height <= height => Ok(()),
            _ => Err(format!("{} is not in a block up to it", record.txid)),
        })
        .await
    }

    /// What a contract printed at or below a place, newest first: while the chain only grows, pages do not shift.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn contract_logs(
        &self,
        contract: &ContractId,
        from: LogCursor,
        limit: u64,
    ) -> Result<LogPage, ClientError> {
        let path = ["extended", "v2", "smart-contracts"].map(str::to_owned);
        let path = path.into_iter().chain([contract.to_string(), "logs".to_owned()]);
        let request =
            Request::get(format!("events of {contract}"), path).query("limit", &limit).query("cursor", &from);
        self.transport
            .read(&request, |reply| {
                let reply = api_only(reply, &request.what)?;
                if reply.status == 404 {
                    // Nothing at or below the place: the API has no cursor for it.
                    return Ok(LogPage { begins: None, older: None, results: Vec::new() });
                }
                let page: WireLogs = answer(reply, &request.what)?;
                logs(page, contract, from, limit)
            })
            .await
    }
}

/// A page as it was asked for.
fn logs(page: WireLogs, contract: &ContractId, from: LogCursor, limit: u64) -> Result<LogPage, Unusable> {
    let WireLogs { cursor: begins, prev_cursor: older, results } = page;
    if results.len() as u64 > limit {
        return Err(Unusable::nonsense(format!("{} events, not {limit}", results.len())));
    }
    if begins.is_some() == results.is_empty() {
        return Err(Unusable::nonsense("a page that does not say where it begins"));
    }
    if begins.is_some_and(|begins| begins > from) {
        return Err(Unusable::nonsense("the page begins above what was asked for"));
    }
    if older.is_some_and(|older| begins.is_none_or(|begins| older >= begins)) {
        return Err(Unusable::nonsense("the older page is not older"));
    }
    let results = results
        .into_iter()
        .map(|Event { index, txid, kind }| match kind {
            EventKind::Print { contract: origin, value, .. } if origin == *contract => {
                Ok(ContractEvent { txid, index, value })
            }
            EventKind::Print { contract: origin, .. } => {
                Err(Unusable::nonsense(format!("an event of {origin}")))
            }
            _ => Err(Unusable::nonsense("an event that is no print")),
        })
        .collect::<Result<_, _>>()?;
    Ok(LogPage { begins, older, results })
}

/// An answer of a Stacks API: a node without one answers 404 in another way than the API does.
fn api_only(reply: Reply, what: &str) -> Result<Reply, Unusable> {
    if reply.status == 404 && !says_not_found(&reply.body) {
        let Reply { endpoint, .. } = reply;
        return Err(Unusable::Elsewhere(ClientError::Unsupported { endpoint, what: what.to_owned() }));
    }
    Ok(reply)
}
