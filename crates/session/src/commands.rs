//! What the windows ask of a [`Session`], beside wallets and networks: pages, questions, what was told, keeper, devnet, secrets.

use std::path::PathBuf;
use std::sync::Arc;

use bithedge_ipc::secret::{
    SecretChange, SecretCreation, SecretDone, SecretImport, SecretPassphrase, SecretTask, SecretView,
    SecretWords, WordCount,
};
use bithedge_ipc::{
    ConfirmedOffer, DevnetDeed, DevnetView, KeeperInput, Notice, Notification, PageAnswer, PageQuery,
    Proposed, QuestionView, Wish,
};
use bithedge_protocol::pool::Order;

use crate::devnet::DevnetControls;
use crate::session::Session;
use crate::{diagnostics, keeper, notices, secrets, telling};

impl Session {
    /// `PAGE`.
    ///
    /// # Errors
    /// No network or no account is in use, or it could not be read.
    pub async fn page(&self, query: PageQuery) -> Result<PageAnswer, Notice> {
        self.0.core.page(query).await
    }

    /// `CONFIRM_ORDER`.
    ///
    /// # Errors
    /// The contracts sell nothing of that kind, or the chain could not be read.
    pub async fn confirm_order(&self, order: Order) -> Result<ConfirmedOffer, Notice> {
        self.0.core.confirm_order(order).await
    }

    /// `PROPOSE`.
    ///
    /// # Errors
    /// A question is open already, or none could be made: nothing was signed.
    pub async fn propose(&self, wish: Wish, repeats: Option<u64>) -> Result<Proposed, Notice> {
        self.0.core.propose(wish, repeats).await
    }

    /// `RAISE_FEE`.
    ///
    /// # Errors
    /// As [`propose`](Self::propose).
    pub async fn raise_fee(&self, transaction: u64) -> Result<Proposed, Notice> {
        self.0.core.raise_fee(transaction).await
    }

    /// `CANCEL_TRANSACTION`.
    ///
    /// # Errors
    /// As [`propose`](Self::propose).
    pub async fn cancel_transaction(&self, transaction: u64) -> Result<Proposed, Notice> {
        self.0.core.cancel_transaction(transaction).await
    }

    /// `NOTIFICATIONS`.
    pub async fn notifications(&self) -> Vec<Notification> {
        let running = self.0.core.state().running().cloned();
        match running {
            Some(running) => telling::listed(&self.0.core, &running).await,
            None => Vec::new(),
        }
    }

    /// These were shown, on the desktop or in the window, and are not told again after a restart.
    pub async fn notifications_shown(&self, ids: &[u64]) {
        let running = self.0.core.state().running().cloned();
        let Some(running) = running else { return };
        let delivered = running.watcher.lock().await.delivered(ids);
        if let Err(error) = delivered {
            tracing::warn!(%error, "what was told is not written down");
        }
    }

