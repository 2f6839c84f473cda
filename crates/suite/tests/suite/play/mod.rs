//! Plays operations on the chain and in the model, and holds the one against the other.

mod capital;
mod chain;
mod clock;
mod compare;
mod keepers;
mod protection;

use std::collections::BTreeMap;
use std::fmt::Debug;

use bithedge_stacks::{Address, Value};
use bithedge_suite::setup::SetupCall;
use bithedge_suite_world::*;
use bithedge_vm::{Options, Outcome};
use fastrand::Rng;

use crate::model::terms::Overflow;
use crate::model::{Answer, Model, Place, Terms, Token, User};

pub(crate) use chain::tuple;

/// How the tiers overflow here: every way occurs.
const OVERFLOW: [Overflow; 3] = [Overflow::Proportional, Overflow::NextTier, Overflow::Reject];
/// The smaller of the buckets' capacities, so that deposits reach it: 30 BTC, 4 million STX.
const CAPACITY: [u128; 2] = [30 * BTC, 4_000_000 * STX];

/// A chain and its model.
pub(crate) struct Play {
    /// The chain.
    pub w: World,
    /// What it should be.
    pub model: Model,
    /// The people who act.
    pub users: Vec<Address>,
    /// Decides what happens.
    pub random: Rng,
    /// How much there is of both tokens.
    supply: [u128; 2],
    /// When the last report was.
    reported: u64,
    /// What happened, to be told if it goes wrong.
    pub log: Vec<String>,
    /// Operations done and refused, by name.
    pub counts: BTreeMap<&'static str, [u64; 2]>,
    /// Refusals by name and first reason.
    pub(crate) refusals: BTreeMap<(&'static str, u128), u64>,
    /// Whether prices fall and buckets are small in this sequence.
    pub(crate) is_bear: bool,
    /// The most that the exit queue's rounding left over, base units.
    pub largest_dust: u128,
    /// The most that the insurance fund paid, and that was owed, micro-STX.
    pub shortfalls: [u128; 2],
}

impl Play {
    /// A suite with one reporter, tiers that overflow, and little capacity; its first state is put aside.
    pub(crate) fn new() -> Self {
        let options = Options { genesis_time: START, ..Options::default() };
        let mut w = World::with_one_reporter(options, 100_000 * USD, USD, adapt);
        w.vm.snapshot().unwrap();
        let users = vec![w.peter, w.irene, w.ivan, w.stranger, w.keeper];
        let terms = Terms::starting(OVERFLOW, BTreeMap::new());
        let model = Model::new(terms, START, BTreeMap::new(), users.len());
        let mut play = Self {
            w,
            model,
            users,
            random: Rng::with_seed(0),
            supply: [0; 2],
            reported: 0,
            log: Vec::new(),
            counts: BTreeMap::new(),
            refusals: BTreeMap::new(),
            is_bear: false,
            largest_dust: 0,
            shortfalls: [0; 2],
        };
        play.supply = play.supply();
        play
    }

    /// A new session; what was counted stays.
    pub(crate) fn renew(&mut self) {
        let fresh = Self::new();
        (self.w, self.supply) = (fresh.w, fresh.supply);
    }

    /// Back to the first state, with another seed.
    pub(crate) fn restart(&mut self, seed: u64) {
        self.w.vm.restore().unwrap();
        (self.w.btc_price, self.w.stx_price) = (100_000 * USD, USD);
        self.random = Rng::with_seed(seed);
        (self.reported, self.supply) = (0, self.supply());
        self.log.clear();
        let mut wallets = BTreeMap::new();
        for user in 0..self.users.len() {
            for token in Token::ALL {
                let held = self.w.vm.balances(&self.users[user].into()).unwrap();
                let amount = match token {
                    Token::Sbtc => held.sats,
                    Token::Stx => held.stx.micro().into(),
                };
                wallets.insert((user, token), amount);
            }
        }
        let mut terms = Terms::starting(OVERFLOW, BTreeMap::new());
        terms.capacity = terms.places().map(|place| (place, capacity(place))).collect();
        // The buckets were opened when the clock started; their first boundary is the same now.
        self.model = Model::new(terms, START, wallets, self.users.len());
    }

