//! Home: the chain and the accounts.

mod accounts;
mod network;

use leptos::prelude::*;

use accounts::AccountsCard;
use network::NetworkCard;

/// The first page.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    view! {
        <NetworkCard />
        <AccountsCard />
    }
}
