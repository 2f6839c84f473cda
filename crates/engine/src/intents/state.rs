//! What was read of the suite at one block.

use std::fmt;

use bithedge_protocol::{Asset, BlockHeight, MicroStx, TokenAmount, UnixSeconds};
use bithedge_stacks::{Address, ClarityName, ContractId, Principal, Value};
use bithedge_suite::bounded::Ascii;
use bithedge_suite::generated::{dia_adapter, stx_token};
use bithedge_suite::{
    ContractCall, ContractError, ContractFunction, DataMap, DataVariable, Deployment, DeploymentError,
    FromClarity as _, Mismatch,
};

/// Something that can be read off the chain without a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// An entry of a contract's map.
    Entry {
        /// The contract.
        contract: ContractId,
        /// The map.
        map: ClarityName,
        /// The key.
        key: Value,
    },
    /// A contract's variable.
    Variable {
        /// The contract.
        contract: ContractId,
        /// The variable.
        name: ClarityName,
    },
    /// The answer of a read-only function.
    Call(ContractCall),
}

impl fmt::Display for Reading {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry { contract, map, .. } => write!(out, "the map {map} of {contract}"),
            Self::Variable { contract, name } => write!(out, "the variable {name} of {contract}"),
            Self::Call(call) => write!(out, "{} of {}", call.function, call.contract),
        }
    }
}

/// The block at which a state was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// Its height.
    pub height: BlockHeight,
    /// Its hash, which tells it from another of the same height.
    pub hash: String,
    /// What contracts take for the time in it. A transaction is executed in a later block, at a later time.
    pub time: UnixSeconds,
}

/// A state does not hold, or does not make sense of, what was asked of it. Nothing is known then, and nothing may be concluded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unknown {
    /// This has to be read first, at the same tip.
    #[error("{} readings are missing, the first is {}", .0.len(), first(.0))]
    Unread(Vec<Reading>),
    /// The contract at the other end is not the one that this program knows.
    #[error("the suite answered something else than it should: {what}: {mismatch}")]
    Mismatch {
        /// What was read.
        what: String,
        /// What does not fit.
        mismatch: Mismatch,
    },
    /// The deployment lacks a token.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
}

fn first(readings: &[Reading]) -> String {
    readings.first().map(ToString::to_string).unwrap_or_default()
}

/// Where the suite is, who acts, and everything read for that at one block.
///
/// It grows by what a check says that it lacks ([`Unknown::Unread`]), so that no list of what to read can fall behind the
/// checks; all readings must be of the same tip.
#[derive(Debug, Clone)]
pub struct State {
    deployment: Deployment,
    account: Address,
    fee: MicroStx,
    tip: Tip,
    readings: Vec<(Reading, Option<Value>)>,
}

impl State {
    /// Nothing read yet. `fee` is the most that the transaction itself may cost.
    #[must_use]
    pub const fn new(deployment: Deployment, account: Address, fee: MicroStx, tip: Tip) -> Self {
        Self { deployment, account, fee, tip, readings: Vec::new() }
    }

    /// Where the suite is.
    #[must_use]
    pub const fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Who signs.
    #[must_use]
    pub const fn account(&self) -> Address {
        self.account
    }

    /// The most that the transaction itself may cost.
    #[must_use]
    pub const fn fee(&self) -> MicroStx {
        self.fee
    }

    /// The block.
    #[must_use]
    pub const fn tip(&self) -> &Tip {
        &self.tip
    }

    /// How much was read.
    #[must_use]
    pub const fn readings(&self) -> usize {
        self.readings.len()
    }

    /// Adds what was read; `None` for a map entry that is not there.
    pub fn add(&mut self, reading: Reading, value: Option<Value>) {
        if !self.readings.iter().any(|(known, _)| *known == reading) {
            self.readings.push((reading, value));
        }
    }

    /// The contract of an asset's token.
    pub(crate) fn token(&self, asset: Asset) -> Result<ContractId, Unknown> {
        Ok(match asset {
            Asset::Sbtc => self.deployment.sbtc()?.clone(),
            Asset::Stx => self.deployment.stx().clone(),
        })
    }

