//! When an exit will be paid.

use serde::{Deserialize, Serialize};

use super::stress::due_of;
use crate::arith::{self, ONE, Overflow, PPM};
use crate::pool::{BoundaryPrice, Bucket, PoolError, Shares, TierTerms, nav};
use crate::{Ppm, Seconds, TokenAmount, UnixSeconds, UsdE8};

const DAY: Seconds = Seconds::new(86_400);
/// The time of day of boundaries: 08:00 UTC.
const BOUNDARY_OFFSET: u64 = 28_800;
/// No tier sells for longer than this many days: what is not paid by then cannot be foreseen.
const MOST_CLOSES: u32 = 400;
/// The queue's index starts again below this, as in the contract.
const INDEX_FLOOR: u128 = 1_000_000;

/// A close at which a part of a cohort is paid, a millionth or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitStep {
    /// When it can be paid: the boundary, or now if the close is late.
    pub at: UnixSeconds,
    /// The part of the cohort's shares that is paid by then, rounded down; everybody in it is paid the same part.
    pub paid: Ppm,
    /// What the cohort has got for them by then, after the exit fee.
    pub amount: TokenAmount,
}

/// When those who leave are paid. They share each close in proportion to what they still queue, so all of a cohort are paid alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitSchedule {
    /// What is in the queue, and what joins it at the close of the open epoch.
    pub now: Vec<ExitStep>,
    /// What joins it at the close after that.
    pub next: Vec<ExitStep>,
}

/// When the queue of now, and what has asked to join it, will be paid: every close as the contract makes it, at the prices of now,
/// each at the first boundary that it can have. While the exit NAV is less than a tenth of assets nothing is paid.
///
/// It assumes that prices and volatility stay, so that what expires is settled at them (worthless if it is out of the money), and
/// that nobody buys, deposits or asks to leave. Other payouts take from assets, those who stay may sell more, deposits pay the
/// queue sooner. Each schedule is empty if nobody is in it; it ends with the step that pays all, or without one if none can be
/// foreseen: while a bucket stays worthless, and beyond a day after the last expiry or 400 days.
///
/// # Errors
/// [`PoolError`].
pub fn exit_schedule(
    bucket: &Bucket,
    terms: &TierTerms,
    price: &BoundaryPrice,
    now: UnixSeconds,
) -> Result<ExitSchedule, PoolError> {
    let mut schedule = ExitSchedule::default();
    let [joins_now, mut waits] = bucket.exits.map(Shares::count);
    let mut first = Cohort::of(arith::add(bucket.queued.count(), joins_now)?);
    let mut second = Cohort::default();
    if first.left == 0 && waits == 0 {
        return Ok(schedule);
    }
    let mut rest = bucket.clone();
    rest.queued = Shares::new(first.left);
    let mut place = Place::START;
    // A late close is made at the newest boundary.
    let mut boundary = bucket.due.max(boundary_before(now));
    let mut is_last = false;
    for _ in 0..MOST_CLOSES {
        rest.settle_expired(boundary, price)?;
        let Some(close) = rest.pay_queue(terms, &BoundaryPrice { at: boundary, ..*price })? else { break };
        let end = place.after(&close)?;
        let at = boundary.max(now);
        schedule.now.extend(first.advance(place, end, at)?);
        schedule.next.extend(second.advance(place, end, at)?);
        place = if end.index < INDEX_FLOOR { Place::START } else { end };
        if waits > 0 {
            second = Cohort::of(waits);
            rest.queued = Shares::new(arith::add(rest.queued.count(), waits)?);
            waits = 0;
        } else if is_last || rest.queued == Shares::ZERO {
            break;
        }
        // With nothing left to expire one more close shows all that can be seen.
        is_last = rest.live.is_empty();
        let Some(following) = boundary.checked_add(DAY) else { break };
        boundary = following;
    }
    Ok(schedule)
}

/// The newest boundary at or before a time.
fn boundary_before(time: UnixSeconds) -> UnixSeconds {
    let since = time.get().checked_sub(BOUNDARY_OFFSET);
    UnixSeconds::new(since.map_or(0, |since| time.get() - since % DAY.get()))
}

/// What a close did with the queue.
struct Close {
    /// Shares in it before.
    queue: u128,
    /// Those that were paid.
    exited: u128,
    /// What they got.
    paid: u128,
}

