//! One network in use: what the parts of this crate come together to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bithedge_keys::Wallet;
use bithedge_protocol::pool::Order;
use bithedge_stacks::address::Address;
use bithedge_stacks::client::{BlockHash, ClientConfig, NodeClient};
use bithedge_suite::Deployment;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::intents::quote::{self, Confirmed, Offers, QuoteError, Wish};
use crate::intents::{self, Intent, NodeReader, State, Unknown};
use crate::keys::WalletSigner;
use crate::networks::{ChainIdentity, Checker, NetworkProfile, Verdict};
use crate::sync::{self, ApiFeed, Books, NodeAuditor, Reconciliation, SyncStatus, Syncer};
use crate::transactions::{
    AcknowledgeError, AlarmDigest, Digest, Journal, JournalError, OpenAlarm, Question, Settings,
    TransactionId, Transactions,
};

mod errors;
mod guard;
mod stillness;

pub use errors::{
    AskError, EngineApproveError, Halted, LookError, NetworkError, OpenError, ProposeError, ReconcileError,
};
use guard::Guard;
pub use guard::GuardedChain;
pub(crate) use stillness::stands_still;

/// What a network is used with.
pub struct Setup {
    /// Where the files of this network are; made if it is not there. Several networks may share it: each chain and deployment
    /// has its own file names.
    pub folder: PathBuf,
    /// The network.
    pub profile: NetworkProfile,
    /// Whose accounts act.
    pub wallet: Arc<Wallet>,
    /// How transactions are made, sent and watched.
    pub settings: Settings,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A network in use: its books, its transactions, and what can be asked and done. Everything that it shows or sends is about the
/// one chain that was checked when it was opened.
pub struct Engine {
    deployment: Deployment,
    identity: ChainIdentity,
    verdict: Verdict,
    guard: Arc<Guard>,
    reader: NodeReader,
    auditor: NodeAuditor,
    transactions: Arc<Transactions<GuardedChain, WalletSigner>>,
    books: Books,
    sync_status: watch::Receiver<SyncStatus>,
    /// None once it is closed.
    syncer: tokio::sync::Mutex<Option<Syncer<ApiFeed>>>,
    clock: Arc<dyn Clock>,
}

/// While the books are being brought up to date, which may take long, transactions are looked after this often.
const WATCH_MEANWHILE: Duration = Duration::from_secs(10);

impl Engine {
    /// Checks the network, and goes on with what its files hold. Its nodes are asked in their order, and the first that can
    /// be used is used.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(setup: Setup) -> Result<Self, OpenError> {
        let Setup { folder, profile, wallet, settings, clock } = setup;
        let deployment = profile.deployment()?.clone();
        let (network, name) = (profile.network(), profile.name().to_owned());
        let checker = Checker::new(profile, Arc::clone(&clock));
        let mut verdicts = checker.check().await;
        let usable = verdicts.pop_if(|verdict| verdict.is_usable());
        let found = usable.and_then(|verdict| {
            let identity = verdict.identity?;
            // A journal is about one chain, and without its first block nobody can tell which one this is.
            Some((verdict, identity, identity.first_block?))
        });
        let Some((verdict, identity, first_block)) = found else {
            return Err(OpenError::Unusable { name, verdicts });
        };
        let endpoint = verdict.endpoint.clone();
        let books_folder = folder.join(format!("books-{}", name_of(&identity, &first_block)));
        std::fs::create_dir_all(&books_folder)
            .map_err(|source| OpenError::Folder { path: books_folder.clone(), source })?;
        let client = || {
            let config = ClientConfig { expected_chain: Some(network.chain_id), ..ClientConfig::default() };
            NodeClient::with_config([endpoint.as_str()], config)
        };
        let journal = Journal::open(&journal_path(&folder, &identity, &first_block), network)?;
        let guard = Arc::new(Guard::new(checker, endpoint.clone()));
        let transactions = Transactions::open(
            journal,
            network,
            GuardedChain::new(client()?, Arc::clone(&guard)),
            WalletSigner::new(wallet, network),
            Arc::clone(&clock),
            settings,
        )?
        .recovering_first();
        let shared = Arc::new(client()?);
        let feed = ApiFeed::new(Arc::clone(&shared), deployment.clone());
        let auditor = NodeAuditor::new(Arc::clone(&shared), deployment.clone());
        let (chain, deployer) = (network.chain_id, deployment.deployer());
        let syncer = Syncer::new(feed, books_folder, chain, deployer, Arc::clone(&clock)).await;
        let reader = NodeReader::new(shared, deployment.clone());
        Ok(Self {
            deployment,
            identity,
            verdict,
            guard,
            reader,
            auditor,
            transactions: Arc::new(transactions),
            books: syncer.books(),
            sync_status: syncer.status(),
            syncer: tokio::sync::Mutex::new(Some(syncer)),
            clock,
        })
    }

