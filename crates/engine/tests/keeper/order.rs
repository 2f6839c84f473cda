//! What the standing order lets the keeper sign.

use bithedge_engine::keeper::{DutyKind, OrderRefusal, StandingOrder};
use bithedge_engine::transactions::{Approval, Asset, AssetAmount, Prepared};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::transaction::{FungibleCode, Memo, PostConditionPrincipal};
use bithedge_stacks::{ContractId, MicroStx, Payload, PostCondition, Principal, Value};
use bithedge_suite::{Contract, Deployment};

use crate::hand::{KEEPER, address, order};
use crate::life::{Case, closes};

const NOW: UnixSeconds = UnixSeconds::new(1_800_000_000);

fn covers(order: &StandingOrder, approval: &Approval, prepared: &Prepared) -> Result<DutyKind, OrderRefusal> {
    order.covers(approval, prepared, &Deployment::devnet(), MicroStx::ZERO, NOW)
}

/// A call that somebody slipped in.
fn calling(prepared: &Prepared, contract: ContractId, function: &str, args: Vec<Value>) -> Prepared {
    let payload = Payload::ContractCall { contract, function: function.parse().unwrap(), args };
    Prepared { payload, post_conditions: Vec::new(), ..prepared.clone() }
}

/// Its verdict on what somebody prepared, asked as the keeper asks.
async fn verdict(case: &Case, prepared: Prepared) -> Result<DutyKind, OrderRefusal> {
    let question = case.service.draft(prepared.clone()).await.unwrap();
    covers(&order(KEEPER), question.approval(), &prepared)
}

pub(crate) async fn what_the_order_covers(case: Case) {
    let suite = Deployment::devnet();
    let close = closes(&case).await;
    assert_eq!(verdict(&case, close.clone()).await, Ok(DutyKind::CloseEpoch));
    limits(&case, &close).await;

    let pool = suite.contract(Contract::LiquidityPool).clone();
    let registry = suite.contract(Contract::PolicyRegistry).clone();
    let sbtc = Value::from(suite.sbtc().unwrap().clone());
    let Payload::ContractCall { args, .. } = &close.payload else { panic!() };
    let theirs = ContractId::new(address(5), pool.name.clone());
    let stranger = Value::from(ContractId::new(address(5), "sbtc-token".parse().unwrap()));
    let others = Value::Principal(Principal::Standard(address(5)));
    // Something that is no duty; the same function of somebody else's contract; a stranger's contract handed over, or called for.
    let slipped = [
        calling(&close, pool.clone(), "commit-capital", vec![Value::UInt(2), sbtc.clone(), Value::UInt(9)]),
        calling(
            &close,
            pool.clone(),
            "request-withdrawal",
            vec![Value::UInt(2), sbtc.clone(), Value::UInt(9)],
        ),
        calling(
            &close,
            registry.clone(),
            "activate-protection",
            vec![Value::UInt(1), sbtc.clone(), Value::UInt(1)],
        ),
        calling(&close, theirs, "close-epoch", args.clone()),
        calling(&close, registry, "claim-settlement", vec![Value::UInt(1), stranger]),
        calling(&close, pool, "claim-credit", vec![sbtc, others]),
        calling(&close, suite.contract(Contract::Oracle).clone(), "suspend-reporter", vec![]),
    ];
    for prepared in slipped {
        let found = verdict(&case, prepared.clone()).await;
        assert!(matches!(found, Err(OrderRefusal::Kind(_))), "{found:?}: {:?}", prepared.payload);
    }
    let transfer = Payload::TokenTransfer {
        recipient: Principal::Standard(address(5)),
        amount: MicroStx::new(1),
        memo: Memo::EMPTY,
    };
    let leaves = vec![AssetAmount { asset: Asset::Stx, amount: 1 }];
    let sends =
        Prepared { payload: transfer, post_conditions: Vec::new(), leaves: leaves.clone(), ..close.clone() };
    assert!(matches!(verdict(&case, sends).await, Err(OrderRefusal::Kind(_))));

    // A condition that lets something of the account's move, whether it is said or not.
    for (code, amount) in [(FungibleCode::Le, 1), (FungibleCode::Eq, 1), (FungibleCode::Le, 0)] {
        for principal in [
            PostConditionPrincipal::Origin,
            PostConditionPrincipal::Standard(address(KEEPER)),
            PostConditionPrincipal::Standard(address(5)),
        ] {
            let condition = PostCondition::Stx { principal, code, amount: MicroStx::new(amount) };
            let prepared =
                Prepared { post_conditions: vec![condition], leaves: leaves.clone(), ..close.clone() };
            let found = verdict(&case, prepared).await;
            assert!(matches!(found, Err(OrderRefusal::Leaves(_))), "{found:?}");
        }
    }
    cancelling(&case, &close).await;
}

