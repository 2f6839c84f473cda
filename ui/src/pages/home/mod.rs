//! Home: the chain, the accounts, and what needs attention.

mod accounts;
mod attention;
mod network;

use leptos::prelude::*;

use accounts::AccountsCard;
use attention::Attention;
use network::NetworkCard;

/// The first page.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    view! {
        <Attention />
        <NetworkCard />
        <AccountsCard />
    }
}