    /// The same as a principal.
    pub(crate) fn token_principal(&self, asset: Asset) -> Result<Principal, Unknown> {
        Ok(Principal::Contract(self.token(asset)?))
    }

    pub(crate) fn me(&self) -> Principal {
        Principal::Standard(self.account)
    }

    pub(crate) fn now(&self) -> u128 {
        self.tip.time.get().into()
    }

    fn found(&self, reading: Reading) -> Result<Option<&Value>, Unknown> {
        match self.readings.iter().find(|(known, _)| *known == reading) {
            Some((_, value)) => Ok(value.as_ref()),
            None => Err(Unknown::Unread(vec![reading])),
        }
    }

    /// A map's entry.
    pub(crate) fn entry<M: DataMap>(&self, key: &M::Key) -> Result<Option<M::Entry>, Unknown> {
        let reading = entry::<M>(&self.deployment, key);
        let what = || format!("the map {}", M::MAP);
        self.found(reading)?
            .map(|value| M::decode(value))
            .transpose()
            .map_err(|mismatch| Unknown::Mismatch { what: what(), mismatch })
    }

    /// A variable.
    pub(crate) fn variable<V: DataVariable>(&self) -> Result<V::Value, Unknown> {
        let found = self.found(variable::<V>(&self.deployment))?;
        let what = || format!("the variable {}", V::VARIABLE);
        present(found, what).and_then(|value| {
            V::decode(value).map_err(|mismatch| Unknown::Mismatch { what: what(), mismatch })
        })
    }

    /// A read-only function's answer.
    pub(crate) fn call<F: ContractFunction>(&self, function: F) -> Result<F::Answer, Unknown> {
        let found = self.found(Reading::Call(function.into_call(&self.deployment)))?;
        let what = || format!("the function {}", F::FUNCTION);
        present(found, what).and_then(|value| {
            F::decode(value).map_err(|mismatch| Unknown::Mismatch { what: what(), mismatch })
        })
    }

    /// What somebody can spend of an asset, as its token says. Of the account's own STX the transaction's fee is taken off,
    /// since a node takes it before the call.
    pub(crate) fn spendable(&self, asset: Asset) -> Result<TokenAmount, Unknown> {
        let all = match asset {
            Asset::Stx => self.stx()?.base_units(),
            Asset::Sbtc => self.balance_of(asset, &self.me())?.base_units(),
        };
        let fee = if asset == Asset::Stx { self.fee.base_units() } else { 0 };
        Ok(TokenAmount::new(all.saturating_sub(fee)))
    }

    /// The account's unlocked STX.
    pub(crate) fn stx(&self) -> Result<MicroStx, Unknown> {
        Ok(MicroStx::new(self.balance_of(Asset::Stx, &self.me())?.base_units()))
    }

    /// What somebody holds of an asset that is not locked.
    pub(crate) fn balance_of(&self, asset: Asset, who: &Principal) -> Result<TokenAmount, Unknown> {
        let found = self.found(balance(&self.deployment, asset, who)?)?;
        let what = || format!("the {asset} of {who}");
        let value = present(found, what)?;
        let answer = Result::<u128, ContractError>::from_clarity(value)
            .map_err(|mismatch| Unknown::Mismatch { what: what(), mismatch })?;
        // A token does not refuse to tell a balance; one that does has none that could be counted on.
        Ok(TokenAmount::new(answer.unwrap_or(0)))
    }

    /// The prices of a contract that serves as a price source.
    pub(crate) fn latest_prices(
        &self,
        source: &ContractId,
    ) -> Result<Result<dia_adapter::types::Latest, ContractError>, Unknown> {
        let call = ContractCall {
            contract: source.clone(),
            function: name(dia_adapter::LatestPrices::FUNCTION),
            args: Vec::new(),
        };
        let what = || format!("the prices of {source}");
        let value = present(self.found(Reading::Call(call))?, what)?;
        dia_adapter::LatestPrices::decode(value)
            .map_err(|mismatch| Unknown::Mismatch { what: what(), mismatch })
    }

