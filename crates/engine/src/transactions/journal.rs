//! Where signed transactions are written down before anybody outside gets them.
//!
//! An SQLite file of its own. Unlike the projection of the chain it cannot be rebuilt: what it alone knows is which
//! transactions were signed and may still be mined. Secrets are never in it; a signature is none.
//!
//! What is guaranteed: when a write returns, it survives kill -9 and, as far as the disk keeps what it confirms to have
//! synced, power loss (write-ahead log with `synchronous = FULL`: every commit is synced). A write that fails leaves what
//! was there before.

mod closed;
mod rows;
mod schema;

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::network::Network;
use bithedge_stacks::units::MicroStx;
use rusqlite::{Connection, ErrorCode, params};

pub(super) use self::closed::Closed;
use self::rows::{COLUMNS, integer, read};
use super::alarms::AlarmDigest;
use super::entry::Entry;
use super::status::TransactionId;

/// Why the journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Another instance of the application has it. Nothing is wrong with the money; use that instance.
    #[error("another instance of the application uses {path}")]
    InUse {
        /// The journal.
        path: PathBuf,
    },
    /// A later version of the application wrote it. Transactions may be under way; use that version.
    #[error(
        "{path} was written by a later version: its tables have version {found}, known are up to {known}"
    )]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// This program's.
        known: i64,
    },
    /// It is about another chain.
    #[error("{path} is about another chain")]
    OtherChain {
        /// The journal.
        path: PathBuf,
    },
    /// It cannot be read. Transactions may be under way that the application does not know any more: nothing is lost by
    /// that, but do not repeat what was sent last. [`Journal::set_aside`] keeps the file, and
    /// [`recover`](super::Transactions::recover) asks the chain what is under way.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The disk is full. What was to be written was not, and nothing was sent because of it. Make room and try again.
    #[error("the disk is full, so {path} could not be written")]
    Full {
        /// The journal.
        path: PathBuf,
    },
    /// It cannot be opened or written for another reason: missing permissions, a failing disk.
    #[error("{path} cannot be used: {reason}")]
    Unusable {
        /// The journal.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// This application closed it, so that it can be opened again. Nothing was written.
    #[error("the journal of transactions was closed")]
    Closed,
}

/// Where entries are kept. The journal is the one that lasts; tests have others, which fail.
///
/// A call that returns an error has changed nothing.
pub trait Store: Send + 'static {
    /// Everything that is not settled, by id.
    fn unsettled(&mut self) -> Result<Vec<Entry>, JournalError>;

    /// The highest number that was ever given to a signed transaction, 0 before the first.
    fn last_id(&mut self) -> Result<TransactionId, JournalError>;

    /// The highest fee of all transactions of the account that were signed with the nonce.
    fn highest_fee(&mut self, account: &Address, nonce: u64) -> Result<Option<MicroStx>, JournalError>;

    /// The entry with a number.
    fn entry(&mut self, id: TransactionId) -> Result<Option<Entry>, JournalError>;

    /// Entries below a number, newest first.
    fn history(&mut self, before: Option<TransactionId>, limit: u32) -> Result<Vec<Entry>, JournalError>;

    /// Whether anything of the account was ever written down.
    fn has_account(&mut self, account: &Address) -> Result<bool, JournalError> {
        let mut before = None;
        loop {
            let page = self.history(before, 500)?;
            if page.iter().any(|entry| entry.account == *account) {
                return Ok(true);
            }
            match page.last() {
                Some(last) => before = Some(last.id),
                None => return Ok(false),
            }
        }
    }

    /// Everything of an account that was signed after a moment, and whatever of it is not settled, by id.
    fn recent(&mut self, account: &Address, after: UnixSeconds) -> Result<Vec<Entry>, JournalError>;

    /// Entries with something that nobody has acknowledged, by id.
    fn alarmed(&mut self) -> Result<Vec<Entry>, JournalError>;

    /// Writes new ones down, all of them or none.
    fn insert(&mut self, entries: &[Entry]) -> Result<(), JournalError>;

    /// Changes what is known of it: whether it may be out, status, receipt, settled or not; and adds what there is to look at and was
    /// not, in the same step. What is there already stays as it is, acknowledged or not.
    fn update(&mut self, entry: &Entry) -> Result<(), JournalError>;

    /// Notes of all of these that they were acknowledged, or of none.
    fn acknowledge(
        &mut self,
        id: TransactionId,
        digests: &BTreeSet<AlarmDigest>,
        at: UnixSeconds,
    ) -> Result<(), JournalError>;
}

