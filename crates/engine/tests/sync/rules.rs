//! What the syncer does in each case.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bithedge_engine::SystemClock;
use bithedge_engine::sync::{BooksError, Freshness, Settings, SyncError, SyncState, Syncer, WallClock};
use bithedge_ledger::{Fingerprint, LedgerError};

use crate::chain::Chain;
use crate::fake::{Act, FakeFeed, LIES, Lie, open};
use crate::stream;

pub(crate) async fn syncer_with(feed: &FakeFeed, folder: &Path, settings: Settings) -> Syncer<FakeFeed> {
    let identity = stream::identity();
    let clock = Arc::new(SystemClock);
    Syncer::new(feed.clone(), folder.to_path_buf(), identity.chain, identity.deployer, clock)
        .await
        .with_settings(settings)
}

struct Case {
    feed: FakeFeed,
    folder: tempfile::TempDir,
    syncer: Syncer<FakeFeed>,
}

impl Case {
    async fn new(blocks: usize) -> Self {
        Self::with(blocks, Settings::default()).await
    }

    async fn with(blocks: usize, settings: Settings) -> Self {
        let mut chain = Chain::new(5);
        chain.grow(blocks);
        let feed = FakeFeed::new(chain);
        let folder = tempfile::tempdir().unwrap();
        let syncer = syncer_with(&feed, folder.path(), settings).await;
        Self { feed, folder, syncer }
    }

    async fn restart(&mut self) {
        // The old one lets go of the file first.
        let elsewhere = tempfile::tempdir().unwrap();
        self.syncer = syncer_with(&self.feed, elsewhere.path(), Settings::default()).await;
        self.syncer = syncer_with(&self.feed, self.folder.path(), Settings::default()).await;
    }

    async fn fingerprint(&self) -> Fingerprint {
        self.syncer.books().read(|books| books.fingerprint()).await.unwrap()
    }

    /// Steps once and wants the books to be those of the chain.
    async fn is_current(&mut self, when: &str) {
        let state = self.syncer.step().await.unwrap();
        let chain = self.feed.state().chain.clone();
        assert_eq!(state, SyncState::Current { at: *chain.tip() }, "{when}");
        assert_eq!(self.fingerprint().await, chain.fingerprint(), "{when}");
        assert_eq!(self.syncer.status().borrow().state, state, "{when}");
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.feed.state().chain.identity().file_name())
    }

    fn requests(&self) -> usize {
        std::mem::take(&mut self.feed.state().requests)
    }
}

#[tokio::test]
async fn a_cold_start_reads_in_portions_and_a_warm_look_asks_once() {
    let settings = Settings { transactions_at_once: 10, ..Settings::default() };
    let mut case = Case::with(60, settings).await;
    let mut status = case.syncer.status();
    assert_eq!(status.borrow_and_update().state, SyncState::Starting { at: None });
    assert!(matches!(case.syncer.books().read(|_| Ok(())).await, Err(BooksError::NotReady)));
    case.is_current("cold").await;
    assert!(case.requests() > 10, "it was read in portions");
    case.is_current("warm").await;
    assert_eq!(case.requests(), 1, "an unchanged chain is one question");
    case.feed.state().chain.full(3);
    case.is_current("one block more").await;
    // The newest block, what is in it, and whether it still is the newest.
    assert_eq!(case.requests(), 3);
}

#[tokio::test]
async fn progress_is_told_while_it_catches_up() {
    let settings = Settings { transactions_at_once: 10, ..Settings::default() };
    let mut case = Case::with(60, settings).await;
    let mut status = case.syncer.status();
    let watching = tokio::spawn(async move {
        let mut seen = Vec::new();
        while status.changed().await.is_ok() {
            seen.push(status.borrow_and_update().state.clone());
        }
        seen
    });
    case.is_current("cold").await;
    drop(case);
    let seen = watching.await.unwrap();
    let heights: Vec<_> = seen
        .iter()
        .filter_map(|state| match state {
            SyncState::CatchingUp { from, at, tip } => Some((from.get(), at.get(), tip.get())),
            _ => None,
        })
        .collect();
    assert!(heights.len() > 2, "{seen:?}");
    assert!(
        heights.is_sorted() && heights.iter().all(|(from, at, tip)| from <= at && at < tip),
        "{heights:?}"
    );
}

