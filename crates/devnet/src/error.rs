//! Why the devnet could not start or go on.

use std::path::PathBuf;

/// The devnet could not be started. Every variant says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no Node on this machine.
    #[error(
        "the devnet needs Node.js 20 or newer, and `node` could not be started ({source}): install it and start again"
    )]
    NodeMissing {
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The worker's script or its packages are not there.
    #[error(
        "the devnet's Clarity VM is not installed in {}: run `npm ci` in that folder (`cargo xtask run` does it) and start again",
        folder.display()
    )]
    WorkerMissing {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The VM did not come up.
    #[error("the devnet's Clarity VM did not start: {0}")]
    Vm(#[from] VmError),
    /// The data folder cannot be used.
    #[error("the devnet's data folder {} cannot be used: {source}", path.display())]
    Storage {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Another devnet runs on the same data.
    #[error("another devnet is running on {}: stop it, or use another data folder", path.display())]
    InUse {
        /// The journal that is held.
        path: PathBuf,
    },
    /// The journal is damaged before its end.
    #[error(
        "the devnet's journal {} is damaged at line {line}; nothing was changed: move the data folder away to start afresh",
        path.display()
    )]
    Journal {
        /// The file.
        path: PathBuf,
        /// The first bad line, from 1.
        line: usize,
    },
    /// The journal was written by another version.
    #[error(
        "the devnet's journal has format {found}, this program reads {}: move the data folder away to start afresh",
        crate::journal::VERSION
    )]
    Version {
        /// What the journal says.
        found: u32,
    },
    /// Executing the journal again gave something else than was recorded.
    #[error("the devnet's history does not replay to what was recorded at block {height}: {what}")]
    Replay {
        /// Where.
        height: u64,
        /// What differs.
        what: String,
    },
    /// The port could not be opened.
    #[error("the devnet cannot serve on port {port}: {source}")]
    Port {
        /// The port that was asked for.
        port: u16,
        /// What the operating system said.
        source: std::io::Error,
    },
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
