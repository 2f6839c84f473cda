//! What is told when the node is silent, the books are in doubt, or somebody else has the keys.

use bithedge_engine::networks::ChainIdentity;
use bithedge_engine::notifications::{
    Observation, ObservedPolicy, PriceAge, Settings, TransactionNews, TransactionOutcome, Watcher,
};
use bithedge_engine::transactions::{Note, Purpose, Status, TransactionId, TransactionUpdate};
use bithedge_ipc::{BreakerView, Destination, NotificationKind as Kind};
use bithedge_protocol::{Seconds, UnixSeconds, UsdE8};
use bithedge_stacks::Txid;
use bithedge_stacks::client::BlockHash;

use crate::once::{Act, DAY, START, World};
use crate::told::{chain, fresh, kinds, quiet};

#[test]
fn prices_that_cannot_be_read_are_told_after_twice_their_age() {
    let (folder, mut watcher) = fresh();
    let read = |now: u64| {
        let mut seen = quiet(now);
        seen.price = Some(PriceAge { at: UnixSeconds::new(now), max_age: Seconds::new(900) });
        seen
    };
    let unread = |now: u64| Observation { price: None, newest_price: None, ..quiet(now) };
    // Before any price was read there is none that could be old.
    assert_eq!(watcher.observe(&unread(START - DAY)).notifications, []);
    watcher.observe(&read(START));
    assert_eq!(watcher.observe(&unread(START + 1_800)).notifications, []);
    let told = watcher.observe(&unread(START + 1_801)).notifications;
    assert_eq!(kinds(&told), [Kind::PriceStale]);
    assert!(told[0].happened.contains("30 minutes old") && told[0].account.is_none(), "{told:?}");
    assert_eq!(told[0].destination, Destination::Connection);
    assert_eq!(watcher.observe(&unread(START + 9_000)).notifications, []);
    // The books may know a newer one, after a restart too.
    let mut anew = Watcher::open(&folder.path().join("told.json"), Settings::default(), &chain());
    assert_eq!(anew.observe(&unread(START + 9_000)).notifications, [], "it was told");
    assert_eq!(anew.observe(&read(START + 10_000)).notifications, []);
    let later = START + 10_000 + 7_200;
    let known = Observation { newest_price: Some(UnixSeconds::new(later - 1_800)), ..unread(later) };
    assert_eq!(anew.observe(&known).notifications, []);
    assert_eq!(kinds(&anew.observe(&unread(later)).notifications), [Kind::PriceStale]);
}

#[test]
fn an_expiry_is_told_while_the_books_are_in_doubt() {
    let mut world = World::new();
    world.act(&Act::Buy { strike: 90_000, days: 3 });
    let (_folder, mut watcher) = fresh();
    watcher.observe(&world.seen());
    // The node stands still: no prices, and books of yesterday.
    world.act(&Act::Wait(2 * DAY + 3_600));
    let mut seen = world.seen();
    (seen.is_current, seen.price) = (false, None);
    for policy in &mut seen.policies {
        (policy.spot, policy.activation) = (None, None);
    }
    let told = watcher.observe(&seen).notifications;
    assert!(kinds(&told).contains(&Kind::ExpiryNear), "{told:?}");
    let near = told.iter().find(|one| one.kind == Kind::ExpiryNear).unwrap();
    assert!(near.doubtful && near.means.starts_with("Whether it would pay is not known"), "{near:?}");
    assert_eq!(watcher.observe(&seen).notifications, []);
    // Books that lack it, and those of now: once is enough.
    let mut lacking = seen.clone();
    lacking.policies.clear();
    assert_eq!(watcher.observe(&lacking).notifications, []);
    let again = watcher.observe(&world.seen()).notifications;
    assert!(!kinds(&again).contains(&Kind::ExpiryNear), "{again:?}");
}

#[test]
fn doubted_books_are_no_beginning() {
    let mut world = World::new();
    world.act(&Act::Deposit(10));
    world.act(&Act::Close { pays: 0, returned: false });
    let (_folder, mut watcher) = fresh();
    watcher.observe(&Observation { account: "ST9".to_owned(), ..quiet(START) });
    let doubted = Observation { is_current: false, ..world.seen() };
    assert_eq!(watcher.observe(&doubted).notifications, []);
    // The first books of now are the first: what was over before is no news.
    assert_eq!(watcher.observe(&world.seen()).notifications, []);
}

