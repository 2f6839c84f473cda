//! What would go on, or be cut short, if the application ended now.

use std::time::Duration;

use bithedge_ipc::KeeperView;

use crate::core::Core;
use crate::questions::QuestionWindow;
use crate::session::Session;

/// A yes that is being carried out is waited for so long before the application ends: what a node has to be asked for that takes
/// a second or two. What is not signed by then never is.
const END_PATIENCE: Duration = Duration::from_secs(10);

/// Why a person may not want the application to end now; the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnderWay {
    /// A yes is being carried out: it may be signed at any moment.
    Answer,
    /// The window for words and passphrases is open.
    Secret,
    /// So many transactions, of whichever accounts, are signed and not carried out yet.
    Transactions(usize),
    /// The keeper is on, or stopped until a person has looked at something.
    Keeper,
}

impl UnderWay {
    /// What is under way, in a sentence.
    #[must_use]
    pub fn what(self) -> String {
        match self {
            Self::Answer => "Your yes is being carried out at this moment.".to_owned(),
            Self::Secret => "The window for words and passphrases is open.".to_owned(),
            Self::Transactions(1) => "A transaction is signed and not carried out yet.".to_owned(),
            Self::Transactions(count) => format!("{count} transactions are signed and not carried out yet."),
            Self::Keeper => "The keeper is on.".to_owned(),
        }
    }

    /// What it means for the money if the application ends now, and what can be done.
    #[must_use]
    pub const fn if_it_ends(self) -> &'static str {
        match self {
            Self::Answer => {
                "If BitHedge quits before it is signed, it is not signed and nothing leaves your account. Look at the activity at the next \
                 start before you ask for it again."
            }
            Self::Secret => {
                "New words that you have not confirmed there are forgotten, and no wallet is made of them. Nothing else is lost."
            }
            Self::Transactions(_) => {
                "What a node has is carried out also without BitHedge; what none has yet is sent at the next start. All of it is written \
                 down, and you are told then what became of it."
            }
            Self::Keeper => {
                "While BitHedge is closed, the keeper does nothing. It goes on at the next start, if its time is not over."
            }
        }
    }

    /// Whether it goes on behind a hidden window. What needs an open window does not.
    #[must_use]
    pub const fn goes_on_hidden(self) -> bool {
        !matches!(self, Self::Secret)
    }
}

impl Core {
    /// Waits for a yes that is being carried out, so that ending does not undo it.
    pub(crate) async fn before_the_end(&self) {
        if !self.answers_carried_out(END_PATIENCE).await {
            tracing::warn!("the application ends while an answer is being carried out");
        }
    }

    fn under_way(&self) -> Option<UnderWay> {
        if self.question_window() == QuestionWindow::Busy {
            return Some(UnderWay::Answer);
        }
        let (is_secret_open, running) = {
            let state = self.state();
            (state.secret.is_some(), state.running().cloned())
        };
        if is_secret_open {
            return Some(UnderWay::Secret);
        }
        let running = running?;
        let signed = running.engine.transactions().unsettled();
        let count = signed.iter().filter(|entry| entry.status.is_under_way()).count();
        match (count, running.keeper_view()) {
            (1.., _) => Some(UnderWay::Transactions(count)),
            (0, KeeperView::On { .. } | KeeperView::Stopped { .. }) => Some(UnderWay::Keeper),
            (0, _) => None,
        }
    }
}

impl Session {
    /// Why a person may not want the application to end now, as far as the network that is open tells; `None` if nothing asks for that.
    #[must_use]
    pub fn under_way(&self) -> Option<UnderWay> {
        self.0.core.under_way()
    }

    /// What the window of questions is needed for. It is asked for whenever the session tells of a change.
    #[must_use]
    pub fn question_window(&self) -> QuestionWindow {
        self.0.core.question_window()
    }

    /// Waits for a yes that is being carried out, but not for longer than `patience`; whether none is any more.
    pub async fn answers_carried_out(&self, patience: Duration) -> bool {
        self.0.core.answers_carried_out(patience).await
    }
}
