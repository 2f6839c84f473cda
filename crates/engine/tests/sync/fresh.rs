//! Whether books pass for those of now.

use bithedge_engine::sync::{CLOSE, Freshness, SyncState, SyncStatus, WallClock};
use bithedge_ledger::{BlockHeader, Trust};
use bithedge_protocol::{BlockHeight, Seconds, UnixSeconds};
use bithedge_stacks::client::BlockHash;

use crate::chain::Chain;
use crate::fake::FakeFeed;
use crate::rules::syncer_with;

const NOON: u64 = 1_767_571_200;
const MOST: Option<Seconds> = Some(Seconds::new(1_800));

fn block(height: u64) -> BlockHeader {
    let time = UnixSeconds::new(NOON);
    BlockHeader {
        height: BlockHeight::new(height),
        hash: BlockHash([1; 32]),
        parent: BlockHash([0; 32]),
        time,
    }
}

fn status(state: &SyncState) -> SyncStatus {
    SyncStatus {
        state: state.clone(),
        is_compared: true,
        went_back_from: None,
        rebuilt: None,
        reorganisations: 0,
    }
}

fn clock(now: u64) -> WallClock {
    WallClock { now: UnixSeconds::new(now), max_tip_age: MOST }
}

fn doubt(status: &SyncStatus, books: u64, chain: Option<u64>, wall: u64) -> Option<String> {
    let chain = chain.map(|height| (BlockHeight::new(height), UnixSeconds::new(NOON)));
    Freshness { status, chain, clock: clock(wall) }.doubt(Some(&block(books)))
}

fn is_doubted(state: &SyncState, books: u64, chain: Option<u64>, wall: u64) -> bool {
    doubt(&status(state), books, chain, wall).is_some()
}

#[test]
fn half_read_books_are_in_doubt_and_those_of_now_are_not() {
    let height = BlockHeight::new;
    let since = UnixSeconds::new(NOON);
    let current = SyncState::Current { at: block(1_000) };
    let catching = SyncState::CatchingUp { from: height(1), at: height(500), tip: height(1_000) };
    let stalled = SyncState::Stalled { at: Some(height(1_000)), since, why: "no".to_owned() };
    let behind = SyncState::Behind {
        at: Some(height(1_000)),
        indexed: height(1_000),
        node: Some(height(1_003)),
        since,
    };
    let why = String::new();
    let anew = SyncState::Rebuilding { at: Some(height(1_000)), tip: height(1_000), why };
    let starting = SyncState::Starting { at: Some(height(1_000)) };
    for (state, books, chain, expected) in [
        (&current, 1_000, Some(1_000), false),
        (&current, 1_000, None, false),
        (&current, 1_000, Some(1_000 + CLOSE), false),
        (&current, 1_000, Some(1_001 + CLOSE), true),
        // They were replaced after the state was told.
        (&current, 500, Some(1_000), true),
        (&current, 500, None, true),
        (&catching, 500, Some(1_000), true),
        (&catching, 500, None, true),
        (&catching, 1_000 - CLOSE, Some(1_000), false),
        (&stalled, 1_000, Some(1_003), false),
        (&stalled, 1_000, Some(1_100), true),
        (&stalled, 1_000, None, true),
        (&behind, 1_000, Some(1_003), false),
        (&behind, 1_000, Some(1_100), true),
        (&anew, 1_000, Some(1_000), true),
        (&starting, 1_000, Some(1_000), true),
    ] {
        assert_eq!(is_doubted(state, books, chain, NOON), expected, "{state:?} {books} {chain:?}");
    }
    assert!(Freshness { status: &status(&current), chain: None, clock: clock(NOON) }.doubt(None).is_some());
}

#[test]
fn a_chain_that_stands_still_is_in_doubt_and_time_goes_on() {
    let current = SyncState::Current { at: block(1_000) };
    for chain in [Some(1_000), None] {
        assert!(!is_doubted(&current, 1_000, chain, NOON + 1_800));
        assert!(is_doubted(&current, 1_000, chain, NOON + 1_801));
    }
}