#[tokio::test]
async fn reorganisations_are_followed_to_any_depth() {
    let settings = Settings { kept_blocks: 20, ..Settings::default() };
    let mut case = Case::with(80, settings).await;
    case.is_current("before").await;
    for (depth, then) in [(1, 2), (5, 6), (3, 30), (12, 2)] {
        case.feed.state().chain.reorganise(depth, then);
        // A chain that got shorter is believed at the third look.
        let is_shorter = depth > then;
        for _ in 0..if is_shorter { 2 } else { 0 } {
            assert!(matches!(case.syncer.step().await.unwrap(), SyncState::Behind { .. }));
        }
        case.is_current(&format!("{depth} deep")).await;
    }
    assert_eq!(case.syncer.status().borrow().reorganisations, 4);
    assert_eq!(case.syncer.status().borrow().rebuilt, None);
    // Deeper than what can be taken back: anew.
    case.feed.state().chain.reorganise(60, 70);
    case.is_current("too deep").await;
    let rebuilt = case.syncer.status().borrow().rebuilt.clone().unwrap();
    assert!(rebuilt.why.contains("cannot go back") && rebuilt.kept.is_none(), "{rebuilt:?}");
}

#[tokio::test]
async fn a_chain_that_changes_while_it_is_read_is_read_again() {
    // At each of the first requests in turn.
    for place in 0..9 {
        let mut case = Case::new(20).await;
        if place % 2 == 0 {
            case.is_current("before").await;
            case.feed.state().chain.grow(12);
        }
        let mut acts = vec![Act::Answer; place];
        acts.push(Act::Reorganise { depth: 14, then: 16 });
        case.feed.state().acts = acts.into();
        case.is_current(&format!("changed at request {place}")).await;
    }
}

#[tokio::test]
async fn no_lie_that_shows_ever_gets_into_the_books() {
    for lie in LIES {
        let mut case = Case::new(12).await;
        case.is_current("before").await;
        let before = case.fingerprint().await;
        {
            let mut state = case.feed.state();
            // Two blocks that hold several transactions each, so that each lie has something to twist.
            state.chain.full(9);
            state.chain.full(9);
            while state.chain.blocks.last().unwrap().transactions.len() < 2 {
                state.chain.full(9);
            }
            // Each time that it is asked: the newest block, content, newest block again.
            let round = [Act::Answer, Act::Answer, Act::Lie(lie), Act::Answer];
            state.acts = round.iter().cycle().take(40).cloned().collect();
            state.acts.pop_front();
        }
        let outcome = case.syncer.step().await;
        match &outcome {
            Err(error) => {
                assert_eq!(case.fingerprint().await, before, "{lie:?}");
                let state = case.syncer.status().borrow().state.clone();
                assert!(
                    matches!(&state, SyncState::Stalled { why, .. } if *why == error.to_string()),
                    "{state:?}"
                );
            }
            // Some turns of the cycle tell the truth.
            Ok(_) => {
                let chain = case.feed.state().chain.clone();
                assert_eq!(case.fingerprint().await, chain.fingerprint(), "{lie:?}");
            }
        }
        case.feed.state().acts.clear();
        case.is_current("after the lies").await;
    }
}

