//! The application's core without a window: what the shell would call, over standard input and output.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use bithedge_engine::intents::quote::Wish;
use bithedge_engine::intents::{Intent, Protection};
use bithedge_engine::keeper::{
    Caps, DutyKind, FromBooks, Keeper, KeeperPace, Parts, Policy, StandingOrder, When,
};
use bithedge_engine::networks::{Endpoint, NetworkProfile};
use bithedge_engine::notifications::Watcher;
use bithedge_engine::sync::SyncState;
use bithedge_engine::transactions::{
    Depths, Digest, DraftError, Entry, Question, Settings, Status, TransactionId,
};
use bithedge_engine::{Clock, Engine, ProposeError, Setup, present, views};
use bithedge_ipc::{self as ipc, BucketRef};
use bithedge_keys::{
    AutoLock, EntryId, Keychain, KeychainError, KeychainSecret, Mnemonic, Moment, Passphrase, Wallet,
    WalletState, WithoutKeychain,
};
use bithedge_ledger::Snapshot;
use bithedge_prices::{Exchange, MedianOfMarkets, Pace, PriceSource, Rules, Venue};
use bithedge_protocol::pool::Order;
use bithedge_protocol::{Asset, Ppm, Sats, Seconds, TokenAmount, UnixSeconds};
use bithedge_stacks::{Address, MicroStx, NodeClient, Principal};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::Mutex;

use crate::protocol::{Answer, Ask, CapitalRow, Deed, Line, Person, PolicyRow, Row, RowState, Token};
use crate::remains::Held;

/// How often the chain is looked at. Fifty times as often as by a person's application, as the story's days are that much shorter.
const LOOK: Duration = Duration::from_millis(200);
/// For a node that is away at the start.
const PATIENCE: Duration = Duration::from_secs(100);
/// How much more than quoted may be paid, when the price has moved on by the block.
const SLACK: Ppm = Ppm::new(10_000);

/// The time of the newest block, which in a story is years ago.
struct StoryClock(AtomicU64);

impl Clock for StoryClock {
    fn now(&self) -> UnixSeconds {
        UnixSeconds::new(self.0.load(Ordering::Relaxed))
    }
}

/// A run leaves nothing in anybody's keychain: the key file is protected by the passphrase alone, as on a machine without one.
struct NoKeychain;

impl NoKeychain {
    fn none<T>() -> Result<T, KeychainError> {
        Err(KeychainError::NoKeychain { reason: "the acceptance run uses none".to_owned() })
    }
}

impl Keychain for NoKeychain {
    fn get(&self, _: EntryId) -> Result<KeychainSecret, KeychainError> {
        Self::none()
    }
    fn set(&self, _: EntryId, _: &KeychainSecret) -> Result<(), KeychainError> {
        Self::none()
    }
    fn delete(&self, _: EntryId) -> Result<(), KeychainError> {
        Self::none()
    }
}

/// What runs until the process is killed.
struct Opened {
    engine: Arc<Engine>,
    addresses: Vec<Address>,
    /// Questions that were not answered yet: dropping one answers no.
    questions: Vec<Question>,
    /// What was told to Peter and Irene.
    watcher: Arc<Mutex<Watcher>>,
    folder: PathBuf,
    node: String,
}

/// Where a core works, and with whom.
#[derive(Debug)]
pub(crate) struct CoreOptions {
    /// Where everything of the application is.
    pub(crate) folder: PathBuf,
    /// The node's URL.
    pub(crate) node: String,
    /// Where the public markets are asked.
    pub(crate) markets: String,
    /// From which depth a transaction counts as confirmed.
    pub(crate) confirmations: u64,
}

