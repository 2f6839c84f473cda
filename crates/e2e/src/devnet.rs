//! The devnet as its own program, asked through the same HTTP interface as any other client's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::process::Running;

/// The suite is deployed at the start, contract by contract.
const START: Duration = Duration::from_secs(120);
/// Between blocks: long enough to compare the window with one of them.
const BLOCK_SECONDS: &str = "3";
/// Between blocks, so that the chain's time goes as fast as everybody's: where a question is read, it would run out sooner otherwise.
const REAL_SECONDS: &str = "10";
/// The token, as the API names it.
pub(crate) const SBTC: &str = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token";

/// A devnet's HTTP interface, whoever started it.
#[derive(Clone)]
pub(crate) struct Chain {
    url: String,
    http: reqwest::Client,
}

/// A practice network of our own: the devnet with the suite in service, prices that stand still, and a keeper. It ends with this.
pub(crate) struct Devnet {
    chain: Chain,
    process: Running,
}

/// An account, as the window names it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// Such as `Peter`.
    pub(crate) label: String,
    pub(crate) address: String,
}

/// An account's balances in base units, as the node and the API answer them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Balances {
    /// In micro-STX.
    pub(crate) stx: u128,
    /// In satoshis.
    pub(crate) sbtc: u128,
}

/// The chain's newest block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) height: u64,
    /// Seconds since 1970.
    pub(crate) time: u64,
}

impl Devnet {
    /// Starts it. `port` 0: any free one.
    pub(crate) async fn start(program: &Path, data: &Path, port: u16, log: PathBuf) -> Result<Self> {
        Self::start_with(program, data, port, log, &["--steady"]).await
    }

    /// Starts it with capital of somebody's in every tier, so that there is something to buy, on any free port.
    pub(crate) async fn start_founded(program: &Path, data: &Path, log: PathBuf) -> Result<Self> {
        Self::start_with(program, data, 0, log, &["--steady", "--founded", "--block-time", REAL_SECONDS])
            .await
    }

    /// Starts it with capital to buy from and prices that move all the time, on any free port.
    pub(crate) async fn start_lively(program: &Path, data: &Path, log: PathBuf) -> Result<Self> {
        Self::start_with(program, data, 0, log, &["--founded"]).await
    }

    async fn start_with(
        program: &Path,
        data: &Path,
        port: u16,
        log: PathBuf,
        market: &[&str],
    ) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg("--port").arg(port.to_string()).arg("--data-dir").arg(data);
        command.args(["--block-time", BLOCK_SECONDS]).args(market);
        let mut process = Running::start("the devnet", &mut command, log)?;
        let line = process.first_line(START).await?;
        let ready: Value =
            serde_json::from_str(&line).with_context(|| format!("the ready line is `{line}`"))?;
        ensure!(ready["ready"] == true, "the ready line is `{line}`");
        let url = ready["url"].as_str().with_context(|| format!("no url in `{line}`"))?;
        Ok(Self { chain: Chain::at(url)?, process })
    }

    pub(crate) fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Pulls the plug.
    pub(crate) async fn kill(self) -> Result<()> {
        self.process.kill().await
    }

    /// Ends it as a user would.
    pub(crate) async fn stop(self) -> Result<()> {
        self.process.stop().await
    }
}

impl Chain {
    /// The chain behind this address.
    pub(crate) fn at(url: &str) -> Result<Self> {
        // No proxy from the environment stands between two programs on one machine.
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build()?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), http })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn port(&self) -> Result<u16> {
        let port = self.url.rsplit(':').next().unwrap_or_default();
        port.parse().with_context(|| format!("no port in {}", self.url))
    }

    pub(crate) async fn mine(&self, blocks: u32) -> Result<()> {
        self.post("/devnet/mine", &json!({ "blocks": blocks })).await.map(drop)
    }

    /// Gives the account micro-STX.
    pub(crate) async fn give_stx(&self, account: &Account, amount: u64) -> Result<()> {
        self.faucet("stx", account, amount).await
    }

    /// Gives the account satoshis of sBTC.
    pub(crate) async fn give_sbtc(&self, account: &Account, amount: u64) -> Result<()> {
        self.faucet("sbtc", account, amount).await
    }

    async fn faucet(&self, token: &str, account: &Account, amount: u64) -> Result<()> {
        let body = json!({ "address": account.address, "amount": amount.to_string() });
        self.post(&format!("/devnet/faucet/{token}"), &body).await.map(drop)
    }

    pub(crate) async fn tip(&self) -> Result<Tip> {
        let info = self.get("/v2/info").await?;
        let blocks = self.get("/extended/v2/blocks?limit=1").await?;
        let height = info["stacks_tip_height"].as_u64().context("/v2/info has no stacks_tip_height")?;
        let time =
            blocks["results"][0]["block_time"].as_u64().context("the newest block has no block_time")?;
        Ok(Tip { height, time })
    }

    pub(crate) async fn balances(&self, account: &Account) -> Result<Balances> {
        let address = &account.address;
        let node = self.get(&format!("/v2/accounts/{address}?proof=0")).await?;
        let stx = node["balance"].as_str().and_then(|hex| hex.strip_prefix("0x")).context("no balance")?;
        let api = self.get(&format!("/extended/v1/address/{address}/balances")).await?;
        let sbtc = api["fungible_tokens"][SBTC]["balance"].as_str().unwrap_or("0");
        Ok(Balances { stx: u128::from_str_radix(stx, 16)?, sbtc: sbtc.parse()? })
    }

    /// The number of the account's next transaction, by what is in blocks.
    pub(crate) async fn nonce(&self, account: &Account) -> Result<u64> {
        let found = self.get(&format!("/v2/accounts/{}?proof=0", account.address)).await?;
        found["nonce"].as_u64().context("the account has no nonce")
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        let request = self.http.get(format!("{}{path}", self.url));
        answer(request).await.with_context(|| format!("GET {path}"))
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.url)).json(body);
        answer(request).await.with_context(|| format!("POST {path}"))
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value> {
    let response = request.send().await?;
    let status = response.status();
    let text = response.text().await?;
    ensure!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))
}
