//! The part of the Stacks API (`/extended`) that wallets and this application read.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Shared;
use super::reply::{Refusal, Reply, api_error, ok};
use super::show::{self, EventRange, hex0x};
use crate::chain::{Block, Chain};

/// Which part of a list.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Page {
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    offset: Option<usize>,
}

impl Page {
    /// Limit and offset; 20 rows unless asked, 200 at most.
    fn bounds(self) -> (usize, usize) {
        (self.limit.unwrap_or(20).clamp(1, 200), self.offset.unwrap_or(0))
    }

    /// A page of `total` items, where `get` gives the item at a place counted from the newest.
    fn of(self, total: usize, get: impl Fn(usize) -> Option<Json>) -> Json {
        let (limit, offset) = self.bounds();
        let end = total.min(offset.saturating_add(limit));
        let results: Vec<Json> = (offset..end).filter_map(get).collect();
        json!({ "limit": limit, "offset": offset, "total": total, "results": results })
    }
}

/// A page of a list that is kept oldest first, shown newest first.
fn newest_first(page: Page, txids: &[[u8; 32]], chain: &Chain) -> Json {
    page.of(txids.len(), |at| {
        let txid = &txids[txids.len() - 1 - at];
        chain.receipts.get(txid).map(|receipt| show::mined(chain, txid, receipt))
    })
}

/// `GET /extended/v1/status`
pub(crate) async fn status(State(shared): State<Shared>) -> Reply {
    let mut node = shared.node().await;
    let chain = node.chain()?;
    let tip = chain.blocks.tip();
    ok(json!({
        "server_version": concat!("bithedge-devnet v", env!("CARGO_PKG_VERSION")),
        "status": "ready",
        "chain_tip": {
            "block_height": tip.height,
            "block_hash": hex0x(chain.blocks.hash(&tip)),
            "index_block_hash": hex0x(chain.blocks.index_hash(&tip)),
            "burn_block_height": tip.burn_height,
        },
    }))
}

/// `GET /extended/v1/tx`
pub(crate) async fn transactions(State(shared): State<Shared>, Query(page): Query<Page>) -> Reply {
    let mut node = shared.node().await;
    let chain = node.chain()?;
    ok(newest_first(page, chain.receipts.in_order(), chain))
}

/// Whose waiting transactions are asked for; everybody's without.
#[derive(Debug, Deserialize)]
pub(crate) struct Waiting {
    sender_address: Option<String>,
}

/// `GET /extended/v1/tx/mempool`
pub(crate) async fn mempool(
    State(shared): State<Shared>,
    Query(page): Query<Page>,
    Query(Waiting { sender_address }): Query<Waiting>,
) -> Reply {
    let sender = sender_address.as_deref().map(principal).transpose()?;
    let mut node = shared.node().await;
    let chain = node.chain()?;
    let is_asked_for = |origin: String| sender.as_ref().is_none_or(|sender| *sender == origin);
    let waiting: Vec<_> = chain
        .mempool
        .iter()
        .rev()
        .filter(|pending| is_asked_for(pending.tx.origin_address().to_string()))
        .collect();
    ok(page.of(waiting.len(), |at| Some(show::pending(waiting[at]))))
}

pub(super) fn parse_hash(text: &str) -> Option<[u8; 32]> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()?.try_into().ok()
}

fn parse_txid(text: &str) -> Result<[u8; 32], Refusal> {
    parse_hash(text).ok_or_else(|| api_error(StatusCode::BAD_REQUEST, format!("Invalid tx_id: {text}")))
}

/// Which of a transaction's events; all of them unless it is said, where the API shows the first twenty.
#[derive(Debug, Deserialize)]
pub(crate) struct Events {
    event_limit: Option<usize>,
    event_offset: Option<usize>,
}

/// `GET /extended/v1/tx/{txid}`
pub(crate) async fn transaction(
    State(shared): State<Shared>,
    Path(text): Path<String>,
    Query(Events { event_limit, event_offset }): Query<Events>,
) -> Reply {
    let txid = parse_txid(&text)?;
    let mut node = shared.node().await;
    let chain = node.chain()?;
    if let Some(receipt) = chain.receipts.get(&txid) {
        let events =
            EventRange { first: event_offset.unwrap_or(0), count: event_limit.unwrap_or(usize::MAX) };
        return ok(show::mined_with(chain, &txid, receipt, events));
    }
    if let Some(waiting) = chain.mempool.get(&txid) {
        return ok(show::pending(waiting));
    }
    match chain.dropped.get(&txid) {
        Some((pending, why)) => ok(show::dropped(pending, why)),
        None => Err(api_error(StatusCode::NOT_FOUND, "could not find transaction by ID")),
    }
}

