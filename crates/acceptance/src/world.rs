//! The chain's time, the market's price, and the two reporters beside ours. Only the story moves them.
//!
//! Whoever is asked may have been killed a moment ago: everything here is asked again until it is there, and done towards a
//! state that can be looked at, so that once or twice makes no difference.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bithedge_practice::chain::SuiteChain;
use bithedge_practice::feed::{Feed, Mine};
use bithedge_practice::holdings::Holdings;
use bithedge_practice::key;
use bithedge_practice::market::{Market, Quote};
use bithedge_protocol::{UnixSeconds, UsdE8};
use bithedge_stacks::client::ClientConfig;
use bithedge_stacks::{Address, NodeClient, Principal};
use bithedge_suite::generated::{liquidity_pool, oracle};
use bithedge_suite::{ContractFunction, Deployment};
use serde_json::{Value as Json, json};

use crate::markets::{Said, ScriptedMarkets};

/// Places in the devnet's list of accounts: those who report besides the application's keeper.
const OTHER_REPORTERS: [usize; 2] = [7, 8];
const DAY: u64 = 86_400;
/// Boundaries are at 08:00 UTC.
const BOUNDARY: u64 = 28_800;
/// A price may be sold at for five minutes: whoever waits for a block reports before that.
const FRESH_SECONDS: u64 = 120;
/// For anything at all, killed processes included.
const PATIENCE: Duration = Duration::from_secs(240);

pub(crate) struct World {
    pub(crate) chain: SuiteChain,
    url: String,
    http: reqwest::Client,
    mine: Mine,
    market: Market,
    markets: ScriptedMarkets,
    feed: Feed,
    patience: Duration,
}

impl World {
    pub(crate) async fn open(url: &str, quote: Quote) -> Result<Self> {
        // A killed devnet is back in seconds, and asked again here: the client itself need not be patient.
        let config = ClientConfig {
            connect_timeout: Duration::from_secs(2),
            attempts: 1,
            max_tip_lag: u64::MAX,
            ..ClientConfig::default()
        };
        let client = Arc::new(NodeClient::with_config([url], config)?);
        let chain = SuiteChain { client, suite: Deployment::devnet() };
        let market = Market::new(quote, false, 1);
        let keys = OTHER_REPORTERS.into_iter().map(key).collect::<Result<Vec<_>, _>>()?;
        let feed = Feed::new(chain.clone(), market.clone(), keys, None);
        let markets = ScriptedMarkets::open(Said { quote, at: UnixSeconds::new(0) }).await?;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
        let (url, mine, patience) = (url.to_owned(), Mine::new(url), PATIENCE);
        Ok(Self { chain, url, http, mine, market, markets, feed, patience })
    }

    /// With so much more patience, where nothing may get on for so long.
    pub(crate) fn patient(self, more: Duration) -> Self {
        Self { patience: PATIENCE + more, ..self }
    }

    /// For anything at all.
    pub(crate) const fn patience(&self) -> Duration {
        self.patience
    }

    /// Where the public markets are asked.
    pub(crate) fn markets(&self) -> &str {
        self.markets.address()
    }

