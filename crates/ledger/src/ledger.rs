//! The writer: blocks in, blocks off.

use std::fs::File;
use std::path::{Path, PathBuf};

use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::client::BlockHash;
use rusqlite::{Connection, TransactionBehavior};

use crate::block::{BlockHeader, ChainBlock, Identity};
use crate::content::{check_order, has_content, write_block};
use crate::error::{LedgerError, Trouble};
use crate::query::{Reader, Snapshot};
use crate::store;
use crate::tables::{BlockRow, TipRow};
use crate::work::{Work, replace, undo};

/// How many blocks with content can be taken back, unless [`Ledger::keep_blocks`] says otherwise. Stacks is reorganised with
/// Bitcoin: six Bitcoin blocks are an hour, and an hour of a block every five seconds is 720.
pub const KEPT_BLOCKS: u64 = 2_000;

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is the newest now.
    New {
        /// How many of its events could not be understood or contradict what is known.
        anomalies: u32,
    },
    /// It was there already, with the same content; nothing happened.
    Known,
}

/// A projection of the chain, and the right to change it. There is one for a file; [`Reader`]s stand beside it.
///
/// What a call changes is there in whole or not at all: for readers, after an error, after `kill -9`, and after power loss.
/// After power loss the newest blocks may be missing again, never the older without the newer: whoever feeds the ledger asks
/// for its [tip](Ledger::tip) and goes on from there.
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
    identity: Identity,
    kept: u64,
    /// How many blocks can be taken back.
    can_undo: u64,
    _lock: File,
}

impl Ledger {
    /// Opens a ledger, or begins an empty one.
    ///
    /// # Errors
    /// [`LedgerError`], all but those of blocks.
    pub fn open(path: &Path, identity: Identity) -> Result<Self, LedgerError> {
        let lock = store::lock(path)?;
        Self::begin(path, identity, lock)
    }

    /// Throws away what is there, whatever it is, and begins an empty ledger: for one that is damaged or too deep in a
    /// chain that is gone. Nothing is lost by it but time. Readers that are open keep seeing the old one until they are opened
    /// again.
    ///
    /// # Errors
    /// [`LedgerError::InUse`], and those of storage.
    pub fn recreate(path: &Path, identity: Identity) -> Result<Self, LedgerError> {
        let lock = store::lock(path)?;
        store::remove(path)?;
        Self::begin(path, identity, lock)
    }

    fn begin(path: &Path, identity: Identity, lock: File) -> Result<Self, LedgerError> {
        let connection = store::open_writer(path, &identity)?;
        let can_undo = count_undo(&connection).map_err(|trouble| trouble.at(path, "be opened"))?;
        let path = path.to_path_buf();
        Ok(Self { connection, path, identity, kept: KEPT_BLOCKS, can_undo, _lock: lock })
    }

    /// Keeps what is needed to take back so many blocks with content.
    #[must_use]
    pub fn keep_blocks(self, count: u64) -> Self {
        Self { kept: count, ..self }
    }

    /// What it is about.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// A connection that reads beside it.
    ///
    /// # Errors
    /// Those of storage.
    pub fn reader(&self) -> Result<Reader, LedgerError> {
        Reader::open(&self.path)
    }

