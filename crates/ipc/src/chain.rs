//! The chain as last read, and how far that can be relied on.

use core::fmt;

use bithedge_protocol::{BlockHeight, BurnHeight, MicroStx, Sats, UnixSeconds};
use serde::{Deserialize, Serialize};

use crate::Notice;

/// The number that a transaction names its chain by (SIP-005): `0x00000001` mainnet, `0x80000000` testnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChainId(pub u32);

impl fmt::Display for ChainId {
    /// Eight hexadecimal digits: `0x80000000`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#010x}", self.0)
    }
}

/// Which chain it is, in a user's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// A local chain for development; its money is worth nothing.
    Devnet,
    /// The public test chain; its money is worth nothing.
    Testnet,
    /// The public main chain; its money is real.
    Mainnet,
    /// A chain id that belongs to none of the above.
    Other,
}

/// The newest block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// Height of the Stacks block.
    pub height: BlockHeight,
    /// Hash of the block header, 64 hexadecimal digits without a prefix.
    pub hash: String,
    /// Height of the Bitcoin block that the node has processed.
    pub burn_height: BurnHeight,
    /// The time in the block's header.
    pub time: UnixSeconds,
}

/// A tip that was replaced by another branch of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reorg {
    /// Height of the tip that is no longer part of the chain.
    pub from: BlockHeight,
    /// Height of the tip that took its place.
    pub to: BlockHeight,
    /// When it was noticed, by this computer's clock.
    pub noticed: UnixSeconds,
}

/// How far the values of a snapshot can be relied on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// Nothing has been read yet. An attempt may have failed, but not for long enough to give the node up: it is being tried
    /// again.
    Starting,
    /// The values are those of the node's newest block.
    Live,
    /// The node is there, but the values may be behind.
    Stale {
        /// The moment from which the values may be behind, by this computer's clock.
        since: UnixSeconds,
        /// Why.
        notice: Notice,
    },
    /// There is no node that can be relied on; the values are the last good ones.
    Unreachable {
        /// The moment of the first failure, by this computer's clock.
        since: UnixSeconds,
        /// Why.
        notice: Notice,
    },
}

impl Connection {
    /// What is wrong, if something is.
    #[must_use]
    pub const fn notice(&self) -> Option<&Notice> {
        match self {
            Self::Starting | Self::Live => None,
            Self::Stale { notice, .. } | Self::Unreachable { notice, .. } => Some(notice),
        }
    }
}

/// The chain that the application is connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainStatus {
    /// Base address of the node; `None` while there is no node, as before an embedded devnet has started.
    pub endpoint: Option<String>,
    /// Which chain; `None` until it has been read.
    pub network: Option<Network>,
    /// Chain id; `None` until it has been read.
    pub chain_id: Option<ChainId>,
    /// Newest block of the last complete reading; `None` until there is one.
    pub tip: Option<Tip>,
    /// When the last complete reading was made, by this computer's clock.
    pub read_at: Option<UnixSeconds>,
    /// The last branch change that was noticed, while it is recent.
    pub reorg: Option<Reorg>,
    /// How far the above can be relied on.
    pub connection: Connection,
}

/// What an account can spend at the tip of the snapshot that it came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountBalance {
    /// Its Stacks address (c32check).
    pub address: String,
    /// STX that can be spent, so without what is locked in stacking; `None` until it has been read.
    pub stx: Option<MicroStx>,
    /// sBTC that can be spent, so without what is locked for a withdrawal; `None` until it has been read.
    pub sbtc: Option<Sats>,
}

/// Everything that is read from the chain at one tip. Values of two tips are never mixed in one snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainSnapshot {
    /// Grows with every snapshot, so that one that arrives late can be told from a new one.
    pub revision: u64,
    /// The chain and the connection to it.
    pub status: ChainStatus,
    /// What the accounts in use can spend.
    pub balances: Vec<AccountBalance>,
}
