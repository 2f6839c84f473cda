//! Whether the node still serves the chain that was checked, asked wherever something is signed, sent or believed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bithedge_stacks::address::Address;
use bithedge_stacks::client::{
    AccountState, AddressNonces, ClientError, FeeEstimate, NodeClient, TransactionRecord,
};
use bithedge_stacks::transaction::{Transaction, Txid};
use bithedge_stacks::units::MicroStx;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::errors::{Halted, NetworkError};
use crate::networks::{ChainChange, Checker, Endpoint};
use crate::transactions::{Chain, ChainError, Lookup, SendError, Tip};

/// How long a confirmation that it is still the same chain holds for what only reads.
pub(super) const FOR_READING: Duration = Duration::from_secs(10);
/// How long it holds for what signs or sends: one approval asks several times within this.
const FOR_SENDING: Duration = Duration::from_secs(2);

/// What is known of whether the chain is still the one that was checked. Once it is another one, nothing goes on.
pub(super) struct Guard {
    checker: Checker,
    endpoint: Endpoint,
    halted: Mutex<Option<Halted>>,
    confirmed: Mutex<Option<Instant>>,
    /// The last answer that told nothing, and when it was asked for.
    failed: Mutex<Option<(Instant, Arc<ClientError>)>>,
    /// Who waits for an answer that somebody else asks for does not ask again.
    asking: tokio::sync::Mutex<()>,
    is_closed: AtomicBool,
    closing: Notify,
}

impl Guard {
    pub(super) fn new(checker: Checker, endpoint: Endpoint) -> Self {
        Self {
            checker,
            endpoint,
            halted: Mutex::new(None),
            confirmed: Mutex::new(None),
            failed: Mutex::new(None),
            asking: tokio::sync::Mutex::new(()),
            is_closed: AtomicBool::new(false),
            closing: Notify::new(),
        }
    }

    /// Whether it was found to be another chain, or closed. Asks nobody.
    pub(super) fn standing(&self) -> Result<(), NetworkError> {
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(NetworkError::Closed);
        }
        match unpoisoned(&self.halted).clone() {
            Some(halted) => Err(halted.into()),
            None => Ok(()),
        }
    }

    /// Whether it is still the same chain, asked anew if the last answer is older than that.
    pub(super) async fn confirm(&self, good_for: Duration) -> Result<(), NetworkError> {
        self.standing()?;
        if self.is_fresh(good_for) {
            return Ok(());
        }
        let waited = Instant::now();
        let _one_at_a_time = self.asking.lock().await;
        self.standing()?;
        // Somebody may have asked meanwhile.
        if self.is_fresh(good_for.max(waited.elapsed())) {
            return Ok(());
        }
        // Or asked in vain, since this waits: then everybody who waited takes that answer, instead of asking one after the other.
        if let Some((_, why)) = unpoisoned(&self.failed).clone().filter(|(asked, _)| *asked >= waited) {
            return Err(NetworkError::Unconfirmed(ChainChange::Unreadable(why)));
        }
        let asked = Instant::now();
        match self.checker.confirm(&self.endpoint).await {
            Ok(_) => {
                *unpoisoned(&self.confirmed) = Some(asked);
                self.standing()
            }
            // Nothing is known to have changed; but nothing is sent either.
            Err(ChainChange::Unreadable(why)) => {
                *unpoisoned(&self.failed) = Some((asked, Arc::clone(&why)));
                Err(NetworkError::Unconfirmed(ChainChange::Unreadable(why)))
            }
            Err(change) => {
                let halted = Halted { why: change.to_string() };
                tracing::error!(why = halted.why, "the network is not used any more");
                *unpoisoned(&self.halted) = Some(halted.clone());
                Err(halted.into())
            }
        }
    }

    fn is_fresh(&self, good_for: Duration) -> bool {
        unpoisoned(&self.confirmed).is_some_and(|at| at.elapsed() < good_for)
    }

    /// Nothing is asked, signed or sent from now on.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.closing.notify_waiters();
    }

    /// Ends when it is closed.
    pub(super) async fn closed(&self) {
        let closing = self.closing.notified();
        // Before the question, so that nothing falls between the two.
        tokio::pin!(closing);
        closing.as_mut().enable();
        if !self.is_closed.load(Ordering::SeqCst) {
            closing.await;
        }
    }
}

/// What is behind it is always whole: it is only ever replaced.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A node as what transactions are sent to, as long as it is the chain that was checked.
///
/// Every way to sign or send begins with [`tip`](Chain::tip) or ends with [`send`](Chain::send); both are preceded by a
/// confirmation that is at most two seconds old, whoever asks. What is only read is believed for ten seconds after one.
pub struct GuardedChain {
    client: NodeClient,
    guard: Arc<Guard>,
}

impl GuardedChain {
    pub(super) const fn new(client: NodeClient, guard: Arc<Guard>) -> Self {
        Self { client, guard }
    }

    async fn believed(&self) -> Result<&NodeClient, ChainError> {
        self.within(FOR_READING).await
    }

    async fn within(&self, good_for: Duration) -> Result<&NodeClient, ChainError> {
        match self.guard.confirm(good_for).await {
            Ok(()) => Ok(&self.client),
            Err(error @ NetworkError::Unconfirmed(_)) => Err(ChainError::Unavailable(error.to_string())),
            Err(stopped) => Err(ChainError::Stopped(stopped.to_string())),
        }
    }
}

impl Chain for GuardedChain {
    async fn tip(&self) -> Result<Tip, ChainError> {
        Chain::tip(self.within(FOR_SENDING).await?).await
    }

    async fn account(&self, address: &Address) -> Result<AccountState, ChainError> {
        Chain::account(self.believed().await?, address).await
    }

    async fn nonces(&self, address: &Address) -> Result<AddressNonces, ChainError> {
        Chain::nonces(self.believed().await?, address).await
    }

    async fn estimate_fee(&self, transaction: &Transaction) -> Result<FeeEstimate, ChainError> {
        Chain::estimate_fee(self.believed().await?, transaction).await
    }

    async fn fee_rate(&self) -> Result<MicroStx, ChainError> {
        Chain::fee_rate(self.believed().await?).await
    }

    async fn send(&self, transaction: &Transaction) -> Result<(), SendError> {
        // What is not confirmed gets nothing: it left this computer for nobody.
        let client =
            self.within(FOR_SENDING).await.map_err(|error| SendError::NotDelivered(error.to_string()))?;
        Chain::send(client, transaction).await
    }

    async fn transaction(&self, txid: Txid) -> Result<Lookup, ChainError> {
        Chain::transaction(self.believed().await?, txid).await
    }

    async fn waiting(&self, address: &Address) -> Result<Vec<TransactionRecord>, ChainError> {
        Chain::waiting(self.believed().await?, address).await
    }

    async fn mined(&self, address: &Address, offset: u64) -> Result<Vec<TransactionRecord>, ChainError> {
        Chain::mined(self.believed().await?, address, offset).await
    }
}
