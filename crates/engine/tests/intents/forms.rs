//! What is refused before any chain is asked, and what a balance must suffice for.

use std::sync::atomic::{AtomicU64, Ordering};

use bithedge_engine::intents::{
    Capital, Decision, Governing, Intent, Protection, ReadError, Reading, Recipient, Refusal, Reserves,
    State, SuiteReader, Tip, Unknown, Upkeep, at_one_tip,
};
use bithedge_protocol::{Asset, BlockHeight, MicroStx, TokenAmount, UnixSeconds};
use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite::bounded::Ascii;
use bithedge_suite::generated::{dia_adapter, governance, oracle, treasury, upgrade_manager};
use bithedge_suite::{Deployment, SuiteNetwork};

use crate::capital::{SBTC, STX_BUCKET, commit, leave_dead, withdraw};
use crate::protection::{activate, claim, order, sell_back};

const PETER: &str = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5";
const ELSEWHERE: &str = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7";
const NOW: UnixSeconds = UnixSeconds::new(1_767_571_200);

fn peter() -> Address {
    PETER.parse().unwrap()
}

fn buy(size: u128, strike: u128, max_cost: u128, until: u64) -> Intent {
    Protection::Buy {
        order: order(Asset::Sbtc, 2, strike, 1_768_550_400, size),
        max_cost: TokenAmount::new(max_cost),
        valid_until: UnixSeconds::new(until),
    }
    .into()
}

