//! Proposals: their life, votes, quorum, snapshots and execution.

use crate::support::{project, session};
use crate::system::{
    DAY, account, action, advance_to, appoint, approve, args_hash, complete_bootstrap, deployed,
    deployer_does, done, event, event_names, field, later, passing_contract, proposal_args, propose,
    propose_as, read, refused, text, u, who,
};
use bithedge_stacks::Value;
use bithedge_vm::{Options, Project, Session};

use super::*;

#[test]
fn a_proposal_lives_from_pending_to_executed_at_the_very_seconds() {
    let mut s = start();
    appoint(&mut s);
    complete_bootstrap(&mut s);
    let (one, two, three, stranger) = (account(1), account(2), account(3), account(8));
    let actions = [set_value(5), set_value(6)];
    let opened_at = now(&mut s);
    let created = done(&mut s, one, "governance", "propose", &proposal_args(&actions, false));
    let printed = event(&created);
    assert_eq!(field(&printed, "targets"), Value::list([deployed("fake-target"), deployed("fake-target")]));
    assert_eq!(field(&printed, "functions"), Value::list([text("set-value"), text("set-value")]));
    assert_eq!(
        field(&printed, "args"),
        Value::list([args_hash(&[("new", u(5))]), args_hash(&[("new", u(6))])])
    );
    let id = created.ok().unwrap().clone();
    assert_eq!(id, u(1));
    assert_eq!(read(&mut s, "governance", "get-proposal-count", &[]), u(1));
    let proposal = read(&mut s, "governance", "get-proposal", std::slice::from_ref(&id));
    let starts = opened_at + 86_400;
    let ends = starts + 432_000;
    assert_eq!(field(&proposal, "starts"), u(starts));
    assert_eq!(field(&proposal, "ends"), u(ends));
    assert_eq!(field(&proposal, "total"), u(100));
    for never in [0, 2, u128::MAX] {
        assert_eq!(read(&mut s, "governance", "get-proposal", &[u(never)]), Value::NONE, "{never}");
    }
    let vote = |support: u128| [u(1), u(support)];

    assert_eq!(status(&mut s, &id), "pending");
    advance_to(&mut s, &u(starts - 10));
    assert_eq!(status(&mut s, &id), "pending");
    refused(&mut s, one, "governance", "vote", &vote(1), NOT_VOTING);
    refused(&mut s, one, "governance", "vote", &[u(2), u(1)], UNKNOWN_PROPOSAL);
    advance_to(&mut s, &u(starts));
    assert_eq!(status(&mut s, &id), "active");
    refused(&mut s, one, "governance", "vote", &vote(3), INVALID_SUPPORT);
    refused(&mut s, one, "governance", "vote", &vote(u128::MAX), INVALID_SUPPORT);
    refused(&mut s, stranger, "governance", "vote", &vote(1), MAY_NOT_VOTE);
    refused(&mut s, stranger, "governance", "queue", &[u(1)], NOT_SUCCEEDED);
    let cast = done(&mut s, one, "governance", "vote", &vote(1));
    assert_eq!(cast.ok().unwrap(), &u(60));
    assert_eq!(field(&event(&cast), "weight"), u(60));
    refused(&mut s, one, "governance", "vote", &vote(0), ALREADY_VOTED);
    done(&mut s, two, "governance", "vote", &vote(0));
    advance_to(&mut s, &u(ends - 10));
    done(&mut s, three, "governance", "vote", &vote(2));
    assert_eq!(status(&mut s, &id), "active");
    advance_to(&mut s, &u(ends));
    assert_eq!(status(&mut s, &id), "succeeded");
    let tally = field(&read(&mut s, "governance", "get-proposal", std::slice::from_ref(&id)), "tally");
    for (name, expected) in [("for", 60), ("against", 30), ("abstain", 10), ("eta", 0), ("consumed", 0)] {
        assert_eq!(field(&tally, name), u(expected), "{name}");
    }
    assert_eq!(read(&mut s, "governance", "get-vote-count", &[who(one)]), u(1));
    assert_eq!(read(&mut s, "governance", "get-voted-proposal", &[who(one), u(1)]), Value::some(u(1)));
    let kept = read(&mut s, "governance", "get-vote", &[u(1), who(two)]);
    assert_eq!((field(&kept, "support"), field(&kept, "weight")), (u(0), u(30)));

    // Not approved before it is queued, not due before the timelock is over; then for anyone, once.
    refused(&mut s, one, "fake-target", "set-value", &[u(5)], NOT_APPROVED);
    let queued_at = now(&mut s);
    let queued = done(&mut s, stranger, "governance", "queue", &[u(1)]);
    let eta = queued_at + 172_800;
    assert_eq!(queued.ok().unwrap(), &u(eta));
    refused(&mut s, stranger, "governance", "queue", &[u(1)], NOT_SUCCEEDED);
    advance_to(&mut s, &u(eta - 10));
    assert_eq!(status(&mut s, &id), "queued");
    refused(&mut s, one, "fake-target", "set-value", &[u(5)], TIMELOCKED);
    advance_to(&mut s, &u(eta));
    // Other arguments, another function or another target are other actions.
    refused(&mut s, one, "fake-target", "set-value", &[u(7)], NOT_APPROVED);
    let hash = args_hash(&[("new", u(5))]);
    refused(&mut s, one, "governance", "consume-action", &[text("set-value"), hash, who(one)], NOT_APPROVED);
    let executed = done(&mut s, stranger, "fake-target", "set-value", &[u(5)]);
    assert_eq!(event_names(&executed), ["action-consumed"]);
    assert_eq!(field(&event(&executed), "by"), who(stranger));
    assert_eq!(s.variable("fake-target", "value").unwrap(), u(5));
    assert_eq!(status(&mut s, &id), "queued");
    refused(&mut s, stranger, "fake-target", "set-value", &[u(5)], NOT_APPROVED);
    done(&mut s, stranger, "fake-target", "set-value", &[u(6)]);
    assert_eq!(status(&mut s, &id), "executed");
    refused(&mut s, one, "governance", "cancel-proposal", &[u(1)], CLOSED);
}

