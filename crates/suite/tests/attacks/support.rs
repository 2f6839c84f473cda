//! What the attacks share: attackers' contracts, and a token that turns on those who listed it.

use bithedge_stacks::{Address, Value};
use bithedge_suite_world::{BALANCED, STX, World, u, who};
use bithedge_vm::Project;

use crate::bootstrap::{does, project, text};

/// The name of the token that turns.
pub(crate) const TURNCOAT: &str = "turncoat-token";

/// Deploys an attacker's contract as the stranger; in it SUITE stands for the suite's address. Its identifier.
pub(crate) fn deploy(w: &mut World, name: &str, source: &str) -> String {
    let source = source.replace("SUITE", &w.deployer.to_string());
    let deployed = w.vm.deploy(w.stranger, name, &source).unwrap();
    assert!(deployed.value().is_ok(), "{name}: {deployed:?}");
    format!("{}.{name}", w.stranger)
}

/// The suite, and the token that turns.
pub(crate) fn turncoat_project() -> Project {
    project().with(TURNCOAT, include_str!("fakes/turncoat-token.clar")).unwrap()
}

/// The deployer, who still can, lists the token everywhere, as if it were a second face of STX, and opens the balanced
/// bucket for it. Everybody has some.
pub(crate) fn list_token(w: &mut World) -> Value {
    let deployer = w.deployer;
    let token = Value::from(w.vm.contract(TURNCOAT).unwrap());
    let feed = Value::from(w.vm.contract("oracle").unwrap());
    does(w, deployer, "liquidity-pool-vault", "set-token", &[token.clone(), Value::Bool(true)]);
    does(w, deployer, "treasury", "set-token", &[token.clone(), Value::Bool(true), u(0)]);
    let rules = [
        ("accepted", Value::Bool(true)),
        ("min-size", u(0)),
        ("target-ratio", u(50_000)),
        ("event-limit", u(500_000)),
        ("period-limit", u(750_000)),
        ("base-rate", u(300_000)),
        ("max-rate", u(600_000)),
        ("gauge", text("fund-turncoat")),
    ];
    let rules = Value::tuple(rules.map(|(name, value)| (name.parse().unwrap(), value)));
    does(w, deployer, "insurance-fund", "set-fund-rules", &[token.clone(), rules]);
    let mut collateral = vec![token.clone(), text("TURN")];
    collateral.extend([6, 2, 1_000_000, 1_000_000].map(u));
    collateral.push(feed);
    collateral.extend([100_000_000, 100_000, 50_000].map(u));
    collateral.push(Value::Bool(true));
    does(w, deployer, "liquidity-pool", "add-collateral-token", &collateral);
    let capacity = 100_000_000 * STX;
    does(w, deployer, "liquidity-pool", "open-bucket", &[u(BALANCED), token.clone(), u(capacity)]);
    for owner in [w.peter, w.irene, w.ivan, w.stranger] {
        does(w, deployer, TURNCOAT, "mint", &[u(10_000_000 * STX), who(owner)]);
    }
    does(w, deployer, TURNCOAT, "mint", &[u(10_000_000 * STX), token.clone()]);
    token
}

/// From now on the token does this to everybody, or to one.
pub(crate) fn turncoat(w: &mut World, mode: &str, target: Address) {
    let stranger = w.stranger;
    does(w, stranger, TURNCOAT, "set-mode", &[text(mode), who(target), u(0), u(0)]);
}
