//! The window of questions: what would be signed, in words and figures, and the only place to say yes.

mod answer;
mod effect;
mod transaction;

use bithedge_ipc::{Ask, Notice, QuestionView};
use leptos::prelude::*;

use answer::Answers;
use transaction::{StandingOrder, Transaction};

use crate::api;
use crate::components::{Button, Logo, NoticeBanner};
use crate::state::SessionState;

/// What is known of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    /// It is being asked for.
    Loading,
    /// It could not be asked for.
    Failed(Notice),
    /// There is none, or none any more.
    Nothing,
    /// This one.
    Open(Box<QuestionView>),
}

/// The whole window.
#[component]
pub(crate) fn QuestionWindow() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let asked = RwSignal::new(Asked::Loading);
    let ask = move || {
        leptos::task::spawn_local(async move {
            let found = match api::question().await {
                Ok(Some(question)) => Asked::Open(Box::new(question)),
                Ok(None) => Asked::Nothing,
                Err(error) => Asked::Failed(error.notice()),
            };
            if asked.with_untracked(|present| *present != found) {
                asked.set(found);
            }
        });
    };
    // Another question, unlocked keys, an answer that could not be carried out: the session tells of all of them.
    let revision = session.part(|session| session.revision);
    Effect::new(move |_| {
        revision.track();
        ask();
    });
    // The content stays in place while only its problem or its lock changes.
    let identity = Memo::new(move |_| {
        asked.with(|asked| match asked {
            Asked::Open(question) => {
                Some((question.id, question.ask.clone(), question.account_label.clone()))
            }
            _ => None,
        })
    });
    let locked =
        Memo::new(move |_| asked.with(|asked| matches!(asked, Asked::Open(question) if question.is_locked)));
    let problem = Memo::new(move |_| {
        asked.with(|asked| match asked {
            Asked::Open(question) => question.problem.clone(),
            _ => None,
        })
    });
    Effect::new(move |_| {
        document().set_title(match identity.get() {
            Some(_) => "Your answer is needed · BitHedge",
            None => "No question · BitHedge",
        });
    });
    view! {
        <div class="question" data-testid="question-window">
            {move || match identity.get() {
                Some((id, ask, label)) => view! { <Open id=id ask=ask label=label locked=locked problem=problem /> }.into_any(),
                None => view! {
                    <main class="question-empty">
                        <Logo />
                        {move || match asked.get() {
                            Asked::Failed(notice) => view! {
                                <NoticeBanner notice=notice />
                                <Button testid="question-retry" on_press=move |()| ask()>"Try again"</Button>
                            }
                            .into_any(),
                            Asked::Nothing => view! {
                                <h1 class="card-title">"Nothing is asked"</h1>
                                <p class="card-note">"The question was answered, or its time is over. You can close this window."</p>
                            }
                            .into_any(),
                            Asked::Loading | Asked::Open(_) => {
                                view! { <p role="status">"One moment: the question is being fetched."</p> }.into_any()
                            }
                        }}
                    </main>
                }
                .into_any(),
            }}
        </div>
    }
}

/// A question that is open.
#[component]
fn Open(
    id: u64,
    ask: Ask,
    label: String,
    locked: Memo<bool>,
    problem: Memo<Option<Notice>>,
) -> impl IntoView {
    let heading = NodeRef::<leptos::html::H1>::new();
    let end = NodeRef::<leptos::html::Div>::new();
    // Not on an answer: what is read first is what is asked.
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
        }
    });
    let seen = answer::seen(end);
    let (digest, expires, is_mainnet) = match &ask {
        Ask::Transaction { approval, .. } => (
            approval.digest.clone(),
            Some(approval.expires),
            approval.network == bithedge_ipc::Network::Mainnet,
        ),
        Ask::StandingOrder { digest, .. } => (digest.clone(), None, false),
    };
    let title = match &ask {
        Ask::Transaction { .. } => "Do you want to sign this?",
        Ask::StandingOrder { .. } => "May the keeper sign this alone?",
    };
    view! {
        <main class="question-scroll" id="content" tabindex="0" aria-label="What is asked" data-mainnet=is_mainnet.then_some("true")>
            <div class="question-content">
                <h1 class="question-title" tabindex="-1" node_ref=heading>{title}</h1>
                {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="question-problem" /> })}
                {match ask {
                    Ask::Transaction { approval, effect } => {
                        view! { <Transaction approval=*approval effect=effect label=label /> }.into_any()
                    }
                    Ask::StandingOrder { account, order, until, sentences, .. } => view! {
                        <StandingOrder account=account a_call=order.a_call a_day=order.a_day until=until sentences=sentences label=label />
                    }
                    .into_any(),
                }}
                <div class="question-end" node_ref=end></div>
            </div>
        </main>
        <Answers id=id digest=digest expires=expires locked=locked seen=seen />
    }
}
