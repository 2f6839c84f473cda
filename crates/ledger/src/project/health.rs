//! How buckets stand, whenever a price or a close says it anew.
//!
//! Everything that health is made of is in events (assets, locks, what STX promises call for, the tier's buffer, the price of
//! STX), so it is computed here, like every other figure, and goes and comes back with its block.

use bithedge_protocol::risk::{HealthThresholds, Standing};
use bithedge_protocol::{Ppm, TokenAmount};

use super::{Context, Step};
use crate::block::Place;
use crate::tables::{BucketHealthRow, BucketRow, CollateralRow, HealthRow, TierRow};
use crate::work::{Work, add};

/// A ratio is written again when it has moved by a hundredth of what was written last: a history of every price would be
/// mostly repetition.
const STEP: u128 = 100;

pub(crate) const fn standing_code(standing: Standing) -> u8 {
    match standing {
        Standing::Healthy => 0,
        Standing::Warning => 1,
        Standing::MarginCall => 2,
        Standing::Liquidating => 3,
    }
}

/// Writes a bucket's health at an STX price, if it is news.
pub(super) fn note(
    work: &mut Work<'_>,
    context: &Context<'_>,
    bucket: &BucketRow,
    stx: u128,
    at: u64,
) -> Step {
    let key = (bucket.tier, bucket.token.clone());
    let (Some(tier), Some(collateral)) =
        (work.get::<TierRow>(&(bucket.tier,))?, work.get::<CollateralRow>(&(bucket.token.clone(),))?)
    else {
        return Ok(());
    };
    if stx == 0 {
        return Ok(());
    }
    // What cannot be counted is not written: a missing point is seen, a wrong one is believed.
    let Some(needed) = needed(bucket, collateral.asset == 2, stx) else { return Ok(()) };
    let thresholds = HealthThresholds::of_bucket(Ppm::new(tier.buffer));
    let Ok(health) = thresholds.health(TokenAmount::new(bucket.assets), TokenAmount::new(needed)) else {
        return Ok(());
    };
    let ratio = health.ratio.map(Ppm::base_units);
    let standing = standing_code(health.standing);
    let before = work.get::<BucketHealthRow>(&key)?;
    let is_news = before.is_none_or(|before| {
        before.standing != standing
            || match (before.ratio, ratio) {
                (None, None) => false,
                (Some(before), Some(now)) => before.abs_diff(now) >= before.div_ceil(STEP).max(1),
                _ => true,
            }
    });
    if !is_news {
        return Ok(());
    }
    let (tier, token) = key;
    work.put(&BucketHealthRow { tier, token: token.clone(), ratio, standing })?;
    let Place { height, transaction, event } = context.place;
    let assets = bucket.assets;
    let row = HealthRow {
        height: height.get(),
        tx: transaction,
        event,
        tier,
        token,
        at,
        ratio,
        standing,
        assets,
        needed,
        stx,
    };
    Ok(add(context.connection, &row)?)
}

/// The collateral that a bucket's promises call for at an STX price (docs/protocol.md, "Pricing").
fn needed(bucket: &BucketRow, is_stx: bool, stx: u128) -> Option<u128> {
    if !is_stx {
        return Some(bucket.locked);
    }
    let at_todays_price = bucket.required.checked_mul(1_000_000)?.div_ceil(stx);
    Some(bucket.locked.max(at_todays_price))
}