#[test]
fn what_is_not_executed_in_time_expires_and_what_fails_can_be_tried_again() {
    let mut s = start();
    appoint(&mut s);
    complete_bootstrap(&mut s);
    let stranger = account(8);
    let grace = 1_209_600;
    let actions = [set_value(13), set_value(14)];
    let id = approve(&mut s, &actions);
    let due = now(&mut s);
    // The target's failure takes the consumption back.
    let failing = s.call(stranger, "fake-target", "set-value", &[u(13)]).unwrap();
    assert_eq!(failing.err_code().unwrap(), 1);
    let approval = read(
        &mut s,
        "governance",
        "get-approval",
        &[deployed("fake-target"), text("set-value"), args_hash(&[("new", u(13))])],
    );
    assert_eq!(field(&approval, "proposal"), id);
    advance_to(&mut s, &u(due + grace - 10));
    done(&mut s, stranger, "fake-target", "set-value", &[u(14)]);
    assert_eq!(status(&mut s, &id), "queued");
    s.advance_stacks(1).unwrap();
    refused(&mut s, stranger, "fake-target", "set-value", &[u(13)], APPROVAL_EXPIRED);
    assert_eq!(status(&mut s, &id), "expired");
    refused(&mut s, account(4), "governance", "cancel-proposal", &[id], CLOSED);

    // A proposal that nobody queues expires too. An expired approval does not stand in the way of a new one.
    let again = [set_value(13)];
    let id = approve(&mut s, &again);
    assert_eq!(status(&mut s, &id), "queued");
    let late = propose(&mut s, &again);
    let proposal = read(&mut s, "governance", "get-proposal", std::slice::from_ref(&late));
    advance_to(&mut s, &field(&proposal, "starts"));
    done(&mut s, account(1), "governance", "vote", &[late.clone(), u(1)]);
    let ends = field(&proposal, "ends").as_uint().unwrap();
    advance_to(&mut s, &u(ends + grace - 10));
    assert_eq!(status(&mut s, &late), "succeeded");
    s.advance_stacks(1).unwrap();
    assert_eq!(status(&mut s, &late), "expired");
    refused(&mut s, stranger, "governance", "queue", &[late], NOT_SUCCEEDED);
}

