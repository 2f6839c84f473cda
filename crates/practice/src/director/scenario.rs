//! What the market can go through: the files of `assets/scenarios`, and the way of a day in them.
//!
//! Only the changes of a scenario are played, not its prices: what it says over what it says at first, of the prices of now. STX
//! goes by its own column, half-way at the low; where a file has none, it moves as BTC does, part for part. That link is made up, and
//! no market has kept to it.

use std::sync::LazyLock;

use bithedge_protocol::{Ppm, UsdE8};

use crate::market::Quote;

/// A report may differ from the one ten minutes before by so many per cent: the oracle takes ten and a little.
const MOST_A_STEP_PERCENT: u128 = 8;
/// Steps of a way are at least so far apart, in seconds: a Bitcoin block.
pub(crate) const STEP_SECONDS: u64 = 600;
/// So long before a boundary its closing prices are there: the average of STX that settles is of four hours.
pub(crate) const HELD_SECONDS: u64 = 15_000;
/// A small picture has at most so many points.
const MOST_POINTS: usize = 60;

/// The files, with what each is called and one sentence about it. The last column says whether its days have a date.
const FILES: [(&str, &str, &str, &str, bool); 7] = [
    (
        "crash-2020-03",
        "March 2020",
        "Markets everywhere fell at once, and BTC lost more than a third of its price in a day.",
        include_str!("../../../../assets/scenarios/crash-2020-03.csv"),
        true,
    ),
    (
        "crash-2020-03-stx",
        "March 2020, and STX collapses",
        "The same days of BTC with made-up prices of STX, which lose nine tenths: what backs policies in STX fails too.",
        include_str!("../../../../assets/scenarios/crash-2020-03-stx.csv"),
        true,
    ),
    (
        "crash-2021-05",
        "May 2021",
        "From near the top BTC lost almost half in eleven days, and more than a quarter within a single one.",
        include_str!("../../../../assets/scenarios/crash-2021-05.csv"),
        true,
    ),
    (
        "crash-2018-11",
        "November 2018",
        "After months of calm the price slid for a fortnight and did not bounce.",
        include_str!("../../../../assets/scenarios/crash-2018-11.csv"),
        true,
    ),
    (
        "crash-2017-12",
        "December 2017",
        "The top of a great year and what came right after it: up, and then down by two fifths within six days.",
        include_str!("../../../../assets/scenarios/crash-2017-12.csv"),
        true,
    ),
    (
        "crash-2015-01",
        "January 2015",
        "The end of a fall that had lasted for a year: two bad days in a row.",
        include_str!("../../../../assets/scenarios/crash-2015-01.csv"),
        true,
    ),
    (
        "random-walk",
        "A year at random",
        "No market: a walk with jumps, thrown by dice once and always the same, with large falls and large rises in it.",
        include_str!("../../../../assets/scenarios/random-walk.csv"),
        false,
    ),
];

/// A scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// What it is named by: its file without the ending.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// One sentence about it.
    pub about: &'static str,
    /// The close that it begins with.
    pub first: Close,
    /// Its days.
    pub days: Vec<Day>,
    has_dates: bool,
}

/// Prices at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// One BTC.
    pub btc: UsdE8,
    /// One STX, where the file has it.
    pub stx: Option<UsdE8>,
}

/// A day from one close to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// `2020-03-12`.
    pub date: String,
    /// The lowest price of BTC.
    pub low: UsdE8,
    /// The prices at its end.
    pub close: Close,
}

/// All that can be played, in the order in which they are offered.
#[must_use]
pub fn scenarios() -> &'static [Scenario] {
    static ALL: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
        // A file that cannot be read is not offered; a test reads them all.
        FILES
            .into_iter()
            .filter_map(|(id, name, about, text, has_dates)| {
                read(text).map(|(first, days)| Scenario { id, name, about, first, days, has_dates })
            })
            .collect()
    });
    &ALL
}

/// The lines after the head, the first of which is the close before the first day.
fn read(text: &str) -> Option<(Close, Vec<Day>)> {
    let mut lines = text.lines();
    let has_stx = match lines.next()? {
        "date,low_usd,close_usd" => false,
        "date,low_usd,close_usd,stx_usd" => true,
        _ => return None,
    };
    let mut days = lines.map(|line| {
        let mut fields = line.split(',');
        let price = |text: Option<&str>| text?.parse::<UsdE8>().ok().filter(|price| *price > UsdE8::ZERO);
        let date = fields.next()?.to_owned();
        let (low, close) = (price(fields.next())?, price(fields.next())?);
        let stx = if has_stx { Some(price(fields.next())?) } else { None };
        Some(Day { date, low, close: Close { btc: close, stx } })
    });
    let first = days.next()??.close;
    Some((first, days.collect::<Option<Vec<_>>>()?))
}

