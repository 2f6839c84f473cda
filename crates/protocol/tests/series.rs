//! What is listed: expiries that stay listed, and strikes on the grid of the price.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bithedge_protocol::series::{
    CONSERVATIVE_STRIKE_STEP_LIMIT, LISTED_EXPIRIES, OptionKind, STRIKE_STEP_LIMIT, Series, StrikeGrid,
    expiry_for, expiry_week, is_sellable, listed_expiries,
};
use bithedge_protocol::{Ppm, Seconds, UnixSeconds, UsdE8};
use proptest::prelude::*;

const DAY: u64 = 86_400;
const WEEK: u64 = 7 * DAY;
const USD: u128 = 100_000_000;

/// Until the year 4738, which is more than enough.
fn moment() -> impl Strategy<Value = u64> {
    0..1_u64 << 36
}

fn grid(spot: u128, limit: Ppm) -> StrikeGrid {
    StrikeGrid::at(UsdE8::new(spot), limit).unwrap()
}

#[test]
fn the_listed_expiries_of_a_day_are_as_stated() {
    // Wednesday 2024-05-01 12:00 UTC. The five next Fridays have the numbers 2835 to 2839; the far ones 2840, 2844, 2848.
    let now = UnixSeconds::new(1_714_564_800);
    let dates: Vec<String> = listed_expiries(now).iter().map(ToString::to_string).collect();
    assert_eq!(
        dates,
        [
            "2024-05-03 08:00:00 UTC",
            "2024-05-10 08:00:00 UTC",
            "2024-05-17 08:00:00 UTC",
            "2024-05-24 08:00:00 UTC",
            "2024-05-31 08:00:00 UTC",
            "2024-06-07 08:00:00 UTC",
            "2024-07-05 08:00:00 UTC",
            "2024-08-02 08:00:00 UTC",
        ]
    );
    assert_eq!(
        listed_expiries(now).into_iter().map(expiry_week).collect::<Option<Vec<u64>>>().unwrap()[0],
        2835
    );
}

#[test]
fn an_expiry_is_delisted_at_its_second_and_not_sold_in_its_last_day() {
    let expiry = UnixSeconds::new(1_714_723_200);
    assert_eq!(expiry.to_string(), "2024-05-03 08:00:00 UTC");
    let before = |seconds: u64| UnixSeconds::new(expiry.get() - seconds);
    assert_eq!(listed_expiries(before(1))[0], expiry);
    assert!(!listed_expiries(expiry).contains(&expiry));
    assert!(is_sellable(expiry, before(DAY)));
    assert!(!is_sellable(expiry, before(DAY - 1)));
    assert!(!is_sellable(expiry, expiry));
    // A Friday that is not listed yet, and a moment that is no expiry.
    assert!(!is_sellable(expiry, before(6 * WEEK)));
    assert!(is_sellable(expiry, before(5 * WEEK)));
    assert!(!is_sellable(UnixSeconds::new(expiry.get() + 1), before(2 * DAY)));
    assert_eq!(expiry_week(UnixSeconds::new(expiry.get() + DAY)), None);
    assert_eq!(expiry_week(UnixSeconds::new(0)), None);
}

#[test]
fn a_term_is_snapped_to_the_first_expiry_that_lasts_as_long() {
    let now = UnixSeconds::new(1_714_564_800);
    let snapped = |days: u64| expiry_for(now, Seconds::new(days * DAY)).map(|expiry| expiry.to_string());
    assert_eq!(snapped(1).unwrap(), "2024-05-03 08:00:00 UTC");
    assert_eq!(snapped(2).unwrap(), "2024-05-10 08:00:00 UTC");
    assert_eq!(snapped(30).unwrap(), "2024-06-07 08:00:00 UTC");
    assert_eq!(snapped(92).unwrap(), "2024-08-02 08:00:00 UTC");
    assert_eq!(snapped(94), None);
    // On Thursday at 08:00:01 the next day's expiry is under a day away.
    let thursday = UnixSeconds::new(1_714_636_801);
    assert_eq!(expiry_for(thursday, Seconds::new(60)).unwrap().to_string(), "2024-05-10 08:00:00 UTC");
}

#[test]
fn the_end_of_countable_time_lists_nothing_and_does_not_panic() {
    assert!(listed_expiries(UnixSeconds::new(u64::MAX)).is_empty());
    assert_eq!(expiry_for(UnixSeconds::new(u64::MAX), Seconds::new(1)), None);
    assert_eq!(listed_expiries(UnixSeconds::new(0)).len(), LISTED_EXPIRIES);
}

#[test]
fn the_step_is_the_largest_round_one_not_above_the_limit() {
    for (spot, limit, step) in [
        // 4 %: 2,400 → 1,000; 2,500 → 2,500; 4,999.96 → 2,500; 5,000 → 5,000; 10,000 → 10,000.
        (60_000 * USD, STRIKE_STEP_LIMIT, 1_000 * USD),
        (62_500 * USD, STRIKE_STEP_LIMIT, 2_500 * USD),
        (124_999 * USD, STRIKE_STEP_LIMIT, 2_500 * USD),
        (125_000 * USD, STRIKE_STEP_LIMIT, 5_000 * USD),
        (250_000 * USD, STRIKE_STEP_LIMIT, 10_000 * USD),
        // 5 %: 3,000 → 2,500.
        (60_000 * USD, CONSERVATIVE_STRIKE_STEP_LIMIT, 2_500 * USD),
        // A price of 1 USD: 0.04 → 0.025.
        (USD, STRIKE_STEP_LIMIT, 2_500_000),
        // The smallest: 2.5 units do not exist.
        (100, STRIKE_STEP_LIMIT, 1),
        (125, STRIKE_STEP_LIMIT, 5),
        (25, STRIKE_STEP_LIMIT, 1),
    ] {
        assert_eq!(grid(spot, limit).step(), UsdE8::new(step), "spot {spot}");
    }
    assert_eq!(StrikeGrid::at(UsdE8::new(24), STRIKE_STEP_LIMIT), None);
    assert_eq!(StrikeGrid::at(UsdE8::ZERO, STRIKE_STEP_LIMIT), None);
    assert_eq!(StrikeGrid::at(UsdE8::MAX, STRIKE_STEP_LIMIT), None);
}

