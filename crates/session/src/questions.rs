//! The one question that may be open, and its answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bithedge_engine::intents::Intent;
use bithedge_engine::keeper::StandingOrder;
use bithedge_engine::present;
use bithedge_engine::transactions::{ApproveError, Digest, DraftError, Purpose, Question, TransactionId};
use bithedge_engine::words::Notices as _;
use bithedge_engine::{Engine, EngineApproveError, ProposeError};
use bithedge_ipc::{
    ApprovalView, Ask, AskedNetwork, Effect, KeeperInput, Notice, Proposed, QuestionState, QuestionView, Wish,
};
use bithedge_keys::{AccountId, Moment};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::Address;

use crate::approvals::Deed;
use crate::core::{AccountInUse, Core, State};
use crate::decisions::Decision;
use crate::network::Running;
use crate::{approvals, decisions, effect, keeper, notices};

/// A yes that is being carried out is waited for so long before its network is left.
const LEAVING_PATIENCE: Duration = Duration::from_secs(10);

/// What the window of questions is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionWindow {
    /// Nothing.
    None,
    /// Something is to be read or answered.
    Open,
    /// A yes is being carried out: it cannot be taken back, and the window does not close.
    Busy,
}

/// A question, and whoever is asked.
pub(crate) struct OpenQuestion {
    /// Its number.
    pub(crate) id: u64,
    asked: Asked,
    account_label: String,
    problem: Option<Notice>,
    /// Whether the answer yes is being carried out.
    is_answered: bool,
    /// The network that it is about; `None` if it is about the application itself, or about one that is not open.
    running: Option<Arc<Running>>,
}

pub(crate) enum Asked {
    Transaction {
        /// Dropping it withdraws the question.
        question: Question,
        view: Box<ApprovalView>,
        effect: Box<Effect>,
        /// What the transaction said of itself whose place it takes.
        earlier: Vec<String>,
        /// The question whose place it took, because the terms had changed between its answer and the signature.
        anew_for: Option<u64>,
    },
    Order {
        order: StandingOrder,
        input: KeeperInput,
        digest: String,
        sentences: Vec<String>,
        expires: UnixSeconds,
    },
    /// What only a person may decide, and that signs nothing.
    Deed { deed: Deed, ask: Box<Ask>, digest: String, until: Until },
    /// No signature, but nothing that a page may decide.
    Decision { decision: Decision, digest: String, until: Instant },
}

/// When a question is withdrawn that nobody has answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// By the clock of its network, which its window shows.
    OnTheNetwork(UnixSeconds),
    /// By this computer's: it is about no network that is open.
    Here(Instant),
}

impl OpenQuestion {
    fn view(&self, is_locked: bool) -> QuestionView {
        let ask = match &self.asked {
            Asked::Transaction { view, effect, earlier, .. } => Ask::Transaction {
                approval: view.clone(),
                effect: (**effect).clone(),
                earlier: earlier.clone(),
            },
            Asked::Order { order, input, digest, sentences, expires } => Ask::StandingOrder {
                account: order.account.to_string(),
                digest: digest.clone(),
                order: input.clone(),
                until: order.until,
                sentences: sentences.clone(),
                expires: *expires,
            },
            Asked::Deed { ask, .. } => (**ask).clone(),
            Asked::Decision { decision, digest, .. } => Ask::Decision {
                title: decision.title().to_owned(),
                sentences: decision.sentences(),
                digest: digest.clone(),
            },
        };
        QuestionView {
            id: self.id,
            ask,
            network: self.place(),
            account_label: self.account_label.clone(),
            is_locked,
            state: if self.is_answered { QuestionState::Answered } else { QuestionState::Open },
            problem: self.problem.clone(),
        }
    }

    /// The question whose place it took because the terms had changed.
    pub(crate) const fn asked_anew_for(&self) -> Option<u64> {
        match &self.asked {
            Asked::Transaction { anew_for, .. } => *anew_for,
            _ => None,
        }
    }

