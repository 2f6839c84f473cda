//! Transactions: the question whether to sign, and what becomes of what was signed.

use bithedge_protocol::{BlockHeight, MicroStx, TokenAmount, UnixSeconds};
use serde::{Deserialize, Serialize};

use crate::{BucketRef, ChainId, Network};

/// What something means: what happened, what it means for the money, what can be done. Each is one or a few whole sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// What happened, or what is so.
    pub happened: String,
    /// What it means for the money.
    pub means: String,
    /// What can be done; empty if there is nothing to do.
    pub remedy: String,
}

/// What can move in a transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovedAsset {
    /// STX, in micro-STX.
    Stx,
    /// This network's sBTC, in satoshis.
    Sbtc,
    /// A token that the application does not know, in its smallest unit.
    OtherFungible {
        /// Contract and name: `SP….token::name`.
        token: String,
    },
    /// Pieces of a kind of non-fungible token.
    NonFungible {
        /// Contract and name.
        token: String,
    },
}

/// So much of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Of what.
    pub asset: MovedAsset,
    /// How much, in the unit of the asset.
    pub amount: TokenAmount,
}

/// What a transaction is to another one of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionPurpose {
    /// It stands for itself.
    Call,
    /// It takes an earlier one's place, to do the same.
    Replaces {
        /// The earlier one's number.
        earlier: u64,
    },
    /// It takes an earlier one's place, so that nothing happens.
    Cancels {
        /// The earlier one's number.
        earlier: u64,
    },
    /// It was found on the chain after the journal was lost.
    Recovered,
}

/// A line of what a transaction says, decoded from its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalLine {
    /// What it is about, such as `Fee`.
    pub label: String,
    /// What is so.
    pub text: String,
}

/// A question to a person: shall this be signed?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalView {
    /// The transaction's number.
    pub id: u64,
    /// What the answer has to name, so that nothing else is approved by mistake: 64 hexadecimal digits.
    pub digest: String,
    /// What it is to another transaction.
    pub purpose: TransactionPurpose,
    /// Who would sign and pay.
    pub account: String,
    /// The network it is for.
    pub network: Network,
    /// The chain that is written in it.
    pub chain_id: ChainId,
    /// The account's nonce that it would use.
    pub nonce: u64,
    /// Nonces before it that nobody has: it waits until something is done with each of them.
    pub waits_for: Vec<u64>,
    /// The network's fee, which is taken even if the transaction fails.
    pub fee: MicroStx,
    /// The intent's name, which does not change with the language.
    pub intent: String,
    /// What the intent means, one sentence each.
    pub sentences: Vec<String>,
    /// What the bytes say, line by line.
    pub lines: Vec<ApprovalLine>,
    /// At most so much leaves the account beside the fee, as the bytes say. Nothing else can leave.
    pub leaves: Vec<Moved>,
    /// At least so much arrives, if it succeeds.
    pub arrives: Vec<Moved>,
    /// The same in a sentence: what can leave, and the fee.
    pub at_most: String,
    /// When the question is withdrawn if there is no answer.
    pub expires: UnixSeconds,
}

/// Where a transaction is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionStage {
    /// Somebody is asked to approve it. Nothing is signed.
    Presented,
    /// Approved, and being signed.
    Approved,
    /// Signed and written down; whether a node has it is not known yet.
    Signed,
    /// A node took it.
    Broadcast,
    /// It waits, or is in a block without the wanted confirmations.
    Pending,
    /// It had its effect.
    Confirmed,
    /// It was mined without effect: only the fee was taken.
    Failed,
    /// No node that was asked will have it.
    Dropped,
    /// Another transaction took its place.
    Replaced,
    /// It was not signed.
    Refused,
    /// Its time passed before anybody got it.
    Expired,
}

/// A block that holds a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionBlock {
    /// Its height.
    pub height: BlockHeight,
    /// Its hash, 64 hexadecimal digits.
    pub hash: String,
    /// When it was made.
    pub time: UnixSeconds,
}

