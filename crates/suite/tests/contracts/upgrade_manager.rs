use bithedge_stacks::Value;
use bithedge_vm::{Options, Session};
use sha2::{Digest as _, Sha512_256};

use crate::support::project;
use crate::system::{
    DAY, account, action, advance_to, appoint, approve, complete_bootstrap, deployed, deployer_does, done,
    entry, event, event_names, field, govern, later, passing_contract, read, refused, text, tuple, u,
};

const INVALID_DELAY: u128 = 1_240_001;
const EMPTY_TEXT: u128 = 1_240_002;
const NOT_AUTHORISED: u128 = 1_240_301;
const UNKNOWN_NAME: u128 = 1_240_401;
const UNKNOWN_ADDRESS: u128 = 1_240_402;
const NO_UPGRADE: u128 = 1_240_403;
const UNKNOWN_MIGRATION: u128 = 1_240_404;
const NAME_TAKEN: u128 = 1_240_901;
const ADDRESS_TAKEN: u128 = 1_240_902;
const NOT_UPGRADEABLE: u128 = 1_240_903;
const TOO_EARLY: u128 = 1_240_904;
const TOO_LATE: u128 = 1_240_905;
const UNVERIFIED: u128 = 1_240_906;
const WRONG_STANDING: u128 = 1_240_907;
const MIGRATION_STATE: u128 = 1_240_908;
const UPGRADE_PENDING: u128 = 1_240_909;
const INCOMPATIBLE: u128 = 1_240_910;
/// Governance's refusal of what nobody approved.
const NOT_APPROVED: u128 = 1_140_301;

const FAKE_V1: &str = "(define-read-only (get-version) u1)\n(define-read-only (get-name) \"one\")\n";
const FAKE_V2: &str = "(define-read-only (get-version) u2)\n(define-read-only (get-name) \"two\")\n";
const FAKE_V3: &str = "(define-read-only (get-version) u3)\n(define-read-only (get-name) \"three\")\n";

const CURRENT: u128 = 2;
const RETIRING: u128 = 1;
const DEAD: u128 = 0;

fn start_with(options: Options) -> Session {
    let project = project(&["governance", "upgrade-manager"])
        .with("fake-v1", FAKE_V1)
        .unwrap()
        .with("fake-v2", FAKE_V2)
        .unwrap()
        .with("fake-v3", FAKE_V3)
        .unwrap();
    Session::start(project, options).unwrap()
}

fn start() -> Session {
    let mut s = start_with(Options::default());
    appoint(&mut s);
    s
}

/// What `contract-hash?` of a contract with this source is.
fn hash(source: &str) -> Value {
    Value::buffer(Sha512_256::digest(source).to_vec())
}

fn register(s: &mut Session, name: &str, address: Value, custody: bool) {
    let args = [text(name), address, text("1.0.0"), Value::Bool(true), Value::Bool(custody)];
    deployer_does(s, "upgrade-manager", "register-contract", &args);
}

fn upgrade_args(name: &str, address: &str, version: &str, source: &str) -> [Value; 4] {
    [text(name), deployed(address), text(version), hash(source)]
}

fn propose_upgrade(s: &mut Session, name: &str, address: &str, version: &str, source: &str) -> Value {
    let args = upgrade_args(name, address, version, source);
    deployer_does(s, "upgrade-manager", "propose-upgrade", &args).ok().unwrap().clone()
}

fn standing(s: &mut Session, name: &str, address: &str) -> u128 {
    read(s, "upgrade-manager", "get-standing", &[text(name), deployed(address)]).as_uint().unwrap()
}

fn resolved(s: &mut Session, name: &str) -> Value {
    read(s, "upgrade-manager", "resolve-contract-address", &[text(name)])
}

fn unresolved(s: &mut Session, name: &str) -> u128 {
    s.read("upgrade-manager", "resolve-contract-address", &[text(name)]).unwrap().err_code().unwrap()
}

fn describe_args(name: &str, custody: bool, fallback: Value, dependencies: &[&str]) -> Vec<Value> {
    let names = dependencies.iter().map(|name| text(name));
    vec![text(name), text("about it"), Value::Bool(custody), fallback, Value::list(names)]
}

