//! What buyers do.

use bithedge_suite_world::{PUT, num, u};

use super::Play;
use crate::model::number::{PPM, mul_div};
use crate::model::{
    DAY, Order, Part, Place, Plan, Terms, Token, User, boundary_before, is_listed, strike_step,
};

const REGISTRY: &str = "policy-registry";

impl Play {
    /// Buys; whether it was sold.
    pub(crate) fn buy(&mut self, user: User, order: &Order) -> bool {
        let (now, pricing) = (self.now(), self.pricing());
        let plan = self.model.plan(user, order, pricing.as_ref(), now);
        let [tier, token] = self.at(order.place);
        let [strike, size, most] = [order.strike, order.size, order.max_cost].map(u);
        let arguments = [token, tier, u(PUT), strike, u(order.expiry.into()), size, most];
        let outcome = self.act("buy", (user, REGISTRY, "purchase-protection"), &arguments, &plan);
        if let (Ok(plan), Some(pricing)) = (&plan, pricing) {
            let sold: Vec<(u128, u128, u128)> = outcome
                .prints()
                .filter(|(_, event)| {
                    event.field("event").is_ok_and(|name| name.as_ascii() == Ok("policy-created"))
                })
                .map(|(_, event)| (num(event, "tier"), num(event, "size"), num(event, "surcharge")))
                .collect();
            check_split(plan, order, &sold);
            let parts: Vec<Part> = sold
                .iter()
                .map(|(tier, size, surcharge)| {
                    self.model.part(*tier, *size, order, &pricing, now, Some(*surcharge))
                })
                .collect();
            for (part, (_, _, surcharge)) in parts.iter().zip(&sold) {
                #[allow(clippy::cast_precision_loss, reason = "parts per million, at most ten million")]
                let surcharge = *surcharge as f64;
                let (low, high) = part.surcharge;
                assert!(low <= surcharge && surcharge <= high, "surcharge {surcharge} not in {low}..={high}");
            }
            let overflow = match plan {
                Plan::Split(_) => Some("buy from two tiers"),
                Plan::Whole(tier) if *tier != order.place.tier => Some("buy from the next tier"),
                Plan::Whole(_) => None,
            };
            if let Some(name) = overflow {
                self.counts.entry(name).or_default()[0] += 1;
            }
            let cost = self.model.sell(user, order, &parts, now);
            let answer = outcome.ok().unwrap();
            assert_eq!(num(answer, "cost"), cost);
            let first = self.model.policies.len() + 1 - parts.len();
            assert_eq!(num(answer, "policy"), u128::try_from(first).unwrap());
            let bounties = self.model.terms.collateral[&order.place.token].bounty * sold.len() as u128;
            let mut fee = cost - bounties;
            for (id, part) in (first..).zip(&parts) {
                let policy = self.policy(id);
                fee -= part.premium + num(&policy, "fee");
                let fields = ["tier", "size", "floor", "lock", "required", "premium", "strike", "expiry"];
                let figures = fields.map(|name| num(&policy, name));
                let expiry = order.expiry.into();
                let expected = [
                    part.tier,
                    part.size,
                    part.floor,
                    part.lock,
                    part.required,
                    part.premium,
                    order.strike,
                    expiry,
                ];
                assert_eq!(figures, expected, "policy {id}");
                self.compare_bucket(Place { tier: part.tier, ..order.place });
            }
            assert_eq!(fee, 0, "the parts of an order share its fee");
        }
        self.compare_bucket(order.place);
        self.compare_money();
        plan.is_ok()
    }

    /// The owner's early end of a policy, at the price of now.
    pub(crate) fn activate(&mut self, user: User, id: usize) {
        let (now, pricing) = (self.now(), self.pricing());
        let expected = self.model.activate(user, id, pricing.as_ref(), now);
        let arguments = self.policy_arguments(id);
        let outcome = self.act("activate", (user, REGISTRY, "activate-protection"), &arguments, &expected);
        self.same("paid", &outcome, &expected);
        self.check_policy(id);
    }

    /// The owner's sale back.
    pub(crate) fn sell_back(&mut self, user: User, id: usize) {
        let (now, pricing) = (self.now(), self.pricing());
        let expected = self.model.sell_back(user, id, pricing.as_ref(), now);
        let arguments = self.policy_arguments(id);
        let outcome = self.act("sell back", (user, REGISTRY, "cancel-protection"), &arguments, &expected);
        self.same("refund", &outcome, &expected);
        self.check_policy(id);
    }

    fn policy_arguments(&self, id: usize) -> [bithedge_stacks::Value; 3] {
        let token = self.principal(self.model.policies[id - 1].place.token);
        [u(u128::try_from(id).unwrap()), token, u(0)]
    }

