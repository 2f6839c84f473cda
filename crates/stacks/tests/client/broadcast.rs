//! Sending a transaction, once.

use std::time::Duration;

use bithedge_stacks::client::{Failure, RejectionReason};
use bithedge_stacks::transaction::Memo;
use bithedge_stacks::{
    ClientError, MicroStx, Network, Principal, SecretKey, Transaction, TransactionBuilder, Txid,
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

fn included(canonical: bool) -> Act {
    Act::json(&json!({
        "tx_id": transaction().txid(), "nonce": 0, "fee_rate": "200", "sender_address": SENDER, "sponsored": false,
        "tx_status": "success", "tx_type": "token_transfer",
        "token_transfer": { "recipient_address": "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5", "amount": "5", "memo": "0x" },
        "block_hash": format!("0x{}", "cd".repeat(32)), "block_height": 12, "block_time": 1_700_000_000,
        "tx_index": 0,
        "canonical": canonical, "microblock_canonical": true, "tx_result": { "hex": "0x0703", "repr": "(ok true)" },
        "event_count": 0, "vm_error": null, "events": [],
    }))
}

/// The API does not know the transaction.
fn unknown() -> Act {
    Act::refuse(404, &json!({ "error": "could not find transaction by ID" }))
}

fn refusals_by_itself() -> Vec<Act> {
    let funds = json!({ "expected": format!("0x{:032x}", 7), "actual": format!("0x{:032x}", 0) });
    vec![
        bad_nonce(),
        refused("ConflictingNonceInMempool", &Json::Null),
        refused("ContractAlreadyExists", &Json::Null),
        refused("NotEnoughFunds", &funds),
        refused("TooMuchChaining", &json!({ "expected": 25, "actual": 26 })),
    ]
}

fn assert_uncertain(answer: Result<Txid, ClientError>, says: &str) {
    let Err(ClientError::Uncertain { txid, reason }) = answer else { panic!("{answer:?}") };
    assert_eq!(txid, transaction().txid());
    assert!(reason.contains(says), "{reason}");
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
    // A used nonce as the first answer is what it says, if the API does not know the transaction.
    let server = Server::start([bad_nonce(), unknown()]).await;
    let error = server.client().broadcast(&transaction()).await.unwrap_err();
    assert!(matches!(error, ClientError::Rejected(_)), "{error:?}");
    assert_eq!(server.asked().len(), 2);
}

/// A call may be the second one for a transaction that the first one brought there.
#[tokio::test]
async fn a_refusal_that_the_transaction_may_have_caused_is_looked_up() {
    for refusal in refusals_by_itself() {
        let server = Server::start([refusal.clone(), record("pending")]).await;
        assert_eq!(server.client().broadcast(&transaction()).await.unwrap(), transaction().txid());
        let server = Server::start([refusal.clone(), unknown()]).await;
        let error = server.client().broadcast(&transaction()).await.unwrap_err();
        assert!(matches!(error, ClientError::Rejected(_)), "{error:?}");
        // No API, or one that does not work: nobody can tell.
        for deaf in
            [Act::Answer(404, b"No such file or directory".to_vec()), Act::Drop, Act::Answer(503, vec![])]
        {
            let server = Server::start([refusal.clone(), deaf]).await;
            assert_uncertain(server.client().broadcast(&transaction()).await, "looking it up");
        }
    }
}

#[tokio::test]
async fn only_what_waits_or_is_in_the_chain_has_arrived() {
    let server = Server::start([bad_nonce(), included(true)]).await;
    assert_eq!(server.client().broadcast(&transaction()).await.unwrap(), transaction().txid());
    for (found, says) in [
        (record("dropped_replace_by_fee"), "dropped_replace_by_fee"),
        (included(false), "in a block that is not part of the chain"),
    ] {
        let server = Server::start([bad_nonce(), found.clone()]).await;
        let error = server.client().broadcast(&transaction()).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        let ClientError::Rejected(rejection) = error else { panic!("{error:?}") };
        assert_eq!(rejection.status.as_deref(), Some(says));
        let server = Server::start([Act::Drop, bad_nonce(), found]).await;
        assert_uncertain(server.client().broadcast(&transaction()).await, says);
    }
}

#[tokio::test]
async fn an_endpoint_that_takes_no_transactions_is_passed_over() {
    for status in [401, 403, 404, 408] {
        let other = Server::start([Act::Answer(status, b"no".to_vec())]).await;
        let node = Server::start([taken()]).await;
        let both = client([other.url(), node.url()]);
        assert_eq!(both.broadcast(&transaction()).await.unwrap(), transaction().txid());
        assert_eq!(other.asked().len(), 1);
    }
    let other = Server::start([Act::Answer(403, b"no".to_vec())]).await;
    let error = other.client().broadcast(&transaction()).await.unwrap_err();
    assert!(matches!(error, ClientError::Http { status: 403, .. }), "{error:?}");
    assert_eq!(other.asked().len(), 1);
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

/// What one endpoint may have taken, another one's refusal does not take back, whatever it says: they may see different
/// chains, and have different limits.
#[tokio::test]
async fn no_refusal_makes_up_for_a_lost_answer() {
    for refusal in [
        refused("NoSuchContract", &Json::Null),
        refused("FeeTooLow", &json!({ "expected": 500, "actual": 200 })),
        refused("SomethingNew", &Json::Null),
        Act::Answer(400, b"Failed to decode".to_vec()),
        Act::Answer(403, b"no".to_vec()),
        Act::Answer(404, b"no".to_vec()),
        Act::Answer(413, Vec::new()),
    ] {
        let lossy = Server::start([Act::Drop, record("pending")]).await;
        let other = Server::start([refusal.clone(), Act::Answer(404, Vec::new())]).await;
        let both = client([lossy.url(), other.url()]);
        match (both.broadcast(&transaction()).await, &refusal) {
            (Ok(txid), _) => assert_eq!(txid, transaction().txid()),
            // The endpoint is passed over and the first one is asked again, which does not answer as a node.
            (Err(ClientError::Uncertain { .. }), Act::Answer(403 | 404, _)) => {}
            (Err(error), _) => panic!("{refusal:?}: {error:?}"),
        }
        let lossy = Server::start([Act::Drop, unknown()]).await;
        let other = Server::start([refusal, unknown()]).await;
        let both = client([lossy.url(), other.url()]);
        assert_uncertain(both.broadcast(&transaction()).await, "");
    }
}

#[tokio::test]
async fn a_refusal_for_what_is_in_the_bytes_is_one_even_after_a_lost_answer() {
    for reason in [
        "TransferAmountMustBePositive",
        "TransferRecipientCannotEqualSender",
        "Deserialization",
        "SignatureValidation",
        "BadTransactionVersion",
    ] {
        let lossy = Server::start([Act::Drop]).await;
        let other = Server::start([refused(reason, &json!({ "message": "?" }))]).await;
        let error = client([lossy.url(), other.url()]).broadcast(&transaction()).await.unwrap_err();
        assert!(matches!(error, ClientError::Rejected(_)), "{reason}: {error:?}");
        assert_eq!((lossy.asked().len(), other.asked().len()), (1, 1));
    }
}

/// Whoever was handed the bytes may have passed them on, whatever it answered.
#[tokio::test]
async fn nobody_got_it_only_if_nobody_was_connected_to() {
    let limited = Server::start([Act::Header(429, "Retry-After: 0")]).await;
    assert_uncertain(limited.client().broadcast(&transaction()).await, "");
    for status in [401, 403, 404] {
        let other = Server::start([Act::Answer(status, b"no".to_vec())]).await;
        let dead = nobody().await;
        for both in [[dead.as_str(), other.url()], [other.url(), dead.as_str()]] {
            assert_uncertain(client(both).broadcast(&transaction()).await, "");
        }
    }
    // What it may have caused itself is no refusal then, though nobody knows it yet; everything else is one.
    let limited = Server::start([Act::Header(429, "Retry-After: 0"), unknown()]).await;
    let node = Server::start([bad_nonce(), unknown()]).await;
    assert_uncertain(client([limited.url(), node.url()]).broadcast(&transaction()).await, "");
    let limited = Server::start([Act::Header(429, "Retry-After: 0")]).await;
    let node = Server::start([refused("NoSuchContract", &Json::Null)]).await;
    let error = client([limited.url(), node.url()]).broadcast(&transaction()).await.unwrap_err();
    assert!(matches!(error, ClientError::Rejected(_)), "{error:?}");
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
async fn a_refusal_that_cannot_be_read_is_looked_up() {
    let garbled = Act::Answer(400, b"{\"error\":\"transaction rejec".to_vec());
    let server = Server::start([garbled.clone(), record("pending")]).await;
    assert_eq!(server.client().broadcast(&transaction()).await.unwrap(), transaction().txid());
    for found in [unknown(), record("dropped_problematic"), Act::Drop] {
        let server = Server::start([garbled.clone(), found]).await;
        let error = server.client().broadcast(&transaction()).await.unwrap_err();
        assert!(matches!(error, ClientError::Http { status: 400, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_unknown_reason_is_a_refusal() {
    let server = Server::start([refused("SomethingNew", &json!({ "a": 1 })), unknown()]).await;
    let error = server.client().broadcast(&transaction()).await.unwrap_err();
    let ClientError::Rejected(rejection) = error else { panic!("{error:?}") };
    assert_eq!(rejection.reason.to_string(), "SomethingNew {\"a\":1}");
}
