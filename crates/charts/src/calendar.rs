//! Dates on an axis: where ticks go and what they say. All in UTC.

use bithedge_protocol::UnixSeconds;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A mark on a time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeTick {
    pub(crate) at: UnixSeconds,
    pub(crate) label: String,
}

/// The distance between ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Hours(u64),
    Days(u64),
    Months(u64),
    Years(u64),
}

const STEPS: [Step; 21] = [
    Step::Hours(1),
    Step::Hours(3),
    Step::Hours(6),
    Step::Hours(12),
    Step::Days(1),
    Step::Days(2),
    Step::Days(7),
    Step::Days(14),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Years(1),
    Step::Years(2),
    Step::Years(5),
    Step::Years(10),
    Step::Years(20),
    Step::Years(50),
    Step::Years(100),
    Step::Years(200),
    Step::Years(500),
];

impl Step {
    /// At most this long, in seconds.
    const fn seconds(self) -> u64 {
        match self {
            Self::Hours(hours) => hours * HOUR,
            Self::Days(days) => days * DAY,
            Self::Months(months) => months * 31 * DAY,
            Self::Years(years) => years * 366 * DAY,
        }
    }
}

/// Ticks at round moments from `from` to `to`, at most `most` of them. None over more than fifty thousand years.
pub(crate) fn ticks(from: UnixSeconds, to: UnixSeconds, most: usize) -> Vec<TimeTick> {
    let span = to.get().saturating_sub(from.get());
    let gaps = u64::try_from(most.max(2) - 1).unwrap_or(1);
    match STEPS.into_iter().find(|step| span.div_euclid(gaps) <= step.seconds()) {
        Some(step) => {
            let moments = moments(from, to, step);
            moments.into_iter().map(|at| TimeTick { at, label: label(at, step) }).collect()
        }
        None => Vec::new(),
    }
}

fn moments(from: UnixSeconds, to: UnixSeconds, step: Step) -> Vec<UnixSeconds> {
    let (first, last) = (from.get(), to.get());
    match step {
        Step::Hours(_) | Step::Days(1 | 2) => every(first, last, step.seconds(), 0),
        // From Friday to Friday, as expiries are.
        Step::Days(days) => {
            let origin = first.saturating_sub(DAY).div_ceil(7 * DAY).saturating_mul(7 * DAY);
            every(first, last, days * DAY, origin.saturating_add(DAY))
        }
        Step::Months(months) => {
            let start = from.civil();
            let first_month = start.year * 12 + start.month - 1;
            (first_month.div_ceil(months)..)
                .map(|index| index * months)
                .map_while(|month| start_of(month / 12, month % 12 + 1))
                .skip_while(|at| *at < from)
                .take_while(|at| *at <= to)
                .collect()
        }
        Step::Years(years) => (from.civil().year.div_ceil(years)..)
            .map_while(|index| index.checked_mul(years).and_then(|year| start_of(year, 1)))
            .skip_while(|at| *at < from)
            .take_while(|at| *at <= to)
            .collect(),
    }
}

/// The multiples of `step` after `origin`, within the bounds.
fn every(first: u64, last: u64, step: u64, origin: u64) -> Vec<UnixSeconds> {
    let index = first.saturating_sub(origin).div_ceil(step);
    (index..)
        .map_while(|index| index.checked_mul(step)?.checked_add(origin))
        .take_while(|at| *at <= last)
        .map(UnixSeconds::new)
        .collect()
}

/// The first moment of a month; `None` before 1970 or past the end of countable time.
fn start_of(year: u64, month: u64) -> Option<UnixSeconds> {
    let years = year.checked_sub(1_970)?;
    // Leap days of the years before this one, counted from year 1; there were 477 before 1970.
    let before = year - 1;
    let leap_days = before / 4 - before / 100 + before / 400 - 477;
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let of_year: u64 = match month {
        1 => 0,
        2 => 31,
        3 => 59,
        4 => 90,
        5 => 120,
        6 => 151,
        7 => 181,
        8 => 212,
        9 => 243,
        10 => 273,
        11 => 304,
        _ => 334,
    };
    let leap_day = u64::from(is_leap && month > 2);
    let days = years.checked_mul(365)?.checked_add(leap_days)?.checked_add(of_year + leap_day)?;
    days.checked_mul(DAY).map(UnixSeconds::new)
}