#[test]
fn quorum_and_threshold_decide_on_both_sides() {
    let mut s = session(&["governance"]);
    appoint(&mut s);
    let governance = deployed("governance");
    // (who votes what) with weights 60, 30, 10, and the status then. Quorum 20 % of the weight, counted from for and
    // abstain; more than half of for and against.
    let cases: [(&[(u8, u128)], &str); 8] = [
        (&[], "defeated"),
        (&[(3, 1)], "defeated"),
        (&[(2, 1)], "succeeded"),
        (&[(3, 1), (2, 2)], "succeeded"),
        (&[(2, 2)], "defeated"),
        (&[(2, 1), (1, 0)], "defeated"),
        (&[(3, 1), (1, 0)], "defeated"),
        (&[(1, 1), (2, 0), (3, 0)], "succeeded"),
    ];
    let mut ids = Vec::new();
    for number in 0..cases.len() {
        let arguments = [("name", text("quorum")), ("value", u(200_000 + number as u128))];
        ids.push(propose(&mut s, &[action(governance.clone(), "set-setting", &arguments)]));
    }
    later(&mut s, DAY);
    for (id, (votes, _)) in ids.iter().zip(&cases) {
        for (number, support) in *votes {
            let voter = account(*number);
            done(&mut s, voter, "governance", "vote", &[id.clone(), u(*support)]);
        }
    }
    later(&mut s, 5 * DAY);
    for (id, (votes, expected)) in ids.iter().zip(&cases) {
        assert_eq!(status(&mut s, id), *expected, "{votes:?}");
    }

    // Exactly half is not more than half, exactly the quorum is enough.
    let (four, five) = (account(4), account(5));
    for (voter, weight) in [(account(1), 20), (account(2), 20), (account(3), 10), (four, 10), (five, 40)] {
        deployer_does(&mut s, "governance", "set-voting-weight", &[who(voter), u(weight)]);
    }
    s.advance_stacks(1).unwrap();
    let even = propose(
        &mut s,
        &[action(governance.clone(), "set-setting", &[("name", text("a")), ("value", u(1))])],
    );
    let just = propose(
        &mut s,
        &[action(governance.clone(), "set-setting", &[("name", text("b")), ("value", u(1))])],
    );
    let short =
        propose(&mut s, &[action(governance, "set-setting", &[("name", text("c")), ("value", u(1))])]);
    later(&mut s, DAY);
    for (id, number, support) in [(&even, 1, 1), (&even, 2, 0), (&just, 1, 1), (&short, 3, 1)] {
        let voter = account(number);
        done(&mut s, voter, "governance", "vote", &[id.clone(), u(support)]);
    }
    later(&mut s, 5 * DAY);
    assert_eq!(status(&mut s, &even), "defeated");
    assert_eq!(status(&mut s, &just), "succeeded");
    assert_eq!(status(&mut s, &short), "defeated");
}

#[test]
fn weight_counts_as_of_the_block_before_the_proposal() {
    let mut s = session(&["governance"]);
    appoint(&mut s);
    let (one, two, six) = (account(1), account(2), account(6));
    let governance = deployed("governance");
    let change = action(governance, "set-setting", &[("name", text("quorum")), ("value", u(300_000))]);
    // In the very block of the proposal: too late to count for it.
    deployer_does(&mut s, "governance", "set-voting-weight", &[who(two), u(1_000)]);
    let id = propose(&mut s, &[change]);
    deployer_does(&mut s, "governance", "set-voting-weight", &[who(one), u(0)]);
    deployer_does(&mut s, "governance", "set-voting-weight", &[who(six), u(60)]);
    later(&mut s, DAY);
    assert_eq!(done(&mut s, one, "governance", "vote", &[id.clone(), u(1)]).ok().unwrap(), &u(60));
    assert_eq!(done(&mut s, two, "governance", "vote", &[id.clone(), u(0)]).ok().unwrap(), &u(30));
    refused(&mut s, six, "governance", "vote", &[id.clone(), u(1)], MAY_NOT_VOTE);
    assert_eq!(field(&read(&mut s, "governance", "get-proposal", &[id]), "total"), u(100));
}