#[tokio::test]
async fn what_was_left_out_of_the_newest_blocks_is_found_after_a_restart() {
    let mut case = Case::new(12).await;
    case.is_current("before").await;
    {
        let mut state = case.feed.state();
        let before = state.chain.tip().height.get();
        state.chain.full(9);
        while state.chain.blocks.last().unwrap().transactions.len() < 2 {
            state.chain.full(9);
        }
        // If it is not the very next, there is one question more.
        let is_next = state.chain.tip().height.get() == before + 1;
        let answers = if is_next { 1 } else { 2 };
        state.acts = std::iter::repeat_n(Act::Answer, answers).chain([Act::Lie(Lie::Omits)]).collect();
    }
    case.syncer.step().await.unwrap();
    let wanted = case.feed.state().chain.fingerprint();
    assert_ne!(case.fingerprint().await, wanted, "something was left out, and nobody could see it");
    case.feed.state().chain.grow(3);
    case.restart().await;
    case.is_current("after the restart").await;
}

#[tokio::test]
async fn what_was_read_without_counts_is_read_again() {
    let mut case = Case::new(12).await;
    case.is_current("before").await;
    {
        let mut state = case.feed.state();
        state.counts = false;
        state.chain.full(9);
        while state.chain.blocks.last().unwrap().transactions.len() < 2 {
            state.chain.full(9);
        }
        state.once = Some(Lie::Omits);
    }
    case.syncer.step().await.unwrap();
    let wanted = case.feed.state().chain.fingerprint();
    assert_ne!(case.fingerprint().await, wanted, "something was left out, and nobody could see it");
    // Nothing was restarted, and nothing is new.
    case.is_current("the next look").await;
    // What is far below the newest block is not read for ever.
    for _ in 0..4 {
        case.feed.state().chain.grow(6);
        case.is_current("it grows").await;
    }
    case.feed.state().counts = true;
    case.is_current("it counts again").await;
    case.requests();
    case.is_current("nothing new").await;
    assert_eq!(case.requests(), 1);
}

#[tokio::test]
async fn a_transaction_that_is_listed_twice_costs_no_books() {
    // One that the books have long since, and one of the same answer.
    for is_known in [true, false] {
        let mut case = Case::new(30).await;
        case.is_current("before").await;
        let before = case.fingerprint().await;
        {
            let mut state = case.feed.state();
            let known = state.chain.content(0, u64::MAX).remove(0).transactions.remove(0);
            state.chain.full(3);
            let new = state.chain.blocks.last().unwrap().transactions[0].clone();
            state.chain.full(3);
            state.again = Some((if is_known { known } else { new }, state.chain.tip().height));
        }
        for _ in 0..3 {
            let error = case.syncer.step().await.expect_err("it says what cannot be");
            assert!(error.to_string().contains("contradicts itself"), "{is_known}: {error}");
            assert_eq!(case.fingerprint().await, before, "{is_known}");
        }
        assert_eq!(case.syncer.status().borrow().rebuilt, None, "{is_known}");
        case.feed.state().again = None;
        case.is_current("after it").await;
    }
}

/// Whether books at their present height pass for those of now, to somebody who read the chain's newest block.
async fn are_doubted(case: &Case) -> bool {
    let status = case.syncer.status().borrow().clone();
    let tip = case.syncer.books().read(|books| Ok(books.tip().copied())).await.unwrap().unwrap();
    let newest = *case.feed.state().chain.tip();
    let clock = WallClock { now: newest.time, max_tip_age: None };
    let chain = Some((newest.height, newest.time));
    Freshness { status: &status, chain, clock }.doubt(Some(&tip)).is_some()
}

