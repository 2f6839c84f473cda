//! The keeper: does what time demands, in the background, for one account of the user's and within one standing order.
//!
//! * [`due()`] says what is due, out of typed reads of one block: only what the dry run of the very call lets through, and what would
//!   change something.
//! * [`Policy`] says which of these duties are on, and what they must earn. [`StandingOrder`] is what the user allowed: kinds of
//!   calls, fees, and until when. It is held against the decoded bytes of every question before the keeper answers it.
//! * [`Keeper::step`] looks once and acts; [`Keeper::run`] goes on with that. It keeps nothing of its own: what was done, what is
//!   under way and what was spent comes out of the journal of signed transactions, so that a restart changes nothing.
//! * [`PriceSource`] is where the prices come from that an authorised reporter reports; when, is
//!   [`ReportRule`](bithedge_prices::ReportRule)'s.
//!
//! What the keeper may do alone, and why: `docs/decisions/0023`.

mod deed;
mod due;
mod duty;
mod lists;
mod order;
mod past;
mod policy;
mod reports;
mod service;
mod wait;

pub use deed::{Deed, KeeperError};
pub use due::{Scope, due};
pub use duty::{Duty, DutyKind};
pub use lists::{EndedPolicies, FromBooks, FromRegistry, ListError};
pub use order::{Caps, OrderRefusal, StandingOrder};
pub use policy::{Policy, When};
pub use reports::{NoPrice, NoPrices, OracleView, PriceSource, oracle_view};
pub use service::{BY_KEEPER, Keeper, KeeperPace, Parts};
pub use wait::Wait;
