//! What somebody has committed (seed 3, `getProviderPortfolio`).

use std::collections::BTreeMap;

use bithedge_ipc::{
    CapitalPage, CapitalTotal, ExitOutlook, Figure, PositionView, RewardsPage, SharePrice, Trust, Waiting,
};
use bithedge_ledger::{BucketRecord, ProviderRecord, TimeRange};
use bithedge_protocol::pool::{BoundaryPrice, NavPair, Shares};
use bithedge_protocol::risk::{ExitStep, exit_schedule};
use bithedge_protocol::{Asset, Ppm, PpmChange, Seconds, TokenAmount, TokenChange, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;

use super::ViewError;
use super::books::{Books, NO_PRICE, UNCOUNTABLE, known, trust, unknown};
use super::governance::rewards;

const DAY: Seconds = Seconds::new(86_400);
/// All of a cohort.
const WHOLE: Ppm = Ppm::new(1_000_000);

/// A provider's positions in all buckets that it has ever been in.
///
/// # Errors
/// [`ViewError`].
pub fn capital(books: &Books<'_, '_>, provider: &Principal) -> Result<CapitalPage, ViewError> {
    let listing = books.snapshot.provider_everywhere(provider)?;
    let mut all = trust(listing.trust);
    let mut positions = Vec::new();
    for record in &listing.rows {
        match books.bucket(record.bucket.tier, &record.bucket.token) {
            Some(bucket) => positions.push(position(books, bucket, record)?),
            None => all = Trust::Doubtful,
        }
    }
    let totals = totals(books, &positions);
    let RewardsPage { rewards, .. } = rewards(books, provider)?;
    Ok(CapitalPage { as_of: books.as_of(), positions, totals, rewards, trust: all })
}

fn position(
    books: &Books<'_, '_>,
    bucket: &BucketRecord,
    record: &ProviderRecord,
) -> Result<PositionView, ViewError> {
    let figures = &bucket.bucket;
    let asset = figures.asset;
    let history = books.snapshot.history(&record.bucket, TimeRange::ALL)?;
    let last = history.as_ref().and_then(|history| history.closes.last());
    let pair =
        last.map_or(NavPair { nav: TokenAmount::new(1), shares: Shares::new(1_000_000) }, |close| close.pair);
    let drawdown = match &history {
        // Of the shares that there are now: those of a generation that ended are not in this position any more.
        Some(history) => known(history.of_newest_generation().drawdowns())
            .map(|all| all.last().copied().unwrap_or(PpmChange::ZERO)),
        None => unknown(UNCOUNTABLE),
    };
    let waiting = record.requests.iter().map(|(epoch, deposit, exit)| Waiting {
        epoch: *epoch,
        deposit: *deposit,
        exit: *exit,
        // The close after the next one is a day later, or more if the next one is late.
        due: if *epoch > figures.epoch {
            figures.due.checked_add(DAY).unwrap_or(figures.due)
        } else {
            figures.due
        },
    });
    let asked = |later: bool| {
        let requests = record.requests.iter().filter(|(epoch, ..)| (*epoch > figures.epoch) == later);
        requests.map(|(.., exit)| exit.count()).fold(0, u128::saturating_add)
    };
    let own_now = record.position.queued.count().saturating_add(asked(false));
    let own_next = asked(true);
    let all_now = figures.queued.count().saturating_add(figures.exits[0].count());
    let all_next = figures.exits[1].count();
    let price = books.marking().map(|(price, _)| price);
    let (exit, next_exit) = exits(books, bucket, price, (own_now, all_now), (own_next, all_next));
    let basis = record.position.basis.checked_add(record.position.leaving_basis);
    Ok(PositionView {
        bucket: Books::name_of(bucket),
        tier_name: books.tier_name(figures.tier),
        shares: record.position.shares,
        share_price: SharePrice { nav: pair.nav, shares: pair.shares, at: last.map(|close| close.at) },
        value: record.value.value,
        value_usd: books.usd(asset, record.value.value),
        at_risk: record.value.at_risk,
        locked: record.value.locked,
        unlocked: record.value.available,
        queued: record.position.queued,
        waiting: waiting.collect(),
        exit,
        next_exit,
        claimable: record.position.claimable,
        returned: record.returned,
        basis: basis.ok(),
        realised: record.result.realised,
        unrealised: record.result.unrealised,
        drawdown,
        health: books.health(bucket),
        trust: trust(record.trust),
    })
}

/// When shares of this provider (of all in the same place of the queue) are paid: those that leave next, and those after.
fn exits(
    books: &Books<'_, '_>,
    bucket: &BucketRecord,
    price: Option<BoundaryPrice>,
    now: (u128, u128),
    next: (u128, u128),
) -> (Option<Figure<ExitOutlook>>, Option<Figure<ExitOutlook>>) {
    if now.0 == 0 && next.0 == 0 {
        return (None, None);
    }
    let schedule = match (price, books.tier(bucket.bucket.tier)) {
        (None, _) => Err(NO_PRICE),
        (_, None) => Err(UNCOUNTABLE),
        (Some(price), Some(terms)) => {
            exit_schedule(&bucket.bucket, terms, &price, books.now).map_err(|_| UNCOUNTABLE)
        }
    };
    let outlook = |(own, all): (u128, u128), steps: &dyn Fn() -> Result<Vec<ExitStep>, &'static str>| {
        (own > 0).then(|| match steps().and_then(|steps| share_of(&steps, own, all).ok_or(UNCOUNTABLE)) {
            Ok(steps) => {
                let paid_by = steps.last().filter(|step| step.paid >= WHOLE).map(|step| step.at);
                Figure::Known { value: ExitOutlook { shares: Shares::new(own), steps, paid_by } }
            }
            Err(why) => unknown(why),
        })
    };
    let of_now = outlook(now, &|| schedule.as_ref().map(|all| all.now.clone()).map_err(|why| *why));
    let of_next = outlook(next, &|| schedule.as_ref().map(|all| all.next.clone()).map_err(|why| *why));
    (of_now, of_next)
}

