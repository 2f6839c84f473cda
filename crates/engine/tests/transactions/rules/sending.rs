//! Nonces, sending, replacing and giving up.

use std::time::Duration;

use bithedge_engine::transactions::{
    DraftError, DropReason, Failure, Note, Prepared, Purpose, Refusal, Status, TransactionId,
};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::transaction::{Memo, Payload};
use bithedge_stacks::units::MicroStx;

use super::{Desk, notes};
use crate::fake::Fault;
use crate::hand::{address, elsewhere, prepared};

#[tokio::test(start_paused = true)]
async fn nonces_are_given_once_and_gaps_are_closed() {
    let desk = Desk::new();
    let mut questions = Vec::new();
    for tag in 0..4 {
        questions.push(desk.ask("go", tag).await);
    }
    let nonces: Vec<u64> = questions.iter().map(|question| question.approval().nonce).collect();
    assert_eq!(nonces, [0, 1, 2, 3]);
    desk.yes(&questions[1]).await.unwrap();
    desk.yes(&questions[3]).await.unwrap();
    drop(questions.remove(2));
    drop(questions.remove(0));
    assert_eq!(desk.service.gaps(&address(0)).await.unwrap(), [0, 2]);
    desk.chain.state().mine(2);
    desk.poll().await;
    assert!(desk.service.unsettled().iter().all(|entry| entry.status.is_under_way()), "they wait for 0");
    assert_eq!(desk.send("go", 10).await.0, TransactionId(5));
    let question = desk.ask("go", 11).await;
    assert_eq!(question.approval().nonce, 2);
    desk.yes(&question).await.unwrap();
    assert_eq!(desk.service.gaps(&address(0)).await.unwrap(), Vec::<u64>::new());
    desk.chain.state().mine(1);
    desk.poll().await;
    assert_eq!(desk.chain.state().nonce(address(0)), 4);
    assert!(desk.service.unsettled().iter().all(|entry| entry.status.is_mined()));

    // Another wallet's waiting transactions are stepped over, also those with a gap before them.
    desk.chain.state().take(&elsewhere(0, 5, 500, 50)).unwrap();
    let (first, second) = (desk.ask("go", 12).await, desk.ask("go", 13).await);
    assert_eq!((first.approval().nonce, second.approval().nonce), (4, 6));
    // And without an API they cannot be seen.
    desk.chain.state().has_api = false;
    assert_eq!(desk.ask("go", 14).await.approval().nonce, 5);
}

