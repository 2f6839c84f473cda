//! What is asked, who answers, and what is signed.

use std::time::Duration;

use bithedge_engine::transactions::{
    ApproveError, DraftError, FeeError, Prepared, RefusedBecause, ReviewError, SignerError, Status,
    TransactionId, WatchError,
};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::network::Network;
use bithedge_stacks::transaction::{FungibleCode, Payload, PostCondition, PostConditionPrincipal};
use bithedge_stacks::units::MicroStx;

use super::{Desk, told};
use crate::fake::Fault;
use crate::hand::{GENESIS, NETWORK, POOL, address, elsewhere, prepared};

#[tokio::test(start_paused = true)]
async fn from_a_question_to_a_receipt() {
    let desk = Desk::new();
    let mut updates = desk.service.updates();
    let question = desk.ask("go", 7).await;
    let approval = question.approval().clone();
    let line = |label: &str| {
        approval.lines.iter().find(|line| line.label == label).map(|line| line.text.as_str()).unwrap()
    };
    assert_eq!(line("Contract"), POOL);
    assert_eq!(line("Function"), "go");
    assert_eq!(line("Argument 1"), "u7 (uint)");
    assert_eq!(line("Origin"), address(0).to_string());
    assert_eq!(line("Nonce"), "0");
    assert_eq!(line("Fee"), "0.0005 STX");
    assert_eq!(line("All other transfers"), "undo the transaction");
    assert!(line("Network").contains("0x80000000"));
    assert!(line("Post-condition 1").contains("sends at most 0.000001 STX"));
    assert_eq!(approval.expires, UnixSeconds::new(GENESIS + 600));

    let txid = desk.yes(&question).await.unwrap();
    assert_eq!(desk.status(approval.id), Status::Broadcast);
    desk.poll().await;
    assert_eq!(desk.status(approval.id), Status::Pending { included: None });
    desk.chain.state().mine(1);
    desk.poll().await;
    let entry = desk.service.entry(approval.id).unwrap().unwrap();
    assert_eq!(entry.txid, txid);
    assert!(matches!(entry.status, Status::Confirmed { block } if block.height == 4), "{entry:?}");
    let receipt = entry.receipt.unwrap();
    let amounts = |amounts: &[bithedge_engine::transactions::AssetAmount]| amounts[0].amount;
    assert_eq!((amounts(&receipt.left), amounts(&receipt.arrived)), (1, 2));
    assert_eq!((receipt.fee, receipt.is_complete), (MicroStx::new(500), true));
    assert_eq!(receipt.alarms, []);

    desk.chain.state().mine(11);
    desk.poll().await;
    assert_eq!(desk.service.unsettled(), [], "deep enough");
    assert!(desk.service.entry(approval.id).unwrap().unwrap().is_settled);
    let statuses: Vec<_> = told(&mut updates).into_iter().map(|update| update.status).collect();
    assert!(
        matches!(
            statuses.as_slice(),
            [
                Status::Presented,
                Status::Approved,
                Status::Signed,
                Status::Broadcast,
                Status::Pending { .. },
                Status::Confirmed { .. },
                Status::Confirmed { .. }
            ]
        ),
        "{statuses:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_approval_holds_once_and_for_what_was_shown() {
    let desk = Desk::new();
    let (first, second) = (desk.ask("go", 1).await, desk.ask("go", 2).await);
    let other = desk.service.approve(first.approval().id, second.approval().digest).await;
    assert!(matches!(other, Err(ApproveError::OtherDigest)));
    desk.yes(&first).await.unwrap();
    let again = desk.yes(&first).await;
    assert!(matches!(again, Err(ApproveError::AlreadyApproved(id)) if id == first.approval().id));
    assert_eq!(desk.chain.state().handed.len(), 1);
    assert_eq!(desk.signer.0.lock().unwrap().signed, 1);
    let unknown = desk.service.approve(TransactionId(99), second.approval().digest).await;
    assert!(matches!(unknown, Err(ApproveError::Unknown(_))));

    // Two answers at the same time are one.
    let (one, other) = tokio::join!(desk.yes(&second), desk.yes(&second));
    assert_eq!([&one, &other].iter().filter(|answer| answer.is_ok()).count(), 1, "{one:?} {other:?}");
    assert!([one, other].iter().any(|answer| matches!(answer, Err(ApproveError::AlreadyApproved(_)))));
    assert_eq!(desk.chain.state().handed.len(), 2);
    assert_eq!(desk.signer.0.lock().unwrap().signed, 2, "nothing is signed only to be thrown away");
}

#[tokio::test(start_paused = true)]
async fn a_question_ends_with_its_time_with_a_no_or_with_its_asker() {
    let desk = Desk::new();
    let mut updates = desk.service.updates();
    // By the monotonic clock, by the wall clock, and not by a wall clock that is set back.
    let question = desk.ask("go", 1).await;
    desk.clock.jump(-5_000);
    tokio::time::advance(Duration::from_secs(601)).await;
    assert!(matches!(desk.yes(&question).await, Err(ApproveError::Expired(_))));
    let question = desk.ask("go", 2).await;
    desk.clock.jump(601);
    assert!(matches!(desk.yes(&question).await, Err(ApproveError::Expired(_))));
    // Nobody had a chance to do anything wrong: it is not told as something that failed.
    let last = told(&mut updates).pop().unwrap().status;
    assert_eq!(last, Status::Refused { reason: RefusedBecause::Unanswered });
    let until = UnixSeconds::new(bithedge_engine::Clock::now(&desk.clock).get() + 10);
    let brief = Prepared { valid_until: Some(until), ..prepared(0, "go", 3) };
    let question = desk.service.draft(brief.clone()).await.unwrap();
    assert_eq!(question.approval().expires, until);
    desk.clock.jump(10);
    assert!(matches!(desk.yes(&question).await, Err(ApproveError::Expired(_))));
    assert!(matches!(desk.service.draft(brief).await, Err(DraftError::TooLate(_))));

    told(&mut updates);
    let question = desk.ask("go", 4).await;
    assert!(desk.service.refuse(question.approval().id));
    assert!(!desk.service.refuse(question.approval().id));
    assert!(matches!(desk.yes(&question).await, Err(ApproveError::Unknown(_))));
    drop(desk.ask("go", 5).await);
    let last = told(&mut updates).pop().unwrap().status;
    assert_eq!(last, Status::Refused { reason: RefusedBecause::Person });
    assert_eq!(desk.service.questions(), []);
    assert!(desk.chain.state().handed.is_empty());
    assert_eq!(desk.ask("go", 6).await.approval().nonce, 0, "no nonce was used up");
}

#[tokio::test(start_paused = true)]
async fn a_locked_wallet_signs_nothing_and_the_question_stands() {
    let desk = Desk::new();
    let question = desk.ask("go", 1).await;
    desk.signer.0.lock().unwrap().error = Some(SignerError::Locked);
    assert!(matches!(desk.yes(&question).await, Err(ApproveError::Signer(SignerError::Locked))));
    assert_eq!((desk.service.unsettled().len(), desk.chain.state().handed.len()), (0, 0));
    desk.signer.0.lock().unwrap().error = None;
    desk.yes(&question).await.unwrap();

    for error in [SignerError::WatchOnly(address(0)), SignerError::UnknownAccount(address(0))] {
        let question = desk.ask("go", 2).await;
        desk.signer.0.lock().unwrap().error = Some(error.clone());
        assert!(matches!(desk.yes(&question).await, Err(ApproveError::Signer(told)) if told == error));
        assert_eq!(desk.service.questions(), [], "there is no key to wait for");
    }
    desk.signer.0.lock().unwrap().error = None;
    let question = desk.ask("go", 3).await;
    desk.signer.0.lock().unwrap().tampers = true;
    assert!(matches!(desk.yes(&question).await, Err(ApproveError::Signature(_))));
    assert_eq!(desk.chain.state().handed.len(), 1, "what was not approved is not sent");
}

#[tokio::test(start_paused = true)]
async fn a_signer_that_takes_too_long_signs_for_nothing() {
    let desk = Desk::new();
    desk.signer.0.lock().unwrap().takes = Duration::from_secs(11);
    let until = UnixSeconds::new(GENESIS + 10);
    let question =
        desk.service.draft(Prepared { valid_until: Some(until), ..prepared(0, "go", 1) }).await.unwrap();
    assert!(matches!(desk.yes(&question).await, Err(ApproveError::Expired(_))));
    assert_eq!((desk.service.unsettled().len(), desk.chain.state().handed.len()), (0, 0));

    // Whoever closes the question meanwhile has said no, if nothing comes of the signature.
    let question = desk.ask("go", 2).await;
    let id = question.approval().id;
    desk.signer.0.lock().unwrap().error = Some(SignerError::Locked);
    let (answer, ()) = tokio::join!(desk.service.approve(id, question.approval().digest), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!desk.service.refuse(id), "too late");
    });
    assert!(matches!(answer, Err(ApproveError::Signer(SignerError::Locked))));
    assert_eq!(desk.service.questions(), []);
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_presented() {
    let desk = Desk::new();
    let stx = |code, amount| PostCondition::Stx {
        principal: PostConditionPrincipal::Origin,
        code,
        amount: MicroStx::new(amount),
    };
    let with =
        |conditions: Vec<PostCondition>| Prepared { post_conditions: conditions, ..prepared(0, "go", 1) };
    // More could leave than the words say.
    let refused = desk.service.draft(with(vec![stx(FungibleCode::Le, 2)])).await;
    assert!(matches!(
        refused,
        Err(DraftError::Review(ReviewError::MoreThanSaid { said: 1, allowed: 2, .. }))
    ));
    // No upper limit.
    for code in [FungibleCode::Ge, FungibleCode::Gt] {
        let refused = desk.service.draft(with(vec![stx(code, 1)])).await;
        assert!(matches!(refused, Err(DraftError::Review(ReviewError::Unbounded { .. }))), "{refused:?}");
    }
    // The tightest counts; also if the account is named.
    let named =
        PostCondition::Stx { principal: address(0).into(), code: FungibleCode::Lt, amount: MicroStx::new(2) };
    for conditions in
        [vec![stx(FungibleCode::Le, 9), stx(FungibleCode::Eq, 1)], vec![stx(FungibleCode::Ge, 1), named]]
    {
        let question = desk.service.draft(with(conditions)).await.unwrap();
        assert_eq!(question.approval().leaves[0].amount, 1);
    }
    // What leaves must be covered, the fee included.
    let much = Prepared {
        leaves: vec![bithedge_engine::transactions::AssetAmount {
            asset: bithedge_engine::transactions::Asset::Stx,
            amount: u128::from(u64::MAX),
        }],
        ..with(vec![stx(FungibleCode::Le, 1_000_000_000)])
    };
    let refused = desk.service.draft(much).await;
    assert!(
        matches!(
            refused,
            Err(DraftError::InsufficientFunds { needed: 1_000_000_500, available: 1_000_000_000 })
        ),
        "{refused:?}"
    );
    // Another network's account, another network.
    let elsewhere = Prepared { network: Network::MAINNET, ..prepared(0, "go", 1) };
    assert!(matches!(desk.service.draft(elsewhere).await, Err(DraftError::OtherChain { .. })));
    let mut account = prepared(0, "go", 1);
    account.account.version = Network::MAINNET.version.single_sig();
    assert!(matches!(
        desk.service.draft(account).await,
        Err(DraftError::Review(ReviewError::Account { .. }))
    ));
    // A miner's payload.
    let coinbase = Prepared { payload: Payload::Coinbase { data: [0; 32] }, ..prepared(0, "go", 1) };
    assert!(matches!(desk.service.draft(coinbase).await, Err(DraftError::Review(_))));
    // A fee beyond the ceiling is never paid.
    desk.chain.state().estimate = 3_000_001;
    let refused = desk.service.draft(prepared(0, "go", 1)).await;
    assert!(matches!(refused, Err(DraftError::Fee(FeeError::AboveCeiling { .. }))), "{refused:?}");
    assert_eq!(desk.service.questions(), []);
}

