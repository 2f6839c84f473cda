//! A Stacks node, as the follower reads it through HTTP: real sockets, canned answers.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the failure that is wanted")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bithedge_engine::{Balances, Block, ChainFollower, ChainSource, NodeSource, SourceError, SystemClock};
use bithedge_ipc::{ChainId, Connection, Network};
use bithedge_protocol::{BlockHeight, MicroStx, Sats, UnixSeconds};
use bithedge_stacks::address::Address;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TESTNET: ChainId = ChainId(0x8000_0000);
const PETER: &str = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5";
const NOT_FOUND: (u16, &str) = (404, "{}");

/// A server that answers what a function of the path says.
struct FakeNode {
    url: String,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for FakeNode {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeNode {
    async fn serve(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(exchange(stream, Arc::clone(&answer)));
            }
        });
        Self { url, task }
    }

    fn source(&self) -> NodeSource {
        NodeSource::new(&self.url, Network::Devnet).unwrap()
    }
}

/// One request and its answer on one connection.
async fn exchange(mut stream: TcpStream, answer: Arc<impl Fn(&str) -> (u16, String)>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    // The requests are small, and no answer depends on a body: the head is enough.
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
    }
    let head = String::from_utf8_lossy(&request).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, body) = answer(path);
    let reply = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(reply.as_bytes()).await;
    // What is left of the request is read, or closing would reset the connection.
    let _ = stream.shutdown().await;
    let _ = stream.read(&mut buffer).await;
}

fn hash(height: u64) -> String {
    format!("0x{height:064x}")
}

fn block(height: u64) -> String {
    let (hash, parent) = (hash(height), hash(height - 1));
    format!(
        r#"{{"canonical":true,"height":{height},"hash":"{hash}","index_block_hash":"{hash}","parent_block_hash":"{parent}",
            "block_time":{},"burn_block_height":7,"burn_block_time":1700000000,"burn_block_time_iso":"","tx_count":0}}"#,
        1_700_000_000 + height
    )
}

/// A node at block 42, which answers everything that the follower asks.
fn good_node(path: &str) -> (u16, String) {
    good_node_at(42, path)
}

fn good_node_at(tip: u64, path: &str) -> (u16, String) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (status, body) = match path {
        "/v2/info" => (
            200,
            format!(
                r#"{{"network_id":2147483648,"server_version":"x","burn_block_height":7,"stacks_tip_height":{tip},
                    "stacks_tip":"{}"}}"#,
                hash(tip).trim_start_matches("0x")
            ),
        ),
        "/extended/v2/blocks" => {
            let offset = query.split('&').find_map(|pair| pair.strip_prefix("offset=")).unwrap_or("0");
            let height = tip - offset.parse::<u64>().unwrap();
            (200, format!(r#"{{"limit":1,"offset":{offset},"total":{tip},"results":[{}]}}"#, block(height)))
        }
        _ if path.starts_with("/v2/accounts/") => (
            200,
            r#"{"balance":"0x000000000000000000000000000f4240","locked":"0x00000000000000000000000000000005",
                "unlock_height":9,"nonce":3}"#
                .to_owned(),
        ),
        _ if path.ends_with("/sbtc-token/get-balance-available") => {
            (200, r#"{"okay":true,"result":"0x0701000000000000000000000000000003e8"}"#.to_owned())
        }
        _ => (NOT_FOUND.0, NOT_FOUND.1.to_owned()),
    };
    (status, body)
}

fn peter() -> Address {
    PETER.parse().unwrap()
}

#[tokio::test]
async fn a_devnet_is_read_as_it_is() {
    let node = FakeNode::serve(good_node).await;
    let source = node.source();
    let tip = source.tip().await.unwrap();
    assert_eq!((tip.chain_id, tip.height, tip.burn_height.get()), (TESTNET, BlockHeight::new(42), 7));
    assert_eq!(source.network(TESTNET), Network::Devnet);
    let balances = source.balances(&peter()).await.unwrap();
    assert_eq!(balances, Balances { stx: MicroStx::new(1_000_000), sbtc: Sats::new(1_000) });
}

