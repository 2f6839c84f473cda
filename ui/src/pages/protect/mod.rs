//! Protect: what protection costs, and buying it.
//!
//! Every movement of a control computes quotes of the market as the chain had it in the page's block, with the protocol's own code;
//! what is bought was confirmed by the chain before.

mod alternatives;
mod buy;
mod charts;
mod controls;
mod offer;
mod plan;
mod words;

use bithedge_ipc::{MarketView, PageQuery};
use bithedge_protocol::pool::Market;
use bithedge_protocol::risk::Candidate;
use bithedge_protocol::{Asset, Sats, UnixSeconds};
use leptos::prelude::*;

use alternatives::Alternatives;
use charts::{PayoffCard, PremiumCards};
use controls::Controls;
use offer::OfferCard;
use plan::{Choice, Offer, Pay, Spendable};

use crate::components::{AsOfLine, Loaded, SkeletonCard};
use crate::state::PageState;

/// What is chosen, and what follows from it.
#[derive(Clone, Copy)]
struct Desk {
    view: Signal<MarketView>,
    market: Memo<Market>,
    size: RwSignal<Option<u128>>,
    /// Where the slider is.
    percent: RwSignal<i64>,
    expiry: RwSignal<Option<UnixSeconds>>,
    pay: RwSignal<Pay>,
    pick: RwSignal<Option<(u8, Asset)>>,
    /// All ways to get it.
    candidates: Memo<Vec<Candidate>>,
    /// The one that is meant.
    chosen: Memo<Option<Candidate>>,
    /// What it means, if it is sold.
    offer: Memo<Option<Offer>>,
}

impl Desk {
    fn new(view: Signal<MarketView>) -> Self {
        const TENTH: u128 = 10_000_000;
        let market = Memo::new(move |_| view.with(|view| view.market.clone()));
        let size = RwSignal::new(Some(TENTH));
        let percent = RwSignal::new(-10);
        // However often the slider moves, it is computed once for a picture of the screen.
        let settled = once_a_frame(percent);
        let wanted = RwSignal::new(market.with_untracked(plan::usual_expiry));
        let expiry = wanted;
        let pay = RwSignal::new(Pay::Cheapest);
        let pick = RwSignal::new(None);
        let choice = Memo::new(move |_| {
            Some(Choice { size: Sats::new(size.get()?), percent: settled.get(), expiry: expiry.get()? })
        });
        let candidates = Memo::new(move |_| match choice.get() {
            Some(choice) => market.with(|market| plan::candidates(market, choice)),
            None => Vec::new(),
        });
        let spendable = Memo::new(move |_| view.with(Spendable::of));
        let chosen = Memo::new(move |_| {
            candidates
                .with(|candidates| plan::chosen(candidates, pay.get(), pick.get(), spendable.get()).cloned())
        });
        let offer = Memo::new(move |_| {
            chosen.with(|chosen| market.with(|market| plan::offer(market, chosen.as_ref()?)))
        });
        // An expiry that is over, or sold no more, gives way to another.
        Effect::new(move |_| {
            let listed = market.with(Market::expiries);
            if expiry.get().is_none_or(|expiry| !listed.contains(&expiry)) {
                let usual = market.with_untracked(plan::usual_expiry);
                if expiry.get_untracked() != usual {
                    expiry.set(usual);
                }
            }
        });
        Self { view, market, size, percent, expiry, pay, pick, candidates, chosen, offer }
    }
}

/// The page.
#[component]
pub(crate) fn ProtectPage() -> impl IntoView {
    let state = PageState::<MarketView>::new(|| PageQuery::Market {});
    view! { <Loaded state=state skeleton=skeleton children=content /> }
}

fn content(view: Signal<MarketView>) -> impl IntoView {
    let desk = Desk::new(view);
    let as_of = Memo::new(move |_| view.with(|view| view.as_of.clone()));
    view! {
        <p class="lead">
            "You pay once. If BTC ends below the protected price, the policy pays you the difference. If not, you have lost what it cost and keep all of BTC's rise."
        </p>
        <div class="protect">
            <div class="protect-side">
                <Controls desk=desk />
            </div>
            <div class="protect-main">
                <OfferCard desk=desk />
            </div>
        </div>
        <PayoffCard desk=desk />
        <PremiumCards desk=desk />
        <Alternatives desk=desk />
        <AsOfLine as_of=as_of />
    }
}

fn skeleton() -> impl IntoView {
    view! {
        <div class="protect">
            <div class="protect-side"><SkeletonCard lines=9 /></div>
            <div class="protect-main"><SkeletonCard lines=9 /></div>
        </div>
        <SkeletonCard lines=8 />
    }
}

/// A signal that follows another one with the next picture of the screen, so that what depends on it is computed once for each.
fn once_a_frame(source: RwSignal<i64>) -> ReadSignal<i64> {
    let (settled, set_settled) = signal(source.get_untracked());
    let scheduled = StoredValue::new(false);
    Effect::new(move |_| {
        source.track();
        if scheduled.get_value() {
            return;
        }
        scheduled.set_value(true);
        request_animation_frame(move || {
            if let Some(latest) = source.try_get_untracked() {
                scheduled.set_value(false);
                if settled.get_untracked() != latest {
                    set_settled.set(latest);
                }
            }
        });
    });
    settled
}
