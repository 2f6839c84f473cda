//! Boundary prices to the very second, silences and what fills them, and the volatility around a crash.

use bithedge_stacks::Value;
use bithedge_vm::Session;

use super::super::system::{deployer_does, done, event_names, refused, u, wallet};
use super::{BOUNDARY, CENT, DAY, ORACLE, USD, get, number, publish, publish_at, set_bounds, single};

const TWAP: u128 = 1;
const FIRST_IN_WINDOW: u128 = 2;
const FIRST_LATER: u128 = 3;
const GOVERNANCE: u128 = 4;
const BTC: u128 = 95_000 * USD;
const STX: u128 = USD * 3 / 2;

fn boundary(session: &mut Session, at: u64) -> Option<(u128, u128, u128)> {
    let found = get(session, "get-boundary", &[u(at.into())]);
    (found != Value::NONE).then(|| (number(&found, "btc"), number(&found, "stx"), number(&found, "method")))
}

/// A session in which every boundary so far is recorded and the last price is `before` seconds old at the boundary: the
/// first price of all comes a day earlier.
fn after_a_day(second: u64) -> Session {
    let mut s = single(BOUNDARY - DAY + second);
    set_bounds(&mut s, &[("deviation-base", 999_999), ("deviation-cap", 999_999)]);
    publish(&mut s, BTC, STX);
    s
}

#[test]
fn the_report_of_the_very_second_comes_after_the_boundary() {
    // What three observations at 1,500, 900 and 300 s before (give or take the second) average to at the boundary.
    for (shift, early) in [(9, true), (0, false), (1, false)] {
        let mut s = single(BOUNDARY - 3_600 - 10 + shift);
        let base = BOUNDARY - 10 + shift;
        let (first, seconds) = if early { (base, 0) } else { (BOUNDARY + shift, shift) };
        for (before, dollars) in [(1_500, 100_000), (900, 101_000), (300, 102_000)] {
            publish_at(&mut s, first - before, dollars * USD, dollars * USD);
        }
        publish_at(&mut s, first, 99_000 * USD, 99_000 * USD);
        let mut sum = (100_000 + 101_000) * USD * 600;
        let mut span = 1_200;
        if early {
            // Reported at the second before: it counts for that one second, and nothing is recorded yet.
            assert_eq!(boundary(&mut s, BOUNDARY), None);
            publish_at(&mut s, BOUNDARY + 9, 98_000 * USD, 98_000 * USD);
            sum += 102_000 * USD * 300 + 99_000 * USD;
            span += 301;
        } else {
            sum += 102_000 * USD * u128::from(300 - seconds);
            span += u128::from(300 - seconds);
        }
        let expected = sum / span;
        assert_eq!(boundary(&mut s, BOUNDARY), Some((expected, expected, TWAP)), "{shift}");
        // Recorded once: what comes later changes nothing.
        let recorded = get(&mut s, "get-boundary", &[u(BOUNDARY.into())]);
        s.advance_stacks(5).unwrap();
        publish(&mut s, 98_000 * USD, 98_000 * USD);
        assert_eq!(get(&mut s, "get-boundary", &[u(BOUNDARY.into())]), recorded);
        let caller = wallet(&s, 8);
        refused(&mut s, caller, ORACLE, "record-boundary", &[u(BOUNDARY.into())], 1_440_904);
    }
}

#[test]
fn three_observations_in_the_half_hour_make_an_average() {
    // Seconds before the boundary; the report that records it comes 10 s after, or at the very second if 0 is listed.
    let cases: &[(u64, &[u64], u128)] = &[
        (0, &[900, 600, 300], TWAP),
        (0, &[1_800, 900, 10], TWAP),
        (9, &[1_801, 901, 11], FIRST_IN_WINDOW),
        (9, &[1_801, 901, 11, 1], TWAP),
        (0, &[900, 300], FIRST_IN_WINDOW),
        (0, &[900, 300, 0], FIRST_IN_WINDOW),
        (0, &[2_400, 2_100, 1_810, 300], FIRST_IN_WINDOW),
    ];
    for (second, befores, method) in cases {
        let mut s = after_a_day(*second);
        for before in *befores {
            publish_at(&mut s, BOUNDARY - before, BTC, STX);
        }
        let first = if befores.contains(&0) { BTC } else { BTC + 7 };
        s.advance_to(BOUNDARY + 1).unwrap();
        publish(&mut s, BTC + 7, STX);
        let expected = if *method == TWAP { BTC } else { first };
        assert_eq!(boundary(&mut s, BOUNDARY), Some((expected, STX, *method)), "{befores:?}");
    }
}

