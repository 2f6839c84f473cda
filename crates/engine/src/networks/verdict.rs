//! What came of a check.

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::{Address, ContractId, Principal};
use bithedge_stacks::network::ChainId;
use bithedge_suite::bundle::SourceDifference;
use bithedge_suite::{Contract, SuiteNetwork};

use super::endpoint::Endpoint;
use super::identity::ChainIdentity;
use super::profile::ProfileId;

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFacts {
    /// Its program and version. From outside: cut, and without control characters.
    pub version: String,
    /// The newest Stacks block that it knows.
    pub height: u64,
    /// The newest Bitcoin block that it knows.
    pub burn_height: u64,
    /// Whether it says that it has caught up with the chain; `None` if it does not say.
    pub is_synced: Option<bool>,
}

/// What is on the chain under the name of one of the suite's contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractState {
    /// The bundled source, byte for byte, and the version of Clarity if the node says it.
    Same,
    /// Nothing.
    Missing,
    /// Another source.
    OtherSource(SourceDifference),
    /// The same source, read as another version of the language.
    OtherVersion {
        /// The one that it is written in.
        bundled: u8,
        /// What the node says, such as `Clarity3`.
        found: String,
    },
    /// It could not be looked at, so nothing is known of it.
    Unread {
        /// Why.
        reason: String,
    },
}

/// Why a network is not used through a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Nobody has said where the suite is on this network.
    NotDeployed,
    /// The node gave no answer.
    NoAnswer {
        /// Why.
        reason: String,
    },
    /// What the node answered cannot be right, or is no answer.
    BadAnswer {
        /// What is wrong.
        reason: String,
    },
    /// The whole check took too long.
    TooSlow {
        /// After how many seconds it was given up.
        seconds: u64,
    },
    /// It is another chain.
    OtherChain {
        /// The network's.
        expected: ChainId,
        /// The node's.
        found: ChainId,
    },
    /// The node has not caught up with the chain: what it says is old.
    NotSynced {
        /// The newest block that it has.
        height: u64,
    },
    /// A contract of the suite is not what it should be.
    Contract {
        /// Which one.
        contract: Contract,
        /// What is there; never [`ContractState::Same`].
        state: ContractState,
    },
    /// The suite itself says that another contract has taken a part over: it was upgraded, and this version does not know the new
    /// one.
    Superseded {
        /// The part.
        contract: Contract,
        /// What is in force now; `None` if nothing is.
        current: Option<Principal>,
    },
    /// The suite has a part that this version does not know at all.
    UnknownPart {
        /// Its name in the suite's registry. From outside.
        name: String,
        /// Its contract.
        address: Principal,
    },
    /// The suite's vault keeps another sBTC token than the one of this network: amounts would be bound to the wrong one.
    OtherSbtc {
        /// The network's.
        expected: ContractId,
        /// The vault's; `None` if it was not told one.
        found: Option<Principal>,
    },
    /// The deployer may still do everything without a vote: add who reports prices, pay out, exchange contracts. That the sources are
    /// the right ones says nothing then.
    NotHandedOver {
        /// The deployer.
        deployer: Address,
    },
    /// There is no Stacks API, which the chain's first block is asked of: a journal of transactions is about one chain, and it
    /// cannot be told which one this is.
    NoBeginning,
    /// The contract of the sBTC token is not there, or has no such token.
    NoSbtcToken {
        /// Where it should be.
        expected: ContractId,
    },
}

/// What does not work on a network that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// The node has no Stacks API: history, policies and capital as the ledger has them, notifications, and what became of a
    /// transaction that another wallet replaced, are not known; nor would a chain that is begun anew be noticed, for which
    /// reason such a node is not used ([`Problem::NoBeginning`]).
    NoApi,
    /// The API's index is behind its node.
    IndexBehind {
        /// The node's newest block.
        node: u64,
        /// The index's.
        index: u64,
    },
    /// The node does not say whether it has caught up.
    SyncUnknown,
    /// The node does not say in which version of Clarity contracts are.
    VersionsUnknown,
    /// Whether the suite has parts that this version does not know could not be looked up completely.
    PartsUnknown,
}

/// What one node of a network is good for, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The network.
    pub profile: ProfileId,
    /// What it is called.
    pub name: String,
    /// What kind of chain it should be.
    pub kind: SuiteNetwork,
    /// The node that was asked.
    pub endpoint: Endpoint,
    /// When the check ended, by this computer's clock.
    pub checked_at: UnixSeconds,
    /// Which chain it is; `None` if it could not be told.
    pub identity: Option<ChainIdentity>,
    /// What the node says of itself; `None` if it said nothing.
    pub node: Option<NodeFacts>,
    /// The suite's contracts, in the order of deployment; empty if they were not looked at.
    pub contracts: Vec<(Contract, ContractState)>,
    /// Why it is not used; empty if it is.
    pub problems: Vec<Problem>,
    /// What does not work on it.
    pub limits: Vec<Limit>,
}

impl Verdict {
    /// Whether anything may be signed, sent or believed there.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.problems.is_empty() && self.identity.is_some()
    }

    /// Whether the Stacks API is there, which the ledger is fed from.
    #[must_use]
    pub fn has_api(&self) -> bool {
        !self.limits.contains(&Limit::NoApi)
    }

    /// Whether asking again later may help, without anybody changing anything.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        self.problems.iter().all(|problem| match problem {
            // A gateway may be without its API for a minute.
            Problem::NoAnswer { .. }
            | Problem::TooSlow { .. }
            | Problem::NotSynced { .. }
            | Problem::NoBeginning => true,
            Problem::Contract { state, .. } => matches!(state, ContractState::Unread { .. }),
            _ => false,
        })
    }
}