impl Scenario {
    /// The one of this name.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        scenarios().iter().find(|scenario| scenario.id == id)
    }

    /// How many days it has.
    #[must_use]
    pub fn length(&self) -> u32 {
        u32::try_from(self.days.len()).unwrap_or(u32::MAX)
    }

    /// The deepest price of BTC, of its first.
    #[must_use]
    pub fn deepest(&self) -> Ppm {
        let low = self.days.iter().map(|day| day.low.min(day.close.btc)).min();
        self.of_first(low.unwrap_or(self.first.btc))
    }

    /// Its way, of its first price: low and close of each day, thinned out to what a small picture can show. Of what is left
    /// together, the lowest is kept.
    #[must_use]
    pub fn path(&self) -> Vec<Ppm> {
        let all: Vec<UsdE8> = self.days.iter().flat_map(|day| [day.low, day.close.btc]).collect();
        let group = all.len().div_ceil(MOST_POINTS).max(1);
        let lowest = all.chunks(group).filter_map(|prices| prices.iter().min().copied());
        std::iter::once(self.first.btc).chain(lowest).map(|price| self.of_first(price)).collect()
    }

    /// The date of a day, counted from 0; a random walk has none.
    #[must_use]
    pub fn date(&self, day: usize) -> Option<String> {
        self.days.get(day).filter(|_| self.has_dates).map(|day| day.date.clone())
    }

    fn of_first(&self, price: UsdE8) -> Ppm {
        Ppm::new(price.base_units() * 1_000_000 / self.first.btc.base_units())
    }

    /// Prices at the low and at the end of a day, counted from 0, if the scenario begins at `start`.
    #[must_use]
    pub fn targets(&self, day: usize, start: Quote) -> Option<Targets> {
        let today = self.days.get(day)?;
        let before = match day.checked_sub(1) {
            Some(earlier) => self.days.get(earlier)?.close,
            None => self.first,
        };
        let btc = |price: UsdE8| scaled(start.btc, price, self.first.btc);
        let low = today.low.min(today.close.btc);
        let (stx_low, stx) = match (before.stx, today.close.stx, self.first.stx) {
            (Some(before), Some(close), Some(first)) => {
                let middle = UsdE8::new(before.base_units().midpoint(close.base_units()));
                (scaled(start.stx, middle, first), scaled(start.stx, close, first))
            }
            _ => {
                let first = self.first.btc;
                (scaled(start.stx, low, first), scaled(start.stx, today.close.btc, first))
            }
        };
        Some(Targets {
            low: Quote { btc: btc(low), stx: stx_low },
            close: Quote { btc: btc(today.close.btc), stx },
        })
    }
}

/// Where the market goes in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Targets {
    /// First.
    pub low: Quote,
    /// And then.
    pub close: Quote,
}

/// `base · price / first`, rounded down, and never nothing.
fn scaled(base: UsdE8, price: UsdE8, first: UsdE8) -> UsdE8 {
    let product = base.base_units().saturating_mul(price.base_units());
    UsdE8::new((product / first.base_units().max(1)).max(1))
}

/// The way of a day, as moments and the prices that are reported at each: from the prices of now, at `start`, to the low, and to the
/// closing prices some hours before `boundary`. At least `wanted` steps if there is room for them, and as many more as it takes that
/// none is too large.
pub(crate) fn way(
    from: Quote,
    targets: Targets,
    start: u64,
    boundary: u64,
    wanted: u64,
) -> Vec<(u64, Quote)> {
    let end = boundary.saturating_sub(HELD_SECONDS).max(start + 2 * STEP_SECONDS);
    let half = (end - start) / 2;
    let mut way = Vec::new();
    for (from, to, start) in [(from, targets.low, start), (targets.low, targets.close, start + half)] {
        let steps = (wanted / 2).min(half / STEP_SECONDS).max(steps_needed(from, to)).max(1);
        way.extend((1..=steps).map(|step| (start + half * step / steps, between(from, to, step, steps))));
    }
    way
}

