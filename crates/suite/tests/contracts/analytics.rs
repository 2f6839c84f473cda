use std::collections::BTreeMap;

use bithedge_stacks::Value;
use bithedge_vm::{Options, Session};

use crate::support::project;
use crate::system::{
    DAY, account, appoint, complete_bootstrap, deployed, deployer_does, done, event, event_names, field,
    govern, later, passing_contract, read, refused, text, tuple, u,
};

const INVALID_RANGE: u128 = 2_340_001;
const INVALID_INDICATOR: u128 = 2_340_002;
const NOT_AUTHORISED: u128 = 2_340_301;
const NO_DATA: u128 = 2_340_401;
const NO_THRESHOLD: u128 = 2_340_402;
const ALREADY_RECORDED: u128 = 2_340_901;
const NOT_APPROVED: u128 = 1_140_301;

/// A stand-in for whatever contract of the suite records figures.
const FAKE_CALLER: &str = "
(define-public (record (metric (string-ascii 24)) (value uint)) (contract-call? .analytics record metric value))
(define-public (record-all (entries (list 8 {metric: (string-ascii 24), value: uint})))
  (contract-call? .analytics record-all entries))
(define-public (set-gauge (metric (string-ascii 24)) (value uint)) (contract-call? .analytics set-gauge metric value))
";

fn start_with(options: Options) -> Session {
    let project = project(&["governance", "upgrade-manager", "parameters", "analytics"])
        .with("fake-pool", FAKE_CALLER)
        .unwrap()
        .with("fake-outsider", FAKE_CALLER)
        .unwrap();
    let mut s = Session::start(project, options).unwrap();
    appoint(&mut s);
    let args =
        [text("liquidity-pool"), deployed("fake-pool"), text("1"), Value::Bool(true), Value::Bool(false)];
    deployer_does(&mut s, "upgrade-manager", "register-contract", &args);
    s
}

fn start() -> Session {
    start_with(Options::default())
}

fn record(s: &mut Session, metric: &str, value: u128) {
    done(s, account(8), "fake-pool", "record", &[text(metric), u(value)]);
}

fn gauge(s: &mut Session, metric: &str, value: u128) {
    done(s, account(8), "fake-pool", "set-gauge", &[text(metric), u(value)]);
}

fn day(s: &mut Session) -> u128 {
    u128::from(s.now().unwrap() / DAY)
}

fn error(s: &mut Session, function: &str, args: &[Value]) -> u128 {
    s.read("analytics", function, args).unwrap().err_code().unwrap()
}

fn bucket(sum: u128, count: u128, last: u128) -> Value {
    tuple(&[("sum", u(sum)), ("count", u(count)), ("last", u(last))])
}

fn parameter(s: &mut Session, name: &str, value: u128) {
    let args = [text(name), u(value), u(0), u(1_000_000_000_000)];
    deployer_does(s, "parameters", "define-parameter", &args);
}

#[test]
fn only_the_suite_writes_and_retiring_contracts_still_do() {
    let mut s = start();
    let entries = Value::list([tuple(&[("metric", text("a")), ("value", u(1))])]);
    let writes = [
        ("record", vec![text("a"), u(1)]),
        ("set-gauge", vec![text("a"), u(1)]),
        ("record-all", vec![entries]),
    ];
    for (function, args) in &writes {
        for number in [0, 1, 4, 7, 8] {
            refused(&mut s, account(number), "analytics", function, args, NOT_AUTHORISED);
        }
        refused(&mut s, account(0), "fake-outsider", function, args, NOT_AUTHORISED);
        done(&mut s, account(8), "fake-pool", function, args);
    }
    let pool = [text("liquidity-pool"), deployed("fake-pool")];
    deployer_does(&mut s, "upgrade-manager", "retire-version", &pool);
    for (function, args) in &writes {
        done(&mut s, account(8), "fake-pool", function, args);
    }
    deployer_does(&mut s, "upgrade-manager", "kill-version", &pool);
    for (function, args) in &writes {
        refused(&mut s, account(8), "fake-pool", function, args, NOT_AUTHORISED);
    }
    let today = day(&mut s);
    assert_eq!(read(&mut s, "analytics", "get-metric", &[text("a"), u(today)]), bucket(6, 6, 1));
}

