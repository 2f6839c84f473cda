mod migrations;
mod upgrades;

use crate::support::project;
use crate::system::{appoint, deployed, deployer_does, read, text};
use bithedge_stacks::Value;
use bithedge_vm::{Options, Session};
use sha2::{Digest as _, Sha512_256};

pub(super) const INVALID_DELAY: u128 = 1_240_001;
pub(super) const EMPTY_TEXT: u128 = 1_240_002;
pub(super) const NOT_AUTHORISED: u128 = 1_240_301;
pub(super) const UNKNOWN_NAME: u128 = 1_240_401;
pub(super) const UNKNOWN_ADDRESS: u128 = 1_240_402;
pub(super) const NO_UPGRADE: u128 = 1_240_403;
pub(super) const UNKNOWN_MIGRATION: u128 = 1_240_404;
pub(super) const NAME_TAKEN: u128 = 1_240_901;
pub(super) const ADDRESS_TAKEN: u128 = 1_240_902;
pub(super) const NOT_UPGRADEABLE: u128 = 1_240_903;
pub(super) const TOO_EARLY: u128 = 1_240_904;
pub(super) const TOO_LATE: u128 = 1_240_905;
pub(super) const UNVERIFIED: u128 = 1_240_906;
pub(super) const WRONG_STANDING: u128 = 1_240_907;
pub(super) const MIGRATION_STATE: u128 = 1_240_908;
pub(super) const UPGRADE_PENDING: u128 = 1_240_909;
pub(super) const INCOMPATIBLE: u128 = 1_240_910;
/// Governance's refusal of what nobody approved.
pub(super) const NOT_APPROVED: u128 = 1_140_301;

pub(super) const FAKE_V1: &str =
    "(define-read-only (get-version) u1)\n(define-read-only (get-name) \"one\")\n";
pub(super) const FAKE_V2: &str =
    "(define-read-only (get-version) u2)\n(define-read-only (get-name) \"two\")\n";
pub(super) const FAKE_V3: &str =
    "(define-read-only (get-version) u3)\n(define-read-only (get-name) \"three\")\n";

pub(super) const CURRENT: u128 = 2;
pub(super) const RETIRING: u128 = 1;
pub(super) const DEAD: u128 = 0;

pub(super) fn start_with(options: Options) -> Session {
    let project = project(&["governance", "upgrade-manager"])
        .with("fake-v1", FAKE_V1)
        .unwrap()
        .with("fake-v2", FAKE_V2)
        .unwrap()
        .with("fake-v3", FAKE_V3)
        .unwrap();
    Session::start(project, options).unwrap()
}

pub(super) fn start() -> Session {
    let mut s = start_with(Options::default());
    appoint(&mut s);
    s
}

/// What `contract-hash?` of a contract with this source is.
pub(super) fn hash(source: &str) -> Value {
    Value::buffer(Sha512_256::digest(source).to_vec())
}

pub(super) fn register(s: &mut Session, name: &str, address: Value, custody: bool) {
    let args = [text(name), address, text("1.0.0"), Value::Bool(true), Value::Bool(custody)];
    deployer_does(s, "upgrade-manager", "register-contract", &args);
}

pub(super) fn upgrade_args(name: &str, address: &str, version: &str, source: &str) -> [Value; 4] {
    [text(name), deployed(address), text(version), hash(source)]
}

pub(super) fn propose_upgrade(
    s: &mut Session,
    name: &str,
    address: &str,
    version: &str,
    source: &str,
) -> Value {
    let args = upgrade_args(name, address, version, source);
    deployer_does(s, "upgrade-manager", "propose-upgrade", &args).ok().unwrap().clone()
}

pub(super) fn standing(s: &mut Session, name: &str, address: &str) -> u128 {
    read(s, "upgrade-manager", "get-standing", &[text(name), deployed(address)]).as_uint().unwrap()
}

pub(super) fn resolved(s: &mut Session, name: &str) -> Value {
    read(s, "upgrade-manager", "resolve-contract-address", &[text(name)])
}

pub(super) fn unresolved(s: &mut Session, name: &str) -> u128 {
    s.read("upgrade-manager", "resolve-contract-address", &[text(name)]).unwrap().err_code().unwrap()
}

pub(super) fn describe_args(name: &str, custody: bool, fallback: Value, dependencies: &[&str]) -> Vec<Value> {
    let names = dependencies.iter().map(|name| text(name));
    vec![text(name), text("about it"), Value::Bool(custody), fallback, Value::list(names)]
}
