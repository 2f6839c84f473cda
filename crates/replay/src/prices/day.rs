//! One day of prices, and the steps in which the oracle sees it.

use bithedge_protocol::{UnixSeconds, UsdE8};

use super::Date;
use super::logarithm::between;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const NOON: u64 = 12 * HOUR;
const MIDNIGHT: u64 = 24 * HOUR;

/// Seconds after midnight at which a price is stated. They are closer before 08:00, because settlement and boundary prices are
/// averages over the half hour that ends there and want at least three observations.
const TIMES: [u64; 13] = [
    2 * HOUR,
    4 * HOUR,
    6 * HOUR,
    7 * HOUR + 30 * MINUTE,
    7 * HOUR + 40 * MINUTE,
    7 * HOUR + 50 * MINUTE,
    8 * HOUR,
    10 * HOUR,
    NOON,
    14 * HOUR,
    16 * HOUR,
    20 * HOUR,
    MIDNIGHT,
];

/// One UTC day of prices.
///
/// Between its prices a day runs geometrically: equal times change the price by equal factors.
///
/// * It *dips* if its low is below both its open and its close: then BTC runs from the open at 00:00 to the low at 12:00 and to
///   the close at 24:00.
/// * Otherwise it runs straight from the open to the close, all day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Day {
    /// Which day.
    pub date: Date,
    /// One BTC at 00:00: the close of the day before.
    pub open: UsdE8,
    /// The lowest price of one BTC as the day is played: the published low, or the open or the close where that is lower. (A
    /// published low may be above the close of the day before, when trading jumped at midnight.)
    pub low: UsdE8,
    /// One BTC at 24:00.
    pub close: UsdE8,
    /// One STX at 00:00.
    pub stx_open: UsdE8,
    /// One STX *when BTC is at its low*: at 12:00 of a day that dips, otherwise the same as the open or the close. It need not be
    /// the lowest price of STX.
    pub stx_low: UsdE8,
    /// One STX at 24:00.
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
    /// Whether the low is below both the open and the close, and is therefore reached at noon.
    #[must_use]
    pub fn dips(&self) -> bool {
        self.low < self.open && self.low < self.close
    }

    /// What the market says at 02:00, 04:00, 06:00, 07:30, 07:40, 07:50, 08:00, 10:00, 12:00, 14:00, 16:00, 20:00 and 24:00
    /// UTC. 00:00 is the 24:00 of the day before.
    ///
    /// At 12:00 of a day that [dips](Self::dips) it is exactly the low, at 24:00 exactly the close; between them it is the
    /// geometric interpolation, rounded to 10^-8 USD (good to about 2e-12 of the price).
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        TIMES
            .into_iter()
            .map(|time| {
                let price = |open, noon, close| match (self.dips(), time) {
                    (false, _) => between(open, close, time, MIDNIGHT),
                    (true, ..=NOON) => between(open, noon, time, NOON),
                    (true, _) => between(noon, close, time - NOON, MIDNIGHT - NOON),
                };
                Step {
                    at: UnixSeconds::new(self.date.start().get() + time),
                    btc: price(self.open, self.low, self.close),
                    stx: price(self.stx_open, self.stx_low, self.stx_close),
                }
            })
            .collect()
    }
}
