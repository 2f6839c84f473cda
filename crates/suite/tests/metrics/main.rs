//! What the suite says of itself: metrics, health and availability, in the real Clarity VM.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bithedge_stacks::Value;
use bithedge_suite_world::*;

const PPM: u128 = 1_000_000;

fn text(text: &str) -> Value {
    Value::ascii(text).unwrap()
}

/// Sum and count of a metric over today and the days before it.
fn metric(w: &mut World, name: &str) -> (u128, u128) {
    let day = u128::from(w.vm.now().unwrap() / DAY);
    let window = w.read("analytics", "get-window", &[text(name), u(day - 20), u(21)]);
    (num(&window, "sum"), num(&window, "count"))
}

#[test]
fn business_leaves_its_figures_and_the_health_score_follows() {
    let mut w = World::new();
    let (sbtc, stx) = (w.sbtc.clone(), w.stx.clone());
    let unknown = w.read("analytics", "get-health-score", &[]);
    assert!(unknown.as_response().unwrap().is_err(), "nothing is known yet: {unknown:?}");

    w.commit(w.irene, BALANCED, &sbtc, 10 * BTC);
    w.commit(w.ivan, BALANCED, &stx, 2_000_000 * STX);
    assert_eq!(metric(&mut w, "deposits-sBTC"), (10 * BTC - 50, 1));
    assert_eq!(metric(&mut w, "deposits-STX"), (2_000_000 * STX - 50_000, 1));
    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.close(BALANCED, &stx).ok().unwrap();
    let idle = w.read("analytics", "get-gauge", &[text("utilisation-2-sBTC")]);
    assert_eq!(num(idle.as_optional().unwrap().unwrap(), "value"), 0);

    // Two policies that end before their expiry, one that is settled.
    let expiry = w.expiry(7);
    let mut premiums = 0;
    for (token, size) in [(&sbtc, BTC), (&sbtc, 2 * BTC), (&stx, BTC / 10)] {
        let outcome = w.buy(token, BALANCED, 85_000 * USD, expiry, size);
        let id = num(outcome.ok().unwrap(), "policy");
        let policy = w.read("policy-registry", "get-policy", &[u(id)]);
        premiums += num(policy.as_optional().unwrap().unwrap(), "usd");
    }
    assert_eq!(metric(&mut w, "premium-usd"), (premiums, 3));
    assert_eq!(metric(&mut w, "policies"), (3, 3));

    // Availability is what docs/protocol.md says of the bucket, to the unit.
    let bucket = w.bucket(BALANCED, &sbtc);
    let [assets, fresh, locked, shares] =
        ["assets", "fresh", "locked", "shares"].map(|field| num(&bucket, field));
    let available = w.read("liquidity-pool", "get-availability", &[u(BALANCED), sbtc.clone(), u(USD)]);
    let available = available.as_response().unwrap().unwrap().clone();
    let backing = (assets - fresh) * shares / shares;
    let room = (backing * 900_000 / PPM).min(assets * PPM / (PPM + 20_000));
    assert_eq!(num(&available, "needed"), locked);
    assert_eq!(num(&available, "backing"), backing);
    assert_eq!(num(&available, "free"), room - locked);
    assert_eq!(num(&available, "utilisation"), locked * PPM / backing);
    assert_eq!(available.field("short").unwrap(), &Value::Bool(false));
    assert_eq!(available.field("open").unwrap(), &Value::Bool(true));

    w.next_boundary();
    w.close(BALANCED, &sbtc).ok().unwrap();
    w.close(BALANCED, &stx).ok().unwrap();
    let (assets, locked) =
        (num(&w.bucket(BALANCED, &sbtc), "assets"), num(&w.bucket(BALANCED, &sbtc), "locked"));
    let used = w.read("analytics", "get-gauge", &[text("utilisation-2-sBTC")]);
    assert_eq!(num(used.as_optional().unwrap().unwrap(), "value"), locked * PPM / assets);

    // A provider's locked part is its value times locked over assets.
    let position = w.position(BALANCED, &sbtc, w.irene);
    assert_eq!(num(&position, "locked"), num(&position, "value") * locked / assets);
    assert_eq!(num(&position, "available"), num(&position, "value") - num(&position, "locked"));

    // All gauges that are known are between their good and bad marks: the score is their mean.
    for token in [&sbtc, &stx] {
        w.call(w.stranger, "insurance-fund", "report-health", std::slice::from_ref(token)).ok().unwrap();
    }
    let health = w.read("analytics", "get-health-score", &[]);
    let health = health.as_response().unwrap().unwrap().clone();
    assert_eq!((num(&health, "known"), num(&health, "of")), (4, 6));
    let score = |value: u128| (950_000 - value.clamp(500_000, 950_000)) * PPM / 450_000;
    let stx_used = w.read("analytics", "get-gauge", &[text("utilisation-2-STX")]);
    let stx_used = num(stx_used.as_optional().unwrap().unwrap(), "value");
    // The fund is empty: worst.
    assert_eq!(num(&health, "score"), (score(locked * PPM / assets) + score(stx_used)) / 4);
    w.call(w.stranger, "analytics", "record-health", &[]).ok().unwrap();

    for price in [92_000, 84_000, 76_000] {
        w.move_price(price * USD);
    }
    let paid = w.registry(w.peter, "activate-protection", &[u(1), sbtc.clone(), u(0)]);
    let activated = paid.ok().unwrap().as_uint().unwrap() * 76_000 * USD / BTC;
    assert_eq!(metric(&mut w, "payout-usd"), (activated, 1));
    w.run_to(expiry);
    let mut settled = 0;
    for (token, price) in [(&sbtc, 76_000 * USD), (&stx, USD)] {
        let settle = [u(BALANCED), token.clone(), u(expiry.into())];
        let reserved = w.registry(w.keeper, "settle-expiry", &settle).ok().unwrap().as_uint().unwrap();
        settled += reserved * price / if token == &sbtc { BTC } else { STX };
    }
    assert_eq!(metric(&mut w, "payout-usd"), (activated + settled, 3));
    let day = u128::from(w.vm.now().unwrap() / DAY);
    let performance = w.read("analytics", "get-performance", &[u(day), u(21)]);
    let performance = performance.as_response().unwrap().unwrap().clone();
    let ratio = performance.field("loss-ratio").unwrap().as_optional().unwrap().unwrap().as_uint().unwrap();
    assert_eq!(ratio, (activated + settled) * PPM / premiums);
}
