//! Several of a kind at once: the sentences hold for all of them.

use bithedge_engine::notifications::{
    Observation, ObservedBucket, ObservedEnd, ObservedPolicy, Settings, TransactionNews, TransactionOutcome,
    Watcher,
};
use bithedge_ipc::{BucketRef, Destination, Notification, NotificationKind as Kind, PolicyState, Trust};
use bithedge_protocol::{Asset, Seconds, TokenAmount, UnixSeconds, UsdE8};

use crate::once::{Act, DAY, START, World};
use crate::told::{chain, fresh, kinds, quiet};

const WHOLE: u128 = 100_000_000;

/// What an account is told of an observation that follows one without anything.
fn told(seen: &Observation) -> Vec<Notification> {
    let (_folder, mut watcher) = fresh();
    let before = Observation {
        policies: Vec::new(),
        ended: Vec::new(),
        buckets: seen
            .buckets
            .iter()
            .map(|bucket| ObservedBucket { proceeds: TokenAmount::ZERO, ..bucket.clone() })
            .collect(),
        ..quiet(START)
    };
    watcher.observe(&before);
    watcher.observe(seen).notifications
}

fn policy(id: u64) -> ObservedPolicy {
    ObservedPolicy {
        id,
        asset: Asset::Sbtc,
        strike: UsdE8::new(90_000),
        expiry: UnixSeconds::new(START + 10 * DAY),
        state: PolicyState::Active,
        spot: Some(UsdE8::new(80_000)),
        activation: None,
        claim: None,
        promised: None,
        trust: Trust::Sound,
    }
}

fn with_policies(policies: Vec<ObservedPolicy>) -> Observation {
    Observation { policies, ..quiet(START + 60) }
}

fn only(told: Vec<Notification>) -> Notification {
    assert_eq!(kinds(&told), [Kind::Several], "{told:#?}");
    told.into_iter().next().unwrap()
}

#[test]
fn claims_are_summed_and_what_they_fall_short_of_is_said() {
    let claim = |id, tenths: u128, promised: Option<u128>| ObservedPolicy {
        state: PolicyState::InTheMoney,
        claim: Some(TokenAmount::new(tenths * WHOLE / 10)),
        promised: promised.map(|tenths| TokenAmount::new(tenths * WHOLE / 10)),
        ..policy(id)
    };
    let all =
        [claim(1, 2, None), claim(2, 3, None), claim(3, 3, None), claim(4, 3, None), claim(5, 3, Some(8))];
    let one = only(told(&with_policies(all.to_vec())));
    assert!(one.happened.starts_with("5 policies"), "{one:?}");
    assert!(one.means.contains("1.4 sBTC in all"), "{one:?}");
    assert!(one.means.contains("1 of them are paid only in part, 0.3 sBTC of 0.8 sBTC"), "{one:?}");
    assert_eq!(one.destination, Destination::Policies);
    // Of two tokens there are two sums.
    let mut mixed = all.to_vec();
    mixed[0].asset = Asset::Stx;
    mixed[0].claim = Some(TokenAmount::new(25_000_000));
    let one = only(told(&with_policies(mixed)));
    assert!(one.means.contains("1.2 sBTC and 25 STX in all"), "{one:?}");
    // What cannot be counted is not told as something.
    let mut endless = all.to_vec();
    endless[0].claim = Some(TokenAmount::new(u128::MAX));
    let one = only(told(&with_policies(endless)));
    assert!(!one.means.contains("0.2 sBTC in all") && one.means.contains("reserved"), "{one:?}");
}

#[test]
fn a_shortfall_of_some_is_not_hidden_by_the_first() {
    let end = |id, due: u128, paid: u128| ObservedEnd {
        id,
        asset: Asset::Sbtc,
        paid: Some((TokenAmount::new(due), TokenAmount::new(paid))),
        trust: Trust::Sound,
    };
    let ended = vec![
        end(1, WHOLE, WHOLE),
        end(2, WHOLE, WHOLE / 2),
        end(3, WHOLE, WHOLE / 2),
        end(4, WHOLE, WHOLE / 2),
    ];
    let one = only(told(&Observation { ended: ended.clone(), ..quiet(START + 60) }));
    assert!(one.means.contains("2.5 sBTC in all went to your account"), "{one:?}");
    assert!(one.means.contains("3 of them are paid only in part, 1.5 sBTC of 3 sBTC"), "{one:?}");
    let whole = ended.into_iter().map(|end| ObservedEnd { paid: end.paid.map(|(due, _)| (due, due)), ..end });
    let one = only(told(&Observation { ended: whole.collect(), ..quiet(START + 60) }));
    assert!(one.means.contains("4 sBTC") && one.means.contains("all that they promised"), "{one:?}");
}