#[test]
fn no_value_makes_recording_fail() {
    let mut s = start();
    let today = day(&mut s);
    for value in [0, 5, u128::MAX, 1, u128::MAX] {
        record(&mut s, "a", value);
    }
    assert_eq!(
        read(&mut s, "analytics", "get-metric", &[text("a"), u(today)]),
        bucket(u128::MAX, 5, u128::MAX)
    );
    let printed = done(&mut s, account(8), "fake-pool", "set-gauge", &[text(""), u(u128::MAX)]);
    assert_eq!(event_names(&printed), ["gauge-set"]);
    assert_eq!(field(&event(&printed), "by"), deployed("fake-pool"));
    // Nor is the sum of a day of the largest figures and the next one, in either order, more than can be counted.
    for (metric, figures) in [("b", [1, u128::MAX]), ("c", [u128::MAX, 1]), ("d", [u128::MAX, u128::MAX])] {
        s.snapshot().unwrap();
        for figure in figures {
            record(&mut s, metric, figure);
            later(&mut s, DAY);
        }
        for (days, sum) in [(1, figures[0]), (2, u128::MAX), (31, u128::MAX)] {
            let window = read(&mut s, "analytics", "get-window", &[text(metric), u(today), u(days)]);
            assert_eq!(field(&window, "sum"), u(sum), "{metric} over {days} days");
            assert_eq!(field(&window, "count"), u(days.min(2)), "{metric} over {days} days");
        }
        s.restore().unwrap();
    }
    // Views of such figures answer too, or say that they cannot.
    let window = read(&mut s, "analytics", "get-window", &[text("a"), u(today - 1), u(31)]);
    assert_eq!(field(&window, "sum"), u(u128::MAX));
    let trend = read(&mut s, "analytics", "get-trend", &[text("a"), u(today), u(1)]);
    assert_eq!(field(&trend, "change"), Value::NONE);
    for from in [0, u128::MAX] {
        read(&mut s, "analytics", "get-series", &[text("a"), u(from), u(u128::MAX)]);
        read(&mut s, "analytics", "get-window", &[text("a"), u(from), u(u128::MAX)]);
    }
    for (function, args) in [
        ("get-trend", vec![text("a"), u(u128::MAX), u(1)]),
        ("get-trend", vec![text("a"), u(today), u(0)]),
        ("get-trend", vec![text("a"), u(today), u(32)]),
        ("get-trend", vec![text("a"), u(0), u(1)]),
        ("get-trend", vec![text("a"), u(60), u(31)]),
        ("get-performance", vec![u(u128::MAX), u(1)]),
        ("get-performance", vec![u(today), u(0)]),
        ("get-performance", vec![u(today), u(u128::MAX)]),
        ("get-performance", vec![u(0), u(2)]),
    ] {
        assert_eq!(error(&mut s, function, &args), INVALID_RANGE, "{function} {args:?}");
    }
}

/// Random records on random days against a plain table.
#[test]
fn days_windows_and_trends_are_what_was_recorded() {
    let mut s = start();
    let mut random = fastrand::Rng::with_seed(3);
    let mut table: BTreeMap<u128, (u128, u128, u128)> = BTreeMap::new();
    let first = day(&mut s);
    for _ in 0..150 {
        let value = u128::from(random.u64(0..1_000_000_000_000));
        let today = day(&mut s);
        if random.bool() {
            record(&mut s, "premium-usd", value);
        } else {
            let entries = [("premium-usd", value), ("other", 1)]
                .map(|(metric, value)| tuple(&[("metric", text(metric)), ("value", u(value))]));
            let all = done(&mut s, account(8), "fake-pool", "record-all", &[Value::list(entries)]);
            assert_eq!(event_names(&all), ["metric-recorded", "metric-recorded"]);
        }
        let row = table.entry(today).or_default();
        *row = (row.0 + value, row.1 + 1, value);
        if random.u8(0..3) == 0 {
            let pause = 10 * random.u64(1..20_000);
            later(&mut s, pause);
        }
    }
    let last = day(&mut s);
    let metric = text("premium-usd");
    let row = |day: u128| table.get(&day).copied().unwrap_or_default();
    let sum = |from: u128, days: u128| (from..from + days).map(|day| row(day).0).sum::<u128>();
    for days in [1, 7, 30, 31, 40] {
        let expected = (first..first + days.min(31)).map(|day| {
            let (sum, count, last) = row(day);
            bucket(sum, count, last)
        });
        let series = read(&mut s, "analytics", "get-series", &[metric.clone(), u(first), u(days)]);
        assert_eq!(series, Value::list(expected), "{days}");
        let window = read(&mut s, "analytics", "get-window", &[metric.clone(), u(first), u(days)]);
        assert_eq!(field(&window, "sum"), u(sum(first, days.min(31))));
    }
    let mut changes = 0;
    for (end, days) in [(last, 7), (last, 3), (last - 2, 5), (first + 6, 1), (last, 31)] {
        let trend = read(&mut s, "analytics", "get-trend", &[metric.clone(), u(end), u(days)]);
        let (current, previous) = (sum(end + 1 - days, days), sum(end + 1 - 2 * days, days));
        assert_eq!((field(&trend, "current"), field(&trend, "previous")), (u(current), u(previous)));
        let change =
            (previous > 0).then(|| i128::try_from(current * 1_000_000 / previous).unwrap() - 1_000_000);
        changes += usize::from(change.is_some());
        assert_eq!(
            field(&trend, "change"),
            change.map_or(Value::NONE, |change| Value::some(Value::Int(change)))
        );
    }
    assert!(changes >= 2);
}

