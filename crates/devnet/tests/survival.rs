//! What was accepted survives: restarts, a killed process, reorganisations, and going back to a named state.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use bithedge_devnet::{Config, Devnet};
use bithedge_stacks::transaction::Memo;
use bithedge_stacks::{MicroStx, Network, Principal, Transaction, TransactionBuilder, Value};
use serde_json::{Value as Json, json};
use support::{FEE, Net, address, call, config, deploy, sign, worker};

/// One at a time: a test here kills every worker that this process has started.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn transfer(amount: u64) -> TransactionBuilder {
    let to: Principal = address(2).parse().unwrap();
    TransactionBuilder::transfer(Network::TESTNET, to, MicroStx::new(amount), Memo::EMPTY)
}

/// Everything that a client can see of the chain.
async fn seen(net: &Net) -> Vec<Json> {
    let mut seen = Vec::new();
    for path in [
        "/devnet/status",
        "/v2/info",
        "/extended/v1/tx?limit=200",
        "/extended/v1/tx/mempool?limit=200",
        "/extended/v2/blocks?limit=200",
    ] {
        seen.push(net.get(path).await);
    }
    seen.push(net.get(&format!("/extended/v1/address/{}/balances", address(1))).await);
    seen.push(net.get(&format!("/extended/v1/contract/{}.probe/events", address(0))).await);
    seen.push(net.read("get-note", &[]).await);
    seen.push(net.read("get-clock", &[]).await);
    seen
}