    /// Says what of a list is not there yet, so that it can be read at once.
    pub(crate) fn want(&self) -> Wanted<'_> {
        Wanted { state: self, missing: Vec::new(), failed: None }
    }
}

fn present(found: Option<&Value>, what: impl Fn() -> String) -> Result<&Value, Unknown> {
    found.ok_or_else(|| Unknown::Mismatch {
        what: what(),
        mismatch: bithedge_suite::MismatchReason::Impossible("nothing".to_owned()).into(),
    })
}

fn entry<M: DataMap>(deployment: &Deployment, key: &M::Key) -> Reading {
    Reading::Entry { contract: deployment.contract(M::CONTRACT).clone(), map: M::name(), key: M::key(key) }
}

fn variable<V: DataVariable>(deployment: &Deployment) -> Reading {
    Reading::Variable { contract: deployment.contract(V::CONTRACT).clone(), name: V::name() }
}

/// What is spendable, by the token's own word: the STX face for STX, what is not locked for sBTC.
fn balance(deployment: &Deployment, asset: Asset, who: &Principal) -> Result<Reading, Unknown> {
    Ok(Reading::Call(match asset {
        Asset::Stx => stx_token::GetBalance { who: who.clone() }.into_call(deployment),
        Asset::Sbtc => ContractCall {
            contract: deployment.sbtc()?.clone(),
            function: name("get-balance-available"),
            args: vec![Value::Principal(who.clone())],
        },
    }))
}

#[allow(clippy::expect_used, reason = "names that stand in this file; a test makes each of them")]
fn name(text: &'static str) -> ClarityName {
    ClarityName::new(text).expect("a Clarity name")
}

/// A name that stands in this crate, as a contract's text.
#[allow(clippy::expect_used, reason = "names that stand in this crate; tests make each of them")]
pub(crate) fn ascii<const N: usize>(text: &'static str) -> Ascii<N> {
    Ascii::new(text).expect("a short name")
}

/// What is needed next. Several readings are asked for at once, or every one would cost a way to the node and back.
pub(crate) struct Wanted<'a> {
    state: &'a State,
    missing: Vec<Reading>,
    failed: Option<Unknown>,
}

impl Wanted<'_> {
    fn note(mut self, reading: Reading) -> Self {
        let known = self.state.readings.iter().any(|(known, _)| *known == reading);
        if !known && !self.missing.contains(&reading) {
            self.missing.push(reading);
        }
        self
    }

    pub(crate) fn entry<M: DataMap>(self, key: &M::Key) -> Self {
        let reading = entry::<M>(&self.state.deployment, key);
        self.note(reading)
    }

    pub(crate) fn variable<V: DataVariable>(self) -> Self {
        let reading = variable::<V>(&self.state.deployment);
        self.note(reading)
    }

    pub(crate) fn call<F: ContractFunction>(self, function: F) -> Self {
        let reading = Reading::Call(function.into_call(&self.state.deployment));
        self.note(reading)
    }

    pub(crate) fn balance_of(mut self, asset: Asset, who: &Principal) -> Self {
        match balance(&self.state.deployment, asset, who) {
            Ok(reading) => self.note(reading),
            Err(unknown) => {
                self.failed = Some(unknown);
                self
            }
        }
    }

    pub(crate) fn balance(self, asset: Asset) -> Self {
        let me = self.state.me();
        self.balance_of(asset, &me)
    }

    pub(crate) fn done(self) -> Result<(), Unknown> {
        match (self.failed, self.missing.is_empty()) {
            (Some(unknown), _) => Err(unknown),
            (None, true) => Ok(()),
            (None, false) => Err(Unknown::Unread(self.missing)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_this_file_are_names() {
        assert_eq!(name("get-balance-available").as_str(), "get-balance-available");
    }
}
