//! What the keeper tells.

use bithedge_protocol::{Asset, TokenAmount};
use bithedge_stacks::{Address, MicroStx, Txid};

use super::duty::{Duty, DutyKind};
use super::order::OrderRefusal;
use super::wait::Wait;
use crate::intents::{Finding, ReadError};
use crate::transactions::{ChainError, Failure, JournalError, TransactionId};

/// Something that the keeper did, or that happened to what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deed {
    /// Signed and written down; it is sent, and watched like every transaction.
    Sent {
        /// What it does.
        duty: Duty,
        /// Its number.
        id: TransactionId,
        /// Its identity on the chain.
        txid: Txid,
        /// Its fee.
        fee: MicroStx,
        /// What it brings to the account if it succeeds and nobody comes first: about so much.
        brings: Vec<(Asset, TokenAmount)>,
    },
    /// Right before signing it turned out that the contracts would refuse it by now, mostly because somebody else was first. Nothing was
    /// signed.
    Overtaken {
        /// What.
        duty: Duty,
        /// Why.
        because: Vec<Finding>,
    },
    /// It does not fit the standing order. Nothing was signed. This is a fault of the program, or of somebody who interferes with it.
    Refused {
        /// What.
        duty: Duty,
        /// Why.
        because: OrderRefusal,
    },
    /// One of its transactions was mined without effect: the fee is lost, nothing else. Somebody else may have been first. The same is
    /// tried again, later each time.
    Failed {
        /// What it was.
        kind: DutyKind,
        /// Its number.
        id: TransactionId,
        /// The fee.
        fee: MicroStx,
        /// Why.
        failure: Failure,
    },
    /// It began to wait.
    Waits(Wait),
}

/// Why the keeper could not look, or act. Nothing was signed by the step that gave it, beyond what was told; it looks again, more slowly,
/// unless the network was closed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeeperError {
    /// The suite could not be read.
    #[error("the keeper could not read the suite, so it did nothing: {0}")]
    Read(#[from] ReadError),
    /// The chain could not be asked about the account.
    #[error("the keeper could not ask the chain, so it did nothing: {0}")]
    Chain(#[from] ChainError),
    /// The journal cannot be read or written. Nothing is signed while that is so: what was signed has to be written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The node is on another chain.
    #[error("the node is on another chain than the keeper's, so it did nothing: {0}")]
    OtherChain(String),
    /// There is no key for the account.
    #[error(
        "there is no key for {0} here, so the keeper cannot work for it: choose an account of the wallet's"
    )]
    NoKey(Address),
    /// The signer failed.
    #[error("the keeper's transaction was not signed: {0}")]
    Signer(String),
}

impl KeeperError {
    /// Whether it will never be otherwise: the network was closed, or is another chain than the one that was checked.
    pub(super) const fn is_final(&self) -> bool {
        matches!(self, Self::Journal(JournalError::Closed) | Self::Chain(ChainError::Stopped(_)))
    }
}
