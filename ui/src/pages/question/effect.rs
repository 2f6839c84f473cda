//! What a transaction would do, drawn or in figures.

use bithedge_charts::{Payoff, payoff};
use bithedge_ipc::Effect;
use bithedge_protocol::pool::Order;
use bithedge_protocol::{Ppm, PpmChange, Sats, TokenAmount, UsdE8};
use leptos::prelude::*;

use crate::components::{ChartView, MomentText, PercentChangeText, PercentText, ShortAmount, not_known};
use crate::format::{self, Round};

/// The picture beside the words; nothing where there is nothing to draw.
#[component]
pub(super) fn EffectPicture(
    effect: Effect,
    /// Whether capital that it is about bears risk.
    at_risk: bool,
) -> impl IntoView {
    match effect {
        Effect::None => ().into_any(),
        Effect::Unknown { why } => view! {
            <p class="card-note" data-testid="effect-unknown">
                {format!(
                    "What it would do for you cannot be drawn now. {why} What can leave your account at most stands below, and is certain."
                )}
            </p>
        }
        .into_any(),
        Effect::Protection { order, floor, max_cost, spot, stx } => {
            protection(order, floor, max_cost, spot, stx)
        }
        Effect::Payout { policy, size, asset, at_least, cost } => view! {
            <dl class="facts question-facts" data-testid="effect-payout">
                <dt>{format!("Policy {policy} ends. It protects")}</dt>
                <dd>{protected(size)}</dd>
                <dt>"It pays at least"</dt>
                <dd><ShortAmount asset=asset amount=at_least /></dd>
                <dt>"It had cost"</dt>
                <dd>{match cost {
                    Some(cost) => view! { <ShortAmount asset=asset amount=cost /> }.into_any(),
                    None => not_known("Its parts cannot be added up."),
                }}</dd>
            </dl>
        }
        .into_any(),
        Effect::Capital { bucket, tier_name, utilisation, worst_drawdown, due, exit_fee } => view! {
            <dl class="facts question-facts" data-testid="effect-capital">
                <dt>"Tier"</dt>
                <dd>{format::bucket(Some(&tier_name), bucket)}</dd>
                {at_risk.then(|| risk(utilisation, worst_drawdown))}
                {due.map(|due| view! { <dt>"Happens at the earliest"</dt><dd><MomentText at=due here=true /></dd> })}
                {exit_fee.map(|fee| view! { <dt>"Exit fee"</dt><dd><PercentText ratio=fee round=Round::Up /></dd> })}
            </dl>
        }
        .into_any(),
    }
}

/// What concerns capital that stands behind policies.
fn risk(utilisation: Option<Ppm>, worst_drawdown: Option<PpmChange>) -> impl IntoView {
    view! {
        <dt>"In use as collateral"</dt>
        <dd>{match utilisation {
            Some(part) => view! { <PercentText ratio=part round=Round::Nearest /> }.into_any(),
            None => not_known("There is no fresh price to count it with."),
        }}</dd>
        <dt>"Deepest fall of a share so far"</dt>
        <dd>{match worst_drawdown {
            Some(fall) => view! {
                <PercentChangeText change=fall />
                <span class="aside">"It can happen again, and be deeper: capital can be lost."</span>
            }
            .into_any(),
            None => not_known("The history of this tier is not known here."),
        }}</dd>
    }
}

/// An amount of BTC that is protected, as the sentences above write it.
fn protected(size: Sats) -> String {
    format!("{} BTC", size.parts())
}

fn protection(order: Order, floor: UsdE8, max_cost: TokenAmount, spot: UsdE8, stx: UsdE8) -> AnyView {
    let cost = order.asset.worth(max_cost, spot, stx).ok();
    let picture = cost.map(|cost| Payoff {
        size: order.size,
        strike: order.strike,
        floor,
        spot,
        cost,
        backing: order.asset,
    });
    view! {
        <dl class="facts question-facts" data-testid="effect-protection">
            <dt>"Protects"</dt>
            <dd>{protected(order.size)}</dd>
            <dt>"Protected price"</dt>
            <dd>{format::price(order.strike)}</dd>
            <dt>"Until"</dt>
            <dd><MomentText at=order.expiry here=true /></dd>
            <dt>"Costs at most"</dt>
            <dd>
                <ShortAmount asset=order.asset amount=max_cost />
                {cost.map(|cost| view! { <span class="aside">{format::usd(cost)}</span> })}
            </dd>
        </dl>
        {picture.map(|picture| view! {
            <ChartView data=picture draw=payoff testid="effect-payoff" />
        })}
    }
    .into_any()
}