#[tokio::test]
async fn books_that_were_never_compared_are_in_doubt_whatever_fails() {
    let mut case = Case::new(20).await;
    case.is_current("before").await;
    assert!(!are_doubted(&case).await);
    case.feed.state().chain.reorganise(1, 2);
    case.restart().await;
    for _ in 0..2 {
        case.feed.state().acts = vec![Act::Fail; 9].into();
        assert!(case.syncer.step().await.is_err());
        let state = case.syncer.status().borrow().state.clone();
        assert!(matches!(state, SyncState::Stalled { .. }), "{state:?}");
        assert!(are_doubted(&case).await, "an orphan is in them");
    }
    // Nor are those whose only reader is not the one who writes them.
    case.feed.state().acts.clear();
    case.is_current("compared").await;
    let mut second = Case {
        feed: case.feed.clone(),
        folder: tempfile::tempdir().unwrap(),
        syncer: { syncer_with(&case.feed, case.folder.path(), Settings::default()).await },
    };
    second.syncer.step().await.unwrap_err();
    assert!(are_doubted(&second).await);
    assert!(!are_doubted(&case).await);
    // A failure after a comparison is none of the books'.
    case.feed.state().acts = vec![Act::Fail; 9].into();
    case.syncer.step().await.unwrap_err();
    assert!(!are_doubted(&case).await);
}

#[tokio::test]
async fn books_that_went_back_are_in_doubt_until_they_are_as_high_again() {
    let mut went_back = 0;
    for answered in 0..14 {
        let mut case = Case::new(30).await;
        case.is_current("before").await;
        let had = case.feed.state().chain.tip().height;
        case.feed.state().chain.reorganise(5, 6);
        let acts = std::iter::repeat_n(Act::Answer, answered).chain(std::iter::repeat_n(Act::Fail, 30));
        case.feed.state().acts = acts.collect();
        if case.syncer.step().await.is_ok() {
            continue;
        }
        let tip = case.syncer.books().read(|books| Ok(books.tip().copied())).await.unwrap().unwrap();
        if tip.height < had {
            went_back += 1;
            assert!(are_doubted(&case).await, "after {answered} answers");
        }
        case.feed.state().acts.clear();
        case.is_current("after it").await;
        assert!(!are_doubted(&case).await);
    }
    assert!(went_back > 0, "none failed after the books went back");
}

#[tokio::test]
async fn an_index_that_lags_is_said_and_nothing_is_undone() {
    let mut case = Case::new(30).await;
    case.is_current("before").await;
    let before = case.fingerprint().await;
    // The index falls behind the books, its node does not.
    case.feed.state().lag = 4;
    for _ in 0..5 {
        let state = case.syncer.step().await.unwrap();
        assert!(matches!(state, SyncState::Behind { .. }), "{state:?}");
    }
    assert_eq!(case.fingerprint().await, before);
    // It stays behind while the chain grows.
    case.feed.state().chain.grow(9);
    let state = case.syncer.step().await.unwrap();
    let SyncState::Behind { at, indexed, node, .. } = state else { panic!("{state:?}") };
    assert_eq!((at, indexed.get() + 4), (Some(indexed), node.unwrap().get()));
    case.feed.state().lag = 0;
    case.is_current("after it").await;
}

#[tokio::test]
async fn a_chain_that_was_replaced_has_books_of_its_own() {
    let mut case = Case::new(20).await;
    case.is_current("before").await;
    let first = case.path();
    let old = std::mem::replace(&mut case.feed.state().chain, {
        let mut other = Chain::new(77);
        other.blocks[0].header.hash.0 = [8; 32];
        other.blocks[1].header.parent = other.blocks[0].header.hash;
        other.grow(25);
        other
    });
    case.is_current("another chain").await;
    assert_ne!(case.path(), first);
    let kept = open(&first, &old).snapshot().unwrap().fingerprint().unwrap();
    assert_eq!(kept, old.fingerprint(), "the first one's books are as they were");
    // And back.
    case.feed.state().chain = old;
    case.is_current("the first chain again").await;
}

