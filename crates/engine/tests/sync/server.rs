//! A Stacks API over HTTP that serves blocks which were made beforehand: with the real one's paths, limits, orders and words. For
//! tests, which change its answers, and for measuring.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bithedge_ledger::{BlockHeader, SuiteTransaction, TransactionOutcome};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// Where the API's limits lie.
const MOST: [(&str, usize); 2] = [("transactions", 50), ("events", 100)];
const MICROBLOCK: u64 = 2_147_483_647;

/// A transaction as it is shown, and what it printed.
pub(crate) struct Shown {
    /// Without its events.
    pub(crate) record: Json,
    pub(crate) events: Vec<Json>,
    height: u64,
    index: u64,
}

/// What is served.
#[derive(Default)]
pub(crate) struct Served {
    pub(crate) blocks: Vec<(BlockHeader, Vec<usize>)>,
    pub(crate) all: Vec<Shown>,
    by_id: HashMap<String, usize>,
    /// By contract, oldest first: transaction and place among its events.
    pub(crate) logs: HashMap<String, Vec<(usize, usize)>>,
    pub(crate) calls: HashMap<String, Vec<usize>>,
    pub(crate) deployer: String,
    pub(crate) deployed: u64,
    /// How many of the newest blocks the index does not have yet.
    pub(crate) lag: usize,
    /// How many of the newest blocks the lists of contracts do not have yet although the index has them.
    pub(crate) lists_lag: u64,
}

