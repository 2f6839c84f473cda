//! Why a session could not do what a test asked.

use std::path::PathBuf;

use bithedge_stacks::name::NameError;

use crate::error::{StartError, VmError};

/// A project could not be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// A file could not be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The manifest is not TOML, or not a Clarinet project.
    #[error("{} is no Clarinet manifest: {message}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The project has no such contract.
    #[error("the project has no contract {0}")]
    Unknown(String),
    /// The project has this contract already.
    #[error("the project has a contract {0} already")]
    Duplicate(String),
    /// Not a contract's name.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// What a test asked for could not be carried out. A contract that refuses is no such error: see
/// [`crate::Outcome::result`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The VM did not start; a contract that does not compile is among the reasons.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The VM's process failed. The session cannot be used any more.
    #[error("{source}{}", said(stderr))]
    Vm {
        /// What happened.
        source: VmError,
        /// The last that the process wrote to its standard error.
        stderr: String,
    },
    /// An earlier request failed and left the VM in an unknown state.
    #[error("the session failed before, and the VM's state is unknown since")]
    Broken,
    /// The VM answered something that is no value or event.
    #[error("the VM answered what cannot be read: {0}")]
    Unreadable(String),
    /// A name that is no contract's.
    #[error("{0:?} names no contract: {1}")]
    Contract(String, String),
    /// The accounts have no such label.
    #[error("there is no account {0}")]
    Account(String),
    /// There is no such variable, map or function, or the value does not fit.
    #[error("{asked}: {message}")]
    Absent {
        /// What was asked for.
        asked: String,
        /// What the VM said.
        message: String,
    },
    /// The chain's clock is past the time that was asked for.
    #[error("the chain's time is {now}, which is after {asked}")]
    Past {
        /// The chain's time, in seconds since 1970.
        now: u64,
        /// What was asked for.
        asked: u64,
    },
}

fn said(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!("; it said: {stderr}") }
}
