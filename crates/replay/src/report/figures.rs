//! The figures of a report, worked out of what was kept. They are rounded for reading; nothing is decided by them.

use std::collections::BTreeMap;

use bithedge_protocol::pool::NavPair;
use bithedge_protocol::risk::History;
use bithedge_protocol::{Asset, PpmChange, Seconds, TokenAmount};

use crate::ledger::{BucketDay, BucketFlows, CoverFlows};
use crate::{Outcome, ReplayError};

/// Seconds of a year.
const YEAR: f64 = 31_536_000.0;
/// Closes of a year.
const YEAR_OF_CLOSES: usize = 365;

/// What one bucket did for those who provided to it, in its token unless said.
#[derive(Clone, Debug)]
pub struct BucketFigures {
    /// The tier.
    pub tier: u8,
    /// The asset.
    pub asset: Asset,
    /// The return of a stay from the first close to the last, entry and exit costs in it: 0.5 for half as much again.
    pub whole: f64,
    /// The same for a year, compounded. `None` under a year: a good month is not a good year.
    pub yearly: Option<f64>,
    /// The return of that stay in USD.
    pub whole_usd: f64,
    /// What the token alone did in USD.
    pub token_usd: f64,
    /// The deepest fall of a share below its highest close so far.
    pub drawdown: f64,
    /// The same fall in USD.
    pub drawdown_usd: f64,
    /// That of the token alone in USD.
    pub token_drawdown_usd: f64,
    /// The worst return of a share between two closes four weeks or less apart.
    pub worst_month: f64,
    /// Of all stays of a year, entry and exit costs in them: the worst, the middle and the best return, and the part that lost.
    /// `None` under a year.
    pub years: Option<[f64; 4]>,
    /// The same in USD.
    pub years_usd: Option<[f64; 4]>,
    /// What a share returned in each calendar year.
    pub calendar: Vec<(u32, f64)>,
    /// Mean utilisation: collateral needed in what backs sales.
    pub utilisation: f64,
    /// What policies were paid out of the bucket, of the premiums that they paid.
    pub paid_out: f64,
    /// Sums.
    pub flows: BucketFlows,
}

/// What one habit of buying cost and brought. Policies count alike, whatever BTC was worth when they were bought.
#[derive(Clone, Debug)]
pub struct CoverFigures {
    /// Sums.
    pub flows: CoverFlows,
    /// What a policy cost, as a part of what it protected: the mean.
    pub cost: f64,
    /// What it paid, as a part of what it protected at the purchase: the mean.
    pub received: f64,
    /// How long it was held, in days: the mean.
    pub days: f64,
    /// What a year of such cover costs, each policy as long as it was held.
    pub yearly_cost: f64,
    /// What came back, of what was paid, in USD: policies count alike.
    pub returned: f64,
    /// What came back, of what was paid, in the token: all sums together.
    pub returned_in_token: f64,
}

fn units(amount: u128) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "figures to read")]
    let units = amount as f64;
    units
}

fn ratio(part: f64, of: f64) -> f64 {
    if of == 0.0 { 0.0 } else { part / of }
}

fn price(pair: NavPair) -> f64 {
    ratio(units(pair.nav.base_units()), units(pair.shares.count()))
}

fn change(from: f64, to: f64) -> f64 {
    if from > 0.0 { to / from - 1.0 } else { 0.0 }
}

pub(super) fn fraction(ppm: PpmChange) -> f64 {
    let size = units(ppm.magnitude().base_units()) / 1e6;
    if ppm.is_negative() { -size } else { size }
}

/// Who comes in at one close and goes at another: at the NAV for deposits, out at the NAV for exits less the fee.
fn stay(from: &BucketDay, to: &BucketDay) -> f64 {
    if from.generation != to.generation {
        return -1.0;
    }
    let fee = units(to.exit_fee.base_units()) / 1e6;
    change(price(from.deposit), price(to.exit) * (1.0 - fee))
}

fn usd(asset: Asset, day: &BucketDay) -> f64 {
    match asset {
        Asset::Sbtc => units(day.btc.base_units()),
        Asset::Stx => units(day.stx.base_units()),
    }
}