/// A bit of everything: deployments, calls that succeed, fail and stop, time, faucets, and one that waits.
async fn busy(net: &Net) {
    net.deploy_probe().await;
    net.post("/devnet/time", json!({ "seconds": 12_345 })).await;
    for (nonce, builder) in [
        call("set-note", vec![Value::UInt(5)]),
        call("refuse", vec![Value::UInt(5)]),
        call("stop", vec![Value::UInt(5)]),
        call("set-note", vec![Value::UInt(6)]),
        deploy("broken", "(define-public (x) (ok (+ 1 u1)))"),
        transfer(77),
        deploy("second", "(print { at: stacks-block-height })"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(net.send(&sign(1, nonce as u64, FEE, builder)).await.0, 200);
    }
    net.mine(5).await;
    net.post("/devnet/faucet/sbtc", json!({ "address": address(1), "amount": "123" })).await;
    net.post("/devnet/mine", json!({ "blocks": 3, "burn": true })).await;
    assert_eq!(net.send(&sign(1, 9, FEE, transfer(1))).await.0, 200, "its turn has not come");
    assert_eq!(net.nonce(address(1)).await, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_gives_the_same_chain_to_the_last_field() {
    let _alone = ALONE.lock().await;
    let mut net = Net::start().await;
    busy(&net).await;
    let before = seen(&net).await;
    net.restart().await;
    let after = seen(&net).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    // And it goes on from there.
    assert_eq!(net.settle(&sign(1, 7, FEE, transfer(3))).await["tx_status"], "success");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorganisation_replaces_blocks_and_keeps_transactions() {
    let _alone = ALONE.lock().await;
    let mut net = Net::start().await;
    net.deploy_probe().await;
    let kept = sign(1, 0, FEE, call("set-note", vec![Value::UInt(1)]));
    net.settle(&kept).await;
    net.mine(2).await;
    let tip = net.get("/v2/info").await;
    let height = tip["stacks_tip_height"].as_u64().unwrap();
    let lost_hash = net.get(&format!("/extended/v2/blocks/{}", height - 1)).await["hash"].clone();
    let old = net.get(&format!("/extended/v1/tx/{}", kept.txid())).await;

    net.post("/devnet/reorg", json!({ "depth": 3 })).await;
    let after = net.get("/v2/info").await;
    assert_eq!(after["stacks_tip_height"].as_u64().unwrap(), height + 1, "the new fork is longer");
    let response =
        net.http.get(format!("{}/extended/v2/blocks/{}", net.url, lost_hash.as_str().unwrap())).send().await;
    assert_eq!(response.unwrap().status().as_u16(), 404, "a replaced block is gone");
    assert_ne!(net.get(&format!("/extended/v2/blocks/{}", height - 1)).await["hash"], lost_hash);
    let again = net.get(&format!("/extended/v1/tx/{}", kept.txid())).await;
    assert_eq!(again["tx_status"], "success");
    assert_ne!(again["block_hash"], old["block_hash"]);
    assert_eq!(net.nonce(address(1)).await, 1, "it was not executed twice");
    assert_eq!(net.value("get-note", &[]).await, Value::UInt(1));

    let second = sign(1, 1, FEE, call("set-note", vec![Value::UInt(2)]));
    net.settle(&second).await;
    net.post("/devnet/reorg", json!({ "depth": 1, "drop_transactions": true })).await;
    assert_eq!(net.value("get-note", &[]).await, Value::UInt(1), "a dropped one has no effect");
    assert_eq!(net.nonce(address(1)).await, 1);
    let dropped = net.get(&format!("/extended/v1/tx/{}", second.txid())).await;
    assert_eq!(dropped["tx_status"], "dropped_problematic");
    let before = net.get("/v2/info").await;
    net.restart().await;
    assert_eq!(net.get("/v2/info").await, before);
    let still = net.get(&format!("/extended/v1/tx/{}", second.txid())).await;
    assert_eq!(still, dropped, "what became of it is remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_state_comes_back_whole() {
    let _alone = ALONE.lock().await;
    let mut net = Net::start().await;
    busy(&net).await;
    let mut before = seen(&net).await;
    net.post("/devnet/snapshot", json!({ "name": "quiet" })).await;
    net.settle(&sign(1, 7, FEE, call("set-note", vec![Value::UInt(99)]))).await;
    net.post("/devnet/time", json!({ "seconds": 86_400 })).await;
    net.post("/devnet/restore", json!({ "name": "quiet" })).await;
    let mut after = seen(&net).await;
    // The blocks to come are another fork's; everything that stands is the same.
    for status in [&mut before, &mut after] {
        status[0]["tip"]["fork"] = Json::Null;
    }
    assert_eq!(after, before);
    net.restart().await;
    let mut restarted = seen(&net).await;
    restarted[0]["tip"]["fork"] = Json::Null;
    assert_eq!(restarted, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_leave_nothing_half_done() {
    let _alone = ALONE.lock().await;
    let net = Net::start().await;
    net.deploy_probe().await;
    let impatient = reqwest::Client::builder().timeout(std::time::Duration::from_millis(3)).build().unwrap();
    let mut nonce = 0;
    for round in 0..60u64 {
        let tx = sign(1, nonce, FEE, transfer(1));
        let sending = impatient.post(format!("{}/v2/transactions", net.url));
        let _ = sending.header("content-type", "application/octet-stream").body(tx.encode()).send().await;
        let _ = impatient.post(format!("{}/devnet/mine", net.url)).body("{}").send().await;
        let _ = impatient.get(format!("{}/v2/accounts/{}", net.url, address(1))).send().await;
        if round % 6 == 0 {
            let _ =
                impatient.post(format!("{}/devnet/time", net.url)).body(r#"{"seconds":600000}"#).send().await;
        }
        // A patient client sees a devnet that answers, whatever became of the others.
        nonce = net.get(&format!("/extended/v1/address/{}/nonces", address(1))).await["possible_next_nonce"]
            .as_u64()
            .unwrap();
    }
    net.mine(2).await;
    assert!(nonce > 10, "{nonce}");
    assert_eq!(net.nonce(address(1)).await, nonce);
    assert_eq!(net.stx(address(2)).await, 100_000_000_000_000 + u128::from(nonce));
}

/// Kills the Node process of the devnet in this process.
fn kill_worker() {
    let own = std::process::id();
    let mut killed = 0;
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(status) = std::fs::read_to_string(entry.path().join("status")) else { continue };
        let is =
            |field: &str, value: &str| status.lines().any(|line| line.split_whitespace().eq([field, value]));
        if is("PPid:", &own.to_string()) && is("Name:", "node") {
            let pid = entry.file_name().into_string().unwrap();
            assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
            killed += 1;
        }
    }
    assert_eq!(killed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_that_is_killed_comes_back_and_nobody_is_blamed() {
    let _alone = ALONE.lock().await;
    let net = Net::start().await;
    net.deploy_probe().await;
    let waiting = [
        sign(1, 0, FEE, deploy("mine", "(define-data-var x uint u1)")),
        sign(1, 1, FEE, call("set-note", vec![Value::UInt(8)])),
    ];
    for tx in &waiting {
        assert_eq!(net.send(tx).await.0, 200);
    }
    kill_worker();
    assert_eq!(
        net.value("get-note", &[]).await,
        Value::UInt(0),
        "a read is answered as if nothing had happened"
    );
    kill_worker();
    assert_eq!(net.mine(2).await["included"], 2, "and so are blocks made");
    for tx in &waiting {
        assert_eq!(net.get(&format!("/extended/v1/tx/{}", tx.txid())).await["tx_status"], "success");
    }
    assert_eq!(net.value("get-note", &[]).await, Value::UInt(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_still_holds_a_connection_does_not_keep_the_data() {
    use tokio::io::AsyncWriteExt as _;

    let _alone = ALONE.lock().await;
    let mut net = Net::start().await;
    net.deploy_probe().await;
    // Somebody who has begun to ask, and does not go on.
    let address = net.url.trim_start_matches("http://").to_owned();
    let mut half = tokio::net::TcpStream::connect(address).await.unwrap();
    half.write_all(b"GET /v2/info HTTP/1.1\r\nHost: 127.0.0.1\r\n").await.unwrap();
    // It has arrived when something later is answered.
    net.get("/v2/info").await;
    net.restart().await;
    assert_eq!(net.value("get-note", &[]).await, Value::UInt(0));
    drop(half);
}

/// A worker of its own, whose script can be spoilt.
fn own_worker(folder: &std::path::Path) {
    for file in std::fs::read_dir(worker()).unwrap().flatten() {
        let to = folder.join(file.file_name());
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), to).unwrap();
        } else {
            std::os::unix::fs::symlink(file.path().canonicalize().unwrap(), to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_that_does_not_come_back_keeps_nobody_from_closing() {
    let _alone = ALONE.lock().await;
    let (data, scripts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    own_worker(scripts.path());
    let config = Config { worker_dir: scripts.path().to_owned(), ..config(data.path()) };
    let mut devnet = Devnet::start(config).await.unwrap();
    // The VM ends and does not start again; after that it starts, and never answers.
    std::fs::write(scripts.path().join("worker.mjs"), "process.exit(1);").unwrap();
    kill_worker();
    // Fails when it is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let status = http.post(format!("{}/devnet/mine", devnet.url())).body("{}").send().await.unwrap().status();
    assert!(status.is_server_error(), "{status}");
    std::fs::write(scripts.path().join("worker.mjs"), "setInterval(() => {}, 1000);").unwrap();
    devnet.mine_every(std::time::Duration::from_millis(100));
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let closed = tokio::time::timeout(std::time::Duration::from_secs(20), devnet.shutdown()).await;
    closed.expect("it ends").unwrap();
    // Its data is free.
    Devnet::start(support::config(data.path())).await.unwrap().shutdown().await.unwrap();
}

struct Killed {
    child: Child,
    url: String,
}

fn spawn(data: &std::path::Path) -> Killed {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bithedge-devnet"))
        .args(["--port", "0", "--block-time", "0.2", "--genesis-time", "1700000000", "--data-dir"])
        .arg(data)
        .arg("--worker-dir")
        .arg(worker())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Json = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["ready"], true);
    Killed { child, url: ready["url"].as_str().unwrap().to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_that_it_accepted() {
    let _alone = ALONE.lock().await;
    let mut net = Net::start().await;
    net.devnet.take().unwrap().shutdown().await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut accepted: Vec<Transaction> = Vec::new();
    let mut mined: Vec<Json> = Vec::new();
    for round in 0..6u64 {
        let mut process = spawn(data.path());
        net.url.clone_from(&process.url);
        // What was mined before the last kill is where it was, in the same block.
        for before in &mined {
            let now = net.get(&format!("/extended/v1/tx/{}", before["tx_id"].as_str().unwrap())).await;
            assert_eq!(&now, before);
        }
        for tx in &accepted {
            let now = net.get(&format!("/extended/v1/tx/{}", tx.txid())).await;
            assert!(["pending", "success"].contains(&now["tx_status"].as_str().unwrap()), "{now}");
        }
        // Send until the axe falls, at another moment every time, while blocks are made.
        let killing = tokio::time::Instant::now() + std::time::Duration::from_millis(150 + 170 * round);
        while tokio::time::Instant::now() < killing {
            let tx = sign(1, accepted.len() as u64, FEE, transfer(1 + accepted.len() as u64));
            match net.send(&tx).await {
                (200, _) => accepted.push(tx),
                (400, body) => {
                    assert_eq!(body["reason"], "TooMuchChaining", "{body}");
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
                other => panic!("{other:?}"),
            }
        }
        mined = net.get("/extended/v1/tx?limit=200").await["results"].as_array().unwrap().clone();
        process.child.kill().unwrap();
        process.child.wait().unwrap();
    }
    assert!(accepted.len() > 30 && mined.len() > 10, "{} accepted, {} mined", accepted.len(), mined.len());
    let mut process = spawn(data.path());
    net.url.clone_from(&process.url);
    for _ in 0..200 {
        if net.nonce(address(1)).await == accepted.len() as u64 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let amounts: u128 = (1..=accepted.len() as u128).sum();
    let received = net.stx(address(2)).await - 100_000_000_000_000;
    process.child.kill().unwrap();
    process.child.wait().unwrap();
    assert_eq!(received, amounts, "each was executed exactly once");
}
