//! What the follower needs from a chain.

use std::future::Future;

use bithedge_ipc::{ChainId, Network};
use bithedge_protocol::{BlockHeight, BurnHeight, MicroStx, Sats, UnixSeconds};
use bithedge_stacks::address::Address;

/// What a node says of its newest block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeTip {
    /// The chain that the node follows.
    pub chain_id: ChainId,
    /// Height of its newest Stacks block.
    pub height: BlockHeight,
    /// Header hash of that block, 64 lower-case hexadecimal digits.
    pub hash: String,
    /// Height of the newest Bitcoin block it has processed.
    pub burn_height: BurnHeight,
    /// Whether the node says that it has caught up with the chain; `None` if it does not say.
    pub is_synced: Option<bool>,
}

/// One block of the canonical chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub height: BlockHeight,
    /// Header hash, 64 lower-case hexadecimal digits.
    pub hash: String,
    /// The time in its header.
    pub time: UnixSeconds,
}

/// What an account can spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balances {
    /// STX that is not locked.
    pub stx: MicroStx,
    /// sBTC that is not locked.
    pub sbtc: Sats,
}

/// Why a source gave no answer. The text is the technical cause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// No connection, or none that lasted.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("no answer in time: {0}")]
    TimedOut(String),
    /// The node answered that it cannot serve.
    #[error("the node reports a failure: {0}")]
    Failing(String),
    /// The node's answer makes no sense.
    #[error("the node's answer is not valid: {0}")]
    Malformed(String),
}

/// A chain that can be read. Every call asks the node anew; nothing is cached.
pub trait ChainSource: Send + Sync + 'static {
    /// Base address of the node, to show.
    fn endpoint(&self) -> String;

    /// Which network this is, in a user's terms. `chain_id` is what the node has just said of itself.
    fn network(&self, chain_id: ChainId) -> Network;

    /// The newest block as the node sees it.
    fn tip(&self) -> impl Future<Output = Result<NodeTip, SourceError>> + Send;

    /// The newest blocks of the canonical chain, newest first, as many as one answer holds. Whoever indexes the chain may
    /// be behind the node.
    fn recent_blocks(&self) -> impl Future<Output = Result<Vec<Block>, SourceError>> + Send;

    /// The canonical block at a height; `None` if there is none (yet), or if the chain moved while it was looked up.
    fn block_at(
        &self,
        height: BlockHeight,
    ) -> impl Future<Output = Result<Option<Block>, SourceError>> + Send;

    /// What an account can spend at the node's newest block.
    fn balances(&self, address: &Address) -> impl Future<Output = Result<Balances, SourceError>> + Send;
}
