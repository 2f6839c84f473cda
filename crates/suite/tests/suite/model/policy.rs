//! Policies: what they promise, what they are worth, and how they end before their expiry.

use bithedge_protocol::{Ppm, Seconds, UsdE8, math};

use super::number::{PPM, mul_div, mul_div_up};
use super::settlement::Boundary;
use super::*;

/// What the oracle says now: latest prices, half-hour averages (USD e8), volatilities to sell and to buy at (ppm a year).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pricing {
    /// When the latest prices were accepted.
    pub at: u64,
    /// BTC, latest.
    pub btc: u128,
    /// STX, latest.
    pub stx: u128,
    /// BTC, average.
    pub btc_twap: u128,
    /// STX, average.
    pub stx_twap: u128,
    /// To sell at.
    pub vol_ask: u128,
    /// To buy back at.
    pub vol_bid: u128,
}

/// A policy of the pool.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// Who holds it.
    pub owner: User,
    /// What backs it.
    pub place: Place,
    /// USD e8.
    pub strike: u128,
    /// Seconds since 1970.
    pub expiry: u64,
    /// Satoshis.
    pub size: u128,
    /// USD e8.
    pub floor: u128,
    /// Collateral locked for it, base units.
    pub lock: u128,
    /// Collateral that it calls for, USD e8; none for sBTC.
    pub required: u128,
    /// When it was sold.
    pub created: u64,
    /// Whether the registry has not ended it.
    pub is_active: bool,
    /// Whether its lock still stands: it was not ended early, and its expiry is not settled.
    pub is_booked: bool,
}

impl Policy {
    /// What it pays at prices in USD e8, base units.
    pub(crate) fn payout(&self, spot: u128, stx: u128) -> u128 {
        payout(self.place.token, self.size, self.strike, self.floor, spot, stx)
    }
}

/// All booked policies of a bucket with the same expiry and strike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Series {
    /// Satoshis.
    pub size: u128,
    /// USD e8.
    pub floor: u128,
    /// Base units.
    pub locked: u128,
    /// USD e8.
    pub required: u128,
}

impl Series {
    /// What it is worth at an option price of one bitcoin (USD e12): never more than it can pay.
    pub(super) fn mark(&self, token: Token, strike: u128, price: u128, at: &Boundary, up: bool) -> u128 {
        let divide = if up { mul_div_up } else { mul_div };
        match token {
            Token::Sbtc => {
                let cap = mul_div_up(self.size, strike - self.floor, self.floor);
                divide(self.size, price, at.btc * 10_000).min(cap)
            }
            Token::Stx => divide(self.size, price.min((strike - self.floor) * 10_000), at.stx * 1_000_000),
        }
    }
}

/// What `size` satoshis pay at a spot price, rounded down.
pub(super) fn payout(token: Token, size: u128, strike: u128, floor: u128, spot: u128, stx: u128) -> u128 {
    if spot >= strike {
        return 0;
    }
    match token {
        Token::Sbtc => mul_div(size, strike - spot, spot).min(mul_div(size, strike - floor, floor)),
        Token::Stx => mul_div(size, strike - spot.max(floor), 100 * stx),
    }
}

/// Price of one bitcoin's put, USD e12.
pub(super) fn put(spot: u128, strike: u128, volatility: u128, term: u64) -> u128 {
    math::put_price(UsdE8::new(spot), UsdE8::new(strike), Ppm::new(volatility), Seconds::new(term))
        .unwrap()
        .base_units()
}

/// The smile: volatility at a strike, before markup or spread.
fn smile(volatility: u128, spot: u128, strike: u128) -> u128 {
    volatility + mul_div(Terms::SKEW, spot.saturating_sub(strike), spot)
}

/// Volatility at a strike with a markup, rounded up.
pub(super) fn volatility_up(volatility: u128, spot: u128, strike: u128, markup: u128) -> u128 {
    mul_div_up(smile(volatility, spot, strike), PPM + markup, PPM)
}

/// What the pool pays for a policy that is sold back, base units.
fn refund(policy: &Policy, pricing: &Pricing, now: u64) -> u128 {
    let (spot, stx) = (pricing.btc.max(pricing.btc_twap), pricing.stx.max(pricing.stx_twap));
    let volatility = mul_div(smile(pricing.vol_bid, spot, policy.strike), PPM - Terms::BID_SPREAD, PPM);
    let price = put(spot, policy.strike, volatility, policy.expiry - now);
    let worth = match policy.place.token {
        Token::Sbtc => mul_div(policy.size, price, spot * 10_000),
        Token::Stx => mul_div(policy.size, price, stx * 1_000_000),
    };
    worth.min(policy.lock)
}

/// The locks; for STX at least what the policies call for, at today's price.
pub(super) fn collateral_needed(token: Token, locked: u128, required: u128, stx: u128) -> u128 {
    match token {
        Token::Sbtc => locked,
        Token::Stx => locked.max(mul_div_up(required, 1_000_000, stx)),
    }
}

