//! A policy that is exercised, and one that is settled without its owner while its provider leaves over two closes.

use bithedge_practice::holdings::Holdings;
use bithedge_stacks::Principal;
use bithedge_suite::generated::{liquidity_pool, policy_registry};

use crate::net::{BALANCED, BTC, IRENE, Net, PETER, USD, print_change};

/// Monday 2026-01-05 00:00 UTC.
const START: u64 = 1_767_571_200;
const SETTLED: u128 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn capital_is_committed_protection_bought_and_exercised_and_the_rest_settles_without_the_owner() {
    let mut net = Net::start(START, 100_000 * USD, USD).await;
    let first = commit_quote_buy_crash_activate(&mut net).await;
    settle_without_the_owner_and_leave_over_two_epochs(&mut net, first).await;
}

async fn commit_quote_buy_crash_activate(net: &mut Net) -> Holdings {
    let before = net.holdings().await;
    net.commit(BALANCED, 5 * BTC).await;
    net.next_boundary().await;
    assert!(net.keep().await > 0, "the epochs are closed");
    // The rest is the bounty that the deposit paid in advance, and that the close has earned.
    assert_eq!(net.bucket(BALANCED).await.assets, 5 * BTC - 50);

    let expiry = net.expiry(21).await;
    let (policy, cost) = net.buy(BALANCED, 85_000 * USD, expiry, BTC).await.unwrap();
    println!("85,000 USD for three weeks cost {cost} satoshis a bitcoin");

    for price in [92_000, 84_000, 76_000, 70_000] {
        net.hold(price * USD).await;
    }
    let value = net.read(policy_registry::GetPolicyValue { id: policy }).await.unwrap();
    // 85,000 - 70,000 USD at 70,000 USD a bitcoin.
    let promise = BTC * 15 / 70;
    assert_eq!(value.payout, promise);
    let call = policy_registry::ActivateProtection { id: policy, token: net.sbtc(), min_payout: promise };
    assert_eq!(net.call(PETER, call, vec![net.vault_sends(promise)]).await, promise);

    let after = net.holdings().await;
    print_change("commit, quote, buy, crash, activate", &before, &after);
    assert_eq!(
        after.of("wallet_1").sbtc.base_units() + cost,
        before.of("wallet_1").sbtc.base_units() + promise
    );
    net.check_books(after.of("liquidity-pool-vault").sbtc.base_units()).await;
    after
}

async fn settle_without_the_owner_and_leave_over_two_epochs(net: &mut Net, before: Holdings) {
    net.next_boundary().await;
    net.keep().await;
    // Four bitcoin and what is over are in the bucket: three are locked until Friday.
    let expiry = net.expiry(2).await;
    let strike = 62_500 * USD;
    let size = 3 * BTC;
    let (policy, _) = net.buy(BALANCED, strike, expiry, size).await.unwrap();

    let token = Principal::Contract(net.sbtc());
    let provider =
        liquidity_pool::GetProvider { tier: BALANCED, token: token.clone(), provider: net.address(IRENE) };
    let position = net.read(provider.clone()).await.unwrap();
    let shares = position.shares;
    let call = liquidity_pool::RequestWithdrawal { tier: BALANCED, token: token.clone(), shares };
    net.call(IRENE, call, Vec::new()).await;
    net.next_boundary().await;
    net.keep().await;
    let position = net.read(provider.clone()).await.unwrap();
    let (first, queued) = (position.claimable, position.ticket.shares);
    println!("first close: {first} satoshis, {queued} of {shares} shares still queue");
    assert!(first > BTC && queued > shares / 2 && queued < shares, "{first}, {queued} of {shares}");
    let claim =
        liquidity_pool::ClaimWithdrawal { tier: BALANCED, token: net.sbtc(), provider: net.address(IRENE) };
    net.call(IRENE, claim.clone(), vec![net.vault_sends(first)]).await;

    // The price ends below the strike, and Peter does nothing.
    net.hold(64_000 * USD).await;
    net.hold(60_000 * USD).await;
    while net.now().await < expiry {
        net.next_boundary().await;
        net.keep().await;
    }
    let price = net.boundary_price(expiry).await;
    let promise = size * (strike - price) / price;
    let settled = net.policy(policy).await;
    assert_eq!((settled.status, settled.paid), (SETTLED, promise), "at {price}");

    let position = net.read(provider.clone()).await.unwrap();
    let second = position.claimable;
    println!("second close: {second} satoshis, {} shares still queue", position.ticket.shares);
    assert_eq!(position.ticket.shares, 0);
    assert!(second > BTC, "{second}");
    net.call(IRENE, claim, vec![net.vault_sends(second)]).await;

    let after = net.holdings().await;
    print_change("settled without its owner, and an exit over two closes", &before, &after);
    net.check_books(after.of("liquidity-pool-vault").sbtc.base_units()).await;
}
