//! Problems, told so that a user can act on them.

use serde::{Deserialize, Serialize};

/// The kind of a problem. The window decides by this code, never by the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// The embedded devnet cannot start because something that it needs is not installed.
    DevnetMissing,
    /// The embedded devnet could not start for another reason.
    DevnetFailed,
    /// The node does not answer.
    NodeUnreachable,
    /// The node answers that it cannot serve.
    NodeFailing,
    /// The node's answers make no sense.
    NodeMalformed,
    /// The node answers, but too slowly to get a complete reading.
    NodeSlow,
    /// The node says that it has not caught up with the chain.
    NodeSyncing,
    /// The node names an older block as its newest than before.
    TipBehind,
    /// The node's index of blocks is behind the node.
    IndexBehind,
    /// The node's newest block is too old: it, or the chain, stands still.
    TipOld,
    /// The node now serves another chain than before.
    ChainChanged,
    /// The window no longer hears from the part of the application that follows the chain.
    CoreSilent,
    /// Settings could not be kept.
    PreferencesNotKept,
}

/// One problem: what happened, what it means for the money, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its kind.
    pub fault: Fault,
    /// What happened, in one sentence.
    pub happened: String,
    /// What it means for the user's money.
    pub means: String,
    /// What the user can do.
    pub remedy: String,
    /// The technical cause, for whoever has to look further; may be empty.
    pub detail: String,
}
