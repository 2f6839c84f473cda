//! What the user chose about the application itself.

use bithedge_protocol::Seconds;
use serde::{Deserialize, Serialize};

/// Which colours the window uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the desktop is set.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// The user's choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Preferences {
    /// Colours.
    pub theme: Theme,
    /// After how long without anybody there the keys are locked.
    pub auto_lock: Seconds,
    /// Whether the desktop is told what happens while the window is closed or behind others.
    pub notifies: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { theme: Theme::default(), auto_lock: Seconds::new(600), notifies: true }
    }
}
