//! The life of transactions over a chain, a signer and a journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::network::Network;
use bithedge_stacks::transaction::{Txid, UnsignedTransaction};
use bithedge_stacks::units::MicroStx;
use tokio::sync::broadcast;
use tokio::time::Instant;

use super::alarms::{AcknowledgeError, AlarmDigest, OpenAlarm};
use super::approval::{Approval, Digest, ReviewError, build, burning};
use super::chain::{Chain, ChainError};
use super::core::{Core, Settings};
use super::draft::{ApproveError, DraftError, Order};
use super::entry::Entry;
use super::fees::at_level;
use super::journal::{JournalError, Store};
use super::nonces::ChainNonces;
use super::prepared::Prepared;
use super::signer::{Signer, SignerError};
use super::status::{Purpose, RefusedBecause, Status, TransactionId, TransactionUpdate};
use super::watching::WatchError;
use crate::clock::{Clock, Moment};

/// Updates that a slow listener may leave unread before it misses some. Whoever missed some asks for all.
const UPDATES: usize = 1_024;

/// Makes, signs, sends and watches transactions of any number of accounts on one chain.
///
/// Cancel-safe: a future that is dropped leaves either nothing or something that goes on by itself at the next
/// [`poll`](Self::poll). Writes to the journal happen on the calling thread and take as long as the disk takes to sync.
pub struct Transactions<C, S> {
    pub(super) core: Arc<Mutex<Core>>,
    pub(super) chain: Arc<C>,
    signer: S,
    pub(super) clock: Arc<dyn Clock>,
    started: Instant,
    pub(super) network: Network,
    settings: Settings,
    updates: broadcast::Sender<TransactionUpdate>,
    /// One at a time: two that watch would only ask twice.
    pub(super) polling: tokio::sync::Mutex<()>,
    /// `None` if nobody asks what accounts have waiting.
    recovery: Option<Mutex<Recovery>>,
}

/// What is known of what accounts have waiting.
#[derive(Default)]
struct Recovery {
    /// Accounts of which it is known.
    known: BTreeSet<Address>,
    /// Those that are being asked about.
    asking: BTreeMap<Address, Arc<tokio::sync::Mutex<()>>>,
}

/// A question, and the right to ask it: if this is dropped before the answer, the answer is no.
///
/// It shows nothing but the [`Approval`] itself when it is formatted.
pub struct Question {
    approval: Approval,
    /// A question alone does not keep the journal open.
    core: Weak<Mutex<Core>>,
}

impl Question {
    /// What is asked.
    #[must_use]
    pub const fn approval(&self) -> &Approval {
        &self.approval
    }
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.approval.fmt(f)
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            lock(&core).refuse(self.approval.id, RefusedBecause::Person);
        }
    }
}

/// The core is never left half changed: every step either writes the journal first, or touches memory only.
pub(super) fn lock(core: &Mutex<Core>) -> MutexGuard<'_, Core> {
    core.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives an approval back if signing does not come to its end.
struct Signing<'a> {
    core: &'a Mutex<Core>,
    id: TransactionId,
    is_done: bool,
}

impl Drop for Signing<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            lock(self.core).give_back(self.id);
        }
    }
}

