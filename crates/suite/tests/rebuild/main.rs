//! Events are enough: whoever reads only what the contracts print knows every balance and every policy.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod positions;
mod projection;
mod traffic;

use bithedge_stacks::{Principal, Value};
use bithedge_suite_world::{World, num, u, who};

use projection::Projection;
use traffic::Traffic;

#[test]
fn events_alone_rebuild_every_balance_and_every_policy() {
    let mut w = World::new();
    w.vm.snapshot().unwrap();
    let prices = (w.btc_price, w.stx_price);
    for seed in 1..=2 {
        w.vm.restore().unwrap();
        (w.btc_price, w.stx_price) = prices;
        let mut traffic = Traffic::new(seed);
        for round in 0..6 {
            for _ in 0..40 {
                traffic.step(&mut w);
            }
            compare(&mut w, &traffic.projection, &format!("seed {seed}, round {round}"));
        }
        let seen = traffic.projection.seen();
        for event in [
            "capital-committed",
            "epoch-closed",
            "exit-requested",
            "collateral-sold",
            "collateral-released",
            "expiry-settled",
            "claim-paid",
            "withdrawal-paid",
            "bounty-credited",
            "policy-created",
            "fee-processed",
        ] {
            assert!(seen.contains(event), "seed {seed} provoked no {event}: it shows too little");
        }
    }
}

fn compare(w: &mut World, projection: &Projection, when: &str) {
    for ((tier, token), bucket) in &projection.buckets {
        let token = Value::Principal(token.clone());
        let chain = w.bucket(*tier, &token);
        for (field, value) in bucket.figures() {
            assert_eq!(num(&chain, field), value, "{when}: {field} of {chain:?}");
        }
        let live: Vec<u128> = chain
            .field("live")
            .unwrap()
            .as_list()
            .unwrap()
            .iter()
            .map(|one| one.as_uint().unwrap())
            .collect();
        assert_eq!(sorted(live), bucket.live(), "{when}");
        for user in traffic::users(w) {
            let chain = w.position(*tier, &token, user);
            let position = bucket.position(&Principal::Standard(user));
            let ticket = chain.field("ticket").unwrap();
            let pending = chain.field("pending").unwrap().as_list().unwrap();
            let waiting = |field| pending.iter().map(|one| num(one, field)).sum::<u128>();
            let found = [
                num(&chain, "shares"),
                num(&chain, "basis"),
                num(ticket, "shares"),
                num(ticket, "basis"),
                waiting("deposit"),
                waiting("exit"),
                num(&chain, "claimable"),
                num(&chain, "returned"),
                num(&chain, "proceeds"),
                num(&chain, "basis-returned"),
            ];
            assert_eq!(found, position, "{when}: {chain:?}");
        }
    }
    for ((owner, token), amount) in &projection.credits {
        let arguments = [Value::Principal(owner.clone()), Value::Principal(token.clone())];
        assert_eq!(w.read("liquidity-pool", "get-credit", &arguments).as_uint().unwrap(), *amount, "{when}");
    }
    for ((backend, token), (balance, locked)) in &projection.vault {
        let arguments = [Value::Principal(backend.clone()), Value::Principal(token.clone())];
        let account = w.read("liquidity-pool-vault", "get-account", &arguments);
        assert_eq!((num(&account, "balance"), num(&account, "locked")), (*balance, *locked), "{when}");
    }
    for (token, parts) in &projection.treasury {
        let chain = w.read("treasury", "get-token", &[Value::Principal(token.clone())]);
        let found = ["undistributed", "allocated", "holdings"].map(|part| num(&chain, part));
        assert_eq!(found, *parts, "{when}");
    }
    let count = w.read("policy-registry", "get-policy-count", &[]).as_uint().unwrap();
    assert_eq!(count, projection.policies.len() as u128, "{when}");
    for (id, policy) in &projection.policies {
        let chain =
            w.read("policy-registry", "get-policy", &[u(*id)]).as_optional().unwrap().unwrap().clone();
        for (field, value) in policy.figures() {
            assert_eq!(num(&chain, field), value, "{when}: {field} of policy {id}");
        }
        assert_eq!(chain.field("owner").unwrap(), &Value::Principal(policy.owner.clone()));
        assert_eq!(chain.field("token").unwrap(), &Value::Principal(policy.token.clone()));
    }
    // Each user's list of policies too.
    for user in traffic::users(w) {
        let owned = projection.policies.values().filter(|one| one.owner == Principal::Standard(user)).count();
        let count = w.read("policy-registry", "get-owner-count", &[who(user)]);
        assert_eq!(count.as_uint().unwrap(), owned as u128);
    }
}

fn sorted(mut list: Vec<u128>) -> Vec<u128> {
    list.sort_unstable();
    list
}
