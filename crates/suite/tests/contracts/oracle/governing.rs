//! Who may change what: every governed function from the wrong callers, through governance, and with invalid values.

use bithedge_stacks::{Address, Value};
use bithedge_vm::Session;

use super::super::system::{
    appoint, complete_bootstrap, deployer_does, done, event, event_names, field, govern, passing_contract,
    refused, u, wallet, who,
};
use super::{
    BOUNDARY, CONTRACTS, ORACLE, Options, USD, add_reporter, bounds_with, get, number, panel, project,
    report, reporter_field, single,
};

/// Every governed function with valid arguments (as the tuple that is hashed).
fn governed_functions(session: &mut Session) -> Vec<(&'static str, Vec<(&'static str, Value)>)> {
    let (new, listed) = (who(wallet(session, 6)), who(wallet(session, 1)));
    vec![
        ("add-reporter", vec![("reporter", new), ("weight", u(5))]),
        (
            "set-reporter",
            vec![("reporter", listed.clone()), ("weight", u(3)), ("active", Value::Bool(false))],
        ),
        ("remove-reporter", vec![("reporter", listed)]),
        (
            "record-boundary-price",
            vec![("at", u((BOUNDARY - 86_400).into())), ("btc", u(90_000 * USD)), ("stx", u(USD))],
        ),
        ("seed-volatility", vec![("short", u(600_000)), ("long", u(500_000))]),
    ]
}

fn values(fields: &[(&str, Value)]) -> Vec<Value> {
    fields.iter().map(|(_, value)| value.clone()).collect()
}

#[test]
fn only_governance_changes_anything() {
    let mut s = single(BOUNDARY + 30_000);
    appoint(&mut s);
    let functions = governed_functions(&mut s);
    let bounds = bounds_with(&mut s, &[("max-age", 600)]);
    let deployer = s.deployer().unwrap();
    // A contract in between gains nothing from the deployer's signature, nor from a reporter's.
    let now = s.now().unwrap();
    let mut calls: Vec<(&str, &str, Vec<Value>)> =
        functions.iter().map(|(function, fields)| (ORACLE, *function, values(fields))).collect();
    calls.push((ORACLE, "set-bounds", vec![bounds.clone()]));
    calls.push((ORACLE, "report-prices", vec![u(USD), u(USD), u(now.into())]));
    calls.push((ORACLE, "suspend-reporter", vec![who(wallet(&s, 1))]));
    calls.push((ORACLE, "dispute-report", vec![who(wallet(&s, 1)), Value::buffer([1; 32])]));
    let source = passing_contract(deployer, &calls);
    s.deploy(wallet(&s, 8), "fake-in-between", &source).unwrap();
    let between = format!("{}.fake-in-between", wallet(&s, 8));
    let expected = |index: usize| match index {
        6 => 1_440_301,
        7 => 1_440_303,
        8 => 1_440_304,
        _ => 1_140_301,
    };
    for index in 0..calls.len() {
        for signer in [deployer, wallet(&s, 1), wallet(&s, 4)] {
            refused(&mut s, signer, &between, &format!("pass-{index}"), &[], expected(index));
        }
    }
    // Strangers, a reporter, a guardian, an operator, and after the bootstrap the deployer.
    complete_bootstrap(&mut s);
    let wrong: Vec<Address> =
        [1, 4, 7, 8].map(|number| wallet(&s, number)).into_iter().chain([deployer]).collect();
    for signer in wrong {
        for (function, fields) in &functions {
            refused(&mut s, signer, ORACLE, function, &values(fields), 1_140_301);
        }
        refused(&mut s, signer, ORACLE, "set-bounds", std::slice::from_ref(&bounds), 1_140_301);
    }
}

#[test]
fn governance_changes_everything_by_vote() {
    let mut s = single(BOUNDARY);
    appoint(&mut s);
    complete_bootstrap(&mut s);
    let [add, set, remove, record, _] = <[_; 5]>::try_from(governed_functions(&mut s)).unwrap();
    let outcome = govern(&mut s, ORACLE, add.0, &add.1);
    outcome.ok().unwrap();
    assert_eq!(reporter_field(&mut s, 6, "weight"), u(5));
    govern(&mut s, ORACLE, set.0, &set.1).ok().unwrap();
    assert_eq!(
        (reporter_field(&mut s, 1, "weight"), reporter_field(&mut s, 1, "active")),
        (u(3), Value::Bool(false))
    );
    govern(&mut s, ORACLE, remove.0, &remove.1).ok().unwrap();
    assert_eq!(get(&mut s, "get-reporters", &[]), Value::list([who(wallet(&s, 6))]));
    govern(&mut s, ORACLE, record.0, &record.1).ok().unwrap();
    let recorded = get(&mut s, "get-boundary", &[u((BOUNDARY - 86_400).into())]);
    assert_eq!((number(&recorded, "btc"), number(&recorded, "method")), (90_000 * USD, 4));
    // Of the limits the tuple itself is hashed, not a tuple of it.
    let bounds = bounds_with(&mut s, &[("max-age", 600)]);
    let fields: Vec<(&str, Value)> =
        bounds.as_tuple().unwrap().iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let target = super::contract(&s, ORACLE);
    super::super::system::approve(&mut s, &[super::super::system::action(target, "set-bounds", &fields)]);
    let anyone = wallet(&s, 8);
    let outcome = done(&mut s, anyone, ORACLE, "set-bounds", std::slice::from_ref(&bounds));
    assert_eq!(event_names(&outcome), ["action-consumed", "bounds-set"]);
    assert_eq!(get(&mut s, "get-bounds", &[]), bounds);
    // Once.
    refused(&mut s, anyone, ORACLE, "set-bounds", &[bounds], 1_140_301);
}