#[test]
fn names_are_registered_once_and_addresses_hold_one_name() {
    let mut s = start();
    let deployer = account(0);
    let args = |name: &str, address: Value, version: &str| {
        [text(name), address, text(version), Value::Bool(true), Value::Bool(false)]
    };
    let first = args("oracle", deployed("fake-v1"), "1.0.0");
    let registered = done(&mut s, deployer, "upgrade-manager", "register-contract", &first);
    assert_eq!(event_names(&registered), ["contract-registered"]);
    let again = done(&mut s, deployer, "upgrade-manager", "register-contract", &first);
    assert_eq!((again.ok().unwrap(), again.events.len()), (&Value::Bool(false), 0));

    let refusals = [
        (args("oracle", deployed("fake-v1"), "1.0.1"), NAME_TAKEN),
        (args("oracle", deployed("fake-v2"), "1.0.0"), NAME_TAKEN),
        (args("treasury", deployed("fake-v1"), "1.0.0"), ADDRESS_TAKEN),
        (args("", deployed("fake-v2"), "1.0.0"), EMPTY_TEXT),
        (args("treasury", deployed("fake-v2"), ""), EMPTY_TEXT),
    ];
    for (args, code) in refusals {
        refused(&mut s, deployer, "upgrade-manager", "register-contract", &args, code);
    }
    assert_eq!(standing(&mut s, "oracle", "fake-v1"), CURRENT);
    assert_eq!(standing(&mut s, "treasury", "fake-v1"), DEAD);
    assert_eq!(standing(&mut s, "oracle", "fake-v2"), DEAD);
    assert_eq!(resolved(&mut s, "oracle"), deployed("fake-v1"));
    assert_eq!(unresolved(&mut s, "treasury"), UNKNOWN_NAME);
    let held = read(&mut s, "upgrade-manager", "standing-of", &[deployed("fake-v1")]);
    assert_eq!((field(&held, "name"), field(&held, "standing")), (text("oracle"), u(CURRENT)));
    assert_eq!(read(&mut s, "upgrade-manager", "standing-of", &[deployed("fake-v2")]), Value::NONE);
    let current = [text("oracle"), deployed("fake-v1")];
    assert_eq!(read(&mut s, "upgrade-manager", "is-current", &current), Value::Bool(true));
}

