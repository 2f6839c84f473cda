//! Everything that is decided: drafts in memory, signed transactions in the journal, one after the other. Without input
//! and output but the journal, so that each step happens as a whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bithedge_stacks::address::Address;
use bithedge_stacks::network::Network;
use tokio::sync::broadcast;

use super::draft::Draft;
use super::entry::Entry;
use super::fees::{FeeLevel, FeePolicy};
use super::journal::{Closed, JournalError, Store};
use super::judge::Depths;
use super::nonces::{self, ChainNonces};
use super::status::{Note, RefusedBecause, Status, TransactionId, TransactionUpdate};

/// How transactions are made, sent and watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// What may be paid.
    pub fees: FeePolicy,
    /// How soon to be mined.
    pub level: FeeLevel,
    /// When something counts as confirmed, and when as settled.
    pub depths: Depths,
    /// How long an approval may be given after it was asked for.
    pub approval_timeout: Duration,
    /// How long to wait before the same bytes are sent again, if nobody has them. Doubled each time.
    pub first_resend: Duration,
    /// The longest such wait.
    pub longest_resend: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fees: FeePolicy::default(),
            level: FeeLevel::default(),
            depths: Depths { confirmed: 1, settled: 100 },
            approval_timeout: Duration::from_secs(10 * 60),
            first_resend: Duration::from_secs(15),
            longest_resend: Duration::from_secs(5 * 60),
        }
    }
}

/// When the same bytes may be sent again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    pub(super) wait: Duration,
    /// Monotonic.
    pub(super) next: Duration,
    /// How often it was tried since this program started.
    pub(super) attempts: u64,
}

pub(super) struct Core {
    pub(super) store: Box<dyn Store>,
    pub(super) network: Network,
    pub(super) settings: Settings,
    /// Signed and not settled.
    pub(super) entries: BTreeMap<TransactionId, Entry>,
    /// Not signed.
    pub(super) drafts: BTreeMap<TransactionId, Draft>,
    /// Signed by this very process, and not handed to anybody yet.
    pub(super) fresh: BTreeSet<TransactionId>,
    pub(super) sending: BTreeMap<TransactionId, Backoff>,
    /// The tip at which a nonce was first seen used by an unknown transaction.
    pub(super) nonce_used_since: BTreeMap<TransactionId, u64>,
    /// Missing from their blocks when the chain was asked the last time.
    pub(super) missed: BTreeSet<TransactionId>,
    pub(super) next_id: TransactionId,
    pub(super) updates: broadcast::Sender<TransactionUpdate>,
}

impl Core {
    pub(super) fn open(
        mut store: Box<dyn Store>,
        network: Network,
        settings: Settings,
        updates: broadcast::Sender<TransactionUpdate>,
    ) -> Result<Self, JournalError> {
        let entries = store.unsettled()?.into_iter().map(|entry| (entry.id, entry)).collect();
        let next_id = TransactionId(store.last_id()?.0.saturating_add(1));
        Ok(Self {
            store,
            network,
            settings,
            entries,
            drafts: BTreeMap::new(),
            fresh: BTreeSet::new(),
            sending: BTreeMap::new(),
            nonce_used_since: BTreeMap::new(),
            missed: BTreeSet::new(),
            next_id,
            updates,
        })
    }

    /// Lets go of the journal. Nothing is in hand any more, so that nothing is sent.
    pub(super) fn let_go(&mut self) {
        let open: Vec<TransactionId> = self.drafts.keys().copied().collect();
        for id in open {
            self.close(id, Status::Refused { reason: RefusedBecause::Person });
        }
        self.entries.clear();
        self.store = Box::new(Closed);
    }

    pub(super) fn take_id(&mut self) -> TransactionId {
        let id = self.next_id;
        self.next_id = TransactionId(id.0.saturating_add(1));
        id
    }

    /// Nonces of an account that are in hand.
    pub(super) fn held(&self, account: &Address) -> BTreeSet<u64> {
        self.held_but(account, None)
    }

    /// The same, without one draft.
    pub(super) fn held_but(&self, account: &Address, but: Option<TransactionId>) -> BTreeSet<u64> {
        let drafted = self.drafts.iter().filter(|(id, _)| but != Some(**id)).map(|(_, draft)| draft);
        let drafted = drafted.filter(|draft| draft.prepared.account == *account);
        let signed = self.entries.values().filter(|entry| entry.account == *account && entry.holds_nonce());
        drafted.map(|draft| draft.nonce).chain(signed.map(|entry| entry.nonce)).collect()
    }

    /// Nonces of an account whose transactions no node will have.
    pub(super) fn abandoned(&self, account: &Address) -> BTreeSet<u64> {
        let given_up =
            self.entries.values().filter(|entry| entry.account == *account && entry.is_abandoned());
        given_up.map(|entry| entry.nonce).collect()
    }

    /// Nonces that transactions of ours wait for, and that nobody has.
    pub(super) fn gaps(&self, account: &Address, chain: &ChainNonces) -> Vec<u64> {
        nonces::gaps(chain, &self.held(account))
    }

    /// Accounts with something that is watched.
    pub(super) fn accounts(&self) -> BTreeSet<Address> {
        self.entries.values().map(|entry| entry.account).collect()
    }

    /// Writes a change down, then takes it over, then tells it. If it cannot be written, nothing changes.
    pub(super) fn change(&mut self, entry: Entry, note: Option<Note>) -> Result<(), JournalError> {
        self.store.update(&entry)?;
        let is_news =
            note.is_some() || self.entries.get(&entry.id).is_none_or(|before| before.status != entry.status);
        if is_news {
            self.tell(&entry, entry.status.clone(), note);
        }
        if entry.is_settled {
            self.entries.remove(&entry.id);
            self.fresh.remove(&entry.id);
            self.sending.remove(&entry.id);
            self.nonce_used_since.remove(&entry.id);
            self.missed.remove(&entry.id);
        } else {
            self.entries.insert(entry.id, entry);
        }
        Ok(())
    }

    pub(super) fn tell(&self, entry: &Entry, status: Status, note: Option<Note>) {
        // That nobody listens is no fault.
        let _ = self.updates.send(TransactionUpdate {
            id: entry.id,
            txid: Some(entry.txid),
            purpose: entry.approved.purpose,
            account: entry.account,
            nonce: entry.nonce,
            status,
            note,
        });
    }
}
