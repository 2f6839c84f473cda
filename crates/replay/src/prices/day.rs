//! One day of prices, and the steps in which the oracle sees it.

use bithedge_protocol::{UnixSeconds, UsdE8};

use super::Date;
use super::logarithm::between;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Seconds after the beginning of a day at which a price is stated. They are closer together before the low, before
/// [`Day::LATER`] and before the close: people act then, and what the contracts average over half an hour wants at least three
/// observations.
const TIMES: [u64; 18] = [
    4 * HOUR,
    8 * HOUR,
    Day::LOW_AT - 30 * MINUTE,
    Day::LOW_AT - 20 * MINUTE,
    Day::LOW_AT - 10 * MINUTE,
    Day::LOW_AT,
    Day::LATER - 30 * MINUTE,
    Day::LATER - 20 * MINUTE,
    Day::LATER - 10 * MINUTE,
    Day::LATER,
    20 * HOUR,
    21 * HOUR,
    22 * HOUR,
    23 * HOUR,
    Day::CLOSE_AT - 30 * MINUTE,
    Day::CLOSE_AT - 20 * MINUTE,
    Day::CLOSE_AT - 10 * MINUTE,
    Day::CLOSE_AT,
];

/// One day of prices, **played from 08:00 UTC of its date to 08:00 UTC of the next**.
///
/// Daily figures are published for days that end at midnight UTC. A replay moves the clock by eight hours, so that the protocol's
/// daily boundary, 08:00 UTC, falls on the close. In the middle of a day that is interpolated the boundary would not see prices
/// of a market, but averages of two closes: their volatility would be an eighth lower, 65.7 %, and each day's return would tell
/// the next. (The boundary price is the mean of the half hour before 08:00, that is the price some twenty minutes before the
/// close. On the closes and lows of BTC from 2014-09-17 to 2022-03-01 its volatility is 74.1 % where that of the closes is
/// 74.9 %, and its daily returns have an autocorrelation of −0.01, those of the closes −0.02. STX's is the mean of four hours,
/// which are therefore reported hour by hour.)
///
/// Between its prices a day runs geometrically: equal times change the price by equal factors.
///
/// * It *dips* if its low is below both its open and its close: then BTC runs from the open to the low in the first twelve hours
///   and to the close in the other twelve.
/// * Otherwise it runs straight from the open to the close, all day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Day {
    /// Which day, by the date in the file: that on which it begins.
    pub date: Date,
    /// One BTC at the beginning: the close of the day before.
    pub open: UsdE8,
    /// The lowest price of one BTC as the day is played: the published low, or the open or the close where that is lower. (A
    /// published low may be above the close of the day before, when trading jumped from one day to the next.)
    pub low: UsdE8,
    /// One BTC at the end.
    pub close: UsdE8,
    /// One STX at the beginning.
    pub stx_open: UsdE8,
    /// One STX *when BTC is at its low*: at [`LOW_AT`](Self::LOW_AT) of a day that dips, otherwise the same as the open or the
    /// close. It need not be the lowest price of STX.
    pub stx_low: UsdE8,
    /// One STX at the end.
    pub stx_close: UsdE8,
}

/// What the market says at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// When.
    pub at: UnixSeconds,
    /// One BTC.
    pub btc: UsdE8,
    /// One STX.
    pub stx: UsdE8,
}

impl Day {
    /// When a day begins, in seconds after midnight UTC: 08:00, the protocol's daily boundary.
    pub const START_OF_DAY: u64 = 8 * HOUR;
    /// When a day that [dips](Self::dips) is at its low, in seconds after its beginning: 12 hours, 20:00 UTC.
    pub const LOW_AT: u64 = 12 * HOUR;
    /// A moment between the low and the close, in seconds after its beginning: 16 hours, 00:00 UTC.
    pub const LATER: u64 = 16 * HOUR;
    /// When a day is at its close, in seconds after its beginning: 24 hours, 08:00 UTC of the next date, where the next begins.
    pub const CLOSE_AT: u64 = 24 * HOUR;

    /// When the day begins: 08:00 UTC of its date.
    #[must_use]
    pub const fn begins(&self) -> UnixSeconds {
        UnixSeconds::new(self.date.start().get() + Self::START_OF_DAY)
    }

    /// Whether the low is below both the open and the close, and is therefore reached.
    #[must_use]
    pub fn dips(&self) -> bool {
        self.low < self.open && self.low < self.close
    }

    /// What the market says 4 h, 8 h, 11 h 30, 11 h 40, 11 h 50, 12 h, 15 h 30, 15 h 40, 15 h 50, 16 h, 20 h, 21 h, 22 h, 23 h, 23 h 30, 23 h 40,
    /// 23 h 50 and 24 h after the day [begins](Self::begins). Its beginning is the last of the day before.
    ///
    /// After 12 h of a day that [dips](Self::dips) it is exactly the low, after 24 h exactly the close; between them it is the
    /// geometric interpolation, rounded to 10^-8 USD (good to about 2e-12 of the price).
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        TIMES
            .into_iter()
            .map(|time| {
                let price = |open, low, close| match (self.dips(), time) {
                    (false, _) => between(open, close, time, Self::CLOSE_AT),
                    (true, ..=Self::LOW_AT) => between(open, low, time, Self::LOW_AT),
                    (true, _) => between(low, close, time - Self::LOW_AT, Self::CLOSE_AT - Self::LOW_AT),
                };
                Step {
                    at: UnixSeconds::new(self.begins().get() + time),
                    btc: price(self.open, self.low, self.close),
                    stx: price(self.stx_open, self.stx_low, self.stx_close),
                }
            })
            .collect()
    }
}
