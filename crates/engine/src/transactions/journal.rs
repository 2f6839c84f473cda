//! Where signed transactions are written down before anybody outside gets them.
//!
//! An SQLite file of its own. Unlike the projection of the chain it cannot be rebuilt: what it alone knows is which
//! transactions were signed and may still be mined. Secrets are never in it; a signature is none.
//!
//! What is guaranteed: when a write returns, it survives kill -9 and, as far as the disk keeps what it confirms to have
//! synced, power loss (write-ahead log with `synchronous = FULL`: every commit is synced). A write that fails leaves what
//! was there before.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::network::Network;
use bithedge_stacks::transaction::{Transaction, Txid};
use bithedge_stacks::units::MicroStx;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};

use super::entry::{Approved, Entry};
use super::status::TransactionId;

/// The version of the tables that this program writes.
const VERSION: i64 = 1;

/// Marks the file as ours: "BHtx".
const APPLICATION_ID: i64 = 0x4248_7478;

const TABLES: &str = "
CREATE TABLE journal (
    network TEXT NOT NULL
) STRICT;
CREATE TABLE transactions (
    id INTEGER PRIMARY KEY,
    txid BLOB NOT NULL UNIQUE CHECK (length(txid) = 32),
    account TEXT NOT NULL,
    nonce INTEGER NOT NULL CHECK (nonce >= 0),
    fee INTEGER NOT NULL CHECK (fee >= 0),
    bytes BLOB,
    approved TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    may_be_out INTEGER NOT NULL CHECK (may_be_out IN (0, 1)),
    status TEXT NOT NULL,
    is_settled INTEGER NOT NULL CHECK (is_settled IN (0, 1)),
    receipt TEXT
) STRICT;
CREATE INDEX transactions_unsettled ON transactions (id) WHERE is_settled = 0;
CREATE INDEX transactions_by_nonce ON transactions (account, nonce);
";

const COLUMNS: &str =
    "id, txid, account, nonce, fee, bytes, approved, signed_at, may_be_out, status, is_settled, receipt";

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

    /// Writes a new one down.
    fn insert(&mut self, entry: &Entry) -> Result<(), JournalError>;

    /// Changes what is known of it: whether it may be out, status, receipt, settled or not.
    fn update(&mut self, entry: &Entry) -> Result<(), JournalError>;
}

/// In the place of a journal that was let go of.
pub(super) struct Closed;

impl Store for Closed {
    fn unsettled(&mut self) -> Result<Vec<Entry>, JournalError> {
        Err(JournalError::Closed)
    }

    fn last_id(&mut self) -> Result<TransactionId, JournalError> {
        Err(JournalError::Closed)
    }

    fn highest_fee(&mut self, _: &Address, _: u64) -> Result<Option<MicroStx>, JournalError> {
        Err(JournalError::Closed)
    }

    fn entry(&mut self, _: TransactionId) -> Result<Option<Entry>, JournalError> {
        Err(JournalError::Closed)
    }

    fn history(&mut self, _: Option<TransactionId>, _: u32) -> Result<Vec<Entry>, JournalError> {
        Err(JournalError::Closed)
    }

    fn insert(&mut self, _: &Entry) -> Result<(), JournalError> {
        Err(JournalError::Closed)
    }

