//! A practice network that has something to sell from the first minute.

use std::time::{SystemTime, UNIX_EPOCH};

use bithedge_practice::Practice;
use bithedge_stacks::Principal;
use bithedge_suite::generated::{liquidity_pool, oracle};

use crate::net::config;

#[tokio::test(flavor = "multi_thread")]
async fn a_founded_network_has_shares_of_every_bucket_and_a_price_of_now() {
    let folder = tempfile::tempdir().unwrap();
    let practice = || Practice { founded: true, walks: false, ..Practice::new(config(folder.path(), None)) };
    let begun = std::time::Instant::now();
    let network = practice().start().await.unwrap();
    println!("started in {:.1} s", begun.elapsed().as_secs_f64());
    let chain = network.chain().clone();
    let mut held = Vec::new();
    for token in [chain.suite.sbtc().unwrap(), chain.suite.stx()] {
        for tier in [1, 2, 3] {
            let token = Principal::Contract(token.clone());
            let bucket = chain.read(liquidity_pool::GetBucket { tier, token }).await.unwrap().unwrap();
            assert!(bucket.shares > 0 && bucket.deposits_now == 0 && bucket.deposits_next == 0, "{bucket:?}");
            held.push(bucket.assets);
        }
    }
    // Of 3 sBTC and of 3 million STX, without what a deposit prepays to whoever closes.
    assert_eq!(held, [[299_999_950; 3], [2_999_999_950_000; 3]].concat());
    let (time, price) = (chain.time().await.unwrap(), chain.read(oracle::GetLatest {}).await.unwrap());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(time.abs_diff(now) < 1_200, "the chain is at {time}, and it is {now}");
    assert!(price.at + 300 > time.into(), "{price:?} at {time}");
    network.shutdown().await.unwrap();

    // Once is enough.
    let again = practice().start().await.unwrap();
    let token = Principal::Contract(chain.suite.stx().clone());
    let bucket = again.chain().read(liquidity_pool::GetBucket { tier: 2, token }).await.unwrap().unwrap();
    assert_eq!((bucket.assets, bucket.deposits_now, bucket.deposits_next), (2_999_999_950_000, 0, 0));
    again.shutdown().await.unwrap();
}
