//! Notifications: what is told of what, and how often.

use std::time::{Duration, Instant};

use bithedge_engine::networks::ChainIdentity;
use bithedge_engine::notifications::{
    Observation, ObservedEnd, PriceAge, Settings, TransactionNews, TransactionOutcome, Watcher,
};
use bithedge_ipc::{BreakerView, Destination, Fault, Notice, Notification, NotificationKind as Kind, Trust};
use bithedge_protocol::{Asset, Seconds, TokenAmount, UnixSeconds};

use bithedge_stacks::ChainId;
use bithedge_stacks::client::BlockHash;

use crate::once::{Act, DAY, START, World};

/// The chain that all this is about.
pub(crate) const fn chain() -> ChainIdentity {
    ChainIdentity { chain_id: ChainId::TESTNET, first_block: Some(BlockHash([7; 32])) }
}

/// A watcher in a folder of its own.
pub(crate) fn fresh() -> (tempfile::TempDir, Watcher) {
    let folder = tempfile::tempdir().unwrap();
    let watcher = Watcher::open(&folder.path().join("told.json"), Settings::default(), &chain());
    (folder, watcher)
}

pub(crate) fn kinds(notifications: &[Notification]) -> Vec<Kind> {
    notifications.iter().map(|one| one.kind).collect()
}

pub(crate) fn quiet(now: u64) -> Observation {
    let mut world = World::new();
    world.now = now;
    let mut seen = world.seen();
    seen.buckets.clear();
    seen
}

#[test]
fn who_begins_is_told_only_what_needs_action() {
    let mut world = World::new();
    world.act(&Act::Deposit(10));
    world.act(&Act::Buy { strike: 90_000, days: 1 });
    world.act(&Act::Close { pays: 5, returned: false });
    world.act(&Act::Wait(2 * DAY));
    world.act(&Act::Settle);
    let mut seen = world.seen();
    seen.buckets[0].claimable = TokenAmount::new(5);
    let done = |outcome| TransactionNews { key: "a".to_owned(), title: "something".to_owned(), outcome };
    seen.transactions = vec![done(TransactionOutcome::Confirmed)];
    let (folder, mut watcher) = fresh();
    let first = watcher.observe(&seen).notifications;
    assert_eq!(kinds(&first), [Kind::Claimable, Kind::ExitFilled]);
    let path = folder.path().join("told.json");
    // A damaged file is as none: what needs action is told once more, and nothing else.
    for damage in ["", "{", "{\"version\":1}", "{\"version\":9,\"memory\":{}}", "[]"] {
        std::fs::write(&path, damage).unwrap();
        let mut anew = Watcher::open(&path, Settings::default(), &chain());
        assert_eq!(anew.observe(&seen).notifications.len(), 2, "{damage}");
        assert_eq!(anew.observe(&seen).notifications, []);
        assert_eq!(Watcher::open(&path, Settings::default(), &chain()).observe(&seen).notifications, []);
    }
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(37) {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(Watcher::open(&path, Settings::default(), &chain()).observe(&seen).notifications.len(), 2);
    }
}

/// What is no observation has a number and is kept, and changes nothing of what observations tell.
#[test]
fn what_is_told_beside_observations_is_numbered_and_comes_again_until_it_was_shown() {
    let notice = || Notice {
        fault: Fault::WalletLocked,
        happened: "The keeper waits.".to_owned(),
        means: "It signs nothing.".to_owned(),
        remedy: "Unlock.".to_owned(),
        detail: String::new(),
    };
    let at = UnixSeconds::new(START);
    let (folder, mut watcher) = fresh();
    let tell = |watcher: &mut Watcher| {
        let account = Some("ST1".to_owned());
        let told = watcher.tell(account, Kind::KeeperWaits, at, notice(), Destination::Keeper);
        assert!(told.unsaved.is_none());
        let [told] = <[Notification; 1]>::try_from(told.notifications).unwrap();
        told
    };
    // Before the first observation it is told, and that observation tells what it would have told without it.
    let early = tell(&mut watcher);
    let mut world = World::new();
    world.act(&Act::Buy { strike: 90_000, days: 1 });
    world.act(&Act::Wait(2 * DAY));
    world.act(&Act::Settle);
    let seen = world.seen();
    let first = watcher.observe(&seen).notifications;
    assert_eq!(first, fresh().1.observe(&seen).notifications);
    assert!(!first.is_empty() && first.iter().all(|one| one.id > early.id));
    let told = tell(&mut watcher);
    assert!(told.id > first.last().unwrap().id, "{told:?}");
    assert_eq!((told.account.as_deref(), told.destination), (Some("ST1"), Destination::Keeper));
    let path = folder.path().join("told.json");
    let mut again = Watcher::open(&path, Settings::default(), &chain());
    assert_eq!(again.undelivered().last(), Some(&told));
    again.delivered(&[told.id]).unwrap();
    let again = Watcher::open(&path, Settings::default(), &chain());
    assert!(!again.undelivered().contains(&told) && again.recent(1) == [told]);
}