impl Model {
    /// Policies of a bucket whose locks stand.
    fn booked(&self, place: Place) -> impl Iterator<Item = &Policy> {
        self.policies.iter().filter(move |policy| policy.is_booked && policy.place == place)
    }

    /// How many policies' locks stand in a bucket.
    pub(crate) fn count(&self, place: Place) -> usize {
        self.booked(place).count()
    }

    /// What they lock.
    pub(crate) fn locked(&self, place: Place) -> u128 {
        self.booked(place).map(|policy| policy.lock).sum()
    }

    /// What they call for, USD e8.
    pub(crate) fn required(&self, place: Place) -> u128 {
        self.booked(place).map(|policy| policy.required).sum()
    }

    /// Collateral that a bucket needs at an STX price, base units.
    pub(crate) fn needed(&self, place: Place, stx: u128) -> u128 {
        collateral_needed(place.token, self.locked(place), self.required(place), stx)
    }

    /// The series of a bucket, by expiry and strike.
    pub(crate) fn series(&self, place: Place) -> BTreeMap<(u64, u128), Series> {
        let mut all = BTreeMap::<_, Series>::new();
        for policy in self.booked(place) {
            let one = all.entry((policy.expiry, policy.strike)).or_default();
            one.size += policy.size;
            one.floor = policy.floor;
            one.locked += policy.lock;
            one.required += policy.required;
        }
        all
    }

    fn end_early(&mut self, id: usize, amount: u128) {
        let policy = self.policies.get_mut(id - 1).unwrap();
        (policy.is_active, policy.is_booked) = (false, false);
        let (owner, place) = (policy.owner, policy.place);
        let bucket = self.bucket_mut(place);
        bucket.assets -= amount;
        bucket.fresh = bucket.fresh.saturating_sub(amount);
        bucket.payouts += amount;
        self.receive(owner, place.token, amount);
    }

    /// Whether a bucket has too little for an activation: more than the lock may go only if all other policies leave it.
    fn is_short(&self, policy: &Policy, amount: u128, stx: u128) -> bool {
        let others: Vec<&Policy> =
            self.booked(policy.place).filter(|other| !std::ptr::eq(*other, policy)).collect();
        let locked = others.iter().map(|other| other.lock).sum::<u128>();
        let required: u128 = others.iter().map(|other| other.required).sum();
        let needed = collateral_needed(policy.place.token, locked, required, stx);
        amount > policy.lock.max(self.bucket(policy.place).assets.saturating_sub(needed))
    }

    /// The owner exercises a policy.
    pub(crate) fn activate(
        &mut self,
        user: User,
        id: usize,
        pricing: Option<&Pricing>,
        now: u64,
    ) -> Answer<u128> {
        let policy = &self.policies[id - 1];
        let mut refused = Vec::new();
        if !policy.is_active {
            refused.push(refusal::NOT_ACTIVE);
        }
        if policy.owner != user {
            refused.push(refusal::NOT_OWNER);
        }
        if now >= policy.expiry {
            refused.push(refusal::EXPIRED);
        }
        if now < policy.created + Terms::ACTIVATION_DELAY {
            refused.push(refusal::TOO_EARLY);
        }
        let Some(pricing) = pricing else {
            refused.push(refusal::STALE_PRICE);
            return Err(refused);
        };
        let spot = pricing.btc.max(pricing.btc_twap);
        let stx = pricing.stx.max(pricing.stx_twap);
        let amount = policy.payout(spot, stx);
        if spot >= policy.strike {
            refused.push(refusal::NOT_IN_THE_MONEY);
        } else if amount == 0 {
            refused.push(refusal::AMOUNT);
        }
        if policy.is_booked && self.is_short(policy, amount, stx) {
            refused.push(refusal::SERIES_SHORT);
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        self.end_early(id, amount);
        Ok(amount)
    }

    /// The owner sells a policy back.
    pub(crate) fn sell_back(
        &mut self,
        user: User,
        id: usize,
        pricing: Option<&Pricing>,
        now: u64,
    ) -> Answer<u128> {
        let policy = &self.policies[id - 1];
        let mut refused = Vec::new();
        if !policy.is_active {
            refused.push(refusal::NOT_ACTIVE);
        }
        if policy.owner != user {
            refused.push(refusal::NOT_OWNER);
        }
        if now + Terms::CANCEL_CUTOFF >= policy.expiry {
            refused.push(refusal::TOO_LATE);
        }
        if self.is_paused(&["all"], now) {
            refused.push(refusal::PAUSED);
        }
        if pricing.is_none() {
            refused.push(refusal::STALE_PRICE);
        }
        let Some(pricing) = pricing.filter(|_| refused.is_empty()) else { return Err(refused) };
        let amount = refund(policy, pricing, now);
        self.end_early(id, amount);
        Ok(amount)
    }
}
