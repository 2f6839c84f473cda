//! How the chain begins, and what time demands of it.

use super::{
    DAY, Policy, Sim, Stream, TOKENS, USD, VIRTUAL_SHARES, Value, event, principal, text, token, u, who,
};

impl Stream {
    pub(super) fn set_up(&mut self) {
        for (is_sbtc, asset) in [(true, 1), (false, 2)] {
            let fields = vec![
                ("token", token(is_sbtc)),
                ("symbol", text(if is_sbtc { "sBTC" } else { "STX" })),
                ("decimals", u(8)),
                ("asset", u(asset)),
                ("collateralization-ratio", u(2_000_000)),
                ("liquidation-threshold", u(1_200_000)),
                ("price-feed", principal("oracle")),
                ("min-deposit", u(100_000)),
                ("min-premium", u(100)),
                ("bounty", u(50)),
                ("active", Value::Bool(true)),
            ];
            self.print("liquidity-pool", event("collateral-token-set", fields));
        }
        for tier in 1..=3_u8 {
            let fields = vec![
                ("tier", u(tier.into())),
                ("name", text("a tier")),
                ("min-strike", u(500_000)),
                ("max-strike", u(1_050_000)),
                ("grid", u(40_000)),
                ("floor-ratio", u(500_000)),
                ("markup", u(200_000)),
                ("skew", u(300_000)),
                ("max-duration", u(7_776_000)),
                ("utilisation-limit", u(900_000)),
                ("buffer", u(20_000)),
                ("exit-fee", u(1_000)),
                ("exit-fee-slope", u(4_000)),
                ("isolated", Value::Bool(true)),
                ("overflow", text("reject")),
            ];
            self.print("liquidity-pool", event("tier-set", fields));
            for is_sbtc in TOKENS {
                let fields = vec![
                    ("tier", u(tier.into())),
                    ("token", token(is_sbtc)),
                    ("capacity", u(500_000_000_000_000)),
                ];
                self.print("liquidity-pool", event("bucket-set", fields));
                let due = (self.time + 3_600 - 28_800).div_ceil(DAY) * DAY + 28_800;
                self.buckets.insert((tier, is_sbtc), Sim { epoch: 1, due, ..Sim::default() });
            }
        }
    }

    /// What time demands: the boundary's price, settlements, closes; claims follow.
    pub(super) fn catch_up(&mut self) {
        let boundary = (self.time - 28_800) / DAY * DAY + 28_800;
        let due: Vec<(u8, bool)> = self.buckets.keys().copied().collect();
        let mut expiries: Vec<u64> = self
            .buckets
            .values()
            .flat_map(|sim| sim.books.keys().copied())
            .filter(|one| *one <= boundary)
            .collect();
        expiries.push(boundary);
        expiries.sort_unstable();
        expiries.dedup();
        for at in expiries {
            let fields = vec![
                ("at", u(at.into())),
                ("btc", u(self.btc)),
                ("stx", u(USD)),
                ("vol-ask", u(700_000)),
                ("vol-low", u(500_000)),
                ("short", u(600_000)),
                ("long", u(550_000)),
                ("method", u(1)),
                ("recorded-at", u(self.time.into())),
                ("by", who(0)),
            ];
            self.print("oracle", event("boundary-recorded", fields));
        }
        for bucket in due {
            self.settle(bucket, boundary);
            self.close(bucket, boundary);
        }
    }

