//! What is asked in the window of questions: the only place where something is approved.

use bithedge_protocol::pool::Order;
use bithedge_protocol::{Asset, Ppm, Sats, TokenAmount, UnixSeconds, UsdE8};
use serde::{Deserialize, Serialize};

use crate::{ApprovalView, BucketRef, KeeperInput, Notice};

/// A question, as its window shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionView {
    /// Its number; for a transaction, the transaction's.
    pub id: u64,
    /// What is asked.
    pub ask: Ask,
    /// The name that the person gave to the account.
    pub account_label: String,
    /// Whether the keys are locked, so that they have to be unlocked first.
    pub is_locked: bool,
    /// Why the last answer could not be carried out; `None` before an answer.
    pub problem: Option<Notice>,
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
    },
}

/// What a transaction would do, computed by the core from what would be signed and from the books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing that could be drawn.
    None,
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
