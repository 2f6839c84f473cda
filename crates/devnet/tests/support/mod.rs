//! A devnet of its own for each test, and short ways to talk to it.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::PathBuf;
use std::time::Duration;

use bithedge_devnet::accounts::ACCOUNTS;
use bithedge_devnet::{Config, Devnet};
use bithedge_stacks::{
    ClarityName, ContractId, ContractName, MicroStx, Network, PostConditionMode, SecretKey, Seed,
    Transaction, TransactionBuilder, Value,
};
use serde_json::{Value as Json, json};

/// The fee that tests pay, in micro-STX.
pub(crate) const FEE: u64 = 10_000;

/// The worker's folder.
pub(crate) fn worker() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/worker"))
}

/// What the tests' devnets start from.
pub(crate) fn config(data: &std::path::Path) -> Config {
    Config {
        data_dir: data.to_path_buf(),
        port: 0,
        block_time: None,
        worker_dir: worker(),
        genesis_time: Some(1_700_000_000),
    }
}

/// A running devnet, its data folder and a client.
pub(crate) struct Net {
    pub(crate) devnet: Option<Devnet>,
    pub(crate) data: tempfile::TempDir,
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
}

impl Net {
    pub(crate) async fn start() -> Self {
        // Fails when it is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data = tempfile::tempdir().unwrap();
        let devnet = Devnet::start(config(data.path())).await.unwrap();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        let url = devnet.url();
        Self { devnet: Some(devnet), data, http, url }
    }

    /// Ends it in good order and starts it on the same data.
    pub(crate) async fn restart(&mut self) {
        self.devnet.take().unwrap().shutdown().await.unwrap();
        let devnet = Devnet::start(config(self.data.path())).await.unwrap();
        self.url = devnet.url();
        self.devnet = Some(devnet);
    }

    pub(crate) async fn get(&self, path: &str) -> Json {
        let response = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
    }

    pub(crate) async fn post(&self, path: &str, body: Json) -> Json {
        let (status, body) = self.try_post(path, body).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Status and body, which is null when it is not JSON.
    pub(crate) async fn try_post(&self, path: &str, body: Json) -> (u16, Json) {
        let request =
            self.http.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        let response = request.body(body.to_string()).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Json::String(text)))
    }

    pub(crate) async fn send(&self, tx: &Transaction) -> (u16, Json) {
        self.send_bytes(tx.encode()).await
    }

    pub(crate) async fn send_bytes(&self, bytes: Vec<u8>) -> (u16, Json) {
        let request = self.http.post(format!("{}/v2/transactions", self.url));
        let response =
            request.header("content-type", "application/octet-stream").body(bytes).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Json::String(text)))
    }

    pub(crate) async fn mine(&self, blocks: u32) -> Json {
        self.post("/devnet/mine", json!({ "blocks": blocks })).await
    }

    /// Sends, mines and gives what came of it.
    pub(crate) async fn settle(&self, tx: &Transaction) -> Json {
        let (status, body) = self.send(tx).await;
        assert_eq!(status, 200, "{body}");
        self.mine(1).await;
        self.get(&format!("/extended/v1/tx/{}", tx.txid())).await
    }

    pub(crate) async fn nonce(&self, address: &str) -> u64 {
        self.get(&format!("/v2/accounts/{address}?proof=0")).await["nonce"].as_u64().unwrap()
    }

    pub(crate) async fn stx(&self, principal: &str) -> u128 {
        let account = self.get(&format!("/v2/accounts/{principal}?proof=0")).await;
        u128::from_str_radix(account["balance"].as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
    }

    /// A read-only call of the probe contract.
    pub(crate) async fn read(&self, function: &str, args: &[Value]) -> Json {
        let body = json!({
            "sender": address(0),
            "arguments": args.iter().map(Value::encode_hex).collect::<Vec<_>>(),
        });
        self.post(&format!("/v2/contracts/call-read/{}/probe/{function}", address(0)), body).await
    }

    /// The value of a read-only call that succeeds.
    pub(crate) async fn value(&self, function: &str, args: &[Value]) -> Value {
        let answer = self.read(function, args).await;
        Value::decode_hex(answer["result"].as_str().unwrap_or_else(|| panic!("{answer}"))).unwrap()
    }

    /// Deploys the probe contract from the deployer's account.
    pub(crate) async fn deploy_probe(&self) {
        let tx = sign(
            0,
            self.nonce(address(0)).await,
            FEE,
            deploy("probe", include_str!("../contracts/probe.clar")),
        );
        let receipt = self.settle(&tx).await;
        assert_eq!(receipt["tx_status"], "success", "{receipt}");
    }
}

/// The address of account `n`.
pub(crate) fn address(n: usize) -> &'static str {
    ACCOUNTS[n].address
}

/// The key of account `n`.
pub(crate) fn key(n: usize) -> SecretKey {
    Seed::from_mnemonic(ACCOUNTS[n].mnemonic, "").unwrap().account(0).unwrap()
}

pub(crate) fn name(text: &str) -> ClarityName {
    ClarityName::new(text).unwrap()
}

pub(crate) fn probe() -> ContractId {
    ContractId::new(address(0).parse().unwrap(), ContractName::new("probe").unwrap())
}

pub(crate) fn principal(text: &str) -> Value {
    Value::Principal(text.parse().unwrap())
}

pub(crate) fn call(function: &str, args: Vec<Value>) -> TransactionBuilder {
    TransactionBuilder::call(Network::TESTNET, probe(), name(function), args)
}

pub(crate) fn deploy(contract: &str, source: &str) -> TransactionBuilder {
    TransactionBuilder::deploy(Network::TESTNET, ContractName::new(contract).unwrap(), source, None)
}

/// Signs with account `n`'s key, in allow mode unless the builder says otherwise.
pub(crate) fn sign(n: usize, nonce: u64, fee: u64, builder: TransactionBuilder) -> Transaction {
    builder
        .nonce(nonce)
        .fee(MicroStx::new(fee))
        .post_condition_mode(PostConditionMode::Allow)
        .sign(&key(n))
        .unwrap()
}
