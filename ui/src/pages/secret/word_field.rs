//! One word of the check, with the words of the list that begin as it is typed.

use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;

use super::fields::read;
use crate::api;

/// So many words are offered at most.
const MOST_OFFERED: usize = 6;
/// From so many letters on: with one letter there are too many words to be of help.
const FEWEST_LETTERS: usize = 2;

/// The list below a field.
#[derive(Clone, Copy)]
struct Offer {
    words: RwSignal<Vec<String>>,
    /// The word that Enter takes.
    chosen: RwSignal<Option<usize>>,
    /// Counts what was typed, so that an answer to something else is not shown.
    typed: StoredValue<u32>,
}

impl Offer {
    fn close(self) {
        self.typed.update_value(|typed| *typed = typed.wrapping_add(1));
        self.words.set(Vec::new());
        self.chosen.set(None);
    }

    fn follow(self, field: NodeRef<Input>) {
        self.close();
        let prefix = read(field);
        if prefix.trim().chars().count() < FEWEST_LETTERS {
            return;
        }
        let asked = self.typed.get_value();
        leptos::task::spawn_local(async move {
            // Without suggestions the word can still be typed.
            let Ok(mut found) = api::secret_suggest(prefix.trim().to_owned()).await else { return };
            // The field may be gone by now.
            if self.typed.try_get_value() != Some(asked) {
                return;
            }
            // A whole word needs no list over what comes next; who means a longer one types on.
            let is_whole = found.iter().any(|word| word.eq_ignore_ascii_case(prefix.trim()));
            found.truncate(MOST_OFFERED);
            if !is_whole {
                self.words.set(found);
            }
        });
    }

    /// One further down, or up; round at the ends.
    fn step(self, is_down: bool) {
        let count = self.words.with_untracked(Vec::len);
        self.chosen.update(|chosen| {
            *chosen = match (*chosen, count) {
                (_, 0) => None,
                (None, _) => Some(if is_down { 0 } else { count.saturating_sub(1) }),
                (Some(present), _) if is_down => {
                    Some(present.saturating_add(1).checked_rem(count).unwrap_or(0))
                }
                (Some(present), _) => Some(present.checked_sub(1).unwrap_or(count.saturating_sub(1))),
            };
        });
    }

    /// Puts a word into the field.
    fn take(self, field: NodeRef<Input>, index: usize) {
        let word = self.words.with_untracked(|words| words.get(index).cloned());
        if let (Some(input), Some(word)) = (field.get_untracked(), word) {
            input.set_value(&word);
            let _ = input.focus();
        }
        self.close();
    }

    fn key(self, event: &KeyboardEvent, field: NodeRef<Input>) {
        let is_open = self.words.with_untracked(|words| !words.is_empty());
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if is_open => {
                event.prevent_default();
                self.step(event.key() == "ArrowDown");
            }
            "Escape" if is_open => {
                event.prevent_default();
                self.close();
            }
            "Enter" if is_open => {
                let only = self.words.with_untracked(|words| (words.len() == 1).then_some(0));
                if let Some(index) = self.chosen.get_untracked().or(only) {
                    // Takes the word; it does not send the form yet.
                    event.prevent_default();
                    self.take(field, index);
                }
            }
            _ => {}
        }
    }
}

/// A field for the word in one place.
#[component]
pub(super) fn WordField(
    /// The word's place, from 1.
    position: u32,
    /// The field.
    field: NodeRef<Input>,
    /// Whether it has to be filled yet.
    is_missing: RwSignal<bool>,
) -> impl IntoView {
    let offer =
        Offer { words: RwSignal::new(Vec::new()), chosen: RwSignal::new(None), typed: StoredValue::new(0) };
    let id = format!("word-{position}");
    let list_id = format!("{id}-offer");
    let problem_id = format!("{id}-problem");
    let option_id = move |index: usize| format!("word-{position}-offer-{index}");
    view! {
        <div class="secret-field secret-word-field">
            <label class="secret-label" for=id.clone()>{format!("Word {position}")}</label>
            <input
                class="secret-input"
                id=id
                node_ref=field
                type="text"
                data-testid="check-word"
                data-position=position.to_string()
                role="combobox"
                aria-autocomplete="list"
                aria-expanded=move || offer.words.with(|words| if words.is_empty() { "false" } else { "true" })
                aria-controls=list_id.clone()
                aria-activedescendant=move || offer.chosen.get().map(option_id)
                aria-invalid=move || is_missing.get().then_some("true")
                aria-describedby=problem_id.clone()
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                on:input=move |_| {
                    is_missing.set(false);
                    offer.follow(field);
                }
                on:keydown=move |event| offer.key(&event, field)
                on:blur=move |_| offer.close()
            />
            <ul
                class="secret-offer"
                id=list_id
                role="listbox"
                aria-label=format!("Words for place {position}")
                hidden=move || offer.words.with(Vec::is_empty)
            >
                {move || {
                    let words = offer.words.get();
                    words
                        .into_iter()
                        .enumerate()
                        .map(|(index, word)| view! {
                            <li
                                id=option_id(index)
                                role="option"
                                class="secret-offer-word"
                                aria-selected=move || if offer.chosen.get() == Some(index) { "true" } else { "false" }
                                // Before the field loses the focus.
                                on:mousedown=move |event| {
                                    event.prevent_default();
                                    offer.take(field, index);
                                }
                            >
                                {word}
                            </li>
                        })
                        .collect_view()
                }}
            </ul>
            <p class="secret-problem" id=problem_id role="status">
                {move || is_missing.get().then_some("Enter this word.")}
            </p>
        </div>
    }
}
