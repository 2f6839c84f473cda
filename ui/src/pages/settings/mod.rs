//! Settings: how the window looks and what it tells, accounts, keys, networks, the keeper, and what helps to find a defect.

mod about;
mod accounts;
mod alarms;
mod appearance;
mod keeper;
mod keeper_form;
mod networks;
mod receive;
mod wallet;

use leptos::prelude::*;

use self::about::About;
use self::accounts::Accounts;
use self::appearance::General;
use self::keeper::Keeper;
use self::networks::Networks;
use self::wallet::Wallet;
use crate::components::TabLinks;
use crate::route::{Route, SettingsTab};

/// The settings page.
#[component]
pub(crate) fn SettingsPage(
    /// The part that is open.
    tab: SettingsTab,
) -> impl IntoView {
    let tabs = SettingsTab::ALL.map(|tab| (Route::Settings(tab), tab.title().to_owned())).to_vec();
    view! {
        <TabLinks label="Settings" tabs=tabs open=Signal::stored(Route::Settings(tab)) />
        {match tab {
            SettingsTab::General => view! { <General /> }.into_any(),
            SettingsTab::Accounts => view! { <Accounts /> }.into_any(),
            SettingsTab::Wallet => view! { <Wallet /> }.into_any(),
            SettingsTab::Networks => view! { <Networks /> }.into_any(),
            SettingsTab::Keeper => view! { <Keeper /> }.into_any(),
            SettingsTab::About => view! { <About /> }.into_any(),
        }}
    }
}
