//! Fees, and the treasury that they go to.

use bithedge_ipc::{FeesView, TreasuryView, Trust};
use leptos::prelude::*;

use crate::components::{AmountText, Card, DoubtMark};
use crate::format;
use crate::route::asset_slug;

type Fees = (Vec<FeesView>, Vec<TreasuryView>, Trust);

/// What was taken so far, and where it is.
#[component]
pub(super) fn FeesCard(
    /// Fees, treasury, and whether they can be relied on.
    #[prop(into)]
    fees: Signal<Fees>,
) -> impl IntoView {
    view! {
        <Card title="Fees" note=|| "Of the protocol, not of the network" testid="protocol-fees">
            {move || {
                let (fees, treasury, trust) = fees.get();
                view! {
                    {if fees.is_empty() {
                        view! { <p class="protocol-explained">"No fee was taken yet." " "<DoubtMark trust=trust /></p> }.into_any()
                    } else {
                        view! { <FeesTable fees=fees trust=trust /> }.into_any()
                    }}
                    <div class="protocol-columns">
                        {treasury.into_iter().map(|one| view! { <Treasury treasury=one trust=trust /> }).collect_view()}
                    </div>
                }
            }}
        </Card>
    }
}

#[component]
fn FeesTable(
    /// By operation and token.
    fees: Vec<FeesView>,
    /// Whether they can be relied on.
    trust: Trust,
) -> impl IntoView {
    view! {
        <div class="protocol-scroll" tabindex="0" role="region" aria-label="Fees so far">
            <table class="wide-table">
                <thead>
                    <tr>
                        <th scope="col">"For"</th>
                        <th scope="col" class="wide-number">"Taken"</th>
                        <th scope="col" class="wide-number">"Left by discounts"</th>
                        <th scope="col" class="wide-number">"How often"</th>
                    </tr>
                </thead>
                <tbody>
                    {fees.into_iter().map(|one| view! {
                        <tr data-testid="fees-line">
                            <th scope="row">{one.operation}" "<DoubtMark trust=trust /></th>
                            <td class="wide-number"><AmountText asset=one.asset amount=one.collected /></td>
                            <td class="wide-number"><AmountText asset=one.asset amount=one.forgone /></td>
                            <td class="wide-number">{format::grouped(one.count.into())}</td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Treasury(
    /// In one token.
    treasury: TreasuryView,
    /// Whether it can be relied on.
    trust: Trust,
) -> impl IntoView {
    let TreasuryView { asset, undistributed, allocated, holdings } = treasury;
    let lines = [
        ("Fees that wait to be divided", undistributed),
        ("Divided, and not claimed yet", allocated),
        ("Its own", holdings),
    ];
    view! {
        <section class="protocol-part" data-testid=format!("treasury-{}", asset_slug(asset))>
            <h3 class="protocol-name">{format!("Treasury, {}", asset.symbol())}" "<DoubtMark trust=trust /></h3>
            <dl class="ledger">
                {lines.into_iter().map(|(name, amount)| view! {
                    <div class="ledger-line"><dt>{name}</dt><dd><AmountText asset=asset amount=amount /></dd></div>
                }).collect_view()}
            </dl>
        </section>
    }
}