impl Bucket {
    /// Settles what has expired at a boundary as the contract's `settle-expiry` does, the earliest first. What is out of the money
    /// there runs out worthless. What the insurance fund adds goes to the owners of policies at once.
    fn settle_expired(&mut self, boundary: UnixSeconds, price: &BoundaryPrice) -> Result<(), PoolError> {
        if self.live.iter().all(|book| book.expiry > boundary) {
            return Ok(());
        }
        let (mut ended, live): (Vec<_>, Vec<_>) =
            core::mem::take(&mut self.live).into_iter().partition(|book| book.expiry <= boundary);
        self.live = live;
        ended.sort_by_key(|book| book.expiry);
        for book in &ended {
            let (mut due, mut secured) = (0, 0);
            for series in &book.series {
                let one = due_of(self, book.expiry, series, price.btc, price.stx)?;
                due = arith::add(due, one.base_units())?;
                secured = arith::add(secured, one.min(series.locked).base_units())?;
                self.locked = self.locked.saturating_sub(series.locked);
                let required = self.required.base_units().saturating_sub(series.required.base_units());
                self.required = UsdE8::new(required);
            }
            let kept = arith::add(secured, self.locked.base_units())?;
            let unlocked = self.assets.base_units().saturating_sub(kept);
            let drawn = arith::add(secured, due.saturating_sub(secured).min(unlocked))?;
            self.assets = self.assets.saturating_sub(TokenAmount::new(drawn));
        }
        Ok(())
    }

    /// Pays the queue as the contract's `close-epoch` does; `None` if all shares became worthless.
    fn pay_queue(&mut self, terms: &TierTerms, price: &BoundaryPrice) -> Result<Option<Close>, PoolError> {
        let nav = nav(self, terms, price)?;
        if nav.shares != self.shares {
            return Ok(None);
        }
        let queue = self.queued.count();
        let pair = nav.exit_pair()?;
        let needed = self.needed(price.stx)?.base_units();
        let buffer = arith::mul_div_up(needed, terms.buffer.base_units(), PPM)?;
        let free = self.assets.base_units().saturating_sub(arith::add(needed, buffer)?);
        let value = pair.value(self.queued)?.base_units();
        let exited = match (nav.healthy, value <= free) {
            (false, _) => 0,
            (true, true) => queue,
            (true, false) => arith::mul_div(queue, free, value)?,
        };
        let gross = free.min(pair.value(Shares::new(exited))?.base_units());
        let fee = arith::mul_div_up(gross, self.exit_fee(terms, price.stx)?.base_units(), PPM)?;
        let paid = gross.saturating_sub(fee);
        self.assets = self.assets.saturating_sub(TokenAmount::new(paid));
        self.shares = Shares::new(self.shares.count().saturating_sub(exited));
        self.queued = Shares::new(queue.saturating_sub(exited));
        Ok(Some(Close { queue, exited, paid }))
    }
}

/// A place in the queue's history, as the contract keeps it: what is left of a share, and what was paid on one share so far.
#[derive(Clone, Copy)]
struct Place {
    index: u128,
    sum: u128,
}

impl Place {
    const START: Self = Self { index: ONE, sum: 0 };

    fn after(self, close: &Close) -> Result<Self, Overflow> {
        if close.queue == 0 {
            return Ok(self);
        }
        let paid = arith::mul_div(arith::mul(self.index, close.paid)?, PPM, close.queue)?;
        let left = close.queue.saturating_sub(close.exited);
        Ok(Self { sum: arith::add(self.sum, paid)?, index: arith::mul_div(self.index, left, close.queue)? })
    }
}

/// Shares that join the queue at the same close: a ticket of the contract that is brought up to date at each close.
#[derive(Clone, Copy, Default)]
struct Cohort {
    shares: u128,
    left: u128,
    paid: u128,
}

impl Cohort {
    const fn of(shares: u128) -> Self {
        Self { shares, left: shares, paid: 0 }
    }

    /// The part of it that is paid.
    fn part(&self) -> Result<u128, Overflow> {
        arith::mul_div(self.shares.saturating_sub(self.left), PPM, self.shares)
    }

    /// From one place to the next; a step if that pays a part of it worth naming.
    fn advance(&mut self, from: Place, to: Place, at: UnixSeconds) -> Result<Option<ExitStep>, Overflow> {
        let before = self.part()?;
        let share = arith::mul_div(self.left, to.sum.saturating_sub(from.sum), from.index)?;
        self.paid = arith::add(self.paid, share / PPM)?;
        self.left = arith::mul_div(self.left, to.index, from.index)?;
        let part = self.part()?;
        let step = ExitStep { at, paid: Ppm::new(part), amount: TokenAmount::new(self.paid) };
        Ok((part > before).then_some(step))
    }
}