#[test]
fn an_upgrade_with_custody_takes_its_delay_its_code_and_its_test() {
    let mut s = start();
    register(&mut s, "vault", deployed("fake-v1"), true);
    complete_bootstrap(&mut s);
    let (operator, stranger) = (account(7), account(8));
    let named = [text("vault")];
    let arguments = upgrade_args("vault", "fake-v2", "2.0.0", FAKE_V2);
    let fields = [
        ("name", arguments[0].clone()),
        ("address", arguments[1].clone()),
        ("version", arguments[2].clone()),
        ("hash", arguments[3].clone()),
    ];
    let proposed = govern(&mut s, "upgrade-manager", "propose-upgrade", &fields);
    assert_eq!(event_names(&proposed), ["action-consumed", "upgrade-proposed"]);
    let due = proposed.ok().unwrap().clone();
    assert_eq!(due, u(u128::from(s.now().unwrap() + 7 * DAY)));
    assert_eq!(field(&entry(&mut s, "upgrade-manager", "upgrade-proposals", &named[0]), "due"), due);

    let seven = due.as_uint().unwrap();
    advance_to(&mut s, &u(seven - 10));
    let verified = |compatible: bool| [text("vault"), Value::Bool(compatible), Value::buffer([1; 32])];
    for sender in [stranger, account(1), account(4), account(0)] {
        refused(&mut s, sender, "upgrade-manager", "verify-upgrade", &verified(true), NOT_AUTHORISED);
    }
    refused(
        &mut s,
        operator,
        "upgrade-manager",
        "verify-upgrade",
        &[text("x"), Value::Bool(true), Value::buffer([])],
        NO_UPGRADE,
    );
    done(&mut s, operator, "upgrade-manager", "verify-upgrade", &verified(true));
    refused(&mut s, stranger, "upgrade-manager", "activate-upgrade", &named, TOO_EARLY);
    s.advance_stacks(1).unwrap();
    // Without a good result it stays what it is, and so does a bad one.
    s.snapshot().unwrap();
    done(&mut s, operator, "upgrade-manager", "verify-upgrade", &verified(false));
    refused(&mut s, stranger, "upgrade-manager", "activate-upgrade", &named, UNVERIFIED);
    s.restore().unwrap();

    // The window's end, on both sides.
    advance_to(&mut s, &u(seven + 2_592_000 - 10));
    s.snapshot().unwrap();
    s.advance_stacks(1).unwrap();
    refused(&mut s, stranger, "upgrade-manager", "activate-upgrade", &named, TOO_LATE);
    done(&mut s, stranger, "upgrade-manager", "cancel-upgrade", &named);
    s.restore().unwrap();

    let activated = done(&mut s, stranger, "upgrade-manager", "activate-upgrade", &named);
    assert_eq!(field(&event(&activated), "previous"), deployed("fake-v1"));
    assert_eq!(standing(&mut s, "vault", "fake-v1"), RETIRING);
    assert_eq!(standing(&mut s, "vault", "fake-v2"), CURRENT);
    assert_eq!(resolved(&mut s, "vault"), deployed("fake-v2"));
    let registered = read(&mut s, "upgrade-manager", "get-contract", &named);
    assert_eq!(
        (field(&registered, "current-version"), field(&registered, "upgrades")),
        (text("2.0.0"), u(1))
    );
    let history = tuple(&[("name", text("vault")), ("index", u(1))]);
    assert_eq!(
        field(&entry(&mut s, "upgrade-manager", "upgrade-history", &history), "address"),
        deployed("fake-v2")
    );
    refused(&mut s, stranger, "upgrade-manager", "activate-upgrade", &named, NO_UPGRADE);

    let confirm = [text("vault"), u(1), Value::Bool(true)];
    refused(&mut s, stranger, "upgrade-manager", "confirm-upgrade", &confirm, NOT_AUTHORISED);
    refused(
        &mut s,
        operator,
        "upgrade-manager",
        "confirm-upgrade",
        &[text("vault"), u(2), Value::Bool(true)],
        NO_UPGRADE,
    );
    done(&mut s, operator, "upgrade-manager", "confirm-upgrade", &confirm);
    let found = field(&entry(&mut s, "upgrade-manager", "upgrade-history", &history), "stable");
    assert_eq!(found, Value::some(Value::Bool(true)));
}

