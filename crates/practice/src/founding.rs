//! Capital of a practice provider, so that there is something to buy from the first minute: a pool without capital sells nothing, and
//! a deposit becomes shares at a daily close only.

use bithedge_deploy::sender::{Blocks, Fee, Order, SendError, Sender};
use bithedge_stacks::transaction::{FungibleCode, PostConditionPrincipal};
use bithedge_stacks::{ContractId, MicroStx, Payload, PostCondition, Principal, SecretKey};
use bithedge_suite::generated::liquidity_pool;
use bithedge_suite::{ContractFunction as _, DeploymentError};

use crate::chain::{ReadError, SuiteChain};

/// For each tier: 3 of the 10 sBTC that a practice account begins with, so that no faucet is needed.
const SATS: u64 = 300_000_000;
/// For each tier, of 100 million STX.
const MICRO_STX: MicroStx = MicroStx::new(3_000_000_000_000);
const FEE: MicroStx = MicroStx::new(5_000);

/// Why there is no such capital.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FoundingError {
    /// The chain could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A deposit had no effect.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Nobody has said where sBTC is.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
}

/// Commits capital to every tier in both tokens, unless this account has ever sent anything.
///
/// # Errors
/// [`FoundingError`].
pub(crate) async fn commit(
    chain: &SuiteChain,
    key: &SecretKey,
    blocks: Blocks,
    tiers: &[u128],
) -> Result<(), FoundingError> {
    let network = chain.suite.network().chain();
    let sender = Sender::new(&chain.client, network, key, blocks);
    let account = Principal::Standard(sender.address());
    if chain.client.account(&account).await.map_err(ReadError::Client)?.nonce > 0 {
        return Ok(());
    }
    let mut orders = Vec::new();
    for tier in tiers.iter().copied() {
        let (principal, code) = (PostConditionPrincipal::Origin, FungibleCode::Eq);
        let asset = chain.suite.sbtc_asset()?;
        let sbtc = PostCondition::Fungible { principal: principal.clone(), asset, code, amount: SATS };
        orders.push(deposit(chain, tier, chain.suite.sbtc()?, SATS, sbtc));
        let stx = PostCondition::Stx { principal, code, amount: MICRO_STX };
        orders.push(deposit(chain, tier, chain.suite.stx(), MICRO_STX.micro(), stx));
    }
    sender.send(&orders, |_, _| ()).await?;
    Ok(())
}

fn deposit(chain: &SuiteChain, tier: u128, token: &ContractId, amount: u64, moves: PostCondition) -> Order {
    let call = liquidity_pool::CommitCapital { tier, token: token.clone(), amount: amount.into() };
    let payload = Payload::from(call.into_call(&chain.suite));
    Order { what: format!("capital of tier {tier}"), payload, conditions: vec![moves], fee: Fee::Fixed(FEE) }
}