/// `GET /extended/v1/tx/{txid}/raw`
pub(crate) async fn raw_transaction(State(shared): State<Shared>, Path(text): Path<String>) -> Reply {
    let txid = parse_txid(&text)?;
    let mut node = shared.node().await;
    let chain = node.chain()?;
    let raw = chain
        .receipts
        .get(&txid)
        .map(|receipt| receipt.raw.clone())
        .or_else(|| chain.mempool.get(&txid).map(|waiting| waiting.raw.clone()));
    match raw {
        Some(raw) => ok(json!({ "raw_tx": hex0x(raw) })),
        None => Err(api_error(StatusCode::NOT_FOUND, format!("could not find transaction by ID {text}"))),
    }
}

/// `GET /extended/v1/contract/{contract}`
pub(crate) async fn contract(State(shared): State<Shared>, Path(id): Path<String>) -> Reply {
    let mut node = shared.node().await;
    let not_found = || api_error(StatusCode::NOT_FOUND, format!("cannot find contract by ID {id}"));
    if id.parse::<bithedge_stacks::ContractId>().is_err() {
        return Err(not_found());
    }
    let source = node.guarded(async |chain| chain.source(&id).await).await?;
    let interface = node.guarded(async |chain| chain.interface(&id).await).await?;
    let (Some(source), Some(interface)) = (source, interface) else { return Err(not_found()) };
    let chain = node.chain()?;
    let deployed = chain.receipts.deployed(&id);
    ok(json!({
        "tx_id": deployed.map_or_else(|| hex0x([0; 32]), |deployed| hex0x(deployed.txid)),
        "canonical": true,
        "contract_id": id,
        "block_height": deployed.map_or(chain.blocks.first_height(), |deployed| deployed.height),
        "clarity_version": deployed.map(|deployed| deployed.clarity_version),
        "source_code": source,
        "abi": interface.to_string(),
    }))
}

