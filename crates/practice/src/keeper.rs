//! The practice keeper: does what time demands and anybody may do. Records boundaries that nobody reported at, settles
//! expiries, pays what is settled to its owners, and closes epochs.

use std::time::Duration;

use bithedge_deploy::sender::{Blocks, Fee, Order, SendError, Sender};
use bithedge_stacks::transaction::FungibleCode;
use bithedge_stacks::{ContractId, MicroStx, Payload, PostCondition, Principal, SecretKey};
use bithedge_suite::generated::{insurance_fund, liquidity_pool, oracle, policy_registry};
use bithedge_suite::{Contract, ContractFunction, DeploymentError};

use crate::chain::{ReadError, SuiteChain};

/// Boundaries and epochs are at 08:00 UTC.
const DAY_SECONDS: u64 = 86_400;
const BOUNDARY_SECONDS: u64 = 28_800;
/// The longest page of an index.
const PAGE: u128 = 20;
/// The statuses of a policy that nobody has ended yet.
const ACTIVE: u128 = 1;
/// `get-effective-status`: out of the money.
const EXPIRED: u128 = 4;
/// `get-effective-status`: in the money, and settled or to be settled.
const CLAIMABLE: u128 = 7;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeeperError {
    /// The chain could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What was sent had no effect.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Nobody has said where sBTC is.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
}

/// The keeper.
#[allow(missing_debug_implementations, reason = "it holds a secret")]
pub struct Keeper {
    chain: SuiteChain,
    key: SecretKey,
    blocks: Blocks,
    tiers: Vec<u128>,
    /// The newest boundary up to which everything is done.
    done: u64,
    /// Expiries whose policies are not all ended.
    open: Vec<u64>,
}

impl Keeper {
    /// With a key, for these tiers.
    #[must_use]
    pub fn new(chain: SuiteChain, key: SecretKey, blocks: Blocks, tiers: Vec<u128>) -> Self {
        Self { chain, key, blocks, tiers, done: 0, open: Vec::new() }
    }

    /// Does what is due. Returns how many transactions that took.
    ///
    /// # Errors
    /// [`KeeperError`]; the next look tries again.
    pub async fn look(&mut self) -> Result<usize, KeeperError> {
        let now = self.chain.time().await?;
        if now < self.done {
            // The chain went back to a snapshot.
            self.done = 0;
        }
        let boundary = now.saturating_sub(BOUNDARY_SECONDS) / DAY_SECONDS * DAY_SECONDS + BOUNDARY_SECONDS;
        if boundary <= self.done && self.open.is_empty() {
            return Ok(0);
        }
        if self.chain.read(oracle::GetBoundary { at: boundary.into() }).await?.is_none() {
            // The first price after it records it.
            return Ok(0);
        }
        let mut count = 0;
        for token in [self.chain.suite.sbtc()?.clone(), self.chain.suite.stx().clone()] {
            for tier in self.tiers.clone() {
                count += self.settle(tier, &token, boundary).await?;
                count += self.close(tier, &token, boundary).await?;
            }
        }
        count += self.claim().await?;
        self.done = boundary;
        Ok(count)
    }

