//! The beginning: what BitHedge does, three doors into it, and the network behind them. Nothing here is lost by going back.

mod doors;
mod opening;
mod watch;
mod welcome;

use bithedge_ipc::{NetworkUse, SessionView};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use self::doors::Doors;
use self::opening::{NetworkTrouble, Opening};
pub(crate) use self::watch::WatchForm;
use self::welcome::Welcome;
use crate::components::{Logo, NoticeBanner, Tone};
use crate::pages::networks::NetworkList;
use crate::state::SessionState;

/// What the beginning shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// What it is all about, and the doors.
    Doors,
    /// A network has to be chosen.
    Network,
    /// A network is being opened.
    Opening,
    /// A network cannot be used.
    Trouble,
    /// There is nothing left to do.
    Over,
}

/// Whether the window shows the beginning and not the pages. `shown` is whether it does now: then it stays until there is a network that
/// can be used, so that somebody new sees what is going on.
pub(crate) const fn is_beginning(session: &SessionView, shown: bool) -> bool {
    match session.wallet {
        None => true,
        Some(_) => matches!(session.network, NetworkUse::None) || (shown && !session.network.is_ready()),
    }
}

const fn step(session: &SessionView) -> Step {
    match (&session.wallet, &session.network) {
        (_, NetworkUse::Opening { .. }) => Step::Opening,
        (_, NetworkUse::Unusable { .. } | NetworkUse::Halted { .. }) => Step::Trouble,
        (None, _) => Step::Doors,
        (Some(_), NetworkUse::None) => Step::Network,
        (Some(_), NetworkUse::Ready { .. }) => Step::Over,
    }
}

/// The beginning, in the whole window.
#[component]
pub(crate) fn OnboardingPage(
    /// Goes to the pages although the network cannot be used.
    #[prop(into)]
    on_leave: Callback<()>,
) -> impl IntoView {
    let session = expect_context::<SessionState>();
    let step = session.part(step);
    // Such as that what was remembered was damaged, which is why this is shown at all.
    let notices = session.part(|view| view.notices.clone());
    // A new step is announced and read from its heading; the first one is not, so that nothing is focused at the start.
    Effect::new(move |before: Option<Option<&'static str>>| {
        let now = step.with(|step| step.as_ref().map(code));
        if before.flatten().is_some_and(|before| now != Some(before)) {
            request_animation_frame(|| {
                let title = document().query_selector(".onboarding-title").ok().flatten();
                if let Some(title) = title.and_then(|title| title.dyn_into::<web_sys::HtmlElement>().ok()) {
                    let _ = title.focus();
                }
            });
        }
        now
    });
    view! {
        <div class="onboarding" data-testid="onboarding" data-step=move || step.get().as_ref().map(code)>
            <header class="onboarding-brand"><Logo /><span class="brand-name">"BitHedge"</span></header>
            <main class="onboarding-content" id="content">
                {move || notices.get().unwrap_or_default().into_iter().map(|notice| view! {
                    <NoticeBanner notice=notice tone=Tone::Warning testid="start-notice" />
                }).collect_view()}
                {move || match step.get() {
                    None => view! { <p class="onboarding-wait" role="status">"BitHedge is starting…"</p> }.into_any(),
                    Some(Step::Doors) => view! { <Welcome /><Doors /> }.into_any(),
                    Some(Step::Network) => view! { <ChooseNetwork /> }.into_any(),
                    Some(Step::Opening) => view! { <Opening /> }.into_any(),
                    Some(Step::Trouble) => view! { <NetworkTrouble on_leave=on_leave /> }.into_any(),
                    Some(Step::Over) => view! { <p class="onboarding-wait" role="status">"Ready."</p> }.into_any(),
                }}
            </main>
        </div>
    }
}

const fn code(step: &Step) -> &'static str {
    match step {
        Step::Doors => "doors",
        Step::Network => "network",
        Step::Opening => "opening",
        Step::Trouble => "trouble",
        Step::Over => "over",
    }
}

/// The doors as a page of their own, for whoever has a wallet in use and wants another.
#[component]
pub(crate) fn BeginPage() -> impl IntoView {
    view! { <Doors /> }
}

#[component]
fn ChooseNetwork() -> impl IntoView {
    view! {
        <h1 class="onboarding-title" tabindex="-1">"Choose a network"</h1>
        <p class="onboarding-text">
            "A network is the chain that your money is on. You can change it at any time under Settings; your wallet stays the same."
        </p>
        <NetworkList />
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{
        BooksView, Fault, KeeperView, KeyState, NetworkKind, NetworkView, Notice, WalletKind, WalletView,
    };
    use bithedge_protocol::Seconds;

    use super::*;

    fn network() -> NetworkView {
        NetworkView {
            id: "devnet".to_owned(),
            name: "Devnet".to_owned(),
            kind: NetworkKind::Devnet,
            endpoints: Vec::new(),
            is_own: false,
            deployer: None,
            sbtc: None,
        }
    }

    fn notice() -> Notice {
        Notice {
            fault: Fault::DevnetMissing,
            happened: String::new(),
            means: String::new(),
            remedy: String::new(),
            detail: String::new(),
        }
    }

    fn session(has_wallet: bool, network: NetworkUse) -> SessionView {
        let wallet = has_wallet.then_some(WalletView {
            kind: WalletKind::Own,
            keys: KeyState::Locked,
            protection: None,
            auto_lock: Seconds::new(600),
            problem: None,
        });
        SessionView {
            revision: 1,
            wallet,
            has_own_keys: has_wallet,
            accounts: Vec::new(),
            account: None,
            network,
            question: None,
            asked_anew_for: None,
            keeper: KeeperView::Off,
            notices: Vec::new(),
        }
    }

    fn opening() -> NetworkUse {
        NetworkUse::Opening { network: network(), doing: String::new() }
    }

    fn unusable() -> NetworkUse {
        NetworkUse::Unusable { network: network(), verdicts: Vec::new(), notice: notice() }
    }

    fn ready() -> NetworkUse {
        let books = BooksView { height: None, tip: None, is_current: true, problem: None };
        NetworkUse::Ready { network: network(), books }
    }

    #[test]
    fn the_beginning_is_shown_until_there_is_a_wallet_and_a_network() {
        for shown in [false, true] {
            assert!(is_beginning(&session(false, NetworkUse::None), shown));
            assert!(is_beginning(&session(false, opening()), shown));
            assert!(is_beginning(&session(false, unusable()), shown));
            assert!(is_beginning(&session(true, NetworkUse::None), shown));
            assert!(!is_beginning(&session(true, ready()), shown));
        }
    }

    #[test]
    fn who_is_past_it_is_not_thrown_back_by_a_network_that_fails() {
        for network in [opening(), unusable()] {
            assert!(!is_beginning(&session(true, network.clone()), false));
            assert!(is_beginning(&session(true, network), true));
        }
    }

    #[test]
    fn every_state_has_its_step() {
        assert_eq!(step(&session(false, NetworkUse::None)), Step::Doors);
        assert_eq!(step(&session(false, opening())), Step::Opening);
        assert_eq!(step(&session(false, unusable())), Step::Trouble);
        assert_eq!(step(&session(true, NetworkUse::None)), Step::Network);
        assert_eq!(step(&session(true, ready())), Step::Over);
        assert_eq!(step(&session(false, ready())), Step::Doors);
    }
}