/// A cohort is paid alike: this provider's part of what the cohort gets, rounded down.
fn share_of(steps: &[ExitStep], own: u128, all: u128) -> Option<Vec<ExitStep>> {
    let part = |step: &ExitStep| {
        let amount = step.amount.base_units().checked_mul(own)?.checked_div(all)?;
        Some(ExitStep { amount: TokenAmount::new(amount), ..*step })
    };
    steps.iter().map(part).collect()
}

#[derive(Default)]
struct Sums {
    at_risk: Option<u128>,
    waiting: Option<u128>,
    claimable: Option<u128>,
    realised: i128,
    unrealised: i128,
}

/// By token.
fn totals(books: &Books<'_, '_>, positions: &[PositionView]) -> Vec<CapitalTotal> {
    let mut by_asset: BTreeMap<Asset, Sums> = BTreeMap::new();
    let add = |sum: Option<u128>, part: TokenAmount| sum.and_then(|sum| sum.checked_add(part.base_units()));
    for one in positions {
        let sums = by_asset.entry(one.bucket.asset).or_insert_with(|| Sums {
            at_risk: Some(0),
            waiting: Some(0),
            claimable: Some(0),
            ..Sums::default()
        });
        sums.at_risk = add(sums.at_risk, one.at_risk);
        for request in &one.waiting {
            sums.waiting = add(sums.waiting, request.deposit);
        }
        sums.claimable = add(sums.claimable, one.claimable);
        sums.realised = sums.realised.saturating_add(one.realised.base_units());
        sums.unrealised = sums.unrealised.saturating_add(one.unrealised.base_units());
    }
    let total = |(asset, sums): (Asset, Sums)| {
        let at_risk = sums.at_risk.map(TokenAmount::new);
        let at_risk_usd: Figure<UsdE8> = match at_risk {
            Some(amount) => books.usd(asset, amount),
            None => unknown(UNCOUNTABLE),
        };
        CapitalTotal {
            asset,
            at_risk,
            at_risk_usd,
            waiting: sums.waiting.map(TokenAmount::new),
            claimable: sums.claimable.map(TokenAmount::new),
            realised: TokenChange::new(sums.realised),
            unrealised: TokenChange::new(sums.unrealised),
        }
    };
    by_asset.into_iter().map(total).collect()
}

/// What a share of a bucket has come to.
pub(super) struct Returned {
    /// The first close of the shares of now; `None` before it.
    pub(super) since: Option<UnixSeconds>,
    /// Since then.
    pub(super) returned: Figure<PpmChange>,
    /// When all shares became worthless before.
    pub(super) ended: Vec<UnixSeconds>,
    /// The deepest fall from a close before, of all time.
    pub(super) worst_drawdown: Figure<PpmChange>,
}

/// What a share of a bucket has come to since its first close, and what became of those before it.
pub(super) fn returned(books: &Books<'_, '_>, bucket: &BucketRecord) -> Result<Returned, ViewError> {
    let history = books.snapshot.history(&Books::key_of(bucket), TimeRange::ALL)?;
    let Some(history) = history else {
        let (returned, worst_drawdown) = (unknown(UNCOUNTABLE), unknown(UNCOUNTABLE));
        return Ok(Returned { since: None, returned, ended: Vec::new(), worst_drawdown });
    };
    let newest = history.of_newest_generation();
    Ok(Returned {
        since: newest.closes.first().map(|close| close.at),
        ended: history.ends(),
        returned: known(newest.returns()).map(|all| all.last().copied().unwrap_or(PpmChange::ZERO)),
        worst_drawdown: known(history.worst_drawdown()),
    })
}
