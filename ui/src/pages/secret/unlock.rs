//! Unlocking the keys.

use bithedge_ipc::secret::SecretDone;
use leptos::prelude::*;

use super::open::OpenForm;
use super::{Finished, close};
use crate::api;

/// Unlocks the keys.
#[component]
pub(super) fn Unlock() -> impl IntoView {
    let done = RwSignal::new(None::<SecretDone>);
    view! {
        {move || match done.get() {
            None => view! {
                <OpenForm
                    text="With the keys unlocked, BitHedge can sign what you approve. Every single thing is still asked first."
                    testid="unlock"
                    label="Unlock"
                    ask=api::secret_unlock
                    opened=Callback::new(move |outcome: SecretDone| {
                        // Usually there is nothing more to say.
                        if outcome.notices.is_empty() {
                            close();
                        } else {
                            done.set(Some(outcome));
                        }
                    })
                />
                <Forgotten />
            }
            .into_any(),
            Some(done) => view! {
                <Finished title="Unlocked" text="BitHedge can sign again. Something has to be said about it:" done=done />
            }
            .into_any(),
        }}
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
