//! A real devnet with the suite in service: it is usable as it is, and not after it was begun anew with something else.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use bithedge_devnet::{Config, Devnet};
use bithedge_engine::intents::{Intent, Upkeep};
use bithedge_engine::networks::{Checker, ContractState, Endpoint, NetworkProfile, Problem};
use bithedge_engine::transactions::{AcknowledgeError, DraftError, Settings, TransactionId};
use bithedge_engine::{Engine, ProposeError, Setup, SystemClock};
use bithedge_practice::feed::Mine;
use bithedge_practice::market::Quote;
use bithedge_practice::{Practice, PracticeNetwork, key};
use bithedge_protocol::UsdE8;
use bithedge_stacks::address::{Address, Hash160, Principal};
use bithedge_stacks::network::Network;
use bithedge_stacks::transaction::{Memo, Payload, TransactionBuilder};
use bithedge_stacks::units::MicroStx;

use crate::signer::wallet;

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
    a_fee_is_all_that_it_takes(&network, &endpoint).await;
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

/// An account has less than the most that a call may pay, and more than this one asks: what it wants may be a claim that cannot wait.
async fn a_fee_is_all_that_it_takes(network: &PracticeNetwork, endpoint: &Endpoint) {
    let chain = network.chain();
    let rich = key(1).unwrap();
    let who = rich.address(Network::TESTNET.version);
    let nonce = chain.client.account(&Principal::Standard(who)).await.unwrap().nonce;
    let poor: Address = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG".parse().unwrap();
    let settings = Settings::default();
    let has = MicroStx::new(500_000);
    assert!(has < settings.fees.call_ceiling);
    let payload = Payload::TokenTransfer { recipient: poor.into(), amount: has, memo: Memo::EMPTY };
    let transfer = TransactionBuilder::new(Network::TESTNET, payload).nonce(nonce).fee(MicroStx::new(10_000));
    chain.client.broadcast(&transfer.sign(&rich).unwrap()).await.unwrap();
    Mine::new(&network.url()).block(false).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (_place, wallet) = wallet();
    let engine = Engine::open(Setup {
        folder: folder.path().to_path_buf(),
        profile: NetworkProfile::devnet(endpoint.clone()).unwrap(),
        wallet,
        settings,
        clock: Arc::new(SystemClock),
    })
    .await
    .unwrap();
    let intent = Intent::from(Upkeep::CheckOracle);
    let question = engine.propose(poor, &intent).await.unwrap();
    assert!(question.approval().fee < has, "{:?}", question.approval());
    drop(question);
    // What it cannot pay is refused, with the fee that is asked.
    let nobody = Address { hash: Hash160([9; 20]), ..poor };
    let refused = engine.propose(nobody, &intent).await;
    assert!(
        matches!(refused, Err(ProposeError::Draft(DraftError::InsufficientFunds { available: 0, .. }))),
        "{refused:?}"
    );
    // A person's books of alarms are the engine's to tell.
    assert_eq!(engine.open_alarms().unwrap(), []);
    let nothing = engine.acknowledge(TransactionId(1), &BTreeSet::new());
    assert!(matches!(nothing, Err(AcknowledgeError::Nothing(_))), "{nothing:?}");
    engine.close().await;
}
