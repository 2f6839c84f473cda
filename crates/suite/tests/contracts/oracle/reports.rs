//! What becomes of a report: input checks, the weighted median, confirmations, outliers, the deviation bound and its
//! override, and what a silence sets off.

use bithedge_stacks::Value;

use super::super::system::{done, event_names, refused, text, u, wallet, who};
use super::{
    ACCEPTED, BEYOND_BOUND, BOUNDARY, CENT, DAY, FEW_CONFIRMATIONS, NO_CONSENSUS, ORACLE, OUTLIER, OVERRIDE,
    SILENCE, USD, add_reporter, get, guardian, is_tripped, latest, newest_anomaly, number, panel, publish,
    report, report_at, reporter_field, set_bounds, set_up_breaker, single, verdict,
};

const BTC: u128 = 95_000 * USD;
const STX: u128 = USD * 3 / 2;

#[test]
fn refuses_what_is_no_report() {
    let mut s = single(BOUNDARY);
    let now = s.now().unwrap();
    let reporter = wallet(&s, 1);
    let listed = who(reporter);
    s.watch_entry(ORACLE, "reporters", listed).unwrap();
    let args = |btc: u128, stx: u128, at: u64| [u(btc), u(stx), u(at.into())];
    let max = 10_u128.pow(17);
    for (btc, stx) in [(0, STX), (BTC, 0), (max, STX), (BTC, max), (u128::MAX, STX), (BTC, u128::MAX)] {
        refused(&mut s, reporter, ORACLE, "report-prices", &args(btc, stx, now), 1_440_001);
    }
    refused(&mut s, reporter, ORACLE, "report-prices", &args(BTC, STX, now + 1), 1_440_002);
    let never = [u(BTC), u(STX), u(u128::MAX)];
    refused(&mut s, reporter, ORACLE, "report-prices", &never, 1_440_002);
    refused(&mut s, reporter, ORACLE, "report-prices", &args(BTC, STX, now - 901), 1_450_402);
    refused(&mut s, reporter, ORACLE, "report-prices", &args(BTC, STX, 0), 1_450_402);
    let stranger = wallet(&s, 8);
    refused(&mut s, stranger, ORACLE, "report-prices", &args(BTC, STX, now), 1_440_301);
    // The oldest that is fresh, then no second one for the same time or an earlier one, but for a second later.
    assert_eq!(verdict(&report_at(&mut s, 1, BTC, STX, now - 900)).0, ACCEPTED);
    s.advance_stacks(1).unwrap();
    assert_eq!(verdict(&report_at(&mut s, 1, BTC, STX, now)).0, ACCEPTED);
    refused(&mut s, reporter, ORACLE, "report-prices", &args(BTC, STX, now), 1_440_003);
    refused(&mut s, reporter, ORACLE, "report-prices", &args(BTC, STX, now - 1), 1_440_003);
    assert_eq!(verdict(&report_at(&mut s, 1, BTC, STX, now + 1)).0, ACCEPTED);
    // The largest and the smallest price.
    set_bounds(&mut s, &[("deviation-base", 999_999), ("deviation-cap", 999_999)]);
    assert_eq!(
        report_at(&mut s, 1, BTC, 1, now + 2).ok().unwrap().field("verdict").unwrap(),
        &u(BEYOND_BOUND)
    );
    let mut s = single(BOUNDARY);
    publish(&mut s, max - 1, 1);
    assert_eq!(latest(&mut s), (max - 1, 1, now.into()));
    s.advance_stacks(1).unwrap();
    publish(&mut s, max - 1, 1);
    assert_eq!(number(&get(&mut s, "get-twap", &[u(300)]), "btc"), max - 1);
}

/// Weight, BTC, STX.
type Report = (u128, u128, u128);

