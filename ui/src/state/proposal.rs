//! Something that a page asked for: from the button to the block.

use std::time::Duration;

use bithedge_ipc::{
    Notice, PageAnswer, PageQuery, Proposed, TransactionStage, TransactionStatus, TransactionsPage, Wish,
    Words,
};
use leptos::prelude::*;

use super::{SessionState, TransactionsState};
use crate::api::{self, Answer};

/// A question that has not been seen open after so long is looked for in what was signed.
const UNSEEN: Duration = Duration::from_secs(5);
/// What became of a question is asked for again after so long, until it is known.
const ASK_AGAIN: Duration = Duration::from_secs(2);

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
    /// The question is over. What became of it has not been told: it may be signed.
    Unclear,
    /// The question is over without a yes, and nothing was signed: the core said so, in words, or it is not among what was signed.
    Closed(Option<Words>),
    /// It was signed, and is on its way.
    UnderWay(TransactionStatus),
    /// Another transaction takes its place; with where that one is, if it was told.
    Replaced {
        /// It.
        status: TransactionStatus,
        /// The other one.
        by: Option<TransactionStatus>,
    },
    /// No node has it, and it may be carried out all the same.
    Uncertain(TransactionStatus),
    /// It had its effect.
    Done(TransactionStatus),
    /// It had none and will have none: it failed, or came too late.
    Ended(TransactionStatus),
}

impl ProposalStage {
    /// Whether something is under way, so that nothing else should be asked for in its place.
    pub(crate) fn is_busy(&self) -> bool {
        match self {
            Self::Preparing | Self::Asking | Self::Unclear | Self::UnderWay(_) => true,
            Self::Replaced { by, .. } => !by.as_ref().is_some_and(is_mined),
            Self::Idle
            | Self::Refused(_)
            | Self::Closed(_)
            | Self::Uncertain(_)
            | Self::Done(_)
            | Self::Ended(_) => false,
        }
    }

    /// Whether what was signed may be carried out after all, although nothing keeps from asking for the same again.
    pub(crate) const fn may_come_yet(&self) -> bool {
        matches!(self, Self::Uncertain(_))
    }

    /// Whether a person may put it away: also what was replaced by something that this window never heard of, or never will.
    pub(crate) fn can_be_put_away(&self) -> bool {
        !self.is_busy() || matches!(self, Self::Replaced { .. } | Self::Unclear)
    }
}

fn is_mined(status: &TransactionStatus) -> bool {
    matches!(status.stage, TransactionStage::Confirmed | TransactionStage::Failed)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Idle,
    Preparing,
    Refused(Notice),
    Asked(u64),
}

/// What the list of what was signed says of a question that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum LookedUp {
    /// It has not been asked, or gave no answer.
    Not,
    /// It is in it.
    Signed(TransactionStatus),
    /// It is not in it.
    NotSigned,
}

impl LookedUp {
    fn of(page: &TransactionsPage, id: u64) -> Self {
        if let Some(signed) = page.transactions.iter().find(|signed| signed.id == id) {
            return Self::Signed(signed.status.clone());
        }
        // Newest first: if the list goes back beyond it, or is whole, it is not in it.
        let goes_back = page.transactions.last().is_some_and(|last| last.id < id);
        if goes_back || !page.more { Self::NotSigned } else { Self::Not }
    }
}

/// Something that a page asks for, one at a time.
#[derive(Clone, Copy)]
pub(crate) struct Proposal {
    step: RwSignal<Step>,
    /// Whether the question has been seen open: before, its absence means nothing.
    seen: RwSignal<bool>,
    /// What was found out about the question of the present step.
    looked_up: RwSignal<LookedUp>,
    stage: Memo<ProposalStage>,
}

