mod limits;
mod settings;

use crate::support::project;
use crate::system::{account, appoint, deployed, deployer_does, done, read, refused, text, tuple, u, who};
use bithedge_stacks::{Address, Value};
use bithedge_vm::{Options, Session};

pub(super) const INVALID_BOUNDS: u128 = 1_340_001;
pub(super) const OUT_OF_BOUNDS: u128 = 1_340_002;
pub(super) const INCONSISTENT: u128 = 1_340_003;
pub(super) const INVALID_LIMIT: u128 = 1_340_004;
pub(super) const NOT_AUTHORISED: u128 = 1_340_301;
pub(super) const UNKNOWN_PARAMETER: u128 = 1_340_401;
pub(super) const UNKNOWN_FLAG: u128 = 1_340_402;
pub(super) const UNKNOWN_BREAKER: u128 = 1_340_403;
pub(super) const UNKNOWN_ACTION: u128 = 1_340_404;
pub(super) const PARAMETER_EXISTS: u128 = 1_340_901;
pub(super) const NOT_INITIALISED: u128 = 1_340_902;
pub(super) const NOT_TRIPPED: u128 = 1_340_903;
pub(super) const NAME_UNRESOLVED: u128 = 1_340_904;
pub(super) const RATE_LIMITED: u128 = 1_342_901;
pub(super) const COOLING_DOWN: u128 = 1_342_902;
pub(super) const BREAKER_TRIPPED: u128 = 1_350_301;
pub(super) const FLAG_OFF: u128 = 1_350_302;
pub(super) const NOT_APPROVED: u128 = 1_140_301;

/// A stand-in for whatever contract of the suite calls parameters.
pub(super) const FAKE_CALLER: &str = "
(define-public (authorise-sale (user principal) (size uint)) (contract-call? .parameters authorise-sale user size))
(define-public (check-action (action (string-ascii 24)) (user principal) (amount uint))
  (contract-call? .parameters check-action action user amount))
(define-public (trip-breaker (id (string-ascii 24)) (reason (string-ascii 64)))
  (contract-call? .parameters trip-breaker id reason))
(define-public (report-level (id (string-ascii 24)) (value uint)) (contract-call? .parameters report-level id value))
(define-public (release-breaker (id (string-ascii 24))) (contract-call? .parameters release-breaker id))
";

pub(super) const NAMES: [&str; 6] =
    ["oracle", "liquidity-pool-vault", "insurance-fund", "treasury", "liquidity-pool", "policy-registry"];

/// Name, starting value, least and greatest.
pub(super) const PARAMETERS: [(&str, u128, u128, u128); 10] = [
    ("min-size", 10_000, 1, 1_000_000_000),
    ("max-size", 10_000_000_000, 10_000, 100_000_000_000),
    ("min-term", 86_400, 7_200, 2_592_000),
    ("min-lock-rate", 30_000, 0, 1_000_000),
    ("bid-spread", 100_000, 0, 2_000_000),
    ("surcharge-kink", 500_000, 0, 1_000_000),
    ("surcharge-slope", 1_000_000, 0, 10_000_000),
    ("activation-delay", 3_600, 0, 604_800),
    ("cancel-cutoff", 3_600, 0, 604_800),
    ("sale-max-age", 300, 0, 604_800),
];

pub(super) fn config() -> Value {
    tuple(&PARAMETERS.map(|(name, value, _, _)| (name, u(value))))
}

pub(super) fn start(options: Options) -> Session {
    let project = project(&["governance", "upgrade-manager", "parameters"])
        .with("fake-registry", FAKE_CALLER)
        .unwrap()
        .with("fake-pool", FAKE_CALLER)
        .unwrap()
        .with("fake-outsider", FAKE_CALLER)
        .unwrap();
    let mut s = Session::start(project, options).unwrap();
    appoint(&mut s);
    s
}