    /// Whether the answer yes waits for keys that are locked.
    fn waits_for_keys(&self, state: &State) -> bool {
        match &self.asked {
            Asked::Deed { deed: Deed::KeepNetwork { .. }, .. } => state.own_keys_are_locked(),
            Asked::Decision { decision, .. } => decision.waits_for_keys(state),
            _ => state.is_locked(),
        }
    }

    /// The same with other terms, and what is left of this one: dropping that withdraws it, which asks the engine.
    fn anew(self, question: Question, view: Box<ApprovalView>, why: Notice) -> (Self, Asked) {
        let (effect, earlier) = match &self.asked {
            Asked::Transaction { effect, earlier, .. } => (effect.clone(), earlier.clone()),
            _ => (Box::new(Effect::None), Vec::new()),
        };
        let id = question.approval().id.0;
        let asked = Asked::Transaction { question, view, effect, earlier, anew_for: Some(self.id) };
        (Self { id, asked, problem: Some(why), is_answered: false, ..self }, self.asked)
    }

    /// Whether it is withdrawn when the network in use is left.
    pub(crate) const fn is_about_the_open_network(&self) -> bool {
        self.running.is_some()
    }

    /// The network that it is about, to be seen beside it.
    fn place(&self) -> Option<AskedNetwork> {
        if let Asked::Deed { ask, .. } = &self.asked
            && let Ask::Network { network, .. } = &**ask
        {
            return Some(approvals::place_of_view(network));
        }
        self.running.as_deref().map(approvals::place_of)
    }

    /// Whether its time is over, or the engine knows it no more.
    fn is_over(&self) -> bool {
        match &self.asked {
            Asked::Transaction { question, .. } => {
                let id = question.approval().id;
                !self.running.as_ref().is_some_and(|running| {
                    running.engine.transactions().questions().iter().any(|open| open.id == id)
                })
            }
            Asked::Order { expires, .. } => {
                self.running.as_ref().is_none_or(|running| running.engine.clock().now() >= *expires)
            }
            Asked::Deed { until: Until::OnTheNetwork(expires), .. } => {
                self.running.as_ref().is_none_or(|running| running.engine.clock().now() >= *expires)
            }
            Asked::Deed { until: Until::Here(until), .. } => Instant::now() >= *until,
            Asked::Decision { until, .. } => Instant::now() >= *until,
        }
    }
}

/// What an answer is about.
enum Answer {
    Transaction { id: TransactionId, digest: Digest },
    Order { order: StandingOrder, input: KeeperInput },
    Deed(Deed),
    Decision(Decision),
}

/// Why an answer yes was not carried out.
enum NotDone {
    /// In words. If the question still stands, it can be answered again.
    Told(Notice),
    /// The terms had changed, and it is asked anew with those of now.
    Anew { question: Box<Question>, view: Box<ApprovalView>, notice: Notice },
}

impl From<Notice> for NotDone {
    fn from(notice: Notice) -> Self {
        Self::Told(notice)
    }
}

/// Held while an answer yes is carried out. If that ends before its end, by a panic, the question is over, and the person is told that
/// nobody knows what became of it: otherwise it could neither be answered nor put away.
struct Answering {
    core: Arc<Core>,
    /// The question as it was answered.
    shown: QuestionView,
    is_done: bool,
}

impl Drop for Answering {
    fn drop(&mut self) {
        if !self.is_done {
            self.core.end_question(&self.shown, notices::defect(&"an answer was not carried out to its end"));
        }
    }
}

/// Held while a question is made: so long there is no other.
pub(crate) struct Asking<'a>(&'a Core);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.state().is_asking = false;
    }
}

impl Core {
    /// The network and the account that something is done with.
    pub(crate) fn acting(&self) -> Result<(Arc<Running>, AccountInUse), Notice> {
        let state = self.state();
        let running = state.running().cloned().ok_or_else(notices::not_ready)?;
        let account = state.account().ok_or_else(notices::no_account)?;
        Ok((running, account))
    }