/// Answers questions until the input ends.
pub(crate) async fn serve(options: &CoreOptions) -> Result<()> {
    std::fs::create_dir_all(&options.folder)?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut stdout = tokio::io::stdout();
    let mut opened: Option<Opened> = None;
    while let Some(line) = lines.next_line().await? {
        // Not with the line itself: it may hold the passphrase.
        let Line { number, body }: Line<Ask> =
            serde_json::from_str(&line).map_err(|_| anyhow!("a question that cannot be read"))?;
        let answer = match (body, &mut opened) {
            (Ask::Open { words, passphrase }, slot) => match open(options, words, passphrase).await {
                Ok(fresh) => {
                    let addresses = fresh.addresses.iter().map(ToString::to_string).collect();
                    *slot = Some(fresh);
                    Ok(Answer::Opened { addresses })
                }
                Err(error) => Err(error),
            },
            (ask, Some(opened)) => opened.answer(ask).await,
            (_, None) => Err(anyhow!("it is not open")),
        };
        let body = answer.unwrap_or_else(|error| Answer::Refused {
            why: format!("{error:#}"),
            code: None,
            unresolved: None,
        });
        let line = serde_json::to_string(&Line { number, body })?;
        stdout.write_all(format!("{line}\n").as_bytes()).await?;
        stdout.flush().await?;
    }
    Ok(())
}

