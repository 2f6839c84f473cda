//! Whether the keys can be used, and the way to change that.

use bithedge_ipc::KeyState;
use bithedge_ipc::secret::SecretTask;
use leptos::prelude::*;

use crate::api;
use crate::components::{Icon, IconName};
use crate::state::{NotificationsState, SessionState};

/// Locks or unlocks the keys; not there for the practice wallet, which nobody is asked a passphrase for, and without keys.
#[component]
pub(super) fn LockButton() -> impl IntoView {
    let session = expect_context::<SessionState>();
    let notifications = expect_context::<NotificationsState>();
    let keys = session.keys();
    let is_practice = session.is_practice();
    let after = session.part(|session| session.wallet.as_ref().map(|wallet| wallet.auto_lock));
    let press = move |locked: bool| {
        leptos::task::spawn_local(async move {
            let done = if locked { api::open_secret(SecretTask::Unlock).await } else { api::lock().await };
            if let Err(error) = done {
                notifications.warn(error.message());
            }
        });
    };
    view! {
        {move || {
            let locked = match keys.get() {
                Some(KeyState::Locked) => true,
                Some(KeyState::Unlocked) if !is_practice.get() => false,
                _ => return None,
            };
            let (icon, word, words) = if locked {
                (IconName::Lock, "Locked", "Unlock the keys with your passphrase".to_owned())
            } else {
                let after = after.get().flatten().unwrap_or_default();
                let words = format!(
                    "Lock the keys now. Left alone, they lock themselves after {}.",
                    crate::format::duration(after)
                );
                (IconName::Unlock, "Unlocked", words)
            };
            Some(view! {
                <button
                    class="icon-button lock-button"
                    type="button"
                    data-testid="lock"
                    data-locked=if locked { "true" } else { "false" }
                    aria-label=format!("{word}. {words}")
                    title=words
                    on:click=move |_| press(locked)
                >
                    <Icon name=icon />
                </button>
            })
        }}
    }
}
