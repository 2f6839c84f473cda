//! The journal's tables, and how those of earlier versions become them.

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::network::Network;
use rusqlite::OptionalExtension;

use super::rows::{COLUMNS, raise, read};
use super::{Journal, JournalError, error_of};

/// The version of the tables that this program writes.
const VERSION: i64 = 2;

/// Marks the file as ours: "BHtx".
const APPLICATION_ID: i64 = 0x4248_7478;

/// The tables of version 1.
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

/// What version 2 added: what a person has to look at, and finding an account's newest entries.
const ALARMS: &str = "
CREATE TABLE alarms (
    transaction_id INTEGER NOT NULL REFERENCES transactions (id),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    statement TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    acknowledged_at INTEGER,
    PRIMARY KEY (transaction_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX alarms_open ON alarms (transaction_id) WHERE acknowledged_at IS NULL;
CREATE INDEX transactions_by_time ON transactions (account, signed_at);
";

impl Journal {
    pub(super) fn set_up(&mut self, network: Network) -> Result<(), JournalError> {
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
        } else if found < VERSION {
            self.migrate()?;
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
        transaction.execute_batch(ALARMS)?;
        let network = serde_json::to_string(&network)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        transaction.execute("INSERT INTO journal (network) VALUES (?1)", [network])?;
        transaction.execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
        ))?;
        transaction.commit()
    }

    /// From version 1, all or nothing: a row for each difference that a receipt has, however old, and for each transaction that was only
    /// found and is under way. Nobody could acknowledge any of them before.
    fn migrate(&mut self) -> Result<(), JournalError> {
        let path = self.path.clone();
        let failed = |error| error_of(&path, &error);
        let transaction = self.connection.transaction().map_err(failed)?;
        transaction.execute_batch(ALARMS).map_err(failed)?;
        {
            // The text of an empty list is always this one. What is read in vain costs time only.
            let which = format!(
                "SELECT {COLUMNS} FROM transactions \
                 WHERE is_settled = 0 OR (receipt IS NOT NULL AND instr(receipt, '\"alarms\":[]') = 0)"
            );
            let mut statement = transaction.prepare(&which).map_err(failed)?;
            let rows = statement.query_map([], |row| Ok(read(row))).map_err(failed)?;
            for row in rows {
                let mut entry = row
                    .map_err(failed)?
                    .map_err(|reason| JournalError::Damaged { path: path.clone(), reason })?;
                // When it was seen was not kept; not before this.
                let seen_at =
                    entry.status.block().map_or(entry.signed_at, |block| UnixSeconds::new(block.time));
                entry.raise(seen_at.max(entry.signed_at));
                raise(&transaction, &entry).map_err(failed)?;
            }
        }
        transaction.execute_batch(&format!("PRAGMA user_version = {VERSION};")).map_err(failed)?;
        transaction.commit().map_err(failed)
    }
}
