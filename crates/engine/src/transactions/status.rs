//! Where a transaction is in its life, and how that is told.

use bithedge_stacks::address::Address;
use bithedge_stacks::clarity::Value;
use bithedge_stacks::client::{BlockHash, BlockRef, RejectionReason};
use bithedge_stacks::transaction::Txid;
use serde::{Deserialize, Serialize};

/// A transaction of this application, whether signed or not. The number stays the same over restarts once it is signed;
/// a number that was never signed may be given again after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransactionId(pub u64);

impl std::fmt::Display for TransactionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A block that holds a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InBlock {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: BlockHash,
    /// When it was made, in seconds since 1970.
    pub time: u64,
}

impl From<BlockRef> for InBlock {
    fn from(BlockRef { height, hash, time }: BlockRef) -> Self {
        Self { height, hash, time }
    }
}

/// Where a transaction is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// Somebody is asked to approve it. Nothing is signed.
    Presented,
    /// Approved, and being signed.
    Approved,
    /// Signed and written down. Whether a node has it is not known yet; it is sent until that is known.
    Signed,
    /// A node took it. That it did does not mean that it will be mined.
    Broadcast,
    /// It was seen waiting, or in a block that has not the wanted confirmations yet.
    Pending {
        /// That block.
        included: Option<InBlock>,
    },
    /// It had its effect.
    Confirmed {
        /// Where.
        block: InBlock,
    },
    /// It was mined without effect: the fee was paid, nothing else moved.
    Failed {
        /// Where.
        block: InBlock,
        /// Why.
        failure: Failure,
    },
    /// No node that was asked will have it. Nothing moved. What was signed stays valid until another transaction of the
    /// account uses its nonce, so it stays under watch; the account's next transaction takes that nonce.
    Dropped {
        /// Why.
        reason: DropReason,
    },
    /// Another transaction of the account has its nonce and is waiting, or was mined. Nothing moved by this one; until the
    /// other one is mined, deep enough, this one still may be instead.
    Replaced {
        /// The other one.
        by: Txid,
    },
    /// Not approved, or withdrawn before it was signed. Nothing was signed.
    Refused {
        /// By whom or what.
        reason: RefusedBecause,
    },
    /// The time for it passed before anybody outside got it. It will not be sent any more.
    Expired,
}

impl Status {
    /// Whether it was mined.
    pub const fn is_mined(&self) -> bool {
        matches!(self, Self::Confirmed { .. } | Self::Failed { .. })
    }

    /// Whether it is signed and on its way: whoever acts now should count on it being mined.
    pub const fn is_under_way(&self) -> bool {
        matches!(self, Self::Signed | Self::Broadcast | Self::Pending { .. })
    }

    /// Whether nothing more is expected, unless the chain is reorganised.
    pub const fn is_resting(&self) -> bool {
        matches!(
            self,
            Self::Confirmed { .. }
                | Self::Failed { .. }
                | Self::Dropped { .. }
                | Self::Replaced { .. }
                | Self::Refused { .. }
                | Self::Expired
        )
    }

    /// The block that it is in.
    pub const fn block(&self) -> Option<InBlock> {
        match self {
            Self::Confirmed { block } | Self::Failed { block, .. } => Some(*block),
            Self::Pending { included } => *included,
            _ => None,
        }
    }
}

/// Why a mined transaction had no effect. Only the fee was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "failure", rename_all = "snake_case")]
pub enum Failure {
    /// The contract answered with an error, or failed. What the error means is the caller's knowledge.
    Contract {
        /// What it answered.
        #[serde(with = "value_hex")]
        result: Value,
        /// What the virtual machine said, if it failed.
        vm_error: Option<String>,
    },
    /// A post-condition did not hold: more would have left, or less would have come, than was approved.
    PostCondition,
}

/// Why no node will have a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum DropReason {
    /// A node refused it.
    Rejected {
        /// In short.
        refusal: Refusal,
        /// In the node's words.
        detail: String,
    },
    /// Another transaction of the account used its nonce. Which one could not be found out.
    NonceUsed,
    /// The network lost it after its validity had ended, so it was not sent again.
    OutOfDate,
    /// It was cancelled, and no node has it, so it was not sent again.
    Cancelled,
    /// The network gave it up as one that no block has room for, or that miners do not take.
    Unminable {
        /// In the API's words.
        detail: String,
    },
    /// The network lost it, and its bytes went with the journal, so it cannot be sent again.
    Lost,
}

