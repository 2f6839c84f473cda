//! What the page knows, apart from how it looks.

mod chain;
mod clock;
mod preferences;

pub(crate) use chain::ChainState;
pub(crate) use clock::now_signal;
pub(crate) use preferences::PreferencesState;
