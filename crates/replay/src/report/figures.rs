//! The figures of a report, worked out of what was kept. They are rounded for reading; nothing is decided by them.

use bithedge_protocol::pool::Shares;
use bithedge_protocol::risk::History;
use bithedge_protocol::{Asset, Seconds, TokenAmount};

use crate::ledger::{BucketDay, BucketFlows, CoverFlows};
use crate::{Outcome, ReplayError};

/// Days of a year.
const YEAR: f64 = 365.0;

/// What one bucket did for somebody who held a share throughout, and for those who came and went.
#[derive(Clone, Debug)]
pub struct BucketFigures {
    /// The tier.
    pub tier: u8,
    /// The asset.
    pub asset: Asset,
    /// The return over the whole period, in the token: 0.5 for half as much again.
    pub whole: f64,
    /// The same for a year, compounded. `None` under a year: a good month is not a good year.
    pub yearly: Option<f64>,
    /// The return over the whole period in USD, the token's own price included.
    pub whole_usd: f64,
    /// The deepest fall below the highest close so far, in the token.
    pub drawdown: f64,
    /// The worst return between two closes four weeks or less apart.
    pub worst_month: f64,
    /// Of all stays of a year: the worst, the middle and the best return, and the part that lost. `None` under a year.
    pub years: Option<[f64; 4]>,
    /// Mean utilisation: collateral needed in assets.
    pub utilisation: f64,
    /// What policies were paid, of what they paid in.
    pub paid_out: f64,
    /// Sums.
    pub flows: BucketFlows,
}

/// What one habit of buying cost and brought.
#[derive(Clone, Debug)]
pub struct CoverFigures {
    /// Sums.
    pub flows: CoverFlows,
    /// What a year of cover cost, as a part of what it protected.
    pub yearly_cost: f64,
    /// What came back, of what was paid.
    pub returned: f64,
    /// How many of the policies paid something.
    pub paying: f64,
}

fn units(amount: u128) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "figures to read")]
    let units = amount as f64;
    units
}

fn ratio(part: u128, of: u128) -> f64 {
    if of == 0 { 0.0 } else { units(part) / units(of) }
}

/// What a share is worth at each close; nothing after its generation ended.
fn prices(history: &History) -> Vec<f64> {
    let first = history.closes.first().map(|close| close.generation);
    let price = |nav: TokenAmount, shares: Shares| ratio(nav.base_units(), shares.count());
    let price = |close: &bithedge_protocol::risk::ClosePoint| {
        if Some(close.generation) == first { price(close.pair.nav, close.pair.shares) } else { 0.0 }
    };
    history.closes.iter().map(price).collect()
}

fn change(from: f64, to: f64) -> f64 {
    if from > 0.0 { to / from - 1.0 } else { 0.0 }
}

fn fraction(ppm: bithedge_protocol::PpmChange) -> f64 {
    let size = units(ppm.magnitude().base_units()) / 1e6;
    if ppm.is_negative() { -size } else { size }
}

impl BucketFigures {
    /// Of a tier's bucket.
    ///
    /// # Errors
    /// [`ReplayError::Pool`].
    pub fn of(outcome: &Outcome, tier: u8) -> Result<Self, ReplayError> {
        let empty = History { asset: outcome.asset, closes: Vec::new() };
        let history = outcome.shares.get(usize::from(tier).wrapping_sub(1)).unwrap_or(&empty);
        // The first close is that of the first deposits: nobody had a share before.
        let held = History { asset: history.asset, closes: history.closes.iter().skip(1).copied().collect() };
        let prices = prices(&held);
        let whole = match (prices.first(), prices.last()) {
            (Some(first), Some(last)) => change(*first, *last),
            _ => 0.0,
        };
        #[allow(clippy::cast_precision_loss, reason = "days of some years")]
        let days = prices.len().saturating_sub(1) as f64;
        let yearly = (days >= YEAR).then(|| (1.0 + whole).max(0.0).powf(YEAR / days) - 1.0);
        let flows = outcome.ledger.buckets.get(&tier).copied().unwrap_or_default();
        let paid = [flows.activated, flows.sold_back, flows.claims_paid];
        let paid = paid.iter().map(|amount| amount.base_units()).sum();
        let days_of = outcome.ledger.days.get(&tier).map(Vec::as_slice).unwrap_or_default();
        Ok(Self {
            tier,
            asset: outcome.asset,
            whole,
            yearly,
            whole_usd: held.returns_usd()?.last().copied().map_or(0.0, fraction),
            drawdown: fraction(held.worst_drawdown()?),
            worst_month: fraction(held.worst_within(Seconds::new(28 * 86_400))?),
            years: years(&prices),
            utilisation: utilisation(days_of),
            paid_out: ratio(paid, flows.premiums.base_units()),
            flows,
        })
    }
}

/// Worst, middle and best of all returns over 365 closes, and the part of them that is negative.
fn years(prices: &[f64]) -> Option<[f64; 4]> {
    let mut stays: Vec<f64> =
        prices.windows(366).filter_map(|stay| Some(change(*stay.first()?, *stay.last()?))).collect();
    stays.sort_by(f64::total_cmp);
    let lost = stays.iter().filter(|stay| **stay < 0.0).count();
    let middle = *stays.get(stays.len() / 2)?;
    #[allow(clippy::cast_precision_loss, reason = "days of some years")]
    let lost = lost as f64 / stays.len() as f64;
    Some([*stays.first()?, middle, *stays.last()?, lost])
}

fn utilisation(days: &[BucketDay]) -> f64 {
    let used: Vec<f64> = days
        .iter()
        .filter(|day| day.assets > TokenAmount::ZERO)
        .map(|day| ratio(day.needed.base_units(), day.assets.base_units()))
        .collect();
    #[allow(clippy::cast_precision_loss, reason = "days of some years")]
    let count = used.len().max(1) as f64;
    used.iter().sum::<f64>() / count
}

impl CoverFigures {
    /// Of a habit's sums.
    #[must_use]
    pub fn of(flows: CoverFlows) -> Self {
        let cost = flows.cost.base_units();
        Self {
            flows,
            yearly_cost: ratio(cost, flows.protected_days.base_units()) * YEAR,
            returned: ratio(flows.received.base_units(), cost),
            paying: ratio(flows.paid_out.into(), flows.policies.into()),
        }
    }

    /// Several habits together.
    #[must_use]
    pub fn together(all: impl Iterator<Item = CoverFlows>) -> Self {
        Self::of(all.fold(CoverFlows::default(), CoverFlows::and))
    }
}
