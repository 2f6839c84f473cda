//! Accounts as the window lists them.

use bithedge_protocol::{MicroStx, Sats};
use serde::{Deserialize, Serialize};

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Protective Peter: holds BTC and buys protection.
    Protection,
    /// Income Irene: commits capital and earns premiums.
    Income,
}

/// One account and what it can spend at the tip of the snapshot that it came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// The short name that it is configured under, unique among the accounts: `wallet_1`.
    pub label: String,
    /// The Stacks address (c32check).
    pub address: String,
    /// What it is for; `None` for an account without a part to play.
    pub role: Option<Role>,
    /// STX that can be spent, so without what is locked in stacking; `None` until it has been read.
    pub stx: Option<MicroStx>,
    /// sBTC that can be spent, so without what is locked for a withdrawal; `None` until it has been read.
    pub sbtc: Option<Sats>,
}
