//! What was given up is never had twice, and takes nothing else with it.

use bithedge_engine::transactions::{
    ApproveError, Asset, AssetAmount, DraftError, DropReason, Prepared, Purpose, Status, TransactionId,
};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::transaction::{FungibleCode, PostCondition, PostConditionPrincipal};
use bithedge_stacks::units::MicroStx;

use super::Desk;
use crate::fake::Fault;
use crate::hand::{address, elsewhere, prepared};

/// A call that is given up after a minute.
fn brief(desk: &Desk, tag: u128) -> Prepared {
    let until = bithedge_engine::Clock::now(&desk.clock).get() + 60;
    Prepared { valid_until: Some(UnixSeconds::new(until)), ..prepared(0, "go", tag) }
}

/// Signed, taken by a node, and lost by it; then told as out of date.
async fn give_up(desk: &Desk, tags: &[u128]) -> Vec<TransactionId> {
    let mut ids = Vec::new();
    for tag in tags {
        let question = desk.service.draft(brief(desk, *tag)).await.unwrap();
        desk.yes(&question).await.unwrap();
        ids.push(question.approval().id);
    }
    desk.chain.state().lose_all();
    desk.later().await;
    desk.poll().await;
    for id in &ids {
        assert_eq!(desk.status(*id), Status::Dropped { reason: DropReason::OutOfDate });
    }
    ids
}

#[tokio::test(start_paused = true)]
async fn a_repeat_that_would_get_another_nonce_is_refused() {
    let desk = Desk::new();
    let ids = give_up(&desk, &[1, 2]).await;
    // The second again would be given the first one's nonce, and the old second be mined behind it.
    let refused = desk.service.draft(prepared(0, "go", 2)).await;
    assert!(matches!(refused, Err(DraftError::Unresolved(earlier)) if earlier == ids[1]), "{refused:?}");
    // In its own place it can be repeated, at terms of its own; that it waits for the first is told.
    assert!(matches!(desk.service.replace(ids[1]).await, Err(DraftError::TooLate(_))));
    let other = desk.service.replace_with(ids[1], prepared(1, "go", 2)).await;
    assert!(matches!(other, Err(DraftError::OtherAccount(earlier)) if earlier == ids[1]), "{other:?}");
    let question = desk.service.replace_with(ids[1], brief(&desk, 2)).await.unwrap();
    let approval = question.approval();
    assert_eq!((approval.nonce, approval.purpose), (1, Purpose::Replaces { earlier: ids[1] }));
    assert_eq!((approval.waits_for.as_slice(), approval.fee.micro()), ([0].as_slice(), 625));
    desk.yes(&question).await.unwrap();
    // What goes on in its own place is not over, so others are free to take the first one's place.
    let question = desk.service.cancel(ids[0]).await.unwrap();
    assert!(question.approval().waits_for.is_empty());
    desk.yes(&question).await.unwrap();
    let old = desk.chain.state().handed.clone();
    desk.chain.state().mine(1);
    for old in old {
        let _ = desk.chain.state().take(&old);
    }
    desk.chain.state().mine(1);
    desk.poll().await;
    assert_eq!(desk.chain.state().nonce(address(0)), 2);
    for id in ids {
        assert!(matches!(desk.status(id), Status::Replaced { .. }));
    }
}

/// The question says that it does the same: something else is not put in its place under these words.
#[tokio::test(start_paused = true)]
async fn only_the_same_kind_of_wish_repeats_what_was_given_up() {
    let desk = Desk::new();
    let ids = give_up(&desk, &[1]).await;
    for other in [prepared(0, "claim", 1), Prepared { intent: "another".to_owned(), ..prepared(0, "go", 1) }]
    {
        let refused = desk.service.repeat(ids[0], other).await;
        assert!(matches!(refused, Err(DraftError::OtherWish(earlier)) if earlier == ids[0]), "{refused:?}");
    }
    let other = desk.service.repeat(ids[0], prepared(1, "go", 1)).await;
    assert!(matches!(other, Err(DraftError::OtherAccount(_))), "{other:?}");
    assert_eq!(desk.service.questions(), []);
    // At terms of its own it is the same wish.
    let question = desk.service.repeat(ids[0], brief(&desk, 2)).await.unwrap();
    let approval = question.approval();
    assert_eq!((approval.nonce, approval.purpose), (0, Purpose::Replaces { earlier: ids[0] }));
}