fn label(at: UnixSeconds, step: Step) -> String {
    let civil = at.civil();
    match step {
        Step::Hours(_) if civil.hour == 0 => day(at),
        Step::Hours(_) => format!("{:02}:{:02}", civil.hour, civil.minute),
        Step::Days(_) => day(at),
        Step::Months(_) => format!("{} {}", month(civil.month), civil.year),
        Step::Years(_) => civil.year.to_string(),
    }
}

fn month(number: u64) -> &'static str {
    let index = number.checked_sub(1).and_then(|index| usize::try_from(index).ok());
    index.and_then(|index| MONTHS.get(index)).copied().unwrap_or("")
}

/// `5 Dec`.
pub(crate) fn day(at: UnixSeconds) -> String {
    let civil = at.civil();
    format!("{} {}", civil.day, month(civil.month))
}

/// `5 Dec 2025`.
pub(crate) fn date(at: UnixSeconds) -> String {
    format!("{} {}", day(at), at.civil().year)
}

/// What a date axis is called: `Date (UTC), 2025`, `Date (UTC), 2025–2026`.
pub(crate) fn axis_title(from: UnixSeconds, to: UnixSeconds) -> String {
    let (first, last) = (from.civil().year, to.civil().year);
    if first == last { format!("Date (UTC), {first}") } else { format!("Date (UTC), {first}–{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_start_where_the_calendar_says() {
        for year in 1_970..=2_410 {
            for month in 1..=12 {
                let civil = start_of(year, month).unwrap().civil();
                assert_eq!((civil.year, civil.month, civil.day, civil.hour), (year, month, 1, 0));
            }
        }
        assert_eq!(start_of(1_969, 12), None);
        assert_eq!(start_of(u64::MAX, 1), None);
    }

    #[test]
    fn ticks_are_round_ordered_inside_and_not_too_many() {
        let start = 1_764_921_600; // 2025-12-05 08:00 UTC, a Friday
        for span in [1, HOUR, 7 * HOUR, DAY, 9 * DAY, 40 * DAY, 200 * DAY, 3_000 * DAY, 90_000 * DAY] {
            for most in [2, 4, 8, 12] {
                let (from, to) = (UnixSeconds::new(start), UnixSeconds::new(start + span));
                let ticks = ticks(from, to, most);
                assert!(ticks.len() <= most + 1, "{span} s, {most}: {ticks:?}");
                assert!(ticks.iter().all(|tick| tick.at >= from && tick.at <= to));
                assert!(ticks.windows(2).all(|pair| pair[0].at < pair[1].at));
            }
        }
    }

    #[test]
    fn labels_say_what_the_distance_needs() {
        let labels = |days: u64, most| -> Vec<String> {
            let start = 1_764_892_800; // 2025-12-05
            let found = ticks(UnixSeconds::new(start), UnixSeconds::new(start + days * DAY), most);
            found.into_iter().map(|tick| tick.label).collect()
        };
        assert_eq!(labels(28, 5), ["5 Dec", "12 Dec", "19 Dec", "26 Dec", "2 Jan"]);
        assert_eq!(labels(120, 5), ["Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026"]);
        assert_eq!(labels(1_200, 5), ["2026", "2027", "2028", "2029"]);
        assert!(ticks(UnixSeconds::new(0), UnixSeconds::new(u64::MAX), 5).is_empty());
    }

    #[test]
    fn a_title_names_the_years() {
        let at = |days| UnixSeconds::new(1_764_892_800 + days * DAY);
        assert_eq!(axis_title(at(0), at(10)), "Date (UTC), 2025");
        assert_eq!(axis_title(at(0), at(60)), "Date (UTC), 2025–2026");
    }
}
