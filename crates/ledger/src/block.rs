//! What the ledger is fed with.

use bithedge_protocol::{BlockHeight, MicroStx, UnixSeconds};
use bithedge_stacks::client::BlockHash;
use bithedge_stacks::{Address, ChainId, ContractId, Txid, Value};

/// Which chain, and which deployment of the suite on it, a ledger is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The chain's number.
    pub chain: ChainId,
    /// The hash of one block that every history of this chain has: its first, or that in which the suite was deployed. It
    /// tells two local chains apart, which share number and deployer.
    pub genesis: BlockHash,
    /// Who deployed the suite. Prints of anybody else's contracts are not the suite's and are left out.
    pub deployer: Address,
}

impl Identity {
    /// A file name that no other chain or deployment has, so that each finds its own ledger again.
    #[must_use]
    pub fn file_name(&self) -> String {
        let genesis: String = self.genesis.to_string().chars().take(16).collect();
        format!("ledger-{:08x}-{}-{genesis}.sqlite", self.chain.0, self.deployer)
    }
}

/// A block, without what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockHeader {
    /// Its height.
    pub height: BlockHeight,
    /// Its hash: the index block hash, which is the one that names its ancestors.
    pub hash: BlockHash,
    /// The hash of the block below it.
    pub parent: BlockHash,
    /// Its own time, which contracts see as `stacks-block-time`; not that of the Bitcoin block.
    pub time: UnixSeconds,
}

/// A block with its transactions that concern the suite, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainBlock {
    /// The block.
    pub header: BlockHeader,
    /// Calls of the suite's contracts, and whatever else made them print.
    pub transactions: Vec<SuiteTransaction>,
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteTransaction {
    /// Its id.
    pub txid: Txid,
    /// Its place in the block; rising, not necessarily without gaps.
    pub index: u32,
    /// Who sent it.
    pub sender: Address,
    /// What its sender, or its sponsor, paid for it.
    pub fee: MicroStx,
    /// Whether it had its effect.
    pub outcome: TransactionOutcome,
    /// What it returned.
    pub result: Value,
    /// What it called; `None` for a transaction that is no call.
    pub call: Option<Call>,
    /// What contracts printed in it, in order.
    pub prints: Vec<Print>,
}

/// A contract call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The contract.
    pub contract: ContractId,
    /// The function.
    pub function: String,
    /// Its arguments.
    pub arguments: Vec<Value>,
}

/// Something that a contract printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// The contract.
    pub contract: ContractId,
    /// The event's place among all events of the transaction; rising, not necessarily without gaps.
    pub index: u32,
    /// What it printed.
    pub value: Value,
}

/// Whether a transaction had its effect. If not, only its fee was taken, and whatever it printed never happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionOutcome {
    /// It did.
    Success,
    /// The contract refused, or failed.
    AbortedByResponse,
    /// A post-condition did not hold.
    AbortedByPostCondition,
}

/// A place in the chain's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The block.
    pub height: BlockHeight,
    /// The transaction's place in it.
    pub transaction: u32,
    /// The event's place in the transaction; 0 where the transaction itself is meant.
    pub event: u32,
}
