//! Showing the words again, for a minute.

use std::time::Duration;

use bithedge_ipc::secret::SecretWords;
use leptos::prelude::*;

use super::close;
use super::open::OpenForm;
use super::word_grid::{HeldWords, WordGrid};
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
                <OpenForm
                    text="Whoever sees the words can take everything in your accounts, from anywhere and for good. Make sure that nobody is looking, \
                          that your screen is not shared, and that nobody asked you to do this."
                    testid="reveal"
                    label="Show the words for a minute"
                    ask=api::secret_reveal
                    opened=Callback::new(move |answer: SecretWords| {
                        words.set_value(Some(HeldWords::new(answer)));
                        was_shown.set(true);
                        is_shown.set(true);
                    })
                />
            }
            .into_any()
        }}
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