/// What had its nonce taken by another wish may win against that: nothing like it is drafted before one of them is mined.
#[tokio::test(start_paused = true)]
async fn a_wish_is_not_repeated_beside_what_took_its_place() {
    let desk = Desk::new();
    let ids = give_up(&desk, &[1]).await;
    desk.send("claim", 2).await;
    let refused = desk.service.draft(prepared(0, "go", 1)).await;
    assert!(matches!(refused, Err(DraftError::Unresolved(earlier)) if earlier == ids[0]), "{refused:?}");
    assert_eq!(desk.ask("claim", 3).await.approval().nonce, 1, "another wish is no repeat");
    let desk = desk.restart();
    assert!(desk.service.draft(prepared(0, "go", 1)).await.is_err(), "also after a restart");
    desk.chain.state().mine(1);
    desk.poll().await;
    assert_eq!(desk.ask("go", 1).await.approval().nonce, 1);
}

#[tokio::test(start_paused = true)]
async fn a_gap_can_be_closed_by_something_that_does_nothing() {
    let desk = Desk::new();
    let (first, second) = (desk.ask("go", 1).await, desk.ask("go", 2).await);
    desk.yes(&second).await.unwrap();
    drop(first);
    let question = desk.service.close_gap(address(0)).await.unwrap();
    assert_eq!((question.approval().nonce, question.approval().leaves[0].amount), (0, 1));
    desk.yes(&question).await.unwrap();
    desk.chain.state().mine(1);
    desk.poll().await;
    assert!(desk.service.unsettled().iter().all(|entry| matches!(entry.status, Status::Confirmed { .. })));
}

#[tokio::test(start_paused = true)]
async fn what_turns_up_while_its_repeat_is_asked_about_ends_the_question() {
    let desk = Desk::new();
    give_up(&desk, &[1]).await;
    let old = desk.chain.state().handed[0].clone();
    let question = desk.ask("go", 1).await;
    assert_eq!(question.approval().nonce, 0);
    desk.chain.state().take(&old).unwrap();
    desk.chain.state().mine(1);
    // Before anybody looked it up there is nothing to draft either.
    let answer = desk.yes(&question).await;
    assert!(matches!(answer, Err(ApproveError::Overtaken(_))), "{answer:?}");
    assert!(desk.service.draft(prepared(0, "go", 1)).await.is_err(), "it was mined, and nobody knows");
    desk.poll().await;
    assert_eq!(desk.ask("go", 2).await.approval().nonce, 1);
}

#[tokio::test(start_paused = true)]
async fn giving_up_takes_two_answers() {
    let desk = Desk::new();
    let question = desk.service.draft(brief(&desk, 1)).await.unwrap();
    desk.yes(&question).await.unwrap();
    desk.poll().await;
    // One of several nodes behind the address has forgotten it.
    desk.chain.state().forgets = true;
    desk.later().await;
    desk.chain.state().forgets = false;
    assert_eq!(desk.status(question.approval().id), Status::Pending { included: None });
    desk.poll().await;
    desk.chain.state().forgets = true;
    desk.poll().await;
    assert_eq!(desk.status(question.approval().id), Status::Pending { included: None }, "not in a row");
}

