//! What is listed: kinds, expiries and strikes.
//!
//! Expiries are Fridays 08:00 UTC, as on the large option exchanges: the next five, then those whose week number is
//! divisible by four, eight in all. Counting the weeks from a fixed Friday keeps a far expiry listed until it is near.

use core::fmt;

use crate::{Ppm, Seconds, UnixSeconds, UsdE8};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
/// Friday 1970-01-02, 08:00 UTC: week 0.
const FIRST_EXPIRY: u64 = DAY + 8 * HOUR;

/// How many of the next Fridays are listed without a gap.
pub const NEAR_EXPIRIES: usize = 5;
/// How many expiries are listed in all.
pub const LISTED_EXPIRIES: usize = 8;
/// Far expiries are those whose week number is a multiple of this.
pub const FAR_EXPIRY_WEEKS: u64 = 4;
/// Nothing is sold closer to the expiry than this: part of the settlement average would already be known.
pub const MIN_TIME_TO_EXPIRY: Seconds = Seconds::new(DAY);

/// The part of spot that a strike step may not exceed in the balanced and aggressive tiers: 4 %.
pub const STRIKE_STEP_LIMIT: Ppm = Ppm::new(40_000);
/// The same in the conservative tier: 5 %.
pub const CONSERVATIVE_STRIKE_STEP_LIMIT: Ppm = Ppm::new(50_000);

/// The direction of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OptionKind {
    /// Pays below the strike.
    Put,
    /// Pays above the strike.
    Call,
}

impl fmt::Display for OptionKind {
    /// `PUT` or `CALL`, as the contracts write it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Put => "PUT",
            Self::Call => "CALL",
        })
    }
}

/// What makes policies alike: all of one series are settled together, at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    /// The direction.
    pub kind: OptionKind,
    /// When it ends.
    pub expiry: UnixSeconds,
    /// The price it protects.
    pub strike: UsdE8,
}

/// The week number of an expiry, counted from Friday 1970-01-02; `None` if the moment is not a Friday 08:00 UTC.
#[must_use]
pub fn expiry_week(expiry: UnixSeconds) -> Option<u64> {
    let since_first = expiry.get().checked_sub(FIRST_EXPIRY)?;
    since_first.is_multiple_of(WEEK).then_some(since_first / WEEK)
}

/// The expiries listed at `now`, the nearest first: all lie after it. Empty only within months of the end of countable
/// time.
#[must_use]
pub fn listed_expiries(now: UnixSeconds) -> Vec<UnixSeconds> {
    let next = match now.get().checked_sub(FIRST_EXPIRY) {
        None => 0,
        Some(since_first) => since_first / WEEK + 1,
    };
    let near = next..next + NEAR_EXPIRIES as u64;
    let far = (near.end.div_ceil(FAR_EXPIRY_WEEKS)..).map(|index| index * FAR_EXPIRY_WEEKS);
    near.chain(far).map_while(expiry_of_week).take(LISTED_EXPIRIES).collect()
}

/// The first expiry listed at `now` that is sellable and protects for at least `term`; `None` if none is that far.
#[must_use]
pub fn expiry_for(now: UnixSeconds, term: Seconds) -> Option<UnixSeconds> {
    let until = now.checked_add(term)?;
    listed_expiries(now).into_iter().find(|expiry| *expiry >= until && is_sellable(*expiry, now))
}

/// Whether policies of this expiry are sold at `now`: it is listed and a day or more away.
#[must_use]
pub fn is_sellable(expiry: UnixSeconds, now: UnixSeconds) -> bool {
    expiry.since(now).is_some_and(|left| left >= MIN_TIME_TO_EXPIRY) && listed_expiries(now).contains(&expiry)
}

fn expiry_of_week(week: u64) -> Option<UnixSeconds> {
    week.checked_mul(WEEK)?.checked_add(FIRST_EXPIRY).map(UnixSeconds::new)
}

/// The strikes in use at one price of BTC: the multiples of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StrikeGrid {
    step: u128,
}

impl StrikeGrid {
    /// The grid at `spot` whose step is the largest of 1, 2.5 and 5 × 10^n USD that is not above `limit` of spot. `None`
    /// if that is below the smallest price, or the product cannot be counted.
    #[must_use]
    pub fn at(spot: UsdE8, limit: Ppm) -> Option<Self> {
        let largest = spot.base_units().checked_mul(limit.base_units())? / 1_000_000;
        let power = 10_u128.checked_pow(largest.checked_ilog10()?)?;
        // 2.5 is a whole number of base units from 10 of them on.
        let quarter = if power >= 10 { power / 10 * 25 } else { power };
        let step = if largest / 5 >= power {
            power * 5
        } else if largest >= quarter {
            quarter
        } else {
            power
        };
        Some(Self { step })
    }

    /// The distance from one strike to the next.
    #[must_use]
    pub const fn step(self) -> UsdE8 {
        UsdE8::new(self.step)
    }

    /// Whether `price` is a strike.
    #[must_use]
    pub const fn contains(self, price: UsdE8) -> bool {
        price.base_units() > 0 && price.base_units().is_multiple_of(self.step)
    }

    /// The lowest strike that is not below `price`: for a put, the one that protects at least that much. `None` past the
    /// largest price.
    #[must_use]
    pub fn at_or_above(self, price: UsdE8) -> Option<UsdE8> {
        let steps = price.base_units().div_ceil(self.step).max(1);
        steps.checked_mul(self.step).map(UsdE8::new)
    }

    /// The highest strike that is not above `price`: for a call, the one that protects at least that much. `None` below
    /// the first.
    #[must_use]
    pub fn at_or_below(self, price: UsdE8) -> Option<UsdE8> {
        let steps = price.base_units() / self.step;
        (steps > 0).then(|| UsdE8::new(steps * self.step))
    }
}
