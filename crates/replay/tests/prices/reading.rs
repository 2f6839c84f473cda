//! Files that are read, and files that are refused.

use std::io::{self, Read};

use bithedge_protocol::UsdE8;
use bithedge_protocol::math::MAX_PRICE;
use bithedge_replay::prices::{Date, Day, History, PriceError, StxSource};
use proptest::prelude::*;

use crate::{USD, closes, date, read, usd};

fn read_range(text: &str, from: &str, to: &str) -> Result<History, PriceError> {
    let bound = |text: &str| (!text.is_empty()).then(|| date(text));
    History::read(text.as_bytes(), bound(from), bound(to), 7)
}

/// A disk that fails.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::TimedOut.into())
    }
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
    let without_lows =
        read("close_usd,date\n7911.43,2020-03-11\n4970.79,2020-03-12\n5563.71,2020-03-13\n").unwrap();
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
    assert_eq!(
        rows,
        [[100, 90, 100, 1, 1], [100, 80, 110, 1, 2], [110, 110, 120, 2, 3], [120, 120, 130, 3, 4]]
    );
    assert_eq!(all.days.iter().map(Day::dips).collect::<Vec<_>>(), [true, true, false, false]);
    let part = read_range(text, "2020-01-02", "2020-01-03").unwrap();
    assert_eq!(part.days, all.days[1..3]);
    assert_eq!(part.name, "2020-01-02 to 2020-01-03");
    assert_eq!(read_range(text, "2019-06-01", "2020-01-02").unwrap().days, all.days[..2]);
    assert_eq!(read_range(text, "2020-01-04", "").unwrap().days, all.days[3..]);
}

#[test]
fn up_to_seven_missing_days_repeat_the_close_before() {
    let text = "date,low_usd,close_usd\n2020-01-01,90,100\n2020-01-09,80,110\n2020-01-11,80,120\n";
    let history = read(text).unwrap();
    assert_eq!(history.days.len(), 11);
    assert!(
        history
            .days
            .windows(2)
            .all(|two| two[0].date.next() == Some(two[1].date) && two[0].close == two[1].open)
    );
    let filled: Vec<_> = history.filled.iter().map(Date::to_string).collect();
    let expected = ["02", "03", "04", "05", "06", "07", "08", "10"].map(|day| format!("2020-01-{day}"));
    assert_eq!(filled, expected);
    assert!(history.days[1..8].iter().all(|day| day.low == usd("100") && day.close == usd("100")));
    // A range counts what was filled in it.
    let part = read_range(text, "2020-01-08", "2020-01-10").unwrap();
    assert_eq!(closes(&part), ["2020-01-08 100 USD", "2020-01-09 110 USD", "2020-01-10 110 USD"]);
    assert_eq!(part.filled, [date("2020-01-08"), date("2020-01-10")]);

    let text = "date,close_usd\n2020-01-01,100\n2020-01-10,110\n2020-01-11,120\n";
    for (from, to) in
        [("", ""), ("2020-01-02", "2020-01-02"), ("2020-01-09", ""), ("2020-01-01", "2020-01-10")]
    {
        let error = read_range(text, from, to).unwrap_err();
        assert!(
            matches!(error, PriceError::Gap { line: 3, missing: 8, after } if after == date("2020-01-01")),
            "{error:?}"
        );
    }
    // Outside of what was asked for it does not matter, and the day after it opens at its own close.
    let after = read_range(text, "2020-01-10", "").unwrap();
    assert_eq!((after.days.len(), after.days[0].open), (2, usd("110")));
    assert_eq!(closes(&read_range(text, "", "2020-01-01").unwrap()), ["2020-01-01 100 USD"]);
}

