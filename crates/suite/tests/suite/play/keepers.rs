//! What keepers and guardians do, and what anybody may.

use bithedge_stacks::{Principal, Value};
use bithedge_suite_world::{num, u, who};

use super::Play;
use crate::model::{Answer, PAUSE, Place, Token, User, boundary_before};

const POOL: &str = "liquidity-pool";
const REGISTRY: &str = "policy-registry";
/// The keeper among the users.
pub(crate) const KEEPER: User = 4;

impl Play {
    /// Closes an epoch, or is refused.
    pub(crate) fn close(&mut self, keeper: User, place: Place) {
        let now = self.now();
        let price = self.boundary(boundary_before(now));
        let index = num(&self.bucket(place), "index");
        let expected = self.model.close(keeper, place, price.as_ref(), index, now);
        let at = self.at(place);
        let outcome = self.act("close", (keeper, POOL, "close-epoch"), &at, &expected);
        self.same("epoch", &outcome, &expected);
        self.compare_bucket(place);
        if let Ok(epoch) = expected {
            let key = super::tuple(&[("tier", at[0].clone()), ("token", at[1].clone()), ("epoch", u(epoch))]);
            let record = self.w.vm.entry(POOL, "epochs", &key).unwrap().unwrap();
            let last = self.model.bucket(place).last.unwrap();
            let names = ["nav-exit", "nav-deposit", "shares", "exited", "paid", "deposited"];
            let expected =
                [last.nav_exit, last.nav_deposit, last.shares, last.exited, last.paid, last.deposited];
            assert_eq!(names.map(|name| num(&record, name)), expected, "{place:?}: {names:?}");
            // Invariant 2: no price takes more from sBTC providers than the locks.
            let [assets, locked] = ["assets", "locked"].map(|name| num(&record, name));
            let marked = assets + last.paid - last.deposited;
            assert!(place.token == Token::Stx || last.nav_exit > marked - locked, "{place:?}: {record}");
        }
    }

    /// Settles an expiry, or is refused.
    pub(crate) fn settle(&mut self, keeper: User, place: Place, expiry: u64) {
        let now = self.now();
        let price = self.boundary(expiry);
        let expected = self.model.settle(keeper, place, expiry, price.as_ref(), now);
        let [tier, token] = self.at(place);
        let arguments = [tier, token, u(expiry.into())];
        let outcome = self.act("settle", (keeper, REGISTRY, "settle-expiry"), &arguments, &expected);
        if let Ok(settled) = expected {
            assert_eq!(outcome.ok().unwrap().as_uint().unwrap(), settled.reserved);
            let record = self.settlement(place, expiry);
            let figures = ["due", "reserved", "covered", "owed"].map(|name| num(&record, name));
            let owed = settled.due - settled.reserved;
            assert_eq!(figures, [settled.due, settled.reserved, settled.covered, owed], "{place:?}");
            self.shortfalls[0] = self.shortfalls[0].max(settled.covered);
            self.shortfalls[1] = self.shortfalls[1].max(owed);
            assert!(owed == 0 || place.token == Token::Stx, "sBTC can never be short");
        }
        self.compare_bucket(place);
    }

    /// Has a policy's owner paid.
    pub(crate) fn claim(&mut self, caller: User, id: usize) {
        let now = self.now();
        let expected = self.model.claim(caller, id, now);
        let place = self.model.policies[id - 1].place;
        let arguments = [u(u128::try_from(id).unwrap()), self.principal(place.token)];
        let outcome = self.act("claim", (caller, REGISTRY, "claim-settlement"), &arguments, &expected);
        self.same("paid", &outcome, &expected);
        self.compare_bucket(place);
    }

    /// Brings the index up to date.
    pub(crate) fn expire(&mut self, caller: User, ids: &[usize]) {
        let now = self.now();
        let mut prices = std::collections::BTreeMap::new();
        for id in ids {
            let expiry = self.model.policies[id - 1].expiry;
            prices.insert(expiry, self.boundary(expiry));
        }
        let expected = Ok(self.model.expire(ids, |expiry| prices[&expiry], now));
        let list = ids.iter().map(|id| u(u128::try_from(*id).unwrap()));
        let outcome =
            self.act("expire", (caller, REGISTRY, "expire-policies"), &[Value::list(list)], &expected);
        self.same("count", &outcome, &expected);
    }

    /// Somebody has a keeper paid.
    pub(crate) fn claim_credit(&mut self, caller: User, user: User, token: Token) {
        let expected = self.model.claim_credit(user, token);
        let arguments = [self.principal(token), who(self.address(user))];
        let outcome = self.act("claim credit", (caller, POOL, "claim-credit"), &arguments, &expected);
        self.same("amount", &outcome, &expected);
        self.compare_money();
    }

    /// Fees are distributed.
    pub(crate) fn distribute(&mut self, caller: User, token: Token) {
        let expected = self.model.distribute(token);
        let arguments = [self.principal(token)];
        self.act("distribute", (caller, "treasury", "distribute"), &arguments, &expected);
        self.compare_money();
    }

    /// Somebody pays into the insurance fund.
    pub(crate) fn contribute(&mut self, user: User, token: Token, amount: u128) {
        self.model.contribute(user, token, amount);
        let arguments = [u(amount), self.principal(token)];
        self.act("contribute", (user, "insurance-fund", "contribute-to-fund"), &arguments, &Ok(()));
        self.compare_money();
    }

