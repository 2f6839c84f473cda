//! One network in use: what the parts of this crate come together to.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bithedge_keys::Wallet;
use bithedge_protocol::pool::Order;
use bithedge_stacks::address::Address;
use bithedge_stacks::client::{ClientConfig, ConfigError, NodeClient};
use bithedge_suite::Deployment;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::intents::quote::{self, Confirmed, Offers, QuoteError, Wish};
use crate::intents::{self, Finding, Intent, NodeReader, ReadError, Refusal, State, Unknown};
use crate::keys::WalletSigner;
use crate::networks::{ChainChange, ChainIdentity, Checker, Endpoint, NetworkProfile, NotDeployed, Verdict};
use crate::sync::{
    self, ApiFeed, Books, NodeAuditor, Reconciliation, ReconciliationError, SyncError, SyncStatus, Syncer,
};
use crate::transactions::{
    ApproveError, Digest, DraftError, Journal, JournalError, Question, Settings, TransactionId, Transactions,
    WatchError,
};

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

/// Why a network is not used. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The suite is not on it.
    #[error(transparent)]
    NotDeployed(#[from] NotDeployed),
    /// None of its nodes can be used: each says why.
    #[error("none of the nodes of {name} can be used")]
    Unusable {
        /// The network's name.
        name: String,
        /// What was found at each node.
        verdicts: Vec<Verdict>,
    },
    /// The folder cannot be made.
    #[error("the folder {} cannot be used: {source}. Nothing was sent", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The journal of signed transactions cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The node's address.
    #[error("the node's address cannot be used: {0}")]
    Client(#[from] ConfigError),
}

/// Why there is no question to ask. Nothing was signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProposeError {
    /// The network is not what it was any more, or that cannot be told.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// It makes no sense whatever the chain says, or the chain could not be read.
    #[error(transparent)]
    Intent(#[from] intents::DraftError),
    /// The contracts would refuse it: the fee would be lost for nothing.
    #[error("{}", first(.0))]
    WouldFail(Vec<Finding>),
    /// There is no exact call for it at this moment.
    #[error(transparent)]
    Plan(#[from] Refusal),
    /// No question could be made of the call.
    #[error(transparent)]
    Draft(#[from] DraftError),
}

fn first(findings: &[Finding]) -> String {
    findings.first().map_or_else(String::new, ToString::to_string)
}

/// The chain behind the node is not the one that was opened. Everything stops until the network is opened again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}. Nothing more is sent; open the network again, and it is checked anew")]
pub struct Halted {
    /// What changed.
    pub why: String,
}

/// Why nothing is asked of the network. Nothing was signed or sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// It is another chain.
    #[error(transparent)]
    Halted(#[from] Halted),
    /// Whether it is still the same chain could not be told. Try again.
    #[error(transparent)]
    Unconfirmed(ChainChange),
}

/// Why one look at the chain was not whole. What was learnt is kept, and the next look goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookError {
    /// The network is not what it was any more, or that cannot be told.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The books.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The transactions.
    #[error(transparent)]
    Watch(#[from] WatchError),
}

/// A network in use: its books, its transactions, and what can be asked and done. Everything that it shows or sends is about the
/// one chain that was checked when it was opened.
pub struct Engine {
    deployment: Deployment,
    identity: ChainIdentity,
    verdict: Verdict,
    checker: Checker,
    endpoint: Endpoint,
    reader: NodeReader,
    auditor: NodeAuditor,
    transactions: Arc<Transactions<NodeClient, WalletSigner>>,
    books: Books,
    sync_status: watch::Receiver<SyncStatus>,
    syncer: tokio::sync::Mutex<Syncer<ApiFeed>>,
    settings: Settings,
    clock: Arc<dyn Clock>,
    halted: Mutex<Option<Halted>>,
    confirmed: Mutex<Option<Instant>>,
}

/// How long a confirmation that it is still the same chain holds for what only reads. What signs asks each time.
const CONFIRMED_FOR: Duration = Duration::from_secs(10);

impl Engine {
    /// Checks the network, and goes on with what its files hold.
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
        let Some((verdict, identity)) =
            usable.and_then(|verdict| verdict.identity.map(|found| (verdict, found)))
        else {
            return Err(OpenError::Unusable { name, verdicts });
        };
        let endpoint = verdict.endpoint.clone();
        std::fs::create_dir_all(&folder)
            .map_err(|source| OpenError::Folder { path: folder.clone(), source })?;
        let client = || {
            let config = ClientConfig { expected_chain: Some(network.chain_id), ..ClientConfig::default() };
            NodeClient::with_config([endpoint.as_str()], config)
        };
        let journal = Journal::open(&journal_path(&folder, &identity), network)?;
        let transactions = Transactions::open(
            journal,
            network,
            client()?,
            WalletSigner::new(wallet, network),
            Arc::clone(&clock),
            settings,
        )?;
        let shared = Arc::new(client()?);
        let feed = ApiFeed::new(Arc::clone(&shared), deployment.clone());
        let auditor = NodeAuditor::new(Arc::clone(&shared), deployment.clone());
        let (chain, deployer) = (network.chain_id, deployment.deployer());
        let syncer = Syncer::new(feed, folder, chain, deployer, Arc::clone(&clock)).await;
        let reader = NodeReader::new(shared, deployment.clone());
        Ok(Self {
            deployment,
            identity,
            verdict,
            checker,
            endpoint,
            reader,
            auditor,
            transactions: Arc::new(transactions),
            books: syncer.books(),
            sync_status: syncer.status(),
            syncer: tokio::sync::Mutex::new(syncer),
            settings,
            clock,
            halted: Mutex::new(None),
            confirmed: Mutex::new(None),
        })
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
    #[must_use]
    pub const fn reader(&self) -> &NodeReader {
        &self.reader
    }

    /// Every transaction that was signed here.
    #[must_use]
    pub const fn transactions(&self) -> &Arc<Transactions<NodeClient, WalletSigner>> {
        &self.transactions
    }

    /// What happened on the chain.
    #[must_use]
    pub const fn books(&self) -> &Books {
        &self.books
    }

    /// How far the books are.
    #[must_use]
    pub fn sync_status(&self) -> watch::Receiver<SyncStatus> {
        self.sync_status.clone()
    }

    /// What the books say, what the contracts say and what they hold, beside each other at one block.
    ///
    /// # Errors
    /// [`ReconciliationError`]. Figures that differ are no error.
    pub async fn reconcile(&self) -> Result<Reconciliation, ReconciliationError> {
        sync::reconcile(&self.books, &self.auditor, &self.auditor.tokens()).await
    }

    /// The time that it goes by.
    #[must_use]
    pub const fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// One look at the chain: whether it is still the same one; what happened on it; what became of the transactions. If the
    /// books cannot be brought up to date, the transactions are looked after all the same.
    ///
    /// # Errors
    /// [`LookError`]: the first thing that went wrong.
    pub async fn look(&self) -> Result<(), LookError> {
        self.confirm(CONFIRMED_FOR).await?;
        let synced = self.syncer.lock().await.step().await;
        let watched = self.transactions.poll().await;
        synced?;
        watched?;
        Ok(())
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
    /// carried out.
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
        Ok(self.transactions.replace_with(earlier, prepared).await?)
    }

    async fn prepare(
        &self,
        account: Address,
        intent: &Intent,
    ) -> Result<crate::transactions::Prepared, ProposeError> {
        self.confirm(CONFIRMED_FOR).await?;
        let fee = protocol_fee(&self.settings);
        let drafted =
            intents::prepare(&self.reader, &self.deployment, account, fee, self.clock.now(), intent).await?;
        if !drafted.findings.is_empty() {
            return Err(ProposeError::WouldFail(drafted.findings));
        }
        Ok(drafted.plan?.into_prepared(&drafted.state)?)
    }

    /// The answer yes to a question: see [`Transactions::approve`].
    ///
    /// # Errors
    /// [`ApproveError`].
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
        let market = answer?;
        Ok((quote::offers(&market, wish)?, state))
    }

    /// What the chain says of an order.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn confirm_order(&self, account: Address, order: &Order) -> Result<Confirmed, AskError> {
        let (answer, _) = self.quoted(account, |state| quote::confirm(state, order)).await?;
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
        Ok(self.read_at_one_tip(account, asked).await?)
    }

    /// What a question finds in the suite, all of it at one block, and what was read for it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read_at_one_tip<T: Send>(
        &self,
        account: Address,
        question: impl Fn(&State) -> Result<T, Unknown> + Send + Sync,
    ) -> Result<(T, State), ReadError> {
        let fee = protocol_fee(&self.settings);
        intents::at_one_tip(&self.reader, &self.deployment, account, fee, question).await
    }

    /// Whether it is still the same chain, asked anew if the last answer is older than that.
    async fn confirm(&self, good_for: Duration) -> Result<(), NetworkError> {
        if let Some(halted) = unpoisoned(&self.halted).clone() {
            return Err(halted.into());
        }
        let last = *unpoisoned(&self.confirmed);
        if last.is_some_and(|at| at.elapsed() < good_for) {
            return Ok(());
        }
        match self.checker.confirm(&self.endpoint).await {
            Ok(_) => {
                *unpoisoned(&self.confirmed) = Some(Instant::now());
                Ok(())
            }
            // Nothing is known to have changed; but nothing is sent either.
            Err(change @ ChainChange::Unreadable(_)) => Err(NetworkError::Unconfirmed(change)),
            Err(change) => {
                let halted = Halted { why: change.to_string() };
                tracing::error!(why = halted.why, "the network is not used any more");
                *unpoisoned(&self.halted) = Some(halted.clone());
                Err(halted.into())
            }
        }
    }
}

/// What is behind it is always whole: it is only ever replaced.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why an approval was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineApproveError {
    /// The network is not what it was any more, or that cannot be told. Nothing was signed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// See [`ApproveError`].
    #[error(transparent)]
    Approve(#[from] ApproveError),
}

/// Why a question about prices has no answer. Nothing was signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The chain could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The contracts, or what was read, give none.
    #[error(transparent)]
    Quote(#[from] QuoteError),
}

/// The most that a call may pay, in the domain's unit.
fn protocol_fee(settings: &Settings) -> bithedge_protocol::MicroStx {
    bithedge_protocol::MicroStx::new(u128::from(settings.fees.call_ceiling.micro()))
}

/// A journal is about one chain, as the books are: nonces and ids of another one mean nothing on it.
fn journal_path(folder: &Path, identity: &ChainIdentity) -> PathBuf {
    let beginning = identity.first_block.map_or_else(|| "any".to_owned(), |block| block.to_string());
    let beginning: String = beginning.chars().take(16).collect();
    folder.join(format!("journal-{:08x}-{beginning}.sqlite", identity.chain_id.0))
}
