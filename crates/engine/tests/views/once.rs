//! Notifications: each thing told once, over restarts, lost moments and reorganised chains.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bithedge_engine::notifications::{
    Deposit, DepositCancelled, Observation, ObservedBucket, ObservedClose, ObservedPolicy, PriceAge,
    Settings, Watcher,
};
use bithedge_ipc::{BucketRef, Notification, NotificationKind as Kind, PolicyState, Trust};
use bithedge_ledger::Place;
use bithedge_protocol::risk::{HealthThresholds, Standing};
use bithedge_protocol::{Asset, BlockHeight, Ppm, Seconds, TokenAmount, UnixSeconds, UsdE8};
use proptest::prelude::*;

use crate::told::chain;

pub(crate) const DAY: u64 = 86_400;
pub(crate) const START: u64 = 1_767_571_200;
const USD: u128 = 100_000_000;
const BUCKET: BucketRef = BucketRef { tier: 2, asset: Asset::Stx };

#[derive(Debug, Clone, PartialEq, Eq)]
struct Policy {
    id: u64,
    strike: u128,
    expiry: u64,
    settled: bool,
}

/// What there is, as a chain would have it.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) now: u64,
    spot: u128,
    policies: Vec<Policy>,
    sold: u64,
    epoch: u64,
    due: u64,
    waiting: BTreeMap<u64, u128>,
    deposits: Vec<Deposit>,
    cancelled: Vec<DepositCancelled>,
    closes: Vec<ObservedClose>,
    /// What deposits each close took.
    took: BTreeMap<u64, u128>,
    proceeds: u128,
    ratio: u128,
    events: u32,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            now: START,
            spot: 100_000 * USD,
            policies: Vec::new(),
            sold: 0,
            epoch: 1,
            due: START + DAY,
            waiting: BTreeMap::new(),
            deposits: Vec::new(),
            cancelled: Vec::new(),
            closes: Vec::new(),
            took: BTreeMap::new(),
            proceeds: 0,
            ratio: 3_000_000,
            events: 0,
        }
    }

    fn place(&mut self) -> Place {
        self.events += 1;
        Place { height: BlockHeight::new(1), transaction: 0, event: self.events }
    }

    fn state(&self, policy: &Policy) -> PolicyState {
        match (self.now < policy.expiry, policy.settled) {
            (true, _) => PolicyState::Active,
            (false, true) => PolicyState::InTheMoney,
            (false, false) => PolicyState::AwaitingPrice,
        }
    }

    fn standing(&self) -> Standing {
        thresholds().standing(Ppm::new(self.ratio))
    }

    pub(crate) fn seen(&self) -> Observation {
        let policies = self.policies.iter().map(|policy| ObservedPolicy {
            id: policy.id,
            asset: Asset::Sbtc,
            strike: UsdE8::new(policy.strike),
            expiry: UnixSeconds::new(policy.expiry),
            state: self.state(policy),
            spot: Some(UsdE8::new(self.spot)),
            activation: (self.spot < policy.strike).then_some(TokenAmount::new(5)),
            promised: None,
            claim: (self.state(policy) == PolicyState::InTheMoney).then_some(TokenAmount::new(7)),
            trust: Trust::Sound,
        });
        let bucket = ObservedBucket {
            bucket: BUCKET,
            tier_name: Some("balanced".to_owned()),
            is_in: true,
            health: Some((self.standing(), Some(Ppm::new(self.ratio)))),
            thresholds: Some(thresholds()),
            epoch: self.epoch,
            waiting: self.waiting.iter().map(|(epoch, sum)| (*epoch, TokenAmount::new(*sum))).collect(),
            deposits: self.deposits.clone(),
            cancelled: self.cancelled.clone(),
            closes: self.closes.clone(),
            proceeds: TokenAmount::new(self.proceeds),
            claimable: TokenAmount::ZERO,
            trust: Trust::Sound,
        };
        Observation {
            account: "ST1".to_owned(),
            at: UnixSeconds::new(self.now),
            books_at: UnixSeconds::new(self.now),
            policies: policies.collect(),
            policies_trust: Trust::Sound,
            ended: Vec::new(),
            is_current: true,
            newest_price: Some(UnixSeconds::new(self.now)),
            buckets: vec![bucket],
            buckets_trust: Trust::Sound,
            price: Some(PriceAge { at: UnixSeconds::new(self.now), max_age: Seconds::new(900) }),
            breakers: None,
            difference: None,
            led_to: std::collections::BTreeMap::new(),
            transactions: Vec::new(),
        }
    }
}

fn thresholds() -> HealthThresholds {
    HealthThresholds::of_bucket(Ppm::new(20_000))
}

