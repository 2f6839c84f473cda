//! What is voted on, and what is owed to somebody beside policies and capital.

use bithedge_protocol::{Asset, Ppm, Seconds, TokenAmount, UnixSeconds, UsdE8};
use serde::{Deserialize, Serialize};

use crate::{AsOf, Figure, Trust};

/// Where a proposal is, in the contract's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// The vote has not begun.
    Pending,
    /// It is being voted on.
    Active,
    /// It did not pass.
    Defeated,
    /// It passed, and nobody has queued it.
    Succeeded,
    /// It waits for its timelock, or can be carried out.
    Queued,
    /// It passed, and nobody carried it out in time.
    Expired,
    /// All of it was carried out.
    Executed,
    /// It was cancelled.
    Cancelled,
    /// A word that this version does not know.
    Other,
}

/// Something that a proposal does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalAction {
    /// The contract.
    pub target: String,
    /// The function.
    pub function: String,
    /// The hash of its arguments, hexadecimal.
    pub arguments: String,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalView {
    /// Its number.
    pub id: u64,
    /// What it is called.
    pub title: String,
    /// Where it is described.
    pub uri: String,
    /// The hash of the description, hexadecimal.
    pub description_hash: String,
    /// Who proposed.
    pub proposer: String,
    /// Whether guardians decide it.
    pub emergency: bool,
    /// What it does.
    pub actions: Vec<ProposalAction>,
    /// How many of these were carried out.
    pub carried_out: u64,
    /// Where it is.
    pub state: ProposalState,
    /// When the vote begins.
    pub starts: UnixSeconds,
    /// When it ends.
    pub ends: UnixSeconds,
    /// How long it waits after being queued.
    pub timelock: Seconds,
    /// When it can be carried out; `None` while it is not queued.
    pub eta: Option<UnixSeconds>,
    /// Weight for it, as a decimal number.
    pub votes_for: String,
    /// Weight against it.
    pub against: String,
    /// Weight that abstained.
    pub abstained: String,
    /// All weight there is.
    pub total: String,
    /// The part of all weight that has to take part; of an emergency proposal `None`: there it is a number of guardians.
    pub quorum: Option<Ppm>,
    /// The part of the votes that has to be for it.
    pub threshold: Ppm,
    /// What the account said: 0 against, 1 for, 2 abstained; `None` if it did not vote.
    pub mine: Option<u8>,
}

/// The page of governance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GovernancePage {
    /// What it was made of.
    pub as_of: AsOf,
    /// Newest first.
    pub proposals: Vec<ProposalView>,
    /// How many there are in all.
    pub count: u64,
}

/// What is owed to somebody in one token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardView {
    /// The token.
    pub asset: Asset,
    /// Bounties earned as a keeper.
    pub bounties: TokenAmount,
    /// Allocations of fees by the treasury.
    pub allocations: TokenAmount,
    /// Both in USD at the newest prices.
    pub usd: Figure<UsdE8>,
    /// Whether this can be relied on.
    pub trust: Trust,
}

/// The page of rewards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardsPage {
    /// What it was made of.
    pub as_of: AsOf,
    /// By token.
    pub rewards: Vec<RewardView>,
}
