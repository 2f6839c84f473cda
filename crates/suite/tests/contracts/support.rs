//! What the tests of several contracts need.

use bithedge_vm::{Options, Project, Session};

/// The project's contracts, those named alone, in the order of `contracts/Clarinet.toml`.
pub(crate) fn project(contracts: &[&str]) -> Project {
    Project::load("contracts/Clarinet.toml").unwrap().only(contracts).unwrap()
}

/// A running VM with these contracts of the project and nothing else.
pub(crate) fn session(contracts: &[&str]) -> Session {
    Session::start(project(contracts), Options::default()).unwrap()
}
