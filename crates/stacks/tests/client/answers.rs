//! Each answer, as servers give it and as they must not.

use bithedge_stacks::client::{
    AbiType, Access, AssetMovement, EventKind, Outcome, TransactionKind, TransactionStatus,
};
use bithedge_stacks::transaction::Memo;
use bithedge_stacks::{
    ClarityName, ClientError, ContractId, MicroStx, Network, Principal, SecretKey, TransactionBuilder, Txid,
    Value,
};
use serde_json::{Value as Json, json};

use super::server::{Act, Server};

pub const SENDER: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";
pub const OTHER: &str = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5";

pub fn sender() -> Principal {
    SENDER.parse().unwrap()
}

pub fn contract() -> ContractId {
    format!("{SENDER}.pool").parse().unwrap()
}

fn name(text: &str) -> ClarityName {
    text.parse().unwrap()
}

pub fn txid() -> Txid {
    Txid([0xab; 32])
}

pub fn hash(byte: &str) -> String {
    format!("0x{}", byte.repeat(32))
}

pub async fn answering(body: Json) -> Server {
    Server::start([Act::json(&body)]).await
}

#[expect(clippy::needless_pass_by_value, reason = "callers have no other use for an answer")]
pub fn assert_malformed<T: std::fmt::Debug>(answer: Result<T, ClientError>, what: &str) {
    assert!(matches!(answer, Err(ClientError::Malformed { .. })), "{what}: {answer:?}");
}

#[tokio::test]
async fn read_only_calls() {
    let server = answering(json!({ "okay": true, "result": Value::ok(7_u128).encode_hex() })).await;
    let args = [Value::UInt(1), Value::NONE];
    let value = server.client().call_read_only(&contract(), &name("get?"), &sender(), &args).await.unwrap();
    assert_eq!(value, Value::ok(7_u128));
    let asked = &server.asked()[0];
    assert_eq!(asked.line, format!("POST /v2/contracts/call-read/{SENDER}/pool/get%3F"));
    let sent: Json = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(sent, json!({ "sender": SENDER, "arguments": [args[0].encode_hex(), "0x09"] }));

    let server = answering(json!({ "okay": false, "cause": "NotReadOnly" })).await;
    let error = server.client().call_read_only(&contract(), &name("f"), &sender(), &[]).await.unwrap_err();
    let ClientError::ReadOnly(error) = error else { panic!("{error:?}") };
    assert_eq!((error.contract, error.cause.as_str()), (contract(), "NotReadOnly"));

    for bad in [
        json!({ "okay": true }),
        json!({ "okay": false }),
        json!({ "okay": true, "result": "0x" }),
        json!({ "okay": true, "result": "03" }),
        json!({ "okay": true, "result": "0x0303" }),
        json!({ "okay": false, "result": "0x03", "cause": "?" }),
    ] {
        let server = answering(bad.clone()).await;
        let answer = server.client().call_read_only(&contract(), &name("f"), &sender(), &[]).await;
        assert_malformed(answer, &bad.to_string());
    }
}

