//! Activity: what was signed here, and what happened on the chain.

mod chain;
mod moved;
mod pager;
mod receipt;
mod signed;
mod stage;
mod transaction;

use leptos::prelude::*;

use chain::ChainActivity;
use signed::SignedActivity;

use crate::components::TabLinks;
use crate::route::{ActivityTab, Route};

/// The page.
#[component]
pub(crate) fn ActivityPage(
    /// The part that is open.
    tab: ActivityTab,
) -> impl IntoView {
    let tabs = vec![
        (Route::Activity(ActivityTab::Signed), "Signed here".to_owned()),
        (Route::Activity(ActivityTab::Chain), "On the chain".to_owned()),
    ];
    view! {
        <TabLinks label="Parts of your activity" tabs=tabs open=Signal::stored(Route::Activity(tab)) />
        {match tab {
            ActivityTab::Signed => view! { <SignedActivity /> }.into_any(),
            ActivityTab::Chain => view! { <ChainActivity /> }.into_any(),
        }}
    }
}
