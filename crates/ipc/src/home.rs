//! What is protected, what earns, and what needs attention.

use bithedge_protocol::UnixSeconds;
use serde::{Deserialize, Serialize};

use crate::{AsOf, CapitalTotal, Destination, Money, ProtectionSummary, Trust};

/// Why something needs attention. The most pressing first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttentionKind {
    /// Nothing on the page can be relied on now: the books are not those of now, the node stands still, or this computer's clock is
    /// wrong. Why is in `means`, as in [`AsOf::doubt`].
    NotCurrent,
    /// Something that happened on the chain was not understood: what it concerns is in doubt.
    Doubtful,
    /// There is no fresh price.
    PriceStale,
    /// A bucket is short, or taken over.
    MarginCall,
    /// A policy in the money ends within a day.
    EndsInTheMoney,
    /// A policy can be claimed.
    Claim,
    /// A policy could be activated with a gain.
    Activate,
    /// A bucket has less than a new sale would want.
    HealthWarning,
    /// Paid exits or returned deposits can be claimed.
    Withdraw,
    /// Rewards can be claimed.
    Reward,
    /// A policy ends within a day.
    EndsSoon,
}

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// Why.
    pub kind: AttentionKind,
    /// What happened.
    pub happened: String,
    /// What it means for the money.
    pub means: String,
    /// What to do.
    pub remedy: String,
    /// Where.
    pub destination: Destination,
    /// How many things it is about.
    pub count: u64,
    /// Until when something can be done; `None` without an end.
    pub until: Option<UnixSeconds>,
    /// What it is about in money, where that is one amount of one token.
    pub amount: Option<Money>,
    /// Whether what it says rests on something that is in doubt.
    pub doubtful: bool,
}

/// The first page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomePage {
    /// What it was made of.
    pub as_of: AsOf,
    /// What is protected.
    pub protection: ProtectionSummary,
    /// What earns, by token.
    pub capital: Vec<CapitalTotal>,
    /// What needs attention, the most pressing first.
    pub attention: Vec<Attention>,
    /// Whether this is all that there is.
    pub trust: Trust,
}
