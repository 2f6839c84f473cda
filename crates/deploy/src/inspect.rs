//! What of the suite is on a chain. Reads only.

use std::fmt;

use bithedge_stacks::{ClarityName, ClientError, NodeClient, Principal};
use bithedge_suite::bundle::{self, BundledContract};
use bithedge_suite::setup::{Difference, Effect, Place, Setup, SetupCall, SetupError, Standing, hand_over};
use bithedge_suite::{Contract, Deployment};

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
    /// The calls of the set-up that have to be made, in order: until the hand-over those whose values are not there, after it
    /// those of which nothing is there.
    pub calls: Vec<SetupCall>,
    /// The values that are other ones than the set-up's: after the hand-over they are governance's business.
    pub changed: Vec<Changed>,
    /// Whether the deployer has handed administration over to governance.
    pub handed_over: bool,
}

/// A value of the set-up that governance has changed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The contract's name.
    pub contract: &'static str,
    /// Where it can be read there: a read-only function with its arguments, or a map with a key.
    pub place: String,
    /// What it was, and what it is.
    pub difference: Difference,
}

impl fmt::Display for Changed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contract, place, difference: Difference { field, setup, chain } } = self;
        write!(out, "{contract} {place}: ")?;
        if let Some(field) = field {
            write!(out, "{field} ")?;
        }
        match chain {
            Some(chain) => write!(out, "is {}", chain.to_source())?,
            None => out.write_str("is not there")?,
        }
        write!(out, ", the set-up's is {}", setup.to_source())
    }
}

/// Values that governance has changed, as a sentence and a line for each. Nothing without any.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'a>(pub &'a [Changed]);

impl fmt::Display for Changes<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => return Ok(()),
            [_] => out.write_str("1 value differs")?,
            more => write!(out, "{} values differ", more.len())?,
        }
        out.write_str(" from the set-up, changed by votes since:")?;
        self.0.iter().try_for_each(|changed| write!(out, "\n  {changed}"))
    }
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
                Ok(source) => compare(contract, &source),
                Err(ClientError::NotFound { .. }) => Found::Nothing,
                Err(error) => return Err(error.into()),
            };
            contracts.push((contract, found));
        }
        let there = |name: &str| {
            contracts.iter().any(|(contract, found)| contract.name == name && *found == Found::Same)
        };
        let mut looks = Vec::new();
        for call in setup.calls()? {
            let effect = call.effect()?;
            let standing = if there(call.contract) {
                standing(client, deployment, &effect).await?
            } else {
                Standing::Missing
            };
            looks.push((call, effect, standing));
        }
        let last = hand_over();
        let handed_over =
            there(last.contract) && standing(client, deployment, &last.effect()?).await? == Standing::Same;
        let (mut calls, mut changed) = (Vec::new(), Vec::new());
        for (call, effect, standing) in looks {
            match standing {
                Standing::Same => {}
                Standing::Different(differences) if handed_over => {
                    let place = describe_place(&effect.place);
                    changed.extend(differences.into_iter().map(|difference| Changed {
                        contract: effect.contract,
                        place: place.clone(),
                        difference,
                    }));
                }
                Standing::Different(_) | Standing::Missing => calls.push(call),
            }
        }
        Ok(Self { contracts, calls, changed, handed_over })
    }

    /// Whether the suite is in service: all contracts are what they should be, set up, and governed by vote, whatever votes have
    /// changed since.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.contracts.iter().all(|(_, found)| *found == Found::Same)
            && self.calls.is_empty()
            && self.handed_over
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ready() && self.changed.is_empty() {
            return write!(out, "ready: {} contracts, set up, governed by vote", self.contracts.len());
        }
        if self.is_ready() {
            return write!(out, "in service; {}", Changes(&self.changed));
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
        write!(out, "{}", Changes(&self.changed))
    }
}

/// A call in a line. Long arguments are cut.
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

/// Where something is to be read, in a line.
fn describe_place(place: &Place) -> String {
    let (name, values) = match place {
        Place::Answer { function, arguments } => (*function, arguments.as_slice()),
        Place::Entry { map, key } => (*map, std::slice::from_ref(key)),
    };
    values.iter().fold(name.to_owned(), |text, value| format!("{text} {}", value.to_source()))
}

/// How the chain stands to what a call of the set-up leaves.
async fn standing(
    client: &NodeClient,
    deployment: &Deployment,
    effect: &Effect,
) -> Result<Standing, InspectError> {
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
    Ok(effect.standing(found.as_ref()))
}

fn compare(ours: &BundledContract, theirs: &str) -> Found {
    match ours.difference(theirs) {
        None => Found::Same,
        Some(difference) => {
            Found::Other { line: difference.line, found: difference.found.unwrap_or_default() }
        }
    }
}