impl<C: Chain, S: Signer> Transactions<C, S> {
    /// Goes on with what the journal has. What was signed before is sent again as the same bytes at the next
    /// [`poll`](Self::poll), unless the chain has it.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn open(
        store: impl Store,
        network: Network,
        chain: C,
        signer: S,
        clock: impl Clock,
        settings: Settings,
    ) -> Result<Self, JournalError> {
        let (updates, _) = broadcast::channel(UPDATES);
        let core = Core::open(Box::new(store), network, settings, updates.clone())?;
        Ok(Self {
            core: Arc::new(Mutex::new(core)),
            chain: Arc::new(chain),
            signer,
            clock: Arc::new(clock),
            started: Instant::now(),
            network,
            settings,
            updates,
            polling: tokio::sync::Mutex::new(()),
            recovery: None,
        })
    }

    /// From now on nothing is drafted for an account that the journal has nothing of until the chain has told what the
    /// account has waiting ([`recover`](Self::recover)): the journal may have been lost, or the keys come from another
    /// computer. As long as something that was found is under way, drafts are refused with [`DraftError::FoundWaiting`] until a person
    /// has looked at it ([`acknowledge`](Self::acknowledge)), also after a restart.
    #[must_use]
    pub fn recovering_first(self) -> Self {
        Self { recovery: Some(Mutex::default()), ..self }
    }

    /// Lets go of the journal, so that it can be opened again while others still hold this. Open questions are withdrawn;
    /// nothing more is signed, sent or watched by this.
    pub fn close(&self) {
        lock(&self.core).let_go();
    }

    async fn recover_first(&self, account: Address) -> Result<(), DraftError> {
        let Some(recovery) = &self.recovery else { return Ok(()) };
        let recovery = || recovery.lock().unwrap_or_else(PoisonError::into_inner);
        let asking = {
            let mut recovery = recovery();
            if recovery.known.contains(&account) {
                return Ok(());
            }
            Arc::clone(recovery.asking.entry(account).or_default())
        };
        // Who comes meanwhile for the same account waits for what is found; nobody else does.
        let _one_at_a_time = asking.lock().await;
        if recovery().known.contains(&account) {
            return Ok(());
        }
        let is_known = lock(&self.core).store.has_account(&account)?;
        if !is_known {
            // What is found stands in the journal then, and the draft is refused because of it.
            self.recover(account).await.map_err(|error| match error {
                WatchError::Chain(error) => DraftError::Chain(error),
                WatchError::OtherChain { expected, found } => DraftError::OtherChain { expected, found },
                WatchError::Journal(error) => DraftError::Journal(error),
            })?;
        }
        let mut recovery = recovery();
        recovery.known.insert(account);
        recovery.asking.remove(&account);
        Ok(())
    }

    /// What a person has to look at and nobody has acknowledged: of all accounts, in the order of the transactions. Asks the journal alone.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn open_alarms(&self) -> Result<Vec<OpenAlarm>, JournalError> {
        lock(&self.core).open_alarms()
    }

    /// Writes down that a person has looked at what there is to look at about one transaction. What is named has to be exactly what is
    /// open about it, so that nothing is acknowledged that was not shown. It changes nothing else: what is raised later is open again.
    ///
    /// # Errors
    /// [`AcknowledgeError`]; nothing was acknowledged.
    pub fn acknowledge(
        &self,
        transaction: TransactionId,
        digests: &BTreeSet<AlarmDigest>,
    ) -> Result<(), AcknowledgeError> {
        lock(&self.core).acknowledge(transaction, digests, self.clock.now())
    }

    /// Everything that happens from now on.
    #[must_use]
    pub fn updates(&self) -> broadcast::Receiver<TransactionUpdate> {
        self.updates.subscribe()
    }

    /// Signed transactions that are not settled, oldest first.
    #[must_use]
    pub fn unsettled(&self) -> Vec<Entry> {
        lock(&self.core).entries.values().cloned().collect()
    }

    /// A signed transaction.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn entry(&self, id: TransactionId) -> Result<Option<Entry>, JournalError> {
        let mut core = lock(&self.core);
        match core.entries.get(&id) {
            Some(entry) => Ok(Some(entry.clone())),
            None => core.store.entry(id),
        }
    }

    /// Signed transactions below a number, newest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn history(&self, before: Option<TransactionId>, limit: u32) -> Result<Vec<Entry>, JournalError> {
        lock(&self.core).store.history(before, limit)
    }

    /// What an account signed after a moment, and what of it is not settled, oldest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn recent(&self, account: &Address, after: UnixSeconds) -> Result<Vec<Entry>, JournalError> {
        lock(&self.core).store.recent(account, after)
    }

    /// Questions that wait for an answer.
    #[must_use]
    pub fn questions(&self) -> Vec<Approval> {
        let mut core = lock(&self.core);
        core.expire(self.now());
        core.drafts.values().filter(|draft| !draft.is_approved).map(|draft| draft.approval.clone()).collect()
    }

    /// Nonces that transactions of ours wait for and that nobody has. The next one drafted takes the first of them.
    ///
    /// # Errors
    /// The chain cannot be read.
    pub async fn gaps(&self, account: &Address) -> Result<Vec<u64>, ChainError> {
        let nonces = self.chain_nonces(account).await?;
        Ok(lock(&self.core).gaps(account, &nonces))
    }

    /// Gives a prepared call a nonce and a fee, and the question to ask.
    ///
    /// # Errors
    /// Every kind of [`DraftError`]; nothing is left behind.
    pub async fn draft(&self, prepared: Prepared) -> Result<Question, DraftError> {
        self.ask(prepared, Purpose::Call, None).await
    }

    /// The same call with the same nonce and a higher fee: for one that waits too long, and the way to repeat one that
    /// was dropped. At most one of the two is mined.
    ///
    /// # Errors
    /// Every kind of [`DraftError`]; nothing is left behind.
    pub async fn replace(&self, earlier: TransactionId) -> Result<Question, DraftError> {
        let entry = lock(&self.core).replaceable(earlier)?;
        let prepared = entry.prepared(self.network).ok_or(DraftError::NotReplaceable(earlier))?;
        self.ask(prepared, Purpose::Replaces { earlier }, Some(entry.nonce)).await
    }

    /// The same wish at new terms, for a person to answer: [`replace_with`](Self::replace_with), but only a call of the same kind
    /// (intent, contract and function) is put in the earlier one's place, because the question says that it repeats it.
    ///
    /// # Errors
    /// Every kind of [`DraftError`]; nothing is left behind.
    pub async fn repeat(&self, earlier: TransactionId, prepared: Prepared) -> Result<Question, DraftError> {
        let entry = lock(&self.core).replaceable(earlier)?;
        if entry.account == prepared.account && !entry.is_of_kind(&prepared) {
            return Err(DraftError::OtherWish(earlier));
        }
        self.replace_with(earlier, prepared).await
    }

    /// Another call with the earlier one's nonce: the way to repeat one whose time was over. At most one of the two is mined. It is
    /// not looked at whether it does the same.
    ///
    /// # Errors
    /// Every kind of [`DraftError`]; nothing is left behind.
    pub async fn replace_with(
        &self,
        earlier: TransactionId,
        prepared: Prepared,
    ) -> Result<Question, DraftError> {
        let entry = lock(&self.core).replaceable(earlier)?;
        if entry.account != prepared.account {
            return Err(DraftError::OtherAccount(earlier));
        }
        self.ask(prepared, Purpose::Replaces { earlier }, Some(entry.nonce)).await
    }

    /// A transaction that takes the earlier one's place and has no effect: see [`cancellation`](super::cancellation). Where
    /// that does not do (for a transfer, for what miners do not take, for what is not known any more, and the second time) it
    /// is a transfer of one micro-STX to an address whose key nobody has.
    ///
    /// # Errors
    /// Every kind of [`DraftError`]; nothing is left behind.
    pub async fn cancel(&self, earlier: TransactionId) -> Result<Question, DraftError> {
        let (prepared, nonce) = lock(&self.core).cancelling(earlier)?;
        self.ask(prepared, Purpose::Cancels { earlier }, Some(nonce)).await
    }

    /// Uses up the lowest nonce that nobody has, for what waits behind it: a transfer of one micro-STX to an address whose
    /// key nobody has. Anything else that is drafted does the same.
    ///
    /// # Errors
    /// Every kind of [`DraftError`]; nothing is left behind.
    pub async fn close_gap(&self, account: Address) -> Result<Question, DraftError> {
        let why = "This uses up a nonce that nobody has, so that what waits behind it can be mined.";
        self.ask(burning(account, self.network, why), Purpose::Call, None).await
    }

    async fn ask(
        &self,
        prepared: Prepared,
        purpose: Purpose,
        pinned: Option<u64>,
    ) -> Result<Question, DraftError> {
        let approval = self.ask_for(prepared, purpose, pinned).await?;
        Ok(Question { approval, core: Arc::downgrade(&self.core) })
    }

    async fn ask_for(
        &self,
        prepared: Prepared,
        purpose: Purpose,
        pinned: Option<u64>,
    ) -> Result<Approval, DraftError> {
        if prepared.network != self.network {
            let (expected, found) = (prepared.network.chain_id, self.network.chain_id);
            return Err(DraftError::OtherChain { expected, found });
        }
        self.recover_first(prepared.account).await?;
        let tip = self.chain.tip().await?;
        if tip.chain_id != self.network.chain_id {
            let (expected, found) = (self.network.chain_id, tip.chain_id);
            return Err(DraftError::OtherChain { expected, found });
        }
        let estimate = self.estimate(&prepared).await?;
        let account = self.chain.account(&prepared.account).await?;
        // Last: what is drafted in the meantime is known to the core, what is mined should be known here.
        let nonces = self.chain_nonces(&prepared.account).await?;
        let order = Order { prepared, purpose, pinned, estimate, balance: account.balance };
        lock(&self.core).draft(order, &nonces, self.now())
    }

    async fn estimate(&self, prepared: &Prepared) -> Result<MicroStx, DraftError> {
        let bytes = build(prepared, 0, MicroStx::ZERO)?;
        let size = bytes.len() as u64;
        let unsigned = UnsignedTransaction::decode(&bytes).map_err(ReviewError::from)?;
        match self.chain.estimate_fee(unsigned.transaction()).await {
            Ok(estimate) => Ok(at_level(&estimate, self.settings.level)),
            // A node that has seen few such calls cannot tell; what a byte costs it can.
            Err(error) => {
                tracing::debug!(%error, "no fee estimate");
                let rate = self.chain.fee_rate().await?;
                Ok(rate.checked_mul(size).ok_or(super::fees::FeeError::Overflow)?)
            }
        }
    }

    /// The answer no.
    ///
    /// Gives whether the question could still be withdrawn: not if it was answered, or is being signed.
    pub fn refuse(&self, id: TransactionId) -> bool {
        lock(&self.core).refuse(id, RefusedBecause::Person)
    }

    /// The answer yes: signs exactly the bytes that were shown, writes them down, and hands them out.
    ///
    /// When this gives a transaction's id, it is signed and written down. Whether a node took it is told by
    /// [`updates`](Self::updates); if none could be reached, it is sent again by [`poll`](Self::poll).
    ///
    /// # Errors
    /// [`ApproveError`]: nothing was signed, or what was signed was thrown away.
    pub async fn approve(&self, id: TransactionId, digest: Digest) -> Result<Txid, ApproveError> {
        let (prepared, purpose, unsigned) = lock(&self.core).begin(id, digest, self.now())?;
        let mut signing = Signing { core: &self.core, id, is_done: false };
        let tip = self.chain.tip().await?;
        let expected = self.network.chain_id;
        if tip.chain_id != expected {
            signing.is_done = true;
            let reason = RefusedBecause::OtherChain;
            lock(&self.core).close(id, Status::Refused { reason });
            return Err(ApproveError::OtherChain { expected, found: tip.chain_id });
        }
        let account = prepared.account;
        let nonces = self.chain_nonces(&account).await?;
        if !lock(&self.core).still_stands(id, &nonces) {
            signing.is_done = true;
            let not_again = {
                let mut core = lock(&self.core);
                let not_again = core.not_again(id);
                core.close(id, Status::Refused { reason: RefusedBecause::TermsChanged });
                not_again
            };
            if let Some(reason) = not_again {
                return Err(ApproveError::Overtaken(reason));
            }
            let pinned = unsigned.transaction().origin_nonce();
            let pinned = purpose.earlier().map(|_| pinned);
            let again = self.ask(prepared, purpose, pinned).await;
            return Err(again.map_or_else(ApproveError::Overtaken, |question| {
                ApproveError::TermsChanged(Box::new(question))
            }));
        }
        let signed = match self.signer.sign(&account, unsigned).await {
            Ok(signed) => signed,
            Err(error) => {
                if matches!(error, SignerError::UnknownAccount(_) | SignerError::WatchOnly(_)) {
                    signing.is_done = true;
                    lock(&self.core).close(id, Status::Refused { reason: RefusedBecause::NoKey });
                }
                return Err(error.into());
            }
        };
        lock(&self.core).signed(id, &signed, self.now())?;
        signing.is_done = true;
        if let Err(error) = self.send(id).await {
            // It is written down and will be sent and looked up; only what was learnt from sending it is not.
            tracing::warn!(%error, %id, "the journal could not be written after sending");
        }
        Ok(signed.txid())
    }

    /// Hands out what is signed, if its turn has come.
    pub(super) async fn send(&self, id: TransactionId) -> Result<(), JournalError> {
        let Some(attempt) = lock(&self.core).begin_attempt(id, self.now())? else { return Ok(()) };
        let result = self.chain.send(&attempt.transaction).await;
        if let Err(error) = &result {
            tracing::debug!(%error, %id, "not sent");
        }
        lock(&self.core).sent(id, &attempt, &result)
    }

    pub(crate) async fn chain_nonces(&self, account: &Address) -> Result<ChainNonces, ChainError> {
        let (waiting, records, indexed) = match self.chain.nonces(account).await {
            Ok(nonces) => {
                let next = nonces.last_executed_tx_nonce.map_or(0, |last| last.saturating_add(1));
                // The list of the API ends before the last waiting one, and is empty for an account that never executed
                // anything: it is made to find gaps. The transactions themselves are complete, and tell whose they are.
                let records = self.chain.waiting(account).await?;
                let mut waiting: BTreeSet<u64> = nonces.detected_mempool_nonces.into_iter().collect();
                waiting.extend(nonces.last_mempool_tx_nonce);
                waiting.extend(records.iter().map(|record| record.nonce));
                (Some(waiting), records, next)
            }
            Err(ChainError::NotOffered(_)) => (None, Vec::new(), 0),
            Err(error) => return Err(error),
        };
        let executed = self.chain.account(account).await?.nonce.max(indexed);
        let core = lock(&self.core);
        let is_foreign = |txid: Txid| !core.entries.values().any(|entry| entry.txid == txid);
        let foreign = records.iter().filter(|record| record.nonce >= executed && is_foreign(record.txid));
        Ok(ChainNonces { executed, waiting, foreign: foreign.map(|record| record.nonce).collect() })
    }

    pub(super) fn now(&self) -> Moment {
        Moment { wall: self.clock.now(), elapsed: self.started.elapsed() }
    }
}