#[test]
fn takes_the_weighted_median() {
    // In the order of the reports; the medians after the last of them.
    let cases: &[(&[Report], u128, u128)] = &[
        (&[(2, 100, 100)], 100, 100),
        (&[(1, 100, 104), (1, 104, 100)], 102, 102),
        (&[(1, 100, 104), (1, 101, 100), (1, 104, 103)], 101, 103),
        (&[(1, 104, 100), (1, 100, 101), (3, 102, 102)], 102, 102),
        // Half the weight below or at 100: between it and the next.
        (&[(2, 100, 100), (1, 103, 101), (1, 104, 102)], 101, 100),
        (&[(1, 100, 100), (2, 101, 104), (2, 103, 101), (1, 104, 102)], 102, 101),
        (&[(1, 103, 103), (1, 103, 103), (1, 100, 100), (5, 103, 102)], 103, 102),
    ];
    let mut s = super::start(BOUNDARY, &[]);
    s.snapshot().unwrap();
    for (reports, btc, stx) in cases {
        for (index, (weight, _, _)) in reports.iter().enumerate() {
            add_reporter(&mut s, u8::try_from(index + 1).unwrap(), *weight);
        }
        let mut last = (0, 0, 0);
        for (index, (_, btc, stx)) in reports.iter().enumerate() {
            last = report(&mut s, u8::try_from(index + 1).unwrap(), *btc, *stx);
        }
        assert_eq!(last, (ACCEPTED, *btc, *stx), "{reports:?}");
        assert_eq!((latest(&mut s).0, latest(&mut s).1), (*btc, *stx));
        s.restore().unwrap();
    }
}

/// The weighted median of legs of price and weight, by sorting.
fn weighted_median(legs: &[(u128, u128)]) -> u128 {
    let mut each: Vec<u128> = Vec::new();
    for (price, weight) in legs {
        each.extend(std::iter::repeat_n(*price, usize::try_from(*weight).unwrap()));
    }
    each.sort_unstable();
    u128::midpoint(each[(each.len() - 1) / 2], each[each.len() / 2])
}

#[test]
fn random_panels_give_the_models_median() {
    let mut random = fastrand::Rng::with_seed(41);
    let mut s = super::start(BOUNDARY, &[]);
    s.snapshot().unwrap();
    for _ in 0..60 {
        let count = random.u8(2..=8);
        let weights: Vec<u128> = (0..count).map(|_| random.u128(1..=4)).collect();
        for (index, weight) in weights.iter().enumerate() {
            add_reporter(&mut s, u8::try_from(index + 1).unwrap(), *weight);
        }
        let mut legs: [Vec<(u128, u128)>; 2] = [Vec::new(), Vec::new()];
        for (index, weight) in weights.iter().enumerate() {
            // Within 4 % of each other, so that nobody is an outlier.
            let (btc, stx) = (random.u128(98_000..=102_000) * USD, random.u128(98..=102) * CENT);
            legs[0].push((btc, *weight));
            legs[1].push((stx, *weight));
            let fresh: u128 = weights[..=index].iter().sum();
            let expected = if fresh < 2 { FEW_CONFIRMATIONS } else { ACCEPTED };
            let found = report(&mut s, u8::try_from(index + 1).unwrap(), btc, stx);
            assert_eq!(found, (expected, weighted_median(&legs[0]), weighted_median(&legs[1])), "{legs:?}");
        }
        s.restore().unwrap();
    }
}

#[test]
fn one_bad_reporter_moves_nothing() {
    let mut s = panel(BOUNDARY);
    assert_eq!(report(&mut s, 1, BTC, STX).0, FEW_CONFIRMATIONS);
    assert_eq!(s.read(ORACLE, "get-price", &[]).unwrap().err_code().unwrap(), 1_440_908);
    assert_eq!(report(&mut s, 2, BTC + USD, STX).0, ACCEPTED);
    for (index, (btc, stx)) in
        [(BTC / 2, STX), (BTC * 2, STX), (BTC, 1), (1, STX), (BTC, 100 * STX)].into_iter().enumerate()
    {
        s.advance_stacks(3).unwrap();
        let (_, median_btc, median_stx) = report(&mut s, 3, btc, stx);
        assert!((BTC..=BTC + USD).contains(&median_btc) && median_stx == STX);
        let (btc, stx, _) = latest(&mut s);
        assert!((BTC..=BTC + USD).contains(&btc) && stx == STX);
        assert_eq!(reporter_field(&mut s, 3, "outliers"), u(index as u128 + 1));
        assert_eq!(newest_anomaly(&mut s).0, OUTLIER);
    }
    assert_eq!(reporter_field(&mut s, 1, "outliers"), u(0));
    // Alone, when the others' reports have gone stale, it is not enough; with one other, nobody is believed.
    s.advance_to(BOUNDARY + 1_200).unwrap();
    assert_eq!(report(&mut s, 3, BTC / 2, STX), (FEW_CONFIRMATIONS, BTC / 2, STX));
    assert_eq!(report(&mut s, 1, BTC, STX).0, NO_CONSENSUS);
    assert_eq!(newest_anomaly(&mut s).0, NO_CONSENSUS);
    assert_eq!(reporter_field(&mut s, 1, "outliers"), u(0));
    assert_eq!(report(&mut s, 2, BTC, STX), (ACCEPTED, BTC, STX));
}