pub(super) fn define(s: &mut Session, index: usize) {
    let (name, value, min, max) = PARAMETERS[index];
    deployer_does(s, "parameters", "define-parameter", &[text(name), u(value), u(min), u(max)]);
}

pub(super) fn rule(
    action: &str,
    flag: &str,
    breakers: &[&str],
    capacity: u128,
    refill: u128,
    cooldown: u128,
) -> Vec<Value> {
    let breakers = Value::list(breakers.iter().map(|id| text(id)));
    vec![text(action), text(flag), breakers, u(capacity), u(refill), u(cooldown)]
}

pub(super) fn register(s: &mut Session, name: &str) {
    let address = match name {
        "policy-registry" => "fake-registry",
        "liquidity-pool" => "fake-pool",
        other => other,
    };
    let args = [text(name), deployed(address), text("1.0.0"), Value::Bool(true), Value::Bool(true)];
    deployer_does(s, "upgrade-manager", "register-contract", &args);
}

/// Everything that complete-setup wants.
pub(super) fn fill(s: &mut Session) {
    for index in 0..PARAMETERS.len() {
        define(s, index);
    }
    for flag in ["sales", "deposits", "sell-back"] {
        deployer_does(s, "parameters", "set-flag", &[text(flag), Value::Bool(true)]);
    }
    for (id, threshold) in
        [("all", 0), ("sales", 0), ("deposits", 0), ("oracle", 5), ("utilisation", 950_000)]
    {
        deployer_does(s, "parameters", "set-breaker", &[text(id), u(threshold), u(259_200)]);
    }
    for args in [
        rule("purchase", "sales", &["all", "sales", "oracle", "utilisation"], 1_000, 864, 0),
        rule("deposit", "deposits", &["all", "deposits", "oracle"], 1_000, 864, 60),
        rule("sell-back", "sell-back", &["all"], 1_000, 864, 0),
    ] {
        deployer_does(s, "parameters", "set-action-rule", &args);
    }
    for name in NAMES {
        register(s, name);
    }
}

pub(super) fn ready() -> Session {
    ready_with(Options::default())
}

pub(super) fn ready_with(options: Options) -> Session {
    let mut s = start(options);
    fill(&mut s);
    deployer_does(&mut s, "parameters", "complete-setup", &[]);
    s
}

pub(super) fn buy(user: Address, size: u128) -> [Value; 2] {
    [who(user), u(size)]
}

pub(super) fn act(action: &str, user: Address, amount: u128) -> [Value; 3] {
    [text(action), who(user), u(amount)]
}

/// What the read-only twin says: no error, or its code.
pub(super) fn twin(s: &mut Session, action: &str, user: Address, amount: u128) -> Result<(), u128> {
    let outcome = s.read("parameters", "is-action-open", &act(action, user, amount)).unwrap();
    match outcome.err_code() {
        Ok(code) => Err(code),
        Err(_) => {
            assert_eq!(outcome.ok().unwrap(), &Value::Bool(true));
            Ok(())
        }
    }
}

/// The call and its twin are refused alike.
pub(super) fn closed(s: &mut Session, action: &str, user: Address, amount: u128, code: u128) {
    assert_eq!(twin(s, action, user, amount), Err(code), "{action} {amount}");
    if action == "purchase" {
        refused(s, account(8), "fake-registry", "authorise-sale", &buy(user, amount), code);
    } else {
        refused(s, account(8), "fake-pool", "check-action", &act(action, user, amount), code);
    }
}

/// The call and its twin are taken alike.
pub(super) fn open(s: &mut Session, action: &str, user: Address, amount: u128) {
    assert_eq!(twin(s, action, user, amount), Ok(()), "{action} {amount}");
    if action == "purchase" {
        let sold = done(s, account(8), "fake-registry", "authorise-sale", &buy(user, amount));
        assert_eq!(sold.ok().unwrap(), &read(s, "parameters", "get-policy-config", &[]));
    } else {
        done(s, account(8), "fake-pool", "check-action", &act(action, user, amount));
    }
}
