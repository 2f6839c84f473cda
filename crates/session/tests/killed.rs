//! A process that is killed between signing and the block, and the next one in the same folder.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use bithedge_ipc::{DevnetDeed, DevnetFaults, WalletKind, Wish};
use bithedge_protocol::{Asset, TokenAmount};
use bithedge_session::Session;
use support::{Home, approve, confirmed, opened};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// The folder of the process that is to be killed.
const FOLDER: &str = "BITHEDGE_TEST_FOLDER";
/// What it says when something is under way.
const UNDER_WAY: &str = "under way: ";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_leaves_what_it_signed_to_the_next_one() {
    let home = Home::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_process_that_is_killed", "--nocapture"])
        .env(FOLDER, home.folder())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let signed = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it says what is under way");
            if let Some((_, number)) = line.split_once(UNDER_WAY) {
                break number.trim().parse::<u64>().unwrap();
            }
        }
    };
    let signed = tokio::time::timeout(Duration::from_secs(300), signed).await.expect("something is signed");
    child.kill().await.unwrap();

    let session = home.open().await;
    let view = opened(&session).await;
    assert_eq!(view.wallet.unwrap().kind, WalletKind::Practice);
    assert_eq!(view.account.as_deref(), Some("derived-1"), "the account that was in use");
    assert_eq!(view.network.network().unwrap().id, "devnet");
    let entry = support::transaction(&session, signed).await.expect("it is in the journal");
    assert_eq!(entry.intent, "commit-capital");
    confirmed(&session, signed).await;
    let all = session.devnet().await.unwrap();
    assert!(!all.faults.stale_tip, "a devnet that is started anew misbehaves no more");
    session.shut_down().await;
}

/// Only in a process of its own, started by the test above; elsewhere it has nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let session = Session::open(support::setup_in(Path::new(&folder))).await;
    session.begin_practice().await.unwrap();
    opened(&session).await;
    session.choose_account("derived-1").unwrap();
    let faults = DevnetFaults { stale_tip: true, ..DevnetFaults::default() };
    session.devnet_do(DevnetDeed::SetFaults { faults }).await.unwrap();
    let wish = Wish::Commit { tier: 1, asset: Asset::Stx, amount: TokenAmount::new(1_000_000_000) };
    let id = session.propose(wish, None).await.unwrap().question;
    approve(&session, id).await;
    println!("{UNDER_WAY}{id}");
    std::future::pending::<()>().await;
}
