//! Bringing a wallet by its words.

use bithedge_ipc::Fault;
use bithedge_ipc::secret::{SecretDone, SecretImport, SecretView};
use leptos::ev::SubmitEvent;
use leptos::html::Textarea;
use leptos::prelude::*;
use zeroize::{Zeroize as _, Zeroizing};

use super::Finished;
use super::create::waiting_text;
use super::fields::{KeychainChoice, KeychainConsent, NewPassphrase, NewPassphraseFields};
use super::sending::{FormEnd, Sending};
use super::wiped::Wiped;
use super::words::{count_in_words, count_words, words_in};
use crate::api;

/// Brings a wallet.
#[component]
pub(super) fn Import(
    /// What the core says of passphrases and keychain.
    view: SecretView,
) -> impl IntoView {
    let done = RwSignal::new(None::<SecretDone>);
    view! {
        {move || match done.get() {
            None => view! {
                <ImportForm view=view.clone() imported=Callback::new(move |outcome| done.set(Some(outcome))) />
            }
            .into_any(),
            Some(done) => view! {
                <Finished
                    title="Your wallet is here"
                    text="Its first account is in the list. If you used more of them elsewhere, add them under Settings: they come in the same order."
                    done=done
                />
            }
            .into_any(),
        }}
    }
}

/// What is in the field of words. The copy is overwritten when it is dropped.
fn read_words(field: NodeRef<Textarea>) -> Zeroizing<String> {
    Zeroizing::new(field.get_untracked().map(|area| area.value()).unwrap_or_default())
}

/// Empties the field of words.
fn clear_words(field: NodeRef<Textarea>) {
    if let Some(area) = field.get_untracked() {
        area.set_value("");
    }
}

fn focus_words(field: NodeRef<Textarea>) {
    if let Some(area) = field.get_untracked() {
        // It can only fail for an element that cannot be focused.
        let _ = area.focus();
    }
}

#[component]
fn ImportForm(view: SecretView, imported: Callback<SecretDone>) -> impl IntoView {
    let area = NodeRef::<Textarea>::new();
    let (is_hidden, set_hidden) = signal(false);
    let passphrase = NewPassphraseFields::new(view.shortest_passphrase);
    let keychain = KeychainChoice::new(view.keychain);
    let sending = Sending::new();
    let count = RwSignal::new(0_usize);
    let wrong = RwSignal::new(None::<String>);
    let leaving = window_event_listener_untyped("pagehide", move |_| clear_words(area));
    on_cleanup(move || {
        leaving.remove();
        clear_words(area);
    });
    Effect::new(move |_| {
        if area.get().is_some() {
            focus_words(area);
        }
    });
    // What was pasted or typed loses numbers and marks, once the field is left.
    let clean = move |_| {
        let typed = read_words(area);
        let cleaned = Zeroizing::new(words_in(&typed).collect::<Vec<_>>().join(" "));
        if let Some(field) = area.get_untracked()
            && *cleaned != *typed
        {
            field.set_value(&cleaned);
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if sending.is_busy() {
            return;
        }
        let typed = read_words(area);
        let found = count_words(&typed);
        if !matches!(found, 12 | 24) {
            wrong.set(Some(if found == 0 {
                "Enter the words of your wallet.".to_owned()
            } else {
                count_in_words(found)
            }));
            focus_words(area);
            return;
        }
        let is_settled = keychain.is_settled();
        let Some(chosen) = passphrase.read() else { return };
        if !is_settled {
            return;
        }
        wrong.set(None);
        let without_keychain = keychain.is_without();
        let answer = async move {
            let mut words: Vec<String> = words_in(&typed).collect();
            if let Some(mistake) = first_unknown(&words).await {
                words.zeroize();
                return Ok(Err(mistake));
            }
            let import = Wiped::new(SecretImport {
                words: words.join(" "),
                passphrase: chosen.as_str().to_owned(),
                without_keychain,
            });
            words.zeroize();
            api::secret_import(import).await.map(Ok)
        };
        sending.send(
            answer,
            move |outcome| match outcome {
                Ok(done) => {
                    clear_words(area);
                    passphrase.clear();
                    imported.run(done);
                }
                Err(mistake) => {
                    wrong.set(Some(mistake));
                    focus_words(area);
                }
            },
            move |notice| match notice.fault {
                // They stay, to be compared with the paper; what is said below the form may be out of sight.
                Fault::WordsWrong => {
                    wrong.set(Some(notice.happened.clone()));
                    focus_words(area);
                }
                Fault::PassphraseUnfit => {
                    passphrase.clear();
                    passphrase.focus();
                }
                _ => {}
            },
        );
    };
    view! {
        <form class="secret-step" autocomplete="off" novalidate on:submit=submit>
            <p class="secret-text">
                "Enter the words of a wallet that you have, from BitHedge or from another wallet for Stacks. They stay on this computer, encrypted, and \
                 the wallet can go on being used elsewhere."
            </p>
            {waiting_text(view.waiting)}
            <div class="secret-field">
                <div class="secret-label-row">
                    <label class="secret-label" for="import-words">"Words"</label>
                    <button
                        class="button secret-show"
                        type="button"
                        data-testid="import-words-show"
                        aria-pressed=move || if is_hidden.get() { "true" } else { "false" }
                        aria-label="Hide the words that are typed"
                        on:click=move |_| set_hidden.update(|hidden| *hidden = !*hidden)
                    >
                        {move || if is_hidden.get() { "Show" } else { "Hide" }}
                    </button>
                </div>
                <textarea
                    class="secret-input secret-area"
                    class:is-hidden=move || is_hidden.get()
                    id="import-words"
                    node_ref=area
                    data-testid="import-words"
                    rows="3"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-invalid=move || wrong.with(Option::is_some).then_some("true")
                    aria-describedby="import-words-count import-words-problem"
                    on:input=move |_| {
                        wrong.set(None);
                        count.set(count_words(&read_words(area)));
                    }
                    on:blur=clean
                ></textarea>
                <p class="secret-hint" id="import-words-count" role="status" data-testid="import-count" data-value=move || count.get().to_string()>
                    {move || count_in_words(count.get())}
                </p>
                <p class="secret-problem" id="import-words-problem" role="alert" data-testid="import-words-problem">{move || wrong.get()}</p>
            </div>
            <NewPassphrase fields=passphrase />
            <KeychainConsent choice=keychain />
            <FormEnd
                sending=sending
                testid="import-wallet"
                label="Bring the wallet"
                working="Checking the words and locking the keys away: this takes a few seconds"
            />
        </form>
    }
}

/// The first word that is not in the list, in a sentence that names it and, if there is one, a word that it may have been meant to be.
/// Nothing where the core cannot be asked: it judges all the same.
async fn first_unknown(words: &[String]) -> Option<String> {
    for (position, word) in (1_usize..).zip(words) {
        let Ok(found) = api::secret_suggest(word.clone()).await else { continue };
        if found.contains(word) {
            continue;
        }
        let beginning: String = word.chars().take(4).collect();
        let near = match api::secret_suggest(beginning).await {
            Ok(near) if near.len() <= 3 => near,
            _ => Vec::new(),
        };
        let hint = if near.is_empty() {
            "Look at how it is written on your paper.".to_owned()
        } else {
            format!("Is it {}?", near.iter().map(|word| format!("“{word}”")).collect::<Vec<_>>().join(" or "))
        };
        return Some(format!("Word {position}, “{word}”, is not in the list of words. {hint}"));
    }
    None
}
