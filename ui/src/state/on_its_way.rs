//! What was signed here before and is not over: what a page should know before it asks for the same once more.

use bithedge_ipc::{PageQuery, TransactionPurpose, TransactionStage, TransactionView, TransactionsPage};
use bithedge_protocol::BlockHeight;
use leptos::prelude::*;

use super::PageState;

/// Something of the account's that was signed and is not carried out yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OnItsWay {
    /// What it said of itself first.
    pub(crate) sentence: String,
    /// How many there are.
    pub(crate) count: usize,
    /// Where the one is that says it.
    pub(crate) stage: TransactionStage,
}

impl OnItsWay {
    /// Of all with this intent but one, which the page tells of itself; the newest is named.
    fn of(page: &TransactionsPage, intent: &str, but: Option<u64>) -> Option<Self> {
        Self::among(page, |one| one.intent == intent && Some(one.id) != but && may_come(one, page))
    }

    /// Of those that books up to this height do not have: they are under way, or were carried out since.
    fn after(
        page: &TransactionsPage,
        is_it: impl Fn(&TransactionView) -> bool,
        books: Option<BlockHeight>,
    ) -> Option<Self> {
        Self::among(page, |one| is_it(one) && is_missing(one, books))
    }

    /// What is said where it is missed, so that nobody takes it for lost, or asks for it once more.
    pub(crate) fn words(&self) -> String {
        let others = match self.count.saturating_sub(1) {
            0 => String::new(),
            1 => " One more is not shown here yet either.".to_owned(),
            others => format!(" {others} more are not shown here yet either."),
        };
        let fate = if self.stage == TransactionStage::Confirmed { "Carried out" } else { "On its way" };
        format!("{fate}: {} It is shown here once its block has been read.{others}", self.sentence)
    }

    /// Whether all that there is was given up.
    pub(crate) fn is_given_up(&self) -> bool {
        self.count == 1 && self.stage == TransactionStage::Dropped
    }

    fn among(page: &TransactionsPage, is_it: impl Fn(&TransactionView) -> bool) -> Option<Self> {
        let mut found = page.transactions.iter().filter(|one| is_it(one));
        let newest = found.next()?;
        Some(Self {
            sentence: newest.sentences.first().cloned().unwrap_or_default(),
            count: found.count().saturating_add(1),
            stage: newest.status.stage,
        })
    }
}

