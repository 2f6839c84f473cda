//! The contracts that a session starts with.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bithedge_stacks::ContractName;
use serde::{Deserialize, Serialize};

use super::error::ProjectError;

/// A contract of a project.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Contract {
    /// Its name; the deployer issues it.
    pub name: ContractName,
    /// Its source.
    pub source: String,
    /// Where the source stands; `None` for one that a test brought.
    pub path: Option<PathBuf>,
    /// Its Clarity version.
    pub clarity_version: u8,
    /// The epoch in which it is deployed.
    pub epoch: String,
}

/// Contracts that are deployed together, by the deployer. The VM deploys what others refer to first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Project {
    contracts: Vec<Contract>,
}

/// The part of `Clarinet.toml` that matters here.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    contracts: toml::Table,
}

#[derive(Deserialize)]
struct ManifestContract {
    path: PathBuf,
    clarity_version: u8,
    epoch: String,
}

/// A contract as the worker wants it.
#[derive(Serialize)]
pub(super) struct Deployment<'a> {
    name: &'a str,
    source: &'a str,
    clarity_version: u8,
    epoch: &'a str,
}

impl Project {
    /// The Clarity version of a contract that a test brings.
    pub const CLARITY_VERSION: u8 = 6;
    /// The epoch of a contract that a test brings.
    pub const EPOCH: &str = "4.0";

    /// A project without contracts.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The contracts of a `Clarinet.toml`, in the order in which they stand there. A relative path is looked for in the
    /// current folder and in those above it, since tests run in their crate's folder.
    ///
    /// # Errors
    /// [`ProjectError::Unreadable`] or [`ProjectError::Manifest`]; every contract needs `path`, `clarity_version` and
    /// `epoch`.
    pub fn load(manifest: impl AsRef<Path>) -> Result<Self, ProjectError> {
        let path = find(manifest.as_ref());
        let read = |path: &Path| {
            std::fs::read_to_string(path)
                .map_err(|source| ProjectError::Unreadable { path: path.to_owned(), source })
        };
        let wrong = |message: String| ProjectError::Manifest { path: path.clone(), message };
        let manifest: Manifest = toml::from_str(&read(&path)?).map_err(|error| wrong(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut contracts = Vec::new();
        for (name, entry) in manifest.contracts {
            let entry: ManifestContract =
                entry.try_into().map_err(|error| wrong(format!("[contracts.{name}]: {error}")))?;
            let source_path = folder.join(&entry.path);
            contracts.push(Contract {
                name: name.parse()?,
                source: read(&source_path)?,
                path: Some(source_path),
                clarity_version: entry.clarity_version,
                epoch: entry.epoch,
            });
        }
        Ok(Self { contracts })
    }

    /// Keeps these contracts alone, in the manifest's order.
    ///
    /// # Errors
    /// [`ProjectError::Unknown`] for a name that the project does not have.
    pub fn only(mut self, names: &[&str]) -> Result<Self, ProjectError> {
        let known: BTreeSet<&str> = self.contracts.iter().map(|contract| contract.name.as_str()).collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(**name)) {
            return Err(ProjectError::Unknown((*unknown).to_owned()));
        }
        self.contracts.retain(|contract| names.contains(&contract.name.as_str()));
        Ok(self)
    }

    /// Adds a contract of the test's own, in Clarity 6. Call it `fake-…`, so that traces and events show that it is not
    /// the real thing.
    ///
    /// # Errors
    /// [`ProjectError::Duplicate`] if the project has the name already (then see [`Project::replace`]), or
    /// [`ProjectError::Name`].
    pub fn with(mut self, name: &str, source: impl Into<String>) -> Result<Self, ProjectError> {
        if self.contracts.iter().any(|contract| contract.name.as_str() == name) {
            return Err(ProjectError::Duplicate(name.to_owned()));
        }
        self.contracts.push(Contract {
            name: name.parse()?,
            source: source.into(),
            path: None,
            clarity_version: Self::CLARITY_VERSION,
            epoch: Self::EPOCH.to_owned(),
        });
        Ok(self)
    }

    /// Puts a test's own source in a contract's place: for one whose name others have fixed.
    ///
    /// # Errors
    /// [`ProjectError::Unknown`].
    pub fn replace(mut self, name: &str, source: impl Into<String>) -> Result<Self, ProjectError> {
        match self.contracts.iter_mut().find(|contract| contract.name.as_str() == name) {
            None => Err(ProjectError::Unknown(name.to_owned())),
            Some(contract) => {
                contract.source = source.into();
                contract.path = None;
                Ok(self)
            }
        }
    }

    /// The contracts, in order.
    #[must_use]
    pub fn contracts(&self) -> &[Contract] {
        &self.contracts
    }

    pub(super) fn deployments(&self) -> Vec<Deployment<'_>> {
        self.contracts
            .iter()
            .map(|contract| Deployment {
                name: contract.name.as_str(),
                source: &contract.source,
                clarity_version: contract.clarity_version,
                epoch: &contract.epoch,
            })
            .collect()
    }
}

/// The path, or the first that exists when it is put below the folders above this one.
fn find(path: &Path) -> PathBuf {
    let above = std::env::current_dir().unwrap_or_default();
    above
        .ancestors()
        .map(|folder| folder.join(path))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| path.to_owned())
}
