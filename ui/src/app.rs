//! The frame around every page: navigation, title, status, theme, and what needs attention.

use bithedge_ipc::Event;
use leptos::prelude::*;

use crate::api;
use crate::components::{Attention, ConnectionPill, Icon, IconName, Logo};
use crate::format;
use crate::pages::{HomePage, SettingsPage};
use crate::route::{Page, current_page};
use crate::state::{ChainState, PreferencesState, now_signal};

/// The whole window.
#[component]
pub(crate) fn App() -> impl IntoView {
    let now = now_signal();
    let chain = ChainState::new(now);
    let preferences = PreferencesState::new();
    provide_context(chain);
    provide_context(preferences);
    provide_context(now);
    leptos::task::spawn_local(subscribe(chain, preferences));

    let connection = chain.connection();
    let page = current_page();
    let heading = NodeRef::new();
    Effect::new(move |previous: Option<Page>| {
        let page = page.get();
        document().set_title(&format!("{} · BitHedge", page.title()));
        // A new page is announced and read from its top; the first one is not, so that nothing is focused at the start.
        if previous.is_some_and(|previous| previous != page) {
            focus(heading);
        }
        page
    });

    view! {
        <a class="skip-link" href="#content" on:click=move |event| {
            // The fragment is the page's address: move the focus, not the address.
            event.prevent_default();
            focus(heading);
        }>"Skip to content"</a>
        <div class="frame" data-connection=move || connection.with(|connection| format::connection(connection).0)>
            <Sidebar page=page />
            <div class="frame-main">
                <header class="topbar">
                    <h1 class="topbar-title" tabindex="-1" node_ref=heading>{move || page.get().title()}</h1>
                    <div class="topbar-tools">
                        <ConnectionPill />
                        <ThemeToggle />
                    </div>
                </header>
                <main class="content" id="content">
                    <Attention />
                    {move || match page.get() {
                        Page::Home => view! { <HomePage /> }.into_any(),
                        Page::Settings => view! { <SettingsPage /> }.into_any(),
                    }}
                </main>
            </div>
        </div>
    }
}

/// Listens first and asks then, so that nothing is missed in between.
async fn subscribe(chain: ChainState, preferences: PreferencesState) {
    let listening = api::listen(move |Event::Chain(snapshot)| chain.accept(snapshot));
    if let Err(error) = listening.await {
        chain.fail_to_listen(&error);
    }
    match api::preferences().await {
        Ok(chosen) => preferences.accept(chosen),
        Err(error) => chain.fail(&error),
    }
    match api::chain_snapshot().await {
        Ok(snapshot) => chain.accept(snapshot),
        Err(error) => chain.fail(&error),
    }
}

fn focus(heading: NodeRef<leptos::html::H1>) {
    if let Some(heading) = heading.get_untracked() {
        // It can only fail for an element that cannot be focused, and a heading with a tabindex can.
        let _ = heading.focus();
    }
}

#[component]
fn Sidebar(page: ReadSignal<Page>) -> impl IntoView {
    view! {
        <nav class="sidebar" aria-label="Main">
            <div class="brand">
                <Logo />
                <span class="brand-name">"BitHedge"</span>
            </div>
            <div class="nav">
                {Page::ALL
                    .into_iter()
                    .map(|entry| view! {
                        <a
                            class="nav-link"
                            href=format!("#/{}", entry.slug())
                            data-testid=format!("nav-{}", entry.slug())
                            aria-current=move || (page.get() == entry).then_some("page")
                        >
                            <Icon name=match entry {
                                Page::Home => IconName::Home,
                                Page::Settings => IconName::Settings,
                            } />
                            <span>{entry.title()}</span>
                        </a>
                    })
                    .collect_view()}
            </div>
        </nav>
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
