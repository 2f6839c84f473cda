//! Three ways to begin.

use bithedge_ipc::secret::SecretTask;
use bithedge_ipc::{Notice, WalletKind};
use leptos::prelude::*;

use super::watch::WatchForm;
use crate::api;
use crate::components::{Button, ButtonKind, NoticeBanner};
use crate::state::SessionState;

/// The doors.
#[component]
pub(super) fn Doors() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let has_own_keys = session.part(|view| view.has_own_keys);
    let kind = session.part(|view| view.wallet.as_ref().map(|wallet| wallet.kind));
    let is_own = Memo::new(move |_| kind.get().flatten() == Some(WalletKind::Own));
    let is_practice = session.is_practice();
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    let run = move |what: Begin| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = match what {
                Begin::Practice => api::begin_practice().await,
                Begin::Secret(task) => api::open_secret(task).await,
                Begin::Own => api::leave_practice().await,
            };
            let _ = busy.try_set(false);
            if let Err(error) = answer {
                let _ = problem.try_set(Some(error.notice()));
            }
        });
    };
    view! {
        {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="begin-problem" /> })}
        <div class="doors">
            <section class="door door-first" aria-labelledby="door-practice">
                <div class="door-head">
                    <h2 class="door-title" id="door-practice">"Practise first"</h2>
                    <p class="door-tag">"Recommended"</p>
                </div>
                <p class="door-text">
                    "A small chain starts on this computer, with play money and a market that you can crash on command. Be Peter and Irene, and see what \
                     happens. Nothing can be lost."
                </p>
                {move || if is_practice.get() {
                    view! { <p class="door-text" data-testid="practising">"You are practising now."</p> }.into_any()
                } else {
                    view! {
                        <div class="actions">
                            <Button
                                kind=ButtonKind::Primary
                                busy=busy
                                testid="begin-practice"
                                on_press=move |()| run(Begin::Practice)
                            >
                                "Practise first"
                            </Button>
                        </div>
                    }
                    .into_any()
                }}
            </section>
            <section class="door" aria-labelledby="door-wallet">
                <h2 class="door-title" id="door-wallet">"Your own wallet"</h2>
                <p class="door-text">
                    "Keys that only you have, kept encrypted on this computer. Words and passphrases are shown and typed in a window of their own."
                </p>
                {move || match (has_own_keys.get().unwrap_or_default(), is_own.get()) {
                    (true, true) => view! {
                        <p class="door-text" data-testid="wallet-in-use">
                            "Your wallet is in use. There can be one on this computer; to use another one, close BitHedge and move the file "
                            <code>"wallet.key"</code>" away first."
                        </p>
                    }
                    .into_any(),
                    (true, false) => view! {
                        <p class="door-text">"Your wallet is on this computer already."</p>
                        <div class="actions">
                            <Button busy=busy testid="use-own-wallet" on_press=move |()| run(Begin::Own)>"Use my wallet"</Button>
                        </div>
                    }
                    .into_any(),
                    (false, _) => view! {
                        <div class="actions">
                            <Button
                                busy=busy
                                testid="create-wallet"
                                on_press=move |()| run(Begin::Secret(SecretTask::Create))
                            >
                                "Create a wallet"
                            </Button>
                            <Button
                                busy=busy
                                testid="import-wallet"
                                on_press=move |()| run(Begin::Secret(SecretTask::Import))
                            >
                                "I have a wallet"
                            </Button>
                        </div>
                    }
                    .into_any(),
                }}
            </section>
            <section class="door" aria-labelledby="door-watch">
                <h2 class="door-title" id="door-watch">"Watch an address"</h2>
                <p class="door-text">
                    "See the policies, the capital and the balances of any address. Nothing can be signed, and no key is needed."
                </p>
                <WatchForm added=Callback::new(|()| {}) />
            </section>
        </div>
    }
}

/// What is begun.
#[derive(Clone, Copy)]
enum Begin {
    /// Practice.
    Practice,
    /// Something in the window of secrets.
    Secret(SecretTask),
    /// The wallet that there is.
    Own,
}