/// The journal's file.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    connection: Connection,
    /// Locked as long as the journal is open.
    _lock: File,
}

impl Journal {
    /// Opens the journal of a chain, or makes one. The folder must be there.
    ///
    /// # Errors
    /// Every kind of [`JournalError`]. The file is as it was.
    pub fn open(path: &Path, network: Network) -> Result<Self, JournalError> {
        let lock = lock(path)?;
        finish_setting_aside(path)
            .map_err(|error| JournalError::Unusable { path: path.into(), reason: error.to_string() })?;
        private_file(path, "")
            .map_err(|error| JournalError::Unusable { path: path.into(), reason: error.to_string() })?;
        let failed = |error| error_of(path, &error);
        let connection = Connection::open(path).map_err(failed)?;
        // Waiting is for a backup program that reads; another instance is kept out by the lock.
        connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(failed)?;
        let mut journal = Self { path: path.to_path_buf(), connection, _lock: lock };
        journal.set_up(network)?;
        Ok(journal)
    }

    /// Renames a damaged journal, so that it is kept and a new one can be made. `label` tells it from others, such as the
    /// date. Gives the new name.
    ///
    /// # Errors
    /// [`JournalError::InUse`]; [`JournalError::Unusable`] if a file cannot be renamed, or the new name is taken.
    pub fn set_aside(path: &Path, label: &str) -> Result<PathBuf, JournalError> {
        let _lock = lock(path)?;
        let failed =
            |error: std::io::Error| JournalError::Unusable { path: path.into(), reason: error.to_string() };
        let aside = with_suffix(path, &format!(".damaged-{label}"));
        if !path.exists() {
            return Err(JournalError::Unusable { path: path.into(), reason: "it is not there".to_owned() });
        }
        if aside.exists() {
            let reason = format!("{} is there already", aside.display());
            return Err(JournalError::Unusable { path: path.into(), reason });
        }
        // Written first, so that a crash between the files does not leave one of them behind: without its log, an older journal would open
        // that lacks what was signed last.
        let marker = with_suffix(path, ASIDE);
        std::fs::write(&marker, label).and_then(|()| File::open(&marker)?.sync_all()).map_err(failed)?;
        sync_folder(path).map_err(failed)?;
        move_aside(path, label).map_err(failed)?;
        Ok(aside)
    }

    fn missing(&self, id: TransactionId) -> JournalError {
        let reason = format!("transaction {id}, or something about it, is missing from it");
        JournalError::Damaged { path: self.path.clone(), reason }
    }

    fn select(&mut self, which: &str, values: impl rusqlite::Params) -> Result<Vec<Entry>, JournalError> {
        let path = &self.path;
        let failed = |error| error_of(path, &error);
        let mut statement = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM transactions {which}"))
            .map_err(failed)?;
        let rows = statement.query_map(values, |row| Ok(read(row))).map_err(failed)?;
        let damaged = |reason| JournalError::Damaged { path: path.clone(), reason };
        rows.map(|row| {
            let mut entry = row.map_err(failed)?.map_err(damaged)?;
            entry.alarms = rows::alarms_of(&self.connection, entry.id).map_err(failed)?.map_err(damaged)?;
            Ok(entry)
        })
        .collect()
    }
}

impl Store for Journal {
    fn unsettled(&mut self) -> Result<Vec<Entry>, JournalError> {
        self.select("WHERE is_settled = 0 ORDER BY id", [])
    }

    fn last_id(&mut self) -> Result<TransactionId, JournalError> {
        let last: Option<i64> = self
            .connection
            .query_row("SELECT max(id) FROM transactions", [], |row| row.get(0))
            .map_err(|error| error_of(&self.path, &error))?;
        Ok(TransactionId(last.and_then(|id| u64::try_from(id).ok()).unwrap_or_default()))
    }

    fn highest_fee(&mut self, account: &Address, nonce: u64) -> Result<Option<MicroStx>, JournalError> {
        let fee: Option<i64> = self
            .connection
            .query_row(
                "SELECT max(fee) FROM transactions WHERE account = ?1 AND nonce = ?2",
                params![account.to_string(), integer(nonce).map_err(|error| error_of(&self.path, &error))?],
                |row| row.get(0),
            )
            .map_err(|error| error_of(&self.path, &error))?;
        Ok(fee.and_then(|fee| u64::try_from(fee).ok()).map(MicroStx::new))
    }

