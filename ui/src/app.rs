//! What each window begins with. Nothing that only one window shows may be reached from another one's beginning.

use std::time::Duration;

use leptos::prelude::*;

use crate::components::{Banner, SkeletonCard, Toaster, Tone};
use crate::frame::Frame;
use crate::pages::{OnboardingPage, QuestionWindow, SecretWindow, is_beginning};
use crate::state::State;

/// After how long something is shown to whoever waits.
const SLOW: Duration = Duration::from_millis(300);

/// Shows the main window: all pages, and nothing that approves or takes a secret.
pub fn show_main() {
    mount(|state| {
        leptos::task::spawn_local(state.follow_all());
        view! { <MainWindow state=state /> }.into_any()
    });
}

/// Shows the window of questions: the only one that says yes.
pub fn show_question() {
    mount(|state| {
        leptos::task::spawn_local(state.follow_session());
        view! { <QuestionWindow /> }.into_any()
    });
}

/// Shows the window of secrets: the only one for words and passphrases.
pub fn show_secret() {
    mount(|state| {
        // This window may not ask for the session: it needs none.
        leptos::task::spawn_local(state.follow_preferences());
        view! { <SecretWindow /> }.into_any()
    });
}

/// Puts a window's content into its page, for as long as the window lives.
fn mount(content: fn(State) -> AnyView) {
    let window = move || {
        let state = State::provide();
        content(state)
    };
    match document().get_element_by_id("app") {
        Some(place) => {
            leptos::mount::mount_to(wasm_bindgen::JsCast::unchecked_into(place), window).forget();
        }
        None => leptos::mount::mount_to_body(window),
    }
}

/// The beginning, for as long as there is nothing to show pages of; then the frame with its pages.
#[component]
fn MainWindow(state: State) -> impl IntoView {
    let view = state.session.view();
    // The core answers in a moment: a stand-in would only have to be painted before what it stands for.
    let is_slow = RwSignal::new(false);
    set_timeout(move || is_slow.set(true), SLOW);
    // Whether the person went on although the network cannot be used.
    let went_on = RwSignal::new(false);
    let beginning = Memo::new(move |before: Option<&Option<bool>>| {
        let was_shown = before.copied().flatten() == Some(true) && !went_on.get();
        view.with(|view| view.as_ref().map(|session| is_beginning(session, was_shown)))
    });
    view! {
        {move || match beginning.get() {
            Some(false) => view! { <Frame /> }.into_any(),
            Some(true) => view! {
                <OnboardingPage on_leave=move |()| went_on.set(true) />
                <Toaster />
            }
            .into_any(),
            None => view! {
                <main class="beginning" aria-busy="true">
                    {move || state.chain.bridge_failure().map(|cause| view! {
                        <Banner tone=Tone::Danger title=cause testid="bridge-failure">
                            <p>"Your money is safe: nothing was signed or sent."</p>
                            <p class="banner-remedy">"Close BitHedge and open it again."</p>
                        </Banner>
                    })}
                    {move || is_slow.get().then(|| view! { <SkeletonCard lines=5 /> })}
                </main>
            }
            .into_any(),
        }}
    }
}
