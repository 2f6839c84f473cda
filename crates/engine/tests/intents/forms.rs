//! What is refused before any chain is asked, and what a balance must suffice for.

use bithedge_engine::intents::{
    Capital, Governing, Intent, Protection, Recipient, Refusal, Reserves, State, Tip, Unknown, Upkeep,
};
use bithedge_protocol::{Asset, BlockHeight, MicroStx, TokenAmount, UnixSeconds};
use bithedge_stacks::{Address, Value};
use bithedge_suite::bounded::Ascii;
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
    let words: Vec<String> = plan.sentences.iter().map(|one| one.in_english()).collect();
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