#[test]
fn gauges_are_the_last_value_within_a_month() {
    let mut s = start();
    let latest = |s: &mut Session| read(s, "analytics", "get-gauge", &[text("tvl-usd")]);
    assert_eq!(latest(&mut s), Value::NONE);
    let today = day(&mut s);
    gauge(&mut s, "tvl-usd", 7);
    gauge(&mut s, "tvl-usd", 5);
    let found = Value::some(tuple(&[("value", u(5)), ("day", u(today))]));
    assert_eq!(latest(&mut s), found);
    s.advance_to(u64::try_from(today + 30).unwrap() * DAY).unwrap();
    assert_eq!(latest(&mut s), found);
    later(&mut s, DAY);
    assert_eq!(latest(&mut s), Value::NONE);
}

#[test]
fn performance_and_benchmarks_compare_what_was_earned() {
    let mut s = start();
    let today = day(&mut s);
    for (metric, value) in [("premium-usd", 300), ("premium-usd", 100), ("payout-usd", 90), ("policies", 3)] {
        record(&mut s, metric, value);
    }
    let performance = read(&mut s, "analytics", "get-performance", &[u(today), u(7)]);
    assert_eq!(field(&performance, "loss-ratio"), Value::some(u(225_000)));
    assert_eq!(field(&performance, "mean-premium"), Value::some(u(133)));
    let none = read(&mut s, "analytics", "get-performance", &[u(today - 1), u(7)]);
    assert_eq!((field(&none, "loss-ratio"), field(&none, "mean-premium")), (Value::NONE, Value::NONE));

    let compare = [text("premium-usd"), u(today), u(2)];
    assert_eq!(error(&mut s, "compare-benchmark", &compare), NO_THRESHOLD);
    let set = [text("premium-usd"), u(250)];
    for number in [0, 1, 4, 8] {
        refused(&mut s, account(number), "analytics", "set-benchmark", &set, NOT_AUTHORISED);
    }
    let calls = [("analytics", "set-benchmark", set.to_vec())];
    s.deploy(account(8), "fake-passer", &passing_contract(account(0), &calls)).unwrap();
    refused(&mut s, account(7), &format!("{}.fake-passer", account(8)), "pass-0", &[], NOT_AUTHORISED);
    refused(&mut s, account(7), "analytics", "set-benchmark", &[text("a"), u(u128::MAX)], INVALID_RANGE);
    done(&mut s, account(7), "analytics", "set-benchmark", &set);
    let found = read(&mut s, "analytics", "compare-benchmark", &compare);
    assert_eq!((field(&found, "target"), field(&found, "achieved")), (u(500), u(800_000)));
    for days in [0, 32, u128::MAX] {
        assert_eq!(
            error(&mut s, "compare-benchmark", &[text("premium-usd"), u(today), u(days)]),
            INVALID_RANGE
        );
    }
    record(&mut s, "premium-usd", u128::MAX);
    assert_eq!(error(&mut s, "compare-benchmark", &compare), NO_DATA);
    done(&mut s, account(7), "analytics", "set-benchmark", &[text("premium-usd"), u(0)]);
    assert_eq!(read(&mut s, "analytics", "get-benchmark", &[text("premium-usd")]), Value::NONE);
}

