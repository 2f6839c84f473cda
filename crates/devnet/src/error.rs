//! Why the devnet could not start or go on.

use std::path::PathBuf;

use bithedge_vm::VmError;

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

impl From<bithedge_vm::StartError> for StartError {
    fn from(error: bithedge_vm::StartError) -> Self {
        match error {
            bithedge_vm::StartError::NodeMissing { source } => Self::NodeMissing { source },
            bithedge_vm::StartError::WorkerMissing { folder } => Self::WorkerMissing { folder },
            bithedge_vm::StartError::Vm(source) => Self::Vm(source),
            other => Self::Vm(VmError::Lost(other.to_string())),
        }
    }
}
