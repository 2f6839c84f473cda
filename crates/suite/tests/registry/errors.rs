//! Every error of the registry is provoked, and every refused call leaves the state as it was.

use std::collections::BTreeSet;

use bithedge_stacks::Value;
use bithedge_suite::Contract;
use bithedge_suite::generated::errors::ENTRIES;
use bithedge_suite_world::*;

use crate::bootstrap::{before_hand_over, does, project, text};
use crate::support::{Refusals, principal, provide, watch};
use crate::{endings, orders};

/// A stand-in for the liquidation engine.
const ENGINE: &str = "
(define-public (move (id uint)) (contract-call? .policy-registry move-backing id))
(define-read-only (get-name) \"engine\")
";

/// Seconds from a purchase to its first activation: not a multiple of the chain's ten-second rhythm, so that a test can
/// stand one second before it.
pub(crate) const DELAY: u64 = 3_601;
/// Seconds before expiry from which nothing is sold back: likewise.
pub(crate) const CUTOFF: u64 = 3_609;

#[test]
fn every_error_of_the_registry_is_provoked_and_leaves_the_state_as_it_was() {
    let mut w = before_hand_over(project().with("engine", ENGINE).unwrap());
    let (engine, deployer) = (principal(&w, "engine"), w.deployer);
    let register = [text("liquidation-engine"), engine, text("1"), Value::Bool(true), Value::Bool(false)];
    does(&mut w, deployer, "upgrade-manager", "register-contract", &register);
    for (name, value) in [("activation-delay", DELAY), ("cancel-cutoff", CUTOFF)] {
        does(&mut w, deployer, "parameters", "set-parameter", &[text(name), u(value.into())]);
    }
    w.open();
    provide(&mut w);
    let (soon, later) = (w.expiry(2), w.expiry(9));
    watch(&mut w, 6, &[soon, later]);
    w.vm.snapshot().unwrap();

    let mut seen = Refusals::default();
    orders::are_refused(&mut w, &mut seen);
    w.vm.restore().unwrap();
    endings::are_refused(&mut w, &mut seen);

    let own = ENTRIES.iter().filter(|entry| entry.contract == Contract::PolicyRegistry);
    let all: BTreeSet<u128> = own.map(|entry| entry.code).collect();
    let provoked: BTreeSet<u128> = seen.codes.intersection(&all).copied().collect();
    assert_eq!(provoked, all, "an error of the registry that nothing provokes");
}
