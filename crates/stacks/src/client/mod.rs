//! Talking to Stacks nodes and to the Stacks API.
//!
//! A [`NodeClient`] has one or more endpoints that answer for the same chain. Reads are repeated, with growing pauses and
//! on the next endpoint, when a server cannot be reached, fails, or answers nonsense; after a bounded number of attempts
//! the answer is an error that says what went wrong. An answer is checked before it is given out: its shape, its ranges,
//! that values decode, that it is about what was asked.
//!
//! Broadcasting never makes a second transaction: the same bytes have the same id and the same nonce, and a node that
//! has them says so. When an answer got lost and a node then refuses, or refuses for a reason that the transaction itself
//! may be the cause of, the client asks what became of the transaction, and if that cannot be told, says so
//! ([`ClientError::Uncertain`]) rather than guess.
//!
//! Errors and logs show endpoints as scheme, host and port only: a path may contain a token. Addresses with a user name or
//! a password are refused.

mod abi;
mod api;
mod broadcast;
mod error;
mod history;
mod node;
mod record;
mod transport;
mod wire;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

pub use abi::{
    AbiArgument, AbiField, AbiFunction, AbiMap, AbiNonFungibleToken, AbiOutput, AbiToken, AbiType,
    AbiVariable, Access, ContractInterface,
};
pub use api::{
    AddressBalances, AddressNonces, ApiStatus, ApiTip, Block, ContractEvent, FungibleBalance, Page,
    StxBalance,
};
pub use error::{ClientError, ConfigError, Failure, ReadOnlyError, Rejection, RejectionReason};
pub use history::{BlockId, LogCursor, LogPage, MOST_EVENTS, MOST_TRANSACTIONS};
pub use node::{AccountState, FeeEstimate, NodeInfo, PoxInfo};
pub use record::{
    AssetMovement, BlockHash, BlockRef, Event, EventKind, Inclusion, Outcome, TransactionKind,
    TransactionRecord, TransactionStatus,
};

use transport::Transport;

use crate::network::ChainId;

/// How long to wait and how often to try.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// For a connection to be made.
    pub connect_timeout: Duration,
    /// For a whole exchange: connecting, sending, waiting, receiving.
    pub request_timeout: Duration,
    /// Attempts per call over all endpoints, the first included. Each endpoint gets one at least.
    pub attempts: usize,
    /// The pause after the first failure of all endpoints. It doubles each time, and a random share of it is waited.
    pub first_backoff: Duration,
    /// The longest pause, also if a server asks for a longer one.
    pub max_backoff: Duration,
    /// The longest answer that is read, in bytes.
    pub max_body_bytes: usize,
    /// How many blocks behind the highest block seen an endpoint may be before it counts as stale.
    pub max_tip_lag: u64,
    /// What the client calls itself in its requests.
    pub user_agent: String,
    /// The chain that all endpoints must belong to, if that is to be checked: see [`NodeClient::info`].
    pub expected_chain: Option<ChainId>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(20),
            attempts: 4,
            first_backoff: Duration::from_millis(250),
            max_backoff: Duration::from_secs(8),
            max_body_bytes: 8 * 1024 * 1024,
            max_tip_lag: 6,
            user_agent: concat!("stacks-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            expected_chain: None,
        }
    }
}

/// A client for one chain.
#[derive(Debug)]
pub struct NodeClient {
    transport: Transport,
    /// The highest block that any endpoint reported.
    highest_tip: AtomicU64,
    max_tip_lag: u64,
    expected_chain: Option<ChainId>,
}

impl NodeClient {
    /// With the usual patience.
    pub fn new<I>(endpoints: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self::with_config(endpoints, ClientConfig::default())
    }

    /// With base addresses such as `https://api.hiro.so`, in order of preference.
    ///
    /// If no TLS provider is installed in the process yet, this installs ring.
    pub fn with_config<I>(endpoints: I, config: ClientConfig) -> Result<Self, ConfigError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let (max_tip_lag, expected_chain) = (config.max_tip_lag, config.expected_chain);
        Ok(Self {
            transport: Transport::new(endpoints.into_iter(), config)?,
            highest_tip: AtomicU64::new(0),
            max_tip_lag,
            expected_chain,
        })
    }
}