#[test]
fn an_upgrade_waits_for_the_very_code_and_for_a_free_address() {
    let mut s = start();
    register(&mut s, "vault", deployed("fake-v1"), true);
    register(&mut s, "oracle", deployed("fake-other"), false);
    let (deployer, guardian, operator, stranger) = (account(0), account(4), account(7), account(8));
    let refusals = [
        (upgrade_args("vault", "fake-v1", "2", FAKE_V1), ADDRESS_TAKEN),
        (upgrade_args("vault", "fake-other", "2", FAKE_V1), ADDRESS_TAKEN),
        (upgrade_args("nothing", "fake-v2", "2", FAKE_V2), UNKNOWN_NAME),
        (upgrade_args("vault", "fake-v2", "", FAKE_V2), EMPTY_TEXT),
    ];
    for (args, code) in refusals {
        refused(&mut s, deployer, "upgrade-manager", "propose-upgrade", &args, code);
    }
    // Another code than the one approved, and no code at all.
    for (address, source) in [("fake-v2", FAKE_V3), ("fake-absent", FAKE_V2)] {
        propose_upgrade(&mut s, "oracle", address, "2", source);
        let args = upgrade_args("oracle", "fake-v3", "2", FAKE_V3);
        refused(&mut s, deployer, "upgrade-manager", "propose-upgrade", &args, UPGRADE_PENDING);
        later(&mut s, DAY);
        refused(&mut s, stranger, "upgrade-manager", "activate-upgrade", &[text("oracle")], UNVERIFIED);
        refused(&mut s, stranger, "upgrade-manager", "cancel-upgrade", &[text("oracle")], NOT_APPROVED);
        refused(&mut s, operator, "upgrade-manager", "cancel-upgrade", &[text("oracle")], NOT_APPROVED);
        done(&mut s, guardian, "upgrade-manager", "cancel-upgrade", &[text("oracle")]);
        refused(&mut s, guardian, "upgrade-manager", "cancel-upgrade", &[text("oracle")], NO_UPGRADE);
    }
    // Without custody no test result is needed, but a bad one counts.
    propose_upgrade(&mut s, "oracle", "fake-v2", "2", FAKE_V2);
    later(&mut s, DAY);
    s.snapshot().unwrap();
    let bad = [text("oracle"), Value::Bool(false), Value::buffer([2; 32])];
    done(&mut s, operator, "upgrade-manager", "verify-upgrade", &bad);
    refused(&mut s, stranger, "upgrade-manager", "activate-upgrade", &[text("oracle")], UNVERIFIED);
    s.restore().unwrap();
    // The address was given another name while the upgrade waited.
    register(&mut s, "treasury", deployed("fake-v2"), false);
    refused(&mut s, stranger, "upgrade-manager", "activate-upgrade", &[text("oracle")], ADDRESS_TAKEN);
    assert_eq!(standing(&mut s, "treasury", "fake-v2"), CURRENT);
    s.restore().unwrap();
    done(&mut s, stranger, "upgrade-manager", "activate-upgrade", &[text("oracle")]);

    // The way back: the former contract is retiring and may become current again, with the same delay.
    propose_upgrade(&mut s, "oracle", "fake-other", "1.0.0", FAKE_V1);
    deployer_does(&mut s, "upgrade-manager", "cancel-upgrade", &[text("oracle")]);
    s.deploy(deployer, "fake-other", FAKE_V1).unwrap();
    propose_upgrade(&mut s, "oracle", "fake-other", "1.0.0", FAKE_V1);
    refused(&mut s, stranger, "upgrade-manager", "activate-upgrade", &[text("oracle")], TOO_EARLY);
    later(&mut s, DAY);
    done(&mut s, stranger, "upgrade-manager", "activate-upgrade", &[text("oracle")]);
    assert_eq!(standing(&mut s, "oracle", "fake-other"), CURRENT);
    assert_eq!(standing(&mut s, "oracle", "fake-v2"), RETIRING);

    let fixed = [text("fixed"), deployed("fake-fixed"), text("1"), Value::Bool(false), Value::Bool(false)];
    deployer_does(&mut s, "upgrade-manager", "register-contract", &fixed);
    let args = upgrade_args("fixed", "fake-v3", "2", FAKE_V3);
    refused(&mut s, deployer, "upgrade-manager", "propose-upgrade", &args, NOT_UPGRADEABLE);
}

#[test]
fn a_test_holds_for_the_versions_that_it_was_made_with() {
    let mut s = start();
    register(&mut s, "oracle", deployed("fake-oracle"), false);
    register(&mut s, "vault", deployed("fake-v1"), true);
    let (operator, stranger) = (account(7), account(8));
    deployer_does(
        &mut s,
        "upgrade-manager",
        "describe-contract",
        &describe_args("vault", true, Value::NONE, &["oracle"]),
    );
    propose_upgrade(&mut s, "vault", "fake-v2", "2.0.0", FAKE_V2);
    let verified = [text("vault"), Value::Bool(true), Value::buffer([1; 32])];
    done(&mut s, operator, "upgrade-manager", "verify-upgrade", &verified);
    propose_upgrade(&mut s, "oracle", "fake-v3", "3.0.0", FAKE_V3);
    later(&mut s, 7 * DAY);
    s.snapshot().unwrap();
    done(&mut s, stranger, "upgrade-manager", "activate-upgrade", &[text("vault")]);
    let key = tuple(&[("name", text("vault")), ("index", u(1))]);
    let history = entry(&mut s, "upgrade-manager", "upgrade-history", &key);
    assert_eq!(field(&history, "tested-with"), Value::list([text("1.0.0")]));
    s.restore().unwrap();
    done(&mut s, stranger, "upgrade-manager", "activate-upgrade", &[text("oracle")]);
    refused(&mut s, stranger, "upgrade-manager", "activate-upgrade", &[text("vault")], INCOMPATIBLE);
    done(&mut s, operator, "upgrade-manager", "verify-upgrade", &verified);
    done(&mut s, stranger, "upgrade-manager", "activate-upgrade", &[text("vault")]);
}