    /// The same, for what has to be signed.
    fn signing(&self) -> Result<(Arc<Running>, AccountInUse), Notice> {
        let (running, account) = self.acting()?;
        if let AccountId::WatchOnly(address) = account.id {
            return Err(bithedge_engine::transactions::SignerError::WatchOnly(address).notice());
        }
        Ok((running, account))
    }

    pub(crate) fn begin_asking(&self) -> Result<Asking<'_>, Notice> {
        let mut state = self.state();
        if state.is_asking || state.question.is_some() {
            return Err(notices::question_open());
        }
        state.is_asking = true;
        drop(state);
        Ok(Asking(self))
    }

    /// Opens a question of what only a person may decide. The caller holds [`begin_asking`](Self::begin_asking).
    pub(crate) fn ask_for_deed(
        &self,
        asked: Asked,
        account_label: String,
        running: Option<Arc<Running>>,
    ) -> Result<Proposed, Notice> {
        let id = self.next_number();
        self.open_question(OpenQuestion {
            id,
            asked,
            account_label,
            problem: None,
            is_answered: false,
            running,
        })
    }

    fn open_question(&self, question: OpenQuestion) -> Result<Proposed, Notice> {
        let id = question.id;
        let mut state = self.state();
        // The network may have been left while it was made.
        let is_left = |of: &Arc<Running>| !state.running().is_some_and(|running| Arc::ptr_eq(running, of));
        if question.running.as_ref().is_some_and(is_left) {
            drop(state);
            return Err(notices::not_ready());
        }
        state.question = Some(question);
        drop(state);
        self.changed();
        Ok(Proposed { question: id })
    }

    fn ask(
        &self,
        running: Arc<Running>,
        account: AccountInUse,
        question: Question,
        effect: Effect,
    ) -> Result<Proposed, Notice> {
        let view = Box::new(present::approval(question.approval(), &running.scenery));
        let earlier = earlier_words(&running, question.approval().purpose)?;
        self.open_question(OpenQuestion {
            id: question.approval().id.0,
            asked: Asked::Transaction { question, view, effect: Box::new(effect), earlier, anew_for: None },
            account_label: account.label,
            problem: None,
            is_answered: false,
            running: Some(running),
        })
    }

    /// Makes a question of a wish.
    pub(crate) async fn propose(&self, wish: Wish, repeats: Option<u64>) -> Result<Proposed, Notice> {
        let (running, account) = self.signing()?;
        let _asking = self.begin_asking()?;
        let intent = present::intent(&wish, account.address).map_err(|error| error.notice())?;
        let engine = &running.engine;
        let question = match repeats {
            None => propose_once(engine, account.address, &intent).await,
            Some(earlier) => engine.propose_again(TransactionId(earlier), account.address, &intent).await,
        };
        let question = question.map_err(|error| error.notice())?;
        let effect = effect::of(engine, account.address, &wish).await;
        self.ask(Arc::clone(&running), account, question, effect)
    }

    /// Makes a question of a higher fee.
    pub(crate) async fn raise_fee(&self, transaction: u64) -> Result<Proposed, Notice> {
        let (running, account) = self.signing()?;
        let _asking = self.begin_asking()?;
        let transaction = own(&running, account.address, transaction)?;
        let question = running.engine.transactions().replace(transaction).await;
        let question = question.map_err(|error| error.notice())?;
        self.ask(Arc::clone(&running), account, question, Effect::None)
    }

    /// Makes a question of taking a transaction's place so that nothing happens.
    pub(crate) async fn cancel_transaction(&self, transaction: u64) -> Result<Proposed, Notice> {
        let (running, account) = self.signing()?;
        let _asking = self.begin_asking()?;
        let transaction = own(&running, account.address, transaction)?;
        let question = running.engine.transactions().cancel(transaction).await;
        let question = question.map_err(|error| error.notice())?;
        self.ask(Arc::clone(&running), account, question, Effect::None)
    }

    /// Makes a question of a standing order for the keeper.
    pub(crate) fn propose_keeper(&self, input: KeeperInput) -> Result<Proposed, Notice> {
        let (running, account) = self.signing()?;
        let _asking = self.begin_asking()?;
        let locks_after = self.state().preferences.current().auto_lock;
        let now = running.engine.clock().now();
        let keeper::Asked { order, input, digest, sentences } =
            keeper::asked(account.address, input, now, &keeper::Place::of(&running), locks_after)?;
        let id = self.next_number();
        let expires = approvals::expires(&running);
        self.open_question(OpenQuestion {
            id,
            asked: Asked::Order { order, input, digest, sentences, expires },
            account_label: account.label,
            problem: None,
            is_answered: false,
            running: Some(running),
        })
    }

    /// Makes a question of something that is no signature, and that a page must not decide.
    pub(crate) fn propose_decision(&self, decision: Decision) -> Result<Proposed, Notice> {
        let _asking = self.begin_asking()?;
        let id = self.next_number();
        let digest = decision.digest(id);
        let until = Instant::now() + decisions::TO_ANSWER;
        self.open_question(OpenQuestion {
            id,
            asked: Asked::Decision { decision, digest, until },
            account_label: String::new(),
            problem: None,
            is_answered: false,
            running: None,
        })
    }

    /// The number of a question that is about no transaction.
    fn next_number(&self) -> u64 {
        let mut state = self.state();
        let id = state.next_order;
        state.next_order = id.saturating_add(1);
        id
    }

    /// The open question, if its time is not over; or else the last one whose answer could not be carried out, until that is put away.
    pub(crate) fn question(&self) -> Option<QuestionView> {
        self.drop_answered();
        let state = self.state();
        let open = state.question.as_ref().map(|question| question.view(question.waits_for_keys(&state)));
        open.or_else(|| state.ended.clone())
    }

    /// Whether there is something for the window of questions to show, and whether that is a yes which is being carried out. It asks
    /// neither the engine nor the disk.
    pub(crate) fn question_window(&self) -> QuestionWindow {
        let state = self.state();
        match (&state.question, &state.ended) {
            (Some(question), _) if question.is_answered => QuestionWindow::Busy,
            (None, None) => QuestionWindow::None,
            _ => QuestionWindow::Open,
        }
    }

    /// Waits until no answer is being carried out, but not for longer than `patience`; whether that is so.
    pub(crate) async fn answers_carried_out(&self, patience: Duration) -> bool {
        let mut views = self.views.subscribe();
        let settled = async {
            while self.question_window() == QuestionWindow::Busy {
                if views.changed().await.is_err() {
                    break;
                }
            }
        };
        tokio::time::timeout(patience, settled).await.is_ok()
    }

    /// Waits for a yes about the network that is open, so that leaving it does not undo it. A yes to a network of the list may be what it
    /// is left for.
    pub(crate) async fn before_leaving(&self) {
        let is_under_way = || {
            let state = self.state();
            let question = state.question.as_ref();
            question.is_some_and(|question| question.is_answered && question.is_about_the_open_network())
        };
        let mut views = self.views.subscribe();
        let settled = async {
            while is_under_way() {
                if views.changed().await.is_err() {
                    break;
                }
            }
        };
        if tokio::time::timeout(LEAVING_PATIENCE, settled).await.is_err() {
            tracing::warn!("the network is left while an answer about it is being carried out");
        }
    }

    /// The keys were opened or locked. A question may wait for those that the session's view does not show: the person's own, while the
    /// practice wallet is in use.
    pub(crate) fn keys_changed(&self) {
        let is_asked = self.state().question.is_some();
        if is_asked {
            self.question_changed();
        } else {
            self.changed();
        }
    }

    /// Tells of a change of the question that the session's view does not show: its window asks for it again.
    fn question_changed(&self) {
        self.changed();
        let state = self.state();
        let mut told = None;
        self.views.send_modify(|known| {
            known.revision = known.revision.saturating_add(1);
            told = Some(known.clone());
        });
        drop(state);
        if let Some(view) = told {
            self.emit(bithedge_ipc::Event::Session(Box::new(view)));
        }
    }

    /// The answer yes came to nothing that could be answered again: the question goes, and why is kept for the person to read.
    fn end_question(&self, shown: &QuestionView, notice: Notice) {
        let mut state = self.state();
        let over = state.question.take_if(|question| question.id == shown.id);
        state.ended =
            Some(QuestionView { state: QuestionState::Ended, problem: Some(notice), ..shown.clone() });
        drop(state);
        drop(over);
        self.question_changed();
    }

    /// Lets go of a question that is over, and tells.
    pub(crate) fn drop_answered(&self) {
        let over = {
            let mut state = self.state();
            let is_over = |question: &OpenQuestion| !question.is_answered && question.is_over();
            if state.question.as_ref().is_some_and(is_over) { state.question.take() } else { None }
        };
        if over.is_some() {
            drop(over);
            self.changed();
        }
    }

    /// The answer yes to the question that is open. It takes effect whole, also if whoever asked is not there any more to be told.
    pub(crate) async fn approve(self: &Arc<Self>, id: u64, digest: &str) -> Result<(), Notice> {
        let (answering, running, answer) = self.begin_answer(id, digest)?;
        self.question_changed();
        let core = Arc::clone(self);
        let carried_out = tokio::spawn(async move { core.carry_out(answering, running, answer).await });
        carried_out.await.unwrap_or_else(|error| Err(notices::defect(&error)))
    }

    fn begin_answer(
        self: &Arc<Self>,
        id: u64,
        digest: &str,
    ) -> Result<(Answering, Option<Arc<Running>>, Answer), Notice> {
        self.drop_answered();
        let mut state = self.state();
        let wallet = state.wallet().cloned();
        let question = state.question.as_mut().filter(|question| question.id == id);
        let question = question.ok_or_else(notices::question_gone)?;
        if question.is_answered {
            return Err(notices::answer_under_way());
        }
        let answer = match &question.asked {
            Asked::Transaction { view, question, .. } => {
                let named = digest_of(digest).filter(|_| view.digest == digest);
                let digest = named.ok_or_else(notices::other_digest)?;
                Answer::Transaction { id: question.approval().id, digest }
            }
            Asked::Order { order, input, digest: shown, .. } => {
                if shown != digest {
                    return Err(notices::other_digest());
                }
                Answer::Order { order: order.clone(), input: input.clone() }
            }
            Asked::Deed { deed, digest: shown, .. } => {
                if shown != digest {
                    return Err(notices::other_digest());
                }
                Answer::Deed(deed.clone())
            }
            Asked::Decision { decision, digest: shown, .. } => {
                if shown != digest {
                    return Err(notices::other_digest());
                }
                Answer::Decision(decision.clone())
            }
        };
        let running = question.running.clone();
        let answering = Answering { core: Arc::clone(self), shown: question.view(false), is_done: false };
        question.is_answered = true;
        question.problem = None;
        drop(state);
        // Somebody is there; signing alone does not say so.
        if let Some(wallet) = wallet {
            wallet.touch(Moment::now());
        }
        Ok((answering, running, answer))
    }

    async fn carry_out(
        self: &Arc<Self>,
        mut answering: Answering,
        running: Option<Arc<Running>>,
        answer: Answer,
    ) -> Result<(), Notice> {
        let done = self.act_on(running.as_ref(), answer).await;
        answering.is_done = true;
        let outcome = self.settle(&answering.shown, done);
        if let Some(running) = running {
            running.look.notify_one();
        }
        self.emit(bithedge_ipc::Event::PagesChanged {});
        outcome
    }

    async fn act_on(self: &Arc<Self>, running: Option<&Arc<Running>>, answer: Answer) -> Result<(), NotDone> {
        let about = running.ok_or_else(notices::not_ready);
        match answer {
            Answer::Decision(decision) => Ok(self.decide(decision).await?),
            Answer::Deed(deed) => Ok(self.carry_out_deed(running, deed).await?),
            Answer::Transaction { id, digest } => {
                let running = about?;
                self.may_sign_on(running)?;
                let error = match running.engine.approve(id, digest).await {
                    Ok(txid) => {
                        tracing::info!(%id, %txid, "approved and signed");
                        return Ok(());
                    }
                    Err(error) => error,
                };
                tracing::info!(%id, %error, "an approval was not carried out");
                let notice = error.notice();
                Err(match error {
                    EngineApproveError::Approve(ApproveError::TermsChanged(question)) => {
                        let view = Box::new(present::approval(question.approval(), &running.scenery));
                        NotDone::Anew { question, view, notice }
                    }
                    _ => NotDone::Told(notice),
                })
            }
            // The order is a signature of its own: it is given with the keys at hand.
            Answer::Order { .. } if self.state().is_locked() => Err(keeper::locked().into()),
            Answer::Order { order, input } => {
                let running = about?;
                self.may_sign_on(running)?;
                Ok(keeper::begin(self, running, order, input)?)
            }
        }
    }

    /// What becomes of a question whose answer yes was carried out, or was not.
    fn settle(&self, shown: &QuestionView, done: Result<(), NotDone>) -> Result<(), Notice> {
        let mut state = self.state();
        let question = state.question.take_if(|question| question.id == shown.id);
        match (done, question) {
            (Ok(()), over) => {
                drop(state);
                drop(over);
                self.changed();
                Ok(())
            }
            (Err(NotDone::Told(notice)), Some(mut question)) if !question.is_over() => {
                question.is_answered = false;
                question.problem = Some(notice.clone());
                state.question = Some(question);
                drop(state);
                self.question_changed();
                Err(notice)
            }
            (Err(NotDone::Anew { question, view, notice }), Some(before)) => {
                let (anew, over) = before.anew(*question, view, notice.clone());
                state.question = Some(anew);
                drop(state);
                drop(over);
                self.question_changed();
                Err(notice)
            }
            (Err(NotDone::Told(notice) | NotDone::Anew { notice, .. }), over) => {
                drop(state);
                drop(over);
                self.end_question(shown, notice.clone());
                Err(notice)
            }
        }
    }

    /// The answer no.
    pub(crate) fn refuse(&self, id: u64) -> Result<(), Notice> {
        let question = {
            let mut state = self.state();
            let asked = state.question.as_ref().filter(|question| question.id == id);
            match asked.map(|question| question.is_answered) {
                // It is signed by now, or about to be: that cannot be taken back here.
                Some(true) => return Err(notices::answer_under_way()),
                Some(false) => state.question.take(),
                None if state.ended.take_if(|ended| ended.id == id).is_some() => None,
                None => return Err(notices::question_gone()),
            }
        };
        drop(question);
        self.question_changed();
        Ok(())
    }
}

