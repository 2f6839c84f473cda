//! A feed that tells what it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use bithedge_engine::sync::{Beginning, Content, Feed, FeedError, FeedTip};
use bithedge_ledger::{BlockHeader, Ledger, SuiteTransaction};
use bithedge_protocol::BlockHeight;
use bithedge_stacks::Txid;

use crate::chain::{Chain, DEPLOYED};

/// What happens to one request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// It is answered.
    Answer,
    /// It is not answered.
    Fail,
    /// The chain is reorganised first.
    Reorganise { depth: usize, then: usize },
    /// The chain grows first.
    Grow(usize),
    /// A lie, if it is about content.
    Lie(Lie),
    /// It is never answered.
    Hang,
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lie {
    /// Newest first.
    Reversed,
    /// A block twice.
    Twice,
    /// A block of before, or of after.
    Elsewhere,
    /// A block with another hash.
    OtherHash,
    /// Read only to a block that is not the chain's.
    OtherEnd,
    /// The newest block lacks its last transaction. Nothing shows that.
    Omits,
    /// Transactions of a block the wrong way round.
    Shuffled,
    /// A block in the middle is of another fork.
    Orphan,
    /// A block in the middle is of another fork, and holds what the chain has in the next one, before which the answer ends.
    Early,
}

pub(crate) const LIES: [Lie; 6] =
    [Lie::Reversed, Lie::Twice, Lie::Elsewhere, Lie::OtherHash, Lie::OtherEnd, Lie::Shuffled];

pub(crate) struct State {
    pub(crate) chain: Chain,
    /// How many blocks the index is behind.
    pub(crate) lag: u64,
    /// Whether the node tells how high it is.
    pub(crate) node_tells: bool,
    /// What happens to the next requests; afterwards all are answered.
    pub(crate) acts: VecDeque<Act>,
    pub(crate) requests: usize,
    /// Whether content comes with the counts that show what is left out.
    pub(crate) counts: bool,
    /// The next answer about content is this lie.
    pub(crate) once: Option<Lie>,
    /// A transaction that is listed once more in the block of this height, whenever that is asked for.
    pub(crate) again: Option<(SuiteTransaction, BlockHeight)>,
}

#[derive(Clone)]
pub(crate) struct FakeFeed(pub(crate) Arc<Mutex<State>>);

