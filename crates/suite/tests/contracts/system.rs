//! The ground that the suite stands on, set up for tests: short ways to write values, governance with voters and
//! guardians, proposals taken through their whole life, refusals, and contracts that stand in between.

use bithedge_stacks::{Address, ContractId, Principal, Value};
use bithedge_vm::accounts::ACCOUNTS;
use bithedge_vm::{Outcome, Session};
use sha2::{Digest as _, Sha256};

/// Seconds of a day.
pub(crate) const DAY: u64 = 86_400;

pub(crate) fn u(number: u128) -> Value {
    Value::UInt(number)
}

pub(crate) fn text(text: &str) -> Value {
    Value::ascii(text).unwrap()
}

pub(crate) fn who(address: Address) -> Value {
    Value::from(Principal::from(address))
}

/// A contract of the project as a value.
pub(crate) fn contract(session: &Session, name: &str) -> Value {
    Value::from(session.contract(name).unwrap())
}

/// Wallet `number`'s address, 0 for the deployer's: the same in every session.
pub(crate) fn account(number: u8) -> Address {
    ACCOUNTS[usize::from(number)].address.parse().unwrap()
}

/// A contract of the deployer's as a value, whatever the session.
pub(crate) fn deployed(name: &str) -> Value {
    Value::from(ContractId::new(account(0), name.try_into().unwrap()))
}

pub(crate) fn tuple(fields: &[(&str, Value)]) -> Value {
    Value::tuple(fields.iter().map(|(name, value)| ((*name).try_into().unwrap(), value.clone())))
}

/// The hash that stands for a governed function's arguments.
pub(crate) fn args_hash(fields: &[(&str, Value)]) -> Value {
    let encoded = if fields.is_empty() { Vec::new() } else { tuple(fields).encode() };
    Value::buffer(Sha256::digest(encoded).to_vec())
}

/// One action of a proposal: what the target will ask governance for.
pub(crate) fn action(target: Value, function: &str, fields: &[(&str, Value)]) -> Value {
    tuple(&[("target", target), ("function", text(function)), ("args", args_hash(fields))])
}

pub(crate) fn wallet(session: &Session, number: u8) -> Address {
    session.account(&format!("wallet_{number}")).unwrap()
}

/// Calls and wants `(ok …)`.
pub(crate) fn done(
    session: &mut Session,
    sender: Address,
    contract: &str,
    function: &str,
    args: &[Value],
) -> Outcome {
    let outcome = session.call(sender, contract, function, args).unwrap();
    if let Err(error) = outcome.ok() {
        panic!("{contract}.{function}: {error}");
    }
    outcome
}

/// Calls as the deployer and wants `(ok …)`.
pub(crate) fn deployer_does(
    session: &mut Session,
    contract: &str,
    function: &str,
    args: &[Value],
) -> Outcome {
    let deployer = session.deployer().unwrap();
    done(session, deployer, contract, function, args)
}

/// Calls and wants this error, nothing emitted, and the state as it was.
pub(crate) fn refused(
    session: &mut Session,
    sender: Address,
    contract: &str,
    function: &str,
    args: &[Value],
    code: u128,
) {
    let before = session.fingerprint().unwrap();
    let outcome = session.call(sender, contract, function, args).unwrap();
    match outcome.err_code() {
        Ok(found) => assert_eq!(found, code, "{contract}.{function}"),
        Err(error) => panic!("{contract}.{function}: wanted u{code}: {error}"),
    }
    assert_eq!(outcome.events, [], "{contract}.{function}");
    assert_eq!(session.fingerprint().unwrap(), before, "{contract}.{function} changed the state");
}

/// The events that a call printed, by name, in order.
pub(crate) fn event_names(outcome: &Outcome) -> Vec<String> {
    outcome.prints().map(|(_, value)| value.field("event").unwrap().as_ascii().unwrap().to_owned()).collect()
}

/// The only event that a call printed.
pub(crate) fn event(outcome: &Outcome) -> Value {
    let printed: Vec<&Value> = outcome.prints().map(|(_, value)| value).collect();
    assert_eq!(printed.len(), 1, "{printed:?}");
    printed[0].clone()
}

/// Reads and gives what is in `(ok …)`, or the plain value.
pub(crate) fn read(session: &mut Session, contract: &str, function: &str, args: &[Value]) -> Value {
    let outcome = session.read(contract, function, args).unwrap();
    match outcome.value().unwrap() {
        Value::Response(Ok(value)) => (**value).clone(),
        value => value.clone(),
    }
}

/// What a map holds under a key that must be there.
pub(crate) fn entry(session: &mut Session, contract: &str, map: &str, key: &Value) -> Value {
    session.entry(contract, map, key).unwrap().unwrap()
}

