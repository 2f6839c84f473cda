//! What concerned somebody.

use bithedge_protocol::{Asset, BlockHeight, MicroStx, TokenAmount, UnixSeconds};
use serde::{Deserialize, Serialize};

use crate::{AsOf, BucketRef, Trust};

/// A place in the chain's order: that of the last line of a page, to ask for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActivityPlace {
    /// The block.
    pub height: BlockHeight,
    /// The transaction's place in it.
    pub transaction: u32,
    /// The event's place in the transaction.
    pub event: u32,
}

/// An amount of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The token.
    pub asset: Asset,
    /// How much.
    pub amount: TokenAmount,
}

/// Something that concerned somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityLine {
    /// Where in the chain.
    pub place: ActivityPlace,
    /// When.
    pub time: UnixSeconds,
    /// The transaction, 64 hexadecimal digits after `0x`.
    pub txid: String,
    /// What happened, as the contracts name it: `policy-registry/policy-created`, or the function that was called in vain.
    pub what: String,
    /// The same in a sentence.
    pub words: String,
    /// The policy that it is about.
    pub policy: Option<u64>,
    /// The bucket that it is about.
    pub bucket: Option<BucketRef>,
    /// What that bucket's tier is called on the chain, if that is known.
    pub tier_name: Option<String>,
    /// What left the account by it, the network's fee left out.
    pub paid: Option<Money>,
    /// What the account received by it, or was paid for its policy.
    pub received: Option<Money>,
    /// The network's fee of the transaction, if the account paid it. On one line of each transaction only, so that the lines
    /// add up.
    pub fee: Option<MicroStx>,
    /// Why nothing came of it, if it was refused: only the fee was taken.
    pub refused: Option<String>,
}

/// A page of it, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityPage {
    /// What it was made of.
    pub as_of: AsOf,
    /// The lines.
    pub lines: Vec<ActivityLine>,
    /// The place to ask for older ones before; `None` if there are none.
    pub next: Option<ActivityPlace>,
    /// Whether the books that it is taken from can be relied on.
    pub trust: Trust,
}