#[tokio::test(start_paused = true)]
async fn a_nonce_that_another_wallet_used_is_a_conflict_that_is_told() {
    let desk = Desk::new();
    desk.chain.state().has_api = false;
    // It waits where it cannot be seen.
    let other = elsewhere(0, 0, 900, 50);
    desk.chain.state().take(&other).unwrap();
    let (id, _) = desk.send("go", 1).await;
    let Status::Dropped { reason: DropReason::Rejected { refusal, .. } } = desk.status(id) else { panic!() };
    assert_eq!(refusal, Refusal::NonceTaken);
    desk.chain.state().has_api = true;
    // As long as that is open, ours may be mined if somebody kept it: nothing is drafted besides it, and nothing evicts it.
    let refused = desk.service.draft(prepared(0, "go", 2)).await;
    assert!(matches!(refused, Err(DraftError::Unresolved(earlier)) if earlier == id), "{refused:?}");
    assert!(matches!(desk.service.replace(id).await, Err(DraftError::TakenElsewhere(0))));
    desk.chain.state().mine(1);
    desk.poll().await;
    assert_eq!(desk.status(id), Status::Replaced { by: other.txid() });
    assert_eq!(desk.ask("go", 2).await.approval().nonce, 1);
    desk.chain.state().mine(11);
    desk.poll().await;
    assert!(desk.service.entry(id).unwrap().unwrap().is_settled);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_never_taken_for_a_failure() {
    for fault in [Fault::AnswerLost, Fault::BothLost, Fault::ServerFailure, Fault::NotDelivered] {
        let desk = Desk::new();
        desk.chain.state().sending.push_back(fault);
        let (id, txid) = desk.send("go", 1).await;
        assert_eq!(desk.status(id), Status::Signed, "{fault:?}");
        let is_there = desk.chain.state().waits(txid);
        assert_eq!(is_there, fault == Fault::AnswerLost);
        let desk = desk.restart();
        desk.poll().await;
        assert!(desk.chain.state().waits(txid), "{fault:?}: sent again, after a restart too");
        desk.chain.state().mine(1);
        desk.poll().await;
        assert!(desk.status(id).is_mined());
        assert!(desk.chain.state().handed.iter().all(|handed| handed.txid() == txid), "the same bytes");
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_takes_it_and_never_shows_it_gets_it_again() {
    let desk = Desk::new();
    let mut updates = desk.service.updates();
    desk.chain.state().sending.extend([Fault::Forgotten, Fault::Forgotten]);
    let (id, txid) = desk.send("go", 1).await;
    assert_eq!(desk.status(id), Status::Broadcast);
    desk.poll().await;
    assert_eq!(desk.chain.state().handed.len(), 1, "not at once");
    desk.later().await;
    assert_eq!(desk.status(id), Status::Broadcast);
    desk.later().await;
    desk.poll().await;
    assert_eq!(desk.status(id), Status::Pending { included: None });
    assert_eq!(notes(&mut updates), [Note::Resent, Note::Resent]);
    // The same if it is lost after it was seen.
    desk.chain.state().lose(txid);
    desk.later().await;
    assert!(desk.chain.state().waits(txid));
}

#[tokio::test(start_paused = true)]
async fn what_never_left_expires_and_what_may_have_left_does_not() {
    let valid = |desk: &Desk, tag| Prepared {
        valid_until: Some(UnixSeconds::new(bithedge_engine::Clock::now(&desk.clock).get() + 60)),
        ..prepared(0, "go", tag)
    };
    let desk = Desk::new();
    desk.chain.state().sending.push_back(Fault::NotDelivered);
    let question = desk.service.draft(valid(&desk, 1)).await.unwrap();
    let fee = question.approval().fee;
    desk.yes(&question).await.unwrap();
    let id = question.approval().id;
    // Also after a restart: that nobody has it was written down.
    let desk = desk.restart();
    desk.later().await;
    assert_eq!(desk.status(id), Status::Expired);
    assert!(desk.chain.state().handed.is_empty());
    let question = desk.ask("go", 2).await;
    assert_eq!(question.approval().nonce, 0, "its nonce is free");
    assert!(question.approval().fee > fee, "and yet the bytes are others");

    // Lost on the way, and not delivered later: the first may have arrived.
    let desk = Desk::new();
    desk.chain.state().sending.extend([Fault::BothLost, Fault::NotDelivered]);
    let question = desk.service.draft(valid(&desk, 1)).await.unwrap();
    desk.yes(&question).await.unwrap();
    tokio::time::advance(Duration::from_secs(20)).await;
    desk.poll().await;
    assert!(desk.chain.state().sending.is_empty(), "both were tried");
    tokio::time::advance(Duration::from_secs(45)).await;
    let desk = desk.restart();
    desk.poll().await;
    desk.poll().await;
    assert_eq!(desk.status(question.approval().id), Status::Dropped { reason: DropReason::OutOfDate });

    let desk = Desk::new();
    let question = desk.service.draft(valid(&desk, 1)).await.unwrap();
    tokio::time::advance(Duration::from_secs(59)).await;
    desk.chain.state().sending.push_back(Fault::Forgotten);
    desk.yes(&question).await.unwrap();
    tokio::time::advance(Duration::from_secs(2)).await;
    desk.poll().await;
    assert_eq!(desk.status(question.approval().id), Status::Broadcast, "an index may be late");
    desk.later().await;
    assert_eq!(desk.status(question.approval().id), Status::Broadcast, "one of several nodes may be late");
    desk.poll().await;
    assert_eq!(desk.status(question.approval().id), Status::Dropped { reason: DropReason::OutOfDate });

    let desk = Desk::new();
    desk.chain.state().sending.push_back(Fault::BothLost);
    let question = desk.service.draft(valid(&desk, 1)).await.unwrap();
    desk.yes(&question).await.unwrap();
    let (id, txid) = (question.approval().id, desk.chain.state().handed[0].clone());
    desk.later().await;
    desk.poll().await;
    assert_eq!(desk.status(id), Status::Dropped { reason: DropReason::OutOfDate });
    assert_eq!(desk.chain.state().handed.len(), 1, "it is not sent again");
    // It may still turn up, and is then what it is.
    desk.chain.state().take(&txid).unwrap();
    desk.poll().await;
    assert_eq!(desk.status(id), Status::Pending { included: None });
    desk.chain.state().mine(1);
    desk.poll().await;
    assert!(desk.status(id).is_mined());
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_has_its_nonce_taken() {
    let desk = Desk::new();
    desk.chain.state().floor_per_byte = 100;
    let (id, _) = desk.send("go", 1).await;
    let Status::Dropped { reason: DropReason::Rejected { refusal, .. } } = desk.status(id) else { panic!() };
    assert_eq!(refusal, Refusal::FeeTooLow);
    let stale = desk.chain.state().handed[0].clone();
    desk.chain.state().floor_per_byte = 1;
    // Somebody has kept the bytes and brings them back: the nonce is taken all the same, and outbid.
    desk.chain.state().take(&stale).unwrap();
    let question = desk.ask("go", 2).await;
    assert_eq!((question.approval().nonce, question.approval().fee), (0, MicroStx::new(625)));
    let txid = desk.yes(&question).await.unwrap();
    desk.chain.state().mine(1);
    desk.poll().await;
    assert!(desk.status(question.approval().id).is_mined());
    assert_eq!(desk.status(id), Status::Replaced { by: txid });
}

#[tokio::test(start_paused = true)]
async fn a_replacement_pays_more_and_one_of_both_is_mined() {
    for later_wins in [true, false] {
        let desk = Desk::new();
        let (id, txid) = desk.send("go", 1).await;
        desk.poll().await;
        if !later_wins {
            // The network has the first, and this node forgets it.
            let first = desk.chain.state().handed[0].clone();
            let question = desk.service.replace(id).await.unwrap();
            desk.yes(&question).await.unwrap();
            let mut state = desk.chain.state();
            state.lose_all();
            state.take(&first).unwrap();
            state.mine(1);
        } else {
            let question = desk.service.replace(id).await.unwrap();
            assert_eq!(question.approval().purpose, Purpose::Replaces { earlier: id });
            assert_eq!((question.approval().nonce, question.approval().fee), (0, MicroStx::new(625)));
            assert!(matches!(desk.service.replace(id).await, Err(DraftError::AlreadyAsked(_))));
            desk.yes(&question).await.unwrap();
            desk.poll().await;
            assert!(matches!(desk.status(id), Status::Replaced { .. }));
            desk.chain.state().mine(1);
        }
        desk.poll().await;
        desk.poll().await;
        let later = TransactionId(2);
        let (winner, loser) = if later_wins { (later, id) } else { (id, later) };
        assert!(matches!(desk.status(winner), Status::Confirmed { .. }));
        assert!(matches!(desk.status(loser), Status::Replaced { .. }), "{:?}", desk.status(loser));
        assert!(matches!(
            desk.service.replace(id).await,
            Err(DraftError::NotReplaceable(_) | DraftError::Overtaken(_))
        ));
        desk.chain.state().mine(12);
        desk.poll().await;
        assert_eq!(desk.service.unsettled(), [], "{txid}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_lets_nothing_happen() {
    let desk = Desk::new();
    let (id, _) = desk.send("go", 1).await;
    let question = desk.service.cancel(id).await.unwrap();
    assert_eq!(question.approval().leaves, []);
    desk.yes(&question).await.unwrap();
    desk.chain.state().mine(1);
    desk.poll().await;
    let entry = desk.service.entry(question.approval().id).unwrap().unwrap();
    assert!(matches!(entry.status, Status::Failed { failure: Failure::PostCondition, .. }));
    assert_eq!(entry.receipt.unwrap().alarms, []);
    assert_eq!(desk.status(id), Status::Replaced { by: entry.txid });

    // A transfer takes no conditions.
    let transfer = Prepared {
        payload: Payload::TokenTransfer {
            recipient: address(1).into(),
            amount: MicroStx::new(1),
            memo: Memo::EMPTY,
        },
        post_conditions: Vec::new(),
        arrives: Vec::new(),
        ..prepared(0, "transfer", 2)
    };
    let question = desk.service.draft(transfer).await.unwrap();
    assert_eq!(question.approval().leaves[0].amount, 1);
    desk.yes(&question).await.unwrap();
    let id = question.approval().id;
    let question = desk.service.cancel(id).await.unwrap();
    assert_eq!(question.approval().leaves[0].amount, 1, "to nobody, and the nonce is used up");
    assert_eq!(question.approval().purpose, Purpose::Cancels { earlier: id });
    let nobody = question.approval().lines.iter().any(|line| line.text == "ST000000000000000000002AMW42H");
    assert!(nobody, "{:?}", question.approval().lines);
    desk.yes(&question).await.unwrap();
    desk.chain.state().mine(1);
    desk.poll().await;
    assert!(matches!(desk.status(question.approval().id), Status::Confirmed { .. }));
    assert!(matches!(desk.status(id), Status::Replaced { .. }));
}