#[test]
fn activations_are_summed_of_those_that_can_be() {
    let with = |pays: [Option<u128>; 4]| {
        let policies = pays
            .iter()
            .zip(1..)
            .map(|(pays, id)| ObservedPolicy { activation: pays.map(TokenAmount::new), ..policy(id) });
        only(told(&with_policies(policies.collect()))).means
    };
    let all = with([Some(WHOLE), Some(2 * WHOLE), Some(WHOLE), Some(WHOLE)]);
    assert!(all.starts_with("Activated now they pay 5 sBTC in all"), "{all}");
    let some = with([Some(WHOLE), None, Some(WHOLE), None]);
    assert!(
        some.starts_with("2 of them can be activated now and pay 2 sBTC in all")
            && some.contains("The others"),
        "{some}"
    );
    let none = with([None; 4]);
    assert!(none.starts_with("None of them can be activated"), "{none}");
}

#[test]
fn transactions_of_other_ends_are_not_told_as_one() {
    let news = |key: u64, outcome| TransactionNews { key: key.to_string(), title: "buy".to_owned(), outcome };
    let failed = || TransactionOutcome::Failed { why: "no".to_owned() };
    let open = || TransactionOutcome::Open { why: "lost".to_owned() };
    let seen = |outcomes: Vec<TransactionOutcome>| {
        let transactions = (1..).zip(outcomes).map(|(key, outcome)| news(key, outcome)).collect();
        told(&Observation { transactions, ..quiet(START + 60) })
    };
    let all = seen(vec![failed(), failed(), failed(), open()]);
    assert_eq!(
        kinds(&all),
        [
            Kind::TransactionFailed,
            Kind::TransactionFailed,
            Kind::TransactionFailed,
            Kind::TransactionUncertain
        ]
    );
    let all = seen(vec![failed(), failed(), failed(), failed(), open()]);
    assert_eq!(kinds(&all), [Kind::Several, Kind::TransactionUncertain]);
    assert!(all[0].means.contains("none will have"), "{all:?}");
    // The advice for what failed is never given for what may still happen.
    let all = seen(vec![open(), open(), open(), open()]);
    let one = only(all);
    assert!(one.remedy.contains("Do not make the same anew"), "{one:?}");
    let done = TransactionOutcome::Confirmed;
    let cancelled = TransactionOutcome::Cancelled { earlier: 9 };
    let all = seen(vec![done.clone(), done.clone(), done.clone(), cancelled]);
    assert_eq!(kinds(&all).iter().filter(|kind| **kind == Kind::TransactionConfirmed).count(), 3);
    assert!(kinds(&all).contains(&Kind::TransactionCancelled));
    // What moved without approval is told one by one, however many there are.
    let all = seen(vec![TransactionOutcome::Alarm; 5]);
    assert_eq!(kinds(&all), [Kind::TransactionAlarm; 5]);
}

#[test]
fn exits_of_several_buckets_are_summed_by_token() {
    let mut world = World::new();
    world.act(&Act::Deposit(10));
    let mut seen = world.seen();
    let first = seen.buckets[0].clone();
    seen.buckets = (1..=4_u8)
        .map(|tier| {
            let asset = if tier == 4 { Asset::Sbtc } else { Asset::Stx };
            ObservedBucket {
                bucket: BucketRef { tier, asset },
                proceeds: TokenAmount::new(2_000_000),
                claimable: TokenAmount::new(if tier == 1 { 500_000 } else { 0 }),
                waiting: Vec::new(),
                deposits: Vec::new(),
                ..first.clone()
            }
        })
        .collect();
    let one = only(told(&seen));
    assert!(one.means.starts_with("0.02 sBTC and 6 STX in all. 0.5 STX of it are set aside"), "{one:?}");
    assert_eq!(one.destination, Destination::Capital);
}

#[test]
fn dates_and_standings_are_counted_over_all() {
    let before_expiry = vec![Seconds::new(20 * DAY)];
    let settings = Settings { before_expiry, ..Settings::default() };
    let policies = (1..=5_u64).map(|id| ObservedPolicy {
        expiry: UnixSeconds::new(START + id * DAY),
        spot: Some(UsdE8::new(if id < 3 { 80_000 } else { 95_000 })),
        activation: (id < 3).then_some(TokenAmount::new(5)),
        ..policy(id)
    });
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = Watcher::open(&folder.path().join("told"), settings, &chain());
    watcher.observe(&quiet(START));
    let told = watcher.observe(&with_policies(policies.collect())).notifications;
    let several = told.iter().find(|one| one.kind == Kind::Several).unwrap();
    assert!(several.happened.starts_with("5 dates"), "{several:?}");
    assert!(several.means.starts_with("2 of 5 would pay now"), "{several:?}");
}
