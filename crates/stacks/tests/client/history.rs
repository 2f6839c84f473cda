//! Blocks by name, lists up to a height, logs with cursors, many transactions at once: as the API gives them and as it must not.

use bithedge_stacks::client::{BlockHash, BlockId, EventKind, LogCursor, TransactionStatus};
use bithedge_stacks::{ClientError, Txid, Value};
use serde_json::{Value as Json, json};

use super::answers::{OTHER, SENDER, answering, assert_malformed, contract, hash, mined, sender, txid};
use super::server::{Act, Server};

fn block() -> Json {
    json!({ "canonical": true, "height": 5, "hash": hash("01"), "index_block_hash": hash("02"),
        "parent_block_hash": hash("03"), "parent_index_block_hash": hash("04"), "block_time": 1_700_000_000,
        "burn_block_height": 2, "burn_block_time": 1_699_999_000, "tx_count": 1 })
}

#[tokio::test]
async fn a_block_by_its_height_by_either_hash_and_the_newest() {
    for (id, path) in [
        (BlockId::Height(5), "5".to_owned()),
        (BlockId::Hash(BlockHash([1; 32])), hash("01")),
        (BlockId::Hash(BlockHash([2; 32])), hash("02")),
        (BlockId::Latest, "latest".to_owned()),
    ] {
        let server = answering(block()).await;
        let found = server.client().block(id).await.unwrap();
        assert_eq!((found.height, found.parent_index_block_hash), (5, Some(BlockHash([4; 32]))));
        assert_eq!(server.asked()[0].line, format!("GET /extended/v2/blocks/{path}"));
    }
    for id in [BlockId::Height(6), BlockId::Hash(BlockHash([3; 32]))] {
        assert_malformed(answering(block()).await.client().block(id).await, "another block");
    }
    let mut gone = block();
    gone["canonical"] = json!(false);
    assert_malformed(answering(gone).await.client().block(BlockId::Latest).await, "of another chain");
    for (field, value) in
        [("height", json!(-1)), ("index_block_hash", json!("0x12")), ("tx_count", json!("1"))]
    {
        let mut wrong = block();
        wrong[field] = value;
        assert_malformed(answering(wrong).await.client().block(BlockId::Height(5)).await, field);
    }

    let none = Server::start([Act::refuse(404, &json!({ "error": "Block not found" }))]).await;
    assert!(matches!(none.client().block(BlockId::Height(9)).await, Err(ClientError::NotFound { .. })));
    let node = Server::start([Act::Answer(404, b"No such file or directory".to_vec())]).await;
    assert!(matches!(node.client().block(BlockId::Height(9)).await, Err(ClientError::Unsupported { .. })));
}

#[tokio::test]
async fn transactions_of_a_block() {
    let page = |results: &[Json]| json!({ "limit": 50, "offset": 0, "total": 1, "results": results });
    let server = answering(page(&[mined()])).await;
    let found = server.client().block_transactions(BlockId::Height(12), 50, 0).await.unwrap();
    let TransactionStatus::Included(inclusion) = &found.results[0].status else { panic!() };
    assert_eq!((found.total, inclusion.index), (Some(1), 7));
    assert_eq!(server.asked()[0].line, "GET /extended/v2/blocks/12/transactions?limit=50&offset=0");
    let wrong =
        answering(page(&[mined()])).await.client().block_transactions(BlockId::Height(13), 50, 0).await;
    assert_malformed(wrong, "of another block");
    let mut waiting = mined();
    waiting["tx_status"] = json!("pending");
    let wrong = answering(page(&[waiting])).await.client().block_transactions(BlockId::Latest, 50, 0).await;
    assert_malformed(wrong, "in no block");
}

#[tokio::test]
async fn transactions_up_to_a_height() {
    let page = json!({ "limit": 50, "offset": 100, "total": 101, "results": [mined()] });
    let server = answering(page.clone()).await;
    let found = server.client().transactions_up_to(&sender(), 12, 50, 100).await.unwrap();
    assert_eq!(found.results.len(), 1);
    assert_eq!(
        server.asked()[0].line,
        format!("GET /extended/v1/address/{SENDER}/transactions?until_block=12&limit=50&offset=100")
    );
    let above = answering(page).await.client().transactions_up_to(&sender(), 11, 50, 100).await;
    assert_malformed(above, "above the height");
}

