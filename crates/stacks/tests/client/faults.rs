//! Whatever goes wrong: a typed error or the right answer, never a wrong one.

use std::time::{Duration, Instant};

use bithedge_stacks::client::{AccountState, ClientConfig, ConfigError, Failure};
use bithedge_stacks::{ChainId, ClientError, MicroStx, NodeClient, Principal, Txid};
use serde_json::{Value as Json, json};

use super::server::{Act, Server, client, client_with, config, nobody};

fn principal() -> Principal {
    "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap()
}

fn account_json() -> Json {
    json!({
        "balance": "0x00000000000000000000000000000064",
        "locked": "0x00000000000000000000000000000000",
        "unlock_height": 0, "nonce": 7, "balance_proof": "", "nonce_proof": "",
    })
}

fn good() -> Act {
    Act::json(&account_json())
}

async fn ask(client: &NodeClient) -> Result<AccountState, ClientError> {
    client.account(&principal()).await
}

fn assert_right(answer: Result<AccountState, ClientError>) {
    let account = answer.unwrap();
    assert_eq!((account.balance, account.nonce), (MicroStx::new(100), 7));
}

/// One fault, then the right answer: that is the answer. Nothing but the fault: that is the error, after three attempts.
async fn passing_and_lasting(fault: Act) -> ClientError {
    let server = Server::start([fault.clone(), good()]).await;
    assert_right(ask(&server.client()).await);
    assert_eq!(server.asked().len(), 2);
    let server = Server::start([fault]).await;
    let error = ask(&server.client()).await.unwrap_err();
    assert_eq!(server.asked().len(), 3);
    error
}

