//! What the forms of the window of secrets have in common: what is sent is sent once, its outcome is said in one place, and below a form
//! stand the way out and the button that sends it.

use bithedge_ipc::Notice;
use leptos::prelude::*;

use super::CloseButton;
use super::fields::Working;
use super::trouble::Trouble;
use crate::api::Answer;

/// A form on its way to the core: whether it is under way, and what was wrong the last time.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    busy: RwSignal<bool>,
    problem: RwSignal<Option<Notice>>,
}

impl Sending {
    /// Nothing was sent yet.
    pub(super) fn new() -> Self {
        Self { busy: RwSignal::new(false), problem: RwSignal::new(None) }
    }

    /// Whether something is under way, so that nothing else is sent.
    pub(super) fn is_busy(self) -> bool {
        self.busy.get_untracked()
    }

    /// Whether something is under way, as it changes.
    pub(super) fn busy(self) -> Signal<bool> {
        self.busy.into()
    }

    /// What was wrong the last time.
    pub(super) fn problem(self) -> Signal<Option<Notice>> {
        self.problem.into()
    }

    /// Says no more what was wrong.
    pub(super) fn forget(self) {
        self.problem.set(None);
    }

    /// Waits for the core's answer, and then does what follows from it; nothing, if the window went on to something else meanwhile.
    pub(super) fn send<T: 'static>(
        self,
        answer: impl Future<Output = Answer<T>> + 'static,
        done: impl FnOnce(T) + 'static,
        failed: impl FnOnce(&Notice) + 'static,
    ) {
        self.busy.set(true);
        self.forget();
        leptos::task::spawn_local(async move {
            let answer = answer.await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(outcome) => done(outcome),
                Err(error) => {
                    let notice = error.notice();
                    failed(&notice);
                    self.problem.set(Some(notice));
                }
            }
        });
    }
}

/// The end of a form: what was wrong, the way out, the button that sends it, and that it is under way.
#[component]
pub(super) fn FormEnd(
    /// The form on its way.
    sending: Sending,
    /// The test hook of the button.
    testid: &'static str,
    /// What the button says.
    label: &'static str,
    /// What takes its time.
    working: &'static str,
) -> impl IntoView {
    view! {
        <Trouble notice=sending.problem() />
        <div class="secret-actions">
            <CloseButton label="Cancel" />
            <SendButton sending=sending testid=testid label=label />
        </div>
        <Working busy=sending.busy() text=working />
    }
}

/// The button that sends a form.
#[component]
pub(super) fn SendButton(
    /// The form on its way.
    sending: Sending,
    /// The test hook.
    testid: &'static str,
    /// What it says.
    label: &'static str,
) -> impl IntoView {
    let busy = sending.busy();
    view! {
        <button
            class="button button-primary"
            type="submit"
            data-testid=testid
            aria-disabled=move || busy.get().then_some("true")
        >
            {label}
        </button>
    }
}
