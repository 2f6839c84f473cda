//! Notifications: what is told of what, and how often.

use bithedge_engine::notifications::{
    Observation, PriceAge, Settings, TransactionNews, TransactionOutcome, Watcher,
};
use bithedge_ipc::{BreakerView, Notification, NotificationKind as Kind, Trust};
use bithedge_protocol::{Seconds, TokenAmount, UnixSeconds};

use crate::once::{Act, DAY, START, World};

/// A watcher in a folder of its own.
fn fresh() -> (tempfile::TempDir, Watcher) {
    let folder = tempfile::tempdir().unwrap();
    let watcher = Watcher::open(&folder.path().join("told.json"), Settings::default());
    (folder, watcher)
}

fn kinds(notifications: &[Notification]) -> Vec<Kind> {
    notifications.iter().map(|one| one.kind).collect()
}

fn quiet(now: u64) -> Observation {
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
    for damage in ["", "{", "{\"version\":1}", "{\"version\":2,\"memory\":{}}", "[]"] {
        std::fs::write(&path, damage).unwrap();
        let mut anew = Watcher::open(&path, Settings::default());
        assert_eq!(anew.observe(&seen).notifications.len(), 2, "{damage}");
        assert_eq!(anew.observe(&seen).notifications, []);
        assert_eq!(Watcher::open(&path, Settings::default()).observe(&seen).notifications, []);
    }
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(37) {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(Watcher::open(&path, Settings::default()).observe(&seen).notifications.len(), 2);
    }
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
            last_tripped: None,
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
    let unknown = Observation { price: None, breakers: None, ..quiet(calm + 9_000) };
    assert_eq!(watcher.observe(&unknown).notifications, []);
    assert_eq!(watcher.observe(&seen(calm + 9_001, 901, true)).notifications, []);
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
        let mut watcher = Watcher::open(&folder.path().join("told.json"), Settings::default());
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
    let mut watcher = Watcher::open(&path, Settings::default());
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
