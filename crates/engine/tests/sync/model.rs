//! Random chains that grow, are reorganised, also while they are read, with an index that lags, an API that fails and lies, and a
//! syncer that is ended at any moment. When it gets quiet, the books equal those that were made from the last chain alone.

use std::time::Duration;

use bithedge_engine::sync::{Settings, SyncState};

use crate::chain::Chain;
use crate::fake::{Act, FakeFeed, LIES};
use crate::rules::syncer_with;

const SETTINGS: Settings = Settings { transactions_at_once: 9, read_again: 6, kept_blocks: 12 };

fn acts(random: &mut fastrand::Rng) -> Vec<Act> {
    let count = random.usize(..14);
    (0..count)
        .map(|_| match random.u8(..20) {
            0 => Act::Fail,
            1..3 => Act::Reorganise { depth: random.usize(1..5), then: random.usize(1..7) },
            3..6 => Act::Grow(random.usize(1..4)),
            6..9 => Act::Lie(LIES[random.usize(..LIES.len())]),
            _ => Act::Answer,
        })
        .collect()
}

/// So many rounds of a life; the books are compared after each.
async fn live(seed: u64, rounds: usize) -> (usize, u64, usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let feed = FakeFeed::new(Chain::new(seed));
    let folder = tempfile::tempdir().unwrap();
    let mut syncer = syncer_with(&feed, folder.path(), SETTINGS).await;
    let (mut compared, mut reorganisations, mut rebuilt) = (0, 0, 0);
    for round in 0..rounds {
        for _ in 0..random.usize(1..4) {
            {
                let mut state = feed.state();
                match random.u8(..10) {
                    0 => state.lag = random.u64(..5),
                    1 => {
                        // Rarely deeper than what can be taken back.
                        let depth = if random.u8(..4) == 0 { 40 } else { random.usize(1..9) };
                        state.chain.reorganise(depth, random.usize(1..12));
                    }
                    2 => state.node_tells = random.bool(),
                    _ => state.chain.grow(random.usize(1..8)),
                }
                state.acts = acts(&mut random).into();
                if random.u8(..6) == 0 {
                    state.acts.push_back(Act::Hang);
                }
            }
            // A request that hangs is dropped with all that waits for it.
            let _ = tokio::time::timeout(Duration::from_secs(30), syncer.step()).await;
            feed.state().acts.clear();
            if random.u8(..6) == 0 {
                reorganisations += syncer.status().borrow().reorganisations;
                drop(syncer);
                syncer = syncer_with(&feed, folder.path(), SETTINGS).await;
            }
        }
        {
            let mut state = feed.state();
            (state.lag, state.node_tells) = (0, true);
            state.acts.clear();
        }
        let mut outcomes = Vec::new();
        for _ in 0..8 {
            // A write that was left alone may still hold the file.
            outcomes.push(syncer.step().await);
            if matches!(outcomes.last(), Some(Ok(SyncState::Current { .. }))) {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let chain = feed.state().chain.clone();
        let current = SyncState::Current { at: *chain.tip() };
        assert!(
            matches!(outcomes.last(), Some(Ok(state)) if *state == current),
            "seed {seed}, round {round}: {current:?}, and {outcomes:?}"
        );
        let found = syncer.books().read(|books| books.fingerprint()).await.unwrap();
        assert_eq!(found, chain.fingerprint(), "seed {seed}, round {round}");
        compared += 1;
        rebuilt += usize::from(syncer.status().borrow().rebuilt.is_some());
    }
    reorganisations += syncer.status().borrow().reorganisations;
    (compared, reorganisations, rebuilt)
}

#[tokio::test(start_paused = true)]
async fn after_any_life_the_books_are_those_of_the_last_chain() {
    let (mut compared, mut reorganisations, mut rebuilt) = (0, 0, 0);
    let lives: u64 = std::env::var("BITHEDGE_SYNC_LIVES").ok().map_or(12, |lives| lives.parse().unwrap());
    for seed in 0..lives {
        let (more, gone, anew) = live(seed, 6).await;
        compared += more;
        reorganisations += gone;
        rebuilt += anew;
    }
    println!(
        "{compared} comparisons, {reorganisations} reorganisations, {rebuilt} times after books were made anew"
    );
    assert!(reorganisations > lives && rebuilt > 0, "the lives were too quiet to show anything");
}