/// A node's refusal, by what can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The account cannot pay the fee, or what it sends.
    InsufficientFunds,
    /// The fee is below what the node takes.
    FeeTooLow,
    /// Another transaction with the nonce waits already and pays as much: another wallet uses the account.
    NonceTaken,
    /// Another transaction with the nonce is in the chain already.
    NonceUsed,
    /// The call does not fit the contract, or there is no such contract.
    BadCall,
    /// The transaction itself is not valid for this chain.
    Invalid,
    /// Something else.
    Other,
}

impl Refusal {
    /// What a node's reason amounts to; `None` for those after which the same bytes may well be taken a little later.
    pub fn of(reason: &RejectionReason) -> Option<Self> {
        use RejectionReason as R;
        Some(match reason {
            R::ServerFailure { .. }
            | R::TemporarilyBlacklisted
            | R::TooMuchChaining { .. }
            | R::EstimatorError(_) => return None,
            R::NotEnoughFunds { .. } => Self::InsufficientFunds,
            R::FeeTooLow { .. } => Self::FeeTooLow,
            R::ConflictingNonceInMempool => Self::NonceTaken,
            R::BadNonce { .. } => Self::NonceUsed,
            R::NoSuchContract | R::NoSuchPublicFunction | R::BadFunctionArgument(_) => Self::BadCall,
            R::Serialization(_)
            | R::Deserialization(_)
            | R::SignatureValidation(_)
            | R::BadAddressVersionByte
            | R::BadTransactionVersion
            | R::ContractAlreadyExists
            | R::TransferRecipientCannotEqualSender
            | R::TransferAmountMustBePositive
            | R::NoCoinbaseViaMempool
            | R::NoTenureChangeViaMempool => Self::Invalid,
            _ => Self::Other,
        })
    }
}

/// Why something was not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedBecause {
    /// Somebody said no, or closed the question without an answer.
    Person,
    /// Nobody answered the question in its time.
    Unanswered,
    /// The node is on another chain than the transaction is for.
    OtherChain,
    /// The signer has no key for the account.
    NoKey,
    /// There was a better approval to ask for: the terms had changed. The new question is another transaction.
    TermsChanged,
}

/// What a transaction is to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// It stands for itself.
    Call,
    /// The same again with a higher fee. At most one of the two is mined.
    Replaces {
        /// The earlier one.
        earlier: TransactionId,
    },
    /// Takes an earlier one's nonce and has no effect of its own, so that the earlier one cannot be mined any more. It is
    /// made to fail, and its failure is its success: see [`cancellation`](super::approval::cancellation). Where that does
    /// not do, it is a transfer of one micro-STX to nobody.
    Cancels {
        /// The earlier one.
        earlier: TransactionId,
    },
    /// Found on the chain or waiting, after the journal was lost; what was approved is not known any more.
    Recovered,
}

impl Purpose {
    /// The transaction whose place it is meant to take.
    pub const fn earlier(self) -> Option<TransactionId> {
        match self {
            Self::Replaces { earlier } | Self::Cancels { earlier } => Some(earlier),
            Self::Call | Self::Recovered => None,
        }
    }
}

/// Something happened to a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionUpdate {
    /// Which one.
    pub id: TransactionId,
    /// Its identity on the chain, once it is signed.
    pub txid: Option<Txid>,
    /// What it is to another one.
    pub purpose: Purpose,
    /// Whose.
    pub account: Address,
    /// Its nonce.
    pub nonce: u64,
    /// Where it is now.
    pub status: Status,
    /// What happened, where the status alone does not say it.
    pub note: Option<Note>,
}

/// What happened to a transaction beside a change of its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The chain gave up the block that it was in. Where it is now is in the status: it may wait again, be in another block,
    /// or have been replaced.
    Reorganised {
        /// The block that is no part of the chain any more.
        from: InBlock,
    },
    /// No node had it any more, or none ever answered: the same bytes were sent again.
    Resent,
    /// A node answered about it what cannot be true. The answer was not used.
    Contradiction {
        /// What is wrong with it.
        what: String,
    },
    /// It is deep enough in the chain, or certain never to be there, to be watched no more.
    Settled,
    /// What moved is not what was approved: see the receipt.
    Alarm,
}

mod value_hex {
    use bithedge_stacks::clarity::Value;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&value.encode_hex())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        Value::decode_hex(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
