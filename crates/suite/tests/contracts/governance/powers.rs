//! Who may do what: the bootstrap, roles, cancelling, the emergency path.

use crate::support::session;
use crate::system::{
    DAY, account, action, appoint, approve, complete_bootstrap, deployed, deployer_does, done, event,
    event_names, field, govern, later, passing_contract, proposal_args, propose, propose_as, read, refused,
    text, u, who,
};
use bithedge_stacks::Value;

use super::*;

#[test]
fn the_deployer_sets_up_once_and_hands_over_for_ever() {
    let deployer_calls = || -> Vec<(&'static str, &'static str, Vec<Value>)> {
        let target = deployed("fake-target");
        let someone = who(account(6));
        vec![
            ("governance", "set-voting-weight", vec![who(account(1)), u(60)]),
            ("governance", "assign-role", vec![someone.clone(), text("guardian")]),
            ("governance", "set-role-permissions", vec![text("operator"), u(1)]),
            ("governance", "set-setting", vec![text("quorum"), u(300_000)]),
            (
                "governance",
                "set-emergency-action",
                vec![target.clone(), text("set-value"), Value::Bool(true)],
            ),
            ("governance", "mark-custody", vec![deployed("governance")]),
            ("governance", "transfer-role", vec![text("guardian"), someone, who(account(5))]),
            ("governance", "revoke-role", vec![who(account(5)), text("guardian")]),
        ]
    };
    let mut s = start();
    let deployer = s.deployer().unwrap();
    let calls = deployer_calls();
    s.deploy(account(8), "fake-passer", &passing_contract(deployer, &calls)).unwrap();
    let passer = format!("{}.fake-passer", account(8));
    assert_eq!(read(&mut s, "governance", "is-bootstrapping", &[]), Value::Bool(true));

    // Nobody can vote yet, so nothing may be handed over.
    refused(&mut s, deployer, "governance", "complete-bootstrap", &[], NO_WEIGHT);

    for (index, (target, function, args)) in calls.iter().enumerate() {
        // Neither a stranger nor a contract that the deployer was led to call.
        refused(&mut s, account(8), target, function, args, NOT_APPROVED);
        refused(&mut s, deployer, &passer, &format!("pass-{index}"), &[], NOT_APPROVED);
        let first = done(&mut s, deployer, target, function, args);
        assert_eq!(first.ok().unwrap(), &Value::Bool(true), "{function}");
        assert_eq!(event_names(&first).len(), 1, "{function}");
        assert_eq!(field(&event(&first), "by"), who(deployer), "{function}");
        // The same again changes nothing and says so; what takes a role away finds it gone.
        if *function == "transfer-role" {
            refused(&mut s, deployer, target, function, args, ROLE_NOT_HELD);
        } else {
            let second = done(&mut s, deployer, target, function, args);
            assert_eq!(second.ok().unwrap(), &Value::Bool(false), "{function}");
            assert_eq!(event_names(&second), [""; 0], "{function}");
        }
    }
    assert_eq!(read(&mut s, "governance", "get-weight", &[Value::NONE]), u(60));

    refused(&mut s, account(8), "governance", "complete-bootstrap", &[], NOT_DEPLOYER);
    let ended = deployer_does(&mut s, "governance", "complete-bootstrap", &[]);
    assert_eq!(field(&event(&ended), "event"), text("bootstrap-completed"));
    let again = deployer_does(&mut s, "governance", "complete-bootstrap", &[]);
    assert_eq!(again.ok().unwrap(), &Value::Bool(false));
    assert_eq!(again.events, []);
    for (target, function, args) in &calls {
        refused(&mut s, deployer, target, function, args, NOT_APPROVED);
    }
    refused(&mut s, deployer, "fake-target", "set-value", &[u(1)], NOT_APPROVED);
}

