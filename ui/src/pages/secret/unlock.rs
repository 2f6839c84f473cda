//! Unlocking the keys.

use bithedge_ipc::Notice;
use bithedge_ipc::secret::{SecretDone, SecretPassphrase};
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;

use super::fields::{PassphraseField, Working, ask_again, clear, clear_at_the_end, focus, focus_first, read};
use super::trouble::Trouble;
use super::wiped::Wiped;
use super::{CloseButton, Finished, close};
use crate::api;

/// Unlocks the keys.
#[component]
pub(super) fn Unlock() -> impl IntoView {
    let done = RwSignal::new(None::<SecretDone>);
    view! {
        {move || match done.get() {
            None => view! {
                <UnlockForm unlocked=Callback::new(move |outcome: SecretDone| {
                    // Usually there is nothing more to say.
                    if outcome.notices.is_empty() {
                        close();
                    } else {
                        done.set(Some(outcome));
                    }
                }) />
            }
            .into_any(),
            Some(done) => view! {
                <Finished title="Unlocked" text="BitHedge can sign again. Something has to be said about it:" done=done />
            }
            .into_any(),
        }}
    }
}

#[component]
fn UnlockForm(unlocked: Callback<SecretDone>) -> impl IntoView {
    let field = NodeRef::<Input>::new();
    let busy = RwSignal::new(false);
    let empty = RwSignal::new(None::<String>);
    let problem = RwSignal::new(None::<Notice>);
    clear_at_the_end(&[field]);
    focus_first(field);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let typed = read(field);
        if typed.is_empty() {
            empty.set(Some("Enter your passphrase.".to_owned()));
            focus(field);
            return;
        }
        let unlock = Wiped::new(SecretPassphrase { passphrase: typed.as_str().to_owned() });
        drop(typed);
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::secret_unlock(unlock).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(done) => {
                    clear(field);
                    unlocked.run(done);
                }
                Err(error) => {
                    ask_again(field);
                    problem.set(Some(error.notice()));
                }
            }
        });
    };
    view! {
        <form class="secret-step" autocomplete="off" novalidate on:submit=submit>
            <p class="secret-text">"With the keys unlocked, BitHedge can sign what you approve. Every single thing is still asked first."</p>
            <PassphraseField
                id="passphrase"
                label="Passphrase"
                field=field
                problem=empty
                typed=Callback::new(move |()| empty.set(None))
            />
            <Trouble notice=problem />
            <div class="secret-actions">
                <CloseButton label="Cancel" />
                <button
                    class="button button-primary"
                    type="submit"
                    data-testid="unlock"
                    aria-disabled=move || busy.get().then_some("true")
                >
                    "Unlock"
                </button>
            </div>
            <Working busy=busy text="Opening takes about a second, so that guessing takes others long" />
            <Forgotten />
        </form>
    }
}

/// What helps somebody who does not know the passphrase any more.
#[component]
fn Forgotten() -> impl IntoView {
    view! {
        <details class="secret-forgotten" data-testid="forgotten">
            <summary>"Forgot the passphrase?"</summary>
            <p>"Nobody can look it up or reset it, because nobody but you ever had it. Your money is not lost: the words open it. This helps:"</p>
            <ul>
                <li>"Try it with another keyboard layout, with and without capital letters and spaces. There is no limit on tries."</li>
                <li>"If you changed it not long ago, try the one from before as well."</li>
                <li>
                    "With your 12 or 24 words: close BitHedge, move the file "<code>"wallet.key"</code>" out of the folder "<code>"wallet"</code>
                    " (Settings says where everything is kept), open BitHedge, and choose “I have a wallet”. You then choose a new passphrase."
                </li>
            </ul>
        </details>
    }
}