    pub(crate) async fn post(&self, path: &str, body: Json) -> Result<Json> {
        let answer = self.http.post(format!("{}{path}", self.url)).body(body.to_string()).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            bail!("{path}: {status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// Until it works.
    pub(crate) async fn insist<T, F: Future<Output = Result<T>>>(
        &self,
        what: &str,
        act: impl Fn() -> F,
    ) -> Result<T> {
        let started = Instant::now();
        loop {
            match act().await {
                Ok(done) => return Ok(done),
                Err(error) if started.elapsed() > self.patience => {
                    return Err(error).with_context(|| format!("{what}: not within {:?}", self.patience));
                }
                Err(error) => {
                    tracing::debug!(%error, what, "again");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// The time of the newest block. The markets' clocks show it too.
    pub(crate) async fn now(&self) -> Result<u64> {
        let now = self.insist("the chain's time", async || Ok(self.chain.time().await?)).await?;
        self.markets.say(Said { quote: self.price(), at: UnixSeconds::new(now) });
        Ok(now)
    }

    pub(crate) async fn read<F: ContractFunction + Clone>(&self, function: F) -> Result<F::Answer> {
        self.insist(F::FUNCTION, async || Ok(self.chain.read(function.clone()).await?)).await
    }

    /// What everybody has, these people included.
    pub(crate) async fn holdings(&self, people: &[(&str, Principal)]) -> Result<Holdings> {
        self.insist("who has what", async || Ok(Holdings::read(&self.chain, people).await?)).await
    }

    /// One block of what waits.
    pub(crate) async fn block(&self) -> Result<()> {
        self.insist("a block", async || Ok(self.mine.block(false).await?)).await
    }

    /// Gives an account what it needs, unless it has it.
    pub(crate) async fn endow(&self, address: &Address, stx: u64, sbtc: u64) -> Result<()> {
        let principal = Principal::Standard(*address);
        let asset = self.chain.suite.sbtc_asset()?.to_string();
        self.insist("a gift of the faucet", async || {
            let found = self.chain.client.balances(&principal).await?;
            if found.stx.balance.micro() == 0 {
                self.post(
                    "/devnet/faucet/stx",
                    json!({ "address": principal.to_string(), "amount": stx.to_string() }),
                )
                .await?;
            }
            if found.fungible_tokens.get(&asset).is_none_or(|token| token.balance == 0) && sbtc > 0 {
                self.post(
                    "/devnet/faucet/sbtc",
                    json!({ "address": principal.to_string(), "amount": sbtc.to_string() }),
                )
                .await?;
            }
            Ok(())
        })
        .await
    }

    /// Lets time pass until then, or two blocks later at the most.
    async fn travel_to(&self, time: u64) -> Result<()> {
        self.insist("time", async || {
            let now = self.chain.time().await?;
            if now < time {
                self.post("/devnet/time", json!({ "seconds": time - now })).await?;
            }
            while self.chain.time().await? < time {
                self.mine.block(false).await?;
            }
            Ok(())
        })
        .await
    }

    pub(crate) fn price(&self) -> Quote {
        self.market.state().quote
    }

    /// The markets say so from now on; nobody has reported it yet.
    pub(crate) fn set_price(&self, btc: Option<UsdE8>, stx: Option<UsdE8>) {
        self.market.set(btc, stx, None);
    }

    /// The two report what the markets say, in the next block. The application's own reporter does when he sees fit.
    pub(crate) async fn report(&mut self) -> Result<()> {
        let started = Instant::now();
        let before = self.now().await?;
        loop {
            let now = self.now().await?;
            if let Err(error) = self.feed.report(now).await {
                // A report of a moment ago may be waiting: then the block brings that one.
                tracing::debug!(%error, "a report");
            }
            self.block().await?;
            let latest = self.read(oracle::GetLatest {}).await?;
            if latest.at >= u128::from(before) && latest.btc == self.price().btc.base_units() {
                return Ok(());
            }
            if started.elapsed() > self.patience {
                bail!("no report is accepted: the latest is {latest:?}, the market says {:?}", self.price());
            }
        }
    }

    /// Reports, if the last report is old.
    async fn refresh(&mut self) -> Result<()> {
        let (now, latest) = (self.now().await?, self.read(oracle::GetLatest {}).await?);
        if u128::from(now) > latest.at + u128::from(FRESH_SECONDS) {
            self.report().await?;
        }
        Ok(())
    }

    /// Makes blocks and looks, until it is there.
    pub(crate) async fn until<T>(
        &mut self,
        what: &str,
        mut look: impl AsyncFnMut(&Self) -> Result<Option<T>>,
    ) -> Result<T> {
        let started = Instant::now();
        loop {
            if let Some(found) = look(self).await? {
                return Ok(found);
            }
            if started.elapsed() > self.patience {
                bail!("{what}: not within {:?}", self.patience);
            }
            self.refresh().await?;
            self.block().await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The prices walk to where they are wanted, 8 % at most every ten minutes, STX with BTC.
    pub(crate) async fn walk_to(&mut self, btc: UsdE8, stx: UsdE8) -> Result<()> {
        loop {
            let quote = self.price();
            if (quote.btc, quote.stx) == (btc, stx) {
                return self.refresh().await;
            }
            let step = |from: UsdE8, to: UsdE8| {
                let from = from.base_units();
                UsdE8::new(to.base_units().clamp(from * 92 / 100, from * 108 / 100))
            };
            self.set_price(Some(step(quote.btc, btc)), Some(step(quote.stx, stx)));
            let time = self.now().await? + 600;
            self.travel_to(time).await?;
            self.report().await?;
        }
    }

    /// On past the next 08:00 UTC, with reports in the half-hour before it and one after it. Returns that time.
    pub(crate) async fn next_boundary(&mut self) -> Result<u64> {
        let boundary = (self.now().await? - BOUNDARY) / DAY * DAY + DAY + BOUNDARY;
        for before in [1_800, 1_200, 600] {
            if self.now().await? < boundary - before {
                self.travel_to(boundary - before).await?;
                self.report().await?;
            }
        }
        self.travel_to(boundary).await?;
        self.report().await?;
        Ok(boundary)
    }

    pub(crate) async fn bucket(
        &self,
        tier: u128,
        token: &Principal,
    ) -> Result<Option<liquidity_pool::types::Bucket>> {
        self.read(liquidity_pool::GetBucket { tier, token: token.clone() }).await
    }
}