#[test]
fn roles_weights_and_settings_keep_their_rules() {
    let mut s = session(&["governance"]);
    appoint(&mut s);
    let deployer = s.deployer().unwrap();
    let (four, six) = (account(4), account(6));
    refused(&mut s, deployer, "governance", "assign-role", &[who(six), text("emperor")], UNKNOWN_ROLE);
    refused(&mut s, deployer, "governance", "assign-role", &[who(six), text("")], UNKNOWN_ROLE);
    refused(&mut s, deployer, "governance", "set-role-permissions", &[text("emperor"), u(1)], UNKNOWN_ROLE);
    refused(
        &mut s,
        deployer,
        "governance",
        "set-role-permissions",
        &[text("guardian"), u(4)],
        INVALID_PERMISSIONS,
    );
    refused(
        &mut s,
        deployer,
        "governance",
        "set-voting-weight",
        &[who(six), u(1_000_000_000_001)],
        INVALID_WEIGHT,
    );
    refused(&mut s, deployer, "governance", "set-voting-weight", &[who(six), u(u128::MAX)], INVALID_WEIGHT);
    refused(&mut s, deployer, "governance", "set-setting", &[text("nothing"), u(1)], INVALID_SETTING);
    // Each setting at both of its bounds and one beyond.
    let bounds: [(&str, u128, u128); 10] = [
        ("voting-delay", 3_600, 604_800),
        ("voting-period", 86_400, 2_592_000),
        ("timelock", 86_400, 2_592_000),
        ("grace-period", 259_200, 5_184_000),
        ("quorum", 50_000, 500_000),
        ("threshold", 500_000, 800_000),
        ("proposal-threshold", 0, 10_000),
        ("emergency-period", 3_600, 86_400),
        ("emergency-timelock", 1_800, 86_400),
        ("emergency-quorum", 2, 10),
    ];
    for (name, min, max) in bounds {
        for value in [min, max] {
            deployer_does(&mut s, "governance", "set-setting", &[text(name), u(value)]);
            assert_eq!(field(&read(&mut s, "governance", "get-setting", &[text(name)]), "value"), u(value));
        }
        refused(&mut s, deployer, "governance", "set-setting", &[text(name), u(max + 1)], INVALID_SETTING);
        if min > 0 {
            refused(
                &mut s,
                deployer,
                "governance",
                "set-setting",
                &[text(name), u(min - 1)],
                INVALID_SETTING,
            );
        }
    }

    assert_eq!(read(&mut s, "governance", "count-role", &[text("guardian")]), u(2));
    done(&mut s, four, "governance", "renounce-role", &[text("guardian")]);
    assert_eq!(read(&mut s, "governance", "has-role", &[who(four), text("guardian")]), Value::Bool(false));
    refused(&mut s, four, "governance", "renounce-role", &[text("guardian")], ROLE_NOT_HELD);
    assert_eq!(read(&mut s, "governance", "count-role", &[text("guardian")]), u(1));
    // To somebody who holds it already: one holder fewer.
    deployer_does(&mut s, "governance", "assign-role", &[who(four), text("guardian")]);
    let to_five = [text("guardian"), who(four), who(account(5))];
    deployer_does(&mut s, "governance", "transfer-role", &to_five);
    assert_eq!(read(&mut s, "governance", "count-role", &[text("guardian")]), u(1));
    let to_self = [text("guardian"), who(account(5)), who(account(5))];
    deployer_does(&mut s, "governance", "transfer-role", &to_self);
    assert_eq!(read(&mut s, "governance", "count-role", &[text("guardian")]), u(1));
    refused(&mut s, deployer, "governance", "transfer-role", &to_five, ROLE_NOT_HELD);
}

#[test]
fn governance_rules_itself_and_cannot_lock_itself_out() {
    let mut s = session(&["governance"]);
    appoint(&mut s);
    complete_bootstrap(&mut s);
    let outcome =
        govern(&mut s, "governance", "assign-role", &[("who", who(account(6))), ("role", text("resolver"))]);
    assert_eq!(event_names(&outcome), ["action-consumed", "role-assigned"]);
    assert_eq!(
        read(&mut s, "governance", "has-role", &[who(account(6)), text("resolver")]),
        Value::Bool(true)
    );
    for number in [2, 3] {
        let arguments = [("who", who(account(number))), ("weight", u(0))];
        govern(&mut s, "governance", "set-voting-weight", &arguments).ok().unwrap();
    }
    // Wallet 1 is the last voter: an approved action to take its weight away still fails.
    let arguments = [("who", who(account(1))), ("weight", u(0))];
    let governance = deployed("governance");
    let proposal = action(governance, "set-voting-weight", &arguments);
    let id = propose(&mut s, &[proposal]);
    later(&mut s, DAY);
    done(&mut s, account(1), "governance", "vote", &[id.clone(), u(1)]);
    later(&mut s, 5 * DAY);
    done(&mut s, account(1), "governance", "queue", &[id]);
    later(&mut s, 2 * DAY);
    refused(&mut s, account(8), "governance", "set-voting-weight", &[who(account(1)), u(0)], NO_WEIGHT);
}

