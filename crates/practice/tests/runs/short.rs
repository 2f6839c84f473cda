//! A bucket of STX that cannot pay: the insurance fund helps as far as it may, every holder gets the same part, the rest is
//! recorded, and the keeper's conditions let all of it through.

use bithedge_protocol::UsdE8;
use bithedge_stacks::transaction::{FungibleCode, PostConditionPrincipal};
use bithedge_stacks::{MicroStx, PostCondition, Principal};
use bithedge_suite::generated::{insurance_fund, liquidity_pool, policy_registry};

use crate::net::{AGGRESSIVE, BTC, IRENE, Net, PETER, USD, print_change};

/// Monday 2026-01-05 00:00 UTC.
const START: u64 = 1_767_571_200;
const STX: u128 = 1_000_000;
const IVAN: usize = 3;
const SETTLED: u128 = 3;

fn origin_sends_at_most(micro_stx: u128) -> Vec<PostCondition> {
    let amount = MicroStx::new(u64::try_from(micro_stx).unwrap());
    vec![PostCondition::Stx { principal: PostConditionPrincipal::Origin, code: FungibleCode::Le, amount }]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_bucket_of_stx_is_settled_by_the_keeper_and_everybody_gets_the_same_part() {
    let mut net = Net::start(START, 100_000 * USD, USD).await;
    let before = net.holdings().await;
    let stx = net.network.chain().suite.stx().clone();
    let token = Principal::Contract(stx.clone());
    let capital = 500_000 * STX;
    let call = liquidity_pool::CommitCapital { tier: AGGRESSIVE, token: stx.clone(), amount: capital };
    net.call(IRENE, call, origin_sends_at_most(capital)).await;
    let gift = insurance_fund::ContributeToFund { amount: 1_000 * STX, token: stx.clone() };
    net.call(IVAN, gift, origin_sends_at_most(1_000 * STX)).await;
    net.next_boundary().await;
    net.keep().await;

    let expiry = net.expiry(2).await;
    let mut policies = Vec::new();
    for size in [2 * BTC, BTC] {
        let max_cost = 100_000 * STX;
        let order = policy_registry::PurchaseProtection {
            token: stx.clone(),
            tier: AGGRESSIVE,
            kind: 1,
            strike: 95_000 * USD,
            expiry: expiry.into(),
            size,
            max_cost,
        };
        policies.push((net.call(PETER, order, origin_sends_at_most(max_cost)).await.policy, size));
    }
    let bucket = liquidity_pool::GetBucket { tier: AGGRESSIVE, token: token.clone() };
    let assets = net.read(bucket).await.unwrap().assets;

    // BTC more than halves and STX loses nine tenths.
    for (btc, stx) in
        [(92, 80), (85, 60), (78, 48), (70, 38), (63, 30), (57, 24), (52, 19), (48, 15), (44, 12), (40, 10)]
    {
        net.market().set(None, Some(UsdE8::new(stx * USD / 100)), None);
        net.hold(btc * 1_000 * USD).await;
    }
    while net.now().await < expiry {
        net.next_boundary().await;
        net.keep().await;
    }
    let settled = liquidity_pool::GetSettlement { tier: AGGRESSIVE, token, expiry: expiry.into() };
    let settled = net.read(settled).await.unwrap();
    // Three bitcoin, 47,500 USD each, at 0.10 USD; half of the fund may go to one event.
    let due = 3 * 47_500 * 10 * STX;
    let reserved = assets + 500 * STX;
    assert_eq!((settled.due, settled.owed), (due, due - reserved));
    for (policy, size) in policies {
        let ended = net.policy(policy).await;
        let promise = due * size / (3 * BTC);
        assert_eq!((ended.status, ended.paid), (SETTLED, promise * reserved / due), "policy {policy}");
    }
    let after = net.holdings().await;
    print_change("a short bucket of STX", &before, &after);
}