#[test]
fn versions_retire_and_die_without_freezing_money() {
    let mut s = start();
    register(&mut s, "vault", deployed("fake-v1"), true);
    register(&mut s, "analytics", deployed("fake-v2"), false);
    let deployer = account(0);
    let vault = [text("vault"), deployed("fake-v1")];
    let other = [text("analytics"), deployed("fake-v2")];
    refused(&mut s, deployer, "upgrade-manager", "kill-version", &vault, WRONG_STANDING);
    refused(
        &mut s,
        deployer,
        "upgrade-manager",
        "kill-version",
        &[text("vault"), deployed("fake-x")],
        UNKNOWN_ADDRESS,
    );
    refused(
        &mut s,
        deployer,
        "upgrade-manager",
        "kill-version",
        &[text("x"), deployed("fake-v1")],
        UNKNOWN_NAME,
    );
    let mixed = [text("vault"), deployed("fake-v2")];
    refused(&mut s, deployer, "upgrade-manager", "retire-version", &mixed, WRONG_STANDING);

    let retired = deployer_does(&mut s, "upgrade-manager", "retire-version", &vault);
    let retired_at = s.now().unwrap();
    assert_eq!(field(&event(&retired), "standing"), u(RETIRING));
    refused(&mut s, deployer, "upgrade-manager", "retire-version", &vault, WRONG_STANDING);
    assert_eq!(unresolved(&mut s, "vault"), UNKNOWN_ADDRESS);
    // With a fallback the name resolves on, as long as that lives under the name.
    let wrong = describe_args("vault", true, Value::some(deployed("fake-v2")), &[]);
    refused(&mut s, deployer, "upgrade-manager", "describe-contract", &wrong, WRONG_STANDING);
    let fallback = describe_args("vault", false, Value::some(deployed("fake-v1")), &[]);
    let described = deployer_does(&mut s, "upgrade-manager", "describe-contract", &fallback);
    assert_eq!(field(&event(&described), "custody"), Value::Bool(true), "custody is never switched off");
    assert_eq!(resolved(&mut s, "vault"), deployed("fake-v1"));
    refused(
        &mut s,
        deployer,
        "upgrade-manager",
        "describe-contract",
        &describe_args("x", true, Value::NONE, &[]),
        UNKNOWN_NAME,
    );

    // Without custody at once; with it after 90 days, so that everything can leave.
    deployer_does(&mut s, "upgrade-manager", "retire-version", &other);
    deployer_does(&mut s, "upgrade-manager", "kill-version", &other);
    assert_eq!(standing(&mut s, "analytics", "fake-v2"), DEAD);
    s.advance_to(retired_at + 90 * DAY - 10).unwrap();
    refused(&mut s, deployer, "upgrade-manager", "kill-version", &vault, TOO_EARLY);
    s.advance_stacks(1).unwrap();
    deployer_does(&mut s, "upgrade-manager", "kill-version", &vault);
    assert_eq!(standing(&mut s, "vault", "fake-v1"), DEAD);
    assert_eq!(unresolved(&mut s, "vault"), UNKNOWN_ADDRESS);
    // The dead stay dead: the address never holds a name again.
    let args = upgrade_args("vault", "fake-v1", "2", FAKE_V1);
    refused(&mut s, deployer, "upgrade-manager", "propose-upgrade", &args, ADDRESS_TAKEN);
    let fresh = [text("fresh"), deployed("fake-v1"), text("1"), Value::Bool(true), Value::Bool(false)];
    refused(&mut s, deployer, "upgrade-manager", "register-contract", &fresh, ADDRESS_TAKEN);
}

#[test]
fn delays_have_floors() {
    let mut s = start();
    let deployer = account(0);
    let (hour, year) = (3_600, 365 * 86_400);
    for (normal, custody, kill) in [
        (hour - 1, 604_800, 7_776_000),
        (86_400, 3 * 86_400 - 1, 7_776_000),
        (86_400, 604_800, 30 * 86_400 - 1),
        (year + 1, 604_800, 7_776_000),
        (86_400, year + 1, 7_776_000),
        (86_400, 604_800, year + 1),
        (u128::MAX, u128::MAX, u128::MAX),
        (0, 0, 0),
    ] {
        let args = [u(normal), u(custody), u(kill)];
        refused(&mut s, deployer, "upgrade-manager", "set-delays", &args, INVALID_DELAY);
    }
    deployer_does(&mut s, "upgrade-manager", "set-delays", &[u(hour), u(3 * 86_400), u(30 * 86_400)]);
    deployer_does(&mut s, "upgrade-manager", "set-delays", &[u(year), u(year), u(year)]);
    assert_eq!(field(&s.variable("upgrade-manager", "delays").unwrap(), "custody"), u(year));
}

