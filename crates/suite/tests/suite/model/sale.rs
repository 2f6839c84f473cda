//! Sales: which bucket takes an order, and what it asks for it.

use super::number::{PPM, mul_div, mul_div_up};
use super::policy::{collateral_needed, put, volatility_up};
use super::terms::Overflow;
use super::*;

/// What somebody wants to buy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// The bucket that is asked first.
    pub place: Place,
    /// USD e8.
    pub strike: u128,
    /// Seconds since 1970.
    pub expiry: u64,
    /// Satoshis.
    pub size: u128,
    /// Most to be paid, base units.
    pub max_cost: u128,
}

/// What a bucket takes of an order, and what for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// The tier.
    pub tier: u128,
    /// Satoshis.
    pub size: u128,
    /// Collateral, base units.
    pub lock: u128,
    /// Collateral called for, USD e8.
    pub required: u128,
    /// USD e8.
    pub floor: u128,
    /// Base units.
    pub premium: u128,
    /// The lowest and the highest surcharge that its formula allows, ppm: the contract computes it with twelve decimals.
    pub surcharge: (f64, f64),
}

/// Who takes an order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    /// One tier, all of it.
    Whole(u128),
    /// The first tier takes at most so many satoshis, and no fewer than that by more than rounding; the next the rest.
    Split(u128),
}

