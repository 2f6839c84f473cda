//! Where a transaction is, in a word or two and a colour.

use bithedge_ipc::TransactionStage;
use leptos::prelude::*;

/// The machine's word, the user's words, and how it is coloured: `waiting`, `good`, `bad`, or nothing.
const fn words(stage: TransactionStage) -> (&'static str, &'static str, &'static str) {
    match stage {
        TransactionStage::Presented => ("presented", "Waits for your answer", "waiting"),
        TransactionStage::Approved => ("approved", "Being signed", "waiting"),
        TransactionStage::Signed => ("signed", "Signed, on its way to a node", "waiting"),
        TransactionStage::Broadcast => ("broadcast", "Sent", "waiting"),
        TransactionStage::Pending => ("pending", "Waits for its block", "waiting"),
        TransactionStage::Confirmed => ("confirmed", "Done", "good"),
        TransactionStage::Failed => ("failed", "Failed", "bad"),
        TransactionStage::Dropped => ("dropped", "Dropped", "bad"),
        TransactionStage::Replaced => ("replaced", "Replaced", ""),
        TransactionStage::Refused => ("refused", "Not signed", ""),
        TransactionStage::Expired => ("expired", "Came too late", "bad"),
    }
}

/// Where a transaction is.
#[component]
pub(super) fn StagePill(
    /// Where.
    #[prop(into)]
    stage: Signal<TransactionStage>,
) -> impl IntoView {
    view! {
        <span
            class="stage"
            data-testid="transaction-stage"
            data-stage=move || words(stage.get()).0
            data-tone=move || words(stage.get()).2
        >
            {move || words(stage.get()).1}
        </span>
    }
}

/// Whether it came to nothing, so that it can be asked for again.
pub(super) const fn came_to_nothing(stage: TransactionStage) -> bool {
    matches!(stage, TransactionStage::Failed | TransactionStage::Dropped | TransactionStage::Expired)
}
