//! One transaction that was signed here.

use bithedge_ipc::{TransactionPurpose, TransactionView};
use leptos::prelude::*;

use super::moved::MovedList;
use super::receipt::{OpenAlarms, Receipt};
use super::stage::{StagePill, again};
use crate::api;
use crate::components::{
    AddressText, Button, ButtonKind, ConfirmButton, CopyButton, Disclosure, LinkButton, MomentText,
    ProposalStatus, StxText,
};
use crate::route::Route;
use crate::state::{Proposal, obstacle};

/// Where what an intent asks for can be asked for again, with the terms of now. An intent is named by the function that it calls.
fn page_of(intent: &str) -> Option<Route> {
    const PLACES: [(&str, Route); 11] = [
        ("purchase-protection", Route::Protect),
        ("activate-protection", Route::Policies),
        ("cancel-protection", Route::Policies),
        ("claim-settlement", Route::Policies),
        ("commit-capital", Route::Earn),
        ("cancel-deposit", Route::Earn),
        ("request-withdrawal", Route::Earn),
        ("cancel-withdrawal", Route::Earn),
        ("claim-withdrawal", Route::Earn),
        ("claim-yield", Route::Earn),
        ("exit-dead-bucket", Route::Earn),
    ];
    PLACES.iter().find(|(name, _)| *name == intent).map(|(_, route)| *route)
}

const fn purpose(purpose: TransactionPurpose) -> Option<(&'static str, Option<u64>)> {
    match purpose {
        TransactionPurpose::Call => None,
        TransactionPurpose::Replaces { earlier } => {
            Some(("Takes the place of an earlier one, with a higher fee", Some(earlier)))
        }
        TransactionPurpose::Cancels { earlier } => {
            Some(("Takes the place of an earlier one, so that nothing happens", Some(earlier)))
        }
        TransactionPurpose::Recovered => {
            Some(("Found on the chain: this computer has no record of what was approved", None))
        }
    }
}

