//! What moved without having been approved, to be looked at by a person.

use bithedge_ipc::{AlarmView, Notice, PageQuery, TransactionView, TransactionsPage};
use leptos::prelude::*;

use crate::api;
use crate::components::{
    Button, ButtonKind, Card, CopyButton, LinkButton, Loaded, NoticeBanner, SkeletonCard,
};
use crate::format;
use crate::route::{ActivityTab, Route};
use crate::state::PageState;

/// The transactions whose alarms are open.
#[component]
pub(super) fn Alarms(
    /// Their numbers.
    transactions: Vec<u64>,
) -> impl IntoView {
    view! {
        <Card title="To be looked at" testid="alarms">
            {transactions.into_iter().map(|transaction| view! { <Alarm transaction=transaction /> }).collect_view()}
        </Card>
    }
}

/// One of them.
#[component]
fn Alarm(transaction: u64) -> impl IntoView {
    // The first one before the next number is the one itself.
    let page = PageState::<TransactionsPage>::new(move || PageQuery::Transactions {
        before: transaction.checked_add(1),
    });
    view! {
        <section class="alarm" data-testid="alarm" data-transaction=transaction.to_string() aria-label=format!("Transaction {transaction}")>
            <h3 class="settings-heading">{format!("Transaction {transaction}")}</h3>
            <Loaded state=page skeleton=|| view! { <SkeletonCard lines=2 /> } let:data>
                <AlarmBody transaction=transaction data=data />
            </Loaded>
        </section>
    }
}

#[component]
fn AlarmBody(transaction: u64, data: Signal<TransactionsPage>) -> impl IntoView {
    let found = Memo::new(move |_| {
        data.with(|page| page.transactions.iter().find(|one| one.id == transaction).cloned())
    });
    view! {
        {move || match found.get() {
            None => view! {
                <p class="settings-text">"It belongs to another account. Choose that account above, or look at it under Activity."</p>
                <div class="actions">
                    <LinkButton route=Route::Activity(ActivityTab::Signed) testid="alarm-activity">"Open Activity"</LinkButton>
                </div>
            }
            .into_any(),
            Some(found) => view! { <Acknowledge transaction=found /> }.into_any(),
        }}
    }
}

/// What is not as it was approved, and that somebody has seen it.
#[component]
fn Acknowledge(transaction: TransactionView) -> impl IntoView {
    let TransactionView { id, txid, sentences, open_alarms, .. } = transaction;
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Notice>);
    let ask = move |()| {
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = api::propose_acknowledgement(id).await;
            let _ = busy.try_set(false);
            if let Err(error) = answer {
                let _ = problem.try_set(Some(error.notice()));
            }
        });
    };
    view! {
        <p class="settings-text">"You had approved:"</p>
        <ul class="alarm-sentences">{sentences.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view()}</ul>
        <p class="alarm-id"><code class="facts-code">{txid.clone()}</code><CopyButton text=txid what="the identity of the transaction".to_owned() /></p>
        {open_alarms.into_iter().map(alarm_view).collect_view()}
        {move || problem.get().map(|notice| view! { <NoticeBanner notice=notice testid="alarm-problem" /> })}
        <div class="actions">
            <Button kind=ButtonKind::Danger busy=busy testid="acknowledge" on_press=ask>"I have looked at it and know why"</Button>
        </div>
        <p class="settings-text settings-quiet">"You are asked once more, in the window where everything is approved. Then the keeper goes on."</p>
    }
}

fn alarm_view(alarm: AlarmView) -> impl IntoView {
    let AlarmView { words, block, seen_at, is_still_told, .. } = alarm;
    view! {
        <div class="alarm-words" data-testid="alarm-words">
            <p><strong>{words.happened}</strong></p>
            <p>{words.means}</p>
            <p>{words.remedy}</p>
            <p class="settings-quiet">
                {match block {
                    Some(block) => format!("Block {}, {}. ", block.height, format::moment(block.time)),
                    None => "In no block yet. ".to_owned(),
                }}
                {format!("Seen first {}. ", format::moment(seen_at))}
                {(!is_still_told).then_some("The node does not say so any more.")}
            </p>
        </div>
    }
}
