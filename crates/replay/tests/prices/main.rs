//! Prices: what is read, what is refused, and what a day, a model and a walk make of them.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a test fails by panicking; statistics are about"
)]

mod days;
mod models;
mod reading;
mod trend;
mod volatility;
mod walking;

use bithedge_protocol::UsdE8;
use bithedge_replay::prices::{Date, History, PriceError};

const USD: u128 = 100_000_000;

/// The scenarios that are shipped.
const SCENARIOS: [(&str, &str); 7] = [
    ("crash-2015-01.csv", include_str!("../../../../assets/scenarios/crash-2015-01.csv")),
    ("crash-2017-12.csv", include_str!("../../../../assets/scenarios/crash-2017-12.csv")),
    ("crash-2018-11.csv", include_str!("../../../../assets/scenarios/crash-2018-11.csv")),
    ("crash-2020-03.csv", include_str!("../../../../assets/scenarios/crash-2020-03.csv")),
    ("crash-2020-03-stx.csv", include_str!("../../../../assets/scenarios/crash-2020-03-stx.csv")),
    ("crash-2021-05.csv", include_str!("../../../../assets/scenarios/crash-2021-05.csv")),
    ("random-walk.csv", include_str!("../../../../assets/scenarios/random-walk.csv")),
];

fn usd(text: &str) -> UsdE8 {
    text.parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn read(text: &str) -> Result<History, PriceError> {
    History::read(text.as_bytes(), None, None, 7)
}

fn closes(history: &History) -> Vec<String> {
    history.days.iter().map(|day| format!("{} {}", day.date, day.close)).collect()
}

fn float(price: UsdE8) -> f64 {
    price.base_units() as f64 / USD as f64
}

/// `ln (to / from)`.
fn log(from: UsdE8, to: UsdE8) -> f64 {
    (float(to) / float(from)).ln()
}

/// Mean and deviation.
fn moments(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
    (mean, variance.sqrt())
}

fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected} ± {tolerance}");
}
