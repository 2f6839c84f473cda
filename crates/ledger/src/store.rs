//! The file: opening, schema, lock.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bithedge_stacks::client::BlockHash;
use bithedge_stacks::{ChainId, Principal};
use rusqlite::{Connection, OpenFlags};

use crate::block::Identity;
use crate::error::{LedgerError, Trouble};
use crate::tables::IdentityRow;

/// `BHLG`: in the file's header, so that nobody's other database is taken for a ledger.
const APPLICATION: i64 = 0x4248_4c47;

/// The newest schema.
pub(crate) const SCHEMA: i64 = 1;
/// The same, as the row of the identity has it, under its checksum: a bit that falls in the file's header is then told from
/// a newer version's file.
const SCHEMA_IN_ROW: u32 = 1;

/// The steps from an empty file to the newest schema, in order.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/0001.sql")];

/// How many pages the write-ahead log has before it is copied into the file, and how large it is left: 16 MiB. What is
/// changed again and again, the tops of the trees, is copied once.
const CHECKPOINT_PAGES: i64 = 4_096;
const LOG_BYTES: i64 = 16 * 1_024 * 1_024;

/// Readers wait so long for a checkpoint that holds the file.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The right to write: held until it is dropped, or the process ends, however it ends.
pub(crate) fn lock(path: &Path) -> Result<File, LedgerError> {
    let lock = beside(path, ".lock");
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            LedgerError::DiskFull(path.to_path_buf())
        }
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            LedgerError::ReadOnly { path: path.to_path_buf(), reason: error.to_string() }
        }
        _ => {
            LedgerError::Storage { path: path.to_path_buf(), action: "be locked", reason: error.to_string() }
        }
    };
    let file = File::options().create(true).truncate(false).write(true).open(lock).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::InUse(path.to_path_buf())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// A connection that writes, on a schema of today.
pub(crate) fn open_writer(path: &Path, identity: &Identity) -> Result<Connection, LedgerError> {
    let at = |trouble: Trouble| trouble.at(path, "be opened");
    let mut connection = Connection::open(path).map_err(|error| at(error.into()))?;
    prepare(&mut connection, path, identity)?;
    Ok(connection)
}

fn prepare(connection: &mut Connection, path: &Path, identity: &Identity) -> Result<(), LedgerError> {
    let at = |trouble: Trouble| trouble.at(path, "be opened");
    let sql = |error: rusqlite::Error| Trouble::from(error).at(path, "be opened");
    connection.busy_timeout(PATIENCE).map_err(sql)?;
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let version = pragma("user_version").map_err(sql)?;
    let application = pragma("application_id").map_err(sql)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(sql)?;
    if application != APPLICATION && (tables > 0 || version != 0) {
        return Err(at(Trouble::Inconsistent("it is no ledger".to_owned())));
    }
    if version > SCHEMA {
        return Err(unknown_schema(connection, path, version, "be opened"));
    }
    if version < 0 || (version == 0 && tables > 0) {
        return Err(at(Trouble::Inconsistent(format!("it has the schema {version}"))));
    }
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
             PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; PRAGMA journal_size_limit = {LOG_BYTES};
             PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
        ))
        .map_err(sql)?;
    connection.set_prepared_statement_cache_capacity(256);
    migrate(connection, version, identity).map_err(at)?;
    check_size(connection, path).map_err(at)?;
    let found = identity_of(connection).map_err(at)?;
    if found != *identity {
        return Err(LedgerError::OtherChain {
            path: path.to_path_buf(),
            found: Box::new(found),
            expected: Box::new(*identity),
        });
    }
    Ok(())
}

/// Whether the file is as long as it says. Reading every page takes seconds once there are many: that is for
/// [`Reader::check`](crate::Reader::check), in the background.
fn check_size(connection: &Connection, path: &Path) -> Result<(), Trouble> {
    let (in_log, copied): (i64, i64) =
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))?;
    if in_log != copied {
        // The end of the file may still be in the log.
        return Ok(());
    }
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let wanted = number("PRAGMA page_count")?.saturating_mul(number("PRAGMA page_size")?);
    match std::fs::metadata(path) {
        Ok(file) if file.len() < wanted.cast_unsigned() => {
            Err(Trouble::Inconsistent(format!("it has {} bytes, and should have {wanted}", file.len())))
        }
        _ => Ok(()),
    }
}

fn migrate(connection: &mut Connection, version: i64, identity: &Identity) -> Result<(), Trouble> {
    let done = usize::try_from(version).unwrap_or_default();
    if done == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for step in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    if version == 0 {
        let row = IdentityRow {
            id: 0,
            schema: SCHEMA_IN_ROW,
            chain: identity.chain.0,
            genesis: identity.genesis.0,
            deployer: Principal::Standard(identity.deployer),
        };
        crate::work::replace(&transaction, &row)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", SCHEMA)?;
    transaction.commit()?;
    Ok(())
}

/// Whether the pages are what a database is made of. It does not look into rows: their checksums do, when they are read.
pub(crate) fn check_pages(connection: &Connection) -> Result<(), Trouble> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(Trouble::Inconsistent(found)) }
}

pub(crate) fn identity_of(connection: &Connection) -> Result<Identity, Trouble> {
    let row = crate::work::fetch::<IdentityRow>(connection, &(0,))?;
    row.map(|row| Identity {
        chain: ChainId(row.chain),
        genesis: BlockHash(row.genesis),
        deployer: row.deployer.address(),
    })
    .ok_or_else(|| Trouble::Inconsistent("it does not say which chain it is about".to_owned()))
}

/// What a file is whose header names a schema that is not known: damaged, if the row that this version wrote names its own.
fn unknown_schema(connection: &Connection, path: &Path, found: i64, action: &'static str) -> LedgerError {
    match crate::work::fetch::<IdentityRow>(connection, &(0,)) {
        Ok(Some(row)) if row.schema == SCHEMA_IN_ROW => {
            Trouble::Inconsistent(format!("its header names the schema {found}, which it has not"))
                .at(path, action)
        }
        _ => LedgerError::NewerSchema { path: path.to_path_buf(), found, known: SCHEMA },
    }
}

/// A connection that reads only, beside the writer.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, LedgerError> {
    let sql = |error: rusqlite::Error| Trouble::from(error).at(path, "be read");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sql)?;
    connection.busy_timeout(PATIENCE).map_err(sql)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection
        .execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -8192; PRAGMA trusted_schema = OFF;")
        .map_err(sql)?;
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let (application, version) =
        (pragma("application_id").map_err(sql)?, pragma("user_version").map_err(sql)?);
    if application != APPLICATION {
        return Err(Trouble::Inconsistent("it is no ledger".to_owned()).at(path, "be read"));
    }
    if version != SCHEMA {
        return Err(unknown_schema(&connection, path, version, "be read"));
    }
    Ok(connection)
}

/// Removes a ledger's files; those that are not there are no matter.
pub(crate) fn remove(path: &Path) -> Result<(), LedgerError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        match std::fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(LedgerError::Storage {
                    path: path.to_path_buf(),
                    action: "be removed",
                    reason: error.to_string(),
                });
            }
            _ => {}
        }
    }
    Ok(())
}