#[test]
fn time_is_the_chain_s_while_it_moves_and_never_runs_back() {
    let moment = |wall: u64, max_tip_age, chain: Option<u64>, books: Option<u64>| {
        let clock = WallClock { now: UnixSeconds::new(wall), max_tip_age };
        clock.moment(chain.map(UnixSeconds::new), books.map(UnixSeconds::new)).get()
    };
    assert_eq!(moment(NOON + 120, MOST, Some(NOON), None), NOON);
    // A price does not stay fresh because the chain, or its node, is late.
    assert_eq!(moment(NOON + 121, MOST, Some(NOON), None), NOON + 121);
    // Yesterday's price is yesterday's, and what expired has expired.
    assert_eq!(moment(NOON + 86_400, MOST, Some(NOON), None), NOON + 86_400);
    assert_eq!(moment(NOON + 5, MOST, None, None), NOON + 5);
    assert_eq!(moment(NOON + 5, MOST, None, Some(NOON)), NOON + 5);
    // A clock that is two days behind brings no policy back to life.
    assert_eq!(moment(NOON - 172_800, MOST, None, Some(NOON)), NOON);
    assert_eq!(moment(NOON - 172_800, MOST, Some(NOON - 60), Some(NOON)), NOON);
    // A chain whose blocks are made on demand has no other time, read or not.
    assert_eq!(moment(NOON + 86_400, None, Some(NOON), Some(NOON)), NOON);
    assert_eq!(moment(NOON + 86_400, None, None, Some(NOON)), NOON);
}

#[test]
fn a_clock_that_is_behind_is_in_doubt() {
    let current = SyncState::Current { at: block(1_000) };
    for chain in [Some(1_000), None] {
        assert!(!is_doubted(&current, 1_000, chain, NOON - 300));
        let why = doubt(&status(&current), 1_000, chain, NOON - 301).unwrap();
        assert!(why.contains("the clock is wrong"), "{why}");
    }
    // Where blocks are made on demand, no clock is wrong.
    let clock = WallClock { now: UnixSeconds::new(NOON - 86_400), max_tip_age: None };
    assert_eq!(clock.doubt(UnixSeconds::new(NOON)), None);
}

#[test]
fn books_that_were_not_compared_or_went_back_are_in_doubt() {
    let since = UnixSeconds::new(NOON);
    let at = Some(BlockHeight::new(1_000));
    let (indexed, node) = (BlockHeight::new(1_000), at);
    for state in [
        SyncState::Current { at: block(1_000) },
        SyncState::Stalled { at, since, why: "no".to_owned() },
        SyncState::Behind { at, indexed, node, since },
        SyncState::CatchingUp { from: indexed, at: indexed, tip: indexed },
    ] {
        let sound = status(&state);
        assert_eq!(doubt(&sound, 1_000, Some(1_003), NOON), None, "{state:?}");
        let uncompared = SyncStatus { is_compared: false, ..sound.clone() };
        assert!(doubt(&uncompared, 1_000, Some(1_003), NOON).is_some(), "{state:?}");
        let back = SyncStatus { went_back_from: Some(BlockHeight::new(1_001)), ..sound };
        assert!(doubt(&back, 1_000, Some(1_003), NOON).is_some(), "{state:?}");
        assert_eq!(doubt(&back, 1_001, Some(1_003), NOON), None, "{state:?}");
    }
}

#[tokio::test]
async fn all_that_doubted_books_say_is_doubtful() {
    let mut chain = Chain::new(5);
    chain.grow(30);
    let feed = FakeFeed::new(chain);
    let folder = tempfile::tempdir().unwrap();
    let mut syncer = syncer_with(&feed, folder.path(), bithedge_engine::sync::Settings::default()).await;
    syncer.step().await.unwrap();
    let books = syncer.books();
    let said = |doubt: Option<String>| {
        books.read_doubting(
            move |_| doubt,
            |books, why| {
                let buckets = books.buckets()?;
                assert!(!buckets.rows.is_empty());
                let mut said = vec![books.trust_of_policies(), books.trust_of_buckets(), buckets.trust];
                said.extend(buckets.rows.iter().map(|bucket| bucket.trust));
                Ok((said, why, books.is_sound()))
            },
        )
    };
    let (all, why, is_sound) = said(Some("half".to_owned())).await.unwrap();
    assert!(all.iter().all(|trust| *trust == Trust::Doubtful) && !is_sound, "{all:?}");
    assert_eq!(why.as_deref(), Some("half"));
    let (all, why, _) = said(None).await.unwrap();
    assert!(all.contains(&Trust::Sound) && why.is_none(), "{all:?}");
}
