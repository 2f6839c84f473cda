//! Simulated prices of STX.

use bithedge_protocol::UsdE8;
use bithedge_replay::prices::{History, StxSource, stx};

use crate::{SCENARIOS, closes, date, float, log, moments, near, read, usd};

/// As many days at one price, with other closes from some of them on.
fn flat(days: usize, closes: &[(usize, &str)]) -> History {
    let dates = std::iter::successors(Some(date("2000-01-01")), |date| date.next());
    let mut text = String::from("date,close_usd\n");
    for (index, date) in dates.take(days).enumerate() {
        let close = closes.iter().rfind(|(from, _)| *from <= index).map_or("1000", |(_, close)| close);
        text.push_str(&format!("{date},{close}\n"));
    }
    read(&text).unwrap()
}

#[test]
fn simulated_stx_returns_to_its_first_price_in_btc_and_falls_further_in_a_crash() {
    let days = flat(200_000, &[]).days;
    assert_eq!((days[0].stx_open, days[0].stx_close), (stx::FIRST_PRICE, stx::FIRST_PRICE));
    let x: Vec<f64> = days.iter().map(|day| log(stx::FIRST_PRICE, day.stx_close)).collect();
    let steps: Vec<f64> = x.windows(2).map(|two| two[1] - two[0]).collect();
    let (mean, deviation) = moments(&x);
    let sigma = stx::VOLATILITY_PPM as f64 / 1e6;
    let theta = 2_f64.ln() / f64::from(stx::HALF_LIFE_DAYS) * 365.0;
    // Its standing deviation is σ / √2θ, reached again and again in 200,000 days.
    near(mean, 0.0, 0.06);
    near(deviation, sigma / (2.0 * theta).sqrt(), 0.03);
    near(moments(&steps).1 * 365_f64.sqrt(), sigma, 0.005);
    let half_life = usize::try_from(stx::HALF_LIFE_DAYS).unwrap();
    let products: Vec<f64> = x.iter().zip(&x[half_life..]).map(|(a, b)| a * b).collect();
    near(moments(&products).0 / deviation.powi(2), 0.5, 0.06);

    // The same numbers, and BTC falls: by 20 % at once, by 9.9 %, by 10 % exactly.
    let still = flat(3, &[]).days;
    for (close, power) in [("800", 1.3), ("901", 1.0), ("900", 1.0), ("899", 1.3), ("1300", 1.0)] {
        let moved = flat(3, &[(1, close)]).days;
        let expected = float(usd(close)) / 1000.0;
        near(float(moved[1].stx_close) / float(still[1].stx_close), expected.powf(power), 1e-7);
    }
    // A crash within the day is undone within it but for what BTC keeps.
    let dip = read("date,low_usd,close_usd\n2000-01-01,,1000\n2000-01-02,700,950\n").unwrap().days;
    let own = log(still[1].stx_open, still[1].stx_close);
    near(log(dip[1].stx_open, dip[1].stx_low), 1.3 * 0.7_f64.ln() + own / 2.0, 1e-7);
    near(log(dip[1].stx_open, dip[1].stx_close), 0.95_f64.ln() + own, 1e-7);
}

#[test]
fn a_seed_always_simulates_the_same_stx() {
    let text = SCENARIOS[3].1;
    let simulate = |seed| History::read(text.as_bytes(), None, None, seed).unwrap();
    assert_eq!(simulate(7), simulate(7));
    assert_ne!(simulate(7).days, simulate(8).days);
    assert_eq!(closes(&simulate(7)), closes(&simulate(8)));
    assert_eq!(simulate(7).stx.to_string(), "simulated, seed 7");
    // 11 to 14 March 2020: at the low of BTC, and at the close.
    let days = &simulate(7).days[10..14];
    let found: Vec<_> = days.iter().map(|day| [day.stx_low, day.stx_close].map(UsdE8::base_units)).collect();
    let expected = [
        [92_810_935, 101_112_981],
        [52_844_072, 53_571_592],
        [42_477_172, 61_924_578],
        [58_241_844, 60_340_140],
    ];
    assert_eq!(found, expected);
}

#[test]
fn simulated_stx_is_never_written_as_if_it_were_given() {
    let text = "date,low_usd,close_usd\n2020-01-01,90,100\n2020-01-02,80.5,1234.56789012\n";
    let history = read(text).unwrap();
    let mut written = Vec::new();
    history.write_csv(&mut written).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), text);
    assert_eq!(history.stx, StxSource::Simulated { seed: 7 });
}

#[test]
fn stx_that_cannot_be_counted_is_refused() {
    // A fall of BTC by thirteen powers of ten takes STX with it.
    let error = read("date,close_usd\n2020-01-01,100000\n2020-01-02,0.00000001\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the simulated price of STX leaves what can be priced on 2020-01-02: 0.0001 to 1,000,000,000 USD"
    );
}