#[test]
fn a_flood_is_told_as_one() {
    let mut world = World::new();
    let (_folder, mut watcher) = fresh();
    watcher.observe(&world.seen());
    for _ in 0..50 {
        world.act(&Act::Buy { strike: 90_000, days: 5 });
    }
    world.act(&Act::Price(80_000));
    let told = watcher.observe(&world.seen()).notifications;
    assert_eq!(kinds(&told), [Kind::Several]);
    assert!(told[0].happened.starts_with("50 policies"), "{told:?}");
    assert_eq!(watcher.observe(&world.seen()).notifications, []);
    // Kept are no more than two hundred, whatever is told.
    for round in 0..400_u32 {
        let mut seen = quiet(START + u64::from(round));
        let key = format!("{round}");
        let outcome = TransactionOutcome::Confirmed;
        seen.transactions = vec![TransactionNews { key, title: "it".to_owned(), outcome }];
        assert_eq!(watcher.observe(&seen).notifications.len(), 1);
    }
    assert_eq!(watcher.recent(1_000).len(), 200);
}

#[test]
fn a_stale_price_and_a_breaker_are_told_again_only_after_an_hour_of_quiet() {
    let (_folder, mut watcher) = fresh();
    let seen = |now: u64, age: u64, tripped: bool| {
        let mut seen = quiet(now);
        seen.price = Some(PriceAge { at: UnixSeconds::new(now - age), max_age: Seconds::new(900) });
        seen.breakers = Some(vec![BreakerView {
            name: "sales".to_owned(),
            tripped,
            last_tripped: Some(UnixSeconds::new(START)),
            until: None,
            reason: "a drill".to_owned(),
        }]);
        seen
    };
    assert_eq!(kinds(&watcher.observe(&seen(START, 0, false)).notifications), []);
    let told = watcher.observe(&seen(START + 1_000, 901, true)).notifications;
    assert_eq!(kinds(&told), [Kind::PriceStale, Kind::BreakerTripped]);
    // It concerns everybody: another account is not told again.
    let other = Observation { account: "ST2".to_owned(), ..seen(START + 1_000, 901, true) };
    assert_eq!(watcher.observe(&other).notifications, []);
    assert_eq!(watcher.observe(&seen(START + 1_100, 0, false)).notifications, []);
    assert_eq!(watcher.observe(&seen(START + 1_100 + 3_599, 901, true)).notifications, []);
    let calm = START + 6_000;
    assert_eq!(watcher.observe(&seen(calm, 0, false)).notifications, []);
    let told = watcher.observe(&seen(calm + 3_600, 901, true)).notifications;
    assert_eq!(kinds(&told), [Kind::PriceStale, Kind::BreakerTripped]);
    // What is not known changes nothing.
    let unknown = Observation { price: None, breakers: None, ..quiet(calm + 3_700) };
    assert_eq!(watcher.observe(&unknown).notifications, []);
    assert_eq!(watcher.observe(&seen(calm + 9_001, 901, true)).notifications, []);
}