#[test]
fn a_range_has_to_reach_into_the_file() {
    let text = "date,close_usd\n2020-01-01,100\n2020-01-02,110\n";
    for (from, to) in
        [("2020-01-03", ""), ("", "2019-12-31"), ("2020-01-03", "2021-01-01"), ("2010-01-01", "2011-01-01")]
    {
        let error = read_range(text, from, to).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the file has no prices in that range: it goes from 2020-01-01 to 2020-01-02"
        );
    }
    assert!(matches!(read_range(text, "2020-01-02", "2020-01-01"), Err(PriceError::EmptyRange { .. })));
    // The whole file is checked, whatever the range.
    let broken = format!("{text}2020-01-03,x\n");
    assert!(matches!(read_range(&broken, "", "2020-01-01"), Err(PriceError::NotANumber { line: 4, .. })));
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
        (
            format!("{body}{},90,100\n", "9".repeat(1000)),
            &format!("BadDate {{ line: 3, text: {:?} }}", "9".repeat(40)),
        ),
        (format!("{body}2020-01-02,90,1,100.50\n"), "Fields { line: 3, expected: 3, found: 4 }"),
        (format!("{body}2020-01-02,90\n"), "Fields { line: 3, expected: 3, found: 2 }"),
        (format!("{body}\"2020-01-02,90,100\n"), "Fields { line: 3, expected: 3, found: 1 }"),
        (
            format!("{body}2020-01-02,90,\"1,100.50\"\n"),
            r#"Comma { line: 3, column: "close_usd", text: "1,100.50" }"#,
        ),
        (format!("{body}2020-01-02,\"90,5\",100\n"), r#"Comma { line: 3, column: "low_usd", text: "90,5" }"#),
        (
            format!("{body}2020-01-02,90,0.000000004\n"),
            r#"NotPositive { line: 3, column: "close_usd", text: "0.000000004" }"#,
        ),
        (format!("{body}2020-01-02,-90,100\n"), r#"NotPositive { line: 3, column: "low_usd", text: "-90" }"#),
        (format!("{body}2020-01-02,0,100\n"), r#"NotPositive { line: 3, column: "low_usd", text: "0" }"#),
        (
            format!("{body}2020-01-02,90,1000000000.00000001\n"),
            r#"TooHigh { line: 3, column: "close_usd", text: "1000000000.00000001" }"#,
        ),
        (
            format!("{body}2020-01-02,90,{}\n", "9".repeat(60)),
            &format!(r#"TooHigh {{ line: 3, column: "close_usd", text: "{}" }}"#, "9".repeat(40)),
        ),
        (format!("{body}2020-01-02,100.01,100\n"), "LowAboveClose { line: 3 }"),
        (format!("{body}\n\r\n2020-01-01,90,100\n"), "RepeatedDate { line: 5, date: "),
        (format!("{body}2020-01-02,90,100\n2020-01-01,90,100\n"), "RepeatedDate { line: 4, date: "),
        (format!("{body}2019-12-31,90,100\n"), "OutOfOrder { line: 3, date: "),
        (format!("{body}2020-01-10,90,100\n"), "Gap { line: 3, missing: 8, after: "),
        (
            "date,close_usd,stx_usd\n2020-01-01,90,\n".to_owned(),
            r#"NotANumber { line: 2, column: "stx_usd", text: "" }"#,
        ),
        // A file of another program's lines is counted in those.
        (
            format!("{body}2020-01-02,90,x\n").replace('\n', "\r\n"),
            r#"NotANumber { line: 3, column: "close_usd", text: "x" }"#,
        ),
        (
            format!("{body}2020-01-02,90,x\n").replace('\n', "\r"),
            r#"NotANumber { line: 3, column: "close_usd", text: "x" }"#,
        ),
    ] {
        let error = read(&text).unwrap_err();
        assert!(format!("{error:?}").starts_with(expected), "{text:?}: {error:?}, not {expected}");
    }
    for word in [
        "", "NaN", "nan", "inf", "-inf", "null", "1e5", "0x10", "$100", "100 USD", "+100", "1.2.3", ".5",
        "5.", "-", "1 000", "1'000", "٣",
    ] {
        let error = read(&format!("{body}2020-01-02,90,{word}\n")).unwrap_err();
        assert!(
            matches!(&error, PriceError::NotANumber { line: 3, column: "close_usd", text } if text == word),
            "{word}: {error:?}"
        );
    }
    let no_text = [body.as_bytes(), b"2020-01-02,90,\xff\n"].concat();
    assert!(matches!(History::read(no_text.as_slice(), None, None, 1), Err(PriceError::NotUtf8 { line: 3 })));
    let endless = body.as_bytes().chain(io::repeat(b'\n'));
    assert!(matches!(History::read(endless, None, None, 1), Err(PriceError::TooLong)));
    assert!(matches!(History::read(Broken, None, None, 1), Err(PriceError::Io(_))));
    assert_eq!(
        read(&format!("{body}2020-01-02,100.01,100\n")).unwrap_err().to_string(),
        "line 3: the low is above the close of the same day"
    );
    // The highest price that is one.
    assert_eq!(read("date,close_usd\n2020-01-01,1000000000\n").unwrap().days[0].close, MAX_PRICE);
}

/// Lines of what a file may hold, and of what it may not.
fn lines() -> impl Strategy<Value = String> {
    let cell = prop_oneof![
        5 => (1_u32..32).prop_map(|day| format!("2020-01-{day:02}")),
        5 => (1_u32..100_000).prop_map(|cents| format!("{}.{:02}", cents / 100, cents % 100)),
        1 => "[0-9.,NaeE+\"\r\n \u{feff}-]{0,12}",
        1 => Just(String::new()),
    ];
    let line = prop::collection::vec(cell, 1..5).prop_map(|cells| cells.join(","));
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

/// Whatever is read is a history: days in a row, prices in bounds.
fn check(history: &History) {
    assert!(history.days.windows(2).all(|two| {
        two[0].date.next() == Some(two[1].date)
            && two[0].close == two[1].open
            && two[0].stx_close == two[1].stx_open
    }));
    for day in &history.days {
        assert!(day.low <= day.open.min(day.close));
        let prices = [day.open, day.low, day.close, day.stx_open, day.stx_low, day.stx_close];
        assert!(prices.iter().all(|price| *price > UsdE8::ZERO && *price <= MAX_PRICE));
    }
}

proptest! {
    #[test]
    fn hostile_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let with_header = [b"date,close_usd,low_usd,stx_usd\n", bytes.as_slice()].concat();
        for bytes in [bytes, with_header] {
            if let Ok(history) = History::read(bytes.as_slice(), None, None, 1) {
                check(&history);
            }
        }
    }

    #[test]
    fn hostile_lines_are_refused_or_read(lines in lines(), columns in 2_usize..5) {
        let header = ["date", "close_usd", "low_usd", "stx_usd"][..columns].join(",");
        if let Ok(history) = read(&format!("{header}\n{lines}")) {
            check(&history);
        }
    }

    /// Any history with prices of STX can be written and read again.
    #[test]
    fn what_is_written_is_read_again(
        prices in prop::collection::vec(prop::array::uniform3(100_000_000_u128..=10_000_000_000), 1..20),
        gap in 0_u32..8,
    ) {
        let mut text = String::from("stx_usd,close_usd,low_usd,date\n");
        let mut date = date("2020-02-20");
        for [first, second, stx] in &prices {
            let [low, close, stx] = [*first.min(second), *first.max(second), *stx]
                .map(|units| format!("{}.{:08}", units / 100_000_000, units % 100_000_000));
            text.push_str(&format!("{stx},{close},{low},{date}\n"));
            for _ in 0..=gap {
                date = date.next().unwrap();
            }
        }
        let mut history = read(&text).unwrap();
        check(&history);
        prop_assert_eq!(history.filled.len(), (prices.len() - 1) * gap as usize);
        prop_assert_eq!(history.stx, StxSource::Given);
        let mut written = Vec::new();
        history.write_csv(&mut written).unwrap();
        // What was filled is there now.
        history.filled.clear();
        prop_assert_eq!(History::read(written.as_slice(), None, None, 1).unwrap(), history);
    }
}
