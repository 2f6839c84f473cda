//! Making a wallet: the words are shown, checked, and protected by a passphrase.

use bithedge_ipc::Notice;
use bithedge_ipc::secret::{SecretDone, SecretView, WordCount};
use leptos::prelude::*;

use super::fields::Working;
use super::prove::Prove;
use super::trouble::Trouble;
use super::word_grid::{HeldWords, WordGrid};
use super::{CloseButton, Finished};
use crate::api;

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// What is about to happen.
    Begin,
    /// The words are on the screen.
    Words,
    /// Some of them are asked for, and a passphrase is chosen.
    Prove,
    /// The wallet is made.
    Done,
}

/// Makes a wallet.
#[component]
pub(super) fn Create(
    /// What the core says of passphrases and keychain.
    view: SecretView,
) -> impl IntoView {
    let step = RwSignal::new(Step::Begin);
    let done = RwSignal::new(None::<SecretDone>);
    // Overwritten when the wallet is made and when the window goes. Until then somebody who wrote a word wrong can look again.
    let words = StoredValue::new_local(None::<HeldWords>);
    let asked = RwSignal::new(Vec::<u32>::new());
    on_cleanup(move || words.set_value(None));
    let begin_again = Callback::new(move |()| {
        words.set_value(None);
        asked.set(Vec::new());
        step.set(Step::Begin);
    });
    view! {
        {move || match step.get() {
            Step::Begin => view! {
                <Begin words=words asked=asked waiting=view.waiting next=Callback::new(move |()| step.set(Step::Words)) />
            }
            .into_any(),
            Step::Words => view! {
                <WriteDown
                    words=words
                    back=begin_again
                    next=Callback::new(move |()| step.set(Step::Prove))
                />
            }
            .into_any(),
            Step::Prove => view! {
                <Prove
                    view=view.clone()
                    asked=asked.get_untracked()
                    look_again=Callback::new(move |()| step.set(Step::Words))
                    begin_again=begin_again
                    made=Callback::new(move |outcome| {
                        words.set_value(None);
                        done.set(Some(outcome));
                        step.set(Step::Done);
                    })
                />
            }
            .into_any(),
            Step::Done => done.get_untracked().map(|done| view! {
                <Finished
                    title="Your wallet is ready"
                    text="Keep the paper with the words in a safe place. They are the only way back to your money if this computer is lost, and \
                          nobody can give them to you again. BitHedge shows them once more under Settings, if you know the passphrase."
                    done=done
                />
            })
            .into_any(),
        }}
    }
}

/// What the words are, and how many there shall be.
#[component]
fn Begin(
    words: StoredValue<Option<HeldWords>, LocalStorage>,
    asked: RwSignal<Vec<u32>>,
    /// What waits for the keys of now.
    waiting: u32,
    next: Callback<()>,
) -> impl IntoView {
    let count = RwSignal::new(WordCount::Twelve);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    let make = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::secret_new_words(count.get_untracked()).await;
            if busy.try_set(false).is_some() {
                // The window went on to something else.
                return;
            }
            match answer {
                Ok(answer) => {
                    asked.set(answer.asked.clone());
                    words.set_value(Some(HeldWords::new(answer)));
                    next.run(());
                }
                Err(error) => problem.set(Some(error.notice())),
            }
        });
    };
    let choice = move |value: WordCount, id: &'static str, title: &'static str, text: &'static str| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="word-count"
                    data-testid=id
                    prop:checked=move || count.get() == value
                    on:change=move |_| count.set(value)
                />
                <span class="choice-title">{title}</span>
                <span class="choice-description">{text}</span>
            </label>
        }
    };
    view! {
        <section class="secret-step">
            <p class="secret-text">
                "A wallet is a row of words. Whoever knows them owns the money in its accounts, on any computer. So you write them on paper, and \
                 show them to nobody; nobody from BitHedge will ever ask for them."
            </p>
            {waiting_text(waiting)}
            <div class="secret-choices" role="radiogroup" aria-label="How many words">
                {choice(WordCount::Twelve, "words-12", "12 words", "Safe, and quicker to write down")}
                {choice(WordCount::TwentyFour, "words-24", "24 words", "What many hardware wallets use")}
            </div>
            <Trouble notice=problem />
            <div class="secret-actions">
                <CloseButton label="Cancel" />
                <button
                    class="button button-primary"
                    type="button"
                    data-testid="show-words"
                    aria-disabled=move || busy.get().then_some("true")
                    on:click=make
                >
                    "Nobody is looking: show the words"
                </button>
            </div>
            <Working busy=busy text="Making new words" />
        </section>
    }
}

/// What waits while keys change; nothing if nothing does.
pub(super) fn waiting_text(waiting: u32) -> Option<impl IntoView> {
    let things = match waiting {
        0 => return None,
        1 => "One question or transaction of the wallet in use still waits.".to_owned(),
        count => format!("{count} questions and transactions of the wallet in use still wait."),
    };
    Some(view! {
        <p class="secret-text" data-testid="secret-waiting">
            {things}" Questions are withdrawn; what was sent already goes on by itself."
        </p>
    })
}

/// The words, to be written down.
#[component]
fn WriteDown(
    words: StoredValue<Option<HeldWords>, LocalStorage>,
    back: Callback<()>,
    next: Callback<()>,
) -> impl IntoView {
    let is_written = RwSignal::new(false);
    let is_missing = RwSignal::new(false);
    let count = words.with_value(|words| words.as_ref().map_or(0, HeldWords::count));
    let go_on = move |_| {
        if is_written.get_untracked() {
            next.run(());
        } else {
            is_missing.set(true);
        }
    };
    view! {
        <section class="secret-step">
            <p class="secret-text">
                {format!(
                    "Write these {count} words on paper, with their numbers. Take no photograph and keep no copy on a computer: what is stored can be \
                     stolen from far away."
                )}
            </p>
            <WordGrid words=words />
            <label class="secret-check">
                <input
                    type="checkbox"
                    data-testid="words-written"
                    prop:checked=move || is_written.get()
                    aria-describedby="words-written-problem"
                    on:change=move |event| {
                        is_written.set(event_target_checked(&event));
                        is_missing.set(false);
                    }
                />
                <span>"I have written down all of the words, in their order."</span>
            </label>
            <p class="secret-problem" id="words-written-problem" role="status">
                {move || is_missing.get().then_some("Write them down first: some of them are asked for next.")}
            </p>
            <div class="secret-actions">
                <button class="button" type="button" data-testid="secret-back" on:click=move |_| back.run(())>
                    "Throw these words away"
                </button>
                <button class="button button-primary" type="button" data-testid="words-next" on:click=go_on>
                    "Go on to the check"
                </button>
            </div>
        </section>
    }
}