impl Model {
    /// Whether an order is taken, and where.
    pub(crate) fn plan(
        &self,
        user: User,
        order: &Order,
        pricing: Option<&Pricing>,
        now: u64,
    ) -> Answer<Plan> {
        let mut refused = Vec::new();
        if self.is_paused(&["all", "sales", "oracle"], now) {
            refused.push(refusal::PAUSED);
        }
        if order.size < Terms::MIN_SIZE || order.size > Terms::MAX_SIZE {
            refused.push(refusal::SIZE);
        }
        if !is_listed(order.expiry, now) {
            refused.push(refusal::EXPIRY_NOT_LISTED);
        }
        if order.expiry < now + DAY {
            refused.push(refusal::TOO_LATE);
        }
        let Some(pricing) = pricing else {
            refused.push(refusal::STALE_PRICE);
            return Err(refused);
        };
        if now > pricing.at + Terms::SALE_MAX_AGE {
            refused.push(refusal::PRICE_TOO_OLD);
        }
        let tier = &self.terms.tiers[&order.place.tier];
        if !order.strike.is_multiple_of(strike_step(pricing.btc, tier.grid)) {
            refused.push(refusal::STRIKE_OFF_GRID);
        }
        let part_of_spot = mul_div(order.strike, PPM, pricing.btc);
        if !(tier.min_strike..tier.max_strike).contains(&part_of_spot) {
            refused.push(refusal::STRIKE_OUTSIDE_TIER);
        }
        if order.expiry <= now {
            refused.push(refusal::TERM_TOO_LONG);
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        let plan = self.find_room(order, pricing, now)?;
        let parts = match plan {
            Plan::Whole(tier) => vec![(tier, order.size)],
            Plan::Split(first) => {
                vec![(order.place.tier, first), (order.place.tier + 1, order.size - first)]
            }
        };
        let parts: Vec<Part> =
            parts.into_iter().map(|(tier, size)| self.part(tier, size, order, pricing, now, None)).collect();
        let cost = self.cost(order.place.token, &parts);
        if self.wallet(user, order.place.token) < cost {
            refused.extend([refusal::CANNOT_PAY, refusal::CANNOT_PAY_FEE]);
        }
        if order.max_cost < cost {
            refused.push(refusal::COST_ABOVE_LIMIT);
        }
        if refused.is_empty() { Ok(plan) } else { Err(refused) }
    }

    fn find_room(&self, order: &Order, pricing: &Pricing, now: u64) -> Answer<Plan> {
        let tier = order.place.tier;
        let first = self.check_bucket(tier, order, now);
        if !first.is_empty() {
            return Err(first);
        }
        if self.fits(tier, order.size, order, pricing) {
            return Ok(Plan::Whole(tier));
        }
        let overflow = self.terms.tiers[&tier].overflow;
        if overflow == Overflow::Reject {
            return Err(vec![refusal::CAPACITY]);
        }
        let next = self.check_bucket(tier + 1, order, now);
        if !next.is_empty() {
            return Err(next);
        }
        let most = self.most(tier, order, pricing);
        let rest = order.size - most;
        let is_split =
            overflow == Overflow::Proportional && most >= Terms::MIN_SIZE && rest >= Terms::MIN_SIZE;
        let (size, plan) =
            if is_split { (rest, Plan::Split(most)) } else { (order.size, Plan::Whole(tier + 1)) };
        if self.fits(tier + 1, size, order, pricing) { Ok(plan) } else { Err(vec![refusal::CAPACITY]) }
    }

    fn check_bucket(&self, tier: u128, order: &Order, now: u64) -> Vec<Refusal> {
        let mut refused = Vec::new();
        if now >= self.bucket(Place { tier, ..order.place }).due {
            refused.push(refusal::CLOSE_DUE);
        }
        if order.expiry - now > self.terms.tiers[&tier].max_duration {
            refused.push(refusal::TERM_TOO_LONG);
        }
        refused
    }

    /// Assets that back sales: those that were there at the last close, of shares that are not on their way out.
    fn backing(&self, place: Place) -> u128 {
        let bucket = self.bucket(place);
        let staying = bucket.shares.saturating_sub(bucket.leaving());
        let old = bucket.assets.saturating_sub(bucket.fresh);
        if bucket.shares == 0 { 0 } else { mul_div(old, staying, bucket.shares) }
    }

    /// Collateral that a bucket needs after it sold something more.
    fn needed_with(&self, place: Place, lock: u128, required: u128, stx: u128) -> u128 {
        collateral_needed(place.token, self.locked(place) + lock, self.required(place) + required, stx)
    }

    fn fits(&self, tier: u128, size: u128, order: &Order, pricing: &Pricing) -> bool {
        let place = Place { tier, ..order.place };
        let stx = pricing.stx.min(pricing.stx_twap);
        let (lock, required, _) = self.collateral(place, size, order, stx);
        let limit = mul_div(self.backing(place), self.terms.tiers[&tier].utilisation_limit, PPM);
        let room = limit.min(mul_div(self.bucket(place).assets, PPM, PPM + Terms::BUFFER));
        self.needed_with(place, lock, required, stx) <= room
    }

    /// The most of an order that fits.
    fn most(&self, tier: u128, order: &Order, pricing: &Pricing) -> u128 {
        let (mut low, mut high) = (0, order.size);
        while high - low > 1 {
            let middle = low.midpoint(high);
            if self.fits(tier, middle, order, pricing) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Lock, collateral called for, and floor.
    fn collateral(&self, place: Place, size: u128, order: &Order, stx: u128) -> (u128, u128, u128) {
        let series = self.series(place);
        let floor = series
            .get(&(order.expiry, order.strike))
            .map_or_else(|| mul_div_up(order.strike, Terms::FLOOR, PPM), |series| series.floor);
        match place.token {
            Token::Sbtc => (mul_div_up(size, order.strike - floor, floor), 0, floor),
            Token::Stx => {
                let loss = mul_div_up(size, order.strike - floor, 100_000_000);
                let required = mul_div_up(loss, Terms::STX_RATIO, PPM);
                (mul_div_up(required, 1_000_000, stx), required, floor)
            }
        }
    }

    /// What a bucket asks for a part of an order, with the contract's surcharge in ppm or, for an estimate, the model's.
    pub(crate) fn part(
        &self,
        tier: u128,
        size: u128,
        order: &Order,
        pricing: &Pricing,
        now: u64,
        surcharge: Option<u128>,
    ) -> Part {
        let place = Place { tier, ..order.place };
        let (spot, stx) = (pricing.btc.min(pricing.btc_twap), pricing.stx.min(pricing.stx_twap));
        let (lock, required, floor) = self.collateral(place, size, order, stx);
        let term = order.expiry - now;
        let volatility = volatility_up(pricing.vol_ask, spot, order.strike, self.terms.tiers[&tier].markup);
        let price = put(spot, order.strike, volatility, term);
        let fair = match place.token {
            Token::Sbtc => mul_div_up(size, price, spot * 10_000),
            Token::Stx => mul_div_up(size, price, stx * 1_000_000),
        };
        let bounds = surcharge_bounds(
            self.needed(place, stx),
            self.needed_with(place, lock, required, stx),
            self.backing(place),
        );
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "parts per million, at least a million"
        )]
        let surcharge = surcharge.unwrap_or(bounds.1 as u128);
        let by_lock = mul_div_up(lock * Terms::MIN_LOCK_RATE, term.into(), PPM * 31_536_000);
        let least = self.terms.collateral[&place.token].min_premium;
        let premium = mul_div_up(fair, surcharge, PPM).max(by_lock).max(least);
        Part { tier, size, lock, required, floor, premium, surcharge: bounds }
    }

    /// Premiums, fee and bounties.
    pub(crate) fn cost(&self, token: Token, parts: &[Part]) -> u128 {
        let premium: u128 = parts.iter().map(|part| part.premium).sum();
        let bounties = self.terms.collateral[&token].bounty * u128::try_from(parts.len()).unwrap();
        premium + mul_div_up(premium, Terms::FEE, PPM) + bounties
    }

    /// Books what was sold; what it cost. The first policy has the number of policies before, and one.
    pub(crate) fn sell(&mut self, user: User, order: &Order, parts: &[Part], now: u64) -> u128 {
        let token = order.place.token;
        let cost = self.cost(token, parts);
        self.pay(user, token, cost);
        let bounty = self.terms.collateral[&token].bounty;
        let mut fee = cost;
        for part in parts {
            let place = Place { tier: part.tier, token };
            let bucket = self.bucket_mut(place);
            bucket.assets += part.premium;
            bucket.fresh += part.premium;
            bucket.premiums += part.premium;
            bucket.pot += bounty;
            fee -= part.premium + bounty;
            self.policies.push(Policy {
                owner: user,
                place,
                strike: order.strike,
                expiry: order.expiry,
                size: part.size,
                floor: part.floor,
                lock: part.lock,
                required: part.required,
                created: now,
                is_active: true,
                is_booked: true,
            });
        }
        self.treasury.get_mut(&token).unwrap().undistributed += fee;
        cost
    }
}

/// The mean of `1 + slope·max(0, u − kink)/(1 − kink)` over a trade that takes the collateral needed from `before` to
/// `after`, in ppm; widened by what twelve decimals of `u` cannot tell, and by the rounding up to a whole ppm.
fn surcharge_bounds(before: u128, after: u128, backing: u128) -> (f64, f64) {
    #[allow(clippy::cast_precision_loss, reason = "the bounds are wider than that")]
    let [before, after, backing] = [before, after, backing].map(|figure| figure as f64);
    let (from, to) = (before / backing, after / backing);
    let over = |use_: f64| (use_ - Terms::KINK).max(0.0);
    let rise = if over(from) > 0.0 || to - from < 1e-9 {
        // The mean of a straight line is its middle.
        over(from).midpoint(over(to))
    } else {
        over(to).powi(2) / (2.0 * (to - from))
    };
    let mean = 1e6 * (1.0 + Terms::SLOPE * rise / (1.0 - Terms::KINK));
    let unknown = 8e-6 / (to - from).max(1e-12);
    (mean - unknown - 1e-3, mean + 1.0 + unknown + 1e-3)
}

/// Whether an expiry is among the next five Fridays 08:00 UTC, or the next three of every fourth after them.
pub(crate) fn is_listed(expiry: u64, now: u64) -> bool {
    const FIRST: u64 = 115_200;
    let friday = |number: u64| FIRST + number * 7 * DAY;
    let next = (now - FIRST) / (7 * DAY) + 1;
    let far = (next + 5..).filter(|number| number % 4 == 0).take(3);
    (next..next + 5).chain(far).any(|number| friday(number) == expiry)
}

/// The largest of 1, 2.5 and 5 times a power of ten USD that is not above a part of spot.
pub(crate) fn strike_step(spot: u128, grid: u128) -> u128 {
    let bound = mul_div(spot, grid, PPM);
    let steps = (1..=16).flat_map(|power| [10, 25, 50].map(|digits| digits * 10_u128.pow(power) / 10));
    steps.filter(|step| *step <= bound).max().unwrap()
}