impl Proposal {
    /// Nothing yet. Belongs to the page that makes it.
    pub(crate) fn new() -> Self {
        let session = expect_context::<SessionState>();
        let transactions = expect_context::<TransactionsState>();
        let step = RwSignal::new(Step::Idle);
        let seen = RwSignal::new(false);
        let looked_up = RwSignal::new(LookedUp::Not);
        let open = session.question();
        let anew = session.part(|session| session.asked_anew_for.zip(session.question));
        Effect::new(move |_| {
            let Step::Asked(id) = step.get() else { return };
            if open.get() == Some(id) {
                seen.set(true);
                looked_up.set(LookedUp::Not);
            }
            // Its terms had changed: the same is asked by another question.
            if let Some((_, new)) = anew.get().flatten().filter(|(before, _)| *before == id) {
                step.set(Step::Asked(new));
            }
        });
        let stage = Memo::new(move |_| match step.get() {
            Step::Idle => ProposalStage::Idle,
            Step::Preparing => ProposalStage::Preparing,
            Step::Refused(notice) => ProposalStage::Refused(notice),
            Step::Asked(id) => {
                let is_open = open.get() == Some(id) || !seen.get();
                stage_of(transactions.status(id), is_open, &looked_up.get(), |txid| {
                    transactions.status_of(txid)
                })
            }
        });
        let is_unclear = Memo::new(move |_| match step.get() {
            Step::Asked(id) if stage.with(|stage| *stage == ProposalStage::Unclear) => Some(id),
            _ => None,
        });
        Effect::new(move |_| {
            if let Some(id) = is_unclear.get() {
                look_up(id, is_unclear, looked_up);
            }
        });
        Self { step, seen, looked_up, stage }
    }

    /// Asks for a wish.
    pub(crate) fn propose(self, wish: Wish) {
        self.run(async move { api::propose(wish, None).await });
    }

    /// Asks for whatever `question` asks for; nothing, if its page was left.
    pub(crate) fn run(self, question: impl Future<Output = Answer<Proposed>> + 'static) {
        if self.stage.try_get_untracked().is_none_or(|stage| stage.is_busy()) {
            return;
        }
        self.seen.set(false);
        self.looked_up.set(LookedUp::Not);
        self.step.set(Step::Preparing);
        leptos::task::spawn_local(async move {
            let step = match question.await {
                Ok(Proposed { question }) => Step::Asked(question),
                Err(error) => Step::Refused(error.notice()),
            };
            // The page may have been left; the question is open all the same.
            let _ = self.step.try_set(step.clone());
            set_timeout(move || self.look_no_longer(&step), UNSEEN);
        });
    }

    /// Whether or not the question was seen open, it is looked for elsewhere now: that which was asked then, and none that was asked since.
    fn look_no_longer(self, asked: &Step) {
        if self.step.try_get_untracked().as_ref() == Some(asked) {
            let _ = self.seen.try_set(true);
        }
    }