#[test]
fn strikes_are_snapped_to_the_side_that_protects_more() {
    let grid = grid(60_000 * USD, STRIKE_STEP_LIMIT);
    let usd = |whole: u128| UsdE8::new(whole * USD);
    assert_eq!(grid.at_or_above(usd(51_000)), Some(usd(51_000)));
    assert_eq!(grid.at_or_above(UsdE8::new(51_000 * USD + 1)), Some(usd(52_000)));
    assert_eq!(grid.at_or_below(UsdE8::new(52_000 * USD - 1)), Some(usd(51_000)));
    assert_eq!(grid.at_or_above(UsdE8::ZERO), Some(usd(1_000)));
    assert_eq!(grid.at_or_below(usd(999)), None);
    assert!(grid.contains(usd(51_000)) && !grid.contains(usd(51_500)) && !grid.contains(UsdE8::ZERO));
    assert_eq!(grid.at_or_above(UsdE8::MAX), None);
}

#[test]
fn series_are_alike_when_all_three_are() {
    let series = Series {
        kind: OptionKind::Put,
        expiry: UnixSeconds::new(1_714_723_200),
        strike: UsdE8::new(51_000 * USD),
    };
    assert_eq!(series, Series { strike: UsdE8::new(51_000 * USD), ..series });
    assert_ne!(series, Series { kind: OptionKind::Call, ..series });
    assert_eq!((OptionKind::Put.to_string(), OptionKind::Call.to_string()), ("PUT".into(), "CALL".into()));
}

proptest! {
    #[test]
    fn eight_fridays_are_listed_in_order(now in moment()) {
        let listed = listed_expiries(UnixSeconds::new(now));
        prop_assert_eq!(listed.len(), LISTED_EXPIRIES);
        prop_assert!(listed[0].get() > now && listed[0].get() - now <= WEEK);
        for (index, expiry) in listed.iter().enumerate() {
            // 1970-01-01 was a Thursday.
            prop_assert_eq!(expiry.get() % WEEK, DAY + 8 * 3_600);
            if index > 0 {
                let weeks = (expiry.get() - listed[index - 1].get()) / WEEK;
                let expected = match index {
                    0..5 => 1..=1,
                    5 => 1..=4,
                    _ => 4..=4,
                };
                prop_assert!(expected.contains(&weeks));
            }
            if index >= 5 {
                prop_assert!(expiry_week(*expiry).unwrap().is_multiple_of(4));
            }
        }
    }

    #[test]
    fn a_listed_expiry_stays_listed_until_it_comes(now in moment(), later in 0..17 * WEEK) {
        let then = UnixSeconds::new(now + later);
        for expiry in listed_expiries(UnixSeconds::new(now)) {
            prop_assert_eq!(listed_expiries(then).contains(&expiry), expiry > then, "{}", expiry);
        }
    }

    #[test]
    fn a_protection_never_ends_before_it_was_asked_to(now in moment(), term in 0..20 * WEEK) {
        if let Some(expiry) = expiry_for(UnixSeconds::new(now), Seconds::new(term)) {
            prop_assert!(expiry.get() >= now + term);
            prop_assert!(is_sellable(expiry, UnixSeconds::new(now)));
        } else {
            // The last one listed is at least thirteen weeks after the next Friday.
            prop_assert!(term > 13 * WEEK);
        }
    }

    #[test]
    fn a_step_is_round_and_the_next_is_too_large(spot in 25..1_000_000_000 * USD, limit in 40_000..=50_000_u128) {
        let step = grid(spot, Ppm::new(limit)).step().base_units();
        let mut digits = step;
        while digits.is_multiple_of(10) {
            digits /= 10;
        }
        prop_assert!([1, 5, 25].contains(&digits), "{}", step);
        prop_assert!(digits != 25 || step >= 25);
        let largest = spot * limit / 1_000_000;
        let next = match digits {
            1 if step >= 10 => step / 10 * 25,
            1 => step * 5,
            _ => step * 2,
        };
        prop_assert!(step <= largest && next > largest);
    }

    #[test]
    fn the_nearest_strikes_enclose_a_price(spot in 25..1_000_000_000 * USD, price in 1..1_000_000_000 * USD) {
        let grid = grid(spot, STRIKE_STEP_LIMIT);
        let above = grid.at_or_above(UsdE8::new(price)).unwrap();
        prop_assert!(grid.contains(above) && above.base_units() >= price);
        prop_assert!(above.base_units() - price < grid.step().base_units());
        if let Some(below) = grid.at_or_below(UsdE8::new(price)) {
            prop_assert!(grid.contains(below) && below.base_units() <= price);
            prop_assert!(price - below.base_units() < grid.step().base_units());
        }
    }
}