/// The binary search against a plain list of what was set when.
#[test]
fn checkpoints_give_the_weight_of_every_past_height() {
    let mut s = session(&["governance"]);
    let mut random = fastrand::Rng::with_seed(11);
    let voters = [1, 2, 3].map(account);
    let mut weights = [0_u128; 3];
    let mut history: Vec<(u64, [u128; 3])> = Vec::new();
    for _ in 0..60 {
        s.advance_stacks(random.u32(1..4)).unwrap();
        let height = s.tip().unwrap().stacks_height;
        for _ in 0..random.usize(1..4) {
            let index = random.usize(0..3);
            let weight = u128::from(random.u64(0..1_000_000_000_001));
            deployer_does(&mut s, "governance", "set-voting-weight", &[who(voters[index]), u(weight)]);
            weights[index] = weight;
        }
        history.push((height, weights));
    }
    let last = s.tip().unwrap().stacks_height;
    for height in (history[0].0 - 2)..=last {
        let expected =
            history.iter().rev().find(|(at, _)| *at <= height).map_or([0; 3], |(_, weights)| *weights);
        let at = u(u128::from(height));
        for (voter, weight) in voters.iter().zip(expected) {
            let found = read(&mut s, "governance", "get-weight-at", &[Value::some(who(*voter)), at.clone()]);
            assert_eq!(found, u(weight), "at {height}");
        }
        let total = read(&mut s, "governance", "get-weight-at", &[Value::NONE, at]);
        assert_eq!(total, u(expected.iter().sum()), "at {height}");
    }
    assert_eq!(read(&mut s, "governance", "get-weight-at", &[Value::NONE, u(0)]), u(0));
    assert_eq!(
        read(&mut s, "governance", "get-weight-at", &[Value::NONE, u(u128::MAX)]),
        u(weights.iter().sum())
    );
}

#[test]
fn proposals_and_votes_that_may_not_be_are_refused() {
    let mut s = start();
    appoint(&mut s);
    let (one, operator, stranger) = (account(1), account(7), account(8));
    let change = set_value(1);
    let mut args = proposal_args(&[], false);
    refused(&mut s, one, "governance", "propose", &args, NO_ACTIONS);
    args = proposal_args(&[change.clone(), set_value(2), change.clone()], false);
    refused(&mut s, one, "governance", "propose", &args, DUPLICATE_ACTION);
    args = proposal_args(std::slice::from_ref(&change), false);
    for (sender, code) in
        [(stranger, MAY_NOT_PROPOSE), (operator, MAY_NOT_PROPOSE), (account(4), MAY_NOT_PROPOSE)]
    {
        refused(&mut s, sender, "governance", "propose", &args, code);
    }
    args[0] = text("");
    refused(&mut s, one, "governance", "propose", &args, EMPTY_TITLE);
    // Ten actions are the most, and they are taken.
    let ten: Vec<Value> = (0..10).map(set_value).collect();
    propose(&mut s, &ten);

    // One in a hundred of the weight is enough to propose, less is not; the role proposer is, without any.
    let (two, three) = (account(2), account(3));
    for (voter, weight) in [(one, 9_901), (two, 100), (three, 99), (account(4), 0)] {
        deployer_does(&mut s, "governance", "set-voting-weight", &[who(voter), u(weight)]);
    }
    deployer_does(&mut s, "governance", "set-voting-weight", &[who(one), u(9_801)]);
    s.advance_stacks(1).unwrap();
    let args = proposal_args(std::slice::from_ref(&change), false);
    done(&mut s, two, "governance", "propose", &args);
    refused(&mut s, three, "governance", "propose", &args, MAY_NOT_PROPOSE);
    deployer_does(&mut s, "governance", "assign-role", &[who(stranger), text("proposer")]);
    done(&mut s, stranger, "governance", "propose", &args);
    deployer_does(&mut s, "governance", "set-role-permissions", &[text("proposer"), u(0)]);
    refused(&mut s, stranger, "governance", "propose", &args, MAY_NOT_PROPOSE);
    deployer_does(&mut s, "governance", "set-role-permissions", &[text("operator"), u(3)]);
    done(&mut s, operator, "governance", "propose", &args);
    assert_eq!(read(&mut s, "governance", "get-permissions", &[who(operator)]), u(3));

    // A voter led into another contract neither votes nor proposes there.
    let deployer = s.deployer().unwrap();
    let calls = [("governance", "propose", args.clone()), ("governance", "vote", vec![u(2), u(1)])];
    s.deploy(stranger, "fake-passer", &passing_contract(deployer, &calls)).unwrap();
    let passer = format!("{stranger}.fake-passer");
    refused(&mut s, one, &passer, "pass-0", &[], MAY_NOT_PROPOSE);
    later(&mut s, DAY);
    refused(&mut s, one, &passer, "pass-1", &[], MAY_NOT_VOTE);
}

