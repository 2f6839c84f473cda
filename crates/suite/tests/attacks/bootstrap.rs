//! A suite that a test can add to before it is handed over; calls that must succeed, and
//! calls that must be refused without a trace. Used by the tests of the registry too.

use bithedge_stacks::{Address, Value};
use bithedge_suite_world::{START, USD, World};
use bithedge_vm::{Options, Outcome, Project};

/// The suite's contracts.
pub(crate) fn project() -> Project {
    Project::load("contracts/Clarinet.toml").unwrap()
}

/// A world that is set up and still ruled by the deployer.
pub(crate) fn before_hand_over(project: Project) -> World {
    let options = Options { genesis_time: START, ..Options::default() };
    World::before_hand_over(project, options, 100_000 * USD, USD)
}

/// Calls and wants `(ok …)`; what is in it.
pub(crate) fn does(w: &mut World, sender: Address, contract: &str, function: &str, args: &[Value]) -> Value {
    let outcome = w.vm.call(sender, contract, function, args).unwrap();
    match outcome.ok() {
        Ok(value) => value.clone(),
        Err(error) => panic!("{contract}.{function}: {error}"),
    }
}

/// Calls and wants this error, no event, and the state as it was: assets, data variables and what is watched.
pub(crate) fn refused(
    w: &mut World,
    sender: Address,
    contract: &str,
    function: &str,
    args: &[Value],
    code: u128,
) {
    let before = w.vm.fingerprint().unwrap();
    let outcome = w.vm.call(sender, contract, function, args).unwrap();
    let shown: Vec<String> = args.iter().map(Value::to_source).collect();
    assert_refused(&outcome, code, &format!("{contract}.{function} {}", shown.join(" ")));
    let after = w.vm.fingerprint().unwrap();
    assert_eq!(after, before, "{contract}.{function} {} changed the state", shown.join(" "));
}

/// An outcome that is this error, without an event.
pub(crate) fn assert_refused(outcome: &Outcome, code: u128, what: &str) {
    match outcome.err_code() {
        Ok(found) => assert_eq!(found, code, "{what}"),
        Err(error) => panic!("{what}: wanted u{code}: {error}"),
    }
    assert_eq!(outcome.events, [], "{what}");
}

/// Text.
pub(crate) fn text(text: &str) -> Value {
    Value::ascii(text).unwrap()
}
