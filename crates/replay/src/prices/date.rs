//! Days of the calendar, in UTC.

use core::fmt;
use core::str::FromStr;

use bithedge_protocol::UnixSeconds;

const DAY_SECONDS: u64 = 86_400;
/// 9999-12-31, in days since 1970-01-01.
const LAST: u32 = 2_932_896;

/// A day in UTC, from 1970-01-01 to 9999-12-31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    days_since_1970: u32,
}

/// A text that is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date is a day that exists, written YYYY-MM-DD, from 1970 to 9999")]
pub struct DateError;

impl Date {
    /// The day of a Gregorian year, month (1 to 12) and day of the month.
    ///
    /// # Errors
    /// [`DateError`] for a day that does not exist or lies outside 1970 to 9999.
    pub fn new(year: u32, month: u32, day: u32) -> Result<Self, DateError> {
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(DateError);
        }
        // Years that start in March have their leap day at the end; their months repeat the lengths 31, 30, 31, 30, 31.
        let (march_year, march_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let leap_days = march_year / 4 - march_year / 100 + march_year / 400;
        // 719,468 days from 0000-03-01 to 1970-01-01.
        let days = 365 * march_year + leap_days + (153 * march_month + 2) / 5 + day - 1;
        let date = Self { days_since_1970: days.checked_sub(719_468).ok_or(DateError)? };
        // The 31st of April has become the 1st of May by now.
        let civil = date.start().civil();
        let meant = (u64::from(year), u64::from(month), u64::from(day));
        if (civil.year, civil.month, civil.day) == meant { Ok(date) } else { Err(DateError) }
    }

    /// Midnight, with which the day begins.
    #[must_use]
    pub const fn start(self) -> UnixSeconds {
        // `From` is not const; a u32 always fits.
        UnixSeconds::new(self.days_since_1970 as u64 * DAY_SECONDS)
    }

    /// The next day; `None` after 9999-12-31.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        (self.days_since_1970 < LAST).then(|| Self { days_since_1970: self.days_since_1970 + 1 })
    }

    /// Days from `earlier` to this one; `None` if `earlier` is later.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> Option<u32> {
        self.days_since_1970.checked_sub(earlier.days_since_1970)
    }
}

impl fmt::Display for Date {
    /// `2020-03-12`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.start().civil();
        write!(formatter, "{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)
    }
}

impl FromStr for Date {
    type Err = DateError;

    /// Reads `YYYY-MM-DD`, and nothing else.
    fn from_str(text: &str) -> Result<Self, DateError> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            // `parse` would take a sign.
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
        };
        let (Some(year), Some(month), Some(day)) = (number(4), number(2), number(2)) else {
            return Err(DateError);
        };
        if parts.next().is_some() { Err(DateError) } else { Self::new(year, month, day) }
    }
}
