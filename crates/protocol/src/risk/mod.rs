//! What can happen to a buyer and to a provider: computed here from the chain's data, never asked of anybody.
//!
//! Everything is derived from the same figures that the contracts compute with ([`crate::pool`]); nothing here is charged or
//! paid. Changes are in exact integers, rounded towards the worse for whoever reads them where it matters.

mod choice;
mod cost;
mod exits;
mod exposure;
mod health;
mod returns;
mod stress;

pub use choice::{Candidate, Wish};
pub use cost::{CostOfCover, FloorZone};
pub use exits::{ExitSchedule, ExitStep, exit_schedule};
pub use exposure::{Exposure, Rung, exposure};
pub use health::{Health, HealthThresholds, Position, PositionValue, Standing};
pub use returns::{ClosePoint, History, RealisedYield, premium_rate_if_nothing_pays_out};
pub use stress::{Shock, StressOutcome, due, stress};
