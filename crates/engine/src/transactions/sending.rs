//! Handing out what is signed, and taking in what the chain says of it.

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::client::{RejectionReason, TransactionRecord, TransactionStatus};
use bithedge_stacks::transaction::{Transaction, Txid};

use super::chain::SendError;
use super::core::{Backoff, Core};
use super::entry::{Approved, Entry};
use super::journal::JournalError;
use super::judge::{Evidence, judge};
use super::status::{DropReason, Note, Purpose, Refusal, Status, TransactionId};
use crate::clock::Moment;

/// What is to be looked up.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) id: TransactionId,
    pub(super) txid: Txid,
    pub(super) account: Address,
    pub(super) nonce: u64,
}

/// Bytes on their way to a node.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) transaction: Transaction,
    /// Whether somebody may have had them before.
    was_out: bool,
    /// Counted since this program started.
    number: u64,
}

impl Core {
    /// The bytes to hand out, marked as handed out before they are; `None` if they must not be, or not yet.
    pub(super) fn begin_attempt(
        &mut self,
        id: TransactionId,
        now: Moment,
    ) -> Result<Option<Attempt>, JournalError> {
        let Some(entry) = self.entries.get(&id).filter(|entry| entry.status.is_under_way()) else {
            return Ok(None);
        };
        if self.sending.get(&id).is_some_and(|backoff| now.elapsed < backoff.next) {
            return Ok(None);
        }
        if self.is_cancelled(entry) {
            return Ok(None);
        }
        let Some(transaction) = entry.transaction() else { return Ok(None) };
        let was_out = entry.may_be_out && !self.fresh.contains(&id);
        if entry.approved.valid_until.is_some_and(|until| now.wall > until) {
            if !was_out {
                let expired =
                    Entry { status: Status::Expired, may_be_out: false, is_settled: true, ..entry.clone() };
                self.change(expired, None)?;
            }
            return Ok(None);
        }
        if !entry.may_be_out {
            let out = Entry { may_be_out: true, ..entry.clone() };
            self.change(out, None)?;
        }
        self.fresh.remove(&id);
        let settings = self.settings;
        let backoff = self
            .sending
            .entry(id)
            .and_modify(|backoff| backoff.wait = (backoff.wait * 2).min(settings.longest_resend))
            .or_insert(Backoff { wait: settings.first_resend, next: now.elapsed, attempts: 0 });
        backoff.next = now.elapsed.saturating_add(backoff.wait);
        backoff.attempts += 1;
        Ok(Some(Attempt { transaction, was_out, number: backoff.attempts }))
    }

    /// What came of handing it out.
    pub(super) fn sent(
        &mut self,
        id: TransactionId,
        attempt: &Attempt,
        result: &Result<(), SendError>,
    ) -> Result<(), JournalError> {
        let Some(entry) = self.entries.get(&id).filter(|entry| entry.status.is_under_way()) else {
            return Ok(());
        };
        let is_first = entry.status == Status::Signed;
        // Unless another attempt was begun meanwhile, which may have come further.
        let is_latest = self.sending.get(&id).is_some_and(|backoff| backoff.attempts == attempt.number);
        let mut changed = entry.clone();
        let mut note = None;
        match result {
            Ok(()) if is_first => changed.status = Status::Broadcast,
            Ok(()) => note = Some(Note::Resent),
            Err(SendError::NotDelivered(_)) => {
                changed.may_be_out = attempt.was_out || !is_latest;
            }
            // It is sent again, and looked up by its id. Never taken for failed.
            Err(SendError::Uncertain(_)) => {}
            // The bytes of an earlier attempt may have used the nonce themselves: what is true is for the watcher to find.
            Err(SendError::Rejected(
                RejectionReason::BadNonce { .. } | RejectionReason::ConflictingNonceInMempool,
            )) if attempt.was_out || matches!(entry.status, Status::Pending { .. }) => {}
            Err(SendError::Rejected(_)) if !is_latest => {}
            Err(SendError::Rejected(reason)) => {
                if let Some(refusal) = Refusal::of(reason) {
                    let reason = DropReason::Rejected { refusal, detail: reason.to_string() };
                    changed.status = Status::Dropped { reason };
                }
            }
        }
        if changed == *entry && note.is_none() {
            return Ok(());
        }
        self.change(changed, note)
    }

