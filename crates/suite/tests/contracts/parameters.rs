use bithedge_stacks::{Address, Value};
use bithedge_vm::{Options, Session};

use crate::support::project;
use crate::system::{
    DAY, account, action, appoint, approve, complete_bootstrap, deployed, deployer_does, done, entry, event,
    event_names, field, govern, later, passing_contract, read, refused, text, tuple, u, who,
};

const INVALID_BOUNDS: u128 = 1_340_001;
const OUT_OF_BOUNDS: u128 = 1_340_002;
const INCONSISTENT: u128 = 1_340_003;
const INVALID_LIMIT: u128 = 1_340_004;
const NOT_AUTHORISED: u128 = 1_340_301;
const UNKNOWN_PARAMETER: u128 = 1_340_401;
const UNKNOWN_FLAG: u128 = 1_340_402;
const UNKNOWN_BREAKER: u128 = 1_340_403;
const UNKNOWN_ACTION: u128 = 1_340_404;
const PARAMETER_EXISTS: u128 = 1_340_901;
const NOT_INITIALISED: u128 = 1_340_902;
const NOT_TRIPPED: u128 = 1_340_903;
const NAME_UNRESOLVED: u128 = 1_340_904;
const RATE_LIMITED: u128 = 1_342_901;
const COOLING_DOWN: u128 = 1_342_902;
const BREAKER_TRIPPED: u128 = 1_350_301;
const FLAG_OFF: u128 = 1_350_302;
const NOT_APPROVED: u128 = 1_140_301;

/// A stand-in for whatever contract of the suite calls parameters.
const FAKE_CALLER: &str = "
(define-public (authorise-sale (user principal) (size uint)) (contract-call? .parameters authorise-sale user size))
(define-public (check-action (action (string-ascii 24)) (user principal) (amount uint))
  (contract-call? .parameters check-action action user amount))
(define-public (trip-breaker (id (string-ascii 24)) (reason (string-ascii 64)))
  (contract-call? .parameters trip-breaker id reason))
(define-public (report-level (id (string-ascii 24)) (value uint)) (contract-call? .parameters report-level id value))
(define-public (release-breaker (id (string-ascii 24))) (contract-call? .parameters release-breaker id))
";

const NAMES: [&str; 6] =
    ["oracle", "liquidity-pool-vault", "insurance-fund", "treasury", "liquidity-pool", "policy-registry"];

/// Name, starting value, least and greatest.
const PARAMETERS: [(&str, u128, u128, u128); 9] = [
    ("min-size", 10_000, 1, 1_000_000_000),
    ("max-size", 10_000_000_000, 10_000, 100_000_000_000),
    ("min-term", 86_400, 7_200, 2_592_000),
    ("min-lock-rate", 30_000, 0, 1_000_000),
    ("bid-spread", 100_000, 0, 2_000_000),
    ("surcharge-kink", 500_000, 0, 1_000_000),
    ("surcharge-slope", 1_000_000, 0, 10_000_000),
    ("activation-delay", 3_600, 0, 604_800),
    ("cancel-cutoff", 3_600, 0, 604_800),
];

fn config() -> Value {
    tuple(&PARAMETERS.map(|(name, value, _, _)| (name, u(value))))
}

