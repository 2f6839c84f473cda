//! What became of something that was asked for, in its place on the page.

use bithedge_ipc::TransactionStatus;
use leptos::prelude::*;

use super::{Banner, Button, ButtonKind, NoticeBanner, Tone};
use crate::api;
use crate::route::{ActivityTab, Route};
use crate::state::{NotificationsState, Proposal, ProposalStage};

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
                ProposalStage::Closed => view! {
                    <Banner tone=Tone::Info title=format!("{} was not signed", named())>
                        <p>"You said no, or the question ran out. Nothing has left your account."</p>
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
                ProposalStage::Done(status) => view! {
                    <Banner tone=Tone::Good title=format!("{} is done", named())>
                        <StatusWords status=status />
                        <div class="actions">{done.with_value(ViewFn::run)}<ActivityLink /></div>
                        <PutAway proposal=proposal />
                    </Banner>
                }
                .into_any(),
                ProposalStage::Ended(status) => view! {
                    <Banner tone=Tone::Danger title=format!("{} did not happen as asked", named())>
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

const fn stage_word(stage: &ProposalStage) -> &'static str {
    match stage {
        ProposalStage::Idle => "idle",
        ProposalStage::Preparing => "preparing",
        ProposalStage::Refused(_) => "refused",
        ProposalStage::Asking => "asking",
        ProposalStage::Closed => "closed",
        ProposalStage::UnderWay(_) => "under-way",
        ProposalStage::Done(_) => "done",
        ProposalStage::Ended(_) => "ended",
    }
}

#[component]
fn StatusWords(status: TransactionStatus) -> impl IntoView {
    let words = status.words;
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