#[test]
fn a_report_counts_as_long_as_it_is_fresh() {
    for (later, expected) in [(900, ACCEPTED), (910, FEW_CONFIRMATIONS)] {
        let mut s = panel(BOUNDARY);
        report(&mut s, 1, BTC, STX);
        s.advance_to(BOUNDARY + later).unwrap();
        assert_eq!(report(&mut s, 2, BTC, STX).0, expected, "{later}");
    }
}

#[test]
fn outliers_begin_just_beyond_their_bound() {
    // 5 % of 100,000 USD around the median of the two others and the third.
    for (btc, outliers) in
        [(105_000 * USD, 0), (105_000 * USD + 1, 1), (95_000 * USD, 0), (95_000 * USD - 1, 1)]
    {
        let mut s = panel(BOUNDARY);
        report(&mut s, 1, 100_000 * USD, STX);
        report(&mut s, 2, 100_000 * USD, STX);
        assert_eq!(report(&mut s, 3, btc, STX), (ACCEPTED, 100_000 * USD, STX));
        assert_eq!(reporter_field(&mut s, 3, "outliers"), u(outliers), "{btc}");
    }
}

#[test]
fn the_bound_holds_to_the_last_digit_and_widens_with_time() {
    let base = 100_000 * USD;
    let mut s = single(BOUNDARY);
    publish(&mut s, base, base);
    // 10 %, plus 5 % an hour (half an hour: 2.5 %; 10 s: 138 ppm), never above 50 %.
    for (elapsed, ppm) in
        [(10, 100_138), (1_800, 125_000), (3_600, 150_000), (7_200, 200_000), (28_800, 500_000)]
    {
        s.snapshot().unwrap();
        s.advance_to(BOUNDARY + elapsed).unwrap();
        let far = base * ppm / 1_000_000;
        let steps = [(far, 0, true), (far + 1, 0, false), (0, far, true), (0, far + 1, false)];
        s.snapshot_as("then").unwrap();
        for (btc, stx, inside) in steps {
            for up in [true, false] {
                let moved = |by: u128| if up { base + by } else { base - by };
                let found = report(&mut s, 1, moved(btc), moved(stx)).0;
                assert_eq!(found, if inside { ACCEPTED } else { BEYOND_BOUND }, "{elapsed} {btc} {stx}");
                if inside {
                    assert_eq!((latest(&mut s).0, latest(&mut s).1), (moved(btc), moved(stx)));
                } else {
                    assert_eq!((latest(&mut s).0, latest(&mut s).1), (base, base));
                    assert_eq!(newest_anomaly(&mut s), (BEYOND_BOUND, moved(btc), 1));
                }
                s.restore_from("then").unwrap();
            }
        }
        s.restore().unwrap();
    }
    s.advance_to(BOUNDARY + 10 * DAY).unwrap();
    assert_eq!(number(&get(&mut s, "get-status", &[]), "deviation-bound"), 500_000);
}

