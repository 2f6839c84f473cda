//! What of the suite is on a chain. Reads only.

use std::fmt;

use bithedge_stacks::{ClarityName, ClientError, NodeClient, Principal};
use bithedge_suite::setup::{Place, Setup, SetupCall, SetupError, hand_over};
use bithedge_suite::{Contract, Deployment};

use crate::bundle::{self, BundledContract};

/// What is under a contract's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// The source that this program has.
    Same,
    /// Another source: the first line that differs.
    Other {
        /// Its number, from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
}

/// What of the suite is on the chain.
#[derive(Debug, Clone)]
pub struct State {
    /// Every contract, in the order of deployment.
    pub contracts: Vec<(&'static BundledContract, Found)>,
    /// The calls of the set-up whose effect is not there, in order.
    pub calls: Vec<SetupCall>,
    /// Whether the deployer has handed administration over to governance.
    pub handed_over: bool,
}

/// Why the state cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The network or its node.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The set-up itself.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A contract that the application knows and this program does not have, or the other way round: the bindings are not
    /// made from these contracts.
    #[error("the contract {0} is not both among the bindings and in this program")]
    Bindings(String),
}

impl State {
    /// Looks at everything.
    ///
    /// # Errors
    /// [`InspectError`].
    pub async fn read(
        client: &NodeClient,
        deployment: &Deployment,
        setup: &Setup,
    ) -> Result<Self, InspectError> {
        let mut contracts = Vec::new();
        for contract in bundle::CONTRACTS {
            let known = Contract::by_name(contract.name)
                .ok_or_else(|| InspectError::Bindings(contract.name.to_owned()))?;
            let found = match client.contract_source(deployment.contract(known)).await {
                Ok(source) => compare(contract.source, &source),
                Err(ClientError::NotFound { .. }) => Found::Nothing,
                Err(error) => return Err(error.into()),
            };
            contracts.push((contract, found));
        }
        let there = |name: &str| {
            contracts.iter().any(|(contract, found)| contract.name == name && *found == Found::Same)
        };
        let mut calls = Vec::new();
        for call in setup.calls()? {
            if !there(call.contract) || !is_done(client, deployment, &call).await? {
                calls.push(call);
            }
        }
        let last = hand_over();
        let handed_over = there(last.contract) && is_done(client, deployment, &last).await?;
        Ok(Self { contracts, calls, handed_over })
    }

    /// Whether the suite is in service: all contracts are what they should be, set up, and governed by vote.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.contracts.iter().all(|(_, found)| *found == Found::Same)
            && self.calls.is_empty()
            && self.handed_over
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ready() {
            return write!(out, "ready: {} contracts, set up, governed by vote", self.contracts.len());
        }
        writeln!(out, "not ready:")?;
        for (contract, found) in &self.contracts {
            match found {
                Found::Same => {}
                Found::Nothing => writeln!(out, "  {} is not deployed", contract.name)?,
                Found::Other { line, found } => {
                    writeln!(out, "  {} has another source: line {line} is {found:?}", contract.name)?;
                }
            }
        }
        for call in &self.calls {
            writeln!(out, "  {} is not in effect", describe(call))?;
        }
        if !self.handed_over {
            writeln!(out, "  the deployer has not handed over to governance")?;
        }
        Ok(())
    }
}

/// A call in a line.
#[must_use]
pub fn describe(call: &SetupCall) -> String {
    let mut text = format!("{} {}", call.contract, call.function);
    for argument in &call.arguments {
        let source = argument.to_source();
        text.push(' ');
        if source.chars().count() > 60 {
            text.extend(source.chars().take(57));
            text.push('…');
        } else {
            text.push_str(&source);
        }
    }
    text
}

/// Whether a call's effect is on the chain.
async fn is_done(
    client: &NodeClient,
    deployment: &Deployment,
    call: &SetupCall,
) -> Result<bool, InspectError> {
    let effect = call.effect()?;
    let known = Contract::by_name(effect.contract)
        .ok_or_else(|| InspectError::Bindings(effect.contract.to_owned()))?;
    let contract = deployment.contract(known);
    let name = |text: &str| {
        text.parse::<ClarityName>().map_err(|_| InspectError::Setup(SetupError::Name(text.to_owned())))
    };
    let found = match &effect.place {
        Place::Answer { function, arguments } => {
            let sender = Principal::Standard(deployment.deployer());
            Some(client.call_read_only(contract, &name(function)?, &sender, arguments).await?)
        }
        Place::Entry { map, key } => client.map_entry(contract, &name(map)?, key).await?,
    };
    Ok(effect.holds(found.as_ref()))
}

fn compare(ours: &str, theirs: &str) -> Found {
    if ours == theirs {
        return Found::Same;
    }
    let mut lines = theirs.lines();
    for (number, line) in ours.lines().enumerate() {
        let found = lines.next();
        if found != Some(line) {
            return Found::Other { line: number + 1, found: found.unwrap_or_default().to_owned() };
        }
    }
    Found::Other { line: ours.lines().count() + 1, found: lines.next().unwrap_or_default().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(compare("a\nb\n", "a\nb\n"), Found::Same);
        assert_eq!(compare("a\nb\n", "a\nc\n"), Found::Other { line: 2, found: "c".to_owned() });
        assert_eq!(compare("a\nb\n", "a\n"), Found::Other { line: 2, found: String::new() });
        assert_eq!(compare("a\n", "a\nb\n"), Found::Other { line: 2, found: "b".to_owned() });
        assert_eq!(compare("a\n", "a"), Found::Other { line: 2, found: String::new() });
    }
}