#[test]
fn in_the_money_and_not_activatable_is_not_out_of_the_money() {
    let mut world = World::new();
    world.act(&Act::Buy { strike: 90_000, days: 1 });
    let (_folder, mut watcher) = fresh();
    watcher.observe(&quiet(START));
    let mut seen = world.seen();
    seen.policies =
        vec![ObservedPolicy { spot: Some(UsdE8::new(80_000)), activation: None, ..seen.policies[0].clone() }];
    let told = watcher.observe(&seen).notifications;
    let near = told.iter().find(|one| one.kind == Kind::ExpiryNear).unwrap();
    assert!(near.means.contains("would pay now") && !near.remedy.contains("Buy new"), "{near:?}");
    assert!(near.remedy.contains("Activating is not possible"), "{near:?}");
}

#[test]
fn another_chain_s_memory_is_none() {
    let mut world = World::new();
    world.act(&Act::Buy { strike: 90_000, days: 1 });
    world.act(&Act::Wait(2 * DAY));
    world.act(&Act::Settle);
    let (folder, mut watcher) = fresh();
    assert_eq!(kinds(&watcher.observe(&world.seen()).notifications), [Kind::Claimable]);
    let path = folder.path().join("told.json");
    assert_eq!(Watcher::open(&path, Settings::default(), &chain()).observe(&world.seen()).notifications, []);
    // The same addresses, the same numbers, and other policies.
    for other in [
        ChainIdentity { first_block: Some(BlockHash([8; 32])), ..chain() },
        ChainIdentity { first_block: None, ..chain() },
        ChainIdentity { chain_id: bithedge_stacks::ChainId::MAINNET, ..chain() },
    ] {
        let mut watcher = Watcher::open(&path, Settings::default(), &other);
        assert!(watcher.recent(10).is_empty() && watcher.undelivered().is_empty());
        assert_eq!(kinds(&watcher.observe(&world.seen()).notifications), [Kind::Claimable]);
    }
}

#[test]
fn what_a_breaker_stops_is_said_as_it_is() {
    let told = |name: &str, last_tripped: Option<u64>| {
        let (_folder, mut watcher) = fresh();
        let breaker = BreakerView {
            name: name.to_owned(),
            tripped: true,
            last_tripped: last_tripped.map(UnixSeconds::new),
            until: None,
            reason: String::new(),
        };
        let seen = Observation { breakers: Some(vec![breaker]), ..quiet(START) };
        watcher.observe(&seen).notifications.remove(0)
    };
    let silent = told("oracle", Some(START));
    assert!(silent.means.contains("Activations and sales back need a fresh price"), "{silent:?}");
    let sales = told("sales", Some(START));
    assert!(sales.means.contains("activations, settlements, claims and exits are not stopped"), "{sales:?}");
    let unset = told("sales", None);
    assert!(unset.happened.contains("never set up") && !unset.happened.contains("Somebody"), "{unset:?}");
}

#[test]
fn a_place_that_somebody_else_took_is_told() {
    let (ours, theirs) = (Txid([1; 32]), Txid([2; 32]));
    let update = |by: Txid, note: Option<Note>| TransactionUpdate {
        id: TransactionId(4),
        txid: Some(Txid([3; 32])),
        purpose: Purpose::Call,
        account: "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap(),
        nonce: 9,
        status: Status::Replaced { by },
        note,
    };
    let news = |update: &TransactionUpdate| TransactionNews::of(update, "buy a policy", |txid| *txid == ours);
    // The user's own replacement is told as itself, and nothing is certain before it is deep enough.
    assert_eq!(news(&update(ours, Some(Note::Settled))), None);
    assert_eq!(news(&update(theirs, None)), None);
    let lost = news(&update(theirs, Some(Note::Settled))).unwrap();
    assert_eq!(lost.outcome, TransactionOutcome::Displaced { was_done: false });
    let (_folder, mut watcher) = fresh();
    watcher.observe(&quiet(START));
    let seen = Observation { transactions: vec![lost], ..quiet(START + 1) };
    let told = watcher.observe(&seen).notifications;
    assert_eq!(kinds(&told), [Kind::TransactionDisplaced]);
    assert!(told[0].happened.starts_with("Not done") && told[0].remedy.contains("your keys"), "{told:?}");
    assert_eq!(watcher.observe(&seen).notifications, []);
}
