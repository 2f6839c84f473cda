//! Amounts, prices and ratios. Amounts are exact: every decimal place of the unit, the fraction quieter.

use bithedge_protocol::{
    Asset, DecimalParts, MicroStx, Ppm, PpmChange, Sats, TokenAmount, TokenChange, UsdE8,
};
use leptos::prelude::*;

use super::Skeleton;
use crate::format::{self, Round};

/// An amount at full precision in a table, its point aligned with those above and below, its fraction quieter.
#[component]
pub(crate) fn AmountCell(
    /// Base units and the parts to show; `None` while unknown, which is never shown as zero.
    #[prop(into)]
    amount: Signal<Option<(u128, DecimalParts)>>,
    /// The test hook.
    testid: &'static str,
    /// The unit's symbol.
    symbol: &'static str,
) -> impl IntoView {
    let base_units =
        move || amount.with(|amount| amount.as_ref().map(|(base_units, _)| base_units.to_string()));
    view! {
        <span class="amount" data-testid=testid data-amount=base_units>
            {move || match amount.get() {
                None => view! { <Skeleton width="long" /> }.into_any(),
                Some((_, parts)) => view! {
                    <span class="amount-whole">{parts.whole}</span>
                    <span class="amount-fraction">{format!(".{}", parts.fraction)}</span>
                    <span class="amount-symbol">{symbol}</span>
                }
                .into_any(),
            }}
        </span>
    }
}

fn parts_of(asset: Asset, amount: TokenAmount) -> DecimalParts {
    match asset {
        Asset::Sbtc => amount.as_sbtc().parts(),
        Asset::Stx => amount.as_stx().parts(),
    }
}

/// An amount of a token at full precision with its symbol. `data-amount` holds its base units.
#[component]
pub(crate) fn AmountText(
    /// The token.
    asset: Asset,
    /// How much.
    amount: TokenAmount,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
) -> impl IntoView {
    let parts = parts_of(asset, amount);
    view! {
        <span class="figure-amount" data-testid=testid data-amount=amount.base_units().to_string() data-asset=asset.symbol()>
            <span>{parts.whole}</span>
            <span class="figure-fraction">{format!(".{}", parts.fraction)}</span>
            " "<span class="figure-unit">{asset.symbol()}</span>
        </span>
    }
}

/// An amount as it stands in sentences, the shortest exact form, for where figures stand beside sentences.
#[component]
pub(crate) fn ShortAmount(
    /// The token.
    asset: Asset,
    /// How much.
    amount: TokenAmount,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
) -> impl IntoView {
    view! {
        <span class="figure-amount" data-testid=testid data-amount=amount.base_units().to_string() data-asset=asset.symbol()>
            {asset.show(amount)}
        </span>
    }
}

/// An amount of sBTC, or of BTC that is protected.
#[component]
pub(crate) fn SbtcText(
    /// How much.
    amount: Sats,
    /// What it is called here: `BTC` where it is protected and not a token.
    #[prop(default = Sats::SYMBOL)]
    symbol: &'static str,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
) -> impl IntoView {
    let parts = amount.parts();
    view! {
        <span class="figure-amount" data-testid=testid data-amount=amount.base_units().to_string()>
            <span>{parts.whole}</span>
            <span class="figure-fraction">{format!(".{}", parts.fraction)}</span>
            " "<span class="figure-unit">{symbol}</span>
        </span>
    }
}

/// An amount of STX.
#[component]
pub(crate) fn StxText(
    /// How much.
    amount: MicroStx,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
) -> impl IntoView {
    view! { <AmountText asset=Asset::Stx amount=amount.into() testid=testid.unwrap_or_default() /> }
}

/// A gain or a loss of a token, with its sign and its colour; never by colour alone.
#[component]
pub(crate) fn ChangeText(
    /// The token.
    asset: Asset,
    /// The gain or loss.
    change: TokenChange,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
) -> impl IntoView {
    let parts = parts_of(asset, change.magnitude());
    view! {
        <span
            class=format!("figure-amount {}", tone(change.base_units()))
            data-testid=testid
            data-amount=change.base_units().to_string()
            data-asset=asset.symbol()
        >
            <span>{format!("{}{}", format::sign(change.base_units()), parts.whole)}</span>
            <span class="figure-fraction">{format!(".{}", parts.fraction)}</span>
            " "<span class="figure-unit">{asset.symbol()}</span>
        </span>
    }
}

/// A value in USD to the cent, the exact one in `data-value`.
#[component]
pub(crate) fn UsdText(
    /// The value.
    value: UsdE8,
    /// Whether it is a price: then without cents from a hundred dollars on.
    #[prop(optional)]
    price: bool,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
) -> impl IntoView {
    let text = if price { format::price(value) } else { format::usd(value) };
    view! {
        <span class="figure-usd" data-testid=testid data-value=value.base_units().to_string() title=value.to_string()>
            {text}
        </span>
    }
}

/// A ratio in per cent, the exact parts per million in `data-value`.
#[component]
pub(crate) fn PercentText(
    /// The ratio.
    ratio: Ppm,
    /// Where it goes that has more digits than are shown.
    round: Round,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
) -> impl IntoView {
    view! {
        <span class="figure-percent" data-testid=testid data-value=ratio.base_units().to_string()>{format::percent_to(ratio, round)}</span>
    }
}

/// A relative change in per cent, with its sign.
#[component]
pub(crate) fn PercentChangeText(
    /// The change.
    change: PpmChange,
    /// The test hook.
    #[prop(into, optional)]
    testid: Option<String>,
) -> impl IntoView {
    view! {
        <span
            class=format!("figure-percent {}", tone(change.base_units()))
            data-testid=testid
            data-value=change.base_units().to_string()
        >
            {format::percent_change(change)}
        </span>
    }
}

const fn tone(value: i128) -> &'static str {
    match value {
        0 => "",
        1.. => "is-gain",
        _ => "is-loss",
    }
}