/// A transaction: where it is, what that means, what it did, and what can be done about it.
#[component]
pub(super) fn TransactionCard(
    /// The transaction, as it changes.
    #[prop(into)]
    transaction: Signal<TransactionView>,
    /// Whether another one that was signed here, and is shown beside it, has its place: then that one is dealt with, and not this.
    #[prop(into)]
    is_taken: Signal<bool>,
) -> impl IntoView {
    let proposal = Proposal::new();
    let first = transaction.get_untracked();
    let id = first.id;
    // What is done is called otherwise than what is not.
    let title = Memo::new(move |_| transaction.with(|one| one.title.clone()));
    let mut sentences = first.sentences.clone().into_iter();
    let said = sentences.next();
    let rest: Vec<String> = sentences.collect();
    let txid = first.txid.clone();
    let stage = Memo::new(move |_| transaction.with(|one| one.status.stage));
    let words = Memo::new(move |_| transaction.with(|one| one.status.words.clone()));
    let receipt = Memo::new(move |_| transaction.with(|one| one.receipt.clone()));
    let alarms = Memo::new(move |_| transaction.with(|one| one.open_alarms.clone()));
    let block = Memo::new(move |_| transaction.with(|one| one.status.block.clone()));
    let can_be_replaced =
        Memo::new(move |_| !is_taken.get() && transaction.with(|one| one.can_be_replaced && !one.is_settled));
    let fee_can_be_raised = Memo::new(move |_| transaction.with(|one| one.fee_can_be_raised));
    let cancels = matches!(first.purpose, TransactionPurpose::Cancels { .. });
    let page = page_of(&first.intent).filter(|_| !cancels);
    let blocked = obstacle();
    let busy = proposal.is_busy();
    view! {
        <article
            class="card transaction"
            aria-label=move || title.get()
            data-testid="transaction"
            data-id=id.to_string()
            data-intent=first.intent.clone()
            data-txid=txid
            data-nonce=first.nonce.to_string()
        >
            <div class="transaction-head">
                <h3 class="transaction-title">{move || title.get()}</h3>
                <StagePill stage=stage cancels=cancels />
            </div>
            {said.map(|said| view! { <p class="transaction-said" data-testid="transaction-said">{said}</p> })}
            <div class="transaction-words" role="status">
                {move || {
                    let words = words.get();
                    view! {
                        <p>{words.happened}" "{words.means}</p>
                        {(!words.remedy.is_empty()).then(|| view! { <p class="transaction-remedy">{words.remedy}</p> })}
                    }
                }}
            </div>
            {move || {
                let alarms = alarms.get();
                (!alarms.is_empty()).then(|| view! { <OpenAlarms transaction=id alarms=alarms /> })
            }}
            {move || receipt.get().map(|receipt| view! { <Receipt receipt=receipt /> })}
            <ProposalStatus proposal=proposal what="The change" />
            {move || can_be_replaced.get().then(|| view! {
                <div class="actions">
                    {move || fee_can_be_raised.get().then(|| view! {
                        <Button
                            busy=busy
                            blocked=blocked
                            testid="raise-fee"
                            on_press=move |()| proposal.run(async move { api::raise_fee(id).await })
                        >
                            "Pay a higher fee"
                        </Button>
                    })}
                    <ConfirmButton
                        kind=ButtonKind::Quiet
                        label="Cancel it"
                        question="Another transaction takes its place, so that nothing happens. That costs a fee of its own, and it may \
                                  come too late."
                        confirm="Ask for that"
                        busy=busy
                        blocked=blocked
                        testid="cancel-transaction"
                        on_confirm=move |()| proposal.run(async move { api::cancel_transaction(id).await })
                    />
                </div>
            })}
            {move || page.zip(again(stage.get(), can_be_replaced.get())).map(|(route, words)| view! {
                <div class="actions">
                    <LinkButton route=route testid="try-again">{words}</LinkButton>
                </div>
            })}
            <Disclosure summary="More about it" testid="transaction-more">
                <dl class="facts">
                    {rest.into_iter().map(|sentence| view! { <dt>"It says"</dt><dd>{sentence}</dd> }).collect_view()}
                    {purpose(first.purpose).map(|(words, earlier)| view! {
                        <dt>"It is"</dt>
                        <dd>{words}{earlier.map(|earlier| format!(" (number {earlier})"))}</dd>
                    })}
                    <dt>"Signed"</dt>
                    <dd><MomentText at=first.signed_at /></dd>
                    <dt>"Block"</dt>
                    <dd data-testid="transaction-block">
                        {move || match block.get() {
                            Some(block) => view! { {format!("{}, ", block.height)}<MomentText at=block.time /> }.into_any(),
                            None => "in none".into_any(),
                        }}
                    </dd>
                    <dt>"Fee that was signed"</dt>
                    <dd><StxText amount=first.fee testid="transaction-fee" /></dd>
                    <dt>"Could leave at most"</dt>
                    <dd><MovedList moved=first.leaves testid="transaction-leaves" /></dd>
                    <dt>"Was to arrive at least"</dt>
                    <dd><MovedList moved=first.arrives testid="transaction-arrives" /></dd>
                    <dt>"Account"</dt>
                    <dd><AddressText address=first.account /></dd>
                    <dt>"Number and nonce"</dt>
                    <dd>{format!("{id}, {}", first.nonce)}</dd>
                    <dt>"Transaction"</dt>
                    <dd class="transaction-txid">
                        <AddressText address=first.txid.clone() />
                        <CopyButton text=first.txid what="the transaction's identity".to_owned() />
                    </dd>
                </dl>
            </Disclosure>
        </article>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_done_again_leads_to_a_page_and_the_rest_nowhere() {
        assert_eq!(page_of("purchase-protection"), Some(Route::Protect));
        assert_eq!(page_of("claim-yield"), Some(Route::Earn));
        assert_eq!(page_of("cast-vote"), None);
    }
}