#[test]
fn agreeing_reporters_close_a_gap_that_the_bound_refuses() {
    let (high, low) = (100_000 * USD, 40_000 * USD);
    let mut s = panel(BOUNDARY);
    report(&mut s, 1, high, STX);
    report(&mut s, 2, high, STX);
    s.advance_to(BOUNDARY + 3 * DAY).unwrap();
    // Refused for ever without the override: 60 % is beyond the cap.
    assert_eq!(report(&mut s, 1, low, STX).0, FEW_CONFIRMATIONS);
    s.snapshot().unwrap();
    // Two of three agree within 1 % of their median: that is the share.
    let near = low * 1_020_000 / 1_000_000;
    assert_eq!(report(&mut s, 2, near, STX).0, ACCEPTED);
    assert_eq!(newest_anomaly(&mut s), (OVERRIDE, low.midpoint(near), 1));
    assert_eq!(latest(&mut s).0, low.midpoint(near));
    // A little further apart they do not agree.
    s.restore().unwrap();
    let further = low * 1_020_300 / 1_000_000;
    assert_eq!(report(&mut s, 2, further, STX).0, BEYOND_BOUND);
    assert_eq!(latest(&mut s).0, high);
    // Neither do they in STX alone.
    s.restore().unwrap();
    assert_eq!(report(&mut s, 2, low, STX * 103 / 100).0, BEYOND_BOUND);
    // A share of all the weight, not of the fresh: with a fourth reporter two are not enough, three are.
    s.restore().unwrap();
    add_reporter(&mut s, 4, 1);
    assert_eq!(report(&mut s, 2, low, STX).0, BEYOND_BOUND);
    assert_eq!(report(&mut s, 4, low, STX).0, ACCEPTED);
    // A suspension does not lower it.
    s.restore().unwrap();
    add_reporter(&mut s, 4, 1);
    let guard = guardian(&mut s, 5);
    let suspended = who(wallet(&s, 4));
    done(&mut s, guard, ORACLE, "suspend-reporter", &[suspended]);
    assert_eq!(report(&mut s, 2, low, STX).0, BEYOND_BOUND);
    // One reporter agrees with itself whatever its weight: no override.
    let mut s = single(BOUNDARY);
    publish(&mut s, high, STX);
    s.advance_to(BOUNDARY + 3 * DAY).unwrap();
    assert_eq!(report(&mut s, 1, low, STX).0, BEYOND_BOUND);
}

#[test]
fn a_disagreement_before_the_first_price_trips_nothing() {
    let mut s = panel(BOUNDARY);
    set_up_breaker(&mut s, 1);
    assert_eq!(report(&mut s, 1, BTC, STX).0, FEW_CONFIRMATIONS);
    // A quarter apart: nobody is near the median, and there is no price that either could be measured against.
    assert_eq!(report(&mut s, 2, BTC * 3 / 4, STX), (NO_CONSENSUS, BTC * 7 / 8, STX));
    assert_eq!(newest_anomaly(&mut s), (NO_CONSENSUS, BTC * 7 / 8, 1));
    assert!(!is_tripped(&mut s), "a distance from nothing is none");
    assert_eq!(latest(&mut s), (0, 0, 0));
    assert_eq!(s.read(ORACLE, "get-price", &[]).unwrap().err_code().unwrap(), 1_440_908);
    // The third reporter settles it. From then on the same disagreement trips the breaker.
    assert_eq!(report(&mut s, 3, BTC, STX), (ACCEPTED, BTC, STX));
    s.advance_to(BOUNDARY + 1_200).unwrap();
    report(&mut s, 1, BTC, STX);
    assert!(!is_tripped(&mut s));
    assert_eq!(report(&mut s, 2, BTC * 3 / 4, STX).0, NO_CONSENSUS);
    assert!(is_tripped(&mut s));
}

#[test]
fn a_held_report_reports_its_level_to_the_breaker() {
    let mut s = single(BOUNDARY);
    publish(&mut s, 100_000 * USD, STX);
    s.snapshot().unwrap();
    // No registry, no breaker: the report is kept all the same.
    s.advance_stacks(1).unwrap();
    assert_eq!(report(&mut s, 1, 70_000 * USD, STX).0, BEYOND_BOUND);
    assert_eq!(reporter_field(&mut s, 1, "updates"), u(2));
    for (btc, tripped) in [(70_000 * USD + 1, false), (70_000 * USD, true), (130_000 * USD, true)] {
        s.restore().unwrap();
        set_up_breaker(&mut s, 300_000);
        s.advance_stacks(1).unwrap();
        assert_eq!(report(&mut s, 1, btc, STX).0, BEYOND_BOUND);
        assert_eq!(is_tripped(&mut s), tripped, "{btc}");
    }
}

