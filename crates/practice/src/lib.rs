//! The practice network: a devnet with the suite in service, reporters who report a market's prices, and a keeper who does
//! what time demands. Everybody in it has public keys; nothing in it is worth anything.
//!
//! It talks to the devnet over HTTP like everybody else, so that what works here works on other networks.

pub mod chain;
pub mod director;
pub mod feed;
pub mod founding;
pub mod holdings;
pub mod keeper;
pub mod market;
mod routes;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bithedge_deploy::apply::{DeployError, Job};
use bithedge_deploy::inspect::Changed;
use bithedge_deploy::parties::{Parties, PartiesError};
use bithedge_deploy::plan::Plan;
use bithedge_deploy::sender::Blocks;
use bithedge_devnet::accounts::ACCOUNTS;
use bithedge_devnet::{Config, Devnet, StartError, Visitors};
use bithedge_protocol::UsdE8;
use bithedge_stacks::client::ConfigError;
use bithedge_stacks::key::KeyError;
use bithedge_stacks::{MicroStx, NodeClient, SecretKey, Seed};
use bithedge_suite::generated::oracle;
use bithedge_suite::setup::TIERS;
use bithedge_suite::{Deployment, SuiteNetwork};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use chain::{ReadError, SuiteChain};
use director::{Director, attend_feed, attend_keeper};
use feed::{Feed, FeedError, Mine};
use keeper::Keeper;
use market::{Market, Quote};

/// Accounts of the devnet that have a part in the suite, by their place in [`ACCOUNTS`].
const DEPLOYER: usize = 0;
const PROVIDER: usize = 3;
const KEEPER: usize = 4;
const REPORTERS: [usize; 3] = [6, 7, 8];

/// How long the market is reported before anybody comes: the averages need half an hour, those of STX four.
pub const LEAD_SECONDS: u64 = 5 * 3_600;
/// Daily closes are at 08:00 UTC.
const BOUNDARY_SECONDS: u64 = 28_800;
const DAY_SECONDS: u64 = 86_400;
/// Reports before the start are so far apart: a Bitcoin block.
const LEAD_STEP_SECONDS: u64 = 600;
/// How often reporters and keeper look at the chain, by this machine's clock.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Ample for a call of the set-up.
const MOST_A_CALL: MicroStx = MicroStx::new(100_000);

