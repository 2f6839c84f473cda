//! Prices: what is read, what is refused, and what a day, a model and a walk make of them.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a test fails by panicking; statistics are about")]

use bithedge_protocol::math::MAX_PRICE;
use bithedge_protocol::{UnixSeconds, UsdE8};
use bithedge_replay::prices::{Date, Day, History, PriceError, StxSource, random_walk, stx, walk};
use proptest::prelude::*;

const USD: u128 = 100_000_000;

/// The scenarios that are shipped.
const SCENARIOS: [(&str, &str); 6] = [
    ("crash-2015-01.csv", include_str!("../../../assets/scenarios/crash-2015-01.csv")),
    ("crash-2017-12.csv", include_str!("../../../assets/scenarios/crash-2017-12.csv")),
    ("crash-2018-11.csv", include_str!("../../../assets/scenarios/crash-2018-11.csv")),
    ("crash-2020-03.csv", include_str!("../../../assets/scenarios/crash-2020-03.csv")),
    ("crash-2021-05.csv", include_str!("../../../assets/scenarios/crash-2021-05.csv")),
    ("random-walk.csv", include_str!("../../../assets/scenarios/random-walk.csv")),
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

fn read_range(text: &str, from: &str, to: &str) -> Result<History, PriceError> {
    let bound = |text: &str| (!text.is_empty()).then(|| date(text));
    History::read(text.as_bytes(), bound(from), bound(to), 7)
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

#[test]
fn a_date_is_a_day_that_exists() {
    let mut day = date("1970-01-01");
    assert_eq!(day.start(), UnixSeconds::new(0));
    for count in 0..90_000 {
        assert_eq!(day.start().get(), count * 86_400);
        assert_eq!(date(&day.to_string()), day);
        day = day.next().unwrap();
    }
    assert_eq!(date("2020-03-05").start(), UnixSeconds::new(1_583_366_400));
    assert_eq!(date("2020-03-01").days_since(date("2020-02-28")), Some(2));
    assert_eq!(date("2020-02-28").days_since(date("2020-03-01")), None);
    let last = date("9999-12-31");
    assert_eq!((last.next(), last.start().to_string().as_str()), (None, "9999-12-31 23:59:59 UTC".replace("23:59:59", "00:00:00").as_str()));
    for text in [
        "", "2020", "2020-03", "2020-3-05", "2020-03-5", "20-03-05", "2020-13-01", "2020-00-01", "2020-01-00",
        "2020-04-31", "2021-02-29", "1900-02-29", "1969-12-31", "10000-01-01", "+200-01-01", "2020/03/05",
        "2020-03-05-01", "2020-03-05T00:00", " 2020-03-05", "٢٠٢٠-03-05", "-2020-03-05",
    ] {
        assert!(text.parse::<Date>().is_err(), "{text}");
    }
    assert!(Date::new(2020, u32::MAX, 1).is_err() && Date::new(u32::MAX, 1, 1).is_err());
}

#[test]
fn columns_are_found_by_name_in_any_order_and_file_form() {
    let plain = "date,low_usd,close_usd\n2020-03-11,7642.81,7911.43\n2020-03-12,4860.35,4970.79\n2020-03-13,,5563.71\n";
    let expected = read(plain).unwrap();
    assert_eq!(expected.name, "2020-03-11 to 2020-03-13");
    assert_eq!((expected.filled.len(), expected.stx), (0, StxSource::Simulated { seed: 7 }));
    let mixed = "Volume,close_usd, date ,low_usd\n1,7911.43,2020-03-11,7642.81\n,4970.790,2020-03-12,4860.35\nx,5563.71, 2020-03-13 ,\n";
    for text in [
        mixed.to_owned(),
        format!("\u{feff}{plain}"),
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        plain.replace('\n', "\n\n"),
        plain.trim_end().to_owned(),
        plain.replace("7911.43", "\"7911.43\""),
        plain.replace("7911.43", "07911.43000000").replace("date", "\"date\""),
        // Digits after the eighth decimal are rounded.
        plain.replace("7911.43", "7911.430000004999").replace("5563.71", "5563.709999995"),
    ] {
        assert_eq!(read(&text).unwrap(), expected, "{text}");
    }
    let without_lows = read("close_usd,date\n7911.43,2020-03-11\n4970.79,2020-03-12\n5563.71,2020-03-13\n").unwrap();
    assert_eq!(closes(&without_lows), closes(&expected));
    assert!(without_lows.days.iter().all(|day| !day.dips() && day.low == day.open.min(day.close)));
}

#[test]
fn a_day_opens_at_the_close_before() {
    let text = "date,low_usd,close_usd,stx_usd\n2020-01-01,90,100,1\n2020-01-02,80,110,2\n2020-01-03,115,120,3\n2020-01-04,130,130,4\n";
    let all = read(text).unwrap();
    assert_eq!(all.stx, StxSource::Given);
    let row = |day: &Day| {
        [day.open, day.low, day.close, day.stx_open, day.stx_close].map(|price| price.base_units() / USD)
    };
    let rows: Vec<_> = all.days.iter().map(row).collect();
    // A low above the open is no low of the day as it is played.
    assert_eq!(rows, [[100, 90, 100, 1, 1], [100, 80, 110, 1, 2], [110, 110, 120, 2, 3], [120, 120, 130, 3, 4]]);
    assert_eq!(all.days.iter().map(Day::dips).collect::<Vec<_>>(), [true, true, false, false]);
    let part = read_range(text, "2020-01-02", "2020-01-03").unwrap();
    assert_eq!(part.days, all.days[1..3]);
    assert_eq!(part.name, "2020-01-02 to 2020-01-03");
    assert_eq!(read_range(text, "2019-06-01", "2020-01-02").unwrap().days, all.days[..2]);
    assert_eq!(read_range(text, "2020-01-04", "").unwrap().days, all.days[3..]);
}

/// Expected prices computed with fifty digits from the definition.
#[test]
fn a_day_that_dips_is_at_its_low_at_noon_and_at_its_close_at_midnight() {
    let day = Day {
        date: date("2020-03-12"),
        open: usd("7911.43"),
        low: usd("4860.35"),
        close: usd("4970.79"),
        stx_open: usd("0.25"),
        stx_low: usd("0.16"),
        stx_close: usd("0.2"),
    };
    let steps = day.steps();
    let times: Vec<_> = steps.iter().map(|step| step.at.to_string()[11..16].to_owned()).collect();
    assert_eq!(
        times,
        ["02:00", "04:00", "06:00", "07:30", "07:40", "07:50", "08:00", "10:00", "12:00", "14:00", "16:00", "20:00", "00:00"]
    );
    assert_eq!(steps.last().unwrap().at, date("2020-03-13").start());
    let expected: [u128; 13] = [
        729_441_412_101, 672_551_957_975, 620_099_337_207, 583_462_349_474, 579_527_597_200, 575_619_380_101,
        571_737_519_229, 527_147_460_544, 486_035_000_000, 487_858_477_826, 489_688_796_869, 493_370_061_373,
        497_079_000_000,
    ];
    for (step, expected) in steps.iter().zip(expected) {
        assert!(step.btc.base_units().abs_diff(expected) <= 3, "{step:?} {expected}");
    }
    assert_eq!((steps[8].btc, steps[8].stx), (day.low, day.stx_low));
    assert_eq!((steps[12].btc, steps[12].stx), (day.close, day.stx_close));
    assert!(steps[..9].is_sorted_by(|a, b| a.stx > b.stx) && steps[8..].is_sorted_by(|a, b| a.stx < b.stx));

    let straight = Day { low: usd("7911.43"), close: usd("9078.76"), ..day };
    let expected: [u128; 13] = [
        800_268_922_596, 809_500_113_724, 818_837_787_671, 825_911_660_842, 826_701_409_394, 827_491_913_114,
        828_283_172_726, 837_837_511_349, 847_502_060_333, 857_278_090_964, 867_166_889_198, 887_288_006_623,
        907_876_000_000,
    ];
    for (step, expected) in straight.steps().iter().zip(expected) {
        assert!(step.btc.base_units().abs_diff(expected) <= 3, "{step:?} {expected}");
    }
    // Nothing moves on a day without movement.
    let still = Day { low: day.open, close: day.open, stx_close: day.stx_open, ..day };
    assert!(still.steps().iter().all(|step| (step.btc, step.stx) == (day.open, day.stx_open)));
}

#[test]
fn given_stx_dips_with_btc() {
    let text = "date,low_usd,close_usd,stx_usd\n2020-01-01,,8000,0.25\n2020-01-02,5000,6000,0.20\n2020-01-03,,5000,0.3\n2020-01-04,,9000,0.4\n";
    let days = read(text).unwrap().days;
    // √(0.25 · 0.20) · 5000 / √(8000 · 6000), with fifty digits.
    assert_eq!(days[1].stx_low, usd("0.16137431"));
    // BTC's low is its close on the next day, and its open on the last.
    assert_eq!((days[2].stx_low, days[3].stx_low), (usd("0.3"), usd("0.3")));
}

#[test]
fn up_to_seven_missing_days_repeat_the_close_before() {
    let text = "date,low_usd,close_usd\n2020-01-01,90,100\n2020-01-09,80,110\n2020-01-11,80,120\n";
    let history = read(text).unwrap();
    assert_eq!(history.days.len(), 11);
    assert!(history.days.windows(2).all(|two| two[0].date.next() == Some(two[1].date) && two[0].close == two[1].open));
    let filled: Vec<_> = history.filled.iter().map(Date::to_string).collect();
    let expected = ["02", "03", "04", "05", "06", "07", "08", "10"].map(|day| format!("2020-01-{day}"));
    assert_eq!(filled, expected);
    assert!(history.days[1..8].iter().all(|day| day.low == usd("100") && day.close == usd("100")));
    // A range counts what was filled in it.
    let part = read_range(text, "2020-01-08", "2020-01-10").unwrap();
    assert_eq!(closes(&part), ["2020-01-08 100 USD", "2020-01-09 110 USD", "2020-01-10 110 USD"]);
    assert_eq!(part.filled, [date("2020-01-08"), date("2020-01-10")]);

    let text = "date,close_usd\n2020-01-01,100\n2020-01-10,110\n2020-01-11,120\n";
    for (from, to) in [("", ""), ("2020-01-02", "2020-01-02"), ("2020-01-09", ""), ("2020-01-01", "2020-01-10")] {
        let error = read_range(text, from, to).unwrap_err();
        assert!(matches!(error, PriceError::Gap { line: 3, missing: 8, after } if after == date("2020-01-01")), "{error:?}");
    }
    // Outside of what was asked for it does not matter, and the day after it opens at its own close.
    let after = read_range(text, "2020-01-10", "").unwrap();
    assert_eq!((after.days.len(), after.days[0].open), (2, usd("110")));
    assert_eq!(closes(&read_range(text, "", "2020-01-01").unwrap()), ["2020-01-01 100 USD"]);
}

#[test]
fn what_is_wrong_is_refused_with_its_line() {
    let body = "date,low_usd,close_usd\n2020-01-01,90,100\n";
    for (text, expected) in [
        (String::new(), "Empty"),
        ("\n\n".to_owned(), "Empty"),
        ("\u{feff}".to_owned(), "Empty"),
        ("date,close_usd\n".to_owned(), "Empty"),
        ("date,low_usd\n2020-01-01,90\n".to_owned(), r#"MissingColumn { column: "close_usd" }"#),
        ("2020-01-01,90\n".to_owned(), r#"MissingColumn { column: "date" }"#),
        ("date,close_usd,date\n".to_owned(), r#"RepeatedColumn { column: "date" }"#),
        ("date,close_usd,stx_usd,stx_usd\n".to_owned(), r#"RepeatedColumn { column: "stx_usd" }"#),
        (format!("{body}2020-02-30,90,100\n"), r#"BadDate { line: 3, text: "2020-02-30" }"#),
        (format!("{body},90,100\n"), r#"BadDate { line: 3, text: "" }"#),
        (format!("{body}{},90,100\n", "9".repeat(1000)), &format!("BadDate {{ line: 3, text: {:?} }}", "9".repeat(40))),
        (format!("{body}2020-01-02,90,1,100.50\n"), "Fields { line: 3, expected: 3, found: 4 }"),
        (format!("{body}2020-01-02,90\n"), "Fields { line: 3, expected: 3, found: 2 }"),
        (format!("{body}\"2020-01-02,90,100\n"), "Fields { line: 3, expected: 3, found: 1 }"),
        (format!("{body}2020-01-02,90,\"1,100.50\"\n"), r#"Comma { line: 3, column: "close_usd", text: "1,100.50" }"#),
        (format!("{body}2020-01-02,\"90,5\",100\n"), r#"Comma { line: 3, column: "low_usd", text: "90,5" }"#),
        (format!("{body}2020-01-02,90,0.000000004\n"), r#"NotPositive { line: 3, column: "close_usd", text: "0.000000004" }"#),
        (format!("{body}2020-01-02,-90,100\n"), r#"NotPositive { line: 3, column: "low_usd", text: "-90" }"#),
        (format!("{body}2020-01-02,0,100\n"), r#"NotPositive { line: 3, column: "low_usd", text: "0" }"#),
        (format!("{body}2020-01-02,90,1000000000.00000001\n"), r#"TooHigh { line: 3, column: "close_usd", text: "1000000000.00000001" }"#),
        (format!("{body}2020-01-02,90,{}\n", "9".repeat(60)), &format!(r#"TooHigh {{ line: 3, column: "close_usd", text: "{}" }}"#, "9".repeat(40))),
        (format!("{body}2020-01-02,100.01,100\n"), "LowAboveClose { line: 3 }"),
        (format!("{body}\n\r\n2020-01-01,90,100\n"), "RepeatedDate { line: 5, date: "),
        (format!("{body}2020-01-02,90,100\n2020-01-01,90,100\n"), "RepeatedDate { line: 4, date: "),
        (format!("{body}2019-12-31,90,100\n"), "OutOfOrder { line: 3, date: "),
        (format!("{body}2020-01-10,90,100\n"), "Gap { line: 3, missing: 8, after: "),
        ("date,close_usd,stx_usd\n2020-01-01,90,\n".to_owned(), r#"NotANumber { line: 2, column: "stx_usd", text: "" }"#),
        // A file of another program's lines is counted in those.
        (format!("{body}2020-01-02,90,x\n").replace('\n', "\r\n"), r#"NotANumber { line: 3, column: "close_usd", text: "x" }"#),
        (format!("{body}2020-01-02,90,x\n").replace('\n', "\r"), r#"NotANumber { line: 3, column: "close_usd", text: "x" }"#),
    ] {
        let error = read(&text).unwrap_err();
        assert!(format!("{error:?}").starts_with(expected), "{text:?}: {error:?}, not {expected}");
    }
    for word in ["", "NaN", "nan", "inf", "-inf", "null", "1e5", "0x10", "$100", "100 USD", "+100", "1.2.3", ".5", "5.", "-", "1 000", "1'000", "٣"] {
        let error = read(&format!("{body}2020-01-02,90,{word}\n")).unwrap_err();
        assert!(matches!(&error, PriceError::NotANumber { line: 3, column: "close_usd", text } if text == word), "{word}: {error:?}");
    }
    let no_text = [body.as_bytes(), b"2020-01-02,90,\xff\n"].concat();
    assert!(matches!(History::read(no_text.as_slice(), None, None, 1), Err(PriceError::NotUtf8 { line: 3 })));
    let endless = std::io::Read::chain(body.as_bytes(), std::io::repeat(b'\n'));
    assert!(matches!(History::read(endless, None, None, 1), Err(PriceError::TooLong)));
    let unreadable = std::fs::File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    assert!(matches!(History::read(unreadable, None, None, 1), Err(PriceError::Io(_))));
    assert_eq!(
        read(&format!("{body}2020-01-02,100.01,100\n")).unwrap_err().to_string(),
        "line 3: the low is above the close of the same day"
    );
    // The highest price that is one.
    assert_eq!(read("date,close_usd\n2020-01-01,1000000000\n").unwrap().days[0].close, MAX_PRICE);
}

#[test]
fn a_range_has_to_reach_into_the_file() {
    let text = "date,close_usd\n2020-01-01,100\n2020-01-02,110\n";
    for (from, to) in [("2020-01-03", ""), ("", "2019-12-31"), ("2020-01-03", "2021-01-01"), ("2010-01-01", "2011-01-01")] {
        let error = read_range(text, from, to).unwrap_err();
        assert_eq!(error.to_string(), "the file has no prices in that range: it goes from 2020-01-01 to 2020-01-02");
    }
    assert!(matches!(read_range(text, "2020-01-02", "2020-01-01"), Err(PriceError::EmptyRange { .. })));
    // The whole file is checked, whatever the range.
    let broken = format!("{text}2020-01-03,x\n");
    assert!(matches!(read_range(&broken, "", "2020-01-01"), Err(PriceError::NotANumber { line: 4, .. })));
}

/// As many days at one price, with closes for some.
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
    let found: Vec<_> = simulate(7).days[10..14].iter().map(|day| (day.stx_low, day.stx_close)).collect();
    assert_eq!(found, []);
}