#[test]
fn a_silence_trips_the_breaker_and_is_logged() {
    let mut s = single(BOUNDARY);
    set_up_breaker(&mut s, 300_000);
    let anyone = wallet(&s, 8);
    refused(&mut s, anyone, ORACLE, "check-liveness", &[], 1_440_908);
    publish(&mut s, BTC, STX);
    s.advance_to(BOUNDARY + 3_600).unwrap();
    assert_eq!(done(&mut s, anyone, ORACLE, "check-liveness", &[]).ok().unwrap(), &Value::Bool(false));
    assert!(!is_tripped(&mut s));
    s.advance_stacks(1).unwrap();
    let outcome = done(&mut s, anyone, ORACLE, "check-liveness", &[]);
    assert_eq!(outcome.ok().unwrap(), &Value::Bool(true));
    assert_eq!(event_names(&outcome), ["breaker-tripped", "anomaly-logged"]);
    assert!(is_tripped(&mut s));
    assert_eq!(newest_anomaly(&mut s), (SILENCE, 3_610, 1));
    // Again while it is tripped: nothing more is logged.
    let outcome = done(&mut s, anyone, ORACLE, "check-liveness", &[]);
    assert_eq!((outcome.ok().unwrap(), event_names(&outcome).len()), (&Value::Bool(true), 0));
    // After its automatic release a lasting silence trips it anew.
    s.advance_to(BOUNDARY + 3_610 + 3_600).unwrap();
    assert!(!is_tripped(&mut s));
    done(&mut s, anyone, ORACLE, "check-liveness", &[]);
    assert!(is_tripped(&mut s));
    assert_eq!(newest_anomaly(&mut s).2, 2);
    // The fallback says how old it is.
    let fallback = get(&mut s, "get-fallback-price", &[]);
    assert_eq!((number(&fallback, "btc"), number(&fallback, "age")), (BTC, 7_210));
    // A breaker that refuses makes the call fail as a whole.
    let mut s = single(BOUNDARY);
    let entry = [text(ORACLE), u(300_000), u(3_600)];
    super::deployer_does(&mut s, "parameters", "set-breaker", &entry);
    publish(&mut s, BTC, STX);
    s.advance_to(BOUNDARY + 3_610).unwrap();
    let before = s.fingerprint().unwrap();
    assert!(s.call(anyone, ORACLE, "check-liveness", &[]).unwrap().err_code().unwrap() / 100_000 == 13);
    assert_eq!(s.fingerprint().unwrap(), before);
}

#[test]
fn disputes_are_counted_once_and_suspensions_stop_at_once() {
    let mut s = panel(BOUNDARY);
    report(&mut s, 1, BTC, STX);
    let (reporter, stranger) = (wallet(&s, 2), wallet(&s, 8));
    let reason = Value::buffer([9; 32]);
    let (first, unknown) = (who(wallet(&s, 1)), who(stranger));
    s.watch_entry(ORACLE, "reporters", first.clone()).unwrap();
    let args = [first.clone(), reason.clone()];
    refused(&mut s, stranger, ORACLE, "dispute-report", &args, 1_440_304);
    refused(&mut s, reporter, ORACLE, "dispute-report", &[unknown.clone(), reason], 1_440_401);
    let outcome = done(&mut s, reporter, ORACLE, "dispute-report", &args);
    assert_eq!(event_names(&outcome), ["report-disputed"]);
    refused(&mut s, reporter, ORACLE, "dispute-report", &args, 1_440_906);
    let guard = guardian(&mut s, 5);
    done(&mut s, guard, ORACLE, "dispute-report", &args);
    assert_eq!(reporter_field(&mut s, 1, "disputes"), u(2));
    let kept = get(&mut s, "get-dispute", &[first.clone(), u(BOUNDARY.into()), who(guard)]);
    assert_eq!(number(&kept, "at"), BOUNDARY.into());
    // The disputed report still counts until a guardian suspends its reporter.
    s.snapshot().unwrap();
    assert_eq!(report(&mut s, 2, BTC, STX).0, ACCEPTED);
    s.restore().unwrap();
    for wrong in [stranger, reporter, s.deployer().unwrap()] {
        refused(&mut s, wrong, ORACLE, "suspend-reporter", std::slice::from_ref(&first), 1_440_303);
    }
    refused(&mut s, guard, ORACLE, "suspend-reporter", &[unknown], 1_440_401);
    let outcome = done(&mut s, guard, ORACLE, "suspend-reporter", std::slice::from_ref(&first));
    assert_eq!(event_names(&outcome), ["reporter-suspended"]);
    assert_eq!(report(&mut s, 2, BTC, STX).0, FEW_CONFIRMATIONS);
    s.advance_stacks(1).unwrap();
    let now = s.now().unwrap();
    let prices = [u(BTC), u(STX), u(now.into())];
    let suspended = wallet(&s, 1);
    refused(&mut s, suspended, ORACLE, "report-prices", &prices, 1_440_302);
    // Only governance reinstates.
    let reinstate = [first, u(1), Value::Bool(true)];
    refused(&mut s, guard, ORACLE, "set-reporter", &reinstate, 1_140_301);
    super::deployer_does(&mut s, ORACLE, "set-reporter", &reinstate);
    done(&mut s, suspended, ORACLE, "report-prices", &prices);
}

