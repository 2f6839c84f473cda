//! The session for contract tests, against the real VM.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod calls;
mod failures;
mod projects;
mod state;
mod time;

use bithedge_vm::{Options, Project, Session};

/// A contract with one of everything.
const LEDGER: &str = include_str!("../contracts/ledger.clar");
/// A trait, and a token that implements nothing but it.
const PRICED: &str = include_str!("../contracts/priced.clar");

fn project() -> Project {
    Project::empty().with("priced", PRICED).unwrap().with("ledger", LEDGER).unwrap()
}

fn session() -> Session {
    Session::start(project(), Options::default()).unwrap()
}