/// A field of a tuple, or of a tuple within `some`.
pub(crate) fn field(value: &Value, name: &str) -> Value {
    match value {
        Value::Optional(Some(inner)) => field(inner, name),
        _ => value.field(name).unwrap().clone(),
    }
}

/// The source of a contract that passes calls on: function `pass-0` makes the first of these calls, and so on. Whoever
/// calls it is `tx-sender`; the contract itself is `contract-caller`.
pub(crate) fn passing_contract(deployer: Address, calls: &[(&str, &str, Vec<Value>)]) -> String {
    let mut source = String::new();
    for (index, (target, function, args)) in calls.iter().enumerate() {
        let args: Vec<String> = args.iter().map(Value::to_source).collect();
        source.push_str(&format!(
            "(define-public (pass-{index}) (contract-call? '{deployer}.{target} {function} {}))\n",
            args.join(" ")
        ));
    }
    // The SDK has no interface for a contract of a single expression.
    source.push_str("(define-read-only (get-name) \"a contract in between\")\n");
    source
}

/// Makes wallets 1, 2 and 3 voters of weight 60, 30 and 10, wallets 4 and 5 guardians, wallet 7 operator, and goes one
/// block on, so that a snapshot sees them. The deployer's power is left.
pub(crate) fn appoint(session: &mut Session) {
    for (number, weight) in [(1, 60), (2, 30), (3, 10)] {
        let voter = who(wallet(session, number));
        deployer_does(session, "governance", "set-voting-weight", &[voter, u(weight)]);
    }
    for (number, role) in [(4, "guardian"), (5, "guardian"), (7, "operator")] {
        let holder = who(wallet(session, number));
        deployer_does(session, "governance", "assign-role", &[holder, text(role)]);
    }
    session.advance_stacks(1).unwrap();
}

/// Ends the deployer's power.
pub(crate) fn complete_bootstrap(session: &mut Session) {
    deployer_does(session, "governance", "complete-bootstrap", &[]);
}

/// Opens a proposal as wallet 1 and gives its number.
pub(crate) fn propose(session: &mut Session, actions: &[Value]) -> Value {
    let proposer = wallet(session, 1);
    propose_as(session, proposer, actions, false)
}

/// Opens a proposal and gives its number.
pub(crate) fn propose_as(
    session: &mut Session,
    proposer: Address,
    actions: &[Value],
    emergency: bool,
) -> Value {
    let args = proposal_args(actions, emergency);
    done(session, proposer, "governance", "propose", &args).ok().unwrap().clone()
}

/// The arguments of `propose` for these actions.
pub(crate) fn proposal_args(actions: &[Value], emergency: bool) -> Vec<Value> {
    vec![
        text("A change"),
        Value::buffer([7; 32]),
        text("https://example.org/proposals/1"),
        Value::list(actions.iter().cloned()),
        Value::Bool(emergency),
    ]
}

/// Takes actions through a proposal: opened and voted for by wallets 1 and 2, queued, and its timelock waited for. They
/// can be executed then.
pub(crate) fn approve(session: &mut Session, actions: &[Value]) -> Value {
    let id = propose(session, actions);
    let proposal = read(session, "governance", "get-proposal", std::slice::from_ref(&id));
    advance_to(session, &field(&proposal, "starts"));
    for number in [1, 2] {
        let voter = wallet(session, number);
        done(session, voter, "governance", "vote", &[id.clone(), u(1)]);
    }
    advance_to(session, &field(&proposal, "ends"));
    let anyone = wallet(session, 8);
    let eta = done(session, anyone, "governance", "queue", std::slice::from_ref(&id)).ok().unwrap().clone();
    advance_to(session, &eta);
    id
}

/// Goes on to a time given as a value.
pub(crate) fn advance_to(session: &mut Session, time: &Value) {
    session.advance_to(u64::try_from(time.as_uint().unwrap()).unwrap()).unwrap();
}

/// Approves one action on a function of a contract of the suite, and executes it as a stranger.
pub(crate) fn govern(session: &mut Session, target: &str, function: &str, args: &[(&str, Value)]) -> Outcome {
    let target_value = contract(session, target);
    approve(session, &[action(target_value, function, args)]);
    let values: Vec<Value> = args.iter().map(|(_, value)| value.clone()).collect();
    let anyone = wallet(session, 8);
    session.call(anyone, target, function, &values).unwrap()
}

/// Goes on by so many seconds.
pub(crate) fn later(session: &mut Session, seconds: u64) {
    let time = session.now().unwrap() + seconds;
    session.advance_to(time).unwrap();
}
