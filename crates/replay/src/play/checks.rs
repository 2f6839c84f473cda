//! The application's figures against the contracts', and the books against what there is.

use std::collections::BTreeMap;
use std::fmt::Debug;

use bithedge_protocol::risk::{HealthThresholds, Standing};
use bithedge_protocol::{Asset, TokenAmount};
use bithedge_stacks::Principal;
use bithedge_suite::generated::{Contract, insurance_fund, liquidity_pool, liquidity_pool_vault, treasury};
use serde::{Deserialize, Serialize};

use super::Play;
use crate::{ReplayError, TIERS};

/// How often which figure was the same on both sides. The first that differs ends the replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equalities(BTreeMap<String, u64>);

impl Equalities {
    /// Figures and counts.
    pub fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(what, count)| (what.as_str(), *count))
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Adds another replay's counts.
    pub fn merge(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what.clone()).or_default() += count;
        }
    }
}

impl Play {
    /// Counts an equality.
    pub(super) fn same<T: PartialEq + Debug>(
        &mut self,
        what: &str,
        contract: &T,
        application: &T,
    ) -> Result<(), ReplayError> {
        if contract == application {
            *self.equal.0.entry(what.to_owned()).or_default() += 1;
            return Ok(());
        }
        Err(ReplayError::Differs {
            what: what.to_owned(),
            at: self.chain.now()?.to_string(),
            contract: format!("{contract:?}"),
            application: format!("{application:?}"),
        })
    }

    /// Health and availability of every bucket at the prices of now, and what positions are worth once a week.
    pub(super) fn compare_buckets(&mut self) -> Result<(), ReplayError> {
        let now = self.chain.now()?;
        let stx = self.latest.stx;
        for tier in TIERS {
            let bucket = self.chain.bucket(tier, self.asset)?;
            let token = self.chain.token_principal(self.asset);
            let request = liquidity_pool::GetAvailability { tier: tier.into(), token, stx: stx.base_units() };
            let found = self.chain.read(request)?.map_err(|error| ReplayError::Refused {
                what: "get-availability".to_owned(),
                at: now.to_string(),
                error,
            })?;
            let ours = bucket.availability(self.tier(tier)?, stx, now)?;
            let theirs = [
                found.assets,
                found.needed,
                found.backing,
                found.free,
                found.utilisation,
                u128::from(found.short),
                u128::from(found.open),
            ];
            let ours = [
                ours.assets.base_units(),
                ours.needed.base_units(),
                ours.backing.base_units(),
                ours.free.base_units(),
                ours.utilisation.base_units(),
                u128::from(ours.short),
                u128::from(ours.open),
            ];
            self.same("availability", &theirs, &ours)?;
            let thresholds = HealthThresholds::of_bucket(self.tier(tier)?.buffer);
            let short = bucket.health(&thresholds, stx)?.standing >= Standing::MarginCall;
            self.same("health", &found.short, &short)?;
            if bucket.locked > bucket.assets && self.asset == Asset::Sbtc {
                return Err(self.unaccounted("locks of sBTC", bucket.locked, bucket.assets)?);
            }
        }
        if self.days.is_multiple_of(7) {
            self.compare_positions()?;
            self.check_vault()?;
        }
        Ok(())
    }

    fn compare_positions(&mut self) -> Result<(), ReplayError> {
        for provider in self.providers.clone() {
            let bucket = self.chain.bucket(provider.tier, self.asset)?;
            let Some(pair) = self.chain.last_pair(&bucket)? else { continue };
            let (found, position) = self.chain.provider(provider.tier, self.asset, provider.address)?;
            let ours = position.value(&bucket, pair)?;
            let ours = [ours.value, ours.locked, ours.available].map(TokenAmount::base_units);
            self.same("a provider's position", &[found.value, found.locked, found.available], &ours)?;
        }
        Ok(())
    }

    fn unaccounted(
        &mut self,
        what: &str,
        found: impl Debug,
        booked: impl Debug,
    ) -> Result<ReplayError, ReplayError> {
        Ok(ReplayError::Unaccounted {
            what: what.to_owned(),
            at: self.chain.now()?.to_string(),
            found: format!("{found:?}"),
            booked: format!("{booked:?}"),
        })
    }

    /// The vault's book of the pool is the sum of all buckets' parts and the keepers' credits, and the tokens are there.
    pub(super) fn check_vault(&mut self) -> Result<(), ReplayError> {
        let token = self.chain.token_principal(self.asset);
        let mut parts = self.chain.read(liquidity_pool::GetCreditTotal { token: token.clone() })?;
        let mut locked = 0;
        for tier in TIERS {
            let bucket = self.chain.raw_bucket(tier, self.asset)?;
            parts += bucket.assets
                + bucket.deposits_now
                + bucket.deposits_next
                + bucket.refunds
                + bucket.filled
                + bucket.claims
                + bucket.pot;
            locked += bucket.locked;
        }
        let pool = Principal::Contract(self.chain.suite().contract(Contract::LiquidityPool).clone());
        let account =
            self.chain.read(liquidity_pool_vault::GetAccount { backend: pool, token: token.clone() })?;
        self.same("the vault's book", &[account.balance, account.locked], &[parts, locked])?;
        let vault = self.chain.suite().contract(Contract::LiquidityPoolVault).clone();
        let tokens = self.tokens(&Principal::Contract(vault))?;
        self.same("the vault's tokens", &tokens, &parts)
    }

    pub(super) fn tokens(&mut self, owner: &Principal) -> Result<u128, ReplayError> {
        let (sats, micro_stx) = self.chain.balances(owner)?;
        Ok(match self.asset {
            Asset::Sbtc => sats,
            Asset::Stx => micro_stx,
        })
    }

    /// Everybody has what the ledger says, and all tokens together are those that were given out.
    pub(super) fn check_wallets(&mut self) -> Result<(), ReplayError> {
        for (who, booked) in self.ledger.wallets.clone() {
            let owner: Principal =
                who.parse().map_err(|_| ReplayError::Missing(format!("the address {who}")))?;
            let found = self.tokens(&owner)?;
            self.same("a wallet", &found, &booked.base_units())?;
        }
        Ok(())
    }

    /// All tokens that were given out are with somebody: people, the vault, the treasury or the insurance fund.
    pub(super) fn check_supply(&mut self) -> Result<(), ReplayError> {
        let mut found = 0;
        for who in self.ledger.wallets.clone().into_keys() {
            let owner: Principal =
                who.parse().map_err(|_| ReplayError::Missing(format!("the address {who}")))?;
            found += self.tokens(&owner)?;
        }
        for contract in [Contract::LiquidityPoolVault, Contract::Treasury, Contract::InsuranceFund] {
            let holder = Principal::Contract(self.chain.suite().contract(contract).clone());
            found += self.tokens(&holder)?;
        }
        let given = self.ledger.given.base_units();
        self.same("all tokens", &found, &given)?;
        let token = self.chain.token_principal(self.asset);
        let treasury = self.chain.read(treasury::GetTreasuryBalances { token: token.clone() })?.total;
        let fund = self.chain.read(insurance_fund::GetFundSize { token })?;
        for (what, contract, books) in [
            ("the treasury's tokens", Contract::Treasury, treasury),
            ("the insurance fund's tokens", Contract::InsuranceFund, fund),
        ] {
            let holder = Principal::Contract(self.chain.suite().contract(contract).clone());
            let tokens = self.tokens(&holder)?;
            self.same(what, &tokens, &books)?;
        }
        Ok(())
    }
}
