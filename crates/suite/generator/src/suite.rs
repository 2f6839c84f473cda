//! The contracts of the project.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use bithedge_stacks::client::ContractInterface;
use bithedge_vm::{Options, Project, Session};

use crate::source::Source;

/// The project, below the root.
pub const MANIFEST: &str = "contracts/Clarinet.toml";

/// The number that a contract's error codes begin with (docs/protocol.md, "The contracts"). Traits have none.
const NUMBERS: [(&str, u8); 20] = [
    ("option-math", 10),
    ("governance", 11),
    ("upgrade-manager", 12),
    ("parameters", 13),
    ("oracle", 14),
    ("liquidity-pool-vault", 15),
    ("treasury", 16),
    ("insurance-fund", 17),
    ("liquidity-pool", 18),
    ("policy-registry", 19),
    ("p2p-marketplace", 20),
    ("liquidation-engine", 21),
    ("incentives", 22),
    ("analytics", 23),
    ("dispute-resolution", 24),
    ("emergency-response", 25),
    ("stx-token", 26),
    ("dia-adapter", 27),
    ("pyth-adapter", 28),
    ("fee-schedule", 29),
];

/// The number of a contract's error codes.
#[must_use]
pub fn number(contract: &str) -> Option<u8> {
    NUMBERS.iter().find(|(name, _)| *name == contract).map(|(_, number)| *number)
}

/// A contract and its source.
#[derive(Debug, Clone)]
pub struct SuiteContract {
    /// Its name.
    pub name: String,
    /// Its source, taken apart.
    pub source: Source,
}

/// The project's contracts, in the order of deployment.
///
/// # Errors
/// The manifest or a source cannot be read.
pub fn load(root: &Path) -> Result<Vec<SuiteContract>> {
    let project = project(root)?;
    let contracts = project.contracts().iter();
    contracts
        .map(|contract| {
            let name = contract.name.to_string();
            let source = Source::parse(&contract.source).with_context(|| name.clone())?;
            Ok(SuiteContract { name, source })
        })
        .collect()
}

/// What the VM says about each contract, by name. A contract that only defines a trait may be missing.
///
/// # Errors
/// The VM does not start, or refuses a contract.
pub fn interfaces(root: &Path) -> Result<BTreeMap<String, ContractInterface>> {
    let mut session = Session::start(project(root)?, Options::default())?;
    let interfaces = session.interfaces()?;
    let mut read = BTreeMap::new();
    for (id, interface) in interfaces {
        let name = id.rsplit('.').next().unwrap_or(&id).to_owned();
        read.insert(
            name,
            serde_json::from_value(interface).with_context(|| format!("the interface of {id}"))?,
        );
    }
    Ok(read)
}

fn project(root: &Path) -> Result<Project> {
    Project::load(root.join(MANIFEST)).context("loading the contracts")
}
