//! Watching what is under way, and sending again what nobody has.

use std::collections::BTreeMap;
use std::sync::Arc;

use bithedge_stacks::address::Address;
use bithedge_stacks::client::TransactionStatus;
use bithedge_stacks::network::ChainId;
use bithedge_stacks::transaction::Txid;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::chain::{Chain, ChainError, Lookup, PAGE};
use super::journal::JournalError;
use super::judge::Evidence;
use super::sending::Watched;
use super::service::{Transactions, lock};
use super::signer::Signer;
use super::status::{InBlock, TransactionId};
use crate::chain::pace::Pace;

/// Look-ups at a time.
const AT_ONCE: usize = 8;

/// Pages of an account's transactions that are searched for one with a certain nonce.
const PAGES: u64 = 4;

/// Why the chain could not be watched this time. Nothing was concluded; the next time may do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// The chain could not be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The node is on another chain than the transactions are for. Nothing that it says is used.
    #[error("the node is on chain {found}, the transactions are for {expected}")]
    OtherChain {
        /// The transactions'.
        expected: ChainId,
        /// The node's.
        found: ChainId,
    },
    /// What was learnt could not be written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The block that a transaction is in, if a look-up says so and is about it.
fn block_of(lookup: &Lookup, watched: &Watched) -> Option<InBlock> {
    let Lookup::Found(record) = lookup else { return None };
    let TransactionStatus::Included(inclusion) = &record.status else { return None };
    let is_it = (record.txid, record.sender, record.nonce) == (watched.txid, watched.account, watched.nonce);
    (is_it && inclusion.canonical).then(|| inclusion.block.into())
}

impl<C: Chain, S: Signer> Transactions<C, S> {
    /// Looks once at everything that is not settled, and sends again what nobody has.
    ///
    /// # Errors
    /// [`WatchError`]; what could be learnt before is kept.
    pub async fn poll(&self) -> Result<(), WatchError> {
        let _one_at_a_time = self.polling.lock().await;
        let (accounts, watched) = {
            let mut core = lock(&self.core);
            core.expire(self.now());
            (core.accounts(), core.watched())
        };
        if watched.is_empty() {
            return Ok(());
        }
        let tip = self.chain.tip().await?;
        let expected = self.network.chain_id;
        if tip.chain_id != expected {
            return Err(WatchError::OtherChain { expected, found: tip.chain_id });
        }
        // What fails for one does not stop the others; it is told at the end.
        let mut failed: Option<WatchError> = None;
        let mut executed = BTreeMap::new();
        for account in accounts {
            match self.chain.account(&account).await {
                Ok(state) => {
                    executed.insert(account, state.nonce);
                }
                Err(error) => {
                    failed.get_or_insert(error.into());
                }
            }
        }
        let watched: Vec<Watched> =
            watched.into_iter().filter(|watched| executed.contains_key(&watched.account)).collect();
        let mut found = Vec::with_capacity(watched.len());
        for some in watched.chunks(AT_ONCE) {
            found.extend(self.look_up(some).await);
        }
        // What is in the chain now; what was there the last time may be gone.
        let included: BTreeMap<(Address, u64), (Txid, InBlock)> = found
            .iter()
            .filter_map(|(watched, lookup)| {
                let block = block_of(lookup, watched)?;
                Some(((watched.account, watched.nonce), (watched.txid, block)))
            })
            .collect();
        for (watched, lookup) in found {
            let executed = executed.get(&watched.account).copied().unwrap_or_default();
            let replacer = match included.get(&(watched.account, watched.nonce)) {
                Some((txid, block)) => Some((*txid, *block)).filter(|_| *txid != watched.txid),
                None if executed > watched.nonce && !matches!(lookup, Lookup::Unknown | Lookup::Untold) => {
                    self.find_replacer(&watched).await
                }
                None => None,
            };
            let evidence = Evidence {
                tip: tip.height,
                executed,
                lookup,
                replacer,
                successor: None,
                is_cancelled: false,
                nonce_used_since: None,
                was_missed: false,
                now: self.clock.now(),
                is_due: false,
            };
            let observed = lock(&self.core).observe(watched.id, evidence, self.now());
            let done = match observed {
                Ok(true) => self.send(watched.id).await,
                Ok(false) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                failed.get_or_insert(error.into());
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Polls for ever, as often as the follower of the chain does. Dropping the future ends it.
    pub async fn watch(&self, pace: Pace) {
        loop {
            let begun = Instant::now();
            if let Err(error) = self.poll().await {
                tracing::debug!(%error, "transactions not watched");
            }
            tokio::time::sleep_until(begun + pace.interval).await;
        }
    }

    /// In the order given.
    async fn look_up(&self, watched: &[Watched]) -> Vec<(Watched, Lookup)> {
        let mut asking = JoinSet::new();
        for (number, watched) in watched.iter().cloned().enumerate() {
            let chain = Arc::clone(&self.chain);
            asking.spawn(async move {
                let lookup = chain.transaction(watched.txid).await.unwrap_or_else(|error| {
                    tracing::debug!(%error, id = %watched.id, "not looked up");
                    Lookup::Unknown
                });
                (number, watched, lookup)
            });
        }
        let mut answers = asking.join_all().await;
        answers.sort_by_key(|(number, ..)| *number);
        answers.into_iter().map(|(_, watched, lookup)| (watched, lookup)).collect()
    }

    /// Somebody else's transaction with the nonce of one of ours.
    async fn find_replacer(&self, watched: &Watched) -> Option<(Txid, InBlock)> {
        for page in 0..PAGES {
            let records = self.chain.mined(&watched.account, page * PAGE).await.ok()?;
            let is_last = (records.len() as u64) < PAGE;
            for record in records {
                if let TransactionStatus::Included(inclusion) = record.status
                    && (record.sender, record.nonce) == (watched.account, watched.nonce)
                    && record.txid != watched.txid
                    && inclusion.canonical
                {
                    return Some((record.txid, inclusion.block.into()));
                }
            }
            if is_last {
                return None;
            }
        }
        None
    }

    /// After the journal was lost: takes in what the account has waiting, so that nonces are not used twice and what
    /// becomes of it is told. What was approved, and the bytes, are not known any more.
    ///
    /// # Errors
    /// [`WatchError`]; call it again.
    pub async fn recover(&self, account: Address) -> Result<Vec<TransactionId>, WatchError> {
        let tip = self.chain.tip().await?;
        let expected = self.network.chain_id;
        if tip.chain_id != expected {
            return Err(WatchError::OtherChain { expected, found: tip.chain_id });
        }
        let waiting = self.chain.waiting(&account).await?;
        Ok(lock(&self.core).recover(account, &waiting, self.clock.now())?)
    }
}
