//! What the chain says, and what is believed of it.

use bithedge_engine::transactions::{Alarm, Failure, Note, Settings, Status};
use bithedge_stacks::clarity::Value;
use bithedge_stacks::client::{EventKind, TransactionRecord, TransactionStatus};
use bithedge_stacks::transaction::Txid;
use bithedge_stacks::units::MicroStx;

use super::{Desk, notes};
use crate::hand::{address, settings};

#[tokio::test(start_paused = true)]
async fn failures_are_told_apart() {
    let desk = Desk::new();
    let (fails, _) = desk.send("fail", 1).await;
    let (overspends, _) = desk.send("overspend", 2).await;
    desk.chain.state().mine(1);
    desk.poll().await;
    let Status::Failed { failure, .. } = desk.status(fails) else { panic!() };
    assert_eq!(failure, Failure::Contract { result: Value::err(Value::UInt(77)), vm_error: None });
    let entry = desk.service.entry(overspends).unwrap().unwrap();
    assert!(matches!(entry.status, Status::Failed { failure: Failure::PostCondition, .. }));
    let receipt = entry.receipt.unwrap();
    assert_eq!((receipt.left.len(), receipt.arrived.len(), receipt.alarms.len()), (0, 0, 0));
    // What the journal keeps is the same after a restart.
    let before = desk.service.unsettled();
    assert_eq!(desk.restart().service.unsettled(), before);
}

#[tokio::test(start_paused = true)]
async fn a_reorganisation_is_told_and_survived() {
    for dropped in [false, true] {
        let desk = Desk::new();
        let (id, txid) = desk.send("go", 1).await;
        desk.chain.state().mine(2);
        desk.poll().await;
        let Status::Confirmed { block } = desk.status(id) else { panic!() };
        let mut updates = desk.service.updates();
        desk.chain.state().reorganise(2, dropped);
        desk.poll().await;
        assert!(desk.status(id).is_mined(), "one node of several may be late: not believed at once");
        desk.poll().await;
        assert_eq!(desk.status(id), Status::Pending { included: None });
        assert_eq!(desk.service.entry(id).unwrap().unwrap().receipt, None);
        assert_eq!(notes(&mut updates)[0], Note::Reorganised { from: block });
        assert!(desk.chain.state().waits(txid), "sent again at once, dropped: {dropped}");
        desk.chain.state().mine(1);
        desk.poll().await;
        assert!(desk.status(id).is_mined());
    }
    // Mined again before anybody looked.
    let desk = Desk::new();
    let (id, _) = desk.send("go", 1).await;
    desk.chain.state().mine(1);
    desk.poll().await;
    let mut updates = desk.service.updates();
    desk.chain.state().reorganise(1, false);
    desk.chain.state().mine(1);
    desk.poll().await;
    assert!(matches!(notes(&mut updates).as_slice(), [Note::Reorganised { from }] if from.height == 4));
    assert!(matches!(desk.status(id), Status::Confirmed { block } if block.height == 6));
}