    /// Everything that is not settled, what came last first: what replaces something is judged before that.
    pub(super) fn watched(&self) -> Vec<Watched> {
        let watched = |entry: &Entry| Watched {
            id: entry.id,
            txid: entry.txid,
            account: entry.account,
            nonce: entry.nonce,
        };
        self.entries.values().rev().map(watched).collect()
    }

    /// Takes in what the chain says. Gives whether the same bytes should be sent again.
    pub(super) fn observe(
        &mut self,
        id: TransactionId,
        mut evidence: Evidence,
        now: Moment,
    ) -> Result<bool, JournalError> {
        let Some(entry) = self.entries.get(&id) else { return Ok(false) };
        evidence.successor = self.successor(entry);
        evidence.is_cancelled = self.is_cancelled(entry);
        evidence.nonce_used_since = self.nonce_used_since.get(&id).copied();
        evidence.is_due = self.sending.get(&id).is_none_or(|backoff| now.elapsed >= backoff.next);
        evidence.was_missed = self.missed.contains(&id);
        let verdict = judge(entry, &evidence, self.settings.depths);
        if verdict.is_nonce_used {
            self.nonce_used_since.entry(id).or_insert(evidence.tip);
        } else {
            self.nonce_used_since.remove(&id);
        }
        if verdict.is_missed {
            self.missed.insert(id);
        } else {
            self.missed.remove(&id);
        }
        let is_reorganised = matches!(verdict.note, Some(Note::Reorganised { .. }));
        let mut note = verdict.note;
        let mut changed = Entry {
            status: verdict.status,
            is_settled: verdict.is_settled,
            receipt: verdict.receipt,
            ..entry.clone()
        };
        if changed.raise(now.wall) {
            note = Some(Note::Alarm);
        } else if verdict.is_settled && note.is_none() {
            note = Some(Note::Settled);
        }
        if changed != *entry || note.is_some() {
            if is_reorganised {
                // It has to find its way anew.
                self.sending.remove(&id);
            }
            self.change(changed, note)?;
        }
        Ok(verdict.resend)
    }

    /// Takes in what an account has waiting and the journal does not know. Gives how many there are.
    pub(super) fn recover(
        &mut self,
        account: Address,
        records: &[TransactionRecord],
        now: UnixSeconds,
    ) -> Result<Vec<TransactionId>, JournalError> {
        let mut found = Vec::new();
        for record in records {
            let is_known = self.entries.values().any(|entry| entry.txid == record.txid);
            if record.sender != account || record.status != TransactionStatus::Pending || is_known {
                continue;
            }
            let id = self.take_id();
            let mut entry = Entry {
                id,
                txid: record.txid,
                account,
                nonce: record.nonce,
                fee: record.fee,
                bytes: None,
                approved: Approved {
                    purpose: Purpose::Recovered,
                    intent: "recovered".to_owned(),
                    words: Vec::new(),
                    leaves: Vec::new(),
                    arrives: Vec::new(),
                    valid_until: None,
                },
                signed_at: now,
                may_be_out: true,
                status: Status::Pending { included: None },
                is_settled: false,
                receipt: None,
                alarms: Vec::new(),
            };
            entry.raise(now);
            found.push(entry);
        }
        // All at once: an account that something is known of is not asked about again.
        self.store.insert(&found)?;
        for entry in &found {
            self.tell(entry, entry.status.clone(), None);
            self.entries.insert(entry.id, entry.clone());
        }
        Ok(found.into_iter().map(|entry| entry.id).collect())
    }
}