#[derive(Debug, Clone)]
pub(crate) enum Act {
    Wait(u64),
    Price(u128),
    Ratio(u128),
    Buy {
        strike: u128,
        days: u64,
    },
    Settle,
    Claim,
    Deposit(u128),
    Cancel,
    Close {
        pays: u128,
        returned: bool,
    },
    /// The chain takes back so many of the last acts.
    Reorganise(usize),
    /// The application is closed and opened again.
    Restart,
    /// It is killed after something was written down and before it was shown.
    Killed,
}

impl World {
    pub(crate) fn act(&mut self, act: &Act) {
        self.now += 1;
        match act {
            Act::Wait(seconds) => self.now += seconds,
            Act::Price(spot) => self.spot = spot * USD,
            Act::Ratio(ratio) => self.ratio = *ratio,
            Act::Buy { strike, days } => {
                self.sold += 1;
                let expiry = START + (self.now - START) / DAY * DAY + days * DAY;
                self.policies.push(Policy { id: self.sold, strike: strike * USD, expiry, settled: false });
            }
            Act::Settle => {
                let now = self.now;
                for policy in self.policies.iter_mut().filter(|policy| policy.expiry <= now) {
                    policy.settled = true;
                }
            }
            Act::Claim => self.policies.retain(|policy| !policy.settled),
            Act::Deposit(amount) => {
                let epoch = if self.now + 3_600 <= self.due { self.epoch } else { self.epoch + 1 };
                *self.waiting.entry(epoch).or_default() += amount;
                let place = self.place();
                let (at, amount) = (UnixSeconds::new(self.now), TokenAmount::new(*amount));
                self.deposits.push(Deposit { epoch, amount, at, place });
            }
            Act::Cancel => {
                let open = self.epoch;
                let too_late = self.now + 3_600 > self.due;
                self.waiting.retain(|epoch, _| too_late && *epoch == open);
                let place = self.place();
                self.cancelled.push(DepositCancelled { at: UnixSeconds::new(self.now), place });
            }
            Act::Close { pays, returned } => {
                self.now = self.now.max(self.due) + 60;
                // Requests are for the boundary that was due; a late close is made at the newest one.
                let boundary = UnixSeconds::new(self.due);
                let taken = self.waiting.remove(&self.epoch).unwrap_or(0);
                self.took.insert(self.epoch, taken);
                self.closes.push(ObservedClose { epoch: self.epoch, boundary, returned: *returned });
                self.proceeds += pays;
                self.epoch += 1;
                self.due += DAY;
            }
            Act::Reorganise(_) | Act::Restart | Act::Killed => {}
        }
    }
}

/// What should have been told, kept by the plainest rules.
#[derive(Default)]
struct Expected {
    counts: BTreeMap<Kind, usize>,
    money: BTreeSet<u64>,
    claims: BTreeSet<u64>,
    taken: BTreeSet<u64>,
    expiries: BTreeSet<(u64, u64)>,
    standing: u8,
    proceeds: u128,
}

impl Expected {
    fn tell(&mut self, kind: Kind) {
        *self.counts.entry(kind).or_default() += 1;
    }

    fn see(&mut self, world: &World) {
        let ids: BTreeSet<u64> = world.policies.iter().map(|policy| policy.id).collect();
        self.money.retain(|id| ids.contains(id));
        self.claims.retain(|id| ids.contains(id));
        let mut near: BTreeMap<u64, u64> = BTreeMap::new();
        for policy in &world.policies {
            let state = world.state(policy);
            if state != PolicyState::Active {
                self.money.remove(&policy.id);
            } else if world.spot < policy.strike {
                if self.money.insert(policy.id) {
                    self.tell(Kind::InTheMoney);
                }
            } else if world.spot * 100 >= policy.strike * 102 {
                self.money.remove(&policy.id);
            }
            if state == PolicyState::InTheMoney {
                if self.claims.insert(policy.id) {
                    self.tell(Kind::Claimable);
                }
            } else {
                self.claims.remove(&policy.id);
            }
            if state == PolicyState::Active {
                near.insert(policy.expiry, policy.expiry - world.now);
            }
        }
        for (expiry, left) in near {
            let open: Vec<u64> = [3_600, DAY].into_iter().filter(|window| left <= *window).collect();
            let Some(nearest) = open.first() else { continue };
            if !self.expiries.contains(&(expiry, *nearest)) {
                self.tell(Kind::ExpiryNear);
            }
            self.expiries.extend(open.into_iter().map(|window| (expiry, window)));
        }
        self.expiries.retain(|(expiry, _)| world.now < expiry + DAY);
        if world.proceeds > self.proceeds {
            self.tell(Kind::ExitFilled);
        }
        self.proceeds = world.proceeds;
        self.taken.retain(|epoch| *epoch < world.epoch);
        for close in &world.closes {
            let took = world.took[&close.epoch];
            if took > 0 && self.taken.insert(close.epoch) {
                self.tell(if close.returned { Kind::DepositReturned } else { Kind::DepositTaken });
            }
        }
        // Worse at once; better when one per cent above the threshold.
        let now = world.standing() as u8;
        let clearly = [(1_030_200, 1), (1_010_000, 2)];
        let clearly = clearly.iter().filter(|(least, _)| world.ratio < *least).map(|(_, level)| *level).max();
        let clearly = clearly.unwrap_or(0);
        if now > self.standing {
            self.standing = now;
            self.tell(Kind::HealthChanged);
        } else if clearly < self.standing {
            self.standing = clearly;
            self.tell(Kind::HealthChanged);
        }
    }
}

