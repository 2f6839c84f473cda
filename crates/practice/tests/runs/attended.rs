//! The practice network as people meet it: prices come by themselves, also after time has jumped, and the keeper keeps up.

use std::time::{Duration, Instant};

use bithedge_practice::Practice;
use bithedge_practice::chain::SuiteChain;
use bithedge_stacks::Principal;
use bithedge_suite::generated::{liquidity_pool, oracle};
use serde_json::{Value as Json, json};

use crate::net::{BTC, USD, config};

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(90), "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn price(chain: &SuiteChain) -> Option<u128> {
    chain.read(oracle::GetPrice {}).await.unwrap().ok().map(|price| price.btc)
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_come_by_themselves_and_time_may_jump() {
    let folder = tempfile::tempdir().unwrap();
    let devnet = bithedge_devnet::Config {
        block_time: Some(Duration::from_millis(500)),
        ..config(folder.path(), None)
    };
    let practice = Practice { walks: false, ..Practice::new(devnet) };
    let started = Instant::now();
    let network = practice.clone().start().await.unwrap();
    println!("a new practice network was ready after {:.1} s", started.elapsed().as_secs_f64());
    let chain = network.chain().clone();
    assert_eq!(price(&chain).await, Some(100_000 * USD));
    let pricing = chain.read(oracle::GetPricing {}).await.unwrap().unwrap();
    assert_eq!(pricing.btc_twap, 100_000 * USD);

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |path: &str, body: Json| -> (u16, Json) {
        let answer =
            http.post(format!("{}{path}", network.url())).body(body.to_string()).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    };

    // Somebody sets the price: it is the oracle's at once, also beyond its bound.
    let (status, shown) = post("/devnet/price", json!({ "btc": "62000.5" })).await;
    assert_eq!((status, shown["btc"].as_str()), (200, Some("62000.50000000")), "{shown}");
    until("the new price", async || (price(&chain).await == Some(62_000 * USD + USD / 2)).then_some(()))
        .await;
    assert_eq!(post("/devnet/price", json!({ "btc": "0" })).await.0, 400);

    // A jump over three boundaries: the reporters go on, and the keeper closes every bucket.
    let before = chain.time().await.unwrap();
    post("/devnet/time", json!({ "seconds": 3 * 86_400 })).await;
    until("a fresh price", async || price(&chain).await).await;
    let now = chain.time().await.unwrap();
    assert!(now >= before + 3 * 86_400 - 10);
    for token in [chain.suite.sbtc().unwrap().clone(), chain.suite.stx().clone()] {
        for tier in [1, 2, 3] {
            let token = Principal::Contract(token.clone());
            until("the closes", async || {
                let bucket =
                    chain.read(liquidity_pool::GetBucket { tier, token: token.clone() }).await.unwrap()?;
                (bucket.due > u128::from(chain.time().await.unwrap())).then_some(())
            })
            .await;
        }
    }

    // The network goes on where it was.
    let url = network.url();
    network.shutdown().await.unwrap();
    let started = Instant::now();
    let network = practice.start().await.unwrap();
    println!("it was ready again after {:.1} s", started.elapsed().as_secs_f64());
    assert_ne!(url, "");
    assert!(network.chain().time().await.unwrap() >= now);
    assert_eq!(network.market().state().quote.btc.base_units(), 62_000 * USD + BTC / 2);
    network.shutdown().await.unwrap();
}
