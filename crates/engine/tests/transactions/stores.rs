//! Journals for tests: in memory-backed files where there are such, and with a disk that fails.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bithedge_engine::transactions::{AlarmDigest, Entry, Journal, JournalError, Store, TransactionId};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::units::MicroStx;

use crate::hand::NETWORK;

/// A folder whose files need no disk to be synced, where the system has such: what is tested is what is written when.
pub(crate) fn folder() -> tempfile::TempDir {
    let fast = Path::new("/dev/shm");
    if fast.is_dir() { tempfile::tempdir_in(fast).unwrap() } else { tempfile::tempdir().unwrap() }
}

pub(crate) fn journal(folder: &tempfile::TempDir) -> Journal {
    Journal::open(&folder.path().join("journal.sqlite"), NETWORK).unwrap()
}

/// What the disk is like.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    pub(crate) is_full: Arc<AtomicBool>,
    /// The write with this number fails, counted from 1.
    pub(crate) failing: Arc<AtomicU64>,
    pub(crate) writes: Arc<AtomicU64>,
}

/// A journal on such a disk.
pub(crate) struct Fallible {
    pub(crate) journal: Journal,
    pub(crate) disk: Disk,
}

impl Fallible {
    fn write(
        &mut self,
        write: impl FnOnce(&mut Journal) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let number = self.disk.writes.fetch_add(1, Ordering::SeqCst) + 1;
        if self.disk.is_full.load(Ordering::SeqCst) || self.disk.failing.load(Ordering::SeqCst) == number {
            return Err(JournalError::Full { path: "journal".into() });
        }
        write(&mut self.journal)
    }
}

impl Store for Fallible {
    fn unsettled(&mut self) -> Result<Vec<Entry>, JournalError> {
        self.journal.unsettled()
    }

    fn last_id(&mut self) -> Result<TransactionId, JournalError> {
        self.journal.last_id()
    }

    fn highest_fee(&mut self, account: &Address, nonce: u64) -> Result<Option<MicroStx>, JournalError> {
        self.journal.highest_fee(account, nonce)
    }

    fn entry(&mut self, id: TransactionId) -> Result<Option<Entry>, JournalError> {
        self.journal.entry(id)
    }

    fn history(&mut self, before: Option<TransactionId>, limit: u32) -> Result<Vec<Entry>, JournalError> {
        self.journal.history(before, limit)
    }

    fn recent(&mut self, account: &Address, after: UnixSeconds) -> Result<Vec<Entry>, JournalError> {
        self.journal.recent(account, after)
    }

    fn alarmed(&mut self) -> Result<Vec<Entry>, JournalError> {
        self.journal.alarmed()
    }

    fn insert(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        self.write(|journal| journal.insert(entries))
    }

    fn acknowledge(
        &mut self,
        id: TransactionId,
        digests: &BTreeSet<AlarmDigest>,
        at: UnixSeconds,
    ) -> Result<(), JournalError> {
        self.write(|journal| journal.acknowledge(id, digests, at))
    }

    fn update(&mut self, entry: &Entry) -> Result<(), JournalError> {
        self.write(|journal| journal.update(entry))
    }
}
