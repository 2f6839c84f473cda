//! The chain and its journal together: what it accepts is written down before anybody hears of it.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use bithedge_stacks::Transaction;

use crate::accounts::ACCOUNTS;
use crate::chain::{
    Chain, Dropped, History, Pending, Rejection, SECONDS_A_BURN_BLOCK, SECONDS_A_STACKS_BLOCK,
};
use crate::error::StartError;
use crate::journal::{Journal, Record, VERSION};
use bithedge_vm::VmError;
use bithedge_vm::steps::Vm;

/// The VM's first block is this much later than the clock that its session is started with.
const FIRST_BLOCK_DELAY: u64 = 610;
/// How often the VM may fail in one block before the request is given up; what waits keeps waiting.
const MOST_FAILURES_A_BLOCK: u32 = 8;
/// Eleven years; a longer journey is a slip of the keyboard.
const LONGEST_JOURNEY_SECONDS: u64 = 11 * 366 * 86_400;

/// Why a request could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    /// A node's rejection of a transaction.
    #[error("transaction rejected")]
    Rejected(Rejection),
    /// The request makes no sense now.
    #[error("{0}")]
    Refused(String),
    /// The journal could not be written; nothing was changed.
    #[error(
        "the devnet could not write its journal ({0}); nothing was changed: free some disk space and try again"
    )]
    Journal(#[from] std::io::Error),
    /// The VM failed; it has been started again from the journal.
    #[error("the devnet's Clarity VM failed and was started again; what was accepted is kept: {0}")]
    Vm(#[from] VmError),
    /// The VM failed and could not be started again.
    #[error("the devnet's Clarity VM failed and could not be started again: {0}")]
    Lost(#[from] StartError),
}

/// The devnet's state.
#[derive(Debug)]
pub(crate) struct Node {
    /// The chain at its tip; `None` only after it could not be started again.
    chain: Option<Chain>,
    journal: Journal,
    worker: PathBuf,
    clock: u64,
}

/// Seconds since 1970 on this machine's clock.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl Node {
    /// Opens the data folder and brings the chain to where it was, or makes a new one.
    ///
    /// # Errors
    /// Everything that [`StartError`] names but the port.
    pub(crate) async fn open(
        worker: PathBuf,
        data: &std::path::Path,
        genesis: Option<u64>,
    ) -> Result<Self, StartError> {
        let (mut journal, records) = Journal::open(data)?;
        let clock = match records.first() {
            None => {
                let clock = genesis.unwrap_or_else(now).saturating_sub(FIRST_BLOCK_DELAY);
                let record = Record::Genesis { version: VERSION, clock };
                journal
                    .append(&record)
                    .map_err(|source| StartError::Storage { path: data.to_path_buf(), source })?;
                clock
            }
            Some(Record::Genesis { version: VERSION, clock }) => *clock,
            Some(Record::Genesis { version, .. }) => return Err(StartError::Version { found: *version }),
            Some(_) => return Err(journal.damaged(1)),
        };
        let chain = start_chain(&worker, clock, &journal, records.get(1..).unwrap_or_default()).await?;
        Ok(Self { chain: Some(chain), journal, worker, clock })
    }

    /// The chain.
    pub(crate) fn chain(&mut self) -> Result<&mut Chain, NodeError> {
        self.chain
            .as_mut()
            .ok_or_else(|| NodeError::Refused("the devnet's Clarity VM is not running".to_owned()))
    }

    /// What the VM's clock started from.
    pub(crate) const fn clock(&self) -> u64 {
        self.clock
    }

    /// Takes a transaction into the mempool. One that waits already is accepted again, as a node does.
    pub(crate) async fn submit(&mut self, raw: Vec<u8>, tx: Transaction) -> Result<[u8; 32], NodeError> {
        let txid = tx.txid().0;
        let chain = self.chain()?;
        if chain.mempool.get(&txid).is_some() {
            return Ok(txid);
        }
        let pending = Pending { txid, tx, raw, received: now() };
        match self.guarded(async |chain| chain.admit(&pending).await).await? {
            Ok(()) => {}
            Err(rejection) => return Err(NodeError::Rejected(rejection)),
        }
        let record = Record::Accepted { tx: hex::encode(&pending.raw), received: pending.received };
        self.journal.append(&record)?;
        let chain = self.chain()?;
        for replaced in chain.mempool.insert(pending) {
            chain.dropped.insert(replaced, Dropped::ReplacedByFee);
        }
        Ok(txid)
    }

    /// Makes one block of what waits; a deployment that a Bitcoin block cannot take gets a Stacks block after it. Gives
    /// the number of transactions included.
    pub(crate) async fn mine(&mut self, burn: bool) -> Result<usize, NodeError> {
        let included = self.mine_one(burn).await?;
        if burn && included == 0 && self.chain()?.deployment_is_next() {
            return self.mine_one(false).await;
        }
        Ok(included)
    }

    async fn mine_one(&mut self, burn: bool) -> Result<usize, NodeError> {
        // What was being executed when the VM last failed, if it failed on a transaction at all.
        let mut failed_on: Option<Option<[u8; 32]>> = None;
        let mut failures = 0;
        let (fork, produced) = loop {
            let chain = self.chain()?;
            let fork = chain.fork;
            let error = match chain.produce(burn).await {
                Ok(produced) => break (fork, produced),
                Err(error) => error,
            };
            tracing::warn!(error = %error.source, "the Clarity VM failed in a block; it is started again");
            self.rebuild().await?;
            failures += 1;
            match error.txid {
                // A transaction on which a fresh VM fails as well would take every block down: it goes. One that
                // exceeds all time is as good as one that exceeds the limits of a block.
                Some(txid)
                    if failed_on == Some(Some(txid)) || matches!(error.source, VmError::Timeout { .. }) =>
                {
                    let record =
                        Record::Dropped { txid: hex::encode(txid), reason: error.source.to_string() };
                    self.journal.append(&record)?;
                    let chain = self.chain()?;
                    if let Some(pending) = chain.mempool.remove(&txid) {
                        chain.dropped.insert(pending, Dropped::Problematic);
                    }
                }
                None if failed_on == Some(None) => return Err(NodeError::Vm(error.source)),
                _ if failures >= MOST_FAILURES_A_BLOCK => return Err(NodeError::Vm(error.source)),
                culprit => failed_on = Some(culprit),
            }
        };
        let count = produced.txs.len();
        let record = if count == 0 {
            Record::Advance { fork, burn: u32::from(burn), stacks: u32::from(!burn) }
        } else {
            Record::Block { burn, fork, txs: produced.txs, digest: produced.digest }
        };
        self.record_or_rebuild(&record).await?;
        if self.chain()?.is_bloated() {
            self.rebuild().await?;
        }
        Ok(count)
    }

    /// Makes empty blocks at once.
    pub(crate) async fn advance(&mut self, burn: u32, stacks: u32) -> Result<(), NodeError> {
        let fork = self.chain()?.fork;
        self.guarded(async |chain| chain.advance(burn, stacks, fork).await).await?;
        self.record_or_rebuild(&Record::Advance { fork, burn, stacks }).await
    }

    /// Mines what waits and then lets `seconds` pass, with Bitcoin blocks as far as they fit and Stacks blocks
    /// for the rest; the clock ends within ten seconds of the time asked for, never beyond it.
    pub(crate) async fn travel(&mut self, seconds: u64) -> Result<(), NodeError> {
        if seconds > LONGEST_JOURNEY_SECONDS {
            return Err(NodeError::Refused(format!(
                "at most {LONGEST_JOURNEY_SECONDS} seconds (11 years) at once"
            )));
        }
        while self.chain()?.mempool.len() > 0 && self.mine(false).await? > 0 {}
        let target = self.chain()?.blocks.tip().time + seconds;
        // The first Bitcoin block comes when the last one is ten minutes old; from then on they are regular.
        let tip = self.chain()?.blocks.tip();
        let mut next = tip.burn_time + SECONDS_A_BURN_BLOCK;
        if tip.time > next {
            next = tip.time + SECONDS_A_STACKS_BLOCK;
        }
        let next = next + SECONDS_A_STACKS_BLOCK;
        let whole = |seconds: u64, block: u64| u32::try_from(seconds / block).unwrap_or(u32::MAX);
        let burn = match target.checked_sub(next) {
            Some(left) => 1 + whole(left, SECONDS_A_BURN_BLOCK),
            None => 0,
        };
        if burn > 0 {
            self.advance(burn, 0).await?;
        }
        let left = target.saturating_sub(self.chain()?.blocks.tip().time);
        let stacks = whole(left, SECONDS_A_STACKS_BLOCK);
        if stacks > 0 {
            self.advance(0, stacks).await?;
        }
        Ok(())
    }

    /// Replaces the newest `depth` blocks by others and adds one more. Their transactions wait again, and the new
    /// blocks take them, unless they are to be dropped.
    pub(crate) async fn reorg(&mut self, depth: u64, drop_transactions: bool) -> Result<(), NodeError> {
        let records = self.journal.read()?;
        let mut history =
            History::of(records.get(1..).unwrap_or_default(), |line| self.journal.damaged(line))?;
        let Some(kinds) = history.take_back(depth, drop_transactions) else {
            return Err(NodeError::Refused(format!("there are only {} blocks to take back", history.len())));
        };
        self.journal.append(&Record::Reorg { depth, drop_transactions })?;
        self.rebuild().await?;
        for burn in kinds {
            self.mine(burn).await?;
        }
        self.mine(false).await?;
        Ok(())
    }

    /// Gives the state a name.
    pub(crate) fn snapshot(&mut self, name: &str) -> Result<(), NodeError> {
        check_name(name)?;
        self.journal.append(&Record::Snapshot { name: name.to_owned() })?;
        Ok(())
    }

    /// Goes back to a named state.
    pub(crate) async fn restore(&mut self, name: &str) -> Result<(), NodeError> {
        check_name(name)?;
        let records = self.journal.read()?;
        let history = History::of(records.get(1..).unwrap_or_default(), |line| self.journal.damaged(line))?;
        if !history.has_snapshot(name) {
            return Err(NodeError::Refused(format!("there is no snapshot `{name}`")));
        }
        self.journal.append(&Record::Restore { name: name.to_owned() })?;
        self.rebuild().await
    }

    /// Runs something on the chain. If the VM fails, it is started again from the journal, and the same is tried once
    /// more, unless it simply takes too long.
    pub(crate) async fn guarded<T>(
        &mut self,
        run: impl AsyncFnOnce(&mut Chain) -> Result<T, VmError> + Clone,
    ) -> Result<T, NodeError> {
        let error = match run.clone()(self.chain()?).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        tracing::warn!(%error, "the Clarity VM failed; it is started again");
        self.rebuild().await?;
        if matches!(error, VmError::Timeout { .. }) {
            return Err(NodeError::Vm(error));
        }
        match run(self.chain()?).await {
            Ok(value) => Ok(value),
            Err(error) => {
                self.rebuild().await?;
                Err(NodeError::Vm(error))
            }
        }
    }

    /// Writes a record of what the chain has just done; if that fails, the chain goes back to what is written.
    async fn record_or_rebuild(&mut self, record: &Record) -> Result<(), NodeError> {
        if let Err(error) = self.journal.append(record) {
            self.rebuild().await?;
            return Err(NodeError::Journal(error));
        }
        Ok(())
    }

    /// Tries once more to start the VM if it could not be started after a failure. Requests say so if it fails again.
    pub(crate) async fn revive(&mut self) {
        if self.chain.is_none()
            && let Err(error) = self.rebuild().await
        {
            tracing::error!(%error, "the Clarity VM is still not running");
        }
    }

    async fn rebuild(&mut self) -> Result<(), NodeError> {
        if let Some(chain) = self.chain.take() {
            chain.stop().await;
        }
        let records = self.journal.read()?;
        let rest = records.get(1..).unwrap_or_default();
        self.chain = Some(start_chain(&self.worker, self.clock, &self.journal, rest).await?);
        Ok(())
    }

    /// Writes everything to the disk and ends the VM.
    pub(crate) async fn close(mut self) -> std::io::Result<()> {
        if let Some(chain) = self.chain.take() {
            chain.stop().await;
        }
        self.journal.sync()
    }
}

async fn start_chain(
    worker: &std::path::Path,
    clock: u64,
    journal: &Journal,
    records: &[Record],
) -> Result<Chain, StartError> {
    let history = History::of(records, |line| journal.damaged(line))?;
    let (vm, tip) = Vm::start(worker, clock, &ACCOUNTS).await?;
    let mut chain = Chain::at_genesis(vm, tip, clock);
    chain.replay(history).await?;
    Ok(chain)
}

fn check_name(name: &str) -> Result<(), NodeError> {
    let fine = !name.is_empty()
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if fine {
        return Ok(());
    }
    Err(NodeError::Refused("a snapshot's name is 1 to 64 letters, digits, `-`, `_` or `.`".to_owned()))
}