async fn open(options: &CoreOptions, words: String, passphrase: String) -> Result<Opened> {
    let CoreOptions { folder, node, markets, .. } = options;
    let client = NodeClient::new([node.as_str()])?;
    let place = folder.join("wallet");
    let (wallet, addresses) =
        tokio::task::spawn_blocking(move || unlocked(&place, &words, &passphrase)).await??;
    let (engine, clock) = connected(options, &client, wallet).await?;
    let first = engine.look().await;
    if let Err(error) = first {
        tracing::info!(%error, "the first look");
    }
    let looking = Arc::clone(&engine);
    tokio::spawn(async move {
        loop {
            if let Ok(now) = time(&client).await {
                clock.0.store(now, Ordering::Relaxed);
            }
            if let Err(error) = looking.look().await {
                tracing::info!(%error, "a look at the chain");
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    let keeper = addresses.first().copied().context("no keeper")?;
    tokio::spawn(keep(Arc::clone(&engine), keeper, markets.to_owned()));
    let watcher = Watcher::open(
        &folder.join("told"),
        bithedge_engine::notifications::Settings::default(),
        engine.identity(),
    );
    let watcher = Arc::new(Mutex::new(watcher));
    let people = addresses.iter().skip(1).copied().collect();
    tokio::spawn(notice(Arc::clone(&engine), Arc::clone(&watcher), people));
    Ok(Opened {
        engine,
        addresses,
        questions: Vec::new(),
        watcher,
        folder: folder.to_owned(),
        node: node.to_owned(),
    })
}

/// The network, as soon as its node is there.
async fn connected(
    options: &CoreOptions,
    client: &NodeClient,
    wallet: Arc<Wallet>,
) -> Result<(Arc<Engine>, Arc<StoryClock>)> {
    let CoreOptions { folder, node, confirmations, .. } = options;
    let usual = Settings::default();
    let depths = Depths { confirmed: *confirmations, ..usual.depths };
    let settings = Settings {
        // The story's seconds are worth minutes.
        first_resend: Duration::from_secs(2),
        longest_resend: Duration::from_secs(10),
        depths,
        ..usual
    };
    let begun = std::time::Instant::now();
    loop {
        let opened = async {
            let clock = Arc::new(StoryClock(AtomicU64::new(time(client).await?)));
            let setup = Setup {
                folder: folder.join("network"),
                profile: NetworkProfile::devnet(Endpoint::parse(node)?)?,
                wallet: Arc::clone(&wallet),
                settings,
                clock: Arc::clone(&clock) as Arc<dyn Clock>,
            };
            Ok::<_, anyhow::Error>((Arc::new(Engine::open(setup).await?), clock))
        };
        match opened.await {
            Ok(opened) => return Ok(opened),
            Err(error) if begun.elapsed() > PATIENCE => return Err(error),
            Err(error) => {
                tracing::info!(error = format!("{error:#}"), "the network is not there");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

async fn time(client: &NodeClient) -> Result<u64> {
    let newest = client.blocks(1, 0).await?.results.into_iter().next();
    Ok(newest.context("a chain without blocks")?.block_time)
}

/// The wallet, made or opened, with an account for everybody.
fn unlocked(place: &Path, words: &str, passphrase: &str) -> Result<(Arc<Wallet>, Vec<Address>)> {
    let wallet = Wallet::open(place, Arc::new(NoKeychain))?;
    let passphrase = Passphrase::new(passphrase).map_err(|_| anyhow!("not a passphrase"))?;
    if wallet.state() == WalletState::Absent {
        let mnemonic = Mnemonic::parse(words).map_err(|_| anyhow!("no mnemonic"))?;
        wallet.create(&mnemonic, &passphrase, WithoutKeychain::Accepted, Moment::now())?;
    } else {
        wallet.unlock(&passphrase, Moment::now())?;
    }
    // Whoever has a keeper work for the day has to leave the keys with it: nobody here touches a keyboard.
    wallet.set_auto_lock(AutoLock { after: Duration::from_secs(86_400) });
    while wallet.accounts()?.len() < Person::ALL.len() {
        wallet.add_account("One more")?;
    }
    let version = bithedge_stacks::Network::TESTNET.version;
    let addresses = wallet.accounts()?.iter().filter_map(|account| account.address(version)).collect();
    Ok((Arc::new(wallet), addresses))
}

/// Looks for what people should know, once for every block that was read.
async fn notice(engine: Arc<Engine>, watcher: Arc<Mutex<Watcher>>, people: Vec<Address>) {
    let mut last = None;
    loop {
        tokio::time::sleep(LOOK).await;
        let SyncState::Current { at } = engine.sync_status().borrow().state.clone() else { continue };
        if last == Some(at.hash) {
            continue;
        }
        last = Some(at.hash);
        for person in &people {
            match engine.observe(*person).await {
                Ok(seen) => {
                    let mut watcher = watcher.lock().await;
                    let observed = watcher.observe(&seen);
                    let shown: Vec<u64> = observed.notifications.iter().map(|one| one.id).collect();
                    if let Err(error) = watcher.delivered(&shown) {
                        tracing::warn!(%error, "what was told is not written down");
                    }
                }
                Err(error) => tracing::info!(%error, "nothing could be noticed"),
            }
        }
    }
}

/// The application's keeper, for the first account: everything that is due, and reports.
async fn keep(engine: Arc<Engine>, account: Address, markets: String) {
    let sources = [Venue::Coinbase, Venue::Kraken, Venue::OkxIndex].map(|venue| {
        let pace = Pace { interval: Duration::from_millis(100), timeout: Duration::from_secs(5) };
        Exchange::at_loopback(venue, &markets)
            .map(|one| Arc::new(one.with_pace(pace)) as Arc<dyn PriceSource>)
    });
    let sources: Result<Vec<_>, _> = sources.into_iter().collect();
    let Ok(Ok(prices)) = sources.map(|sources| MedianOfMarkets::new(sources, Rules::STANDARD)) else {
        return tracing::error!("no markets");
    };
    let (Ok(reader), Ok(books)) = (engine.reader().cloned(), engine.books().cloned()) else {
        return tracing::error!("the network is stopped");
    };
    let parts = Parts {
        transactions: Arc::clone(engine.transactions()),
        reader,
        deployment: engine.deployment().clone(),
        prices,
        ended: FromBooks::new(books),
        clock: Arc::clone(engine.clock()),
        tiers: vec![1, 2, 3],
    };
    let policy = Policy::serving().with(DutyKind::ReportPrices, When::Always);
    let most = MicroStx::new(1_000_000_000);
    let order = StandingOrder {
        account,
        kinds: DutyKind::ALL.to_vec(),
        caps: Caps { a_call: MicroStx::new(3_000_000), a_day: most, a_day_for_reports: most },
        until: UnixSeconds::new(u64::MAX),
    };
    let pace = KeeperPace { look: LOOK, longest: Duration::from_secs(1), patience: Duration::from_secs(30) };
    Keeper::new(parts, policy, order)
        .with_first_retry(LOOK)
        .run(pace, |told| match told {
            Ok(deed) => tracing::info!(?deed, "the keeper"),
            Err(error) => tracing::info!(%error, "the keeper"),
        })
        .await;
}

impl Opened {
    fn address(&self, person: Person) -> Result<Address> {
        self.addresses.get(person.index() as usize).copied().context("no such account")
    }

    async fn answer(&mut self, ask: Ask) -> Result<Answer> {
        match ask {
            Ask::Open { .. } | Ask::Addresses => {
                Ok(Answer::Opened { addresses: self.addresses.iter().map(ToString::to_string).collect() })
            }
            Ask::Propose { person, deed, repeats } => {
                let account = self.address(person)?;
                let intent = present::intent(&self.wish(account, deed).await?, account)?;
                let asked = match repeats {
                    None => self.engine.propose(account, &intent).await,
                    Some(earlier) => {
                        self.engine.propose_again(TransactionId(earlier), account, &intent).await
                    }
                };
                Ok(self.question(asked))
            }
            Ask::Approve { transaction, digest } => {
                let place = self.questions.iter().position(|one| one.approval().id.0 == transaction);
                let question = place.map(|place| self.questions.remove(place)).context("no such question")?;
                let approval = question.approval();
                anyhow::ensure!(approval.digest.to_string() == digest, "another question was answered");
                let digest: Digest = approval.digest;
                let txid = self.engine.approve(TransactionId(transaction), digest).await?;
                Ok(Answer::Approved { txid: txid.to_string() })
            }
            Ask::Transactions { person } => {
                let account = self.address(person)?;
                Ok(Answer::Transactions { rows: self.transactions(account)? })
            }
            Ask::Policies { person } => {
                let account = self.address(person)?;
                let owner = Principal::Standard(account);
                let page =
                    self.engine.page(account, move |books, _| views::policies(books, &owner, None, 1_000));
                Ok(Answer::Policies { rows: page.await?.policies.iter().map(policy_row).collect() })
            }
            Ask::Capital { person } => {
                let account = self.address(person)?;
                let owner = Principal::Standard(account);
                let page = self.engine.page(account, move |books, _| views::capital(books, &owner)).await?;
                Ok(Answer::Capital { rows: page.positions.iter().map(capital_row).collect() })
            }
            Ask::Books => {
                let status = self.engine.sync_status().borrow().clone();
                let (height, is_current) = match &status.state {
                    SyncState::Current { at } => (Some(at.height.get()), true),
                    _ => (None, false),
                };
                let anomalies = self.engine.books()?.read(|books| Ok(books.anomalies(1_000)?.len())).await?;
                Ok(Answer::Books { height, is_current, anomalies: anomalies as u64 })
            }
            Ask::Told => {
                let told = self.watcher.lock().await.recent(1_000);
                let words = told.iter().rev().map(|one| format!("{:?}: {}", one.kind, one.happened));
                Ok(Answer::Told { words: words.collect() })
            }
            Ask::Reconcile => self.reconcile().await,
            Ask::Rebuild => self.rebuild().await,
            Ask::Remains => {
                let held = self.engine.books()?.read(Held::read).await?;
                Ok(Answer::Remains { lines: held.lines()? })
            }
        }
    }

    fn question(&mut self, asked: Result<Question, ProposeError>) -> Answer {
        match asked {
            Ok(question) => {
                let approval = question.approval();
                let answer = Answer::Question {
                    transaction: approval.id.0,
                    digest: approval.digest.to_string(),
                    words: approval.words.clone(),
                    leaves: approval.leaves.iter().map(ToString::to_string).collect(),
                };
                self.questions.push(question);
                answer
            }
            Err(error) => {
                let code = match &error {
                    ProposeError::WouldFail(findings) => {
                        findings.first().and_then(|one| one.code()).and_then(|code| u64::try_from(code).ok())
                    }
                    _ => None,
                };
                let unresolved = match &error {
                    ProposeError::Draft(DraftError::Unresolved(id)) => Some(id.0),
                    _ => None,
                };
                Answer::Refused { why: error.to_string(), code, unresolved }
            }
        }
    }

    /// What a deed is at the prices of now, as the window would ask for it.
    async fn wish(&self, account: Address, deed: Deed) -> Result<ipc::Wish> {
        Ok(match deed {
            Deed::Buy { sats, level_ppm, days, token, tier } => {
                let wish = Wish {
                    size: Sats::new(sats.into()),
                    level: Ppm::new(level_ppm.into()),
                    term: Seconds::new(u64::from(days) * 86_400),
                    asset: Some(token.into()),
                    tier: Some(tier),
                };
                let (offers, _) = self.engine.offers(account, &wish).await?;
                let best = offers.candidates.iter().find(|one| one.quote.is_ok());
                let best = best.with_context(|| {
                    let refusal = offers.candidates.first().and_then(|one| one.quote.as_ref().err().cloned());
                    format!("nothing is sold: {refusal:?}")
                })?;
                let confirmed = self.engine.confirm_order(account, &best.order).await?;
                anyhow::ensure!(
                    confirmed.differs.is_none(),
                    "a quote differs from the chain's: {confirmed:?}"
                );
                let Intent::Protection(Protection::Buy { order, max_cost, valid_until }) =
                    confirmed.buy(SLACK, self.engine.clock().now())
                else {
                    anyhow::bail!("a confirmed quote buys nothing");
                };
                let Order { asset, tier, strike, expiry, size } = order;
                ipc::Wish::Buy { asset, tier, strike, expiry, size, max_cost, valid_until }
            }
            Deed::Activate { policy } => {
                let (asset, pays) = self.step(account, policy, |view| view.activate).await?;
                ipc::Wish::Activate { policy, asset, min_payout: pays }
            }
            Deed::SellBack { policy } => {
                let (asset, pays) = self.step(account, policy, |view| view.sell_back).await?;
                ipc::Wish::SellBack { policy, asset, min_refund: pays }
            }
            Deed::Commit { tier, token, amount } => {
                ipc::Wish::Commit { tier, asset: token.into(), amount: TokenAmount::new(amount.into()) }
            }
            Deed::CancelDeposit { tier, token } => ipc::Wish::CancelDeposit { tier, asset: token.into() },
            Deed::RequestAll { tier, token } => {
                let (asset, owner) = (token.into(), Principal::Standard(account));
                let page = self.engine.page(account, move |books, _| views::capital(books, &owner)).await?;
                let found = page.positions.into_iter().find(|one| one.bucket == BucketRef { tier, asset });
                let shares = found.context("nothing is in that bucket")?.shares;
                ipc::Wish::RequestWithdrawal { tier, asset, shares }
            }
            Deed::ClaimYield { tier, token } => ipc::Wish::ClaimYield { tier, asset: token.into() },
            Deed::ClaimWithdrawal { tier, token } => {
                ipc::Wish::ClaimWithdrawal { tier, asset: token.into(), provider: None }
            }
        })
    }

    /// What the page of policies says that something pays now, less what a price may move by the block.
    async fn step(
        &self,
        account: Address,
        policy: u64,
        which: impl FnOnce(ipc::PolicyView) -> ipc::Step,
    ) -> Result<(Asset, TokenAmount)> {
        let who = Principal::Standard(account);
        let view = self.engine.page(account, move |books, _| views::policy(books, policy, &who)).await?;
        let view = view.context("no such policy")?;
        let asset = view.asset;
        let step = which(view);
        let pays = step.pays().with_context(|| format!("it cannot be done: {step:?}"))?;
        Ok((asset, TokenAmount::new(pays.base_units() * 97 / 100)))
    }

    fn transactions(&self, account: Address) -> Result<Vec<Row>> {
        let mut all = Vec::new();
        let mut before = None;
        loop {
            let page = self.engine.transactions().history(before, 500)?;
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            all.extend(page.into_iter().filter(|entry| entry.account == account));
        }
        all.sort_by_key(|entry| entry.id);
        Ok(all.iter().map(row).collect())
    }

    async fn reconcile(&self) -> Result<Answer> {
        let table = self.engine.reconcile().await?;
        let shown =
            |amount: Option<TokenAmount>| amount.map_or("-".to_owned(), |one| one.base_units().to_string());
        let rows = table.rows.iter().map(|row| {
            let (ledger, contract, balance) = (shown(row.ledger), shown(row.contract), shown(row.balance));
            let name = row.token.to_string();
            let token = name.rsplit('.').next().unwrap_or_default();
            let what = format!("{:?} of {token}", row.what);
            format!("{what:<36} ledger {ledger:>18} contract {contract:>18} balance {balance:>18}")
        });
        Ok(Answer::Reconciled { rows: rows.collect(), differs: !table.is_sound() })
    }

    /// The books, and other books that are made from the chain's beginning.
    async fn rebuild(&self) -> Result<Answer> {
        use bithedge_engine::sync::{ApiFeed, Syncer};
        let folder = self.folder.join("rebuilt");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let suite = self.engine.deployment();
        let feed = ApiFeed::new(Arc::new(NodeClient::new([&self.node])?), suite.clone());
        let chain = suite.network().chain().chain_id;
        let clock = Arc::clone(self.engine.clock());
        let mut syncer = Syncer::new(feed, folder, chain, suite.deployer(), clock).await;
        syncer.step().await?;
        let print = |books: &Snapshot<'_>| {
            Ok((books.tip().map(|tip| tip.height.get()), books.fingerprint()?.to_string()))
        };
        let anew = syncer.books().read(print).await?;
        let here = self.engine.books()?.read(print).await?;
        anyhow::ensure!(anew.0 == here.0, "the chain moved while the books were made anew");
        Ok(Answer::Rebuilt { height: here.0.unwrap_or_default(), here: here.1, anew: anew.1 })
    }
}

fn policy_row(view: &ipc::PolicyView) -> PolicyRow {
    PolicyRow {
        id: view.id,
        state: view.state,
        paid: view.paid.map(|paid| carried(paid.base_units())),
        is_sound: view.trust == ipc::Trust::Sound,
    }
}

fn capital_row(view: &ipc::PositionView) -> CapitalRow {
    CapitalRow {
        tier: view.bucket.tier,
        token: if view.bucket.asset == Asset::Sbtc { Token::Sbtc } else { Token::Stx },
        shares: carried(view.shares.count()),
        waiting: carried(view.waiting.iter().map(|one| one.deposit.base_units()).sum()),
        queued: carried(view.queued.count()),
        claimable: carried(view.claimable.base_units()),
        standing: view.health.known().map(|health| health.standing),
    }
}

/// Nothing in a story comes near this bound.
fn carried(amount: u128) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}

fn row(entry: &Entry) -> Row {
    let state = match &entry.status {
        status if status.is_under_way() => RowState::UnderWay,
        Status::Confirmed { .. } => RowState::Confirmed,
        Status::Failed { failure, .. } => RowState::Failed(format!("{failure:?}")),
        Status::Replaced { .. } => RowState::Replaced,
        other => RowState::GivenUp(format!("{other:?}")),
    };
    Row {
        id: entry.id.0,
        earlier: entry.approved.purpose.earlier().map(|earlier| earlier.0),
        intent: entry.approved.intent.clone(),
        txid: entry.txid.to_string(),
        nonce: entry.nonce,
        fee: entry.fee.micro(),
        state,
        alarms: entry.receipt.as_ref().map_or(0, |receipt| receipt.alarms.len()),
    }
}