/// Fees, time, kinds, accounts, bytes.
async fn limits(case: &Case, close: &Prepared) {
    let question = case.service.draft(close.clone()).await.unwrap();
    let approval = question.approval();
    let fee = approval.fee;
    let below = MicroStx::new(fee.micro() - 1);
    let with = |change: &dyn Fn(&mut StandingOrder)| {
        let mut order = order(KEEPER);
        change(&mut order);
        covers(&order, approval, close)
    };
    assert_eq!(with(&|order| order.caps.a_call = fee), Ok(DutyKind::CloseEpoch));
    assert_eq!(with(&|order| order.caps.a_call = below), Err(OrderRefusal::Fee { fee, cap: below }));
    let spent = MicroStx::new(5);
    let day = |cap: u64| {
        let mut order = order(KEEPER);
        order.caps.a_day = MicroStx::new(cap);
        order.covers(approval, close, &Deployment::devnet(), spent, NOW)
    };
    assert_eq!(day(fee.micro() + 5), Ok(DutyKind::CloseEpoch));
    let cap = MicroStx::new(fee.micro() + 4);
    assert_eq!(day(fee.micro() + 4), Err(OrderRefusal::Day { spent, fee, cap }));
    assert_eq!(with(&|order| order.until = UnixSeconds::new(NOW.get() + 1)), Ok(DutyKind::CloseEpoch));
    assert_eq!(with(&|order| order.until = NOW), Err(OrderRefusal::Over(NOW)));
    assert!(matches!(with(&|order| order.kinds = vec![DutyKind::EndPolicies]), Err(OrderRefusal::Kind(_))));
    let other = Err(OrderRefusal::OtherAccount(address(KEEPER)));
    assert_eq!(with(&|order| order.account = address(5)), other);

    // A question whose bytes are others than the keeper's: anything in them.
    let mut forged = approval.clone();
    forged.fee = MicroStx::new(1);
    assert_eq!(covers(&order(KEEPER), &forged, close), Err(OrderRefusal::OtherBytes));
    let mut forged = approval.clone();
    forged.nonce += 1;
    assert_eq!(covers(&order(KEEPER), &forged, close), Err(OrderRefusal::OtherBytes));
    let Payload::ContractCall { contract, function, args } = &close.payload else { panic!() };
    let mut args = args.clone();
    args[0] = Value::UInt(3);
    let other = Prepared {
        payload: Payload::ContractCall { contract: contract.clone(), function: function.clone(), args },
        ..close.clone()
    };
    assert_eq!(covers(&order(KEEPER), approval, &other), Err(OrderRefusal::OtherBytes));
    // Said to leave, though the bytes say otherwise.
    let mut said = approval.clone();
    said.leaves = vec![AssetAmount { asset: Asset::Stx, amount: 1 }];
    assert!(matches!(covers(&order(KEEPER), &said, close), Err(OrderRefusal::Leaves(_))));
}

/// Cancelling is for a person.
async fn cancelling(case: &Case, close: &Prepared) {
    let question = case.service.draft(close.clone()).await.unwrap();
    let (id, digest) = (question.approval().id, question.approval().digest);
    case.service.approve(id, digest).await.unwrap();
    let question = case.service.cancel(id).await.unwrap();
    let cancelled = bithedge_engine::transactions::cancellation(close).unwrap();
    let found = covers(&order(KEEPER), question.approval(), &cancelled);
    assert!(matches!(found, Err(OrderRefusal::Leaves(_))), "{found:?}");
    drop(question);
    // Replacing is the keeper's, within the same limits.
    let question = case.service.replace(id).await.unwrap();
    assert_eq!(covers(&order(KEEPER), question.approval(), close), Ok(DutyKind::CloseEpoch));
}
