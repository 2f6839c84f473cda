//! Why a replay stops. It never goes on over a figure that does not add up.

use bithedge_protocol::pool::{PoolError, SaleRefusal};
use bithedge_protocol::{Overflow, UsdE8};
use bithedge_suite::setup::SetupError;
use bithedge_suite::{ContractError, DeploymentError, Mismatch};
use bithedge_vm::{ProjectError, SessionError};

use crate::prices::Date;
use crate::trial::TrialError;

/// Why a replay stops.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The VM failed.
    #[error(transparent)]
    Vm(#[from] SessionError),
    /// The contracts could not be loaded.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The suite could not be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The suite's addresses.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// A contract answered what its interface does not say.
    #[error("{what} answered something else than its interface says: {mismatch}")]
    Answer {
        /// Contract and function, map or variable.
        what: String,
        /// What does not fit.
        mismatch: Mismatch,
    },
    /// The VM stopped in a call: a contract is wrong.
    #[error("{what} stopped the VM: {message}")]
    Stopped {
        /// Contract and function.
        what: String,
        /// The VM's words.
        message: String,
    },
    /// A call that had to succeed was refused.
    #[error("{what} was refused at {at}: {error} (u{})", error.code())]
    Refused {
        /// Contract and function.
        what: String,
        /// The time, in words.
        at: String,
        /// The contract's reason.
        error: ContractError,
    },
    /// The oracle did not take a report: it is too far from the last one.
    #[error(
        "the oracle did not accept {btc} and {stx} at {at}: the prices move faster than its bound allows"
    )]
    NotAccepted {
        /// BTC.
        btc: UsdE8,
        /// STX.
        stx: UsdE8,
        /// The time, in words.
        at: String,
    },
    /// Something that must be there is not.
    #[error("{0} is not there")]
    Missing(String),
    /// The application's figure is not the contract's.
    #[error("{what} at {at}: the contract says {contract}, the application {application}")]
    Differs {
        /// Which figure.
        what: String,
        /// The time, in words.
        at: String,
        /// The contract's.
        contract: String,
        /// The application's.
        application: String,
    },
    /// The books do not add up.
    #[error("{what} at {at}: {found}, and the books say {booked}")]
    Unaccounted {
        /// Which units.
        what: String,
        /// The time, in words.
        at: String,
        /// What there is.
        found: String,
        /// What there should be.
        booked: String,
    },
    /// A starting value that does not exist.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// What went wrong on a day.
    #[error("{day}: {error}")]
    OnDay {
        /// The day.
        day: Date,
        /// What went wrong.
        error: Box<ReplayError>,
    },
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// A figure that cannot be computed.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// An order that the application cannot price.
    #[error(transparent)]
    Sale(#[from] SaleRefusal),
    /// A figure that cannot be counted.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}
