//! A reader never sees half a block.

use std::sync::atomic::{AtomicBool, Ordering};

use bithedge_ledger::{Ledger, PolicyFilter, PolicyStatus};
use bithedge_protocol::BlockHeight;

use crate::stream::{Stream, identity};

#[test]
fn sums_agree_in_every_snapshot_while_blocks_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let mut ledger = Ledger::open(&path, identity()).unwrap();
    let mut stream = Stream::quick(4, 10, 10);
    ledger.apply(&stream.next(4)).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watchers: Vec<_> = (0..2)
            .map(|_| {
                let mut reader = ledger.reader().unwrap();
                let is_over = &is_over;
                scope.spawn(move || {
                    let mut seen = std::collections::BTreeSet::new();
                    while !is_over.load(Ordering::Relaxed) {
                        let snapshot = reader.snapshot().unwrap();
                        for all in snapshot.totals().unwrap() {
                            assert!(all.adds_up(), "{all:?}");
                        }
                        let sold: u64 = snapshot.buckets().unwrap().rows.iter().map(|one| one.policies).sum();
                        let filter =
                            PolicyFilter { status: Some(PolicyStatus::Active), ..PolicyFilter::default() };
                        let active = snapshot.policies(&filter, 100_000).unwrap().rows;
                        // Policies of a settled expiry stay active until they are claimed.
                        let live = active.iter().filter(|policy| policy.expiry_price.is_none()).count();
                        assert_eq!(live as u64, sold, "at {:?}", snapshot.tip());
                        let newest = snapshot.blocks(1).unwrap();
                        assert_eq!(newest.first(), snapshot.tip());
                        seen.insert(snapshot.tip().unwrap().hash);
                    }
                    seen.len()
                })
            })
            .collect();
        let mut forks = 0;
        for round in 0..400_u64 {
            let before = stream.clone();
            let tip = ledger.tip().unwrap().unwrap().height;
            for _ in 0..3 {
                ledger.apply(&stream.next(5)).unwrap();
            }
            if round % 5 == 0 {
                ledger.roll_back_to(BlockHeight::new(tip.get())).unwrap();
                stream = before;
                stream.fork(1_000 + round);
                forks += 1;
            }
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(forks > 50);
        for watcher in watchers {
            let seen = watcher.join().unwrap();
            assert!(seen > 20, "{seen} different states seen");
        }
    });
}
