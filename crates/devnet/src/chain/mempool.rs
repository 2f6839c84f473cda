//! Transactions that were accepted and wait for a block.

use std::collections::{BTreeMap, HashMap, VecDeque};

use bithedge_stacks::Transaction;

/// How many transactions may wait.
const CAPACITY: usize = 20_000;

/// One that waits.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    /// Its id.
    pub(crate) txid: [u8; 32],
    /// The decoded transaction.
    pub(crate) tx: Transaction,
    /// Its bytes, as they came.
    pub(crate) raw: Vec<u8>,
    /// When it came, in seconds since 1970 on this machine's clock.
    pub(crate) received: u64,
}

impl Pending {
    /// Decodes `raw`.
    pub(crate) fn decode(raw: Vec<u8>, received: u64) -> Option<Self> {
        let tx = Transaction::decode(&raw).ok()?;
        Some(Self { txid: tx.txid().0, tx, raw, received })
    }

    /// The accounts and nonces that it uses up: the origin's, then the sponsor's if there is one.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        let origin = (self.tx.origin_address().to_string(), self.tx.origin_nonce());
        let sponsor = self.tx.sponsor_address().map(|address| (address.to_string(), self.tx.payer_nonce()));
        std::iter::once(origin).chain(sponsor)
    }
}

/// An account's address and a nonce of it.
pub(crate) type Slot = (String, u64);

/// What a new transaction means for those that wait.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing is in its way.
    Free,
    /// It pays more than these for the same nonce and replaces them.
    Replaces(Vec<[u8; 32]>),
    /// Another one with the same nonce pays as much or more.
    Taken,
    /// No room.
    Full,
}

/// Why a transaction left the mempool without being mined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// Another one with the same nonce pays more.
    ReplacedByFee,
    /// It cannot be executed, or was thrown away on purpose.
    Problematic,
}

impl Dropped {
    /// The Stacks API's word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ReplacedByFee => "dropped_replace_by_fee",
            Self::Problematic => "dropped_problematic",
        }
    }
}

/// The newest of those that were dropped, as far as they fit.
#[derive(Debug, Default, Clone)]
pub(crate) struct DroppedTransactions {
    newest_last: VecDeque<(Pending, Dropped)>,
    bytes: usize,
}

impl DroppedTransactions {
    /// Bytes of transactions that are remembered.
    const CAPACITY: usize = 8 << 20;

    /// Remembers one, and forgets the oldest if it must.
    pub(crate) fn insert(&mut self, pending: Pending, why: Dropped) {
        self.bytes += pending.raw.len();
        self.newest_last.push_back((pending, why));
        while self.bytes > Self::CAPACITY
            && let Some((forgotten, _)) = self.newest_last.pop_front()
        {
            self.bytes -= forgotten.raw.len();
        }
    }

    /// The transaction with this id and why it was dropped.
    pub(crate) fn get(&self, txid: &[u8; 32]) -> Option<(&Pending, Dropped)> {
        self.newest_last
            .iter()
            .rev()
            .find(|(pending, _)| pending.txid == *txid)
            .map(|(pending, why)| (pending, *why))
    }
}

/// The waiting transactions, in order of arrival.
#[derive(Debug, Default, Clone)]
pub(crate) struct Mempool {
    by_arrival: BTreeMap<u64, Pending>,
    by_txid: HashMap<[u8; 32], u64>,
    by_slot: HashMap<Slot, [u8; 32]>,
    next: u64,
}

impl Mempool {
    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.by_arrival.len()
    }

    /// In order of arrival.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Pending> {
        self.by_arrival.values()
    }

    /// The one with this id.
    pub(crate) fn get(&self, txid: &[u8; 32]) -> Option<&Pending> {
        self.by_arrival.get(self.by_txid.get(txid)?)
    }

    /// The nonces of an account that waiting transactions use, ascending.
    pub(crate) fn nonces_of(&self, address: &str) -> Vec<u64> {
        let mut nonces: Vec<u64> =
            self.by_slot.keys().filter(|(owner, _)| owner == address).map(|(_, nonce)| *nonce).collect();
        nonces.sort_unstable();
        nonces
    }

    /// Where a transaction would go.
    pub(crate) fn place(&self, pending: &Pending) -> Place {
        let mut replaced = Vec::new();
        for slot in pending.slots() {
            let Some(prior) = self.by_slot.get(&slot).and_then(|txid| self.get(txid)) else { continue };
            if pending.tx.fee() <= prior.tx.fee() {
                return Place::Taken;
            }
            if !replaced.contains(&prior.txid) {
                replaced.push(prior.txid);
            }
        }
        match replaced.is_empty() {
            false => Place::Replaces(replaced),
            true if self.len() >= CAPACITY => Place::Full,
            true => Place::Free,
        }
    }

    /// Adds one whose place was looked up; what it replaces is given back.
    pub(crate) fn insert(&mut self, pending: Pending) -> Vec<Pending> {
        let replaced = match self.place(&pending) {
            Place::Replaces(txids) => txids.iter().filter_map(|txid| self.remove(txid)).collect(),
            _ => Vec::new(),
        };
        let at = self.next;
        self.next += 1;
        self.by_txid.insert(pending.txid, at);
        for slot in pending.slots() {
            self.by_slot.insert(slot, pending.txid);
        }
        self.by_arrival.insert(at, pending);
        replaced
    }

    /// Takes one out.
    pub(crate) fn remove(&mut self, txid: &[u8; 32]) -> Option<Pending> {
        let pending = self.by_arrival.remove(&self.by_txid.remove(txid)?)?;
        for slot in pending.slots() {
            if self.by_slot.get(&slot) == Some(txid) {
                self.by_slot.remove(&slot);
            }
        }
        Some(pending)
    }
}
