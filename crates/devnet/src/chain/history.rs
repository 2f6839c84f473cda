//! What the journal amounts to: the blocks that still stand and the transactions that still wait.
//!
//! A reorganisation or a restored snapshot takes earlier records back. Working that out first, on the records alone,
//! means that the VM executes only what stands, once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::chain::mempool::{Dropped, DroppedTransactions, Mempool, Pending};
use crate::error::StartError;
use crate::journal::{Mined, Record};

/// A stretch of the chain that stands.
#[derive(Debug, Clone)]
pub(crate) enum Stretch {
    /// One block with transactions.
    Block {
        /// Whether it comes with a Bitcoin block.
        burn: bool,
        /// Its fork.
        fork: u32,
        /// Its transactions and their recorded outcomes.
        txs: Vec<(Pending, Mined)>,
        /// Digest of the receipts.
        digest: String,
    },
    /// Empty blocks.
    Empty {
        /// Whether they come with Bitcoin blocks.
        burn: bool,
        /// Their fork.
        fork: u32,
        /// How many.
        count: u64,
    },
}

impl Stretch {
    fn blocks(&self) -> u64 {
        match self {
            Self::Block { .. } => 1,
            Self::Empty { count, .. } => *count,
        }
    }
}

/// What stands after all records.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// From the first block after genesis to the tip.
    pub(crate) stretches: Vec<Arc<Stretch>>,
    /// What waits.
    pub(crate) mempool: Mempool,
    /// What left the mempool without being mined.
    pub(crate) dropped: DroppedTransactions,
    /// How many reorganisations there were.
    pub(crate) fork: u32,
    /// Named states.
    snapshots: HashMap<String, (Vec<Arc<Stretch>>, Mempool)>,
}

impl History {
    /// Plays all records but the first, which is the genesis.
    pub(crate) fn of(records: &[Record], damaged: impl Fn(usize) -> StartError) -> Result<Self, StartError> {
        let mut history = Self::default();
        for (at, record) in records.iter().enumerate() {
            history.apply(record).ok_or_else(|| damaged(at + 2))?;
        }
        Ok(history)
    }

    /// Plays one record. `None` when it cannot follow what came before.
    pub(crate) fn apply(&mut self, record: &Record) -> Option<()> {
        match record {
            Record::Genesis { .. } => return None,
            Record::Accepted { tx, received } => {
                for replaced in self.mempool.insert(Pending::decode(hex::decode(tx).ok()?, *received)?) {
                    self.dropped.insert(replaced, Dropped::ReplacedByFee);
                }
            }
            Record::Block { burn, fork, txs, digest } => {
                let mut included = Vec::with_capacity(txs.len());
                for mined in txs {
                    let txid: [u8; 32] = hex::decode(&mined.txid).ok()?.try_into().ok()?;
                    included.push((self.mempool.remove(&txid)?, mined.clone()));
                }
                let block =
                    Stretch::Block { burn: *burn, fork: *fork, txs: included, digest: digest.clone() };
                self.stretches.push(Arc::new(block));
            }
            Record::Advance { fork, burn, stacks } => {
                for (burn, count) in [(true, *burn), (false, *stacks)] {
                    if count > 0 {
                        let empty = Stretch::Empty { burn, fork: *fork, count: u64::from(count) };
                        self.stretches.push(Arc::new(empty));
                    }
                }
            }
            Record::Dropped { txid, .. } => {
                let pending = self.mempool.remove(&hex::decode(txid).ok()?.try_into().ok()?)?;
                self.dropped.insert(pending, Dropped::Problematic);
            }
            Record::Reorg { depth, drop_transactions } => {
                self.take_back(*depth, *drop_transactions)?;
            }
            Record::Snapshot { name } => {
                self.snapshots.insert(name.clone(), (self.stretches.clone(), self.mempool.clone()));
            }
            Record::Restore { name } => {
                (self.stretches, self.mempool) = self.snapshots.get(name)?.clone();
                // Blocks mined from here on are not those that were mined after the snapshot.
                self.fork += 1;
            }
        }
        Some(())
    }

    /// Whether there is a state of that name.
    pub(crate) fn has_snapshot(&self, name: &str) -> bool {
        self.snapshots.contains_key(name)
    }

    /// How many blocks follow the genesis.
    pub(crate) fn len(&self) -> u64 {
        self.stretches.iter().map(|stretch| stretch.blocks()).sum()
    }

    /// Takes the newest `depth` blocks back; their transactions wait again, ahead of those that came later, unless they
    /// are to be dropped. Gives for each block, oldest first, whether it came with a Bitcoin block.
    pub(crate) fn take_back(&mut self, depth: u64, drop_transactions: bool) -> Option<Vec<bool>> {
        if depth > self.len() {
            return None;
        }
        let mut kinds = Vec::new();
        let mut left = depth;
        let mut blocks: Vec<Vec<Pending>> = Vec::new();
        while left > 0 {
            let newest = self.stretches.pop()?;
            match &*newest {
                Stretch::Block { burn, txs, .. } => {
                    kinds.push(*burn);
                    blocks.push(txs.iter().map(|(pending, _)| pending.clone()).collect());
                    left -= 1;
                }
                Stretch::Empty { burn, fork, count } => {
                    let taken = left.min(*count);
                    kinds.extend((0..taken).map(|_| *burn));
                    if *count > taken {
                        let rest = Stretch::Empty { burn: *burn, fork: *fork, count: count - taken };
                        self.stretches.push(Arc::new(rest));
                    }
                    left -= taken;
                }
            }
        }
        kinds.reverse();
        let orphaned = blocks.into_iter().rev().flatten();
        if drop_transactions {
            for pending in orphaned {
                self.dropped.insert(pending, Dropped::Problematic);
            }
        } else {
            let later = std::mem::take(&mut self.mempool);
            for pending in orphaned.chain(later.iter().cloned()) {
                self.mempool.insert(pending);
            }
        }
        self.fork += 1;
        Some(kinds)
    }
}
