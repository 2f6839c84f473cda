//! The price of BTC, and the policies in it.

use bithedge_charts::{PolicyOutcome, PolicySpan, PriceHistory, PricePoint, price_history};
use bithedge_ipc::{PageQuery, PoliciesPage, PolicyState, PolicyView, ProtocolPage};
use bithedge_protocol::TokenAmount;
use leptos::prelude::*;

use crate::components::{Card, ChartView, DoubtMark, PartProblem, UsdText, not_known};
use crate::state::PageState;

/// The daily closes that the oracle recorded, and its price of now if it gives one.
fn prices(page: &ProtocolPage) -> Vec<PricePoint> {
    let oracle = &page.oracle;
    let closes = oracle.boundaries.iter().map(|one| PricePoint { at: one.at, price: one.btc });
    let now = oracle.prices.known().zip(oracle.at).map(|(prices, at)| PricePoint { at, price: prices.btc });
    closes.chain(now).collect()
}

/// A policy as a line at its protected price.
fn span(policy: &PolicyView) -> PolicySpan {
    let has_paid = policy.paid.is_some_and(|paid| paid > TokenAmount::ZERO);
    PolicySpan {
        from: policy.sold_at,
        until: policy.ended_at.map_or(policy.expiry, |ended| ended.min(policy.expiry)),
        strike: policy.strike,
        outcome: match policy.state {
            PolicyState::Active | PolicyState::AwaitingPrice | PolicyState::InTheMoney => {
                PolicyOutcome::Running
            }
            PolicyState::Activated | PolicyState::Settled if has_paid => PolicyOutcome::Paid,
            _ => PolicyOutcome::Ended,
        },
    }
}

/// What is drawn: the closes, and the policies that were in force in their time.
fn history(page: &ProtocolPage, policies: Option<&PoliciesPage>) -> PriceHistory {
    let prices = prices(page);
    let first = prices.iter().map(|point| point.at).min();
    let spans = policies.into_iter().flat_map(|page| page.policies.iter().map(span));
    let policies = spans.filter(|span| first.is_none_or(|first| span.until >= first)).collect();
    PriceHistory { prices, policies }
}

/// The price of now and the chart of the last two weeks. Only what the oracle recorded is drawn: without a history there is no chart.
#[component]
pub(super) fn PriceCard() -> impl IntoView {
    let protocol = PageState::<ProtocolPage>::new(|| PageQuery::Protocol {});
    let policies = PageState::<PoliciesPage>::new(|| PageQuery::Policies { before: None });
    let (page, owned) = (protocol.data(), policies.data());
    let price = Memo::new(move |_| {
        page.with(|page| page.as_ref().map(|page| page.oracle.prices.clone().map(|prices| prices.btc)))
    });
    let trust = Memo::new(move |_| page.with(|page| page.as_ref().map(|page| page.oracle.trust)));
    let history = Memo::new(move |_| {
        page.with(|page| {
            owned.with(|owned| page.as_ref().map(|page| history(page, owned.as_ref())).unwrap_or_default())
        })
    });
    let is_drawn = Memo::new(move |_| history.with(|history| history.prices.len() > 1));
    let has_page = Memo::new(move |_| page.with(Option::is_some));
    view! {
        <Card
            title="BTC price"
            note=move || price.get().map(|price| match price.known() {
                Some(price) => view! {
                    <UsdText value=*price price=true testid="home-btc-price" />" now"
                    {trust.get().map(|trust| view! { <DoubtMark trust=trust /> })}
                }
                .into_any(),
                None => ().into_any(),
            })
            testid="home-price"
        >
            <PartProblem
                problem=protocol.problem()
                is_there=has_page
                retry=Callback::new(move |()| protocol.retry())
                what="The price"
                testid="home-price-problem"
            />
            <PartProblem
                problem=policies.problem()
                is_there=Signal::derive(move || owned.with(Option::is_some))
                retry=Callback::new(move |()| policies.retry())
                what="Your policies in the picture"
                testid="home-price-policies-problem"
            />
            {move || price.get().and_then(|price| match price {
                bithedge_ipc::Figure::Known { .. } => None,
                bithedge_ipc::Figure::Unknown { why } => Some(view! { <p>{not_known(&why)}</p> }),
            })}
            {move || if is_drawn.get() {
                view! { <ChartView data=history draw=price_history testid="home-price-chart" /> }.into_any()
            } else if has_page.get() {
                view! {
                    <p class="card-note">"The chart begins with the second daily close that the oracle has recorded."</p>
                }
                .into_any()
            } else {
                view! { <div class="chart-place" aria-hidden="true"></div> }.into_any()
            }}
        </Card>
    }
}
