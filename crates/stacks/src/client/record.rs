//! Transactions as the Stacks API reports them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::wire::{ShownValue, decimal};
use crate::address::{Address, ContractId, Principal};
use crate::clarity::Value;
use crate::codec::DecodeError;
use crate::name::ClarityName;
use crate::transaction::Txid;
use crate::units::MicroStx;

/// The hash of a block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockHash(pub [u8; 32]);

impl fmt::Display for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// With or without `0x`: nodes write it without, the API with.
impl FromStr for BlockHash {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        text.parse().map(|Txid(hash)| Self(hash))
    }
}

impl<'de> Deserialize<'de> for BlockHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for BlockHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("0x{self}"))
    }
}

/// A transaction and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionRecord {
    /// Its id.
    pub txid: Txid,
    /// Who acts.
    pub sender: Address,
    /// The origin's nonce.
    pub nonce: u64,
    /// The fee.
    pub fee: MicroStx,
    /// Who pays the fee, if somebody else.
    pub sponsor: Option<Address>,
    /// What it does.
    pub kind: TransactionKind,
    /// What became of it.
    pub status: TransactionStatus,
}

/// What a transaction does, as far as the API tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionKind {
    /// Sends STX.
    TokenTransfer {
        /// Who gets it.
        recipient: Principal,
        /// How much.
        amount: MicroStx,
    },
    /// Calls a function.
    ContractCall {
        /// The contract.
        contract: ContractId,
        /// The function.
        function: ClarityName,
        /// Its arguments; empty also if the API left them out.
        arguments: Vec<Value>,
    },
    /// Deploys a contract.
    SmartContract {
        /// The contract.
        contract: ContractId,
    },
    /// A kind that only miners make: its name.
    Miner(String),
    /// A kind that was not known when this was written: its name. What it did is in its events, as with every other.
    Other(String),
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionStatus {
    /// It waits.
    Pending,
    /// It is in a block.
    Included(Box<Inclusion>),
    /// It will not be mined: the API's word for why, such as `dropped_replace_by_fee`.
    Dropped(String),
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// The block.
    pub block: BlockRef,
    /// Its place among the block's transactions.
    pub index: u32,
    /// Whether the block is part of the chain. If not, the transaction has no effect there.
    pub canonical: bool,
    /// Whether it had its effect.
    pub outcome: Outcome,
    /// What it returned.
    pub result: Value,
    /// What it caused, as far as the API included it, by place: see `event_count`.
    pub events: Vec<Event>,
    /// How many events there are in all.
    pub event_count: u64,
    /// What the virtual machine said, if it failed.
    pub vm_error: Option<String>,
}

/// A block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockRef {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: BlockHash,
    /// When it was made, in seconds since 1970.
    pub time: u64,
}

/// Whether a transaction had its effect. If not, only the fee was taken and the nonce used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did.
    Success,
    /// The contract answered with `err`, or failed.
    AbortedByResponse,
    /// A post-condition did not hold.
    AbortedByPostCondition,
}

/// Something that a transaction caused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number within the transaction.
    pub index: u64,
    /// The transaction.
    pub txid: Txid,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A contract printed something.
    Print {
        /// The contract.
        contract: ContractId,
        /// The topic, usually `print`.
        topic: String,
        /// What it printed.
        value: Value,
    },
    /// STX moved.
    Stx {
        /// From where to where.
        movement: AssetMovement,
        /// How much.
        amount: MicroStx,
    },
    /// A token moved.
    Fungible {
        /// The token, as `contract::asset`.
        asset_id: String,
        /// From where to where.
        movement: AssetMovement,
        /// How much, in its smallest unit.
        amount: u128,
    },
    /// A non-fungible token moved.
    NonFungible {
        /// The kind of token, as `contract::asset`.
        asset_id: String,
        /// From where to where.
        movement: AssetMovement,
        /// Which one.
        value: Value,
    },
    /// STX were locked for stacking.
    StxLock {
        /// Whose.
        owner: Principal,
        /// How much.
        amount: MicroStx,
        /// Until which Bitcoin block.
        unlock_height: u64,
    },
}

/// From where to where an asset moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetMovement {
    /// From one owner to another.
    Transfer {
        /// Who had it.
        sender: Principal,
        /// Who has it.
        recipient: Principal,
    },
    /// It came into being.
    Mint {
        /// Who has it.
        recipient: Principal,
    },
    /// It is gone.
    Burn {
        /// Who had it.
        sender: Principal,
    },
}