/// Who reads notifications, and takes none for new whose number was there before.
#[derive(Default)]
struct Screen {
    shown: BTreeMap<u64, Notification>,
}

impl Screen {
    fn show(&mut self, watcher: &mut Watcher, notifications: &[Notification]) {
        for one in notifications {
            if let Some(before) = self.shown.insert(one.id, one.clone()) {
                assert_eq!(&before, one, "one number, two notifications");
            }
        }
        let ids: Vec<u64> = notifications.iter().map(|one| one.id).collect();
        watcher.delivered(&ids).unwrap();
    }

    fn counts(&self) -> BTreeMap<Kind, usize> {
        let mut counts = BTreeMap::new();
        for one in self.shown.values() {
            *counts.entry(one.kind).or_default() += 1;
        }
        counts
    }
}

fn one_by_one() -> Settings {
    Settings { most_of_a_kind: usize::MAX, ..Settings::default() }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (1_u64..30_000).prop_map(Act::Wait),
        4 => prop_oneof![Just(88_000_u128), Just(89_990), Just(90_000), Just(91_700), Just(91_800), Just(95_000)].prop_map(Act::Price),
        2 => prop_oneof![Just(980_000_u128), Just(999_999), Just(1_005_000), Just(1_010_000), Just(1_019_999), Just(1_025_000), Just(1_030_200), Just(2_000_000)].prop_map(Act::Ratio),
        2 => (prop_oneof![Just(90_000_u128), Just(85_000)], 1_u64..4).prop_map(|(strike, days)| Act::Buy { strike, days }),
        2 => Just(Act::Settle),
        1 => Just(Act::Claim),
        3 => (1_u128..100).prop_map(Act::Deposit),
        1 => Just(Act::Cancel),
        3 => (0_u128..3, any::<bool>()).prop_map(|(pays, returned)| Act::Close { pays, returned }),
        2 => (1_usize..4).prop_map(Act::Reorganise),
        2 => Just(Act::Restart),
        1 => Just(Act::Killed),
    ]
}

fn play(acts: &[Act], path: &Path) {
    let (mut world, mut history) = (World::new(), Vec::new());
    let mut expected = Expected::default();
    let mut screen = Screen::default();
    let mut watcher = Watcher::open(path, one_by_one(), &chain());
    // Somebody who has nothing yet is told nothing.
    assert_eq!(watcher.observe(&world.seen()).notifications, []);
    for act in acts {
        match act {
            Act::Reorganise(count) => {
                for _ in 0..*count {
                    if let Some(before) = history.pop() {
                        world = before;
                    }
                }
            }
            Act::Restart => watcher = Watcher::open(path, one_by_one(), &chain()),
            Act::Killed => {
                history.push(world.clone());
                world.now += 1;
                expected.see(&world);
                let lost = watcher.observe(&world.seen()).notifications;
                drop(watcher);
                watcher = Watcher::open(path, one_by_one(), &chain());
                let kept = watcher.undelivered();
                assert_eq!(kept, lost, "what was not shown is not lost");
                screen.show(&mut watcher, &kept);
                continue;
            }
            act => {
                history.push(world.clone());
                world.act(act);
            }
        }
        expected.see(&world);
        let observed = watcher.observe(&world.seen());
        assert!(observed.unsaved.is_none());
        screen.show(&mut watcher, &observed.notifications);
    }
    assert_eq!(watcher.undelivered(), []);
    assert_eq!(screen.counts(), expected.counts, "{acts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn each_thing_is_told_once_whatever_happens(acts in prop::collection::vec(act(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        play(&acts, &folder.path().join("told.json"));
    }
}
