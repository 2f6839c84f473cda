//! What became of something that was asked for, in its place on the page.

use bithedge_ipc::{TransactionStatus, Words};
use leptos::prelude::*;

use super::{Banner, Button, ButtonKind, NoticeBanner, Tone};
use crate::api;
use crate::route::{ActivityTab, Route};
use crate::state::{AskedHere, NotificationsState, OnItsWay, Proposal, ProposalStage};

/// Where a proposal is, from the question to the block; nothing while there is none.
#[component]
pub(crate) fn ProposalStatus(
    /// The proposal.
    proposal: Proposal,
    /// What is done, as a noun: `The purchase`.
    #[prop(into)]
    what: String,
    /// What stands beside the outcome once it is done: a link to what came of it.
    #[prop(into, optional)]
    done: ViewFn,
) -> impl IntoView {
    let stage = proposal.stage();
    if let Some(asked_here) = use_context::<AskedHere>() {
        asked_here.count(Signal::derive(move || {
            stage.with(|stage| matches!(stage, ProposalStage::Preparing | ProposalStage::Asking))
        }));
    }
    let notifications = expect_context::<NotificationsState>();
    let show = move |()| {
        leptos::task::spawn_local(async move {
            if let Err(error) = api::show_question().await {
                notifications.warn(error.message());
            }
        });
    };
    let done = StoredValue::new(done);
    let what = StoredValue::new(what);
    let named = move || what.get_value();
    view! {
        <div class="proposal" aria-live="polite" data-testid="proposal" data-stage=move || stage.with(stage_word)>
            {move || match stage.get() {
                ProposalStage::Idle => ().into_any(),
                ProposalStage::Preparing => view! {
                    <Banner tone=Tone::Info title=format!("{} is being prepared", named())>
                        <p>"BitHedge tries it out against the chain first. Nothing is signed yet."</p>
                    </Banner>
                }
                .into_any(),
                ProposalStage::Refused(notice) => view! {
                    <NoticeBanner notice=notice testid="proposal-refused" />
                    <PutAway proposal=proposal />
                }
                .into_any(),
                ProposalStage::Asking => view! {
                    <Banner tone=Tone::Info title="Waiting for your answer in the other window">
                        <p>"Nothing is signed until you say yes there."</p>
                        <div class="actions">
                            <Button testid="show-question" on_press=show>"Show it"</Button>
                        </div>
                    </Banner>
                }
                .into_any(),
                ProposalStage::Unclear => view! {
                    <Banner tone=Tone::Warning title=title(&ProposalStage::Unclear, &named())>
                        <p>"The question is closed. What became of it is being asked for: it may be signed and on its way. Do not ask for it again
                            before that is known."</p>
                        <ActivityLink />
                        <PutAway proposal=proposal />
                    </Banner>
                }
                .into_any(),
                ProposalStage::Closed(words) => view! {
                    <Banner tone=Tone::Info title=title(&ProposalStage::Closed(None), &named())>
                        <div data-testid="proposal-closed">
                            {match words {
                                Some(words) => view! { <Said words=words /> }.into_any(),
                                None => view! { <p>"It is not among what was signed here. Nothing has left your account by it."</p> }.into_any(),
                            }}
                        </div>
                        <PutAway proposal=proposal />
                    </Banner>
                }
                .into_any(),
                ProposalStage::UnderWay(status) => view! {
                    <Banner tone=Tone::Info title=format!("{} is on its way", named())>
                        <StatusWords status=status />
                        <ActivityLink />
                    </Banner>
                }
                .into_any(),
                ProposalStage::Replaced { status, by } => view! {
                    <Banner tone=Tone::Info title=stage.with(|stage| title(stage, &named()))>
                        <StatusWords status=status />
                        {by.map(|by| view! { <p>"The other one: "{by.words.happened}</p> })}
                        <ActivityLink />
                        <PutAway proposal=proposal />
                    </Banner>
                }
                .into_any(),
                ProposalStage::Uncertain(status) => view! {
                    <Banner tone=Tone::Warning title=stage.with(|stage| title(stage, &named()))>
                        <StatusWords status=status />
                        <ActivityLink />
                        <PutAway proposal=proposal />
                    </Banner>
                }
                .into_any(),
                ProposalStage::Done(status) => view! {
                    <Banner tone=Tone::Good title=format!("{} is done", named())>
                        <StatusWords status=status />
                        <div class="actions">{done.with_value(ViewFn::run)}<ActivityLink /></div>
                        <PutAway proposal=proposal />
                    </Banner>
                }
                .into_any(),
                ProposalStage::Ended(status) => view! {
                    <Banner tone=Tone::Danger title=stage.with(|stage| title(stage, &named()))>
                        <StatusWords status=status />
                        <ActivityLink />
                        <PutAway proposal=proposal />
                    </Banner>
                }
                .into_any(),
            }}
        </div>
    }
}

