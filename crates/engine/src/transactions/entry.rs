//! A signed transaction, as the journal keeps it.

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::network::Network;
use bithedge_stacks::transaction::{Payload, PostConditionMode, Transaction, Txid};
use bithedge_stacks::units::MicroStx;
use serde::{Deserialize, Serialize};

use super::alarms::Raised;
use super::prepared::{AssetAmount, Prepared};
use super::receipt::{Receipt, Terms};
use super::status::{Purpose, Status, TransactionId};

/// What was approved, beside the bytes themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// What it is to another transaction.
    pub purpose: Purpose,
    /// The intent's name.
    pub intent: String,
    /// What the intent said of itself.
    pub words: Vec<String>,
    /// At most so much leaves, beside the fee, as the bytes said.
    pub leaves: Vec<AssetAmount>,
    /// At least so much arrives, if it succeeds.
    pub arrives: Vec<AssetAmount>,
    /// The latest moment for it to be handed out.
    pub valid_until: Option<UnixSeconds>,
}

/// A transaction that was signed, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: TransactionId,
    /// Its identity on the chain.
    pub txid: Txid,
    /// Who signed and pays.
    pub account: Address,
    /// The account's nonce that it uses.
    pub nonce: u64,
    /// Its fee.
    pub fee: MicroStx,
    /// Its signed bytes; none if it was only found on the chain after the journal was lost.
    pub bytes: Option<Vec<u8>>,
    /// What was approved.
    pub approved: Approved,
    /// When it was signed, or found, by this computer's clock.
    pub signed_at: UnixSeconds,
    /// Whether somebody outside may have it. If not, it never left this computer.
    pub may_be_out: bool,
    /// Where it is in its life.
    pub status: Status,
    /// Whether it is watched no more.
    pub is_settled: bool,
    /// What it did, once it is mined.
    pub receipt: Option<Receipt>,
    /// What a person has to look at, or has looked at: it stays whatever a node says later.
    pub alarms: Vec<Raised>,
}

impl Entry {
    /// The signed transaction; `None` if its bytes are not there.
    ///
    /// What the journal gives out was read back once, so that bytes that do not decode mean that they are not there.
    pub fn transaction(&self) -> Option<Transaction> {
        Transaction::decode(self.bytes.as_deref()?).ok()
    }

    /// What the receipt is held against.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            account: self.account,
            fee: self.fee,
            leaves: self.approved.leaves.clone(),
            arrives: self.approved.arrives.clone(),
        }
    }

    /// What it was prepared from, to make another one with the same nonce; `None` without its bytes.
    pub(super) fn prepared(&self, network: Network) -> Option<Prepared> {
        let Transaction { payload, post_conditions, post_condition_mode: PostConditionMode::Deny, .. } =
            self.transaction()?
        else {
            return None;
        };
        Some(Prepared {
            account: self.account,
            network,
            payload,
            post_conditions,
            intent: self.approved.intent.clone(),
            words: self.approved.words.clone(),
            leaves: self.approved.leaves.clone(),
            arrives: self.approved.arrives.clone(),
            valid_until: self.approved.valid_until,
        })
    }

    /// Whether a prepared call is of the same kind: the same intent, and the same function of the same contract. Amounts and terms may
    /// be others. What it was is not known without its bytes, and then nothing is of the same kind.
    pub(super) fn is_of_kind(&self, prepared: &Prepared) -> bool {
        let Some(Transaction { payload: Payload::ContractCall { contract, function, .. }, .. }) =
            self.transaction()
        else {
            return false;
        };
        let Payload::ContractCall { contract: other_contract, function: other_function, .. } =
            &prepared.payload
        else {
            return false;
        };
        self.approved.intent == prepared.intent && contract == *other_contract && function == *other_function
    }

    /// Whether its nonce cannot be given to another transaction, as far as this entry tells.
    pub(super) const fn holds_nonce(&self) -> bool {
        self.status.is_under_way() || self.status.is_mined()
    }

    /// Whether its nonce should be given to the next transaction, so that what was signed can never be mined.
    pub(super) fn is_abandoned(&self) -> bool {
        use super::status::{DropReason, Refusal};
        let taken_by_others = |reason: &DropReason| match reason {
            DropReason::NonceUsed => true,
            DropReason::Rejected { refusal, .. } => {
                matches!(refusal, Refusal::NonceTaken | Refusal::NonceUsed)
            }
            DropReason::OutOfDate
            | DropReason::Cancelled
            | DropReason::Unminable { .. }
            | DropReason::Lost => false,
        };
        !self.is_settled && matches!(&self.status, Status::Dropped { reason } if !taken_by_others(reason))
    }
}
