//! Measures the built devnet from outside, over HTTP, as an application meets it. Prints one JSON line a figure:
//! `{"name","value","unit","goal"}`.
//!
//! `cargo xtask bench` builds and runs it; BITHEDGE_DEVNET_WORKER names the worker's folder.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use bithedge_devnet::accounts::ACCOUNTS;
use bithedge_stacks::transaction::{AssetInfo, FungibleCode, PostConditionPrincipal};
use bithedge_stacks::{
    ClarityName, ContractId, MicroStx, Network, PostCondition, PostConditionMode, Principal, SecretKey, Seed,
    TransactionBuilder, Value,
};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Accounts that send at the same time.
const SENDERS: usize = 8;
/// Calls of the throughput run, all senders together.
const CALLS: usize = 2_000;
/// Transactions of the memory run.
const MEMORY_TRANSACTIONS: usize = 10_000;
/// How far ahead of its mined nonce an account sends; a node takes 25.
const AHEAD: u64 = 24;

fn report(name: &str, value: f64, unit: &str, goal: &str) -> Outcome<()> {
    writeln!(std::io::stdout(), "{}", json!({ "name": name, "value": value, "unit": unit, "goal": goal }))?;
    Ok(())
}

struct Net {
    child: Child,
    url: String,
    http: reqwest::Client,
}

impl Net {
    async fn start(data: &Path, block_time: &str) -> Outcome<Self> {
        let program = std::env::current_exe()?
            .parent()
            .and_then(Path::parent)
            .map(|folder| folder.join("bithedge-devnet"))
            .ok_or("no folder of built programs")?;
        let worker =
            std::env::var_os("BITHEDGE_DEVNET_WORKER").map(PathBuf::from).ok_or("BITHEDGE_DEVNET_WORKER")?;
        let mut child = Command::new(program)
            .args(["--port", "0", "--block-time", block_time, "--data-dir"])
            .arg(data)
            .arg("--worker-dir")
            .arg(worker)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        let line = BufReader::new(stdout).lines().next_line().await?.ok_or("it ended before it was ready")?;
        let ready: Json = serde_json::from_str(&line)?;
        let url = ready["url"].as_str().ok_or("no address")?.to_owned();
        Ok(Self { child, url, http: reqwest::Client::new() })
    }