#[test]
fn values_out_of_range_are_refused() {
    let mut s = single(BOUNDARY);
    let deployer = s.deployer().unwrap();
    let hour = 3_600;
    let day = 86_400;
    // Smallest and largest of each limit, the others being as they are.
    let limits: &[(&str, u128, u128)] = &[
        ("max-age", 60, hour),
        ("report-max-age", 60, hour),
        ("min-weight", 1, 10_000_000),
        ("outlier-bound", 10_000, 200_000),
        ("agree-bound", 1, 50_000),
        ("deviation-base", 1, 500_000),
        ("deviation-cap", 100_000, 999_999),
        ("deviation-per-hour", 0, 1_000_000),
        ("override-share", 500_001, 1_000_000),
        ("boundary-window", hour, day),
        ("silence-limit", 900, day),
        ("vol-floor", 1, 2_500_000),
        ("vol-cap", 200_000, 10_000_000),
    ];
    assert_eq!(get(&mut s, "get-bounds", &[]).as_tuple().unwrap().len(), limits.len());
    s.snapshot().unwrap();
    for (name, low, high) in limits {
        for good in [*low, *high] {
            let bounds = bounds_with(&mut s, &[(name, good)]);
            let outcome = deployer_does(&mut s, ORACLE, "set-bounds", std::slice::from_ref(&bounds));
            assert_eq!(field(&event(&outcome), "event").as_ascii().unwrap(), "bounds-set");
            assert_eq!(get(&mut s, "get-bounds", &[]), bounds, "{name}");
            s.restore().unwrap();
        }
        let below = low.checked_sub(1);
        for bad in below.into_iter().chain([high + 1, u128::MAX]) {
            let bounds = bounds_with(&mut s, &[(name, bad)]);
            refused(&mut s, deployer, ORACLE, "set-bounds", &[bounds], 1_440_004);
        }
    }
    let (new, listed, stranger) = (who(wallet(&s, 2)), who(wallet(&s, 1)), who(wallet(&s, 8)));
    for weight in [0, 1_000_001, u128::MAX] {
        refused(&mut s, deployer, ORACLE, "add-reporter", &[new.clone(), u(weight)], 1_440_006);
        let args = [listed.clone(), u(weight), Value::Bool(true)];
        refused(&mut s, deployer, ORACLE, "set-reporter", &args, 1_440_006);
    }
    refused(&mut s, deployer, ORACLE, "add-reporter", &[listed, u(1)], 1_440_901);
    refused(
        &mut s,
        deployer,
        ORACLE,
        "set-reporter",
        &[stranger.clone(), u(1), Value::Bool(true)],
        1_440_401,
    );
    refused(&mut s, deployer, ORACLE, "remove-reporter", &[stranger], 1_440_401);
    refused(&mut s, deployer, ORACLE, "seed-volatility", &[u(600_000), u(500_000)], 1_440_903);
}

#[test]
fn volatility_is_seeded_once_within_its_limits() {
    let mut s = Session::start(project(CONTRACTS), Options::default()).unwrap();
    let deployer = s.deployer().unwrap();
    for (short, long) in [(9_999, 10_000), (10_000, 9_999), (0, 0), (10_000_001, 10_000), (10_000, u128::MAX)]
    {
        refused(&mut s, deployer, ORACLE, "seed-volatility", &[u(short), u(long)], 1_440_008);
    }
    deployer_does(&mut s, ORACLE, "seed-volatility", &[u(10_000), u(10_000_000)]);
    let volatility = get(&mut s, "get-volatility", &[]);
    assert_eq!((number(&volatility, "short"), number(&volatility, "long")), (10_000, 10_000_000));
    refused(&mut s, deployer, ORACLE, "seed-volatility", &[u(600_000), u(500_000)], 1_440_903);
}

#[test]
fn ten_reporters_at_most() {
    let mut s = panel(BOUNDARY);
    for number in 4..=8 {
        add_reporter(&mut s, number, 1);
    }
    let deployer = s.deployer().unwrap();
    let mut contracts = CONTRACTS.iter().map(|name| super::contract(&s, name)).collect::<Vec<_>>();
    let eleventh = contracts.pop().unwrap();
    for contract in contracts.drain(..2) {
        deployer_does(&mut s, ORACLE, "add-reporter", &[contract, u(1)]);
    }
    refused(&mut s, deployer, ORACLE, "add-reporter", &[eleventh.clone(), u(1)], 1_442_301);
    assert_eq!(s.entry(ORACLE, "reporters", &eleventh).unwrap(), None);
    // A place that comes free can be taken; the others keep theirs.
    let second = who(wallet(&s, 2));
    deployer_does(&mut s, ORACLE, "remove-reporter", std::slice::from_ref(&second));
    deployer_does(&mut s, ORACLE, "add-reporter", &[eleventh.clone(), u(1)]);
    let listed = get(&mut s, "get-reporters", &[]);
    let listed = listed.as_list().unwrap();
    assert_eq!((listed.len(), listed.contains(&second), listed.last()), (10, false, Some(&eleventh)));
    // Who is inactive or gone does not count.
    let third = who(wallet(&s, 3));
    deployer_does(&mut s, ORACLE, "set-reporter", &[third, u(1), Value::Bool(false)]);
    report(&mut s, 1, 95_000 * USD, USD);
    for number in [2, 3] {
        let now = s.now().unwrap();
        let code = super::report_at(&mut s, number, 95_000 * USD, USD, now).err_code().unwrap();
        assert_eq!(code, if number == 2 { 1_440_301 } else { 1_440_302 });
    }
    assert_eq!(report(&mut s, 4, 95_000 * USD, USD).0, super::ACCEPTED);
}