/// Where a transaction is, and what that means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionStatus {
    /// In one word, for the window to decide by.
    pub stage: TransactionStage,
    /// The block that it is in; `None` if it is in none.
    pub block: Option<TransactionBlock>,
    /// The transaction that took its place, 64 hexadecimal digits, if that is known.
    pub replaced_by: Option<String>,
    /// The code with which a contract refused it, if it did: decimal digits.
    pub contract_code: Option<String>,
    /// In words.
    pub words: Words,
}

/// What a mined transaction did to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptView {
    /// The fee that was taken.
    pub fee: MicroStx,
    /// What left the account beside the fee.
    pub left: Vec<Moved>,
    /// What reached the account.
    pub arrived: Vec<Moved>,
    /// Whether all of it could be counted. If not, the two lists are lower bounds, and must be shown as such.
    pub is_complete: bool,
    /// What is not as it was approved; it should be empty.
    pub alarms: Vec<Words>,
}

/// Something about a transaction that a person has to look at: what it did is not what was approved, or nobody here knows what was
/// approved. Until it is acknowledged, the keeper waits for that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmView {
    /// What it is named by when it is acknowledged: 64 hexadecimal digits. Another amount or another block is another one.
    pub digest: String,
    /// In words.
    pub words: Words,
    /// The block that it is said of; `None` if it waits.
    pub block: Option<TransactionBlock>,
    /// When it was seen first, by this computer's clock.
    pub seen_at: UnixSeconds,
    /// Whether the node still says so.
    pub is_still_told: bool,
}

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionView {
    /// Its number.
    pub id: u64,
    /// Its identity on the chain: 64 hexadecimal digits.
    pub txid: String,
    /// Who signed and pays.
    pub account: String,
    /// The account's nonce that it uses.
    pub nonce: u64,
    /// The fee that was signed.
    pub fee: MicroStx,
    /// What it is to another transaction.
    pub purpose: TransactionPurpose,
    /// The intent's name.
    pub intent: String,
    /// What it is called, a few words without a full stop: `Policy activated` once it had its effect, `Activating a policy` otherwise.
    pub title: String,
    /// The bucket that capital is committed to, if it does that.
    pub commits_to: Option<BucketRef>,
    /// What the intent said of itself.
    pub sentences: Vec<String>,
    /// At most so much was to leave.
    pub leaves: Vec<Moved>,
    /// At least so much was to arrive.
    pub arrives: Vec<Moved>,
    /// When it was signed, or found, by this computer's clock.
    pub signed_at: UnixSeconds,
    /// Where it is.
    pub status: TransactionStatus,
    /// Whether nothing more is expected to happen to it.
    pub is_settled: bool,
    /// Whether its place can still be taken by another one.
    pub can_be_replaced: bool,
    /// Whether the same may take its place at a higher fee: of what is out of date it would be refused.
    pub fee_can_be_raised: bool,
    /// What it did, once it is mined.
    pub receipt: Option<ReceiptView>,
    /// What nobody has acknowledged yet, also if the node does not say so any more; empty as it should be.
    #[serde(default)]
    pub open_alarms: Vec<AlarmView>,
}

/// What happened to a transaction beside a change of its stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionNoteKind {
    /// The chain gave up the block that it was in.
    Reorganised,
    /// The same bytes were sent again.
    Resent,
    /// A node answered what cannot be true.
    Contradiction,
    /// It is watched no more.
    Settled,
    /// What moved is not what was approved.
    Alarm,
}

/// What happened to a transaction, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionNote {
    /// In one word.
    pub kind: TransactionNoteKind,
    /// In words.
    pub words: Words,
}

/// Something happened to a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionEvent {
    /// Its number.
    pub id: u64,
    /// Its identity on the chain, once it is signed.
    pub txid: Option<String>,
    /// Whose.
    pub account: String,
    /// Its nonce.
    pub nonce: u64,
    /// Where it is now.
    pub status: TransactionStatus,
    /// What happened, where the status alone does not say it.
    pub note: Option<TransactionNote>,
}