fn refused(intent: impl Into<Intent>) -> Option<Refusal> {
    intent.into().refuse(&Deployment::devnet(), peter(), NOW).err()
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_read() {
    let elsewhere: Address = ELSEWHERE.parse().unwrap();
    let until = NOW.get();
    assert_eq!(refused(buy(1, 1, 1, until)), None);
    let late = Refusal::QuoteExpired { until: UnixSeconds::new(until - 1), now: NOW };
    assert_eq!(refused(buy(1, 1, 1, until - 1)), Some(late));
    for zero in [
        buy(0, 1, 1, until),
        buy(1, 0, 1, until),
        buy(1, 1, 0, until),
        activate(1, Asset::Sbtc, 0).into(),
        activate(0, Asset::Sbtc, 1).into(),
        sell_back(1, Asset::Stx, 0).into(),
        claim(0, Asset::Stx, Recipient::Ours).into(),
        commit(SBTC, 0).into(),
        withdraw(SBTC, 0).into(),
        leave_dead(SBTC, 0).into(),
        Reserves::Contribute { asset: Asset::Stx, amount: TokenAmount::ZERO }.into(),
        Governing::Queue(0).into(),
    ] {
        assert!(matches!(refused(zero.clone()), Some(Refusal::Zero(_))), "{zero:?}");
    }
    let beyond = u128::from(u64::MAX) + 1;
    for large in [
        buy(beyond, 1, 1, until),
        buy(1, u128::MAX, 1, until),
        buy(1, 1, beyond, until),
        activate(1, Asset::Sbtc, u128::MAX).into(),
        commit(STX_BUCKET, beyond).into(),
    ] {
        assert!(matches!(refused(large.clone()), Some(Refusal::TooLarge { .. })), "{large:?}");
    }
    let other = Recipient::Somebody(elsewhere);
    for lost in [
        claim(1, Asset::Sbtc, other).into(),
        Intent::from(Capital::ClaimWithdrawal { bucket: SBTC, to: other }),
        Upkeep::ClaimBounties { asset: Asset::Stx, to: other }.into(),
        Reserves::ClaimAllocation { asset: Asset::Stx, to: elsewhere.into() }.into(),
    ] {
        assert_eq!(refused(lost), Some(Refusal::OtherNetwork { address: elsewhere }));
    }
    let away = Principal::from(elsewhere);
    let sbtc = Deployment::devnet().sbtc().unwrap().clone();
    let pay = |recipient: &Principal| -> Decision {
        let (token, recipient) = (sbtc.clone(), recipient.clone());
        treasury::ExecutePayment { token, amount: 1, recipient, reason: Ascii::new("x").unwrap() }.into()
    };
    let feed =
        dia_adapter::SetFeed { feed: Principal::Contract(format!("{ELSEWHERE}.feed").parse().unwrap()) };
    let nested = upgrade_manager::DescribeContract {
        name: Ascii::new("oracle").unwrap(),
        metadata: Ascii::new("").unwrap(),
        custody: false,
        fallback: Some(away.clone()),
        dependencies: Default::default(),
    };
    let propose = |decision: &Decision| Governing::Propose {
        title: Ascii::new("t").unwrap(),
        description: [0; 32],
        uri: Ascii::new("").unwrap(),
        decisions: vec![pay(&peter().into()), decision.clone()],
        emergency: false,
    };
    for lost in [
        pay(&away),
        feed.into(),
        nested.into(),
        governance::SetVotingWeight { who: away.clone(), weight: 1 }.into(),
        oracle::AddReporter { reporter: away, weight: 1 }.into(),
    ] {
        let expected = Some(Refusal::OtherNetwork { address: elsewhere });
        assert_eq!(refused(propose(&lost)), expected, "{lost:?}");
        assert_eq!(refused(Governing::Execute(Box::new(lost))), expected);
    }
    // The token itself may stand elsewhere: on a devnet it does.
    let fine = pay(&peter().into());
    assert_eq!(refused(propose(&governance::MarkCustody { target: sbtc.clone().into() }.into())), None);
    assert_eq!(refused(Governing::Execute(Box::new(fine))), None);
    for ids in [Vec::new(), vec![1; 21]] {
        let count = ids.len();
        let expected = Refusal::Count { what: "policies", count, most: 20 };
        assert_eq!(refused(Upkeep::EndPolicies(ids)), Some(expected));
    }
    let none = Governing::Propose {
        title: Ascii::new("t").unwrap(),
        description: [0; 32],
        uri: Ascii::new("").unwrap(),
        decisions: Vec::new(),
        emergency: false,
    };
    assert!(matches!(refused(none), Some(Refusal::Count { .. })));
    // The account itself is of another network.
    let mainnet = Deployment::new(SuiteNetwork::Mainnet, elsewhere).unwrap();
    let intent = Intent::from(commit(SBTC, 1));
    assert_eq!(intent.refuse(&mainnet, peter(), NOW), Err(Refusal::OtherNetwork { address: peter() }));
}

/// A chain that takes a block after each look at it.
struct Moving {
    looks: AtomicU64,
    stops_at: u64,
}

impl SuiteReader for Moving {
    async fn tip(&self) -> Result<Tip, ReadError> {
        let height = self.looks.fetch_add(1, Ordering::Relaxed).min(self.stops_at);
        Ok(Tip { height: BlockHeight::new(height), hash: String::new(), time: NOW })
    }

    async fn read(&self, readings: Vec<Reading>) -> Result<Vec<Option<Value>>, ReadError> {
        Ok(vec![None; readings.len()])
    }
}

/// Readings of two blocks that do not fit each other are read again; those of one block are told.
#[tokio::test]
async fn what_does_not_fit_is_asked_again_when_the_chain_has_moved() {
    let misfit = || {
        let mismatch = bithedge_suite::MismatchReason::Impossible("a live expiry without a book".to_owned());
        Unknown::Mismatch { what: "a bucket".to_owned(), mismatch: mismatch.into() }
    };
    let ask = async |stops_at, fits_at: u64| {
        let reader = Moving { looks: AtomicU64::new(0), stops_at };
        let question = |state: &State| {
            if state.tip().height.get() >= fits_at { Ok(state.tip().height.get()) } else { Err(misfit()) }
        };
        at_one_tip(&reader, &Deployment::devnet(), peter(), MicroStx::ZERO, question).await
    };
    let (answer, _) = ask(2, 2).await.unwrap();
    assert_eq!(answer, 2);
    // The tip stays: the suite is another one.
    let error = ask(0, 1).await.unwrap_err();
    assert!(matches!(error, ReadError::Unknown(Unknown::Mismatch { .. })), "{error}");
    let error = ask(100, 100).await.unwrap_err();
    assert!(matches!(error, ReadError::Restless), "{error}");
}

/// A state that answers every balance with these, and nothing else.
fn plan_with(
    intent: &Intent,
    fee: u64,
    stx: u128,
    sbtc: u128,
) -> Result<bithedge_engine::intents::Plan, Refusal> {
    let tip = Tip { height: BlockHeight::new(1), hash: String::new(), time: NOW };
    let mut state = State::new(Deployment::devnet(), peter(), MicroStx::new(fee.into()), tip);
    loop {
        match intent.plan(&state) {
            Err(Refusal::Unknown(Unknown::Unread(missing))) => {
                for reading in missing {
                    let shown = reading.to_string();
                    let value = if shown.contains("sbtc-token") {
                        Some(Value::ok(Value::UInt(sbtc)))
                    } else if shown.contains("stx-token") {
                        Some(Value::ok(Value::UInt(stx)))
                    } else {
                        None
                    };
                    state.add(reading, value);
                }
            }
            other => return other,
        }
    }
}

#[test]
fn what_leaves_and_the_fee_must_be_there() {
    let stx = Intent::from(Reserves::Contribute { asset: Asset::Stx, amount: TokenAmount::new(1_000) });
    assert!(plan_with(&stx, 300, 1_300, 0).is_ok());
    let short =
        Refusal::Balance { asset: Asset::Stx, has: TokenAmount::new(1_299), needs: TokenAmount::new(1_300) };
    assert_eq!(plan_with(&stx, 300, 1_299, 0), Err(short.clone()));
    assert_eq!(
        short.to_string(),
        "this account has 0.001299 STX to spend, and 0.0013 STX is needed, the network's fee included"
    );
    let sbtc = Intent::from(Reserves::Contribute { asset: Asset::Sbtc, amount: TokenAmount::new(1_000) });
    assert!(plan_with(&sbtc, 300, 300, 1_000).is_ok());
    assert!(matches!(plan_with(&sbtc, 300, 300, 999), Err(Refusal::Balance { asset: Asset::Sbtc, .. })));
    // sBTC enough, and no STX for the fee.
    assert!(matches!(plan_with(&sbtc, 300, 299, 1_000), Err(Refusal::Balance { asset: Asset::Stx, .. })));
    let free = Intent::from(Governing::Queue(1));
    assert!(plan_with(&free, 1, 1, 0).is_ok());
    assert!(matches!(plan_with(&free, 1, 0, 0), Err(Refusal::Balance { asset: Asset::Stx, .. })));
}

#[test]
fn words_say_what_leaves_and_what_arrives() {
    let plan = plan_with(&activate(1, Asset::Sbtc, 1_500_000).into(), 0, 0, 0).unwrap();
    let words: Vec<String> = plan.sentences.iter().map(|one| one.in_english(|_| None)).collect();
    assert!(words.contains(&"Nothing leaves this account but the network's fee.".to_owned()), "{words:#?}");
    assert!(
        words.contains(&"At least 0.015 sBTC arrives in this account, out of the pool's vault.".to_owned())
    );
    let state = State::new(
        Deployment::devnet(),
        peter(),
        MicroStx::ZERO,
        Tip { height: BlockHeight::new(1), hash: String::new(), time: NOW },
    );
    let prepared = plan.into_prepared(&state).unwrap();
    assert_eq!(prepared.intent, "activate-protection");
    assert_eq!(prepared.words, words);
    assert_eq!((prepared.leaves.len(), prepared.arrives.len()), (0, 1));
    assert_eq!(prepared.arrives[0].amount, 1_500_000);
}
