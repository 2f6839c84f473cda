//! The chain as the core last told it.

use bithedge_ipc::{AccountView, ChainSnapshot, ChainStatus, Connection, Tip};
use leptos::prelude::*;

use crate::api::{self, ApiError};

/// The latest snapshot, and whether there is a bridge to get one through.
#[derive(Clone, Copy)]
pub(crate) struct ChainState {
    snapshot: RwSignal<Option<ChainSnapshot>>,
    bridge_failure: RwSignal<Option<String>>,
}

impl ChainState {
    pub(crate) fn new() -> Self {
        Self { snapshot: RwSignal::new(None), bridge_failure: RwSignal::new(None) }
    }

    /// Takes a snapshot in, unless a newer one is here already: answers and events overtake each other.
    pub(crate) fn accept(self, snapshot: ChainSnapshot) {
        let is_old = self.snapshot.with_untracked(|current| {
            current.as_ref().is_some_and(|current| current.revision >= snapshot.revision)
        });
        if !is_old {
            self.snapshot.set(Some(snapshot));
        }
    }

    /// The core cannot be asked.
    pub(crate) fn fail(self, error: &ApiError) {
        self.bridge_failure.set(Some(error.message()));
    }

    /// Why the core cannot be asked, if so.
    pub(crate) fn bridge_failure(self) -> Option<String> {
        self.bridge_failure.get()
    }

    /// A part of the status that wakes its readers only when it changes.
    pub(crate) fn status<T>(
        self,
        part: impl Fn(&ChainStatus) -> Option<T> + Send + Sync + 'static,
    ) -> Memo<Option<T>>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| {
            self.snapshot.with(|snapshot| snapshot.as_ref().and_then(|snapshot| part(&snapshot.status)))
        })
    }

    /// The newest block.
    pub(crate) fn tip(self) -> Memo<Option<Tip>> {
        self.status(|status| status.tip.clone())
    }

    /// The connection; starting until the core has answered.
    pub(crate) fn connection(self) -> Memo<Connection> {
        Memo::new(move |_| {
            self.snapshot
                .with(|snapshot| snapshot.as_ref().map(|snapshot| snapshot.status.connection.clone()))
                .unwrap_or(Connection::Starting)
        })
    }

    /// Whether values are on show that may be behind the chain.
    pub(crate) fn is_behind(self) -> Memo<bool> {
        Memo::new(move |_| {
            self.snapshot.with(|snapshot| {
                snapshot.as_ref().is_some_and(|ChainSnapshot { status, .. }| {
                    status.tip.is_some() && status.connection != Connection::Live
                })
            })
        })
    }

    /// The labels of the accounts; `None` until they are known.
    pub(crate) fn account_labels(self) -> Memo<Option<Vec<String>>> {
        Memo::new(move |_| {
            self.snapshot.with(|snapshot| {
                let snapshot = snapshot.as_ref()?;
                snapshot.status.tip.as_ref()?;
                Some(snapshot.accounts.iter().map(|account| account.label.clone()).collect())
            })
        })
    }

    /// One account, by its label.
    pub(crate) fn account(self, label: String) -> Memo<Option<AccountView>> {
        Memo::new(move |_| {
            self.snapshot.with(|snapshot| {
                let accounts = &snapshot.as_ref()?.accounts;
                accounts.iter().find(|account| account.label == label).cloned()
            })
        })
    }

    /// Asks the core to read the chain again at once.
    pub(crate) fn retry(self) {
        leptos::task::spawn_local(async move {
            if let Err(error) = api::retry_connection().await {
                self.fail(&error);
            }
        });
    }
}