#[test]
fn while_time_is_moved_by_hand_old_prices_are_told_only_if_they_last() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("told.json");
    let mut watcher = Watcher::open(&path, Settings::for_a_devnet(), &chain());
    let began = Instant::now();
    let at = |seconds: u64| began + Duration::from_secs(seconds);
    let seen = |now: u64, age: u64| {
        let mut seen = quiet(now);
        seen.price = Some(PriceAge { at: UnixSeconds::new(now - age), max_age: Seconds::new(900) });
        seen
    };
    watcher.observe_at(&seen(START, 0), at(0));
    // Days that jump: in every step prices are hours old, and at its end they are not.
    for step in 1..100 {
        let now = START + step * DAY;
        assert_eq!(watcher.observe_at(&seen(now, 9 * 3_600), at(step * 2)).notifications, [], "step {step}");
        assert_eq!(
            watcher.observe_at(&seen(now + 10, 10), at(step * 2 + 1)).notifications,
            [],
            "step {step}"
        );
    }
    // Nobody reports any more.
    let now = START + 100 * DAY;
    assert_eq!(watcher.observe_at(&seen(now, 3_600), at(300)).notifications, []);
    assert_eq!(watcher.observe_at(&seen(now, 3_600), at(329)).notifications, []);
    let told = watcher.observe_at(&seen(now, 3_700), at(330)).notifications;
    assert_eq!(kinds(&told), [Kind::PriceStale]);
    assert_eq!(watcher.observe_at(&seen(now, 3_700), at(400)).notifications, []);
    // A node that cannot be asked for prices is given as long.
    watcher.observe_at(&seen(now + 2 * DAY, 0), at(500));
    let unread = Observation { price: None, newest_price: None, ..quiet(now + 3 * DAY) };
    assert_eq!(watcher.observe_at(&unread, at(501)).notifications, []);
    assert_eq!(kinds(&watcher.observe_at(&unread, at(531)).notifications), [Kind::PriceStale]);
}

#[test]
fn what_is_done_leads_to_its_policy_and_the_rest_to_the_activity() {
    let (_folder, mut watcher) = fresh();
    watcher.observe(&quiet(START));
    let policy = Destination::Policy { policy: 7 };
    let mut tell = |key: &str, outcome: TransactionOutcome| {
        let mut seen = quiet(START);
        seen.led_to.insert("abc".to_owned(), policy);
        seen.transactions = vec![TransactionNews { key: key.to_owned(), title: "Buy".to_owned(), outcome }];
        let told = watcher.observe(&seen).notifications;
        told.iter().map(|one| one.destination).collect::<Vec<_>>()
    };
    assert_eq!(tell("abc", TransactionOutcome::Confirmed), [policy]);
    assert_eq!(tell("def", TransactionOutcome::Confirmed), [Destination::Activity]);
    assert_eq!(tell("abc", TransactionOutcome::Reverted), [Destination::Activity]);
}

/// Titles are short, and a tier is told by its name, as everywhere.
#[test]
fn what_is_told_reads_as_people_say_it() {
    let (_folder, mut watcher) = fresh();
    watcher.observe(&quiet(START));
    let mut tell = |title: &str, outcome: TransactionOutcome| {
        let mut seen = quiet(START);
        seen.transactions = vec![TransactionNews { key: title.to_owned(), title: title.to_owned(), outcome }];
        watcher.observe(&seen).notifications.remove(0).happened
    };
    assert_eq!(tell("policy activated", TransactionOutcome::Confirmed), "Policy activated.");
    let failed = TransactionOutcome::Failed { why: "no".to_owned() };
    assert_eq!(tell("activating a policy", failed), "Not done: activating a policy.");

    let mut world = World::new();
    world.act(&Act::Deposit(10));
    world.act(&Act::Close { pays: 5, returned: false });
    let mut seen = world.seen();
    seen.buckets[0].claimable = TokenAmount::new(5);
    let told = |seen: &Observation| fresh().1.observe(seen).notifications.remove(0).happened;
    let asset = seen.buckets[0].bucket.asset;
    let tier = seen.buckets[0].bucket.tier;
    assert_eq!(
        told(&seen),
        format!("Paid exits or returned deposits of the Balanced bucket in {asset} wait for you.")
    );
    seen.buckets[0].tier_name = None;
    assert_eq!(
        told(&seen),
        format!("Paid exits or returned deposits of the bucket of tier {tier} in {asset} wait for you.")
    );
}

#[test]
fn a_question_that_nobody_answered_is_told_each_time_and_as_no_failure() {
    let (_folder, mut watcher) = fresh();
    watcher.observe(&quiet(START));
    // Numbers of what was never signed come again.
    for _ in 0..2 {
        let mut seen = quiet(START);
        let outcome = TransactionOutcome::Unanswered;
        seen.transactions = vec![TransactionNews { key: "no. 3".to_owned(), title: String::new(), outcome }];
        let told = watcher.observe(&seen).notifications;
        assert_eq!(kinds(&told), [Kind::QuestionUnanswered]);
        assert_eq!(told[0].means, "Nothing was signed, nothing was spent.");
    }
}

