//! The life of a transaction, from a prepared call to its receipt.
//!
//! ```text
//! Prepared ─ draft ─▶ Presented ─ approve ─▶ Approved ─ sign ─▶ Signed ─ send ─▶ Broadcast ─▶ Pending ─▶ Confirmed
//!                        │                      │                  │                │            │   ▲      or Failed
//!                        ├─▶ Refused            └─▶ Presented      ├─▶ Expired      ├─▶ Dropped ◀┤   └──────┘
//!                        └─▶ Expired              (locked, …)      │ (never out)    └─▶ Replaced ◀┘ reorganised
//! ```
//!
//! Rules that everything here keeps to:
//!
//! * What is signed are the bytes that were decoded again and shown. One approval signs one transaction, once.
//! * What is signed is written down before anybody outside gets it, and is sent again as the same bytes, never as another
//!   transaction, until it is known what became of it.
//! * A transaction that is given up stays valid until its nonce is used: so its nonce is the one that is given next.
//! * Nothing is concluded from silence: a node that does not answer, does not know, or contradicts itself changes nothing.
//!
//! It knows no contract: what a call means is the intent's knowledge. It holds no key: see [`Signer`].

mod alarms;
mod approval;
mod chain;
mod claims;
mod core;
mod draft;
mod entry;
mod fees;
mod journal;
mod judge;
mod nonces;
mod prepared;
mod receipt;
mod sending;
mod service;
mod signer;
mod status;
mod watching;

pub use alarms::{AcknowledgeError, AlarmDigest, NoAlarmDigest, OpenAlarm, Raised, Statement};
pub(crate) use approval::build as unsigned_bytes;
pub use approval::{Approval, Digest, ReviewError, SignatureMismatch, cancellation};
pub use chain::{Chain, ChainError, Lookup, SendError, Tip};
pub use core::Settings;
pub use draft::{ApproveError, DraftError};
pub use entry::{Approved, Entry};
pub use fees::{FeeError, FeeLevel, FeePolicy};
pub use journal::{Journal, JournalError, Store};
pub use judge::Depths;
pub use nonces::ChainNonces;
pub use prepared::{Asset, AssetAmount, Prepared};
pub use receipt::{Alarm, Receipt, Terms};
pub use service::{Question, Transactions};
pub use signer::{Signer, SignerError};
pub use status::{
    DropReason, Failure, InBlock, Note, Purpose, Refusal, RefusedBecause, Status, TransactionId,
    TransactionUpdate,
};
pub use watching::WatchError;