fn start(options: Options) -> Session {
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

fn define(s: &mut Session, index: usize) {
    let (name, value, min, max) = PARAMETERS[index];
    deployer_does(s, "parameters", "define-parameter", &[text(name), u(value), u(min), u(max)]);
}

fn rule(
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

fn register(s: &mut Session, name: &str) {
    let address = match name {
        "policy-registry" => "fake-registry",
        "liquidity-pool" => "fake-pool",
        other => other,
    };
    let args = [text(name), deployed(address), text("1.0.0"), Value::Bool(true), Value::Bool(true)];
    deployer_does(s, "upgrade-manager", "register-contract", &args);
}

/// Everything that complete-setup wants.
fn fill(s: &mut Session) {
    for index in 0..PARAMETERS.len() {
        define(s, index);
    }
    for flag in ["sales", "deposits", "activation", "sell-back"] {
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
        rule("activate", "activation", &[], 0, 0, 0),
        rule("sell-back", "sell-back", &["all"], 1_000, 864, 0),
    ] {
        deployer_does(s, "parameters", "set-action-rule", &args);
    }
    for name in NAMES {
        register(s, name);
    }
}

fn ready() -> Session {
    ready_with(Options::default())
}

fn ready_with(options: Options) -> Session {
    let mut s = start(options);
    fill(&mut s);
    deployer_does(&mut s, "parameters", "complete-setup", &[]);
    s
}

fn buy(user: Address, size: u128) -> [Value; 2] {
    [who(user), u(size)]
}

fn act(action: &str, user: Address, amount: u128) -> [Value; 3] {
    [text(action), who(user), u(amount)]
}

/// What the read-only twin says: no error, or its code.
fn twin(s: &mut Session, action: &str, user: Address, amount: u128) -> Result<(), u128> {
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
fn closed(s: &mut Session, action: &str, user: Address, amount: u128, code: u128) {
    assert_eq!(twin(s, action, user, amount), Err(code), "{action} {amount}");
    if action == "purchase" {
        refused(s, account(8), "fake-registry", "authorise-sale", &buy(user, amount), code);
    } else {
        refused(s, account(8), "fake-pool", "check-action", &act(action, user, amount), code);
    }
}

/// The call and its twin are taken alike.
fn open(s: &mut Session, action: &str, user: Address, amount: u128) {
    assert_eq!(twin(s, action, user, amount), Ok(()), "{action} {amount}");
    if action == "purchase" {
        let sold = done(s, account(8), "fake-registry", "authorise-sale", &buy(user, amount));
        assert_eq!(sold.ok().unwrap(), &read(s, "parameters", "get-policy-config", &[]));
    } else {
        done(s, account(8), "fake-pool", "check-action", &act(action, user, amount));
    }
}

#[test]
fn nothing_is_open_before_the_setup_is_complete() {
    let mut s = start(Options::default());
    let deployer = account(0);
    let setup = |s: &mut Session, code: u128| refused(s, deployer, "parameters", "complete-setup", &[], code);
    setup(&mut s, UNKNOWN_PARAMETER);
    for index in 0..PARAMETERS.len() {
        setup(&mut s, UNKNOWN_PARAMETER);
        define(&mut s, index);
    }
    for flag in ["sales", "deposits", "activation", "sell-back"] {
        setup(&mut s, UNKNOWN_FLAG);
        deployer_does(&mut s, "parameters", "set-flag", &[text(flag), Value::Bool(true)]);
    }
    for id in ["all", "sales", "deposits", "oracle", "utilisation"] {
        setup(&mut s, UNKNOWN_BREAKER);
        deployer_does(&mut s, "parameters", "set-breaker", &[text(id), u(0), u(0)]);
    }
    for (name, flag) in [
        ("purchase", "sales"),
        ("deposit", "deposits"),
        ("activate", "activation"),
        ("sell-back", "sell-back"),
    ] {
        setup(&mut s, UNKNOWN_ACTION);
        deployer_does(&mut s, "parameters", "set-action-rule", &rule(name, flag, &["all"], 10, 10, 0));
    }
    for name in NAMES {
        setup(&mut s, NAME_UNRESOLVED);
        register(&mut s, name);
    }
    for action in ["purchase", "deposit", "activate", "sell-back"] {
        closed(&mut s, action, account(1), 1, NOT_INITIALISED);
    }
    let unset = s.read("parameters", "get-policy-config", &[]).unwrap();
    assert_eq!(unset.err_code().unwrap(), NOT_INITIALISED);
    let health = read(&mut s, "parameters", "get-system-health", &[]);
    assert_eq!(field(&health, "initialised"), Value::Bool(false));
    refused(&mut s, account(8), "parameters", "complete-setup", &[], NOT_APPROVED);
    let completed = deployer_does(&mut s, "parameters", "complete-setup", &[]);
    assert_eq!(event_names(&completed), ["setup-completed"]);
    let again = deployer_does(&mut s, "parameters", "complete-setup", &[]);
    assert_eq!((again.ok().unwrap(), again.events.len()), (&Value::Bool(false), 0));
    assert_eq!(read(&mut s, "parameters", "get-policy-config", &[]), config());
    open(&mut s, "purchase", account(1), 1);
}

#[test]
fn the_setup_may_be_completed_by_governance() {
    let mut s = start(Options::default());
    fill(&mut s);
    complete_bootstrap(&mut s);
    refused(&mut s, account(0), "parameters", "complete-setup", &[], NOT_APPROVED);
    let completed = govern(&mut s, "parameters", "complete-setup", &[]);
    assert_eq!(event_names(&completed), ["action-consumed", "setup-completed"]);
    let changed =
        govern(&mut s, "parameters", "set-parameter", &[("name", text("min-size")), ("value", u(20_000))]);
    assert_eq!(event_names(&changed), ["action-consumed", "parameter-changed"]);
    let kept = read(&mut s, "parameters", "get-policy-config", &[]);
    assert_eq!(field(&kept, "min-size"), u(20_000));
}

#[test]
fn parameters_keep_bounds_history_and_their_relations() {
    let mut s = ready();
    let deployer = account(0);
    let define = |name: &str, value: u128, min: u128, max: u128| [text(name), u(value), u(min), u(max)];
    let (name, value, min, max) = PARAMETERS[0];
    let same = deployer_does(&mut s, "parameters", "define-parameter", &define(name, value, min, max));
    assert_eq!((same.ok().unwrap(), same.events.len()), (&Value::Bool(false), 0));
    for (args, code) in [
        (define("min-size", 10_001, 1, 1_000_000_000), PARAMETER_EXISTS),
        (define("new", 1, 2, 1), INVALID_BOUNDS),
        (define("new", 1, 0, 1_000_000_000_000_000_000_001), INVALID_BOUNDS),
        (define("new", u128::MAX, 0, u128::MAX), INVALID_BOUNDS),
        (define("new", 3, 4, 5), OUT_OF_BOUNDS),
        (define("new", 6, 4, 5), OUT_OF_BOUNDS),
    ] {
        refused(&mut s, deployer, "parameters", "define-parameter", &args, code);
    }
    let set = |name: &str, value: u128| [text(name), u(value)];
    for (name, value, code) in [
        ("nothing", 1, UNKNOWN_PARAMETER),
        ("min-size", 0, OUT_OF_BOUNDS),
        ("min-size", 1_000_000_001, OUT_OF_BOUNDS),
        ("min-size", u128::MAX, OUT_OF_BOUNDS),
        // Within their own bounds, but at odds with another one or with arithmetic.
        ("bid-spread", 1_000_000, INCONSISTENT),
        ("surcharge-kink", 1_000_000, INCONSISTENT),
        ("activation-delay", 86_400, INCONSISTENT),
        ("cancel-cutoff", 86_400, INCONSISTENT),
        ("min-term", 7_200 - 1, OUT_OF_BOUNDS),
    ] {
        refused(&mut s, deployer, "parameters", "set-parameter", &set(name, value), code);
    }
    deployer_does(&mut s, "parameters", "set-parameter", &set("max-size", 10_000));
    refused(&mut s, deployer, "parameters", "set-parameter", &set("min-size", 10_001), INCONSISTENT);
    deployer_does(&mut s, "parameters", "set-parameter", &set("activation-delay", 7_200));
    refused(&mut s, deployer, "parameters", "set-parameter", &set("min-term", 7_200), INCONSISTENT);
    deployer_does(&mut s, "parameters", "set-parameter", &set("min-term", 7_201));
    let kept = read(&mut s, "parameters", "get-policy-config", &[]);
    assert_eq!((field(&kept, "max-size"), field(&kept, "min-term")), (u(10_000), u(7_201)));

    refused(
        &mut s,
        deployer,
        "parameters",
        "set-parameter-bounds",
        &[text("min-size"), u(10_001), u(20_000)],
        OUT_OF_BOUNDS,
    );
    refused(
        &mut s,
        deployer,
        "parameters",
        "set-parameter-bounds",
        &[text("x"), u(1), u(2)],
        UNKNOWN_PARAMETER,
    );
    deployer_does(&mut s, "parameters", "set-parameter-bounds", &[text("min-size"), u(10_000), u(10_000)]);
    refused(&mut s, deployer, "parameters", "set-parameter", &set("min-size", 9_999), OUT_OF_BOUNDS);
    let details = read(&mut s, "parameters", "get-parameter-details", &[text("max-size")]);
    assert_eq!((field(&details, "value"), field(&details, "version")), (u(10_000), u(2)));
    let key = tuple(&[("name", text("max-size")), ("version", u(2))]);
    let change = entry(&mut s, "parameters", "parameter-history", &key);
    assert_eq!((field(&change, "old"), field(&change, "new")), (u(10_000_000_000), u(10_000)));
    assert_eq!(field(&change, "by"), who(deployer));
    let several =
        read(&mut s, "parameters", "get-parameters", &[Value::list([text("max-size"), text("nothing")])]);
    assert_eq!(several, Value::list([Value::some(u(10_000)), Value::NONE]));
    assert_eq!(read(&mut s, "parameters", "get-parameter", &[text("max-size")]), u(10_000));
    let missing = s.read("parameters", "get-parameter", &[text("nothing")]).unwrap();
    assert_eq!(missing.err_code().unwrap(), UNKNOWN_PARAMETER);
}

#[test]
fn flags_stop_what_they_are_for_and_leave_a_history() {
    let mut s = ready();
    let deployer = account(0);
    for (flag, action) in [
        ("sales", "purchase"),
        ("deposits", "deposit"),
        ("activation", "activate"),
        ("sell-back", "sell-back"),
    ] {
        open(&mut s, action, account(1), 1);
        let off = deployer_does(&mut s, "parameters", "set-flag", &[text(flag), Value::Bool(false)]);
        assert_eq!(field(&event(&off), "version"), u(2));
        let again = deployer_does(&mut s, "parameters", "set-flag", &[text(flag), Value::Bool(false)]);
        assert_eq!((again.ok().unwrap(), again.events.len()), (&Value::Bool(false), 0));
        closed(&mut s, action, account(1), 1, FLAG_OFF);
        let kept = read(&mut s, "parameters", "get-flag", &[text(flag)]);
        assert_eq!(field(&kept, "enabled"), Value::Bool(false));
        let key = tuple(&[("name", text(flag)), ("version", u(2))]);
        assert_eq!(field(&entry(&mut s, "parameters", "flag-history", &key), "by"), who(deployer));
    }
    // One flag stops one action only.
    deployer_does(&mut s, "parameters", "set-flag", &[text("sales"), Value::Bool(true)]);
    open(&mut s, "purchase", account(2), 1);
    closed(&mut s, "deposit", account(2), 1, FLAG_OFF);
}

#[test]
fn breakers_stop_new_risk_and_nothing_else() {
    let mut s = ready();
    // Breaker, and for purchase, deposit, sell-back whether they stop. Activation never does.
    for (id, stops) in [
        ("all", [true, true, true]),
        ("sales", [true, false, false]),
        ("deposits", [false, true, false]),
        ("oracle", [true, true, false]),
        ("utilisation", [true, false, false]),
    ] {
        s.snapshot().unwrap();
        let tripped = done(&mut s, account(4), "parameters", "trip-breaker", &[text(id), text("a drill")]);
        assert_eq!(event_names(&tripped), ["breaker-tripped"]);
        for (action, stopped) in ["purchase", "deposit", "sell-back"].into_iter().zip(stops) {
            if stopped {
                closed(&mut s, action, account(1), 1, BREAKER_TRIPPED);
            } else {
                open(&mut s, action, account(1), 1);
            }
        }
        open(&mut s, "activate", account(1), u128::MAX);
        let state = s.read("parameters", "check-circuit-breaker", &[text(id)]).unwrap();
        assert_eq!(state.err_code().unwrap(), BREAKER_TRIPPED);
        s.restore().unwrap();
        let state = s.read("parameters", "check-circuit-breaker", &[text(id)]).unwrap();
        assert_eq!(state.ok().unwrap(), &Value::Bool(true));
    }
    let unknown = s.read("parameters", "check-circuit-breaker", &[text("x")]).unwrap();
    assert_eq!(unknown.err_code().unwrap(), UNKNOWN_BREAKER);
    refused(&mut s, account(4), "parameters", "trip-breaker", &[text("x"), text("")], UNKNOWN_BREAKER);
    refused(&mut s, account(4), "parameters", "release-breaker", &[text("x")], UNKNOWN_BREAKER);
    refused(&mut s, account(4), "parameters", "release-breaker", &[text("all")], NOT_APPROVED);
    refused(&mut s, account(0), "parameters", "release-breaker", &[text("all")], NOT_TRIPPED);
}

#[test]
fn breakers_trip_at_their_threshold_and_release_themselves_to_the_second() {
    let mut s = ready();
    let level = |id: &str, value: u128| [text(id), u(value)];
    let below = done(&mut s, account(8), "fake-pool", "report-level", &level("utilisation", 949_999));
    assert_eq!((below.ok().unwrap(), below.events.len()), (&Value::Bool(false), 0));
    // No threshold: no level trips it.
    let never = done(&mut s, account(8), "fake-pool", "report-level", &level("all", u128::MAX));
    assert_eq!(never.ok().unwrap(), &Value::Bool(false));
    refused(&mut s, account(8), "fake-pool", "report-level", &level("x", 1), UNKNOWN_BREAKER);
    let tripped_at = s.now().unwrap();
    let at = done(&mut s, account(8), "fake-pool", "report-level", &level("utilisation", 950_000));
    assert_eq!(at.ok().unwrap(), &Value::Bool(true));
    assert_eq!(field(&event(&at), "until"), u(u128::from(tripped_at + 259_200)));
    let again = done(&mut s, account(8), "fake-pool", "report-level", &level("utilisation", 990_000));
    assert_eq!((again.ok().unwrap(), again.events.len()), (&Value::Bool(true), 0));
    // A guardian cannot release what a contract tripped, not even by tripping it again first.
    refused(&mut s, account(4), "parameters", "release-breaker", &[text("utilisation")], NOT_APPROVED);
    s.snapshot().unwrap();
    done(&mut s, account(4), "parameters", "trip-breaker", &[text("utilisation"), text("mine")]);
    refused(&mut s, account(4), "parameters", "release-breaker", &[text("utilisation")], NOT_APPROVED);
    refused(&mut s, account(8), "fake-pool", "release-breaker", &[text("utilisation")], NOT_APPROVED);
    deployer_does(&mut s, "parameters", "release-breaker", &[text("utilisation")]);
    s.restore().unwrap();
    // Nor another contract; the one that tripped it may.
    refused(&mut s, account(8), "fake-registry", "release-breaker", &[text("utilisation")], NOT_APPROVED);
    s.snapshot().unwrap();
    done(&mut s, account(8), "fake-pool", "release-breaker", &[text("utilisation")]);
    open(&mut s, "purchase", account(1), 1);
    let key = tuple(&[("id", text("utilisation")), ("index", u(1))]);
    let released = field(&entry(&mut s, "parameters", "breaker-history", &key), "released-at");
    assert_eq!(released, u(u128::from(tripped_at)));
    s.restore().unwrap();
    s.advance_to(tripped_at + 259_200 - 10).unwrap();
    closed(&mut s, "purchase", account(1), 1, BREAKER_TRIPPED);
    s.advance_stacks(1).unwrap();
    open(&mut s, "purchase", account(1), 1);
    refused(&mut s, account(0), "parameters", "release-breaker", &[text("utilisation")], NOT_TRIPPED);

    // Without automatic release it stays; tripping it again with one does not shorten it.
    deployer_does(&mut s, "parameters", "set-breaker", &[text("sales"), u(0), u(0)]);
    done(&mut s, account(4), "parameters", "trip-breaker", &[text("sales"), text("stop")]);
    deployer_does(&mut s, "parameters", "set-breaker", &[text("sales"), u(0), u(10)]);
    done(&mut s, account(5), "parameters", "trip-breaker", &[text("sales"), text("stop")]);
    later(&mut s, 400 * DAY);
    closed(&mut s, "purchase", account(1), 1, BREAKER_TRIPPED);
    // What guardians tripped, a guardian releases.
    done(&mut s, account(5), "parameters", "release-breaker", &[text("sales")]);
    open(&mut s, "purchase", account(1), 1);
    let breaker = read(&mut s, "parameters", "get-breaker", &[text("sales")]);
    assert_eq!(field(&breaker, "count"), u(2));
    refused(
        &mut s,
        account(0),
        "parameters",
        "set-breaker",
        &[text("sales"), u(0), u(u128::MAX)],
        INVALID_LIMIT,
    );
    deployer_does(
        &mut s,
        "parameters",
        "set-breaker",
        &[text("sales"), u(u128::MAX), u(1_000_000_000_000_000_000_000)],
    );
    done(&mut s, account(5), "parameters", "trip-breaker", &[text("sales"), text("stop")]);
}

/// Random amounts and times of three users against a model of one bucket each.
#[test]
fn buckets_leak_as_the_model_says_and_never_touch_each_other() {
    const CAPACITY: u128 = 1_000;
    const REFILL: u128 = 864;
    const COOLDOWN: u128 = 60;
    #[derive(Clone, Copy, Default)]
    struct Bucket {
        level: u128,
        last: u128,
        count: u128,
        suspicious: u128,
    }
    let mut s = ready();
    let mut random = fastrand::Rng::with_seed(5);
    let mut buckets = [Bucket::default(); 3];
    let (mut taken, mut limited, mut cooling) = (0, 0, 0);
    for _ in 0..300 {
        let index = random.usize(0..3);
        let user = account(u8::try_from(index + 1).unwrap());
        let limit = if random.bool() { 300 } else { 1_100 };
        let amount = random.u128(0..limit);
        let now = u128::from(s.now().unwrap());
        let bucket = &mut buckets[index];
        let elapsed = now - bucket.last;
        let rest = bucket.level.saturating_sub(elapsed * REFILL / 86_400);
        if bucket.count > 0 && elapsed < COOLDOWN {
            closed(&mut s, "deposit", user, amount, COOLING_DOWN);
            cooling += 1;
        } else if rest + amount > CAPACITY {
            closed(&mut s, "deposit", user, amount, RATE_LIMITED);
            limited += 1;
        } else {
            open(&mut s, "deposit", user, amount);
            taken += 1;
            let near = rest + amount > 900 || elapsed == 0;
            *bucket = Bucket {
                level: rest + amount,
                last: now,
                count: bucket.count + 1,
                suspicious: bucket.suspicious + u128::from(near),
            };
        }
        let usage = read(&mut s, "parameters", "get-usage", &[text("deposit"), who(user)]);
        let kept = buckets[index];
        for (name, value) in [
            ("level", kept.level),
            ("last-action", kept.last),
            ("count", kept.count),
            ("suspicious", kept.suspicious),
        ] {
            assert_eq!(field(&usage, name), u(value), "{name}");
        }
        match random.u8(0..4) {
            0 => {}
            1 => later(&mut s, 10 * random.u64(1..12)),
            _ => later(&mut s, random.u64(60..60_000)),
        }
    }
    assert!(taken > 50 && limited > 20 && cooling > 10, "{taken} {limited} {cooling}");
    assert!(buckets.iter().any(|bucket| bucket.suspicious > 0));
}

#[test]
fn hostile_amounts_are_refused_and_block_nobody() {
    let mut s = ready();
    let attacker = account(3);
    for amount in [1_001, 1_000_000_000_000_000_000_000, u128::MAX] {
        closed(&mut s, "purchase", attacker, amount, RATE_LIMITED);
    }
    open(&mut s, "purchase", attacker, 1_000);
    closed(&mut s, "purchase", attacker, 1, RATE_LIMITED);
    closed(&mut s, "purchase", attacker, u128::MAX, RATE_LIMITED);
    // Nothing at all may still be counted, and does not use up anything.
    open(&mut s, "purchase", attacker, 0);
    open(&mut s, "purchase", account(1), 1_000);
    // The largest limits there can be, used at the end of time.
    let biggest = 1_000_000_000_000_000_000_000;
    let args = rule("purchase", "sales", &["all"], biggest, biggest, 86_400);
    deployer_does(&mut s, "parameters", "set-action-rule", &args);
    open(&mut s, "purchase", account(2), biggest);
    closed(&mut s, "purchase", account(2), 1, COOLING_DOWN);
    later(&mut s, 300 * DAY);
    open(&mut s, "purchase", account(2), biggest);
}

#[test]
fn rules_of_actions_name_what_exists() {
    let mut s = ready();
    let deployer = account(0);
    for (args, code) in [
        (rule("fill-offer", "nothing", &["all"], 1, 1, 0), UNKNOWN_FLAG),
        (rule("fill-offer", "sales", &["all", "nothing"], 1, 1, 0), UNKNOWN_BREAKER),
        (rule("fill-offer", "sales", &["all"], u128::MAX, 1, 0), INVALID_LIMIT),
        (rule("fill-offer", "sales", &["all"], 1, u128::MAX, 0), INVALID_LIMIT),
        (rule("fill-offer", "sales", &["all"], 1, 1, 86_401), INVALID_LIMIT),
    ] {
        refused(&mut s, deployer, "parameters", "set-action-rule", &args, code);
    }
    closed(&mut s, "fill-offer", account(1), 1, UNKNOWN_ACTION);
    deployer_does(&mut s, "parameters", "set-action-rule", &rule("fill-offer", "sales", &["all"], 5, 5, 0));
    open(&mut s, "fill-offer", account(1), 5);
    closed(&mut s, "fill-offer", account(1), 1, RATE_LIMITED);
    let kept = read(&mut s, "parameters", "get-action-rule", &[text("fill-offer")]);
    assert_eq!(field(&kept, "capacity"), u(5));
}

#[test]
fn health_shows_everything_at_a_glance() {
    let mut s = ready();
    done(&mut s, account(4), "parameters", "trip-breaker", &[text("deposits"), text("a drill")]);
    deployer_does(&mut s, "parameters", "set-flag", &[text("sell-back"), Value::Bool(false)]);
    let health = read(&mut s, "parameters", "get-system-health", &[]);
    assert_eq!(
        (field(&health, "initialised"), field(&health, "consistent")),
        (Value::Bool(true), Value::Bool(true))
    );
    let tripped = [false, false, true, false, false].map(Value::Bool);
    assert_eq!(field(&health, "breakers-tripped"), Value::list(tripped));
    let Value::List(flags) = field(&health, "flags") else { panic!("{health:?}") };
    let enabled: Vec<Value> = flags.iter().map(|flag| field(flag, "enabled")).collect();
    assert_eq!(enabled, [true, true, true, false].map(Value::Bool));
}

#[test]
fn only_those_named_may_change_or_ask() {
    let mut s = ready();
    let stranger = account(8);
    // What contracts ask: no outsider contract, no account, and a sale only the registry.
    for (function, args) in [
        ("check-action", act("deposit", account(1), 1).to_vec()),
        ("trip-breaker", vec![text("all"), text("")]),
        ("report-level", vec![text("utilisation"), u(950_000)]),
        ("authorise-sale", buy(account(1), 1).to_vec()),
    ] {
        for number in [0, 1, 7, 8] {
            refused(&mut s, account(number), "parameters", function, &args, NOT_AUTHORISED);
        }
        // Even the guardian, led into a contract that is not of the suite.
        refused(&mut s, account(4), "fake-outsider", function, &args, NOT_AUTHORISED);
    }
    refused(&mut s, account(4), "parameters", "check-action", &act("deposit", account(1), 1), NOT_AUTHORISED);
    refused(&mut s, stranger, "fake-pool", "authorise-sale", &buy(account(1), 1), NOT_AUTHORISED);
    refused(&mut s, account(4), "fake-outsider", "release-breaker", &[text("all")], NOT_APPROVED);

    let governed: Vec<(&str, &str, Vec<Value>)> = vec![
        ("parameters", "define-parameter", vec![text("new"), u(1), u(0), u(2)]),
        ("parameters", "set-parameter", vec![text("min-size"), u(20_000)]),
        ("parameters", "set-parameter-bounds", vec![text("min-size"), u(1), u(20_000)]),
        ("parameters", "set-flag", vec![text("sales"), Value::Bool(false)]),
        ("parameters", "set-breaker", vec![text("all"), u(0), u(0)]),
        ("parameters", "release-breaker", vec![text("all")]),
        ("parameters", "set-action-rule", rule("purchase", "sales", &[], 0, 0, 0)),
        ("parameters", "complete-setup", vec![]),
    ];
    s.deploy(stranger, "fake-passer", &passing_contract(account(0), &governed)).unwrap();
    let passer = format!("{stranger}.fake-passer");
    for (index, (_, function, args)) in governed.iter().enumerate() {
        for number in [1, 4, 7, 8] {
            refused(&mut s, account(number), "parameters", function, args, NOT_APPROVED);
        }
        for number in [0, 4] {
            refused(&mut s, account(number), &passer, &format!("pass-{index}"), &[], NOT_APPROVED);
        }
    }
    complete_bootstrap(&mut s);
    for (_, function, args) in &governed {
        refused(&mut s, account(0), "parameters", function, args, NOT_APPROVED);
    }
    // A retiring registry sells nothing any more, and trips nothing.
    let retired = action(
        deployed("upgrade-manager"),
        "retire-version",
        &[("name", text("policy-registry")), ("address", deployed("fake-registry"))],
    );
    approve(&mut s, &[retired]);
    let args = [text("policy-registry"), deployed("fake-registry")];
    done(&mut s, stranger, "upgrade-manager", "retire-version", &args);
    refused(&mut s, stranger, "fake-registry", "authorise-sale", &buy(account(1), 1), NOT_AUTHORISED);
    refused(&mut s, stranger, "fake-registry", "trip-breaker", &[text("all"), text("")], NOT_AUTHORISED);
}

#[test]
fn what_a_purchase_asks_is_cheap() {
    let mut s = ready_with(Options { costs: true, ..Options::default() });
    for (contract, function, args) in [
        ("fake-registry", "authorise-sale", buy(account(1), 10).to_vec()),
        ("fake-pool", "check-action", act("deposit", account(1), 10).to_vec()),
    ] {
        let outcome = s.call_with_costs(account(8), contract, function, &args).unwrap();
        outcome.ok().unwrap();
        let costs = outcome.costs.unwrap();
        println!("{function}: {costs:?}");
        // The one write is the user's bucket.
        assert!(costs.read_count <= 28 && costs.write_count == 1, "{function}: {costs:?}");
    }
    for (function, args) in [
        ("get-policy-config", vec![]),
        ("is-action-open", act("purchase", account(1), 10).to_vec()),
        ("get-system-health", vec![]),
    ] {
        let costs = s.read("parameters", function, &args).unwrap().costs.unwrap();
        println!("{function}: {costs:?}");
        assert!(
            costs.read_count <= 100 && costs.read_length <= 200_000 && costs.write_count == 0,
            "{function}: {costs:?}"
        );
    }
}
