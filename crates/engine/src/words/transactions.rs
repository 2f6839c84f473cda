//! Words for why something was not signed, not sent, or not watched.

use bithedge_ipc::{Fault, Notice};
use bithedge_protocol::MicroStx as Stx;

use super::{NOTHING_SENT, Notices, notice};
use crate::transactions::{
    ApproveError, ChainError, DraftError, FeeError, JournalError, ReviewError, SendError, SignatureMismatch,
    SignerError, WatchError,
};

/// What a defect means: the transaction is not as it was meant.
const DEFECT: &str = "Do not try to do the same elsewhere. Look for a newer version of BitHedge, and report this with the detail \
                      below.";

fn stx(micro: u128) -> String {
    Stx::new(micro).to_string()
}

impl Notices for ChainError {
    fn notice(&self) -> Notice {
        match self {
            Self::Unavailable(_) => notice(
                Fault::ChainUnreadable,
                "The chain could not be read.",
                "Nothing new was signed. What was sent before goes on by itself, and is looked at again later.",
                "Check the connection and try again. If it lasts, use another node.",
                self,
            ),
            Self::NotOffered(_) => notice(
                Fault::NotOffered,
                "The node has no Stacks API, which is needed for this.",
                "Your money is not affected; this node only cannot tell what became of it.",
                "Use a node with the Stacks API.",
                self,
            ),
            Self::Stopped(_) => notice(
                Fault::ChainChanged,
                "The network is not used any more: it is another chain than the one that was checked, or it was closed.",
                "Nothing more is signed, sent or believed. What is under way on the chain goes on by itself.",
                "Open the network again; it is checked anew.",
                self,
            ),
        }
    }
}

impl Notices for SendError {
    fn notice(&self) -> Notice {
        match self {
            Self::Rejected(_) => notice(
                Fault::TransactionUnfit,
                "The node refused the transaction.",
                "Nothing moved and no fee was taken.",
                "Read the reason below. What it says is missing has to be put right before the same is tried again.",
                self,
            ),
            Self::NotDelivered(_) => notice(
                Fault::NodeUnreachable,
                "The transaction reached no node.",
                "Nothing moved. It is written down, and the same transaction is sent again by itself.",
                "Check the connection. Do not make the same transaction again.",
                self,
            ),
            Self::Uncertain(_) => notice(
                Fault::ChainUnreadable,
                "It is not known whether the node got the transaction.",
                "It may be carried out. It is written down, and the same transaction is sent again until that is known, which \
                 cannot carry it out twice.",
                "Wait. Do not make the same transaction again.",
                self,
            ),
        }
    }
}

impl Notices for ReviewError {
    fn notice(&self) -> Notice {
        let defect = |happened: &str| notice(Fault::TransactionUnfit, happened, NOTHING_SENT, DEFECT, self);
        match self {
            Self::Build(_) => defect("The transaction could not be written as a node would read it."),
            Self::ReadBack(_) => defect("The transaction could not be read again after it was written."),
            Self::Differs(_) => {
                defect("The transaction reads as another one than was meant, so it is not presented.")
            }
            Self::Kind(_) => defect("This is a kind of transaction that BitHedge never signs."),
            Self::Unbounded { .. } => defect(
                "Nothing in the transaction limits how much would leave the account, so it is not presented.",
            ),
            Self::MoreThanSaid { .. } => defect(
                "More could leave the account than the words about the transaction say, so it is not presented.",
            ),
            Self::Account { account } => notice(
                Fault::AccountUnfit,
                format!("The account {account} cannot sign on this network."),
                NOTHING_SENT,
                "Choose an account of the network in use.",
                self,
            ),
            Self::NotCancellable => notice(
                Fault::TransactionUnfit,
                "A transfer cannot be made to fail, so it cannot be cancelled in this way.",
                "The transfer that is under way goes on.",
                "Put another transaction in its place instead.",
                self,
            ),
        }
    }
}

impl Notices for FeeError {
    fn notice(&self) -> Notice {
        match self {
            Self::AboveCeiling { needed, ceiling } => notice(
                Fault::FeeTooHigh,
                format!(
                    "The network asks for a fee of {} now, and at most {} is paid.",
                    stx(needed.micro().into()),
                    stx(ceiling.micro().into())
                ),
                NOTHING_SENT,
                "Wait until the network is less busy, then try again.",
                self,
            ),
            Self::Overflow => notice(
                Fault::NodeMalformed,
                "The node asks for a fee that cannot be.",
                NOTHING_SENT,
                "Use another node: this one may be damaged.",
                self,
            ),
        }
    }
}

