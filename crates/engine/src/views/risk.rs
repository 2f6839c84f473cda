//! What a bucket's providers stand for, what it earned, and how it stands.

use bithedge_ipc::{
    BucketHealth, BucketPage, BucketRef, Figure, Marking, RiskView, StressCell, Trust, YieldHistory,
    YieldPoint,
};
use bithedge_ledger::{EpochRecord, TimeRange};
use bithedge_protocol::Seconds;
use bithedge_protocol::pool::{BoundaryPrice, Bucket, PoolError, TierTerms};
use bithedge_protocol::risk::{self, History, Shock};

use super::ViewError;
use super::books::{Books, NO_PRICE, UNCOUNTABLE, known, trust, unknown};
use super::tiers::rooms;

const WEEK: Seconds = Seconds::new(7 * 86_400);

/// How every bucket stands now (seed 3, `monitorCollateralHealth`), by tier and token.
#[must_use]
pub fn health(books: &Books<'_, '_>) -> Vec<(BucketRef, Figure<BucketHealth>)> {
    books.buckets.iter().map(|record| (Books::name_of(record), books.health(record))).collect()
}

/// Exposure, expiry ladder, stress and health of a bucket; `None` of one that the books do not have.
#[must_use]
pub fn risk(books: &Books<'_, '_>, bucket: BucketRef) -> Option<RiskView> {
    let key = books.key(bucket)?;
    let record = books.bucket(key.tier, &key.token)?;
    let terms = books.tier(key.tier)?;
    let marking = books.marking();
    let (exposure, stress) = match marking {
        Some((price, _)) => (
            known(risk::exposure(&record.bucket, terms, &price)),
            known(stress(&record.bucket, terms, &price)),
        ),
        None => (unknown(NO_PRICE), unknown(NO_PRICE)),
    };
    Some(RiskView {
        bucket,
        marking: match marking {
            Some((price, is_boundary)) => Figure::Known { value: Marking { price, is_boundary } },
            None => unknown(NO_PRICE),
        },
        exposure,
        stress,
        health: books.health(record),
        trust: trust(record.trust).and(match marking {
            Some((_, false)) => Trust::Sound,
            _ => trust(books.snapshot.trust_of_bucket(&key)),
        }),
    })
}

fn stress(
    bucket: &Bucket,
    terms: &TierTerms,
    price: &BoundaryPrice,
) -> Result<Vec<Vec<StressCell>>, PoolError> {
    let cell = |shock: Shock| -> Result<StressCell, PoolError> {
        Ok(StressCell { shock, outcome: risk::stress(bucket, terms, price, &shock)? })
    };
    let row = |row: Vec<Shock>| row.into_iter().map(cell).collect();
    Shock::grid(bucket.asset).into_iter().map(row).collect()
}

/// What a share of a bucket was worth at its closes of a range, losses in it; `None` of a bucket that the books do not have.
///
/// # Errors
/// [`ViewError`].
pub fn yields(
    books: &Books<'_, '_>,
    bucket: BucketRef,
    range: TimeRange,
) -> Result<Option<YieldHistory>, ViewError> {
    let Some(key) = books.key(bucket) else { return Ok(None) };
    let Some(asset) = books.asset(&key.token) else { return Ok(None) };
    let mut epochs = books.snapshot.epochs(&key, range)?;
    // What the first close of the range changed, it changed from the one before.
    if !epochs.is_empty()
        && let Some(before) = books.snapshot.close_before(&key, range.from)?
    {
        epochs.insert(0, before);
    }
    let history = History { asset, closes: epochs.iter().map(|epoch| epoch.point).collect() };
    let figures = || -> Result<Vec<YieldPoint>, PoolError> {
        let (returns, usd) = (history.returns_by_generation()?, history.returns_usd_by_generation()?);
        let drawdowns = history.drawdowns()?;
        let figures = returns.into_iter().zip(usd).zip(drawdowns);
        let mut generation = epochs.first().map(|epoch| epoch.point.generation);
        let point = |(epoch, ((returned, returned_usd), drawdown)): (&EpochRecord, _)| {
            let before = generation.replace(epoch.point.generation);
            YieldPoint {
                at: epoch.point.at,
                ended: before != generation,
                returned,
                returned_usd,
                drawdown,
                assets: epoch.assets,
                locked: epoch.locked,
            }
        };
        Ok(epochs.iter().zip(figures).map(point).collect())
    };
    let points = match figures() {
        Ok(value) => Figure::Known { value },
        Err(_) => unknown(UNCOUNTABLE),
    };
    Ok(Some(YieldHistory {
        bucket,
        points,
        worst_week: known(history.worst_within(WEEK)),
        trust: trust(books.snapshot.trust_of_bucket(&key)),
    }))
}

/// What the user reads of a bucket that the books do not have.
const NO_BUCKET: &str = "The books here have no such bucket, so this is not known. Nothing has changed for your money. If the books are being \
     made, wait until they are done.";

/// A bucket in depth: what it stands for, what it earned in a range of time, and what it could still do.
///
/// # Errors
/// [`ViewError`].
pub fn bucket_page(
    books: &Books<'_, '_>,
    bucket: BucketRef,
    range: TimeRange,
) -> Result<BucketPage, ViewError> {
    let risk = risk(books, bucket);
    let room = rooms(books)?.into_iter().find(|room| room.bucket == bucket);
    // That there is none means something only as far as the list of all of them is sound.
    let listed = match &risk {
        Some(_) => Trust::Sound,
        None => trust(books.snapshot.trust_of_buckets()),
    };
    let yields = yields(books, bucket, range)?.unwrap_or_else(|| YieldHistory {
        bucket,
        points: unknown(NO_BUCKET),
        worst_week: unknown(NO_BUCKET),
        trust: listed,
    });
    let of_each =
        [risk.as_ref().map(|risk| risk.trust), room.as_ref().map(|room| room.trust), Some(yields.trust)];
    let trust = of_each.into_iter().flatten().fold(listed, Trust::and);
    Ok(BucketPage { as_of: books.as_of(), risk, yields, room, trust })
}
