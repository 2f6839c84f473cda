//! The engine's types as the window gets them, and what the window asks for as an [`Intent`](crate::intents::Intent).

mod networks;
mod transactions;
mod wishes;

pub use networks::{network, network_input, verdict};
pub use transactions::{Scenery, approval, receipt, status, transaction, update};
pub use wishes::{WishError, intent};
