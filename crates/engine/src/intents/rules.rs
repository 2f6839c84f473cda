//! Checks that several functions of the contracts share.

use bithedge_protocol::{Asset, TokenAmount};
use bithedge_stacks::Principal;
use bithedge_suite::bounded::Ascii;
use bithedge_suite::generated::{
    errors, governance, insurance_fund, liquidity_pool, liquidity_pool_vault, parameters, treasury,
    upgrade_manager,
};
use bithedge_suite::{Contract, ContractError};

use super::finding::{Checked, Fits as _, Stop, asserts};
use super::intent::BucketId;
use super::state::{State, Unknown, Wanted};

/// Standing of a contract that runs off what it has.
pub(crate) const RETIRING: u128 = 1;
/// Standing of the contract in service.
pub(crate) const CURRENT: u128 = 2;
/// Parts of one million.
pub(crate) const PPM: u128 = 1_000_000;
/// Beyond it treasury, fund and vault take nothing.
pub(crate) const MAX_AMOUNT: u128 = 1_000_000_000_000_000_000;

/// What the built-in token function answers to who has too little; sBTC passes it on.
const SBTC_TOO_LITTLE: ContractError = ContractError::new(1);

/// The standing of a contract of the suite under its own name.
pub(crate) fn standing(state: &State, contract: Contract) -> Result<u128, Unknown> {
    let who = Principal::Contract(state.deployment().contract(contract).clone());
    let holder = state.entry::<upgrade_manager::maps::Holders>(&who)?;
    Ok(holder.filter(|holder| holder.name.as_str() == contract.name()).map_or(0, |holder| holder.standing))
}

/// Whether an action is open to the account, by flags, breakers and limits.
pub(crate) fn action(state: &State, name: &'static str, amount: u128) -> Checked {
    state.call(is_action_open(state, name, amount))??;
    Ok(())
}

pub(crate) fn is_action_open(state: &State, name: &'static str, amount: u128) -> parameters::IsActionOpen {
    parameters::IsActionOpen { action: super::state::ascii(name), user: state.me(), amount }
}

/// What a token answers to who has too little.
pub(crate) const fn too_little(asset: Asset) -> ContractError {
    match asset {
        Asset::Sbtc => SBTC_TOO_LITTLE,
        Asset::Stx => errors::STX_TOKEN_INSUFFICIENT_BALANCE,
    }
}

/// The account gives so much of a token.
pub(crate) fn gives(state: &State, asset: Asset, amount: u128) -> Checked {
    asserts(state.spendable(asset)?.base_units() >= amount, too_little(asset))
}

/// The vault takes so much from the account: `deposit-funds`.
pub(crate) fn vault_takes(state: &State, asset: Asset, amount: u128) -> Checked {
    asserts(standing(state, Contract::LiquidityPool)? >= CURRENT, errors::LIQUIDITY_POOL_VAULT_NOT_BACKEND)?;
    asserts(amount > 0 && amount <= MAX_AMOUNT, errors::LIQUIDITY_POOL_VAULT_INVALID_AMOUNT)?;
    let token = state.token_principal(asset)?;
    let accepted = state.entry::<liquidity_pool_vault::maps::Tokens>(&token)?.is_some_and(|one| one.accepted);
    asserts(accepted, errors::LIQUIDITY_POOL_VAULT_TOKEN_NOT_ACCEPTED)?;
    gives(state, asset, amount)
}

/// The vault lets go of something for the pool.
pub(crate) fn vault_pays(state: &State) -> Checked {
    let serves = standing(state, Contract::LiquidityPool)? >= RETIRING;
    asserts(serves, errors::LIQUIDITY_POOL_VAULT_NOT_BACKEND)
}

/// A collateral token of the pool's table.
pub(crate) fn collateral(
    state: &State,
    asset: Asset,
) -> Result<liquidity_pool::types::CollateralToken, Stop> {
    let token = state.token_principal(asset)?;
    let found = state.entry::<liquidity_pool::maps::CollateralTokens>(&token)?;
    found.ok_or(Stop::Refused(errors::LIQUIDITY_POOL_UNKNOWN_TOKEN))
}

