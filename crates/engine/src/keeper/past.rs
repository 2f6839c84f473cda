//! What the account did and has under way, out of its journal.

use std::collections::BTreeMap;
use std::time::Duration;

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::{Address, MicroStx, Payload};
use bithedge_suite::{ContractCall, Deployment};
use tokio::time::Instant;

use super::duty::{DutyKind, is_same};
use super::service::BY_KEEPER;
use crate::intents::Tip;
use crate::transactions::{Chain, Entry, JournalError, Purpose, Signer, Status, TransactionId, Transactions};

/// What counts as a day: any 24 hours.
const DAY: u64 = 86_400;
/// After something was done, its block's time has to be so far behind before the same is done again: a state that still calls for it
/// is of another branch, or lags behind.
const REST: u64 = 600;
/// After a failure the same is tried again after so long, doubled with each one in a row.
const FIRST_WAIT: u64 = 60;
/// At most after so long.
pub(super) const LONGEST_WAIT: u64 = 3_600;

/// A transaction of the account, of one of the keeper's kinds.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) kind: DutyKind,
    call: ContractCall,
    pub(super) entry: Entry,
}

/// How something that is due stands in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing of it is under way.
    Free,
    /// It is being done, was done a moment ago, or failed a moment ago.
    Busy,
    /// It was given up: what is done now has to take its nonce.
    Takes(TransactionId),
    /// It has waited for long: what is done now takes its nonce, for more, if nothing of the account's waits before it.
    Outbids(TransactionId),
}

/// The account's transactions of the last day, and all that are not settled.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// Newest first.
    acts: Vec<Act>,
    /// What holds a nonce, of all kinds: number and nonce.
    held: Vec<(TransactionId, u64)>,
    /// What is under way, of all kinds: by nonce, the newest of each, and when that was signed.
    under_way: BTreeMap<u64, (TransactionId, u64)>,
    /// Under way by the journal, though the chain has executed their nonces: whether anything else is to be expected of them.
    overtaken: BTreeMap<TransactionId, bool>,
    now: u64,
}

impl Past {
    /// Reads what the account signed in the last 24 hours, and what is not settled.
    pub(super) fn read<C: Chain, S: Signer>(
        transactions: &Transactions<C, S>,
        deployment: &Deployment,
        account: Address,
        now: UnixSeconds,
    ) -> Result<Self, JournalError> {
        let after = UnixSeconds::new(now.get().saturating_sub(DAY));
        let entries = transactions.recent(&account, after)?;
        let mut past = Self { now: now.get(), ..Self::default() };
        for entry in entries.into_iter().rev() {
            past.add(deployment, entry);
        }
        Ok(past)
    }

    fn add(&mut self, deployment: &Deployment, entry: Entry) {
        if entry.status.is_under_way() || entry.status.is_mined() {
            self.held.push((entry.id, entry.nonce));
        }
        if entry.status.is_under_way() {
            let newest = self.under_way.entry(entry.nonce).or_insert((entry.id, entry.signed_at.get()));
            if newest.0 < entry.id {
                *newest = (entry.id, entry.signed_at.get());
            }
        }
        // What is made to fail does nothing; what was only found after the journal was lost has no bytes to tell by.
        if matches!(entry.approved.purpose, Purpose::Cancels { .. }) {
            return;
        }
        let Some(payload) = entry.transaction().map(|transaction| transaction.payload) else { return };
        let Some(kind) = DutyKind::of(deployment, &payload) else { return };
        if let Payload::ContractCall { contract, function, args } = payload {
            self.acts.push(Act { kind, call: ContractCall { contract, function, args }, entry });
        }
    }

    /// Takes in what was just signed.
    pub(super) fn note(&mut self, deployment: &Deployment, entry: Entry) {
        let mut newest = Self::default();
        newest.add(deployment, entry);
        newest.acts.append(&mut self.acts);
        newest.held.append(&mut self.held);
        self.acts = newest.acts;
        self.held = newest.held;
        self.under_way.append(&mut newest.under_way);
    }

    /// How many transactions of the account are on their way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// What everything else of the account waits for: the lowest nonce under way, what has it, and for how many seconds it has waited.
    pub(super) fn lowest(&self) -> Option<(u64, TransactionId, u64)> {
        let (nonce, (id, signed)) = self.under_way.first_key_value()?;
        Some((*nonce, *id, self.now.saturating_sub(*signed)))
    }

    /// Takes in how many transactions the chain has executed. What is under way below that was mined, or another one was: which, is
    /// waited for as long as `patience` says since that was seen first, in case a block comes to light.
    pub(super) fn executed_to(
        &mut self,
        executed: u64,
        seen: &mut BTreeMap<TransactionId, Instant>,
        patience: Duration,
    ) {
        let now = Instant::now();
        self.under_way.retain(|nonce, _| *nonce >= executed);
        let below = |entry: &&Entry| entry.status.is_under_way() && entry.nonce < executed;
        for entry in self.acts.iter().map(|act| &act.entry).filter(below) {
            let first = *seen.entry(entry.id).or_insert(now);
            self.overtaken.insert(entry.id, now.duration_since(first) >= patience);
        }
        seen.retain(|id, _| self.overtaken.contains_key(id));
    }

