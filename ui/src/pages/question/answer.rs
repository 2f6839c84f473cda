//! Yes and no. Yes takes a moment, takes having seen everything, and is nothing that a key pressed for something else could say.

use std::time::Duration;

use bithedge_ipc::{Notice, QuestionState};
use bithedge_protocol::UnixSeconds;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use crate::api;
use crate::components::{Button, ButtonKind, NoticeBanner};
use crate::format;
use crate::state::ChainState;

/// How long a question is in sight at least before it can be approved.
const MOMENT: Duration = Duration::from_millis(1_500);
/// Time left that is beyond any question's: the core goes by another clock than this computer.
const OTHER_CLOCK: u64 = 86_400;

/// Whether the end of what is asked has been in sight.
pub(super) fn seen(end: NodeRef<leptos::html::Div>) -> ReadSignal<bool> {
    let (seen, set_seen) = signal(false);
    let watching: StoredValue<Option<Sight>, LocalStorage> = StoredValue::new_local(None);
    Effect::new(move |_| {
        let Some(element) = end.get() else { return };
        let changed = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let is_in_sight = entries.iter().any(|entry| {
                entry
                    .dyn_into::<web_sys::IntersectionObserverEntry>()
                    .is_ok_and(|entry| entry.is_intersecting())
            });
            if is_in_sight {
                let _ = set_seen.try_set(true);
            }
        });
        let Ok(observer) = web_sys::IntersectionObserver::new(changed.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&element);
        watching.set_value(Some(Sight { observer, _changed: changed }));
    });
    seen
}

/// An observer that ends with what it watches.
struct Sight {
    observer: web_sys::IntersectionObserver,
    _changed: Closure<dyn Fn(js_sys::Array)>,
}

impl Drop for Sight {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// How far an answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answering {
    /// None was given.
    Waiting,
    /// It is on its way to the core.
    Sending,
    /// The core could not carry it out.
    Failed(Notice),
    /// Yes, and it is carried out.
    Approved,
    /// No.
    Refused,
}

