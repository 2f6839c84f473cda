//! What can go wrong. None of it touches money: the ledger is a copy of what the chain says, and the chain has the original.

use std::path::PathBuf;

use bithedge_protocol::BlockHeight;
use bithedge_stacks::client::BlockHash;

use crate::block::Identity;
use crate::row::DamagedRow;

/// A ledger could not be opened, fed or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// Another process, or another part of this one, feeds this ledger. Close it; reading is possible meanwhile.
    #[error("the ledger {} is in use by another instance", .0.display())]
    InUse(PathBuf),
    /// The file is about another chain or deployment. Nothing was changed; [`Identity::file_name`] gives each its own.
    #[error("the ledger {} is about another chain or deployment: {} of {}, not {} of {}",
        .path.display(), .found.chain, .found.deployer, .expected.chain, .expected.deployer)]
    OtherChain {
        /// The file.
        path: PathBuf,
        /// What it is about.
        found: Box<Identity>,
        /// What was asked for.
        expected: Box<Identity>,
    },
    /// A newer version of the application wrote the file. Nothing was changed: use that version, or rebuild under another
    /// name.
    #[error("the ledger {} was written by a newer version of the application (schema {found}, known up to {known})", .path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// What is stored is not what was written. No figure of this file may be shown: rebuild it
    /// ([`Ledger::recreate`](crate::Ledger::recreate)) and feed it from the chain again.
    #[error("the ledger {} is damaged and has to be rebuilt from the chain: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The disk is full, or the process may not write so much. The ledger is as it was before the call; free some space and
    /// repeat it.
    #[error("there is no space left for the ledger {}; it is as it was before", .0.display())]
    DiskFull(PathBuf),
    /// The file or its folder cannot be written. The ledger is as it was before.
    #[error("the ledger {} cannot be written: {reason}", .path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// The system's or the database's word.
        reason: String,
    },
    /// The file or the database failed otherwise. The ledger is as it was before the call.
    #[error("the ledger {} could not {action}: {reason}", .path.display())]
    Storage {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        action: &'static str,
        /// The system's or the database's word.
        reason: String,
    },
    /// The block does not stand on the newest one that the ledger has: it is at or below its height, or the very next and
    /// names another parent. The chain was reorganised. Nothing was changed. Find the newest block that both have ([`Snapshot::blocks`](crate::Snapshot::blocks)), roll back
    /// to it and go on from there.
    #[error("block {height} ({hash}) does not stand on the ledger's newest block, {tip:?}")]
    NotConnected {
        /// The block's height.
        height: BlockHeight,
        /// The block's hash.
        hash: BlockHash,
        /// The newest block here; `None` of an empty ledger.
        tip: Option<(BlockHeight, BlockHash)>,
    },
    /// The ledger has a block of this height and hash, and other content in it: one of the two deliveries was incomplete or
    /// false, and nothing here can say which. Nothing was changed. Roll back to the block below, and apply what the chain
    /// really has; if in doubt, as another node tells it.
    #[error("block {height} ({hash}) is here with other content")]
    OtherContent {
        /// The block's height.
        height: BlockHeight,
        /// The block's hash.
        hash: BlockHash,
    },
    /// The ledger is empty, and this is neither the block that its identity names nor the one after it: the beginning is
    /// missing, or it is of another chain. Nothing was changed. Begin with that block ([`Identity::genesis`], or
    /// [`Ledger::advance_to`](crate::Ledger::advance_to) it); if the chain has none of that hash, it is another chain, which
    /// has a ledger of its own ([`Identity::file_name`]).
    #[error("block {height} ({hash}) is not where the chain of this ledger begins: {genesis}")]
    OtherBeginning {
        /// The block's height.
        height: BlockHeight,
        /// The block's hash.
        hash: BlockHash,
        /// The block that every history of this chain has.
        genesis: BlockHash,
    },
    /// A figure cannot be computed from what the events say: no real chain has such amounts, so what was delivered is false.
    /// The ledger itself is whole, and a rebuild from the same source would end here again: show the figure as unknown, look
    /// at [`Snapshot::anomalies`](crate::Snapshot::anomalies), and ask another node.
    #[error("a figure of the ledger {} cannot be computed: {reason}", .path.display())]
    Uncountable {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// What was to be applied is no block: its transactions or events are not in order.
    /// Nothing was changed; whoever delivered it lies or is mistaken.
    #[error("block {height} ({hash}) is malformed: {reason}")]
    MalformedBlock {
        /// The block's height.
        height: BlockHeight,
        /// The block's hash.
        hash: BlockHash,
        /// What is wrong.
        reason: String,
    },
    /// A transaction of the block is in another block here already: either that one is not the chain's, or what was delivered is false.
    /// Nothing was changed.
    #[error("a transaction of block {height} ({hash}) is in another block of the ledger already: {reason}")]
    AlreadyHere {
        /// The height of the block that was to be applied.
        height: BlockHeight,
        /// Its hash.
        hash: BlockHash,
        /// What storage says.
        reason: String,
    },
    /// Earlier states are not kept so far back. Nothing was changed: rebuild the ledger.
    #[error("the ledger cannot go back to block {asked}: it keeps what is needed from block {oldest} on")]
    TooDeep {
        /// What was asked for.
        asked: BlockHeight,
        /// The lowest that is possible.
        oldest: BlockHeight,
    },
}

/// What goes wrong inside; the path is added at the edge.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error(transparent)]
    Damaged(#[from] DamagedRow),
    #[error("{0}")]
    Inconsistent(String),
    #[error("{0}")]
    Uncountable(String),
}

impl Trouble {
    pub(crate) fn at(self, path: &std::path::Path, action: &'static str) -> LedgerError {
        use rusqlite::ErrorCode;
        let path = path.to_path_buf();
        let reason = self.to_string();
        match &self {
            Self::Damaged(_) | Self::Inconsistent(_) => LedgerError::Damaged { path, reason },
            Self::Uncountable(_) => LedgerError::Uncountable { path, reason },
            Self::Sql(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                    LedgerError::Damaged { path, reason }
                }
                // A process that may not write so much gets EFBIG, which SQLite reports as an I/O error while writing.
                Some(ErrorCode::DiskFull) => LedgerError::DiskFull(path),
                Some(ErrorCode::SystemIoFailure) if is_short_of_space(error) => LedgerError::DiskFull(path),
                Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                    LedgerError::ReadOnly { path, reason }
                }
                // A row of another shape than this schema's: somebody else's table.
                None if matches!(
                    error,
                    rusqlite::Error::InvalidColumnType(..)
                        | rusqlite::Error::FromSqlConversionFailure(..)
                        | rusqlite::Error::InvalidColumnIndex(_)
                        | rusqlite::Error::IntegralValueOutOfRange(..)
                        | rusqlite::Error::Utf8Error(..)
                ) =>
                {
                    LedgerError::Damaged { path, reason }
                }
                _ => LedgerError::Storage { path, action, reason },
            },
        }
    }
}

/// Whether an I/O error came from writing: SQLite does not pass the system's number on, and of the ways in which a write
/// fails, the space is by far the commonest.
fn is_short_of_space(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_WRITE};
    matches!(
        error.sqlite_error().map(|error| error.extended_code),
        Some(SQLITE_IOERR_WRITE | SQLITE_IOERR_SHMSIZE | SQLITE_IOERR_TRUNCATE)
    )
}