    fn check_policy(&mut self, id: usize) {
        let place = self.model.policies[id - 1].place;
        self.compare_bucket(place);
        self.compare_money();
    }

    /// A policy, usually one that has not ended.
    pub(crate) fn any_policy(&mut self) -> Option<usize> {
        let active: Vec<usize> =
            (1..=self.model.policies.len()).filter(|id| self.model.policies[id - 1].is_active).collect();
        if self.random.u32(..10) == 0 && !self.model.policies.is_empty() {
            return Some(self.random.usize(1..=self.model.policies.len()));
        }
        self.random.choice(active)
    }

    /// Buys something; now and then what nobody sells.
    pub(crate) fn some_purchase(&mut self) {
        let (user, place) = (self.any_user(), self.any_place());
        let mut order = self.some_order(place);
        let live: Vec<usize> =
            (0..self.model.policies.len()).filter(|at| self.model.policies[*at].is_booked).collect();
        if let Some(at) = self.random.choice(live).filter(|_| self.random.u32(..5) < 2) {
            // More of a series that was sold before, or another strike for its expiry.
            let policy = self.model.policies[at].clone();
            let other = self.some_order(policy.place).strike;
            let strike = if self.random.bool() { policy.strike } else { other };
            order = Order { place: policy.place, strike, expiry: policy.expiry, ..order };
        }
        self.buy(user, &order);
    }

    fn some_order(&mut self, place: Place) -> Order {
        let tier = &self.model.terms.tiers[&place.tier];
        let (low, high, grid) = (tier.min_strike, tier.max_strike, tier.grid);
        let spot = self.w.btc_price;
        let step = strike_step(spot, grid);
        // What rounding takes out of the tier, belongs to another.
        let part = self.random.u128(low..high);
        let mut strike = mul_div(spot, part, PPM) / step * step;
        if strike * PPM < low * spot {
            strike += step;
        }
        let now = self.now();
        let friday = 115_200 + (now + DAY - 115_200).div_ceil(7 * DAY) * 7 * DAY;
        let weeks = if self.random.u32(..3) == 0 { 16 } else { 2 };
        let fridays: Vec<u64> = (0..=weeks)
            .map(|week| friday + week * 7 * DAY)
            .filter(|friday| is_listed(*friday, now))
            .collect();
        let mut expiry = self.random.choice(fridays).unwrap_or(friday);
        let whole = self.random.u128(Terms::MIN_SIZE..3 * 100_000_000);
        // Small, usual, and more than a bucket can take.
        let mut size = match self.random.u32(..10) {
            0..2 => whole / 100,
            2..9 => whole,
            _ => whole * 5,
        };
        let mut max_cost = 1_000_000_000_000_000;
        match self.random.u32(..40) {
            0 => strike += 1,
            1 => expiry += DAY,
            2 => size = Terms::MIN_SIZE - 1,
            3 => max_cost = 10,
            4 => expiry = boundary_before(now) + DAY,
            _ => {}
        }
        Order { place, strike, expiry, size, max_cost }
    }

    /// Ends a policy early; now and then somebody else's.
    pub(crate) fn some_end(&mut self, sale: bool) {
        let Some(id) = self.any_policy() else { return };
        let owner = self.model.policies[id - 1].owner;
        let user = if self.random.u32(..12) == 0 { self.any_user() } else { owner };
        if sale { self.sell_back(user, id) } else { self.activate(user, id) }
    }

    /// The policy that an activation would pay the most, which an STX bucket may be too short for.
    pub(crate) fn best_activation(&mut self) {
        let (spot, stx) = (self.w.btc_price, self.w.stx_price);
        let best = (1..=self.model.policies.len())
            .filter(|id| self.model.policies[id - 1].is_active)
            .max_by_key(|id| {
                let policy = &self.model.policies[id - 1];
                let paid = policy.payout(spot, stx);
                if policy.place.token == Token::Stx { paid / 1_000 } else { paid }
            });
        if let Some(id) = best {
            let owner = self.model.policies[id - 1].owner;
            self.activate(owner, id);
        }
    }
}

/// What was sold is what was planned; the first part of a split order is all that fits, but for rounding.
fn check_split(plan: &Plan, order: &Order, sold: &[(u128, u128, u128)]) {
    match (plan, sold) {
        (Plan::Whole(tier), [(sold, size, _)]) => assert_eq!((tier, &order.size), (sold, size)),
        (Plan::Split(most), [(first, size, _), (second, rest, _)]) => {
            assert_eq!([*first, *second], [order.place.tier, order.place.tier + 1]);
            assert_eq!(size + rest, order.size);
            assert!(size <= most && most - size <= 3 + most / 1_000_000, "{size} of {most} that fit");
        }
        _ => panic!("planned {plan:?}, sold {sold:?}"),
    }
}