/// A wish that repeats what was given up is asked in that one's place, and the question says so: beside it, both could be carried out.
async fn propose_once(engine: &Engine, account: Address, intent: &Intent) -> Result<Question, ProposeError> {
    let unresolved = match engine.propose(account, intent).await {
        Err(ProposeError::Draft(DraftError::Unresolved(earlier))) => earlier,
        other => return other,
    };
    match engine.propose_again(unresolved, account, intent).await {
        // It is another wish: whether that one is given up for good, the person says first.
        Err(ProposeError::Draft(DraftError::OtherWish(earlier))) => {
            Err(DraftError::Unresolved(earlier).into())
        }
        other => other,
    }
}

/// What a transaction said of itself whose place another one takes.
fn earlier_words(running: &Running, purpose: Purpose) -> Result<Vec<String>, Notice> {
    let Some(earlier) = purpose.earlier() else { return Ok(Vec::new()) };
    let entry = running.engine.transactions().entry(earlier).map_err(|error| error.notice())?;
    Ok(entry.map(|entry| entry.approved.words).unwrap_or_default())
}

/// A transaction of the account in use.
fn own(running: &Running, account: Address, transaction: u64) -> Result<TransactionId, Notice> {
    let id = TransactionId(transaction);
    let entry = running.engine.transactions().entry(id).map_err(|error| error.notice())?;
    match entry {
        Some(entry) if entry.account == account => Ok(id),
        _ => Err(notices::no_such_transaction()),
    }
}

