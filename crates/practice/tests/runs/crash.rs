//! March 2020: prices of the worst fortnight, driven through the oracle into the pool.

use std::collections::BTreeSet;

use crate::net::{AGGRESSIVE, BALANCED, BTC, DAY, IRENE, Net, PETER, USD, print_change};

/// Thursday 2020-03-05 00:00 UTC.
const START: u64 = 1_583_366_400;
const SETTLED: u128 = 3;
const EXPIRED: u128 = 4;

/// Daily low and close of BTC in USD cents, 2020-03-05 to 2020-03-20, as published by Yahoo Finance.
const MARCH_2020: [(u128, u128); 16] = [
    (875_725, 907_876),
    (903_208, 912_255),
    (889_074, 890_995),
    (810_525, 810_812),
    (769_010, 792_364),
    (781_476, 790_973),
    (764_281, 791_143),
    (486_035, 497_079),
    (410_698, 556_371),
    (512_507, 520_037),
    (516_928, 539_231),
    (457_536, 501_448),
    (498_191, 522_563),
    (506_934, 523_844),
    (523_697, 619_119),
    (586_578, 619_878),
];

struct Bought {
    policy: u128,
    strike: u128,
    expiry: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn march_2020_pays_every_policy_its_promise() {
    let cent = USD / 100;
    let mut net = Net::start(START, 907_876 * cent, USD / 10).await;
    for account in [PETER, IRENE] {
        let gift = serde_json::json!({ "address": net.address(account), "amount": (50 * BTC).to_string() });
        net.post("/devnet/faucet/sbtc", gift).await;
    }
    let before = net.holdings().await;
    for tier in [BALANCED, AGGRESSIVE] {
        net.commit(tier, 20 * BTC).await;
    }
    net.next_boundary().await;
    net.keep().await;

    let mut open: Vec<Bought> = Vec::new();
    let (mut sold, mut in_the_money, mut paid) = (0, 0, 0);
    let mut refusals = BTreeSet::new();
    let mut days = MARCH_2020.into_iter().skip(1);
    loop {
        let day = days.next();
        if day.is_none() && open.is_empty() {
            break;
        }
        if let Some((low, close)) = day {
            let spot = net.market().state().quote.btc.base_units();
            for (tier, part) in [(BALANCED, 85), (AGGRESSIVE, 100)] {
                let step = 250 * USD;
                let strike = spot * part / 100 / step * step;
                let expiry = net.expiry(2).await;
                match net.buy(tier, strike, expiry, BTC / 2).await {
                    Ok((policy, _)) => {
                        sold += 1;
                        open.push(Bought { policy, strike, expiry });
                    }
                    // A strike between two grids, or a bucket that is full: nothing else may refuse.
                    Err(code) => {
                        assert!([1_840_003, 1_842_301].contains(&code), "u{code}");
                        refusals.insert(code);
                    }
                }
            }
            net.walk_to(low * cent).await;
            net.walk_to(close * cent).await;
        }
        let boundary = net.next_boundary().await;
        net.keep().await;
        let (over, still): (Vec<_>, Vec<_>) = open.into_iter().partition(|one| one.expiry <= boundary);
        open = still;
        for Bought { policy, strike, expiry } in over {
            let price = net.boundary_price(expiry).await;
            let promise = if price < strike { (BTC / 2 * (strike - price) / price).min(BTC / 2) } else { 0 };
            let ended = net.policy(policy).await;
            let status = if price < strike { SETTLED } else { EXPIRED };
            assert_eq!((ended.status, ended.paid), (status, promise), "policy {policy} at {price}");
            in_the_money += u32::from(promise > 0);
            paid += promise;
        }
        let held = net.holdings().await.of("liquidity-pool-vault").sbtc.base_units();
        net.check_books(held).await;
    }
    let after = net.holdings().await;
    println!(
        "\n{sold} policies sold, {in_the_money} ended in the money and were paid {paid} satoshis; refused: {refusals:?}"
    );
    print_change("March 2020", &before, &after);
    assert!(sold > 15, "{sold} policies");
    assert!(paid > BTC, "{paid}");
    assert!(net.now().await > START + 20 * DAY);
}
