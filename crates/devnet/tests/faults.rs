//! Every fault that the devnet can show, and this project's client in front of it: the right answer or a typed error,
//! never a wrong answer.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use bithedge_stacks::client::{ClientConfig, Failure, Outcome, TransactionStatus};
use bithedge_stacks::transaction::Memo;
use bithedge_stacks::{
    ClientError, MicroStx, Network, NodeClient, Principal, Transaction, TransactionBuilder, Value,
};
use serde_json::{Value as Json, json};
use support::{FEE, Net, address, call, name, probe, sign};

fn config() -> ClientConfig {
    ClientConfig {
        request_timeout: Duration::from_secs(1),
        attempts: 3,
        first_backoff: Duration::from_millis(5),
        max_backoff: Duration::from_millis(20),
        ..ClientConfig::default()
    }
}

fn client(net: &Net) -> NodeClient {
    NodeClient::with_config([&net.url], config()).unwrap()
}

async fn faults(net: &Net, settings: Json) {
    net.post("/devnet/faults", settings).await;
}

fn me() -> Principal {
    address(1).parse().unwrap()
}

fn transfer(nonce: u64) -> Transaction {
    let to: Principal = address(2).parse().unwrap();
    sign(1, nonce, FEE, TransactionBuilder::transfer(Network::TESTNET, to, MicroStx::new(5), Memo::EMPTY))
}

/// What a fault may lead to: the figures that are true, or an error of this kind.
async fn right_or(net: &Net, attempts: u32, fits: impl Fn(&ClientError) -> bool) -> (u32, u32) {
    let client = client(net);
    let (mut right, mut errors) = (0, 0);
    let mut judge = |what: &str, outcome: Result<bool, ClientError>| match outcome {
        Ok(true) => right += 1,
        Ok(false) => panic!("{what}: a wrong answer"),
        Err(error) if fits(&error) => errors += 1,
        Err(error) => panic!("{what}: {error:?}"),
    };
    for _ in 0..attempts {
        judge("info", client.info().await.map(|info| info.stacks_tip_height == 3));
        judge("account", client.account(&me()).await.map(|account| account.nonce == 1));
        let note = client.call_read_only(&probe(), &name("get-note"), &me(), &[]).await;
        judge("read", note.map(|note| note == Value::UInt(5)));
        let source = client.contract_source(&probe()).await;
        judge("source", source.map(|source| source == include_str!("contracts/probe.clar")));
        judge("blocks", client.blocks(2, 0).await.map(|page| page.total == Some(3)));
    }
    (right, errors)
}

