//! The one who writes the books.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bithedge_ledger::{Applied, BlockHeader, Identity, Ledger, LedgerError};
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::{Address, ChainId, Txid};
use tokio::sync::watch;

use super::books::Books;
use super::feed::{Beginning, Content, Feed, FeedError, FeedTip};
use super::file;
use super::status::{Rebuild, SyncError, SyncState, SyncStatus};
use crate::Clock;

mod answers;
mod back;
mod files;

use answers::check;

/// How often a look is begun again because the chain changed meanwhile.
const MOST_STARTS: usize = 5;
/// How many times a look goes back before it gives up until the next one.
const MOST_RETREATS: usize = 8;
/// A shorter chain is believed when it was seen so many times in a row: one that merely lags grows meanwhile.
const SHORTER_LOOKS: u32 = 3;
/// So many blocks an index may be behind its node without a word: it has to be told of each block first.
const INDEX_LAG: u64 = 2;
/// A node that does not say how high its chain is, so many looks in a row, leaves open how far the index is behind.
const SILENT_LOOKS: u32 = 3;

/// Blocks that were read without the counts that show what an index knows in part are read again until they are so far below the newest.
const COUNTED: u64 = 16;

/// How the books are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// About how many transactions are read and written at once. It bounds the memory.
    pub transactions_at_once: usize,
    /// How many of the newest blocks are read again after a start, and after the API was behind or contradicted itself.
    pub read_again: u64,
    /// How many blocks with content can be taken back; deeper reorganisations make the books anew.
    pub kept_blocks: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { transactions_at_once: 512, read_again: 6, kept_blocks: bithedge_ledger::KEPT_BLOCKS }
    }
}

/// How the newest block of the books stands to the chain.
enum Standing {
    /// It is the newest there too.
    Same,
    /// It is below the newest one.
    Below,
    /// The chain has another one at its height, or ends below.
    Apart,
    /// The index ends below it.
    Above,
}

/// Keeps a ledger in step with a chain. There is one for a folder at a time.
///
/// A look that is dropped in the middle leaves whole blocks behind, like a process that is killed.
pub struct Syncer<F> {
    feed: F,
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    settings: Settings,
    writer: Arc<Mutex<Option<Ledger>>>,
    identity: Option<Identity>,
    /// Height of the chain's first block.
    first: BlockHeight,
    books: Books,
    status: watch::Sender<SyncStatus>,
    /// Whether the newest blocks were read again.
    is_audited: bool,
    /// Why the books are being made anew.
    rebuilding: Option<String>,
    rebuilt: Option<Rebuild>,
    reorganisations: u64,
    /// Since when it is behind or stalled.
    since: Option<UnixSeconds>,
    /// How many times in a row the chain was shorter than the books.
    shorter: u32,
    /// How many times in a row the node did not say how high its chain is.
    silent: u32,
    /// Above this height, blocks were read in stretches, and not compared with the chain since.
    uncompared: Option<BlockHeight>,
    /// Above this height, blocks were read without the counts that show what an index knows in part.
    uncounted: Option<BlockHeight>,
    /// Whether the books were the chain's when they were last compared, since the start or since they were opened.
    is_compared: bool,
    /// How high the books were before blocks were taken off them.
    went_back_from: Option<BlockHeight>,
    /// Whether the books were made anew because of a transaction in two blocks, and have not been current since.
    is_remade: bool,
}

