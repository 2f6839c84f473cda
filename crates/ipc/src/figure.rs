//! How far a figure can be relied on, and of which moment it is.

use bithedge_protocol::{Asset, BlockHeight, UnixSeconds};
use serde::{Deserialize, Serialize};

/// Whether a figure can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Everything that made it was understood and fits together.
    Sound,
    /// Something that concerns it was not understood or contradicts itself. It is shown as doubtful; an empty doubtful list is
    /// not "nothing"; what the chain itself answers is what counts.
    Doubtful,
}

impl Trust {
    /// Of what depends on both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        if matches!(self, Self::Sound) { other } else { self }
    }
}

/// A figure, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure<T> {
    /// It is known.
    Known {
        /// The figure.
        value: T,
    },
    /// It is not known. It is not zero.
    Unknown {
        /// Why, and what that means: a sentence for the user.
        why: String,
    },
}

impl<T> Figure<T> {
    /// The figure, if it is known.
    #[must_use]
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known { value } => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// A figure made of it.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Figure<U> {
        match self {
            Self::Known { value } => Figure::Known { value: change(value) },
            Self::Unknown { why } => Figure::Unknown { why },
        }
    }
}

/// What a page was made of. Where the two blocks are not the same, what happened and what holds now are of different moments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsOf {
    /// The newest block in the books of what happened; `None` of empty books.
    pub books: Option<AsOfBlock>,
    /// The block at which prices and rules were read; `None` if they were not.
    pub chain: Option<AsOfBlock>,
    /// The moment that durations and values are counted from.
    pub now: UnixSeconds,
    /// Why nothing on the page can be relied on, a sentence: the books are not (or not yet) what the chain holds now, or the chain
    /// stands still. Then all that the page says is marked doubtful. `None` if books and chain are as they should be.
    pub doubt: Option<String>,
}

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsOfBlock {
    /// Its height.
    pub height: BlockHeight,
    /// Its time.
    pub time: UnixSeconds,
}

/// A bucket: one tier with one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BucketRef {
    /// The tier's number.
    pub tier: u8,
    /// The token.
    pub asset: Asset,
}

/// Where in the window something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// A policy.
    Policy {
        /// Its number.
        policy: u64,
    },
    /// The list of policies.
    Policies,
    /// A bucket, as its providers see it.
    Bucket {
        /// Which.
        bucket: BucketRef,
    },
    /// All of the account's capital, by bucket.
    Capital,
    /// What was earned as a keeper or allocated by the treasury.
    Rewards,
    /// The protocol's page.
    Protocol,
    /// The activity, where transactions are.
    Activity,
    /// The state of the connection.
    Connection,
    /// The keeper, and what it is allowed.
    Keeper,
}
