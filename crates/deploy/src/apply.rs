//! From whatever is on a chain to a suite in service.

use std::fmt;

use bithedge_stacks::transaction::ClarityVersion;
use bithedge_stacks::{
    Address, ClientError, ContractName, MicroStx, NodeClient, Payload, Principal, SecretKey,
};
use bithedge_suite::setup::{Setup, SetupCall, hand_over};
use bithedge_suite::{Contract, Deployment};

use crate::inspect::{Changed, Found, InspectError, State, describe};
use crate::plan::{Plan, Publish};
use crate::sender::{Blocks, Fee, Order, SendError, Sender};

/// Why a deployment stopped. What was done before stands, and starting again goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// The state cannot be told.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// Something that was sent had no effect.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A contract with another source is there: it cannot be replaced, and nothing that follows would be what it seems.
    #[error("{contract} is deployed with another source (line {line} is {found:?}); nothing was sent")]
    OtherSource {
        /// The contract.
        contract: &'static str,
        /// The first line that differs, from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
    /// The suite is governed by vote, but was not set up as a whole: of some calls there is nothing on the chain. Values that are
    /// there and are other ones are no such thing, for votes change them.
    #[error(
        "administration has been handed over, but {missing} calls of the set-up were not made: only a vote can make them"
    )]
    HandedOver {
        /// How many.
        missing: usize,
    },
    /// The plan names another publisher than the key's account.
    #[error("the plan wants {contract} to be published by {expected}, and the key is that of {actual}")]
    OtherSender {
        /// The contract.
        contract: &'static str,
        /// Who should.
        expected: Address,
        /// Who would.
        actual: Address,
    },
    /// The deployer cannot pay it all.
    #[error("the deployer {deployer} has {available}, and up to {needed} may be needed; nothing was sent")]
    TooPoor {
        /// The account.
        deployer: Address,
        /// What may be needed.
        needed: MicroStx,
        /// What is there.
        available: MicroStx,
    },
    /// Everything was sent and had its effect, and yet something is missing.
    #[error("the deployment ended, and yet: {0}")]
    NotReady(Box<State>),
    /// A name that is no name of a contract, or a Clarity version that does not exist.
    #[error("{0} cannot be published")]
    Unpublishable(&'static str),
}

impl From<ClientError> for DeployError {
    fn from(error: ClientError) -> Self {
        Self::Send(SendError::Client(error))
    }
}

/// What a deployment is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A contract is there now.
    Published(&'static str),
    /// A call of the set-up has had its effect.
    Called(String),
    /// The deployer's power has ended.
    HandedOver,
}

impl fmt::Display for Progress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published(contract) => write!(out, "published {contract}"),
            Self::Called(call) => write!(out, "called {call}"),
            Self::HandedOver => out.write_str("handed over to governance"),
        }
    }
}

/// A suite that is in service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InService {
    /// How many transactions it took: none if it was before.
    pub transactions: usize,
    /// What votes have changed since it was set up.
    pub changed: Vec<Changed>,
}

/// What is to be deployed and by whom.
#[derive(Debug)]
pub struct Job<'a> {
    /// The network's node.
    pub client: &'a NodeClient,
    /// What is published.
    pub plan: &'a Plan,
    /// Where the suite is, or will be.
    pub deployment: &'a Deployment,
    /// How it is set up.
    pub setup: &'a Setup,
    /// The most that one call of the set-up may cost.
    pub most_a_call: MicroStx,
}

/// What would be sent.
#[derive(Debug, Clone)]
pub struct Steps<'a> {
    /// Contracts to be published.
    pub publishes: Vec<&'a Publish>,
    /// Calls to be made, without the last one.
    pub calls: Vec<SetupCall>,
    /// Whether administration has to be handed over.
    pub hand_over: bool,
    /// The most that all of it may cost.
    pub most: MicroStx,
}

impl Steps<'_> {
    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.publishes.is_empty() && self.calls.is_empty() && !self.hand_over
    }
}

impl<'a> Job<'a> {
    /// What is on the chain.
    ///
    /// # Errors
    /// [`DeployError::Inspect`].
    pub async fn state(&self) -> Result<State, DeployError> {
        Ok(State::read(self.client, self.deployment, self.setup).await?)
    }