/// Whether it is under way, or in the chain and not in books up to this height. What was given up, or lost its place, is neither, although it
/// may be carried out after all.
fn is_missing(transaction: &TransactionView, books: Option<BlockHeight>) -> bool {
    use TransactionStage as Stage;
    if matches!(transaction.purpose, TransactionPurpose::Cancels { .. }) {
        return false;
    }
    match (&transaction.status.block, transaction.status.stage) {
        (Some(block), Stage::Pending | Stage::Confirmed) => books.is_none_or(|books| block.height > books),
        (None, Stage::Approved | Stage::Signed | Stage::Broadcast | Stage::Pending) => true,
        _ => false,
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

/// What is asked before another one of a kind is asked for: of what is on its way, whether it is wanted as well; of one that was given up,
/// nothing but that. What is given up alone, the next of its kind takes the place of: the core gives it that number, or refuses it.
/// `may_come_yet`: so may what the page itself asked for. `None` if there is nothing to ask.
pub(crate) fn before_another(already: Option<&OnItsWay>, may_come_yet: bool, noun: &str) -> Option<String> {
    match already {
        None if !may_come_yet => None,
        Some(already) if may_come_yet || !already.is_given_up() => Some(format!(
            "Another {noun} is on its way, or may still be carried out. Do you want this one as well?"
        )),
        _ => Some(format!(
            "The earlier {noun} was given up, and may still be carried out. This one takes its place: at most one of the two happens."
        )),
    }
}

/// What with this intent is on its way beside `but`; `None` if nothing is, or that is not known.
pub(crate) fn on_its_way(intent: &'static str, but: Signal<Option<u64>>) -> Memo<Option<OnItsWay>> {
    let signed = PageState::<TransactionsPage>::new(|| PageQuery::Transactions { before: None }).data();
    Memo::new(move |_| signed.with(|page| OnItsWay::of(page.as_ref()?, intent, but.get())))
}

/// What of such was signed that books up to this height do not have; `None` if there is nothing, or that is not known.
pub(crate) fn coming(
    is_it: impl Fn(&TransactionView) -> bool + Send + Sync + 'static,
    books: Signal<Option<BlockHeight>>,
) -> Memo<Option<OnItsWay>> {
    let signed = PageState::<TransactionsPage>::new(|| PageQuery::Transactions { before: None }).data();
    Memo::new(move |_| signed.with(|page| OnItsWay::after(page.as_ref()?, &is_it, books.get())))
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{BucketRef, TransactionBlock, TransactionStatus, Words};
    use bithedge_protocol::{Asset, MicroStx, UnixSeconds};

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
            title: String::new(),
            commits_to: None,
            sentences: vec![format!("Number {id}.")],
            leaves: Vec::new(),
            arrives: Vec::new(),
            signed_at: UnixSeconds::new(0),
            status: TransactionStatus { stage, block: None, replaced_by: None, contract_code: None, words },
            is_settled,
            can_be_replaced: false,
            fee_can_be_raised: false,
            receipt: None,
            open_alarms: Vec::new(),
        }
    }

    fn told(sentence: &str, count: usize, stage: TransactionStage) -> OnItsWay {
        OnItsWay { sentence: sentence.to_owned(), count, stage }
    }

    #[test]
    fn what_takes_a_place_is_not_called_another_one() {
        use TransactionStage as Stage;
        let asked = |already: Option<OnItsWay>, own| before_another(already.as_ref(), own, "purchase");
        assert_eq!(asked(None, false), None);
        let given_up = || Some(told("A.", 1, Stage::Dropped));
        let in_its_place = asked(given_up(), false).unwrap();
        assert!(
            in_its_place.contains("takes its place") && !in_its_place.contains("as well"),
            "{in_its_place}"
        );
        assert_eq!(asked(None, true), Some(in_its_place));
        // The place of one of them is taken, and not that of all.
        for (already, own) in [
            (given_up(), true),
            (Some(told("A.", 2, Stage::Dropped)), false),
            (Some(told("A.", 1, Stage::Pending)), false),
            (Some(told("A.", 1, Stage::Pending)), true),
            (Some(told("A.", 1, Stage::Replaced)), false),
        ] {
            let beside = asked(already.clone(), own).unwrap();
            assert!(beside.contains("as well") && !beside.contains("place"), "{already:?} {own}: {beside}");
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
            assert_eq!(found, Some(told("Number 3.", 1, stage)), "{stage:?}");
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
        assert_eq!(of(several, None), Some(told("Number 8.", 2, Stage::Pending)));
        assert_eq!(of(Vec::new(), None), None);

        // A higher fee: one is on its way, and not two. What cancels is no purchase.
        let mut replaced = signed(3, "buy", Stage::Replaced, false);
        replaced.status.replaced_by = Some("ab".to_owned());
        let mut other = signed(4, "buy", Stage::Pending, false);
        other.txid = "ab".to_owned();
        let both = vec![other.clone(), replaced.clone()];
        assert_eq!(of(both, None), Some(told("Number 4.", 1, Stage::Pending)));
        other.purpose = TransactionPurpose::Cancels { earlier: 3 };
        assert_eq!(of(vec![other, replaced], None), None);
    }

    #[test]
    fn a_commitment_is_on_its_way_until_the_books_have_its_block() {
        use TransactionStage as Stage;
        let bucket = BucketRef { tier: 2, asset: Asset::Stx };
        let commitment = |stage, block: Option<u64>| {
            let mut one = signed(3, "commit-capital", stage, false);
            one.commits_to = Some(bucket);
            one.status.block = block.map(|height| TransactionBlock {
                height: BlockHeight::new(height),
                hash: String::new(),
                time: UnixSeconds::new(0),
            });
            TransactionsPage { transactions: vec![one], more: false }
        };
        let after = |page: &TransactionsPage, books: Option<u64>| {
            let is_it = |one: &TransactionView| one.commits_to == Some(bucket);
            OnItsWay::after(page, is_it, books.map(BlockHeight::new)).is_some()
        };
        for stage in [Stage::Approved, Stage::Signed, Stage::Broadcast, Stage::Pending] {
            assert!(after(&commitment(stage, None), Some(9)), "{stage:?}");
        }
        // Nobody is told to wait for what may never come.
        for stage in [Stage::Dropped, Stage::Replaced, Stage::Expired] {
            assert!(!after(&commitment(stage, None), Some(9)), "{stage:?}");
        }
        for stage in [Stage::Pending, Stage::Confirmed] {
            let page = commitment(stage, Some(10));
            assert!(after(&page, Some(9)) && after(&page, None), "{stage:?}");
            // Then the position tells of it.
            assert!(!after(&page, Some(10)) && !after(&page, Some(11)), "{stage:?}");
        }
        assert!(!after(&commitment(Stage::Failed, Some(10)), Some(9)));
        assert!(!after(&commitment(Stage::Refused, None), Some(9)));
        let mut cancels = commitment(Stage::Confirmed, Some(10));
        cancels.transactions[0].purpose = TransactionPurpose::Cancels { earlier: 2 };
        assert!(!after(&cancels, Some(9)));
        let other = BucketRef { tier: 1, ..bucket };
        let is_other = |one: &TransactionView| one.commits_to == Some(other);
        assert_eq!(OnItsWay::after(&commitment(Stage::Pending, None), is_other, None), None);
        let words = |count, stage| told("A.", count, stage).words();
        assert_eq!(words(1, Stage::Pending), "On its way: A. It is shown here once its block has been read.");
        // Books that are made anew lack what was carried out long ago.
        assert_eq!(
            words(1, Stage::Confirmed),
            "Carried out: A. It is shown here once its block has been read."
        );
        let several = [words(2, Stage::Confirmed), words(4, Stage::Confirmed)];
        assert!(several[0].ends_with(" One more is not shown here yet either."), "{several:?}");
        assert!(several[1].ends_with(" 3 more are not shown here yet either."), "{several:?}");
        assert!(!several.concat().contains("way"), "{several:?}");
    }
}