async fn prepared() -> Net {
    let net = Net::start().await;
    net.deploy_probe().await;
    net.settle(&sign(1, 0, FEE, call("set-note", vec![Value::UInt(5)]))).await;
    net
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_under_faults_are_right_or_typed_errors() {
    let net = prepared().await;
    assert_eq!(right_or(&net, 2, |_| false).await, (10, 0), "without faults everything is right");

    faults(&net, json!({ "latency_ms": 30 })).await;
    assert_eq!(right_or(&net, 2, |_| false).await, (10, 0), "slow is still right");
    faults(&net, json!({ "latency_ms": 3000 })).await;
    let timeout = |e: &ClientError| matches!(e, ClientError::Unreachable { failure: Failure::Timeout, .. });
    assert_eq!(right_or(&net, 1, timeout).await, (0, 5), "too slow is a timeout");

    let interrupted =
        |e: &ClientError| matches!(e, ClientError::Unreachable { failure: Failure::Interrupted(_), .. });
    faults(&net, json!({ "drop_ppm": 1_000_000 })).await;
    assert_eq!(right_or(&net, 1, interrupted).await, (0, 5));
    let server =
        |e: &ClientError| matches!(e, ClientError::Unreachable { failure: Failure::Server(503), .. });
    faults(&net, json!({ "server_error_ppm": 1_000_000 })).await;
    assert_eq!(right_or(&net, 1, server).await, (0, 5));
    let nonsense = |e: &ClientError| matches!(e, ClientError::Malformed { .. });
    faults(&net, json!({ "truncate_ppm": 1_000_000 })).await;
    assert_eq!(right_or(&net, 1, nonsense).await, (0, 5));
    faults(&net, json!({ "not_json_ppm": 1_000_000 })).await;
    assert_eq!(right_or(&net, 1, nonsense).await, (0, 5));

    // Some of each: three attempts get most calls through, and none through wrongly.
    let some = json!({
        "drop_ppm": 150_000, "server_error_ppm": 150_000, "truncate_ppm": 150_000, "not_json_ppm": 150_000, "seed": 7
    });
    faults(&net, some).await;
    let any = |e: &ClientError| nonsense(e) || interrupted(e) || server(e);
    let (right, errors) = right_or(&net, 20, any).await;
    assert!(right > 60 && right + errors == 100, "{right} right, {errors} errors");

    let response = net.http.delete(format!("{}/devnet/faults", net.url)).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(right_or(&net, 1, |_| false).await, (5, 0), "and all is well when they end");
}

#[tokio::test(flavor = "multi_thread")]
async fn broadcasting_under_faults_never_sends_twice_and_never_loses() {
    let net = prepared().await;
    let client = client(&net);
    let mut sent: Vec<(Transaction, Result<(), ClientError>)> = Vec::new();
    let mut nonce = 1;
    for (round, settings) in [
        json!({ "drop_ppm": 1_000_000 }),
        json!({ "truncate_ppm": 1_000_000 }),
        json!({ "not_json_ppm": 1_000_000 }),
        json!({ "server_error_ppm": 1_000_000 }),
        json!({ "drop_ppm": 500_000, "seed": 3 }),
        json!({ "server_error_ppm": 500_000, "seed": 4 }),
        json!({ "latency_ms": 3_000 }),
    ]
    .into_iter()
    .enumerate()
    {
        faults(&net, settings).await;
        let tx = transfer(nonce);
        let outcome = client.broadcast(&tx).await;
        faults(&net, json!({})).await;
        let known = net.get("/extended/v1/tx/mempool").await;
        let arrived = known["results"].as_array().unwrap().iter().any(|waiting| {
            waiting["tx_id"].as_str().unwrap().trim_start_matches("0x") == hex::encode(tx.txid().0)
        });
        match &outcome {
            Ok(txid) => {
                assert!(arrived && *txid == tx.txid(), "round {round}: told it is accepted, and it is")
            }
            Err(ClientError::Uncertain { .. }) => {}
            Err(ClientError::Unreachable { .. }) => assert!(!arrived, "round {round}: told nothing happened"),
            Err(other) => panic!("round {round}: {other:?}"),
        }
        if arrived {
            nonce += 1;
        }
        sent.push((tx, outcome.map(|_| ())));
    }
    // Sending the same bytes again settles every doubt, and nothing is executed twice.
    for (tx, _) in &sent {
        match client.broadcast(tx).await {
            Ok(txid) => assert_eq!(txid, tx.txid()),
            Err(ClientError::Rejected(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    net.mine(2).await;
    let executed = net.nonce(address(1)).await;
    let distinct: std::collections::BTreeSet<_> = sent.iter().map(|(tx, _)| tx.origin_nonce()).collect();
    assert_eq!(executed, 1 + distinct.len() as u64, "each nonce once");
    assert_eq!(net.stx(address(2)).await, 100_000_000_000_000 + 5 * distinct.len() as u128);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_stands_still_and_one_that_lags_are_noticed() {
    let net = prepared().await;
    let ours = client(&net);
    faults(&net, json!({ "stale_tip": true })).await;
    let before = ours.info().await.unwrap();
    ours.broadcast(&transfer(1)).await.unwrap();
    let (status, body) = net.try_post("/devnet/mine", json!({ "blocks": 1 })).await;
    assert_eq!(status, 409, "{body}");
    assert_eq!(ours.info().await.unwrap().stacks_tip_height, before.stacks_tip_height);
    let record = ours.transaction(transfer(1).txid()).await.unwrap();
    assert!(matches!(record.status, TransactionStatus::Pending), "{record:?}");
    faults(&net, json!({})).await;
    net.mine(1).await;
    let record = ours.transaction(transfer(1).txid()).await.unwrap();
    assert!(
        matches!(&record.status, TransactionStatus::Included(inclusion) if inclusion.outcome == Outcome::Success),
        "{record:?}"
    );

    // A second node that is far behind: its answers are passed over once the first was heard.
    let behind = Net::start().await;
    net.mine(30).await;
    let both = NodeClient::with_config([&net.url, &behind.url], config()).unwrap();
    let high = both.info().await.unwrap().stacks_tip_height;
    faults(&net, json!({ "server_error_ppm": 1_000_000 })).await;
    match both.info().await {
        Err(ClientError::StaleTip { height, seen, .. }) => assert_eq!((height, seen), (1, high)),
        Err(ClientError::Unreachable { .. }) => {}
        other => panic!("the lagging node's answer came through: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_three_block_reorganisation_the_client_sees_the_new_chain() {
    let net = prepared().await;
    let client = client(&net);
    let tx = transfer(1);
    client.broadcast(&tx).await.unwrap();
    net.mine(1).await;
    let before = client.transaction(tx.txid()).await.unwrap();
    net.mine(2).await;
    let tip = client.info().await.unwrap();
    net.post("/devnet/reorg", json!({ "depth": 3 })).await;
    let after = client.info().await.unwrap();
    assert_eq!(after.stacks_tip_height, tip.stacks_tip_height + 1);
    assert_ne!(after.stacks_tip, tip.stacks_tip);
    let again = client.transaction(tx.txid()).await.unwrap();
    let block = |record: &bithedge_stacks::client::TransactionRecord| match &record.status {
        TransactionStatus::Included(inclusion) => inclusion.block,
        other => panic!("{other:?}"),
    };
    assert_ne!(block(&before), block(&again), "the block is another one, and the client says so");
    assert_eq!(client.account(&me()).await.unwrap().nonce, 2);

    // Dropped for good: the transaction is not there any more, and its nonce is free.
    net.post("/devnet/reorg", json!({ "depth": 4, "drop_transactions": true })).await;
    let gone = client.transaction(tx.txid()).await.unwrap();
    assert!(matches!(gone.status, TransactionStatus::Dropped(_)), "{gone:?}");
    assert_eq!(client.account(&me()).await.unwrap().nonce, 1);
}
