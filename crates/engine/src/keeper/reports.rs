//! When an authorised reporter reports, and what.

use std::fmt;
use std::future::Future;

use bithedge_prices::{Coins, DeviationBound, MedianOfMarkets, NoConsensus, ReportView, Stamped};
use bithedge_protocol::{Ppm, Seconds, UnixSeconds, UsdE8};
use bithedge_suite::generated::oracle;

use super::duty::Duty;
use crate::intents::{State, Unknown};

/// Who says what BTC and STX cost.
pub trait PriceSource: Send + Sync {
    /// Both prices, and when they were observed by the caller's clock, which says `now` at the call. It says so if there are none:
    /// what was known before is not known now.
    ///
    /// # Errors
    /// [`NoPrice`]; nothing is reported then.
    fn prices(&self, now: UnixSeconds) -> impl Future<Output = Result<Stamped, NoPrice>> + Send;
}

/// There is no price that can be relied on. Nothing is reported; the oracle lives by its other reporters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no price was reported: {0}")]
pub struct NoPrice(pub String);

impl From<NoConsensus> for NoPrice {
    fn from(error: NoConsensus) -> Self {
        Self(error.to_string())
    }
}

impl PriceSource for MedianOfMarkets {
    async fn prices(&self, now: UnixSeconds) -> Result<Stamped, NoPrice> {
        Ok(self.both(now).await?.stamped())
    }
}

/// For a keeper that reports nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPrices;

impl PriceSource for NoPrices {
    async fn prices(&self, _: UnixSeconds) -> Result<Stamped, NoPrice> {
        Err(NoPrice("this keeper asks no market".to_owned()))
    }
}

/// What the oracle knows of itself and of a reporter, as far as the next report depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OracleView {
    /// The chain's time.
    pub now: UnixSeconds,
    /// Whether the account may report: listed, active, not suspended.
    pub may_report: bool,
    /// The last accepted prices and the time of their block; `None` if there never were any.
    pub accepted: Option<Stamped>,
    /// The account's last report, with its observation time.
    pub own: Option<Stamped>,
    /// How far a price may be from the last one.
    pub bound: DeviationBound,
    /// How old an observation may be when its report gets into a block.
    pub report_max_age: Seconds,
}

impl OracleView {
    /// What the rule decides on, if the markets say this. A report never says that it was observed later than the newest block: whether
    /// the next block's time is past this computer's clock nobody knows, and the oracle refuses reports from the future. The prices are
    /// a little newer than they say.
    #[must_use]
    pub fn with_market(&self, market: Stamped) -> ReportView {
        ReportView {
            now: self.now,
            market: Stamped { prices: market.prices, at: market.at.min(self.now) },
            accepted: self.accepted,
            own: self.own,
            bound: self.bound,
        }
    }

    /// Whether the newest block is so old by this computer's clock that a report, which cannot say a later time than that block's, would
    /// mostly be too old when its turn comes: more than half of what is allowed.
    #[must_use]
    pub fn is_behind(&self, clock: UnixSeconds) -> bool {
        clock.since(self.now).is_some_and(|age| age.get() > self.report_max_age.get() / 2)
    }

    /// Whether a report could say anything: only with a block newer than the account's last one.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.own.is_none_or(|own| own.at < self.now)
    }
}

/// Reads what the oracle knows, for the state's account.
///
/// # Errors
/// [`Unknown`]: what has to be read first, or a suite that this program does not know.
pub fn oracle_view(state: &State) -> Result<OracleView, Unknown> {
    let me = state.me();
    state
        .want()
        .entry::<oracle::maps::Reporters>(&me)
        .call(oracle::GetLatest {})
        .variable::<oracle::variables::Bounds>()
        .done()?;
    let stamped = |btc: u128, stx: u128, at: u128| {
        // No chain's time is beyond 64 bits.
        let at = u64::try_from(at).ok().filter(|at| *at > 0)?;
        let prices = Coins { btc: UsdE8::new(btc), stx: UsdE8::new(stx) };
        Some(Stamped { prices, at: UnixSeconds::new(at) })
    };
    let reporter = state.entry::<oracle::maps::Reporters>(&me)?;
    let latest = state.call(oracle::GetLatest {})?;
    let limits = state.variable::<oracle::variables::Bounds>()?;
    Ok(OracleView {
        now: state.tip().time,
        may_report: reporter.as_ref().is_some_and(|one| one.active && !one.suspended),
        accepted: stamped(latest.btc, latest.stx, latest.at),
        own: reporter.and_then(|one| stamped(one.btc, one.stx, one.at)),
        bound: DeviationBound {
            base: Ppm::new(limits.deviation_base),
            per_hour: Ppm::new(limits.deviation_per_hour),
            cap: Ppm::new(limits.deviation_cap),
        },
        report_max_age: Seconds::new(u64::try_from(limits.report_max_age).unwrap_or(u64::MAX)),
    })
}

/// The oracle's prices, for what a bounty is worth: `None` if they are too old for the contracts to use.
pub(super) fn fresh_prices(state: &State) -> Result<Option<Coins>, Unknown> {
    let found = state.call(oracle::GetPrice {})?;
    Ok(found.ok().map(|price| Coins { btc: UsdE8::new(price.btc), stx: UsdE8::new(price.stx) }))
}

impl fmt::Display for Duty {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReportPrices(report) => {
                write!(out, "report {} for a bitcoin and {} for an STX", report.prices.btc, report.prices.stx)
            }
            Self::RecordBoundary(at) => write!(out, "record the price of {}", at.in_words()),
            Self::SettleExpiry { bucket, expiry } => {
                let expiry = expiry.in_words();
                write!(out, "settle what tier {} in {} sold until {expiry}", bucket.tier, bucket.asset)
            }
            Self::CloseEpoch(bucket) => {
                write!(out, "make the daily close of tier {} in {}", bucket.tier, bucket.asset)
            }
            Self::ClaimSettlement { policy, owner, .. } => {
                write!(out, "have policy {policy} paid to {owner}")
            }
            Self::ClaimBounties(asset) => write!(out, "have the bounties in {asset} paid"),
            Self::EndPolicies(ids) => write!(out, "end {} policies that ran out without a payout", ids.len()),
            Self::CheckOracle => out.write_str("stop sales, because the oracle is silent"),
            Self::Distribute { asset, .. } => write!(out, "split the treasury's fees in {asset}"),
            Self::ClaimAllocation(asset) => write!(out, "have the part of the fees in {asset} paid"),
            Self::RecordHealth => out.write_str("keep today's health score"),
        }
    }
}
