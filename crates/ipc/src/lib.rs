//! The data that crosses between the window and the core, and the names it crosses under.
//!
//! Plain data with one meaning per type, serialised with serde, and nothing else: no rule, no computation, no input or
//! output. Both sides compile this crate (the window to WebAssembly), so a field cannot be renamed on one side only.
//!
//! Amounts, heights and moments are `bithedge-protocol` units and travel as decimal strings. What is not known is
//! `None`, never zero. Nothing secret belongs here: whatever these types hold may be shown in the main window.

mod account;
mod chain;
mod notice;
mod preferences;

pub use account::{AccountView, Role};
pub use chain::{ChainId, ChainSnapshot, ChainStatus, Connection, Network, Reorg, Tip};
pub use notice::{Fault, Notice};
pub use preferences::{Preferences, Theme};

use serde::{Deserialize, Serialize};

/// The name under which the core sends every [`Event`].
pub const EVENT_NAME: &str = "bithedge";

/// The names of the commands that the window may call.
pub mod command {
    /// The latest [`ChainSnapshot`](crate::ChainSnapshot). No arguments.
    pub const CHAIN_SNAPSHOT: &str = "chain_snapshot";
    /// Reads the chain again at once instead of at the next interval. No arguments, no answer.
    pub const RETRY_CONNECTION: &str = "retry_connection";
    /// The current [`Preferences`](crate::Preferences). No arguments.
    pub const PREFERENCES: &str = "preferences";
    /// Sets and keeps the theme: argument `theme`, a [`Theme`](crate::Theme). Answers the new
    /// [`Preferences`](crate::Preferences), or a [`Notice`](crate::Notice) if they could not be kept.
    pub const SET_THEME: &str = "set_theme";
}

/// What the core tells the window without being asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// The chain, or the connection to it, changed.
    Chain(ChainSnapshot),
}
