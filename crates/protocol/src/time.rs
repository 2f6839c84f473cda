//! Moments and durations as the chain counts them: whole seconds.

use core::fmt;

use crate::wire::decimal_string;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A duration in whole seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(u64);

impl Seconds {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A duration of so many seconds.
    #[must_use]
    pub const fn new(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The number of seconds.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Seconds {
    /// The two largest units that are not zero, the rest cut off: `45 s`, `2 min 5 s`, `3 h`, `90 d 4 h`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (large, large_unit, small, small_unit) = match self.0 {
            seconds if seconds < MINUTE => return write!(formatter, "{seconds} s"),
            seconds if seconds < HOUR => (seconds / MINUTE, "min", seconds % MINUTE, "s"),
            seconds if seconds < DAY => (seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
            seconds => (seconds / DAY, "d", seconds % DAY / HOUR, "h"),
        };
        write!(formatter, "{large} {large_unit}")?;
        if small > 0 { write!(formatter, " {small} {small_unit}") } else { Ok(()) }
    }
}

decimal_string!(Seconds, u64);

/// A moment: seconds since 1970-01-01T00:00:00Z, leap seconds not counted, as block headers carry it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixSeconds(u64);

impl UnixSeconds {
    /// The moment so many seconds after the epoch.
    #[must_use]
    pub const fn new(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to this moment; `None` if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<Seconds> {
        self.0.checked_sub(earlier.0).map(Seconds)
    }

    /// The moment `duration` later; `None` past the end of what can be counted.
    #[must_use]
    pub fn checked_add(self, duration: Seconds) -> Option<Self> {
        self.0.checked_add(duration.0).map(Self)
    }

    /// Date and time of day in UTC, in the Gregorian calendar.
    #[must_use]
    pub const fn civil(self) -> CivilTime {
        CivilTime::from_unix(self.0)
    }

    /// The day in UTC, as people read it: `27 Nov 2026`.
    #[must_use]
    pub fn day_in_words(self) -> String {
        let CivilTime { year, month, day, .. } = self.civil();
        format!("{day} {} {year}", month_name(month))
    }

    /// The moment to the minute, as people read it: `Fri 27 Nov 2026, 08:00 UTC`.
    #[must_use]
    pub fn in_words(self) -> String {
        let CivilTime { hour, minute, .. } = self.civil();
        format!("{} {}, {hour:02}:{minute:02} UTC", weekday(self), self.day_in_words())
    }
}

const fn month_name(month: u64) -> &'static str {
    match month {
        1 => "Jan",
        2 => "Feb",
        3 => "Mar",
        4 => "Apr",
        5 => "May",
        6 => "Jun",
        7 => "Jul",
        8 => "Aug",
        9 => "Sep",
        10 => "Oct",
        11 => "Nov",
        _ => "Dec",
    }
}

/// The first day of 1970 was a Thursday.
const fn weekday(moment: UnixSeconds) -> &'static str {
    match (moment.get() / DAY) % 7 {
        0 => "Thu",
        1 => "Fri",
        2 => "Sat",
        3 => "Sun",
        4 => "Mon",
        5 => "Tue",
        _ => "Wed",
    }
}

impl fmt::Display for UnixSeconds {
    /// `2024-02-29 23:59:59 UTC`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} UTC", self.civil())
    }
}

decimal_string!(UnixSeconds, u64);

/// A date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilTime {
    /// Year of the Gregorian calendar.
    pub year: u64,
    /// Month, 1 to 12.
    pub month: u64,
    /// Day of the month, 1 to 31.
    pub day: u64,
    /// Hour, 0 to 23.
    pub hour: u64,
    /// Minute, 0 to 59.
    pub minute: u64,
    /// Second, 0 to 59.
    pub second: u64,
}

impl CivilTime {
    const fn from_unix(seconds: u64) -> Self {
        const DAYS_IN_400_YEARS: u64 = 400 * 365 + 97;
        const DAYS_IN_100_YEARS: u64 = 100 * 365 + 24;
        const DAYS_IN_4_YEARS: u64 = 4 * 365 + 1;
        // From 1600-03-01 to 1970-01-01. A year that starts in March has its leap day at the end, and 1600-03-01 starts
        // a 400-year cycle, so every longer period is the shorter one repeated plus, at most, one day at its very end.
        const MARCH_1600_TO_EPOCH: u64 = 135_080;

        let days = seconds / DAY + MARCH_1600_TO_EPOCH;
        let time = seconds % DAY;

        let cycle = days / DAYS_IN_400_YEARS;
        let day_of_cycle = days % DAYS_IN_400_YEARS;
        let century = at_most(day_of_cycle / DAYS_IN_100_YEARS, 3);
        let day_of_century = day_of_cycle - century * DAYS_IN_100_YEARS;
        let quad = day_of_century / DAYS_IN_4_YEARS;
        let day_of_quad = day_of_century % DAYS_IN_4_YEARS;
        let year_of_quad = at_most(day_of_quad / 365, 3);
        let day_of_year = day_of_quad - year_of_quad * 365;

        // Months from March repeat the lengths 31, 30, 31, 30, 31 (153 days); the last one ends with the year.
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let is_next_year = month_from_march >= 10;
        let month = if is_next_year { month_from_march - 9 } else { month_from_march + 3 };
        let year =
            1600 + 400 * cycle + 100 * century + 4 * quad + year_of_quad + if is_next_year { 1 } else { 0 };

        Self { year, month, day, hour: time / HOUR, minute: time % HOUR / MINUTE, second: time % MINUTE }
    }
}

const fn at_most(value: u64, limit: u64) -> u64 {
    if value < limit { value } else { limit }
}

impl fmt::Display for CivilTime {
    /// `2024-02-29 23:59:59`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = self;
        write!(formatter, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}
