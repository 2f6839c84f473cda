//! What the account has.

use bithedge_protocol::Asset;
use leptos::prelude::*;

use crate::components::{AmountText, Skeleton};
use crate::state::{ChainState, SessionState};

/// What the account in use can spend, as the chain has it.
#[component]
pub(super) fn MoneyLine() -> impl IntoView {
    let account = expect_context::<SessionState>().account();
    let address = move || account.with(|account| account.as_ref().map(|account| account.address.clone()));
    let balance = expect_context::<ChainState>().balance(address);
    let amounts = move || {
        balance.with(|balance| {
            let balance = balance.as_ref()?;
            Some([(Asset::Sbtc, balance.sbtc?.into()), (Asset::Stx, balance.stx?.into())])
        })
    };
    view! {
        <p class="home-money" data-testid="home-money">
            "In this account "
            {move || match amounts() {
                None => view! { <Skeleton width="long" /> }.into_any(),
                Some([(sbtc, of_sbtc), (stx, of_stx)]) => view! {
                    <AmountText asset=sbtc amount=of_sbtc testid="home-sbtc" />" and "<AmountText asset=stx amount=of_stx testid="home-stx" />
                }
                .into_any(),
            }}
        </p>
    }
}
