//! What was signed here.

use bithedge_ipc::{PageQuery, TransactionView, TransactionsPage};
use leptos::prelude::*;

use super::pager::{Pager, Pages, TOP};
use super::transaction::TransactionCard;
use crate::components::{Each, EmptyState, LinkButton, Loaded, SkeletonCard};
use crate::route::Route;
use crate::state::PageState;

/// The account's transactions, newest first.
#[component]
pub(super) fn SignedActivity() -> impl IntoView {
    let pages: Pages<u64> = Pages::new();
    let state =
        PageState::<TransactionsPage>::new(move || PageQuery::Transactions { before: pages.before() });
    pages.follow_problem(state.problem());
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
    pages.follow(move || data.track());
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
        <div class="transactions" id=TOP tabindex="-1" data-testid="transactions">
            <Each each=move || ids.get() key=|id| *id let:id>
                <Transaction data=data id=id />
            </Each>
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
        let is_taken =
            Memo::new(move |_| data.with(|page| latest.with(|one| is_taken(one, &page.transactions))));
        view! { <TransactionCard transaction=latest is_taken=is_taken /> }
    })
}

/// Whether one of these has a transaction's place.
fn is_taken(one: &TransactionView, all: &[TransactionView]) -> bool {
    let by = one.status.replaced_by.as_ref();
    by.is_some_and(|by| all.iter().any(|other| other.id != one.id && other.txid == *by))
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{TransactionPurpose, TransactionStage, TransactionStatus, Words};
    use bithedge_protocol::{MicroStx, UnixSeconds};

    use super::*;

    fn view(id: u64, replaced_by: Option<&str>) -> TransactionView {
        let words = Words { happened: String::new(), means: String::new(), remedy: String::new() };
        TransactionView {
            id,
            txid: id.to_string(),
            account: String::new(),
            nonce: 3,
            fee: MicroStx::new(1),
            purpose: TransactionPurpose::Call,
            intent: String::new(),
            title: String::new(),
            commits_to: None,
            sentences: Vec::new(),
            leaves: Vec::new(),
            arrives: Vec::new(),
            signed_at: UnixSeconds::new(0),
            status: TransactionStatus {
                stage: TransactionStage::Replaced,
                block: None,
                replaced_by: replaced_by.map(str::to_owned),
                contract_code: None,
                words,
            },
            is_settled: false,
            can_be_replaced: true,
            fee_can_be_raised: true,
            receipt: None,
            open_alarms: Vec::new(),
        }
    }

    #[test]
    fn a_place_is_taken_by_what_is_known_here_and_by_nothing_else() {
        let by = view(2, None);
        assert!(is_taken(&view(1, Some("2")), std::slice::from_ref(&by)));
        // By somebody else's: this one is all that can be acted on here.
        assert!(!is_taken(&view(1, Some("7")), std::slice::from_ref(&by)));
        assert!(!is_taken(&view(1, None), &[by]));
    }
}