#[tokio::test]
async fn contracts() {
    let interface = json!({
        "functions": [{ "name": "buy", "access": "public", "args": [{ "name": "n", "type": "uint128" }],
            "outputs": { "type": { "response": { "ok": "bool", "error": "uint128" } } } }],
        "variables": [{ "name": "total", "type": "uint128", "access": "variable" }],
        "maps": [{ "name": "owners", "key": "uint128", "value": "principal" }],
        "fungible_tokens": [{ "name": "t" }],
        "non_fungible_tokens": [{ "name": "n", "type": "uint128" }],
        "epoch": "Epoch40", "clarity_version": "Clarity6",
    });
    let server = answering(interface).await;
    let interface = server.client().contract_interface(&contract()).await.unwrap();
    assert_eq!(interface.functions[0].access, Access::Public);
    assert_eq!(interface.functions[0].args[0].r#type, AbiType::Uint128);
    assert_eq!(interface.maps[0].value, AbiType::Principal);

    let server = answering(json!({ "source": "(ok 1)", "publish_height": 3, "proof": "" })).await;
    assert_eq!(server.client().contract_source(&contract()).await.unwrap(), "(ok 1)");
    assert_eq!(server.asked()[0].line, format!("GET /v2/contracts/source/{SENDER}/pool?proof=0"));

    let server = Server::start([Act::Answer(404, b"No such contract".to_vec())]).await;
    let error = server.client().contract_source(&contract()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("there is no contract {SENDER}.pool"));
}

#[tokio::test]
async fn variables_and_maps() {
    let server = answering(json!({ "data": "0x03" })).await;
    assert_eq!(server.client().data_var(&contract(), &name("open")).await.unwrap(), Value::Bool(true));
    let server = answering(json!({ "data": Value::some(5_u128).encode_hex() })).await;
    let entry = server.client().map_entry(&contract(), &name("m"), &Value::UInt(1)).await.unwrap();
    assert_eq!(entry, Some(Value::UInt(5)));
    assert_eq!(server.asked()[0].body, format!("\"{}\"", Value::UInt(1).encode_hex()).as_bytes());
    let server = answering(json!({ "data": "0x09" })).await;
    assert_eq!(server.client().map_entry(&contract(), &name("m"), &Value::UInt(1)).await.unwrap(), None);
    let server = answering(json!({ "data": "0x03" })).await;
    assert_malformed(
        server.client().map_entry(&contract(), &name("m"), &Value::UInt(1)).await,
        "no optional",
    );
}

#[tokio::test]
async fn fees() {
    let server = answering(json!(1)).await;
    assert_eq!(server.client().transfer_fee_rate().await.unwrap(), MicroStx::new(1));
    let key = SecretKey::from_hex(&format!("{}01", "11".repeat(32))).unwrap();
    let builder = TransactionBuilder::transfer(Network::TESTNET, sender(), MicroStx::new(1), Memo::EMPTY);
    let transaction = builder.sign(&key).unwrap();
    let estimations = |fees: &[u64]| {
        json!({ "estimated_cost_scalar": 1, "cost_scalar_change_by_byte": 0.1,
            "estimations": fees.iter().map(|fee| json!({ "fee": fee, "fee_rate": 1.5 })).collect::<Vec<_>>() })
    };
    let server = answering(estimations(&[180, 200, 300])).await;
    let estimate = server.client().estimate_fee(&transaction).await.unwrap();
    assert_eq!([estimate.low, estimate.middle, estimate.high], [180, 200, 300].map(MicroStx::new));
    let sent: Json = serde_json::from_slice(&server.asked()[0].body).unwrap();
    assert_eq!(sent["estimated_len"], transaction.encode().len());
    for bad in [estimations(&[1, 2]), estimations(&[3, 2, 1]), json!({ "estimations": [] })] {
        assert_malformed(answering(bad).await.client().estimate_fee(&transaction).await, "estimates");
    }
}

#[tokio::test]
async fn stacking() {
    let pox = json!({ "contract_id": "ST000000000000000000002AMW42H.pox-4", "first_burnchain_block_height": 0,
        "current_burnchain_block_height": 120, "reward_cycle_id": 6, "reward_cycle_length": 20 });
    let pox = answering(pox).await.client().pox_info().await.unwrap();
    assert_eq!((pox.contract_id.name.as_str(), pox.reward_cycle_id), ("pox-4", 6));
}

pub fn mined() -> Json {
    json!({
        "tx_id": txid(), "nonce": 3, "fee_rate": "1000", "sender_address": SENDER, "sponsored": false,
        "tx_status": "success", "tx_type": "contract_call",
        "contract_call": { "contract_id": format!("{SENDER}.pool"), "function_name": "buy",
            "function_args": [{ "hex": "0x03", "repr": "true", "name": "sure", "type": "bool" }] },
        "tx_index": 7,
        "block_hash": hash("cd"), "block_height": 12, "block_time": 1_700_000_000, "canonical": true,
        "microblock_canonical": true, "tx_result": { "hex": "0x0703", "repr": "(ok true)" },
        "event_count": 4, "vm_error": null,
        "events": [
            { "event_index": 0, "event_type": "smart_contract_log", "tx_id": txid(), "contract_log":
                { "contract_id": format!("{SENDER}.pool"), "topic": "print", "value": { "hex": "0x03", "repr": "true" } } },
            { "event_index": 1, "event_type": "stx_asset", "tx_id": txid(), "asset":
                { "asset_event_type": "transfer", "sender": SENDER, "recipient": OTHER, "amount": "5", "memo": "0x" } },
            { "event_index": 2, "event_type": "fungible_token_asset", "tx_id": txid(), "asset":
                { "asset_event_type": "mint", "asset_id": format!("{SENDER}.pool::share"), "sender": "",
                  "recipient": OTHER, "amount": "340282366920938463463374607431768211455" } },
            { "event_index": 3, "event_type": "non_fungible_token_asset", "tx_id": txid(), "asset":
                { "asset_event_type": "burn", "asset_id": format!("{SENDER}.pool::policy"), "sender": OTHER,
                  "recipient": "", "value": { "hex": Value::UInt(1).encode_hex(), "repr": "u1" } } },
        ],
    })
}

#[tokio::test]
async fn a_mined_transaction() {
    let server = answering(mined()).await;
    let record = server.client().transaction(txid()).await.unwrap();
    assert_eq!((record.txid, record.nonce, record.fee), (txid(), 3, MicroStx::new(1000)));
    assert_eq!(
        record.kind,
        TransactionKind::ContractCall {
            contract: contract(),
            function: name("buy"),
            arguments: vec![Value::Bool(true)]
        }
    );
    let TransactionStatus::Included(inclusion) = record.status else { panic!() };
    assert_eq!(
        (inclusion.block.height, inclusion.canonical, inclusion.outcome),
        (12, true, Outcome::Success)
    );
    assert_eq!(inclusion.result, Value::ok(true));
    let [print, stx, mint, burn] = inclusion.events.as_slice() else { panic!() };
    assert!(matches!(&print.kind, EventKind::Print { value: Value::Bool(true), .. }));
    let movement = AssetMovement::Transfer { sender: sender(), recipient: OTHER.parse().unwrap() };
    assert_eq!(stx.kind, EventKind::Stx { movement, amount: MicroStx::new(5) });
    assert!(matches!(
        &mint.kind,
        EventKind::Fungible { amount: u128::MAX, movement: AssetMovement::Mint { .. }, .. }
    ));
    assert!(matches!(
        &burn.kind,
        EventKind::NonFungible { value: Value::UInt(1), movement: AssetMovement::Burn { .. }, .. }
    ));
}

#[tokio::test]
async fn other_fates_of_a_transaction() {
    let with = |status: &str| {
        let mut record = mined();
        record["tx_status"] = json!(status);
        record
    };
    for (status, outcome) in [
        ("abort_by_response", Outcome::AbortedByResponse),
        ("abort_by_post_condition", Outcome::AbortedByPostCondition),
    ] {
        let record = answering(with(status)).await.client().transaction(txid()).await.unwrap();
        assert!(
            matches!(record.status, TransactionStatus::Included(inclusion) if inclusion.outcome == outcome)
        );
    }
    let record = answering(with("pending")).await.client().transaction(txid()).await.unwrap();
    assert_eq!(record.status, TransactionStatus::Pending);
    let record = answering(with("dropped_replace_by_fee")).await.client().transaction(txid()).await.unwrap();
    assert_eq!(record.status, TransactionStatus::Dropped("dropped_replace_by_fee".to_owned()));
    // A block that the chain left behind.
    let mut record = mined();
    record["canonical"] = json!(false);
    let record = answering(record).await.client().transaction(txid()).await.unwrap();
    assert!(matches!(record.status, TransactionStatus::Included(inclusion) if !inclusion.canonical));
}

#[tokio::test]
async fn a_kind_of_transaction_that_is_new_is_read_for_what_it_is() {
    let mut record = mined();
    record["tx_type"] = json!("newer");
    let read = answering(record).await.client().transaction(txid()).await.unwrap();
    assert_eq!(read.kind, TransactionKind::Other("newer".to_owned()));
}

#[tokio::test]
async fn an_inconsistent_transaction_is_not_believed() {
    let changes: [(&str, Json); 19] = [
        ("tx_id", json!(hash("00"))),
        ("tx_status", json!("fine")),
        ("tx_type", json!(7)),
        ("contract_call", Json::Null),
        ("block_hash", Json::Null),
        ("block_hash", json!("0x12")),
        ("block_height", Json::Null),
        ("block_height", json!(-1)),
        ("block_time", Json::Null),
        ("tx_index", Json::Null),
        ("tx_index", json!(-1)),
        ("/contract_call/function_args/0/hex", json!("03")),
        ("canonical", Json::Null),
        ("tx_result", Json::Null),
        ("tx_result", json!({ "hex": "0x07", "repr": "(ok true)" })),
        ("event_count", json!(3)),
        ("fee_rate", json!("-1")),
        ("sender_address", json!("ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGN")),
        ("sponsored", json!(true)),
    ];
    for (field, value) in changes {
        let mut record = mined();
        if field.starts_with('/') {
            *record.pointer_mut(field).unwrap() = value.clone();
        } else {
            record[field] = value.clone();
        }
        assert_malformed(
            answering(record).await.client().transaction(txid()).await,
            &format!("{field} {value}"),
        );
    }
    for (event, pointer, value) in [
        (0, "/tx_id", json!(hash("00"))),
        (0, "/contract_log/value/hex", json!("0xff")),
        (0, "/event_type", json!("other")),
        (0, "/event_index", json!(1)),
        (1, "/asset/sender", json!("")),
        (1, "/asset/amount", json!("18446744073709551616")),
        (1, "/asset/asset_event_type", json!("other")),
        (2, "/asset/amount", json!("+5")),
        (2, "/asset/asset_id", Json::Null),
        (3, "/asset/value", Json::Null),
    ] {
        let mut record = mined();
        *record["events"][event].pointer_mut(pointer).unwrap() = value.clone();
        assert_malformed(
            answering(record).await.client().transaction(txid()).await,
            &format!("{pointer} {value}"),
        );
    }
}

#[tokio::test]
async fn balances_and_nonces() {
    let token = format!("{SENDER}.pool::share");
    let balances = json!({ "stx": { "balance": "100", "locked": "30", "total_sent": "0" },
        "fungible_tokens": { token.clone(): { "balance": "340282366920938463463374607431768211455" } },
        "non_fungible_tokens": {} });
    let balances = answering(balances).await.client().balances(&sender()).await.unwrap();
    assert_eq!((balances.stx.balance, balances.stx.locked), (MicroStx::new(100), MicroStx::new(30)));
    assert_eq!(balances.fungible_tokens[&token].balance, u128::MAX);

    let nonces = |next: u64| {
        json!({ "last_mempool_tx_nonce": 5, "last_executed_tx_nonce": 3, "possible_next_nonce": next,
            "detected_missing_nonces": [4], "detected_mempool_nonces": [5] })
    };
    let answer = answering(nonces(6)).await.client().nonces(&sender()).await.unwrap();
    assert_eq!((answer.possible_next_nonce, answer.detected_missing_nonces), (6, vec![4]));
    assert_malformed(answering(nonces(3)).await.client().nonces(&sender()).await, "a used nonce");
    let fresh = json!({ "last_mempool_tx_nonce": null, "last_executed_tx_nonce": null, "possible_next_nonce": 0,
        "detected_missing_nonces": [] });
    assert_eq!(answering(fresh).await.client().nonces(&sender()).await.unwrap().possible_next_nonce, 0);
}

#[tokio::test]
async fn pages() {
    let page = |offset: u64, results: &[Json]| json!({ "limit": 2, "offset": offset, "total": 9, "results": results });
    let server = answering(page(4, &[mined()])).await;
    let answer = server.client().address_transactions(&sender(), 2, 4).await.unwrap();
    assert_eq!((answer.total, answer.results.len()), (Some(9), 1));
    assert_eq!(
        server.asked()[0].line,
        format!("GET /extended/v1/address/{SENDER}/transactions?limit=2&offset=4")
    );
    let wrong = answering(page(0, &[])).await.client().address_transactions(&sender(), 2, 4).await;
    assert_malformed(wrong, "another page");
    let long = vec![mined(), mined(), mined()];
    assert_malformed(
        answering(page(4, &long)).await.client().address_transactions(&sender(), 2, 4).await,
        "too long",
    );

    let mut pending = mined();
    pending["tx_status"] = json!("pending");
    let server = answering(page(0, &[pending])).await;
    assert_eq!(server.client().mempool(Some(&sender()), 2, 0).await.unwrap().results.len(), 1);
    assert!(server.asked()[0].line.starts_with("GET /extended/v1/tx/mempool?sender_address=ST1PQ"));
    let other: Principal = OTHER.parse().unwrap();
    assert_malformed(server.client().mempool(Some(&other), 2, 0).await, "somebody else's");
}

#[tokio::test]
async fn blocks_events_and_status() {
    let block = json!({ "canonical": true, "height": 5, "hash": hash("01"), "index_block_hash": hash("02"),
        "parent_block_hash": hash("03"), "block_time": 1_700_000_000, "burn_block_height": 2,
        "burn_block_time": 1_699_999_000, "tx_count": 1 });
    let page = json!({ "limit": 1, "offset": 0, "total": 5, "results": [block] });
    let blocks = answering(page).await.client().blocks(1, 0).await.unwrap();
    assert_eq!((blocks.results[0].height, blocks.results[0].hash.0), (5, [1; 32]));

    let event = |origin: &str| {
        json!({ "limit": 5, "offset": 0, "results": [{ "event_index": 1, "event_type": "smart_contract_log",
            "tx_id": txid(), "contract_log": { "contract_id": origin, "topic": "print",
            "value": { "hex": "0x03", "repr": "true" } } }] })
    };
    let events = answering(event(&contract().to_string()))
        .await
        .client()
        .contract_events(&contract(), 5, 0)
        .await
        .unwrap();
    assert_eq!((events.results[0].txid, events.results[0].index), (txid(), 1));
    assert_eq!(events.results[0].value, Value::Bool(true));
    let foreign =
        answering(event(&format!("{OTHER}.pool"))).await.client().contract_events(&contract(), 5, 0).await;
    assert_malformed(foreign, "another contract's event");

    let status = json!({ "server_version": "stacks-api", "status": "ready",
        "chain_tip": { "block_height": 5, "block_hash": hash("01"), "index_block_hash": hash("02") } });
    let status = answering(status).await.client().api_status().await.unwrap();
    assert_eq!((status.status.as_str(), status.chain_tip.unwrap().block_height), ("ready", 5));
}