#[test]
fn anomalies_stand_out_from_the_week_before() {
    let mut s = start();
    let ask = |s: &mut Session, day: u128| read(s, "analytics", "get-anomaly", &[text("exits-usd"), u(day)]);
    let today = day(&mut s);
    assert_eq!(error(&mut s, "get-anomaly", &[text("exits-usd"), u(today)]), NO_THRESHOLD);
    parameter(&mut s, "anomaly-deviation", 500_000);
    assert_eq!(error(&mut s, "get-anomaly", &[text("exits-usd"), u(today)]), NO_DATA);
    assert_eq!(error(&mut s, "get-anomaly", &[text("exits-usd"), u(6)]), INVALID_RANGE);
    assert_eq!(error(&mut s, "get-anomaly", &[text("exits-usd"), u(u128::MAX)]), INVALID_RANGE);
    for _ in 0..7 {
        record(&mut s, "exits-usd", 100);
        later(&mut s, DAY);
    }
    let today = day(&mut s);
    record(&mut s, "exits-usd", 150);
    let usual = ask(&mut s, today);
    assert_eq!((field(&usual, "mean"), field(&usual, "deviation")), (u(100), u(500_000)));
    assert_eq!(field(&usual, "anomalous"), Value::Bool(false));
    record(&mut s, "exits-usd", 1);
    assert_eq!(field(&ask(&mut s, today), "anomalous"), Value::Bool(true));
    // Silence is one as well.
    let silent = ask(&mut s, today + 1);
    assert_eq!((field(&silent, "value"), field(&silent, "anomalous")), (u(0), Value::Bool(true)));
}

fn indicator(metric: &str, good: &str, bad: &str, weight: u128) -> Value {
    tuple(&[("metric", text(metric)), ("good", text(good)), ("bad", text(bad)), ("weight", u(weight))])
}

#[test]
fn the_health_score_is_the_weighted_mean_of_what_is_known() {
    let mut s = start();
    let deployer = account(0);
    assert_eq!(error(&mut s, "get-health-score", &[]), NO_DATA);
    refused(&mut s, deployer, "analytics", "record-health", &[], NO_DATA);
    let zero = indicator("utilisation", "a", "b", 0);
    let heavy = indicator("utilisation", "a", "b", 1_000_001);
    for list in [vec![], vec![zero], vec![heavy]] {
        refused(&mut s, deployer, "analytics", "set-indicators", &[Value::list(list)], INVALID_INDICATOR);
    }
    let all = Value::list([
        indicator("utilisation", "utilisation-good", "utilisation-bad", 3),
        indicator("collateral", "collateral-good", "collateral-bad", 1),
        indicator("liquidations", "liquidations-good", "liquidations-bad", 2),
    ]);
    for number in [1, 4, 7, 8] {
        refused(
            &mut s,
            account(number),
            "analytics",
            "set-indicators",
            std::slice::from_ref(&all),
            NOT_APPROVED,
        );
    }
    deployer_does(&mut s, "analytics", "set-indicators", std::slice::from_ref(&all));
    assert_eq!(read(&mut s, "analytics", "get-indicators", &[]), all);
    for (name, value) in [
        ("utilisation-good", 600_000),
        ("utilisation-bad", 1_000_000),
        // Here more is better.
        ("collateral-good", 2_000_000),
        ("collateral-bad", 1_000_000),
    ] {
        parameter(&mut s, name, value);
    }
    gauge(&mut s, "utilisation", 700_000);
    gauge(&mut s, "liquidations", 1);
    // The third has no thresholds, the second no value yet.
    let health = read(&mut s, "analytics", "get-health-score", &[]);
    assert_eq!((field(&health, "score"), field(&health, "known")), (u(750_000), u(1)));
    assert_eq!((field(&health, "of"), field(&health, "status")), (u(3), text("healthy")));
    // One of two thresholds is none, whichever it is; with both the third counts.
    for threshold in ["liquidations-good", "liquidations-bad"] {
        s.snapshot().unwrap();
        parameter(&mut s, threshold, 2);
        assert_eq!(read(&mut s, "analytics", "get-health-score", &[]), health, "{threshold} alone");
        s.restore().unwrap();
    }
    s.snapshot().unwrap();
    parameter(&mut s, "liquidations-good", 0);
    parameter(&mut s, "liquidations-bad", 2);
    let both = read(&mut s, "analytics", "get-health-score", &[]);
    assert_eq!((field(&both, "score"), field(&both, "known")), (u((750_000 * 3 + 500_000 * 2) / 5), u(2)));
    s.restore().unwrap();
    // Two thresholds that are the same number are none either.
    s.snapshot().unwrap();
    parameter(&mut s, "liquidations-good", 2);
    parameter(&mut s, "liquidations-bad", 2);
    assert_eq!(read(&mut s, "analytics", "get-health-score", &[]), health);
    s.restore().unwrap();
    gauge(&mut s, "collateral", 1_250_000);
    let health = read(&mut s, "analytics", "get-health-score", &[]);
    assert_eq!(field(&health, "score"), u((750_000 * 3 + 250_000) / 4));
    assert_eq!(field(&health, "status"), text("degraded"));
    for (value, part) in [(0, 1_000_000), (600_000, 1_000_000), (1_000_000, 0), (u128::MAX, 0)] {
        gauge(&mut s, "utilisation", value);
        let health = read(&mut s, "analytics", "get-health-score", &[]);
        assert_eq!(field(&health, "score"), u((part * 3 + 250_000) / 4), "{value}");
    }
    let today = day(&mut s);
    let recorded = done(&mut s, account(8), "analytics", "record-health", &[]);
    assert_eq!(field(&event(&recorded), "status"), text("critical"));
    assert_eq!(field(&event(&recorded), "previous"), Value::NONE);
    refused(&mut s, account(8), "analytics", "record-health", &[], ALREADY_RECORDED);
    later(&mut s, DAY);
    gauge(&mut s, "utilisation", 0);
    let recorded = done(&mut s, account(8), "analytics", "record-health", &[]);
    assert_eq!(field(&event(&recorded), "previous"), Value::some(text("critical")));
    let kept = read(&mut s, "analytics", "get-health-record", &[u(today)]);
    assert_eq!(field(&kept, "score"), u(62_500));
    // What nobody has said for a week is not known.
    later(&mut s, 8 * DAY);
    assert_eq!(error(&mut s, "get-health-score", &[]), NO_DATA);
    complete_bootstrap(&mut s);
    let list = Value::list([indicator("utilisation", "utilisation-good", "utilisation-bad", 1)]);
    refused(&mut s, deployer, "analytics", "set-indicators", std::slice::from_ref(&list), NOT_APPROVED);
    let set = govern(&mut s, "analytics", "set-indicators", &[("indicators", list)]);
    assert_eq!(event_names(&set), ["action-consumed", "indicators-set"]);
}

