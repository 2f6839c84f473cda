//! The second half of making a wallet: some of the words are asked for, and a passphrase is chosen. One form, shown in two parts, so that
//! what is typed stays in its fields until it is sent.

use bithedge_ipc::secret::{SecretCreation, SecretDone, SecretView};
use bithedge_ipc::{Fault, Notice};
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;

use super::fields::{
    KeychainChoice, KeychainConsent, NewPassphrase, NewPassphraseFields, Working, clear, clear_at_the_end,
    focus, read,
};
use super::sending::{SendButton, Sending};
use super::trouble::Trouble;
use super::wiped::Wiped;
use super::word_field::WordField;
use crate::api;

/// The part of the form that is in sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Some of the words.
    Check,
    /// The passphrase.
    Protect,
}

/// One of the words that are asked for.
#[derive(Clone, Copy)]
struct AskedWord {
    position: u32,
    field: NodeRef<Input>,
    is_missing: RwSignal<bool>,
}

/// The form.
#[component]
pub(super) fn Prove(
    /// What the core says of passphrases and keychain.
    view: SecretView,
    /// The places of the words that are asked for, in the core's order.
    asked: Vec<u32>,
    /// Shows the words once more.
    look_again: Callback<()>,
    /// Begins with new words.
    begin_again: Callback<()>,
    /// Told when the wallet is made.
    made: Callback<SecretDone>,
) -> impl IntoView {
    let mut words: Vec<AskedWord> = asked
        .iter()
        .map(|position| AskedWord {
            position: *position,
            field: NodeRef::new(),
            is_missing: RwSignal::new(false),
        })
        .collect();
    // On the paper they stand in their order; the core wants them in its own.
    words.sort_unstable_by_key(|word| word.position);
    let asked = StoredValue::new(asked);
    clear_at_the_end(&words.iter().map(|word| word.field).collect::<Vec<_>>());
    let passphrase = NewPassphraseFields::new(view.shortest_passphrase);
    let part = RwSignal::new(Part::Check);
    let sending = Sending::new();
    let problem = sending.problem();
    let keychain = KeychainChoice::new(view.keychain);
    let fields = StoredValue::new(words.clone());

    Effect::new(move |_| {
        // Once the part is in sight.
        let part = part.get();
        request_animation_frame(move || match part {
            Part::Check => {
                if let Some(word) = fields.try_with_value(|fields| fields.first().copied()).flatten() {
                    focus(word.field);
                }
            }
            Part::Protect => passphrase.focus(),
        });
    });

    let check = move || {
        let missing = fields.with_value(|fields| {
            for word in fields {
                word.is_missing.set(read(word.field).trim().is_empty());
            }
            fields.iter().copied().find(|word| word.is_missing.get_untracked())
        });
        match missing {
            Some(word) => focus(word.field),
            None => {
                sending.forget();
                part.set(Part::Protect);
            }
        }
    };
    let send = move || {
        if sending.is_busy() {
            return;
        }
        let is_settled = keychain.is_settled();
        let Some(chosen) = passphrase.read() else { return };
        if !is_settled {
            return;
        }
        let answer = |position: &u32| {
            let field = fields.with_value(|fields| {
                fields.iter().find(|word| word.position == *position).map(|word| word.field)
            });
            field.map(|field| read(field).trim().to_owned()).unwrap_or_default()
        };
        let answers = asked.with_value(|asked| asked.iter().map(answer).collect());
        let creation = Wiped::new(SecretCreation {
            answers,
            passphrase: chosen.as_str().to_owned(),
            without_keychain: keychain.is_without(),
        });
        drop(chosen);
        sending.send(
            api::secret_create(creation),
            move |done| {
                passphrase.clear();
                fields.with_value(|fields| fields.iter().for_each(|word| clear(word.field)));
                made.run(done);
            },
            move |notice| match notice.fault {
                Fault::WordsWrong => {
                    fields.with_value(|fields| fields.iter().for_each(|word| clear(word.field)));
                    part.set(Part::Check);
                }
                _ => passphrase.focus(),
            },
        );
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match part.get_untracked() {
            Part::Check => check(),
            Part::Protect => send(),
        }
    };
    let places = join_places(&words.iter().map(|word| word.position).collect::<Vec<_>>());

    view! {
        <form class="secret-step" autocomplete="off" novalidate on:submit=submit>
            <Trouble notice=problem />
            {move || problem.with(|problem| problem.as_ref().is_some_and(may_need_new_words)).then(|| view! {
                <div class="secret-actions">
                    <button class="button" type="button" data-testid="begin-again" on:click=move |_| begin_again.run(())>
                        "Begin again with new words"
                    </button>
                </div>
            })}
            <div class="secret-part" hidden=move || part.get() != Part::Check>
                <p class="secret-text">{format!("Take your paper and enter the words with the numbers {places}.")}</p>
                <div class="secret-asked">
                    {words
                        .into_iter()
                        .map(|word| view! {
                            <WordField position=word.position field=word.field is_missing=word.is_missing />
                        })
                        .collect_view()}
                </div>
                <div class="secret-actions">
                    <button class="button" type="button" data-testid="look-again" on:click=move |_| look_again.run(())>
                        "Show the words once more"
                    </button>
                    <button class="button button-primary" type="submit" data-testid="check-next">"Go on"</button>
                </div>
            </div>
            <div class="secret-part" hidden=move || part.get() != Part::Protect>
                <p class="secret-text">
                    "Choose a passphrase. It protects the keys on this computer and is asked for whenever BitHedge is opened. It is not a part of \
                     the words: if you forget it, the words still open your money."
                </p>
                <NewPassphrase fields=passphrase />
                <KeychainConsent choice=keychain />
                <div class="secret-actions">
                    <button class="button" type="button" data-testid="back-to-check" on:click=move |_| part.set(Part::Check)>
                        "Back"
                    </button>
                    <SendButton sending=sending testid="create-wallet" label="Create the wallet" />
                </div>
            </div>
            <Working busy=sending.busy() text="Locking the keys away: this takes a few seconds" />
        </form>
    }
}

/// Whether the core may have forgotten the words, or the paper may be wrong, so that new ones help.
const fn may_need_new_words(notice: &Notice) -> bool {
    matches!(notice.fault, Fault::TooLate | Fault::QuestionGone | Fault::InputUnfit | Fault::WordsWrong)
}

/// `3, 7 and 11`, in ascending order.
fn join_places(places: &[u32]) -> String {
    let mut places = places.to_vec();
    places.sort_unstable();
    match places.split_last() {
        None => String::new(),
        Some((only, [])) => only.to_string(),
        Some((last, others)) => {
            let others: Vec<String> = others.iter().map(ToString::to_string).collect();
            format!("{} and {last}", others.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::join_places;

    #[test]
    fn places_are_named_as_people_count() {
        assert_eq!(join_places(&[11, 3, 7]), "3, 7 and 11");
        assert_eq!(join_places(&[4, 2]), "2 and 4");
        assert_eq!(join_places(&[9]), "9");
        assert_eq!(join_places(&[]), "");
    }
}
