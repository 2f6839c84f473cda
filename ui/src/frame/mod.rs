//! The frame around every page of the main window: navigation, title, account, connection, keys, theme and what was told.

mod account;
mod bell;
mod lock;
mod network;
mod question;
mod sidebar;

use leptos::prelude::*;

use account::AccountSwitcher;
use bell::Bell;
use lock::LockButton;
use network::NetworkNotice;
use question::QuestionWaits;
use sidebar::Sidebar;

use crate::components::{Attention, ConnectionPill, Icon, IconName, Toaster};
use crate::format;
use crate::pages::{
    ActivityPage, BeginPage, DevnetPage, EarnPage, HomePage, PoliciesPage, ProtectPage, ProtocolPage,
    SettingsPage,
};
use crate::route::{Route, current_route};
use crate::state::{AskedHere, ChainState, PreferencesState, SessionState};

/// The whole main window.
#[component]
pub(crate) fn Frame() -> impl IntoView {
    let chain = expect_context::<ChainState>();
    let session = expect_context::<SessionState>();
    let connection = chain.connection();
    let is_behind = chain.is_behind();
    let kind = session.network_kind();
    let route = current_route();
    provide_context(AskedHere::new());
    let heading = NodeRef::new();
    let content = NodeRef::<leptos::html::Main>::new();
    Effect::new(move |previous: Option<Route>| {
        let route = route.get();
        document().set_title(&format!("{} · BitHedge", route.title()));
        // A new page is announced and read from its top; the first one is not, so that nothing is focused at the start.
        if previous.is_some_and(|previous| {
            previous.section() != route.section() || previous.title() != route.title()
        }) {
            focus(heading);
        }
        route
    });
    view! {
        <a class="skip-link" href="#content" on:click=move |event| {
            // The fragment is the page's address: move the focus, not the address.
            event.prevent_default();
            if let Some(content) = content.get_untracked() {
                // Behind the sidebar, and behind account, keys and notifications.
                let _ = content.focus();
            }
        }>"Skip to content"</a>
        <div
            class="frame"
            data-connection=move || connection.with(|connection| format::connection(connection).0)
            data-behind=move || is_behind.get().then_some("true")
            data-network=move || kind.get().map(|kind| format::network_kind(kind).to_lowercase())
        >
            <Sidebar route=route />
            <div class="frame-column">
                <div class="frame-main">
                    <header class="topbar">
                        <h1 class="topbar-title" tabindex="-1" node_ref=heading>{move || route.get().title()}</h1>
                        <div class="topbar-tools">
                            <AccountSwitcher />
                            <ConnectionPill />
                            <LockButton />
                            <Bell />
                            <ThemeToggle />
                        </div>
                    </header>
                    <main class="content" id="content" tabindex="-1" node_ref=content>
                        <NetworkNotice />
                        <QuestionWaits />
                        <Attention />
                        {move || page(route.get())}
                    </main>
                </div>
                <Toaster />
            </div>
        </div>
    }
}

fn page(route: Route) -> AnyView {
    match route {
        Route::Home => view! { <HomePage /> }.into_any(),
        Route::Protect => view! { <ProtectPage /> }.into_any(),
        Route::Policies => view! { <PoliciesPage policy=None /> }.into_any(),
        Route::Policy(policy) => view! { <PoliciesPage policy=Some(policy) /> }.into_any(),
        Route::Earn => view! { <EarnPage bucket=None /> }.into_any(),
        Route::Bucket(bucket) => view! { <EarnPage bucket=Some(bucket) /> }.into_any(),
        Route::Protocol => view! { <ProtocolPage /> }.into_any(),
        Route::Activity(tab) => view! { <ActivityPage tab=tab /> }.into_any(),
        Route::Devnet => view! { <DevnetPage /> }.into_any(),
        Route::Settings(tab) => view! { <SettingsPage tab=tab /> }.into_any(),
        Route::Begin => view! { <BeginPage /> }.into_any(),
    }
}

fn focus(heading: NodeRef<leptos::html::H1>) {
    if let Some(heading) = heading.get_untracked() {
        // It can only fail for an element that cannot be focused, and a heading with a tabindex can.
        let _ = heading.focus();
    }
}

#[component]
fn ThemeToggle() -> impl IntoView {
    let preferences = expect_context::<PreferencesState>();
    view! {
        <button
            class="icon-button"
            type="button"
            data-testid="theme-toggle"
            aria-label="Switch between light and dark"
            title="Switch between light and dark"
            on:click=move |_| preferences.toggle()
        >
            <Icon name=IconName::Contrast />
        </button>
    }
}
