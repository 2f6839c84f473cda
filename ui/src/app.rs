//! Which window this is, and what is in it.

use std::time::Duration;

use bithedge_ipc::window as label;
use leptos::prelude::*;

use crate::api;
use crate::components::{Banner, SkeletonCard, Toaster, Tone};
use crate::frame::Frame;
use crate::pages::{OnboardingPage, QuestionWindow, SecretWindow, is_beginning};
use crate::state::State;

/// How often the core is told at most that somebody is there.
const TOUCH_PAUSE: Duration = Duration::from_secs(10);

/// The whole page, by the window that it is in.
#[component]
pub(crate) fn App() -> impl IntoView {
    let state = State::provide();
    touch_on_input();
    match api::window_label().as_deref() {
        Some(label::QUESTION) => {
            leptos::task::spawn_local(state.follow_session());
            view! { <QuestionWindow /> }.into_any()
        }
        Some(label::SECRET) => {
            // This window may not ask for the session: it needs none.
            leptos::task::spawn_local(state.follow_preferences());
            view! { <SecretWindow /> }.into_any()
        }
        _ => {
            leptos::task::spawn_local(state.follow_all());
            view! { <MainWindow state=state /> }.into_any()
        }
    }
}

/// The beginning, for as long as there is nothing to show pages of; then the frame with its pages.
#[component]
fn MainWindow(state: State) -> impl IntoView {
    let view = state.session.view();
    // Whether the person went on although the network cannot be used.
    let went_on = RwSignal::new(false);
    let beginning = Memo::new(move |before: Option<&Option<bool>>| {
        let was_shown = before.copied().flatten() == Some(true) && !went_on.get();
        view.with(|view| view.as_ref().map(|session| is_beginning(session, was_shown)))
    });
    view! {
        {move || match beginning.get() {
            Some(false) => view! { <Frame /> }.into_any(),
            Some(true) => view! { <OnboardingPage on_leave=move |()| went_on.set(true) /> }.into_any(),
            None => view! {
                <main class="beginning" aria-busy="true">
                    {move || state.chain.bridge_failure().map(|cause| view! {
                        <Banner tone=Tone::Danger title=cause testid="bridge-failure">
                            <p>"Your money is safe: nothing was signed or sent."</p>
                            <p class="banner-remedy">"Close BitHedge and open it again."</p>
                        </Banner>
                    })}
                    <SkeletonCard lines=5 />
                </main>
            }
            .into_any(),
        }}
        <Toaster />
    }
}

/// Tells the core that somebody is there, so that it does not lock the keys under their hands.
fn touch_on_input() {
    let waiting = StoredValue::new(false);
    for kind in ["pointerdown", "keydown", "wheel"] {
        let listener = window_event_listener_untyped(kind, move |_| {
            if waiting.get_value() {
                return;
            }
            waiting.set_value(true);
            set_timeout(move || waiting.set_value(false), TOUCH_PAUSE);
            leptos::task::spawn_local(async {
                // If the core does not hear it, the worst is that it locks early.
                let _ = api::touch().await;
            });
        });
        on_cleanup(move || listener.remove());
    }
}
