//! What time demands: settlements, closes, claims, and the distribution of fees.

use bithedge_protocol::pool::{BoundaryPrice, PolicyTerms, nav};
use bithedge_protocol::risk::{ClosePoint, due};
use bithedge_protocol::{Asset, Overflow, Ppm, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::{Address, Principal};
use bithedge_suite::bounded::List;
use bithedge_suite::generated::errors::{LIQUIDITY_POOL_NOTHING_TO_CLAIM, TREASURY_NOTHING_DUE};
use bithedge_suite::generated::{liquidity_pool, policy_registry, treasury};
use bithedge_suite::{ContractError, SuiteEvent};

use super::Play;
use crate::ledger::{BucketDay, CoverFlows, add};
use crate::people::Held;
use crate::{ReplayError, TIERS};

impl Play {
    /// Settles every expiry that a boundary ends.
    pub(super) fn settle(&mut self, boundary: UnixSeconds) -> Result<(), ReplayError> {
        self.parts.clear();
        for tier in TIERS {
            let bucket = self.chain.bucket(tier, self.asset)?;
            for book in bucket.live.iter().filter(|book| book.expiry <= boundary) {
                let price = self.chain.boundary_price(book.expiry)?;
                let price = price.ok_or_else(|| ReplayError::Missing("an expiry's price".to_owned()))?;
                let due = due(&bucket, price.btc, price.stx, Some(book.expiry))?.base_units();
                let request = policy_registry::SettleExpiry {
                    tier: tier.into(),
                    token: self.chain.token(self.asset).clone(),
                    expiry: book.expiry.get().into(),
                };
                let receipt = self.chain.done(self.keeper, request)?;
                for event in receipt.events {
                    let settled = match event {
                        SuiteEvent::LiquidityPoolExpirySettled(settled) => settled,
                        SuiteEvent::LiquidityPoolSeriesSettled(series) => {
                            let part = (series.due.base_units(), series.reserved.base_units());
                            self.parts.insert((tier, series.strike), part);
                            continue;
                        }
                        _ => continue,
                    };
                    self.same("what an expiry is due", &settled.due.base_units(), &due)?;
                    if self.asset == Asset::Sbtc {
                        self.same("sBTC that is owed", &settled.owed.base_units(), &0)?;
                        self.same("sBTC from the fund", &settled.fund.base_units(), &0)?;
                    }
                    let flows = self.ledger.bucket(tier);
                    add(&mut flows.due, settled.due.base_units());
                    add(&mut flows.reserved, settled.reserved.base_units());
                    add(&mut flows.covered, settled.fund.base_units());
                    add(&mut flows.owed, settled.owed.base_units());
                }
            }
        }
        Ok(())
    }

    /// Closes every bucket whose epoch is due.
    pub(super) fn close(&mut self, price: &BoundaryPrice) -> Result<(), ReplayError> {
        for tier in TIERS {
            let before = self.chain.bucket(tier, self.asset)?;
            if price.at < before.due {
                continue;
            }
            let ours = nav(&before, self.tier(tier)?, price)?;
            let request = liquidity_pool::CloseEpoch {
                tier: tier.into(),
                token: self.chain.token_principal(self.asset),
            };
            let receipt = self.chain.done(self.keeper, request)?;
            for event in receipt.events {
                let SuiteEvent::LiquidityPoolEpochClosed(closed) = event else { continue };
                let theirs = [closed.nav_exit.base_units(), closed.nav_deposit.base_units(), closed.shares];
                let figures = [ours.exit.base_units(), ours.deposit.base_units(), ours.shares.count()];
                self.same("NAV at a close", &theirs, &figures)?;
                let day = BucketDay {
                    at: price.at,
                    exit: ours.exit_pair()?,
                    deposit: ours.deposit_pair()?,
                    exit_fee: before.exit_fee(self.tier(tier)?, price.stx)?,
                    generation: u64::try_from(closed.generation).unwrap_or(u64::MAX),
                    utilisation: Ppm::ZERO,
                    btc: price.btc,
                    stx: price.stx,
                };
                let flows = self.ledger.bucket(tier);
                add(&mut flows.exit_fees, closed.fee.base_units());
                flows.unhealthy_closes += u64::from(!ours.healthy && before.assets > TokenAmount::ZERO);
                flows.waiting_closes += u64::from(closed.queued > 0);
                self.remember(tier, day);
            }
        }
        Ok(())
    }

    fn remember(&mut self, tier: u8, day: BucketDay) {
        self.ledger.days.entry(tier).or_default().push(day);
        if let Some(closes) = self.closes.get_mut(usize::from(tier).wrapping_sub(1)) {
            let BucketDay { at, exit: pair, generation, btc, stx, .. } = day;
            closes.push(ClosePoint { at, pair, generation, btc, stx });
        }
    }

    /// What of the backing is in use once the day's purchases are made.
    pub(super) fn note_utilisation(&mut self) -> Result<(), ReplayError> {
        let now = self.chain.now()?;
        for tier in TIERS {
            let bucket = self.chain.bucket(tier, self.asset)?;
            let found = bucket.availability(self.tier(tier)?, self.latest.stx, now)?;
            if let Some(day) = self.ledger.days.entry(tier).or_default().last_mut() {
                day.utilisation = found.utilisation;
            }
        }
        Ok(())
    }

    /// Claims for everybody whose policy was settled in the money, and ends the others.
    pub(super) fn claim(&mut self, price: &BoundaryPrice) -> Result<(), ReplayError> {
        let (ended, held): (Vec<Held>, Vec<Held>) =
            std::mem::take(&mut self.held).into_iter().partition(|policy| policy.expiry <= price.at);
        self.held = held;
        let (paid, worthless): (Vec<Held>, Vec<Held>) =
            ended.into_iter().partition(|policy| price.btc < policy.strike);
        for policy in paid {
            let token = self.chain.token(self.asset).clone();
            let request = policy_registry::ClaimSettlement { id: policy.id, token };
            let receipt = self.chain.done(self.keeper, request)?;
            for event in receipt.events {
                let SuiteEvent::PolicyRegistryPolicySettled(settled) = event else { continue };
                let promised = self.terms_of(&policy).payout(price.btc, price.stx)?;
                self.same("what a claim is due", &settled.due.base_units(), &promised.base_units())?;
                // All of it, or the part that all of a short series get.
                let (due, reserved) = self.part(policy.tier, policy.strike)?;
                let part = match due == reserved {
                    true => promised.base_units(),
                    false => part_of(promised.base_units(), reserved, due)?,
                };
                self.same("what a claim is paid", &settled.paid.base_units(), &part)?;
                let flows = self.ledger.bucket(policy.tier);
                add(&mut flows.claims_due, settled.due.base_units());
                add(&mut flows.claims_paid, settled.paid.base_units());
                self.ended(&policy, settled.paid, End::Paid)?;
            }
        }
        for policy in &worthless {
            self.ended(policy, TokenAmount::ZERO, End::Worthless)?;
        }
        for some in worthless.chunks(20) {
            let ids: Vec<u128> = some.iter().map(|policy| policy.id).collect();
            let count = ids.len() as u128;
            let ids = List::new(ids).map_err(|error| ReplayError::Missing(error.to_string()))?;
            let ended = self.chain.done(self.keeper, policy_registry::ExpirePolicies { ids })?.answer;
            self.same("policies that ended without a payment", &ended, &count)?;
        }
        Ok(())
    }

    pub(super) fn terms_of(&self, policy: &Held) -> PolicyTerms {
        PolicyTerms {
            asset: self.asset,
            tier: policy.tier,
            strike: policy.strike,
            floor: policy.floor,
            expiry: policy.expiry,
            size: policy.size,
            lock: policy.lock,
        }
    }

    pub(super) fn owner(&self, policy: &Held) -> Result<Address, ReplayError> {
        let buyer = self.buyers.get(policy.owner);
        buyer.map(|buyer| buyer.address).ok_or_else(|| ReplayError::Missing("a policy's owner".to_owned()))
    }

    /// What a settled series was due, and what was reserved for it.
    fn part(&self, tier: u8, strike: UsdE8) -> Result<(u128, u128), ReplayError> {
        let found = self.parts.get(&(tier, strike)).copied();
        found.ok_or_else(|| ReplayError::Missing(format!("the settlement of the series at {strike}")))
    }

    /// A policy came to its end, and its owner was paid.
    pub(super) fn ended(&mut self, policy: &Held, paid: TokenAmount, end: End) -> Result<(), ReplayError> {
        let usd = self.usd(paid)?.base_units();
        let received = part_of(usd, 1_000_000, policy.protects.base_units())?;
        let held = self.latest.at.since(policy.bought).unwrap_or_default();
        let of = CoverFlows {
            policies: 1,
            paid_out: u64::from(end == End::Paid),
            sold_back: u64::from(end == End::SoldBack),
            cost: policy.cost_share,
            received: Ppm::new(received),
            held,
            cost_token: policy.cost,
            received_token: paid,
            refused: 0,
        };
        let flows = self.ledger.cover(policy.tier, policy.cover);
        *flows = flows.and(of);
        let owner = self.owner(policy)?;
        self.ledger.receive(owner, paid.base_units());
        Ok(())
    }

    /// Fees go where the treasury's table says, and the keeper takes its bounties.
    pub(super) fn distribute(&mut self) -> Result<(), ReplayError> {
        let token = self.chain.token(self.asset).clone();
        let nothing = |error| error == TREASURY_NOTHING_DUE;
        let shared = self.chain.call(self.keeper, treasury::Distribute { token: token.clone() })?.answer;
        self.unless("treasury distribute", shared.map(drop), nothing)?;
        let who = Principal::Standard(self.keeper);
        let request = liquidity_pool::ClaimCredit { token, who };
        let paid = self.chain.call(self.keeper, request)?.answer;
        if let Ok(paid) = paid {
            add(&mut self.ledger.bounties, paid);
            self.ledger.receive(self.keeper, paid);
        }
        self.unless("liquidity-pool claim-credit", paid.map(drop), |error| {
            error == LIQUIDITY_POOL_NOTHING_TO_CLAIM
        })
    }

    /// Passes over the refusals that are expected; true if there was none.
    pub(super) fn unless(
        &mut self,
        what: &str,
        answer: Result<(), ContractError>,
        expected: impl Fn(ContractError) -> bool,
    ) -> Result<(), ReplayError> {
        match answer {
            Err(error) if !expected(error) => {
                let at = self.chain.now()?.to_string();
                Err(ReplayError::Refused { what: what.to_owned(), at, error })
            }
            _ => Ok(()),
        }
    }
}

/// How a policy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Settled in the money, or activated.
    Paid,
    /// Sold back to the pool.
    SoldBack,
    /// Out of the money.
    Worthless,
}

/// `⌊a·b/c⌋`, as the contract rounds.
fn part_of(a: u128, b: u128, c: u128) -> Result<u128, ReplayError> {
    let product = a.checked_mul(b).ok_or(Overflow)?;
    Ok(product.checked_div(c).unwrap_or_default())
}