/// Why the practice network could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PracticeError {
    /// The devnet.
    #[error(transparent)]
    Devnet(#[from] StartError),
    /// The suite could not be brought into service on it.
    #[error(transparent)]
    Deploy(NotInService),
    /// Who has which part.
    #[error("who has which part on the devnet: {0}")]
    Parties(#[from] PartiesError),
    /// The set-up itself.
    #[error("no client for the devnet: {0}")]
    Client(#[from] ConfigError),
    /// A practice account's key.
    #[error("a practice account has no key: {0}")]
    Key(#[from] KeyError),
    /// The chain could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The first prices.
    #[error("no price was reported: {0}")]
    Feed(#[from] FeedError),
    /// The practice provider's capital.
    #[error("no capital was committed: {0}")]
    Founding(#[from] founding::FoundingError),
    /// What the first daily closes demand.
    #[error("the first daily close failed: {0}")]
    Keeper(#[from] keeper::KeeperError),
}

/// Why the suite is not in service on a devnet, and what to do.
#[derive(Debug, thiserror::Error)]
pub struct NotInService {
    /// Where the devnet is kept.
    pub data_dir: PathBuf,
    /// What stopped the deployment.
    #[source]
    pub cause: DeployError,
}

impl fmt::Display for NotInService {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data_dir, cause } = self;
        let folder = data_dir.display();
        match cause {
            DeployError::OtherSource { .. } | DeployError::HandedOver { .. } => write!(
                out,
                "the devnet in {folder} was made with other contracts or another set-up than this program's, and neither can be \
                 replaced: {cause}. Delete that folder"
            )?,
            _ => write!(
                out,
                "the suite could not be brought into service on the devnet in {folder}: {cause}. Start again, and it goes on \
                 from there. If that fails too, delete that folder"
            )?,
        }
        out.write_str(
            ", or name another one with --data-dir: a new devnet is made there. All that is lost is play money, worth nothing",
        )
    }
}

/// What a practice network is started with.
#[derive(Debug, Clone)]
pub struct Practice {
    /// The devnet. A new chain starts [`LEAD_SECONDS`] before now, unless it is said when, and the suite is in service that
    /// much later.
    pub devnet: Config,
    /// What the market says at first.
    pub quote: Quote,
    /// Whether it then wanders.
    pub walks: bool,
    /// Where the wandering comes from.
    pub seed: u64,
    /// Whether the reporters and the keeper work by themselves. Without, time passes unseen by them.
    pub attended: bool,
    /// Whether a practice provider has committed capital to every tier, and a daily close has made shares of it, so that there is
    /// something to buy at once. A new chain then begins [`LEAD_SECONDS`] before the last 08:00 UTC.
    pub founded: bool,
    /// Who may ask it.
    pub visitors: Visitors,
}

impl Practice {
    /// A wandering market, attended.
    #[must_use]
    pub fn new(devnet: Config) -> Self {
        Self {
            devnet,
            quote: Market::START,
            walks: true,
            seed: 1,
            attended: true,
            founded: false,
            visitors: Visitors::Everybody,
        }
    }

    /// Starts it and returns when the suite is in service and has prices.
    ///
    /// # Errors
    /// [`PracticeError`].
    pub async fn start(self) -> Result<PracticeNetwork, PracticeError> {
        let block_time = self.devnet.block_time;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let genesis_time = self.devnet.genesis_time.unwrap_or_else(|| {
            let from =
                if self.founded { now - now.saturating_sub(BOUNDARY_SECONDS) % DAY_SECONDS } else { now };
            from.saturating_sub(LEAD_SECONDS)
        });
        // Until the suite stands, blocks come only when they are asked for.
        let data_dir = self.devnet.data_dir.clone();
        let config = Config { block_time: None, genesis_time: Some(genesis_time), ..self.devnet };
        let market = Market::new(self.quote, self.walks, self.seed);
        let slot = Arc::new(OnceLock::new());
        let mut devnet = Devnet::start_with(
            config,
            routes::router(market.clone()).merge(director::routes::router(slot.clone())),
            self.visitors,
        )
        .await?;
        let url = devnet.url();
        let client = Arc::new(NodeClient::new([&url])?);
        let suite = Deployment::devnet();
        let chain = SuiteChain { client, suite };
        let changed = put_into_service(&chain, &url, data_dir).await?;

        let mine = Mine::new(&url);
        let keys = REPORTERS.into_iter().map(key).collect::<Result<Vec<_>, _>>()?;
        let urgent = block_time.is_some().then(|| mine.clone());
        let mut feed = Feed::new(chain.clone(), market.clone(), keys, urgent);
        let last = chain.read(oracle::GetLatest {}).await?;
        let tiers: Vec<_> = TIERS.iter().map(|tier| tier.tier).collect();
        if self.founded {
            // Where this was cut off, it is made up for: the deposits then wait for the next close.
            founding::commit(&chain, &key(PROVIDER)?, Blocks::OnRequest(url.clone()), &tiers).await?;
        }
        if last.at == 0 {
            let until =
                if self.founded { now.max(genesis_time + LEAD_SECONDS) } else { genesis_time + LEAD_SECONDS };
            lead(&chain, &mut feed, &mine, &market, until).await?;
        } else {
            market.resume(Quote { btc: UsdE8::new(last.btc), stx: UsdE8::new(last.stx) });
        }
        let feed = Arc::new(Mutex::new(feed));
        // Where blocks come by themselves, the keeper does not wait for them: a person looks on.
        let blocks = if block_time.is_some() {
            Blocks::OnRequest(url.clone())
        } else {
            Blocks::Awaited { every: Duration::from_millis(300), patience: Duration::from_secs(120) }
        };
        let on_request = Blocks::OnRequest(url.clone());
        let mut keeper = Keeper::new(chain.clone(), key(KEEPER)?, on_request, tiers);
        if self.founded {
            while keeper.look().await? > 0 {}
        }
        keeper.set_blocks(blocks.clone());
        let keeper = Arc::new(Mutex::new(keeper));
        let director = Director::new(url, chain.clone(), market.clone(), feed.clone(), keeper.clone());
        let mut workers = vec![tokio::spawn(director.clone().run())];
        if self.attended {
            workers.push(tokio::spawn(attend_feed(feed, director.directed(), LOOK_EVERY)));
            workers.push(tokio::spawn(attend_keeper(keeper, blocks, director.directed(), LOOK_EVERY)));
        }
        // Whoever asks now is answered.
        let _ = slot.set(director.clone());
        if let Some(block_time) = block_time {
            devnet.mine_every(block_time);
        }
        Ok(PracticeNetwork { devnet: Some(devnet), chain, market, director, changed, workers })
    }
}

/// A running practice network. Dropping it ends it at once; [`PracticeNetwork::shutdown`] does it in good order.
#[derive(Debug)]
pub struct PracticeNetwork {
    devnet: Option<Devnet>,
    chain: SuiteChain,
    market: Market,
    director: Director,
    changed: Vec<Changed>,
    workers: Vec<JoinHandle<()>>,
}

impl PracticeNetwork {
    /// Where the devnet serves.
    #[must_use]
    pub fn url(&self) -> String {
        self.devnet.as_ref().map(Devnet::url).unwrap_or_default()
    }

    /// The suite on it.
    #[must_use]
    pub const fn chain(&self) -> &SuiteChain {
        &self.chain
    }

    /// What its reporters look at.
    #[must_use]
    pub const fn market(&self) -> &Market {
        &self.market
    }

    /// Who moves the market and the clock.
    #[must_use]
    pub const fn director(&self) -> &Director {
        &self.director
    }

    /// What votes had changed of the set-up when it started.
    #[must_use]
    pub fn changed(&self) -> &[Changed] {
        &self.changed
    }

    /// Ends reporters, keeper and devnet, and writes everything to the disk.
    ///
    /// # Errors
    /// When the devnet's journal could not be flushed.
    pub async fn shutdown(mut self) -> std::io::Result<()> {
        self.end_workers();
        match self.devnet.take() {
            Some(devnet) => devnet.shutdown().await,
            None => Ok(()),
        }
    }

    fn end_workers(&self) {
        self.director.close();
        for worker in &self.workers {
            worker.abort();
        }
    }
}

impl Drop for PracticeNetwork {
    fn drop(&mut self) {
        self.end_workers();
    }
}

/// The public mnemonic of a practice account, by its place in [`ACCOUNTS`].
#[must_use]
pub fn words(account: usize) -> Option<&'static str> {
    ACCOUNTS.get(account).map(|account| account.mnemonic)
}

/// The key of a practice account.
///
/// # Errors
/// [`KeyError`] for a place that [`ACCOUNTS`] does not have.
pub fn key(account: usize) -> Result<SecretKey, KeyError> {
    Seed::from_mnemonic(words(account).unwrap_or_default(), "")?.account(0)
}

async fn put_into_service(
    chain: &SuiteChain,
    url: &str,
    data_dir: PathBuf,
) -> Result<Vec<Changed>, PracticeError> {
    let setup = Parties::devnet()?.setup(&chain.suite)?;
    let plan = Plan::generate(SuiteNetwork::Devnet);
    let job = Job {
        client: &chain.client,
        plan: &plan,
        deployment: &chain.suite,
        setup: &setup,
        most_a_call: MOST_A_CALL,
    };
    let blocks = Blocks::OnRequest(url.to_owned());
    let done = job
        .apply(&key(DEPLOYER)?, blocks, |step| tracing::debug!(%step, "deployment"))
        .await
        .map_err(|cause| PracticeError::Deploy(NotInService { data_dir, cause }))?;
    tracing::info!(done.transactions, "the suite is in service");
    for changed in &done.changed {
        tracing::info!(%changed, "a vote has changed the set-up");
    }
    Ok(done.changed)
}

/// Reports every ten minutes until the lead is over.
async fn lead(
    chain: &SuiteChain,
    feed: &mut Feed,
    mine: &Mine,
    market: &Market,
    until: u64,
) -> Result<(), PracticeError> {
    loop {
        let now = chain.time().await?;
        market.step_to(now);
        feed.report(now).await?;
        if now + LEAD_STEP_SECONDS > until {
            mine.block(false).await?;
            return Ok(());
        }
        mine.block(true).await?;
    }
}
