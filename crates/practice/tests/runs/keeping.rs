//! The keeper looks at the chain, not at what it remembers.

use bithedge_suite::generated::policy_registry;

use crate::net::{AGGRESSIVE, BTC, Net, PETER, USD};

/// Monday 2026-01-05 00:00 UTC.
const START: u64 = 1_767_571_200;
const ACTIVE: u128 = 1;
const SETTLED: u128 = 3;
const EXPIRED: u128 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn the_keeper_claims_after_a_restart_and_works_again_after_a_restore() {
    let mut net = Net::start(START, 100_000 * USD, USD).await;
    net.commit(AGGRESSIVE, 5 * BTC).await;
    net.next_boundary().await;
    net.keep().await;
    let expiry = net.expiry(2).await;
    // The index of active policies is read in pages of twenty: those that run out are on the second.
    let mut later = 0;
    for bought in 0..20 {
        if bought % 8 == 0 {
            net.report().await;
        }
        (later, _) = net.buy(AGGRESSIVE, 100_000 * USD, expiry + 604_800, BTC / 100).await.unwrap();
    }
    net.report().await;
    let (high, _) = net.buy(AGGRESSIVE, 100_000 * USD, expiry, BTC).await.unwrap();
    let (low, _) = net.buy(AGGRESSIVE, 95_000 * USD, expiry, BTC).await.unwrap();
    net.hold(97_000 * USD).await;
    while net.now().await < expiry {
        net.next_boundary().await;
        if net.now().await < expiry {
            net.keep().await;
        }
    }
    let statuses = async |net: &Net| {
        [net.policy(high).await.status, net.policy(low).await.status, net.policy(later).await.status]
    };

    // The first price after the expiry is there, and nothing is done yet. After the keeper has done everything, the chain
    // goes back to that: it is done again, not a day later.
    net.post("/devnet/snapshot", serde_json::json!({ "name": "over" })).await;
    assert!(net.keep().await > 0);
    assert_eq!(statuses(&net).await, [SETTLED, EXPIRED, ACTIVE]);
    assert_eq!(net.keep().await, 0);
    net.post("/devnet/restore", serde_json::json!({ "name": "over" })).await;
    assert_eq!(statuses(&net).await, [ACTIVE; 3]);
    assert!(net.keep().await > 0);
    assert_eq!(statuses(&net).await, [SETTLED, EXPIRED, ACTIVE]);

    // Also when the chain has grown past where it was before anybody looked.
    net.post("/devnet/restore", serde_json::json!({ "name": "over" })).await;
    net.post("/devnet/time", serde_json::json!({ "seconds": 3_600 })).await;
    assert!(net.keep().await > 0);
    assert_eq!(statuses(&net).await, [SETTLED, EXPIRED, ACTIVE]);

    // It ended between settling and claiming: another one, who has seen nothing of it, pays and ends the policies.
    net.post("/devnet/restore", serde_json::json!({ "name": "over" })).await;
    let call = policy_registry::SettleExpiry { tier: AGGRESSIVE, token: net.sbtc(), expiry: expiry.into() };
    net.call(PETER, call, Vec::new()).await;
    let mut net = net.restart().await;
    assert_eq!(statuses(&net).await, [ACTIVE; 3]);
    let before = net.holdings().await.of("wallet_1").sbtc.base_units();
    assert!(net.keep().await >= 2);
    assert_eq!(statuses(&net).await, [SETTLED, EXPIRED, ACTIVE]);
    let paid = net.policy(high).await.paid;
    assert!(paid > 0);
    let after = net.holdings().await.of("wallet_1").sbtc.base_units();
    assert_eq!(after, before + paid);
}
