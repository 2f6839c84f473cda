//! What time demands: settlements, closes, claims, and the distribution of fees.

use bithedge_protocol::pool::{BoundaryPrice, Bucket, PolicyTerms, nav};
use bithedge_protocol::risk::ClosePoint;
use bithedge_protocol::{Sats, TokenAmount, UnixSeconds};
use bithedge_stacks::{Address, Principal};
use bithedge_suite::SuiteEvent;
use bithedge_suite::bounded::List;
use bithedge_suite::generated::{Contract, liquidity_pool, policy_registry, treasury};

use super::Play;
use crate::ledger::{BucketDay, add, add_usd};
use crate::people::Held;
use crate::{ReplayError, TIERS};

impl Play {
    /// Settles every expiry that a boundary ends.
    pub(super) fn settle(&mut self, boundary: UnixSeconds) -> Result<(), ReplayError> {
        for tier in TIERS {
            let bucket = self.chain.bucket(tier, self.asset)?;
            for book in bucket.live.iter().filter(|book| book.expiry <= boundary) {
                let price = self.chain.boundary_price(book.expiry)?;
                let price = price.ok_or_else(|| ReplayError::Missing("an expiry's price".to_owned()))?;
                let mut due = 0;
                for series in &book.series {
                    if series.size > Sats::ZERO && price.btc < series.strike {
                        let all = PolicyTerms {
                            asset: self.asset,
                            tier,
                            strike: series.strike,
                            floor: series.floor,
                            expiry: book.expiry,
                            size: series.size,
                            lock: series.locked,
                        };
                        due += all.payout(price.btc, price.stx)?.base_units();
                    }
                }
                let request = policy_registry::SettleExpiry {
                    tier: tier.into(),
                    token: self.chain.token(self.asset).clone(),
                    expiry: book.expiry.get().into(),
                };
                let receipt = self.chain.done(self.keeper, request)?;
                for event in receipt.events {
                    let SuiteEvent::LiquidityPoolExpirySettled(settled) = event else { continue };
                    self.same("what an expiry is due", &settled.due.base_units(), &due)?;
                    let sum = settled.reserved.base_units() + settled.owed.base_units();
                    self.same("due = reserved + owed", &settled.due.base_units(), &sum)?;
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
                let pair = ours.exit_pair()?;
                let generation = u64::try_from(closed.generation).unwrap_or(u64::MAX);
                let flows = self.ledger.bucket(tier);
                add(&mut flows.exit_fees, closed.fee.base_units());
                flows.unhealthy_closes += u64::from(!ours.healthy && before.assets > TokenAmount::ZERO);
                let after = self.chain.bucket(tier, self.asset)?;
                self.remember(
                    &after,
                    ClosePoint { at: price.at, pair, generation, btc: price.btc, stx: price.stx },
                )?;
            }
        }
        Ok(())
    }

    fn remember(&mut self, after: &Bucket, close: ClosePoint) -> Result<(), ReplayError> {
        let day = BucketDay {
            at: close.at,
            pair: close.pair,
            generation: close.generation,
            assets: after.assets,
            needed: after.needed(close.stx)?,
            btc: close.btc,
            stx: close.stx,
        };
        self.ledger.days.entry(after.tier).or_default().push(day);
        if let Some(closes) = self.closes.get_mut(usize::from(after.tier).wrapping_sub(1)) {
            closes.push(close);
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
                let flows = self.ledger.bucket(policy.tier);
                add(&mut flows.claims_due, settled.due.base_units());
                add(&mut flows.claims_paid, settled.paid.base_units());
                self.received(&policy, settled.paid)?;
            }
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

    /// An owner was paid for a policy.
    pub(super) fn received(&mut self, policy: &Held, paid: TokenAmount) -> Result<(), ReplayError> {
        let usd = self.usd(paid)?;
        let flows = self.ledger.cover(policy.tier, policy.cover);
        flows.paid_out += u64::from(paid > TokenAmount::ZERO);
        add_usd(&mut flows.received, usd);
        add(&mut flows.received_token, paid.base_units());
        self.ledger.receive(self.owner(policy)?, paid.base_units());
        Ok(())
    }

    /// Fees go where the treasury's table says, and the keeper takes its bounties.
    pub(super) fn distribute(&mut self) -> Result<(), ReplayError> {
        let token = self.chain.token(self.asset).clone();
        // Refused when there is nothing to distribute.
        let shared = self.chain.call(self.keeper, treasury::Distribute { token: token.clone() })?.answer;
        if shared.is_ok() {
            let fund = self.chain.suite().contract(Contract::InsuranceFund).clone();
            let recipient = Principal::Contract(fund);
            let request = treasury::ClaimAllocation { token: token.clone(), recipient };
            // Refused when its part rounds to nothing.
            let _ = self.chain.call(self.keeper, request)?.answer;
        }
        let who = Principal::Standard(self.keeper);
        let request = liquidity_pool::ClaimCredit { token, who };
        if let Ok(paid) = self.chain.call(self.keeper, request)?.answer {
            add(&mut self.ledger.bounties, paid);
            self.ledger.receive(self.keeper, paid);
        }
        Ok(())
    }
}