    /// What it holds now, without another connection.
    ///
    /// # Errors
    /// Those of storage.
    pub fn snapshot(&mut self) -> Result<Snapshot<'_>, LedgerError> {
        Snapshot::of(&self.connection, &self.path)
    }

    fn at(&self, action: &'static str) -> impl Fn(Trouble) -> LedgerError + use<> {
        let path = self.path.clone();
        move |trouble| trouble.at(&path, action)
    }

    /// The newest block; `None` of an empty ledger.
    ///
    /// # Errors
    /// Those of storage.
    pub fn tip(&self) -> Result<Option<BlockHeader>, LedgerError> {
        tip(&self.connection).map_err(self.at("be read"))
    }

    /// Adds a block: in whole, or not at all. Between it and the newest one here there may be others that hold nothing of the
    /// suite; that there are only such, and that it descends from the newest one here, is the caller's word, except for the
    /// very next block, whose parent is compared. An empty ledger begins with the block that its identity names, or with the
    /// one after it.
    ///
    /// # Errors
    /// [`LedgerError::NotConnected`], [`LedgerError::OtherContent`], [`LedgerError::OtherBeginning`],
    /// [`LedgerError::MalformedBlock`], [`LedgerError::AlreadyHere`], and those of storage; the ledger is then as before.
    pub fn apply(&mut self, block: &ChainBlock) -> Result<Applied, LedgerError> {
        let applied = self.apply_all(std::slice::from_ref(block))?;
        Ok(applied.first().copied().unwrap_or(Applied::Known))
    }

    /// Adds blocks, rising in height: all of them, or none. Several at once cost much less than one after the other, for what
    /// they have in common is written once: for catching up.
    ///
    /// # Errors
    /// As [`apply`](Ledger::apply).
    pub fn apply_all(&mut self, blocks: &[ChainBlock]) -> Result<Vec<Applied>, LedgerError> {
        let malformed = |block: &ChainBlock, reason| {
            let BlockHeader { height, hash, .. } = block.header;
            LedgerError::MalformedBlock { height, hash, reason }
        };
        let at = self.at("take a block");
        let (deployer, kept, genesis) = (self.identity.deployer, self.kept, self.identity.genesis);
        let mut can_undo = self.can_undo;
        let mut all = Vec::with_capacity(blocks.len());
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| at(error.into()))?;
        for block in blocks {
            check_order(block).map_err(|reason| malformed(block, reason))?;
            let header = block.header;
            match stand(&transaction, &header, genesis).map_err(&at)? {
                Stand::Known => {
                    if !has_content(&transaction, block, deployer).map_err(&at)? {
                        let BlockHeader { height, hash, .. } = header;
                        return Err(LedgerError::OtherContent { height, hash });
                    }
                    all.push(Applied::Known);
                    continue;
                }
                Stand::Apart(tip) => return Err(not_connected(&header, tip)),
                Stand::Elsewhere => return Err(other_beginning(&header, genesis)),
                Stand::Next => {}
            }
            let mut write = || -> Result<u32, Trouble> {
                let mut work = Work::new(&transaction);
                let anomalies = write_block(&transaction, &mut work, block, deployer)?;
                work.flush(header.height.get())?;
                set_tip(&transaction, &header)?;
                can_undo = forget(&transaction, can_undo.saturating_add(1), kept)?;
                Ok(anomalies)
            };
            let anomalies = match write() {
                Err(Trouble::Sql(error))
                    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) =>
                {
                    let BlockHeader { height, hash, .. } = header;
                    return Err(LedgerError::AlreadyHere { height, hash, reason: error.to_string() });
                }
                other => other.map_err(&at)?,
            };
            all.push(Applied::New { anomalies });
        }
        transaction.commit().map_err(|error| at(error.into()))?;
        self.can_undo = can_undo;
        Ok(all)
    }

    /// Notes that nothing of the suite happened up to a block, which has the newest one here among its ancestors. Whether it
    /// has, only the caller can know, except for the very next block. It is not needed between blocks with content; it says
    /// how far the chain was looked through. If the block turns out to hold something, it is applied as any other.
    ///
    /// # Errors
    /// [`LedgerError::NotConnected`], [`LedgerError::OtherBeginning`], and those of storage.
    pub fn advance_to(&mut self, header: &BlockHeader) -> Result<Applied, LedgerError> {
        let tip = self.tip()?;
        if tip.as_ref() == Some(header) {
            return Ok(Applied::Known);
        }
        if let Some(tip) = tip {
            let is_next = tip.height.get().checked_add(1) == Some(header.height.get());
            if header.height <= tip.height || (is_next && header.parent != tip.hash) {
                return Err(not_connected(header, Some(tip)));
            }
        } else if !begins(header, self.identity.genesis) {
            return Err(other_beginning(header, self.identity.genesis));
        }
        set_tip(&self.connection, header).map_err(self.at("note a block"))?;
        Ok(Applied::New { anomalies: 0 })
    }

    /// Takes off all blocks above a height: everything is as it was before the first of them. The newest block is then the
    /// newest at or below the height that held something. Returns how many blocks with content were taken off.
    ///
    /// # Errors
    /// [`LedgerError::TooDeep`], and those of storage; the ledger is then as before.
    pub fn roll_back_to(&mut self, height: BlockHeight) -> Result<u64, LedgerError> {
        let at = self.at("take blocks back");
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| at(error.into()))?;
        let above =
            numbers(&transaction, "SELECT height FROM blocks WHERE height > ? ORDER BY height DESC", height);
        let above = above.map_err(&at)?;
        let oldest: Option<i64> = transaction
            .query_row("SELECT min(height) FROM undo", [], |row| row.get(0))
            .map_err(|error| at(error.into()))?;
        let oldest = oldest.map(i64::cast_unsigned);
        if let Some(lowest) = above.last()
            && oldest.is_none_or(|oldest| *lowest < oldest)
        {
            let newest = above.first().copied().unwrap_or_default();
            return Err(LedgerError::TooDeep {
                asked: height,
                oldest: BlockHeight::new(oldest.map_or(newest, |oldest| oldest.saturating_sub(1))),
            });
        }
        let take_off = || -> Result<(), Trouble> {
            for height in &above {
                undo(&transaction, *height)?;
            }
            let newest = crate::work::select::<BlockRow>(&transaction, "ORDER BY height DESC LIMIT 1", &[])?;
            mark_newest(&transaction, newest.first().map(BlockRow::header), height)
        };
        take_off().map_err(&at)?;
        transaction.commit().map_err(|error| at(error.into()))?;
        let count = u64::try_from(above.len()).unwrap_or(u64::MAX);
        self.can_undo = self.can_undo.saturating_sub(count);
        Ok(count)
    }

    /// Looks for damage: every page, and every row against its checksum.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`], and those of storage.
    pub fn check(&self) -> Result<(), LedgerError> {
        store::check_pages(&self.connection).map_err(self.at("be checked"))?;
        crate::query::check_rows(&self.connection).map_err(self.at("be checked"))
    }

    /// Copies the write-ahead log into the file and empties it, as far as no reader needs it. SQLite does the first by
    /// itself every 8 MiB; this is for a quiet moment, or before the file is copied.
    ///
    /// # Errors
    /// Those of storage.
    pub fn checkpoint(&self) -> Result<(), LedgerError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|error| self.at("copy its log")(error.into()))
    }
}