impl BucketFigures {
    /// Of a tier's bucket.
    ///
    /// # Errors
    /// [`ReplayError::Pool`].
    pub fn of(outcome: &Outcome, tier: u8) -> Result<Self, ReplayError> {
        let days = held(outcome, tier);
        let history = history(outcome.asset, days);
        let (mut whole, mut whole_usd, mut token_usd, mut yearly) = (0.0, 0.0, 0.0, None);
        if let (Some(first), Some(last)) = (days.first(), days.last()) {
            whole = stay(first, last);
            token_usd = change(usd(outcome.asset, first), usd(outcome.asset, last));
            whole_usd = (1.0 + whole) * (1.0 + token_usd) - 1.0;
            let span = units(history.span().get().into());
            yearly = (span >= YEAR).then(|| (1.0 + whole).max(0.0).powf(YEAR / span) - 1.0);
        }
        let flows = outcome.ledger.buckets.get(&tier).copied().unwrap_or_default();
        let paid: u128 = [flows.activated, flows.sold_back, flows.claims_paid]
            .iter()
            .map(|amount| amount.base_units())
            .sum();
        let paid = paid.saturating_sub(flows.covered.base_units());
        Ok(Self {
            tier,
            asset: outcome.asset,
            whole,
            yearly,
            whole_usd,
            token_usd,
            drawdown: fraction(history.worst_drawdown()?),
            drawdown_usd: deepest(days.iter().map(|day| price(day.exit) * usd(outcome.asset, day))),
            token_drawdown_usd: deepest(days.iter().map(|day| usd(outcome.asset, day))),
            worst_month: fraction(history.worst_within(Seconds::new(28 * 86_400))?),
            years: years(days, stay),
            years_usd: years(days, |from, to| {
                (1.0 + stay(from, to)) * (1.0 + change(usd(outcome.asset, from), usd(outcome.asset, to)))
                    - 1.0
            }),
            calendar: calendar(days),
            utilisation: mean(days.iter().map(|day| units(day.utilisation.base_units()) / 1e6)),
            paid_out: ratio(units(paid), units(flows.premiums.base_units())),
            flows,
        })
    }
}

/// The closes from the first on at which somebody had shares.
pub(super) fn held(outcome: &Outcome, tier: u8) -> &[BucketDay] {
    let days = outcome.ledger.days.get(&tier).map(Vec::as_slice).unwrap_or_default();
    // At the first close there is nothing but the virtual asset; what comes in there has shares at the next.
    let first = days.iter().position(|day| day.exit.nav > TokenAmount::new(1));
    days.get(first.unwrap_or(days.len())..).unwrap_or_default()
}

/// What a share was worth.
pub(super) fn history(asset: Asset, days: &[BucketDay]) -> History {
    let closes = days.iter().map(|day| bithedge_protocol::risk::ClosePoint {
        at: day.at,
        pair: day.exit,
        generation: day.generation,
        btc: day.btc,
        stx: day.stx,
    });
    History { asset, closes: closes.collect() }
}

fn mean(figures: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = figures.fold((0.0, 0.0), |(sum, count), figure| (sum + figure, count + 1.0));
    ratio(sum, count)
}

/// The deepest fall below the highest so far.
fn deepest(worths: impl Iterator<Item = f64>) -> f64 {
    let (_, deepest) = worths.fold((0.0_f64, 0.0_f64), |(highest, deepest), worth| {
        let highest = highest.max(worth);
        (highest, deepest.min(change(highest, worth)))
    });
    deepest
}

/// Worst, middle and best of all stays of a year, and the part of them that lost.
fn years(days: &[BucketDay], earned: impl Fn(&BucketDay, &BucketDay) -> f64) -> Option<[f64; 4]> {
    let ends = days.get(YEAR_OF_CLOSES..)?;
    let mut stays: Vec<f64> = days.iter().zip(ends).map(|(from, to)| earned(from, to)).collect();
    stays.sort_by(f64::total_cmp);
    let lost = mean(stays.iter().map(|stay| f64::from(u8::from(*stay < 0.0))));
    Some([*stays.first()?, *stays.get(stays.len() / 2)?, *stays.last()?, lost])
}

/// From the last close of one year to the last of the next; the first and the last year are parts of one.
fn calendar(days: &[BucketDay]) -> Vec<(u32, f64)> {
    let mut lasts: BTreeMap<u32, &BucketDay> = BTreeMap::new();
    for day in days {
        lasts.insert(u32::try_from(day.at.civil().year).unwrap_or_default(), day);
    }
    let mut before = days.first();
    let mut years = Vec::new();
    for (year, last) in lasts {
        if let Some(from) = before {
            let same = from.generation == last.generation;
            years.push((year, if same { change(price(from.exit), price(last.exit)) } else { -1.0 }));
        }
        before = Some(last);
    }
    years
}

impl CoverFigures {
    /// Of a habit's sums.
    #[must_use]
    pub fn of(flows: CoverFlows) -> Self {
        let policies = units(flows.policies.into());
        let [cost, received] = [flows.cost, flows.received].map(|sum| units(sum.base_units()) / 1e6);
        let [cost_token, received_token] =
            [flows.cost_token, flows.received_token].map(|sum| units(sum.base_units()));
        let held = units(flows.held.get().into());
        Self {
            flows,
            cost: ratio(cost, policies),
            received: ratio(received, policies),
            days: ratio(held / 86_400.0, policies),
            yearly_cost: ratio(cost, held / YEAR),
            returned: ratio(received, cost),
            returned_in_token: ratio(received_token, cost_token),
        }
    }

    /// Several habits together.
    #[must_use]
    pub fn together(all: impl Iterator<Item = CoverFlows>) -> Self {
        Self::of(all.fold(CoverFlows::default(), CoverFlows::and))
    }
}