fn hex(hash: &[u8; 32]) -> String {
    let mut text = String::from("0x");
    for byte in hash {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// The hash that transactions name: another than the index hash.
fn block_hash(header: &BlockHeader) -> String {
    let mut hash = header.hash.0;
    hash.reverse();
    hex(&hash)
}

fn value(value: &bithedge_stacks::Value) -> Json {
    json!({ "hex": value.encode_hex(), "repr": "" })
}

impl Served {
    /// Blocks, oldest first, with everything in them; whose contracts the suite is, and the block that they were deployed in.
    pub(crate) fn new(
        blocks: &[(BlockHeader, Vec<SuiteTransaction>)],
        deployer: String,
        deployed: u64,
    ) -> Self {
        let mut served = Self { deployer, deployed, ..Self::default() };
        for (header, transactions) in blocks {
            let places = transactions.iter().map(|transaction| served.add(header, transaction)).collect();
            served.blocks.push((*header, places));
        }
        served
    }

    fn add(&mut self, header: &BlockHeader, transaction: &SuiteTransaction) -> usize {
        let (place, txid) = (self.all.len(), hex(&transaction.txid.0));
        let events: Vec<Json> = transaction
            .prints
            .iter()
            .map(|print| {
                json!({ "event_index": print.index, "event_type": "smart_contract_log", "tx_id": txid,
                    "contract_log": { "contract_id": print.contract.to_string(), "topic": "print",
                        "value": value(&print.value) } })
            })
            .collect();
        for (at, print) in transaction.prints.iter().enumerate() {
            self.logs.entry(print.contract.to_string()).or_default().push((place, at));
        }
        let mut record = json!({
            "tx_id": txid, "nonce": 0, "fee_rate": transaction.fee.base_units().to_string(),
            "sender_address": transaction.sender.to_string(), "sponsored": false,
            "tx_status": match transaction.outcome {
                TransactionOutcome::Success => "success",
                TransactionOutcome::AbortedByResponse => "abort_by_response",
                TransactionOutcome::AbortedByPostCondition => "abort_by_post_condition",
            },
            "tx_result": value(&transaction.result), "canonical": true, "microblock_canonical": true,
            "block_hash": block_hash(header), "block_height": header.height.get(),
            "block_time": header.time.get(), "tx_index": transaction.index,
            "event_count": events.len(), "events": [], "vm_error": null,
        });
        if let Some(call) = &transaction.call {
            record["tx_type"] = json!("contract_call");
            record["contract_call"] = json!({ "contract_id": call.contract.to_string(),
                "function_name": call.function,
                "function_args": call.arguments.iter().map(value).collect::<Vec<_>>() });
            self.calls.entry(call.contract.to_string()).or_default().push(place);
        } else {
            record["tx_type"] = json!("token_transfer");
            record["token_transfer"] =
                json!({ "recipient_address": transaction.sender.to_string(), "amount": "1", "memo": "0x" });
        }
        let (height, index) = (header.height.get(), transaction.index.into());
        self.by_id.insert(txid, place);
        self.all.push(Shown { record, events, height, index });
        place
    }

    /// Every transfer is one to this contract.
    pub(crate) fn send_to(&mut self, contract: &str) {
        let is_transfer = |place: &usize| self.all[*place].record["tx_type"] == "token_transfer";
        let transfers: Vec<usize> = (0..self.all.len()).filter(is_transfer).collect();
        let calls = self.calls.entry(contract.to_owned()).or_default();
        calls.extend(transfers);
        calls.sort_unstable();
    }

    fn indexed(&self) -> &[(BlockHeader, Vec<usize>)] {
        &self.blocks[..self.blocks.len() - self.lag]
    }

    fn tip(&self) -> u64 {
        self.indexed().last().unwrap().0.height.get()
    }

    fn block(&self, id: &str) -> Option<&(BlockHeader, Vec<usize>)> {
        let blocks = self.indexed();
        if id == "latest" {
            return blocks.last();
        }
        if let Ok(height) = id.parse::<u64>() {
            let at = blocks.binary_search_by_key(&height, |(header, _)| header.height.get()).ok()?;
            return Some(&blocks[at]);
        }
        blocks.iter().rev().find(|(header, _)| hex(&header.hash.0) == id)
    }

    fn show(&self, place: usize, from: usize, count: usize) -> Json {
        let shown = &self.all[place];
        let mut record = shown.record.clone();
        record["events"] = shown.events.iter().skip(from).take(count).cloned().collect();
        record
    }
}

/// The server.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) served: Arc<RwLock<Served>>,
    pub(crate) requests: Arc<AtomicUsize>,
    /// Every answer takes so long.
    pub(crate) latency: Duration,
    /// Changes answers: path, and what would be answered.
    #[allow(clippy::type_complexity, reason = "it is used once")]
    pub(crate) twist: Arc<RwLock<Option<Box<dyn Fn(&str, &mut Json) + Send + Sync>>>>,
}

impl Api {
    pub(crate) fn new(served: Served, latency: Duration) -> Self {
        let (served, requests) = (Arc::new(RwLock::new(served)), Arc::default());
        Self { served, requests, latency, twist: Arc::default() }
    }

    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/devnet/requests", get(count))
            .route("/v2/info", get(info))
            .route("/extended/v1/contract/{contract}", get(contract))
            .route("/extended/v2/blocks/{block}", get(block))
            .route("/extended/v2/blocks/{block}/transactions", get(block_transactions))
            .route("/extended/v2/smart-contracts/{contract}/logs", get(logs))
            .route("/extended/v1/address/{principal}/transactions", get(calls))
            .route("/extended/v1/tx/multiple", get(multiple))
            .with_state(self.clone())
    }

    /// Serves, on a port of its own.
    pub(crate) async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = self.router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    async fn answer(&self, path: &str, answer: impl FnOnce(&Served) -> Option<Json>) -> Response {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let found = answer(&self.served.read().unwrap());
        let Some(mut json) = found else {
            return (StatusCode::NOT_FOUND, axum::Json(json!({ "error": "not found" }))).into_response();
        };
        if let Some(twist) = &*self.twist.read().unwrap() {
            twist(path, &mut json);
        }
        axum::Json(json).into_response()
    }
}

fn refuse_long(kind: usize, limit: usize) -> Option<Response> {
    let (what, most) = MOST[kind];
    let refusal = json!({ "error": format!("'limit' of {what} must be equal to or less than {most}") });
    (limit > most).then(|| (StatusCode::BAD_REQUEST, axum::Json(refusal)).into_response())
}

async fn count(State(api): State<Api>) -> Response {
    axum::Json(json!(api.requests.load(Ordering::Relaxed))).into_response()
}

async fn info(State(api): State<Api>) -> Response {
    api.answer("info", |served| {
        let tip = &served.blocks.last().unwrap().0;
        Some(json!({ "network_id": 0x8000_0000_u32, "server_version": "served", "burn_block_height": 1,
            "stacks_tip_height": tip.height.get(), "stacks_tip": block_hash(tip) }))
    })
    .await
}

async fn contract(State(api): State<Api>, Path(id): Path<String>) -> Response {
    api.answer("contract", |served| {
        let is_ours = id.starts_with(&format!("{}.", served.deployer)) && served.deployed <= served.tip();
        is_ours.then(|| json!({ "contract_id": id, "canonical": true, "block_height": served.deployed }))
    })
    .await
}