#[test]
fn stx_is_averaged_over_four_hours() {
    let mut s = after_a_day(0);
    // Five hours before at 1 USD, two hours before at 1.80 USD; bitcoin moves 20 minutes before.
    publish_at(&mut s, BOUNDARY - 18_000, BTC, USD);
    publish_at(&mut s, BOUNDARY - 7_200, BTC, 180 * CENT);
    publish_at(&mut s, BOUNDARY - 1_200, BTC + 90 * USD, 180 * CENT);
    publish_at(&mut s, BOUNDARY - 900, BTC + 90 * USD, 180 * CENT);
    publish_at(&mut s, BOUNDARY - 600, BTC + 90 * USD, 180 * CENT);
    publish_at(&mut s, BOUNDARY, 60_000 * USD, USD);
    assert_eq!(boundary(&mut s, BOUNDARY), Some((BTC + 60 * USD, 140 * CENT, TWAP)));
    // As many slots of five minutes as there are, each with an observation.
    let mut s = after_a_day(0);
    for slot in 0..=48 {
        publish_at(
            &mut s,
            BOUNDARY - 14_400 - 300 + 300 * slot + 10,
            BTC,
            if slot < 25 { USD } else { 180 * CENT },
        );
    }
    publish_at(&mut s, BOUNDARY + 10, BTC, STX);
    // 1 USD until 10 s after the middle.
    let expected = (USD * (7_200 + 10) + 180 * CENT * (7_200 - 10)) / 14_400;
    assert_eq!(boundary(&mut s, BOUNDARY), Some((BTC, expected, TWAP)));
}

#[test]
fn after_a_silence_the_first_price_counts() {
    let (low, high) = (BTC - 9, BTC + 9);
    for (second, later, method) in
        [(0, 21_600, FIRST_IN_WINDOW), (1, 21_601, FIRST_LATER), (0, 86_390, FIRST_LATER)]
    {
        let mut s = after_a_day(second);
        publish_at(&mut s, BOUNDARY + later, low, STX + 1);
        s.advance_stacks(1).unwrap();
        publish(&mut s, high, STX + 2);
        assert_eq!(boundary(&mut s, BOUNDARY), Some((low, STX + 1, method)), "{later}");
    }
}

#[test]
fn boundaries_left_out_take_the_first_later_price() {
    let mut s = after_a_day(0);
    let caller = wallet(&s, 8);
    let day = |days: u64| BOUNDARY + days * DAY;
    s.advance_to(day(2)).unwrap();
    // Nothing to take it from yet, and nothing that is no boundary or has not come.
    refused(&mut s, caller, ORACLE, "record-boundary", &[u(day(0).into())], 1_440_402);
    publish_at(&mut s, day(5) + 7_200, BTC / 2, STX / 2);
    publish_at(&mut s, day(5) + 7_210, BTC / 3, STX / 3);
    publish_at(&mut s, day(9), BTC / 4, STX / 4);
    for wrong in [day(2) + 1, day(2) - 1, day(10), 0, 28_800 + DAY * 10_000_000] {
        let code = if wrong == 28_800 { 1_440_402 } else { 1_440_007 };
        refused(&mut s, caller, ORACLE, "record-boundary", &[u(wrong.into())], code);
    }
    refused(&mut s, caller, ORACLE, "record-boundary", &[u(u128::MAX)], 1_440_007);
    assert_eq!(boundary(&mut s, day(5)), Some((BTC / 2, STX / 2, FIRST_IN_WINDOW)));
    for (days, btc, stx) in
        [(4, BTC / 2, STX / 2), (0, BTC / 2, STX / 2), (2, BTC / 2, STX / 2), (6, BTC / 4, STX / 4)]
    {
        assert_eq!(boundary(&mut s, day(days)), None);
        let outcome = done(&mut s, caller, ORACLE, "record-boundary", &[u(day(days).into())]);
        assert_eq!(event_names(&outcome), ["boundary-recorded"]);
        assert_eq!(boundary(&mut s, day(days)), Some((btc, stx, FIRST_LATER)));
        refused(&mut s, caller, ORACLE, "record-boundary", &[u(day(days).into())], 1_440_904);
        // With the volatility of the day from which the price is.
        let from = get(&mut s, "get-boundary-record", &[u(day(if days < 5 { 5 } else { 9 }).into())]);
        let found = get(&mut s, "get-boundary-record", &[u(day(days).into())]);
        for name in ["vol-ask", "vol-low", "short", "long"] {
            assert!(number(&from, name).abs_diff(number(&found, name)) <= 1, "{name}");
        }
    }
}

