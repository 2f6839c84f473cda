//! A data folder, sessions in it, and waiting for what they tell.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bithedge_ipc::{
    Ask, Fault, KeeperDuty, KeeperInput, NetworkUse, Notice, PageAnswer, PageQuery, SessionView,
    TransactionStage, TransactionView,
};
use bithedge_keys::{KdfCost, MemoryKeychain, Wallet};
use bithedge_protocol::{MicroStx, Seconds};
use bithedge_session::{Session, SessionSetup};
use tempfile::TempDir;

/// Opening a devnet with the suite takes a while on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where a session keeps everything, and the keychain of its user.
pub(crate) struct Home {
    folder: TempDir,
    pub(crate) keychain: Arc<MemoryKeychain>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), keychain: Arc::default() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn setup(&self) -> SessionSetup {
        let mut setup = setup_in(self.folder());
        setup.keychain = Arc::clone(&self.keychain) as Arc<dyn bithedge_keys::Keychain>;
        setup
    }

    pub(crate) async fn open(&self) -> Session {
        Session::open(self.setup()).await
    }

    /// Drops a session. Its network is closed by a task of its own, which is waited for.
    pub(crate) async fn leave(&self, session: Session) {
        drop(session);
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
}

/// A session in a folder, whose keys cost nothing to derive.
pub(crate) fn setup_in(folder: &Path) -> SessionSetup {
    let worker = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/worker"));
    let mut setup = SessionSetup::new(folder.to_path_buf(), worker);
    setup.keychain = Arc::new(MemoryKeychain::default());
    setup.open_wallet = |folder, keychain| Wallet::open_with_cost(folder, keychain, KdfCost::for_tests());
    setup
}

/// The first view that fits.
pub(crate) async fn until(session: &Session, fits: impl FnMut(&SessionView) -> bool) -> SessionView {
    let mut views = session.session_views();
    let waiting = tokio::time::timeout(PATIENCE, views.wait_for(fits)).await;
    match waiting {
        Ok(Ok(view)) => view.clone(),
        _ => panic!("the last view does not fit: {:#?}", session.session()),
    }
}

/// Until the network is open and the books are what the chain holds.
pub(crate) async fn opened(session: &Session) -> SessionView {
    until(session, |view| match &view.network {
        NetworkUse::Ready { books, .. } => books.is_current,
        NetworkUse::Unusable { notice, .. } | NetworkUse::Halted { notice, .. } => {
            panic!("the network is not open: {notice:?}")
        }
        NetworkUse::None | NetworkUse::Opening { .. } => false,
    })
    .await
}

pub(crate) fn fault<T: std::fmt::Debug>(answer: Result<T, Notice>) -> Fault {
    let notice = answer.unwrap_err();
    assert!(
        !notice.happened.is_empty() && !notice.means.is_empty() && !notice.remedy.is_empty(),
        "{notice:?}"
    );
    notice.fault
}

pub(crate) async fn page(session: &Session, query: PageQuery) -> PageAnswer {
    match session.page(query).await {
        Ok(answer) => answer,
        Err(notice) => panic!("{query:?}: {notice:?}"),
    }
}

/// What the question that is open has to be answered with.
pub(crate) fn digest(session: &Session) -> String {
    match session.question().unwrap().ask {
        Ask::Transaction { approval, .. } => approval.digest,
        Ask::StandingOrder { digest, .. }
        | Ask::Network { digest, .. }
        | Ask::Acknowledge { digest, .. }
        | Ask::Decision { digest, .. } => digest,
    }
}

pub(crate) async fn approve(session: &Session, id: u64) {
    let digest = digest(session);
    session.approve(id, &digest).await.unwrap();
}

pub(crate) async fn transaction(session: &Session, id: u64) -> Option<TransactionView> {
    let PageAnswer::Transactions(page) = page(session, PageQuery::Transactions { before: None }).await else {
        panic!("another page")
    };
    page.transactions.into_iter().find(|one| one.id == id)
}

pub(crate) async fn stage(session: &Session, id: u64) -> Option<TransactionStage> {
    transaction(session, id).await.map(|one| one.status.stage)
}

/// Until a transaction had its effect.
pub(crate) async fn confirmed(session: &Session, id: u64) {
    let waiting = async {
        loop {
            match stage(session, id).await {
                Some(TransactionStage::Confirmed) => break,
                Some(
                    TransactionStage::Approved
                    | TransactionStage::Signed
                    | TransactionStage::Broadcast
                    | TransactionStage::Pending,
                ) => tokio::time::sleep(Duration::from_millis(200)).await,
                other => panic!("transaction {id} is {other:?}: {:#?}", transaction(session, id).await),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(90), waiting).await.expect("it is confirmed");
}

/// A keeper's order.
pub(crate) fn keeper() -> KeeperInput {
    KeeperInput {
        duties: vec![KeeperDuty::ServePool, KeeperDuty::ClaimForOthers],
        only_if_paid: false,
        a_call: MicroStx::new(1_000_000),
        a_day: MicroStx::new(10_000_000),
        lasts: Seconds::new(7 * 86_400),
    }
}
