//! The one question that may be open, and its answer.

use std::sync::Arc;

use bithedge_engine::keeper::StandingOrder;
use bithedge_engine::present;
use bithedge_engine::transactions::{Digest, Question, TransactionId};
use bithedge_engine::words::Notices as _;
use bithedge_ipc::{ApprovalView, Ask, Effect, KeeperInput, Notice, Proposed, QuestionView, Wish};
use bithedge_keys::{AccountId, Moment};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::Address;

use crate::core::{AccountInUse, Core};
use crate::effect;
use crate::keeper;
use crate::network::Running;
use crate::notices;

/// A question, and whoever is asked.
pub(crate) struct OpenQuestion {
    /// Its number.
    pub(crate) id: u64,
    asked: Asked,
    account_label: String,
    problem: Option<Notice>,
    /// Whether the answer yes is being carried out.
    is_answered: bool,
    /// The network that it is about.
    running: Arc<Running>,
}

enum Asked {
    Transaction {
        /// Dropping it withdraws the question.
        question: Question,
        view: Box<ApprovalView>,
        effect: Box<Effect>,
    },
    Order {
        order: StandingOrder,
        input: KeeperInput,
        digest: String,
        sentences: Vec<String>,
        expires: UnixSeconds,
    },
}

impl OpenQuestion {
    fn view(&self, is_locked: bool) -> QuestionView {
        let ask = match &self.asked {
            Asked::Transaction { view, effect, .. } => {
                Ask::Transaction { approval: view.clone(), effect: (**effect).clone() }
            }
            Asked::Order { order, input, digest, sentences, .. } => Ask::StandingOrder {
                account: order.account.to_string(),
                digest: digest.clone(),
                order: input.clone(),
                until: order.until,
                sentences: sentences.clone(),
            },
        };
        QuestionView {
            id: self.id,
            ask,
            account_label: self.account_label.clone(),
            is_locked,
            problem: self.problem.clone(),
        }
    }

    /// Whether its time is over, or the engine knows it no more.
    fn is_over(&self) -> bool {
        match &self.asked {
            Asked::Transaction { question, .. } => {
                let id = question.approval().id;
                !self.running.engine.transactions().questions().iter().any(|open| open.id == id)
            }
            Asked::Order { expires, .. } => self.running.engine.clock().now() >= *expires,
        }
    }
}

/// What an answer is about.
enum Answer {
    Transaction { id: TransactionId, digest: Digest },
    Order { order: StandingOrder, input: KeeperInput },
}

/// Held while a question is made: so long there is no other.
struct Asking<'a>(&'a Core);

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

    fn begin_asking(&self) -> Result<Asking<'_>, Notice> {
        let mut state = self.state();
        if state.is_asking || state.question.is_some() {
            return Err(notices::question_open());
        }
        state.is_asking = true;
        drop(state);
        Ok(Asking(self))
    }

    fn open_question(&self, question: OpenQuestion) -> Result<Proposed, Notice> {
        let id = question.id;
        let mut state = self.state();
        // The network may have been left while it was made.
        if !state.running().is_some_and(|running| Arc::ptr_eq(running, &question.running)) {
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
        self.open_question(OpenQuestion {
            id: question.approval().id.0,
            asked: Asked::Transaction { question, view, effect: Box::new(effect) },
            account_label: account.label,
            problem: None,
            is_answered: false,
            running,
        })
    }

    /// Makes a question of a wish.
    pub(crate) async fn propose(&self, wish: Wish, repeats: Option<u64>) -> Result<Proposed, Notice> {
        let (running, account) = self.signing()?;
        let _asking = self.begin_asking()?;
        let intent = present::intent(&wish, account.address).map_err(|error| error.notice())?;
        let engine = &running.engine;
        let question = match repeats {
            None => engine.propose(account.address, &intent).await,
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
        let now = running.engine.clock().now();
        let keeper::Asked { order, input, digest, sentences } =
            keeper::asked(account.address, input, now, running.engine.deployment())?;
        let id = {
            let mut state = self.state();
            let id = state.next_order;
            state.next_order = id.saturating_add(1);
            id
        };
        let expires = now.checked_add(keeper::TO_ANSWER).unwrap_or(now);
        self.open_question(OpenQuestion {
            id,
            asked: Asked::Order { order, input, digest, sentences, expires },
            account_label: account.label,
            problem: None,
            is_answered: false,
            running: Arc::clone(&running),
        })
    }

    /// The open question, if its time is not over.
    pub(crate) fn question(&self) -> Option<QuestionView> {
        self.drop_answered();
        let state = self.state();
        let is_locked = state.is_locked();
        state.question.as_ref().map(|question| question.view(is_locked))
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
        let (running, answer) = self.begin_answer(id, digest)?;
        let core = Arc::clone(self);
        let carried_out = tokio::spawn(async move { core.carry_out(id, running, answer).await });
        carried_out.await.unwrap_or_else(|error| Err(notices::defect(&error)))
    }

    fn begin_answer(&self, id: u64, digest: &str) -> Result<(Arc<Running>, Answer), Notice> {
        self.drop_answered();
        let mut state = self.state();
        let wallet = state.wallet().cloned();
        let question = state.question.as_mut().filter(|question| question.id == id);
        let question = question.ok_or_else(notices::question_gone)?;
        if question.is_answered {
            return Err(notices::question_gone());
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
        };
        let running = Arc::clone(&question.running);
        question.is_answered = true;
        question.problem = None;
        drop(state);
        // Somebody is there; signing alone does not say so.
        if let Some(wallet) = wallet {
            wallet.touch(Moment::now());
        }
        Ok((running, answer))
    }

    async fn carry_out(
        self: &Arc<Self>,
        id: u64,
        running: Arc<Running>,
        answer: Answer,
    ) -> Result<(), Notice> {
        let done = match answer {
            Answer::Transaction { id, digest } => match running.engine.approve(id, digest).await {
                Ok(txid) => {
                    tracing::info!(%id, %txid, "approved and signed");
                    Ok(())
                }
                Err(error) => {
                    tracing::info!(%id, %error, "an approval was not carried out");
                    Err(error.notice())
                }
            },
            // The order is a signature of its own: it is given with the keys at hand.
            Answer::Order { .. } if self.state().is_locked() => Err(keeper::locked()),
            Answer::Order { order, input } => keeper::begin(self, &running, order, input),
        };
        let mut state = self.state();
        let over = match (&done, state.question.as_mut().filter(|question| question.id == id)) {
            (Err(notice), Some(question)) if !question.is_over() => {
                question.is_answered = false;
                question.problem = Some(notice.clone());
                None
            }
            (_, Some(_)) => state.question.take(),
            (_, None) => None,
        };
        drop(state);
        drop(over);
        self.changed();
        running.look.notify_one();
        self.emit(bithedge_ipc::Event::PagesChanged {});
        done
    }

    /// The answer no.
    pub(crate) fn refuse(&self, id: u64) -> Result<(), Notice> {
        let question = {
            let mut state = self.state();
            let found = state.question.as_ref().filter(|question| question.id == id);
            // What was answered yes is signed by now, or about to be: that cannot be taken back here.
            if found.is_none_or(|question| question.is_answered) {
                return Err(notices::question_gone());
            }
            state.question.take()
        };
        drop(question);
        self.changed();
        Ok(())
    }
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