/// Says that the same kind of thing is on its way already, or was given up and may still be carried out.
#[component]
pub(crate) fn AlreadyOnItsWay(
    /// What is on its way.
    already: Memo<Option<OnItsWay>>,
    /// What it is: `purchase`.
    noun: &'static str,
) -> impl IntoView {
    view! {
        {move || already.get().map(|already| {
            let title = already_title(noun, &already);
            view! {
                <Banner tone=Tone::Info title=title testid="already">
                    <p>{already.sentence}</p>
                    <ActivityLink />
                </Banner>
            }
        })}
    }
}

fn already_title(noun: &str, already: &OnItsWay) -> String {
    match already.count {
        1 if already.is_given_up() => format!("A {noun} of yours was given up, and may still be carried out"),
        1 => format!("A {noun} of yours is on its way already"),
        count => format!("{count} {noun}s of yours are on their way, or may still be carried out"),
    }
}

/// The first line of what is told of something that is over, or may be. "Did not happen" is said only of what cannot happen any more.
fn title(stage: &ProposalStage, what: &str) -> String {
    match stage {
        ProposalStage::Closed(_) => format!("{what} was not signed"),
        ProposalStage::Replaced { .. } => format!("{what}: another transaction takes its place"),
        ProposalStage::Uncertain(_) => format!("{what}: what becomes of it is uncertain"),
        ProposalStage::Ended(_) => format!("{what} did not happen as asked"),
        _ => format!("{what}: what became of it is not known yet"),
    }
}

const fn stage_word(stage: &ProposalStage) -> &'static str {
    match stage {
        ProposalStage::Idle => "idle",
        ProposalStage::Preparing => "preparing",
        ProposalStage::Refused(_) => "refused",
        ProposalStage::Asking => "asking",
        ProposalStage::Unclear => "unclear",
        ProposalStage::Closed(_) => "closed",
        ProposalStage::UnderWay(_) => "under-way",
        ProposalStage::Replaced { .. } => "replaced",
        ProposalStage::Uncertain(_) => "uncertain",
        ProposalStage::Done(_) => "done",
        ProposalStage::Ended(_) => "ended",
    }
}

#[component]
fn StatusWords(status: TransactionStatus) -> impl IntoView {
    view! { <Said words=status.words /> }
}

#[component]
fn Said(words: Words) -> impl IntoView {
    view! {
        <p>{words.happened}" "{words.means}</p>
        {(!words.remedy.is_empty()).then(|| view! { <p class="banner-remedy">{words.remedy}</p> })}
    }
}

#[component]
fn ActivityLink() -> impl IntoView {
    view! { <a class="link" href=Route::Activity(ActivityTab::Signed).href()>"See it in your activity"</a> }
}

#[component]
fn PutAway(proposal: Proposal) -> impl IntoView {
    view! {
        <Button kind=ButtonKind::Quiet testid="proposal-dismiss" on_press=move |()| proposal.dismiss()>"Put this away"</Button>
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::TransactionStage;

    use super::*;

    #[test]
    fn what_was_given_up_is_not_on_its_way() {
        use TransactionStage as Stage;
        let title =
            |count, stage| already_title("purchase", &OnItsWay { sentence: String::new(), count, stage });
        assert_eq!(title(1, Stage::Pending), "A purchase of yours is on its way already");
        assert!(title(1, Stage::Dropped).contains("given up"), "{}", title(1, Stage::Dropped));
        assert!(title(2, Stage::Dropped).starts_with("2 purchases"), "{}", title(2, Stage::Dropped));
    }

    #[test]
    fn only_what_cannot_happen_any_more_did_not_happen() {
        let at = |stage| {
            let words = Words { happened: String::new(), means: String::new(), remedy: String::new() };
            TransactionStatus { stage, block: None, replaced_by: None, contract_code: None, words }
        };
        let status = at(TransactionStage::Failed);
        let every = [
            ProposalStage::Unclear,
            ProposalStage::Closed(None),
            ProposalStage::Replaced { status: at(TransactionStage::Replaced), by: None },
            ProposalStage::Uncertain(at(TransactionStage::Dropped)),
            ProposalStage::Ended(status),
        ];
        for stage in every {
            let (title, word) = (title(&stage, "The purchase"), stage_word(&stage));
            assert!(title.starts_with("The purchase"), "{title}");
            assert_eq!(title.contains("did not happen"), word == "ended", "{title}");
            assert_eq!(title.contains("was not signed"), word == "closed", "{title}");
        }
    }
}