#[derive(Deserialize)]
struct WireRecord {
    tx_id: Txid,
    nonce: u64,
    fee_rate: MicroStx,
    sender_address: Address,
    #[serde(default)]
    sponsored: bool,
    sponsor_address: Option<Address>,
    tx_status: String,
    tx_type: String,
    token_transfer: Option<WireTransfer>,
    contract_call: Option<WireCall>,
    smart_contract: Option<WireDeploy>,
    block_hash: Option<BlockHash>,
    block_height: Option<u64>,
    block_time: Option<u64>,
    tx_index: Option<u32>,
    canonical: Option<bool>,
    #[serde(default)]
    microblock_canonical: Option<bool>,
    tx_result: Option<ShownValue>,
    #[serde(default)]
    events: Vec<Event>,
    event_count: Option<u64>,
    vm_error: Option<String>,
}

#[derive(Deserialize)]
struct WireTransfer {
    recipient_address: Principal,
    amount: MicroStx,
}

#[derive(Deserialize)]
struct WireCall {
    contract_id: ContractId,
    function_name: ClarityName,
    // Without text for people, which is not used.
    #[serde(default)]
    function_args: Vec<ShownValue>,
}

#[derive(Deserialize)]
struct WireDeploy {
    contract_id: ContractId,
}

impl TryFrom<WireRecord> for TransactionRecord {
    type Error = String;

    fn try_from(wire: WireRecord) -> Result<Self, String> {
        let kind = match wire.tx_type.as_str() {
            "token_transfer" => {
                let WireTransfer { recipient_address: recipient, amount } =
                    wire.token_transfer.ok_or("a transfer without its contents")?;
                TransactionKind::TokenTransfer { recipient, amount }
            }
            "contract_call" => {
                let WireCall { contract_id: contract, function_name: function, function_args } =
                    wire.contract_call.ok_or("a contract call without its contents")?;
                let arguments = function_args.into_iter().map(ShownValue::into_value).collect();
                TransactionKind::ContractCall { contract, function, arguments }
            }
            "smart_contract" => {
                let WireDeploy { contract_id: contract } =
                    wire.smart_contract.ok_or("a deployment without its contents")?;
                TransactionKind::SmartContract { contract }
            }
            "coinbase" | "poison_microblock" | "tenure_change" => TransactionKind::Miner(wire.tx_type),
            _ => TransactionKind::Other(wire.tx_type),
        };
        let outcome = match wire.tx_status.as_str() {
            "success" => Some(Outcome::Success),
            "abort_by_response" => Some(Outcome::AbortedByResponse),
            "abort_by_post_condition" => Some(Outcome::AbortedByPostCondition),
            _ => None,
        };
        let status = if let Some(outcome) = outcome {
            let block = BlockRef {
                height: wire.block_height.ok_or("an included transaction without a block height")?,
                hash: wire.block_hash.ok_or("an included transaction without a block hash")?,
                time: wire.block_time.ok_or("an included transaction without a block time")?,
            };
            let canonical =
                wire.canonical.ok_or("an included transaction that does not say whether it is canonical")?
                    && wire.microblock_canonical.unwrap_or(true);
            let result = wire.tx_result.ok_or("an included transaction without a result")?.into_value();
            let mut events = wire.events;
            if events.iter().any(|event| event.txid != wire.tx_id) {
                return Err("an event of another transaction".to_owned());
            }
            // Where several transactions are asked for at once, the API lists events by their kind.
            events.sort_by_key(|event| event.index);
            if !events.is_sorted_by(|one, next| one.index < next.index) {
                return Err("two events with one number".to_owned());
            }
            let event_count = wire.event_count.ok_or("an included transaction without a number of events")?;
            if events.len() as u64 > event_count {
                return Err(format!("{} events, but {event_count} are counted", events.len()));
            }
            TransactionStatus::Included(Box::new(Inclusion {
                block,
                index: wire.tx_index.ok_or("an included transaction without its place in the block")?,
                canonical,
                outcome,
                result,
                events,
                event_count,
                vm_error: wire.vm_error,
            }))
        } else if wire.tx_status == "pending" {
            TransactionStatus::Pending
        } else if wire.tx_status.starts_with("dropped_") {
            TransactionStatus::Dropped(wire.tx_status)
        } else {
            return Err(format!("unknown transaction status {}", wire.tx_status));
        };
        if wire.sponsored != wire.sponsor_address.is_some() {
            return Err("sponsored without a sponsor, or the other way round".to_owned());
        }
        Ok(Self {
            txid: wire.tx_id,
            sender: wire.sender_address,
            nonce: wire.nonce,
            fee: wire.fee_rate,
            sponsor: wire.sponsor_address,
            kind,
            status,
        })
    }
}

