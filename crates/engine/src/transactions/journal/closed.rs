//! What stands in a journal's place after it was let go of.

use std::collections::BTreeSet;

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::units::MicroStx;

use super::{JournalError, Store};
use crate::transactions::alarms::AlarmDigest;
use crate::transactions::entry::Entry;
use crate::transactions::status::TransactionId;

/// In the place of a journal that was let go of.
pub(crate) struct Closed;

impl Store for Closed {
    fn unsettled(&mut self) -> Result<Vec<Entry>, JournalError> {
        Err(JournalError::Closed)
    }

    fn last_id(&mut self) -> Result<TransactionId, JournalError> {
        Err(JournalError::Closed)
    }

    fn highest_fee(&mut self, _: &Address, _: u64) -> Result<Option<MicroStx>, JournalError> {
        Err(JournalError::Closed)
    }

    fn entry(&mut self, _: TransactionId) -> Result<Option<Entry>, JournalError> {
        Err(JournalError::Closed)
    }

    fn history(&mut self, _: Option<TransactionId>, _: u32) -> Result<Vec<Entry>, JournalError> {
        Err(JournalError::Closed)
    }

    fn recent(&mut self, _: &Address, _: UnixSeconds) -> Result<Vec<Entry>, JournalError> {
        Err(JournalError::Closed)
    }

    fn alarmed(&mut self) -> Result<Vec<Entry>, JournalError> {
        Err(JournalError::Closed)
    }

    fn acknowledge(
        &mut self,
        _: TransactionId,
        _: &BTreeSet<AlarmDigest>,
        _: UnixSeconds,
    ) -> Result<(), JournalError> {
        Err(JournalError::Closed)
    }

    fn insert(&mut self, _: &[Entry]) -> Result<(), JournalError> {
        Err(JournalError::Closed)
    }

    fn update(&mut self, _: &Entry) -> Result<(), JournalError> {
        Err(JournalError::Closed)
    }
}
