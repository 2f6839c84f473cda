//! The protocol's own figures.

use bithedge_protocol::{Asset, BlockHeight, Ppm, Seconds, TokenAmount, UnixSeconds, UsdE8};
use serde::{Deserialize, Serialize};

use crate::{AsOf, BucketHealth, Figure, PoolView, Trust};

/// The oracle's prices of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricesView {
    /// One BTC.
    pub btc: UsdE8,
    /// One STX.
    pub stx: UsdE8,
    /// The average of one BTC over half an hour.
    pub btc_average: UsdE8,
    /// The average of one STX over half an hour.
    pub stx_average: UsdE8,
    /// The volatility a year that policies are sold at, before markup and skew.
    pub volatility_ask: Ppm,
    /// The volatility a year that they are bought back at.
    pub volatility_bid: Ppm,
}

/// Somebody who reports prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReporterView {
    /// Who: an address or a contract.
    pub reporter: String,
    /// The weight of the word.
    pub weight: u64,
    /// Whether governance lets it report.
    pub active: bool,
    /// Whether a guardian stopped it.
    pub suspended: bool,
    /// What it last reported for one BTC; `None` before its first report.
    pub btc: Option<UsdE8>,
    /// What it last reported for one STX.
    pub stx: Option<UsdE8>,
    /// When it observed that.
    pub at: Option<UnixSeconds>,
    /// How often it reported.
    pub reports: u64,
    /// How often it was far from the others.
    pub outliers: u64,
    /// How often it was disputed.
    pub disputes: u64,
}

/// How the price of an 08:00 UTC boundary came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoundaryKind {
    /// The average that ends there.
    Average,
    /// The first price in the window after it.
    FirstInWindow,
    /// The first price after that.
    FirstLater,
    /// Governance said it.
    Governance,
}

/// The price of an 08:00 UTC boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundaryView {
    /// The boundary.
    pub at: UnixSeconds,
    /// One BTC.
    pub btc: UsdE8,
    /// One STX.
    pub stx: UsdE8,
    /// How it came about.
    pub kind: BoundaryKind,
    /// When it was recorded.
    pub recorded_at: UnixSeconds,
}

/// The oracle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OracleView {
    /// Its prices, or why it gives none.
    pub prices: Figure<PricesView>,
    /// When the newest price was accepted; `None` before the first.
    pub at: Option<UnixSeconds>,
    /// How old that is.
    pub age: Option<Seconds>,
    /// The age from which it gives no price; `None` if it was not read.
    pub max_age: Option<Seconds>,
    /// The age from which nothing is sold; `None` if it was not read.
    pub sale_max_age: Option<Seconds>,
    /// Who reports; unknown if it was not read.
    pub reporters: Figure<Vec<ReporterView>>,
    /// The newest boundaries, newest first.
    pub boundaries: Vec<BoundaryView>,
    /// Whether what the books say of it can be relied on.
    pub trust: Trust,
}

/// A switch that governance turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagView {
    /// Its name: `sales`, `deposits`, `sell-back`.
    pub name: String,
    /// Whether it is on; `None` if it was never set, which is off.
    pub enabled: Option<bool>,
}

/// Something that stops new risk for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerView {
    /// Its name: `all`, `sales`, `deposits`, `oracle`.
    pub name: String,
    /// Whether it is tripped now.
    pub tripped: bool,
    /// When it was last tripped; `None` if never.
    pub last_tripped: Option<UnixSeconds>,
    /// Until when, if it lets go by itself.
    pub until: Option<UnixSeconds>,
    /// The reason that was given last.
    pub reason: String,
}

/// Whether new risk is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatesView {
    /// The switches.
    pub flags: Vec<FlagView>,
    /// The breakers.
    pub breakers: Vec<BreakerView>,
}

/// The insurance fund in one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundView {
    /// The token.
    pub asset: Asset,
    /// All that it holds, by the books.
    pub size: TokenAmount,
    /// Of that, for policies that it took over.
    pub reserved: TokenAmount,
    /// Contributions so far.
    pub contributed: TokenAmount,
    /// Shortfalls covered so far.
    pub covered: TokenAmount,
    /// What governance took out.
    pub withdrawn: TokenAmount,
    /// What it should hold, as the contract says; `None` if it was not read.
    pub target: Option<TokenAmount>,
}

/// The treasury in one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreasuryView {
    /// The token.
    pub asset: Asset,
    /// Fees that are not distributed.
    pub undistributed: TokenAmount,
    /// Credits that nobody claimed yet.
    pub allocated: TokenAmount,
    /// Its own.
    pub holdings: TokenAmount,
}

/// All fees of an operation in a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeesView {
    /// For what.
    pub operation: String,
    /// The token.
    pub asset: Asset,
    /// What was taken.
    pub collected: TokenAmount,
    /// What discounts left.
    pub forgone: TokenAmount,
    /// How many.
    pub count: u64,
}

/// An event that the books could not make sense of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnomalyView {
    /// The block.
    pub height: BlockHeight,
    /// What is wrong with it.
    pub why: String,
    /// What is doubtful because of it.
    pub concerns: Vec<String>,
}

/// A report of a price that somebody disputed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeView {
    /// When.
    pub time: UnixSeconds,
    /// The block.
    pub height: BlockHeight,
    /// Whose report.
    pub reporter: String,
    /// Which report: when it was observed.
    pub observed_at: UnixSeconds,
    /// The hash of the reason, hexadecimal.
    pub reason: String,
    /// Who disputed.
    pub by: String,
}

/// The protocol's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtocolPage {
    /// What it was made of.
    pub as_of: AsOf,
    /// The oracle.
    pub oracle: OracleView,
    /// Flags and breakers; unknown if they were not read.
    pub gates: Figure<GatesView>,
    /// What the pool keeps, by token, and whether it adds up.
    pub pools: Vec<PoolView>,
    /// How every bucket stands.
    pub health: Vec<Figure<BucketHealth>>,
    /// The insurance fund.
    pub funds: Vec<FundView>,
    /// The treasury.
    pub treasury: Vec<TreasuryView>,
    /// Fees so far.
    pub fees: Vec<FeesView>,
    /// Disputed reports, newest first.
    pub disputes: Vec<DisputeView>,
    /// What the books could not make sense of, newest first.
    pub anomalies: Vec<AnomalyView>,
    /// Whether everything in the books can be relied on.
    pub trust: Trust,
}
