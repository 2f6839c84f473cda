//! Words for what is wrong with the books, and with the pages and duties that are made from them.

use bithedge_ipc::{Fault, Notice};
use bithedge_ledger::LedgerError;

use super::{Notices, notice};
use crate::keeper::{KeeperError, ListError};
use crate::sync::{BooksError, FeedError, ReconciliationError, SyncError};
use crate::views::ViewError;

/// The books are made from the chain, and can be made again.
const BOOKS_ONLY: &str =
    "Your money is not affected: it is on the chain, and the books can be made again from it.";
/// A doubt about what was read.
const NOT_USED: &str =
    "Your money is not affected. Nothing of it was used; what is shown is what was known before.";
/// The keeper did not act.
const KEEPER_IDLE: &str = "Nothing was signed. Others may do the keeper's work meanwhile; no claim is lost.";

impl Notices for LedgerError {
    fn notice(&self) -> Notice {
        let contradiction = |happened: &str| {
            notice(
                Fault::NodeMalformed,
                happened,
                NOT_USED,
                "BitHedge reads it again by itself. If it lasts, use another node: this one contradicts itself.",
                self,
            )
        };
        match self {
            Self::InUse(_) => notice(
                Fault::FileInUse,
                "Another BitHedge is using the books of this network.",
                BOOKS_ONLY,
                "Use the BitHedge that is open already, or close it first.",
                self,
            ),
            Self::OtherChain { .. } => notice(
                Fault::ChainChanged,
                "The books are about another chain, or another deployment of BitHedge.",
                "Nothing of them was used or changed.",
                "Check which network is chosen.",
                self,
            ),
            Self::NewerSchema { .. } => notice(
                Fault::FileNewer,
                "The books were written by a later version of BitHedge.",
                BOOKS_ONLY,
                "Install the later version and use that.",
                self,
            ),
            Self::Damaged { .. } => notice(
                Fault::FileDamaged,
                "The books are damaged.",
                BOOKS_ONLY,
                "They are made anew from the chain by themselves. Wait until that is done.",
                self,
            ),
            Self::DiskFull(_) => notice(
                Fault::DiskFull,
                "The disk is full, so the books could not be kept.",
                BOOKS_ONLY,
                "Make room on the disk; the books then go on from where they were.",
                self,
            ),
            Self::ReadOnly { .. } | Self::Storage { .. } => notice(
                Fault::FileUnusable,
                "The books could not be read or written.",
                BOOKS_ONLY,
                "Check that the file named below may be written and that the disk is in order.",
                self,
            ),
            Self::NotConnected { .. }
            | Self::OtherContent { .. }
            | Self::MalformedBlock { .. }
            | Self::AlreadyHere { .. } => {
                contradiction("The node told about a block what does not fit the blocks before.")
            }
            Self::OtherBeginning { .. } => notice(
                Fault::ChainChanged,
                "The chain does not begin where the books do: it is another one, or was begun anew.",
                "Nothing of it was used. The books of the other chain are kept.",
                "Check which network is chosen, and have it checked.",
                self,
            ),
            Self::Uncountable { .. } => notice(
                Fault::NodeMalformed,
                "A figure cannot be computed from what the node told: no chain has such amounts.",
                "The figure is not known, and is not shown. Your money is on the chain.",
                "Use another node.",
                self,
            ),
            Self::TooDeep { .. } => notice(
                Fault::ChainChanged,
                "The chain took back more blocks than the books can follow.",
                BOOKS_ONLY,
                "They are made anew from the chain by themselves. Wait until that is done.",
                self,
            ),
            other => notice(
                Fault::FileUnusable,
                "Something went wrong with the books that BitHedge has no words for.",
                BOOKS_ONLY,
                "Close BitHedge and open it again.",
                other,
            ),
        }
    }
}

impl Notices for FeedError {
    fn notice(&self) -> Notice {
        match self {
            Self::Client(error) => {
                let why = error.notice();
                Notice { means: NOT_USED.to_owned(), ..why }
            }
            Self::Moved(_) => notice(
                Fault::NodeSlow,
                "The chain moved on while it was read.",
                NOT_USED,
                "There is nothing to do: it is read again by itself.",
                self,
            ),
            Self::Contradiction(_) => notice(
                Fault::NodeMalformed,
                "The node's history contradicts itself, or leaves something out.",
                NOT_USED,
                "BitHedge reads it again by itself. If it lasts, use another node.",
                self,
            ),
            Self::OtherChain { .. } => notice(
                Fault::ChainChanged,
                "The node's history is that of another chain.",
                NOT_USED,
                "Check which network is chosen and which node is asked.",
                self,
            ),
        }
    }
}