    async fn post(&self, path: &str, body: Json) -> Outcome<Json> {
        let response = self.http.post(format!("{}{path}", self.url)).json(&body).send().await?;
        let (status, text) = (response.status(), response.text().await?);
        if !status.is_success() {
            return Err(format!("{path}: {status} {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// Ends the process and waits until it is gone.
    async fn stop(mut self) -> Outcome<()> {
        Ok(self.child.kill().await?)
    }

    /// Resident memory of the devnet and its VM, in MiB.
    async fn memory(&self) -> Outcome<f64> {
        let pid = self.child.id().ok_or("it has ended")?;
        let own = resident_kib(pid).await?;
        let children = tokio::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).await?;
        let mut all = own;
        for child in children.split_whitespace() {
            all += resident_kib(child.parse()?).await?;
        }
        // The worker may have been started by another thread of the devnet.
        if children.trim().is_empty() {
            let mut tasks = tokio::fs::read_dir(format!("/proc/{pid}/task")).await?;
            while let Some(task) = tasks.next_entry().await? {
                for child in tokio::fs::read_to_string(task.path().join("children")).await?.split_whitespace()
                {
                    all += resident_kib(child.parse()?).await?;
                }
            }
        }
        Ok(all / 1024.0)
    }
}

async fn resident_kib(pid: u32) -> Outcome<f64> {
    let status = tokio::fs::read_to_string(format!("/proc/{pid}/status")).await?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
}

fn key(account: usize) -> Outcome<SecretKey> {
    Ok(Seed::from_mnemonic(ACCOUNTS[account].mnemonic, "")?.account(0)?)
}

/// An sBTC transfer that says in deny mode exactly what leaves the sender.
fn sbtc_transfer(key: &SecretKey, from: usize, nonce: u64) -> Outcome<Vec<u8>> {
    let token: ContractId = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token".parse()?;
    let asset = AssetInfo { contract: token.clone(), asset: ClarityName::new("sbtc-token")? };
    let from: Principal = ACCOUNTS[from].address.parse()?;
    let to: Principal = ACCOUNTS[9].address.parse()?;
    let args = vec![Value::UInt(7), Value::Principal(from), Value::Principal(to), Value::Optional(None)];
    let condition = PostCondition::Fungible {
        principal: PostConditionPrincipal::Origin,
        asset,
        code: FungibleCode::Eq,
        amount: 7,
    };
    let tx = TransactionBuilder::call(Network::TESTNET, token, ClarityName::new("transfer")?, args)
        .post_condition(condition)
        .post_condition_mode(PostConditionMode::Deny)
        .nonce(nonce)
        .fee(MicroStx::new(1_000))
        .sign(key)?;
    Ok(tx.encode())
}

/// Sends `count` calls from one account, never further ahead than a node allows, and waits until all are mined.
async fn send_all(
    http: reqwest::Client,
    url: String,
    account: usize,
    first: u64,
    calls: Vec<Vec<u8>>,
) -> Outcome<()> {
    let address = ACCOUNTS[account].address;
    let mined = async |http: &reqwest::Client| -> Outcome<u64> {
        let state: Json =
            http.get(format!("{url}/v2/accounts/{address}?proof=0")).send().await?.json().await?;
        state["nonce"].as_u64().ok_or_else(|| "no nonce".into())
    };
    let mut done = first;
    let last = first + calls.len() as u64;
    for (nonce, bytes) in (first..).zip(calls) {
        while nonce >= done + AHEAD {
            done = mined(&http).await?;
            if nonce >= done + AHEAD {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        let request =
            http.post(format!("{url}/v2/transactions")).header("content-type", "application/octet-stream");
        let response = request.body(bytes).send().await?;
        if !response.status().is_success() {
            return Err(response.text().await?.into());
        }
    }
    while mined(&http).await? < last {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// Sends and mines `total` calls; gives the seconds from the first byte to the last block.
async fn burst(net: &Net, keys: &[SecretKey], first: u64, total: usize) -> Outcome<f64> {
    let each = total / SENDERS;
    let mut ready = Vec::new();
    for (sender, key) in keys.iter().enumerate() {
        let account = sender + 1;
        let calls: Vec<_> = (first..first + each as u64)
            .map(|nonce| sbtc_transfer(key, account, nonce))
            .collect::<Result<_, _>>()?;
        ready.push((account, calls));
    }
    let started = Instant::now();
    let mut tasks = Vec::new();
    for (account, calls) in ready {
        tasks.push(tokio::spawn(send_all(net.http.clone(), net.url.clone(), account, first, calls)));
    }
    for task in tasks {
        task.await??;
    }
    Ok(started.elapsed().as_secs_f64())
}

#[tokio::main]
async fn main() -> Outcome<()> {
    // Fails when it is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = tempfile::tempdir()?;

    let started = Instant::now();
    let net = Net::start(data.path(), "0").await?;
    report("devnet: start until it serves", started.elapsed().as_secs_f64(), "s", "<= 10")?;

    let started = Instant::now();
    net.post("/devnet/time", json!({ "seconds": 90 * 86_400 })).await?;
    report("devnet: 90 days of blocks", started.elapsed().as_secs_f64(), "s", "<= 1")?;
    net.stop().await?;

    let data = tempfile::tempdir()?;
    let net = Net::start(data.path(), "0.05").await?;
    let keys: Vec<SecretKey> = (1..=SENDERS).map(key).collect::<Result<_, _>>()?;
    // The VM and the allocators warm up first.
    burst(&net, &keys, 0, 400).await?;
    let mut nonce = 400 / SENDERS as u64;
    let seconds = burst(&net, &keys, nonce, CALLS).await?;
    nonce += (CALLS / SENDERS) as u64;
    report("devnet: calls with post-conditions, over HTTP", CALLS as f64 / seconds, "per second", ">= 100")?;

    let before = net.memory().await?;
    burst(&net, &keys, nonce, MEMORY_TRANSACTIONS).await?;
    let after = net.memory().await?;
    report("devnet: memory before 10,000 transactions", before, "MiB", "")?;
    report("devnet: memory after 10,000 transactions", after, "MiB", "flat")?;
    net.stop().await?;

    let started = Instant::now();
    let net = Net::start(data.path(), "0").await?;
    report("devnet: start with 12,400 transactions", started.elapsed().as_secs_f64(), "s", "")?;
    net.stop().await?;
    Ok(())
}