async fn block(State(api): State<Api>, Path(id): Path<String>) -> Response {
    api.answer("block", |served| {
        let (header, transactions) = served.block(&id)?;
        Some(json!({ "canonical": true, "height": header.height.get(), "hash": block_hash(header),
            "index_block_hash": hex(&header.hash.0), "parent_block_hash": hex(&[0; 32]),
            "parent_index_block_hash": hex(&header.parent.0), "block_time": header.time.get(),
            "burn_block_height": 1, "burn_block_time": 1, "tx_count": transactions.len() }))
    })
    .await
}

#[derive(Deserialize)]
struct Page {
    limit: usize,
    #[serde(default)]
    offset: usize,
    #[serde(default)]
    until_block: Option<u64>,
    #[serde(default)]
    cursor: Option<String>,
}

async fn block_transactions(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Response {
    if let Some(refusal) = refuse_long(0, page.limit) {
        return refusal;
    }
    api.answer("block transactions", |served| {
        let (_, places) = served.block(&id)?;
        let results: Vec<Json> =
            places.iter().skip(page.offset).take(page.limit).map(|place| served.show(*place, 0, 0)).collect();
        Some(json!({ "limit": page.limit, "offset": page.offset, "total": places.len(), "results": results }))
    })
    .await
}

async fn logs(State(api): State<Api>, Path(id): Path<String>, Query(page): Query<Page>) -> Response {
    if let Some(refusal) = refuse_long(1, page.limit) {
        return refusal;
    }
    api.answer("logs", |served| {
        let cursor: Vec<u64> = page.cursor.as_deref()?.split(':').map(|part| part.parse().unwrap()).collect();
        let logs = served.logs.get(&id)?;
        let place = |(transaction, event): (usize, usize)| {
            let shown = &served.all[transaction];
            let event = shown.events[event]["event_index"].as_u64().unwrap();
            [shown.height, MICROBLOCK, shown.index, event]
        };
        let text = |at: [u64; 4]| at.map(|part| part.to_string()).join(":");
        let top = cursor[0].min(served.tip() - served.lists_lag);
        let end = logs.partition_point(|at| place(*at) <= [top, cursor[1], cursor[2], cursor[3]]);
        let start = end.saturating_sub(page.limit);
        let newest = logs[..end].last()?;
        let older = start.checked_sub(1).map(|at| text(place(logs[at])));
        let results: Vec<Json> = logs[start..end]
            .iter()
            .rev()
            .map(|(transaction, event)| served.all[*transaction].events[*event].clone())
            .collect();
        Some(json!({ "limit": page.limit, "offset": 0, "total": logs.len(), "next_cursor": null,
            "prev_cursor": older, "cursor": text(place(*newest)), "results": results }))
    })
    .await
}

async fn calls(State(api): State<Api>, Path(id): Path<String>, Query(page): Query<Page>) -> Response {
    if let Some(refusal) = refuse_long(0, page.limit) {
        return refusal;
    }
    api.answer("calls", |served| {
        let none = Vec::new();
        let all = served.calls.get(&id).unwrap_or(&none);
        let until = page.until_block.unwrap_or(u64::MAX).min(served.tip() - served.lists_lag);
        let end = all.partition_point(|place| served.all[*place].height <= until);
        let results: Vec<Json> = all[..end]
            .iter()
            .rev()
            .skip(page.offset)
            .take(page.limit)
            .map(|place| served.show(*place, 0, 0))
            .collect();
        // As the API counts: not beyond the last page.
        let total = if results.is_empty() { 0 } else { end };
        Some(json!({ "limit": page.limit, "offset": page.offset, "total": total, "results": results }))
    })
    .await
}

#[derive(Deserialize)]
struct Multiple {
    tx_id: String,
    event_limit: usize,
    event_offset: usize,
}

async fn multiple(State(api): State<Api>, Query(asked): Query<Multiple>) -> Response {
    if let Some(refusal) = refuse_long(1, asked.event_limit) {
        return refusal;
    }
    api.answer("multiple", |served| {
        let tip = served.tip();
        let mut all = serde_json::Map::new();
        for id in asked.tx_id.split(',') {
            let found = served.by_id.get(id).filter(|place| served.all[**place].height <= tip);
            let shown = found.map(|place| served.show(*place, asked.event_offset, asked.event_limit));
            let is_found = shown.is_some();
            let result = shown.unwrap_or_else(|| json!({ "tx_id": id }));
            all.insert(id.to_owned(), json!({ "found": is_found, "result": result }));
        }
        Some(Json::Object(all))
    })
    .await
}