    /// Whether something is still to be expected of a transaction's draw on a pot: it is under way, or mined above a height.
    pub(super) fn may_draw(&self, id: TransactionId, height: u64) -> bool {
        let found = self.acts.iter().find(|act| act.entry.id == id);
        found.is_some_and(|act| match &act.entry.status {
            Status::Confirmed { block } => block.height > height,
            status => status.is_under_way() && self.overtaken.get(&id) != Some(&true),
        })
    }

    /// Whether the keeper signed a transaction by itself: somebody who is asked decides on the others.
    pub(super) fn is_keepers(&self, id: TransactionId) -> bool {
        let own = self.acts.iter().find(|act| act.entry.id == id);
        own.is_some_and(|act| act.entry.approved.words.first().is_some_and(|word| word == BY_KEEPER))
    }

    /// The kind of one of the keeper's transactions.
    pub(super) fn kind(&self, id: TransactionId) -> Option<DutyKind> {
        self.acts.iter().find(|act| act.entry.id == id).map(|act| act.kind)
    }

    /// Whether a call does the same as a transaction.
    pub(super) fn is_of(&self, id: TransactionId, call: &ContractCall) -> bool {
        let own = self.acts.iter().find(|act| act.entry.id == id);
        own.is_some_and(|act| is_same(act.kind, &act.call, call))
    }

    /// The keeper's kinds of transactions that failed.
    pub(super) fn failed(&self) -> impl Iterator<Item = &Act> {
        self.acts.iter().filter(|act| matches!(act.entry.status, Status::Failed { .. }))
    }

    /// Whether a transaction is of one of the keeper's kinds.
    pub(super) fn has(&self, id: TransactionId) -> bool {
        self.acts.iter().any(|act| act.entry.id == id)
    }

    /// What was signed for fees in the last 24 hours on what shares a budget, whoever approved it. Of several with one nonce only one
    /// can be mined: the dearest counts. `but` is a nonce that does not count: what is asked now takes its place.
    ///
    /// Moments in the future count: a clock that was set back must not open the budget again.
    pub(super) fn spent(&self, kind: DutyKind, but: u64) -> MicroStx {
        let is_report = |kind: DutyKind| kind == DutyKind::ReportPrices;
        let mut fees: BTreeMap<u64, u64> = BTreeMap::new();
        for Act { kind: of, entry, .. } in &self.acts {
            let waits = entry.status.is_under_way() && !self.overtaken.contains_key(&entry.id);
            let counts = is_within(entry, self.now) || waits;
            let is_ours = is_report(*of) == is_report(kind) && entry.nonce != but;
            if counts && is_ours && entry.status != Status::Expired {
                let most = fees.entry(entry.nonce).or_default();
                let taken = entry.receipt.as_ref().map_or(entry.fee, |receipt| receipt.fee);
                *most = entry.fee.max(taken).micro().max(*most);
            }
        }
        MicroStx::new(fees.into_values().fold(0, u64::saturating_add))
    }

    /// How a call stands. `stuck_after` and `longest`, the longest pause after failures, in seconds.
    pub(super) fn standing(
        &self,
        kind: DutyKind,
        call: &ContractCall,
        tip: &Tip,
        stuck_after: u64,
        longest: u64,
    ) -> Standing {
        let mut failures: u32 = 0;
        let mut last_failure = 0;
        for act in self.acts.iter().filter(|act| act.kind == kind && is_same(kind, &act.call, call)) {
            let Entry { id, nonce, signed_at, status, is_settled, .. } = &act.entry;
            let age = self.now.saturating_sub(signed_at.get());
            match status {
                // Its own word stands first; somebody newer with its nonce may hold it as well.
                status if status.is_under_way() => match self.overtaken.get(id) {
                    // Another one was mined with its nonce, or it was, and nobody will ever tell.
                    Some(true) => {}
                    Some(false) => return Standing::Busy,
                    None if age >= stuck_after => return Standing::Outbids(*id),
                    None => return Standing::Busy,
                },
                Status::Confirmed { block } => {
                    let (height, time) = (tip.height.get(), tip.time.get());
                    let rests = kind != DutyKind::ReportPrices && time < block.time.saturating_add(REST);
                    if failures == 0 && (block.height > height || rests) {
                        return Standing::Busy;
                    }
                    // What failed before it is made good.
                    break;
                }
                Status::Failed { block, .. } => {
                    if block.height > tip.height.get() {
                        return Standing::Busy;
                    }
                    failures += 1;
                    last_failure = last_failure.max(signed_at.get());
                }
                Status::Dropped { .. } if !is_settled => {
                    let is_taken = self.held.iter().any(|(other, held)| held == nonce && other > id);
                    if !is_taken {
                        return Standing::Takes(*id);
                    }
                }
                _ => {}
            }
        }
        let wait = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(longest);
        let since = self.now.saturating_sub(last_failure);
        // A moment far in the future is a clock's mistake.
        let is_plausible = last_failure <= self.now.saturating_add(LONGEST_WAIT);
        if failures > 0 && since < wait && is_plausible { Standing::Busy } else { Standing::Free }
    }
}

fn is_within(entry: &Entry, now: u64) -> bool {
    entry.signed_at.get().saturating_add(DAY) > now
}
