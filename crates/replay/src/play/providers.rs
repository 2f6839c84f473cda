//! What providers do, once a day after the close.

use bithedge_protocol::pool::Shares;
use bithedge_protocol::{PpmChange, TokenAmount, UnixSeconds};
use bithedge_stacks::Principal;
use bithedge_suite::generated::errors::{
    LIQUIDITY_POOL_AMOUNT, LIQUIDITY_POOL_DEPOSIT_CAPACITY, LIQUIDITY_POOL_NO_YIELD,
};
use bithedge_suite::generated::liquidity_pool;

use super::{DAY, Play};
use crate::ReplayError;
use crate::ledger::add;
use crate::people::{Capital, Provider};

impl Play {
    pub(super) fn provide(&mut self, now: UnixSeconds) -> Result<(), ReplayError> {
        if self.ends {
            for provider in self.providers.clone() {
                self.leave(&provider, 1, 1)?;
            }
            return self.collect();
        }
        for index in 0..self.providers.len() {
            let Some(provider) = self.providers.get(index).cloned() else { continue };
            let acted = match provider.capital {
                Capital::Stays => !provider.is_in && self.commit(&provider, 1, 1)?,
                Capital::Seasonal => self.seasons(&provider, now)?,
                Capital::Chases => self.chase(&provider, now)?,
                Capital::TakesYield => self.take_yield(&provider, now)?,
                Capital::Dribbles => self.dribble(&provider)?,
            };
            if let Some(provider) = self.providers.get_mut(index).filter(|_| acted) {
                provider.acted = now;
            }
        }
        if self.days % 7 == 3 {
            self.collect()?;
        }
        Ok(())
    }

    fn set_in(&mut self, provider: &Provider, is_in: bool) {
        let same = |one: &&mut Provider| one.address == provider.address;
        if let Some(found) = self.providers.iter_mut().find(same) {
            found.is_in = is_in;
        }
    }

    /// Commits a part of what the provider brings; false if there is nothing to commit or no room.
    fn commit(&mut self, provider: &Provider, part: u128, of: u128) -> Result<bool, ReplayError> {
        let share = provider.capital.share().base_units();
        let wallet = self.ledger.wallet(provider.address);
        let amount = (self.stake * share / 1_000_000 * part / of).min(wallet);
        let request = liquidity_pool::CommitCapital {
            tier: provider.tier.into(),
            token: self.chain.token(self.asset).clone(),
            amount,
        };
        let answer = self.chain.call(provider.address, request)?.answer;
        let is_taken = answer.is_ok();
        self.unless("commit-capital", answer.map(drop), |error| {
            [LIQUIDITY_POOL_AMOUNT, LIQUIDITY_POOL_DEPOSIT_CAPACITY].contains(&error)
        })?;
        let flows = self.ledger.provider(provider.tier, provider.capital);
        if !is_taken {
            flows.refused += 1;
            return Ok(false);
        }
        add(&mut flows.paid_in, amount);
        self.ledger.pay(provider.address, amount);
        add(&mut self.ledger.bucket(provider.tier).deposits, amount);
        self.set_in(provider, true);
        Ok(true)
    }

    /// Asks for a part of the shares to leave; false if there are none.
    fn leave(&mut self, provider: &Provider, part: u128, of: u128) -> Result<bool, ReplayError> {
        let (found, _) = self.chain.provider(provider.tier, self.asset, provider.address)?;
        let shares = found.shares / of * part;
        if shares == 0 {
            return Ok(false);
        }
        let request = liquidity_pool::RequestWithdrawal {
            tier: provider.tier.into(),
            token: self.chain.token_principal(self.asset),
            shares,
        };
        self.chain.done(provider.address, request)?;
        if part == of {
            self.set_in(provider, false);
        }
        Ok(true)
    }

    fn seasons(&mut self, provider: &Provider, now: UnixSeconds) -> Result<bool, ReplayError> {
        let is_first_quarter = now.civil().month <= 3;
        match (provider.is_in, is_first_quarter) {
            (true, true) => self.leave(provider, 1, 1),
            (false, false) => self.commit(provider, 1, 1),
            _ => Ok(false),
        }
    }

