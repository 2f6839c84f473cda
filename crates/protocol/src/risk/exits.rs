//! When an exit will be paid.

use serde::{Deserialize, Serialize};

use crate::arith::{self, PPM};
use crate::pool::{BoundaryPrice, Bucket, PoolError, TierTerms, nav};
use crate::{Ppm, Seconds, UnixSeconds, UsdE8};

const DAY: Seconds = Seconds::new(86_400);

/// A close at which a part of the exit queue is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitStep {
    /// The boundary.
    pub at: UnixSeconds,
    /// The part of the queue of now that is paid by then, rounded down; everybody in it is paid the same part.
    pub paid: Ppm,
}

/// When the queue of now, and what asks to join it, will be paid at today's prices: at each close as far as collateral is
/// free, which the coming expiries set free. It assumes that what is sold runs out worthless and that nothing more is sold:
/// queued shares back no sale, but those who stay may sell more, and policies that pay take from assets. The last step is the
/// first with everything paid; empty if nothing waits.
///
/// # Errors
/// [`PoolError`].
pub fn exit_schedule(
    bucket: &Bucket,
    terms: &TierTerms,
    price: &BoundaryPrice,
) -> Result<Vec<ExitStep>, PoolError> {
    let [now, next] = bucket.exits.map(|shares| shares.count());
    let waiting = arith::add(arith::add(bucket.queued.count(), now)?, next)?;
    if waiting == 0 {
        return Ok(Vec::new());
    }
    let pair = nav(bucket, terms, price)?.exit_pair()?;
    let value = arith::mul_div(waiting, pair.nav.base_units(), pair.shares.count())?;
    let mut steps = Vec::new();
    let mut at = bucket.due;
    let last = bucket.live.iter().map(|book| book.expiry).max();
    let mut paid = 0;
    loop {
        let needed = needed_after(bucket, at, price.stx)?;
        let buffer = arith::mul_div_up(needed, terms.buffer.base_units(), PPM)?;
        let left = bucket.assets.base_units().saturating_sub(paid);
        let free = left.saturating_sub(arith::add(needed, buffer)?);
        let before = paid;
        paid = value.min(arith::add(paid, free)?);
        let is_all = paid >= value || last.is_none_or(|last| last <= at);
        let part = if is_all { PPM } else { arith::mul_div(paid, PPM, value)? };
        if paid > before || is_all {
            steps.push(ExitStep { at, paid: Ppm::new(part) });
        }
        if is_all {
            return Ok(steps);
        }
        let Some(following) = at.checked_add(DAY) else { return Ok(steps) };
        at = following;
    }
}

/// The collateral that what is left needs when everything up to a moment has expired.
fn needed_after(bucket: &Bucket, at: UnixSeconds, stx: UsdE8) -> Result<u128, PoolError> {
    let mut rest = bucket.clone();
    rest.live.retain(|book| book.expiry > at);
    let series = || rest.live.iter().flat_map(|book| &book.series);
    let locked = series().try_fold(0, |sum, one| arith::add(sum, one.locked.base_units()))?;
    let required = series().try_fold(0, |sum, one| arith::add(sum, one.required.base_units()))?;
    rest.locked = crate::TokenAmount::new(locked);
    rest.required = UsdE8::new(required);
    Ok(rest.needed(stx)?.base_units())
}
