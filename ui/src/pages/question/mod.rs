//! The window of questions: what would be signed, in words and figures, and the only place to say yes.

mod answer;
mod deeds;
mod effect;
mod transaction;

use bithedge_ipc::{Ask, AskedNetwork, NetworkKind, Notice, QuestionState, QuestionView};
use leptos::prelude::*;

use answer::Answers;
use deeds::{Acknowledgement, KindLine, NetworkQuestion, PlaceLine};
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

/// One question to the core at a time. Answers then cannot overtake each other; and however fast the session changes, each is taken, while
/// the newest alone would never come.
#[derive(Clone, Copy, Debug, Default)]
struct Turns {
    is_under_way: bool,
    again: bool,
}

impl Turns {
    /// Whether it is asked now; if not, it will be once more, behind what is under way.
    const fn begin(&mut self) -> bool {
        if self.is_under_way {
            self.again = true;
            return false;
        }
        self.is_under_way = true;
        true
    }

    /// The answer has come: whether it is asked once more.
    const fn end(&mut self) -> bool {
        self.is_under_way = self.again;
        self.again = false;
        self.is_under_way
    }
}

/// The whole window.
#[component]
pub(crate) fn QuestionWindow() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let asked = RwSignal::new(Asked::Loading);
    let turns = StoredValue::new(Turns::default());
    let ask = move || {
        if turns.try_update_value(Turns::begin) != Some(true) {
            return;
        }
        leptos::task::spawn_local(async move {
            loop {
                let found = match api::question().await {
                    Ok(Some(question)) => Asked::Open(Box::new(question)),
                    Ok(None) => Asked::Nothing,
                    Err(error) => Asked::Failed(error.notice()),
                };
                if asked.try_with_untracked(|present| *present != found) == Some(true) {
                    asked.set(found);
                }
                if turns.try_update_value(Turns::end) != Some(true) {
                    break;
                }
            }
        });
    };
    // Another question, unlocked keys, an answer that could not be carried out: the session tells of all of them.
    let revision = session.part(|session| session.revision);
    Effect::new(move |_| {
        // Read, not only tracked: a memo that nobody has read hears of nothing.
        revision.get();
        ask();
    });
    // The content stays in place while only its problem or its lock changes.
    let identity = Memo::new(move |_| {
        asked.with(|asked| match asked {
            Asked::Open(question) => {
                let place = question.network.clone();
                Some((question.id, question.ask.clone(), place, question.account_label.clone()))
            }
            _ => None,
        })
    });
    let locked =
        Memo::new(move |_| asked.with(|asked| matches!(asked, Asked::Open(question) if question.is_locked)));
    let state = Memo::new(move |_| {
        asked.with(|asked| match asked {
            Asked::Open(question) => question.state,
            _ => QuestionState::Open,
        })
    });
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
                Some((id, ask, place, label)) => view! {
                    <Open id=id ask=ask place=place label=label locked=locked state=state problem=problem />
                }
                .into_any(),
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
    place: Option<AskedNetwork>,
    label: String,
    locked: Memo<bool>,
    state: Memo<QuestionState>,
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
    let (digest, expires) = match &ask {
        Ask::Transaction { approval, .. } => (approval.digest.clone(), Some(approval.expires)),
        Ask::StandingOrder { digest, expires, .. } | Ask::Acknowledge { digest, expires, .. } => {
            (digest.clone(), Some(*expires))
        }
        Ask::Network { digest, .. } | Ask::Decision { digest, .. } => (digest.clone(), None),
    };
    // What the bytes say, and what the network is called: neither is taken for the other.
    let is_mainnet = place.as_ref().is_some_and(|place| place.kind == NetworkKind::Mainnet)
        || matches!(&ask, Ask::Transaction { approval, .. } if approval.network == bithedge_ipc::Network::Mainnet);
    let signs = matches!(ask, Ask::Transaction { .. } | Ask::StandingOrder { .. });
    let reason = match &ask {
        Ask::Transaction { approval, .. } if approval.intent == transaction::PURCHASE => {
            ": prices are good only for so long"
        }
        _ if signs => ", so that nothing old is signed",
        _ => ", so that nothing old is answered",
    };
    // A transaction's bytes say which kind of chain it is for; what is asked about a network shows it whole.
    let kind = place.as_ref().map(|place| place.kind).filter(|_| !matches!(ask, Ask::Transaction { .. }));
    let place = place.filter(|_| !matches!(ask, Ask::Network { .. }));
    let title = match &ask {
        Ask::Transaction { .. } => "Do you want to sign this?".to_owned(),
        Ask::StandingOrder { .. } => "May the keeper sign this alone?".to_owned(),
        Ask::Network { .. } => "May this network be used?".to_owned(),
        Ask::Acknowledge { .. } => "Have you looked at what this transaction did?".to_owned(),
        Ask::Decision { title, .. } => title.clone(),
    };
    view! {
        <main class="question-scroll" id="content" tabindex="0" aria-label="What is asked" data-mainnet=is_mainnet.then_some("true")>
            <div class="question-content">
                <h1 class="question-title" tabindex="-1" node_ref=heading>{title}</h1>
                {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="question-problem" /> })}
                {kind.map(|kind| view! { <KindLine kind=kind /> })}
                {place.map(|place| view! { <PlaceLine place=place /> })}
                {match ask {
                    Ask::Transaction { approval, effect, earlier } => {
                        view! { <Transaction approval=*approval effect=effect earlier=earlier label=label /> }.into_any()
                    }
                    Ask::StandingOrder { account, order, until, sentences, .. } => view! {
                        <StandingOrder account=account a_call=order.a_call a_day=order.a_day until=until sentences=sentences label=label />
                    }
                    .into_any(),
                    Ask::Network { network, before, sentences, .. } => view! {
                        <NetworkQuestion network=*network before=before.map(|before| *before) sentences=sentences />
                    }
                    .into_any(),
                    Ask::Acknowledge { transaction, txid, account, approved, alarms, sentences, .. } => view! {
                        <Acknowledgement
                            transaction=transaction
                            txid=txid
                            account=account
                            label=label
                            approved=approved
                            alarms=alarms
                            sentences=sentences
                        />
                    }
                    .into_any(),
                    Ask::Decision { sentences, .. } => {
                        sentences.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view().into_any()
                    }
                }}
                <div class="question-end" node_ref=end></div>
            </div>
        </main>
        <Answers id=id digest=digest expires=expires reason=reason signs=signs locked=locked state=state seen=seen />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_taken_and_what_changed_meanwhile_is_asked_for_once_more() {
        let mut turns = Turns::default();
        assert!(turns.begin());
        for _ in 0..9 {
            assert!(!turns.begin(), "one at a time");
        }
        assert!(turns.end(), "once more for all of them");
        assert!(!turns.end(), "nothing changed since");
        assert!(turns.begin());
        assert!(!turns.end());
    }
}
