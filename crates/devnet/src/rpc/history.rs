//! The Stacks API's lists from which a contract's history is read: its log with cursors, and many transactions at once.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::Shared;
use super::extended::parse_hash;
use super::reply::{Refusal, Reply, api_error, ok};
use super::show::{self, EventRange, hex0x};
use crate::chain::Chain;

/// As long a page of events as the API gives.
const MOST_EVENTS: usize = 100;
/// What the API writes where microblocks once had their number.
const NO_MICROBLOCK: u64 = 2_147_483_647;

fn bad(message: impl Into<String>) -> Refusal {
    api_error(StatusCode::BAD_REQUEST, message)
}

fn event_limit(asked: Option<usize>, otherwise: usize) -> Result<usize, Refusal> {
    match asked.unwrap_or(otherwise) {
        limit if limit <= MOST_EVENTS => Ok(limit),
        _ => Err(bad(format!("'limit' must be equal to or less than {MOST_EVENTS}"))),
    }
}

/// Block, microblock, transaction and event, as the API orders events.
type Place = (u64, u64, u64, u64);

fn parse_place(text: &str) -> Option<Place> {
    let mut parts = text.split(':').map(|part| part.parse::<u64>().ok());
    let place = (parts.next()??, parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(place)
}

/// Which part of a contract's log.
#[derive(Debug, Deserialize)]
pub(crate) struct Logs {
    limit: Option<usize>,
    offset: Option<usize>,
    cursor: Option<String>,
}

/// `GET /extended/v2/smart-contracts/{contract}/logs`
pub(crate) async fn logs(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(Logs { limit, offset, cursor }): Query<Logs>,
) -> Reply {
    let limit = event_limit(limit, 20)?.max(1);
    let offset = offset.unwrap_or(0);
    let from = match &cursor {
        Some(text) => Some(parse_place(text).ok_or_else(|| bad("querystring/cursor must match pattern"))?),
        None => None,
    };
    let mut node = shared.node().await;
    let chain = node.chain()?;
    let prints = chain.receipts.prints_of(&id);
    let place_of = |txid: &[u8; 32], event: usize| -> Option<Place> {
        let receipt = chain.receipts.get(txid)?;
        Some((receipt.height, NO_MICROBLOCK, receipt.index.into(), event as u64))
    };
    let shown = |at: Option<usize>| {
        let (txid, event) = prints.get(at?)?;
        let (block, microblock, tx, event) = place_of(txid, *event)?;
        Some(format!("{block}:{microblock}:{tx}:{event}"))
    };
    // Oldest first: everything before `end` is at or below the cursor.
    let end = from.map_or(prints.len(), |from| {
        prints.partition_point(|(txid, event)| place_of(txid, *event).is_some_and(|place| place <= from))
    });
    let end = end.saturating_sub(offset);
    if end == 0 && cursor.is_some() {
        return Err(api_error(StatusCode::NOT_FOUND, "Cursor not found"));
    }
    let start = end.saturating_sub(limit);
    let results: Vec<_> = (start..end)
        .rev()
        .filter_map(|at| {
            let (txid, place) = prints.get(at)?;
            let events = chain.receipts.get(txid)?.events.unpack();
            Some(show::event(txid, *place, events.get(*place)?))
        })
        .collect();
    ok(json!({
        "limit": limit,
        "offset": offset,
        "total": prints.len(),
        "next_cursor": shown((end > 0).then(|| end - 1 + limit)),
        "prev_cursor": shown(start.checked_sub(1)),
        "cursor": shown(end.checked_sub(1)),
        "results": results,
    }))
}

/// Which transactions, and which of their events.
#[derive(Debug, Deserialize)]
pub(crate) struct Multiple {
    tx_id: String,
    event_limit: Option<usize>,
    event_offset: Option<usize>,
}

fn one(chain: &Chain, txid: &[u8; 32], events: EventRange) -> Option<serde_json::Value> {
    if let Some(receipt) = chain.receipts.get(txid) {
        return Some(show::mined_with(chain, txid, receipt, events));
    }
    if let Some(waiting) = chain.mempool.get(txid) {
        return Some(show::pending(waiting));
    }
    chain.dropped.get(txid).map(|(pending, why)| show::dropped(pending, why))
}

/// `GET /extended/v1/tx/multiple?tx_id=0x…,0x…`
pub(crate) async fn transactions(
    State(shared): State<Shared>,
    Query(Multiple { tx_id, event_limit: limit, event_offset }): Query<Multiple>,
) -> Reply {
    let events = EventRange { first: event_offset.unwrap_or(0), count: event_limit(limit, 20)? };
    let mut node = shared.node().await;
    let chain = node.chain()?;
    let mut answer = serde_json::Map::new();
    for text in tx_id.split(',') {
        let txid = parse_hash(text).ok_or_else(|| bad(format!("Invalid tx_id: {text}")))?;
        let found = one(chain, &txid, events);
        let is_found = found.is_some();
        let result = found.unwrap_or_else(|| json!({ "tx_id": hex0x(txid) }));
        answer.insert(hex0x(txid), json!({ "found": is_found, "result": result }));
    }
    ok(serde_json::Value::Object(answer))
}
