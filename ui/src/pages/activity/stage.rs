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

/// The words of the way to where the same can be asked for again; `None` where that is no use. What was given up may still be carried out:
/// what is asked for again gets its place, so that at most one of the two is, as long as it has one.
pub(super) const fn again(stage: TransactionStage, can_be_replaced: bool) -> Option<&'static str> {
    match stage {
        TransactionStage::Failed | TransactionStage::Expired => Some("Try again with the terms of now"),
        TransactionStage::Dropped if can_be_replaced => Some("Ask for it again in its own place"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_still_be_carried_out_is_offered_in_its_own_place_alone() {
        use TransactionStage as Stage;
        for stage in [Stage::Failed, Stage::Expired] {
            assert_eq!(again(stage, false), Some("Try again with the terms of now"), "{stage:?}");
        }
        assert_eq!(again(Stage::Dropped, true), Some("Ask for it again in its own place"));
        assert_eq!(again(Stage::Dropped, false), None);
        for stage in [Stage::Pending, Stage::Replaced, Stage::Confirmed] {
            assert_eq!(again(stage, true), None, "{stage:?}");
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