    fn settle(&mut self, bucket: (u8, bool), boundary: u64) {
        let btc = self.btc;
        loop {
            let sim = self.buckets.get_mut(&bucket).unwrap();
            let Some(expiry) = sim.books.keys().next().copied().filter(|one| *one <= boundary) else {
                return;
            };
            let book = sim.books.remove(&expiry).unwrap();
            let of = |strike: u128, size: u128| {
                if btc >= strike {
                    0
                } else if bucket.1 {
                    (size * (strike - btc) / btc).min(size)
                } else {
                    size * (strike - btc.max(strike.div_ceil(2))) / (100 * USD)
                }
            };
            let (mut due, mut size, mut locked, mut required) = (0, 0, 0, 0);
            let mut settled = Vec::new();
            for (strike, series) in &book {
                let series_due = of(*strike, series.0);
                due += series_due;
                size += series.0;
                locked += series.1;
                required += series.2;
                if series_due > 0 {
                    settled.push((*strike, series.0, series_due));
                }
            }
            sim.assets -= due;
            sim.locked -= locked;
            sim.required -= required;
            let assets = sim.assets;
            let place = |fields: Vec<(&'static str, Value)>| {
                let mut all = vec![
                    ("tier", u(bucket.0.into())),
                    ("token", token(bucket.1)),
                    ("expiry", u(expiry.into())),
                ];
                all.extend(fields);
                all
            };
            for (strike, size, due) in settled {
                let fields = place(vec![
                    ("strike", u(strike)),
                    ("floor", u(strike.div_ceil(2))),
                    ("size", u(size)),
                    ("due", u(due)),
                    ("reserved", u(due)),
                    ("owed", u(0)),
                ]);
                self.print("liquidity-pool", event("series-settled", fields));
            }
            self.vault("collateral-released", bucket.1, locked, vec![("policy-ids", Value::list([]))]);
            let fields = place(vec![
                ("spot", u(btc)),
                ("stx", u(USD)),
                ("size", u(size)),
                ("due", u(due)),
                ("reserved", u(due)),
                ("fund", u(0)),
                ("owed", u(0)),
                ("released", u(locked)),
                ("assets", u(assets)),
                ("bounty", u(0)),
            ]);
            self.print("liquidity-pool", event("expiry-settled", fields));
            let is_over = |one: &Policy| one.bucket == bucket && one.expiry == expiry;
            let (over, rest) = std::mem::take(&mut self.policies).into_iter().partition(is_over);
            self.policies = rest;
            let over: Vec<Policy> = over;
            self.claims.extend(over.into_iter().map(|one| {
                let paid = of(one.strike, one.size);
                (one, paid)
            }));
        }
    }

    pub(super) fn claim(&mut self, policy: &Policy, paid: u128) {
        self.pay(policy, paid);
        let fields = vec![
            ("tier", u(policy.bucket.0.into())),
            ("token", token(policy.bucket.1)),
            ("expiry", u(policy.expiry.into())),
            ("strike", u(policy.strike)),
            ("policy", u(policy.id)),
            ("owner", who(policy.owner)),
            ("size", u(policy.size)),
            ("due", u(paid)),
            ("paid", u(paid)),
            ("dust", u(0)),
            ("bounty", u(0)),
        ];
        self.print("liquidity-pool", event("claim-paid", fields));
        let mut fields = vec![
            ("policy", u(policy.id)),
            ("owner", who(policy.owner)),
            ("price", u(self.btc)),
            ("by", who(0)),
        ];
        if paid > 0 {
            fields.extend([("due", u(paid)), ("paid", u(paid))]);
            self.print("policy-registry", event("policy-settled", fields));
        } else {
            self.print("policy-registry", event("policy-expired", fields));
        }
    }

    fn close(&mut self, bucket: (u8, bool), boundary: u64) {
        let sim = self.buckets.get_mut(&bucket).unwrap();
        let (shares, assets) = (sim.shares, sim.assets);
        let pair = shares + VIRTUAL_SHARES;
        let queue = sim.queued + sim.exits;
        let free = assets - sim.locked;
        let value = queue * (assets + 1) / pair;
        let exited = if value <= free { queue } else { queue * free / value };
        let paid = free.min(exited * (assets + 1) / pair);
        let nav = if shares == 0 { 0 } else { assets };
        let deposits: u128 = sim.deposits.iter().map(|one| one.1).sum();
        let minted = deposits * pair / (nav + 1);
        for (person, deposit) in std::mem::take(&mut sim.deposits) {
            let provider = sim.providers.entry(person).or_default();
            // A deposit's own part may round a share less than what its owner gets for all of them together.
            provider.0 += deposit * pair / (nav + 1);
            provider.1 += deposit;
        }
        sim.assets = assets - paid + deposits;
        sim.shares = shares - exited + minted;
        (sim.queued, sim.exits) = (queue - exited, 0);
        sim.due = boundary + DAY;
        let fields = vec![
            ("tier", u(bucket.0.into())),
            ("token", token(bucket.1)),
            ("epoch", u(sim.epoch)),
            ("boundary", u(boundary.into())),
            ("spot", u(self.btc)),
            ("stx", u(USD)),
            ("nav-deposit", u(nav)),
            ("nav-exit", u(assets)),
            ("shares", u(shares)),
            ("generation", u(0)),
            ("exited", u(exited)),
            ("paid", u(paid)),
            ("fee", u(0)),
            ("deposited", u(deposits)),
            ("minted", u(minted)),
            ("returned", Value::Bool(false)),
            ("queued", u(sim.queued)),
            ("assets", u(sim.assets)),
            ("due", u(sim.due.into())),
            ("bounty", u(0)),
        ];
        sim.epoch += 1;
        self.print("liquidity-pool", event("epoch-closed", fields));
    }
}