#[test]
fn migrations_run_to_completion_or_back() {
    let mut s = start();
    register(&mut s, "vault", deployed("fake-v1"), true);
    let (guardian, operator, stranger) = (account(4), account(7), account(8));
    let start_args = [text("vault"), text("1.0.0"), text("2.0.0"), u(100)];
    refused(&mut s, stranger, "upgrade-manager", "start-migration", &start_args, NOT_AUTHORISED);
    let unknown = [text("x"), text("1"), text("2"), u(100)];
    refused(&mut s, operator, "upgrade-manager", "start-migration", &unknown, UNKNOWN_NAME);
    let nowhere = [text("vault"), text("1"), text(""), u(100)];
    refused(&mut s, operator, "upgrade-manager", "start-migration", &nowhere, EMPTY_TEXT);
    let opened = done(&mut s, operator, "upgrade-manager", "start-migration", &start_args);
    assert_eq!(opened.ok().unwrap(), &u(1));
    assert_eq!(field(&event(&opened), "status"), text("running"));
    let progress = |migrated: u128| [u(1), u(migrated)];
    let validate = [u(1), Value::buffer([3; 32])];
    for sender in [stranger, guardian, account(1)] {
        refused(&mut s, sender, "upgrade-manager", "record-migration-progress", &progress(1), NOT_AUTHORISED);
        refused(&mut s, sender, "upgrade-manager", "validate-migration", &validate, NOT_AUTHORISED);
        refused(&mut s, sender, "upgrade-manager", "complete-migration", &[u(1)], NOT_APPROVED);
    }
    refused(&mut s, operator, "upgrade-manager", "complete-migration", &[u(1)], NOT_APPROVED);
    refused(&mut s, operator, "upgrade-manager", "rollback-migration", &[u(1)], NOT_APPROVED);
    done(&mut s, operator, "upgrade-manager", "record-migration-progress", &progress(60));
    refused(
        &mut s,
        operator,
        "upgrade-manager",
        "record-migration-progress",
        &progress(101),
        MIGRATION_STATE,
    );
    refused(
        &mut s,
        operator,
        "upgrade-manager",
        "record-migration-progress",
        &progress(u128::MAX),
        MIGRATION_STATE,
    );
    refused(
        &mut s,
        operator,
        "upgrade-manager",
        "record-migration-progress",
        &[u(2), u(1)],
        UNKNOWN_MIGRATION,
    );
    refused(&mut s, operator, "upgrade-manager", "validate-migration", &validate, MIGRATION_STATE);
    let deployer = account(0);
    refused(&mut s, deployer, "upgrade-manager", "complete-migration", &[u(1)], MIGRATION_STATE);
    s.snapshot().unwrap();
    let back = done(&mut s, guardian, "upgrade-manager", "rollback-migration", &[u(1)]);
    assert_eq!(field(&event(&back), "status"), text("rolled-back"));
    refused(&mut s, operator, "upgrade-manager", "record-migration-progress", &progress(61), MIGRATION_STATE);
    refused(&mut s, guardian, "upgrade-manager", "rollback-migration", &[u(1)], MIGRATION_STATE);
    s.restore().unwrap();
    done(&mut s, operator, "upgrade-manager", "record-migration-progress", &progress(100));
    done(&mut s, operator, "upgrade-manager", "validate-migration", &validate);
    deployer_does(&mut s, "upgrade-manager", "complete-migration", &[u(1)]);
    refused(&mut s, guardian, "upgrade-manager", "rollback-migration", &[u(1)], MIGRATION_STATE);
    let kept = entry(&mut s, "upgrade-manager", "migration-states", &u(1));
    assert_eq!((field(&kept, "status"), field(&kept, "migrated-records")), (text("completed"), u(100)));
    assert_eq!(field(&kept, "result"), Value::buffer([3; 32]));
}

