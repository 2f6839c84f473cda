//! Moving the chain: time passes, prices are reported, and what a boundary demands is done. Every move ends with a report, so that
//! the oracle is never silent when somebody looks.

use std::sync::Arc;
use std::time::Duration;

use bithedge_deploy::sender::Blocks;
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::Principal;
use bithedge_suite::generated::{liquidity_pool, oracle};
use bithedge_suite::setup::TIERS;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::sync::{Mutex, watch};

use super::{Directed, DirectorError};
use crate::chain::SuiteChain;
use crate::feed::Feed;
use crate::keeper::Keeper;
use crate::market::Market;

/// Boundaries are at 08:00 UTC.
const DAY_SECONDS: u64 = 86_400;
const BOUNDARY_SECONDS: u64 = 28_800;
/// Before a boundary prices are reported so long before it: for the average of BTC over half an hour, which takes three reports after one
/// from before it, and for that of STX over four hours.
const REPORTS_BEFORE: [u64; 5] = [super::scenario::HELD_SECONDS, 2_400, 1_800, 1_200, 600];
/// A report of the keeper's blocks ago is made again: nothing is sold at a price that is older than five minutes.
const FRESH_SECONDS: u64 = 60;
/// So often something is tried again that failed, so far apart: a node that misbehaves on purpose answers in between.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(250);
/// Looks of the keeper at one boundary until nothing is left to do. Each does all that it finds.
const MOST_LOOKS: u32 = 12;

/// The newest block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Tip {
    /// Its height.
    #[serde(rename = "stacks_height")]
    pub(crate) height: u64,
    /// Its time, in seconds since 1970.
    pub(crate) time: u64,
}

/// What the chain is moved with.
pub(crate) struct Drive {
    pub(crate) chain: SuiteChain,
    pub(crate) market: Market,
    pub(crate) feed: Arc<Mutex<Feed>>,
    pub(crate) keeper: Arc<Mutex<Keeper>>,
    pub(crate) state: Arc<watch::Sender<Directed>>,
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
}

/// The first boundary after a moment.
pub(crate) const fn boundary_after(time: u64) -> u64 {
    (time + DAY_SECONDS - BOUNDARY_SECONDS) / DAY_SECONDS * DAY_SECONDS + BOUNDARY_SECONDS
}

impl Drive {
    /// One of the devnet's controls, which answers with the newest block.
    async fn control(&self, path: &str, body: Json) -> Result<Tip, DirectorError> {
        let failed = |error: reqwest::Error| DirectorError::Devnet(error.to_string());
        let request = self.http.post(format!("{}{path}", self.url)).body(body.to_string());
        let answer = request.send().await.map_err(failed)?;
        let (status, text) = (answer.status(), answer.text().await.map_err(failed)?);
        if status == reqwest::StatusCode::CONFLICT {
            return Err(DirectorError::StandsStill(text));
        }
        if !status.is_success() {
            return Err(DirectorError::Devnet(format!("{path}: {status}: {text}")));
        }
        let tip: Tip = serde_json::from_str(&text)
            .map_err(|error| DirectorError::Devnet(format!("{path} answered something else: {error}")))?;
        self.show(tip);
        Ok(tip)
    }

    /// One block of what waits.
    async fn block(&self) -> Result<Tip, DirectorError> {
        self.control("/devnet/mine", json!({})).await
    }

    /// The newest block, as it is now.
    pub(crate) async fn tip(&self) -> Result<Tip, DirectorError> {
        let block = self.insist(|| async { Ok(self.chain.tip().await?) }).await?;
        let tip = Tip { height: block.height, time: block.block_time };
        self.show(tip);
        Ok(tip)
    }

    pub(crate) fn show(&self, tip: Tip) {
        let quote = self.market.state().quote;
        self.state.send_if_modified(|state| {
            state.changed(|state| {
                state.height = BlockHeight::new(tip.height);
                state.time = UnixSeconds::new(tip.time);
                (state.btc, state.stx) = (quote.btc, quote.stx);
            })
        });
    }

