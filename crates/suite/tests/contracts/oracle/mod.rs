//! `oracle`: reports and what becomes of them, averages, boundary prices, volatility, who may do what, and what it costs.

mod averages;
mod boundaries;
mod costs;
mod governing;
mod logarithm;
mod model;
mod reports;
mod sources;

use bithedge_stacks::{Address, Value};
use bithedge_vm::{Options, Outcome, Project, Session};

use super::support::project;
use super::system::{contract, deployer_does, read, text, tuple, u, wallet, who};

/// The oracle, what it calls, and a contract that is no price source.
pub(super) const CONTRACTS: &[&str] =
    &["price-source-trait", "option-math", "governance", "upgrade-manager", "parameters", "oracle"];
const ORACLE: &str = "oracle";
/// One USD, and one US cent, with 8 decimals.
pub(super) const USD: u128 = 100_000_000;
const CENT: u128 = USD / 100;
const DAY: u64 = 86_400;
/// 08:00 UTC on 2 January 2026.
const BOUNDARY: u64 = 1_767_340_800;

// Verdicts.
const ACCEPTED: u128 = 0;
const FEW_CONFIRMATIONS: u128 = 1;
const NO_CONSENSUS: u128 = 2;
const BEYOND_BOUND: u128 = 3;
// Kinds of anomalies beside the verdicts.
const OUTLIER: u128 = 4;
const OVERRIDE: u128 = 5;
const SILENCE: u128 = 6;

/// A session in which the first calls see `time`, with the volatility seeded at 60 % (short) and 50 % (long).
fn start_project(project: Project, time: u64) -> Session {
    let mut session = Session::start(project, Options { genesis_time: time, ..Options::default() }).unwrap();
    deployer_does(&mut session, ORACLE, "seed-volatility", &[u(600_000), u(500_000)]);
    session
}

/// The same with these reporters: number of the wallet, weight.
fn start(time: u64, reporters: &[(u8, u128)]) -> Session {
    let mut session = start_project(project(CONTRACTS), time);
    for (number, weight) in reporters {
        add_reporter(&mut session, *number, *weight);
    }
    session
}

/// One reporter whose weight is enough alone.
fn single(time: u64) -> Session {
    start(time, &[(1, 2)])
}

/// Three reporters of weight 1, two of which are needed.
fn panel(time: u64) -> Session {
    start(time, &[(1, 1), (2, 1), (3, 1)])
}

fn add_reporter(session: &mut Session, number: u8, weight: u128) {
    let reporter = who(wallet(session, number));
    deployer_does(session, ORACLE, "add-reporter", &[reporter, u(weight)]);
}

fn report_at(session: &mut Session, number: u8, btc: u128, stx: u128, observed_at: u64) -> Outcome {
    let reporter = wallet(session, number);
    session.call(reporter, ORACLE, "report-prices", &[u(btc), u(stx), u(observed_at.into())]).unwrap()
}

/// Reports what is observed now and gives the verdict and the medians.
fn report(session: &mut Session, number: u8, btc: u128, stx: u128) -> (u128, u128, u128) {
    let now = session.now().unwrap();
    verdict(&report_at(session, number, btc, stx, now))
}

fn verdict(outcome: &Outcome) -> (u128, u128, u128) {
    let value = outcome.ok().unwrap();
    let verdict = number(value, "verdict");
    assert_eq!(value.field("accepted").unwrap(), &Value::Bool(verdict == ACCEPTED));
    (verdict, number(value, "btc"), number(value, "stx"))
}

/// Reports and wants the price to be accepted.
fn publish(session: &mut Session, btc: u128, stx: u128) {
    assert_eq!(report(session, 1, btc, stx), (ACCEPTED, btc, stx));
}

/// Moves on, then publishes.
fn publish_at(session: &mut Session, time: u64, btc: u128, stx: u128) {
    session.advance_to(time).unwrap();
    assert_eq!(session.now().unwrap(), time);
    publish(session, btc, stx);
}

fn number(value: &Value, name: &str) -> u128 {
    match value {
        Value::Optional(Some(inner)) => number(inner, name),
        _ => value.field(name).unwrap().as_uint().unwrap(),
    }
}

fn get(session: &mut Session, function: &str, args: &[Value]) -> Value {
    read(session, ORACLE, function, args)
}

/// The latest prices and their time, however old.
fn latest(session: &mut Session) -> (u128, u128, u128) {
    let latest = get(session, "get-latest", &[]);
    (number(&latest, "btc"), number(&latest, "stx"), number(&latest, "at"))
}

fn reporter_field(session: &mut Session, number_: u8, name: &str) -> Value {
    let reporter = who(wallet(session, number_));
    let entry = get(session, "get-reporter", &[reporter]);
    entry.as_optional().unwrap().unwrap().field(name).unwrap().clone()
}

/// Kind and value of the newest anomaly, and how many there are.
fn newest_anomaly(session: &mut Session) -> (u128, u128, u128) {
    let count = number(&get(session, "get-status", &[]), "anomalies");
    let entry = get(session, "get-anomaly", &[u(count)]);
    (number(&entry, "kind"), number(&entry, "value"), count)
}

/// The limits in force with some replaced.
fn bounds_with(session: &mut Session, changes: &[(&str, u128)]) -> Value {
    let bounds = get(session, "get-bounds", &[]);
    let mut fields: Vec<(&str, Value)> = Vec::new();
    for (name, value) in bounds.as_tuple().unwrap() {
        let changed = changes.iter().find(|(changed, _)| *changed == name.as_str());
        fields.push((name.as_str(), changed.map_or_else(|| value.clone(), |(_, new)| u(*new))));
    }
    tuple(&fields)
}

fn set_bounds(session: &mut Session, changes: &[(&str, u128)]) {
    let bounds = bounds_with(session, changes);
    deployer_does(session, ORACLE, "set-bounds", &[bounds]);
}

/// Enters the oracle in the registry of the suite and sets up its breaker.
fn set_up_breaker(session: &mut Session, threshold: u128) {
    let oracle = contract(session, ORACLE);
    let entry = [text(ORACLE), oracle, text("1.0.0"), Value::Bool(true), Value::Bool(false)];
    deployer_does(session, "upgrade-manager", "register-contract", &entry);
    deployer_does(session, "parameters", "set-breaker", &[text(ORACLE), u(threshold), u(3_600)]);
}

fn is_tripped(session: &mut Session) -> bool {
    session.read("parameters", "check-circuit-breaker", &[text(ORACLE)]).unwrap().ok().is_err()
}

fn guardian(session: &mut Session, number: u8) -> Address {
    let holder = wallet(session, number);
    deployer_does(session, "governance", "assign-role", &[who(holder), text("guardian")]);
    holder
}
