//! Why a network is not opened, looked at, asked or used.

use std::path::PathBuf;

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::client::ConfigError;

use crate::intents::quote::QuoteError;
use crate::intents::{self, Finding, ReadError, Refusal};
use crate::networks::{ChainChange, NotDeployed, Verdict};
use crate::sync::{ReconciliationError, SyncError};
use crate::transactions::{ApproveError, DraftError, Journal, JournalError, WatchError};

/// Why a network is not used. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The suite is not on it.
    #[error(transparent)]
    NotDeployed(#[from] NotDeployed),
    /// None of its nodes can be used: each says why.
    #[error("none of the nodes of {name} can be used")]
    Unusable {
        /// The network's name.
        name: String,
        /// What was found at each node.
        verdicts: Vec<Verdict>,
    },
    /// The folder cannot be made.
    #[error("the folder {} cannot be used: {source}. Nothing was sent", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The journal of signed transactions cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The node's address.
    #[error("the node's address cannot be used: {0}")]
    Client(#[from] ConfigError),
}

impl OpenError {
    /// Whether the journal of signed transactions is damaged, so that only setting it aside helps.
    #[must_use]
    pub const fn is_journal_damaged(&self) -> bool {
        matches!(self, Self::Journal(JournalError::Damaged { .. }))
    }

    /// Keeps the damaged journal under another name, beside where it is, so that the network can be opened again. What
    /// was under way is then asked of the chain for each account, before anything is drafted for it; whatever no node
    /// tells of stays unknown.
    ///
    /// Gives where it is kept; `None` if the journal is not what was wrong: then nothing was done.
    ///
    /// # Errors
    /// [`JournalError`]: it is as it was.
    pub fn set_journal_aside(&self, now: UnixSeconds) -> Result<Option<PathBuf>, JournalError> {
        match self {
            Self::Journal(JournalError::Damaged { path, .. }) => {
                Journal::set_aside(path, &now.get().to_string()).map(Some)
            }
            _ => Ok(None),
        }
    }
}

/// Why there is no question to ask. Nothing was signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProposeError {
    /// The network is not what it was any more, or that cannot be told.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// It makes no sense whatever the chain says, or the chain could not be read.
    #[error(transparent)]
    Intent(#[from] intents::DraftError),
    /// The contracts would refuse it: the fee would be lost for nothing.
    #[error("{}", first(.0))]
    WouldFail(Vec<Finding>),
    /// There is no exact call for it at this moment.
    #[error(transparent)]
    Plan(#[from] Refusal),
    /// No question could be made of the call.
    #[error(transparent)]
    Draft(#[from] DraftError),
}

fn first(findings: &[Finding]) -> String {
    findings.first().map_or_else(String::new, ToString::to_string)
}

/// The chain behind the node is not the one that was opened. Everything stops until the network is opened again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}. Nothing more is sent; open the network again, and it is checked anew")]
pub struct Halted {
    /// What changed.
    pub why: String,
}

/// Why nothing is asked of the network. Nothing was signed or sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// It is another chain.
    #[error(transparent)]
    Halted(#[from] Halted),
    /// Whether it is still the same chain could not be told. Try again.
    #[error(transparent)]
    Unconfirmed(ChainChange),
    /// The newest block that the node has is too old for what it says to be of now. Nothing is offered, planned or asked by that.
    #[error("the node's newest block is of {since}, so what it says is not of now")]
    StandsStill {
        /// The time of that block.
        since: UnixSeconds,
    },
    /// It was closed here. Open it again.
    #[error("the network was closed; open it again")]
    Closed,
}

/// Why one look at the chain was not whole. What was learnt is kept, and the next look goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookError {
    /// The network is not what it was any more, or that cannot be told.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The books.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The transactions.
    #[error(transparent)]
    Watch(#[from] WatchError),
}

/// Why an approval was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineApproveError {
    /// The network is not what it was any more, or that cannot be told. Nothing was signed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// See [`ApproveError`].
    #[error(transparent)]
    Approve(#[from] ApproveError),
}

/// Why a question about prices has no answer. Nothing was signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The network is not what it was any more, or that cannot be told.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The chain could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The contracts, or what was read, give none.
    #[error(transparent)]
    Quote(#[from] QuoteError),
}

/// Why books, contracts and balances are not put beside each other. Nothing was signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// The network is not what it was any more, or that cannot be told.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// One of them could not be read.
    #[error(transparent)]
    Reconciliation(#[from] ReconciliationError),
}
