//! Answers that are wrong, over HTTP: what shows is refused with an error that says so, and no figure ever changes by it.

use std::time::Duration;

use bithedge_engine::sync::{SyncError, SyncState};
use serde_json::{Value as Json, json};

use crate::http::{self, content, fingerprint, grown, is_current, mixed, serve, syncer};
use crate::server::Api;

/// A name, whose answers, and what becomes of them.
type Lie = (&'static str, &'static str, fn(&mut Json));

fn each_record(answer: &mut Json, change: fn(&mut Json)) {
    if let Json::Object(all) = answer {
        all.values_mut().for_each(|one| change(&mut one["result"]));
    }
}

fn results(answer: &mut Json) -> &mut Vec<Json> {
    answer["results"].as_array_mut().unwrap()
}

/// Wrong in what the lists of contracts say.
const OF_LISTS: [Lie; 8] = [
    ("a print is left out", "logs", |answer| drop(results(answer).remove(0))),
    ("all prints are left out", "logs", |answer| {
        results(answer).clear();
        answer["cursor"] = Json::Null;
        answer["prev_cursor"] = Json::Null;
    }),
    ("a print is another one", "logs", |answer| {
        results(answer)[0]["contract_log"]["value"]["hex"] = json!("0x03");
    }),
    ("a print has another place", "logs", |answer| results(answer)[0]["event_index"] = json!(77)),
    ("a print of another contract", "logs", |answer| {
        results(answer)[0]["contract_log"]["contract_id"] =
            json!("ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.other");
    }),
    ("a page that begins too high", "logs", |answer| answer["cursor"] = json!("9999999:0:0:0")),
    ("calls the wrong way round", "calls", |answer| results(answer).reverse()),
    ("a call twice", "calls", |answer| {
        let first = results(answer)[0].clone();
        results(answer)[1] = first;
    }),
];

/// Wrong in blocks and transactions.
const OF_BLOCKS: [Lie; 16] = [
    ("transactions of another chain", "multiple", |answer| {
        each_record(answer, |record| record["canonical"] = json!(false));
    }),
    ("transactions that nobody knows", "multiple", |answer| {
        answer.as_object_mut().unwrap().values_mut().for_each(|one| one["found"] = json!(false));
    }),
    ("transactions that wait", "multiple", |answer| {
        each_record(answer, |record| record["tx_status"] = json!("pending"));
    }),
    ("another block", "multiple", |answer| {
        each_record(answer, |record| record["block_hash"] = json!(format!("0x{}", "12".repeat(32))));
    }),
    ("another time", "multiple", |answer| each_record(answer, |record| record["block_time"] = json!(5))),
    ("an event is left out", "multiple", |answer| {
        each_record(answer, |record| {
            record["events"].as_array_mut().unwrap().pop();
        });
    }),
    ("events are left out, and not counted", "multiple", |answer| {
        each_record(answer, |record| {
            record["events"].as_array_mut().unwrap().pop();
            let left = record["events"].as_array().unwrap().len();
            record["event_count"] = json!(left);
        });
    }),
    ("all at the same place", "multiple", |answer| {
        each_record(answer, |record| record["tx_index"] = json!(4))
    }),
    ("no result", "multiple", |answer| each_record(answer, |record| record["tx_result"] = Json::Null)),
    ("some are not answered", "multiple", |answer| {
        let all = answer.as_object_mut().unwrap();
        let first = all.keys().next().unwrap().clone();
        all.remove(&first);
    }),
    ("a block of another chain", "block", |answer| answer["canonical"] = json!(false)),
    ("a block of another height", "block", |answer| {
        answer["height"] = json!(answer["height"].as_u64().unwrap() + 1);
    }),
    ("a block without the one before", "block", |answer| answer["parent_index_block_hash"] = Json::Null),
    ("a block with more in it", "block", |answer| {
        answer["tx_count"] = json!(answer["tx_count"].as_u64().unwrap() + 1);
    }),
    ("a list that lacks one", "block transactions", |answer| drop(results(answer).remove(0))),
    ("a list the wrong way round", "block transactions", |answer| results(answer).reverse()),
];

#[tokio::test]
async fn what_is_wrong_is_refused_and_changes_nothing() {
    let whole = mixed(&grown(8, 36), false);
    // Books of before, far enough back for the lists, or near enough to read block by block.
    for (lies, missing) in [(&OF_LISTS[..], 20), (&OF_BLOCKS[..], 20), (&OF_BLOCKS[..], 5)] {
        for (name, path, change) in lies {
            let is_about_blocks = *path == "block transactions" || *name == "a block with more in it";
            // What is wrong is only asked for in one of the two ways.
            if (is_about_blocks && missing > 8)
                || (missing == 5 && *name == "events are left out, and not counted")
            {
                continue;
            }
            let when = format!("{name}, {missing} blocks");
            let part: http::Blocks = whole[..whole.len() - missing].to_vec();
            assert!(!content(&whole, part.len() as u64, u64::MAX).is_empty());
            let api = Api::new(serve(&part), Duration::ZERO);
            let folder = tempfile::tempdir().unwrap();
            let mut syncer = syncer(&api.start().await, folder.path()).await;
            is_current(&mut syncer, &part, &when).await;
            let before = fingerprint(&part);

            *api.served.write().unwrap() = serve(&whole);
            let (path, change) = (*path, *change);
            *api.twist.write().unwrap() = Some(Box::new(move |asked, answer| {
                let is_long = answer["results"].as_array().is_none_or(|results| results.len() > 1);
                if asked == path && is_long {
                    change(answer);
                }
            }));
            let error = syncer.step().await.expect_err(&when);
            assert!(matches!(error, SyncError::Feed(_) | SyncError::Restless(_)), "{when}: {error:?}");
            let found = syncer.books().read(|books| books.fingerprint()).await.unwrap();
            assert_eq!(found, before, "{when}");
            assert!(matches!(syncer.status().borrow().state, SyncState::Stalled { .. }), "{when}");
            *api.twist.write().unwrap() = None;
            is_current(&mut syncer, &whole, &when).await;
        }
    }
}

#[tokio::test]
async fn another_chain_s_node_is_refused() {
    let blocks = mixed(&grown(9, 20), false);
    let api = Api::new(serve(&blocks), Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let mut syncer = syncer(&api.start().await, folder.path()).await;
    is_current(&mut syncer, &blocks, "before").await;
    *api.twist.write().unwrap() = Some(Box::new(|asked, answer| {
        if asked == "info" {
            answer["network_id"] = json!(1);
        }
    }));
    let error = syncer.step().await.unwrap_err();
    assert!(error.to_string().contains("belongs to chain"), "{error}");
    *api.twist.write().unwrap() = None;
    is_current(&mut syncer, &blocks, "after").await;
}
