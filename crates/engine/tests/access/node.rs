//! A server that says what a node with the suite would say, or what a test has it say instead.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bithedge_stacks::address::Principal;
use bithedge_stacks::clarity::Value;
use bithedge_suite::bounded::{Ascii, List};
use bithedge_suite::generated::upgrade_manager::types::ContractRegistryEntry;
use bithedge_suite::{Contract, Deployment, ToClarity as _, setup};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const REGISTRY: &str = "upgrade-manager";

/// What the server says. A field changed is a lie told.
pub(crate) struct Served {
    pub(crate) chain_id: u32,
    pub(crate) height: u64,
    pub(crate) synced: Option<bool>,
    pub(crate) version: String,
    pub(crate) has_api: bool,
    pub(crate) indexed: u64,
    /// Of the first block.
    pub(crate) beginning: u8,
    /// By contract; one that is not in it is not deployed.
    pub(crate) sources: BTreeMap<String, String>,
    pub(crate) clarity: Option<String>,
    /// What is in force, by the registry's names.
    pub(crate) current: BTreeMap<String, Principal>,
    pub(crate) events: Vec<Value>,
    pub(crate) sbtc: Option<Principal>,
    pub(crate) sbtc_tokens: Vec<String>,
    /// Whether the deployer may still do everything.
    pub(crate) is_bootstrapping: bool,
    /// Answers to paths that contain this: status, other headers, body.
    pub(crate) instead: Vec<(&'static str, u16, String, String)>,
    pub(crate) delay: Duration,
    /// Every path that was asked.
    pub(crate) asked: Vec<String>,
}

impl Served {
    /// A devnet with the suite as it should be.
    pub(crate) fn right() -> Self {
        let suite = Deployment::devnet();
        let sources = Contract::ALL
            .into_iter()
            .map(|contract| (contract.name().to_owned(), contract.bundled().unwrap().source.to_owned()));
        let ours = |contract: Contract| Principal::from(suite.contract(contract).clone());
        let current: BTreeMap<String, Principal> = setup::registered_contracts()
            .map(|contract| (contract.name().to_owned(), ours(contract)))
            .collect();
        let events = current.iter().map(|(name, address)| registered(name, address)).collect();
        Self {
            chain_id: 0x8000_0000,
            height: 40,
            synced: Some(true),
            version: "stacks-node 3.2".to_owned(),
            has_api: true,
            indexed: 40,
            beginning: 1,
            sources: sources.collect(),
            clarity: Some("Clarity6".to_owned()),
            current,
            events,
            sbtc: Some(Principal::from(suite.sbtc().unwrap().clone())),
            sbtc_tokens: vec!["sbtc-token".to_owned()],
            is_bootstrapping: false,
            instead: Vec::new(),
            delay: Duration::ZERO,
            asked: Vec::new(),
        }
    }

    /// How often paths that contain this were asked.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.asked.iter().filter(|path| path.contains(part)).count()
    }

    fn answer(&self, path: &str, body: &Json) -> (u16, String, String) {
        if let Some((_, status, headers, body)) = self.instead.iter().find(|(part, ..)| path.contains(part)) {
            return (*status, headers.clone(), body.clone());
        }
        match self.json(path, body) {
            Some(json) => (200, String::new(), json.to_string()),
            None => (404, String::new(), "no such path".to_owned()),
        }
    }