fn digest_of(text: &str) -> Option<Digest> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(Digest(bytes))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use bithedge_engine::networks::ProfileInput;
    use bithedge_ipc::Fault;
    use bithedge_keys::{KdfCost, MemoryKeychain, Wallet};
    use bithedge_protocol::Seconds;
    use bithedge_suite::SuiteNetwork;

    use super::*;
    use crate::{Session, SessionSetup};

    fn decision() -> Decision {
        Decision::LaterLock { after: Seconds::new(900), before: Seconds::new(600) }
    }

    async fn session(folder: &Path) -> Session {
        let mut setup = SessionSetup::new(folder.to_path_buf(), PathBuf::new());
        setup.keychain = Arc::new(MemoryKeychain::default());
        setup.open_wallet = |folder, keychain| Wallet::open_with_cost(folder, keychain, KdfCost::for_tests());
        Session::open(setup).await
    }

    #[tokio::test]
    async fn a_question_about_a_network_has_an_end_like_every_other() {
        let folder = tempfile::tempdir().unwrap();
        let session = session(folder.path()).await;
        let core = &session.0.core;
        let input = ProfileInput {
            name: "Mine".to_owned(),
            kind: SuiteNetwork::Testnet,
            endpoints: vec!["https://one.example".to_owned()],
            deployer: None,
            sbtc: None,
        };
        core.save_network(None, input).await.unwrap();
        assert!(matches!(core.question().unwrap().ask, Ask::Network { .. }));
        assert_eq!(core.propose_decision(decision()).unwrap_err().fault, Fault::TransactionInTheWay);
        {
            let mut state = core.state();
            let Asked::Deed { until: Until::Here(until), .. } = &mut state.question.as_mut().unwrap().asked
            else {
                panic!("it has no end")
            };
            assert!(*until <= Instant::now() + decisions::TO_ANSWER);
            *until = Instant::now();
        }
        assert_eq!(core.question(), None);
        assert_eq!(session.networks().len(), 3, "silence is no yes");
        let next = core.propose_decision(decision()).unwrap().question;
        core.refuse(next).unwrap();
    }

    #[tokio::test]
    async fn an_answer_that_ends_by_a_panic_leaves_a_question_that_can_be_put_away() {
        let folder = tempfile::tempdir().unwrap();
        let session = session(folder.path()).await;
        let core = &session.0.core;
        let id = core.propose_decision(decision()).unwrap().question;
        let Ask::Decision { digest, .. } = core.question().unwrap().ask else { panic!("another question") };
        let (answering, ..) = core.begin_answer(id, &digest).map_err(|notice| notice.happened).unwrap();
        assert_eq!(core.question().unwrap().state, QuestionState::Answered);
        assert_eq!(core.refuse(id).unwrap_err().fault, Fault::TransactionInTheWay);
        let ended = tokio::spawn(async move {
            let _answering = answering;
            panic!("a defect, for this test");
        });
        assert!(ended.await.is_err());

        let question = core.question().expect("the person is told");
        assert_eq!((question.id, question.state), (id, QuestionState::Ended));
        let notice = question.problem.unwrap();
        assert_eq!(notice.fault, Fault::CoreSilent);
        assert!(notice.means.contains("not known"), "{notice:?}");
        assert!(core.answers_carried_out(Duration::from_secs(5)).await);
        // It is in nobody's way, and goes.
        core.refuse(id).unwrap();
        assert_eq!(core.question(), None);
        let next = core.propose_decision(decision()).unwrap().question;
        core.refuse(next).unwrap();
    }
}
