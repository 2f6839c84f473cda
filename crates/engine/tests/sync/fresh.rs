//! Whether books pass for those of now.

use bithedge_engine::sync::{CLOSE, Freshness, SyncState};
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

fn is_doubted(state: &SyncState, books: u64, chain: Option<u64>, wall: u64) -> bool {
    let chain = chain.map(|height| (BlockHeight::new(height), UnixSeconds::new(NOON)));
    let (wall, max_tip_age) = (UnixSeconds::new(wall), MOST);
    Freshness { state, chain, wall, max_tip_age }.doubt(Some(&block(books))).is_some()
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
    assert!(Freshness { state: &current, chain: None, wall: since, max_tip_age: None }.doubt(None).is_some());
}

#[test]
fn a_chain_that_stands_still_is_in_doubt_and_time_goes_on() {
    let current = SyncState::Current { at: block(1_000) };
    for chain in [Some(1_000), None] {
        assert!(!is_doubted(&current, 1_000, chain, NOON + 1_800));
        assert!(is_doubted(&current, 1_000, chain, NOON + 1_801));
    }
    let chain = Some((BlockHeight::new(1_000), UnixSeconds::new(NOON)));
    let now = |wall: u64, most| Freshness::now(chain, UnixSeconds::new(wall), most).get();
    assert_eq!(now(NOON + 1_800, MOST), NOON);
    // Yesterday's price is yesterday's, and what expired has expired.
    assert_eq!(now(NOON + 86_400, MOST), NOON + 86_400);
    // A chain whose blocks are made on demand has no other time.
    assert_eq!(now(NOON + 86_400, None), NOON);
    assert_eq!(Freshness::now(None, UnixSeconds::new(NOON + 5), MOST).get(), NOON + 5);
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