#[tokio::test]
async fn latency() {
    let start = Instant::now();
    let error = passing_and_lasting(Act::Sleep(Duration::from_secs(60))).await;
    assert!(
        matches!(error, ClientError::Unreachable { attempts: 3, failure: Failure::Timeout, .. }),
        "{error:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn dropped_connections() {
    let error = passing_and_lasting(Act::Drop).await;
    assert!(matches!(error, ClientError::Unreachable { failure: Failure::Interrupted(_), .. }), "{error:?}");
}

#[tokio::test]
async fn server_errors() {
    for status in [500, 502, 503, 504] {
        let error = passing_and_lasting(Act::Answer(status, b"<html>".to_vec())).await;
        let ClientError::Unreachable { failure, .. } = error else { panic!("{error:?}") };
        assert_eq!(failure, Failure::Server(status));
    }
}

#[tokio::test]
async fn too_many_requests() {
    let error = passing_and_lasting(Act::Header(429, "Retry-After: 0")).await;
    assert!(matches!(error, ClientError::Unreachable { failure: Failure::RateLimited, .. }), "{error:?}");
    // However long the server wants to be left alone, it is not longer than the client's limit.
    let start = Instant::now();
    let server = Server::start([Act::Header(429, "Retry-After: 3600"), good()]).await;
    assert_right(ask(&server.client()).await);
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn truncated_bodies() {
    let whole = account_json().to_string().into_bytes();
    // Shorter than announced: the connection broke.
    let error = passing_and_lasting(Act::CutOff(whole[..40].to_vec())).await;
    assert!(matches!(error, ClientError::Unreachable { failure: Failure::Interrupted(_), .. }), "{error:?}");
    // As announced, but no whole JSON: nonsense. At every length.
    for length in 0..whole.len() {
        let server = Server::start([Act::Answer(200, whole[..length].to_vec()), good()]).await;
        assert_right(ask(&server.client()).await);
    }
    let error = passing_and_lasting(Act::Answer(200, whole[..40].to_vec())).await;
    assert!(matches!(error, ClientError::Malformed { .. }), "{error:?}");
}

#[tokio::test]
async fn bodies_that_are_no_json() {
    for body in ["", "<html><body>busy</body></html>", "null", "[]", "{}", "\u{0}"] {
        let error = passing_and_lasting(Act::Answer(200, body.as_bytes().to_vec())).await;
        assert!(matches!(error, ClientError::Malformed { .. }), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn fields_that_cannot_be_right() {
    for (field, value) in [
        ("balance", json!("100")),
        ("balance", json!(100)),
        ("balance", json!("0x")),
        ("balance", json!("0x-1")),
        // More than all STX.
        ("balance", json!("0x00000000000000010000000000000000")),
        ("nonce", json!(-1)),
        ("nonce", json!("7")),
        ("nonce", json!(1.5)),
        ("nonce", Json::Null),
        ("unlock_height", json!(u128::MAX.to_string())),
    ] {
        let mut body = account_json();
        body[field] = value.clone();
        let error = passing_and_lasting(Act::json(&body)).await;
        assert!(matches!(error, ClientError::Malformed { .. }), "{field} {value}: {error:?}");
    }
}

#[tokio::test]
async fn oversized_bodies() {
    let mut body = account_json();
    body["balance_proof"] = json!("f".repeat(5000));
    let error = passing_and_lasting(Act::json(&body)).await;
    let ClientError::Malformed { reason, .. } = error else { panic!("{error:?}") };
    assert_eq!(reason, "more than 4096 bytes");
}

#[tokio::test]
async fn answers_that_are_final_are_not_asked_for_again() {
    let server = Server::start([Act::Answer(404, Vec::new())]).await;
    assert!(matches!(ask(&server.client()).await, Err(ClientError::NotFound { .. })));
    assert_eq!(server.asked().len(), 1);
    let server = Server::start([Act::Answer(400, b"bad principal".to_vec())]).await;
    let error = ask(&server.client()).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Http { status: 400, body, .. } if body == "bad principal"),
        "{error:?}"
    );
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::start([good()]).await;
    let header: &'static str =
        Box::leak(format!("Location: {}/v2/accounts/x", elsewhere.url()).into_boxed_str());
    let server = Server::start([Act::Header(302, header)]).await;
    assert!(matches!(ask(&server.client()).await, Err(ClientError::Http { status: 302, .. })));
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn nobody_there() {
    let url = nobody().await;
    let error = ask(&client([url.as_str()])).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Unreachable { attempts: 3, failure: Failure::Connect(_), .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_next_endpoint_takes_over_and_stays() {
    let dead = nobody().await;
    let alive = Server::start([good()]).await;
    let client = client([dead.as_str(), alive.url()]);
    for _ in 0..3 {
        assert_right(ask(&client).await);
    }
    assert_eq!(alive.asked().len(), 3);

    let failing = Server::start([Act::Answer(503, Vec::new())]).await;
    let client = super::server::client([failing.url(), alive.url()]);
    for _ in 0..3 {
        assert_right(ask(&client).await);
    }
    // Asked once, and then passed over.
    assert_eq!(failing.asked().len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_talks_nonsense_is_passed_over() {
    let portal = Server::start([Act::Answer(200, b"<html>log in</html>".to_vec())]).await;
    let node = Server::start([good()]).await;
    assert_right(ask(&client([portal.url(), node.url()])).await);
}

fn info(height: u64) -> Act {
    Act::json(&json!({
        "peer_version": 0, "burn_block_height": 10, "server_version": "stacks-node", "network_id": 2_147_483_648_u64,
        "stacks_tip_height": height, "stacks_tip": "ab".repeat(32), "is_fully_synced": true,
    }))
}

#[tokio::test]
async fn a_stale_tip_is_an_error() {
    let server = Server::start([info(100), info(93)]).await;
    let client = server.client();
    assert_eq!(client.info().await.unwrap().stacks_tip_height, 100);
    let error = client.info().await.unwrap_err();
    assert!(matches!(error, ClientError::StaleTip { height: 93, seen: 100, .. }), "{error:?}");
    client.forget_tip();
    assert_eq!(client.info().await.unwrap().stacks_tip_height, 93);
}

#[tokio::test]
async fn a_reorganisation_of_three_blocks_is_not_stale() {
    let server = Server::start([info(100), info(97), info(98)]).await;
    let client = server.client();
    for height in [100, 97, 98] {
        assert_eq!(client.info().await.unwrap().stacks_tip_height, height);
    }
}

#[tokio::test]
async fn a_stale_endpoint_is_passed_over() {
    let stuck = Server::start([info(100), info(50)]).await;
    let fresh = Server::start([info(101)]).await;
    let client = client([stuck.url(), fresh.url()]);
    assert_eq!(client.info().await.unwrap().stacks_tip_height, 100);
    for _ in 0..3 {
        assert_eq!(client.info().await.unwrap().stacks_tip_height, 101);
    }
    assert_eq!(stuck.asked().len(), 2);
}

#[test]
fn endpoints_must_be_web_addresses() {
    let none: [&str; 0] = [];
    assert!(matches!(NodeClient::new(none), Err(ConfigError::NoEndpoint)));
    for bad in ["", "localhost:3999", "ftp://a", "file:///etc/passwd", "http://a?b=c", "http://a#b"] {
        assert!(matches!(NodeClient::new([bad]), Err(ConfigError::Endpoint { .. })), "{bad}");
    }
    assert!(NodeClient::new(["https://api.hiro.so", "http://127.0.0.1:20443/base/"]).is_ok());
}

#[test]
fn what_is_secret_in_an_address_is_not_shown() {
    for bad in ["https://user:hunter2@a.example/base", "https://hunter2@a.example"] {
        let error = NodeClient::new([bad]).unwrap_err();
        assert!(matches!(error, ConfigError::Credentials { .. }), "{error:?}");
        assert!(error.to_string().contains("https://a.example"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    for bad in [
        "user:hunter2@a.example",
        "https://user:hunter2@a.example:port",
        "https://user:hun/hunter2@a.example",
        "https://a.example/hunter2?x",
        "https://a.example?key=hunter2",
        "https://a.example#hunter2",
        "https://a.example:port/hunter2",
        "ftp://a.example/hunter2",
    ] {
        let error = NodeClient::new([bad]).unwrap_err();
        assert!(matches!(error, ConfigError::Endpoint { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn a_token_in_the_path_is_used_but_not_shown() {
    let dead = format!("{}/hunter2", nobody().await);
    for (act, asked) in [
        (Act::Drop, true),
        (Act::Answer(200, b"?".to_vec()), true),
        (Act::Answer(400, Vec::new()), true),
        (Act::Answer(403, Vec::new()), true),
        (Act::Sleep(Duration::from_secs(60)), true),
        (Act::Drop, false),
    ] {
        let server = Server::start([act]).await;
        let url = if asked { format!("{}/hunter2", server.url()) } else { dead.clone() };
        let client = client([url.as_str()]);
        let error = ask(&client).await.unwrap_err();
        assert!(!format!("{error} {error:?} {client:?}").contains("hunter2"), "{error:?} {client:?}");
        assert!(error.to_string().contains("http://127.0.0.1:"), "{error}");
        assert!(server.asked().iter().all(|asked| asked.line.starts_with("GET /hunter2/v2/accounts/")));
        assert_eq!(server.asked().is_empty(), !asked);
    }
}

#[tokio::test]
async fn an_endpoint_that_does_not_know_or_does_not_let_is_passed_over() {
    for status in [401, 403, 404, 408] {
        let other = Server::start([Act::Answer(status, b"no".to_vec())]).await;
        let node = Server::start([good()]).await;
        assert_right(ask(&client([other.url(), node.url()])).await);
        assert_eq!(other.asked().len(), 1);
        // The other one is asked again after a passing fault, this one is not.
        let other = Server::start([Act::Answer(status, b"no".to_vec())]).await;
        let node = Server::start([Act::Drop, good()]).await;
        let answer = ask(&client([other.url(), node.url()])).await;
        if status == 404 {
            assert!(matches!(answer, Err(ClientError::NotFound { .. })), "{answer:?}");
        } else {
            assert_right(answer);
        }
        assert_eq!(other.asked().len(), 1);
    }
    let servers = [
        Server::start([Act::Answer(404, Vec::new())]).await,
        Server::start([Act::Answer(401, Vec::new())]).await,
    ];
    let error = ask(&client(servers.iter().map(Server::url))).await.unwrap_err();
    assert!(matches!(error, ClientError::NotFound { .. }), "{error:?}");
    assert!(servers.iter().all(|server| server.asked().len() == 1));
}

#[tokio::test]
async fn a_node_without_the_api_says_nothing_about_a_transaction() {
    let txid = Txid([0xab; 32]);
    let unknown = Act::refuse(404, &json!({ "error": "could not find transaction by ID" }));
    let routes =
        json!({ "message": "Route GET:/extended not found", "error": "Not Found", "statusCode": 404 });
    for body in ["", "No such file or directory", "{}", "null", "\"error\"", &routes.to_string()] {
        let node = Server::start([Act::Answer(404, body.as_bytes().to_vec())]).await;
        let error = node.client().transaction(txid).await.unwrap_err();
        assert!(matches!(error, ClientError::Unsupported { .. }), "{body}: {error:?}");
        assert_eq!(node.asked().len(), 1);
        // Whoever can tell is listened to, in whatever order.
        let api = Server::start([unknown.clone()]).await;
        for both in [[node.url(), api.url()], [api.url(), node.url()]] {
            let error = client(both).transaction(txid).await.unwrap_err();
            assert!(matches!(error, ClientError::NotFound { .. }), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_node_without_the_api_says_nothing_about_waiting_transactions() {
    let who: Principal = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap();
    let node = Server::start([Act::Answer(404, b"No such file or directory".to_vec())]).await;
    let error = node.client().nonces(&who).await.unwrap_err();
    assert!(matches!(error, ClientError::Unsupported { .. }), "{error:?}");
    // An API that is away for a moment is not one that is not there.
    let dead = nobody().await;
    for both in [[dead.as_str(), node.url()], [node.url(), dead.as_str()]] {
        let error = client(both).nonces(&who).await.unwrap_err();
        assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn the_client_calls_itself_as_it_is_told() {
    let server = Server::start([good()]).await;
    assert_right(ask(&server.client()).await);
    let own = ClientConfig { user_agent: "somebody/1".to_owned(), ..config() };
    assert_right(ask(&client_with([server.url()], own)).await);
    let agents: Vec<_> = server.asked().into_iter().map(|asked| asked.user_agent).collect();
    assert!(agents[0].starts_with("stacks-client/"), "{agents:?}");
    assert_eq!(agents[1], "somebody/1");
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_passed_over() {
    let testnet = Server::start([info(100)]).await;
    let expecting = |expected| ClientConfig { expected_chain: Some(expected), ..config() };
    let client = client_with([testnet.url()], expecting(ChainId::MAINNET));
    let error = client.info().await.unwrap_err();
    assert!(
        matches!(error, ClientError::WrongChain { expected: ChainId::MAINNET, actual: ChainId::TESTNET, .. }),
        "{error:?}"
    );
    assert_eq!(testnet.asked().len(), 1);
    let wrong = Act::json(&json!({
        "burn_block_height": 10, "server_version": "stacks-node", "network_id": 1, "stacks_tip_height": 10_000,
        "stacks_tip": "ab".repeat(32),
    }));
    let mainnet = Server::start([wrong]).await;
    let client = client_with([mainnet.url(), testnet.url()], expecting(ChainId::TESTNET));
    // Had the other chain's height counted, this one's would be stale.
    for _ in 0..2 {
        assert_eq!(client.info().await.unwrap().stacks_tip_height, 100);
    }
}