impl FakeFeed {
    pub(crate) fn new(chain: Chain) -> Self {
        let state = State {
            chain,
            lag: 0,
            node_tells: true,
            acts: VecDeque::new(),
            requests: 0,
            counts: true,
            once: None,
            again: None,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// One request.
    async fn ask<T>(
        &self,
        answer: impl FnOnce(&State, Option<Lie>) -> Result<T, FeedError>,
    ) -> Result<T, FeedError> {
        // As a request would: whoever drops it, drops it here.
        tokio::task::yield_now().await;
        {
            let mut state = self.state();
            state.requests += 1;
            let (mut lie, mut is_answered) = (None, true);
            match state.acts.pop_front().unwrap_or(Act::Answer) {
                Act::Answer => return answer(&state, None),
                Act::Fail => return Err(FeedError::Contradiction("no connection".to_owned())),
                Act::Reorganise { depth, then } => state.chain.reorganise(depth, then),
                Act::Grow(count) => state.chain.grow(count),
                Act::Lie(kind) => lie = Some(kind),
                Act::Hang => is_answered = false,
            }
            if is_answered {
                return answer(&state, lie);
            }
        }
        std::future::pending().await
    }
}

impl State {
    fn indexed(&self) -> u64 {
        self.chain.tip().height.get().saturating_sub(self.lag).max(1)
    }
}

impl Feed for FakeFeed {
    async fn beginning(&self) -> Result<Beginning, FeedError> {
        self.ask(|state, _| {
            Ok(Beginning {
                identity: state.chain.identity(),
                first: state.chain.blocks[0].header,
                deployed: Some(BlockHeight::new(DEPLOYED)),
            })
        })
        .await
    }

    async fn tip(&self) -> Result<FeedTip, FeedError> {
        self.ask(|state, _| {
            let indexed = state.chain.at(BlockHeight::new(state.indexed())).unwrap().header;
            Ok(FeedTip { indexed, node: state.node_tells.then_some(state.chain.tip().height) })
        })
        .await
    }

    async fn header(&self, height: BlockHeight) -> Result<Option<BlockHeader>, FeedError> {
        self.ask(|state, _| {
            let is_indexed = height.get() <= state.indexed();
            Ok(state.chain.at(height).filter(|_| is_indexed).map(|block| block.header))
        })
        .await
    }

    async fn place_of(&self, txid: Txid) -> Result<Option<BlockHeight>, FeedError> {
        self.ask(|state, _| {
            let holds = |block: &&crate::chain::Block| block.transactions.iter().any(|one| one.txid == txid);
            Ok(state.chain.blocks.iter().find(holds).map(|block| block.header.height))
        })
        .await
    }

    async fn content(
        &self,
        above: BlockHeight,
        tip: &BlockHeader,
        transactions: usize,
    ) -> Result<Content, FeedError> {
        let (above, top) = (above.get(), tip.height.get());
        let once = self.state().once.take();
        self.ask(|state, lie| {
            let lie = once.or(lie);
            let gone = || FeedError::Moved("gone".to_owned());
            let mut blocks = state.chain.content(above, top);
            let mut through = state.chain.at(tip.height).ok_or_else(gone)?.header;
            // As much as was asked for.
            let mut count = 0;
            if let Some(end) = blocks.iter().position(|block| {
                count += block.transactions.len();
                count >= transactions
            }) && end + 1 < blocks.len()
            {
                blocks.truncate(end + 1);
                through = blocks.last().unwrap().header;
            }
            if let Some(Lie::Early) = lie {
                let at = stray(&blocks);
                let next = blocks[at + 1].clone();
                blocks.truncate(at + 1);
                blocks[at].transactions = next.transactions;
                blocks[at].header.hash.0[0] ^= 1;
                let before = BlockHeight::new(next.header.height.get() - 1);
                through = state.chain.at(before).unwrap().header;
            } else if let Some(lie) = lie {
                tell(lie, &mut blocks, &mut through);
            }
            if let Some((again, place)) = &state.again
                && let Some(block) = blocks.iter_mut().find(|block| block.header.height == *place)
            {
                let index = block.transactions.last().unwrap().index + 1;
                block.transactions.push(SuiteTransaction { index, ..again.clone() });
            }
            Ok(Content { through, blocks, is_counted: state.counts })
        })
        .await
    }
}

/// A block that no other one with content follows directly: nothing in the answer is connected to its hash.
fn stray(blocks: &[bithedge_ledger::ChainBlock]) -> usize {
    let height = |at: usize| blocks[at].header.height.get();
    (blocks.len() / 2..blocks.len() - 1).find(|at| height(at + 1) > height(*at) + 1).unwrap()
}

fn tell(lie: Lie, blocks: &mut Vec<bithedge_ledger::ChainBlock>, through: &mut BlockHeader) {
    match lie {
        Lie::Reversed => blocks.reverse(),
        Lie::Twice => blocks.extend(blocks.last().cloned()),
        Lie::Elsewhere => {
            if let Some(last) = blocks.last_mut() {
                last.header.height = BlockHeight::new(last.header.height.get() + 1_000);
            }
        }
        Lie::OtherHash => {
            if let Some(last) = blocks.last_mut() {
                last.header.hash.0[0] ^= 1;
                last.header.height = through.height;
            }
        }
        Lie::OtherEnd => through.hash.0[0] ^= 1,
        Lie::Omits => {
            if let Some(last) = blocks.last_mut()
                && last.transactions.len() > 1
            {
                last.transactions.pop();
            }
        }
        Lie::Orphan => {
            let at = stray(blocks);
            blocks[at].header.hash.0[0] ^= 1;
        }
        Lie::Early => {}
        Lie::Shuffled => {
            if let Some(last) = blocks.last_mut() {
                last.transactions.reverse();
                for transaction in &mut last.transactions {
                    transaction.prints.reverse();
                }
            }
        }
    }
}

/// What a ledger's file holds, without the syncer.
pub(crate) fn open(path: &std::path::Path, chain: &Chain) -> Ledger {
    Ledger::open(path, chain.identity()).unwrap()
}