    /// Lets go of the network's files, so that it can be opened again, also while tasks still hold this: from now on all that
    /// they ask of it, the keeper included, is refused, and nothing more is signed or sent by it. What is signed and under way
    /// is in the journal, which whoever opens it next goes on with. Questions that are open are withdrawn.
    pub async fn close(&self) {
        self.guard.close();
        self.transactions.close();
        *self.syncer.lock().await = None;
    }

    /// Where the suite is.
    #[must_use]
    pub const fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Which chain it is.
    #[must_use]
    pub const fn identity(&self) -> &ChainIdentity {
        &self.identity
    }

    /// What the check found when the network was opened.
    #[must_use]
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The node, to be read at one block.
    ///
    /// # Errors
    /// It was found to be another chain, or closed. Who keeps what this gives learns no more of that from it; what is signed
    /// because of it is stopped all the same.
    pub fn reader(&self) -> Result<&NodeReader, NetworkError> {
        self.guard.standing()?;
        Ok(&self.reader)
    }

    /// Every transaction that was signed here. Each of its ways to the chain is stopped when this is another chain.
    #[must_use]
    pub const fn transactions(&self) -> &Arc<Transactions<GuardedChain, WalletSigner>> {
        &self.transactions
    }

    /// What happened on the chain.
    ///
    /// # Errors
    /// It was found to be another chain, or closed: what the books are about is then not known.
    pub fn books(&self) -> Result<&Books, NetworkError> {
        self.guard.standing()?;
        Ok(&self.books)
    }

    /// How far the books are.
    #[must_use]
    pub fn sync_status(&self) -> watch::Receiver<SyncStatus> {
        self.sync_status.clone()
    }

    /// What the books say, what the contracts say and what they hold, beside each other at one block.
    ///
    /// # Errors
    /// [`ReconcileError`]. Figures that differ are no error.
    pub async fn reconcile(&self) -> Result<Reconciliation, ReconcileError> {
        self.confirm(guard::FOR_READING).await?;
        Ok(sync::reconcile(&self.books, &self.auditor, &self.auditor.tokens()).await?)
    }

    /// The time that it goes by.
    #[must_use]
    pub const fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// One look at the chain: what became of the transactions; whether it is still the same chain; what happened on it. Each
    /// is preceded by a confirmation of its own. Bringing the books up to date may take as long as the chain has history;
    /// transactions are looked after meanwhile.
    ///
    /// # Errors
    /// [`LookError`]: the first thing that went wrong.
    pub async fn look(&self) -> Result<(), LookError> {
        let watched = self.transactions.poll().await;
        self.confirm(guard::FOR_READING).await?;
        let watching = async {
            loop {
                tokio::time::sleep(WATCH_MEANWHILE).await;
                if let Err(error) = self.transactions.poll().await {
                    tracing::info!(%error, "transactions are not watched while the books are made");
                }
            }
        };
        tokio::select! {
            biased;
            () = self.guard.closed() => return Err(NetworkError::Closed.into()),
            synced = self.sync() => synced?,
            () = watching => {}
        }
        watched?;
        Ok(())
    }

    async fn sync(&self) -> Result<(), LookError> {
        match self.syncer.lock().await.as_mut() {
            Some(syncer) => {
                syncer.step().await?;
                Ok(())
            }
            None => Err(NetworkError::Closed.into()),
        }
    }

    /// Plans what somebody wants, runs it dry, and makes the question of it.
    ///
    /// # Errors
    /// [`ProposeError`].
    pub async fn propose(&self, account: Address, intent: &Intent) -> Result<Question, ProposeError> {
        let prepared = self.prepare(account, intent).await?;
        Ok(self.transactions.draft(prepared).await?)
    }

    /// The same wish again, in the place of a transaction that was given up or waits too long: at most one of the two is
    /// carried out. Another kind of wish is refused.
    ///
    /// # Errors
    /// [`ProposeError`].
    pub async fn propose_again(
        &self,
        earlier: TransactionId,
        account: Address,
        intent: &Intent,
    ) -> Result<Question, ProposeError> {
        let prepared = self.prepare(account, intent).await?;
        Ok(self.transactions.repeat(earlier, prepared).await?)
    }