/// How a block stands to the newest one here.
enum Stand {
    /// It is here.
    Known,
    /// It comes next.
    Next,
    /// Another is at its height, or below it.
    Apart(Option<BlockHeader>),
    /// There is none yet, and the chain does not begin with it.
    Elsewhere,
}

fn stand(connection: &Connection, header: &BlockHeader, genesis: BlockHash) -> Result<Stand, Trouble> {
    let Some(tip) = tip(connection)? else {
        return Ok(if begins(header, genesis) { Stand::Next } else { Stand::Elsewhere });
    };
    if header.height <= tip.height {
        let here = crate::work::fetch::<BlockRow>(connection, &(header.height.get(),))?;
        return Ok(match here {
            Some(here) if here.hash == header.hash.0 => Stand::Known,
            // It was noted as empty, and is not.
            None if header.height == tip.height && header.hash == tip.hash => Stand::Next,
            _ => Stand::Apart(Some(tip)),
        });
    }
    let is_very_next = tip.height.get().checked_add(1) == Some(header.height.get());
    let is_apart = is_very_next && header.parent != tip.hash;
    Ok(if is_apart { Stand::Apart(Some(tip)) } else { Stand::Next })
}

/// Whether a chain that has this block for its first with content, or for its first note, is the right one.
fn begins(header: &BlockHeader, genesis: BlockHash) -> bool {
    header.hash == genesis || header.parent == genesis
}

