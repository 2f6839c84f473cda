//! What is written down, and what happens if it cannot be.

use std::time::Duration;

use bithedge_engine::transactions::{
    ApproveError, DraftError, Journal, JournalError, Purpose, Status, Store, TransactionId, Transactions,
    WatchError,
};
use bithedge_stacks::network::Network;

use super::Desk;
use crate::fake::Fault;
use crate::hand::{FakeSigner, NETWORK, Service, address, prepared, settings};
use crate::stores::{folder, journal};

#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_before_anything_is_sent() {
    let desk = Desk::new();
    let question = desk.ask("go", 1).await;
    desk.disk.is_full.store(true, std::sync::atomic::Ordering::SeqCst);
    let refused = desk.yes(&question).await;
    assert!(matches!(refused, Err(ApproveError::Journal(JournalError::Full { .. }))), "{refused:?}");
    assert!(desk.chain.state().handed.is_empty());
    desk.disk.is_full.store(false, std::sync::atomic::Ordering::SeqCst);
    desk.yes(&question).await.unwrap();
}

fn acknowledge_all(service: &Service) {
    for alarm in service.open_alarms().unwrap() {
        service.acknowledge(alarm.transaction, &[alarm.digest].into()).unwrap();
    }
}

/// A journal that was lost, or keys from another computer: what waits is taken in before anything is drafted.
#[tokio::test(start_paused = true)]
async fn an_account_without_a_record_is_asked_about_before_its_first_draft() {
    let desk = Desk::new();
    desk.send("go", 1).await;
    let chain = desk.chain.clone();
    let other = folder();
    let open = |signer| {
        let store = journal(&other);
        Transactions::open(store, NETWORK, chain.clone(), signer, desk.clock.clone(), settings()).unwrap()
    };
    let service = open(FakeSigner::default()).recovering_first();
    // As long as it cannot be asked, nothing is drafted.
    desk.chain.state().asking.push_back(Fault::NotDelivered);
    let blind = service.draft(prepared(0, "go", 1)).await;
    assert!(matches!(blind, Err(DraftError::Chain(_))), "{blind:?}");
    assert!(service.unsettled().is_empty());
    let found = service.draft(prepared(0, "go", 1)).await;
    assert!(matches!(found, Err(DraftError::FoundWaiting { count: 1 })), "{found:?}");
    let [entry] = service.unsettled().try_into().unwrap();
    assert_eq!((entry.nonce, entry.approved.purpose), (0, Purpose::Recovered));
    // Somebody looked at it; what is asked for now is asked on purpose, and counts on what waits.
    acknowledge_all(&service);
    let question = service.draft(prepared(0, "go", 2)).await.unwrap();
    assert_eq!(question.approval().nonce, 1);
    drop(question);
    // An account that waits for nothing is not stopped, nor one that the journal knows.
    drop(service.draft(prepared(1, "go", 1)).await.unwrap());
    drop(service);
    let again = open(FakeSigner::default()).recovering_first();
    drop(again.draft(prepared(0, "go", 3)).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_closed_service_sends_nothing_and_its_journal_can_be_opened() {
    let desk = Desk::new();
    desk.chain.state().sending.push_back(Fault::NotDelivered);
    let (id, _) = desk.send("go", 1).await;
    let question = desk.ask("go", 2).await;
    desk.service.close();
    let handed = desk.chain.state().handed.len();
    let answered = desk.yes(&question).await;
    assert!(answered.is_err(), "{answered:?}");
    tokio::time::advance(Duration::from_secs(400)).await;
    desk.service.poll().await.unwrap();
    assert_eq!(desk.chain.state().handed.len(), handed);
    let asked = desk.service.draft(prepared(0, "go", 3)).await;
    assert!(matches!(asked, Err(DraftError::Journal(JournalError::Closed))), "{asked:?}");
    // Whoever opens it goes on, while the old one is still held.
    let mut open = journal(&desk.folder);
    assert_eq!(open.unsettled().unwrap()[0].id, id);
}

/// Each write of a life in turn fails.
#[tokio::test(start_paused = true)]
async fn each_write_may_fail_and_nothing_is_lost() {
    let mut writes = 1;
    for failing in 1..100 {
        if failing > writes {
            assert!(failing > 4, "{writes} writes are too few for this to be a test");
            return;
        }
        let desk = Desk::new();
        desk.disk.failing.store(failing, std::sync::atomic::Ordering::SeqCst);
        desk.chain.state().sending.push_back(Fault::NotDelivered);
        let question = desk.ask("go", 1).await;
        let txid = match desk.yes(&question).await {
            Ok(txid) => txid,
            Err(ApproveError::Journal(JournalError::Full { .. })) => desk.yes(&question).await.unwrap(),
            Err(other) => panic!("{other}"),
        };
        let id = question.approval().id;
        for _ in 0..6 {
            tokio::time::advance(Duration::from_secs(400)).await;
            match desk.service.poll().await {
                Ok(()) | Err(WatchError::Journal(JournalError::Full { .. })) => {}
                Err(other) => panic!("{other}"),
            }
            desk.chain.state().mine(4);
        }
        writes = desk.disk.writes.load(std::sync::atomic::Ordering::SeqCst);
        let entry = desk.restart().service.entry(id).unwrap().unwrap();
        assert_eq!(entry.txid, txid);
        assert!(entry.is_settled && matches!(entry.status, Status::Confirmed { .. }), "{failing}: {entry:?}");
    }
    panic!("a life has fewer writes");
}

#[tokio::test(start_paused = true)]
async fn a_damaged_journal_is_kept_and_the_chain_is_asked() {
    let desk = Desk::new();
    let (_, waits) = desk.send("go", 1).await;
    desk.send("go", 2).await;
    let path = desk.folder.path().join("journal.sqlite");
    let (chain, clock) = (desk.chain.clone(), desk.clock.clone());
    let folder = desk.folder;
    drop(desk.service);
    std::fs::write(&path, b"SQLite format 3\0 and then rubbish").unwrap();
    let damaged = Journal::open(&path, NETWORK);
    assert!(matches!(damaged, Err(JournalError::Damaged { .. })), "{damaged:?}");
    let aside = Journal::set_aside(&path, "1").unwrap();
    assert!(std::fs::read(&aside).unwrap().ends_with(b"rubbish"));
    let store = Journal::open(&path, NETWORK).unwrap();
    let signer = FakeSigner::default();
    let service = Transactions::open(store, NETWORK, chain.clone(), signer, clock, settings()).unwrap();
    let found = service.recover(address(0)).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(service.recover(address(0)).await.unwrap(), [], "once");
    assert_eq!(service.entry(found[0]).unwrap().unwrap().txid, waits);
    let refused = service.draft(prepared(0, "go", 3)).await;
    assert!(matches!(refused, Err(DraftError::FoundWaiting { count: 2 })), "{refused:?}");
    acknowledge_all(&service);
    let question = service.draft(prepared(0, "go", 3)).await.unwrap();
    assert_eq!(question.approval().nonce, 2, "their nonces are not given again");
    chain.state().mine(1);
    service.poll().await.unwrap();
    assert!(service.unsettled().iter().all(|entry| matches!(entry.status, Status::Confirmed { .. })));
    drop(folder);
}

#[test]
fn a_journal_that_is_not_ours_to_use_is_left_alone() {
    let folder = folder();
    let path = folder.path().join("journal.sqlite");
    let open = || Journal::open(&path, NETWORK);
    let first = open().unwrap();
    assert!(matches!(open(), Err(JournalError::InUse { .. })));
    assert!(matches!(Journal::set_aside(&path, "1"), Err(JournalError::InUse { .. })));
    drop(first);
    assert!(matches!(Journal::open(&path, Network::MAINNET), Err(JournalError::OtherChain { .. })));
    let mut again = open().unwrap();
    assert_eq!(again.last_id().unwrap(), TransactionId(0));
    drop(again);
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch("PRAGMA user_version = 3").unwrap();
    drop(raw);
    assert!(matches!(open(), Err(JournalError::Newer { found: 3, known: 2, .. })));

    let other = folder.path().join("other.sqlite");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    assert!(matches!(Journal::open(&other, NETWORK), Err(JournalError::Damaged { .. })));
    assert!(matches!(
        Journal::open(&folder.path().join("missing/journal.sqlite"), NETWORK),
        Err(JournalError::Unusable { .. })
    ));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_does_not_fit_together_is_damage() {
    for damage in [
        "UPDATE transactions SET nonce = nonce + 1",
        "UPDATE transactions SET bytes = x'00'",
        "UPDATE transactions SET txid = zeroblob(32)",
        "UPDATE transactions SET status = '{}'",
        "UPDATE transactions SET account = 'nobody'",
    ] {
        let desk = Desk::new();
        desk.send("go", 1).await;
        let (folder, service) = (desk.folder, desk.service);
        drop(service);
        let path = folder.path().join("journal.sqlite");
        rusqlite::Connection::open(&path).unwrap().execute_batch(damage).unwrap();
        let mut journal = Journal::open(&path, NETWORK).unwrap();
        let read = journal.unsettled();
        assert!(matches!(read, Err(JournalError::Damaged { .. })), "{damage}: {read:?}");
    }
}
