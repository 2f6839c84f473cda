//! What the ledger is fed with.

use bithedge_protocol::{BlockHeight, MicroStx, UnixSeconds};
use bithedge_stacks::client::BlockHash;
use bithedge_stacks::{Address, ChainId, ContractId, Txid, Value};

/// Which chain, and which deployment of the suite on it, a ledger is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The chain's number.
    pub chain: ChainId,
    /// The index block hash of one block that every history of this chain has, at or below the first transaction of the suite:
    /// the chain's first block, or that in which the suite's first contract was deployed. It tells two local chains apart,
    /// which share number and deployer: a ledger that is empty takes only this block, or the one whose parent it is.
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
    /// Its height in the Stacks chain: the API's `height`, `block_height` of a transaction.
    pub height: BlockHeight,
    /// Its *index block hash*: the API's `index_block_hash`, of a block and of a transaction. Not its `hash` or `block_hash`,
    /// which say nothing of its ancestors: two forks can have the same.
    pub hash: BlockHash,
    /// The index block hash of the block below it: the API's `parent_index_block_hash`. Not its `parent_block_hash`, which is
    /// of the other kind: with it every block whose parent is compared is refused as
    /// [`NotConnected`](crate::LedgerError::NotConnected). It is compared only with the block of the height below, and only if
    /// that is the newest here; of a block above a gap it is stored as it was given.
    pub parent: BlockHash,
    /// Its own time, which contracts see as `stacks-block-time`: the API's `block_time`, not `burn_block_time` of the Bitcoin
    /// block. Prices are held against it: with another time every one of them is an anomaly.
    pub time: UnixSeconds,
}

/// A block with its transactions that concern the suite, in their order.
///
/// It has to be whole when it is given: all transactions of the suite in it, each with all its prints. A block that comes
/// again with more is [`OtherContent`](crate::LedgerError::OtherContent) and costs a rollback. So read a block only after every
/// source of its transactions has been read beyond its height.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainBlock {
    /// The block.
    pub header: BlockHeader,
    /// By their place in the block: every transaction in which a contract of the suite printed something, whoever called it,
    /// and every call of a contract of the suite that was refused. The first are found by the contracts' events (the API's
    /// `/extended/v1/contract/…/events`, of each contract); the second print nothing, so no feed of events has them: they are
    /// found by the contracts' transactions (`/extended/v1/address/…/transactions`, of each contract). Without these no figure
    /// is wrong, but what somebody tried in vain is missing in [`Snapshot::activity`](crate::Snapshot::activity). Transactions
    /// that only the chain's other history has (`canonical: false`) are not to be given.
    pub transactions: Vec<SuiteTransaction>,
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteTransaction {
    /// Its id: the API's `tx_id`.
    pub txid: Txid,
    /// Its place in the block: the API's `tx_index`; rising, not necessarily without gaps. It must be the block's own order: APIs
    /// list the newest first, and numbers by arrival would let events happen in the wrong order.
    pub index: u32,
    /// Who sent it: the API's `sender_address`.
    pub sender: Address,
    /// What its sender, or its sponsor, paid for it: the API's `fee_rate`, which is the whole fee.
    pub fee: MicroStx,
    /// Whether it had its effect: the API's `tx_status`.
    pub outcome: TransactionOutcome,
    /// What it returned: the API's `tx_result.hex`, decoded.
    pub result: Value,
    /// What it called: the API's `contract_call`; `None` for a transaction that is no call.
    pub call: Option<Call>,
    /// What contracts printed in it, in order. All of them, also those of other contracts, which are left out here: a
    /// transaction's record at the API has only as many events as were asked for (`event_limit`, `event_count`).
    pub prints: Vec<Print>,
}

/// A contract call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The contract: the API's `contract_id`.
    pub contract: ContractId,
    /// The function: `function_name`.
    pub function: String,
    /// Its arguments: `function_args[].hex`, decoded. They are shown, and nothing is computed from them; whoever cannot get them
    /// leaves the list empty, and then always, for a block that comes again has to be the same.
    pub arguments: Vec<Value>,
}

/// Something that a contract printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// The contract that printed: the API's `contract_log.contract_id`, not that which was called.
    pub contract: ContractId,
    /// The event's place among all events of the transaction, transfers too: the API's `event_index`; rising, not necessarily
    /// without gaps.
    pub index: u32,
    /// What it printed: `contract_log.value.hex`, decoded.
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
