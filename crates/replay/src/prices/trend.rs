//! A history as it would have been had prices led nowhere.

use bithedge_protocol::UsdE8;

use super::logarithm::{log_return, moved};
use super::{History, PriceError};

impl History {
    /// The same days with BTC's trend taken out, and STX's: every price times `(first / last)^t`, with `t` running from 0 to 1 over the
    /// whole history, so that both end where they began. Daily moves and crashes remain, what is gained or lost by holding goes.
    /// Who sells puts lives well in years in which prices rise a hundredfold; this shows the same business without them.
    ///
    /// It is the logarithm that has no trend left. The mean of the daily changes is still half the variance above zero, in USD, and so
    /// is that of USD in BTC: neither buyers nor sellers meet a market in which the formula's price is exactly fair.
    ///
    /// # Errors
    /// [`PriceError::Untenable`] if a price leaves the range of prices.
    pub fn without_trend(mut self) -> Result<Self, PriceError> {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else {
            return Err(PriceError::Empty);
        };
        let date = first.date;
        let trend = |asset, from, to| log_return(from, to).ok_or(PriceError::Untenable { asset, date });
        let btc = trend("BTC", first.open, last.close)?;
        let stx = trend("STX", first.stx_open, last.stx_close)?;
        // In half days: a low lies in the middle of its day.
        let halves = i128::try_from(self.days.len()).unwrap_or(i128::MAX).saturating_mul(2);
        for (index, day) in (0_i128..).zip(&mut self.days) {
            let level = |asset, price: UsdE8, trend: i128, half: i128| {
                moved(price, -trend * half / halves).ok_or(PriceError::Untenable { asset, date: day.date })
            };
            let [open, low, close] = [2 * index, 2 * index + 1, 2 * index + 2];
            (day.open, day.close) =
                (level("BTC", day.open, btc, open)?, level("BTC", day.close, btc, close)?);
            day.low = level("BTC", day.low, btc, low)?.min(day.open).min(day.close);
            let dips = day.dips();
            day.stx_open = level("STX", day.stx_open, stx, open)?;
            day.stx_close = level("STX", day.stx_close, stx, close)?;
            day.stx_low = match (dips, day.low == day.open) {
                (true, _) => level("STX", day.stx_low, stx, low)?,
                (false, true) => day.stx_open,
                (false, false) => day.stx_close,
            };
        }
        self.name += ", the trend taken out";
        Ok(self)
    }
}
