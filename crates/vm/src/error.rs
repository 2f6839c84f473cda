//! Why the VM could not start or go on.

use std::path::PathBuf;

/// The VM's process could not be started. Every variant says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no Node on this machine.
    #[error("`node` could not be started ({source}): install Node.js 20 or newer")]
    NodeMissing {
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The worker's script or its packages are not there.
    #[error("the Clarity VM is not installed in {}: run `npm ci` in that folder", folder.display())]
    WorkerMissing {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The VM did not come up.
    #[error("the Clarity VM did not start: {0}")]
    Vm(#[from] VmError),
}

/// The VM's process failed, as opposed to a contract that answered an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VmError {
    /// The process ended or its pipe broke.
    #[error("the Clarity VM's process ended unexpectedly: {0}")]
    Lost(String),
    /// It did not answer in time.
    #[error("the Clarity VM did not answer within {seconds} s")]
    Timeout {
        /// How long was waited.
        seconds: u64,
    },
    /// It refused a request: a defect of this program.
    #[error("the Clarity VM refused `{operation}`: {message}")]
    Refused {
        /// The request.
        operation: &'static str,
        /// What it said.
        message: String,
    },
    /// It answered what this program does not understand.
    #[error("the Clarity VM's answer to `{operation}` is not understood: {source}")]
    Answer {
        /// The request.
        operation: &'static str,
        /// Why.
        source: serde_json::Error,
    },
}
