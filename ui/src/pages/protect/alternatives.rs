//! Every way to get the same, and why some are not to be had.

use bithedge_protocol::Asset;
use bithedge_protocol::risk::Candidate;
use leptos::prelude::*;

use super::{Desk, words};
use crate::components::{AmountText, Button, Card, Each, UsdText};
use crate::format;
use crate::route::asset_slug;

/// Tiers and tokens side by side.
#[component]
pub(super) fn Alternatives(desk: Desk) -> impl IntoView {
    let keys = Memo::new(move |_| {
        let key = |candidate: &Candidate| (candidate.order.tier, candidate.order.asset);
        desk.candidates.with(|candidates| candidates.iter().map(key).collect::<Vec<_>>())
    });
    view! {
        <Card title="Other ways to get it" note=|| "The cheapest first" testid="alternatives">
            {move || desk.candidates.with(Vec::is_empty).then(|| view! {
                <p class="empty-text">"Nothing is on offer for this amount and this time."</p>
            })}
            <ul class="ways">
                <Each each=move || keys.get() key=|key| *key let:key>
                    <Way desk=desk tier=key.0 asset=key.1 />
                </Each>
            </ul>
        </Card>
    }
}

/// One way. Only its price and its words change with the chain: its button, and the focus on it, stay.
#[component]
fn Way(desk: Desk, tier: u8, asset: Asset) -> impl IntoView {
    let latest = Memo::new(move |_| {
        let is_it = |candidate: &&Candidate| candidate.order.tier == tier && candidate.order.asset == asset;
        desk.candidates.with(|candidates| candidates.iter().find(is_it).cloned())
    });
    let is_offered = Memo::new(move |_| {
        latest.with(|latest| latest.as_ref().is_some_and(|candidate| candidate.quote.is_ok()))
    });
    let name = desk.market.with_untracked(|market| market.tier(tier).map(|terms| terms.name.clone()));
    let name = name.map_or_else(|| format!("Tier {tier}"), |name| format::capitalised(&name));
    let is_chosen = Memo::new(move |_| {
        desk.chosen.with(|chosen| {
            chosen.as_ref().is_some_and(|one| one.order.tier == tier && one.order.asset == asset)
        })
    });
    let hook = format!("{tier}-{}", asset_slug(asset));
    let description = format!("{name}, paid in {asset}");
    let spoken = format!(": {description}");
    let strike = move || {
        latest.with(|latest| {
            latest
                .as_ref()
                .map(|candidate| format!("Protects from {}", format::price(candidate.order.strike)))
        })
    };
    let price = move || {
        latest.with(|latest| {
            let candidate = latest.as_ref()?;
            let (total, usd) = (candidate.quote.as_ref().ok()?.total, candidate.usd);
            Some(view! {
                <AmountText asset=asset amount=total />
                {usd.map(|usd| view! { <span class="aside"><UsdText value=usd /></span> })}
            })
        })
    };
    let why = move || {
        latest.with(|latest| {
            let candidate = latest.as_ref()?;
            let refusal = candidate.quote.as_ref().err()?;
            Some(desk.market.with(|market| words::refusal(*refusal, market, &candidate.order)))
        })
    };
    let refused = format!("refused-{hook}");
    let detail = move || {
        if is_offered.get() {
            let (hook, spoken) = (hook.clone(), spoken.clone());
            view! {
                <span class="way-price">{price}</span>
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
            .into_any()
        } else {
            view! { <p class="way-refused" data-testid=refused.clone()>{why}</p> }.into_any()
        }
    };
    view! {
        <li class="way" class:is-chosen=move || is_chosen.get() data-testid=format!("way-{tier}-{}", asset_slug(asset))>
            <span class="way-name">{description}<span class="aside">{strike}</span></span>
            {detail}
        </li>
    }
}
