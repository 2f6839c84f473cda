//! The random walk, and the scenarios that are shipped.

use bithedge_protocol::UsdE8;
use bithedge_protocol::math::{FixedE12, MAX_PRICE, normal_cdf};
use bithedge_replay::prices::{History, LEAST_SIMULATED, PriceError, StxSource, random_walk, walk};

use crate::{SCENARIOS, date, float, log, moments, near, usd};

fn part(ppm: i64) -> f64 {
    ppm as f64 / 1e6
}

/// The normal distribution function.
#[allow(clippy::cast_possible_truncation, reason = "it is called with small numbers")]
fn normal(x: f64) -> f64 {
    normal_cdf(FixedE12::new((x * 1e12) as i128)) as f64 / 1e12
}

#[test]
fn a_walk_has_the_figures_it_was_measured_on() {
    let mut returns = Vec::new();
    let mut dips = Vec::new();
    for seed in 0..20 {
        let history = random_walk(seed, 5_000, date("2000-01-01"), usd("40000")).unwrap();
        returns.extend(history.days.iter().skip(1).map(|day| log(day.open, day.close)));
        dips.extend(history.days.iter().skip(1).map(|day| log(day.low, day.open.min(day.close))));
    }
    let count = returns.len() as f64;
    let (mean, deviation) = moments(&returns);
    let [calm, rate, jump_mean, jump_deviation] =
        [walk::CALM_DEVIATION_PPM, walk::JUMP_RATE_PPM, walk::JUMP_MEAN_PPM, walk::JUMP_DEVIATION_PPM]
            .map(part);
    near(mean, 0.0, 3.0 * deviation / count.sqrt());
    let variance = calm.powi(2) + rate * (jump_mean.powi(2) + jump_deviation.powi(2));
    near(deviation, variance.sqrt(), 0.0007);
    // Beyond five calm deviations there are only days with a jump, which is normal together with the calm part.
    let spread = jump_deviation.hypot(calm);
    let far = 5.0 * calm;
    for (sign, beyond) in [(-1.0, -far - jump_mean), (1.0, jump_mean - far)] {
        let share = returns.iter().filter(|one| sign * **one > far).count() as f64 / count;
        near(share, rate * normal(beyond / spread), 0.0006);
    }
    for (at_most, dip) in walk::DIPS {
        let share = dips.iter().filter(|one| **one <= part(dip) + 1e-9).count() as f64 / count;
        near(share, part(at_most), 0.005);
    }
}

#[test]
fn a_walk_is_the_same_for_a_seed_and_is_read_as_it_is_written() {
    let make = |seed| random_walk(seed, 500, date("2020-01-01"), usd("50000")).unwrap();
    let history = make(3);
    assert_eq!(history, make(3));
    assert_ne!(history.days, make(4).days);
    assert_eq!(
        (history.name.as_str(), history.stx),
        ("random walk, seed 3", StxSource::Simulated { seed: 3 })
    );
    let first = history.days[0];
    assert_eq!((history.days.len(), first.open, first.close), (500, usd("50000"), usd("50000")));
    let mut written = Vec::new();
    history.write_csv(&mut written).unwrap();
    assert_eq!(History::read(written.as_slice(), None, None, 3).unwrap().days, history.days);
    // A longer walk goes on where a shorter one ends.
    assert_eq!(random_walk(3, 20, date("2020-01-01"), usd("50000")).unwrap().days, history.days[..20]);
}

