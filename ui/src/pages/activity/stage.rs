//! Where a transaction is, in a word or two and a colour.

use bithedge_ipc::TransactionStage;
use leptos::prelude::*;

/// The machine's word, the user's words, and how it is coloured: `waiting`, `good`, `bad`, or nothing. What cancels is made to fail: however
/// it was mined, it did what it was for.
const fn words(stage: TransactionStage, cancels: bool) -> (&'static str, &'static str, &'static str) {
    match stage {
        TransactionStage::Confirmed | TransactionStage::Failed if cancels => {
            ("cancelled", "Cancelled the earlier one", "good")
        }
        TransactionStage::Presented => ("presented", "Waits for your answer", "waiting"),
        TransactionStage::Approved => ("approved", "Being signed", "waiting"),
        TransactionStage::Signed => ("signed", "Signed, on its way to a node", "waiting"),
        TransactionStage::Broadcast => ("broadcast", "Sent", "waiting"),
        TransactionStage::Pending => ("pending", "Waits for its block", "waiting"),
        TransactionStage::Confirmed => ("confirmed", "Done", "good"),
        TransactionStage::Failed => ("failed", "Failed", "bad"),
        TransactionStage::Dropped => ("dropped", "Given up", "bad"),
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
    /// Whether it was to take an earlier one's place, so that nothing happens.
    cancels: bool,
) -> impl IntoView {
    view! {
        <span
            class="stage"
            data-testid="transaction-stage"
            data-stage=move || words(stage.get(), cancels).0
            data-tone=move || words(stage.get(), cancels).2
        >
            {move || words(stage.get(), cancels).1}
        </span>
    }
}

/// Whether it came to nothing, so that it can be asked for anew. What was given up may still be carried out, or may have been: asked for
/// anew beside it, it could happen twice.
pub(super) const fn came_to_nothing(stage: TransactionStage) -> bool {
    matches!(stage, TransactionStage::Failed | TransactionStage::Expired)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_still_be_carried_out_is_not_offered_once_more() {
        use TransactionStage as Stage;
        for stage in [Stage::Failed, Stage::Expired] {
            assert!(came_to_nothing(stage), "{stage:?}");
        }
        for stage in [Stage::Dropped, Stage::Pending, Stage::Replaced, Stage::Confirmed] {
            assert!(!came_to_nothing(stage), "{stage:?}");
        }
    }

    #[test]
    fn what_cancels_has_done_its_work_when_it_is_mined() {
        for stage in [TransactionStage::Failed, TransactionStage::Confirmed] {
            assert_eq!(words(stage, true).2, "good", "{stage:?}");
        }
        assert_eq!(words(TransactionStage::Failed, false).2, "bad");
        assert_eq!(words(TransactionStage::Dropped, true).2, "bad");
    }
}