const fn other_beginning(header: &BlockHeader, genesis: BlockHash) -> LedgerError {
    LedgerError::OtherBeginning { height: header.height, hash: header.hash, genesis }
}

/// After a rollback: a marker above the height goes, and one that the newest block with content reaches is that block.
fn mark_newest(
    connection: &Connection,
    newest: Option<BlockHeader>,
    height: BlockHeight,
) -> Result<(), Trouble> {
    let marker = tip(connection)?;
    let is_gone = marker.is_some_and(|marker| marker.height > height);
    match newest {
        Some(newest) if is_gone || marker.is_none_or(|marker| marker.height <= newest.height) => {
            set_tip(connection, &newest)
        }
        None if is_gone => {
            connection.execute("DELETE FROM tip", [])?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn not_connected(header: &BlockHeader, tip: Option<BlockHeader>) -> LedgerError {
    LedgerError::NotConnected {
        height: header.height,
        hash: header.hash,
        tip: tip.map(|tip| (tip.height, tip.hash)),
    }
}

fn numbers(connection: &Connection, sql: &str, height: BlockHeight) -> Result<Vec<u64>, Trouble> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([height.get().cast_signed()], |row| row.get::<_, i64>(0))?;
    rows.map(|row| Ok(row?.cast_unsigned())).collect()
}

pub(crate) fn tip(connection: &Connection) -> Result<Option<BlockHeader>, Trouble> {
    let row = crate::work::fetch::<TipRow>(connection, &(0,))?;
    Ok(row.map(|row| BlockHeader {
        height: BlockHeight::new(row.height),
        hash: BlockHash(row.hash),
        parent: BlockHash(row.parent),
        time: UnixSeconds::new(row.time),
    }))
}

fn set_tip(connection: &Connection, header: &BlockHeader) -> Result<(), Trouble> {
    let row = TipRow {
        id: 0,
        height: header.height.get(),
        hash: header.hash.0,
        parent: header.parent.0,
        time: header.time.get(),
    };
    replace(connection, &row)
}

/// Forgets what only deeper rollbacks than the newest `kept` blocks would need. The images are large, and many: they are
/// counted once and never walked over. Returns how many are left.
fn forget(connection: &Connection, mut count: u64, kept: u64) -> Result<u64, Trouble> {
    while count > kept {
        connection
            .prepare_cached("DELETE FROM undo WHERE height = (SELECT min(height) FROM undo)")?
            .execute([])?;
        count -= 1;
    }
    Ok(count)
}

fn count_undo(connection: &Connection) -> Result<u64, Trouble> {
    let count: i64 = connection.query_row("SELECT count(*) FROM undo", [], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_marker_does_not_survive_a_rollback() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../migrations/0001.sql")).unwrap();
        let header = |height, hash| BlockHeader {
            height: BlockHeight::new(height),
            hash: BlockHash([hash; 32]),
            parent: BlockHash([0; 32]),
            time: UnixSeconds::new(height),
        };
        let newest = header(300, 1);
        // At its height with another hash, below it, above the target, or none.
        for marker in [Some(header(300, 2)), Some(header(290, 3)), Some(header(310, 4)), None] {
            connection.execute("DELETE FROM tip", []).unwrap();
            if let Some(marker) = marker {
                set_tip(&connection, &marker).unwrap();
            }
            mark_newest(&connection, Some(newest), BlockHeight::new(305)).unwrap();
            assert_eq!(tip(&connection).unwrap(), Some(newest), "{marker:?}");
        }
        // What was looked through beyond it stays.
        set_tip(&connection, &header(304, 5)).unwrap();
        mark_newest(&connection, Some(newest), BlockHeight::new(305)).unwrap();
        assert_eq!(tip(&connection).unwrap(), Some(header(304, 5)));
        mark_newest(&connection, None, BlockHeight::new(0)).unwrap();
        assert_eq!(tip(&connection).unwrap(), None);
    }
}
