//! From what is shown to what is asked: the chain confirms the price first.

use bithedge_ipc::{ConfirmedOffer, Notice, PageAnswer, PageQuery};
use bithedge_protocol::TokenAmount;
use leptos::prelude::*;

use super::plan::{self, Offer, Spendable};
use super::{Desk, words};
use crate::api;
use crate::components::{
    AlreadyOnItsWay, Banner, Button, ButtonKind, ConfirmButton, LinkButton, NoticeBanner, ProposalStatus,
    Tone,
};
use crate::route::Route;
use crate::state::{Ability, Proposal, ProposalStage, SessionState, before_another, obstacle, on_its_way};

/// What the chain said last.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Check {
    /// Nothing is being asked.
    Idle,
    /// The chain is being asked.
    Asking,
    /// It could not be asked, or would not sell.
    Failed(Notice),
    /// Something else was on the page when the answer came: nothing was asked for.
    Moved,
    /// It costs more than was shown, or the application counted otherwise than the chain: the person decides.
    Differs { shown: TokenAmount, offer: Box<ConfirmedOffer> },
}

/// The button, why it cannot be pressed, and what became of it.
#[component]
pub(super) fn BuyBlock(desk: Desk) -> impl IntoView {
    let session = expect_context::<SessionState>();
    let ability = session.ability();
    let proposal = Proposal::new();
    let check = RwSignal::new(Check::Idle);
    // What was said about one offer says nothing about another.
    let order = Memo::new(move |_| desk.offer.with(|offer| offer.as_ref().map(|offer| offer.quote.order)));
    Effect::new(move |before: Option<_>| {
        let now = order.get();
        if before.is_some_and(|before| before != now) && check.with_untracked(|check| *check != Check::Asking)
        {
            check.set(Check::Idle);
        }
        now
    });
    let (standing, is_asked) = (obstacle(), proposal.is_busy());
    let blocked = Memo::new(move |_| {
        // What is under way is no reason against itself.
        if is_asked.get() {
            return None;
        }
        if let Some(obstacle) = standing.get() {
            return Some(obstacle);
        }
        let Some(wanted) = desk.offer.get() else {
            return Some(words::nothing_to_buy(desk.size.get().is_some()).to_owned());
        };
        desk.view.with(|view| match &view.as_of.doubt {
            Some(doubt) => Some(format!("Nothing can be bought just now. {doubt}")),
            None => plan::short_of(Spendable::of(view), &wanted.quote),
        })
    });
    let is_busy =
        Signal::derive(move || check.with(|check| *check == Check::Asking) || proposal.is_busy().get());
    let already = on_its_way("purchase-protection", proposal.transaction());
    let stage = proposal.stage();
    let another = Memo::new(move |_| {
        let may_come_yet = stage.with(ProposalStage::may_come_yet);
        already.with(|already| before_another(already.as_ref(), may_come_yet, "purchase"))
    });
    let press = move |()| {
        // It can be pressed again although something else is on its way; what this page asked for itself comes first.
        if is_busy.get_untracked() {
            return;
        }
        let Some(Offer { quote, .. }) = desk.offer.get_untracked() else { return };
        proposal.dismiss();
        check.set(Check::Asking);
        leptos::task::spawn_local(async move {
            let confirmed = api::confirm_order(quote.order).await;
            // The page was left, or its controls were moved: nothing is asked for that is not on it.
            let Some(shown) = order.try_get_untracked() else { return };
            if shown != Some(quote.order) {
                let _ = check.try_set(Check::Moved);
                return;
            }
            let next = match confirmed {
                Err(error) => Check::Failed(error.notice()),
                Ok(offer) if offer.differs.is_some() || offer.quote.total > quote.total => {
                    Check::Differs { shown: quote.total, offer: Box::new(offer) }
                }
                Ok(offer) => {
                    proposal.propose(offer.wish());
                    Check::Idle
                }
            };
            let _ = check.try_set(next);
        });
    };
    view! {
        <div class="stack buy" data-testid="buy">
                <AlreadyOnItsWay already=already noun="purchase" />
                {move || if let Some(question) = another.get() {
                    view! {
                        <ConfirmButton
                            kind=ButtonKind::Primary
                            label="Review and buy"
                            question=question
                            confirm="Review and buy"
                            testid="review"
                            busy=is_busy
                            blocked=blocked
                            on_confirm=press
                        />
                    }
                    .into_any()
                } else {
                    view! {
                        <Button kind=ButtonKind::Primary testid="review" busy=is_busy blocked=blocked on_press=press>
                            "Review and buy"
                        </Button>
                    }
                    .into_any()
                }}
                <p class="card-note">
                    "Another window shows exactly what would be signed. Nothing leaves your account before you say yes there."
                </p>
                {move || (ability.get() == Ability::Locked).then(|| view! {
                    <p class="card-note">"Your keys are locked. The other window asks for your passphrase first."</p>
                })}
                {move || said(check, proposal)}
                <ProposalStatus
                    proposal=proposal
                    what="The purchase"
                    done=move || view! {
                        <Paid proposal=proposal />
                        <LinkButton kind=ButtonKind::Primary route=Route::Policies testid="to-policies">"See your policies"</LinkButton>
                    }
                />
        </div>
    }
}

/// What was paid, as the chain had it: what is offered now may be something else.
#[component]
fn Paid(proposal: Proposal) -> impl IntoView {
    let told = RwSignal::new(None);
    if let Some(id) = proposal.transaction().get_untracked() {
        leptos::task::spawn_local(async move {
            let answer = api::page(PageQuery::Transactions { before: None }).await;
            let Ok(PageAnswer::Transactions(page)) = answer else { return };
            let bought = page.transactions.iter().find(|one| one.id == id);
            let _ = told.try_set(bought.and_then(words::paid));
        });
    }
    view! {
        {move || told.get().map(|words| view! { <p class="paid" data-testid="paid">{words}</p> })}
    }
}

fn said(check: RwSignal<Check>, proposal: Proposal) -> AnyView {
    match check.get() {
        Check::Idle | Check::Asking => ().into_any(),
        Check::Moved => view! {
            <Banner tone=Tone::Info title="This page has changed meanwhile" testid="confirm-moved">
                <p>"What is offered now is not what you pressed the button for, so nothing was asked for. Look at it, and press again."</p>
            </Banner>
        }
        .into_any(),
        Check::Failed(notice) => view! { <NoticeBanner notice=notice testid="confirm-failed" /> }.into_any(),
        Check::Differs { shown, offer } => {
            let asset = offer.order.asset;
            let (before, now) = (asset.show(shown), asset.show(offer.quote.total));
            let differs = offer.differs.clone();
            let wish = offer.wish();
            view! {
                <div role="alert">
                    {differs.map(|notice| view! { <NoticeBanner notice=notice tone=Tone::Warning testid="confirm-defect" /> })}
                    <Banner tone=Tone::Warning title="The price is another one now" testid="confirm-differs">
                        <p>{format!("This page showed {before}. The chain asks {now}. Nothing was bought.")}</p>
                        <div class="actions">
                            <Button
                                kind=ButtonKind::Primary
                                testid="accept-price"
                                on_press=move |()| {
                                    check.set(Check::Idle);
                                    proposal.propose(wish.clone());
                                }
                            >
                                {format!("Review it at {now}")}
                            </Button>
                            <Button testid="decline-price" on_press=move |()| check.set(Check::Idle)>"Leave it"</Button>
                        </div>
                    </Banner>
                </div>
            }
            .into_any()
        }
    }
}
