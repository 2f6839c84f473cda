//! Parameters, flags, the setup, and who may change them.

use crate::system::{
    account, action, approve, complete_bootstrap, deployed, deployer_does, done, entry, event, event_names,
    field, govern, passing_contract, read, refused, text, tuple, u, who,
};
use bithedge_stacks::Value;
use bithedge_vm::{Options, Session};

use super::*;

#[test]
fn nothing_is_open_before_the_setup_is_complete() {
    let mut s = start(Options::default());
    let deployer = account(0);
    let setup = |s: &mut Session, code: u128| refused(s, deployer, "parameters", "complete-setup", &[], code);
    // A breaker that does not exist counts as tripped, a flag that does not exist is none.
    let tripped =
        |s: &mut Session| field(&read(s, "parameters", "get-system-health", &[]), "breakers-tripped");
    assert_eq!(tripped(&mut s), Value::list([true; 4].map(Value::Bool)));
    let bare = read(&mut s, "parameters", "get-system-health", &[]);
    assert_eq!(field(&bare, "flags"), Value::list([Value::NONE, Value::NONE, Value::NONE]));
    assert_eq!(field(&bare, "consistent"), Value::Bool(false));
    setup(&mut s, UNKNOWN_PARAMETER);
    for index in 0..PARAMETERS.len() {
        setup(&mut s, UNKNOWN_PARAMETER);
        define(&mut s, index);
    }
    for flag in ["sales", "deposits", "sell-back"] {
        setup(&mut s, UNKNOWN_FLAG);
        deployer_does(&mut s, "parameters", "set-flag", &[text(flag), Value::Bool(true)]);
    }
    for id in ["all", "sales", "deposits", "oracle"] {
        setup(&mut s, UNKNOWN_BREAKER);
        deployer_does(&mut s, "parameters", "set-breaker", &[text(id), u(0), u(0)]);
        let closed = ["all", "sales", "deposits", "oracle"].map(|one| is_set(&mut s, one));
        assert_eq!(tripped(&mut s), Value::list(closed.map(|set| Value::Bool(!set))), "{id}");
    }
    for (name, flag) in [("purchase", "sales"), ("deposit", "deposits"), ("sell-back", "sell-back")] {
        setup(&mut s, UNKNOWN_ACTION);
        deployer_does(&mut s, "parameters", "set-action-rule", &rule(name, flag, &["all"], 10, 10, 0));
    }
    for name in NAMES {
        setup(&mut s, NAME_UNRESOLVED);
        register(&mut s, name);
    }
    for action in ["purchase", "deposit", "sell-back"] {
        closed(&mut s, action, account(1), 1, NOT_INITIALISED);
    }
    let unset = s.read("parameters", "get-policy-config", &[]).unwrap();
    assert_eq!(unset.err_code().unwrap(), NOT_INITIALISED);
    let health = read(&mut s, "parameters", "get-system-health", &[]);
    assert_eq!(field(&health, "initialised"), Value::Bool(false));
    refused(&mut s, account(8), "parameters", "complete-setup", &[], NOT_APPROVED);
    let completed = deployer_does(&mut s, "parameters", "complete-setup", &[]);
    assert_eq!(event_names(&completed), ["setup-completed"]);
    let again = deployer_does(&mut s, "parameters", "complete-setup", &[]);
    assert_eq!((again.ok().unwrap(), again.events.len()), (&Value::Bool(false), 0));
    assert_eq!(read(&mut s, "parameters", "get-policy-config", &[]), config());
    open(&mut s, "purchase", account(1), 1);
}

fn is_set(s: &mut Session, breaker: &str) -> bool {
    read(s, "parameters", "get-breaker", &[text(breaker)]) != Value::NONE
}