#[test]
fn proposers_and_guardians_cancel_but_guardians_not_their_own_removal() {
    let mut s = start();
    appoint(&mut s);
    complete_bootstrap(&mut s);
    let (two, guardian, operator, stranger) = (account(2), account(4), account(7), account(8));
    let change = set_value(1);
    let id = propose(&mut s, std::slice::from_ref(&change));
    for sender in [two, operator, stranger] {
        refused(&mut s, sender, "governance", "cancel-proposal", std::slice::from_ref(&id), MAY_NOT_CANCEL);
    }
    refused(&mut s, guardian, "governance", "cancel-proposal", &[u(9)], UNKNOWN_PROPOSAL);
    let deployer = s.deployer().unwrap();
    let calls = [("governance", "cancel-proposal", vec![id.clone()])];
    s.deploy(stranger, "fake-passer", &passing_contract(deployer, &calls)).unwrap();
    refused(&mut s, guardian, &format!("{stranger}.fake-passer"), "pass-0", &[], MAY_NOT_CANCEL);
    let cancelled = done(&mut s, account(1), "governance", "cancel-proposal", std::slice::from_ref(&id));
    assert_eq!(field(&event(&cancelled), "by"), who(account(1)));
    assert_eq!(status(&mut s, &id), "cancelled");
    refused(&mut s, guardian, "governance", "cancel-proposal", &[id], CLOSED);

    // A guardian stops what has passed, after the timelock still, before it is executed.
    let id = approve(&mut s, std::slice::from_ref(&change));
    done(&mut s, guardian, "governance", "cancel-proposal", &[id]);
    refused(&mut s, stranger, "fake-target", "set-value", &[u(1)], PROPOSAL_CANCELLED);
    // A cancelled approval does not stand in the way of a new one.
    approve(&mut s, std::slice::from_ref(&change));
    done(&mut s, stranger, "fake-target", "set-value", &[u(1)]);

    let governance = deployed("governance");
    let removal = action(governance, "revoke-role", &[("who", who(guardian)), ("role", text("guardian"))]);
    let id = propose(&mut s, std::slice::from_ref(&removal));
    refused(&mut s, guardian, "governance", "cancel-proposal", &[id], MAY_NOT_CANCEL);
    let mixed = propose(&mut s, &[removal, change]);
    done(&mut s, guardian, "governance", "cancel-proposal", &[mixed]);
}

#[test]
fn the_emergency_path_is_for_guardians_listed_functions_and_never_custody() {
    let mut s = start();
    appoint(&mut s);
    let deployer = s.deployer().unwrap();
    let (one, four, five, six) = (account(1), account(4), account(5), account(6));
    let target = deployed("fake-target");
    let governance = deployed("governance");
    let listed = [target.clone(), text("set-value"), Value::Bool(true)];
    let change = set_value(3);
    let urgent = proposal_args(std::slice::from_ref(&change), true);
    refused(&mut s, four, "governance", "propose", &urgent, NOT_EMERGENCY_ACTION);
    let own = [governance.clone(), text("assign-role"), Value::Bool(true)];
    refused(&mut s, deployer, "governance", "set-emergency-action", &own, CUSTODY);
    deployer_does(&mut s, "governance", "set-emergency-action", &listed);
    // Weight gives no seat in the committee.
    refused(&mut s, one, "governance", "propose", &urgent, MAY_NOT_PROPOSE);
    // One action that is not listed spoils the whole.
    let other = action(governance, "set-setting", &[("name", text("quorum")), ("value", u(50_000))]);
    let mixed = proposal_args(&[change.clone(), other], true);
    refused(&mut s, four, "governance", "propose", &mixed, NOT_EMERGENCY_ACTION);

    let id = propose_as(&mut s, four, std::slice::from_ref(&change), true);
    let lonely = propose_as(&mut s, four, &[set_value(4)], true);
    // Appointed after the snapshot: no vote on it. Weight does not count either.
    deployer_does(&mut s, "governance", "assign-role", &[who(six), text("guardian")]);
    refused(&mut s, six, "governance", "vote", &[id.clone(), u(1)], MAY_NOT_VOTE);
    refused(&mut s, one, "governance", "vote", &[id.clone(), u(1)], MAY_NOT_VOTE);
    for guardian in [four, five] {
        assert_eq!(done(&mut s, guardian, "governance", "vote", &[id.clone(), u(1)]).ok().unwrap(), &u(1));
    }
    done(&mut s, four, "governance", "vote", &[lonely.clone(), u(1)]);
    later(&mut s, 21_600);
    assert_eq!(status(&mut s, &lonely), "defeated");
    assert_eq!(status(&mut s, &id), "succeeded");
    done(&mut s, four, "governance", "queue", &[id]);
    refused(&mut s, four, "fake-target", "set-value", &[u(3)], TIMELOCKED);
    later(&mut s, 3_600);
    done(&mut s, four, "fake-target", "set-value", &[u(3)]);
    assert_eq!(s.variable("fake-target", "value").unwrap(), u(3));

    // Of four guardians two are the quorum, but not more than half.
    deployer_does(&mut s, "governance", "assign-role", &[who(account(7)), text("guardian")]);
    s.advance_stacks(1).unwrap();
    let half = propose_as(&mut s, four, &[set_value(5)], true);
    for guardian in [four, five] {
        done(&mut s, guardian, "governance", "vote", &[half.clone(), u(1)]);
    }
    later(&mut s, 21_600);
    assert_eq!(status(&mut s, &half), "defeated");

    // A contract marked as one with custody leaves the list for ever.
    deployer_does(&mut s, "governance", "mark-custody", std::slice::from_ref(&target));
    let allowed = read(&mut s, "governance", "is-emergency-action", &[target, text("set-value")]);
    assert_eq!(allowed, Value::Bool(false));
    refused(&mut s, four, "governance", "propose", &urgent, NOT_EMERGENCY_ACTION);
    refused(&mut s, deployer, "governance", "set-emergency-action", &listed, CUSTODY);
}
