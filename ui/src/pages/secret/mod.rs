//! The window of secrets: the only place where words and passphrases are shown or typed.
//!
//! What is secret lives in inputs that nothing else reads, and in memory that is overwritten, for as long as its step lasts: in no
//! signal, no test hook, no title. Inputs are emptied when their task succeeded, when it has to be typed again, and when the window goes.

mod change;
mod create;
mod fields;
mod import;
mod open;
mod prove;
mod reveal;
mod sending;
mod strength;
mod trouble;
mod unlock;
mod wiped;
mod word_field;
mod word_grid;
mod words;

use bithedge_ipc::Notice;
use bithedge_ipc::secret::{SecretDone, SecretTask, SecretView};
use leptos::prelude::*;

use self::change::Change;
use self::create::Create;
use self::import::Import;
use self::reveal::Reveal;
use self::trouble::{NoticeList, Trouble};
use self::unlock::Unlock;
pub(crate) use self::wiped::Wiped;
use crate::api;
use crate::components::Logo;

/// What the window was opened for, as far as it is known.
#[derive(Clone, PartialEq)]
enum Purpose {
    /// It is being asked.
    Asking,
    /// The core does not say.
    Unknown(Notice),
    /// Nothing: it was opened without a reason, or its time passed.
    Nothing,
    /// This.
    Task(SecretView),
}

/// The whole window.
#[component]
pub(crate) fn SecretWindow() -> impl IntoView {
    let purpose = RwSignal::new(Purpose::Asking);
    let ask = move || {
        leptos::task::spawn_local(async move {
            let found = match api::secret().await {
                Ok(Some(view)) => Purpose::Task(view),
                Ok(None) => Purpose::Nothing,
                Err(error) => Purpose::Unknown(error.notice()),
            };
            let is_other = purpose.try_with_untracked(|present| match (present, &found) {
                // The same task goes on where it is: what was typed stays.
                (Purpose::Task(present), Purpose::Task(found)) => present.task != found.task,
                // What was done here is shown until the person closes it.
                (Purpose::Task(_), Purpose::Nothing | Purpose::Unknown(_)) => false,
                _ => true,
            });
            if is_other == Some(true) {
                purpose.set(found);
            }
        });
    };
    ask();
    // A window that is open already is brought to the front with another task.
    let focused = window_event_listener_untyped("focus", move |_| ask());
    on_cleanup(move || focused.remove());
    Effect::new(move |_| document().set_title(&format!("{} · BitHedge", purpose.with(title))));

    view! {
        <div class="secret">
            <header class="secret-header">
                <Logo />
                <div>
                    <h1 class="secret-title" data-testid="secret-title">{move || purpose.with(title)}</h1>
                    <p class="secret-note">"Words and passphrases are shown and typed in this window only."</p>
                </div>
            </header>
            <main class="secret-content" id="content">
                {move || match purpose.get() {
                    Purpose::Asking => view! { <p class="secret-text" role="status">"One moment…"</p> }.into_any(),
                    Purpose::Unknown(notice) => view! {
                        <Trouble notice=Signal::stored(Some(notice)) />
                        <div class="secret-actions"><CloseButton label="Close" /></div>
                    }
                    .into_any(),
                    Purpose::Nothing => view! {
                        <p class="secret-text" data-testid="secret-nothing">
                            "There is nothing to do here. Words and passphrases are asked for when you begin something in BitHedge's main window."
                        </p>
                        <div class="secret-actions"><CloseButton label="Close" /></div>
                    }
                    .into_any(),
                    Purpose::Task(view) => task_view(view),
                }}
            </main>
        </div>
    }
}

fn title(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Asking | Purpose::Unknown(_) | Purpose::Nothing => "Words and passphrases",
        Purpose::Task(view) => match view.task {
            SecretTask::Create => "Create a wallet",
            SecretTask::Import => "Bring your wallet",
            SecretTask::Unlock => "Unlock your keys",
            SecretTask::ChangePassphrase => "Change the passphrase",
            SecretTask::Reveal => "Show the words",
        },
    }
}

fn task_view(view: SecretView) -> AnyView {
    match view.task {
        SecretTask::Create => view! { <Create view=view /> }.into_any(),
        SecretTask::Import => view! { <Import view=view /> }.into_any(),
        SecretTask::Unlock => view! { <Unlock /> }.into_any(),
        SecretTask::ChangePassphrase => view! { <Change view=view /> }.into_any(),
        SecretTask::Reveal => view! { <Reveal /> }.into_any(),
    }
}

/// Has the core forget everything and close the window.
fn close() {
    leptos::task::spawn_local(async {
        if let Err(error) = api::secret_close().await {
            leptos::logging::error!("the window was not closed: {}", error.notice().happened);
        }
    });
}

/// Leaves the window. What was typed in it is forgotten.
#[component]
fn CloseButton(
    /// What it says.
    label: &'static str,
) -> impl IntoView {
    view! {
        <button class="button" type="button" data-testid="secret-close" on:click=move |_| close()>{label}</button>
    }
}

/// The end of a task: what was reached, and what else has to be said about it.
#[component]
fn Finished(
    /// What was reached, in a few words.
    title: &'static str,
    /// What follows from it.
    text: &'static str,
    /// How the core ended it.
    done: SecretDone,
) -> impl IntoView {
    let heading = NodeRef::<leptos::html::H2>::new();
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            // It can only fail for an element that cannot be focused, and a heading with a tabindex can.
            let _ = heading.focus();
        }
    });
    view! {
        <section class="secret-step" data-testid="secret-done">
            <h2 class="secret-heading" tabindex="-1" node_ref=heading>{title}</h2>
            <p class="secret-text">{text}</p>
            <NoticeList notices=done.notices />
            <div class="secret-actions">
                <button class="button button-primary" type="button" data-testid="secret-finish" on:click=move |_| close()>
                    "Go to BitHedge"
                </button>
            </div>
        </section>
    }
}