    fn entry(&mut self, id: TransactionId) -> Result<Option<Entry>, JournalError> {
        let Ok(id) = i64::try_from(id.0) else { return Ok(None) };
        Ok(self.select("WHERE id = ?1", [id])?.pop())
    }

    fn history(&mut self, before: Option<TransactionId>, limit: u32) -> Result<Vec<Entry>, JournalError> {
        let before = before.and_then(|id| i64::try_from(id.0).ok()).unwrap_or(i64::MAX);
        self.select("WHERE id < ?1 ORDER BY id DESC LIMIT ?2", params![before, limit])
    }

    fn has_account(&mut self, account: &Address) -> Result<bool, JournalError> {
        self.connection
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM transactions WHERE account = ?1)",
                [account.to_string()],
                |row| row.get(0),
            )
            .map_err(|error| error_of(&self.path, &error))
    }

    fn recent(&mut self, account: &Address, after: UnixSeconds) -> Result<Vec<Entry>, JournalError> {
        let after = i64::try_from(after.get()).unwrap_or(i64::MAX);
        let account = account.to_string();
        let mut found =
            self.select("WHERE account = ?1 AND signed_at > ?2 AND is_settled = 1", params![account, after])?;
        found.extend(self.select("WHERE is_settled = 0 AND account = ?1", [account])?);
        found.sort_by_key(|entry| entry.id);
        Ok(found)
    }

    fn alarmed(&mut self) -> Result<Vec<Entry>, JournalError> {
        self.select(
            "WHERE id IN (SELECT transaction_id FROM alarms WHERE acknowledged_at IS NULL) ORDER BY id",
            [],
        )
    }

    fn insert(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        let connection = &mut self.connection;
        rows::insert(connection, entries).map_err(|error| error_of(&self.path, &error))
    }

    fn update(&mut self, entry: &Entry) -> Result<(), JournalError> {
        match rows::update(&mut self.connection, entry).map_err(|error| error_of(&self.path, &error))? {
            true => Ok(()),
            false => Err(self.missing(entry.id)),
        }
    }

    fn acknowledge(
        &mut self,
        id: TransactionId,
        digests: &BTreeSet<AlarmDigest>,
        at: UnixSeconds,
    ) -> Result<(), JournalError> {
        let connection = &mut self.connection;
        match rows::acknowledge(connection, id, digests, at).map_err(|error| error_of(&self.path, &error))? {
            true => Ok(()),
            false => Err(self.missing(id)),
        }
    }
}

fn error_of(path: &Path, error: &rusqlite::Error) -> JournalError {
    let (path, reason) = (path.to_path_buf(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => JournalError::Full { path },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => JournalError::Damaged { path, reason },
        _ => JournalError::Unusable { path, reason },
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// What follows a journal's name in that of the file that says under which label it is being set aside.
const ASIDE: &str = ".aside";

/// Moves a journal and its log to their other names, as far as they are not there, and forgets that it was to be done.
fn move_aside(path: &Path, label: &str) -> std::io::Result<()> {
    let aside = with_suffix(path, &format!(".damaged-{label}"));
    for suffix in ["", "-wal", "-shm"] {
        match std::fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    sync_folder(path)?;
    std::fs::remove_file(with_suffix(path, ASIDE))?;
    sync_folder(path)
}

/// Goes on with what was begun before a crash.
fn finish_setting_aside(path: &Path) -> std::io::Result<()> {
    match std::fs::read_to_string(with_suffix(path, ASIDE)) {
        Ok(label) => move_aside(path, &label),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Opens a file, or makes one that only its owner can read: what somebody did with their money is nobody else's business.
fn private_file(path: &Path, suffix: &str) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(with_suffix(path, suffix))
}

/// Keeps other instances out as long as the file that it gives is open, also after a crash of theirs.
fn lock(path: &Path) -> Result<File, JournalError> {
    let failed = |reason: String| JournalError::Unusable { path: path.to_path_buf(), reason };
    let file = private_file(path, ".lock").map_err(|error| failed(error.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::InUse { path: path.to_path_buf() }),
        Err(TryLockError::Error(error)) => Err(failed(error.to_string())),
    }
}
