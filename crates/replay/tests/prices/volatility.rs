//! What the oracle sees of a history's volatility, and what it may be told before the first day.

use bithedge_protocol::{Ppm, UsdE8};
use bithedge_replay::prices::{Date, Day, History, random_walk};

use crate::{date, float, moments, near, usd};

/// Volatility a year about the mean, and autocorrelation of the returns from one day to the next.
fn daily(prices: &[f64]) -> (f64, f64) {
    let returns: Vec<f64> = prices.windows(2).map(|two| (two[1] / two[0]).ln()).collect();
    let (mean, deviation) = moments(&returns);
    let products: Vec<f64> = returns.windows(2).map(|two| (two[0] - mean) * (two[1] - mean)).collect();
    (deviation * 365_f64.sqrt(), moments(&products).0 / deviation.powi(2))
}

/// What the oracle records at the boundary at which a day ends: the mean of the half hour before it, in which each report holds until
/// the next, and that of the very second does not count.
fn boundary_price(day: &Day) -> f64 {
    const WINDOW: u64 = 1_800;
    let end = day.begins().get() + Day::CLOSE_AT;
    let steps = day.steps();
    let held = steps.windows(2).map(|two| {
        let from = two[0].at.get().max(end - WINDOW);
        two[1].at.get().saturating_sub(from) as f64 * float(two[0].btc)
    });
    held.sum::<f64>() / WINDOW as f64
}

#[test]
fn the_boundary_sees_the_volatility_of_the_closes() {
    let mut differences = Vec::new();
    for seed in 0..8 {
        let days = random_walk(seed, 5_000, date("2000-01-01"), usd("40000")).unwrap().days;
        let closes: Vec<f64> = days.iter().map(|day| float(day.close)).collect();
        let (volatility, correlation) = daily(&closes);
        // A walk knows nothing of yesterday: three standard errors of 5,000 days.
        near(correlation, 0.0, 3.0 / 5_000_f64.sqrt());

        // The report of 08:00 is the close itself.
        let reported: Vec<UsdE8> = days
            .iter()
            .flat_map(Day::steps)
            .filter(|step| step.at.get() % 86_400 == 8 * 3_600)
            .map(|step| step.btc)
            .collect();
        assert_eq!(reported, days.iter().map(|day| day.close).collect::<Vec<_>>());

        let seen: Vec<f64> = days.iter().map(boundary_price).collect();
        let (seen_volatility, seen_correlation) = daily(&seen);
        near(seen_volatility / volatility, 1.0, 0.02);
        differences.push(seen_correlation - correlation);
    }
    near(moments(&differences).0, 0.0, 0.02);
}

/// So many days from 2020-01-01 on that rise and fall by turns by one part in a hundred, as a file has them.
fn by_turns(days: usize) -> Vec<(Date, String)> {
    let dates = std::iter::successors(Some(date("2020-01-01")), |date| date.next());
    dates
        .take(days)
        .zip(["100", "101"].into_iter().cycle())
        .map(|(date, close)| (date, close.to_owned()))
        .collect()
}

fn before(rows: &[(Date, String)], from: Date) -> Option<Ppm> {
    let lines: Vec<String> = rows.iter().map(|(date, close)| format!("{date},{close}\n")).collect();
    let text = format!("date,close_usd\n{}", lines.concat());
    History::read(text.as_bytes(), Some(from), None, 1).unwrap().volatility_before
}

#[test]
fn the_volatility_before_looks_at_nothing_that_is_played() {
    // Twice the size, to stay clear of the lower bound: ±2 %, √365 ln 1.02 = 37.8 %.
    let mut rows = by_turns(100);
    for (_, close) in &mut rows {
        *close = if close == "101" { "102".to_owned() } else { "100".to_owned() };
    }
    let two_percent = Some(Ppm::new(378_328));
    for count in [0, 1, 19] {
        assert_eq!(before(&rows, rows[count].0), None, "{count}");
    }
    for count in [20, 21, 60, 61, 99] {
        assert_eq!(before(&rows, rows[count].0), two_percent, "{count}");
    }
    // Whatever comes on the first day and later.
    for (_, close) in &mut rows[70..] {
        *close = format!("{close}0");
    }
    assert_eq!(before(&rows, rows[70].0), two_percent);
    assert_ne!(before(&rows, rows[71].0), two_percent);
    // The sixty closes before it, and no others: the first return that counts is that of the second.
    rows[9].1 = "1000".to_owned();
    assert_eq!(before(&rows, rows[70].0), two_percent);
    assert_ne!(before(&rows, rows[69].0), two_percent);
    // All of a file is played, or a walk: nothing was before.
    assert_eq!(before(&rows, date("2019-01-01")), None);
    assert_eq!(random_walk(1, 100, date("2020-01-01"), usd("100")).unwrap().volatility_before, None);
}

#[test]
fn the_volatility_before_counts_missing_days_and_keeps_to_the_oracles_bounds() {
    // Every other day is missing: returns of two days.
    let rows: Vec<_> = by_turns(200)
        .into_iter()
        .step_by(2)
        .zip(["100", "104"].into_iter().cycle())
        .map(|((date, _), close)| (date, close.to_owned()))
        .collect();
    let expected = 1.04_f64.ln() * (365.0_f64 / 2.0).sqrt();
    let ppm = |volatility: Option<Ppm>| volatility.unwrap().base_units() as f64 / 1e6;
    near(ppm(before(&rows, rows[80].0)), expected, 2e-6);
    // Also if the first day is one of them.
    near(ppm(before(&rows, rows[80].0.next().unwrap())), expected, 2e-6);

    // Before a gap that is not filled nothing counts, and nothing if it is right before the first day.
    let mut gap = by_turns(100);
    gap.drain(30..38);
    let played = |text| before(&gap, date(text));
    assert_eq!(gap[30].0, date("2020-02-08"));
    assert_eq!((played("2020-02-08"), played("2020-02-27")), (None, None));
    assert!(played("2020-02-28").is_some());

    // Between 20 and 250 %: a hundredth up and down is 19 %, a fifth 348 %.
    assert_eq!(before(&by_turns(50), date("2020-02-10")), Some(Ppm::new(200_000)));
    let wild: Vec<_> = by_turns(50)
        .into_iter()
        .map(|(date, close)| (date, if close == "101" { "120".to_owned() } else { close }))
        .collect();
    assert_eq!(before(&wild, date("2020-02-10")), Some(Ppm::new(2_500_000)));
}
