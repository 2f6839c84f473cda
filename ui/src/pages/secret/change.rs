//! Changing the passphrase.

use bithedge_ipc::Fault;
use bithedge_ipc::secret::{SecretChange, SecretDone, SecretView};
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;

use super::Finished;
use super::fields::{
    KeychainChoice, KeychainConsent, NewPassphrase, NewPassphraseFields, PassphraseField, ask_again, clear,
    clear_at_the_end, focus, focus_first, read,
};
use super::sending::{FormEnd, Sending};
use super::wiped::Wiped;
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
    let keychain = KeychainChoice::new(view.keychain);
    let sending = Sending::new();
    let empty = RwSignal::new(None::<String>);
    let is_known = RwSignal::new(false);
    clear_at_the_end(&[present]);
    focus_first(present);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if sending.is_busy() {
            return;
        }
        let typed = read(present);
        if typed.is_empty() {
            empty.set(Some("Enter the present passphrase.".to_owned()));
            focus(present);
            return;
        }
        let is_settled = keychain.is_settled();
        let Some(chosen) = new.read() else { return };
        if !is_settled {
            return;
        }
        let change = Wiped::new(SecretChange {
            present: typed.as_str().to_owned(),
            new: chosen.as_str().to_owned(),
            is_known_to_others: is_known.get_untracked(),
            without_keychain: keychain.is_without(),
        });
        drop((typed, chosen));
        sending.send(
            api::secret_change(change),
            move |done| {
                clear(present);
                new.clear();
                changed.run(done);
            },
            move |notice| match notice.fault {
                Fault::PassphraseUnfit => {
                    new.clear();
                    new.focus();
                }
                _ => {
                    ask_again(present);
                    // What is said below the form may be out of sight.
                    empty.set(Some(notice.happened.clone()));
                }
            },
        );
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
            <KeychainConsent choice=keychain />
            <FormEnd
                sending=sending
                testid="change-passphrase"
                label="Change the passphrase"
                working="Opening the keys and locking them away anew: this takes a few seconds"
            />
        </form>
    }
}
