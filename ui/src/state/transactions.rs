//! Where transactions are, as the core told it since this window opened.

use std::collections::BTreeMap;

use bithedge_ipc::{TransactionEvent, TransactionStage, TransactionStatus};
use leptos::prelude::*;

/// How many are kept: those of one sitting.
const KEPT: usize = 200;

/// The latest event of each transaction that something happened to, by its number, and which one was told how early.
#[derive(Clone, Debug, Default)]
struct Known {
    events: BTreeMap<u64, (u64, TransactionEvent)>,
    told: u64,
}

impl Known {
    fn accept(&mut self, event: TransactionEvent) {
        self.told = self.told.wrapping_add(1);
        self.events.insert(event.id, (self.told, event));
        if self.events.len() > KEPT {
            // What rests goes first, and of that what was told longest ago: what is under way is still waited for.
            let oldest =
                self.events.iter().min_by_key(|(_, (told, event))| (!is_resting(event.status.stage), *told));
            if let Some(id) = oldest.map(|(id, _)| *id) {
                self.events.remove(&id);
            }
        }
    }
}

/// Whether nothing more is expected to happen to it.
const fn is_resting(stage: TransactionStage) -> bool {
    use TransactionStage as Stage;
    match stage {
        Stage::Presented | Stage::Approved | Stage::Signed | Stage::Broadcast | Stage::Pending => false,
        Stage::Confirmed
        | Stage::Failed
        | Stage::Dropped
        | Stage::Replaced
        | Stage::Refused
        | Stage::Expired => true,
    }
}

/// The latest status of each transaction that something happened to.
#[derive(Clone, Copy)]
pub(crate) struct TransactionsState {
    known: RwSignal<Known>,
}

impl TransactionsState {
    pub(crate) fn new() -> Self {
        Self { known: RwSignal::new(Known::default()) }
    }

    /// Forgets all: another network numbers its transactions anew.
    pub(crate) fn start_over(self) {
        self.known.set(Known::default());
    }

    /// Takes in what happened.
    pub(crate) fn accept(self, event: TransactionEvent) {
        self.known.update(|known| known.accept(event));
    }

    /// Where a transaction is; `None` if nothing has been told of it here, which says nothing about it.
    pub(crate) fn status(self, id: u64) -> Option<TransactionStatus> {
        self.known.with(|known| known.events.get(&id).map(|(_, event)| event.status.clone()))
    }

    /// Whether an answer to a question is waited for, as far as it was told: one that was answered with yes stays open until that is
    /// carried out. Of what is no transaction nothing is told here.
    pub(crate) fn is_unanswered(self, question: u64) -> bool {
        self.known.with(|known| {
            let told = known.events.get(&question);
            told.is_none_or(|(_, event)| event.status.stage == TransactionStage::Presented)
        })
    }

    /// The same by its identity on the chain.
    pub(crate) fn status_of(self, txid: &str) -> Option<TransactionStatus> {
        self.known.with(|known| {
            let found = known.events.values().find(|(_, event)| event.txid.as_deref() == Some(txid));
            found.map(|(_, event)| event.status.clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::Words;

    use super::*;

    fn event(id: u64, stage: TransactionStage) -> TransactionEvent {
        let words = Words { happened: String::new(), means: String::new(), remedy: String::new() };
        let status = TransactionStatus { stage, block: None, replaced_by: None, contract_code: None, words };
        TransactionEvent { id, txid: None, account: String::new(), nonce: 0, status, note: None }
    }

    #[test]
    fn a_question_waits_until_it_was_answered_and_not_until_that_is_carried_out() {
        use TransactionStage as Stage;
        let owner = Owner::new();
        owner.set();
        let transactions = TransactionsState::new();
        assert!(transactions.is_unanswered(7), "nothing was told of it");
        for stage in [Stage::Approved, Stage::Signed, Stage::Broadcast, Stage::Pending, Stage::Refused] {
            transactions.accept(event(7, stage));
            assert!(!transactions.is_unanswered(7), "{stage:?}");
            assert!(transactions.is_unanswered(8), "another one");
        }
        // It could not be signed, and stands again.
        transactions.accept(event(7, Stage::Presented));
        assert!(transactions.is_unanswered(7));
    }

    #[test]
    fn what_is_under_way_is_not_forgotten_for_what_is_over() {
        let mut known = Known::default();
        known.accept(event(1, TransactionStage::Pending));
        known.accept(event(900, TransactionStage::Confirmed));
        for id in 2..=KEPT as u64 {
            known.accept(event(id, TransactionStage::Confirmed));
        }
        assert_eq!(known.events.len(), KEPT);
        assert!(known.events.contains_key(&1), "it still waits");
        // Not the smallest number: what was told first.
        assert!(!known.events.contains_key(&900) && known.events.contains_key(&2));
        // It is never more, whatever waits.
        for id in 1_000..1_500 {
            known.accept(event(id, TransactionStage::Pending));
        }
        assert_eq!(known.events.len(), KEPT);
        assert!(known.events.contains_key(&1_499));
    }
}
