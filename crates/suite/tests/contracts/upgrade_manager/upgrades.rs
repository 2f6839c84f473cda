//! Names, standing and upgrades.

use crate::system::{
    DAY, account, advance_to, complete_bootstrap, deployed, deployer_does, done, entry, event, event_names,
    field, govern, later, read, refused, text, tuple, u,
};
use bithedge_stacks::Value;
use bithedge_vm::Options;

use super::*;

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
