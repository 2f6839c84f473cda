//! What was signed here.

use bithedge_ipc::{PageQuery, TransactionView, TransactionsPage};
use leptos::prelude::*;

use super::pager::{Pager, Pages};
use super::transaction::TransactionCard;
use crate::components::{EmptyState, LinkButton, Loaded, SkeletonCard};
use crate::route::Route;
use crate::state::PageState;

/// The account's transactions, newest first.
#[component]
pub(super) fn SignedActivity() -> impl IntoView {
    let pages: Pages<u64> = Pages::new();
    let state =
        PageState::<TransactionsPage>::new(move || PageQuery::Transactions { before: pages.before() });
    view! {
        <Loaded state=state skeleton=skeleton children=move |data| content(data, pages) />
    }
}

fn skeleton() -> impl IntoView {
    (0..3).map(|_| view! { <SkeletonCard lines=3 /> }).collect_view()
}

fn content(data: Signal<TransactionsPage>, pages: Pages<u64>) -> impl IntoView {
    let ids =
        Memo::new(move |_| data.with(|page| page.transactions.iter().map(|one| one.id).collect::<Vec<_>>()));
    let older = Memo::new(move |_| {
        data.with(|page| page.transactions.last().filter(|_| page.more).map(|last| last.id))
    });
    view! {
        {move || ids.with(Vec::is_empty).then(|| view! {
            <EmptyState
                title="Nothing was signed here yet"
                text="What you approve shows up here, from your answer to the block that holds it."
                testid="activity-empty"
            >
                <LinkButton route=Route::Protect testid="activity-protect">"Protect your Bitcoin"</LinkButton>
                <LinkButton route=Route::Earn testid="activity-earn">"Earn with your capital"</LinkButton>
            </EmptyState>
        })}
        <div class="transactions" data-testid="transactions">
            <For each=move || ids.get() key=|id| *id let:id>
                <Transaction data=data id=id />
            </For>
        </div>
        <Pager pages=pages older=older testid="transactions" />
    }
}

/// One of the page, for as long as it is on it.
#[component]
fn Transaction(
    /// The page.
    data: Signal<TransactionsPage>,
    /// The transaction's number.
    id: u64,
) -> impl IntoView {
    let find = move || data.with(|page| page.transactions.iter().find(|one| one.id == id).cloned());
    find().map(|first| {
        // It stays as it was for the moment between leaving the page and being taken off it.
        let latest = Memo::new(move |before: Option<&TransactionView>| {
            find().or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
        });
        view! { <TransactionCard transaction=latest /> }
    })
}
