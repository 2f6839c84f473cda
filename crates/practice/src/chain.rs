//! The suite on a chain, in typed calls.

use std::sync::Arc;

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

    /// The time of the newest block, in seconds since 1970.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn time(&self) -> Result<u64, ReadError> {
        let page = self.client.blocks(1, 0).await?;
        page.results.first().map(|block| block.block_time).ok_or(ReadError::NoBlock)
    }
}
