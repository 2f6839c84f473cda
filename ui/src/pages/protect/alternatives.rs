//! Every way to get the same, and why some are not to be had.

use bithedge_protocol::risk::Candidate;
use leptos::prelude::*;

use super::{Desk, words};
use crate::components::{AmountText, Button, Card, UsdText};
use crate::format;
use crate::route::asset_slug;

/// Tiers and tokens side by side.
#[component]
pub(super) fn Alternatives(desk: Desk) -> impl IntoView {
    view! {
        <Card title="Other ways to get it" note=|| "The cheapest first" testid="alternatives">
            {move || desk.candidates.with(Vec::is_empty).then(|| view! {
                <p class="empty-text">"Nothing is on offer for this amount and this time."</p>
            })}
            <ul class="ways">
                {move || desk.candidates.get().into_iter().map(|candidate| way(desk, candidate)).collect_view()}
            </ul>
        </Card>
    }
}

fn way(desk: Desk, candidate: Candidate) -> impl IntoView {
    let Candidate { order, quote, usd } = candidate;
    let (tier, asset) = (order.tier, order.asset);
    let name = desk.market.with_untracked(|market| market.tier(tier).map(|terms| terms.name.clone()));
    let name = name.unwrap_or_else(|| format!("Tier {tier}"));
    let is_chosen = Memo::new(move |_| {
        desk.chosen.with(|chosen| {
            chosen.as_ref().is_some_and(|one| one.order.tier == tier && one.order.asset == asset)
        })
    });
    let hook = format!("{tier}-{}", asset_slug(asset));
    let description = format!("{name}, paid in {asset}");
    let spoken = format!(": {description}");
    let strike = format!("Protects from {}", format::price(order.strike));
    let detail = match quote {
        Ok(quote) => view! {
            <span class="way-price">
                <AmountText asset=asset amount=quote.total />
                {usd.map(|usd| view! { <span class="aside"><UsdText value=usd /></span> })}
            </span>
            {move || {
                let (testid, spoken) = (format!("use-{hook}"), spoken.clone());
                if is_chosen.get() {
                    return view! { <span class="tag">"Shown above"</span> }.into_any();
                }
                view! {
                    <Button
                        testid=testid
                        on_press=move |()| {
                            desk.pay.set(super::Pay::Cheapest);
                            desk.pick.set(Some((tier, asset)));
                        }
                    >
                        "Use this"<span class="visually-hidden">{spoken}</span>
                    </Button>
                }
                .into_any()
            }}
        }
        .into_any(),
        Err(refusal) => {
            let why = desk.market.with_untracked(|market| words::refusal(refusal, market, &order));
            view! { <p class="way-refused" data-testid=format!("refused-{hook}")>{why}</p> }.into_any()
        }
    };
    view! {
        <li class="way" class:is-chosen=move || is_chosen.get() data-testid=format!("way-{tier}-{}", asset_slug(asset))>
            <span class="way-name">{description}<span class="aside">{strike}</span></span>
            {detail}
        </li>
    }
}