#[tokio::test(start_paused = true)]
async fn terms_that_change_are_asked_again() {
    let desk = Desk::new();
    let question = desk.ask("go", 1).await;
    desk.chain.state().take(&elsewhere(0, 0, 500, 50)).unwrap();
    let Err(ApproveError::TermsChanged(again)) = desk.yes(&question).await else { panic!() };
    assert_eq!((again.approval().nonce, desk.chain.state().handed.len()), (1, 0));
    assert_ne!(again.approval().digest, question.approval().digest);
    assert!(matches!(desk.yes(&question).await, Err(ApproveError::Unknown(_))));
    desk.chain.state().mine(1);
    desk.yes(&again).await.unwrap();

    let question = desk.ask("go", 2).await;
    desk.chain.state().chain_id.0 += 1;
    assert!(matches!(desk.yes(&question).await, Err(ApproveError::OtherChain { .. })));
    assert!(matches!(desk.service.draft(prepared(0, "go", 3)).await, Err(DraftError::OtherChain { .. })));
    assert!(matches!(desk.service.poll().await, Err(WatchError::OtherChain { .. })));
    assert_eq!(desk.chain.state().handed.len(), 1);

    // A node that cannot be reached leaves the question standing.
    desk.chain.state().chain_id = NETWORK.chain_id;
    let question = desk.ask("go", 4).await;
    desk.chain.state().asking.push_back(Fault::Unavailable);
    assert!(matches!(desk.yes(&question).await, Err(ApproveError::Chain(_))));
    desk.yes(&question).await.unwrap();
}