    /// Until it works, a few times. A fault that stops the chain is not waited for.
    async fn insist<T, F>(&self, act: impl Fn() -> F + Send) -> Result<T, DirectorError>
    where
        F: Future<Output = Result<T, DirectorError>> + Send,
    {
        let mut tries = 1;
        loop {
            match act().await {
                Ok(done) => return Ok(done),
                Err(error @ DirectorError::StandsStill(_)) => return Err(error),
                Err(error) if tries >= TRIES => return Err(error),
                Err(error) => tracing::debug!(%error, "the devnet is asked again"),
            }
            tries += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Lets time pass until then. What waits for a block gets one first.
    pub(crate) async fn travel_to(&self, time: u64) -> Result<(), DirectorError> {
        self.insist(|| async {
            // Asked again, it is only what is left.
            let now = self.chain.time().await?;
            if let Some(seconds) = time.checked_sub(now) {
                self.control("/devnet/time", json!({ "seconds": seconds })).await?;
            }
            Ok(())
        })
        .await
    }

    /// The same, with a report at its end.
    pub(crate) async fn go_to(&self, time: u64) -> Result<(), DirectorError> {
        self.travel_to(time).await?;
        self.report().await
    }

    /// Everybody reports what the market says now, in the next block, and the oracle has it.
    pub(crate) async fn report(&self) -> Result<(), DirectorError> {
        let mut feed = self.feed.lock().await;
        for _ in 0..TRIES {
            let now = self.tip().await?.time;
            let quote = self.market.step_to(now).quote;
            if let Err(error) = feed.report(now).await {
                // One of a moment ago may be waiting: then the block brings that one.
                tracing::debug!(%error, "a report");
            }
            self.insist(|| self.block()).await?;
            let latest = self.latest().await?;
            if latest.at >= u128::from(now)
                && (latest.btc, latest.stx) == (quote.btc.base_units(), quote.stx.base_units())
            {
                return Ok(());
            }
        }
        Err(DirectorError::NoPrice { tries: TRIES })
    }

    /// The oracle's newest prices.
    async fn latest(&self) -> Result<oracle::types::SlotsEntry, DirectorError> {
        self.insist(|| async { Ok(self.chain.read(oracle::GetLatest {}).await?) }).await
    }

    /// Reports, unless the last report is of just now.
    pub(crate) async fn refresh(&self) -> Result<(), DirectorError> {
        let now = self.tip().await?.time;
        let latest = self.latest().await?;
        if u128::from(now) > latest.at + u128::from(FRESH_SECONDS) {
            self.report().await?;
        }
        Ok(())
    }

    /// On past a boundary, with the reports that its averages need and one after it, and everything done that it demands.
    pub(crate) async fn cross(&self, boundary: u64) -> Result<(), DirectorError> {
        for before in REPORTS_BEFORE {
            if self.tip().await?.time + before < boundary {
                self.go_to(boundary - before).await?;
            }
        }
        self.go_to(boundary).await?;
        while self.tip().await?.time < boundary {
            self.report().await?;
        }
        self.keep().await?;
        self.refresh().await
    }

    /// The keeper does what is due, until nothing is.
    pub(crate) async fn keep(&self) -> Result<(), DirectorError> {
        let mut keeper = self.keeper.lock().await;
        keeper.set_blocks(Blocks::OnRequest(self.url.clone()));
        let mut failures = 0;
        for _ in 0..MOST_LOOKS {
            match keeper.look().await {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) => {
                    // Somebody else may have done the same a moment before: the next look knows.
                    failures += 1;
                    if failures >= TRIES {
                        return Err(error.into());
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        Ok(())
    }

    /// The boundaries after `now` and up to `until` that something waits for: an expiry of something that was sold, and every one where
    /// deposits or exits wait.
    pub(crate) async fn next_due(&self, now: u64, until: u64) -> Result<Option<u64>, DirectorError> {
        let mut next: Option<u64> = None;
        let suite = &self.chain.suite;
        for token in [suite.sbtc().map_err(crate::chain::ReadError::from)?, suite.stx()] {
            for tier in TIERS.iter().map(|tier| tier.tier) {
                let token = Principal::Contract(token.clone());
                let bucket = self
                    .insist(|| {
                        let read = liquidity_pool::GetBucket { tier, token: token.clone() };
                        async move { Ok(self.chain.read(read).await?) }
                    })
                    .await?;
                let Some(bucket) = bucket else { continue };
                let waits = [
                    bucket.queued,
                    bucket.deposits_now,
                    bucket.deposits_next,
                    bucket.exits_now,
                    bucket.exits_next,
                ];
                let close = waits.iter().any(|shares| *shares > 0).then_some(bucket.due);
                let live = bucket.live.iter().copied();
                let due = live.chain(close).filter_map(|at| u64::try_from(at).ok());
                // What is overdue is done at the next boundary there is.
                let due = due.map(|at| if at > now { at } else { boundary_after(now) });
                next = due.chain(next).filter(|at| *at <= until).min();
            }
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::boundary_after;

    #[test]
    fn the_next_boundary_is_at_eight_and_never_now() {
        assert_eq!(boundary_after(28_799), 28_800);
        assert_eq!(boundary_after(28_800), 28_800 + 86_400);
        assert_eq!(boundary_after(0), 28_800);
        assert_eq!(boundary_after(86_400), 86_400 + 28_800);
    }
}
