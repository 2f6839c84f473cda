//! Random business of several users, and every event that it prints.

use bithedge_stacks::{Address, Value};
use bithedge_suite::SuiteEvent;
use bithedge_suite_world::*;
use bithedge_vm::{Event, Outcome};
use fastrand::Rng;

use crate::projection::Projection;

pub(crate) struct Traffic {
    random: Rng,
    open: Vec<(u128, Address, Value, u64)>,
    pub(crate) projection: Projection,
    started: bool,
}

pub(crate) fn users(w: &World) -> [Address; 4] {
    [w.peter, w.irene, w.ivan, w.stranger]
}

impl Traffic {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Rng::with_seed(seed),
            open: Vec::new(),
            projection: Projection::default(),
            started: false,
        }
    }

    fn note(&mut self, outcome: &Outcome) {
        for event in &outcome.events {
            let Event::Print { contract, value } = event else { continue };
            let name = value.field("event").unwrap().as_ascii().unwrap().to_owned();
            let Ok(event) = SuiteEvent::decode(contract.name.as_str(), value) else {
                panic!("{contract}: {value}")
            };
            self.projection.apply(&name, event);
        }
    }

    fn call(
        &mut self,
        w: &mut World,
        sender: Address,
        contract: &str,
        function: &str,
        arguments: &[Value],
    ) -> bool {
        let outcome = w.call(sender, contract, function, arguments);
        self.note(&outcome);
        outcome.ok().is_ok()
    }

    /// The buckets were opened before the first event that is read: they start from nothing.
    fn start(&mut self, w: &mut World) {
        for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
            for token in [w.sbtc.clone(), w.stx.clone()] {
                let capacity = num(&w.bucket(tier, &token), "capacity");
                self.projection.open(tier, token.as_principal().unwrap().clone(), capacity);
                let provider = users(w)[self.random.usize(..4)];
                let amount = if token == w.sbtc { 5 * BTC } else { 2_000_000 * STX };
                assert!(self.call(
                    w,
                    provider,
                    "liquidity-pool",
                    "commit-capital",
                    &[u(tier), token, u(amount)]
                ));
            }
        }
        self.day(w);
    }

    pub(crate) fn step(&mut self, w: &mut World) {
        if !self.started {
            self.started = true;
            self.start(w);
        }
        let user = users(w)[self.random.usize(..4)];
        let token = if self.random.bool() { w.sbtc.clone() } else { w.stx.clone() };
        let tier = self.random.u128(1..=3);
        let bucket = [u(tier), token.clone()];
        match self.random.u32(..100) {
            0..15 => {
                let whole = if token == w.sbtc { BTC } else { 200_000 * STX };
                let amount = self.random.u128(whole / 1_000..5 * whole);
                self.call(w, user, "liquidity-pool", "commit-capital", &[u(tier), token, u(amount)]);
            }
            15..40 => self.buy(w, user, tier, &token),
            40..52 => {
                let shares = num(&w.position(tier, &token, user), "shares");
                let part = self.random.u128(1..=4);
                let exit = [u(tier), token, u(shares * part / 4)];
                self.call(w, user, "liquidity-pool", "request-withdrawal", &exit);
            }
            52..55 => {
                self.call(w, user, "liquidity-pool", "claim-yield", &bucket);
            }
            55..59 => {
                self.call(w, user, "liquidity-pool", "cancel-withdrawal", &bucket);
            }
            59..63 => {
                self.call(w, user, "liquidity-pool", "cancel-deposit", &bucket);
            }
            63..70 => {
                let arguments = [u(tier), token, who(user)];
                self.call(w, w.keeper, "liquidity-pool", "claim-withdrawal", &arguments);
            }
            70..78 => self.end_early(w),
            78..81 => {
                self.call(w, w.keeper, "liquidity-pool", "claim-credit", &[token.clone(), who(w.keeper)]);
                self.call(w, w.keeper, "treasury", "distribute", &[token]);
            }
            81..87 => {
                let (low, high) = (w.btc_price * 75 / 100, w.btc_price * 130 / 100);
                w.stx_price = (w.stx_price * self.random.u128(70..140) / 100).clamp(USD / 50, 20 * USD);
                w.walk_to(self.random.u128(low..high).clamp(20_000 * USD, 400_000 * USD));
            }
            87..89 => {
                let now = w.vm.now().unwrap();
                w.vm.advance_to(now + self.random.u64(3..5) * DAY).unwrap();
                let shares = num(&w.position(tier, &token, user), "shares");
                self.call(w, user, "liquidity-pool", "exit-dead-bucket", &[u(tier), token, u(shares / 2)]);
                w.report();
                self.catch_up(w);
            }
            _ => self.day(w),
        }
    }

    fn buy(&mut self, w: &mut World, user: Address, tier: u128, token: &Value) {
        let part = [self.random.u128(50..80), self.random.u128(80..92), self.random.u128(93..105)];
        let grid = if tier == CONSERVATIVE { 50_000 } else { 40_000 };
        let step = w.read("liquidity-pool", "strike-step", &[u(w.btc_price), u(grid)]).as_uint().unwrap();
        let strike = (w.btc_price * part[usize::try_from(tier - 1).unwrap()] / 100).div_ceil(step) * step;
        let days = self.random.u64(1..9);
        let expiry = w.expiry(days);
        let size = self.random.u128(5_000..2 * BTC);
        let arguments =
            [token.clone(), u(tier), u(PUT), u(strike), u(expiry.into()), u(size), u(1_000_000_000_000_000)];
        let first = w.read("policy-registry", "get-policy-count", &[]).as_uint().unwrap() + 1;
        if self.call(w, user, "policy-registry", "purchase-protection", &arguments) {
            let last = w.read("policy-registry", "get-policy-count", &[]).as_uint().unwrap();
            for id in first..=last {
                self.open.push((id, user, token.clone(), expiry));
            }
        }
    }

    fn end_early(&mut self, w: &mut World) {
        if self.open.is_empty() {
            return;
        }
        let index = self.random.usize(..self.open.len());
        let (id, owner, token, _) = self.open[index].clone();
        let function = if self.random.bool() { "cancel-protection" } else { "activate-protection" };
        if self.call(w, owner, "policy-registry", function, &[u(id), token, u(0)]) {
            self.open.swap_remove(index);
        }
    }

    fn day(&mut self, w: &mut World) {
        w.next_boundary();
        self.catch_up(w);
    }

    /// What time demands: settlements, claims or expiries, closes.
    fn catch_up(&mut self, w: &mut World) {
        let now = w.vm.now().unwrap();
        let (over, open): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.open).into_iter().partition(|one| one.3 <= now);
        self.open = open;
        for (_, _, token, expiry) in &over {
            if w.read("oracle", "get-boundary", &[u((*expiry).into())]).as_optional().unwrap().is_none() {
                w.call(w.keeper, "oracle", "record-boundary", &[u((*expiry).into())]).ok().unwrap();
            }
            for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
                let settle = [u(tier), token.clone(), u((*expiry).into())];
                self.call(w, w.keeper, "policy-registry", "settle-expiry", &settle);
            }
        }
        if self.random.bool() {
            let ids = over.iter().take(20).map(|one| u(one.0)).collect();
            self.call(w, w.keeper, "policy-registry", "expire-policies", &[Value::List(ids)]);
        }
        for (id, _, token, _) in over {
            self.call(w, w.keeper, "policy-registry", "claim-settlement", &[u(id), token]);
        }
        for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
            for token in [w.sbtc.clone(), w.stx.clone()] {
                self.call(w, w.keeper, "liquidity-pool", "close-epoch", &[u(tier), token]);
            }
        }
    }
}
