//! Where transactions are, as the core told it since this window opened.

use std::collections::BTreeMap;

use bithedge_ipc::{TransactionEvent, TransactionStatus};
use leptos::prelude::*;

/// How many are kept: those of one sitting.
const KEPT: usize = 200;

/// The latest status of each transaction that something happened to, by its number.
#[derive(Clone, Copy)]
pub(crate) struct TransactionsState {
    known: RwSignal<BTreeMap<u64, TransactionEvent>>,
}

impl TransactionsState {
    pub(crate) fn new() -> Self {
        Self { known: RwSignal::new(BTreeMap::new()) }
    }

    /// Takes in what happened.
    pub(crate) fn accept(self, event: TransactionEvent) {
        self.known.update(|known| {
            known.insert(event.id, event);
            if known.len() > KEPT {
                known.pop_first();
            }
        });
    }

    /// Where a transaction is; `None` if nothing has been told of it.
    pub(crate) fn status(self, id: u64) -> Option<TransactionStatus> {
        self.known.with(|known| known.get(&id).map(|event| event.status.clone()))
    }
}