impl<'de> Deserialize<'de> for TransactionRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        WireRecord::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
    }
}

#[derive(Deserialize)]
struct WireEvent {
    event_index: u64,
    tx_id: Txid,
    #[serde(flatten)]
    body: WireBody,
}

#[derive(Deserialize)]
#[serde(tag = "event_type", rename_all = "snake_case")]
enum WireBody {
    SmartContractLog { contract_log: WireLog },
    StxAsset { asset: WireAsset },
    FungibleTokenAsset { asset: WireAsset },
    NonFungibleTokenAsset { asset: WireAsset },
    StxLock { stx_lock_event: WireLock },
}

#[derive(Deserialize)]
struct WireLog {
    contract_id: ContractId,
    topic: String,
    value: ShownValue,
}

#[derive(Deserialize)]
struct WireAsset {
    asset_event_type: String,
    asset_id: Option<String>,
    // Empty where there is none.
    sender: Option<String>,
    recipient: Option<String>,
    amount: Option<String>,
    value: Option<ShownValue>,
}

#[derive(Deserialize)]
struct WireLock {
    locked_amount: MicroStx,
    #[serde(deserialize_with = "number_or_decimal")]
    unlock_height: u64,
    locked_address: Principal,
}

/// The API writes heights as numbers in most places, as texts in some.
fn number_or_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        #[serde(deserialize_with = "decimal")]
        Text(u64),
    }
    Either::deserialize(deserializer).map(|either| match either {
        Either::Number(number) | Either::Text(number) => number,
    })
}

impl WireAsset {
    fn movement(&self) -> Result<AssetMovement, String> {
        let party = |party: &Option<String>, what: &str| -> Result<Principal, String> {
            let text = party.as_deref().filter(|text| !text.is_empty());
            text.ok_or_else(|| format!("an asset event without a {what}"))?
                .parse()
                .map_err(|error| format!("{error}"))
        };
        match self.asset_event_type.as_str() {
            "transfer" => Ok(AssetMovement::Transfer {
                sender: party(&self.sender, "sender")?,
                recipient: party(&self.recipient, "recipient")?,
            }),
            "mint" => Ok(AssetMovement::Mint { recipient: party(&self.recipient, "recipient")? }),
            "burn" => Ok(AssetMovement::Burn { sender: party(&self.sender, "sender")? }),
            other => Err(format!("unknown asset event {other}")),
        }
    }

    fn asset_id(&self) -> Result<String, String> {
        self.asset_id.clone().ok_or_else(|| "an asset event without an asset".to_owned())
    }

    fn amount(&self) -> Result<u128, String> {
        let text = self.amount.as_deref().unwrap_or_default();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("{text:?} is no amount"));
        }
        text.parse().map_err(|error| format!("{error}"))
    }
}

impl TryFrom<WireEvent> for Event {
    type Error = String;

    fn try_from(wire: WireEvent) -> Result<Self, String> {
        let kind = match wire.body {
            WireBody::SmartContractLog { contract_log: WireLog { contract_id: contract, topic, value } } => {
                EventKind::Print { contract, topic, value: value.into_value() }
            }
            WireBody::StxAsset { asset } => EventKind::Stx {
                movement: asset.movement()?,
                amount: u64::try_from(asset.amount()?)
                    .map(MicroStx::new)
                    .map_err(|error| error.to_string())?,
            },
            WireBody::FungibleTokenAsset { asset } => EventKind::Fungible {
                asset_id: asset.asset_id()?,
                movement: asset.movement()?,
                amount: asset.amount()?,
            },
            WireBody::NonFungibleTokenAsset { asset } => EventKind::NonFungible {
                asset_id: asset.asset_id()?,
                movement: asset.movement()?,
                value: asset.value.ok_or("a non-fungible token event without the token")?.into_value(),
            },
            WireBody::StxLock { stx_lock_event: lock } => EventKind::StxLock {
                owner: lock.locked_address,
                amount: lock.locked_amount,
                unlock_height: lock.unlock_height,
            },
        };
        Ok(Self { index: wire.event_index, txid: wire.tx_id, kind })
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        WireEvent::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
    }
}
