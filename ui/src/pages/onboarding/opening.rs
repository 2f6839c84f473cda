//! A network on its way, and one that does not come.

use bithedge_ipc::{Fault, NetworkKind, NetworkUse, Notice, WalletKind};
use leptos::prelude::*;

use crate::api;
use crate::components::{Button, ButtonKind, Disclosure, NoticeBanner};
use crate::pages::networks::{NetworkList, VerdictView};
use crate::state::SessionState;

/// What is being set up, while it is.
#[component]
pub(super) fn Opening() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let doing = session.part(|view| match &view.network {
        NetworkUse::Opening { doing, .. } => doing.clone(),
        _ => String::new(),
    });
    let name = session.part(|view| view.network.network().map(|network| network.name.clone()));
    let is_practice = session.part(|view| view.network.kind() == Some(NetworkKind::Devnet));
    view! {
        <section class="opening" data-testid="opening">
            <h1 class="onboarding-title" tabindex="-1">
                {move || {
                    if is_practice.get().unwrap_or_default() {
                        "Setting up your practice network".to_owned()
                    } else {
                        format!("Opening {}", name.get().flatten().unwrap_or_default())
                    }
                }}
            </h1>
            <progress class="opening-progress" aria-label="Being set up"></progress>
            <p class="opening-doing" role="status" data-testid="opening-doing">{move || doing.get()}</p>
            {move || is_practice.get().unwrap_or_default().then(|| view! {
                <p class="onboarding-text">
                    "A chain starts on this computer, BitHedge's contracts are put on it, and Peter and Irene get play money. The first time takes up to \
                     a minute; later it is quicker. Nothing is downloaded, and no real money is involved."
                </p>
            })}
        </section>
    }
}

/// A network that cannot be used: why, what to do, and others.
#[component]
pub(super) fn NetworkTrouble(
    /// Goes to the pages all the same.
    on_leave: Callback<()>,
) -> impl IntoView {
    let session = expect_context::<SessionState>();
    let trouble = session.part(|view| match &view.network {
        NetworkUse::Unusable { notice, verdicts, .. } => Some((notice.clone(), verdicts.clone())),
        NetworkUse::Halted { notice, .. } => Some((notice.clone(), Vec::new())),
        NetworkUse::None | NetworkUse::Opening { .. } | NetworkUse::Ready { .. } => None,
    });
    let name = session.part(|view| view.network.network().map(|network| network.name.clone()));
    let has_wallet = session.part(|view| view.wallet.is_some());
    let again = session.part(|view| {
        let practice = view.wallet.as_ref().is_none_or(|wallet| wallet.kind == WalletKind::Practice);
        match view.network.network() {
            Some(network) if practice && network.kind == NetworkKind::Devnet => Again::Practice,
            Some(network) => Again::Network(network.id.clone()),
            None => Again::Practice,
        }
    });
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    let try_again = move |()| {
        let Some(again) = again.get_untracked() else { return };
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = match again {
                Again::Practice => api::begin_practice().await,
                Again::Network(id) => api::choose_network(id).await,
            };
            let _ = busy.try_set(false);
            if let Err(error) = answer {
                let _ = problem.try_set(Some(error.notice()));
            }
        });
    };
    view! {
        <h1 class="onboarding-title" tabindex="-1">
            {move || format!("{} cannot be used now", name.get().flatten().unwrap_or_else(|| "The network".to_owned()))}
        </h1>
        {move || trouble.get().flatten().map(|(notice, verdicts)| {
            let needs_node = notice.fault == Fault::DevnetMissing;
            view! {
                <NoticeBanner notice=notice testid="network-trouble" />
                {needs_node.then(|| view! { <NodeMissing /> })}
                {(!verdicts.is_empty()).then(|| view! {
                    <Disclosure summary="What was found" testid="trouble-verdicts">
                        {verdicts.into_iter().map(|verdict| view! { <VerdictView verdict=verdict /> }).collect_view()}
                    </Disclosure>
                })}
            }
        })}
        {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="again-problem" /> })}
        <div class="actions">
            <Button kind=ButtonKind::Primary busy=busy testid="try-again" on_press=try_again>"Try again"</Button>
            {move || has_wallet.get().unwrap_or_default().then(|| view! {
                <Button kind=ButtonKind::Quiet testid="go-on-anyway" on_press=move |()| on_leave.run(())>
                    "Go on without it for now"
                </Button>
            })}
        </div>
        <h2 class="onboarding-heading">"All networks"</h2>
        <NetworkList />
    }
}

/// What is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Again {
    /// To begin practising.
    Practice,
    /// To use this network.
    Network(String),
}

/// How to get what the practice network needs.
#[component]
fn NodeMissing() -> impl IntoView {
    view! {
        <ol class="onboarding-steps" data-testid="node-missing">
            <li>"Install Node.js 20 or newer: from nodejs.org, or with your system's own program for installing software."</li>
            <li>"Choose “Try again” here. If Node.js is still not found, close BitHedge and open it again."</li>
        </ol>
    }
}