    fn json(&self, path: &str, body: &Json) -> Option<Json> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let number = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse::<u64>().ok())
        };
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match parts.as_slice() {
            ["v2", "info"] => {
                let mut info = json!({
                    "network_id": self.chain_id, "server_version": self.version, "burn_block_height": 900,
                    "stacks_tip_height": self.height, "stacks_tip": hash(self.beginning, self.height),
                });
                if let Some(synced) = self.synced {
                    info["is_fully_synced"] = synced.into();
                }
                Some(info)
            }
            ["v2", "contracts", "source", _, name] => {
                let source = self.sources.get(*name)?;
                Some(json!({ "source": source, "publish_height": 2 }))
            }
            ["v2", "contracts", "interface", _, name] => {
                if *name != "sbtc-token" && !self.sources.contains_key(*name) {
                    return None;
                }
                let tokens: Vec<Json> = if *name == "sbtc-token" {
                    self.sbtc_tokens.iter().map(|name| json!({ "name": name })).collect()
                } else {
                    Vec::new()
                };
                let mut interface = json!({
                    "functions": [], "variables": [], "maps": [], "fungible_tokens": tokens,
                    "non_fungible_tokens": [],
                });
                if let Some(clarity) = &self.clarity {
                    interface["clarity_version"] = clarity.clone().into();
                }
                Some(interface)
            }
            ["v2", "contracts", "call-read", _, _, function] => {
                let arguments: Vec<Value> = body["arguments"]
                    .as_array()?
                    .iter()
                    .map(|hex| Value::decode_hex(hex.as_str().unwrap()).unwrap())
                    .collect();
                let result = self.call(function, &arguments)?;
                Some(json!({ "okay": true, "result": result.encode_hex() }))
            }
            ["extended", ..] if !self.has_api => None,
            ["extended", "v1", "status"] => Some(json!({
                "server_version": "stacks-blockchain-api v8", "status": "ready",
                "chain_tip": { "block_height": self.indexed, "block_hash": hash(self.beginning, self.indexed),
                    "index_block_hash": hash(self.beginning, self.indexed) },
            })),
            ["extended", "v2", "blocks"] => {
                let (limit, offset) = (number("limit")?, number("offset")?);
                let results: Vec<Json> = (offset..self.indexed.min(offset + limit))
                    .map(|place| self.block(self.indexed - place))
                    .collect();
                let total = self.indexed;
                Some(json!({ "limit": limit, "offset": offset, "total": total, "results": results }))
            }
            ["extended", "v2", "blocks", height] => {
                let height: u64 = height.parse().ok()?;
                (1..=self.indexed).contains(&height).then(|| self.block(height))
            }
            ["extended", "v1", "contract", contract, "events"] => {
                let (limit, offset) = (number("limit")?, number("offset")?);
                let skip = usize::try_from(offset).unwrap();
                let results: Vec<Json> = self
                    .events
                    .iter()
                    .enumerate()
                    .skip(skip)
                    .take(usize::try_from(limit).unwrap())
                    .map(|(index, value)| {
                        json!({
                            "event_index": index, "event_type": "smart_contract_log",
                            "tx_id": hash(9, index as u64),
                            "contract_log": { "contract_id": contract, "topic": "print",
                                "value": { "hex": value.encode_hex(), "repr": value.to_source() } },
                        })
                    })
                    .collect();
                Some(json!({ "limit": limit, "offset": offset, "results": results }))
            }
            _ => None,
        }
    }

    pub(crate) fn block_json(&self, height: u64) -> String {
        self.block(height).to_string()
    }

    fn block(&self, height: u64) -> Json {
        json!({
            "canonical": true, "height": height, "hash": hash(self.beginning, height),
            "index_block_hash": hash(self.beginning, height),
            "parent_block_hash": hash(self.beginning, height - 1),
            "parent_index_block_hash": hash(self.beginning, height - 1),
            "block_time": 1_700_000_000 + height, "block_time_iso": "2023-11-14T22:13:20.000Z",
            "burn_block_height": 900, "burn_block_hash": hash(8, 900), "burn_block_time": 1_700_000_000,
            "burn_block_time_iso": "2023-11-14T22:13:20.000Z", "miner_txid": hash(7, height), "tx_count": 0,
            "tenure_height": height, "execution_cost_read_count": 0, "execution_cost_read_length": 0,
            "execution_cost_runtime": 0, "execution_cost_write_count": 0, "execution_cost_write_length": 0,
        })
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Option<Value> {
        let name = || arguments.first().unwrap().as_ascii().unwrap().to_owned();
        match function {
            "is-bootstrapping" => Some(Value::Bool(self.is_bootstrapping)),
            "get-standing" => {
                let who = arguments.get(1).unwrap().as_principal().unwrap();
                let is_current = self.current.get(&name()).is_some_and(|current| current == who);
                Some(Value::UInt(if is_current { 2 } else { 0 }))
            }
            "get-contract" => Some(self.current.get(&name()).map(entry).to_clarity()),
            "get-sbtc-token-principal" => Some(self.sbtc.clone().to_clarity()),
            _ => None,
        }
    }
}

fn entry(address: &Principal) -> ContractRegistryEntry {
    ContractRegistryEntry {
        contract_address: address.clone(),
        current_version: Ascii::new("1.0.0").unwrap(),
        custody: true,
        dependencies: List::new(Vec::new()).unwrap(),
        fallback: None,
        last_upgraded: 0,
        metadata: Ascii::new("").unwrap(),
        upgradeable: true,
        upgrades: 0,
    }
}

/// What the registry prints when a name is entered.
pub(crate) fn registered(name: &str, address: &Principal) -> Value {
    let fields = [
        ("event", Value::ascii("contract-registered").unwrap()),
        ("name", Value::ascii(name).unwrap()),
        ("address", address.clone().into()),
        ("version", Value::ascii("1.0.0").unwrap()),
        ("upgradeable", Value::Bool(true)),
        ("custody", Value::Bool(true)),
        ("by", address.clone().into()),
    ];
    Value::tuple(fields.map(|(name, value)| (name.parse().unwrap(), value)))
}

pub(crate) fn hash(beginning: u8, height: u64) -> String {
    format!("0x{beginning:02x}{height:062x}")
}

/// The server. It ends when this is dropped.
pub(crate) struct FakeNode {
    pub(crate) url: String,
    pub(crate) served: Arc<Mutex<Served>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for FakeNode {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeNode {
    pub(crate) async fn start(served: Served) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = Arc::new(Mutex::new(served));
        let shared = Arc::clone(&served);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(exchange(stream, Arc::clone(&shared)));
            }
        });
        Self { url, served, task }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Served)) {
        change(&mut self.served.lock().unwrap());
    }
}

/// One request and its answer on one connection.
async fn exchange(mut stream: TcpStream, served: Arc<Mutex<Served>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    let (head, body) = loop {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
        let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        let body = &request[end + 4..];
        if body.len() >= length.unwrap_or(0) {
            let original = String::from_utf8_lossy(&request[..end]).into_owned();
            break (original, serde_json::from_slice(body).unwrap_or_default());
        }
    };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let (delay, (status, headers, body)) = {
        let mut served = served.lock().unwrap();
        served.asked.push(path.clone());
        (served.delay, served.answer(&path, &body))
    };
    tokio::time::sleep(delay).await;
    let reply = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(reply.as_bytes()).await;
    // What is left of the request is read, or closing would reset the connection.
    let _ = stream.shutdown().await;
    let _ = stream.read(&mut buffer).await;
}