    /// What a share of the bucket returned over the last so many closes.
    fn recent(&self, tier: u8, closes: usize) -> Option<PpmChange> {
        let history = self.closes.get(usize::from(tier).checked_sub(1)?)?;
        let before = history.get(history.len().checked_sub(closes + 1)?)?;
        before.change_to(history.last()?).ok()
    }

    fn chase(&mut self, provider: &Provider, now: UnixSeconds) -> Result<bool, ReplayError> {
        let rested = now.get().saturating_sub(provider.acted.get()) > 7 * DAY;
        if !rested {
            return Ok(false);
        }
        let gained = self.recent(provider.tier, 28).is_some_and(|change| change >= PpmChange::new(15_000));
        let lost = self.recent(provider.tier, 14).is_some_and(|change| change <= PpmChange::new(-30_000));
        match (provider.is_in, gained, lost) {
            (false, true, false) => self.commit(provider, 1, 1),
            (true, _, true) => self.leave(provider, 1, 1),
            _ => Ok(false),
        }
    }

    fn take_yield(&mut self, provider: &Provider, now: UnixSeconds) -> Result<bool, ReplayError> {
        if !provider.is_in {
            return self.commit(provider, 1, 1);
        }
        if now.get().saturating_sub(provider.acted.get()) < 30 * DAY {
            return Ok(false);
        }
        let request = liquidity_pool::ClaimYield {
            tier: provider.tier.into(),
            token: self.chain.token_principal(self.asset),
        };
        let answer = self.chain.call(provider.address, request)?.answer;
        let is_taken = answer.is_ok();
        self.unless("claim-yield", answer.map(drop), |error| error == LIQUIDITY_POOL_NO_YIELD)?;
        Ok(is_taken)
    }

    fn dribble(&mut self, provider: &Provider) -> Result<bool, ReplayError> {
        match self.random.below(20) {
            0 => {
                let of = 4 + self.random.below(36) as u128;
                self.commit(provider, 1, of)
            }
            1 => {
                let of = 2 + self.random.below(8) as u128;
                self.leave(provider, 1, of)
            }
            _ => Ok(false),
        }
    }

    /// Everybody takes what can be taken.
    fn collect(&mut self) -> Result<(), ReplayError> {
        for provider in self.providers.clone() {
            let (found, _) = self.chain.provider(provider.tier, self.asset, provider.address)?;
            if found.claimable + found.returned == 0 {
                continue;
            }
            let request = liquidity_pool::ClaimWithdrawal {
                tier: provider.tier.into(),
                token: self.chain.token(self.asset).clone(),
                provider: Principal::Standard(provider.address),
            };
            let paid = self.chain.done(provider.address, request)?.answer;
            self.same("a withdrawal", &paid, &(found.claimable + found.returned))?;
            self.ledger.receive(provider.address, paid);
            add(&mut self.ledger.bucket(provider.tier).withdrawals, paid);
            add(&mut self.ledger.provider(provider.tier, provider.capital).taken_out, paid);
            // A deposit that came back is tried again.
            if found.returned > 0
                && found.shares == 0
                && TokenAmount::new(found.claimable) == TokenAmount::ZERO
            {
                self.set_in(&provider, false);
            }
        }
        Ok(())
    }

    /// Whether nobody has shares, waits, or has something to claim.
    pub(super) fn everybody_left(&mut self) -> Result<bool, ReplayError> {
        for provider in self.providers.clone() {
            let (found, position) = self.chain.provider(provider.tier, self.asset, provider.address)?;
            let shares = [position.shares, position.queued, position.pending_exit];
            let is_out = shares.iter().all(|shares| *shares == Shares::ZERO);
            let amounts = [found.claimable, found.returned, position.pending_deposit.base_units()];
            if !is_out || amounts.iter().any(|amount| *amount > 0) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