#[test]
fn prices_of_one_second_are_one_observation() {
    let mut s = panel(BOUNDARY);
    report(&mut s, 1, BTC, STX);
    for (number_, btc) in [(2, BTC), (3, BTC + USD)] {
        assert_eq!(report(&mut s, number_, btc, STX).0, ACCEPTED);
    }
    assert_eq!(number(&get(&mut s, "get-status", &[]), "observations"), 1);
    s.advance_stacks(1).unwrap();
    report(&mut s, 1, BTC + USD, STX);
    let status = get(&mut s, "get-status", &[]);
    assert_eq!((number(&status, "observations"), number(&status, "average-interval")), (2, 10));
}

#[test]
fn prices_are_found_by_height_and_changes_are_signed() {
    let mut s = single(BOUNDARY);
    publish(&mut s, BTC, STX);
    let first_height = s.tip().unwrap().stacks_height;
    s.advance_to(BOUNDARY + 3_600).unwrap();
    publish(&mut s, BTC * 95 / 100, STX * 108 / 100);
    s.advance_stacks(2).unwrap();
    let at_first = get(&mut s, "get-price-at-height", &[u(first_height.into())]);
    assert_eq!((number(&at_first, "btc"), number(&at_first, "stx")), (BTC, STX));
    let before = get(&mut s, "get-price-at-height", &[u(u128::from(first_height) - 1)]);
    assert_eq!(before, Value::NONE);
    assert_eq!(get(&mut s, "get-price-at-height", &[u(u128::MAX)]), Value::NONE);
    let change = get(&mut s, "get-price-change", &[u(3_600)]);
    assert_eq!(change.field("btc").unwrap().as_int().unwrap(), -50_000);
    assert_eq!(change.field("stx").unwrap().as_int().unwrap(), 80_000);
    for seconds in [DAY.into(), u128::MAX] {
        assert_eq!(s.read(ORACLE, "get-price-change", &[u(seconds)]).unwrap().err_code().unwrap(), 1_440_403);
    }
    for window in [0, 299, 14_401, u128::MAX] {
        assert_eq!(s.read(ORACLE, "get-twap", &[u(window)]).unwrap().err_code().unwrap(), 1_440_005);
    }
}

#[test]
fn nothing_is_answered_before_the_first_price() {
    let mut s = super::Session::start(super::project(super::CONTRACTS), super::Options::default()).unwrap();
    add_reporter(&mut s, 1, 2);
    let now = s.now().unwrap();
    let reporter = wallet(&s, 1);
    refused(&mut s, reporter, ORACLE, "report-prices", &[u(BTC), u(STX), u(now.into())], 1_440_902);
    for function in ["get-pricing", "get-price", "get-fallback-price"] {
        assert_eq!(s.read(ORACLE, function, &[]).unwrap().err_code().unwrap(), 1_440_908, "{function}");
    }
    assert_eq!(s.read(ORACLE, "get-twap", &[u(300)]).unwrap().err_code().unwrap(), 1_440_908);
    assert_eq!(get(&mut s, "get-price-at", &[u(now.into())]), Value::NONE);
    assert_eq!(s.read(ORACLE, "get-price-change", &[u(1)]).unwrap().err_code().unwrap(), 1_440_403);
}
