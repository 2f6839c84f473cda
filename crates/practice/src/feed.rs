//! The practice reporters: three accounts that report what the market says, every four minutes of the chain's time, sooner when
//! it has moved by half a percent, and at once when the time has jumped or somebody has set the price.

use bithedge_protocol::UsdE8;
use bithedge_stacks::client::TransactionStatus;
use bithedge_stacks::transaction::BuildError;
use bithedge_stacks::{ClientError, MicroStx, Payload, Principal, SecretKey, TransactionBuilder, Txid};
use bithedge_suite::ContractFunction as _;
use bithedge_suite::generated::oracle;

use crate::chain::{ReadError, SuiteChain};
use crate::market::{Market, Quote};

/// Ample for a report.
const FEE: MicroStx = MicroStx::new(2_000);
/// Nothing is sold at a price that is older than five minutes (`sale-max-age`); a report may wait for some blocks.
const REPORT_SECONDS: u64 = 240;
/// A price that has moved by more than one part in so many is reported at once.
const MOVED_PART: u128 = 200;
/// Older prices are no prices for the contracts (`max-age`): then a report does not wait for the next block.
const TOO_OLD_SECONDS: u64 = 900;

/// Why no report was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The chain could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The report cannot be signed.
    #[error("a report cannot be signed: {0}")]
    Build(#[from] BuildError),
    /// The devnet made no block.
    #[error("the devnet made no block: {0}")]
    NoBlock(String),
}

impl From<ClientError> for FeedError {
    fn from(error: ClientError) -> Self {
        Self::Read(ReadError::Client(error))
    }
}

/// Asks a devnet for blocks.
#[derive(Debug, Clone)]
pub struct Mine {
    http: reqwest::Client,
    url: String,
}

impl Mine {
    /// A devnet's address.
    #[must_use]
    pub fn new(url: &str) -> Self {
        // Without TLS nothing in the builder can fail; no proxy stands between.
        let http = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        Self { http, url: format!("{url}/devnet/mine") }
    }

    /// One block of what waits, with a Bitcoin block or without.
    ///
    /// # Errors
    /// [`FeedError::NoBlock`].
    pub async fn block(&self, burn: bool) -> Result<(), FeedError> {
        let body = serde_json::json!({ "burn": burn }).to_string();
        let failed = |error: reqwest::Error| FeedError::NoBlock(error.to_string());
        let answer = self.http.post(&self.url).body(body).send().await.map_err(failed)?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(FeedError::NoBlock(answer.text().await.map_err(failed)?))
    }
}

/// The reporters.
#[allow(missing_debug_implementations, reason = "it holds secrets")]
pub struct Feed {
    chain: SuiteChain,
    market: Market,
    reporters: Vec<Reporter>,
    last: Option<Reported>,
    /// To be asked when a report must not wait; `None` where blocks come only when somebody asks.
    mine: Option<Mine>,
}

/// The last report.
#[derive(Clone, Copy)]
struct Reported {
    /// Chain time.
    at: u64,
    /// The market's changes by hand until then.
    changes: u64,
    quote: Quote,
}

impl Reported {
    fn has_moved(&self, quote: Quote) -> bool {
        let moved = |old: UsdE8, new: UsdE8| {
            let (old, new) = (old.base_units(), new.base_units());
            old.abs_diff(new) > old / MOVED_PART
        };
        moved(self.quote.btc, quote.btc) || moved(self.quote.stx, quote.stx)
    }
}

struct Reporter {
    key: SecretKey,
    waiting: Option<Txid>,
}

impl Feed {
    /// Reporters with these keys.
    #[must_use]
    pub fn new(chain: SuiteChain, market: Market, keys: Vec<SecretKey>, mine: Option<Mine>) -> Self {
        let reporters = keys.into_iter().map(|key| Reporter { key, waiting: None }).collect();
        Self { chain, market, reporters, last: None, mine }
    }

    /// Looks whether it is time, and reports if it is. Returns whether it did.
    ///
    /// # Errors
    /// [`FeedError`]; the next look tries again.
    pub async fn look(&mut self) -> Result<bool, FeedError> {
        let now = self.chain.time().await?;
        let state = self.market.step_to(now);
        let due = match self.last {
            None => true,
            // The time can also go back, to a snapshot.
            Some(Reported { at, .. }) if now < at => true,
            Some(last) => {
                now >= last.at + REPORT_SECONDS
                    || (now > last.at && (last.changes != state.changes || last.has_moved(state.quote)))
            }
        };
        if !due || self.is_waiting().await? {
            return Ok(false);
        }
        self.report(now).await?;
        let urgent =
            self.last.is_none_or(|last| now > last.at + TOO_OLD_SECONDS || last.changes != state.changes);
        self.last = Some(Reported { at: now, changes: state.changes, quote: state.quote });
        if let (true, Some(mine)) = (urgent, &self.mine) {
            mine.block(false).await?;
        }
        Ok(true)
    }

    /// Everybody reports what the market says at a chain time.
    ///
    /// # Errors
    /// [`FeedError`].
    pub async fn report(&mut self, now: u64) -> Result<(), FeedError> {
        let quote = self.market.state().quote;
        let network = self.chain.suite.network().chain();
        for reporter in &mut self.reporters {
            let address = Principal::Standard(reporter.key.address(network.version));
            let nonce = self.chain.client.account(&address).await?.nonce;
            let report = oracle::ReportPrices {
                btc: quote.btc.base_units(),
                stx: quote.stx.base_units(),
                observed_at: now.into(),
            };
            // A report moves nothing, so nothing is allowed to move.
            let transaction =
                TransactionBuilder::new(network, Payload::from(report.into_call(&self.chain.suite)))
                    .nonce(nonce)
                    .fee(FEE)
                    .sign(&reporter.key)?;
            reporter.waiting = Some(self.chain.client.broadcast(&transaction).await?);
        }
        Ok(())
    }

    /// Whether a report of before still waits for a block.
    async fn is_waiting(&mut self) -> Result<bool, FeedError> {
        for reporter in &mut self.reporters {
            let Some(txid) = reporter.waiting else { continue };
            match self.chain.client.transaction(txid).await {
                Ok(record) if record.status == TransactionStatus::Pending => return Ok(true),
                // In a block, dropped, or forgotten with a snapshot: the next one is another one.
                Ok(_) | Err(ClientError::NotFound { .. }) => reporter.waiting = None,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }
}