#[tokio::test(start_paused = true)]
async fn a_lagging_or_lying_node_confirms_nothing() {
    let desk = Desk::new();
    let (id, _) = desk.send("go", 1).await;
    desk.poll().await;
    desk.chain.state().mine(2);
    // An index that is behind.
    desk.chain.state().unindexed = 2;
    desk.poll().await;
    assert_eq!(desk.status(id), Status::Pending { included: None });
    desk.chain.state().unindexed = 0;
    // Another transaction's record, another sender's, another nonce's, a block that nobody has.
    let lies: [fn(&mut TransactionRecord); 4] = [
        |record| record.txid = Txid([7; 32]),
        |record| record.sender = address(1),
        |record| record.nonce += 1,
        |record| {
            if let TransactionStatus::Included(inclusion) = &mut record.status {
                inclusion.block.height = 1_000;
            }
        },
    ];
    let mut updates = desk.service.updates();
    for lie in lies {
        desk.chain.state().lie = Some(lie);
        desk.poll().await;
        assert_eq!(desk.status(id), Status::Pending { included: None });
    }
    assert_eq!(notes(&mut updates).len(), 3);
    // A block that is none of the chain.
    desk.chain.state().lie = Some(|record| {
        if let TransactionStatus::Included(inclusion) = &mut record.status {
            inclusion.canonical = false;
        }
    });
    desk.poll().await;
    assert_eq!(desk.status(id), Status::Pending { included: None });
    desk.chain.state().lie = None;
    desk.poll().await;
    assert!(desk.status(id).is_mined());
    // Behind again, the index or the node as well, or nothing is known any more: it stays.
    for (unindexed, behind, forgets) in [(2, 0, false), (0, 2, false), (0, 0, true), (0, 2, true)] {
        {
            let mut state = desk.chain.state();
            (state.unindexed, state.behind, state.forgets) = (unindexed, behind, forgets);
        }
        desk.poll().await;
        desk.poll().await;
        assert!(desk.status(id).is_mined(), "{unindexed} {behind} {forgets}");
    }

    // As many confirmations as were asked for.
    let depths = bithedge_engine::transactions::Depths { confirmed: 3, settled: 5 };
    let desk = Desk::with(Settings { depths, ..settings() });
    let (id, _) = desk.send("go", 1).await;
    for depth in 1..=5 {
        desk.chain.state().mine(1);
        desk.poll().await;
        let entry = desk.service.entry(id).unwrap().unwrap();
        assert_eq!(entry.status.is_mined(), depth >= 3, "{depth}");
        assert_eq!(entry.status.block().map(|block| block.height), Some(4));
        assert_eq!(entry.is_settled, depth >= 5);
    }
}

#[tokio::test(start_paused = true)]
async fn what_moved_is_held_against_what_was_approved() {
    fn change(record: &mut TransactionRecord, event: usize, amount: u64) {
        if let TransactionStatus::Included(inclusion) = &mut record.status
            && let EventKind::Stx { amount: told, .. } = &mut inclusion.events[event].kind
        {
            *told = MicroStx::new(amount);
        }
    }
    type Case = (fn(&mut TransactionRecord), fn(&Alarm) -> bool);
    let cases: [Case; 3] = [
        (|record| change(record, 0, 2), |alarm| matches!(alarm, Alarm::TooMuchLeft { at_most: 1, .. })),
        (|record| change(record, 1, 1), |alarm| matches!(alarm, Alarm::TooLittleArrived { at_least: 2, .. })),
        (
            |record| record.fee = MicroStx::new(501),
            |alarm| matches!(alarm, Alarm::OtherFee { taken, .. } if taken.micro() == 501),
        ),
    ];
    for (lie, is_right) in cases {
        let desk = Desk::new();
        let mut updates = desk.service.updates();
        let (id, _) = desk.send("go", 1).await;
        desk.chain.state().mine(1);
        desk.chain.state().lie = Some(lie);
        desk.poll().await;
        desk.poll().await;
        let receipt = desk.service.entry(id).unwrap().unwrap().receipt.unwrap();
        assert!(receipt.alarms.len() == 1 && is_right(&receipt.alarms[0]), "{receipt:?}");
        assert_eq!(notes(&mut updates), [Note::Alarm], "once");
    }
    // Events that were left out prove nothing.
    let desk = Desk::new();
    let (id, _) = desk.send("go", 1).await;
    desk.chain.state().mine(1);
    desk.chain.state().lie = Some(|record| {
        if let TransactionStatus::Included(inclusion) = &mut record.status {
            inclusion.events.pop();
        }
    });
    desk.poll().await;
    let receipt = desk.service.entry(id).unwrap().unwrap().receipt.unwrap();
    assert_eq!((receipt.is_complete, receipt.alarms.len()), (false, 0));
}