/// The two answers, and how long there is for them.
#[component]
pub(super) fn Answers(
    id: u64,
    digest: String,
    expires: Option<UnixSeconds>,
    /// Why there is no longer for them: what follows the time in its sentence.
    reason: &'static str,
    /// Whether yes is a signature, or lets something be signed.
    signs: bool,
    locked: Memo<bool>,
    state: Memo<QuestionState>,
    seen: ReadSignal<bool>,
) -> impl IntoView {
    let rested = rested(locked);
    let answering = RwSignal::new(Answering::Waiting);
    let time_left = time_left(expires);
    let is_over = Memo::new(move |_| time_left.with(|left| matches!(left, Left::Over)));
    let is_busy = Signal::derive(move || answering.with(|answering| *answering == Answering::Sending));
    // What was answered, here or in a window before this one, is not answered again: also not with no.
    let is_answered = Memo::new(move |_| {
        state.get() == QuestionState::Answered
            || answering.with(|answering| matches!(answering, Answering::Approved | Answering::Refused))
    });
    let blocked = Signal::derive(move || {
        if is_answered.get() {
            return Some(String::new());
        }
        obstacle(is_over.get(), seen.get(), rested.get()).map(str::to_owned)
    });
    let no_blocked = Signal::derive(move || is_answered.get().then(String::new));
    let can_refuse = move || {
        let is_busy = is_busy.get_untracked();
        may_refuse(state.get_untracked(), is_answered.get_untracked(), is_busy, rested.get_untracked())
    };
    let send = move |yes: bool| {
        if answering.with_untracked(|answering| *answering == Answering::Sending) {
            return;
        }
        let digest = digest.clone();
        answering.set(Answering::Sending);
        leptos::task::spawn_local(async move {
            let done = if yes { api::approve(id, digest).await } else { api::refuse(id).await };
            let next = match done {
                Ok(()) if yes => Answering::Approved,
                Ok(()) => Answering::Refused,
                Err(error) => Answering::Failed(error.notice()),
            };
            let _ = answering.try_set(next);
        });
    };
    let answer = StoredValue::new(send);
    // Whoever wants it gone says no; what is open in the window itself closes first.
    let escape = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" && !event.repeat() && !event.default_prevented() && can_refuse() {
            event.prevent_default();
            answer.with_value(|send| send(false));
        }
    });
    on_cleanup(move || escape.remove());
    let unlock = move |()| {
        leptos::task::spawn_local(async move {
            if let Err(error) = api::unlock_first().await {
                let _ = answering.try_set(Answering::Failed(error.notice()));
            }
        });
    };
    view! {
        <footer class="question-answers">
            <div role="status" class="question-outcome" data-testid="question-outcome">
                {move || match answering.get() {
                    _ if state.get() == QuestionState::Ended => view! {
                        <p>"This question is over. What became of your yes, and what it means for your money, stands above."</p>
                    }
                    .into_any(),
                    Answering::Waiting if state.get() == QuestionState::Answered => view! {
                        <p>"You said yes, and that is being carried out. It may be signed at any moment, and cannot be taken back here."</p>
                    }
                    .into_any(),
                    Answering::Waiting => ().into_any(),
                    Answering::Sending => view! { <p>"Your answer is being carried out."</p> }.into_any(),
                    Answering::Failed(notice) => view! { <NoticeBanner notice=notice testid="answer-failed" /> }.into_any(),
                    Answering::Approved if !signs => view! { <p>"Done. This window closes by itself."</p> }.into_any(),
                    Answering::Refused if !signs => view! { <p>"Nothing was changed."</p> }.into_any(),
                    Answering::Approved => view! { <p>"Signed. What becomes of it is on the Activity page; this window closes by itself."</p> }.into_any(),
                    Answering::Refused => view! { <p>"Not signed. Nothing leaves your account."</p> }.into_any(),
                }}
            </div>
            {move || (state.get() == QuestionState::Open).then(|| view! {
                <p class="card-note" data-testid="question-time">{move || time_words(time_left.get(), reason)}</p>
            })}
            <div class="question-buttons">
                {move || if state.get() == QuestionState::Ended {
                    view! {
                        <Button testid="question-over" busy=is_busy on_press=move |()| answer.with_value(|send| send(false))>
                            "Close this question"
                        </Button>
                    }
                    .into_any()
                } else {
                    view! {
                        <Button
                            testid="refuse"
                            busy=is_busy
                            blocked=no_blocked
                            on_press=move |()| answer.with_value(|send| send(false))
                        >
                            {if signs { "No, do not sign" } else { "No" }}
                        </Button>
                        {move || if locked.get() {
                            view! {
                                <Button
                                    kind=ButtonKind::Primary
                                    testid="unlock-first"
                                    blocked=no_blocked
                                    on_press=unlock
                                >
                                    "Unlock the keys first"
                                </Button>
                            }
                            .into_any()
                        } else {
                            // Enter belongs to whatever the person did before this window came: it never says yes.
                            view! {
                                <span class="approve-place" on:keydown:capture=move |event| if event.key() == "Enter" {
                                    event.prevent_default();
                                }>
                                    <Button
                                        kind=ButtonKind::Primary
                                        testid="approve"
                                        busy=is_busy
                                        blocked=blocked
                                        on_press=move |()| answer.with_value(|send| send(true))
                                    >
                                        {if signs { "Yes, sign it" } else { "Yes" }}
                                    </Button>
                                </span>
                            }
                            .into_any()
                        }}
                    }
                    .into_any()
                }}
            </div>
        </footer>
    }
}

/// Whether the question has stood there for a moment: since it came, since the keys were unlocked (until then another button was in the
/// place of yes), and since the window got the focus, whose first click was meant for that.
fn rested(locked: Memo<bool>) -> ReadSignal<bool> {
    let rested = RwSignal::new(false);
    let begun = StoredValue::new(0_u64);
    let begin = move || {
        begun.update_value(|begun| *begun = begun.wrapping_add(1));
        let number = begun.get_value();
        rested.set(false);
        set_timeout(
            move || {
                if begun.try_get_value() == Some(number) {
                    let _ = rested.try_set(true);
                }
            },
            MOMENT,
        );
    };
    Effect::new(move |_| {
        // Read, not only tracked: a memo that nobody has read hears of nothing.
        locked.get();
        begin();
    });
    let focus = window_event_listener(leptos::ev::focus, move |_| begin());
    on_cleanup(move || focus.remove());
    rested.read_only()
}

/// Whether the key says no: the button does something, and the question has stood there for a moment. What was pressed before was meant for
/// something else.
fn may_refuse(state: QuestionState, is_answered: bool, is_busy: bool, rested: bool) -> bool {
    state == QuestionState::Open && !is_answered && !is_busy && rested
}