impl Notices for DraftError {
    fn notice(&self) -> Notice {
        let in_the_way = |happened: String, remedy: &str| {
            notice(Fault::TransactionInTheWay, happened, NOTHING_SENT, remedy, self)
        };
        match self {
            Self::Chain(error) => error.notice(),
            Self::OtherChain { .. } => other_chain(self),
            Self::Review(error) => error.notice(),
            Self::Fee(error) => error.notice(),
            Self::TooLate(_) => notice(
                Fault::TooLate,
                "The time for this is over: its terms hold no longer.",
                NOTHING_SENT,
                "Ask for new terms.",
                self,
            ),
            Self::InsufficientFunds { needed, available } => notice(
                Fault::FundsShort,
                format!(
                    "The account has {} to spend, and {} is needed for this and for what is under way.",
                    stx(*available),
                    stx(*needed)
                ),
                NOTHING_SENT,
                "Add STX to the account, choose a smaller amount, or wait until what is under way is done.",
                self,
            ),
            Self::NotReplaceable(id) => in_the_way(
                format!("Transaction {id} is not under way, so nothing can take its place."),
                "Look at what became of it in the activity.",
            ),
            Self::Overtaken(id) => in_the_way(
                format!(
                    "Transaction {id} cannot be replaced any more: it, or another one in its place, was mined."
                ),
                "Look at what became of it in the activity before you repeat it.",
            ),
            Self::Superseded { earlier, by } => in_the_way(
                format!(
                    "Transaction {by} stands in the place of transaction {earlier} now, and would be put out of it."
                ),
                "Wait for that one, or replace or cancel it.",
            ),
            Self::Unresolved(id) => in_the_way(
                format!("Transaction {id} was given up and may still be mined: the same could happen twice."),
                "Repeat it in its own place, or cancel it, in the activity.",
            ),
            Self::FoundWaiting { count } => in_the_way(
                match count {
                    1 => "A transaction of this account was found waiting that BitHedge did not know."
                        .to_owned(),
                    _ => format!(
                        "{count} transactions of this account were found waiting that BitHedge did not know."
                    ),
                },
                "They were signed before the list of your transactions was lost, or with another wallet, and may be this very \
                 wish. Look at them in the activity. If this is something else, confirm there that you have seen them, and ask for it \
                 again; or wait until they are done.",
            ),
            Self::TakenElsewhere(nonce) => in_the_way(
                format!(
                    "Another wallet's transaction with number {nonce} of this account is waiting, and would be put out."
                ),
                "Wait until it is mined, or deal with it in that wallet.",
            ),
            Self::OtherAccount(id) => in_the_way(
                format!("Transaction {id} belongs to another account, so this cannot take its place."),
                "Choose the account that sent it.",
            ),
            Self::OtherWish(id) => in_the_way(
                format!("Transaction {id} is for something else, so this would not repeat it."),
                "Cancel that transaction in the activity if it is no longer wanted, then ask for this again.",
            ),
            Self::AlreadyAsked(id) => in_the_way(
                format!("A replacement of transaction {id} is waiting for an answer already."),
                "Answer that question first.",
            ),
            Self::NoNonce => notice(
                Fault::AccountUnfit,
                "The account has no transaction number left, or the node says so.",
                NOTHING_SENT,
                "Use another node: this one may be damaged. If it is right, use another account.",
                self,
            ),
            Self::Journal(error) => error.notice(),
        }
    }
}

fn other_chain(error: &impl std::fmt::Display) -> Notice {
    notice(
        Fault::ChainChanged,
        "The node is on another chain than the transaction is for.",
        NOTHING_SENT,
        "Check which network is chosen and which node is asked. Send nothing there until that is clear.",
        error,
    )
}

impl Notices for ApproveError {
    fn notice(&self) -> Notice {
        match self {
            Self::Unknown(_) => notice(
                Fault::QuestionGone,
                "There is no such question any more: it was answered, withdrawn, or forgotten when BitHedge was closed.",
                NOTHING_SENT,
                "Look in the activity whether it was sent. If it was not, ask for it anew.",
                self,
            ),
            Self::AlreadyApproved(_) => notice(
                Fault::QuestionGone,
                "This was approved already.",
                "It is carried out once, not twice.",
                "There is nothing to do. What becomes of it is in the activity.",
                self,
            ),
            Self::OtherDigest => notice(
                Fault::TransactionUnfit,
                "What was approved is not what was asked about.",
                NOTHING_SENT,
                "Read the question again before you answer it. If this comes again, close BitHedge and open it again.",
                self,
            ),
            Self::Expired(_) => notice(
                Fault::TooLate,
                "The time for the answer is over.",
                NOTHING_SENT,
                "Ask for it anew.",
                self,
            ),
            Self::OtherChain { .. } => other_chain(self),
            Self::TermsChanged(_) => notice(
                Fault::TermsChanged,
                "The chain has moved on, so the transaction would have had other terms.",
                NOTHING_SENT,
                "There is a new question with the new terms. Read it and answer it.",
                self,
            ),
            Self::Overtaken(reason) => {
                let reason = reason.notice();
                Notice {
                    happened: format!("The chain has moved on, so this was not signed. {}", reason.happened),
                    ..reason
                }
            }
            Self::Chain(error) => {
                let why = error.notice();
                Notice {
                    means: NOTHING_SENT.to_owned(),
                    remedy: format!("{} The question still stands.", why.remedy),
                    ..why
                }
            }
            Self::Signer(error) => error.notice(),
            Self::Signature(error) => error.notice(),
            // Only of a full disk is it known that nothing was kept.
            Self::Journal(error @ (JournalError::Unusable { .. } | JournalError::Damaged { .. })) => Notice {
                means: "It was not sent. If the disk kept the record after all, it is sent when BitHedge is opened the next time."
                    .to_owned(),
                remedy: "Have the disk looked at, then close BitHedge and open it again. Look in the activity whether it is \
                         there, and do not do the same elsewhere before."
                    .to_owned(),
                ..error.notice()
            },
            Self::Journal(error) => {
                let why = error.notice();
                Notice {
                    means: "It was not sent, and the signature was thrown away. Your money is where it was."
                        .to_owned(),
                    remedy: format!("{} The question still stands.", why.remedy),
                    ..why
                }
            }
        }
    }
}