impl<F: Feed> Syncer<F> {
    /// Begins to keep the books of a deployment in a folder. What was kept before can be read at once; it is of some time ago until
    /// the first look has compared it with the chain.
    pub async fn new(
        feed: F,
        folder: PathBuf,
        chain: ChainId,
        deployer: Address,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let books = Books::new();
        let place = folder.clone();
        let remembered = tokio::task::spawn_blocking(move || file::remembered(&place, chain, deployer)).await;
        let mut at = None;
        if let Ok(Some(path)) = remembered {
            let Ok(()) = books.replace(async || Ok::<_, std::convert::Infallible>(path)).await;
            at = books.read(|books| Ok(books.tip().map(|tip| tip.height))).await.ok().flatten();
        }
        let state = SyncState::Starting { at };
        let (status, _) = watch::channel(SyncStatus {
            state,
            is_compared: false,
            went_back_from: None,
            rebuilt: None,
            reorganisations: 0,
        });
        Self {
            feed,
            folder,
            clock,
            settings: Settings::default(),
            writer: Arc::default(),
            identity: None,
            first: BlockHeight::new(0),
            books,
            status,
            is_audited: false,
            rebuilding: None,
            rebuilt: None,
            reorganisations: 0,
            since: None,
            shorter: 0,
            silent: 0,
            uncompared: None,
            uncounted: None,
            is_compared: false,
            went_back_from: None,
            is_remade: false,
        }
    }

    /// With other settings than the usual.
    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// The books, to be read.
    #[must_use]
    pub fn books(&self) -> Books {
        self.books.clone()
    }

