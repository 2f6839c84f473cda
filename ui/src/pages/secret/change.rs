//! Changing the passphrase.

use bithedge_ipc::secret::{SecretChange, SecretDone, SecretView};
use bithedge_ipc::{Fault, Notice};
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;

use super::fields::{
    KeychainConsent, NewPassphrase, NewPassphraseFields, PassphraseField, Working, ask_again, clear,
    clear_at_the_end, focus, focus_first, is_keychain_settled, read,
};
use super::trouble::Trouble;
use super::wiped::Wiped;
use super::{CloseButton, Finished};
use crate::api;

/// Changes the passphrase.
#[component]
pub(super) fn Change(
    /// What the core says of passphrases and keychain.
    view: SecretView,
) -> impl IntoView {
    let done = RwSignal::new(None::<SecretDone>);
    view! {
        {move || match done.get() {
            None => view! {
                <ChangeForm view=view.clone() changed=Callback::new(move |outcome| done.set(Some(outcome))) />
            }
            .into_any(),
            Some(done) => view! {
                <Finished
                    title="The passphrase is changed"
                    text="From now on the keys open with the new one. Your words and your accounts are the same as before."
                    done=done
                />
            }
            .into_any(),
        }}
    }
}

#[component]
fn ChangeForm(view: SecretView, changed: Callback<SecretDone>) -> impl IntoView {
    let present = NodeRef::<Input>::new();
    let new = NewPassphraseFields::new(view.shortest_passphrase);
    let keychain = StoredValue::new(view.keychain.clone());
    let busy = RwSignal::new(false);
    let empty = RwSignal::new(None::<String>);
    let problem = RwSignal::new(None::<Notice>);
    let is_known = RwSignal::new(false);
    let agreed = RwSignal::new(false);
    let is_missing = RwSignal::new(false);
    clear_at_the_end(&[present]);
    focus_first(present);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let typed = read(present);
        if typed.is_empty() {
            empty.set(Some("Enter the present passphrase.".to_owned()));
            focus(present);
            return;
        }
        let is_settled = keychain.with_value(|keychain| is_keychain_settled(keychain, agreed, is_missing));
        let Some(chosen) = new.read() else { return };
        if !is_settled {
            return;
        }
        let change = Wiped::new(SecretChange {
            present: typed.as_str().to_owned(),
            new: chosen.as_str().to_owned(),
            is_known_to_others: is_known.get_untracked(),
            without_keychain: agreed.get_untracked(),
        });
        drop((typed, chosen));
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::secret_change(change).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(done) => {
                    clear(present);
                    new.clear();
                    changed.run(done);
                }
                Err(error) => {
                    let notice = error.notice();
                    match notice.fault {
                        Fault::PassphraseUnfit => {
                            new.clear();
                            new.focus();
                        }
                        _ => ask_again(present),
                    }
                    problem.set(Some(notice));
                }
            }
        });
    };
    view! {
        <form class="secret-step" autocomplete="off" novalidate on:submit=submit>
            <PassphraseField
                id="passphrase"
                label="Present passphrase"
                field=present
                problem=empty
                typed=Callback::new(move |()| empty.set(None))
            />
            <NewPassphrase fields=new />
            <label class="secret-check">
                <input
                    type="checkbox"
                    data-testid="known-to-others"
                    prop:checked=move || is_known.get()
                    on:change=move |event| is_known.set(event_target_checked(&event))
                />
                <span>
                    "Somebody else may know the present passphrase. Then everything that it opens is removed at once. Otherwise it is kept until the \
                     new one has opened the keys, in case the disk fails meanwhile."
                </span>
            </label>
            {move || is_known.get().then(|| view! {
                <p class="secret-text" data-testid="known-advice">
                    "If they may have a copy of the key file too, a new passphrase does not help against that copy: create a new wallet and move your \
                     money to it."
                </p>
            })}
            <KeychainConsent keychain=view.keychain agreed=agreed is_missing=is_missing />
            <Trouble notice=problem />
            <div class="secret-actions">
                <CloseButton label="Cancel" />
                <button
                    class="button button-primary"
                    type="submit"
                    data-testid="change-passphrase"
                    aria-disabled=move || busy.get().then_some("true")
                >
                    "Change the passphrase"
                </button>
            </div>
            <Working busy=busy text="Opening the keys and locking them away anew: this takes a few seconds" />
        </form>
    }
}
