//! What the main window may ask for and get, page by page.

use bithedge_protocol::pool::{Market, Order, Quote};
use bithedge_protocol::{TokenAmount, UnixSeconds};
use serde::{Deserialize, Serialize};

use crate::{
    ActivityPage, ActivityPlace, AsOf, BucketRef, CapitalPage, HomePage, Notice, PoliciesPage, PolicyView,
    ProtocolPage, RiskView, RoomView, TiersPage, TransactionView, Trust, Wish, YieldHistory,
};

/// A page that is asked for. All are about the account and the network in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "page", rename_all = "snake_case", deny_unknown_fields)]
pub enum PageQuery {
    /// [`PageAnswer::Home`].
    Home {},
    /// [`PageAnswer::Market`].
    Market {},
    /// [`PageAnswer::Policies`].
    Policies {
        /// Those before this one; `None`: the newest.
        before: Option<u64>,
    },
    /// [`PageAnswer::Policy`].
    Policy {
        /// Its number.
        policy: u64,
    },
    /// [`PageAnswer::Capital`].
    Capital {},
    /// [`PageAnswer::Tiers`].
    Tiers {},
    /// [`PageAnswer::Bucket`].
    Bucket {
        /// Which.
        bucket: BucketRef,
    },
    /// [`PageAnswer::Protocol`].
    Protocol {},
    /// [`PageAnswer::Activity`].
    Activity {
        /// What happened before this; `None`: the newest.
        before: Option<ActivityPlace>,
    },
    /// [`PageAnswer::Transactions`].
    Transactions {
        /// Those before this number; `None`: the newest.
        before: Option<u64>,
    },
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageAnswer {
    /// What is protected, what earns, what needs attention.
    Home(Box<HomePage>),
    /// What quotes are made of.
    Market(Box<MarketView>),
    /// The account's policies.
    Policies(Box<PoliciesPage>),
    /// One policy.
    Policy(Box<PolicyPage>),
    /// The account's capital.
    Capital(Box<CapitalPage>),
    /// The tiers side by side.
    Tiers(Box<TiersPage>),
    /// A bucket in depth.
    Bucket(Box<BucketPage>),
    /// The protocol's own figures.
    Protocol(Box<ProtocolPage>),
    /// What happened to the account on the chain.
    Activity(Box<ActivityPage>),
    /// What was signed here.
    Transactions(Box<TransactionsPage>),
}

/// What quotes are made of, at one block. The window computes quotes of it for as long as somebody moves a slider; what is bought was
/// confirmed by the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketView {
    /// What it was made of.
    pub as_of: AsOf,
    /// Prices, rules, tiers, buckets.
    pub market: Market,
    /// What the account could pay with: micro-STX that can be spent, and satoshis of sBTC; `None` if it is not known.
    pub stx: Option<bithedge_protocol::MicroStx>,
    /// sBTC.
    pub sbtc: Option<bithedge_protocol::Sats>,
    /// The most that the network's fee of a call may be.
    pub call_fee: bithedge_protocol::MicroStx,
}

/// What the chain says of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmedOffer {
    /// The order.
    pub order: Order,
    /// What it costs now, as the contract answered.
    pub quote: Quote,
    /// The most that it may cost, all told, without the network's fee: more than the quote by what prices may move meanwhile.
    pub max_cost: TokenAmount,
    /// Until when the offer holds, by the network's clock.
    pub valid_until: UnixSeconds,
    /// Where the application's own computation differs from the chain's answer: a defect, which is shown. `None` if it does not.
    pub differs: Option<Notice>,
}

impl ConfirmedOffer {
    /// The wish that buys it.
    #[must_use]
    pub const fn wish(&self) -> Wish {
        let Order { asset, tier, strike, expiry, size } = self.order;
        Wish::Buy {
            asset,
            tier,
            strike,
            expiry,
            size,
            max_cost: self.max_cost,
            valid_until: self.valid_until,
        }
    }
}

/// A policy in depth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyPage {
    /// What it was made of.
    pub as_of: AsOf,
    /// The policy; `None` if the books have none with that number.
    pub policy: Option<PolicyView>,
    /// Whether this can be relied on. If not, `None` does not mean that there is no such policy.
    pub trust: Trust,
}

/// A bucket in depth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketPage {
    /// What it was made of.
    pub as_of: AsOf,
    /// What it stands for; `None` if the books have no such bucket.
    pub risk: Option<RiskView>,
    /// What a share was worth over time.
    pub yields: YieldHistory,
    /// What it could still do; `None` if the books have no such bucket.
    pub room: Option<RoomView>,
    /// Whether all this can be relied on. If not, `None` does not mean that there is no such bucket.
    pub trust: Trust,
}

/// What was signed here, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionsPage {
    /// The transactions of the account in use.
    pub transactions: Vec<TransactionView>,
    /// Whether there are older ones.
    pub more: bool,
}

/// A wish was made a question, in its own window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// The question's number.
    pub question: u64,
}

/// A file was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFile {
    /// Where.
    pub path: String,
    /// What is in it, in a sentence: how many lines.
    pub about: String,
}
