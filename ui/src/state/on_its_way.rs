//! What was signed here before and is not over: what a page should know before it asks for the same once more.

use bithedge_ipc::{PageQuery, TransactionPurpose, TransactionStage, TransactionView, TransactionsPage};
use leptos::prelude::*;

use super::PageState;

/// Something of the account's that was signed and is not carried out yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OnItsWay {
    /// What it said of itself first.
    pub(crate) sentence: String,
    /// How many there are.
    pub(crate) count: usize,
}

impl OnItsWay {
    /// Of all with this intent but one, which the page tells of itself; the newest is named.
    fn of(page: &TransactionsPage, intent: &str, but: Option<u64>) -> Option<Self> {
        let is_it =
            |one: &&TransactionView| one.intent == intent && Some(one.id) != but && may_come(one, page);
        let mut found = page.transactions.iter().filter(is_it);
        let newest = found.next()?;
        Some(Self {
            sentence: newest.sentences.first().cloned().unwrap_or_default(),
            count: found.count().saturating_add(1),
        })
    }
}

/// Whether it is not carried out and may be.
fn may_come(transaction: &TransactionView, page: &TransactionsPage) -> bool {
    use TransactionStage as Stage;
    if matches!(transaction.purpose, TransactionPurpose::Cancels { .. }) {
        return false;
    }
    match transaction.status.stage {
        Stage::Approved | Stage::Signed | Stage::Broadcast | Stage::Pending => true,
        // No node has what was dropped, and it stays valid.
        Stage::Dropped => !transaction.is_settled,
        // The one that takes its place stands for both, if it is ours.
        Stage::Replaced => {
            let by = transaction.status.replaced_by.as_deref();
            !transaction.is_settled && !page.transactions.iter().any(|other| Some(other.txid.as_str()) == by)
        }
        Stage::Presented | Stage::Confirmed | Stage::Failed | Stage::Refused | Stage::Expired => false,
    }
}

/// What with this intent is on its way beside `but`; `None` if nothing is, or that is not known.
pub(crate) fn on_its_way(intent: &'static str, but: Signal<Option<u64>>) -> Memo<Option<OnItsWay>> {
    let signed = PageState::<TransactionsPage>::new(|| PageQuery::Transactions { before: None }).data();
    Memo::new(move |_| signed.with(|page| OnItsWay::of(page.as_ref()?, intent, but.get())))
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{TransactionStatus, Words};
    use bithedge_protocol::{MicroStx, UnixSeconds};

    use super::*;

    fn signed(id: u64, intent: &str, stage: TransactionStage, is_settled: bool) -> TransactionView {
        let words = Words { happened: String::new(), means: String::new(), remedy: String::new() };
        TransactionView {
            id,
            txid: String::new(),
            account: String::new(),
            nonce: id,
            fee: MicroStx::ZERO,
            purpose: TransactionPurpose::Call,
            intent: intent.to_owned(),
            sentences: vec![format!("Number {id}.")],
            leaves: Vec::new(),
            arrives: Vec::new(),
            signed_at: UnixSeconds::new(0),
            status: TransactionStatus { stage, block: None, replaced_by: None, contract_code: None, words },
            is_settled,
            can_be_replaced: false,
            receipt: None,
            open_alarms: Vec::new(),
        }
    }

    #[test]
    fn what_may_still_come_is_named_before_it_is_asked_for_again() {
        use TransactionStage as Stage;
        let of = |transactions: Vec<TransactionView>, but| {
            OnItsWay::of(&TransactionsPage { transactions, more: false }, "buy", but)
        };
        for stage in [
            Stage::Approved,
            Stage::Signed,
            Stage::Broadcast,
            Stage::Pending,
            Stage::Dropped,
            Stage::Replaced,
        ] {
            let found = of(vec![signed(3, "buy", stage, false)], None);
            assert_eq!(found, Some(OnItsWay { sentence: "Number 3.".to_owned(), count: 1 }), "{stage:?}");
            assert_eq!(
                of(vec![signed(3, "buy", stage, false)], Some(3)),
                None,
                "the page tells of it already"
            );
        }
        for over in [Stage::Confirmed, Stage::Failed, Stage::Expired] {
            assert_eq!(of(vec![signed(3, "buy", over, true)], None), None, "{over:?}");
        }
        assert_eq!(of(vec![signed(3, "buy", Stage::Dropped, true)], None), None);
        let several = vec![
            signed(9, "commit", Stage::Pending, false),
            signed(8, "buy", Stage::Pending, false),
            signed(7, "buy", Stage::Broadcast, false),
        ];
        assert_eq!(of(several, None), Some(OnItsWay { sentence: "Number 8.".to_owned(), count: 2 }));
        assert_eq!(of(Vec::new(), None), None);

        // A higher fee: one is on its way, and not two. What cancels is no purchase.
        let mut replaced = signed(3, "buy", Stage::Replaced, false);
        replaced.status.replaced_by = Some("ab".to_owned());
        let mut other = signed(4, "buy", Stage::Pending, false);
        other.txid = "ab".to_owned();
        let both = vec![other.clone(), replaced.clone()];
        assert_eq!(of(both, None), Some(OnItsWay { sentence: "Number 4.".to_owned(), count: 1 }));
        other.purpose = TransactionPurpose::Cancels { earlier: 3 };
        assert_eq!(of(vec![other, replaced], None), None);
    }
}
