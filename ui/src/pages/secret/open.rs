//! Opening the keys by their passphrase: the one form behind unlocking and showing the words.

use bithedge_ipc::secret::SecretPassphrase;
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;

use super::fields::{PassphraseField, ask_again, clear, clear_at_the_end, focus, focus_first, read};
use super::sending::{FormEnd, Sending};
use super::wiped::Wiped;
use crate::api::Answer;

/// Asks for the passphrase until the core takes it.
#[component]
pub(super) fn OpenForm<T, Fut>(
    /// What it is for, and what to think of before.
    text: &'static str,
    /// The test hook of the button.
    testid: &'static str,
    /// What the button says.
    label: &'static str,
    /// Hands the passphrase to the core.
    ask: fn(Wiped<SecretPassphrase>) -> Fut,
    /// Told what the core gave for it.
    opened: Callback<T>,
) -> impl IntoView
where
    T: 'static,
    Fut: Future<Output = Answer<T>> + 'static,
{
    let field = NodeRef::<Input>::new();
    let sending = Sending::new();
    let empty = RwSignal::new(None::<String>);
    clear_at_the_end(&[field]);
    focus_first(field);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if sending.is_busy() {
            return;
        }
        let typed = read(field);
        if typed.is_empty() {
            empty.set(Some("Enter your passphrase.".to_owned()));
            focus(field);
            return;
        }
        let passphrase = Wiped::new(SecretPassphrase { passphrase: typed.as_str().to_owned() });
        sending.send(
            ask(passphrase),
            move |outcome| {
                clear(field);
                opened.run(outcome);
            },
            move |_| ask_again(field),
        );
    };
    view! {
        <form class="secret-step" autocomplete="off" novalidate on:submit=submit>
            <p class="secret-text">{text}</p>
            <PassphraseField
                id="passphrase"
                label="Passphrase"
                field=field
                problem=empty
                typed=Callback::new(move |()| empty.set(None))
            />
            <FormEnd
                sending=sending
                testid=testid
                label=label
                working="Opening takes about a second, so that guessing takes others long"
            />
        </form>
    }
}