#[tokio::test(start_paused = true)]
async fn what_took_the_nonce_of_something_given_up_is_not_evicted_by_it() {
    let desk = Desk::new();
    let ids = give_up(&desk, &[1]).await;
    let (_, other) = desk.send("claim", 2).await;
    for refused in [desk.service.replace(ids[0]).await, desk.service.cancel(ids[0]).await] {
        assert!(refused.is_err(), "it would evict another wish: {refused:?}");
    }
    assert!(desk.chain.state().waits(other));
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_is_not_evicted_by_what_was_asked_meanwhile() {
    let desk = Desk::new();
    let ids = give_up(&desk, &[1]).await;
    let old = desk.chain.state().handed[0].clone();
    let question = desk.ask("claim", 2).await;
    assert_eq!(question.approval().nonce, 0);
    desk.chain.state().take(&old).unwrap();
    desk.poll().await;
    assert_eq!(desk.status(ids[0]), Status::Pending { included: None });
    assert!(desk.yes(&question).await.is_err(), "it would evict what came back");
    assert!(desk.chain.state().waits(old.txid()));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_signed_behind_a_gap_that_is_known() {
    let desk = Desk::new();
    let (first, second) = (desk.ask("go", 1).await, desk.ask("go", 2).await);
    assert_eq!(second.approval().nonce, 1);
    drop(first);
    let Err(ApproveError::TermsChanged(again)) = desk.yes(&second).await else {
        panic!("it would execute whenever the gap is closed")
    };
    assert_eq!(again.approval().nonce, 0);
    desk.yes(&again).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_it_caused_itself_is_not_believed() {
    let desk = Desk::new();
    // It is mined, the index is late, and the account is read from a node that is behind.
    desk.chain.state().sending.push_back(Fault::AnswerLost);
    let (id, _) = desk.send("go", 1).await;
    {
        let mut state = desk.chain.state();
        state.mine(1);
        (state.behind, state.forgets) = (1, true);
    }
    desk.later().await;
    assert_eq!(desk.chain.state().handed.len(), 2, "it was sent again");
    assert!(desk.status(id).is_under_way(), "{:?}", desk.status(id));
    {
        let mut state = desk.chain.state();
        (state.behind, state.forgets) = (0, false);
    }
    desk.poll().await;
    assert!(desk.status(id).is_mined());
}

#[tokio::test(start_paused = true)]
async fn what_was_cancelled_does_not_come_back_by_itself() {
    let desk = Desk::new();
    let (id, txid) = desk.send("go", 1).await;
    desk.chain.state().lose_all();
    let question = desk.service.cancel(id).await.unwrap();
    desk.chain.state().floor_per_byte = 100;
    desk.yes(&question).await.unwrap();
    assert!(matches!(desk.status(question.approval().id), Status::Dropped { .. }));
    desk.chain.state().floor_per_byte = 1;
    for _ in 0..4 {
        desk.later().await;
    }
    assert!(!desk.chain.state().waits(txid), "it was cancelled");
    assert_eq!(desk.chain.state().handed.len(), 2);
    assert!(matches!(desk.status(id), Status::Dropped { .. }), "{:?}", desk.status(id));
    // And what cancels it counts as its successor only after somebody took it.
    let desk = Desk::new();
    let (id, _) = desk.send("go", 1).await;
    desk.chain.state().lose_all();
    let question = desk.service.cancel(id).await.unwrap();
    desk.chain.state().sending.extend([Fault::NotDelivered; 3]);
    desk.yes(&question).await.unwrap();
    desk.later().await;
    assert!(!matches!(desk.status(id), Status::Replaced { .. }), "nobody has the cancellation yet");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_down_does_not_stop_the_rest() {
    let desk = Desk::new();
    let older = desk.send("go", 1).await.0;
    let newer = desk.send("go", 2).await.0;
    let writes = desk.disk.writes.load(std::sync::atomic::Ordering::SeqCst);
    desk.disk.failing.store(writes + 1, std::sync::atomic::Ordering::SeqCst);
    assert!(desk.service.poll().await.is_err(), "it is told");
    assert_eq!(desk.status(newer), Status::Broadcast);
    assert_eq!(desk.status(older), Status::Pending { included: None });

    // One account that cannot be read does not stop the other one.
    let desk = Desk::new();
    let mut ids = Vec::new();
    for account in [0, 1] {
        let question = desk.service.draft(prepared(account, "go", 1)).await.unwrap();
        desk.yes(&question).await.unwrap();
        ids.push(question.approval().id);
    }
    desk.chain.state().unreadable = Some(address(0));
    assert!(desk.service.poll().await.is_err(), "it is told");
    assert_eq!(desk.status(ids[0]), Status::Broadcast);
    assert_eq!(desk.status(ids[1]), Status::Pending { included: None });
    desk.chain.state().unreadable = Some(address(1));
    desk.chain.state().mine(1);
    assert!(desk.service.poll().await.is_err());
    assert!(desk.status(ids[0]).is_mined() && !desk.status(ids[1]).is_mined());
}

#[tokio::test(start_paused = true)]
async fn what_others_under_way_will_take_is_counted() {
    let desk = Desk::new();
    let deposit = |tag| {
        let most = PostCondition::Stx {
            principal: PostConditionPrincipal::Origin,
            code: FungibleCode::Le,
            amount: MicroStx::new(600_000_000),
        };
        Prepared {
            post_conditions: vec![most],
            leaves: vec![AssetAmount { asset: Asset::Stx, amount: 600_000_000 }],
            ..prepared(0, "go", tag)
        }
    };
    let question = desk.service.draft(deposit(1)).await.unwrap();
    let refused = desk.service.draft(deposit(2)).await;
    assert!(matches!(refused, Err(DraftError::InsufficientFunds { .. })), "asked about: {refused:?}");
    desk.yes(&question).await.unwrap();
    let refused = desk.service.draft(deposit(2)).await;
    let (needed, available) = match refused {
        Err(DraftError::InsufficientFunds { needed, available }) => (needed, available),
        other => panic!("signed: {other:?}"),
    };
    assert_eq!((needed, available), (1_200_001_000, 1_000_000_000));
    // What takes its place does not come on top of it.
    desk.service.replace(question.approval().id).await.unwrap();
    // What was executed is in the balance, also before it is looked up.
    desk.chain.state().mine(1);
    desk.service.draft(deposit(2)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_ceiling_blocks_no_account() {
    let desk = Desk::new();
    desk.chain.state().estimate = 3_000_000;
    let (id, _) = desk.send("go", 1).await;
    desk.poll().await;
    desk.chain.state().estimate = 500;
    let question = desk.service.cancel(id).await.unwrap();
    assert_eq!(question.approval().fee.micro(), 3_000_001, "no more than what nodes need");
}

#[tokio::test(start_paused = true)]
async fn another_wallets_transaction_is_seen_and_left_alone() {
    // One alone, and the first of an account, are in none of the lists of gaps.
    let desk = Desk::new();
    let other = elsewhere(0, 0, 300, 50);
    desk.chain.state().take(&other).unwrap();
    let question = desk.ask("go", 1).await;
    assert_eq!(question.approval().nonce, 1, "nonce 0 waits elsewhere");
    desk.yes(&question).await.unwrap();
    assert!(desk.chain.state().waits(other.txid()));

    // Also where ours was given up.
    let desk = Desk::new();
    give_up(&desk, &[1]).await;
    desk.chain.state().take(&elsewhere(0, 0, 300, 50)).unwrap();
    let asked = desk.service.draft(prepared(0, "claim", 2)).await;
    assert!(asked.is_err(), "it would evict the other wallet's: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_plain_node_is_sent_again_what_it_lost() {
    let desk = Desk::new();
    desk.chain.state().has_api = false;
    let (id, txid) = desk.send("go", 1).await;
    assert_eq!(desk.status(id), Status::Broadcast);
    desk.chain.state().lose_all();
    desk.later().await;
    assert!(desk.chain.state().waits(txid));
    // What is out of date is given up there as well, and its nonce is given.
    let question = desk.service.draft(brief(&desk, 2)).await.unwrap();
    desk.chain.state().sending.push_back(Fault::BothLost);
    desk.yes(&question).await.unwrap();
    desk.chain.state().mine(1);
    desk.later().await;
    desk.poll().await;
    assert_eq!(desk.status(question.approval().id), Status::Dropped { reason: DropReason::OutOfDate });
    // What was executed costs nothing any more.
    desk.chain.state().balance = 1_200;
    desk.service.draft(prepared(0, "claim", 3)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_no_miner_takes_is_given_up() {
    let desk = Desk::new();
    let (id, _) = desk.send("go", 1).await;
    desk.chain.state().drop_as("dropped_too_expensive");
    desk.later().await;
    desk.poll().await;
    assert!(matches!(desk.status(id), Status::Dropped { .. }), "{:?}", desk.status(id));
    let question = desk.service.cancel(id).await.unwrap();
    assert!(
        question.approval().leaves.iter().all(|leaving| leaving.amount == 1),
        "one micro-STX to nobody: {:?}",
        question.approval()
    );
    desk.yes(&question).await.unwrap();
    desk.chain.state().mine(1);
    desk.poll().await;
    assert!(matches!(desk.status(question.approval().id), Status::Confirmed { .. }));
}