#[test]
fn the_search_for_a_later_price_is_bounded() {
    let mut s = after_a_day(0);
    let caller = wallet(&s, 8);
    publish_at(&mut s, BOUNDARY + 51 * DAY, BTC, STX);
    refused(&mut s, caller, ORACLE, "record-boundary", &[u(BOUNDARY.into())], 1_440_402);
    done(&mut s, caller, ORACLE, "record-boundary", &[u((BOUNDARY + DAY).into())]);
    assert_eq!(boundary(&mut s, BOUNDARY + DAY), Some((BTC, STX, FIRST_LATER)));
}

#[test]
fn governance_records_what_a_silence_left_once_its_window_is_over() {
    let mut s = after_a_day(0);
    let deployer = s.deployer().unwrap();
    let args = |at: u64, btc: u128, stx: u128| [u(at.into()), u(btc), u(stx)];
    let record = "record-boundary-price";
    let (one, two) = (BOUNDARY, BOUNDARY + DAY);
    refused(&mut s, deployer, ORACLE, record, &args(one, BTC, STX), 1_440_007);
    s.advance_to(one + 21_600).unwrap();
    refused(&mut s, deployer, ORACLE, record, &args(one, BTC, STX), 1_440_905);
    refused(&mut s, deployer, ORACLE, record, &args(one - DAY, BTC, STX), 1_440_904);
    s.advance_stacks(1).unwrap();
    for (btc, stx) in [(0, STX), (BTC, 0), (10_u128.pow(17), STX), (BTC, u128::MAX)] {
        refused(&mut s, deployer, ORACLE, record, &args(one, btc, stx), 1_440_001);
    }
    let anyone = wallet(&s, 8);
    refused(&mut s, anyone, ORACLE, record, &args(one, BTC, STX), 1_140_301);
    s.advance_to(two + 30_000).unwrap();
    let outcome = deployer_does(&mut s, ORACLE, record, &args(two, BTC * 2, STX * 2));
    assert_eq!(event_names(&outcome), ["boundary-recorded"]);
    assert_eq!(boundary(&mut s, two), Some((BTC * 2, STX * 2, GOVERNANCE)));
    refused(&mut s, deployer, ORACLE, record, &args(two, BTC, STX), 1_440_904);
    // The first price after it leaves the record as it is, samples the return at the recorded price, and is what the
    // boundary before takes.
    publish_at(&mut s, two + 40_000, BTC * 3 / 2, STX);
    assert_eq!(boundary(&mut s, two), Some((BTC * 2, STX * 2, GOVERNANCE)));
    let volatility = get(&mut s, "get-volatility", &[]);
    assert_eq!((number(&volatility, "price"), number(&volatility, "sample-at")), (BTC * 2, two.into()));
    done(&mut s, anyone, ORACLE, "record-boundary", &[u(one.into())]);
    assert_eq!(boundary(&mut s, one), Some((BTC * 3 / 2, STX, FIRST_LATER)));
}

#[test]
fn after_a_crash_asks_know_it_at_once_and_bids_never_pass_them() {
    let mut s = after_a_day(0);
    for minutes in 0..120 {
        // Every ten minutes; at the 60th, a fall by half.
        let btc = if minutes < 60 { BTC } else { BTC / 2 };
        publish_at(&mut s, BOUNDARY - 36_000 + minutes * 600, btc, STX);
        s.advance_stacks(2).unwrap();
        let pricing = get(&mut s, "get-pricing", &[]);
        let (ask, bid) = (number(&pricing, "vol-ask"), number(&pricing, "vol-bid"));
        assert!(ask >= bid, "{minutes}");
        if minutes == 59 {
            assert_eq!(ask, 600_000);
        }
        if minutes == 60 {
            // At once: 365 ln(1/2)^2 is a variance of 175, of which three hundredths make 229 % a year.
            assert!(ask > 2_200_000, "{ask}");
            // The bid follows the average, which hardly moved.
            assert!(bid < 620_000, "{bid}");
        }
    }
    // Capped and floored.
    set_bounds(&mut s, &[("vol-cap", 1_000_000), ("vol-floor", 990_000)]);
    let pricing = get(&mut s, "get-pricing", &[]);
    assert_eq!((number(&pricing, "vol-ask"), number(&pricing, "vol-bid")), (1_000_000, 990_000));
}
