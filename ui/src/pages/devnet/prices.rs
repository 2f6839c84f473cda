//! The market's prices, set by hand.

use bithedge_ipc::{DevnetDeed, DevnetView};
use bithedge_protocol::{Asset, UsdE8};
use leptos::prelude::*;

use super::deeds::{BlockedLine, DeedButton, Deeds};
use super::part;
use crate::components::{AmountInput, AmountUnit, Card, Toggle, UsdText};

/// Buttons change a price by so many per cent.
const STEPS: [i32; 4] = [-5, -1, 1, 5];

/// Prices and whether they wander.
#[component]
pub(super) fn PricesCard() -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let wanders = part(|view| view.wanders);
    view! {
        <Card title="Prices" note=|| "What the market says" testid="devnet-prices">
            <div class="devnet-stack">
            <p class="devnet-explained">
                "The market's own prices. Other pages show those that the oracle was last told, so the two may differ a little."
            </p>
            <BlockedLine />
            <div class="devnet-prices">
                <PriceControl asset=Asset::Sbtc />
                <PriceControl asset=Asset::Stx />
            </div>
            <Toggle
                label="Prices wander by themselves"
                value=Signal::derive(move || wanders.get().unwrap_or_default())
                on_change=move |on| deeds.carry_out(DevnetDeed::Wander { on })
                hint="BTC about as much as it really does, STX twice as much. Off, both stand until you move them."
                testid="devnet-wander"
            />
            </div>
        </Card>
    }
}

fn deed(asset: Asset, price: UsdE8) -> DevnetDeed {
    match asset {
        Asset::Sbtc => DevnetDeed::SetPrices { btc: Some(price), stx: None },
        Asset::Stx => DevnetDeed::SetPrices { btc: None, stx: Some(price) },
    }
}

/// A price changed by so many per cent, rounded down; `None` if there is no such price.
fn moved(price: UsdE8, percent: i32) -> Option<UsdE8> {
    let part = u128::try_from(percent.saturating_add(100)).ok()?;
    let (moved, _) = price.checked_mul(part).ok()?.checked_div_rem(100).ok()?;
    (moved > UsdE8::ZERO).then_some(moved)
}

#[component]
fn PriceControl(
    /// sBTC stands for BTC.
    asset: Asset,
) -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let (name, slug) = match asset {
        Asset::Sbtc => ("BTC", "btc"),
        Asset::Stx => ("STX", "stx"),
    };
    let price = part(move |view: &DevnetView| match asset {
        Asset::Sbtc => view.btc,
        Asset::Stx => view.stx,
    });
    let typed: RwSignal<Option<u128>> = RwSignal::new(None);
    let nothing_typed = Signal::derive(move || match (deeds.blocked().get(), typed.get()) {
        (Some(why), _) => Some(why),
        (None, None) => Some("Type a price first.".to_owned()),
        (None, Some(_)) => None,
    });
    view! {
        <div class="devnet-price">
            <p class="devnet-price-now">
                <span class="devnet-price-name">{format!("1 {name}")}</span>
                {move || price.get().map(|price| view! { <UsdText value=price testid=format!("devnet-{slug}") /> })}
            </p>
            <div class="devnet-steps" role="group" aria-label=format!("Move the price of {name}")>
                {STEPS.map(|percent| {
                    let (words, spoken, way) = if percent < 0 {
                        (format!("\u{2212} {} %", -percent), "down", "down")
                    } else {
                        (format!("+ {percent} %"), "up", "up")
                    };
                    let label = format!("{name} {spoken} by {} per cent", percent.abs());
                    view! {
                        <DeedButton
                            blocked=deeds.blocked()
                            label=label
                            testid=format!("devnet-{slug}-{way}-{}", percent.abs())
                            on_press=move |()| {
                                if let Some(next) = price.get_untracked().and_then(|price| moved(price, percent)) {
                                    deeds.carry_out(deed(asset, next));
                                }
                            }
                        >
                            {words}
                        </DeedButton>
                    }
                }).collect_view()}
            </div>
            <div class="devnet-typed">
                <AmountInput
                    label=format!("Another price of one {name}")
                    unit=AmountUnit::Usd
                    value=typed
                    testid=format!("devnet-{slug}-typed")
                />
                <DeedButton
                    blocked=nothing_typed
                    label=format!("Set the price of {name}")
                    testid=format!("devnet-{slug}-set")
                    on_press=move |()| if let Some(price) = typed.get_untracked() {
                        deeds.carry_out(deed(asset, UsdE8::new(price)));
                    }
                >
                    "Set"
                </DeedButton>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_moves_by_parts_and_never_to_nothing() {
        let price = UsdE8::new(10_000_000_000_000);
        let expected = [9_500_000_000_000, 9_900_000_000_000, 10_100_000_000_000, 10_500_000_000_000];
        assert_eq!(STEPS.map(|percent| moved(price, percent)), expected.map(|price| Some(UsdE8::new(price))));
        assert_eq!(moved(UsdE8::new(1), -5), None);
        assert_eq!(moved(UsdE8::MAX, 5), None);
    }
}