#[test]
fn transactions_are_told_by_what_became_of_them() {
    let (folder, mut watcher) = fresh();
    watcher.observe(&quiet(START));
    let tell = |now: u64, outcome: TransactionOutcome| {
        let mut seen = quiet(now);
        let (key, title) = ("0xabc".to_owned(), "buy a policy".to_owned());
        seen.transactions = vec![TransactionNews { key, title, outcome }];
        // Each by a watcher of its own, as after a restart.
        let mut watcher = Watcher::open(&folder.path().join("told.json"), Settings::default(), &chain());
        kinds(&watcher.observe(&seen).notifications)
    };
    let failed = || TransactionOutcome::Failed { why: "no".to_owned() };
    assert_eq!(tell(START + 1, TransactionOutcome::Reverted), []);
    assert_eq!(tell(START + 2, TransactionOutcome::Confirmed), [Kind::TransactionConfirmed]);
    assert_eq!(tell(START + 3, TransactionOutcome::Confirmed), []);
    assert_eq!(tell(START + 4, TransactionOutcome::Reverted), [Kind::TransactionReverted]);
    assert_eq!(tell(START + 5, TransactionOutcome::Reverted), []);
    assert_eq!(tell(START + 6, TransactionOutcome::Confirmed), [Kind::TransactionConfirmed]);
    assert_eq!(tell(START + 7, TransactionOutcome::Alarm), [Kind::TransactionAlarm]);
    assert_eq!(tell(START + 8, TransactionOutcome::Alarm), []);
    assert_eq!(tell(START + 9, TransactionOutcome::Confirmed), []);
    assert_eq!(tell(START + 10, failed()), [Kind::TransactionFailed]);
    // What may still be carried out, what was cancelled, and what lost its place are neither done nor failed.
    let open = TransactionOutcome::Open { why: "lost".to_owned() };
    assert_eq!(tell(START + 11, open), [Kind::TransactionUncertain]);
    let cancelled = || TransactionOutcome::Cancelled { earlier: 7 };
    assert_eq!(tell(START + 12, cancelled()), [Kind::TransactionCancelled]);
    assert_eq!(tell(START + 13, cancelled()), []);
    let displaced = |was_done| TransactionOutcome::Displaced { was_done };
    assert_eq!(tell(START + 14, displaced(true)), [Kind::TransactionDisplaced]);
    assert_eq!(tell(START + 15, displaced(false)), []);
}

#[test]
fn a_doubtful_list_forgets_nothing_and_what_is_doubtful_says_so() {
    let mut world = World::new();
    let (_folder, mut watcher) = fresh();
    watcher.observe(&world.seen());
    world.act(&Act::Buy { strike: 90_000, days: 5 });
    world.act(&Act::Price(80_000));
    let mut seen = world.seen();
    seen.policies[0].trust = Trust::Doubtful;
    let told = watcher.observe(&seen).notifications;
    assert!(kinds(&told) == [Kind::InTheMoney] && told[0].doubtful);
    // The policy is missing in a list that says that it may lack something: it is told of no second time.
    let mut lacking = world.seen();
    lacking.policies.clear();
    lacking.policies_trust = Trust::Doubtful;
    assert_eq!(watcher.observe(&lacking).notifications, []);
    assert_eq!(watcher.observe(&world.seen()).notifications, []);
    // Missing in a sound list it is gone; if it comes back, it is another story.
    lacking.policies_trust = Trust::Sound;
    assert_eq!(watcher.observe(&lacking).notifications, []);
    assert_eq!(kinds(&watcher.observe(&world.seen()).notifications), [Kind::InTheMoney]);
}

#[test]
fn a_difference_of_the_books_is_told_and_a_full_disk_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/told.json");
    let mut watcher = Watcher::open(&path, Settings::default(), &chain());
    let mut seen = quiet(START);
    seen.difference = Some(Some("the vault has 5 sBTC less.".to_owned()));
    let observed = watcher.observe(&seen);
    assert_eq!(kinds(&observed.notifications), [Kind::BooksDiffer]);
    assert!(observed.notifications[0].doubtful && observed.notifications[0].account.is_none());
    assert!(observed.unsaved.unwrap().to_string().contains("Your money is not affected"));
    // In this process it is not told again all the same.
    assert_eq!(watcher.observe(&seen).notifications, []);
}

