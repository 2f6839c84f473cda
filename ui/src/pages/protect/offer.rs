//! What the protection costs and does.

use bithedge_protocol::Asset;
use leptos::prelude::*;

use super::buy::BuyBlock;
use super::plan::{Offer, Pay, Spendable, most_paid, passes_over};
use super::{Desk, words};
use crate::components::{AmountText, Card, Disclosure, PercentText, UsdText};
use crate::format::{self, Round};

/// The price of the protection and what follows from it.
#[component]
pub(super) fn OfferCard(desk: Desk) -> impl IntoView {
    let note = move || desk.offer.with(|offer| offer.as_ref().map(|offer| tier_words(desk, offer)));
    view! {
        <Card title="Price of protection" note=note testid="offer">
            <div class="offer-price">
                {move || match desk.offer.with(|offer| offer.as_ref().map(price)) {
                    Some(price) => price.into_any(),
                    None => view! { <p class="offer-none" data-testid="offer-none">{refused(desk)}</p> }.into_any(),
                }}
            </div>
            <BuyBlock desk=desk />
            {move || match desk.offer.get() {
                Some(offer) => shown(desk, offer).into_any(),
                None => view! { <div class="offer-room"></div> }.into_any(),
            }}
        </Card>
    }
}

fn price(offer: &Offer) -> impl IntoView + use<> {
    view! {
        <AmountText asset=offer.quote.order.asset amount=offer.quote.total testid="total" />
        <span class="offer-usd"><UsdText value=offer.cost.usd testid="total-usd" /></span>
    }
}

fn tier_words(desk: Desk, offer: &Offer) -> String {
    let tier = offer.quote.order.tier;
    let name = desk.market.with(|market| market.tier(tier).map(|terms| terms.name.clone()));
    let named = name
        .map_or_else(|| format!("tier {tier}"), |name| format!("the {} tier", format::capitalised(&name)));
    let is_second = desk.pay.get() == Pay::Cheapest
        && desk.candidates.with(|all| passes_over(all, &offer.quote, desk.view.with(Spendable::of)));
    let beside = if is_second { ". This account cannot pay the cheapest" } else { "" };
    format!("From {named}, in {}{beside}", offer.quote.order.asset)
}

/// Why nothing is offered.
fn refused(desk: Desk) -> String {
    if desk.size.get().is_none() {
        return desk.market.with(|market| words::no_amount(&market.rules));
    }
    desk.chosen.with(|chosen| match chosen {
        Some(candidate) => match &candidate.quote {
            Err(refusal) => desk.market.with(|market| words::refusal(*refusal, market, &candidate.order)),
            Ok(_) => "What this costs cannot be counted. Choose a smaller amount.".to_owned(),
        },
        None if desk.expiry.get().is_none() => "Nothing is on offer at the moment.".to_owned(),
        None => "Nothing is on offer at this price, until then, in this token. Move the slider, or choose another token.".to_owned(),
    })
}

fn shown(desk: Desk, offer: Offer) -> impl IntoView {
    let Offer { quote, cost } = offer;
    let order = quote.order;
    let asset = order.asset;
    let most = most_paid(&quote);
    let floor = words::below_floor(cost.floor.floor, most);
    let sentences = desk.market.with_untracked(|market| words::at_the_end(market, &order));
    let policies = quote.parts.len();
    view! {
        <dl class="facts">
            <dt>"Of what you protect"</dt>
            <dd><PercentText ratio=cost.of_value round=Round::Up testid="of-value" /></dd>
            <dt>"For a year"</dt>
            <dd>
                <PercentText ratio=cost.per_year round=Round::Up testid="per-year" />
                <span class="aside">"if you bought the same again and again at this price, not compounded"</span>
            </dd>
            <dt>"Earns its price below"</dt>
            <dd data-testid="break-even" data-value=cost.break_even.map(|price| price.base_units().to_string())>
                {match cost.break_even {
                    Some(price) => view! {
                        <span>{format::price(price)}</span>
                        <span class="aside">"BTC at the end: there the payout is worth what the protection cost"</span>
                    }
                    .into_any(),
                    None => view! { <span>"No price: it costs more than it can pay"</span> }.into_any(),
                }}
            </dd>
            <dt>"Stops growing below"</dt>
            <dd data-testid="floor" data-value=cost.floor.floor.base_units().to_string()>{format::price(cost.floor.floor)}</dd>
            <dt>"Sold back at once"</dt>
            <dd>
                <AmountText asset=asset amount=cost.sold_back testid="sold-back" />
                <span class="aside">"what the pool would pay for it now: it buys for less than it sells for"</span>
            </dd>
        </dl>
        <p class="floor-words" data-testid="floor-words">{floor}</p>
        {(policies > 1).then(|| view! {
            <p class="floor-words">{format!("No tier has room for all of it: you get {policies} policies, from {policies} tiers.")}</p>
        })}
        <Disclosure summary="What the price is made of" testid="price-parts">
            <dl class="facts">
                <dt>"Premium, to those who stand for it"</dt>
                <dd><AmountText asset=asset amount=quote.premium /></dd>
                <dt>"Fee to the protocol"</dt>
                <dd><AmountText asset=asset amount=quote.fee /></dd>
                <dt>"For whoever settles it at the end"</dt>
                <dd><AmountText asset=asset amount=quote.bounty /></dd>
                <dt>"Volatility a year in it"</dt>
                <dd>{match cost.implied_volatility {
                    Some(volatility) => format::percent(volatility),
                    None => "none: a smallest premium made the price".to_owned(),
                }}</dd>
                <dt>"Makes good of a small fall today"</dt>
                <dd>{format::percent(cost.delta)}</dd>
                {(asset == Asset::Stx).then(|| view! {
                    <dt>"One STX counted as"</dt>
                    <dd>{format::usd(quote.stx)}</dd>
                })}
            </dl>
        </Disclosure>
        <Disclosure summary="What happens at the end" testid="at-the-end">
            {sentences.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
        </Disclosure>
    }
}
