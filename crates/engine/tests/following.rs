//! What the follower shows of a chain that behaves, and of one that does not.

mod fake;

use std::time::Duration;

use bithedge_engine::{ChainFollower, SourceError};
use bithedge_ipc::{ChainId, ChainSnapshot, Connection, Fault, Network};
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::address::Address;
use fake::{
    FakeChain, FakeClock, GENESIS, TESTNET_ID, accounts, assert_of_one_tip, balances_at, follow, until,
};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

fn is_live(snapshot: &ChainSnapshot) -> bool {
    snapshot.status.connection == Connection::Live
}

fn fault(snapshot: &ChainSnapshot) -> Option<Fault> {
    snapshot.status.connection.notice().map(|notice| notice.fault)
}

fn is_stale(snapshot: &ChainSnapshot) -> bool {
    matches!(snapshot.status.connection, Connection::Stale { .. })
}

fn is_unreachable(snapshot: &ChainSnapshot) -> bool {
    matches!(snapshot.status.connection, Connection::Unreachable { .. })
}

fn since(snapshot: &ChainSnapshot) -> Option<u64> {
    match &snapshot.status.connection {
        Connection::Stale { since, .. } | Connection::Unreachable { since, .. } => Some(since.get()),
        _ => None,
    }
}

fn height(snapshot: &ChainSnapshot) -> Option<u64> {
    snapshot.status.tip.as_ref().map(|tip| tip.height.get())
}

