//! How far the books can be relied on, at any moment.

use std::path::PathBuf;

use bithedge_ledger::{BlockHeader, LedgerError};
use bithedge_protocol::{BlockHeight, UnixSeconds};

use super::books::BooksError;
use super::feed::FeedError;

/// What the syncer is doing, and how far it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncState {
    /// Nothing was compared with the chain yet since the start. What the books say is of some time ago, and may be of a chain
    /// that is gone.
    Starting {
        /// The newest block that the books know; `None` if there are no books.
        at: Option<BlockHeight>,
    },
    /// The chain is being read. What the books say is right as of `at`.
    CatchingUp {
        /// Where it began.
        from: BlockHeight,
        /// The newest block that the books know.
        at: BlockHeight,
        /// Where it goes.
        tip: BlockHeight,
    },
    /// The books know what the API knows.
    Current {
        /// The newest block.
        at: BlockHeader,
    },
    /// The API's index is behind: behind the chain as its node or these books know it, or its node has not said for a while how high
    /// the chain is. The books say what was known; something
    /// newer may be missing.
    Behind {
        /// The newest block that the books know.
        at: Option<BlockHeight>,
        /// The newest block that the API has indexed.
        indexed: BlockHeight,
        /// How high the node says that the chain is, if it says.
        node: Option<BlockHeight>,
        /// Since when, by this computer's clock.
        since: UnixSeconds,
    },
    /// The last look failed. The books say what was known before.
    Stalled {
        /// The newest block that the books know.
        at: Option<BlockHeight>,
        /// Since when, by this computer's clock.
        since: UnixSeconds,
        /// Why, in a sentence.
        why: String,
    },
    /// The books are made anew from the chain. Until it is done, what they say is of long ago.
    Rebuilding {
        /// How far it got; `None` at the beginning.
        at: Option<BlockHeight>,
        /// Where it goes.
        tip: BlockHeight,
        /// Why, in a sentence.
        why: String,
    },
}

/// Books that were made anew, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuild {
    /// When it began, by this computer's clock.
    pub when: UnixSeconds,
    /// Why, in a sentence.
    pub why: String,
    /// Where the damaged file was put, if it was worth keeping.
    pub kept: Option<PathBuf>,
}

/// What the syncer says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStatus {
    /// How far it got.
    pub state: SyncState,
    /// Whether the books were compared with the chain since the start, and were the chain's. Before that they may be of a chain that is
    /// gone, whatever else is so.
    pub is_compared: bool,
    /// How high the books were before blocks were taken off them; `None` once they are what the chain holds again. Until they are as
    /// high once more, something is missing in them that was there.
    pub went_back_from: Option<BlockHeight>,
    /// The last time that the books were made anew since the start, if ever.
    pub rebuilt: Option<Rebuild>,
    /// How many times since the start the chain was reorganised below what the books knew.
    pub reorganisations: u64,
}

/// Why a look at the chain failed. No money is affected: the books are as they were, or say themselves that they are being made
/// anew, and the chain has everything.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The chain could not be read.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The books could not be written or read.
    #[error("the books could not be kept; the chain has everything, and nothing is lost: {0}")]
    Ledger(#[from] LedgerError),
    /// The books could not be read.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The chain moved each time.
    #[error(
        "the chain changed {0} times while it was read; the books are as they were, and the next look tries again"
    )]
    Restless(usize),
    /// The folder for the books, or a damaged file in it, could not be dealt with.
    #[error("the folder of the books {} could not be used: {reason}. Nothing is lost; see that it exists and can be written", .path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// The system's word.
        reason: String,
    },
    /// A part of this program that kept the books ended early.
    #[error(
        "the keeping of the books was interrupted; start the application again, and they go on from where they were"
    )]
    Interrupted,
}
