//! What the life of a transaction needs from a chain.

use std::future::Future;

use bithedge_stacks::address::{Address, Principal};
use bithedge_stacks::client::{
    AccountState, AddressNonces, ClientError, FeeEstimate, NodeClient, RejectionReason, TransactionRecord,
};
use bithedge_stacks::network::ChainId;
use bithedge_stacks::transaction::{Transaction, Txid};
use bithedge_stacks::units::MicroStx;

/// A node's newest block, and which chain it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// The chain.
    pub chain_id: ChainId,
    /// The block's height.
    pub height: u64,
}

/// Why a question about the chain has no answer. Nothing is concluded from that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// Nobody answered, or not so that it can be used. Asking again later may help.
    #[error("the chain cannot be read: {0}")]
    Unavailable(String),
    /// The node does not offer this: it has no Stacks API.
    #[error("the node does not offer this: {0}")]
    NotOffered(String),
    /// It is not the chain any more that was checked, or it was closed. Nothing is asked of it until it is opened again.
    #[error("nothing is asked of the chain any more: {0}")]
    Stopped(String),
}

/// Why a transaction was not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// A node refused it, and the chain does not have it.
    #[error("{0}")]
    Rejected(RejectionReason),
    /// It left this computer for nobody: no node was reached.
    #[error("nobody got it: {0}")]
    NotDelivered(String),
    /// Somebody may have it.
    #[error("it may have arrived: {0}")]
    Uncertain(String),
}

/// What is known of a transaction by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// This.
    Found(Box<TransactionRecord>),
    /// Whoever was asked has never heard of it, or forgot it.
    Absent,
    /// Nobody could tell at the moment.
    Unknown,
    /// Nobody who is asked can ever tell: there is no Stacks API among them.
    Untold,
}

/// A chain that transactions are sent to. Every call asks anew; nothing is cached.
pub trait Chain: Send + Sync + 'static {
    /// The newest block.
    fn tip(&self) -> impl Future<Output = Result<Tip, ChainError>> + Send;

    /// Balance and nonce of an account at the newest block.
    fn account(&self, address: &Address) -> impl Future<Output = Result<AccountState, ChainError>> + Send;

    /// Which nonces of an account are used by what is mined and what waits; [`ChainError::NotOffered`] without an API.
    fn nonces(&self, address: &Address) -> impl Future<Output = Result<AddressNonces, ChainError>> + Send;

    /// What a transaction should pay.
    fn estimate_fee(
        &self,
        transaction: &Transaction,
    ) -> impl Future<Output = Result<FeeEstimate, ChainError>> + Send;

    /// What a byte should pay, if a transaction cannot be estimated.
    fn fee_rate(&self) -> impl Future<Output = Result<MicroStx, ChainError>> + Send;

    /// Hands out a signed transaction. Safe to repeat with the same bytes.
    fn send(&self, transaction: &Transaction) -> impl Future<Output = Result<(), SendError>> + Send;

    /// What became of a transaction.
    fn transaction(&self, txid: Txid) -> impl Future<Output = Result<Lookup, ChainError>> + Send;

    /// The account's waiting transactions, all of them.
    fn waiting(
        &self,
        address: &Address,
    ) -> impl Future<Output = Result<Vec<TransactionRecord>, ChainError>> + Send;

    /// A page of the transactions in the chain that concern the account, newest first.
    fn mined(
        &self,
        address: &Address,
        offset: u64,
    ) -> impl Future<Output = Result<Vec<TransactionRecord>, ChainError>> + Send;
}

/// Transactions on one page of the API.
pub(super) const PAGE: u64 = 50;

/// More than any node keeps for one account.
const MOST_WAITING: u64 = 1_000;

impl From<ClientError> for ChainError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Unsupported { .. } => Self::NotOffered(error.to_string()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl Chain for NodeClient {
    async fn tip(&self) -> Result<Tip, ChainError> {
        let info = self.info().await?;
        Ok(Tip { chain_id: info.network_id, height: info.stacks_tip_height })
    }

    async fn account(&self, address: &Address) -> Result<AccountState, ChainError> {
        Ok(Self::account(self, &Principal::from(*address)).await?)
    }

    async fn nonces(&self, address: &Address) -> Result<AddressNonces, ChainError> {
        Ok(Self::nonces(self, &Principal::from(*address)).await?)
    }

    async fn estimate_fee(&self, transaction: &Transaction) -> Result<FeeEstimate, ChainError> {
        Ok(Self::estimate_fee(self, transaction).await?)
    }

    async fn fee_rate(&self) -> Result<MicroStx, ChainError> {
        Ok(self.transfer_fee_rate().await?)
    }

    async fn send(&self, transaction: &Transaction) -> Result<(), SendError> {
        match self.broadcast(transaction).await {
            Ok(_) => Ok(()),
            Err(ClientError::Rejected(rejection)) => Err(SendError::Rejected(rejection.reason)),
            // No endpoint was even connected to, or else the client says that it is uncertain.
            Err(error @ ClientError::Unreachable { .. }) => Err(SendError::NotDelivered(error.to_string())),
            // Whatever else an endpoint answered, it had the bytes.
            Err(error) => Err(SendError::Uncertain(error.to_string())),
        }
    }

    async fn transaction(&self, txid: Txid) -> Result<Lookup, ChainError> {
        match Self::transaction(self, txid).await {
            Ok(record) => Ok(Lookup::Found(Box::new(record))),
            Err(ClientError::NotFound { .. }) => Ok(Lookup::Absent),
            Err(ClientError::Unsupported { .. }) => Ok(Lookup::Untold),
            Err(error) => Err(error.into()),
        }
    }

    async fn waiting(&self, address: &Address) -> Result<Vec<TransactionRecord>, ChainError> {
        let sender = Principal::from(*address);
        let mut waiting = Vec::new();
        for page in 0..MOST_WAITING / PAGE {
            let results = self.mempool(Some(&sender), PAGE, page * PAGE).await?.results;
            let is_last = (results.len() as u64) < PAGE;
            waiting.extend(results);
            if is_last {
                return Ok(waiting);
            }
        }
        Err(ChainError::Unavailable(format!("{address} has more than {MOST_WAITING} transactions waiting")))
    }

    async fn mined(&self, address: &Address, offset: u64) -> Result<Vec<TransactionRecord>, ChainError> {
        Ok(self.address_transactions(&Principal::from(*address), PAGE, offset).await?.results)
    }
}
