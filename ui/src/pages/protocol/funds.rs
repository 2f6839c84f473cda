//! The insurance fund.

use bithedge_ipc::{FundView, Trust};
use leptos::prelude::*;

use crate::components::{AmountText, Card, DoubtMark, EmptyState, known_or};
use crate::route::asset_slug;

/// What the insurance fund holds, and what it has done.
#[component]
pub(super) fn FundsCard(
    /// By token, and whether that can be relied on.
    #[prop(into)]
    funds: Signal<(Vec<FundView>, Trust)>,
) -> impl IntoView {
    view! {
        <Card title="Insurance fund" note=|| "For what a bucket cannot pay" testid="protocol-funds">
            <p class="protocol-explained">
                "Half of all fees goes to it. If a bucket in STX falls short of what it promised, the fund pays what it may; a bucket in sBTC \
                 cannot fall short."
            </p>
            <div class="protocol-columns">
                {move || {
                    let (funds, trust) = funds.get();
                    if funds.is_empty() {
                        return view! { <EmptyState title="Nothing is known of the fund yet" text="It shows up here once the history of this network was read." /> }.into_any();
                    }
                    funds.into_iter().map(|fund| view! { <Fund fund=fund trust=trust /> }).collect_view().into_any()
                }}
            </div>
        </Card>
    }
}

#[component]
fn Fund(
    /// In one token.
    fund: FundView,
    /// Whether it can be relied on.
    trust: Trust,
) -> impl IntoView {
    let FundView { asset, size, reserved, contributed, covered, withdrawn, target } = fund;
    let slug = asset_slug(asset);
    let lines = [
        ("Set aside for policies that it took over", reserved),
        ("Given to it so far", contributed),
        ("Paid for buckets so far", covered),
        ("Taken out by governance", withdrawn),
    ];
    view! {
        <section class="protocol-part" data-testid=format!("fund-{slug}")>
            <h3 class="protocol-name">{asset.symbol()}" "<DoubtMark trust=trust /></h3>
            <dl class="ledger">
                <div class="ledger-line ledger-sum">
                    <dt>"It holds"</dt>
                    <dd><AmountText asset=asset amount=size testid=format!("fund-{slug}-size") /></dd>
                </div>
                <div class="ledger-line">
                    <dt>"It should hold"</dt>
                    <dd>{known_or(target, "It was not read.", |target| view! { <AmountText asset=asset amount=target /> })}</dd>
                </div>
                {lines.into_iter().map(|(name, amount)| view! {
                    <div class="ledger-line"><dt>{name}</dt><dd><AmountText asset=asset amount=amount /></dd></div>
                }).collect_view()}
            </dl>
        </section>
    }
}
