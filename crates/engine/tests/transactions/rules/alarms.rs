//! What a person has to look at: it is written down, stays whatever a node says later, and ends by being acknowledged.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use bithedge_engine::transactions::{
    AcknowledgeError, AlarmDigest, DraftError, Entry, Journal, JournalError, Note, OpenAlarm, Purpose,
    Raised, Statement, Status, Store, TransactionId, Transactions, WatchError,
};
use bithedge_stacks::client::TransactionRecord;
use bithedge_stacks::transaction::Txid;
use bithedge_stacks::units::MicroStx;

use super::{Desk, notes};
use crate::hand::{FakeSigner, NETWORK, address, prepared, settings};
use crate::stores::{folder, journal};

/// Another fee than the signed one.
fn lie(record: &mut TransactionRecord) {
    record.fee = MicroStx::new(501);
}

fn other_lie(record: &mut TransactionRecord) {
    record.fee = MicroStx::new(502);
}

fn open(desk: &Desk) -> Vec<OpenAlarm> {
    desk.service.open_alarms().unwrap()
}

fn names(open: &[OpenAlarm]) -> BTreeSet<AlarmDigest> {
    open.iter().map(|alarm| alarm.digest).collect()
}

/// A transaction that the node says was mined for another fee.
async fn alarmed() -> (Desk, TransactionId) {
    let desk = Desk::new();
    let (id, _) = desk.send("go", 1).await;
    desk.chain.state().mine(1);
    desk.chain.state().lie = Some(lie);
    desk.poll().await;
    (desk, id)
}