#[test]
fn the_setup_may_be_completed_by_governance() {
    let mut s = start(Options::default());
    fill(&mut s);
    complete_bootstrap(&mut s);
    refused(&mut s, account(0), "parameters", "complete-setup", &[], NOT_APPROVED);
    let completed = govern(&mut s, "parameters", "complete-setup", &[]);
    assert_eq!(event_names(&completed), ["action-consumed", "setup-completed"]);
    let changed =
        govern(&mut s, "parameters", "set-parameter", &[("name", text("min-size")), ("value", u(20_000))]);
    assert_eq!(event_names(&changed), ["action-consumed", "parameter-changed"]);
    let kept = read(&mut s, "parameters", "get-policy-config", &[]);
    assert_eq!(field(&kept, "min-size"), u(20_000));
}

#[test]
fn parameters_keep_bounds_history_and_their_relations() {
    let mut s = ready();
    let deployer = account(0);
    let define = |name: &str, value: u128, min: u128, max: u128| [text(name), u(value), u(min), u(max)];
    let (name, value, min, max) = PARAMETERS[0];
    let same = deployer_does(&mut s, "parameters", "define-parameter", &define(name, value, min, max));
    assert_eq!((same.ok().unwrap(), same.events.len()), (&Value::Bool(false), 0));
    for (args, code) in [
        (define("min-size", 10_001, 1, 1_000_000_000), PARAMETER_EXISTS),
        (define("new", 1, 2, 1), INVALID_BOUNDS),
        (define("new", 1, 0, 1_000_000_000_000_000_000_001), INVALID_BOUNDS),
        (define("new", u128::MAX, 0, u128::MAX), INVALID_BOUNDS),
        (define("new", 3, 4, 5), OUT_OF_BOUNDS),
        (define("new", 6, 4, 5), OUT_OF_BOUNDS),
    ] {
        refused(&mut s, deployer, "parameters", "define-parameter", &args, code);
    }
    let set = |name: &str, value: u128| [text(name), u(value)];
    for (name, value, code) in [
        ("nothing", 1, UNKNOWN_PARAMETER),
        ("min-size", 0, OUT_OF_BOUNDS),
        ("min-size", 1_000_000_001, OUT_OF_BOUNDS),
        ("min-size", u128::MAX, OUT_OF_BOUNDS),
        // Within their own bounds, but at odds with another one or with arithmetic.
        ("bid-spread", 1_000_000, INCONSISTENT),
        ("surcharge-kink", 1_000_000, INCONSISTENT),
        ("activation-delay", 86_400, INCONSISTENT),
        ("cancel-cutoff", 86_400, INCONSISTENT),
        ("min-term", 7_200 - 1, OUT_OF_BOUNDS),
    ] {
        refused(&mut s, deployer, "parameters", "set-parameter", &set(name, value), code);
    }
    deployer_does(&mut s, "parameters", "set-parameter", &set("max-size", 10_000));
    refused(&mut s, deployer, "parameters", "set-parameter", &set("min-size", 10_001), INCONSISTENT);
    deployer_does(&mut s, "parameters", "set-parameter", &set("activation-delay", 7_200));
    refused(&mut s, deployer, "parameters", "set-parameter", &set("min-term", 7_200), INCONSISTENT);
    deployer_does(&mut s, "parameters", "set-parameter", &set("min-term", 7_201));
    let kept = read(&mut s, "parameters", "get-policy-config", &[]);
    assert_eq!((field(&kept, "max-size"), field(&kept, "min-term")), (u(10_000), u(7_201)));

    refused(
        &mut s,
        deployer,
        "parameters",
        "set-parameter-bounds",
        &[text("min-size"), u(10_001), u(20_000)],
        OUT_OF_BOUNDS,
    );
    refused(
        &mut s,
        deployer,
        "parameters",
        "set-parameter-bounds",
        &[text("x"), u(1), u(2)],
        UNKNOWN_PARAMETER,
    );
    deployer_does(&mut s, "parameters", "set-parameter-bounds", &[text("min-size"), u(10_000), u(10_000)]);
    refused(&mut s, deployer, "parameters", "set-parameter", &set("min-size", 9_999), OUT_OF_BOUNDS);
    let details = read(&mut s, "parameters", "get-parameter-details", &[text("max-size")]);
    assert_eq!((field(&details, "value"), field(&details, "version")), (u(10_000), u(2)));
    let key = tuple(&[("name", text("max-size")), ("version", u(2))]);
    let change = entry(&mut s, "parameters", "parameter-history", &key);
    assert_eq!((field(&change, "old"), field(&change, "new")), (u(10_000_000_000), u(10_000)));
    assert_eq!(field(&change, "by"), who(deployer));
    let several =
        read(&mut s, "parameters", "get-parameters", &[Value::list([text("max-size"), text("nothing")])]);
    assert_eq!(several, Value::list([Value::some(u(10_000)), Value::NONE]));
    assert_eq!(read(&mut s, "parameters", "get-parameter", &[text("max-size")]), u(10_000));
    let missing = s.read("parameters", "get-parameter", &[text("nothing")]).unwrap();
    assert_eq!(missing.err_code().unwrap(), UNKNOWN_PARAMETER);
}

