//! Something that a page asked for: from the button to the block.

use bithedge_ipc::{Notice, Proposed, TransactionStage, TransactionStatus, Wish};
use leptos::prelude::*;

use super::{SessionState, TransactionsState};
use crate::api::{self, Answer};

/// Where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProposalStage {
    /// Nothing was asked for, or it was put away.
    Idle,
    /// The core is preparing the question.
    Preparing,
    /// The core would not.
    Refused(Notice),
    /// The question waits in its own window.
    Asking,
    /// The window of the question was closed, and nothing was signed.
    Closed,
    /// It was signed, and is on its way.
    UnderWay(TransactionStatus),
    /// It had its effect.
    Done(TransactionStatus),
    /// It had none: it failed, was dropped, replaced, refused, or came too late.
    Ended(TransactionStatus),
}

impl ProposalStage {
    /// Whether something is under way, so that nothing else should be asked for in its place.
    pub(crate) const fn is_busy(&self) -> bool {
        matches!(self, Self::Preparing | Self::Asking | Self::UnderWay(_))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Idle,
    Preparing,
    Refused(Notice),
    Asked(u64),
}

/// Something that a page asks for, one at a time.
#[derive(Clone, Copy)]
pub(crate) struct Proposal {
    step: RwSignal<Step>,
    /// Whether the question has been seen open: before, its absence means nothing.
    seen: RwSignal<bool>,
    stage: Memo<ProposalStage>,
}

impl Proposal {
    /// Nothing yet. Belongs to the page that makes it.
    pub(crate) fn new() -> Self {
        let session = expect_context::<SessionState>();
        let transactions = expect_context::<TransactionsState>();
        let step = RwSignal::new(Step::Idle);
        let seen = RwSignal::new(false);
        let open = session.question();
        Effect::new(move |_| {
            if let Step::Asked(id) = step.get()
                && open.get() == Some(id)
            {
                seen.set(true);
            }
        });
        let stage = Memo::new(move |_| match step.get() {
            Step::Idle => ProposalStage::Idle,
            Step::Preparing => ProposalStage::Preparing,
            Step::Refused(notice) => ProposalStage::Refused(notice),
            Step::Asked(id) => {
                let is_open = open.get() == Some(id) || !seen.get();
                stage_of(transactions.status(id), is_open)
            }
        });
        Self { step, seen, stage }
    }

    /// Asks for a wish.
    pub(crate) fn propose(self, wish: Wish) {
        self.run(async move { api::propose(wish, None).await });
    }

    /// Asks for whatever `question` asks for.
    pub(crate) fn run(self, question: impl Future<Output = Answer<Proposed>> + 'static) {
        if self.stage.get_untracked().is_busy() {
            return;
        }
        self.seen.set(false);
        self.step.set(Step::Preparing);
        leptos::task::spawn_local(async move {
            let step = match question.await {
                Ok(Proposed { question }) => Step::Asked(question),
                Err(error) => Step::Refused(error.notice()),
            };
            // The page may have been left; the question is open all the same.
            let _ = self.step.try_set(step);
        });
    }

    /// Puts the outcome away.
    pub(crate) fn dismiss(self) {
        if !self.stage.get_untracked().is_busy() {
            self.step.set(Step::Idle);
        }
    }

    /// Where it is.
    pub(crate) fn stage(self) -> Memo<ProposalStage> {
        self.stage
    }

    /// Whether something is under way.
    pub(crate) fn is_busy(self) -> Signal<bool> {
        Signal::derive(move || self.stage.with(ProposalStage::is_busy))
    }
}

fn stage_of(status: Option<TransactionStatus>, is_open: bool) -> ProposalStage {
    use TransactionStage as Stage;
    match status {
        Some(status) => match status.stage {
            Stage::Presented if is_open => ProposalStage::Asking,
            Stage::Presented => ProposalStage::Closed,
            Stage::Approved | Stage::Signed | Stage::Broadcast | Stage::Pending => {
                ProposalStage::UnderWay(status)
            }
            Stage::Confirmed => ProposalStage::Done(status),
            Stage::Refused => ProposalStage::Closed,
            Stage::Failed | Stage::Dropped | Stage::Replaced | Stage::Expired => ProposalStage::Ended(status),
        },
        None if is_open => ProposalStage::Asking,
        None => ProposalStage::Closed,
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::Words;

    use super::*;

    fn at(stage: TransactionStage) -> TransactionStatus {
        let words = Words { happened: String::new(), means: String::new(), remedy: String::new() };
        TransactionStatus { stage, block: None, replaced_by: None, contract_code: None, words }
    }

    #[test]
    fn a_question_that_is_gone_without_a_signature_is_closed() {
        assert_eq!(stage_of(None, true), ProposalStage::Asking);
        assert_eq!(stage_of(None, false), ProposalStage::Closed);
        assert_eq!(stage_of(Some(at(TransactionStage::Presented)), true), ProposalStage::Asking);
        assert_eq!(stage_of(Some(at(TransactionStage::Presented)), false), ProposalStage::Closed);
        assert_eq!(stage_of(Some(at(TransactionStage::Refused)), false), ProposalStage::Closed);
    }

    #[test]
    fn what_was_signed_is_busy_until_the_chain_has_said_something() {
        use TransactionStage as Stage;
        for stage in [Stage::Approved, Stage::Signed, Stage::Broadcast, Stage::Pending] {
            assert!(stage_of(Some(at(stage)), false).is_busy(), "{stage:?}");
        }
        for stage in [Stage::Confirmed, Stage::Failed, Stage::Dropped, Stage::Replaced, Stage::Expired] {
            assert!(!stage_of(Some(at(stage)), false).is_busy(), "{stage:?}");
        }
        assert_eq!(stage_of(Some(at(Stage::Confirmed)), false), ProposalStage::Done(at(Stage::Confirmed)));
    }
}
