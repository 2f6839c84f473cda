//! What earns.

use bithedge_ipc::{CapitalTotal, Trust};
use bithedge_protocol::TokenAmount;
use leptos::prelude::*;

use super::Line;
use crate::components::{
    AmountText, ButtonKind, Card, ChangeText, DoubtMark, Each, EmptyState, LinkButton, UsdText, figure,
    known_or,
};
use crate::route::{Route, asset_slug};

const UNCOUNTABLE: &str = "The figures in the books are too large to be added up.";

/// Whether somebody has, or had, something in a token's buckets.
fn is_something(total: &CapitalTotal) -> bool {
    let some = |amount: Option<TokenAmount>| amount != Some(TokenAmount::ZERO);
    some(total.at_risk)
        || some(total.waiting)
        || some(total.claimable)
        || total.realised.base_units() != 0
        || total.unrealised.base_units() != 0
}

/// What earns, by token.
#[component]
pub(super) fn EarningCard(capital: Memo<(Vec<CapitalTotal>, Trust)>) -> impl IntoView {
    let assets = Memo::new(move |_| {
        capital.with(|(totals, _)| {
            totals.iter().filter(|total| is_something(total)).map(|total| total.asset).collect::<Vec<_>>()
        })
    });
    let is_empty = Memo::new(move |_| assets.with(Vec::is_empty));
    let is_doubtful = Memo::new(move |_| capital.with(|(_, trust)| *trust == Trust::Doubtful));
    view! {
        <Card title="Earning" testid="home-earning">
            <div class="home-card">
                {move || is_empty.get().then(|| if is_doubtful.get() {
                    view! {
                        <EmptyState
                            title="Nothing is known to earn"
                            text="What is known here is in doubt, so this does not mean that you have no capital in the pool. What the \
                                  chain itself says is what counts."
                            testid="home-earning-doubtful"
                        />
                    }
                } else {
                    view! {
                        <EmptyState
                            title="Nothing earns yet"
                            text="STX or sBTC that you commit stands behind other people's policies. It earns what they pay, and pays them \
                                  when BTC falls: it can also lose."
                            testid="home-earning-empty"
                        />
                    }
                })}
                <Each each=move || assets.get() key=|asset| *asset let:asset>
                    {move || capital.with(|(totals, trust)| {
                        totals.iter().find(|total| total.asset == asset).map(|total| total_lines(total, *trust))
                    })}
                </Each>
                <div class="home-actions">
                    <LinkButton kind=ButtonKind::Primary route=Route::Earn testid="home-earn">
                        {move || if is_empty.get() { "See what earns" } else { "Open Earn" }}
                    </LinkButton>
                </div>
            </div>
        </Card>
    }
}

fn total_lines(total: &CapitalTotal, trust: Trust) -> impl IntoView + use<> {
    let asset = total.asset;
    let slug = asset_slug(asset);
    let CapitalTotal { at_risk, at_risk_usd, waiting, claimable, realised, unrealised, .. } = total.clone();
    let shown = |amount: Option<TokenAmount>| amount != Some(TokenAmount::ZERO);
    view! {
        <div class="home-token" data-testid=format!("home-capital-{slug}")>
            <div class="home-lead">
                <p class="home-lead-figure">
                    {known_or(at_risk, UNCOUNTABLE, |amount| view! {
                        <AmountText asset=asset amount=amount testid=format!("home-at-risk-{slug}") /><DoubtMark trust=trust />
                    })}
                </p>
                <p class="home-lead-note">
                    {figure(&at_risk_usd, trust, |value| view! {
                        "at risk, worth "<UsdText value=*value testid=format!("home-at-risk-usd-{slug}") />" today"
                    })}
                </p>
            </div>
            <dl class="lines">
                <Line label="Result taken out" note=|| "What exits have brought, less what was paid in for them">
                    <ChangeText asset=asset change=realised testid=format!("home-realised-{slug}") /><DoubtMark trust=trust />
                </Line>
                <Line label="Result still in" note=|| "At the last daily close; it can grow and shrink">
                    <ChangeText asset=asset change=unrealised testid=format!("home-unrealised-{slug}") /><DoubtMark trust=trust />
                </Line>
                {shown(waiting).then(|| view! {
                    <Line label="Waits for a daily close">
                        {known_or(waiting, UNCOUNTABLE, |amount| view! {
                            <AmountText asset=asset amount=amount testid=format!("home-waiting-{slug}") /><DoubtMark trust=trust />
                        })}
                    </Line>
                })}
                {shown(claimable).then(|| view! {
                    <Line label="To be claimed">
                        {known_or(claimable, UNCOUNTABLE, |amount| view! {
                            <AmountText asset=asset amount=amount testid=format!("home-withdrawable-{slug}") /><DoubtMark trust=trust />
                        })}
                    </Line>
                })}
            </dl>
        </div>
    }
}