/// In so many equal steps no price moves by more than it may, and none at all if nothing moves.
fn steps_needed(from: Quote, to: Quote) -> u64 {
    if from == to {
        return 0;
    }
    let fits = |steps: u64| {
        [(from.btc, to.btc), (from.stx, to.stx)].into_iter().all(|(from, to)| {
            let (from, to) = (from.base_units(), to.base_units());
            let step = from.abs_diff(to).div_ceil(u128::from(steps));
            // Falling, the last step is the largest of what it starts from; rising, the first one.
            let base = if to < from { to.saturating_add(step) } else { from };
            step * 100 <= base * MOST_A_STEP_PERCENT
        })
    };
    (1..=100).find(|steps| fits(*steps)).unwrap_or(100)
}

/// A part of the way in a straight line.
fn between(from: Quote, to: Quote, step: u64, steps: u64) -> Quote {
    let (step, steps) = (u128::from(step), u128::from(steps));
    let one = |from: UsdE8, to: UsdE8| {
        let (from, to) = (from.base_units(), to.base_units());
        let moved = from.abs_diff(to) * step / steps;
        UsdE8::new(if to < from { from - moved } else { from + moved })
    };
    Quote { btc: one(from.btc, to.btc), stx: one(from.stx, to.stx) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_its_facts_are_those_of_its_figures() {
        assert_eq!(scenarios().len(), FILES.len());
        let facts: Vec<(&str, u32, u128)> = scenarios()
            .iter()
            .map(|scenario| (scenario.id, scenario.length(), scenario.deepest().base_units() / 1_000))
            .collect();
        // The days are one fewer than the lines of the file, whose README counts those.
        assert_eq!(
            facts,
            [
                ("crash-2020-03", 21, 479),
                ("crash-2020-03-stx", 21, 479),
                ("crash-2021-05", 22, 534),
                ("crash-2018-11", 21, 559),
                ("crash-2017-12", 24, 661),
                ("crash-2015-01", 23, 544),
                ("random-walk", 364, 298),
            ]
        );
        for scenario in scenarios() {
            let path = scenario.path();
            assert!(path.len() <= MOST_POINTS + 1, "{}", scenario.id);
            assert_eq!(path.first(), Some(&Ppm::new(1_000_000)));
            assert_eq!(path.iter().min(), Some(&scenario.deepest()));
            assert_eq!(scenario.date(0).is_none(), scenario.id == "random-walk");
        }
        assert!(Scenario::named("nothing").is_none());
    }

    #[test]
    fn no_step_of_any_day_is_larger_than_the_oracle_takes_or_sooner_than_it_should() {
        let start = Quote { btc: UsdE8::new(10_000_000_000_000), stx: UsdE8::new(100_000_000) };
        for scenario in scenarios() {
            for wanted in [0, 20, 200] {
                let mut quote = start;
                for day in 0..scenario.days.len() {
                    let targets = scenario.targets(day, start).unwrap();
                    // The first day may be as short as half a day.
                    let length = if day == 0 { 43_200 } else { 86_400 };
                    let mut time = 1_000_000;
                    let boundary = time + length;
                    for (at, next) in way(quote, targets, time, boundary, wanted) {
                        assert!(at >= time + STEP_SECONDS, "{} day {day}: {} s", scenario.id, at - time);
                        for (old, new) in [(quote.btc, next.btc), (quote.stx, next.stx)] {
                            let (old, new) = (old.base_units(), new.base_units());
                            assert!(
                                old.abs_diff(new) * 100 <= old * MOST_A_STEP_PERCENT,
                                "{} day {day}: {old} {new}",
                                scenario.id
                            );
                        }
                        (time, quote) = (at, next);
                    }
                    assert!(time <= boundary - HELD_SECONDS);
                    assert_eq!(quote, targets.close);
                }
            }
        }
    }

    #[test]
    fn changes_are_played_and_not_prices() {
        let scenario = Scenario::named("crash-2020-03").unwrap();
        let doubled =
            Quote { btc: UsdE8::new(scenario.first.btc.base_units() * 2), stx: UsdE8::new(50_000_000) };
        let targets = scenario.targets(0, doubled).unwrap();
        let day = &scenario.days[0];
        assert_eq!(targets.close.btc.base_units(), day.close.btc.base_units() * 2);
        assert_eq!(targets.low.btc.base_units(), day.low.base_units() * 2);
        // Without a column of its own STX goes part for part with BTC.
        let part = 50_000_000 * day.close.btc.base_units() / scenario.first.btc.base_units();
        assert_eq!(targets.close.stx.base_units(), part);
        let own = Scenario::named("crash-2020-03-stx").unwrap();
        assert_eq!(own.targets(0, doubled).unwrap().close.stx, UsdE8::new(52_000_000));
        assert!(scenario.targets(21, doubled).is_none());
    }
}
