//! Files that are not what they should be.

use std::path::Path;

use bithedge_ledger::{Ledger, LedgerError, Reader};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::ChainId;

use crate::dump::{assert_same, dump};
use crate::stream::{Stream, identity};

/// A ledger of some blocks, closed.
fn make(path: &Path, blocks: usize) {
    let mut ledger = Ledger::open(path, identity()).unwrap();
    let mut stream = Stream::quick(8, 10, 10);
    for _ in 0..blocks {
        ledger.apply(&stream.next(4)).unwrap();
    }
    ledger.checkpoint().unwrap();
}

#[test]
fn a_second_instance_is_refused_and_readers_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(identity().file_name());
    let first = Ledger::open(&path, identity()).unwrap();
    assert!(matches!(Ledger::open(&path, identity()), Err(LedgerError::InUse(_))));
    assert!(matches!(Ledger::recreate(&path, identity()), Err(LedgerError::InUse(_))));
    assert!(Reader::open(&path).unwrap().snapshot().unwrap().tip().is_none());
    drop(first);
    Ledger::open(&path, identity()).unwrap();
}

#[test]
fn another_chain_a_newer_schema_and_strangers_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    make(&path, 5);
    let before = dump(&path);
    let mut mainnet = identity();
    mainnet.chain = ChainId::MAINNET;
    let mut restarted = identity();
    restarted.genesis.0[0] ^= 1;
    for other in [mainnet, restarted] {
        assert!(matches!(Ledger::open(&path, other), Err(LedgerError::OtherChain { .. })));
        assert_ne!(other.file_name(), identity().file_name());
    }
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    connection.execute("UPDATE identity SET schema = 2", []).unwrap();
    assert!(matches!(
        Ledger::open(&path, identity()),
        Err(LedgerError::NewerSchema { found: 2, known: 1, .. })
    ));
    assert!(matches!(Reader::open(&path), Err(LedgerError::NewerSchema { .. })));
    connection.pragma_update(None, "user_version", 1).unwrap();
    connection.execute("UPDATE identity SET schema = 1", []).unwrap();
    drop(connection);
    Ledger::open(&path, identity()).unwrap();
    assert_same(&dump(&path), &before, "after refusals");

    let stranger = folder.path().join("stranger");
    rusqlite::Connection::open(&stranger).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
    assert!(matches!(Ledger::open(&stranger, identity()), Err(LedgerError::Damaged { .. })));
    let nowhere = folder.path().join("no").join("folder");
    assert!(matches!(Ledger::open(&nowhere, identity()), Err(LedgerError::Storage { .. })));
    assert!(matches!(Reader::open(&nowhere), Err(LedgerError::ReadOnly { .. })));
}

#[test]
fn damage_is_found_and_the_ledger_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good");
    make(&good, 150);
    let bytes = std::fs::read(&good).unwrap();
    let sound = dump(&good);
    let path = folder.path().join("bad");
    let mut random = fastrand::Rng::with_seed(1);

    for garbage in [vec![0x55; 100], vec![0x55; 50_000], b"SQLite format 3\0".repeat(5_000)] {
        std::fs::write(&path, garbage).unwrap();
        let error = Ledger::open(&path, identity()).err().unwrap();
        assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
    }
    for part in [1, 3, 7, 9] {
        std::fs::write(&path, &bytes[..bytes.len() * part / 10]).unwrap();
        let error = Ledger::open(&path, identity()).err().unwrap();
        assert!(matches!(error, LedgerError::Damaged { .. }), "{part}/10: {error}");
    }
    // Whole pages overwritten, or a single bit: whatever is not found has changed nothing.
    let (mut at_once, mut by_check, mut nowhere) = (0, 0, 0);
    for round in 0..120 {
        let mut twisted = bytes.clone();
        if round % 2 == 0 {
            let page = random.usize(..bytes.len() / 4_096) * 4_096;
            random.fill(&mut twisted[page..page + 4_096]);
        } else {
            let at = random.usize(..bytes.len());
            twisted[at] ^= 1 << random.u32(..8);
        }
        std::fs::write(&path, twisted).unwrap();
        match Ledger::open(&path, identity()) {
            Err(LedgerError::Damaged { .. }) => at_once += 1,
            Err(LedgerError::NewerSchema { .. } | LedgerError::OtherChain { .. }) => at_once += 1,
            Err(other) => panic!("{other}"),
            Ok(mut ledger) => match ledger.reader().and_then(|reader| reader.check()) {
                Err(LedgerError::Damaged { .. }) => {
                    by_check += 1;
                    // Whatever is asked of it, it answers or says what is the matter.
                    if let Ok(snapshot) = ledger.snapshot() {
                        let _ = (snapshot.totals(), snapshot.statistics(UnixSeconds::new(0)));
                    }
                }
                Err(other) => panic!("{other}"),
                Ok(()) => {
                    nowhere += 1;
                    drop(ledger);
                    assert_same(&dump(&path), &sound, "unnoticed");
                }
            },
        }
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("bad{suffix}")));
        }
    }
    assert!(
        at_once + by_check > 60 && by_check > 10,
        "{at_once} found at once, {by_check} by a check, {nowhere} harmless"
    );

    let mut ledger = Ledger::recreate(&path, identity()).unwrap();
    let mut stream = Stream::quick(8, 10, 10);
    for _ in 0..150 {
        ledger.apply(&stream.next(4)).unwrap();
    }
    drop(ledger);
    assert_same(&dump(&path), &sound, "made anew");
}
