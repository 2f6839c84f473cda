//! What is done to the devnet, one thing at a time.

use bithedge_ipc::{DevnetDeed, Notice};
use leptos::prelude::*;

use super::part;
use crate::api;
use crate::components::ButtonKind;
use crate::state::DevnetState;

/// The deeds of this page.
#[derive(Clone, Copy)]
pub(super) struct Deeds {
    busy: RwSignal<bool>,
    problem: RwSignal<Option<Notice>>,
    devnet: DevnetState,
    /// What takes a while and is under way, in a few words.
    under_way: Memo<Option<String>>,
}

impl Deeds {
    pub(super) fn new() -> Self {
        let under_way = part(|view| match &view.play {
            Some(_) => Some("A scenario is being played.".to_owned()),
            None => view.doing.clone(),
        });
        let under_way = Memo::new(move |_| under_way.get().flatten());
        let devnet = expect_context::<DevnetState>();
        Self { busy: RwSignal::new(false), problem: RwSignal::new(None), devnet, under_way }
    }

    /// Does something.
    pub(super) fn carry_out(self, deed: DevnetDeed) {
        self.then(deed, |()| ());
    }

    /// Does something, and then something else if it was done.
    pub(super) fn then(self, deed: DevnetDeed, done: impl FnOnce(()) + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        self.devnet.begin(matches!(deed, DevnetDeed::Stop {}));
        leptos::task::spawn_local(async move {
            let answer = api::devnet_do(deed).await;
            // The page may have been left since.
            let _ = self.busy.try_set(false);
            match answer {
                Ok(view) => {
                    self.devnet.accept(Some(view));
                    done(());
                }
                Err(error) => {
                    let _ = self.problem.try_set(Some(error.notice()));
                }
            }
        });
    }

    /// Why the last one was not done.
    pub(super) fn problem(self) -> Option<Notice> {
        self.problem.get()
    }

    /// Whether one is on its way to the devnet.
    pub(super) fn busy(self) -> Signal<bool> {
        self.busy.into()
    }

    /// Why nothing that takes a while, or moves prices, can be begun now.
    pub(super) fn blocked(self) -> Signal<Option<String>> {
        let under_way = self.under_way;
        Signal::derive(move || under_way.get().map(|what| format!("{what} Stop it first.")))
    }
}

/// A button among many that cannot be used for the same reason: that is said once beside them all, and here to assistive technology
/// and under the pointer.
#[component]
pub(super) fn DeedButton(
    /// What it is among others.
    #[prop(optional)]
    kind: ButtonKind,
    /// Why it cannot be used now.
    #[prop(into, optional)]
    blocked: Signal<Option<String>>,
    /// The button's name, where its words alone are not enough.
    #[prop(into, optional)]
    label: Option<String>,
    /// The test hook.
    #[prop(into)]
    testid: String,
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
    /// The words.
    children: Children,
) -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let is_off = Memo::new(move |_| deeds.busy.get() || blocked.with(Option::is_some));
    let class = match kind {
        ButtonKind::Primary => "button button-primary devnet-button",
        ButtonKind::Quiet => "button button-quiet devnet-button",
        _ => "button devnet-button",
    };
    view! {
        <button
            type="button"
            class=class
            aria-label=label
            title=move || blocked.get()
            data-testid=testid
            aria-disabled=move || is_off.get().then_some("true")
            on:click=move |_| if !is_off.get_untracked() { on_press.run(()) }
        >
            {children()}
        </button>
    }
}

/// Why nothing of a card can be done now, once for all its buttons.
#[component]
pub(super) fn BlockedLine() -> impl IntoView {
    let blocked = expect_context::<Deeds>().blocked();
    view! { <p class="devnet-blocked" role="status">{move || blocked.get()}</p> }
}
