//! Sending a transaction, once.

use std::time::Duration;

use bithedge_stacks::client::{Failure, RejectionReason};
use bithedge_stacks::transaction::Memo;
use bithedge_stacks::{
    ClientError, MicroStx, Network, Principal, SecretKey, Transaction, TransactionBuilder,
};
use serde_json::{Value as Json, json};

use super::server::{Act, Server, client, nobody};

const SENDER: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";

fn transaction() -> Transaction {
    let key =
        SecretKey::from_hex("753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a601").unwrap();
    let recipient: Principal = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".parse().unwrap();
    TransactionBuilder::transfer(Network::TESTNET, recipient, MicroStx::new(5), Memo::EMPTY)
        .fee(MicroStx::new(200))
        .sign(&key)
        .unwrap()
}

fn taken() -> Act {
    Act::json(&json!(transaction().txid().to_string()))
}

fn refused(reason: &str, data: &Json) -> Act {
    let txid = transaction().txid().to_string();
    Act::refuse(
        400,
        &json!({ "error": "transaction rejected", "reason": reason, "reason_data": data, "txid": txid }),
    )
}

fn bad_nonce() -> Act {
    refused("BadNonce", &json!({ "expected": 1, "actual": 0, "principal": SENDER, "is_origin": true }))
}

fn record(status: &str) -> Act {
    Act::json(&json!({
        "tx_id": transaction().txid(), "nonce": 0, "fee_rate": "200", "sender_address": SENDER, "sponsored": false,
        "tx_status": status, "tx_type": "token_transfer",
        "token_transfer": { "recipient_address": "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5", "amount": "5", "memo": "0x" },
    }))
}

#[tokio::test]
async fn a_transaction_is_sent_as_it_is() {
    let server = Server::start([taken()]).await;
    assert_eq!(server.client().broadcast(&transaction()).await.unwrap(), transaction().txid());
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line, "POST /v2/transactions");
    assert_eq!(asked[0].body, transaction().encode());
}

#[tokio::test]
async fn a_refusal_is_final_and_says_why() {
    let server = Server::start([refused("FeeTooLow", &json!({ "expected": 500, "actual": 200 }))]).await;
    let error = server.client().broadcast(&transaction()).await.unwrap_err();
    let ClientError::Rejected(rejection) = error else { panic!("{error:?}") };
    let expected = RejectionReason::FeeTooLow { expected: MicroStx::new(500), actual: MicroStx::new(200) };
    assert_eq!((rejection.reason, rejection.txid), (expected, transaction().txid()));
    assert_eq!(server.asked().len(), 1);
    // A used nonce as the first answer is what it says.
    let server = Server::start([bad_nonce()]).await;
    let error = server.client().broadcast(&transaction()).await.unwrap_err();
    assert!(matches!(error, ClientError::Rejected(_)), "{error:?}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn after_a_lost_answer_the_same_bytes_are_sent_again() {
    for fault in [Act::Drop, Act::Sleep(Duration::from_secs(60)), Act::Answer(502, Vec::new())] {
        let server = Server::start([fault, taken()]).await;
        assert_eq!(server.client().broadcast(&transaction()).await.unwrap(), transaction().txid());
        let asked = server.asked();
        assert_eq!(asked.len(), 2);
        assert!(asked.iter().all(|asked| asked.body == transaction().encode()));
    }
}

/// The first attempt arrived, its answer did not, and the chain went on: the refusal of the second is no refusal.
#[tokio::test]
async fn a_transaction_that_arrived_is_not_reported_as_refused() {
    for refusal in [bad_nonce(), refused("ConflictingNonceInMempool", &Json::Null)] {
        let server = Server::start([Act::Drop, refusal, record("pending")]).await;
        assert_eq!(server.client().broadcast(&transaction()).await.unwrap(), transaction().txid());
        assert_eq!(server.asked()[2].line, format!("GET /extended/v1/tx/0x{}", transaction().txid()));
    }
}

#[tokio::test]
async fn what_is_not_known_is_not_claimed() {
    // Refused after a lost answer, and nobody knows the transaction.
    let server = Server::start([Act::Drop, bad_nonce(), Act::Answer(404, Vec::new())]).await;
    let error = server.client().broadcast(&transaction()).await.unwrap_err();
    assert!(
        matches!(error, ClientError::Uncertain { txid, .. } if txid == transaction().txid()),
        "{error:?}"
    );
    // No answer at all, though it may have arrived.
    let server = Server::start([Act::Drop]).await;
    let error = server.client().broadcast(&transaction()).await.unwrap_err();
    assert!(matches!(error, ClientError::Uncertain { .. }), "{error:?}");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_refusal_that_has_nothing_to_do_with_a_lost_answer_is_one() {
    let server = Server::start([Act::Drop, refused("NoSuchContract", &Json::Null)]).await;
    let error = server.client().broadcast(&transaction()).await.unwrap_err();
    let ClientError::Rejected(rejection) = error else { panic!("{error:?}") };
    assert_eq!(rejection.reason, RejectionReason::NoSuchContract);
}

#[tokio::test]
async fn what_cannot_have_arrived_is_certain() {
    let url = nobody().await;
    let error = client([url.as_str()]).broadcast(&transaction()).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { failure: Failure::Connect(_), .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_about_another_transaction_is_not_believed() {
    let server = Server::start([Act::json(&json!("00".repeat(32)))]).await;
    let error = server.client().broadcast(&transaction()).await.unwrap_err();
    assert!(matches!(error, ClientError::Uncertain { .. }), "{error:?}");
    let other = json!({ "error": "transaction rejected", "reason": "BadNonce", "txid": "00".repeat(32) });
    let server = Server::start([Act::refuse(400, &other)]).await;
    let error = server.client().broadcast(&transaction()).await.unwrap_err();
    assert!(matches!(error, ClientError::Uncertain { .. }), "{error:?}");
}

#[tokio::test]
async fn a_refusal_without_a_reason_keeps_what_was_said() {
    let server = Server::start([Act::Answer(400, b"Failed to decode".to_vec())]).await;
    let error = server.client().broadcast(&transaction()).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Http { status: 400, body, .. } if body == "Failed to decode"),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_unknown_reason_is_a_refusal() {
    let server = Server::start([refused("SomethingNew", &json!({ "a": 1 }))]).await;
    let error = server.client().broadcast(&transaction()).await.unwrap_err();
    let ClientError::Rejected(rejection) = error else { panic!("{error:?}") };
    assert_eq!(rejection.reason.to_string(), "SomethingNew {\"a\":1}");
}