#[tokio::test]
async fn damaged_books_are_put_aside_and_made_anew() {
    let mut case = Case::new(40).await;
    case.is_current("before").await;
    let books = case.syncer.books();
    // One bit of an amount, behind the back of whoever has the file open.
    let connection = rusqlite::Connection::open(case.path()).unwrap();
    connection.execute("UPDATE market SET btc = zeroblob(16)", []).unwrap();
    drop(connection);
    let found = books.read(|books| books.latest_price().map(|_| ())).await;
    assert!(matches!(found, Err(BooksError::Ledger(LedgerError::Damaged { .. }))), "{found:?}");
    case.is_current("after the damage").await;
    let rebuilt = case.syncer.status().borrow().rebuilt.clone().unwrap();
    assert!(rebuilt.kept.as_ref().is_some_and(|kept| kept.exists()), "{rebuilt:?}");
    books.read(|books| books.latest_price().map(|_| ())).await.unwrap();

    // A file that is no ledger at all, found at a start.
    let path = case.path();
    drop(case.syncer);
    std::fs::write(&path, b"something else, and long enough to be looked at").unwrap();
    case.syncer = syncer_with(&case.feed, case.folder.path(), Settings::default()).await;
    case.is_current("after another file").await;
    let kept = case.syncer.status().borrow().rebuilt.clone().unwrap().kept.unwrap();
    assert_eq!(std::fs::read(kept).unwrap(), b"something else, and long enough to be looked at");
}

#[tokio::test]
async fn books_of_before_are_read_without_a_chain() {
    let mut case = Case::new(20).await;
    case.is_current("before").await;
    let tip = case.feed.state().chain.tip().height;
    case.restart().await;
    assert_eq!(case.syncer.status().borrow().state, SyncState::Starting { at: Some(tip) });
    let at = case.syncer.books().read(|books| Ok(books.tip().copied())).await.unwrap();
    assert_eq!(at.unwrap().height, tip);
    case.feed.state().acts = vec![Act::Fail; 3].into();
    assert!(matches!(case.syncer.step().await, Err(SyncError::Feed(_))));
    let since = {
        let status = case.syncer.status();
        let SyncState::Stalled { since, .. } = status.borrow().state else { panic!() };
        since
    };
    assert!(case.syncer.books().read(|books| Ok(books.tip().copied())).await.unwrap().is_some());
    let _ = case.syncer.step().await;
    if let SyncState::Stalled { since: still, .. } = case.syncer.status().borrow().state {
        assert_eq!(still, since, "since the first failure");
    }
    case.feed.state().acts.clear();
    case.is_current("reached again").await;
}

#[tokio::test]
async fn the_folder_is_held_by_one() {
    let mut case = Case::new(10).await;
    case.is_current("the first").await;
    let mut second = syncer_with(&case.feed, case.folder.path(), Settings::default()).await;
    let error = second.step().await.unwrap_err();
    assert!(matches!(error, SyncError::Ledger(LedgerError::InUse(_))), "{error}");
    // It can read what the first one keeps.
    let at = second.books().read(|books| Ok(books.tip().copied())).await.unwrap();
    assert_eq!(at.as_ref(), Some(case.feed.state().chain.tip()));
    case.is_current("undisturbed").await;
}

#[tokio::test]
async fn a_block_of_another_fork_inside_a_stretch_is_found() {
    for lie in [Lie::Orphan, Lie::Early] {
        let mut case = Case::new(40).await;
        // Only content can lie, and the first one that is asked for does.
        case.feed.state().once = Some(lie);
        let _ = case.syncer.step().await;
        assert!(case.feed.state().once.is_none(), "it was told");
        case.is_current(&format!("{lie:?}")).await;
    }
}

#[tokio::test]
async fn a_node_that_does_not_say_how_high_it_is_leaves_it_open() {
    let mut case = Case::new(20).await;
    case.is_current("before").await;
    case.feed.state().node_tells = false;
    case.is_current("once is nothing").await;
    case.is_current("nor is twice").await;
    let state = case.syncer.step().await.unwrap();
    assert!(matches!(state, SyncState::Behind { node: None, .. }), "{state:?}");
    case.feed.state().node_tells = true;
    case.is_current("it tells again").await;
}