#[test]
fn a_walk_that_cannot_be_is_refused() {
    let walk = |days, start: &str, price| random_walk(1, days, date(start), price);
    for price in [
        UsdE8::ZERO,
        UsdE8::new(LEAST_SIMULATED.base_units() - 1),
        UsdE8::new(MAX_PRICE.base_units() + 1),
        UsdE8::MAX,
    ] {
        assert!(matches!(walk(10, "2020-01-01", price), Err(PriceError::StartPrice)));
    }
    let too_many = walk::MAX_DAYS + 1;
    for (days, start) in
        [(0, "2020-01-01"), (too_many, "2020-01-01"), (u32::MAX, "2020-01-01"), (2, "9999-12-31")]
    {
        assert!(matches!(walk(days, start, usd("50000")), Err(PriceError::Length)));
    }
    assert!(walk(1, "9999-12-31", MAX_PRICE).is_ok());
    // From the highest price it soon gets above it, from the lowest below it.
    for price in [MAX_PRICE, LEAST_SIMULATED] {
        let error = walk(1000, "2020-01-01", price).map(|history| history.name).unwrap_err();
        assert!(matches!(error, PriceError::Untenable { asset: "BTC", .. }), "{error:?}");
    }
}

#[test]
fn the_shipped_walk_is_that_of_its_seed() {
    let history = random_walk(6, 365, date("2022-01-01"), usd("40000")).unwrap();
    let mut written = Vec::new();
    history.write_csv(&mut written).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), SCENARIOS[6].1);
}

/// The figures that the README states of a scenario, from its prices.
fn figures(name: &str, history: &History) -> String {
    let days = &history.days;
    let fall = |from, to| format!("−{:.1} %", -100.0 * (float(to) / float(from) - 1.0));
    let worst = days.iter().min_by(|a, b| log(a.open, a.close).total_cmp(&log(b.open, b.close))).unwrap();
    let top = (0..days.len()).max_by_key(|index| days[*index].close).unwrap();
    let low = (top + 1..days.len()).min_by_key(|index| days[*index].low).unwrap();
    let civil = worst.date.start().civil();
    let month = ["January", "", "March", "", "May", "", "July", "", "", "", "November", "December"]
        [usize::try_from(civil.month).unwrap() - 1];
    format!(
        "`{name}` | {} | {} ({} {month}) | {} in {} days |",
        days.len(),
        fall(worst.open, worst.close),
        civil.day,
        fall(days[top].close, days[low].low),
        low - top
    )
}

#[test]
fn every_scenario_is_read_and_is_what_the_readme_says() {
    let readme = include_str!("../../../../assets/scenarios/README.md");
    // Without the column of words.
    let stated: Vec<String> = readme
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<_> = line.split(" | ").collect();
            format!("{} | {}", cells[0].trim_start_matches("| "), cells[2..].join(" | "))
        })
        .collect();
    let computed: Vec<String> = SCENARIOS
        .into_iter()
        .map(|(name, text)| {
            let history = History::read(text.as_bytes(), None, None, 1).unwrap();
            assert!(history.filled.is_empty(), "{name}");
            figures(name, &history)
        })
        .collect();
    assert_eq!(computed, stated);
}

#[test]
fn the_invented_stx_collapses_as_the_readme_says_and_its_btc_is_that_of_the_crash() {
    let read = |text: &str| History::read(text.as_bytes(), None, None, 1).unwrap();
    let (market, invented) = (read(SCENARIOS[3].1), read(SCENARIOS[4].1));
    let btc = |history: &History| -> Vec<_> {
        history.days.iter().map(|day| (day.date, day.open, day.low, day.close)).collect()
    };
    assert_eq!(btc(&invented), btc(&market));
    assert_eq!(invented.stx, StxSource::Given);
    let on = |text| *invented.days.iter().find(|day| day.date == date(text)).unwrap();
    let (crash, bottom) = (on("2020-03-12"), on("2020-03-16"));
    assert_eq!((crash.stx_open, bottom.stx_close), (usd("0.92"), usd("0.08")));
    near(float(crash.stx_close) / float(crash.stx_open) - 1.0, -0.598, 0.0005);
    near(float(bottom.stx_close) / float(crash.stx_open) - 1.0, -0.913, 0.0005);
    let later = invented.days.iter().filter(|day| day.date > bottom.date);
    assert!(later.clone().count() > 4 && later.clone().all(|day| day.stx_close < usd("0.1")));
    // As the README says: twice what it was worth is a sixth of what is needed.
    near(2.0 * float(bottom.stx_close) / float(crash.stx_open), 0.174, 0.0005);
}
