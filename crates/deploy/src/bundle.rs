//! The contracts that this program deploys: their sources are a part of it.

/// A contract of the suite with its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundledContract {
    /// Its name.
    pub name: &'static str,
    /// Where its source stands, below the folder of `Clarinet.toml`.
    pub path: &'static str,
    /// The version of Clarity that it is written in.
    pub clarity_version: u8,
    /// The epoch from which it can be deployed.
    pub epoch: &'static str,
    /// Its source.
    pub source: &'static str,
}

/// All of them, in the order of deployment.
pub const CONTRACTS: &[BundledContract] = include!(concat!(env!("OUT_DIR"), "/contracts.rs"));

/// The contract with a name.
#[must_use]
pub fn contract(name: &str) -> Option<&'static BundledContract> {
    CONTRACTS.iter().find(|contract| contract.name == name)
}
