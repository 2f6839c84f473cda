//! The close of a bucket's epoch.

use super::bucket::{Close, first_boundary_for};
use super::number::{PPM, mul_div, mul_div_up};
use super::policy::{self, Series};
use super::settlement::Boundary;
use super::*;

impl Model {
    /// Closes a bucket's epoch at the newest boundary. `index` is the contract's index of the exit queue before.
    pub(crate) fn close(
        &mut self,
        keeper: User,
        place: Place,
        price: Option<&Boundary>,
        index: u128,
        now: u64,
    ) -> Answer<u128> {
        let boundary = boundary_before(now);
        let bucket = self.bucket(place);
        let series = self.series(place);
        let mut refused = Vec::new();
        if boundary < bucket.due {
            refused.push(refusal::CLOSE_NOT_DUE);
        }
        if series.keys().any(|(expiry, _)| *expiry <= boundary) {
            refused.push(refusal::SETTLE_FIRST);
        }
        let Some(price) = price.filter(|_| refused.is_empty()) else {
            if price.is_none() {
                refused.push(refusal::NO_BOUNDARY_PRICE);
            }
            return Err(refused);
        };
        let (high, low) = self.marks(place, &series, boundary, price);
        let needed = self.needed(place, price.stx);
        let bounty = self.terms.collateral[&place.token].bounty;
        let bucket = self.bucket_mut(place);
        let epoch = bucket.epoch;
        bucket.close(high, low, needed, series.is_empty(), index);
        bucket.boundary = boundary;
        bucket.due = (boundary + DAY).max(first_boundary_for(bucket.late_request));
        self.reward(place, keeper, bounty);
        Ok(epoch)
    }

    /// What is sold is worth, at the ask for exits and at the least for deposits.
    fn marks(
        &self,
        place: Place,
        series: &BTreeMap<(u64, u128), Series>,
        boundary: u64,
        price: &Boundary,
    ) -> (u128, u128) {
        let markup = self.terms.tiers[&place.tier].markup;
        series.iter().fold((0, 0), |(high, low), ((expiry, strike), one)| {
            let term = expiry - boundary;
            let ask = policy::volatility_up(price.vol_ask, price.btc, *strike, markup);
            let least = policy::volatility_up(price.vol_low, price.btc, *strike, 0);
            let at = |volatility| policy::put(price.btc, *strike, volatility, term);
            (
                high + one.mark(place.token, *strike, at(ask), price, true),
                low + one.mark(place.token, *strike, at(least), price, false),
            )
        })
    }
}

impl Bucket {
    /// Steps 1 to 4 of a close: marks of what is sold, high and low; the collateral needed; whether nothing is sold.
    fn close(&mut self, high: u128, low: u128, needed: u128, idle: bool, index: u128) {
        const VIRTUAL: u128 = 1_000_000;
        const MAX_SHARES: u128 = 100_000_000_000_000_000_000_000;
        let nav_exit = self.assets.saturating_sub(high);
        let is_empty = idle && (self.assets == 0 || self.assets * 1_000_000_000_000 < self.shares);
        let is_healthy = self.assets > 0 && 10 * nav_exit >= self.assets;
        if is_empty && self.shares > 0 {
            self.generation += 1;
            (self.shares, self.queued, self.unowned) = (0, 0, 0);
            self.providers.iter_mut().for_each(Provider::void);
            self.orphan.void();
        }
        let pair_shares = self.shares + VIRTUAL;
        let nav_deposit = if self.shares == 0 { 0 } else { self.assets.saturating_sub(low) };

        let queue = self.queued + self.requested(|request| request.exit).0;
        self.providers.iter_mut().for_each(Provider::admit);
        let buffer = mul_div_up(needed, super::Terms::BUFFER, PPM);
        let free = self.assets.saturating_sub(needed + buffer);
        let value = mul_div(queue, nav_exit + 1, pair_shares);
        let exited = match (is_healthy, value <= free) {
            (false, _) => 0,
            (true, true) => queue,
            (true, false) => mul_div(queue, free, value),
        };
        let gross = free.min(mul_div(exited, nav_exit + 1, pair_shares));
        let used = if self.assets == 0 { 0 } else { mul_div(needed, PPM, self.assets).min(PPM) };
        let rate = super::Terms::EXIT_FEE + mul_div(super::Terms::EXIT_FEE_SLOPE, used, PPM);
        let paid = gross - gross.min(mul_div_up(gross, rate, PPM));
        for provider in self.providers.iter_mut().chain([&mut self.orphan]) {
            provider.fill(exited, paid, queue, index);
        }

        let deposits = self.requested(|request| request.deposit).0;
        let minted = mul_div(deposits, pair_shares, nav_deposit + 1);
        let is_returned = !is_healthy && !is_empty || self.shares + minted > MAX_SHARES;
        let minted = if is_returned { 0 } else { minted };
        self.unowned += minted;
        for provider in &mut self.providers {
            let deposit = std::mem::take(&mut provider.now.deposit);
            if is_returned {
                provider.returned += deposit;
                self.refunds += deposit;
            } else if deposit > 0 {
                let shares = mul_div(deposit, pair_shares, nav_deposit + 1);
                provider.shares += shares;
                provider.basis += deposit;
                self.unowned -= shares;
                self.mints += 1;
            }
            provider.now = std::mem::take(&mut provider.next);
        }
        let deposited = if is_returned { 0 } else { deposits };
        self.assets = self.assets - paid + deposited;
        self.shares = self.shares - exited + minted;
        self.queued = queue - exited;
        self.filled += paid;
        self.epoch += 1;
        self.fresh = 0;
        self.last = Some(Close {
            nav_exit: nav_exit + 1,
            nav_deposit: nav_deposit + 1,
            shares: pair_shares,
            exited,
            paid,
            deposited,
        });
    }
}
