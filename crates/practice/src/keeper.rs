//! The practice keeper: does what time demands and anybody may do. Settles expiries, records the boundaries of theirs that nobody
//! reported at, pays what is settled to its owners, and closes epochs.
//!
//! What there is to do is read from the chain each time: it may have been ended half-way, and the chain may go back.

use std::collections::BTreeSet;

use bithedge_deploy::sender::{Blocks, Fee, Order, SendError, Sender};
use bithedge_stacks::client::Block;
use bithedge_stacks::transaction::FungibleCode;
use bithedge_stacks::{ContractId, MicroStx, Payload, PostCondition, Principal, SecretKey};
use bithedge_suite::generated::{insurance_fund, liquidity_pool, oracle, policy_registry};
use bithedge_suite::{Contract, ContractFunction, DeploymentError};

use crate::chain::{ReadError, SuiteChain};

/// Boundaries and epochs are at 08:00 UTC.
const DAY_SECONDS: u64 = 86_400;
const BOUNDARY_SECONDS: u64 = 28_800;
/// The longest page of an index.
const PAGE: usize = 20;
/// The status of a policy that nobody has ended yet.
const ACTIVE: u128 = 1;

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
    done: Option<Done>,
}

/// A look that found nothing left to do.
struct Done {
    /// Up to this boundary.
    boundary: u64,
    /// The newest block then. The chain can go back behind it, to a snapshot.
    tip: Block,
}

impl Keeper {
    /// With a key, for these tiers.
    #[must_use]
    pub fn new(chain: SuiteChain, key: SecretKey, blocks: Blocks, tiers: Vec<u128>) -> Self {
        Self { chain, key, blocks, tiers, done: None }
    }

    /// Does what is due. Returns how many transactions that took.
    ///
    /// # Errors
    /// [`KeeperError`]; the next look tries again.
    pub async fn look(&mut self) -> Result<usize, KeeperError> {
        let tip = self.chain.tip().await?;
        let days = tip.block_time.saturating_sub(BOUNDARY_SECONDS) / DAY_SECONDS;
        let boundary = days * DAY_SECONDS + BOUNDARY_SECONDS;
        if let Some(done) = &self.done
            && done.boundary == boundary
            && self.chain.still_has(&done.tip, &tip).await?
        {
            return Ok(0);
        }
        if self.chain.read(oracle::GetBoundary { at: boundary.into() }).await?.is_none() {
            // The first price after it records it.
            return Ok(0);
        }
        let mut count = self.send(self.settlements(boundary).await?).await?;
        count += self.send(self.payments(boundary).await?).await?;
        if count == 0 {
            self.done = Some(Done { boundary, tip });
        }
        Ok(count)
    }

    /// Where the blocks come from from now on.
    pub fn set_blocks(&mut self, blocks: Blocks) {
        self.blocks = blocks;
    }

    async fn bucket(
        &self,
        tier: u128,
        token: &ContractId,
    ) -> Result<Option<liquidity_pool::types::Bucket>, KeeperError> {
        let token = Principal::Contract(token.clone());
        Ok(self.chain.read(liquidity_pool::GetBucket { tier, token }).await?)
    }

    /// Settles the expiries of every bucket that are over, and closes its epoch if it is due, in this order.
    async fn settlements(&self, boundary: u64) -> Result<Vec<Order>, KeeperError> {
        let mut orders = Vec::new();
        let mut recorded = BTreeSet::new();
        for token in [self.chain.suite.sbtc()?, self.chain.suite.stx()] {
            for tier in self.tiers.iter().copied() {
                let Some(bucket) = self.bucket(tier, token).await? else { continue };
                for expiry in bucket.live.iter().copied().filter(|expiry| *expiry <= boundary.into()) {
                    let known = self.chain.read(oracle::GetBoundary { at: expiry }).await?.is_some();
                    if !known && recorded.insert(expiry) {
                        let call = oracle::RecordBoundary { at: expiry };
                        orders.push(self.order(format!("recording the price of {expiry}"), call, Vec::new()));
                    }
                    let call = policy_registry::SettleExpiry { tier, token: token.clone(), expiry };
                    // Only what the fund may add to a bucket that is short moves.
                    let asset = Principal::Contract(token.clone());
                    let fund = self.chain.read(insurance_fund::GetFundSize { token: asset }).await?;
                    let conditions = vec![self.at_most(Contract::InsuranceFund, token, fund)?];
                    orders.push(self.order(format!("settling {expiry} of tier {tier}"), call, conditions));
                }
                if bucket.due <= boundary.into() {
                    // A close only counts; what it gives is claimed. It may be for several boundaries.
                    let call = liquidity_pool::CloseEpoch { tier, token: Principal::Contract(token.clone()) };
                    let what = format!("closing epoch {} of tier {tier}", bucket.epoch);
                    orders.push(self.order(what, call, Vec::new()));
                }
            }
        }
        Ok(orders)
    }

    /// Pays what is settled and ends what ran out of the money.
    async fn payments(&self, boundary: u64) -> Result<Vec<Order>, KeeperError> {
        // All of them first: each that ends moves another one into its place in the index.
        let mut active = Vec::new();
        loop {
            let from = u128::try_from(active.len()).unwrap_or(u128::MAX);
            let page = self.chain.read(policy_registry::GetPoliciesByStatus { status: ACTIVE, from }).await?;
            active.extend(page.iter().copied());
            if page.len() < PAGE {
                break;
            }
        }
        let mut orders = Vec::new();
        for id in active {
            orders.extend(self.payment(id, boundary).await?);
        }
        Ok(orders)
    }

    async fn payment(&self, id: u128, boundary: u64) -> Result<Option<Order>, KeeperError> {
        let Some(policy) = self.chain.read(policy_registry::GetPolicy { id }).await? else { return Ok(None) };
        if policy.status != ACTIVE || policy.expiry > boundary.into() {
            return Ok(None);
        }
        let Principal::Contract(token) = &policy.token else { return Ok(None) };
        let settled = liquidity_pool::GetSettlement {
            tier: policy.tier,
            token: policy.token.clone(),
            expiry: policy.expiry,
        };
        let Some(settled) = self.chain.read(settled).await? else { return Ok(None) };
        let call = policy_registry::ClaimSettlement { id, token: token.clone() };
        if settled.spot >= policy.strike {
            return Ok(Some(self.order(format!("ending policy {id}"), call, Vec::new())));
        }
        let Some(bucket) = self.bucket(policy.tier, token).await? else { return Ok(None) };
        let conditions = vec![self.at_most(Contract::LiquidityPoolVault, token, bucket.claims)?];
        Ok(Some(self.order(format!("paying policy {id}"), call, conditions)))
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

    fn order<F: ContractFunction>(&self, what: String, function: F, conditions: Vec<PostCondition>) -> Order {
        let payload = Payload::from(function.into_call(&self.chain.suite));
        Order { what, payload, conditions, fee: Fee::Fixed(MicroStx::new(5_000)) }
    }

    /// Sends them, many in a block. If one is refused, what became of those after it shows at the next look.
    async fn send(&self, orders: Vec<Order>) -> Result<usize, KeeperError> {
        if orders.is_empty() {
            return Ok(0);
        }
        let network = self.chain.suite.network().chain();
        let sender = Sender::new(&self.chain.client, network, &self.key, self.blocks.clone());
        sender.settle().await?;
        sender.send(&orders, |_, _| ()).await?;
        Ok(orders.len())
    }
}
