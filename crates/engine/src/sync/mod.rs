//! The books: a ledger that is kept in step with the chain, and what is read from it.
//!
//! A [`Feed`] tells what happened on the chain: [`ApiFeed`] asks a Stacks API. The [`Syncer`] writes it into a ledger, one look
//! after the other ([`Syncer::step`]), and says how far that can be relied on ([`SyncStatus`]). [`Books`] are that ledger, to be
//! read from anywhere. [`reconcile()`] holds what the books say against the contracts' own counters and the tokens themselves.
//!
//! What is never done: use a part of a block, use what was read while the chain changed, or guess what was left out. Whatever does
//! not fit is thrown away and read again; if it stays so, the books stay as they were, and say so.

mod api;
mod books;
mod feed;
mod file;
mod fresh;
mod reconcile;
mod search;
mod status;
mod syncer;

pub use api::ApiFeed;
pub use books::{Books, BooksError};
pub use feed::{Beginning, Content, Feed, FeedError, FeedTip};
pub use fresh::{CLOSE, Freshness, WallClock};
pub use reconcile::{
    Audited, Comparison, NodeAuditor, Reconciliation, ReconciliationError, ReconciliationRow, reconcile,
};
pub use status::{Rebuild, SyncError, SyncState, SyncStatus};
pub use syncer::{Settings, Syncer};