#[test]
fn an_action_waits_for_one_proposal_at_a_time() {
    let mut s = start();
    appoint(&mut s);
    let target = deployed("fake-target");
    deployer_does(
        &mut s,
        "governance",
        "set-emergency-action",
        &[target, text("set-value"), Value::Bool(true)],
    );
    complete_bootstrap(&mut s);
    let change = set_value(3);
    let first = propose(&mut s, std::slice::from_ref(&change));
    let second = propose(&mut s, std::slice::from_ref(&change));
    later(&mut s, DAY);
    for id in [&first, &second] {
        done(&mut s, account(1), "governance", "vote", &[id.clone(), u(1)]);
    }
    later(&mut s, 5 * DAY);
    done(&mut s, account(8), "governance", "queue", std::slice::from_ref(&first));
    // The second would share the first one's execution.
    refused(&mut s, account(8), "governance", "queue", std::slice::from_ref(&second), ACTION_PENDING);
    // The committee's decision comes first: it is due earlier and takes the place.
    let (four, five) = (account(4), account(5));
    let urgent = propose_as(&mut s, four, std::slice::from_ref(&change), true);
    for guardian in [four, five] {
        done(&mut s, guardian, "governance", "vote", &[urgent.clone(), u(1)]);
    }
    later(&mut s, 21_600);
    done(&mut s, account(8), "governance", "queue", std::slice::from_ref(&urgent));
    later(&mut s, 3_600);
    done(&mut s, account(8), "fake-target", "set-value", &[u(3)]);
    assert_eq!(status(&mut s, &urgent), "executed");
    assert_eq!(status(&mut s, &first), "queued");
    // Once it is executed, the second may wait for it in turn, and is executed on its own.
    done(&mut s, account(8), "governance", "queue", std::slice::from_ref(&second));
    later(&mut s, 2 * DAY);
    done(&mut s, account(8), "fake-target", "set-value", &[u(3)]);
    assert_eq!(status(&mut s, &second), "executed");
    refused(&mut s, account(8), "fake-target", "set-value", &[u(3)], NOT_APPROVED);
}

#[test]
fn asking_governance_costs_little() {
    let options = Options { costs: true, ..Options::default() };
    let project: Project = project(&["governance"]).with("fake-target", FAKE_TARGET).unwrap();
    let mut s = Session::start(project, options).unwrap();
    appoint(&mut s);
    complete_bootstrap(&mut s);
    let change = set_value(3);
    approve(&mut s, std::slice::from_ref(&change));
    let executed = s.call_with_costs(account(8), "fake-target", "set-value", &[u(3)]).unwrap();
    executed.ok().unwrap();
    let costs = executed.costs.unwrap();
    println!("consume-action through a target: {costs:?}");
    assert!(costs.read_count <= 16 && costs.write_count <= 4, "{costs:?}");
    let asked = s.read("governance", "has-role", &[who(account(4)), text("guardian")]).unwrap();
    println!("has-role: {:?}", asked.costs);
}
