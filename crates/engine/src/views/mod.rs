//! What the window asks: a page's figures, made of the books of what happened and of the prices and rules of now.
//!
//! Everything here is a function of what it is given. [`Prices`], [`Facts`] and [`Proposals`] are read off the chain at one block
//! through a [`State`](crate::intents::State) (put their `of` to [`at_one_tip`](crate::intents::at_one_tip)); [`Books`] are a
//! snapshot of the ledger with them; the rest are views of those, in the types of `bithedge-ipc`:
//!
//! | seed 3 | here |
//! | --- | --- |
//! | `getProviderPortfolio` | [`capital()`] |
//! | `getPoolStats` | [`pools()`] |
//! | `getTierStats` | [`tiers()`] |
//! | `getTierAvailability` | [`rooms()`] |
//! | `monitorCollateralHealth` | [`health()`], and [`notifications`](crate::notifications) for its changes |
//!
//! Three rules. No figure is computed here that `bithedge_protocol` computes. What is not known is [`Figure::Unknown`] with the
//! reason, never zero. What the ledger calls doubtful is doubtful in every figure that it is part of.
//!
//! [`Figure::Unknown`]: bithedge_ipc::Figure::Unknown

mod activity;
mod books;
mod capital;
mod csv;
mod governance;
mod home;
mod offers;
mod policies;
mod protocol_page;
mod reading;
mod risk;
mod steps;
mod tiers;

pub use activity::activity;
pub use books::Books;
pub use capital::capital;
pub use csv::csv;
pub use governance::{Proposals, proposals, rewards};
pub use home::home;
pub use offers::offers;
pub(crate) use policies::NewestPolicy;
pub use policies::{policies, policy, policy_page, protection};
pub use protocol_page::{Facts, pools, protocol};
pub(crate) use reading::chain_as_of;
pub use reading::{Allowance, Prices};
pub use risk::{bucket_page, health, risk, yields};
pub use tiers::{rooms, tiers};

/// A page could not be made. Nothing is known then; no money is affected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The books could not be read.
    #[error(
        "The books of what happened on the chain could not be read, so the figures of this page are not known. Your money is \
         not affected: it is on the chain, and the books can be made again from it. ({0})"
    )]
    Ledger(#[from] bithedge_ledger::LedgerError),
}
