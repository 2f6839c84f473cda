//! Words for why a wish does not become a transaction.

use bithedge_ipc::{Fault, Notice};

use super::{NOTHING_SENT, Notices, notice, parts};
use crate::intents::quote::QuoteError;
use crate::intents::{DraftError, Finding, ReadError, Refusal, Unknown};
use crate::present::WishError;
use bithedge_stacks::ClientError;
use bithedge_suite::{ContractError, DeploymentError};

/// A contract would refuse.
fn refused(error: ContractError) -> Notice {
    let why = parts(error);
    let remedy = if why.remedy.is_empty() {
        "There is nothing to do now; look again when the situation has changed.".to_owned()
    } else {
        why.remedy
    };
    Notice {
        fault: Fault::ContractRefuses,
        happened: why.happened,
        means: format!("{} Nothing was signed or sent.", why.means),
        remedy,
        detail: error.entry().map_or_else(
            || format!("code u{}", error.code()),
            |entry| format!("{} (u{})", entry.name, entry.code),
        ),
    }
}

fn too_large(error: &impl std::fmt::Display) -> Notice {
    notice(
        Fault::InputUnfit,
        "A figure is too large for the contracts to count with.",
        NOTHING_SENT,
        "Choose smaller figures.",
        error,
    )
}

impl Notices for Finding {
    fn notice(&self) -> Notice {
        match self {
            Self::Refused(error) => refused(*error),
            Self::Aborts => too_large(self),
        }
    }
}

impl Notices for Refusal {
    fn notice(&self) -> Notice {
        let input =
            |happened: String, remedy: &str| notice(Fault::InputUnfit, happened, NOTHING_SENT, remedy, self);
        match self {
            Self::Zero(what) => input(format!("The {what} is zero."), "Enter one above zero."),
            Self::TooLarge { what, .. } => {
                input(format!("The {what} is larger than any transaction can carry."), "Enter a smaller one.")
            }
            Self::OtherNetwork { address } => notice(
                Fault::AccountUnfit,
                format!("The address {address} belongs to another network than the one in use."),
                NOTHING_SENT,
                "Use an address of this network: money sent to another one would be out of reach.",
                self,
            ),
            Self::QuoteExpired { .. } => notice(
                Fault::TooLate,
                "The offer's time is over.",
                NOTHING_SENT,
                "Ask for a new price.",
                self,
            ),
            Self::Balance { asset, has, needs } => notice(
                Fault::FundsShort,
                format!(
                    "The account has {} to spend, and {} is needed.",
                    asset.show(*has),
                    asset.show(*needs)
                ),
                NOTHING_SENT,
                "Choose a smaller amount, or add to the account.",
                self,
            ),
            Self::OtherRecipient { actual, .. } => input(
                format!("This would pay {actual}, and not the account that was meant."),
                "Choose what belongs to this account, or say on purpose for whom it is.",
            ),
            Self::Changed { what } => notice(
                Fault::TermsChanged,
                format!("The {what} on the chain is another one than was shown."),
                NOTHING_SENT,
                "Look at it again, then decide anew.",
                self,
            ),
            Self::Count { what, most, .. } => input(
                format!("Between 1 and {most} {what} fit into one transaction."),
                "Choose fewer, and do the rest in another transaction.",
            ),
            Self::Nothing { what } => notice(
                Fault::ContractRefuses,
                format!("There is nothing to be paid: {what}."),
                NOTHING_SENT,
                "There is nothing to do.",
                self,
            ),
            Self::Unknown(unknown) => unknown.notice(),
        }
    }
}

impl Notices for Unknown {
    fn notice(&self) -> Notice {
        match self {
            Self::Unread(_) => notice(
                Fault::ChainUnreadable,
                "Not everything that is needed could be read from the chain.",
                NOTHING_SENT,
                "Try again.",
                self,
            ),
            Self::Mismatch { .. } => differs(self),
            Self::Deployment(error) => error.notice(),
        }
    }
}

/// The contracts there are not those that this program knows.
fn differs(error: &impl std::fmt::Display) -> Notice {
    notice(
        Fault::SuiteDiffers,
        "The contracts answered something else than BitHedge's contracts do.",
        NOTHING_SENT,
        "Have the network checked before you use it. If its contracts are the right ones, the node is wrong: use another one.",
        error,
    )
}

