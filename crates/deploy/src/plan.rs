//! Deployment plans in Clarinet's format: which contracts are published, by whom, in which order, at which cost.

use std::fmt::Write as _;

use bithedge_stacks::{Address, MicroStx};
use bithedge_suite::SuiteNetwork;
use bithedge_suite::bundle::{self, BundledContract, CONTRACTS};
use serde::Deserialize;

/// What stands in a plan where the deployer's address belongs, as Clarinet's settings have it for mnemonics.
pub const SENDER_PLACEHOLDER: &str = "<YOUR DEPLOYER ADDRESS>";
/// Clarinet's usual rate, micro-STX for each byte of source.
const FEE_PER_BYTE: u64 = 10;
/// Costs are whole multiples of this, so that a small change of a contract does not change the plan.
const COST_STEP: u64 = 100_000;

/// A deployment plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The network.
    pub network: SuiteNetwork,
    /// The node that the plan names.
    pub node: String,
    /// What is published, in order.
    pub publishes: Vec<Publish>,
}

/// A contract to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// The contract.
    pub contract: &'static BundledContract,
    /// Who has to publish it; `None`: the plan does not say yet.
    pub sender: Option<Address>,
    /// The fee.
    pub cost: MicroStx,
}

/// Why a plan cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// No YAML, or not Clarinet's fields.
    #[error("not a deployment plan: {0}")]
    Format(String),
    /// A plan for another network.
    #[error("the plan is for {found:?}, not for the {expected}")]
    OtherNetwork {
        /// The network asked for.
        expected: SuiteNetwork,
        /// The plan's.
        found: String,
    },
    /// A contract that is not in this program, or stands elsewhere, or has another version of Clarity.
    #[error("the plan publishes {contract} {what}")]
    OtherContract {
        /// Its name in the plan.
        contract: String,
        /// What differs.
        what: &'static str,
    },
    /// Contracts that are missing, or not in the order in which they need each other.
    #[error("the plan publishes {found} where {expected} has its turn")]
    Order {
        /// The next contract of the suite.
        expected: String,
        /// What the plan has instead.
        found: String,
    },
    /// No address.
    #[error("{0:?} is no address to publish from")]
    Sender(String),
}

impl Plan {
    /// The plan for a network: everything in one batch, in the order in which the contracts need each other. On a devnet the
    /// sender is known.
    #[must_use]
    pub fn generate(network: SuiteNetwork) -> Self {
        let sender =
            (network == SuiteNetwork::Devnet).then(|| bithedge_suite::Deployment::devnet().deployer());
        let publishes =
            CONTRACTS.iter().map(|contract| Publish { contract, sender, cost: cost(contract) }).collect();
        Self { network, node: node(network).to_owned(), publishes }
    }

    /// Where a network's plan stands, below the folder of `Clarinet.toml`.
    #[must_use]
    pub fn file(network: SuiteNetwork) -> String {
        format!("deployments/default.{network}-plan.yaml")
    }

    /// As Clarinet writes it.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut text = format!(
            "---\nid: 0\nname: {} deployment\nnetwork: {}\nstacks-node: \"{}\"\nplan:\n  batches:\n    - id: 0\n      transactions:\n",
            title(self.network),
            self.network,
            self.node
        );
        for publish in &self.publishes {
            let sender = match publish.sender {
                Some(address) => address.to_string(),
                None => format!("\"{SENDER_PLACEHOLDER}\""),
            };
            let BundledContract { name, path, clarity_version, .. } = publish.contract;
            // Writing to a text cannot fail.
            let _ = writeln!(
                text,
                "        - contract-publish:\n            contract-name: {name}\n            expected-sender: {sender}\n            cost: {}\n            path: {path}\n            anchor-block-only: true\n            clarity-version: {clarity_version}",
                publish.cost.micro()
            );
        }
        let epoch = self.publishes.first().map_or("", |publish| publish.contract.epoch);
        let _ = writeln!(text, "      epoch: \"{epoch}\"");
        text
    }

    /// Reads a plan and holds it against the contracts of this program.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn from_yaml(text: &str, network: SuiteNetwork) -> Result<Self, PlanError> {
        let file: File =
            serde_saphyr::from_str(text).map_err(|error| PlanError::Format(error.to_string()))?;
        if file.network != network.to_string() {
            return Err(PlanError::OtherNetwork { expected: network, found: file.network });
        }
        let mut publishes = Vec::new();
        let mut expected = CONTRACTS.iter();
        for transaction in file.plan.batches.into_iter().flat_map(|batch| batch.transactions) {
            let entry = transaction.publish;
            let publish = entry.check()?;
            match expected.next() {
                Some(next) if next == publish.contract => publishes.push(publish),
                next => {
                    return Err(PlanError::Order {
                        expected: next.map_or("nothing", |next| next.name).to_owned(),
                        found: entry.contract_name,
                    });
                }
            }
        }
        if let Some(missing) = expected.next() {
            let (expected, found) = (missing.name.to_owned(), "nothing".to_owned());
            return Err(PlanError::Order { expected, found });
        }
        Ok(Self { network, node: file.stacks_node.unwrap_or_else(|| node(network).to_owned()), publishes })
    }

    /// What publishing everything costs.
    #[must_use]
    pub fn cost(&self) -> MicroStx {
        MicroStx::new(self.publishes.iter().map(|publish| publish.cost.micro()).sum())
    }
}

fn cost(contract: &BundledContract) -> MicroStx {
    let bytes = u64::try_from(contract.source.len()).unwrap_or(u64::MAX);
    MicroStx::new(bytes.saturating_mul(FEE_PER_BYTE).div_ceil(COST_STEP).saturating_mul(COST_STEP))
}

const fn node(network: SuiteNetwork) -> &'static str {
    match network {
        SuiteNetwork::Devnet => "http://127.0.0.1:20443",
        SuiteNetwork::Testnet => "https://api.testnet.hiro.so",
        SuiteNetwork::Mainnet => "https://api.hiro.so",
    }
}

const fn title(network: SuiteNetwork) -> &'static str {
    match network {
        SuiteNetwork::Devnet => "Devnet",
        SuiteNetwork::Testnet => "Testnet",
        SuiteNetwork::Mainnet => "Mainnet",
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    network: String,
    stacks_node: Option<String>,
    plan: Batches,
}

#[derive(Deserialize)]
struct Batches {
    batches: Vec<Batch>,
}

#[derive(Deserialize)]
struct Batch {
    transactions: Vec<Transaction>,
}

/// Only publishing: what else Clarinet's plans can do has no place in this one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transaction {
    #[serde(rename = "contract-publish")]
    publish: PublishEntry,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PublishEntry {
    contract_name: String,
    expected_sender: String,
    cost: u64,
    path: String,
    clarity_version: u8,
}

impl PublishEntry {
    fn check(&self) -> Result<Publish, PlanError> {
        let other = |what| PlanError::OtherContract { contract: self.contract_name.clone(), what };
        let contract =
            bundle::contract(&self.contract_name).ok_or_else(|| other("which is not in this program"))?;
        if contract.path != self.path {
            return Err(other("from another file"));
        }
        if contract.clarity_version != self.clarity_version {
            return Err(other("in another version of Clarity"));
        }
        let sender = if self.expected_sender == SENDER_PLACEHOLDER {
            None
        } else {
            Some(self.expected_sender.parse().map_err(|_| PlanError::Sender(self.expected_sender.clone()))?)
        };
        Ok(Publish { contract, sender, cost: MicroStx::new(self.cost) })
    }
}
