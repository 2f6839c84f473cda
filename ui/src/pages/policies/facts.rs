//! What a policy cost and what it stands on.

use bithedge_ipc::PolicyView;
use bithedge_protocol::TokenAmount;
use leptos::prelude::*;

use super::words;
use crate::components::{AmountText, Card, Disclosure, DoubtMark, PercentText, UsdText, known_or};
use crate::format::{self, Round};
use crate::pages::home::Line;

/// What it cost, line by line, and the terms.
#[component]
pub(super) fn FactsCard(policy: Signal<Option<PolicyView>>) -> impl IntoView {
    view! {
        <Card title="What it cost" testid="policy-facts">
            {move || policy.with(|policy| policy.as_ref().map(facts))}
        </Card>
    }
}

fn facts(policy: &PolicyView) -> impl IntoView + use<> {
    let asset = policy.asset;
    let trust = policy.trust;
    let why = "The figures in the books are too large to be added up.";
    let amount = move |amount: TokenAmount, testid: &'static str| {
        view! { <AmountText asset=asset amount=amount testid=testid /><DoubtMark trust=trust /> }
    };
    let (cost, cost_usd) = (policy.cost, policy.cost_usd);
    let cost_note = cost_usd.map(|usd| format!("About {} at the prices of that day", format::usd(usd)));
    let tier = policy.tier_name.clone().map_or_else(
        || format!("Tier {}", policy.tier),
        |name| format!("{} tier", format::capitalised(&name)),
    );
    let backing = words::backing(policy.backing);
    let floor = policy.floor;
    let floor_words = words::floor_sentence(policy);
    let PolicyView { volatility, premium, fee, bounty, lock, .. } = *policy;
    view! {
        <dl class="lines">
            <Line label="Price of protection (premium)" note=|| "What the providers get for standing behind it">
                {amount(premium, "policy-premium")}
            </Line>
            <Line label="Fee" note=|| "Of the protocol; half of it goes to the insurance fund">{amount(fee, "policy-fee")}</Line>
            <Line label="Service deposit" note=|| "Prepaid to whoever settles the policy">{amount(bounty, "policy-bounty")}</Line>
            <Line label="In all" note=move || cost_note.clone()>
                {known_or(cost, why, |cost| amount(cost, "policy-cost"))}
            </Line>
        </dl>
        <Disclosure summary="Terms" testid="policy-terms">
            <dl class="lines">
                <Line label="Floor" note=move || floor_words.clone()><UsdText value=floor price=true testid="policy-floor" /></Line>
                <Line label="Stands behind it" note=move || tier.clone()>{backing}</Line>
                <Line label="Locked for it">{amount(lock, "policy-lock")}</Line>
                <Line label="Expected swings in its price (volatility a year)">
                    <PercentText ratio=volatility round=Round::Nearest testid="policy-volatility" />
                </Line>
            </dl>
        </Disclosure>
    }
}
