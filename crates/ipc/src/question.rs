//! What is asked in the window of questions: the only place where something is approved.

use bithedge_protocol::pool::Order;
use bithedge_protocol::{Asset, Ppm, Sats, TokenAmount, UnixSeconds, UsdE8};
use serde::{Deserialize, Serialize};

use crate::{AlarmView, ApprovalView, BucketRef, KeeperInput, NetworkKind, NetworkView, Notice};

/// A question, as its window shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionView {
    /// Its number; for a transaction, the transaction's.
    pub id: u64,
    /// What is asked.
    pub ask: Ask,
    /// The network that it is about: to be seen beside whatever is asked. `None` if it is about the application itself.
    pub network: Option<AskedNetwork>,
    /// The name that the person gave to the account.
    pub account_label: String,
    /// Whether the keys are locked, so that they have to be unlocked first.
    pub is_locked: bool,
    /// How far it is.
    pub state: QuestionState,
    /// Why the last answer could not be carried out, or why it is asked anew; `None` before an answer.
    pub problem: Option<Notice>,
}

/// How far a question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionState {
    /// It waits for an answer.
    Open,
    /// It was answered yes, and that is being carried out: it cannot be answered, or taken back, any more.
    Answered,
    /// It was answered yes, which could not be carried out, and it cannot be answered again. The answer no puts it away.
    Ended,
}

/// Where what is asked takes place. Everybody can publish the suite's contracts, and be who decides its prices: so who published these
/// belongs to what is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedNetwork {
    /// What the person calls it.
    pub name: String,
    /// What kind of chain it is.
    pub kind: NetworkKind,
    /// The node that is asked and that transactions are sent to.
    pub node: String,
    /// Who published the suite's contracts there, by the address; `None` if nobody did.
    pub deployer: Option<String>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Whether a transaction is to be signed.
    Transaction {
        /// What the bytes say.
        approval: Box<ApprovalView>,
        /// What it would do for the account, to be drawn beside it.
        effect: Effect,
        /// What the transaction said of itself whose place it takes; empty if it takes no place, or nobody knows what was there.
        earlier: Vec<String>,
    },
    /// Whether the keeper may sign alone.
    StandingOrder {
        /// The account, by its address.
        account: String,
        /// What the answer has to name: 64 hexadecimal digits.
        digest: String,
        /// What it may do.
        order: KeeperInput,
        /// Until when.
        until: UnixSeconds,
        /// The same in sentences.
        sentences: Vec<String>,
        /// When the question is withdrawn, by the network's clock.
        expires: UnixSeconds,
    },
    /// Whether a network of the person's own may be used: whoever published its contracts has a say in the money there.
    Network {
        /// What it would be.
        network: Box<NetworkView>,
        /// What is there now, if it takes another one's place.
        before: Option<Box<NetworkView>>,
        /// What the answer has to name: 64 hexadecimal digits.
        digest: String,
        /// What it means, in sentences.
        sentences: Vec<String>,
    },
    /// Whether a person has looked at what a transaction did without approval, so that it no longer stops the keeper.
    Acknowledge {
        /// The transaction's number.
        transaction: u64,
        /// Its identity on the chain: 64 hexadecimal digits.
        txid: String,
        /// Who signed it, by the address.
        account: String,
        /// What was approved, in sentences.
        approved: Vec<String>,
        /// Everything that is open about it.
        alarms: Vec<AlarmView>,
        /// What the answer has to name: 64 hexadecimal digits.
        digest: String,
        /// What it means, in sentences.
        sentences: Vec<String>,
        /// When the question is withdrawn, by the network's clock.
        expires: UnixSeconds,
    },
    /// Something that is no signature, and that a page must not decide: the core says in words what.
    Decision {
        /// What is asked, as a question.
        title: String,
        /// What it means.
        sentences: Vec<String>,
        /// What the answer has to name: 64 hexadecimal digits.
        digest: String,
    },
}

/// What a transaction would do, computed by the core from what would be signed and from the books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing that could be drawn.
    None,
    /// There is something to be drawn, and what it takes could not be read.
    Unknown {
        /// Why, in a sentence.
        why: String,
    },
    /// A policy is bought.
    Protection {
        /// The order.
        order: Order,
        /// Below this price the payout stays as it is.
        floor: UsdE8,
        /// The most that it may cost.
        max_cost: TokenAmount,
        /// The price of BTC now.
        spot: UsdE8,
        /// The price of STX now.
        stx: UsdE8,
    },
    /// A policy ends and pays.
    Payout {
        /// The policy.
        policy: u64,
        /// What it protects.
        size: Sats,
        /// In which token it pays.
        asset: Asset,
        /// At least so much.
        at_least: TokenAmount,
        /// What it had cost; `None` if that cannot be counted.
        cost: Option<TokenAmount>,
    },
    /// Capital is committed, leaves, or is paid out.
    Capital {
        /// The bucket.
        bucket: BucketRef,
        /// The tier's name.
        tier_name: String,
        /// The bucket's utilisation; `None` if it is not known.
        utilisation: Option<Ppm>,
        /// The deepest fall of a share of it so far: a loss that can come again; `None` if it is not known.
        worst_drawdown: Option<bithedge_protocol::PpmChange>,
        /// When what is asked for happens at the earliest: the next close.
        due: Option<UnixSeconds>,
        /// The part of an exit that is kept as a fee; `None` where nothing leaves.
        exit_fee: Option<Ppm>,
    },
}
