//! The words for each problem with the chain: what happened, what it means for the money, what to do.

use bithedge_ipc::{Fault, Notice};
use bithedge_protocol::Seconds;

use super::reading::ReadingError;
use super::source::SourceError;

/// What a notice needs to know of the situation.
pub(super) struct Situation<'a> {
    pub(super) endpoint: &'a str,
    /// Whether balances of an earlier reading are on show.
    pub(super) has_values: bool,
}

impl Situation<'_> {
    fn means(&self) -> String {
        if self.has_values {
            "Your money is safe: it is on the chain, not in this window. The balances shown are the last ones read \
             and may have changed since."
        } else {
            "Your money is safe: it is on the chain, not in this window. Balances appear once the chain can be read."
        }
        .to_owned()
    }

    /// A reading failed.
    pub(super) fn failed(&self, error: &ReadingError) -> Notice {
        let endpoint = self.endpoint;
        let detail = error.to_string();
        let (fault, happened, remedy) = match error {
            ReadingError::Source(SourceError::Unreachable(_)) => (
                Fault::NodeUnreachable,
                format!("The node at {endpoint} does not answer."),
                "Check that the node is running and that this computer is connected. BitHedge keeps trying.",
            ),
            ReadingError::Source(SourceError::TimedOut(_)) | ReadingError::TipMoved => {
                return self.slow(detail);
            }
            ReadingError::Source(SourceError::Failing(_)) => (
                Fault::NodeFailing,
                format!("The node at {endpoint} reports that it cannot serve."),
                "This usually passes by itself, and BitHedge keeps trying. If it lasts, use another node.",
            ),
            ReadingError::Source(SourceError::Malformed(_)) => (
                Fault::NodeMalformed,
                format!("The node at {endpoint} gave an answer that makes no sense, so it was not used."),
                "If it lasts, use another node: this one may be damaged, or may not be a Stacks node.",
            ),
            ReadingError::TipBehind { tip, seen } => (
                Fault::TipBehind,
                format!("The node at {endpoint} has gone back to block {tip}, after it was at block {seen}."),
                "This usually passes by itself, and BitHedge keeps trying. If it lasts, use another node; if the chain \
                 was started anew, close BitHedge and open it again.",
            ),
            ReadingError::IndexBehind { tip, .. } => (
                Fault::IndexBehind,
                format!(
                    "The node at {endpoint} is at block {tip}, but its list of blocks does not have that one yet."
                ),
                "This usually passes by itself, and BitHedge keeps trying. If it lasts, use another node.",
            ),
            ReadingError::ChainChanged { expected, found } => {
                return Notice {
                    fault: Fault::ChainChanged,
                    happened: format!(
                        "The node at {endpoint} now follows another chain: {found} instead of {expected}."
                    ),
                    means: "Your money is safe. Nothing of the other chain is shown: the balances are the last ones \
                            of the first chain."
                        .to_owned(),
                    remedy: "Check which node this is. If the change is meant, close BitHedge and open it again."
                        .to_owned(),
                    detail,
                };
            }
        };
        Notice { fault, happened, means: self.means(), remedy: remedy.to_owned(), detail }
    }

    /// There was no complete reading for some time.
    pub(super) fn slow(&self, detail: String) -> Notice {
        Notice {
            fault: Fault::NodeSlow,
            happened: format!("The node at {} answers too slowly for a complete reading.", self.endpoint),
            means: self.means(),
            remedy:
                "This usually passes by itself, and BitHedge keeps trying. If it lasts, use another node."
                    .to_owned(),
            detail,
        }
    }

    /// The node says that it is behind the chain.
    pub(super) fn not_synced(&self) -> Notice {
        Notice {
            fault: Fault::NodeSyncing,
            happened: format!("The node at {} has not caught up with the chain.", self.endpoint),
            means: "Your money is safe. The balances are right as of the block shown; anything newer is not visible here."
                .to_owned(),
            remedy: "Wait until the node has caught up, or use another node.".to_owned(),
            detail: "is_fully_synced is false".to_owned(),
        }
    }

    /// The newest block is old.
    pub(super) fn tip_old(&self, age: Seconds) -> Notice {
        Notice {
            fault: Fault::TipOld,
            happened: format!("The newest block at {} is {age} old.", self.endpoint),
            means: "Your money is safe. The balances are right as of that block; anything newer is not visible here."
                .to_owned(),
            remedy: "Wait, or use another node: this one may have stopped following the chain.".to_owned(),
            detail: String::new(),
        }
    }
}