    /// Looks again and again.
    pub async fn run(mut self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            match self.look().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "the keeper did what was due"),
                Err(error) => tracing::debug!(%error, "the keeper did not get everything done"),
            }
        }
    }

    async fn bucket(
        &self,
        tier: u128,
        token: &ContractId,
    ) -> Result<Option<liquidity_pool::types::Bucket>, KeeperError> {
        let token = Principal::Contract(token.clone());
        Ok(self.chain.read(liquidity_pool::GetBucket { tier, token }).await?)
    }

    /// Settles the expiries of a bucket that are over.
    async fn settle(&mut self, tier: u128, token: &ContractId, boundary: u64) -> Result<usize, KeeperError> {
        let Some(bucket) = self.bucket(tier, token).await? else { return Ok(0) };
        let mut count = 0;
        for expiry in bucket.live.iter().copied().filter(|expiry| *expiry <= boundary.into()) {
            if self.chain.read(oracle::GetBoundary { at: expiry }).await?.is_none() {
                let call = oracle::RecordBoundary { at: expiry };
                self.send(format!("recording the price of {expiry}"), call, Vec::new()).await?;
                count += 1;
            }
            let call = policy_registry::SettleExpiry { tier, token: token.clone(), expiry };
            // Only what the fund may add to a bucket that is short moves.
            let asset = Principal::Contract(token.clone());
            let fund = self.chain.read(insurance_fund::GetFundSize { token: asset }).await?;
            let conditions = vec![self.at_most(Contract::InsuranceFund, token, fund)?];
            self.send(format!("settling {expiry} of tier {tier}"), call, conditions).await?;
            count += 1;
            let expiry = u64::try_from(expiry).unwrap_or(u64::MAX);
            if !self.open.contains(&expiry) {
                self.open.push(expiry);
            }
        }
        Ok(count)
    }

    /// Closes a bucket's epoch, which may be for several boundaries.
    async fn close(&mut self, tier: u128, token: &ContractId, boundary: u64) -> Result<usize, KeeperError> {
        let Some(bucket) = self.bucket(tier, token).await? else { return Ok(0) };
        if bucket.due > boundary.into() {
            return Ok(0);
        }
        let call = liquidity_pool::CloseEpoch { tier, token: Principal::Contract(token.clone()) };
        // A close only counts; what it gives is claimed.
        self.send(format!("closing epoch {} of tier {tier}", bucket.epoch), call, Vec::new()).await?;
        Ok(1)
    }

    /// Pays what is settled and ends what ran out of the money.
    async fn claim(&mut self) -> Result<usize, KeeperError> {
        let mut count = 0;
        while let Some(expiry) = self.open.last().copied() {
            let mut from = 0;
            loop {
                let call = policy_registry::GetPoliciesByExpiry { expiry: expiry.into(), from };
                let ids = self.chain.read(call).await?;
                for id in ids.iter().copied() {
                    count += self.claim_one(id).await?;
                }
                if ids.iter().count() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
                    break;
                }
                from += PAGE;
            }
            self.open.pop();
        }
        Ok(count)
    }

    async fn claim_one(&mut self, id: u128) -> Result<usize, KeeperError> {
        let Some(policy) = self.chain.read(policy_registry::GetPolicy { id }).await? else { return Ok(0) };
        if policy.status != ACTIVE {
            return Ok(0);
        }
        let status = self.chain.read(policy_registry::GetEffectiveStatus { id }).await?;
        let Principal::Contract(token) = &policy.token else { return Ok(0) };
        match status {
            Ok(CLAIMABLE) => {
                let Some(bucket) = self.bucket(policy.tier, token).await? else { return Ok(0) };
                let call = policy_registry::ClaimSettlement { id, token: token.clone() };
                let conditions = vec![self.at_most(Contract::LiquidityPoolVault, token, bucket.claims)?];
                self.send(format!("paying policy {id}"), call, conditions).await?;
            }
            Ok(EXPIRED) => {
                let call = policy_registry::ClaimSettlement { id, token: token.clone() };
                self.send(format!("ending policy {id}"), call, Vec::new()).await?;
            }
            _ => return Ok(0),
        }
        Ok(1)
    }

    /// No more of the token than this leaves the contract.
    fn at_most(
        &self,
        contract: Contract,
        token: &ContractId,
        amount: u128,
    ) -> Result<PostCondition, DeploymentError> {
        let principal = self.chain.suite.contract(contract).clone().into();
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        if token == self.chain.suite.stx() {
            let amount = MicroStx::new(amount);
            return Ok(PostCondition::Stx { principal, code: FungibleCode::Le, amount });
        }
        let asset = self.chain.suite.sbtc_asset()?;
        Ok(PostCondition::Fungible { principal, asset, code: FungibleCode::Le, amount })
    }

    async fn send<F: ContractFunction>(
        &self,
        what: String,
        function: F,
        conditions: Vec<PostCondition>,
    ) -> Result<(), KeeperError> {
        let network = self.chain.suite.network().chain();
        let sender = Sender::new(&self.chain.client, network, &self.key, self.blocks.clone());
        sender.settle().await?;
        let payload = Payload::from(function.into_call(&self.chain.suite));
        let fee = Fee::Fixed(MicroStx::new(5_000));
        sender.send(&[Order { what, payload, conditions, fee }], |_, _| ()).await?;
        Ok(())
    }
}