impl Notices for DeploymentError {
    fn notice(&self) -> Notice {
        match self {
            Self::OtherNetwork { address, .. } => notice(
                Fault::InputUnfit,
                format!("The address {address} belongs to another kind of network."),
                NOTHING_SENT,
                "Enter the address that belongs to this network: SP and SM on mainnet, ST and SN elsewhere.",
                self,
            ),
            Self::NoSbtc(_) => notice(
                Fault::NotDeployed,
                "It is not known which sBTC token this network uses.",
                NOTHING_SENT,
                "Enter the contract of the sBTC token in the settings of the network.",
                self,
            ),
            other => notice(
                Fault::NotDeployed,
                "The place of BitHedge's contracts on this network cannot be used.",
                NOTHING_SENT,
                "Look at the settings of the network.",
                other,
            ),
        }
    }
}

impl Notices for ReadError {
    fn notice(&self) -> Notice {
        match self {
            Self::Client(error) => error.notice(),
            Self::Mismatch(_) => differs(self),
            Self::Unknown(unknown) => unknown.notice(),
            Self::Restless => notice(
                Fault::NodeSlow,
                "The chain moved on each time while it was read.",
                NOTHING_SENT,
                "Try again. If it lasts, use a node that answers faster.",
                self,
            ),
            Self::Endless(_) | Self::Incomplete { .. } => notice(
                Fault::ChainUnreadable,
                "What was read from the chain does not hang together.",
                NOTHING_SENT,
                "Try again. If it lasts, report it.",
                self,
            ),
            Self::Other(_) => notice(
                Fault::ChainUnreadable,
                "The chain could not be read.",
                NOTHING_SENT,
                "Try again. If it lasts, use another node.",
                self,
            ),
        }
    }
}

impl Notices for ClientError {
    fn notice(&self) -> Notice {
        let (fault, happened, remedy) = match self {
            Self::Unreachable { .. } => (
                Fault::NodeUnreachable,
                "The node does not answer.",
                "Check that this computer is connected, and try again. If it lasts, use another node.",
            ),
            Self::Malformed { .. } => (
                Fault::NodeMalformed,
                "The node gave an answer that makes no sense, so it was not used.",
                "If it lasts, use another node: this one may be damaged, or may not be a Stacks node.",
            ),
            Self::NotFound { .. } => (
                Fault::SuiteDiffers,
                "The node does not have what was asked for.",
                "Have the network checked. If its contracts are the right ones, use another node.",
            ),
            Self::Unsupported { .. } => (
                Fault::NotOffered,
                "The node has no Stacks API, which is needed for this.",
                "Use a node with the Stacks API.",
            ),
            Self::WrongChain { .. } => (
                Fault::ChainChanged,
                "The node is on another chain than the one in use.",
                "Check which network is chosen and which node is asked.",
            ),
            Self::StaleTip { .. } => (
                Fault::TipBehind,
                "The node is behind what was already seen of the chain.",
                "Wait until it has caught up, or use another node.",
            ),
            _ => (
                Fault::NodeFailing,
                "The node did not give what was asked for.",
                "Try again. If it lasts, use another node.",
            ),
        };
        let means = match self {
            Self::Uncertain { .. } => {
                "A transaction may have been sent. It is sent again by itself, which cannot carry it out twice."
            }
            _ => "Your money is safe: it is on the chain. Nothing was signed because of this.",
        };
        notice(fault, happened, means, remedy, self)
    }
}

impl Notices for QuoteError {
    fn notice(&self) -> Notice {
        match self {
            Self::Contract(error) => refused(*error),
            Self::TooLarge => too_large(self),
            Self::Unknown(unknown) => unknown.notice(),
        }
    }
}

impl Notices for DraftError {
    fn notice(&self) -> Notice {
        match self {
            Self::Refused(refusal) => refusal.notice(),
            Self::Read(error) => error.notice(),
        }
    }
}

impl Notices for WishError {
    fn notice(&self) -> Notice {
        let (fault, remedy) = match self {
            Self::Address(_) | Self::Principal(_) => {
                (Fault::AccountUnfit, "Copy the address again, from where it comes from.")
            }
            Self::Text { .. } => (Fault::InputUnfit, "Enter a shorter text, of plain letters and signs."),
            Self::Hash => (Fault::InputUnfit, "Enter the 64 hexadecimal digits of a SHA-256."),
            Self::Nothing(_) => (Fault::InputUnfit, "Enter one above zero."),
        };
        let happened = self.to_string();
        let mut letters = happened.chars();
        let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
        notice(fault, format!("{first}{}.", letters.as_str()), NOTHING_SENT, remedy, self)
    }
}
