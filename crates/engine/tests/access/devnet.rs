//! A real devnet with the suite in service: it is usable as it is, and not after it was begun anew with something else.

use std::path::PathBuf;
use std::time::Instant;

use bithedge_devnet::{Config, Devnet};
use bithedge_engine::SystemClock;
use bithedge_engine::networks::{Checker, ContractState, Endpoint, NetworkProfile, Problem};
use bithedge_practice::Practice;
use bithedge_practice::market::Quote;
use bithedge_protocol::UsdE8;

const USD: u128 = 100_000_000;

fn config(folder: &tempfile::TempDir, began: u64) -> Config {
    Config {
        data_dir: folder.path().to_path_buf(),
        port: 0,
        block_time: None,
        worker_dir: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/worker")),
        genesis_time: Some(began),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_devnet_in_service_is_usable_and_an_empty_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let practice = Practice {
        quote: Quote { btc: UsdE8::new(100_000 * USD), stx: UsdE8::new(USD) },
        walks: false,
        attended: false,
        ..Practice::new(config(&folder, 1_767_571_200))
    };
    let network = practice.start().await.unwrap();
    let checker = |url: &str| {
        let endpoint = Endpoint::parse(url).unwrap();
        (Checker::new(NetworkProfile::devnet(endpoint.clone()).unwrap(), SystemClock), endpoint)
    };
    let (first, endpoint) = checker(&network.url());
    let begun = Instant::now();
    let verdict = first.check_node(&endpoint).await;
    println!("a check of a devnet takes {:?}", begun.elapsed());
    assert!(verdict.is_usable(), "{verdict:#?}");
    assert!(verdict.has_api() && verdict.limits.is_empty(), "{:?}", verdict.limits);
    let identity = verdict.identity.unwrap();
    assert_eq!(first.confirm(&endpoint).await.unwrap(), identity);
    network.shutdown().await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let devnet = Devnet::start(config(&folder, 1_767_571_201)).await.unwrap();
    let (second, endpoint) = checker(&devnet.url());
    let verdict = second.check_node(&endpoint).await;
    assert!(!verdict.is_usable());
    let is_missing =
        |problem: &Problem| matches!(problem, Problem::Contract { state: ContractState::Missing, .. });
    assert!(verdict.problems.iter().all(is_missing), "{:?}", verdict.problems);
    let other = verdict.identity.unwrap();
    assert_eq!(other.chain_id, identity.chain_id);
    assert!(!other.may_be(&identity), "another devnet is another chain: {other}");
    devnet.shutdown().await.unwrap();
}