    /// The content of the file of `EXPORT_ACTIVITY`, and how many lines it has below its head.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub async fn activity_csv(&self) -> Result<(String, usize), Notice> {
        self.0.core.activity_csv().await
    }

    /// What `SAVE_DIAGNOSTICS` writes: the names of files, and what is in each.
    pub async fn diagnostics(&self) -> Vec<(String, Vec<u8>)> {
        let core = Arc::clone(&self.0.core);
        tokio::task::spawn_blocking(move || diagnostics::bundle(&core)).await.unwrap_or_default()
    }

    /// `DATA_FOLDER`.
    #[must_use]
    pub fn data_folder(&self) -> PathBuf {
        self.0.core.setup.data_folder.clone()
    }

    /// `PROPOSE_KEEPER`.
    ///
    /// # Errors
    /// A question is open already, or the order makes no sense.
    pub fn propose_keeper(&self, order: KeeperInput) -> Result<Proposed, Notice> {
        self.0.core.propose_keeper(order)
    }

    /// `STOP_KEEPER`.
    ///
    /// # Errors
    /// That it is to stay off could not be written down; it is off.
    pub fn stop_keeper(&self) -> Result<(), Notice> {
        let running = self.0.core.state().running().cloned().ok_or_else(notices::not_ready)?;
        keeper::stop(&self.0.core, &running)
    }

    /// `PROPOSE_NEW_JOURNAL`.
    ///
    /// # Errors
    /// A question is open already, or the journal of the network in use is not damaged.
    pub fn propose_new_journal(&self) -> Result<Proposed, Notice> {
        self.0.core.propose_new_journal()
    }

    /// `PROPOSE_ACKNOWLEDGEMENT`.
    ///
    /// # Errors
    /// A question is open already, or there is nothing to acknowledge.
    pub fn propose_acknowledgement(&self, transaction: u64) -> Result<Proposed, Notice> {
        self.0.core.propose_acknowledgement(transaction)
    }

    /// `DEVNET`; `None` as long as none is in use, or it does not answer.
    pub async fn devnet(&self) -> Option<DevnetView> {
        let (url, _) = self.devnet_in_use().ok()?;
        match DevnetControls::new(&url).view().await {
            Ok(view) => Some(view),
            Err(notice) => {
                tracing::info!(detail = notice.detail, "{}", notice.happened);
                None
            }
        }
    }

    /// `DEVNET_DO`.
    ///
    /// # Errors
    /// The devnet is not in use, or it could not be done.
    pub async fn devnet_do(&self, deed: DevnetDeed) -> Result<DevnetView, Notice> {
        let (url, address) = self.devnet_in_use()?;
        DevnetControls::new(&url).carry_out(deed, address.as_deref()).await
    }

    /// The devnet's address, and the account's.
    fn devnet_in_use(&self) -> Result<(String, Option<String>), Notice> {
        let state = self.0.core.state();
        let running = state.running().filter(|running| running.is_devnet()).ok_or_else(notices::no_devnet)?;
        Ok((running.url.clone(), state.account().map(|account| account.address.to_string())))
    }

    /// `QUESTION`.
    #[must_use]
    pub fn question(&self) -> Option<QuestionView> {
        self.0.core.question()
    }

    /// `APPROVE`.
    ///
    /// # Errors
    /// It was not signed. If the question is still open, it can be answered again.
    pub async fn approve(&self, id: u64, digest: &str) -> Result<(), Notice> {
        self.0.core.approve(id, digest).await
    }

    /// `REFUSE`.
    ///
    /// # Errors
    /// It is not open any more.
    pub fn refuse(&self, id: u64) -> Result<(), Notice> {
        self.0.core.refuse(id)
    }

    /// Begins a task of the window of secrets, which is opened when this returns (`OPEN_SECRET`, `UNLOCK_FIRST`).
    ///
    /// # Errors
    /// It is open for something already, or there is nothing to do.
    pub async fn secret_open(&self, task: SecretTask) -> Result<SecretView, Notice> {
        self.0.core.secret_open(task).await
    }

    /// `SECRET`.
    #[must_use]
    pub fn secret(&self) -> Option<SecretView> {
        self.0.core.secret()
    }

    /// `NEW_WORDS`.
    ///
    /// # Errors
    /// The window is not open for that, or there is no randomness.
    pub async fn secret_new_words(&self, count: WordCount) -> Result<SecretWords, Notice> {
        self.0.core.secret_new_words(count).await
    }

    /// `CREATE`.
    ///
    /// # Errors
    /// A word is wrong, the passphrase cannot be used, or the key file could not be made. The words are still there.
    pub async fn secret_create(&self, creation: SecretCreation) -> Result<SecretDone, Notice> {
        self.0.core.secret_create(creation).await
    }

    /// `IMPORT`.
    ///
    /// # Errors
    /// As [`secret_create`](Self::secret_create).
    pub async fn secret_import(&self, import: SecretImport) -> Result<SecretDone, Notice> {
        self.0.core.secret_import(import).await
    }

    /// `SUGGEST`.
    #[must_use]
    pub fn secret_suggest(&self, prefix: &str) -> Vec<String> {
        secrets::suggest(prefix)
    }

    /// `UNLOCK`.
    ///
    /// # Errors
    /// The passphrase is wrong, or the key file or the keychain cannot be used.
    pub async fn secret_unlock(&self, unlock: SecretPassphrase) -> Result<SecretDone, Notice> {
        self.0.core.secret_unlock(unlock).await
    }

    /// `CHANGE`.
    ///
    /// # Errors
    /// As [`secret_unlock`](Self::secret_unlock) for the old passphrase, as [`secret_create`](Self::secret_create) for the new one.
    pub async fn secret_change(&self, change: SecretChange) -> Result<SecretDone, Notice> {
        self.0.core.secret_change(change).await
    }

    /// `REVEAL`.
    ///
    /// # Errors
    /// As [`secret_unlock`](Self::secret_unlock).
    pub async fn secret_reveal(&self, reveal: SecretPassphrase) -> Result<SecretWords, Notice> {
        self.0.core.secret_reveal(reveal).await
    }

    /// Forgets everything about the task of the window of secrets.
    pub fn secret_close(&self) {
        self.0.core.secret_close();
    }

    /// The number of the task that the window of secrets is open for.
    #[must_use]
    pub fn secret_number(&self) -> Option<u64> {
        self.0.core.secret_number()
    }

    /// `CLOSE`, and when the window of secrets that was opened for the task of this number is gone. A later task is not touched.
    pub fn secret_end(&self, number: u64) {
        self.0.core.secret_end(number);
    }

    /// Whether something is being changed just now that closing the window of secrets would not take back: it has to stay until it is
    /// known how that ended.
    #[must_use]
    pub fn secret_is_changing(&self) -> bool {
        self.0.core.secret_is_changing()
    }
}
