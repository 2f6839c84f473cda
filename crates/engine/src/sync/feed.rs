//! What the syncer asks of a chain. A node's API in the product; in tests, whoever wants to lie.

use std::future::Future;

use bithedge_ledger::{BlockHeader, ChainBlock, Identity};
use bithedge_protocol::BlockHeight;
use bithedge_stacks::{ChainId, ClientError, Txid};

/// Where a chain begins, and so which ledger is about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    /// What the ledger of this chain and deployment is about. Its `genesis` is the chain's first block.
    pub identity: Identity,
    /// The chain's first block.
    pub first: BlockHeader,
    /// The block in which the suite's first contract was deployed; `None` as long as it is not. Below it there is nothing
    /// of the suite.
    pub deployed: Option<BlockHeight>,
}

/// The newest block, as far as it is indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedTip {
    /// The newest block whose content can be read.
    pub indexed: BlockHeader,
    /// How high the node behind it says that the chain is; `None` if it did not say.
    pub node: Option<BlockHeight>,
}

/// What happened in a part of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Up to which block it was read, this one included.
    pub through: BlockHeader,
    /// Every block of the part with something of the suite in it, oldest first, each whole.
    pub blocks: Vec<ChainBlock>,
    /// Whether there is nothing in it that an index may know in part: new blocks were read with all the counts that show it, or they
    /// are not new. If not, the same is to be read again.
    pub is_counted: bool,
}

/// Why a chain could not be read. No money is affected: nothing was sent, and nothing of what was read is used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The node's API, or the way to it.
    #[error("the chain's history could not be read; what was read before stays as it was: {0}")]
    Client(#[from] ClientError),
    /// The chain changed while it was read: begin again.
    #[error("the chain changed while it was read ({0}); nothing of it was used, and it is read again")]
    Moved(String),
    /// The API says things that cannot both be, or leaves something out. Asking again helps if it was behind; if it stays, ask another one.
    #[error(
        "the API contradicts itself ({0}); nothing of it was used. If this stays, choose another API in the settings"
    )]
    Contradiction(String),
    /// It belongs to another chain than the deployment.
    #[error(
        "the API belongs to chain {actual}, and the suite is on {expected}: nothing of it was used. Choose another API in the settings"
    )]
    OtherChain {
        /// The deployment's.
        expected: ChainId,
        /// The API's.
        actual: ChainId,
    },
}

impl FeedError {
    pub(super) fn moved(what: impl Into<String>) -> Self {
        Self::Moved(what.into())
    }

    pub(super) fn contradiction(what: impl Into<String>) -> Self {
        Self::Contradiction(what.into())
    }
}

/// Whoever tells what happened on a chain. All answers are of the chain as it is when they are given: what belongs together
/// is held together by whoever asks.
pub trait Feed: Send + Sync + 'static {
    /// Where the chain begins.
    fn beginning(&self) -> impl Future<Output = Result<Beginning, FeedError>> + Send;

    /// The newest block.
    fn tip(&self) -> impl Future<Output = Result<FeedTip, FeedError>> + Send;

    /// The chain's block at a height; `None` if it has none so high.
    fn header(
        &self,
        height: BlockHeight,
    ) -> impl Future<Output = Result<Option<BlockHeader>, FeedError>> + Send;

    /// What happened above a block, oldest first: as much as is convenient, up to `tip`, and about so many transactions.
    /// Every block is whole, and all transactions of the suite up to `through` are in it.
    fn content(
        &self,
        above: BlockHeight,
        tip: &BlockHeader,
        transactions: usize,
    ) -> impl Future<Output = Result<Content, FeedError>> + Send;

    /// The height of the block of the chain that a transaction is in, asked for by its own name; `None` if it is in none, or that cannot
    /// be told.
    fn place_of(&self, txid: Txid) -> impl Future<Output = Result<Option<BlockHeight>, FeedError>> + Send {
        let _ = txid;
        async { Ok(None) }
    }
}