/// `GET /extended/v1/contract/{contract}/events`
pub(crate) async fn contract_events(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Reply {
    let mut node = shared.node().await;
    let chain = node.chain()?;
    let prints = chain.receipts.prints_of(&id);
    ok(page.of(prints.len(), |at| {
        let (txid, place) = prints[prints.len() - 1 - at];
        let events = chain.receipts.get(&txid)?.events.unpack();
        Some(show::event(&txid, place, events.get(place)?))
    }))
}

fn principal(text: &str) -> Result<String, Refusal> {
    text.parse::<bithedge_stacks::Principal>()
        .map(|principal| principal.to_string())
        .map_err(|_| api_error(StatusCode::BAD_REQUEST, format!("invalid STX address \"{text}\"")))
}

async fn stx_of(shared: &Shared, principal: &str) -> Reply {
    let mut node = shared.node().await;
    let balance = node.guarded(async |chain| chain.stx_balance(principal).await).await?;
    let chain = node.chain()?;
    let held = chain.receipts.holdings(principal);
    ok(json!({
        "balance": (balance.available + balance.locked).to_string(),
        "estimated_balance": (balance.available + balance.locked).to_string(),
        "total_sent": held.stx.sent.to_string(),
        "total_received": held.stx.received.to_string(),
        "total_fees_sent": held.fees.to_string(),
        "total_miner_rewards_received": "0",
        "lock_tx_id": "",
        "locked": balance.locked.to_string(),
        "lock_height": 0,
        "burnchain_lock_height": 0,
        "burnchain_unlock_height": balance.unlock_height,
    }))
}

/// `GET /extended/v1/address/{principal}/stx`
pub(crate) async fn stx(State(shared): State<Shared>, Path(text): Path<String>) -> Reply {
    stx_of(&shared, &principal(&text)?).await
}

/// `GET /extended/v1/address/{principal}/balances`
pub(crate) async fn balances(State(shared): State<Shared>, Path(text): Path<String>) -> Reply {
    let text = principal(&text)?;
    let mut node = shared.node().await;
    let balance = node.guarded(async |chain| chain.stx_balance(&text).await).await?;
    let chain = node.chain()?;
    let held = chain.receipts.holdings(&text);
    let mut fungible = serde_json::Map::new();
    for (asset, totals) in &held.fungible {
        let row = json!({
            "balance": totals.received.saturating_sub(totals.sent).to_string(),
            "total_sent": totals.sent.to_string(),
            "total_received": totals.received.to_string(),
        });
        fungible.insert(asset.clone(), row);
    }
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    for (asset, _) in held.non_fungible.keys() {
        *counts.entry(asset.clone()).or_default() += 1;
    }
    let non_fungible: serde_json::Map<String, Json> =
        counts.into_iter().map(|(asset, count)| (asset, json!({ "count": count.to_string() }))).collect();
    ok(json!({
        "stx": {
            "balance": (balance.available + balance.locked).to_string(),
            "total_sent": held.stx.sent.to_string(),
            "total_received": held.stx.received.to_string(),
            "total_fees_sent": held.fees.to_string(),
            "total_miner_rewards_received": "0",
            "lock_tx_id": "",
            "locked": balance.locked.to_string(),
            "lock_height": 0,
            "burnchain_lock_height": 0,
            "burnchain_unlock_height": balance.unlock_height,
        },
        "fungible_tokens": fungible,
        "non_fungible_tokens": non_fungible,
    }))
}

/// Up to which block; the API takes a hash too.
#[derive(Debug, Deserialize)]
pub(crate) struct Until {
    until_block: Option<u64>,
}

/// `GET /extended/v1/address/{principal}/transactions`
pub(crate) async fn address_transactions(
    State(shared): State<Shared>,
    Path(text): Path<String>,
    Query(page): Query<Page>,
    Query(Until { until_block }): Query<Until>,
) -> Reply {
    let text = principal(&text)?;
    let mut node = shared.node().await;
    let chain = node.chain()?;
    let all = chain.receipts.of_principal(&text);
    let end = until_block.map_or(all.len(), |until| {
        all.partition_point(|txid| chain.receipts.get(txid).is_some_and(|receipt| receipt.height <= until))
    });
    ok(newest_first(page, all.get(..end).unwrap_or_default(), chain))
}

/// `GET /extended/v1/address/{principal}/mempool`
pub(crate) async fn address_mempool(
    State(shared): State<Shared>,
    Path(text): Path<String>,
    Query(page): Query<Page>,
) -> Reply {
    let text = principal(&text)?;
    let mut node = shared.node().await;
    let chain = node.chain()?;
    let waiting: Vec<_> = chain
        .mempool
        .iter()
        .rev()
        .filter(|pending| pending.slots().any(|(owner, _)| owner == text))
        .collect();
    ok(page.of(waiting.len(), |at| Some(show::pending(waiting[at]))))
}

/// `GET /extended/v1/address/{principal}/nonces`
pub(crate) async fn nonces(State(shared): State<Shared>, Path(text): Path<String>) -> Reply {
    let text = principal(&text)?;
    let mut node = shared.node().await;
    let chain = node.chain()?;
    let next = chain.nonce(&text);
    let waiting = chain.mempool.nonces_of(&text);
    let last_waiting = waiting.last().copied();
    let possible = last_waiting.map_or(next, |last| next.max(last + 1));
    // As the API does it: strictly between the last executed and the last waiting one, and nothing at all for an account
    // that never executed anything. So neither list is complete.
    let between = if next == 0 { 0..0 } else { next..last_waiting.unwrap_or_default() };
    let (detected, missing): (Vec<u64>, Vec<u64>) = between.partition(|nonce| waiting.contains(nonce));
    ok(json!({
        "last_executed_tx_nonce": next.checked_sub(1),
        "last_mempool_tx_nonce": last_waiting,
        "possible_next_nonce": possible,
        "detected_missing_nonces": missing,
        "detected_mempool_nonces": detected,
    }))
}

/// `GET /extended/v2/blocks`
pub(crate) async fn blocks(State(shared): State<Shared>, Query(page): Query<Page>) -> Reply {
    let mut node = shared.node().await;
    let chain = node.chain()?;
    let tip = chain.blocks.tip_height();
    let total = usize::try_from(tip - chain.blocks.first_height() + 1).unwrap_or(usize::MAX);
    ok(page.of(total, |at| chain.blocks.get(tip - at as u64).map(|block| show::block(chain, &block))))
}

fn find_block(chain: &Chain, text: &str) -> Option<Block> {
    if text == "latest" {
        return Some(chain.blocks.tip());
    }
    match text.parse::<u64>() {
        Ok(height) => chain.blocks.get(height),
        Err(_) => chain.blocks.by_hash(&parse_hash(text)?),
    }
}

/// `GET /extended/v2/blocks/{height, hash or latest}`
pub(crate) async fn block(State(shared): State<Shared>, Path(text): Path<String>) -> Reply {
    let mut node = shared.node().await;
    let chain = node.chain()?;
    match find_block(chain, &text) {
        Some(block) => ok(show::block(chain, &block)),
        None => Err(api_error(StatusCode::NOT_FOUND, "Block not found")),
    }
}

/// `GET /extended/v2/blocks/{height, hash or latest}/transactions`
pub(crate) async fn block_transactions(
    State(shared): State<Shared>,
    Path(text): Path<String>,
    Query(page): Query<Page>,
) -> Reply {
    let mut node = shared.node().await;
    let chain = node.chain()?;
    match find_block(chain, &text) {
        Some(block) => ok(page.of(block.txids.len(), |at| {
            let txid = &block.txids[at];
            // Like the API's: how many events there are, and none of them.
            chain.receipts.get(txid).map(|receipt| show::mined_with(chain, txid, receipt, EventRange::NONE))
        })),
        None => Err(api_error(StatusCode::NOT_FOUND, "Block not found")),
    }
}
