//! What the account did and has under way, out of its journal.

use std::collections::BTreeMap;

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::{Address, MicroStx, Payload};
use bithedge_suite::{ContractCall, Deployment};

use super::duty::{DutyKind, is_same};
use crate::intents::Tip;
use crate::transactions::{Chain, Entry, JournalError, Purpose, Signer, Status, TransactionId, Transactions};

/// What counts as a day: any 24 hours.
const DAY: u64 = 86_400;
/// Entries of the journal that are read at a time.
const PAGE: u32 = 200;
/// After something was done, its block's time has to be so far behind before the same is done again: a state that still calls for it
/// is of another branch, or lags behind.
const REST: u64 = 600;
/// After a failure the same is tried again after so long, doubled with each one in a row.
const FIRST_WAIT: u64 = 60;
/// At most after so long.
const LONGEST_WAIT: u64 = 3_600;

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
    /// It was given up, or has waited for long: what is done now has to take its nonce.
    Takes(TransactionId),
}

/// The account's transactions of the last day, and all that are not settled.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// Newest first.
    acts: Vec<Act>,
    /// What holds a nonce, of all kinds: number and nonce.
    held: Vec<(TransactionId, u64)>,
    under_way: usize,
    now: u64,
}

impl Past {
    pub(super) fn read<C: Chain, S: Signer>(
        transactions: &Transactions<C, S>,
        deployment: &Deployment,
        account: Address,
        now: UnixSeconds,
    ) -> Result<Self, JournalError> {
        let mut entries: BTreeMap<TransactionId, Entry> = BTreeMap::new();
        let mut before = None;
        loop {
            let page = transactions.history(before, PAGE)?;
            let is_old = |entry: &Entry| !is_of_day(entry, now.get());
            let is_last = (page.len() as u64) < u64::from(PAGE) || page.iter().all(is_old);
            before = page.last().map(|entry| entry.id);
            entries.extend(page.into_iter().map(|entry| (entry.id, entry)));
            if is_last {
                break;
            }
        }
        // What was signed before and still waits; also the newest word about what the pages had.
        entries.extend(transactions.unsettled().into_iter().map(|entry| (entry.id, entry)));
        let mut past = Self { now: now.get(), ..Self::default() };
        for entry in entries.into_values().rev().filter(|entry| entry.account == account) {
            past.add(deployment, entry);
        }
        Ok(past)
    }

    fn add(&mut self, deployment: &Deployment, entry: Entry) {
        if entry.status.is_under_way() || entry.status.is_mined() {
            self.held.push((entry.id, entry.nonce));
        }
        self.under_way += usize::from(entry.status.is_under_way());
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
        self.under_way += newest.under_way;
    }

    /// How many transactions of the account are on their way.
    pub(super) const fn under_way(&self) -> usize {
        self.under_way
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
            let counts = is_of_day(entry, self.now) || entry.status.is_under_way();
            let is_ours = is_report(*of) == is_report(kind) && entry.nonce != but;
            if counts && is_ours && entry.status != Status::Expired {
                let most = fees.entry(entry.nonce).or_default();
                *most = entry.fee.micro().max(*most);
            }
        }
        MicroStx::new(fees.into_values().fold(0, u64::saturating_add))
    }

    /// How a call stands. `stuck_after` in seconds.
    pub(super) fn standing(
        &self,
        kind: DutyKind,
        call: &ContractCall,
        tip: &Tip,
        stuck_after: u64,
    ) -> Standing {
        let mut failures: u32 = 0;
        let mut last_failure = 0;
        for act in self.acts.iter().filter(|act| act.kind == kind && is_same(kind, &act.call, call)) {
            let Entry { id, nonce, signed_at, status, is_settled, .. } = &act.entry;
            let age = self.now.saturating_sub(signed_at.get());
            match status {
                // Its own word stands first; somebody newer with its nonce may hold it as well.
                status if status.is_under_way() => {
                    return if age >= stuck_after { Standing::Takes(*id) } else { Standing::Busy };
                }
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
        let wait = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_WAIT);
        let since = self.now.saturating_sub(last_failure);
        // A moment far in the future is a clock's mistake.
        let is_plausible = last_failure <= self.now.saturating_add(LONGEST_WAIT);
        if failures > 0 && since < wait && is_plausible { Standing::Busy } else { Standing::Free }
    }
}

fn is_of_day(entry: &Entry, now: u64) -> bool {
    entry.signed_at.get().saturating_add(DAY) > now
}
