//! The writer: blocks in, blocks off.

use std::fs::File;
use std::path::{Path, PathBuf};

use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::client::BlockHash;
use bithedge_stacks::{Principal, Value};
use bithedge_suite::Contract;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::block::{BlockHeader, ChainBlock, Identity, Place, SuiteTransaction, TransactionOutcome};
use crate::error::{LedgerError, Trouble};
use crate::project::{self, Context};
use crate::query::{Reader, Snapshot};
use crate::row::Column;
use crate::store;
use crate::tables::{ActivityRow, BlockRow, EventRow, TransactionRow};
use crate::work::{Work, add, undo};

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
    /// It was there already; nothing happened.
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

    /// Adds a block: in whole, or not at all. An empty ledger takes any block for its first.
    ///
    /// # Errors
    /// [`LedgerError::NotConnected`], [`LedgerError::MalformedBlock`], and those of storage; the ledger is then as before.
    pub fn apply(&mut self, block: &ChainBlock) -> Result<Applied, LedgerError> {
        let applied = self.apply_all(std::slice::from_ref(block))?;
        Ok(applied.first().copied().unwrap_or(Applied::Known))
    }

    /// Adds blocks, one on the other: all of them, or none. Several at once cost much less than one after the other, for what
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
        let (deployer, kept) = (self.identity.deployer, self.kept);
        let mut can_undo = self.can_undo;
        let mut all = Vec::with_capacity(blocks.len());
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| at(error.into()))?;
        for block in blocks {
            check_order(block).map_err(|reason| malformed(block, reason))?;
            let header = block.header;
            match stand(&transaction, &header).map_err(&at)? {
                Stand::Known => {
                    all.push(Applied::Known);
                    continue;
                }
                Stand::Apart(tip) => return Err(not_connected(&header, tip)),
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
                    let reason = format!("a transaction of it is in the chain already ({error})");
                    return Err(malformed(block, reason));
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
    /// has, only the caller can know, except for the very next block.
    ///
    /// # Errors
    /// [`LedgerError::NotConnected`], and those of storage.
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
            // A marker above the height goes; one at or below it stands only if nothing was taken off.
            let marker = tip(&transaction)?;
            if marker.is_some_and(|marker| marker.height > height) {
                transaction.execute("DELETE FROM tip", [])?;
                if let Some(newest) = newest.first() {
                    set_tip(&transaction, &newest.header())?;
                }
            }
            Ok(())
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
}

fn stand(connection: &Connection, header: &BlockHeader) -> Result<Stand, Trouble> {
    let Some(tip) = tip(connection)? else { return Ok(Stand::Next) };
    if header.height <= tip.height {
        let here = crate::work::fetch::<BlockRow>(connection, &(header.height.get(),))?;
        let is_here = here.is_some_and(|here| here.hash == header.hash.0);
        return Ok(if is_here { Stand::Known } else { Stand::Apart(Some(tip)) });
    }
    let is_next = tip.height.get().checked_add(1) == Some(header.height.get());
    Ok(if is_next && header.parent == tip.hash { Stand::Next } else { Stand::Apart(Some(tip)) })
}

fn not_connected(header: &BlockHeader, tip: Option<BlockHeader>) -> LedgerError {
    LedgerError::NotConnected {
        height: header.height,
        hash: header.hash,
        tip: tip.map(|tip| (tip.height, tip.hash)),
    }
}

impl BlockRow {
    pub(crate) const fn header(&self) -> BlockHeader {
        BlockHeader {
            height: BlockHeight::new(self.height),
            hash: BlockHash(self.hash),
            parent: BlockHash(self.parent),
            time: UnixSeconds::new(self.time),
        }
    }
}

fn numbers(connection: &Connection, sql: &str, height: BlockHeight) -> Result<Vec<u64>, Trouble> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([height.get().cast_signed()], |row| row.get::<_, i64>(0))?;
    rows.map(|row| Ok(row?.cast_unsigned())).collect()
}

