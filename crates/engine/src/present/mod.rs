//! The engine's types as the window gets them, and what the window asks for as an [`Intent`](crate::intents::Intent).

mod networks;
mod transactions;
mod wishes;

pub use networks::{network, network_input, verdict};
pub use transactions::{Scenery, approval, open_alarm, receipt, status, stopped_keeper, transaction, update};
pub use wishes::{WishError, intent};