#[tokio::test]
async fn blocks_are_found_by_height_and_never_taken_for_another() {
    let node = FakeNode::serve(good_node).await;
    let source = node.source();
    for height in [42, 41, 7] {
        let expected = Block {
            height: BlockHeight::new(height),
            hash: hash(height).trim_start_matches("0x").to_owned(),
            time: UnixSeconds::new(1_700_000_000 + height),
        };
        assert_eq!(source.block_at(BlockHeight::new(height)).await, Ok(Some(expected)));
    }
    assert_eq!(source.block_at(BlockHeight::new(43)).await, Ok(None));

    // A list that moved between the two requests.
    let asked = Mutex::new(0_u64);
    let node = FakeNode::serve(move |path| {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        good_node_at(41 + *asked, path)
    })
    .await;
    assert_eq!(node.source().block_at(BlockHeight::new(40)).await, Ok(None));
}

#[test]
fn a_chain_id_that_does_not_fit_the_profile_is_named_as_what_it_is() {
    for (kind, chain_id, network) in [
        (Network::Devnet, TESTNET, Network::Devnet),
        (Network::Testnet, TESTNET, Network::Testnet),
        (Network::Mainnet, TESTNET, Network::Testnet),
        (Network::Devnet, ChainId(1), Network::Mainnet),
        (Network::Testnet, ChainId(1), Network::Mainnet),
        (Network::Devnet, ChainId(0x8000_0005), Network::Other),
    ] {
        let source = NodeSource::new("http://127.0.0.1:1", kind).unwrap();
        assert_eq!(source.network(chain_id), network, "{kind:?} {chain_id}");
    }
}

#[tokio::test]
async fn failures_are_told_apart() {
    let failing = FakeNode::serve(|_| (503, String::new())).await;
    assert!(matches!(failing.source().tip().await, Err(SourceError::Failing(_))));

    let babbling = FakeNode::serve(|_| (200, "<html>".to_owned())).await;
    assert!(matches!(babbling.source().tip().await, Err(SourceError::Malformed(_))));

    let url = babbling.url.clone();
    drop(babbling);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let gone = NodeSource::new(&url, Network::Devnet).unwrap();
    assert!(matches!(gone.tip().await, Err(SourceError::Unreachable(_))));
}

#[tokio::test]
async fn a_balance_that_is_no_number_is_refused_not_zero() {
    for result in ["0x0801000000000000000000000000000003e8", "0x03", "0x0703"] {
        let node = FakeNode::serve(move |path| match path.ends_with("get-balance-available") {
            true => (200, format!(r#"{{"okay":true,"result":"{result}"}}"#)),
            false => good_node(path),
        })
        .await;
        let answer = node.source().balances(&peter()).await;
        assert!(matches!(answer, Err(SourceError::Malformed(_))), "{result}: {answer:?}");
    }
}

#[test]
fn what_is_no_address_is_refused_at_once() {
    for endpoint in ["", "127.0.0.1:20443", "ftp://127.0.0.1", "http://"] {
        assert!(NodeSource::new(endpoint, Network::Testnet).is_err(), "{endpoint}");
    }
}

#[tokio::test]
async fn the_follower_shows_what_the_node_says() {
    let node = FakeNode::serve(good_node).await;
    let (_say, shown) = tokio::sync::watch::channel(vec![peter()]);
    let follower = ChainFollower::start(node.source(), shown, SystemClock);
    let mut snapshots = follower.snapshots();
    let live = snapshots.wait_for(|snapshot| snapshot.status.connection == Connection::Live);
    let snapshot = tokio::time::timeout(Duration::from_secs(10), live).await.unwrap().unwrap().clone();
    assert_eq!(snapshot.status.tip.unwrap().time, UnixSeconds::new(1_700_000_042));
    assert_eq!(snapshot.balances[0].address, PETER);
    assert_eq!(snapshot.balances[0].sbtc, Some(Sats::new(1_000)));
}
