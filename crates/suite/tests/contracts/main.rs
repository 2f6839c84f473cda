//! The contracts in the real Clarity VM: one module for each contract.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adapters;
mod analytics;
mod custody;
mod custody_costs;
mod custody_properties;
mod governance;
mod insurance_fund;
mod option_math;
mod oracle;
mod parameters;
mod stx_token;
mod support;
mod system;
mod treasury;
mod upgrade_manager;
mod vault;
