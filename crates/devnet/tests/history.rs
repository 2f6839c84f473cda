//! The lists from which a contract's history is read, in the Stacks API's terms.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use bithedge_stacks::Value;
use serde_json::Value as Json;
use support::{FEE, Net, call, probe, sign};

/// All pages of a log, newest first, as transaction and event.
async fn log(net: &Net, from: &str, limit: usize) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut cursor = from.to_owned();
    loop {
        let page = net
            .get(&format!("/extended/v2/smart-contracts/{}/logs?limit={limit}&cursor={cursor}", probe()))
            .await;
        for event in page["results"].as_array().unwrap() {
            found.push((event["tx_id"].as_str().unwrap().to_owned(), event["event_index"].as_u64().unwrap()));
        }
        match page["prev_cursor"].as_str() {
            Some(older) => cursor = older.to_owned(),
            None => return found,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_s_history_is_read_by_cursor_by_height_and_by_id() {
    let net = Net::start().await;
    net.deploy_probe().await;
    let mut heights = Vec::new();
    let mut ids = Vec::new();
    for nonce in 0..5 {
        let receipt =
            net.settle(&sign(1, nonce, FEE, call("set-note", vec![Value::UInt(nonce.into())]))).await;
        heights.push(receipt["block_height"].as_u64().unwrap());
        ids.push(receipt["tx_id"].as_str().unwrap().to_owned());
    }
    let top = *heights.last().unwrap();
    let up_to = |height: u64| format!("{height}:2147483647:32767:2147483647");

    // What the older list has, in pages of every size.
    let all = net.get(&format!("/extended/v1/contract/{}/events?limit=200", probe())).await;
    let all: Vec<(String, u64)> = all["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["tx_id"].as_str().unwrap().to_owned(), event["event_index"].as_u64().unwrap()))
        .collect();
    assert!(all.len() >= 5);
    for limit in [1, 2, 3, 100] {
        assert_eq!(log(&net, &up_to(top), limit).await, all, "pages of {limit}");
    }
    // Up to a height, whatever comes later.
    let older = log(&net, &up_to(heights[2]), 100).await;
    assert_eq!(older[0].0, ids[2]);
    let path = format!("/extended/v2/smart-contracts/{}/logs", probe());
    for (query, status) in [("limit=101", 400), ("cursor=1:2", 400), ("cursor=0:0:0:0", 404)] {
        let answer = net.http.get(format!("{}{path}?{query}", net.url)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{query}");
    }

    let listed =
        net.get(&format!("/extended/v1/address/{}/transactions?until_block={}", probe(), heights[2])).await;
    let newest = &listed["results"][0];
    assert_eq!((newest["tx_id"].as_str(), listed["total"].as_u64()), (Some(ids[2].as_str()), Some(4)));

    // Several at once, with a part of their events.
    let unknown = format!("0x{}", "11".repeat(32));
    let asked = format!("{},{},{unknown}", ids[0], ids[1]);
    let several =
        net.get(&format!("/extended/v1/tx/multiple?tx_id={asked}&event_limit=1&event_offset=0")).await;
    assert_eq!(several[&unknown]["found"], false);
    for id in &ids[..2] {
        let (one, alone) = (&several[id]["result"], net.get(&format!("/extended/v1/tx/{id}")).await);
        assert_eq!(several[id]["found"], true);
        assert_eq!(one["events"], Json::Array(vec![alone["events"][0].clone()]));
        assert_eq!((&one["event_count"], &one["tx_index"]), (&alone["event_count"], &alone["tx_index"]));
    }
    let none = net.get(&format!("/extended/v1/tx/{}?event_limit=5&event_offset=1000", ids[0])).await;
    assert_eq!(none["events"], Json::Array(Vec::new()));

    // A block's list counts events and shows none, like the API's.
    let listed = net.get(&format!("/extended/v2/blocks/{top}/transactions")).await;
    let one = &listed["results"][0];
    assert_eq!(one["tx_id"].as_str(), Some(ids[4].as_str()));
    assert!(one["event_count"].as_u64().unwrap() > 0 && one["events"] == Json::Array(Vec::new()));
}
