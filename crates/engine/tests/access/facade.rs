//! A network in use: what stops it, what it will not open, and how it is let go of.

use std::sync::Arc;

use bithedge_engine::networks::{NetworkProfile, Problem, ProfileInput};
use bithedge_engine::transactions::{ChainError, JournalError, Settings};
use bithedge_engine::{
    AskError, Engine, LookError, NetworkError, OpenError, PageError, ReconcileError, Setup,
};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_suite::{Deployment, SuiteNetwork};

use crate::checks::At;
use crate::node::{FakeNode, Served};
use crate::signer::wallet;

fn account() -> Address {
    "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".parse().unwrap()
}

async fn open(folder: &tempfile::TempDir, nodes: &[&FakeNode]) -> Result<Engine, OpenError> {
    let input = ProfileInput {
        name: "Mine".to_owned(),
        kind: SuiteNetwork::Devnet,
        endpoints: nodes.iter().map(|node| node.url.clone()).collect(),
        deployer: Some(Deployment::devnet().deployer().to_string()),
        sbtc: None,
    };
    let (_place, wallet) = wallet();
    Engine::open(Setup {
        folder: folder.path().to_path_buf(),
        profile: NetworkProfile::own(1, &input).unwrap(),
        wallet,
        settings: Settings::default(),
        clock: Arc::new(At(1_700_000_000)),
    })
    .await
}

fn files(folder: &tempfile::TempDir) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".sqlite"))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn another_chain_stops_whatever_the_network_gives_out() {
    let folder = tempfile::tempdir().unwrap();
    let node = FakeNode::start(Served::right()).await;
    let engine = open(&folder, &[&node]).await.unwrap();
    // Taken before, as a keeper does.
    let transactions = Arc::clone(engine.transactions());
    engine.books().unwrap();
    engine.reader().unwrap();
    // The chain is begun anew, under the same number.
    node.change(|served| served.beginning = 2);
    let asked = node.served.lock().unwrap().asked.len();
    let gaps = transactions.gaps(&account()).await;
    assert!(matches!(gaps, Err(ChainError::Stopped(_))), "{gaps:?}");
    let recovered = transactions.recover(account()).await;
    assert!(recovered.unwrap_err().to_string().contains("begun anew"));
    // Beside the two questions of the confirmation, the new chain is asked nothing.
    let asked = node.served.lock().unwrap().asked.split_off(asked);
    assert_eq!(asked, ["/v2/info", "/extended/v2/blocks/1"]);

    let is_halted = |error: &NetworkError| matches!(error, NetworkError::Halted(_));
    assert!(is_halted(&engine.books().unwrap_err()));
    assert!(is_halted(&engine.reader().err().unwrap()));
    let read = engine.read_at_one_tip(account(), |_| Ok(())).await;
    assert!(matches!(read, Err(AskError::Network(error)) if is_halted(&error)));
    let reconciled = engine.reconcile().await;
    assert!(matches!(reconciled, Err(ReconcileError::Network(error)) if is_halted(&error)));
    let page = engine.page(account(), |_, _| Ok(())).await;
    assert!(matches!(page, Err(PageError::Network(error)) if is_halted(&error)));
    let looked = engine.look().await;
    assert!(matches!(looked, Err(LookError::Network(error)) if is_halted(&error)));
    // It does not come back by itself.
    node.change(|served| served.beginning = 1);
    assert!(is_halted(&engine.books().unwrap_err()));
}

#[tokio::test]
async fn a_network_is_opened_again_at_another_node_while_tasks_hold_it() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (FakeNode::start(Served::right()).await, FakeNode::start(Served::right()).await);
    let engine = Arc::new(open(&folder, &[&first, &second]).await.unwrap());
    assert_eq!(engine.verdict().endpoint.as_str(), first.url);
    let (held, transactions) = (Arc::clone(&engine), Arc::clone(engine.transactions()));
    first.change(|served| served.synced = Some(false));
    let in_use = open(&folder, &[&first, &second]).await;
    assert!(matches!(in_use, Err(OpenError::Journal(JournalError::InUse { .. }))), "two at once");
    engine.close().await;
    let again = open(&folder, &[&first, &second]).await.unwrap();
    assert_eq!(again.verdict().endpoint.as_str(), second.url);
    assert_eq!(again.identity(), held.identity());
    // The old one does nothing more.
    assert!(matches!(held.look().await, Err(LookError::Network(NetworkError::Closed))));
    assert!(matches!(held.books(), Err(NetworkError::Closed)));
    assert!(matches!(transactions.gaps(&account()).await, Err(ChainError::Stopped(_))));
    assert!(matches!(transactions.history(None, 1), Err(JournalError::Closed)));
    again.transactions().history(None, 1).unwrap();
    assert_eq!(files(&folder).len(), 1, "{:?}", files(&folder));
}

#[tokio::test]
async fn a_node_that_cannot_tell_its_chain_gets_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    let plain = FakeNode::start(Served { has_api: false, ..Served::right() }).await;
    let Err(OpenError::Unusable { verdicts, .. }) = open(&folder, &[&plain]).await else {
        panic!("it was opened")
    };
    assert_eq!(verdicts[0].problems, [Problem::NoBeginning]);
    assert!(files(&folder).is_empty(), "{:?}", files(&folder));
    // One that can is used although it comes after.
    let whole = FakeNode::start(Served::right()).await;
    let engine = open(&folder, &[&plain, &whole]).await.unwrap();
    assert_eq!(engine.verdict().endpoint.as_str(), whole.url);
    assert!(files(&folder)[0].starts_with("journal-80000000-"), "{:?}", files(&folder));
}

#[tokio::test]
async fn a_damaged_journal_is_set_aside_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let node = FakeNode::start(Served::right()).await;
    open(&folder, &[&node]).await.unwrap().close().await;
    let path = folder.path().join(&files(&folder)[0]);
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.clone().into_os_string();
        beside.push(suffix);
        let _ = std::fs::remove_file(beside);
    }
    std::fs::write(&path, b"SQLite format 3\0 and then rubbish").unwrap();
    let error = open(&folder, &[&node]).await.err().unwrap();
    assert!(error.is_journal_damaged(), "{error}");
    let kept = error.set_journal_aside(UnixSeconds::new(7)).unwrap().unwrap();
    assert!(std::fs::read(kept).unwrap().ends_with(b"rubbish"));
    let engine = open(&folder, &[&node]).await.unwrap();
    let in_use = open(&folder, &[&node]).await.err().unwrap();
    assert!(!in_use.is_journal_damaged());
    assert_eq!(in_use.set_journal_aside(UnixSeconds::new(8)).unwrap(), None);
    engine.transactions().history(None, 1).unwrap();
}