    /// Carries out one call: the model's answer comes first, then the chain's, which must be the same. A refused call
    /// changes nothing (invariant 7).
    pub(crate) fn act<T: Debug>(
        &mut self,
        name: &'static str,
        (user, contract, function): (User, &str, &str),
        arguments: &[Value],
        expected: &Answer<T>,
    ) -> Outcome {
        let now = self.now();
        self.log.push(format!("{now} {name} by {user}: {} => {expected:?}", shown(arguments)));
        let before = if expected.is_err() { Some(self.w.vm.fingerprint().unwrap()) } else { None };
        if let Err(reasons) = expected {
            *self.refusals.entry((name, reasons[0])).or_default() += 1;
        }
        let outcome = self.w.call(self.address(user), contract, function, arguments);
        let count = self.counts.entry(name).or_default();
        count[usize::from(expected.is_err())] += 1;
        match expected {
            Ok(_) => assert!(outcome.ok().is_ok(), "{name}: {outcome:?}, expected {expected:?}"),
            Err(reasons) => {
                let code = outcome.err_code();
                let code = code.unwrap_or_else(|other| panic!("{name}: {other}, expected {expected:?}"));
                assert!(reasons.contains(&code), "{name}: {code}, expected one of {reasons:?}");
                assert_eq!(before, Some(self.w.vm.fingerprint().unwrap()), "{name}: refused, and changed");
            }
        }
        outcome
    }

    /// A figure that the chain answered.
    pub(crate) fn same(&self, name: &str, outcome: &Outcome, expected: &Answer<u128>) {
        if let Ok(expected) = expected {
            assert_eq!(outcome.ok().unwrap().as_uint().unwrap(), *expected, "{name}");
        }
    }

    /// Anybody.
    pub(crate) fn any_user(&mut self) -> User {
        self.random.usize(..self.users.len())
    }

    /// Any bucket.
    pub(crate) fn any_place(&mut self) -> Place {
        if self.is_bear && self.random.bool() {
            return Place { tier: self.random.u128(2..=3), token: Token::Stx };
        }
        Place {
            tier: self.random.u128(1..=3),
            token: if self.random.bool() { Token::Sbtc } else { Token::Stx },
        }
    }

    /// One BTC, or STX worth roughly as much at the start.
    pub(crate) const fn whole(token: Token) -> u128 {
        match token {
            Token::Sbtc => BTC,
            Token::Stx => 100_000 * STX,
        }
    }
}

fn shown(arguments: &[Value]) -> String {
    let shown = arguments.iter().map(|value| match value {
        Value::Principal(principal) => {
            let text = principal.to_string();
            text.rsplit('.').next().map(ToOwned::to_owned).unwrap_or(text)
        }
        other => other.to_source(),
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The larger buckets can take what comes.
fn capacity(place: Place) -> u128 {
    match (place.tier, place.token) {
        (3, Token::Sbtc) => CAPACITY[0],
        (3, Token::Stx) => CAPACITY[1],
        (_, Token::Sbtc) => 1_000 * BTC,
        (_, Token::Stx) => 100_000_000 * STX,
    }
}

/// Changes the calls that set the suite up.
fn adapt(calls: &mut Vec<SetupCall>) {
    for call in calls {
        let Some(Value::UInt(tier)) = call.arguments.first().cloned() else { continue };
        match call.function {
            "set-tier" => {
                let way = match OVERFLOW[usize::try_from(tier - 1).unwrap()] {
                    Overflow::Reject => "reject",
                    Overflow::NextTier => "next-tier",
                    Overflow::Proportional => "proportional",
                };
                let mut terms = call.arguments[1].as_tuple().unwrap().clone();
                terms.insert("isolated".parse().unwrap(), Value::Bool(false));
                terms.insert("overflow".parse().unwrap(), Value::ascii(way).unwrap());
                call.arguments[1] = Value::Tuple(terms);
            }
            "open-bucket" => {
                let is_stx = call.arguments[1].to_source().ends_with(".stx-token");
                let token = if is_stx { Token::Stx } else { Token::Sbtc };
                call.arguments[2] = u(capacity(Place { tier, token }));
            }
            _ => {}
        }
    }
}