#[tokio::test]
async fn several_transactions_at_once() {
    let second = Txid([0xcd; 32]);
    // By kind, as the API lists them: not in order.
    let mut shown = mined();
    shown["events"].as_array_mut().unwrap().reverse();
    let answer = json!({ hash("ab"): { "found": true, "result": shown },
        hash("cd"): { "found": false, "result": { "tx_id": hash("cd") } } });
    let server = answering(answer.clone()).await;
    let found = server.client().transactions(&[txid(), second], 100, 0).await.unwrap();
    let [Some(record), None] = found.as_slice() else { panic!("{found:?}") };
    let TransactionStatus::Included(inclusion) = &record.status else { panic!() };
    assert_eq!(inclusion.events.iter().map(|event| event.index).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(matches!(inclusion.events[0].kind, EventKind::Print { .. }));
    let line = &server.asked()[0].line;
    assert!(line.starts_with("GET /extended/v1/tx/multiple?tx_id=0xabab"), "{line}");
    assert!(line.ends_with("&event_limit=100&event_offset=0"), "{line}");

    assert!(server.client().transactions(&[], 100, 0).await.unwrap().is_empty());
    assert_eq!(server.asked().len(), 1, "nothing is not asked for");
    let ask =
        async |answer: Json, limit| answering(answer).await.client().transactions(&[txid()], limit, 0).await;
    assert_malformed(ask(json!({}), 100).await, "not answered");
    assert_malformed(ask(answer.clone(), 3).await, "more events than were asked for");
    let mut other = answer.clone();
    other[hash("ab")]["result"]["tx_id"] = json!(hash("cd"));
    assert_malformed(ask(other, 100).await, "another transaction");
    let mut empty = answer;
    empty[hash("ab")]["result"] = json!({});
    assert_malformed(ask(empty, 100).await, "nothing");
    assert_malformed(ask(json!([]), 100).await, "a list");
}

fn logs(change: impl FnOnce(&mut Json)) -> Json {
    let print = |index: u64| {
        json!({ "event_index": index, "event_type": "smart_contract_log", "tx_id": txid(),
            "contract_log": { "contract_id": contract().to_string(), "topic": "print",
            "value": { "hex": "0x03", "repr": "true" } } })
    };
    let mut page = json!({ "limit": 2, "offset": 0, "total": 9, "next_cursor": null, "prev_cursor": "7:2147483647:0:4",
        "cursor": "8:2147483647:3:1", "results": [print(1), print(0)] });
    change(&mut page);
    page
}

#[tokio::test]
async fn a_contract_s_log_page_by_page() {
    let from = LogCursor::up_to(8);
    let ask = async |answer: Json| answering(answer).await.client().contract_logs(&contract(), from, 2).await;
    let server = answering(logs(|_| ())).await;
    let page = server.client().contract_logs(&contract(), from, 2).await.unwrap();
    assert_eq!(page.begins.map(|cursor| (cursor.height, cursor.transaction, cursor.event)), Some((8, 3, 1)));
    assert_eq!(page.older.map(|cursor| cursor.height), Some(7));
    assert_eq!((page.results.len(), &page.results[0].value), (2, &Value::Bool(true)));
    let line = &server.asked()[0].line;
    assert!(
        line.contains("/extended/v2/smart-contracts/")
            && line.ends_with("limit=2&cursor=8%3A2147483647%3A32767%3A2147483647"),
        "{line}"
    );
    for (what, answer) in [
        ("a page above", logs(|page| page["cursor"] = json!("9:0:0:0"))),
        ("older is newer", logs(|page| page["prev_cursor"] = json!("8:2147483647:3:1"))),
        ("no cursor", logs(|page| page["cursor"] = Json::Null)),
        ("a cursor that is none", logs(|page| page["cursor"] = json!("8:1:1"))),
        ("a cursor with a sign", logs(|page| page["cursor"] = json!("8:+1:1:1"))),
        ("a cursor beyond all", logs(|page| page["cursor"] = json!("99999999999999999999:1:1:1"))),
        ("nothing with a cursor", logs(|page| page["results"] = json!([]))),
        (
            "too long",
            logs(|page| {
                let first = page["results"][0].clone();
                page["results"].as_array_mut().unwrap().push(first);
            }),
        ),
        (
            "another contract's",
            logs(|page| {
                page["results"][0]["contract_log"]["contract_id"] = json!(format!("{OTHER}.pool"));
            }),
        ),
        (
            "no print",
            logs(|page| {
                page["results"][0] = json!({ "event_index": 1, "event_type": "stx_asset", "tx_id": txid(), "asset":
                { "asset_event_type": "transfer", "sender": SENDER, "recipient": OTHER, "amount": "5" } });
            }),
        ),
    ] {
        assert_malformed(ask(answer).await, what);
    }
    let none = Server::start([Act::refuse(404, &json!({ "error": "Cursor not found" }))]).await;
    let page = none.client().contract_logs(&contract(), from, 2).await.unwrap();
    assert!(page.results.is_empty() && page.begins.is_none() && page.older.is_none());
    let node = Server::start([Act::Answer(404, b"No such file or directory".to_vec())]).await;
    let answer = node.client().contract_logs(&contract(), from, 2).await;
    assert!(matches!(answer, Err(ClientError::Unsupported { .. })), "{answer:?}");
}

#[tokio::test]
async fn where_a_contract_was_deployed() {
    let answer = json!({ "contract_id": contract().to_string(), "canonical": true, "block_height": 44, "tx_id": txid() });
    assert_eq!(answering(answer.clone()).await.client().deployed_at(&contract()).await.unwrap(), 44);
    for (field, value) in [("contract_id", json!(format!("{OTHER}.pool"))), ("canonical", json!(false))] {
        let mut wrong = answer.clone();
        wrong[field] = value;
        assert_malformed(answering(wrong).await.client().deployed_at(&contract()).await, field);
    }
    let none = Server::start([Act::refuse(404, &json!({ "error": "cannot find contract by ID" }))]).await;
    assert!(matches!(none.client().deployed_at(&contract()).await, Err(ClientError::NotFound { .. })));
}