    async fn prepare(
        &self,
        account: Address,
        intent: &Intent,
    ) -> Result<crate::transactions::Prepared, ProposeError> {
        self.confirm(guard::FOR_READING).await?;
        // Whether the account can pay is known with the fee itself, when the question is made.
        let fee = bithedge_protocol::MicroStx::ZERO;
        let drafted =
            intents::prepare(&self.reader, &self.deployment, account, fee, self.clock.now(), intent).await?;
        self.moves(&drafted.state)?;
        if !drafted.findings.is_empty() {
            return Err(ProposeError::WouldFail(drafted.findings));
        }
        Ok(drafted.plan?.into_prepared(&drafted.state)?)
    }

    /// The answer yes to a question: see [`Transactions::approve`].
    ///
    /// # Errors
    /// [`EngineApproveError`].
    pub async fn approve(
        &self,
        id: TransactionId,
        digest: Digest,
    ) -> Result<bithedge_stacks::transaction::Txid, EngineApproveError> {
        self.confirm(Duration::ZERO).await?;
        Ok(self.transactions.approve(id, digest).await?)
    }

    /// What could be bought for a wish, the cheapest first, and the state that it was computed at.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn offers(&self, account: Address, wish: &Wish) -> Result<(Offers, State), AskError> {
        let (answer, state) = self.quoted(account, quote::market_of).await?;
        self.moves(&state)?;
        let market = answer?;
        Ok((quote::offers(&market, wish)?, state))
    }

    /// What the chain says of an order.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn confirm_order(&self, account: Address, order: &Order) -> Result<Confirmed, AskError> {
        let (answer, state) = self.quoted(account, |state| quote::confirm(state, order)).await?;
        self.moves(&state)?;
        Ok(answer?)
    }

    /// Answers that are no answer yet ask for more readings; every other one ends the reading.
    async fn quoted<T: Send>(
        &self,
        account: Address,
        question: impl Fn(&State) -> Result<T, QuoteError> + Send + Sync,
    ) -> Result<(Result<T, QuoteError>, State), AskError> {
        let asked = |state: &State| match question(state) {
            Err(QuoteError::Unknown(unknown)) => Err::<_, Unknown>(unknown),
            other => Ok(other),
        };
        self.read_at_one_tip(account, asked).await
    }

    /// What a question finds in the suite, all of it at one block, and what was read for it. How old that block is, the state says:
    /// a node that lost its peers tells of the past as if it were now.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn read_at_one_tip<T: Send>(
        &self,
        account: Address,
        question: impl Fn(&State) -> Result<T, Unknown> + Send + Sync,
    ) -> Result<(T, State), AskError> {
        self.confirm(guard::FOR_READING).await?;
        let fee = bithedge_protocol::MicroStx::ZERO;
        Ok(intents::at_one_tip(&self.reader, &self.deployment, account, fee, question).await?)
    }

    /// Whether a state is of now. Prices and dry runs at a block of long ago would pass for those of now: the contracts' time is the
    /// block's.
    fn moves(&self, state: &State) -> Result<(), NetworkError> {
        let newest = state.tip().time;
        if stands_still(self.deployment.network(), newest, self.clock.now()) {
            return Err(NetworkError::StandsStill { since: newest });
        }
        Ok(())
    }

    /// What a person has to look at and nobody has acknowledged: of all accounts of this network, in the order of the transactions. As
    /// long as there is a difference among it ([`OpenAlarm::is_difference`]), the keeper signs nothing. It asks nobody, so that it is
    /// known also while the node is away, or is another chain.
    ///
    /// # Errors
    /// The journal cannot be read, or was closed.
    pub fn open_alarms(&self) -> Result<Vec<OpenAlarm>, JournalError> {
        self.transactions.open_alarms()
    }

    /// Writes down that a person has looked at what there is to look at about one transaction: see [`Transactions::acknowledge`].
    ///
    /// # Errors
    /// [`AcknowledgeError`]; nothing was acknowledged.
    pub fn acknowledge(
        &self,
        transaction: TransactionId,
        alarms: &BTreeSet<AlarmDigest>,
    ) -> Result<(), AcknowledgeError> {
        self.transactions.acknowledge(transaction, alarms)
    }

    /// Whether it is still the same chain, asked anew if the last answer is older than that.
    pub(crate) async fn confirm(&self, good_for: Duration) -> Result<(), NetworkError> {
        self.guard.confirm(good_for).await
    }
}

/// What the files of one chain have in their names.
fn name_of(identity: &ChainIdentity, first_block: &BlockHash) -> String {
    let beginning: String = first_block.to_string().chars().take(16).collect();
    format!("{:08x}-{beginning}", identity.chain_id.0)
}

/// A journal is about one chain, as the books are: nonces and ids of another one mean nothing on it.
fn journal_path(folder: &Path, identity: &ChainIdentity, first_block: &BlockHash) -> PathBuf {
    folder.join(format!("journal-{}.sqlite", name_of(identity, first_block)))
}
