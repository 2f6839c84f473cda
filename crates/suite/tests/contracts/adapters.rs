//! `dia-adapter` and `pyth-adapter`: what they take from which feed, and their way into the oracle.

use bithedge_stacks::Value;
use bithedge_vm::{Options, Session};

use super::support::project;
use super::system::{
    contract, deployer_does, done, event_names, passing_contract, read, refused, tuple, u, wallet,
};

const CONTRACTS: &[&str] = &[
    "price-source-trait",
    "option-math",
    "governance",
    "upgrade-manager",
    "parameters",
    "oracle",
    "dia-adapter",
    "pyth-adapter",
];
const NOW: u64 = 1_767_340_800;
const USD: u128 = 100_000_000;
const MAX_PRICE: u128 = 100_000_000_000_000_000;

/// The shape of DIA's contract on mainnet: no error is possible, and an unknown key gives zeros.
const FAKE_DIA: &str = "
(define-map values (string-ascii 32) {value: uint, timestamp: uint})
(define-public (set-value (key (string-ascii 32)) (value uint) (timestamp uint))
  (ok (map-set values key {value: value, timestamp: timestamp})))
(define-read-only (get-value (key (string-ascii 32)))
  (ok (default-to {value: u0, timestamp: u0} (map-get? values key))))
";