fn time_words(left: Left, reason: &str) -> String {
    match left {
        Left::Unbounded => String::new(),
        Left::For(words) => format!("This question is withdrawn in {words}{reason}."),
        Left::Until(words) => {
            format!("This question is withdrawn at {words}, by the chain's clock{reason}.")
        }
        Left::Over => "The time for this question is over. Ask for it again in the main window.".to_owned(),
    }
}

/// Why it cannot be approved yet.
const fn obstacle(is_over: bool, seen: bool, rested: bool) -> Option<&'static str> {
    match (is_over, seen, rested) {
        (true, ..) => Some("Its time is over"),
        (_, false, _) => Some("Scroll to the end first"),
        (_, _, false) => Some("One moment"),
        _ => None,
    }
}

/// The time that is left.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Left {
    /// As long as it likes.
    Unbounded,
    /// So long.
    For(String),
    /// Until this moment of another clock.
    Until(String),
    /// None.
    Over,
}

fn time_left(expires: Option<UnixSeconds>) -> Memo<Left> {
    let chain = expect_context::<ChainState>();
    let here = expect_context::<ReadSignal<UnixSeconds>>();
    let there = chain.chain_now();
    Memo::new(move |_| left(expires, there.get(), here.get()))
}

/// A devnet's time may be far from this computer's. Without news of the chain only a plausible difference is counted down; whether it is
/// really over, the core decides.
fn left(expires: Option<UnixSeconds>, chain: Option<UnixSeconds>, here: UnixSeconds) -> Left {
    let Some(expires) = expires else { return Left::Unbounded };
    let now = chain.unwrap_or(here);
    match expires.since(now) {
        Some(left) if left.get() > OTHER_CLOCK => Left::Until(format::moment(expires)),
        Some(left) if left.get() > 0 => Left::For(format::duration(left)),
        _ if chain.is_some() => Left::Over,
        _ => Left::Until(format::moment(expires)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_approved_before_it_was_seen_for_a_moment_or_after_its_time() {
        assert_eq!(obstacle(false, true, true), None);
        for (is_over, seen, rested) in
            [(true, true, true), (false, false, true), (false, true, false), (true, false, false)]
        {
            assert!(obstacle(is_over, seen, rested).is_some(), "{is_over} {seen} {rested}");
        }
    }

    #[test]
    fn escape_says_no_only_where_the_button_does_and_of_what_was_seen() {
        assert!(may_refuse(QuestionState::Open, false, false, true));
        for (state, is_answered, is_busy, rested) in [
            (QuestionState::Answered, false, false, true),
            (QuestionState::Ended, false, false, true),
            (QuestionState::Open, true, false, true),
            (QuestionState::Open, false, true, true),
            (QuestionState::Open, false, false, false),
        ] {
            assert!(
                !may_refuse(state, is_answered, is_busy, rested),
                "{state:?} {is_answered} {is_busy} {rested}"
            );
        }
    }

    #[test]
    fn a_time_has_its_reason() {
        let words = time_words(Left::For("3 minutes".to_owned()), ": prices are good only for so long");
        assert_eq!(words, "This question is withdrawn in 3 minutes: prices are good only for so long.");
        assert_eq!(time_words(Left::Unbounded, ", so that nothing old is signed"), "");
    }

    #[test]
    fn time_is_counted_down_by_the_clock_that_the_core_goes_by() {
        let at = |seconds| Some(UnixSeconds::new(seconds));
        assert_eq!(left(None, at(5), UnixSeconds::new(5)), Left::Unbounded);
        assert_eq!(
            left(at(1_090), at(1_000), UnixSeconds::new(9)),
            Left::For("1 minute 30 seconds".to_owned())
        );
        assert_eq!(left(at(1_090), at(1_090), UnixSeconds::new(9)), Left::Over);
        assert_eq!(
            left(at(1_090), None, UnixSeconds::new(1_000)),
            Left::For("1 minute 30 seconds".to_owned())
        );
        // A devnet of the future, of which nothing is known yet.
        assert!(matches!(left(at(9_000_000), None, UnixSeconds::new(1_000)), Left::Until(_)));
        assert!(matches!(left(at(1_000), None, UnixSeconds::new(9_000_000)), Left::Until(_)));
    }
}
