//! Words for what the network in use says.

use bithedge_ipc::{Fault, Notice};

use super::{NOTHING_SENT, Notices, notice};
use crate::{
    AskError, EngineApproveError, Halted, LookError, NetworkError, OpenError, PageError, ProposeError,
    ReconcileError,
};

impl Notices for Halted {
    fn notice(&self) -> Notice {
        notice(
            Fault::ChainChanged,
            "The node serves another chain than the one that was checked.",
            "Everything is stopped: nothing more is signed or sent. What was on the chain before is not touched by BitHedge.",
            "Open the network again; it is checked anew. If you did not expect this, do not use the node.",
            self,
        )
    }
}

impl Notices for NetworkError {
    fn notice(&self) -> Notice {
        match self {
            Self::Halted(halted) => halted.notice(),
            Self::Unconfirmed(change) => change.notice(),
            Self::StandsStill { since } => notice(
                Fault::TipOld,
                format!(
                    "The node's newest block is of {since}: prices and values at that block are not those of now."
                ),
                NOTHING_SENT,
                "Wait until the node has new blocks, or use another node. If other people see newer blocks, this node has lost them.",
                self,
            ),
            Self::Closed => notice(
                Fault::ChainUnreadable,
                "The network was closed.",
                "Nothing was signed or sent. What is under way goes on by itself.",
                "Open the network again.",
                self,
            ),
        }
    }
}

impl Notices for OpenError {
    fn notice(&self) -> Notice {
        match self {
            Self::NotDeployed(error) => error.notice(),
            Self::Unusable { name, verdicts } => {
                // The last node's reason; each verdict has all of its own.
                let why =
                    verdicts.iter().rev().find_map(|verdict| verdict.problems.first()).map(Notices::notice);
                match why {
                    Some(why) => Notice {
                        happened: format!("The network {name} cannot be used. {}", why.happened),
                        ..why
                    },
                    None => notice(
                        Fault::NodeUnreachable,
                        format!("The network {name} cannot be used."),
                        NOTHING_SENT,
                        "Look at what was found out about each of its nodes.",
                        self,
                    ),
                }
            }
            Self::Folder { .. } => notice(
                Fault::FileUnusable,
                "The folder of this network's files could not be used.",
                "Nothing was sent. Your money is not affected.",
                "Check that the folder named below may be made and written.",
                self,
            ),
            Self::Journal(error) => error.notice(),
            Self::Client(_) => notice(
                Fault::InputUnfit,
                "The node's address cannot be used.",
                NOTHING_SENT,
                "Look at the settings of the network.",
                self,
            ),
        }
    }
}

impl Notices for ProposeError {
    fn notice(&self) -> Notice {
        match self {
            Self::Network(error) => error.notice(),
            Self::Intent(error) => error.notice(),
            Self::WouldFail(findings) => findings.first().map_or_else(
                || {
                    notice(
                        Fault::ContractRefuses,
                        "The contracts would refuse this.",
                        NOTHING_SENT,
                        "Look again when the situation has changed.",
                        self,
                    )
                },
                Notices::notice,
            ),
            Self::Plan(refusal) => refusal.notice(),
            Self::Draft(error) => error.notice(),
        }
    }
}

impl Notices for EngineApproveError {
    fn notice(&self) -> Notice {
        match self {
            Self::Network(error) => error.notice(),
            Self::Approve(error) => error.notice(),
        }
    }
}

impl Notices for LookError {
    fn notice(&self) -> Notice {
        match self {
            Self::Network(error) => error.notice(),
            Self::Sync(error) => error.notice(),
            Self::Watch(error) => error.notice(),
        }
    }
}

impl Notices for AskError {
    fn notice(&self) -> Notice {
        match self {
            Self::Network(error) => error.notice(),
            Self::Read(error) => error.notice(),
            Self::Quote(error) => error.notice(),
        }
    }
}

impl Notices for ReconcileError {
    fn notice(&self) -> Notice {
        match self {
            Self::Network(error) => error.notice(),
            Self::Reconciliation(error) => error.notice(),
        }
    }
}

impl Notices for PageError {
    fn notice(&self) -> Notice {
        match self {
            Self::Network(error) => error.notice(),
            Self::Books(error) => error.notice(),
            Self::View(error) => error.notice(),
        }
    }
}
