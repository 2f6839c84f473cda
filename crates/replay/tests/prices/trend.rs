//! Prices that lead nowhere.

use bithedge_replay::prices::History;

use crate::{SCENARIOS, float, read};

#[test]
fn without_its_trend_a_history_ends_where_it_began_and_moves_as_before() {
    for (name, text) in SCENARIOS {
        let before = read(text).unwrap();
        let after = before.clone().without_trend().unwrap();
        let count = before.days.len();
        let (first, last) = (&after.days[0], &after.days[count - 1]);
        let close = |one, other, what: &str| {
            let off = float(one) / float(other) - 1.0;
            assert!(off.abs() < 1e-6, "{name}, {what}: {one} and {other}");
        };
        close(last.close, first.open, "BTC");
        close(last.stx_close, first.stx_open, "STX");
        close(first.open, before.days[0].open, "the beginning");
        let trend = |history: &History, price: fn(&bithedge_replay::prices::Day) -> f64| {
            (price(&history.days[count - 1]) / float(history.days[0].open)).ln()
        };
        let daily = trend(&before, |day| float(day.close)) / count as f64;
        for (was, is) in before.days.iter().zip(&after.days) {
            let moves = |day: &bithedge_replay::prices::Day| (float(day.close) / float(day.open)).ln();
            assert!((moves(was) - daily - moves(is)).abs() < 1e-6, "{name}, {}", was.date);
            assert!(is.low <= is.open.min(is.close), "{name}, {}", was.date);
            assert_eq!(is.date, was.date);
        }
        for pair in after.days.windows(2) {
            assert_eq!((pair[0].close, pair[0].stx_close), (pair[1].open, pair[1].stx_open), "{name}");
        }
        assert_eq!(after.name, format!("{}, the trend taken out", before.name));
        assert_eq!((after.stx, &after.filled), (before.stx, &before.filled));
        // A low that was far below its day still is.
        let deepest = |history: &History| {
            history.days.iter().map(|day| float(day.low) / float(day.open)).fold(1.0, f64::min)
        };
        assert!((deepest(&before) - deepest(&after)).abs() < 0.02, "{name}");
    }
}

#[test]
fn what_has_no_trend_is_left_as_it_is() {
    let text = "date,low_usd,close_usd\n2020-01-01,90,100\n2020-01-02,80,120\n2020-01-03,70,100\n";
    let before = read(text).unwrap();
    let after = before.clone().without_trend().unwrap();
    let btc =
        |history: &History| history.days.iter().map(|day| (day.open, day.low, day.close)).collect::<Vec<_>>();
    assert_eq!(btc(&after), btc(&before));
}
