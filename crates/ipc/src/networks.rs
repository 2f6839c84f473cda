//! Networks, and what was found out about them.

use bithedge_protocol::{BlockHeight, BurnHeight, UnixSeconds};
use serde::{Deserialize, Serialize};

use crate::{ChainId, Notice};

/// What kind of chain a network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// On this computer, for practice: its money is worth nothing.
    Devnet,
    /// A public test chain: its money is worth nothing.
    Testnet,
    /// The public main chain: its money is real.
    Mainnet,
}

/// A network of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkView {
    /// What it is named by: `devnet`, `testnet`, `mainnet`, `own-7`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What kind of chain it is.
    pub kind: NetworkKind,
    /// Its nodes, the preferred one first.
    pub endpoints: Vec<String>,
    /// Whether it is one of the person's own, which can be changed.
    pub is_own: bool,
    /// Who deployed the suite there; `None`: nobody has said, and it cannot be used for money.
    pub deployer: Option<String>,
    /// The sBTC token there; `None` if it is not known.
    pub sbtc: Option<String>,
}

/// What a person types for a network of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkInput {
    /// What to call it.
    pub name: String,
    /// What kind of chain it is.
    pub kind: NetworkKind,
    /// Nodes, the preferred one first.
    pub endpoints: Vec<String>,
    /// Who deployed the suite there, if it is there.
    pub deployer: Option<String>,
    /// The sBTC token: only for a testnet.
    pub sbtc: Option<String>,
}

/// What became of a network that was to be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SavedNetwork {
    /// It is in the list: a devnet on this computer, or nothing was changed.
    Kept(Box<NetworkView>),
    /// It gets into the list once the question is answered with yes. Nothing is asked of its nodes before.
    Asked {
        /// The question's number.
        question: u64,
        /// As it would be in the list.
        network: Box<NetworkView>,
    },
}

/// Which chain a node serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainIdentityView {
    /// Its number.
    pub chain_id: ChainId,
    /// The index hash of its first block; `None` if nobody can tell.
    pub first_block: Option<String>,
}

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeView {
    /// Its program and version.
    pub version: String,
    /// Its newest Stacks block.
    pub height: BlockHeight,
    /// Its newest Bitcoin block.
    pub burn_height: BurnHeight,
    /// Whether it says that it has caught up; `None` if it does not say.
    pub is_synced: Option<bool>,
}

/// What is on the chain in the place of one of the suite's contracts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractCheck {
    /// The bundled source, byte for byte.
    Same,
    /// Nothing.
    Missing,
    /// Another source.
    OtherSource {
        /// The first line that differs, from 1.
        line: u64,
        /// That line as it should be; `None` behind the end.
        bundled: Option<String>,
        /// That line as it is; `None` behind the end.
        found: Option<String>,
        /// How many lines there should be.
        bundled_lines: u64,
        /// How many there are.
        found_lines: u64,
    },
    /// The same source in another version of the language.
    OtherVersion {
        /// As it should be.
        bundled: u8,
        /// What the node says.
        found: String,
    },
    /// It could not be looked at.
    Unread {
        /// Why.
        reason: String,
    },
}

/// A contract and what is in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractCheckView {
    /// The contract's name.
    pub name: String,
    /// What is there.
    pub check: ContractCheck,
}

/// What one node of a network is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkVerdict {
    /// The network.
    pub network: String,
    /// What it is called.
    pub name: String,
    /// What kind of chain it should be.
    pub kind: NetworkKind,
    /// The node that was asked.
    pub endpoint: String,
    /// When it was asked, by this computer's clock.
    pub checked_at: UnixSeconds,
    /// Whether anything may be signed, sent or believed there.
    pub is_usable: bool,
    /// Whether asking again later may help by itself.
    pub may_pass: bool,
    /// Whether there is a Stacks API, without which there is no history.
    pub has_api: bool,
    /// Which chain it is; `None` if it could not be told.
    pub identity: Option<ChainIdentityView>,
    /// What the node says of itself; `None` if it said nothing.
    pub node: Option<NodeView>,
    /// The suite's contracts; empty if they were not looked at.
    pub contracts: Vec<ContractCheckView>,
    /// Why it is not used.
    pub problems: Vec<Notice>,
    /// What does not work on it.
    pub limits: Vec<Notice>,
}
