//! What a person or a keeper wants, as an exact contract call: with the tightest post-conditions that the call allows, with what
//! it means, and with a dry run that tells beforehand what the contracts would refuse.
//!
//! * [`Intent`] — what is wanted, in the domain's units. [`Intent::refuse`] sorts out what makes no sense whatever the chain says.
//! * [`State`] — what was read of the suite at one block. It grows by what a check turns out to need ([`at_one_tip`]).
//! * [`Intent::check`] — the read-only twin of the contracts' checks: the very code that a contract would give.
//! * [`Intent::plan`] — the call, its post-conditions and its [`Sentence`]s; [`Plan::into_prepared`] hands it on.
//! * [`prepare`] — all of it at one block. [`quote`] — from what somebody wants protected to what is sold.
//!
//! Why it is so, and which function of the contracts is made by which intent: `docs/decisions/0019`.

mod capital;
mod coverage;
mod decision;
mod finding;
mod governing;
mod intent;
mod plan;
mod prices;
mod protection;
pub mod quote;
mod reader;
mod refuse;
mod reserves;
mod rules;
mod sentences;
mod state;
mod upkeep;

pub use decision::Decision;
pub use finding::Finding;
pub use intent::{
    Ballot, BucketId, Capital, Governing, Intent, Prices, Protection, Recipient, Reserves, Upkeep,
};
pub use plan::{Plan, Refusal};
pub use reader::{NodeReader, ReadError, SuiteReader, at_one_tip};
pub use sentences::{Bound, Purse, Sentence};
pub(crate) use state::ascii;
pub use state::{Reading, State, Tip, Unknown};

use bithedge_protocol::{MicroStx, UnixSeconds};
use bithedge_stacks::Address;
use bithedge_suite::Deployment;

/// What an intent came to at one block.
#[derive(Debug, Clone)]
pub struct Drafted {
    /// What the dry run found; empty if nothing would be refused.
    pub findings: Vec<Finding>,
    /// The call, or why there is none.
    pub plan: Result<Plan, Refusal>,
    /// What was read.
    pub state: State,
}

/// Why an intent was not even looked at on the chain, or could not be. Nothing was signed or sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// It makes no sense whatever the chain says.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The chain could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Plans an intent and runs it dry, both at the same block. `fee` is the most that the transaction may cost, `now` this
/// computer's clock.
///
/// # Errors
/// [`DraftError`].
pub async fn prepare<R: SuiteReader>(
    reader: &R,
    deployment: &Deployment,
    account: Address,
    fee: MicroStx,
    now: UnixSeconds,
    intent: &Intent,
) -> Result<Drafted, DraftError> {
    intent.refuse(deployment, account, now)?;
    let question = |state: &State| {
        let findings = intent.check(state)?;
        match intent.plan(state) {
            Err(Refusal::Unknown(unknown)) => Err(unknown),
            plan => Ok((findings, plan)),
        }
    };
    let ((findings, plan), state) = at_one_tip(reader, deployment, account, fee, question).await?;
    Ok(Drafted { findings, plan, state })
}
