//! What a policy does, drawn.

use bithedge_charts::{Payoff, payoff};
use bithedge_ipc::{PolicyState, PolicyView, ProtocolPage};
use bithedge_protocol::UsdE8;
use leptos::prelude::*;

use super::words;
use crate::components::{Card, ChartView};
use crate::format;
use crate::state::PageState;

/// What is drawn; `None` where something that the picture needs is not known.
fn drawn(policy: &PolicyView, spot: Option<UsdE8>) -> Option<Payoff> {
    Some(Payoff {
        size: policy.size,
        strike: policy.strike,
        floor: policy.floor,
        spot: spot?,
        cost: policy.cost_usd?,
        backing: policy.asset,
    })
}

fn missing(policy: &PolicyView) -> &'static str {
    if policy.cost_usd.is_none() {
        "What the policy cost in USD cannot be counted, so what it does is not drawn."
    } else {
        "Today's price of BTC is not known now, so what the policy does is not drawn."
    }
}

/// What BTC and the policy are worth together at its end, by the price of BTC, with today's price marked.
#[component]
pub(super) fn PictureCard(
    policy: Signal<Option<PolicyView>>,
    protocol: PageState<ProtocolPage>,
) -> impl IntoView {
    let prices = protocol.data();
    let spot = Memo::new(move |_| {
        prices.with(|page| page.as_ref().and_then(|page| page.oracle.prices.known().map(|prices| prices.btc)))
    });
    let is_active = Memo::new(move |_| {
        policy.with(|policy| policy.as_ref().is_some_and(|policy| policy.state == PolicyState::Active))
    });
    let picture = Memo::new(move |_| {
        policy.with(|policy| policy.as_ref().and_then(|policy| drawn(policy, spot.get())))
    });
    let is_drawn = Memo::new(move |_| picture.with(Option::is_some));
    let has_answer = Memo::new(move |_| prices.with(Option::is_some));
    let why = move || policy.with(|policy| policy.as_ref().map(missing));
    view! {
        {move || is_active.get().then(|| view! {
            <Card title="What it does at its end" testid="policy-picture">
                {move || if is_drawn.get() && let Some(first) = picture.get_untracked() {
                    // It goes on changing without being made anew.
                    let data = Memo::new(move |_| picture.get().unwrap_or(first));
                    view! { <ChartView data=data draw=payoff testid="policy-payoff" /> }.into_any()
                } else if has_answer.get() {
                    view! { <p class="card-note" data-testid="policy-picture-unknown">{why}</p> }.into_any()
                } else {
                    view! { <div class="chart-place" aria-hidden="true"></div> }.into_any()
                }}
                <p class="card-note">
                    {move || spot.get().map(|spot| format!("BTC is at {} now. ", format::price(spot)))}
                    {move || policy.with(|policy| policy.as_ref().map(words::floor_sentence))}
                </p>
            </Card>
        })}
    }
}
