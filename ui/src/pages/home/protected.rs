//! What is protected.

use bithedge_ipc::{ProtectionSummary, ProtectionTotal, Trust};
use leptos::prelude::*;

use super::Line;
use crate::components::{
    AmountText, ButtonKind, Card, Countdown, DoubtMark, Each, EmptyState, LinkButton, SbtcText, UsdText,
    figure, known_or,
};
use crate::format;
use crate::route::Route;

/// Why a sum is not known.
const UNCOUNTABLE: &str = "The figures in the books are too large to be added up.";

/// What is protected, and what protecting has cost and brought so far.
#[component]
pub(super) fn ProtectedCard(protection: Memo<ProtectionSummary>) -> impl IntoView {
    let has_active = Memo::new(move |_| protection.with(|all| all.active > 0));
    let has_any =
        Memo::new(move |_| protection.with(|all| all.totals.iter().any(|total| total.policies > 0)));
    let is_doubtful = Memo::new(move |_| protection.with(|all| all.trust == Trust::Doubtful));
    let count = move || {
        protection.with(|all| match all.active {
            0 => String::new(),
            1 => "1 policy protects".to_owned(),
            count => format!("{count} policies protect"),
        })
    };
    view! {
        <Card title="Protected" note=count testid="home-protected">
            <div class="home-card">
                {move || if has_active.get() {
                    view! { <Active protection=protection /> }.into_any()
                } else if is_doubtful.get() {
                    view! {
                        <EmptyState
                            title="Nothing is known to be protected"
                            text="What is known here is in doubt, so this does not mean that you have no protection. What the chain \
                                  itself says is what counts."
                            testid="home-protected-doubtful"
                        />
                    }
                    .into_any()
                } else {
                    view! {
                        <EmptyState
                            title="Nothing is protected yet"
                            text="BTC that you hold is worth what the market pays. A policy pays you what it falls below a price that you \
                                  choose, for a price that you know before."
                            testid="home-protected-empty"
                        />
                    }
                    .into_any()
                }}
                {move || has_any.get().then(|| view! { <Totals protection=protection /> })}
                <div class="home-actions">
                    <LinkButton kind=ButtonKind::Primary route=Route::Protect testid="home-protect">"Protect Bitcoin"</LinkButton>
                    {move || has_any.get().then(|| view! {
                        <LinkButton route=Route::Policies testid="home-policies">"My policies"</LinkButton>
                    })}
                </div>
            </div>
        </Card>
    }
}

/// What policies that are in force protect.
#[component]
fn Active(protection: Memo<ProtectionSummary>) -> impl IntoView {
    view! {
        <div class="home-lead">
            <p class="home-lead-figure" data-testid="home-protected-btc">
                {move || protection.with(|all| known_or(all.protected, UNCOUNTABLE, |size| view! {
                    <SbtcText amount=size symbol="BTC" testid="home-protected-size" />
                    <DoubtMark trust=all.trust />
                }))}
            </p>
            <p class="home-lead-note">
                {move || protection.with(|all| figure(&all.protected_usd, all.trust, |value| view! {
                    "worth "<UsdText value=*value testid="home-protected-usd" />" today"
                }))}
            </p>
        </div>
        <dl class="lines">
            <Line
                label="Protected price"
                note=move || protection.with(|all| (all.active > 1).then_some("Mean of your policies, by what each protects"))
            >
                {move || protection.with(|all| known_or(all.weighted_strike, UNCOUNTABLE, |strike| view! {
                    <UsdText value=strike price=true testid="home-weighted-strike" />
                    <DoubtMark trust=all.trust />
                }))}
            </Line>
            <Line label="Next end" note=move || protection.with(|all| all.next_expiry.map(format::moment))>
                {move || protection.with(|all| known_or(all.next_expiry, UNCOUNTABLE, |end| view! {
                    <Countdown until=end testid="home-next-expiry" />
                }))}
            </Line>
        </dl>
    }
}

/// What protecting has cost and brought, by token.
#[component]
fn Totals(protection: Memo<ProtectionSummary>) -> impl IntoView {
    let assets = Memo::new(move |_| {
        let some = |total: &&ProtectionTotal| total.policies > 0;
        protection.with(|all| all.totals.iter().filter(some).map(|total| total.asset).collect::<Vec<_>>())
    });
    view! {
        <Each each=move || assets.get() key=|asset| *asset let:asset>
            {move || protection.with(|all| {
                all.totals.iter().find(|total| total.asset == asset).map(total_lines)
            })}
        </Each>
    }
}

fn total_lines(total: &ProtectionTotal) -> impl IntoView + use<> {
    let (asset, trust) = (total.asset, total.trust);
    let is_claimable = total.claimable.known().is_none_or(|amount| amount.base_units() > 0);
    let slug = crate::route::asset_slug(asset);
    let (worth, claimable, cost, received) =
        (total.worth.clone(), total.claimable.clone(), total.cost, total.received);
    let has_active = total.active > 0;
    view! {
        <div class="home-token" data-testid=format!("home-protection-{slug}")>
            <p class="home-token-name">{format!("Paid in {asset}")}</p>
            <dl class="lines">
                <Line label="Cost so far" note=|| "Premiums, fees and service deposits of all policies">
                    {known_or(cost, UNCOUNTABLE, |cost| view! {
                        <AmountText asset=asset amount=cost testid=format!("home-cost-{slug}") /><DoubtMark trust=trust />
                    })}
                </Line>
                <Line label="Paid out to you so far">
                    <AmountText asset=asset amount=received testid=format!("home-received-{slug}") /><DoubtMark trust=trust />
                </Line>
                {has_active.then(|| view! {
                    <Line label="Worth now" note=|| "What the pool would pay to take the policies back">
                        {figure(&worth, trust, |worth| view! {
                            <AmountText asset=asset amount=*worth testid=format!("home-worth-{slug}") />
                        })}
                    </Line>
                })}
                {is_claimable.then(|| view! {
                    <Line label="To be claimed">
                        {figure(&claimable, trust, |amount| view! {
                            <AmountText asset=asset amount=*amount testid=format!("home-claimable-{slug}") />
                        })}
                    </Line>
                })}
            </dl>
        </div>
    }
}