    /// Puts the outcome away.
    pub(crate) fn dismiss(self) {
        if self.stage.try_get_untracked().is_some_and(|stage| stage.can_be_put_away()) {
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

    /// The number of the transaction that it is about, or would be.
    pub(crate) fn transaction(self) -> Signal<Option<u64>> {
        Signal::derive(move || match self.step.get() {
            Step::Asked(id) => Some(id),
            Step::Idle | Step::Preparing | Step::Refused(_) => None,
        })
    }
}

/// Asks what was signed, again and again as long as nobody knows and the page is there.
fn look_up(id: u64, is_unclear: Memo<Option<u64>>, looked_up: RwSignal<LookedUp>) {
    leptos::task::spawn_local(async move {
        let answer = api::page(PageQuery::Transactions { before: None }).await;
        if is_unclear.try_get_untracked().flatten() != Some(id) {
            return;
        }
        let found = match answer {
            Ok(PageAnswer::Transactions(page)) => LookedUp::of(&page, id),
            _ => LookedUp::Not,
        };
        if found != LookedUp::Not {
            let _ = looked_up.try_set(found);
            return;
        }
        set_timeout(
            move || {
                if is_unclear.try_get_untracked().flatten() == Some(id) {
                    look_up(id, is_unclear, looked_up);
                }
            },
            ASK_AGAIN,
        );
    });
}

fn stage_of(
    status: Option<TransactionStatus>,
    is_open: bool,
    looked_up: &LookedUp,
    other: impl FnOnce(&str) -> Option<TransactionStatus>,
) -> ProposalStage {
    use TransactionStage as Stage;
    let untold = status.as_ref().is_none_or(|status| status.stage == Stage::Presented);
    let status = match (status, looked_up) {
        _ if untold && is_open => return ProposalStage::Asking,
        // That nothing was told does not mean that nothing was signed: what tells of it may come later, or be missed.
        (_, LookedUp::Not) if untold => return ProposalStage::Unclear,
        (_, LookedUp::NotSigned) if untold => return ProposalStage::Closed(None),
        (_, LookedUp::Signed(status)) if untold => status.clone(),
        (Some(status), _) => status,
        (None, _) => return ProposalStage::Unclear,
    };
    match status.stage {
        Stage::Presented => ProposalStage::Unclear,
        Stage::Approved | Stage::Signed | Stage::Broadcast | Stage::Pending => {
            ProposalStage::UnderWay(status)
        }
        Stage::Confirmed => ProposalStage::Done(status),
        Stage::Refused => ProposalStage::Closed(Some(status.words)),
        Stage::Replaced => {
            let by = status.replaced_by.as_deref().and_then(other);
            ProposalStage::Replaced { status, by }
        }
        Stage::Dropped => ProposalStage::Uncertain(status),
        Stage::Failed | Stage::Expired => ProposalStage::Ended(status),
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{TransactionPurpose, TransactionView, Words};
    use bithedge_protocol::{MicroStx, UnixSeconds};

    use super::*;

    fn at(stage: TransactionStage) -> TransactionStatus {
        let words = Words { happened: String::new(), means: String::new(), remedy: String::new() };
        TransactionStatus { stage, block: None, replaced_by: None, contract_code: None, words }
    }

    fn signed(id: u64, stage: TransactionStage) -> TransactionView {
        TransactionView {
            id,
            txid: String::new(),
            account: String::new(),
            nonce: id,
            fee: MicroStx::ZERO,
            purpose: TransactionPurpose::Call,
            intent: String::new(),
            title: String::new(),
            commits_to: None,
            sentences: Vec::new(),
            leaves: Vec::new(),
            arrives: Vec::new(),
            signed_at: UnixSeconds::new(0),
            status: at(stage),
            is_settled: false,
            can_be_replaced: false,
            fee_can_be_raised: false,
            receipt: None,
            open_alarms: Vec::new(),
        }
    }

    /// Of a question that is over.
    fn over(status: Option<TransactionStatus>, looked_up: &LookedUp) -> ProposalStage {
        stage_of(status, false, looked_up, |_| None)
    }

    #[test]
    fn silence_is_no_answer() {
        use TransactionStage as Stage;
        for status in [None, Some(at(Stage::Presented))] {
            let open = stage_of(status.clone(), true, &LookedUp::Not, |_| None);
            assert_eq!(open, ProposalStage::Asking);
            let unclear = over(status.clone(), &LookedUp::Not);
            assert_eq!(unclear, ProposalStage::Unclear);
            assert!(unclear.is_busy() && unclear.can_be_put_away());
            // The list of what was signed knows.
            assert_eq!(over(status.clone(), &LookedUp::NotSigned), ProposalStage::Closed(None));
            let signed = LookedUp::Signed(at(Stage::Pending));
            assert_eq!(over(status, &signed), ProposalStage::UnderWay(at(Stage::Pending)));
        }
        // Whether somebody said no or nobody answered, the core says.
        let refused = at(Stage::Refused);
        let closed = ProposalStage::Closed(Some(refused.words.clone()));
        assert_eq!(over(Some(refused), &LookedUp::Not), closed);
        // What was told counts more than what was looked up before.
        let told = over(Some(at(Stage::Confirmed)), &LookedUp::Signed(at(Stage::Pending)));
        assert_eq!(told, ProposalStage::Done(at(Stage::Confirmed)));
        // Approved, and the window is gone: it is being signed.
        assert!(over(Some(at(Stage::Approved)), &LookedUp::NotSigned).is_busy());
    }

    #[test]
    fn only_a_list_that_goes_back_far_enough_says_that_something_was_not_signed() {
        let page = |ids: &[u64], more| TransactionsPage {
            transactions: ids.iter().map(|id| signed(*id, TransactionStage::Pending)).collect(),
            more,
        };
        assert_eq!(LookedUp::of(&page(&[], false), 7), LookedUp::NotSigned);
        assert_eq!(LookedUp::of(&page(&[], true), 7), LookedUp::Not);
        // In it, wherever it stands.
        for ids in [[7, 6, 5], [9, 7, 2], [9, 8, 7]] {
            for more in [true, false] {
                let found = LookedUp::of(&page(&ids, more), 7);
                assert_eq!(found, LookedUp::Signed(at(TransactionStage::Pending)), "{ids:?}");
            }
        }
        // Back beyond its number, or the whole list: it is not in it.
        assert_eq!(LookedUp::of(&page(&[9, 8, 6], true), 7), LookedUp::NotSigned);
        assert_eq!(LookedUp::of(&page(&[9, 8], false), 7), LookedUp::NotSigned);
        // Only newer ones: it may be on an older page.
        assert_eq!(LookedUp::of(&page(&[10, 9, 8], true), 7), LookedUp::Not);
    }

    #[test]
    fn the_time_of_an_earlier_question_says_nothing_of_a_later_one() {
        let owner = Owner::new();
        owner.set();
        let proposal = Proposal {
            step: RwSignal::new(Step::Asked(2)),
            seen: RwSignal::new(false),
            looked_up: RwSignal::new(LookedUp::Not),
            stage: Memo::new(|_| ProposalStage::Asking),
        };
        proposal.look_no_longer(&Step::Asked(1));
        assert!(
            !proposal.seen.get_untracked(),
            "the first one's time is over, and the second one is not open yet"
        );
        proposal.look_no_longer(&Step::Asked(2));
        assert!(proposal.seen.get_untracked());
    }

    #[test]
    fn what_may_be_carried_out_after_all_is_not_asked_for_again_without_a_word() {
        assert!(over(Some(at(TransactionStage::Dropped)), &LookedUp::Not).may_come_yet());
        for stage in [TransactionStage::Failed, TransactionStage::Refused, TransactionStage::Confirmed] {
            assert!(!over(Some(at(stage)), &LookedUp::Not).may_come_yet(), "{stage:?}");
        }
    }

    #[test]
    fn what_was_signed_is_busy_until_the_chain_has_said_something() {
        use TransactionStage as Stage;
        for stage in [Stage::Approved, Stage::Signed, Stage::Broadcast, Stage::Pending] {
            assert!(over(Some(at(stage)), &LookedUp::Not).is_busy(), "{stage:?}");
        }
        for stage in [Stage::Confirmed, Stage::Failed, Stage::Dropped, Stage::Expired, Stage::Refused] {
            let over = over(Some(at(stage)), &LookedUp::Not);
            assert!(!over.is_busy() && over.can_be_put_away(), "{stage:?}");
        }
        assert_eq!(
            over(Some(at(Stage::Dropped)), &LookedUp::Not),
            ProposalStage::Uncertain(at(Stage::Dropped))
        );
        assert_eq!(over(Some(at(Stage::Failed)), &LookedUp::Not), ProposalStage::Ended(at(Stage::Failed)));
    }

    #[test]
    fn what_was_replaced_is_busy_until_the_other_one_is_in_a_block() {
        use TransactionStage as Stage;
        let replaced = TransactionStatus { replaced_by: Some("ab".to_owned()), ..at(Stage::Replaced) };
        for (by, is_busy) in [
            (None, true),
            (Some(Stage::Pending), true),
            (Some(Stage::Dropped), true),
            (Some(Stage::Confirmed), false),
            (Some(Stage::Failed), false),
        ] {
            let stage = stage_of(Some(replaced.clone()), false, &LookedUp::Not, |txid| {
                assert_eq!(txid, "ab");
                by.map(at)
            });
            assert_eq!(stage, ProposalStage::Replaced { status: replaced.clone(), by: by.map(at) });
            assert_eq!((stage.is_busy(), stage.can_be_put_away()), (is_busy, true), "{by:?}");
        }
    }
}