#[test]
fn flags_stop_what_they_are_for_and_leave_a_history() {
    let mut s = ready();
    let deployer = account(0);
    for (flag, action) in [("sales", "purchase"), ("deposits", "deposit"), ("sell-back", "sell-back")] {
        open(&mut s, action, account(1), 1);
        let off = deployer_does(&mut s, "parameters", "set-flag", &[text(flag), Value::Bool(false)]);
        assert_eq!(field(&event(&off), "version"), u(2));
        let again = deployer_does(&mut s, "parameters", "set-flag", &[text(flag), Value::Bool(false)]);
        assert_eq!((again.ok().unwrap(), again.events.len()), (&Value::Bool(false), 0));
        closed(&mut s, action, account(1), 1, FLAG_OFF);
        let kept = read(&mut s, "parameters", "get-flag", &[text(flag)]);
        assert_eq!(field(&kept, "enabled"), Value::Bool(false));
        let key = tuple(&[("name", text(flag)), ("version", u(2))]);
        assert_eq!(field(&entry(&mut s, "parameters", "flag-history", &key), "by"), who(deployer));
    }
    // One flag stops one action only.
    deployer_does(&mut s, "parameters", "set-flag", &[text("sales"), Value::Bool(true)]);
    open(&mut s, "purchase", account(2), 1);
    closed(&mut s, "deposit", account(2), 1, FLAG_OFF);
}

#[test]
fn health_shows_everything_at_a_glance() {
    let mut s = ready();
    done(&mut s, account(4), "parameters", "trip-breaker", &[text("deposits"), text("a drill")]);
    deployer_does(&mut s, "parameters", "set-flag", &[text("sell-back"), Value::Bool(false)]);
    let health = read(&mut s, "parameters", "get-system-health", &[]);
    assert_eq!(
        (field(&health, "initialised"), field(&health, "consistent")),
        (Value::Bool(true), Value::Bool(true))
    );
    let tripped = [false, false, true, false].map(Value::Bool);
    assert_eq!(field(&health, "breakers-tripped"), Value::list(tripped));
    let Value::List(flags) = field(&health, "flags") else { panic!("{health:?}") };
    let enabled: Vec<Value> = flags.iter().map(|flag| field(flag, "enabled")).collect();
    assert_eq!(enabled, [true, true, false].map(Value::Bool));
}

