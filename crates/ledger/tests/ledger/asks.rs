//! Questions of pages: newest boundaries, all tiers and tokens, premiums of a time, what was said.

use bithedge_ledger::{Claim, TimeRange};
use bithedge_protocol::pool::PolicyTerms;
use bithedge_protocol::{Asset, Sats, TokenAmount, UnixSeconds, UsdE8};
use bithedge_suite::{Contract, SuiteEvent};

use crate::script::{OK, created, funded, sold, stx_bucket};
use crate::stream::{DAY, START, USD, event, u, who};

fn amount(base_units: u128) -> TokenAmount {
    TokenAmount::new(base_units)
}

#[test]
fn tiers_tokens_and_premiums_are_those_of_the_events() {
    let mut chain = funded();
    let assets = 2_000_000_000_000;
    let time = START + DAY + 600;
    assert_eq!(chain.say(time, vec![sold(1, 100_000_000, assets), created(1, 100_000_000)]), OK);
    let snapshot = chain.ledger.snapshot().unwrap();
    let tokens = snapshot.collaterals().unwrap();
    assert!(!tokens.is_empty());
    for (token, terms) in &tokens {
        assert_eq!(snapshot.collateral(token).unwrap(), Some(*terms));
    }
    let tiers = snapshot.tiers().unwrap();
    assert!(!tiers.is_empty() && tiers.is_sorted_by_key(|terms| terms.tier));
    for terms in &tiers {
        assert_eq!(snapshot.tier(terms.tier).unwrap().as_ref(), Some(terms));
    }
    let range = |from: u64, to: u64| TimeRange { from: UnixSeconds::new(from), to: UnixSeconds::new(to) };
    let premiums = |range| snapshot.premiums_of(&stx_bucket(), range).unwrap();
    assert_eq!(premiums(TimeRange::ALL), amount(100));
    assert_eq!(premiums(range(time, time)), amount(100));
    assert_eq!(premiums(range(time + 1, time + DAY)), amount(0));
    assert_eq!(premiums(range(0, time - 1)), amount(0));
}

#[test]
fn what_was_said_is_found_by_its_name_newest_first() {
    let mut chain = funded();
    for number in 0..3_u64 {
        let dispute = vec![
            ("reporter", who(1)),
            ("observed-at", u((START + number).into())),
            ("reason", bithedge_stacks::Value::buffer([9; 32])),
            ("by", who(2)),
        ];
        let time = START + DAY + 600 + number;
        assert_eq!(chain.say(time, vec![("oracle", event("report-disputed", dispute))]), OK);
    }
    let snapshot = chain.ledger.snapshot().unwrap();
    let said = snapshot.said(Contract::Oracle, "report-disputed", 2).unwrap();
    let when: Vec<u64> = said
        .iter()
        .map(|one| match &one.event {
            SuiteEvent::OracleReportDisputed(event) => event.observed_at.get() - START,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(when, [2, 1]);
    assert_eq!(said[0].time.get(), START + DAY + 602);
    assert_eq!(snapshot.said(Contract::Treasury, "report-disputed", 2).unwrap(), []);
}

#[test]
fn a_claim_of_a_short_series_is_paid_in_proportion_rounded_down() {
    let policy = PolicyTerms {
        asset: Asset::Stx,
        tier: 2,
        strike: UsdE8::new(90_000 * USD),
        floor: UsdE8::new(1),
        expiry: UnixSeconds::new(START),
        size: Sats::new(100_000_000),
        lock: amount(0),
    };
    let claim = |due: u128, reserved: u128| Claim {
        expiry: policy.expiry,
        strike: policy.strike,
        floor: UsdE8::new(45_000 * USD),
        spot: UsdE8::new(60_000 * USD),
        stx: UsdE8::new(USD),
        due: amount(due),
        reserved: amount(reserved),
        size_left: Sats::new(0),
        reserve_left: amount(0),
    };
    let all = amount(30_000_000_000);
    let whole = claim(60_000_000_000, 60_000_000_000).of_policy(&policy).unwrap();
    assert_eq!((whole.due, whole.paid), (all, all));
    let part = claim(60_000_000_000, 20_000_000_000).of_policy(&policy).unwrap();
    assert_eq!((part.due, part.paid), (all, amount(10_000_000_000)));
    let rounded = claim(60_000_000_000, 20_000_000_001).of_policy(&policy).unwrap();
    assert_eq!(rounded.paid, amount(10_000_000_000));
    // Figures that no contract could count with are no payout.
    assert!(claim(1, u128::MAX).of_policy(&policy).is_err());
    assert!(claim(0, 1).of_policy(&policy).is_err());
}