/// A feed with the same functions that only ever refuses.
const FAKE_REFUSING_DIA: &str = "
(define-read-only (get-value (key (string-ascii 32))) (if (is-eq key \"\") (ok {value: u1, timestamp: u1}) (err u5)))
(define-read-only (get-name) \"fake\")
";

/// The shape of Pyth's storage contract.
const FAKE_PYTH: &str = "
(define-map prices (buff 32) {price: int, conf: uint, expo: int, ema-price: int, ema-conf: uint, publish-time: uint,
  prev-publish-time: uint})
(define-public (set-price (id (buff 32)) (price int) (conf uint) (expo int) (publish-time uint))
  (ok (map-set prices id {price: price, conf: conf, expo: expo, ema-price: 1, ema-conf: u1, publish-time: publish-time,
    prev-publish-time: u0})))
(define-read-only (get-price (id (buff 32)))
  (let ((entry (unwrap! (map-get? prices id) (err u5005)))) (ok entry)))
";

const BTC_USD: &str = "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43";
const STX_USD: &str = "ec7a775f46379b5e943c3526b1c8d54cd49749176b0b98e02dde68d1bd335c17";

fn session() -> Session {
    let project = project(CONTRACTS)
        .with("fake-dia", FAKE_DIA)
        .unwrap()
        .with("fake-refusing-dia", FAKE_REFUSING_DIA)
        .unwrap()
        .with("fake-pyth", FAKE_PYTH)
        .unwrap()
        .with("fake-other-pyth", FAKE_PYTH)
        .unwrap();
    Session::start(project, Options { genesis_time: NOW, ..Options::default() }).unwrap()
}

fn set_dia(s: &mut Session, btc: (u128, u128), stx: (u128, u128)) {
    let anyone = wallet(s, 8);
    for (key, (value, milliseconds)) in [("BTC/USD", btc), ("STX/USD", stx)] {
        let key = Value::ascii(key).unwrap();
        done(s, anyone, "fake-dia", "set-value", &[key, u(value), u(milliseconds)]);
    }
}

/// Price, confidence, exponent, time.
type PythPrice = (i128, u128, i128, u128);

fn set_pyth(s: &mut Session, btc: PythPrice, stx: PythPrice) {
    let anyone = wallet(s, 8);
    for (id, (price, confidence, exponent, time)) in [(BTC_USD, btc), (STX_USD, stx)] {
        let id = Value::buffer(hex(id));
        let args = [id, Value::Int(price), u(confidence), Value::Int(exponent), u(time)];
        done(s, anyone, "fake-pyth", "set-price", &args);
    }
}

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn prices(btc: u128, stx: u128, at: u64) -> Value {
    tuple(&[("btc", u(btc)), ("stx", u(stx)), ("at", u(at.into()))])
}

#[test]
fn dia_prices_come_over_with_their_time_in_seconds() {
    let mut s = session();
    let anyone = wallet(&s, 8);
    let (feed, refusing) = (contract(&s, "fake-dia"), contract(&s, "fake-refusing-dia"));
    let refresh = |s: &mut Session, feed: &Value, code: u128| {
        refused(s, anyone, "dia-adapter", "refresh", std::slice::from_ref(feed), code);
    };
    assert_eq!(s.read("dia-adapter", "latest-prices", &[]).unwrap().err_code().unwrap(), 2_740_402);
    // Nobody's feed before governance names one, and no other after.
    refresh(&mut s, &feed, 2_740_301);
    deployer_does(&mut s, "dia-adapter", "set-feed", std::slice::from_ref(&refusing));
    refresh(&mut s, &refusing, 2_740_401);
    let outcome = deployer_does(&mut s, "dia-adapter", "set-feed", std::slice::from_ref(&feed));
    assert_eq!(event_names(&outcome), ["feed-set"]);
    refresh(&mut s, &refusing, 2_740_301);
    // Nothing published yet: zeros.
    refresh(&mut s, &feed, 2_740_001);
    let now = u128::from(NOW) * 1_000;
    for (btc, stx) in [
        ((0, now), (1, now)),
        ((1, now), (0, now)),
        ((MAX_PRICE, now), (1, now)),
        ((1, now), (u128::MAX, now)),
    ] {
        set_dia(&mut s, btc, stx);
        refresh(&mut s, &feed, 2_740_001);
    }
    for later in [now + 1_000, u128::MAX] {
        set_dia(&mut s, (1, later), (1, now));
        refresh(&mut s, &feed, 2_740_002);
        set_dia(&mut s, (1, now), (1, later));
        refresh(&mut s, &feed, 2_740_002);
    }
    set_dia(&mut s, (1, 999), (1, 999));
    refresh(&mut s, &feed, 2_740_003);
    // The time is that of the older one; the largest price.
    set_dia(&mut s, (MAX_PRICE - 1, now), (150_000_000, now - 5_001));
    let outcome = done(&mut s, anyone, "dia-adapter", "refresh", std::slice::from_ref(&feed));
    assert_eq!(event_names(&outcome), ["prices-refreshed"]);
    assert_eq!(
        read(&mut s, "dia-adapter", "latest-prices", &[]),
        prices(MAX_PRICE - 1, 150_000_000, NOW - 6)
    );
    refresh(&mut s, &feed, 2_740_003);
    set_dia(&mut s, (95_000 * USD, now), (150_000_000, now - 4_001));
    done(&mut s, anyone, "dia-adapter", "refresh", std::slice::from_ref(&feed));
    assert_eq!(read(&mut s, "dia-adapter", "latest-prices", &[]), prices(95_000 * USD, 150_000_000, NOW - 5));
    // Whichever of the two is older: here bitcoin's, which a younger price of STX makes no newer than what is kept.
    set_dia(&mut s, (96_000 * USD, now - 5_000), (151_000_000, now));
    refresh(&mut s, &feed, 2_740_003);
    set_dia(&mut s, (96_000 * USD, now - 4_000), (151_000_000, now));
    done(&mut s, anyone, "dia-adapter", "refresh", &[feed]);
    assert_eq!(read(&mut s, "dia-adapter", "latest-prices", &[]), prices(96_000 * USD, 151_000_000, NOW - 4));
}

#[test]
fn pyth_prices_are_converted_and_checked() {
    let mut s = session();
    let anyone = wallet(&s, 8);
    let (feed, other) = (contract(&s, "fake-pyth"), contract(&s, "fake-other-pyth"));
    let adapter = "pyth-adapter";
    assert_eq!(s.read(adapter, "latest-prices", &[]).unwrap().err_code().unwrap(), 2_840_402);
    refused(&mut s, anyone, adapter, "refresh", std::slice::from_ref(&feed), 2_840_301);
    deployer_does(&mut s, adapter, "set-feed", std::slice::from_ref(&feed));
    refused(&mut s, anyone, adapter, "refresh", &[other], 2_840_301);
    refused(&mut s, anyone, adapter, "refresh", std::slice::from_ref(&feed), 2_840_401);
    let now = u128::from(NOW);
    let good: PythPrice = (150_000_000, 0, -8, now);
    let max = i128::from(i64::MAX);
    let refusals: &[(PythPrice, u128)] = &[
        ((0, 0, -8, now), 2_840_001),
        ((-1, 0, -8, now), 2_840_001),
        ((i128::MIN, 0, -8, now), 2_840_001),
        ((max + 1, 0, -8, now), 2_840_001),
        ((i128::MAX, 0, -8, now), 2_840_001),
        // Too small to be one unit, too large.
        ((99, 0, -10, now), 2_840_001),
        ((100_000_000, 0, 1, now), 2_840_001),
        ((max, 0, 8, now), 2_840_001),
        ((150, 0, -19, now), 2_840_004),
        ((150, 0, 9, now), 2_840_004),
        ((150, 0, i128::MIN, now), 2_840_004),
        ((150, 0, i128::MAX, now), 2_840_004),
        // Half-width above 1 %.
        ((150_000_000, 1_500_001, -8, now), 2_840_005),
        ((150_000_000, u128::MAX, -8, now), 2_840_005),
        ((150_000_000, 0, -8, now + 1), 2_840_002),
        ((150_000_000, 0, -8, u128::MAX), 2_840_002),
    ];
    for (bad, code) in refusals {
        set_pyth(&mut s, *bad, good);
        refused(&mut s, anyone, adapter, "refresh", std::slice::from_ref(&feed), *code);
        set_pyth(&mut s, good, *bad);
        refused(&mut s, anyone, adapter, "refresh", std::slice::from_ref(&feed), *code);
    }
    set_pyth(&mut s, (1, 0, -8, 0), good);
    refused(&mut s, anyone, adapter, "refresh", std::slice::from_ref(&feed), 2_840_003);
    // (price, exponent) and what it is with 8 decimals.
    let conversions = [
        (9_512_345_678_901, -8, 9_512_345_678_901),
        (9_512_345_678_999, -10, 95_123_456_789),
        (95_123, 0, 9_512_300_000_000),
        (999_999_999, 0, 99_999_999_900_000_000),
        (9, 8, 90_000_000_000_000_000),
        (max, -18, 922_337_203),
        (100, -10, 1),
        (1, -8, 1),
    ];
    for (step, (price, exponent, expected)) in conversions.into_iter().enumerate() {
        let at = NOW - 100 + u64::try_from(step).unwrap();
        set_pyth(
            &mut s,
            (price, price.unsigned_abs() / 100, exponent, now),
            (150_000_000, 1_500_000, -8, at.into()),
        );
        let outcome = done(&mut s, anyone, adapter, "refresh", std::slice::from_ref(&feed));
        assert_eq!(event_names(&outcome), ["prices-refreshed"]);
        assert_eq!(
            read(&mut s, adapter, "latest-prices", &[]),
            prices(expected, 150_000_000, at),
            "{price} {exponent}"
        );
        refused(&mut s, anyone, adapter, "refresh", std::slice::from_ref(&feed), 2_840_003);
    }
    // The widest confidence is governance's to set.
    let deployer = s.deployer().unwrap();
    for limit in [0, 100_001, u128::MAX] {
        refused(&mut s, deployer, adapter, "set-max-confidence", &[u(limit)], 2_840_006);
    }
    let outcome = deployer_does(&mut s, adapter, "set-max-confidence", &[u(1)]);
    assert_eq!(event_names(&outcome), ["max-confidence-set"]);
    assert_eq!(read(&mut s, adapter, "get-max-confidence", &[]), u(1));
    set_pyth(&mut s, (150_000_000, 151, -8, now), good);
    refused(&mut s, anyone, adapter, "refresh", std::slice::from_ref(&feed), 2_840_005);
    set_pyth(&mut s, (150_000_000, 150, -8, now), good);
    done(&mut s, anyone, adapter, "refresh", &[feed]);
}

#[test]
fn only_governance_sets_adapters_up() {
    let mut s = session();
    let deployer = s.deployer().unwrap();
    let feed = contract(&s, "fake-dia");
    let calls = [
        ("dia-adapter", "set-feed", vec![feed.clone()]),
        ("pyth-adapter", "set-feed", vec![feed]),
        ("pyth-adapter", "set-max-confidence", vec![u(5)]),
    ];
    let source = passing_contract(deployer, &calls);
    let stranger = wallet(&s, 8);
    s.deploy(stranger, "fake-in-between", &source).unwrap();
    for (index, (adapter, function, args)) in calls.iter().enumerate() {
        refused(&mut s, stranger, adapter, function, args, 1_140_301);
        let between = format!("{stranger}.fake-in-between");
        refused(&mut s, deployer, &between, &format!("pass-{index}"), &[], 1_140_301);
    }
    assert_eq!(read(&mut s, "dia-adapter", "get-feed", &[]), Value::NONE);
    assert_eq!(read(&mut s, "pyth-adapter", "get-feed", &[]), Value::NONE);
}

#[test]
fn adapters_are_sources_of_the_oracle() {
    let mut s = session();
    let anyone = wallet(&s, 8);
    deployer_does(&mut s, "oracle", "seed-volatility", &[u(600_000), u(500_000)]);
    let now = u128::from(NOW);
    set_dia(&mut s, (95_000 * USD, now * 1_000), (150_000_000, now * 1_000));
    set_pyth(&mut s, (9_510_000_000_000, 0, -8, now), (151_000_000, 0, -8, now - 10));
    for (adapter, feed) in [("dia-adapter", "fake-dia"), ("pyth-adapter", "fake-pyth")] {
        let (source, feed) = (contract(&s, adapter), contract(&s, feed));
        deployer_does(&mut s, adapter, "set-feed", std::slice::from_ref(&feed));
        deployer_does(&mut s, "oracle", "add-reporter", &[source.clone(), u(1)]);
        done(&mut s, anyone, adapter, "refresh", &[feed]);
        done(&mut s, anyone, "oracle", "report-from-source", std::slice::from_ref(&source));
        refused(&mut s, anyone, "oracle", "report-from-source", &[source], 1_440_003);
    }
    assert_eq!(read(&mut s, "oracle", "get-price", &[]), prices(95_050 * USD, 150_500_000, NOW));
}
