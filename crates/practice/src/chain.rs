//! The suite on a chain, in typed calls.

use std::sync::Arc;

use bithedge_stacks::client::Block;
use bithedge_stacks::{ClientError, NodeClient, Principal};
use bithedge_suite::{ContractFunction, Deployment, Mismatch};

/// A node, and where the suite is.
#[derive(Debug, Clone)]
pub struct SuiteChain {
    /// The node.
    pub client: Arc<NodeClient>,
    /// The suite.
    pub suite: Deployment,
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The network or its node.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The contract is another one than this program knows.
    #[error("{function} of the suite answered something else than it should: {mismatch}")]
    Mismatch {
        /// The function.
        function: &'static str,
        /// What does not fit.
        mismatch: Mismatch,
    },
    /// The deployment lacks something.
    #[error(transparent)]
    Deployment(#[from] bithedge_suite::DeploymentError),
    /// A chain without blocks.
    #[error("the chain has no block")]
    NoBlock,
}

impl SuiteChain {
    /// What a read-only function answers.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read<F: ContractFunction>(&self, function: F) -> Result<F::Answer, ReadError> {
        let call = function.into_call(&self.suite);
        let sender = Principal::Standard(self.suite.deployer());
        let value = self.client.call_read_only(&call.contract, &call.function, &sender, &call.args).await?;
        F::decode(&value).map_err(|mismatch| ReadError::Mismatch { function: F::FUNCTION, mismatch })
    }

    /// The newest block.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn tip(&self) -> Result<Block, ReadError> {
        let page = self.client.blocks(1, 0).await?;
        page.results.into_iter().next().ok_or(ReadError::NoBlock)
    }

    /// The time of the newest block, in seconds since 1970.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn time(&self) -> Result<u64, ReadError> {
        Ok(self.tip().await?.block_time)
    }

    /// Whether a block of before is still part of the chain, whose newest block is `tip`. When blocks are made meanwhile it may
    /// deny what is so.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn still_has(&self, block: &Block, tip: &Block) -> Result<bool, ReadError> {
        let Some(depth) = tip.height.checked_sub(block.height) else { return Ok(false) };
        if depth == 0 {
            return Ok(block.hash == tip.hash);
        }
        let page = self.client.blocks(1, depth).await?;
        Ok(page.results.first().is_some_and(|found| found.hash == block.hash))
    }
}