#[test]
fn only_those_named_may_change_or_ask() {
    let mut s = ready();
    let stranger = account(8);
    // What contracts ask: no outsider contract, no account, and a sale only the registry.
    for (function, args) in [
        ("check-action", act("deposit", account(1), 1).to_vec()),
        ("trip-breaker", vec![text("all"), text("")]),
        ("report-level", vec![text("utilisation"), u(950_000)]),
        ("authorise-sale", buy(account(1), 1).to_vec()),
    ] {
        for number in [0, 1, 7, 8] {
            refused(&mut s, account(number), "parameters", function, &args, NOT_AUTHORISED);
        }
        // Even the guardian, led into a contract that is not of the suite.
        refused(&mut s, account(4), "fake-outsider", function, &args, NOT_AUTHORISED);
    }
    refused(&mut s, account(4), "parameters", "check-action", &act("deposit", account(1), 1), NOT_AUTHORISED);
    refused(&mut s, stranger, "fake-pool", "authorise-sale", &buy(account(1), 1), NOT_AUTHORISED);
    refused(&mut s, account(4), "fake-outsider", "release-breaker", &[text("all")], NOT_APPROVED);

    let governed: Vec<(&str, &str, Vec<Value>)> = vec![
        ("parameters", "define-parameter", vec![text("new"), u(1), u(0), u(2)]),
        ("parameters", "set-parameter", vec![text("min-size"), u(20_000)]),
        ("parameters", "set-parameter-bounds", vec![text("min-size"), u(1), u(20_000)]),
        ("parameters", "set-flag", vec![text("sales"), Value::Bool(false)]),
        ("parameters", "set-breaker", vec![text("all"), u(0), u(0)]),
        ("parameters", "release-breaker", vec![text("all")]),
        ("parameters", "set-action-rule", rule("purchase", "sales", &[], 0, 0, 0)),
        ("parameters", "complete-setup", vec![]),
    ];
    s.deploy(stranger, "fake-passer", &passing_contract(account(0), &governed)).unwrap();
    let passer = format!("{stranger}.fake-passer");
    for (index, (_, function, args)) in governed.iter().enumerate() {
        for number in [1, 4, 7, 8] {
            refused(&mut s, account(number), "parameters", function, args, NOT_APPROVED);
        }
        for number in [0, 4] {
            refused(&mut s, account(number), &passer, &format!("pass-{index}"), &[], NOT_APPROVED);
        }
    }
    complete_bootstrap(&mut s);
    for (_, function, args) in &governed {
        refused(&mut s, account(0), "parameters", function, args, NOT_APPROVED);
    }
    // A retiring registry sells nothing any more, and trips nothing.
    let retired = action(
        deployed("upgrade-manager"),
        "retire-version",
        &[("name", text("policy-registry")), ("address", deployed("fake-registry"))],
    );
    approve(&mut s, &[retired]);
    let args = [text("policy-registry"), deployed("fake-registry")];
    done(&mut s, stranger, "upgrade-manager", "retire-version", &args);
    refused(&mut s, stranger, "fake-registry", "authorise-sale", &buy(account(1), 1), NOT_AUTHORISED);
    refused(&mut s, stranger, "fake-registry", "trip-breaker", &[text("all"), text("")], NOT_AUTHORISED);
}

#[test]
fn what_a_purchase_asks_is_cheap() {
    let mut s = ready_with(Options { costs: true, ..Options::default() });
    for (contract, function, args) in [
        ("fake-registry", "authorise-sale", buy(account(1), 10).to_vec()),
        ("fake-pool", "check-action", act("deposit", account(1), 10).to_vec()),
    ] {
        let outcome = s.call_with_costs(account(8), contract, function, &args).unwrap();
        outcome.ok().unwrap();
        let costs = outcome.costs.unwrap();
        println!("{function}: {costs:?}");
        // The one write is the user's bucket.
        assert!(costs.read_count <= 28 && costs.write_count == 1, "{function}: {costs:?}");
    }
    for (function, args) in [
        ("get-policy-config", vec![]),
        ("is-action-open", act("purchase", account(1), 10).to_vec()),
        ("get-system-health", vec![]),
    ] {
        let costs = s.read("parameters", function, &args).unwrap().costs.unwrap();
        println!("{function}: {costs:?}");
        assert!(
            costs.read_count <= 100 && costs.read_length <= 200_000 && costs.write_count == 0,
            "{function}: {costs:?}"
        );
    }
}
