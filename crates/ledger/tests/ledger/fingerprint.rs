//! Two ledgers have the same fingerprint exactly if they hold the same, apart from what rollbacks need.

use std::collections::HashMap;

use bithedge_ledger::{Fingerprint, Ledger, LedgerError};
use bithedge_protocol::BlockHeight;

use crate::dump::{Dump, dump};
use crate::stream::{Stream, identity};

#[test]
fn it_is_of_what_is_there_and_not_of_how_it_came_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one");
    let mut ledger = Ledger::open(&path, identity()).unwrap();
    let mut seen: HashMap<Fingerprint, Dump> = HashMap::new();
    let mut note = |ledger: &mut Ledger| -> Fingerprint {
        let found = ledger.snapshot().unwrap().fingerprint().unwrap();
        let mut held = dump(&path);
        held.remove("undo");
        // The same once more is the same; every other state has another one.
        assert!(seen.insert(found, held.clone()).is_none_or(|before| before == held));
        assert_eq!(seen.values().filter(|other| **other == held).count(), 1);
        found
    };
    let mut stream = Stream::quick(21, 6, 6);
    let mut blocks = Vec::new();
    let mut found = vec![note(&mut ledger)];
    for _ in 0..60 {
        let block = stream.next(4);
        ledger.apply(&block).unwrap();
        blocks.push(block);
        found.push(note(&mut ledger));
    }
    // Back, and on, and further back, and on again.
    ledger.roll_back_to(BlockHeight::new(40)).unwrap();
    assert_eq!(note(&mut ledger), found[40]);
    ledger.apply_all(&blocks[40..50]).unwrap();
    ledger.roll_back_to(BlockHeight::new(30)).unwrap();
    assert_eq!(note(&mut ledger), found[30]);
    ledger.apply_all(&blocks[30..]).unwrap();
    assert_eq!(note(&mut ledger), found[60]);

    // A fresh one, a block at a time or all at once.
    let fresh = folder.path().join("two");
    let mut fresh = Ledger::open(&fresh, identity()).unwrap();
    fresh.apply_all(&blocks).unwrap();
    assert_eq!(fresh.snapshot().unwrap().fingerprint().unwrap(), found[60]);
    // How far the chain was looked through belongs to it.
    let mut marker = blocks[59].header;
    marker.height = BlockHeight::new(70);
    marker.hash.0[0] ^= 1;
    fresh.advance_to(&marker).unwrap();
    assert_ne!(fresh.snapshot().unwrap().fingerprint().unwrap(), found[60]);
}

#[test]
fn what_is_damaged_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one");
    let mut ledger = Ledger::open(&path, identity()).unwrap();
    let mut stream = Stream::quick(22, 6, 6);
    for _ in 0..20 {
        ledger.apply(&stream.next(4)).unwrap();
    }
    ledger.snapshot().unwrap().fingerprint().unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    assert_eq!(connection.execute("UPDATE market SET btc = zeroblob(16)", []).unwrap(), 1);
    let found = ledger.snapshot().unwrap().fingerprint();
    assert!(matches!(found, Err(LedgerError::Damaged { .. })), "{found:?}");
}