#[tokio::test(start_paused = true)]
async fn an_alarm_stays_until_it_is_acknowledged() {
    let (desk, id) = alarmed().await;
    let [alarm] = open(&desk).try_into().unwrap();
    assert_eq!((alarm.transaction, alarm.account, alarm.is_still_told), (id, address(0), true));
    assert!(alarm.is_difference());
    assert_eq!(alarm.digest.to_string().parse(), Ok(alarm.digest));
    // The node takes it back, and the program is started again.
    desk.chain.state().lie = None;
    desk.poll().await;
    assert_eq!(desk.service.entry(id).unwrap().unwrap().receipt.unwrap().alarms, []);
    let desk = desk.restart();
    let [kept] = open(&desk).try_into().unwrap();
    assert_eq!(kept, OpenAlarm { is_still_told: false, ..alarm.clone() });
    // Not after it is settled either.
    desk.chain.state().mine(20);
    desk.poll().await;
    assert!(desk.service.unsettled().is_empty());
    assert_eq!(open(&desk), std::slice::from_ref(&kept));

    // Exactly what was shown, of this transaction, or nothing.
    let stranger: AlarmDigest = "7".repeat(64).parse().unwrap();
    let right = BTreeSet::from([alarm.digest]);
    for wrong in [BTreeSet::new(), BTreeSet::from([stranger]), BTreeSet::from([alarm.digest, stranger])] {
        let refused = desk.service.acknowledge(id, &wrong);
        let Err(AcknowledgeError::Changed { open: left, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(left, std::slice::from_ref(&kept));
    }
    let other = desk.service.acknowledge(TransactionId(id.0 + 1), &right);
    assert!(matches!(other, Err(AcknowledgeError::Nothing(_))), "{other:?}");
    desk.disk.is_full.store(true, Ordering::SeqCst);
    let full = desk.service.acknowledge(id, &right);
    assert!(matches!(full, Err(AcknowledgeError::Journal(JournalError::Full { .. }))), "{full:?}");
    desk.disk.is_full.store(false, Ordering::SeqCst);
    assert_eq!(open(&desk), std::slice::from_ref(&kept));

    desk.service.acknowledge(id, &right).unwrap();
    assert_eq!(open(&desk), []);
    let desk = desk.restart();
    assert_eq!(open(&desk), []);
    let [kept]: [Raised; 1] = desk.service.entry(id).unwrap().unwrap().alarms.try_into().unwrap();
    assert!(kept.acknowledged_at.is_some());
    assert!(matches!(desk.service.acknowledge(id, &right), Err(AcknowledgeError::Nothing(_))));
    desk.service.close();
    let closed = desk.service.acknowledge(id, &right);
    assert!(matches!(closed, Err(AcknowledgeError::Journal(JournalError::Closed))), "{closed:?}");
    assert!(matches!(desk.service.open_alarms(), Err(JournalError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn what_is_acknowledged_is_one_statement_about_one_block() {
    let (desk, id) = alarmed().await;
    let first = open(&desk);
    desk.service.acknowledge(id, &names(&first)).unwrap();
    let mut updates = desk.service.updates();
    // The same again, also after the node said otherwise, is no news.
    for told in [None, Some(lie as fn(&mut TransactionRecord))] {
        desk.chain.state().lie = told;
        desk.poll().await;
    }
    assert_eq!((open(&desk), notes(&mut updates)), (Vec::new(), Vec::new()));
    // Another amount is; and what is acknowledged is then not what was shown before.
    desk.chain.state().lie = Some(other_lie);
    desk.poll().await;
    let second = open(&desk);
    assert_eq!((second.len(), notes(&mut updates)), (1, vec![Note::Alarm]));
    assert!(names(&first).is_disjoint(&names(&second)));
    let stale = desk.service.acknowledge(id, &names(&first));
    assert!(matches!(stale, Err(AcknowledgeError::Changed { .. })), "{stale:?}");
    desk.service.acknowledge(id, &names(&second)).unwrap();
    // And so is the same difference in another block.
    desk.chain.state().reorganise(1, false);
    desk.chain.state().mine(2);
    for _ in 0..3 {
        desk.later().await;
    }
    let third = open(&desk);
    assert_eq!(third.len(), 1, "{third:?}");
    assert!(names(&second).is_disjoint(&names(&third)));
    assert_eq!(desk.service.entry(id).unwrap().unwrap().alarms.len(), 3);
}

/// Receipt and alarm are one write: there is never the one without the other.
#[tokio::test(start_paused = true)]
async fn an_alarm_is_written_with_its_receipt_or_not_at_all() {
    let desk = Desk::new();
    let (id, _) = desk.send("go", 1).await;
    desk.chain.state().mine(1);
    desk.chain.state().lie = Some(lie);
    desk.disk.is_full.store(true, Ordering::SeqCst);
    let polled = desk.service.poll().await;
    assert!(matches!(polled, Err(WatchError::Journal(JournalError::Full { .. }))), "{polled:?}");
    assert_eq!((open(&desk), desk.service.entry(id).unwrap().unwrap().receipt), (Vec::new(), None));
    desk.disk.is_full.store(false, Ordering::SeqCst);
    // The row of the alarm cannot be written, and nobody is there to be told.
    let path = desk.folder.path().join("journal.sqlite");
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch(
        "CREATE TRIGGER refuse BEFORE INSERT ON alarms BEGIN SELECT RAISE(ABORT, 'no room'); END",
    )
    .unwrap();
    let polled = desk.service.poll().await;
    assert!(matches!(polled, Err(WatchError::Journal(JournalError::Unusable { .. }))), "{polled:?}");
    raw.execute_batch("DROP TRIGGER refuse").unwrap();
    drop(raw);
    let desk = desk.restart();
    assert_eq!(desk.service.entry(id).unwrap().unwrap().receipt, None, "no receipt without its alarm");
    desk.poll().await;
    // Killed before anybody was told: it is open all the same.
    let desk = desk.restart();
    assert_eq!(open(&desk).len(), 1);
    assert_eq!(desk.service.entry(id).unwrap().unwrap().receipt.unwrap().alarms.len(), 1);
}

/// What waited when a journal was lost is named, and nothing new is drafted beside it before somebody has looked.
#[tokio::test(start_paused = true)]
async fn what_was_found_waits_for_a_person() {
    let desk = Desk::new();
    let (_, waits) = desk.send("go", 1).await;
    let (chain, other) = (desk.chain.clone(), folder());
    let open = || {
        let signer = FakeSigner::default();
        let store = journal(&other);
        let service =
            Transactions::open(store, NETWORK, chain.clone(), signer, desk.clock.clone(), settings())
                .unwrap();
        service.recovering_first()
    };
    let mut service = open();
    // However often it is asked, by whomever, and whether the program ends in between.
    for restarts in [false, false, true, true] {
        if restarts {
            drop(service);
            service = open();
        }
        let refused = service.draft(prepared(0, "go", 1)).await;
        assert!(matches!(refused, Err(DraftError::FoundWaiting { count: 1 })), "{refused:?}");
    }
    // Another account is not stopped, and what only uses up a nonce repeats nothing.
    drop(service.draft(prepared(1, "go", 1)).await.unwrap());
    drop(service.close_gap(address(0)).await.unwrap());
    let [found] = service.open_alarms().unwrap().try_into().unwrap();
    assert_eq!((found.txid, &found.statement, found.is_difference()), (waits, &Statement::Unknown, false));
    service.acknowledge(found.transaction, &BTreeSet::from([found.digest])).unwrap();
    drop(service);
    let service = open();
    assert_eq!(service.draft(prepared(0, "go", 2)).await.unwrap().approval().nonce, 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_found_stops_nothing_once_it_is_done() {
    let desk = Desk::new();
    desk.send("go", 1).await;
    let other = folder();
    let (chain, signer) = (desk.chain.clone(), FakeSigner::default());
    let store = journal(&other);
    let service =
        Transactions::open(store, NETWORK, chain.clone(), signer, desk.clock.clone(), settings()).unwrap();
    let [id] = service.recover(address(0)).await.unwrap().try_into().unwrap();
    let mut updates = service.updates();
    chain.state().mine(1);
    service.poll().await.unwrap();
    assert_eq!((service.open_alarms().unwrap(), notes(&mut updates)), (Vec::new(), Vec::new()));
    assert!(matches!(service.entry(id).unwrap().unwrap().status, Status::Confirmed { .. }));
    drop(service.draft(prepared(0, "go", 2)).await.unwrap());
}

/// As it was made before there was a table for what has to be looked at.
const VERSION_1: &str = "
CREATE TABLE journal (
    network TEXT NOT NULL
) STRICT;
CREATE TABLE transactions (
    id INTEGER PRIMARY KEY,
    txid BLOB NOT NULL UNIQUE CHECK (length(txid) = 32),
    account TEXT NOT NULL,
    nonce INTEGER NOT NULL CHECK (nonce >= 0),
    fee INTEGER NOT NULL CHECK (fee >= 0),
    bytes BLOB,
    approved TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    may_be_out INTEGER NOT NULL CHECK (may_be_out IN (0, 1)),
    status TEXT NOT NULL,
    is_settled INTEGER NOT NULL CHECK (is_settled IN (0, 1)),
    receipt TEXT
) STRICT;
CREATE INDEX transactions_unsettled ON transactions (id) WHERE is_settled = 0;
CREATE INDEX transactions_by_nonce ON transactions (account, nonce);
";

#[tokio::test(start_paused = true)]
async fn a_journal_of_version_1_keeps_what_has_to_be_looked_at() {
    // One that was settled with a difference, one that was as approved, one that was only found.
    let (desk, id) = alarmed().await;
    desk.chain.state().mine(20);
    desk.poll().await;
    desk.chain.state().lie = None;
    desk.send("go", 2).await;
    desk.chain.state().mine(1);
    desk.poll().await;
    let before: Vec<Entry> = desk.service.history(None, 9).unwrap();
    let found = Entry {
        id: TransactionId(9),
        txid: Txid([9; 32]),
        nonce: 9,
        bytes: None,
        status: Status::Pending { included: None },
        receipt: None,
        alarms: Vec::new(),
        is_settled: false,
        ..before[0].clone()
    };
    let mut found = found;
    found.approved.purpose = Purpose::Recovered;
    let newer = desk.folder.path().join("journal.sqlite");
    drop(desk.service);
    Journal::open(&newer, NETWORK).unwrap().insert(std::slice::from_ref(&found)).unwrap();

    let place = folder();
    let path = place.path().join("journal.sqlite");
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch(VERSION_1).unwrap();
    raw.execute_batch(&format!(
        "ATTACH '{}' AS newer;
         INSERT INTO journal SELECT * FROM newer.journal;
         INSERT INTO transactions SELECT * FROM newer.transactions;
         PRAGMA application_id = {}; PRAGMA user_version = 1;",
        newer.display(),
        0x4248_7478
    ))
    .unwrap();
    // With a row that cannot be read it stays what it was.
    let row = i64::try_from(id.0).unwrap();
    let right: String =
        raw.query_row("SELECT status FROM transactions WHERE id = ?1", [row], |row| row.get(0)).unwrap();
    raw.execute("UPDATE transactions SET status = '{}' WHERE id = ?1", [row]).unwrap();
    let damaged = Journal::open(&path, NETWORK);
    assert!(matches!(damaged, Err(JournalError::Damaged { .. })), "{damaged:?}");
    let version = || raw.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(version(), 1);
    raw.execute("UPDATE transactions SET status = ?2 WHERE id = ?1", (row, right)).unwrap();

    let mut journal = Journal::open(&path, NETWORK).unwrap();
    assert_eq!(version(), 2);
    let open: Vec<OpenAlarm> = journal.alarmed().unwrap().iter().flat_map(Entry::open_alarms).collect();
    let which: Vec<(TransactionId, bool)> =
        open.iter().map(|alarm| (alarm.transaction, alarm.is_difference())).collect();
    assert_eq!(which, [(id, true), (found.id, false)]);
    // Nothing else of them changed.
    let after = journal.history(None, 9).unwrap();
    let plain = |entry: &Entry| Entry { alarms: Vec::new(), ..entry.clone() };
    assert_eq!(
        after[1..].iter().map(plain).collect::<Vec<_>>(),
        before.iter().map(plain).collect::<Vec<_>>()
    );
    journal.acknowledge(id, &names(&open[..1]), before[0].signed_at).unwrap();
    drop(journal);
    let mut journal = Journal::open(&path, NETWORK).unwrap();
    assert_eq!(journal.alarmed().unwrap().len(), 1, "it is not made anew");
}

/// The move of a damaged journal goes on where a crash left it: a file without its log would be an older journal.
#[test]
fn a_journal_is_set_aside_as_a_whole() {
    let place = folder();
    let path = place.path().join("journal.sqlite");
    drop(Journal::open(&path, NETWORK).unwrap());
    for moved in 0..2 {
        let label = format!("crash-{moved}");
        let at = |suffix: &str| place.path().join(format!("journal.sqlite{suffix}"));
        let aside = |suffix: &str| place.path().join(format!("journal.sqlite.damaged-{label}{suffix}"));
        std::fs::write(at(".aside"), &label).unwrap();
        std::fs::write(at("-wal"), b"what was signed last").unwrap();
        if moved == 1 {
            std::fs::rename(at(""), aside("")).unwrap();
        }
        let mut journal = Journal::open(&path, NETWORK).unwrap();
        assert_eq!(journal.last_id().unwrap(), TransactionId(0));
        assert!(aside("").exists() && !at(".aside").exists());
        assert_eq!(std::fs::read(aside("-wal")).unwrap(), b"what was signed last");
    }
    let missing = Journal::set_aside(&place.path().join("none.sqlite"), "1");
    assert!(matches!(missing, Err(JournalError::Unusable { .. })), "{missing:?}");
    let kept = Journal::set_aside(&path, "2").unwrap();
    assert!(kept.exists() && !path.exists());
}