impl Notices for BooksError {
    fn notice(&self) -> Notice {
        match self {
            Self::NotReady => notice(
                Fault::ChainUnreadable,
                "There are no books of this network yet.",
                BOOKS_ONLY,
                "Wait: they are made from the chain as soon as it can be read.",
                self,
            ),
            Self::Ledger(error) => error.notice(),
            Self::Interrupted => notice(
                Fault::ChainUnreadable,
                "A question to the books was interrupted.",
                BOOKS_ONLY,
                "Try again.",
                self,
            ),
        }
    }
}

impl Notices for SyncError {
    fn notice(&self) -> Notice {
        match self {
            Self::Feed(error) => error.notice(),
            Self::Ledger(error) => error.notice(),
            Self::Books(error) => error.notice(),
            Self::Restless(_) => notice(
                Fault::NodeSlow,
                "The chain changed each time while it was read.",
                NOT_USED,
                "There is nothing to do: it is read again by itself. If it lasts, use a node that answers faster.",
                self,
            ),
            Self::Folder { .. } => notice(
                Fault::FileUnusable,
                "The folder of the books could not be used.",
                BOOKS_ONLY,
                "Check that the folder named below exists and may be written.",
                self,
            ),
            Self::Interrupted => notice(
                Fault::ChainUnreadable,
                "The keeping of the books was interrupted.",
                BOOKS_ONLY,
                "Close BitHedge and open it again: the books go on from where they were.",
                self,
            ),
        }
    }
}

impl Notices for ReconciliationError {
    fn notice(&self) -> Notice {
        const NOT_COMPARED: &str =
            "Nothing was compared, so nothing is known from it. Your money is not affected.";
        match self {
            Self::Books(error) => Notice { means: NOT_COMPARED.to_owned(), ..error.notice() },
            Self::Client(error) => Notice { means: NOT_COMPARED.to_owned(), ..error.notice() },
            Self::Feed(error) => Notice { means: NOT_COMPARED.to_owned(), ..error.notice() },
            Self::Mismatch(_) => notice(
                Fault::SuiteDiffers,
                "The contracts answered something else than BitHedge's contracts do.",
                NOT_COMPARED,
                "Have the network checked before you use it.",
                self,
            ),
            Self::NoToken(token) => notice(
                Fault::NotDeployed,
                format!("The token {token} is no contract, so its balances cannot be asked for."),
                NOT_COMPARED,
                "Look at the settings of the network.",
                self,
            ),
            Self::Apart => notice(
                Fault::NodeSlow,
                "The books and the chain were at different blocks each time.",
                NOT_COMPARED,
                "Try again when the books are up to date.",
                self,
            ),
        }
    }
}

impl Notices for ViewError {
    fn notice(&self) -> Notice {
        match self {
            Self::Ledger(error) => Notice {
                means:
                    "The figures of this page are not known. Your money is not affected: it is on the chain."
                        .to_owned(),
                ..error.notice()
            },
        }
    }
}

impl Notices for ListError {
    fn notice(&self) -> Notice {
        match self {
            Self::Books(error) => Notice { means: KEEPER_IDLE.to_owned(), ..error.notice() },
            Self::Read(error) => Notice { means: KEEPER_IDLE.to_owned(), ..error.notice() },
        }
    }
}

impl Notices for KeeperError {
    fn notice(&self) -> Notice {
        match self {
            Self::Read(error) => Notice { means: KEEPER_IDLE.to_owned(), ..error.notice() },
            Self::Chain(error) => Notice { means: KEEPER_IDLE.to_owned(), ..error.notice() },
            Self::Journal(error) => error.notice(),
            Self::OtherChain(_) => notice(
                Fault::ChainChanged,
                "The node is on another chain than the keeper.",
                KEEPER_IDLE,
                "Check which network is chosen and which node is asked.",
                self,
            ),
            Self::NoKey(address) => notice(
                Fault::AccountUnfit,
                format!("The wallet has no key for {address}, so the keeper cannot work for it."),
                KEEPER_IDLE,
                "Choose an account of the wallet for the keeper.",
                self,
            ),
            Self::Signer(_) => notice(
                Fault::TransactionUnfit,
                "The keeper's transaction was not signed.",
                KEEPER_IDLE,
                "Read the reason below. Lock and unlock the wallet, and the keeper tries again.",
                self,
            ),
        }
    }
}