pub(crate) fn bucket_key(
    state: &State,
    bucket: BucketId,
) -> Result<liquidity_pool::types::BucketKey, Unknown> {
    Ok(liquidity_pool::types::BucketKey { tier: bucket.tier(), token: state.token_principal(bucket.asset)? })
}

/// A bucket's figures.
pub(crate) fn bucket(state: &State, id: BucketId) -> Result<liquidity_pool::types::Bucket, Stop> {
    let found = state.entry::<liquidity_pool::maps::Buckets>(&bucket_key(state, id)?)?;
    found.ok_or(Stop::Refused(errors::LIQUIDITY_POOL_UNKNOWN_BUCKET))
}

/// A tier's terms.
pub(crate) fn tier(state: &State, tier: u8) -> Result<liquidity_pool::types::Tier, Stop> {
    let found = state.entry::<liquidity_pool::maps::Tiers>(&tier.into())?;
    found.ok_or(Stop::Refused(errors::LIQUIDITY_POOL_UNKNOWN_TIER))
}

/// The collateral that locks and promises call for at an STX price: `collateral-needed`.
pub(crate) fn needed(asset: Asset, locked: u128, required: u128, stx: u128) -> Result<u128, Stop> {
    match asset {
        Asset::Sbtc => Ok(locked),
        Asset::Stx => {
            if stx == 0 {
                return Err(Stop::Aborts);
            }
            Ok(locked.max(required.checked_mul(PPM).fits()?.div_ceil(stx)))
        }
    }
}

/// `a · b / c`, rounded down, as the contracts compute it.
pub(crate) fn mul_div(a: u128, b: u128, c: u128) -> Result<u128, Stop> {
    a.checked_mul(b).fits()?.checked_div(c).fits()
}

/// Whether somebody holds a role.
pub(crate) fn has_role(state: &State, role: &Ascii<16>) -> Result<bool, Unknown> {
    let key = governance::types::RolesKey { role: role.clone(), who: state.me() };
    Ok(state.entry::<governance::maps::Roles>(&key)?.is_some())
}

/// Whether the account is a guardian.
pub(crate) fn is_guardian(state: &State) -> Result<bool, Unknown> {
    has_role(state, &super::state::ascii("guardian"))
}

/// A token's record in the treasury.
pub(crate) fn treasury_token(state: &State, asset: Asset) -> Result<treasury::types::TokensEntry, Stop> {
    let token = state.token_principal(asset)?;
    let found = state.entry::<treasury::maps::Tokens>(&token)?;
    found.ok_or(Stop::Refused(errors::TREASURY_TOKEN_NOT_ACCEPTED))
}

/// Whether the insurance fund takes a token.
pub(crate) fn fund_accepts(state: &State, asset: Asset) -> Result<bool, Unknown> {
    let token = state.token_principal(asset)?;
    Ok(state.entry::<insurance_fund::maps::Settings>(&token)?.is_some_and(|one| one.accepted))
}

/// What the treasury pays the fund with `contribute-to-fund`.
pub(crate) fn fund_takes(state: &State, asset: Asset, amount: u128) -> Checked {
    asserts(amount > 0 && amount <= MAX_AMOUNT, errors::INSURANCE_FUND_INVALID_AMOUNT)?;
    asserts(fund_accepts(state, asset)?, errors::INSURANCE_FUND_TOKEN_NOT_ACCEPTED)
}

impl Wanted<'_> {
    /// Standings of contracts.
    pub(crate) fn standings(self, state: &State, contracts: &[Contract]) -> Self {
        contracts.iter().fold(self, |wanted, contract| {
            let who = Principal::Contract(state.deployment().contract(*contract).clone());
            wanted.entry::<upgrade_manager::maps::Holders>(&who)
        })
    }
}

/// An amount of a token.
pub(crate) const fn amount(units: u128) -> TokenAmount {
    TokenAmount::new(units)
}