    /// How far the books can be relied on, now and from now on.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<SyncStatus> {
        self.status.subscribe()
    }

    /// Looks again and again, with a pause after each look.
    pub async fn run(mut self, pause: Duration) {
        loop {
            if let Err(error) = self.step().await {
                tracing::warn!(%error, "the books could not be brought up to date");
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// One look at the chain: whatever is new is read and written, up to its newest block. What came of it is in the status
    /// too.
    ///
    /// # Errors
    /// [`SyncError`]. The books are then whole, and as far as they got.
    pub async fn step(&mut self) -> Result<SyncState, SyncError> {
        let mut starts = 0;
        let outcome = loop {
            if let Some(reason) = self.books.take_damage()
                && let Err(error) = self.rebuild(reason, true).await
            {
                break Err(error);
            }
            starts += 1;
            match self.look().await {
                Err(SyncError::Feed(FeedError::Moved(what))) => {
                    tracing::debug!(what, "the chain changed; it is read again");
                }
                Err(SyncError::Ledger(LedgerError::Damaged { reason, .. })) => {
                    if let Err(error) = self.rebuild(reason, true).await {
                        break Err(error);
                    }
                }
                outcome => break outcome,
            }
            if starts == MOST_STARTS {
                break Err(SyncError::Restless(starts));
            }
        };
        match outcome {
            Ok(state) => {
                if matches!(state, SyncState::Current { .. }) {
                    (self.since, self.rebuilding, self.is_remade) = (None, None, false);
                    self.went_back_from = None;
                }
                self.publish(state.clone());
                Ok(state)
            }
            Err(error) => {
                // What was read last may lack what the API left out.
                self.is_audited = false;
                let at = self.at().await.ok().flatten().map(|at| at.height);
                self.publish_trouble(|since| SyncState::Stalled { at, since, why: error.to_string() });
                Err(error)
            }
        }
    }

    fn publish(&self, state: SyncState) {
        let (rebuilt, reorganisations) = (self.rebuilt.clone(), self.reorganisations);
        let (is_compared, went_back_from) = (self.is_compared, self.went_back_from);
        self.status.send_replace(SyncStatus { state, is_compared, went_back_from, rebuilt, reorganisations });
    }

    fn publish_trouble(&mut self, state: impl FnOnce(UnixSeconds) -> SyncState) -> SyncState {
        let since = *self.since.get_or_insert_with(|| self.clock.now());
        let state = state(since);
        self.publish(state.clone());
        state
    }

    /// Compares with the chain, and reads what is new.
    async fn look(&mut self) -> Result<SyncState, SyncError> {
        let FeedTip { indexed: tip, node } = self.feed.tip().await?;
        self.silent = if node.is_none() { self.silent.saturating_add(1) } else { 0 };
        // A look that was dropped while it opened them leaves no books to be read.
        let is_open = self.identity.is_some()
            && self.books.are_ready()
            && self.with_ledger(|_| Ok(())).await?.is_some();
        if !is_open {
            let Beginning { identity, first, .. } = self.feed.beginning().await?;
            self.first = first.height;
            self.open(identity).await?;
        }
        let mut from = None;
        let mut retreats = 0;
        loop {
            let Some(at) = self.at().await? else {
                self.start(&tip).await?;
                continue;
            };
            let began = *from.get_or_insert(at.height);
            match self.standing(&at, &tip).await? {
                Standing::Above => {
                    self.is_audited = false;
                    let ends_there = node.is_some_and(|node| node <= tip.height);
                    self.shorter = if ends_there { self.shorter.saturating_add(1) } else { 0 };
                    let is_ours = !ends_there || self.has_our_beginning().await?;
                    if is_ours && self.shorter < SHORTER_LOOKS {
                        let (at, indexed) = (Some(at.height), tip.height);
                        return Ok(self.publish_trouble(|since| SyncState::Behind {
                            at,
                            indexed,
                            node,
                            since,
                        }));
                    }
                    retreats += 1;
                    self.retreat(&tip).await?;
                }
                Standing::Apart => {
                    retreats += 1;
                    self.retreat(&tip).await?;
                }
                Standing::Same | Standing::Below if !self.is_audited => {
                    retreats += usize::from(!self.audit(&at).await?);
                }
                Standing::Below => {
                    self.shorter = 0;
                    self.is_compared = true;
                    self.tell_progress(began, at.height, tip.height);
                    retreats += usize::from(!self.advance(&at, &tip).await?);
                }
                Standing::Same if self.uncompared.is_some() => {
                    retreats += usize::from(!self.compare(&at).await?);
                }
                Standing::Same => {
                    self.shorter = 0;
                    self.is_compared = true;
                    let lag = node.map_or(0, |node| node.get().saturating_sub(tip.height.get()));
                    if lag > INDEX_LAG || self.silent >= SILENT_LOOKS {
                        let (at, indexed) = (Some(at.height), tip.height);
                        return Ok(self.publish_trouble(|since| SyncState::Behind {
                            at,
                            indexed,
                            node,
                            since,
                        }));
                    }
                    self.read_uncounted_again(&at);
                    return Ok(SyncState::Current { at });
                }
            }
            if retreats > MOST_RETREATS {
                return Err(SyncError::Restless(retreats));
            }
        }
    }

    /// What was read without counts is read again by the next look, as long as an index may not know all of it.
    fn read_uncounted_again(&mut self, at: &BlockHeader) {
        let is_new = |above: &BlockHeight| above.get().saturating_add(COUNTED) >= at.height.get();
        self.uncounted = self.uncounted.filter(is_new);
        self.is_audited &= self.uncounted.is_none();
    }

    /// Whether the chain begins where that of the books does: a devnet that was made anew does not.
    async fn has_our_beginning(&self) -> Result<bool, SyncError> {
        let first = self.feed.header(self.first).await?;
        Ok(first.map(|first| first.hash) == self.identity.map(|identity| identity.genesis))
    }

    fn tell_progress(&self, from: BlockHeight, at: BlockHeight, tip: BlockHeight) {
        self.publish(match &self.rebuilding {
            Some(why) => SyncState::Rebuilding { at: Some(at), tip, why: why.clone() },
            None => SyncState::CatchingUp { from, at, tip },
        });
    }

    async fn standing(&self, at: &BlockHeader, tip: &BlockHeader) -> Result<Standing, SyncError> {
        if at.height > tip.height {
            return Ok(Standing::Above);
        }
        let there = if at.height == tip.height {
            tip.hash
        } else if at.height.get().checked_add(1) == Some(tip.height.get()) {
            tip.parent
        } else {
            let header = self.feed.header(at.height).await?;
            header.ok_or_else(|| FeedError::moved(format!("there is no block {} any more", at.height)))?.hash
        };
        Ok(match there == at.hash {
            true if at.height == tip.height => Standing::Same,
            true => Standing::Below,
            false => Standing::Apart,
        })
    }

    /// The first block of empty books, and with it the stretch in which the suite did not exist.
    async fn start(&mut self, tip: &BlockHeader) -> Result<(), SyncError> {
        let Beginning { identity, first, deployed } = self.feed.beginning().await?;
        self.first = first.height;
        if self.identity != Some(identity) {
            return self.open(identity).await;
        }
        let before = deployed.map_or(0, |deployed| deployed.get().saturating_sub(1)).min(tip.height.get());
        let marker = if before > first.height.get() {
            let header = self.feed.header(BlockHeight::new(before)).await?;
            Some(header.ok_or_else(|| FeedError::moved(format!("there is no block {before} any more")))?)
        } else {
            None
        };
        self.is_still(tip).await?;
        self.with_ledger(move |ledger| {
            ledger.advance_to(&first)?;
            marker.map(|marker| ledger.advance_to(&marker)).transpose()
        })
        .await?;
        // There is nothing to read again.
        self.is_audited = true;
        Ok(())
    }

    /// Whether the chain that was read still is the chain.
    async fn is_still(&self, tip: &BlockHeader) -> Result<(), SyncError> {
        let now = self.feed.header(tip.height).await?;
        if now.is_some_and(|now| now.hash == tip.hash) {
            Ok(())
        } else {
            Err(FeedError::moved(format!("block {} is another one now", tip.height)).into())
        }
    }

    /// What happened between two blocks, if the chain stayed the same meanwhile and the answer can be one.
    async fn read(&self, above: BlockHeight, tip: &BlockHeader) -> Result<Content, SyncError> {
        let content = self.feed.content(above, tip, self.settings.transactions_at_once).await;
        // Of a chain that changed, even a contradiction means nothing.
        if !matches!(content, Err(FeedError::Client(_))) {
            self.is_still(tip).await?;
        }
        let content = content?;
        check(&content, above, tip)?;
        Ok(content)
    }

    /// Reads on above the newest block and writes it. `false` if the books turned out not to fit, and went back.
    async fn advance(&mut self, at: &BlockHeader, tip: &BlockHeader) -> Result<bool, SyncError> {
        let Content { through, blocks, is_counted } = self.read(at.height, tip).await?;
        if !is_counted {
            self.uncounted = Some(self.uncounted.map_or(at.height, |above| above.min(at.height)));
        }
        let ids: Vec<Txid> =
            blocks.iter().flat_map(|block| &block.transactions).map(|transaction| transaction.txid).collect();
        let is_stretch = through.height.get() > at.height.get().saturating_add(1);
        let written = self
            .with_ledger(move |ledger| {
                let applied = ledger.apply_all(&blocks)?;
                if ledger.tip()?.is_none_or(|now| now.height < through.height) {
                    ledger.advance_to(&through)?;
                }
                Ok(applied)
            })
            .await;
        match written {
            Ok(applied) => {
                if is_stretch {
                    self.uncompared = Some(self.uncompared.map_or(at.height, |above| above.min(at.height)));
                }
                let anomalies: u32 = applied
                    .iter()
                    .flatten()
                    .map(|one| if let Applied::New { anomalies } = one { *anomalies } else { 0 })
                    .sum();
                if anomalies > 0 {
                    tracing::warn!(anomalies, "events do not fit what is known; what they concern is marked");
                }
                Ok(true)
            }
            Err(SyncError::Ledger(LedgerError::NotConnected { .. })) => {
                self.retreat(tip).await?;
                Ok(false)
            }
            Err(SyncError::Ledger(LedgerError::OtherContent { height, .. })) => {
                self.go_back(BlockHeight::new(height.get().saturating_sub(1))).await?;
                Ok(false)
            }
            Err(SyncError::Ledger(error @ LedgerError::AlreadyHere { .. })) if !self.is_remade => {
                self.is_said_twice(ids).await?;
                match self.foreign(self.first, at).await? {
                    Some(height) => self.go_back(BlockHeight::new(height.get().saturating_sub(1))).await?,
                    None => {
                        // Once: if the API says it again, it is the API.
                        self.is_remade = true;
                        self.rebuild(error.to_string(), false).await?;
                    }
                }
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
