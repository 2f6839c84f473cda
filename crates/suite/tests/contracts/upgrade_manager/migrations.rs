//! Migrations, and who may change anything.

use crate::system::{
    account, action, approve, complete_bootstrap, deployed, deployer_does, done, entry, event, field,
    passing_contract, refused, text, u,
};
use bithedge_stacks::Value;

use super::*;

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