    fn update(&mut self, _: &Entry) -> Result<(), JournalError> {
        Err(JournalError::Closed)
    }
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
        if aside.exists() {
            let reason = format!("{} is there already", aside.display());
            return Err(JournalError::Unusable { path: path.into(), reason });
        }
        // The log belongs to the file: it goes first, so that a crash between the two leaves no new file with an old log.
        for suffix in ["-wal", "-shm", ""] {
            match std::fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && !suffix.is_empty() => {}
                other => other.map_err(failed)?,
            }
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        Ok(aside)
    }

    fn set_up(&mut self, network: Network) -> Result<(), JournalError> {
        let path = self.path.clone();
        let failed = |error| error_of(&path, &error);
        let check: String =
            self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
        if check != "ok" {
            return Err(JournalError::Damaged { path, reason: check });
        }
        let pragma =
            |name: &str| self.connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let (found, owner) =
            (pragma("user_version").map_err(failed)?, pragma("application_id").map_err(failed)?);
        if found > VERSION {
            return Err(JournalError::Newer { path, found, known: VERSION });
        }
        let tables: i64 = self
            .connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(failed)?;
        if owner != APPLICATION_ID && (owner != 0 || tables != 0) {
            return Err(JournalError::Damaged { path, reason: "it is another program's file".to_owned() });
        }
        self.connection
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0))
            .map_err(failed)?;
        self.connection
            .execute_batch("PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;")
            .map_err(failed)?;
        if found == 0 {
            self.create(network).map_err(failed)?;
        }
        let known: Option<String> = self
            .connection
            .query_row("SELECT network FROM journal", [], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        match known.and_then(|known| serde_json::from_str::<Network>(&known).ok()) {
            Some(known) if known == network => Ok(()),
            Some(_) => Err(JournalError::OtherChain { path }),
            None => {
                Err(JournalError::Damaged { path, reason: "it does not say of which chain it is".to_owned() })
            }
        }
    }

    /// All or nothing: the version is written in the same transaction as the tables.
    fn create(&mut self, network: Network) -> Result<(), rusqlite::Error> {
        let transaction = self.connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        let network = serde_json::to_string(&network)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        transaction.execute("INSERT INTO journal (network) VALUES (?1)", [network])?;
        transaction.execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
        ))?;
        transaction.commit()
    }

    fn select(&mut self, which: &str, values: impl rusqlite::Params) -> Result<Vec<Entry>, JournalError> {
        let path = &self.path;
        let failed = |error| error_of(path, &error);
        let mut statement = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM transactions {which}"))
            .map_err(failed)?;
        let rows = statement.query_map(values, |row| Ok(read(row))).map_err(failed)?;
        rows.map(|row| {
            row.map_err(failed)?.map_err(|reason| JournalError::Damaged { path: path.clone(), reason })
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

    fn insert(&mut self, entry: &Entry) -> Result<(), JournalError> {
        let insert = || -> Result<(), rusqlite::Error> {
            let mut statement = self.connection.prepare_cached(&format!(
                "INSERT INTO transactions ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
            ))?;
            statement.execute(params![
                integer(entry.id.0)?,
                entry.txid.0,
                entry.account.to_string(),
                integer(entry.nonce)?,
                integer(entry.fee.micro())?,
                entry.bytes,
                json(&entry.approved)?,
                integer(entry.signed_at.get())?,
                entry.may_be_out,
                json(&entry.status)?,
                entry.is_settled,
                entry.receipt.as_ref().map(json).transpose()?,
            ])?;
            Ok(())
        };
        insert().map_err(|error| error_of(&self.path, &error))
    }

    fn update(&mut self, entry: &Entry) -> Result<(), JournalError> {
        let update = || -> Result<usize, rusqlite::Error> {
            let mut statement = self.connection.prepare_cached(
                "UPDATE transactions SET may_be_out = ?2, status = ?3, is_settled = ?4, receipt = ?5 WHERE id = ?1",
            )?;
            statement.execute(params![
                integer(entry.id.0)?,
                entry.may_be_out,
                json(&entry.status)?,
                entry.is_settled,
                entry.receipt.as_ref().map(json).transpose()?,
            ])
        };
        match update().map_err(|error| error_of(&self.path, &error))? {
            1 => Ok(()),
            _ => Err(JournalError::Damaged {
                path: self.path.clone(),
                reason: format!("transaction {} is missing from it", entry.id),
            }),
        }
    }
}

/// An entry from its row, checked: what does not fit together is damage.
fn read(row: &Row<'_>) -> Result<Entry, String> {
    fn get<T: rusqlite::types::FromSql>(row: &Row<'_>, name: &str) -> Result<T, String> {
        row.get(name).map_err(|error| error.to_string())
    }
    fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
    let number =
        |name: &str| get::<i64>(row, name).and_then(|n| u64::try_from(n).map_err(|error| error.to_string()));
    let id = TransactionId(number("id")?);
    let within = |reason: String| format!("transaction {id}: {reason}");
    let bytes: Option<Vec<u8>> = get(row, "bytes")?;
    let entry = Entry {
        id,
        txid: Txid(get(row, "txid")?),
        account: get::<String>(row, "account")?.parse().map_err(|error| within(format!("{error}")))?,
        nonce: number("nonce")?,
        fee: MicroStx::new(number("fee")?),
        bytes,
        approved: parse::<Approved>(&get::<String>(row, "approved")?).map_err(within)?,
        signed_at: UnixSeconds::new(number("signed_at")?),
        may_be_out: get(row, "may_be_out")?,
        status: parse(&get::<String>(row, "status")?).map_err(within)?,
        is_settled: get(row, "is_settled")?,
        receipt: get::<Option<String>>(row, "receipt")?.as_deref().map(parse).transpose().map_err(within)?,
    };
    if let Some(bytes) = &entry.bytes {
        let read = Transaction::decode(bytes).map_err(|error| within(error.to_string()))?;
        let fits = read.txid() == entry.txid
            && read.origin_address() == entry.account
            && read.origin_nonce() == entry.nonce
            && read.fee() == entry.fee;
        if !fits {
            return Err(within("its bytes are those of another transaction".to_owned()));
        }
    }
    Ok(entry)
}

/// SQLite's integers have a sign. Numbers that do not fit cannot be on any chain.
fn integer(number: u64) -> Result<i64, rusqlite::Error> {
    i64::try_from(number).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, rusqlite::Error> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
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
