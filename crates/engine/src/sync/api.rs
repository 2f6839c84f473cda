//! A Stacks API as a feed.
//!
//! What happened is found in one of two ways, and both give the same blocks:
//!
//! * a few new blocks are read as they are, transaction by transaction, and every count that the API names has to come out;
//! * a long stretch is found through the API's lists of what each contract printed and of who called it. Then each
//!   transaction is read whole, and what it printed has to be what the lists say.
//!
//! Lists are asked for up to a height, so that their pages do not shift while the chain grows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bithedge_ledger::{BlockHeader, ChainBlock, Identity, SuiteTransaction};
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::client::{Block, BlockId, TransactionStatus};
use bithedge_stacks::{ClientError, NodeClient, Txid};
use bithedge_suite::{Contract, Deployment};

use super::feed::{Beginning, Content, Feed, FeedError, FeedTip};

mod blocks;
mod index;
mod records;

/// So few new blocks are read block by block: a block costs three requests, the lists cost two for each contract.
const READ_BY_BLOCK: u64 = 8;
/// How many requests are on their way at the same time.
const AT_ONCE: usize = 8;
/// How many blocks the lists are first asked for; then it follows what they held.
const FIRST_SPAN: u64 = 4_096;

/// The history of a deployment, as a Stacks API tells it. One API: a client with several endpoints would mix what they know.
#[derive(Debug, Clone)]
pub struct ApiFeed(Arc<Source>);

#[derive(Debug)]
struct Source {
    client: Arc<NodeClient>,
    deployment: Deployment,
    /// How many blocks the lists are asked for at a time.
    span: AtomicU64,
}

/// A block's header together with the hash that transactions name.
#[derive(Debug, Clone, Copy)]
struct Known {
    header: BlockHeader,
    hash: bithedge_stacks::client::BlockHash,
    transactions: u64,
}

/// A transaction of the suite, and where it says that it is.
#[derive(Debug, Clone)]
struct Found {
    height: u64,
    block: bithedge_stacks::client::BlockHash,
    time: u64,
    transaction: SuiteTransaction,
}

impl ApiFeed {
    /// What happened to a deployment, as an API tells it.
    #[must_use]
    pub fn new(client: Arc<NodeClient>, deployment: Deployment) -> Self {
        Self(Arc::new(Source { client, deployment, span: AtomicU64::new(FIRST_SPAN) }))
    }

    fn known(block: &Block) -> Result<Known, FeedError> {
        Ok(Known { header: header_of(block)?, hash: block.hash, transactions: block.tx_count })
    }

