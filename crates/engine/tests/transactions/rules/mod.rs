//! The rules, one by one.

mod alarms;
mod approvals;
mod journal;
mod repeating;
mod sending;
mod watching;

use std::time::Duration;

use bithedge_engine::transactions::{
    ApproveError, Note, Question, Settings, Status, TransactionId, TransactionUpdate, Transactions,
};
use bithedge_stacks::transaction::Txid;
use tokio::sync::broadcast::Receiver;

use crate::fake::FakeChain;
use crate::hand::{FakeClock, FakeSigner, NETWORK, Service, prepared, settings};
use crate::stores::{Disk, Fallible, folder, journal};

/// A service and everything around it.
pub(super) struct Desk {
    pub(super) folder: tempfile::TempDir,
    pub(super) disk: Disk,
    pub(super) chain: FakeChain,
    pub(super) signer: FakeSigner,
    pub(super) clock: FakeClock,
    pub(super) service: Service,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self::with(settings())
    }

    pub(super) fn with(settings: Settings) -> Self {
        let (folder, disk, chain, signer, clock) =
            (folder(), Disk::default(), FakeChain::new(), FakeSigner::default(), FakeClock::new());
        let store = Fallible { journal: journal(&folder), disk: disk.clone() };
        let service =
            Transactions::open(store, NETWORK, chain.clone(), signer.clone(), clock.clone(), settings)
                .unwrap();
        Self { folder, disk, chain, signer, clock, service }
    }

    /// Drops everything in memory and opens the journal again.
    pub(super) fn restart(self) -> Self {
        let Self { folder, disk, chain, signer, clock, service } = self;
        drop(service);
        let store = Fallible { journal: journal(&folder), disk: disk.clone() };
        let settings = settings();
        let service =
            Transactions::open(store, NETWORK, chain.clone(), signer.clone(), clock.clone(), settings)
                .unwrap();
        Self { folder, disk, chain, signer, clock, service }
    }

    pub(super) async fn ask(&self, function: &str, tag: u128) -> Question {
        self.service.draft(prepared(0, function, tag)).await.unwrap()
    }

    pub(super) async fn yes(&self, question: &Question) -> Result<Txid, ApproveError> {
        self.service.approve(question.approval().id, question.approval().digest).await
    }

    pub(super) async fn send(&self, function: &str, tag: u128) -> (TransactionId, Txid) {
        let question = self.ask(function, tag).await;
        (question.approval().id, self.yes(&question).await.unwrap())
    }

    pub(super) fn status(&self, id: TransactionId) -> Status {
        self.service.entry(id).unwrap().unwrap().status
    }

    pub(super) async fn poll(&self) {
        self.service.poll().await.unwrap();
    }

    /// Lets time pass until what nobody has is sent again.
    pub(super) async fn later(&self) {
        tokio::time::advance(Duration::from_secs(400)).await;
        self.poll().await;
    }
}

pub(super) fn told(updates: &mut Receiver<TransactionUpdate>) -> Vec<TransactionUpdate> {
    std::iter::from_fn(|| updates.try_recv().ok()).collect()
}

pub(super) fn notes(updates: &mut Receiver<TransactionUpdate>) -> Vec<Note> {
    told(updates).into_iter().filter_map(|update| update.note).collect()
}
