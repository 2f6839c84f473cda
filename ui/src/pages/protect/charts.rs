//! What the policy would do, and what others would cost.

use bithedge_charts::{
    Chart, ExpiryQuote, Frame, Payoff, PremiumByDuration, PremiumByStrike, StrikeQuote, payoff,
    premium_by_duration, premium_by_strike,
};
use bithedge_protocol::pool::Order;
use bithedge_protocol::{Asset, MicroStx, Sats, TokenAmount, UnixSeconds, UsdE8};
use leptos::prelude::*;

use super::Desk;
use super::plan::{self, Offer};
use crate::components::{Card, ChartView};

/// The position at the end, with and without protection.
#[component]
pub(super) fn PayoffCard(desk: Desk) -> impl IntoView {
    let data = Memo::new(move |_| desk.offer.with(|offer| offer.as_ref().map(picture)));
    view! {
        <Card title="At the end, with and without protection" testid="payoff-card">
            <ChartView data=data draw=draw_payoff testid="payoff" />
        </Card>
    }
}

fn picture(offer: &Offer) -> Payoff {
    let quote = &offer.quote;
    Payoff {
        size: quote.order.size,
        strike: quote.order.strike,
        floor: offer.cost.floor.floor,
        spot: quote.spot,
        cost: offer.cost.usd,
        backing: quote.order.asset,
    }
}

fn draw_payoff(data: &Option<Payoff>, frame: &Frame<'_>) -> Chart {
    // Without an offer the chart says so itself.
    let nothing = Payoff {
        size: Sats::ZERO,
        strike: UsdE8::ZERO,
        floor: UsdE8::ZERO,
        spot: UsdE8::ZERO,
        cost: UsdE8::ZERO,
        backing: Asset::Sbtc,
    };
    payoff(&data.unwrap_or(nothing), frame)
}

/// Premiums of what else is listed, in the token of the offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Listed<K> {
    asset: Option<Asset>,
    premiums: Vec<(K, TokenAmount)>,
    chosen: Option<K>,
    spot: UsdE8,
    now: UnixSeconds,
}

/// What other protected prices and other ends would cost. A click, or dragging, chooses one.
#[component]
pub(super) fn PremiumCards(desk: Desk) -> impl IntoView {
    let order = Memo::new(move |_| desk.chosen.with(|chosen| chosen.as_ref().map(|chosen| chosen.order)));
    // Only what it depends on: moving the slider within one tier and token computes none of it anew.
    let key = Memo::new(move |_| order.get().map(|order| (order.size, order.expiry, order.asset)));
    let strikes = Memo::new(move |_| match key.get() {
        Some((size, expiry, asset)) => {
            desk.market.with(|market| plan::by_strike(market, size, expiry, asset))
        }
        None => Vec::new(),
    });
    let series =
        Memo::new(move |_| order.get().map(|order| Order { expiry: UnixSeconds::default(), ..order }));
    let ends = Memo::new(move |_| match series.get() {
        Some(series) => desk.market.with(|market| plan::by_expiry(market, &series)),
        None => Vec::new(),
    });
    let by_strike = Memo::new(move |_| Listed {
        asset: order.get().map(|order| order.asset),
        premiums: strikes.get(),
        chosen: order.get().map(|order| order.strike),
        spot: desk.market.with(|market| market.pricing.btc),
        now: UnixSeconds::default(),
    });
    let by_end = Memo::new(move |_| Listed {
        asset: order.get().map(|order| order.asset),
        premiums: ends.get(),
        chosen: order.get().map(|order| order.expiry),
        spot: UsdE8::ZERO,
        now: desk.market.with(|market| market.now),
    });
    let choose_strike = move |index: usize| {
        let strike = strikes.with_untracked(|strikes| strikes.get(index).map(|(strike, _)| *strike));
        if let Some(strike) = strike {
            desk.pick.set(None);
            desk.percent.set(desk.market.with_untracked(|market| plan::percent_of(market, strike)));
        }
    };
    let choose_end = move |index: usize| {
        let end = ends.with_untracked(|ends| ends.get(index).map(|(end, _)| *end));
        if let Some(end) = end {
            desk.expiry.set(Some(end));
        }
    };
    view! {
        <div class="protect-charts">
            <Card title="Other protected prices" note=|| "Without the fee" testid="by-strike-card">
                <ChartView data=by_strike draw=draw_by_strike on_choose=choose_strike testid="by-strike" />
            </Card>
            <Card title="Other end dates" note=|| "Without the fee" testid="by-end-card">
                <ChartView data=by_end draw=draw_by_end on_choose=choose_end testid="by-end" />
            </Card>
        </div>
    }
}

fn draw_by_strike(data: &Listed<UsdE8>, frame: &Frame<'_>) -> Chart {
    fn quotes<Q>(data: &Listed<UsdE8>, unit: fn(u128) -> Q) -> PremiumByStrike<Q> {
        let quote = |(strike, premium): &(UsdE8, TokenAmount)| StrikeQuote {
            strike: *strike,
            premium: unit(premium.base_units()),
            is_available: true,
        };
        PremiumByStrike {
            quotes: data.premiums.iter().map(quote).collect(),
            chosen: data.chosen,
            spot: data.spot,
        }
    }
    match data.asset {
        Some(Asset::Stx) => premium_by_strike(&quotes(data, MicroStx::new), frame),
        Some(Asset::Sbtc) | None => premium_by_strike(&quotes(data, Sats::new), frame),
    }
}

fn draw_by_end(data: &Listed<UnixSeconds>, frame: &Frame<'_>) -> Chart {
    fn quotes<Q>(data: &Listed<UnixSeconds>, unit: fn(u128) -> Q) -> PremiumByDuration<Q> {
        let quote = |(expiry, premium): &(UnixSeconds, TokenAmount)| ExpiryQuote {
            expiry: *expiry,
            premium: unit(premium.base_units()),
            is_available: true,
        };
        PremiumByDuration {
            quotes: data.premiums.iter().map(quote).collect(),
            chosen: data.chosen,
            now: data.now,
        }
    }
    match data.asset {
        Some(Asset::Stx) => premium_by_duration(&quotes(data, MicroStx::new), frame),
        Some(Asset::Sbtc) | None => premium_by_duration(&quotes(data, Sats::new), frame),
    }
}
