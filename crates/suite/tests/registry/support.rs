//! What the registry's tests share: an opened suite, orders, and refusals that are remembered.

use std::collections::BTreeSet;

use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite_world::*;

use crate::bootstrap::refused;

/// More than anything costs.
pub(crate) const ANY_COST: u128 = 1_000_000_000_000_000;

/// The arguments of a purchase.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) token: Value,
    pub(crate) tier: u128,
    pub(crate) kind: u128,
    pub(crate) strike: u128,
    pub(crate) expiry: u128,
    pub(crate) size: u128,
    pub(crate) max_cost: u128,
}

impl Order {
    /// One bitcoin at 90,000 USD out of the balanced sBTC bucket.
    pub(crate) fn usual(w: &World, expiry: u64) -> Self {
        let token = w.sbtc.clone();
        let (strike, expiry) = (90_000 * USD, expiry.into());
        Self { token, tier: BALANCED, kind: PUT, strike, expiry, size: BTC, max_cost: ANY_COST }
    }

    pub(crate) fn args(&self) -> Vec<Value> {
        let mut args = self.terms();
        args.push(u(self.max_cost));
        args
    }

    pub(crate) fn quote_args(&self, buyer: Address) -> Vec<Value> {
        let mut args = self.terms();
        args.push(who(buyer));
        args
    }

    fn terms(&self) -> Vec<Value> {
        let mut args = vec![self.token.clone()];
        args.extend([self.tier, self.kind, self.strike, self.expiry, self.size].map(u));
        args
    }

    /// Peter buys; the id of the first policy.
    pub(crate) fn buy(&self, w: &mut World) -> u128 {
        let bought = w.registry(w.peter, "purchase-protection", &self.args());
        num(bought.ok().unwrap(), "policy")
    }
}

/// The refusals of a test.
#[derive(Default)]
pub(crate) struct Refusals {
    pub(crate) codes: BTreeSet<u128>,
}

impl Refusals {
    /// The registry refuses a call with this code and nothing has changed.
    pub(crate) fn refused(
        &mut self,
        w: &mut World,
        sender: Address,
        function: &str,
        args: &[Value],
        code: u128,
    ) {
        refused(w, sender, "policy-registry", function, args, code);
        self.codes.insert(code);
    }

    /// A read-only function of the registry answers with this code.
    pub(crate) fn unanswered(&mut self, w: &mut World, function: &str, args: &[Value], code: u128) {
        let answer = w.vm.read("policy-registry", function, args).unwrap();
        assert_eq!(answer.err_code().unwrap(), code, "{function}");
        self.codes.insert(code);
    }

    /// Neither quoted nor sold.
    pub(crate) fn unsold(&mut self, w: &mut World, order: &Order, code: u128) {
        let peter = w.peter;
        self.unanswered(w, "get-quote", &order.quote_args(peter), code);
        self.refused(w, peter, "purchase-protection", &order.args(), code);
    }
}

/// Makes fingerprints take in everything that a call of the registry writes for the first policies, these people and the
/// buckets in use.
pub(crate) fn watch(w: &mut World, policies: u128, expiries: &[u64]) {
    let tuple = |fields: &[(&str, Value)]| {
        Value::tuple(fields.iter().map(|(name, value)| ((*name).parse().unwrap(), value.clone())))
    };
    let mut entries: Vec<(&str, &str, Value)> = Vec::new();
    let people = [w.peter, w.irene, w.ivan, w.keeper, w.stranger];
    for id in 0..=policies {
        entries.push(("policy-registry", "policies", u(id)));
        entries.push(("policy-registry", "status-place", u(id)));
        for at in 0..3 {
            entries.push(("policy-registry", "policy-events", tuple(&[("policy", u(id)), ("at", u(at))])));
        }
        for status in 1..=5 {
            let key = tuple(&[("status", u(status)), ("at", u(id))]);
            entries.push(("policy-registry", "status-index", key));
        }
    }
    for status in 1..=5 {
        entries.push(("policy-registry", "status-count", u(status)));
    }
    for expiry in expiries {
        entries.push(("policy-registry", "expiry-count", u((*expiry).into())));
    }
    let pool = Value::from(w.vm.contract("liquidity-pool").unwrap());
    for token in [w.sbtc.clone(), w.stx.clone()] {
        for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
            let bucket = [("tier", u(tier)), ("token", token.clone())];
            entries.push(("liquidity-pool", "buckets", tuple(&bucket)));
            for expiry in expiries {
                let [tier, token] = bucket.clone();
                let place = tuple(&[tier, token, ("expiry", u((*expiry).into()))]);
                entries.push(("liquidity-pool", "books", place.clone()));
                entries.push(("liquidity-pool", "settlements", place));
            }
        }
        let account = tuple(&[("backend", pool.clone()), ("token", token.clone())]);
        entries.push(("liquidity-pool-vault", "accounts", account));
        entries.push(("liquidity-pool-vault", "tokens", token.clone()));
        entries.push(("treasury", "tokens", token.clone()));
        for person in people {
            let key = tuple(&[("who", who(person)), ("token", token.clone())]);
            entries.push(("liquidity-pool", "credits", key));
        }
    }
    for person in people {
        entries.push(("policy-registry", "owner-count", who(person)));
        for action in ["purchase", "sell-back"] {
            let key = tuple(&[("action", Value::ascii(action).unwrap()), ("user", who(person))]);
            entries.push(("parameters", "rate-limiting", key));
        }
    }
    entries.push(("policy-registry", "provider-count", pool));
    for (contract, map, key) in entries {
        w.vm.watch_entry(contract, map, key).unwrap();
    }
}

/// Capital in the buckets that the tests buy from: 200 BTC balanced, 30 BTC aggressive, 2 million STX aggressive.
pub(crate) fn provide(w: &mut World) {
    let (sbtc, stx) = (w.sbtc.clone(), w.stx.clone());
    w.commit(w.irene, BALANCED, &sbtc, 200 * BTC);
    w.commit(w.ivan, AGGRESSIVE, &sbtc, 30 * BTC);
    w.commit(w.ivan, AGGRESSIVE, &stx, 2_000_000 * STX);
    w.next_boundary();
    for (tier, token) in [(BALANCED, &sbtc), (AGGRESSIVE, &sbtc), (AGGRESSIVE, &stx)] {
        w.close(tier, token).ok().unwrap();
    }
}

/// A policy as the registry holds it.
pub(crate) fn policy(w: &mut World, id: u128) -> Value {
    w.read("policy-registry", "get-policy", &[u(id)]).as_optional().unwrap().unwrap().clone()
}

/// A contract's principal.
pub(crate) fn principal(w: &World, name: &str) -> Value {
    Value::Principal(Principal::Contract(w.vm.contract(name).unwrap()))
}
