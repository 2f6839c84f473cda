//! Play money for the account in use.

use bithedge_ipc::DevnetDeed;
use bithedge_protocol::{Asset, TokenAmount};
use leptos::prelude::*;

use super::deeds::Deeds;
use crate::components::{AmountInput, AmountUnit, Button, Card, Choice, Segmented};
use crate::route::asset_slug;
use crate::state::SessionState;

/// What it gives at most at once, in base units: 1 sBTC and 10,000 STX.
const fn most(asset: Asset) -> u128 {
    match asset {
        Asset::Sbtc => 100_000_000,
        Asset::Stx => 10_000_000_000,
    }
}

/// Token, amount, and the button.
#[component]
pub(super) fn FaucetCard() -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let account = expect_context::<SessionState>().account();
    let asset = RwSignal::new(Asset::Sbtc);
    let amount: RwSignal<Option<u128>> = RwSignal::new(Some(most(Asset::Sbtc) / 10));
    let given: RwSignal<Option<String>> = RwSignal::new(None);
    let choices = Asset::ALL.map(|asset| Choice::new(asset, asset.symbol(), asset_slug(asset))).to_vec();
    let blocked = Signal::derive(move || match (account.with(Option::is_some), amount.get()) {
        (false, _) => Some("There is no account in use to give it to.".to_owned()),
        (true, None) => Some("Type an amount first.".to_owned()),
        (true, Some(_)) => None,
    });
    let give = move |()| {
        let (asset, Some(amount)) = (asset.get_untracked(), amount.get_untracked()) else { return };
        let amount = TokenAmount::new(amount);
        given.set(None);
        deeds.then(DevnetDeed::Faucet { asset, amount }, move |()| {
            let _ = given.try_set(Some(format!("{} arrived.", asset.show(amount))));
        });
    };
    view! {
        <Card title="Faucet" note=|| "Play money for the account in use" testid="devnet-faucet">
            <div class="devnet-stack">
            <Segmented
                label="Token"
                choices=choices
                value=asset
                on_change=move |chosen| {
                    asset.set(chosen);
                    amount.set(Some(most(chosen) / 10));
                }
                testid="devnet-faucet-token"
            />
            <AmountInput
                label="How much"
                unit=Signal::derive(move || AmountUnit::of(asset.get()))
                value=amount
                most=Signal::derive(move || Some(most(asset.get())))
                most_is="at once it gives at most"
                testid="devnet-faucet-amount"
            />
            <Button busy=deeds.busy() blocked=blocked testid="devnet-faucet-give" on_press=give>
                {move || match account.get() {
                    Some(account) => format!("Give it to {}", account.label),
                    None => "Give it".to_owned(),
                }}
            </Button>
            <p class="devnet-explained" role="status" data-testid="devnet-faucet-given">{move || given.get()}</p>
            </div>
        </Card>
    }
}