#[test]
fn a_deposit_that_late_books_learn_of_later_is_told_all_the_same() {
    let (_folder, mut watcher) = fresh();
    let mut world = World::new();
    watcher.observe(&world.seen());
    world.act(&Act::Deposit(10));
    watcher.observe(&world.seen());
    // A second deposit for the same epoch, which the books do not have yet though the chain's time has passed it.
    let mut late = world.seen();
    world.act(&Act::Deposit(5));
    late.at = UnixSeconds::new(world.seen().at.get() + 60);
    assert_eq!(watcher.observe(&late).notifications, []);
    world.act(&Act::Close { pays: 0, returned: false });
    let told = watcher.observe(&world.seen()).notifications;
    assert_eq!(kinds(&told), [Kind::DepositTaken]);
    assert!(told[0].means.starts_with("0.000015 STX"), "{told:?}");
}

#[test]
fn half_read_books_tell_nothing_and_make_nothing_forgotten() {
    let mut world = World::new();
    world.act(&Act::Deposit(10));
    world.act(&Act::Buy { strike: 90_000, days: 5 });
    world.act(&Act::Close { pays: 400, returned: false });
    world.act(&Act::Price(80_000));
    let (_folder, mut watcher) = fresh();
    watcher.observe(&world.seen());
    assert_eq!(watcher.observe(&world.seen()).notifications, []);
    // The books are made anew: first there is nothing in them, then last year.
    let mut empty = world.seen();
    (empty.is_current, empty.policies, empty.buckets) = (false, Vec::new(), Vec::new());
    let mut old = world.seen();
    old.is_current = false;
    old.buckets[0].proceeds = TokenAmount::new(100);
    old.policies[0].claim = Some(TokenAmount::new(7));
    for seen in [empty, old, world.seen()] {
        assert_eq!(watcher.observe(&seen).notifications, []);
    }
}

#[test]
fn what_exits_paid_once_is_no_news_of_a_bucket_that_nobody_knew() {
    let mut world = World::new();
    let (_folder, mut watcher) = fresh();
    let mut none = world.seen();
    none.buckets.clear();
    watcher.observe(&none);
    world.act(&Act::Close { pays: 400, returned: false });
    assert_eq!(watcher.observe(&world.seen()).notifications, []);
    // What goes to the account at once does not wait to be claimed.
    world.act(&Act::Close { pays: 30, returned: false });
    let told = watcher.observe(&world.seen()).notifications;
    assert!(kinds(&told) == [Kind::ExitFilled] && told[0].means.contains("Nothing of it waits"), "{told:?}");
    world.act(&Act::Close { pays: 30, returned: false });
    let mut seen = world.seen();
    seen.buckets[0].claimable = TokenAmount::new(20);
    let told = watcher.observe(&seen).notifications;
    assert!(told[0].means.contains("0.00002 STX are set aside"), "{told:?}");
}

#[test]
fn a_policy_s_end_is_told_once_and_what_it_was_short_of() {
    let mut world = World::new();
    let (_folder, mut watcher) = fresh();
    let end = |id, paid: Option<(u128, u128)>| ObservedEnd {
        id,
        asset: Asset::Sbtc,
        paid: paid.map(|(due, paid)| (TokenAmount::new(due), TokenAmount::new(paid))),
        trust: Trust::Sound,
    };
    let mut first = world.seen();
    first.ended = vec![end(1, Some((9, 9)))];
    assert_eq!(watcher.observe(&first).notifications, [], "what was over before is no news");
    // Bought and over between two looks.
    let mut seen = first.clone();
    seen.ended = vec![end(1, Some((9, 9))), end(2, Some((10, 6))), end(3, None)];
    let told = watcher.observe(&seen).notifications;
    assert_eq!(kinds(&told), [Kind::PaidOut, Kind::Ended]);
    assert!(told[0].means.contains("0.00000006 sBTC") && told[0].means.contains("not enough"), "{told:?}");
    assert_eq!(watcher.observe(&seen).notifications, []);
    // The chain took it back, and it happened again.
    assert_eq!(watcher.observe(&first).notifications, []);
    assert_eq!(watcher.observe(&seen).notifications.len(), 2);
    // A claim that pays a part says so.
    world.act(&Act::Buy { strike: 90_000, days: 1 });
    watcher.observe(&world.seen());
    world.act(&Act::Wait(2 * DAY));
    world.act(&Act::Settle);
    let mut seen = world.seen();
    seen.policies[0].promised = Some(TokenAmount::new(11));
    let told = watcher.observe(&seen).notifications;
    let claim = told.iter().find(|one| one.kind == Kind::Claimable).unwrap();
    assert!(claim.means.contains("0.00000011 sBTC were promised"), "{claim:?}");
}