    /// What has to be sent to get from there to a suite in service.
    ///
    /// # Errors
    /// [`DeployError::OtherSource`], [`DeployError::HandedOver`].
    pub fn steps(&self, state: &State) -> Result<Steps<'a>, DeployError> {
        for (contract, found) in &state.contracts {
            if let Found::Other { line, found } = found {
                let (contract, line, found) = (contract.name, *line, found.clone());
                return Err(DeployError::OtherSource { contract, line, found });
            }
        }
        if state.handed_over && !state.calls.is_empty() {
            return Err(DeployError::HandedOver { missing: state.calls.len() });
        }
        let missing = |publish: &&Publish| {
            state
                .contracts
                .iter()
                .any(|(contract, found)| contract.name == publish.contract.name && *found == Found::Nothing)
        };
        let publishes: Vec<&Publish> = self.plan.publishes.iter().filter(missing).collect();
        let calls = state.calls.clone();
        let hand_over = !state.handed_over;
        let count = calls.len() + usize::from(hand_over);
        let most = publishes.iter().map(|publish| publish.cost.micro()).fold(
            self.most_a_call.micro().saturating_mul(u64::try_from(count).unwrap_or(u64::MAX)),
            u64::saturating_add,
        );
        Ok(Steps { publishes, calls, hand_over, most: MicroStx::new(most) })
    }

    /// Does what is missing, waits until it is done, and looks whether the suite is then in service. What votes have changed
    /// stays as it is.
    ///
    /// # Errors
    /// [`DeployError`]; what was done stands, and starting again goes on from there.
    pub async fn apply(
        &self,
        key: &SecretKey,
        blocks: Blocks,
        mut tell: impl FnMut(Progress),
    ) -> Result<InService, DeployError> {
        let network = self.deployment.network().chain();
        let sender = Sender::new(self.client, network, key, blocks);
        // Another account would build a second suite under its own address.
        let wrong = |publish: &&Publish| publish.sender.is_some_and(|one| one != sender.address());
        let deployer = self.deployment.deployer();
        if let Some(publish) = self.plan.publishes.iter().find(wrong) {
            return Err(DeployError::OtherSender {
                contract: publish.contract.name,
                expected: publish.sender.unwrap_or(deployer),
                actual: sender.address(),
            });
        }
        if sender.address() != deployer {
            let contract = self.plan.publishes.first().map_or("", |publish| publish.contract.name);
            let (expected, actual) = (deployer, sender.address());
            return Err(DeployError::OtherSender { contract, expected, actual });
        }
        sender.settle().await?;
        let state = self.state().await?;
        let steps = self.steps(&state)?;
        if steps.is_empty() {
            return Ok(InService { transactions: 0, changed: state.changed });
        }
        let available = self.client.account(&Principal::Standard(deployer)).await?.balance;
        if available < steps.most {
            return Err(DeployError::TooPoor { deployer, needed: steps.most, available });
        }
        let mut count = 0;
        let publishes =
            steps.publishes.iter().map(|publish| Self::publish(publish)).collect::<Result<Vec<_>, _>>()?;
        let mut names = steps.publishes.iter().map(|publish| publish.contract.name);
        sender
            .send(&publishes, |_, _| {
                count += 1;
                if let Some(name) = names.next() {
                    tell(Progress::Published(name));
                }
            })
            .await?;
        let calls =
            steps.calls.iter().map(|call| self.call(call)).collect::<Result<Vec<_>, DeployError>>()?;
        sender
            .send(&calls, |order, _| {
                count += 1;
                tell(Progress::Called(order.what.clone()));
            })
            .await?;
        if steps.hand_over {
            // The deployer's power ends only when everything that needs it is seen to be done.
            let state = self.state().await?;
            if !state.calls.is_empty() {
                return Err(DeployError::NotReady(Box::new(state)));
            }
            sender
                .send(&[self.call(&hand_over())?], |_, _| {
                    count += 1;
                    tell(Progress::HandedOver);
                })
                .await?;
        }
        let state = self.state().await?;
        if !state.is_ready() {
            return Err(DeployError::NotReady(Box::new(state)));
        }
        Ok(InService { transactions: count, changed: state.changed })
    }

    fn publish(publish: &Publish) -> Result<Order, DeployError> {
        let contract = publish.contract;
        let unpublishable = || DeployError::Unpublishable(contract.name);
        let name: ContractName = contract.name.parse().map_err(|_| unpublishable())?;
        let version = ClarityVersion::from_number(contract.clarity_version).ok_or_else(unpublishable)?;
        Ok(Order {
            what: format!("publishing {}", contract.name),
            payload: Payload::SmartContract {
                name,
                source: contract.source.to_owned(),
                clarity_version: Some(version),
            },
            conditions: Vec::new(),
            fee: Fee::Fixed(publish.cost),
        })
    }

    fn call(&self, call: &SetupCall) -> Result<Order, DeployError> {
        let unknown = || DeployError::Inspect(InspectError::Bindings(call.contract.to_owned()));
        let contract = Contract::by_name(call.contract).ok_or_else(unknown)?;
        Ok(Order {
            what: describe(call),
            payload: Payload::ContractCall {
                contract: self.deployment.contract(contract).clone(),
                function: call.function.parse().map_err(|_| unknown())?,
                args: call.arguments.clone(),
            },
            conditions: Vec::new(),
            fee: Fee::Estimated { most: self.most_a_call },
        })
    }
}