fn unreachable() -> SourceError {
    SourceError::Unreachable("connection refused".into())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_claimed_before_the_first_reading() {
    let chain = FakeChain::new();
    let (follower, _) = follow(&chain);
    let snapshot = follower.snapshots().borrow().clone();
    assert_eq!(snapshot.status.connection, Connection::Starting);
    assert_eq!((snapshot.status.tip, snapshot.status.network), (None, None));
    assert!(snapshot.balances.iter().all(|one| one.stx.is_none() && one.sbtc.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_live_chain_is_shown_and_followed() {
    let chain = FakeChain::new();
    let (follower, _) = follow(&chain);
    let snapshot = until(&follower, is_live).await;
    assert_eq!(snapshot.status.network, Some(Network::Devnet));
    assert_eq!(snapshot.status.chain_id, Some(TESTNET_ID));
    assert_eq!(snapshot.status.endpoint.as_deref(), Some("http://fake"));
    assert_of_one_tip(&snapshot);

    chain.state().mine(3);
    let begun = Instant::now();
    let snapshot = until(&follower, |snapshot| height(snapshot) == Some(12)).await;
    assert!(begun.elapsed() <= Duration::from_secs(1));
    assert!(is_live(&snapshot) && snapshot.status.reorg.is_none());
    assert_of_one_tip(&snapshot);
}

#[tokio::test(start_paused = true)]
async fn balances_of_two_tips_are_never_mixed() {
    for moves in [1, 2, 3] {
        let chain = FakeChain::new();
        chain.state().moves = moves;
        let (follower, _) = follow(&chain);
        let mut snapshots = follower.snapshots();
        let end = Instant::now() + Duration::from_secs(5);
        while let Ok(changed) = tokio::time::timeout_at(end, snapshots.changed()).await {
            changed.unwrap();
            let snapshot = snapshots.borrow_and_update().clone();
            if snapshot.status.tip.is_some() {
                assert_of_one_tip(&snapshot);
            }
        }
        assert!(is_live(&snapshots.borrow()), "after {moves} moves");
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_outruns_every_reading_turns_stale_with_the_last_consistent_values() {
    let chain = FakeChain::new();
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    chain.state().moves = u32::MAX;
    let snapshot = until(&follower, is_stale).await;
    assert_eq!(fault(&snapshot), Some(Fault::NodeSlow));
    assert_eq!(height(&snapshot), Some(9));
    assert_of_one_tip(&snapshot);
    chain.state().moves = 0;
    assert_of_one_tip(&until(&follower, is_live).await);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_dies_is_unreachable_with_its_last_values_and_recovers() {
    let chain = FakeChain::new();
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    sleep(Duration::from_millis(5_500)).await;
    chain.state().fault = Some(unreachable());
    let begun = Instant::now();
    let snapshot = until(&follower, is_unreachable).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "told after {:?}", begun.elapsed());
    assert_eq!(since(&snapshot), Some(GENESIS + 6), "since the first failure");
    assert_eq!(fault(&snapshot), Some(Fault::NodeUnreachable));
    assert_eq!(snapshot.status.read_at, Some(UnixSeconds::new(GENESIS + 5)));
    assert_of_one_tip(&snapshot);

    // However long it lasts, it began when it began.
    sleep(Duration::from_secs(3_600)).await;
    assert_eq!(since(&follower.snapshots().borrow()), Some(GENESIS + 6));

    chain.state().fault = None;
    chain.state().mine(1);
    let snapshot = until(&follower, is_live).await;
    assert_eq!(height(&snapshot), Some(10));
    assert_of_one_tip(&snapshot);
}

#[tokio::test(start_paused = true)]
async fn one_lost_connection_makes_the_values_stale_at_most() {
    let chain = FakeChain::new();
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    chain.state().fault = Some(unreachable());
    until(&follower, is_stale).await;
    chain.state().fault = None;
    until(&follower, |snapshot| {
        assert!(!is_unreachable(snapshot));
        is_live(snapshot)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_never_answered_leaves_everything_unknown() {
    let chain = FakeChain::new();
    chain.state().fault = Some(unreachable());
    let (follower, _) = follow(&chain);
    let snapshot = until(&follower, is_unreachable).await;
    assert_eq!((&snapshot.status.tip, &snapshot.status.read_at), (&None, &None));
    assert!(snapshot.balances.iter().all(|one| one.stx.is_none() && one.sbtc.is_none()));
    let notice = snapshot.status.connection.notice().unwrap();
    assert!(
        notice.happened.contains("http://fake") && !notice.means.contains("last ones read"),
        "{notice:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_node_that_fails_or_babbles_is_told_apart_and_given_up_in_time() {
    for (error, expected) in [
        (SourceError::Failing("503".into()), Fault::NodeFailing),
        (SourceError::Malformed("not JSON".into()), Fault::NodeMalformed),
        (SourceError::TimedOut("5 s".into()), Fault::NodeSlow),
    ] {
        let chain = FakeChain::new();
        let (follower, _) = follow(&chain);
        until(&follower, is_live).await;
        chain.state().fault = Some(error);
        let begun = Instant::now();
        let snapshot = until(&follower, is_stale).await;
        assert_eq!(fault(&snapshot), Some(expected));
        assert_of_one_tip(&snapshot);
        let snapshot = until(&follower, is_unreachable).await;
        assert_eq!(fault(&snapshot), Some(expected));
        assert!(begun.elapsed() <= Duration::from_secs(12), "{expected:?} after {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_node_does_not_look_alive_while_it_keeps_us_waiting() {
    let chain = FakeChain::new();
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    chain.state().latency = Duration::from_secs(3_600);
    let begun = Instant::now();
    let snapshot = until(&follower, is_stale).await;
    assert!(begun.elapsed() <= Duration::from_secs(4));
    assert_eq!(fault(&snapshot), Some(Fault::NodeSlow));
    let snapshot = until(&follower, is_unreachable).await;
    assert!(begun.elapsed() <= Duration::from_secs(11));
    assert_eq!(since(&snapshot), Some(GENESIS), "since the last complete reading");
    assert_of_one_tip(&snapshot);
    chain.state().latency = Duration::ZERO;
    until(&follower, is_live).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_changes_its_chain_is_an_error_and_nothing_of_it_is_shown() {
    let chain = FakeChain::new();
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    chain.state().chain_id = ChainId(1);
    chain.state().mine(5);
    let snapshot = until(&follower, is_unreachable).await;
    assert_eq!(fault(&snapshot), Some(Fault::ChainChanged));
    let happened = &snapshot.status.connection.notice().unwrap().happened;
    assert!(happened.contains("0x00000001") && happened.contains("0x80000000"), "{happened}");
    sleep(Duration::from_secs(60)).await;
    let snapshot = follower.snapshots().borrow().clone();
    assert_eq!((snapshot.status.chain_id, height(&snapshot)), (Some(TESTNET_ID), Some(9)));
    assert_of_one_tip(&snapshot);

    chain.state().chain_id = TESTNET_ID;
    assert_of_one_tip(&until(&follower, is_live).await);
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_changes_during_one_reading_is_not_mixed_in() {
    let chain = FakeChain::new();
    chain.state().latency = Duration::from_millis(100);
    let (follower, _) = follow(&chain);
    // After tip and blocks, before the balances.
    sleep(Duration::from_millis(250)).await;
    chain.state().chain_id = ChainId(1);
    sleep(Duration::from_millis(2_000)).await;
    let snapshot = follower.snapshots().borrow().clone();
    let chain_id = snapshot.status.chain_id.unwrap();
    let tip = snapshot.status.tip.unwrap().height.get();
    for (view, account) in snapshot.balances.iter().zip(accounts()) {
        assert_eq!(view.stx, Some(balances_at(chain_id, tip, &account).stx));
    }
}

#[tokio::test(start_paused = true)]
async fn a_branch_change_is_told_and_everything_is_read_again() {
    // (blocks removed, blocks added, new height)
    for (removed, added, expected) in [(1, 1, 9), (3, 1, 7), (3, 3, 9), (3, 8, 14)] {
        let chain = FakeChain::new();
        let (follower, _) = follow(&chain);
        let before = until(&follower, is_live).await;
        chain.state().reorganise(removed, added, 'b');
        let snapshot = until(&follower, |snapshot| snapshot.status.tip != before.status.tip).await;
        assert!(is_live(&snapshot));
        let reorg = snapshot.status.reorg.expect("the change is told");
        assert_eq!((reorg.from, reorg.to), (BlockHeight::new(9), BlockHeight::new(expected)));
        assert_of_one_tip(&snapshot);

        chain.state().mine(1);
        let begun = Instant::now();
        until(&follower, |snapshot| snapshot.status.reorg.is_none()).await;
        assert!(begun.elapsed() >= Duration::from_secs(58), "told for {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_lower_tip_of_the_same_branch_is_a_node_that_is_behind() {
    let chain = FakeChain::new();
    chain.state().network = Network::Mainnet;
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    chain.state().reorganise(3, 0, 'a');
    let snapshot = until(&follower, is_stale).await;
    assert_eq!((fault(&snapshot), height(&snapshot)), (Some(Fault::TipBehind), Some(9)));
    assert_eq!(snapshot.status.reorg, None);
    // However long it lasts, the newer values stay, and a public node's lower tip is not taken for a new chain.
    sleep(Duration::from_secs(1_200)).await;
    let snapshot = follower.snapshots().borrow().clone();
    assert_eq!((fault(&snapshot), height(&snapshot)), (Some(Fault::TipBehind), Some(9)));
    assert_of_one_tip(&snapshot);

    chain.state().mine(4);
    let snapshot = until(&follower, is_live).await;
    assert_eq!((height(&snapshot), snapshot.status.reorg), (Some(10), None));
}

#[tokio::test(start_paused = true)]
async fn a_lower_tip_that_cannot_be_compared_is_not_told_as_another_branch() {
    let chain = FakeChain::new();
    chain.state().page = 1;
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    chain.state().reorganise(3, 1, 'b');
    let snapshot = until(&follower, is_stale).await;
    assert_eq!((fault(&snapshot), height(&snapshot)), (Some(Fault::TipBehind), Some(9)));
    // The first block that can be compared tells.
    chain.state().mine(2);
    let snapshot = until(&follower, is_live).await;
    assert_eq!((height(&snapshot), snapshot.status.reorg.map(|reorg| reorg.from.get())), (Some(9), Some(9)));
}

#[tokio::test(start_paused = true)]
async fn a_devnet_that_is_set_back_is_followed_on() {
    // It grows on with other blocks: that is another branch.
    let chain = FakeChain::new();
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    chain.state().reorganise(3, 0, 'a');
    until(&follower, is_stale).await;
    chain.state().reorganise(0, 1, 'b');
    let snapshot = until(&follower, is_live).await;
    let reorg = snapshot.status.reorg.expect("the change is told");
    assert_eq!((reorg.from.get(), reorg.to.get()), (9, 7));

    // It stays where it is: after a while that is its chain.
    let chain = FakeChain::new();
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    chain.state().reorganise(3, 0, 'a');
    let begun = Instant::now();
    until(&follower, is_stale).await;
    let snapshot = until(&follower, is_live).await;
    assert!(begun.elapsed() >= Duration::from_secs(30), "taken after {:?}", begun.elapsed());
    assert_eq!((height(&snapshot), snapshot.status.reorg), (Some(6), None));
    assert_of_one_tip(&snapshot);
    chain.state().reorganise(0, 1, 'b');
    until(&follower, |snapshot| is_live(snapshot) && height(snapshot) == Some(7)).await;
}

#[tokio::test(start_paused = true)]
async fn a_block_that_is_not_found_is_not_taken_for_one_that_was_replaced() {
    let chain = FakeChain::new();
    chain.state().page = 1;
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    chain.state().finds_none = true;
    chain.state().mine(3);
    let snapshot = until(&follower, is_stale).await;
    assert_eq!((height(&snapshot), snapshot.status.reorg), (Some(9), None));
    chain.state().finds_none = false;
    let snapshot = until(&follower, is_live).await;
    assert_eq!((height(&snapshot), snapshot.status.reorg), (Some(12), None));
}

#[tokio::test(start_paused = true)]
async fn an_index_that_is_behind_is_told_as_such() {
    let chain = FakeChain::new();
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    chain.state().unindexed = 2;
    chain.state().mine(2);
    let snapshot = until(&follower, is_stale).await;
    assert_eq!((fault(&snapshot), height(&snapshot)), (Some(Fault::IndexBehind), Some(9)));
    let notice = snapshot.status.connection.notice().unwrap();
    assert!(notice.happened.contains("block 11") && notice.detail.contains("ends at 9"), "{notice:?}");
    sleep(Duration::from_secs(60)).await;
    assert_eq!(fault(&follower.snapshots().borrow()), Some(Fault::IndexBehind));
    assert!(is_stale(&follower.snapshots().borrow()), "the node is there");

    // One that catches up within the attempts is not worth a word.
    chain.state().unindexed = 0;
    until(&follower, is_live).await;
    let before = chain.state().questions;
    chain.state().unindexed = 1;
    sleep(Duration::from_millis(1_300)).await;
    chain.state().unindexed = 0;
    let after = chain.state().questions;
    assert!(after - before <= 24, "{} questions in 1.3 s", after - before);
    until(&follower, is_live).await;

    // Without anything to show, it is told all the same.
    let chain = FakeChain::new();
    chain.state().unindexed = 10;
    let (follower, _) = follow(&chain);
    let snapshot = until(&follower, is_unreachable).await;
    assert_eq!(fault(&snapshot), Some(Fault::IndexBehind));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_says_that_it_is_behind_is_believed() {
    let chain = FakeChain::new();
    chain.state().is_synced = Some(false);
    let (follower, _) = follow(&chain);
    let snapshot = until(&follower, is_stale).await;
    assert_eq!((fault(&snapshot), height(&snapshot)), (Some(Fault::NodeSyncing), Some(9)));
    assert_of_one_tip(&snapshot);
    for answer in [Some(true), None] {
        chain.state().is_synced = answer;
        until(&follower, is_live).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_public_chain_that_stands_still_is_stale_and_a_devnet_is_not() {
    for (network, stands_still) in [(Network::Mainnet, true), (Network::Devnet, false)] {
        let chain = FakeChain::new();
        chain.state().network = network;
        let (follower, clock) = follow(&chain);
        until(&follower, is_live).await;
        clock.jump(3 * 3_600);
        sleep(Duration::from_secs(25)).await;
        let snapshot = follower.snapshots().borrow().clone();
        if stands_still {
            assert_eq!(fault(&snapshot), Some(Fault::TipOld));
            chain.state().tip_time = UnixSeconds::new(GENESIS + 3 * 3_600);
            chain.state().mine(1);
            until(&follower, is_live).await;
        } else {
            assert!(is_live(&snapshot), "a devnet makes blocks when asked");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn impossible_times_and_a_clock_set_back_do_no_harm() {
    let chain = FakeChain::new();
    chain.state().network = Network::Testnet;
    chain.state().tip_time = UnixSeconds::new(u64::MAX);
    let (follower, clock) = follow(&chain);
    until(&follower, is_live).await;
    clock.jump(i64::MIN / 2);
    chain.state().fault = Some(unreachable());
    until(&follower, is_unreachable).await;
    chain.state().fault = None;
    chain.state().tip_time = UnixSeconds::new(0);
    let snapshot = until(&follower, is_live).await;
    assert_eq!(snapshot.status.read_at, Some(UnixSeconds::new(0)));
}

#[tokio::test(start_paused = true)]
async fn other_accounts_are_read_at_once_and_not_known_before() {
    let chain = FakeChain::new();
    let (say, shown) = watch::channel(accounts());
    let follower = ChainFollower::start(chain.clone(), shown, FakeClock::new());
    assert_of_one_tip(&until(&follower, is_live).await);
    sleep(Duration::from_millis(1_200)).await;

    let other: Address = "ST2JHG361ZXG51QTKY2NQCVBPPRRE2KZB1HR05NNC".parse().unwrap();
    chain.state().latency = Duration::from_millis(50);
    let begun = Instant::now();
    say.send_replace(vec![other]);
    let is_other =
        |snapshot: &ChainSnapshot| snapshot.balances.iter().all(|one| one.address == other.to_string());
    let first = until(&follower, is_other).await;
    assert_eq!((first.balances.len(), first.balances[0].stx, first.balances[0].sbtc), (1, None, None));
    let read = until(&follower, |snapshot| snapshot.balances[0].stx.is_some()).await;
    let tip = read.status.tip.unwrap().height.get();
    assert_eq!(read.balances[0].stx, Some(balances_at(TESTNET_ID, tip, &other).stx));
    assert!(begun.elapsed() < Duration::from_millis(600), "read after {:?}", begun.elapsed());

    // Who says so may go: the last word holds.
    drop(say);
    let before = chain.state().questions;
    sleep(Duration::from_secs(10)).await;
    let asked = chain.state().questions - before;
    assert!((30..=60).contains(&asked), "{asked} questions in ten seconds");
}

#[tokio::test(start_paused = true)]
async fn a_retry_does_not_wait_for_the_next_reading() {
    let chain = FakeChain::new();
    chain.state().network = Network::Mainnet;
    let (follower, _) = follow(&chain);
    until(&follower, is_live).await;
    sleep(Duration::from_secs(1)).await;
    chain.state().mine(1);
    let begun = Instant::now();
    follower.retry_now();
    until(&follower, |snapshot| height(snapshot) == Some(10)).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "asked for a retry, waited {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn revisions_grow_and_a_dropped_follower_asks_no_more() {
    let chain = FakeChain::new();
    let (follower, _) = follow(&chain);
    let mut snapshots = follower.snapshots();
    let mut last = snapshots.borrow_and_update().revision;
    for _ in 0..10 {
        snapshots.changed().await.unwrap();
        let revision = snapshots.borrow_and_update().revision;
        assert!(revision > last);
        last = revision;
    }
    drop(follower);
    sleep(Duration::from_millis(1)).await;
    let questions = chain.state().questions;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(chain.state().questions, questions);
}
