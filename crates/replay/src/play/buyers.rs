//! What buyers do.

use bithedge_protocol::pool::{Market, Order, SaleRefusal, value_policy};
use bithedge_protocol::{Asset, Ppm, PpmChange, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_suite::SuiteEvent;
use bithedge_suite::generated::errors::LIQUIDITY_POOL_SERIES_SHORT;
use bithedge_suite::generated::policy_registry;

use super::keeper::End;
use super::{DAY, Play};
use crate::ReplayError;
use crate::ledger::add;
use crate::people::{Buyer, Cover, Held, is_expiry_day, term};

/// The kind of a put.
const PUT: u128 = 1;

impl Play {
    /// The purchases of a morning.
    pub(super) fn buy(&mut self, now: UnixSeconds) -> Result<(), ReplayError> {
        let friday = is_expiry_day(now);
        let week = bithedge_protocol::series::expiry_week(now).unwrap_or_default();
        let mut market = None;
        for buyer in self.buyers.clone() {
            let wants = match buyer.cover {
                Cover::FourWeeks | Cover::OneWeek => friday,
                Cover::Longest => friday && week.is_multiple_of(4),
                Cover::Activated => friday && week.is_multiple_of(2),
                Cover::SoldBack => self.random.once_in(10),
                Cover::AfterTheFall => false,
            };
            if wants {
                self.purchase(&buyer, &mut market)?;
            }
        }
        Ok(())
    }

    /// Those who buy once a day has fallen.
    pub(super) fn buy_after_the_fall(&mut self) -> Result<(), ReplayError> {
        if self.fall > PpmChange::new(-80_000) {
            return Ok(());
        }
        let mut market = None;
        for buyer in self.buyers.clone() {
            if buyer.cover == Cover::AfterTheFall {
                self.purchase(&buyer, &mut market)?;
            }
        }
        Ok(())
    }

    /// What a habit orders, if anything is listed for it.
    fn order(&mut self, buyer: &Buyer, market: &Market) -> Option<Order> {
        let terms = market.tier(buyer.tier)?.clone();
        let strikes = market.strikes(buyer.tier);
        let expiries: Vec<UnixSeconds> = market
            .expiries()
            .into_iter()
            .filter(|expiry| expiry.since(market.now).is_some_and(|left| left <= terms.max_duration))
            .collect();
        let long = term(buyer.cover, terms.max_duration);
        let strike = match buyer.cover {
            Cover::FourWeeks | Cover::Activated => *strikes.get(strikes.len() / 2)?,
            Cover::OneWeek | Cover::AfterTheFall => *strikes.last()?,
            Cover::Longest => *strikes.first()?,
            Cover::SoldBack => *self.random.one_of(&strikes)?,
        };
        let expiry = match buyer.cover {
            Cover::Longest => *expiries.last()?,
            Cover::SoldBack => *self.random.one_of(&expiries)?,
            _ => *expiries.iter().find(|expiry| expiry.since(market.now).is_some_and(|left| left >= long))?,
        };
        let size = self.size(buyer, market, strike)?;
        Some(Order { asset: self.asset, tier: buyer.tier, strike, expiry, size })
    }

    /// As much as locks the habit's part of the bucket's backing.
    fn size(&self, buyer: &Buyer, market: &Market, strike: UsdE8) -> Option<Sats> {
        let bucket = market.bucket(buyer.tier, self.asset)?;
        let backing = bucket.backing().ok()?.base_units();
        let lock = backing.checked_mul(buyer.cover.share().base_units())? / 1_000_000;
        let size = match self.asset {
            Asset::Sbtc => lock,
            Asset::Stx => {
                let (_, stx) = market.sale_prices();
                let ratio = market.collateral(self.asset)?.ratio.base_units();
                let terms = market.tier(buyer.tier)?;
                let loss = 1_000_000_u128.checked_sub(terms.floor_ratio.base_units())?;
                let most = strike.base_units().checked_mul(loss)? / 1_000_000;
                let usd = lock.checked_mul(stx.base_units())? / ratio;
                usd.checked_mul(100_000_000)?.checked_div(most)?
            }
        };
        Some(Sats::new(size).clamp(market.rules.min_size, market.rules.max_size))
    }

    fn purchase(&mut self, buyer: &Buyer, market: &mut Option<Market>) -> Result<(), ReplayError> {
        let known = match market.take() {
            Some(known) => known,
            None => self.chain.market(self.asset, buyer.address)?,
        };
        let known = market.insert(known);
        // A discount is each buyer's own.
        known.fee = self.chain.fee(buyer.address)?;
        let known = known.clone();
        let Some(order) = self.order(buyer, &known) else { return Ok(()) };
        let ours = known.quote(&order);
        let request = policy_registry::GetQuote {
            token: self.chain.token_principal(self.asset),
            tier: order.tier.into(),
            kind: PUT,
            strike: order.strike.base_units(),
            expiry: order.expiry.get().into(),
            size: order.size.base_units(),
            buyer: buyer.address.into(),
        };
        let quote = match ours {
            Ok(quote) => quote,
            Err(refusal) => {
                // The contract says no with the same words.
                let theirs = self.chain.read(request)?.err().map(|error| error.code());
                let code = refusal.contract_code().map(u128::from);
                self.same("why an order is refused", &theirs, &code)?;
                let SaleRefusal::Capacity { .. } = refusal else { return Err(refusal.into()) };
                self.ledger.cover(buyer.tier, buyer.cover).refused += 1;
                return Ok(());
            }
        };
        let purchase = policy_registry::PurchaseProtection {
            token: self.chain.token(self.asset).clone(),
            tier: order.tier.into(),
            kind: PUT,
            strike: order.strike.base_units(),
            expiry: order.expiry.get().into(),
            size: order.size.base_units(),
            max_cost: quote.total.base_units(),
        };
        let receipt = self.chain.done(buyer.address, purchase)?;
        let answer = receipt.answer;
        self.same("what a purchase costs", &answer.cost, &quote.total.base_units())?;
        let mut parts = quote.parts.iter();
        for event in receipt.events {
            let SuiteEvent::PolicyRegistryPolicyCreated(made) = event else { continue };
            let Some(part) = parts.next() else {
                return Err(ReplayError::Missing("a part of a quote".to_owned()));
            };
            let theirs = [
                made.size.base_units(),
                made.lock.base_units(),
                made.required.base_units(),
                made.floor.base_units(),
                made.premium.base_units(),
                made.usd.base_units(),
                made.bounty.base_units(),
                made.volatility.base_units(),
                made.surcharge.base_units(),
            ];
            let figures = [
                part.size.base_units(),
                part.lock.base_units(),
                part.required.base_units(),
                part.floor.base_units(),
                part.premium.base_units(),
                part.usd.base_units(),
                part.bounty.base_units(),
                part.volatility.base_units(),
                part.surcharge.base_units(),
            ];
            self.same("every figure of a sale", &theirs, &figures)?;
            self.booked(buyer, &order, &made)?;
        }
        // The bucket has changed; prices have not.
        let tiers: Vec<u8> = quote.parts.iter().map(|part| part.tier).collect();
        for tier in tiers {
            let after = self.chain.bucket(tier, self.asset)?;
            let same = |bucket: &&mut bithedge_protocol::pool::Bucket| bucket.tier == tier;
            if let Some(bucket) = market.as_mut().and_then(|market| market.buckets.iter_mut().find(same)) {
                *bucket = after;
            }
        }
        Ok(())
    }

    fn booked(
        &mut self,
        buyer: &Buyer,
        order: &Order,
        made: &bithedge_suite::generated::events::PolicyRegistryPolicyCreated,
    ) -> Result<(), ReplayError> {
        let now = self.chain.now()?;
        let tier = u8::try_from(made.tier).unwrap_or(order.tier);
        let cost = made.premium.base_units() + made.fee.base_units() + made.bounty.base_units();
        let usd = self.usd(TokenAmount::new(cost))?;
        let protects = Asset::Sbtc.worth(made.size.into(), self.latest.btc, self.latest.stx)?;
        let share = usd.base_units().saturating_mul(1_000_000).checked_div(protects.base_units());
        self.ledger.pay(buyer.address, cost);
        let flows = self.ledger.bucket(tier);
        flows.policies += 1;
        add(&mut flows.premiums, made.premium.base_units());
        add(&mut flows.fees, made.fee.base_units());
        let sell_at = match buyer.cover {
            Cover::AfterTheFall => Some(5),
            Cover::SoldBack => Some(3 + self.random.below(18) as u64),
            _ => None,
        };
        let sell_at = sell_at.and_then(|days| now.checked_add(Seconds::new(days * DAY)));
        self.held.push(Held {
            id: made.policy,
            owner: self.buyers.iter().position(|one| one.address == buyer.address).unwrap_or(usize::MAX),
            cover: buyer.cover,
            tier,
            strike: order.strike,
            floor: made.floor,
            size: made.size,
            lock: made.lock,
            expiry: order.expiry,
            bought: now,
            sell_at,
            cost: TokenAmount::new(cost),
            cost_share: Ppm::new(share.unwrap_or_default()),
            protects,
        });
        Ok(())
    }

    /// Activates what would pay 5 % of its strike or more, for those who do that.
    pub(super) fn activate(&mut self) -> Result<(), ReplayError> {
        let ready = |held: &Held| held.cover == Cover::Activated;
        if !self.held.iter().any(ready) {
            return Ok(());
        }
        let (now, pricing) = (self.chain.now()?, self.chain.pricing()?);
        let (spot, stx) = (pricing.btc.max(pricing.btc_twap), pricing.stx.max(pricing.stx_twap));
        for policy in self.held.clone() {
            let deep = policy.strike.base_units() / 100 * 95;
            let delay = self.rules.activation_delay;
            let waited = now.since(policy.bought).is_some_and(|age| age >= delay);
            if !ready(&policy) || spot.base_units() > deep || !waited || policy.expiry <= now {
                continue;
            }
            let promised = self.terms_of(&policy).payout(spot, stx)?;
            let request = policy_registry::ActivateProtection {
                id: policy.id,
                token: self.chain.token(self.asset).clone(),
                min_payout: promised.base_units(),
            };
            let paid = match self.chain.call(self.owner(&policy)?, request)?.answer {
                Ok(paid) => paid,
                // A bucket of STX that is short: the policy waits for its expiry.
                Err(error) if error == LIQUIDITY_POOL_SERIES_SHORT => {
                    self.ledger.bucket(policy.tier).put_off += 1;
                    continue;
                }
                Err(error) => {
                    let what = "activate-protection".to_owned();
                    return Err(ReplayError::Refused { what, at: now.to_string(), error });
                }
            };
            self.same("what an activation pays", &paid, &promised.base_units())?;
            add(&mut self.ledger.bucket(policy.tier).activated, paid);
            self.ended(&policy, promised, End::Paid)?;
            self.held.retain(|held| held.id != policy.id);
        }
        Ok(())
    }

    /// Sells back what has been held long enough, for those who do that.
    pub(super) fn sell_back(&mut self) -> Result<(), ReplayError> {
        let now = self.chain.now()?;
        let cutoff = self.rules.cancel_cutoff;
        let due = |held: &Held| {
            held.sell_at.is_some_and(|at| at <= now)
                && held.expiry.since(now).is_some_and(|left| left > cutoff)
        };
        if !self.held.iter().any(due) {
            return Ok(());
        }
        let pricing = self.chain.pricing()?;
        for policy in self.held.clone().into_iter().filter(due) {
            let terms = self.terms_of(&policy);
            let worth = value_policy(&terms, &pricing, self.tier(policy.tier)?, &self.rules, now)?;
            let request = policy_registry::CancelProtection {
                id: policy.id,
                token: self.chain.token(self.asset).clone(),
                min_refund: worth.refund.base_units(),
            };
            let paid = self.chain.done(self.owner(&policy)?, request)?.answer;
            self.same("what a sale back pays", &paid, &worth.refund.base_units())?;
            add(&mut self.ledger.bucket(policy.tier).sold_back, paid);
            self.ended(&policy, worth.refund, End::SoldBack)?;
            self.held.retain(|held| held.id != policy.id);
        }
        Ok(())
    }
}