/// Every function with a privilege, from everybody without it.
#[test]
fn only_those_named_may_change_anything() {
    let mut s = start();
    register(&mut s, "vault", deployed("fake-v1"), true);
    propose_upgrade(&mut s, "vault", "fake-v2", "2.0.0", FAKE_V2);
    done(
        &mut s,
        account(7),
        "upgrade-manager",
        "start-migration",
        &[text("vault"), text("1"), text("2"), u(1)],
    );
    let governed: Vec<(&str, &str, Vec<Value>)> = vec![
        (
            "upgrade-manager",
            "register-contract",
            vec![text("x"), deployed("x"), text("1"), Value::Bool(true), Value::Bool(true)],
        ),
        ("upgrade-manager", "describe-contract", describe_args("vault", true, Value::NONE, &[])),
        ("upgrade-manager", "propose-upgrade", upgrade_args("vault", "fake-v3", "3", FAKE_V3).to_vec()),
        ("upgrade-manager", "cancel-upgrade", vec![text("vault")]),
        ("upgrade-manager", "retire-version", vec![text("vault"), deployed("fake-v1")]),
        ("upgrade-manager", "kill-version", vec![text("vault"), deployed("fake-v1")]),
        ("upgrade-manager", "set-delays", vec![u(86_400), u(604_800), u(7_776_000)]),
        ("upgrade-manager", "complete-migration", vec![u(1)]),
        ("upgrade-manager", "rollback-migration", vec![u(1)]),
    ];
    let by_role: Vec<(&str, &str, Vec<Value>)> = vec![
        ("upgrade-manager", "verify-upgrade", vec![text("vault"), Value::Bool(true), Value::buffer([])]),
        ("upgrade-manager", "confirm-upgrade", vec![text("vault"), u(0), Value::Bool(true)]),
        ("upgrade-manager", "start-migration", vec![text("vault"), text("1"), text("2"), u(1)]),
        ("upgrade-manager", "record-migration-progress", vec![u(1), u(1)]),
        ("upgrade-manager", "validate-migration", vec![u(1), Value::buffer([])]),
    ];
    let all = [governed.clone(), by_role.clone()].concat();
    s.deploy(account(8), "fake-passer", &passing_contract(account(0), &all)).unwrap();
    let passer = format!("{}.fake-passer", account(8));
    for (index, (_, function, args)) in all.iter().enumerate() {
        let code = if index < governed.len() { NOT_APPROVED } else { NOT_AUTHORISED };
        for number in [1, 6, 8] {
            refused(&mut s, account(number), "upgrade-manager", function, args, code);
        }
        // Whoever has the privilege, led into another contract: the deployer, a guardian, an operator.
        for number in [0, 4, 7] {
            refused(&mut s, account(number), &passer, &format!("pass-{index}"), &[], code);
        }
    }
    complete_bootstrap(&mut s);
    for (_, function, args) in &governed {
        refused(&mut s, account(0), "upgrade-manager", function, args, NOT_APPROVED);
    }
    // An approved action is bound to its arguments.
    let approved = action(deployed("upgrade-manager"), "cancel-upgrade", &[("name", text("vault"))]);
    approve(&mut s, &[approved]);
    refused(
        &mut s,
        account(8),
        "upgrade-manager",
        "retire-version",
        &[text("vault"), deployed("fake-v1")],
        NOT_APPROVED,
    );
    done(&mut s, account(8), "upgrade-manager", "cancel-upgrade", &[text("vault")]);
}

#[test]
fn asking_for_a_standing_is_one_read() {
    let mut s = start_with(Options { costs: true, ..Options::default() });
    register(&mut s, "vault", deployed("fake-v1"), true);
    let asked = s.read("upgrade-manager", "get-standing", &[text("vault"), deployed("fake-v1")]).unwrap();
    let costs = asked.costs.unwrap();
    println!("get-standing: {costs:?}");
    // Loading the contract takes three.
    assert!(costs.read_count <= 4, "{costs:?}");
    assert!(costs.read_length < 20_000, "{costs:?}");
    let asked = s.read("upgrade-manager", "standing-of", &[deployed("fake-v1")]).unwrap();
    println!("standing-of: {:?}", asked.costs);
}
