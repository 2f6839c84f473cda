//! The question that waits in its own window, said above every page that does not say it itself.

use leptos::prelude::*;

use crate::api;
use crate::components::{Banner, Button, Tone};
use crate::state::{AskedHere, NotificationsState, SessionState, TransactionsState};

/// That a question waits, and the way to it; nothing while none does.
#[component]
pub(super) fn QuestionWaits() -> impl IntoView {
    let question = expect_context::<SessionState>().question();
    let asked_here = expect_context::<AskedHere>();
    let notifications = expect_context::<NotificationsState>();
    let transactions = expect_context::<TransactionsState>();
    let waits = Memo::new(move |_| {
        question.get().is_some_and(|id| transactions.is_unanswered(id)) && !asked_here.is_said()
    });
    let show = move |()| {
        leptos::task::spawn_local(async move {
            if let Err(error) = api::show_question().await {
                notifications.warn(error.message());
            }
        });
    };
    view! {
        {move || waits.get().then(|| view! {
            <div role="status">
                <Banner tone=Tone::Info title="A question waits in its own window" testid="question-waits">
                    <p>"Nothing is signed until you say yes there."</p>
                    <div class="actions">
                        <Button testid="question-waits-show" on_press=show>"Show it"</Button>
                    </div>
                </Banner>
            </div>
        })}
    }
}
