//! What a transaction did, beside what was approved; and what has to be looked at.

use bithedge_ipc::{AlarmView, Notice, ReceiptView, Words};
use leptos::prelude::*;

use super::moved::MovedList;
use crate::api;
use crate::components::{Banner, Button, MomentText, NoticeBanner, StxText, Tone};

/// What moved in the block.
#[component]
pub(super) fn Receipt(
    /// What it did.
    receipt: ReceiptView,
) -> impl IntoView {
    let ReceiptView { fee, left, arrived, is_complete, alarms } = receipt;
    view! {
        <div class="receipt" data-testid="receipt" data-complete=is_complete.to_string()>
            <h4 class="receipt-title">"Receipt"</h4>
            <dl class="receipt-lines">
                <dt>"Left your account"</dt>
                <dd><MovedList moved=left is_complete=is_complete testid="receipt-left" /></dd>
                <dt>"Arrived in your account"</dt>
                <dd><MovedList moved=arrived is_complete=is_complete testid="receipt-arrived" /></dd>
                <dt>"Network fee"</dt>
                <dd><StxText amount=fee testid="receipt-fee" /></dd>
            </dl>
            {(!is_complete).then(|| view! {
                <p class="receipt-note">"The node did not tell everything that moved: it may have been more."</p>
            })}
            {alarms.into_iter().map(|words| view! { <AlarmWords words=words /> }).collect_view()}
        </div>
    }
}

#[component]
fn AlarmWords(
    /// What is not as it was approved.
    words: Words,
) -> impl IntoView {
    let Words { happened, means, remedy } = words;
    view! {
        <Banner tone=Tone::Danger title=happened testid="receipt-alarm">
            <p>{means}</p>
            <p class="banner-remedy">{remedy}</p>
        </Banner>
    }
}

/// What nobody has acknowledged yet, and the button for it.
#[component]
pub(super) fn OpenAlarms(
    /// The transaction's number.
    transaction: u64,
    /// What has to be looked at.
    alarms: Vec<AlarmView>,
) -> impl IntoView {
    let busy = RwSignal::new(false);
    let problem: RwSignal<Option<Notice>> = RwSignal::new(None);
    let ask = move |()| {
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::propose_acknowledgement(transaction).await;
            let _ = busy.try_set(false);
            if let Err(error) = answer {
                let _ = problem.try_set(Some(error.notice()));
            }
        });
    };
    view! {
        <div class="alarms" role="alert" data-testid="open-alarms">
            {alarms.into_iter().map(|alarm| {
                let Words { happened, means, remedy } = alarm.words;
                view! {
                    <Banner tone=Tone::Danger title=happened testid="open-alarm">
                        <p>{means}</p>
                        <p class="banner-remedy">{remedy}</p>
                        <p class="alarm-seen">
                            "First seen "<MomentText at=alarm.seen_at />
                            {(!alarm.is_still_told).then_some(". The node does not say so any more.")}
                        </p>
                    </Banner>
                }
            }).collect_view()}
            {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="acknowledge-problem" /> })}
            <p class="alarms-explained">"Until you say that you have looked at this, the keeper signs nothing alone. You are asked in the window where everything is approved."</p>
            <Button busy=busy testid="acknowledge-alarms" on_press=ask>"I have looked at this"</Button>
        </div>
    }
}