    /// Somebody sends tokens to the vault, which counts nothing of it.
    pub(crate) fn donate(&mut self, user: User, token: Token, amount: u128) {
        self.model.donate(user, token, amount);
        let vault = Principal::Contract(self.w.vm.contract("liquidity-pool-vault").unwrap());
        let principal = self.principal(token).to_source();
        let contract = principal.trim_start_matches('\'').to_owned();
        let arguments = [u(amount), who(self.address(user)), Value::Principal(vault), Value::NONE];
        self.act("donate", (user, &contract, "transfer"), &arguments, &Ok(()));
        self.compare_money();
    }

    /// A guardian trips a breaker, or releases one.
    pub(crate) fn some_pause(&mut self) {
        let now = self.now();
        let mut breaker = *self.random.choice(&["all", "sales", "deposits"]).unwrap();
        let tripped = self.model.tripped.keys().find(|name| **name != "oracle");
        let is_release = tripped.is_some() || self.random.u32(..4) == 0;
        if let Some(tripped) = tripped.filter(|_| is_release) {
            breaker = tripped;
        }
        let name = Value::ascii(breaker).unwrap();
        if !is_release {
            self.model.trip(breaker, PAUSE, now);
            let arguments = [name, Value::ascii("drill").unwrap()];
            self.act("trip", (KEEPER, "parameters", "trip-breaker"), &arguments, &Ok(()));
        } else {
            let expected = self.model.release(breaker, now);
            self.act("release", (KEEPER, "parameters", "release-breaker"), &[name], &expected);
        }
    }

    /// One of what anybody may do at any time.
    pub(crate) fn some_keeping(&mut self) {
        let (caller, user, place) = (self.any_user(), self.any_user(), self.any_place());
        match self.random.u32(..9) {
            0 => self.close(caller, place),
            1 => {
                let expiry = self.some_expiry(place);
                self.settle(caller, place, expiry);
            }
            2 => {
                if let Some(id) = self.any_policy() {
                    self.claim(caller, id);
                }
            }
            3 => {
                let ids = (0..4).filter_map(|_| self.any_policy()).collect::<Vec<_>>();
                self.expire(caller, &ids);
            }
            4 => self.claim_credit(caller, user, place.token),
            5 => self.distribute(caller, place.token),
            6 => {
                let amount = self.random.u128(1..Self::whole(place.token) / 100);
                self.contribute(user, place.token, amount);
            }
            7 => {
                let amount = self.random.u128(1..Self::whole(place.token));
                self.donate(user, place.token, amount);
            }
            _ => self.some_pause(),
        }
    }

    /// An expiry that a bucket sold for, or today's.
    fn some_expiry(&mut self, place: Place) -> u64 {
        let sold: Vec<u64> = self.model.series(place).keys().map(|(expiry, _)| *expiry).collect();
        let now = self.now();
        self.random.choice(sold).unwrap_or_else(|| boundary_before(now))
    }

    /// Records the boundaries that a silence left out, and for which something was sold.
    fn record_boundaries(&mut self, now: u64) {
        let mut over: Vec<u64> = self
            .model
            .policies
            .iter()
            .filter(|policy| policy.is_booked && policy.expiry <= now)
            .map(|policy| policy.expiry)
            .collect();
        over.sort_unstable();
        over.dedup();
        for expiry in over {
            if self.boundary(expiry).is_none() {
                let expected: Answer<()> = Ok(());
                let arguments = [u(expiry.into())];
                self.act("record boundary", (KEEPER, "oracle", "record-boundary"), &arguments, &expected);
            }
        }
    }

    /// What time demands: settlements, claims, closes. All of it must succeed (invariant 7). Some policies are left
    /// unclaimed and some buckets unclosed, unless `everything` is to be done.
    pub(crate) fn catch_up(&mut self, everything: bool) {
        let now = self.now();
        self.settle_all(now);
        for id in 1..=self.model.policies.len() {
            let policy = &self.model.policies[id - 1];
            if policy.is_active && policy.expiry <= now && (everything || self.random.u32(..4) > 0) {
                let caller = if self.random.bool() { KEEPER } else { policy.owner };
                self.claim(caller, id);
            }
        }
        for place in self.model.terms.places() {
            let is_left = !everything && self.random.u32(..10) == 0;
            if boundary_before(now) >= self.model.bucket(place).due && !is_left {
                let keeper = self.any_user();
                self.close(keeper, place);
                let due = self.model.bucket(place).due;
                assert!(due > now, "{place:?} is due at {due}");
            }
        }
        self.compare_money();
    }

    /// The same in the buckets that somebody uses, all of it by the keeper, who earns the bounties.
    pub(crate) fn catch_up_as_keeper(&mut self) {
        let now = self.now();
        self.settle_all(now);
        for id in 1..=self.model.policies.len() {
            let policy = &self.model.policies[id - 1];
            if policy.is_active && policy.expiry <= now {
                self.claim(KEEPER, id);
            }
        }
        for place in self.model.terms.places() {
            let bucket = self.model.bucket(place);
            let is_used = bucket.assets > 0 || bucket.providers.iter().any(|one| !one.is_blank());
            if is_used && boundary_before(now) >= bucket.due {
                self.close(KEEPER, place);
            }
        }
        self.compare_money();
    }

    fn settle_all(&mut self, now: u64) {
        self.record_boundaries(now);
        for place in self.model.terms.places() {
            let sold = self.model.series(place);
            let mut over: Vec<u64> =
                sold.keys().map(|(expiry, _)| *expiry).filter(|expiry| *expiry <= now).collect();
            over.dedup();
            if !over.is_empty()
                && boundary_before(now) >= self.model.bucket(place).due
                && self.random.u32(..4) == 0
            {
                // It comes too early.
                self.close(KEEPER, place);
            }
            for expiry in over {
                self.settle(KEEPER, place, expiry);
            }
        }
    }
}
