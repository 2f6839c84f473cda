//! Showing the words again, for a minute.

use std::time::Duration;

use bithedge_ipc::Notice;
use bithedge_ipc::secret::SecretPassphrase;
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;

use super::fields::{PassphraseField, Working, ask_again, clear, clear_at_the_end, focus, focus_first, read};
use super::trouble::Trouble;
use super::wiped::Wiped;
use super::word_grid::{HeldWords, WordGrid};
use super::{CloseButton, close};
use crate::api;

/// How long the words stay on the screen, in seconds.
const SHOWN_FOR: u32 = 60;

/// Shows the words again.
#[component]
pub(super) fn Reveal() -> impl IntoView {
    // Overwritten when the minute is over and when the window goes.
    let words = StoredValue::new_local(None::<HeldWords>);
    let is_shown = RwSignal::new(false);
    let was_shown = RwSignal::new(false);
    on_cleanup(move || words.set_value(None));
    let hide = Callback::new(move |()| {
        words.set_value(None);
        is_shown.set(false);
    });
    view! {
        {move || if is_shown.get() {
            view! { <Shown words=words hide=hide /> }.into_any()
        } else {
            view! {
                {was_shown.get_untracked().then(|| view! {
                    <p class="secret-text" role="status" data-testid="words-hidden">
                        "The words are hidden again. To see them once more, enter the passphrase once more."
                    </p>
                })}
                <AskPassphrase
                    words=words
                    opened=Callback::new(move |()| {
                        was_shown.set(true);
                        is_shown.set(true);
                    })
                />
            }
            .into_any()
        }}
    }
}

#[component]
fn AskPassphrase(words: StoredValue<Option<HeldWords>, LocalStorage>, opened: Callback<()>) -> impl IntoView {
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
        let reveal = Wiped::new(SecretPassphrase { passphrase: typed.as_str().to_owned() });
        drop(typed);
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::secret_reveal(reveal).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(answer) => {
                    clear(field);
                    words.set_value(Some(HeldWords::new(answer)));
                    opened.run(());
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
            <p class="secret-text">
                "Whoever sees the words can take everything in your accounts, from anywhere and for good. Make sure that nobody is looking, that your \
                 screen is not shared, and that nobody asked you to do this."
            </p>
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
                    data-testid="reveal"
                    aria-disabled=move || busy.get().then_some("true")
                >
                    "Show the words for a minute"
                </button>
            </div>
            <Working busy=busy text="Opening takes about a second, so that guessing takes others long" />
        </form>
    }
}

/// The words, and how long they stay.
#[component]
fn Shown(words: StoredValue<Option<HeldWords>, LocalStorage>, hide: Callback<()>) -> impl IntoView {
    let left = RwSignal::new(SHOWN_FOR);
    let tick = move || {
        let rest = left.get_untracked().saturating_sub(1);
        left.set(rest);
        if rest == 0 {
            hide.run(());
        }
    };
    match set_interval_with_handle(tick, Duration::from_secs(1)) {
        Ok(handle) => on_cleanup(move || handle.clear()),
        // Words without an end to them are not shown at all.
        Err(_) => hide.run(()),
    }
    view! {
        <section class="secret-step">
            <p class="secret-text">"Compare them with your paper, or write them down. They disappear by themselves."</p>
            <WordGrid words=words />
            <div class="secret-left">
                <progress class="secret-progress" max=SHOWN_FOR.to_string() prop:value=move || f64::from(left.get()) aria-hidden="true"></progress>
                <span data-testid="reveal-left" data-value=move || left.get().to_string()>
                    {move || format!("Hidden in {} s", left.get())}
                </span>
                // Spoken now and then only.
                <span class="visually-hidden" role="status">
                    {move || (left.get() <= 10 || left.get().is_multiple_of(20)).then(|| format!("{} seconds left", left.get().div_ceil(10).saturating_mul(10)))}
                </span>
            </div>
            <div class="secret-actions">
                <button class="button" type="button" data-testid="hide-words" on:click=move |_| hide.run(())>"Hide them now"</button>
                <button class="button button-primary" type="button" data-testid="secret-finish" on:click=move |_| close()>"Done"</button>
            </div>
        </section>
    }
}