#[test]
fn recording_is_one_read_and_one_write_and_views_fit_a_node() {
    let mut s = start_with(Options { costs: true, ..Options::default() });
    let names = ["a", "b", "c", "d", "e", "f"];
    for metric in names {
        parameter(&mut s, &format!("{metric}-good"), 0);
        parameter(&mut s, &format!("{metric}-bad"), 10);
        gauge(&mut s, metric, 5);
    }
    parameter(&mut s, "anomaly-deviation", 1);
    let all = names.map(|metric| indicator(metric, &format!("{metric}-good"), &format!("{metric}-bad"), 1));
    deployer_does(&mut s, "analytics", "set-indicators", &[Value::list(all)]);
    done(&mut s, account(7), "analytics", "set-benchmark", &[text("a"), u(1)]);
    later(&mut s, 6 * DAY);
    let today = day(&mut s);
    for (function, args) in [
        ("get-gauge", vec![text("nothing")]),
        ("get-series", vec![text("a"), u(today), u(31)]),
        ("get-window", vec![text("a"), u(today), u(31)]),
        ("get-trend", vec![text("a"), u(today), u(31)]),
        ("get-performance", vec![u(today), u(31)]),
        ("compare-benchmark", vec![text("a"), u(today), u(31)]),
        ("get-anomaly", vec![text("a"), u(today)]),
        ("get-health-score", vec![]),
    ] {
        let costs = s.read("analytics", function, &args).unwrap().costs.unwrap();
        println!("{function}: {costs:?}");
        let fits = costs.read_count <= 100 && costs.read_length <= 200_000 && costs.runtime <= 1_000_000_000;
        assert!(fits && costs.write_count == 0, "{function}: {costs:?}");
    }
    let recorded = s.call_with_costs(account(8), "fake-pool", "record", &[text("a"), u(1)]).unwrap();
    recorded.ok().unwrap();
    let costs = recorded.costs.unwrap();
    println!("record: {costs:?}");
    assert!(costs.read_count <= 14 && costs.write_count == 1, "{costs:?}");
    let entries = Value::list(names.map(|metric| tuple(&[("metric", text(metric)), ("value", u(1))])));
    let recorded = s.call_with_costs(account(8), "fake-pool", "record-all", &[entries]).unwrap();
    recorded.ok().unwrap();
    println!("record-all of six: {:?}", recorded.costs);
}