    async fn block(&self, height: u64) -> Result<Option<Known>, FeedError> {
        match self.0.client.block(BlockId::Height(height)).await {
            Ok(block) => Self::known(&block).map(Some),
            Err(ClientError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A block that something was said to be in.
    async fn block_of(&self, height: u64) -> Result<Known, FeedError> {
        let block = self.block(height).await?;
        block.ok_or_else(|| FeedError::moved(format!("there is no block {height} any more")))
    }

    /// Puts transactions into their blocks, which have to be those that they name.
    fn blocks_of(
        known: &BTreeMap<u64, Known>,
        found: impl IntoIterator<Item = Found>,
    ) -> Result<Vec<ChainBlock>, FeedError> {
        let mut blocks: BTreeMap<u64, BTreeMap<u32, SuiteTransaction>> = BTreeMap::new();
        for Found { height, block, time, transaction } in found {
            let Known { header, hash, .. } = known
                .get(&height)
                .ok_or_else(|| FeedError::moved(format!("there is no block {height} any more")))?;
            if *hash != block || header.time.get() != time {
                let what = format!("{} is in another block {height} than the chain's", transaction.txid);
                return Err(FeedError::Moved(what));
            }
            let (txid, index) = (transaction.txid, transaction.index);
            if let Some(other) = blocks.entry(height).or_default().insert(index, transaction) {
                let what = format!("{txid} and {} have the same place in block {height}", other.txid);
                return Err(FeedError::Contradiction(what));
            }
        }
        let header = |height: &u64| known.get(height).map(|known| known.header);
        Ok(blocks
            .into_iter()
            .filter_map(|(height, transactions)| {
                Some(ChainBlock {
                    header: header(&height)?,
                    transactions: transactions.into_values().collect(),
                })
            })
            .collect())
    }

    fn which(&self, contract: &bithedge_stacks::ContractId) -> Option<Contract> {
        self.0.deployment.which(contract)
    }

    /// The header of the last block of a part.
    async fn end(&self, height: u64, tip: &BlockHeader) -> Result<BlockHeader, FeedError> {
        if height == tip.height.get() { Ok(*tip) } else { Ok(self.block_of(height).await?.header) }
    }
}

impl Feed for ApiFeed {
    async fn beginning(&self) -> Result<Beginning, FeedError> {
        let Source { client, deployment, .. } = &*self.0;
        let expected = deployment.network().chain().chain_id;
        let actual = match client.info().await {
            // Whoever asks where the chain begins has found it shorter, or replaced.
            Err(ClientError::StaleTip { .. }) => {
                client.forget_tip();
                client.info().await?
            }
            other => other?,
        }
        .network_id;
        if actual != expected {
            return Err(FeedError::OtherChain { expected, actual });
        }
        let first = match self.block(1).await? {
            Some(first) => first,
            None => self.block_of(0).await?,
        };
        let jobs = Contract::ALL.into_iter().map(|contract| {
            let feed = self.clone();
            async move {
                let Source { client, deployment, .. } = &*feed.0;
                match client.deployed_at(deployment.contract(contract)).await {
                    Ok(height) => Ok(Some(BlockHeight::new(height))),
                    Err(ClientError::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error.into()),
                }
            }
        });
        let deployed = gather(jobs).await?.into_iter().flatten().min();
        let genesis = first.header.hash;
        let identity = Identity { chain: expected, genesis, deployer: deployment.deployer() };
        Ok(Beginning { identity, first: first.header, deployed })
    }

    async fn tip(&self) -> Result<FeedTip, FeedError> {
        let Source { client, deployment, .. } = &*self.0;
        let node = match client.info().await {
            Ok(info) => {
                let (expected, actual) = (deployment.network().chain().chain_id, info.network_id);
                if actual != expected {
                    return Err(FeedError::OtherChain { expected, actual });
                }
                Some(info.stacks_tip_height)
            }
            // It is lower than it was, which is for the syncer to judge.
            Err(ClientError::StaleTip { height, .. }) => Some(height),
            Err(ClientError::WrongChain { expected, actual, .. }) => {
                return Err(FeedError::OtherChain { expected, actual });
            }
            Err(error) => {
                tracing::debug!(%error, "the node does not say how high its chain is");
                None
            }
        };
        let newest = Self::known(&client.block(BlockId::Latest).await?)?;
        Ok(FeedTip { indexed: newest.header, node: node.map(BlockHeight::new) })
    }

    async fn header(&self, height: BlockHeight) -> Result<Option<BlockHeader>, FeedError> {
        Ok(self.block(height.get()).await?.map(|known| known.header))
    }

    async fn content(
        &self,
        above: BlockHeight,
        tip: &BlockHeader,
        transactions: usize,
    ) -> Result<Content, FeedError> {
        let (above, mut top) = (above.get(), tip.height.get());
        let mut is_counted = true;
        if top.saturating_sub(above) <= READ_BY_BLOCK {
            match self.by_block(above, tip).await {
                // Something of somebody else's that cannot be read must not keep the suite's from being read.
                Err(FeedError::Client(error @ ClientError::Malformed { .. })) => {
                    tracing::debug!(%error, "blocks cannot be read one by one; the contracts' lists are read");
                    is_counted = false;
                }
                blocks => return Ok(Content { through: *tip, blocks: blocks?, is_counted }),
            }
        } else {
            // The newest are what an index may know in part, and lists have no counts that would show it: they are read block by block.
            top -= READ_BY_BLOCK;
        }
        let most = transactions.saturating_mul(4);
        let first = self.0.span.load(Ordering::Relaxed).max(1);
        let mut span = first;
        let (to, window) = loop {
            let to = above.saturating_add(span).min(top);
            // A single block is never too much.
            let limit = if span == 1 { usize::MAX } else { most };
            match self.window(above, to, limit).await {
                Ok(Some(window)) => break (to, window),
                Ok(None) => span = (span / 8).max(1),
                Err(error @ FeedError::Client(_)) => {
                    // A long stretch is many requests, of which one that fails loses all: the next time it is a shorter one.
                    self.0.span.store((span / 8).max(1), Ordering::Relaxed);
                    return Err(error);
                }
                Err(error) => return Err(error),
            }
        };
        // As many blocks next time as hold what was asked for, if they are like these; in steps that a change of pace survives.
        let held = u64::try_from(window.len()).unwrap_or(u64::MAX).max(1);
        let wanted = u64::try_from(transactions).unwrap_or(u64::MAX);
        // What made it too long need not be in the books: it does not grow at once.
        let most = if span < first { span } else { span.saturating_mul(8) };
        let next = (span.saturating_mul(wanted) / held).clamp((span / 4).max(1), most);
        self.0.span.store(next, Ordering::Relaxed);
        let blocks = self.in_blocks(window).await?;
        Ok(Content { through: self.end(to, tip).await?, blocks, is_counted })
    }

    async fn place_of(&self, txid: Txid) -> Result<Option<BlockHeight>, FeedError> {
        let record = self.0.client.transactions(&[txid], 1, 0).await?.pop().flatten();
        Ok(record.and_then(|record| match record.status {
            TransactionStatus::Included(at) if at.canonical => Some(BlockHeight::new(at.block.height)),
            _ => None,
        }))
    }
}

/// A block's header, as the ledger wants it.
pub(super) fn header_of(block: &Block) -> Result<BlockHeader, FeedError> {
    let parent = block.parent_index_block_hash.ok_or_else(|| {
        FeedError::contradiction(format!("block {} does not name the one before", block.height))
    })?;
    Ok(BlockHeader {
        height: BlockHeight::new(block.height),
        hash: block.index_block_hash,
        parent,
        time: UnixSeconds::new(block.block_time),
    })
}

/// Does things, some at a time, and gives what came of them in their order. The first error ends it.
async fn gather<T, F>(jobs: impl IntoIterator<Item = F>) -> Result<Vec<T>, FeedError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, FeedError>> + Send + 'static,
{
    let mut waiting = jobs.into_iter().enumerate();
    let mut running = tokio::task::JoinSet::new();
    let mut done = BTreeMap::new();
    loop {
        while running.len() < AT_ONCE
            && let Some((place, job)) = waiting.next()
        {
            running.spawn(async move { (place, job.await) });
        }
        let Some(ended) = running.join_next().await else { break };
        let (place, answer) =
            ended.map_err(|error| FeedError::moved(format!("a request was ended: {error}")))?;
        done.insert(place, answer?);
    }
    Ok(done.into_values().collect())
}

/// Parts of a list of ids that fit one request.
fn portions(ids: &[Txid], most: usize) -> Vec<Vec<Txid>> {
    ids.chunks(most).map(<[Txid]>::to_vec).collect()
}
