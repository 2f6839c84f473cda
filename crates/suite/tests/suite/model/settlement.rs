//! What happens to policies at their expiry.

use super::number::mul_div;
use super::policy::payout;
use super::*;

/// What the oracle recorded for a boundary: prices USD e8, volatilities ppm a year.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Boundary {
    /// BTC.
    pub btc: u128,
    /// STX.
    pub stx: u128,
    /// To value exits with.
    pub vol_ask: u128,
    /// To value deposits with.
    pub vol_low: u128,
}

/// What a settled series in the money owes and has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The payout of all its policies together.
    pub due: u128,
    /// What was set aside for it.
    pub reserved: u128,
    /// What of that was not claimed.
    pub left: u128,
}

/// What came of a settlement, for a bucket and expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// The payout of all series.
    pub due: u128,
    /// What was set aside.
    pub reserved: u128,
    /// What of that came from the insurance fund.
    pub covered: u128,
}

impl Model {
    /// Settles what a bucket sold for an expiry.
    pub(crate) fn settle(
        &mut self,
        keeper: User,
        place: Place,
        expiry: u64,
        price: Option<&Boundary>,
        now: u64,
    ) -> Answer<Settled> {
        let mut series = self.series(place);
        series.retain(|(of, _), _| *of == expiry);
        let mut refused = Vec::new();
        if series.is_empty() {
            refused.push(refusal::NOTHING_TO_SETTLE);
        }
        if now < expiry {
            refused.push(refusal::EXPIRY_TO_COME);
        }
        if price.is_none() {
            refused.push(refusal::NO_BOUNDARY_PRICE);
        }
        let Some(price) = price.filter(|_| refused.is_empty()) else { return Err(refused) };

        let due = series.iter().map(|((_, strike), one)| {
            (*strike, payout(place.token, one.size, *strike, one.floor, price.btc, price.stx), one.locked)
        });
        let due: Vec<(u128, u128, u128)> = due.collect();
        let all_due: u128 = due.iter().map(|(_, due, _)| due).sum();
        let secured: u128 = due.iter().map(|(_, due, lock)| due.min(lock)).sum();
        let missing = all_due - secured;
        let locked_here: u128 = due.iter().map(|(_, _, lock)| lock).sum();
        let of_others = self.locked(place) - locked_here;
        let unlocked = self.bucket(place).assets.saturating_sub(secured + of_others);
        let own = missing.min(unlocked);
        let fund = self.funds.get_mut(&place.token).unwrap();
        let covered = if missing > own { fund.cover(expiry, missing - own, now) } else { 0 };

        let mut reserved = 0;
        let bucket = self.buckets.get_mut(&place).unwrap();
        for (strike, due, lock) in due.into_iter().filter(|(_, due, _)| *due > 0) {
            let lacks = due - due.min(lock);
            let reserve = if lacks == 0 { due } else { due - lacks + mul_div(lacks, own + covered, missing) };
            reserved += reserve;
            bucket.claims.insert((expiry, strike), Claim { due, reserved: reserve, left: reserve });
        }
        bucket.prices.insert(expiry, *price);
        bucket.assets = bucket.assets + covered - reserved;
        bucket.payouts += reserved.saturating_sub(covered);
        let mut count = 0;
        for policy in &mut self.policies {
            if policy.is_booked && policy.place == place && policy.expiry == expiry {
                policy.is_booked = false;
                count += 1;
            }
        }
        self.reward(place, keeper, count.min(5) * self.terms.collateral[&place.token].bounty);
        Ok(Settled { due: all_due, reserved, covered })
    }

    /// Pays a policy of a settled expiry to its owner.
    pub(crate) fn claim(&mut self, caller: User, id: usize, now: u64) -> Answer<u128> {
        let policy = self.policies[id - 1].clone();
        let mut refused = Vec::new();
        if !policy.is_active {
            refused.push(refusal::NOT_ACTIVE);
        }
        if now < policy.expiry {
            refused.push(refusal::NOT_EXPIRED);
        }
        if policy.is_active && policy.is_booked {
            refused.push(refusal::NOT_SETTLED);
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        self.policies[id - 1].is_active = false;
        let key = (policy.expiry, policy.strike);
        let is_last = !self
            .policies
            .iter()
            .any(|one| one.is_active && one.place == policy.place && (one.expiry, one.strike) == key);
        let bucket = self.buckets.get_mut(&policy.place).unwrap();
        let price = bucket.prices[&policy.expiry];
        let mut paid = 0;
        if let Some(claim) = bucket.claims.get_mut(&key) {
            let due = policy.payout(price.btc, price.stx);
            paid = if claim.due == claim.reserved { due } else { mul_div(due, claim.reserved, claim.due) };
            claim.left -= paid;
            if is_last {
                bucket.assets += claim.left;
                bucket.claims.remove(&key);
            }
        }
        self.receive(policy.owner, policy.place.token, paid);
        if caller != policy.owner {
            self.reward(policy.place, caller, self.terms.collateral[&policy.place.token].bounty);
        }
        Ok(paid)
    }

    /// Ends policies that ran out of the money; how many.
    pub(crate) fn expire(
        &mut self,
        ids: &[usize],
        price: impl Fn(u64) -> Option<Boundary>,
        now: u64,
    ) -> u128 {
        let mut count = 0;
        for id in ids {
            let Some(policy) = self.policies.get_mut(id - 1) else { continue };
            let is_over = policy.is_active && now >= policy.expiry;
            if is_over && price(policy.expiry).is_some_and(|price| price.btc >= policy.strike) {
                policy.is_active = false;
                count += 1;
            }
        }
        count
    }
}
