//! What somebody can choose.

use bithedge_protocol::pool::Market;
use bithedge_protocol::{Asset, UnixSeconds};
use leptos::prelude::*;

use super::plan::{HIGHEST, LOWEST, Pay};
use super::{Desk, words};
use crate::components::{AmountInput, AmountUnit, Card, Choice, Segmented, Select, Slider, Tick, UsdText};
use crate::format;
use crate::route::asset_slug;

/// Amount, protected price, end and token.
#[component]
pub(super) fn Controls(desk: Desk) -> impl IntoView {
    let market = desk.market;
    let spot = Memo::new(move |_| market.with(|market| market.pricing.btc));
    let bounds = Memo::new(move |_| market.with(|market| (market.rules.min_size, market.rules.max_size)));
    let strike_words = Signal::derive(move || {
        let chosen = desk.chosen.with(|chosen| chosen.as_ref().map(|candidate| candidate.order.strike));
        market.with(|market| words::protected_price(market, chosen, desk.percent.get()))
    });
    let ticks = [LOWEST, -20, -10, HIGHEST].map(|at| Tick {
        at,
        label: if at == 0 { "today".to_owned() } else { format!("\u{2212}{} %", -at) },
    });
    let expiries = Memo::new(move |_| market.with(Market::expiries));
    let choices = Signal::derive(move || {
        let listed: Vec<_> = expiries.get().into_iter().map(|expiry| expiry_choice(market, expiry)).collect();
        listed
    });
    let pays = vec![
        Choice::new(Pay::Cheapest, "Cheapest", "cheapest"),
        Choice::new(Pay::In(Asset::Sbtc), "sBTC", asset_slug(Asset::Sbtc)),
        Choice::new(Pay::In(Asset::Stx), "STX", asset_slug(Asset::Stx)),
    ];
    let worth = move || {
        let size = desk.size.get()?;
        let value =
            Asset::Sbtc.worth(bithedge_protocol::TokenAmount::new(size), spot.get(), spot.get()).ok()?;
        Some(format!("Worth {} today", format::usd(value)))
    };
    view! {
        <Card title="What you protect" testid="protect-controls">
            <div class="stack">
                <p class="spot">"BTC today "{move || view! { <UsdText value=spot.get() price=true testid="spot" /> }}</p>
                <AmountInput
                    label="How much BTC"
                    unit=AmountUnit::Btc
                    value=desk.size
                    least=Signal::derive(move || Some(bounds.get().0.base_units()))
                    most=Signal::derive(move || Some(bounds.get().1.base_units()))
                    most_is="the largest policy is"
                    hint=Signal::derive(move || worth().unwrap_or_else(|| "You need not hold it in this account".to_owned()))
                    testid="size"
                />
                <Slider
                    label="Protected price"
                    min=LOWEST
                    max=HIGHEST
                    value=desk.percent
                    on_change=move |percent| {
                        desk.pick.set(None);
                        desk.percent.set(percent);
                    }
                    value_text=strike_words
                    ticks=ticks.to_vec()
                    testid="level"
                />
                <Select
                    label="Until when"
                    choices=choices
                    value=Signal::derive(move || desk.expiry.get().unwrap_or_default())
                    on_change=move |expiry| desk.expiry.set(Some(expiry))
                    testid="expiry"
                />
                <Segmented
                    label="Paid in"
                    choices=pays
                    value=desk.pay
                    on_change=move |pay| {
                        desk.pick.set(None);
                        desk.pay.set(pay);
                    }
                    testid="pay"
                />
            </div>
        </Card>
    }
}

fn expiry_choice(market: Memo<Market>, expiry: UnixSeconds) -> Choice<UnixSeconds> {
    let left = market.with(|market| expiry.since(market.now)).unwrap_or_default();
    Choice::new(
        expiry,
        format!("{} ({})", format::day(expiry), format::time_left(left)),
        expiry.get().to_string(),
    )
}