impl Notices for SignatureMismatch {
    fn notice(&self) -> Notice {
        let happened = match self {
            Self::OtherBytes => "Something else was signed than what was approved. It was thrown away.",
            Self::Invalid(_) => "The signature is not the account's. It was thrown away.",
        };
        notice(
            Fault::ComputerFault,
            happened,
            "Nothing was sent. Your money is where it was.",
            "Sign nothing more on this computer until it is known why: its memory may be damaged, or somebody may have changed \
             BitHedge.",
            self,
        )
    }
}

impl Notices for SignerError {
    fn notice(&self) -> Notice {
        match self {
            Self::Locked => notice(
                Fault::WalletLocked,
                "The wallet is locked, so the transaction was not signed.",
                NOTHING_SENT,
                "Unlock the wallet, then approve it again: the question still stands.",
                self,
            ),
            Self::UnknownAccount(address) => notice(
                Fault::AccountUnfit,
                format!("The account {address} is not in this wallet, so the transaction was not signed."),
                NOTHING_SENT,
                "Choose an account of this wallet.",
                self,
            ),
            Self::WatchOnly(address) => notice(
                Fault::AccountUnfit,
                format!(
                    "The account {address} is only watched: its key is elsewhere, so the transaction was not signed."
                ),
                NOTHING_SENT,
                "Use the wallet that has its key, or another account.",
                self,
            ),
            Self::OtherNetwork { .. } => notice(
                Fault::ChainChanged,
                "The transaction is for another chain than the wallet is used on, so it was not signed.",
                NOTHING_SENT,
                "Check which network is chosen, and ask for it anew.",
                self,
            ),
            Self::Other(_) => notice(
                Fault::TransactionUnfit,
                "The wallet did not sign the transaction.",
                NOTHING_SENT,
                "Read the reason below. Lock and unlock the wallet, then try again.",
                self,
            ),
        }
    }
}

impl Notices for JournalError {
    fn notice(&self) -> Notice {
        match self {
            Self::InUse { .. } => notice(
                Fault::FileInUse,
                "Another BitHedge is using the list of your transactions.",
                "Your money is not affected. Two programs with one account could send against each other.",
                "Use the BitHedge that is open already, or close it first.",
                self,
            ),
            Self::Newer { .. } => notice(
                Fault::FileNewer,
                "The list of your transactions was written by a later version of BitHedge.",
                "Transactions may be under way that this version cannot see. They go on by themselves.",
                "Install the later version and use that. Do not repeat what was sent last.",
                self,
            ),
            Self::OtherChain { .. } => notice(
                Fault::ChainChanged,
                "The list of your transactions is about another chain.",
                "Nothing of it was used or changed.",
                "Check which network is chosen.",
                self,
            ),
            Self::Damaged { .. } => notice(
                Fault::FileDamaged,
                "The list of your transactions is damaged.",
                "Your money is on the chain and not lost. But transactions may be under way that BitHedge does not know any more.",
                "Do not repeat what you sent last. Set the file aside; before anything new is signed for an account, BitHedge then \
                 asks the chain what that account has waiting. What no node tells of stays unknown: look at a block explorer.",
                self,
            ),
            Self::Full { .. } => notice(
                Fault::DiskFull,
                "The disk is full, so it could not be written down what was to be sent.",
                NOTHING_SENT,
                "Make room on the disk, then try again.",
                self,
            ),
            Self::Unusable { .. } => notice(
                Fault::FileUnusable,
                "The list of your transactions could not be read or written.",
                "Nothing new was sent. What was sent before goes on by itself.",
                "Check that the file named below may be written and that the disk is in order, then try again.",
                self,
            ),
            Self::Closed => notice(
                Fault::FileInUse,
                "The list of your transactions was closed, because the network was.",
                "Nothing new was signed or sent. What is under way goes on by itself.",
                "Open the network again.",
                self,
            ),
        }
    }
}

impl Notices for WatchError {
    fn notice(&self) -> Notice {
        match self {
            Self::Chain(error) => {
                let why = error.notice();
                Notice {
                    means:
                        "What is under way goes on by itself; only the window does not know how far it is."
                            .to_owned(),
                    ..why
                }
            }
            Self::OtherChain { .. } => notice(
                Fault::ChainChanged,
                "The node is on another chain than your transactions.",
                "Nothing that it says is used. What is under way on the right chain goes on by itself.",
                "Check which network is chosen and which node is asked.",
                self,
            ),
            Self::Journal(error) => error.notice(),
        }
    }
}
