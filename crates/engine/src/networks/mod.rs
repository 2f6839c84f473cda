//! Which chain is used, and what is checked of it before money is.
//!
//! * [`NetworkProfile`] — a network with its nodes and the suite on it: built in, or a person's own. [`ProfileInput`] is what a
//!   person types.
//! * [`OwnProfiles`] — the file that keeps a person's own.
//! * [`Checker`] — asks one node of a profile whether it is what the profile says, and whether the contracts there are the ones
//!   that this program was made with, byte for byte. What comes of it is a [`Verdict`].
//! * [`ChainIdentity`] — which chain a node serves, so that a chain that is begun anew under the same number is noticed
//!   ([`Checker::confirm`]).
//!
//! Why it is so, and what a check cannot find: `docs/decisions/0021`.

mod check;
mod endpoint;
mod file;
mod identity;
mod profile;
mod suite;
mod verdict;

pub use check::{CheckLimits, Checker};
pub use endpoint::{Endpoint, EndpointError};
pub use file::{Opened, OwnProfiles, ProfilesError};
pub use identity::{ChainChange, ChainIdentity};
pub use profile::{
    MAX_ENDPOINTS, MAX_NAME_CHARACTERS, NetworkProfile, NotDeployed, ProfileError, ProfileId, ProfileInput,
};
pub use verdict::{ContractState, Limit, NodeFacts, Problem, Verdict};
