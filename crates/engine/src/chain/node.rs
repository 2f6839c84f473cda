//! A chain read through a Stacks node and its API.

use std::time::Duration;

use bithedge_ipc::{ChainId, Network};
use bithedge_protocol::{BlockHeight, BurnHeight, MicroStx, Sats, UnixSeconds};
use bithedge_stacks::address::{Address, ContractId, Principal};
use bithedge_stacks::client::{
    Block as ApiBlock, ClientConfig, ClientError, ConfigError, Failure, NodeClient,
};
use bithedge_stacks::name::{ClarityName, NameError};

use super::source::{Balances, Block, ChainSource, NodeTip, SourceError};

/// The sBTC token: mainnet's, which a devnet has at the same address.
const SBTC_TOKEN: &str = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";
/// Its function for what is not locked.
const SBTC_AVAILABLE: &str = "get-balance-available";
/// How many blocks are read at once; the Stacks API gives up to 30.
const RECENT_BLOCKS: u64 = 20;

/// There can be no connection to such a node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectNodeError {
    /// The address is none.
    #[error(transparent)]
    Client(#[from] ConfigError),
    /// A name in this program is none: a defect.
    #[error(transparent)]
    Name(#[from] NameError),
    /// An address in this program is none: a defect.
    #[error("{SBTC_TOKEN} is not a contract: {0}")]
    Contract(String),
}

/// One node. One, because a reading that was spread over several would mix what they know.
#[derive(Debug)]
pub struct NodeSource {
    endpoint: String,
    client: NodeClient,
    kind: Network,
    sbtc: ContractId,
    sbtc_available: ClarityName,
}

impl NodeSource {
    /// A node by its base address, such as `http://127.0.0.1:20443`. Nothing is sent yet.
    ///
    /// `kind` is what the network's profile says: a devnet has the public testnet's chain id, so a node cannot tell the two apart.
    ///
    /// # Errors
    /// If it is not an address.
    pub fn new(endpoint: &str, kind: Network) -> Result<Self, ConnectNodeError> {
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        // The follower asks again by itself, so little patience here keeps its status honest. A tip that goes back is
        // something to show, not something to pass over.
        let config = ClientConfig {
            connect_timeout: Duration::from_secs(3),
            request_timeout: Duration::from_secs(6),
            attempts: 2,
            first_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_millis(500),
            max_tip_lag: u64::MAX,
            ..ClientConfig::default()
        };
        Ok(Self {
            client: NodeClient::with_config([&endpoint], config)?,
            kind,
            endpoint,
            sbtc: SBTC_TOKEN.parse().map_err(|error: bithedge_stacks::address::AddressError| {
                ConnectNodeError::Contract(error.to_string())
            })?,
            sbtc_available: ClarityName::new(SBTC_AVAILABLE)?,
        })
    }

    async fn block_below_newest(&self, depth: u64) -> Result<Option<ApiBlock>, SourceError> {
        Ok(self.client.blocks(1, depth).await?.results.into_iter().next())
    }
}

impl ChainSource for NodeSource {
    fn endpoint(&self) -> String {
        self.endpoint.clone()
    }

    fn network(&self, chain_id: ChainId) -> Network {
        match bithedge_stacks::ChainId(chain_id.0) {
            bithedge_stacks::ChainId::MAINNET => Network::Mainnet,
            bithedge_stacks::ChainId::TESTNET if self.kind == Network::Devnet => Network::Devnet,
            bithedge_stacks::ChainId::TESTNET => Network::Testnet,
            _ => Network::Other,
        }
    }

    async fn tip(&self) -> Result<NodeTip, SourceError> {
        let info = self.client.info().await?;
        Ok(NodeTip {
            chain_id: ChainId(info.network_id.0),
            height: BlockHeight::new(info.stacks_tip_height),
            hash: info.stacks_tip.to_string(),
            burn_height: BurnHeight::new(info.burn_block_height),
            is_synced: info.is_fully_synced,
        })
    }

    async fn recent_blocks(&self) -> Result<Vec<Block>, SourceError> {
        let page = self.client.blocks(RECENT_BLOCKS, 0).await?;
        Ok(page.results.iter().filter(|block| block.canonical).map(as_read).collect())
    }

    async fn block_at(&self, height: BlockHeight) -> Result<Option<Block>, SourceError> {
        let newest = self.block_below_newest(0).await?;
        let block = match newest {
            Some(newest) if newest.height > height.get() => {
                self.block_below_newest(newest.height - height.get()).await?
            }
            newest => newest,
        };
        // A block that came meanwhile shifts the list by one; the height tells.
        Ok(block.filter(|block| block.canonical && block.height == height.get()).map(|block| as_read(&block)))
    }

    async fn balances(&self, address: &Address) -> Result<Balances, SourceError> {
        let principal = Principal::from(*address);
        let account = self.client.account(&principal).await?;
        let arguments = [principal.clone().into()];
        let answer =
            self.client.call_read_only(&self.sbtc, &self.sbtc_available, &principal, &arguments).await?;
        let sbtc = match answer.as_response() {
            Ok(Ok(amount)) => amount.as_uint().ok(),
            _ => None,
        };
        let sbtc = sbtc.ok_or_else(|| {
            SourceError::Malformed(format!(
                "{}.{} gave {}",
                self.sbtc,
                self.sbtc_available,
                answer.to_source()
            ))
        })?;
        Ok(Balances { stx: MicroStx::new(u128::from(account.balance.micro())), sbtc: Sats::new(sbtc) })
    }
}

fn as_read(block: &ApiBlock) -> Block {
    Block {
        height: BlockHeight::new(block.height),
        hash: block.hash.to_string(),
        time: UnixSeconds::new(block.block_time),
    }
}

impl From<ClientError> for SourceError {
    fn from(error: ClientError) -> Self {
        let cause = error.to_string();
        match error {
            ClientError::Unreachable { failure, .. } => match failure {
                Failure::Timeout => Self::TimedOut(cause),
                Failure::Connect(_) | Failure::Interrupted(_) => Self::Unreachable(cause),
                _ => Self::Failing(cause),
            },
            ClientError::Malformed { .. } => Self::Malformed(cause),
            _ => Self::Failing(cause),
        }
    }
}