pub(crate) fn tip(connection: &Connection) -> Result<Option<BlockHeader>, Trouble> {
    let row = connection
        .prepare_cached("SELECT height, hash, parent, time FROM tip WHERE id = 0")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get::<_, i64>(3)?)))
        .optional()?;
    row.map(|(height, hash, parent, time)| {
        let hash_of = |value| {
            Column::from_sql(value)
                .map(BlockHash)
                .ok_or_else(|| Trouble::Inconsistent("the newest block has no hash".to_owned()))
        };
        Ok(BlockHeader {
            height: BlockHeight::new(height.cast_unsigned()),
            hash: hash_of(&hash)?,
            parent: hash_of(&parent)?,
            time: UnixSeconds::new(time.cast_unsigned()),
        })
    })
    .transpose()
}

fn set_tip(connection: &Connection, header: &BlockHeader) -> Result<(), Trouble> {
    connection.prepare_cached("INSERT OR REPLACE INTO tip VALUES (0, ?, ?, ?, ?)")?.execute((
        header.height.get().cast_signed(),
        header.hash.0.to_sql(),
        header.parent.0.to_sql(),
        header.time.get().cast_signed(),
    ))?;
    Ok(())
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

/// Transactions and events in rising order.
fn check_order(block: &ChainBlock) -> Result<(), String> {
    if i64::try_from(block.header.height.get()).is_err() {
        return Err("its height is beyond any chain's".to_owned());
    }
    if !block.transactions.is_sorted_by(|one, next| one.index < next.index) {
        return Err("its transactions are not in order".to_owned());
    }
    let is_in_order =
        |one: &&SuiteTransaction| one.prints.is_sorted_by(|print, next| print.index < next.index);
    match block.transactions.iter().find(|one| !is_in_order(one)) {
        Some(one) => Err(format!("the events of {} are not in order", one.txid)),
        None => Ok(()),
    }
}

fn write_block(
    connection: &Connection,
    work: &mut Work<'_>,
    block: &ChainBlock,
    deployer: bithedge_stacks::Address,
) -> Result<u32, Trouble> {
    let header = &block.header;
    add(
        connection,
        &BlockRow {
            height: header.height.get(),
            hash: header.hash.0,
            parent: header.parent.0,
            time: header.time.get(),
        },
    )?;
    let mut anomalies = 0;
    for transaction in &block.transactions {
        write_transaction(connection, header, transaction)?;
        if transaction.outcome != TransactionOutcome::Success {
            continue;
        }
        for print in transaction.prints.iter().filter(|one| one.contract.issuer == deployer) {
            let Some(contract) = Contract::by_name(print.contract.name.as_str()) else { continue };
            let name = print.value.field("event").and_then(Value::as_ascii).unwrap_or_default();
            let place = Place { height: header.height, transaction: transaction.index, event: print.index };
            add(
                connection,
                &EventRow {
                    height: header.height.get(),
                    tx: transaction.index,
                    event: print.index,
                    contract: contract.name().to_owned(),
                    name: name.to_owned(),
                    body: print.value.encode(),
                },
            )?;
            let context = Context { connection, place, time: header.time.get(), deployer };
            anomalies += u32::from(!project::apply(work, &context, contract.name(), &print.value)?);
        }
    }
    Ok(anomalies)
}

fn write_transaction(
    connection: &Connection,
    header: &BlockHeader,
    transaction: &SuiteTransaction,
) -> Result<(), Trouble> {
    let call = transaction.call.as_ref();
    let mut arguments = Vec::new();
    for argument in call.into_iter().flat_map(|call| &call.arguments) {
        let bytes = argument.encode();
        arguments.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        arguments.extend_from_slice(&bytes);
    }
    let outcome = match transaction.outcome {
        TransactionOutcome::Success => 0,
        TransactionOutcome::AbortedByResponse => 1,
        TransactionOutcome::AbortedByPostCondition => 2,
    };
    let sender = Principal::Standard(transaction.sender);
    add(
        connection,
        &TransactionRow {
            height: header.height.get(),
            tx: transaction.index,
            txid: transaction.txid.0,
            sender: sender.clone(),
            fee: transaction.fee.base_units(),
            outcome,
            result: transaction.result.encode(),
            contract: call.map(|call| Principal::Contract(call.contract.clone())),
            function: call.map(|call| call.function.clone()),
            arguments,
        },
    )?;
    if outcome != 0 {
        let row = ActivityRow {
            who: sender,
            height: header.height.get(),
            tx: transaction.index,
            event: 0,
            refused: true,
        };
        add(connection, &row)?;
    }
    Ok(())
}
