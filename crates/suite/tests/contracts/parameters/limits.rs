//! Breakers, rate limits and the rules of actions.

use crate::system::{
    DAY, account, deployer_does, done, entry, event, event_names, field, later, read, refused, text, tuple,
    u, who,
};
use bithedge_stacks::Value;

use super::*;

#[test]
fn breakers_stop_new_risk_and_nothing_else() {
    let mut s = ready();
    // Breaker, and for purchase, deposit, sell-back whether they stop. Activation does not ask.
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
