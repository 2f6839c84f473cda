//! Whose a nonce is: what competes with what, what must not be evicted, and what may still come back.

use std::collections::{BTreeMap, BTreeSet};

use bithedge_stacks::address::Address;
use bithedge_stacks::transaction::Txid;
use bithedge_stacks::units::MicroStx;

use super::core::Core;
use super::entry::Entry;
use super::prepared::{Asset, AssetAmount};
use super::status::{Purpose, Status, TransactionId};

impl Core {
    fn with_nonce(&self, account: Address, nonce: u64) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(move |entry| entry.account == account && entry.nonce == nonce)
    }

    /// A transaction, what it replaces or cancels, what that replaces, and so on.
    fn lineage(&self, of: Option<TransactionId>) -> BTreeSet<TransactionId> {
        let mut known = BTreeSet::new();
        let mut next = of;
        while let Some(id) = next.filter(|id| known.insert(*id)) {
            next = self.entries.get(&id).and_then(|entry| entry.approved.purpose.earlier());
        }
        known
    }

    /// A later transaction of ours with the same nonce that somebody has taken.
    pub(super) fn successor(&self, entry: &Entry) -> Option<Txid> {
        let later = self.with_nonce(entry.account, entry.nonce).filter(|other| other.id > entry.id);
        let taken = later.filter(|other| other.holds_nonce() && other.status != Status::Signed);
        taken.last().map(|other| other.txid)
    }

    /// Whether its cancellation, or that of what replaced it, was signed: it must not be sent any more.
    pub(super) fn is_cancelled(&self, entry: &Entry) -> bool {
        self.with_nonce(entry.account, entry.nonce)
            .any(|other| other.id > entry.id && matches!(other.approved.purpose, Purpose::Cancels { .. }))
    }

    /// A transaction of ours with this nonce that is on its way or mined, and is not what `earlier` says is to be replaced:
    /// signing another one would evict it.
    pub(super) fn rival(
        &self,
        account: &Address,
        nonce: u64,
        earlier: Option<TransactionId>,
    ) -> Option<TransactionId> {
        let replaced = self.lineage(earlier);
        let held = self.with_nonce(*account, nonce).filter(|entry| entry.holds_nonce());
        held.filter(|entry| !replaced.contains(&entry.id)).last().map(|entry| entry.id)
    }

    /// The transaction with this nonce that was given up, if there is one: what takes the nonce takes its place.
    pub(super) fn given_up(&self, account: &Address, nonce: u64) -> Option<TransactionId> {
        let dropped = |entry: &&Entry| matches!(entry.status, Status::Dropped { .. });
        self.with_nonce(*account, nonce).filter(dropped).last().map(|entry| entry.id)
    }

    /// A transaction that was told as over and may after all be mined besides a new one with this nonce. If the new one
    /// repeats it, the same would happen twice.
    pub(super) fn unresolved(&self, account: &Address, nonce: u64, intent: &str) -> Option<TransactionId> {
        let own = self.entries.values().filter(|entry| entry.account == *account && entry.nonce != nonce);
        let mut open = own.filter(|entry| {
            let is_told_as_over = match &entry.status {
                Status::Dropped { .. } => true,
                // Cancelled, and the cancellation is not mined yet.
                Status::Replaced { by } => {
                    self.is_cancelled(entry) && self.entries.values().any(|other| other.txid == *by)
                }
                _ => false,
            };
            if !is_told_as_over {
                return false;
            }
            let holders: Vec<&Entry> = self
                .with_nonce(*account, entry.nonce)
                .filter(|other| other.id != entry.id && other.holds_nonce())
                .collect();
            if holders.is_empty() {
                return true;
            }
            if holders.iter().any(|holder| holder.status.is_mined()) {
                return false;
            }
            // Only one of them can be mined, and it is not known which. What goes on under another number is not over.
            let goes_on = !self.is_cancelled(entry)
                && holders.iter().any(|holder| self.lineage(Some(holder.id)).contains(&entry.id));
            !goes_on && entry.approved.intent == intent
        });
        open.next().map(|entry| entry.id)
    }

    /// The STX that everything under way from an account may take, fees included, but for what has this nonce and for what
    /// was executed. Of several with one nonce, only one can be mined.
    pub(super) fn committed(&self, account: &Address, but: u64, executed: u64) -> u128 {
        let signed = self
            .entries
            .values()
            .filter(|entry| entry.account == *account && entry.status.is_under_way())
            .map(|entry| (entry.nonce, cost(entry.fee, &entry.approved.leaves)));
        let drafted = self
            .drafts
            .values()
            .filter(|draft| draft.prepared.account == *account)
            .map(|draft| (draft.nonce, cost(draft.fee, &draft.approval.leaves)));
        let mut most = BTreeMap::<u64, u128>::new();
        for (nonce, cost) in signed.chain(drafted) {
            if nonce != but && nonce >= executed {
                let known = most.entry(nonce).or_default();
                *known = cost.max(*known);
            }
        }
        most.into_values().fold(0, u128::saturating_add)
    }
}

/// The STX that a transaction may take from its account, in micro-STX.
pub(super) fn cost(fee: MicroStx, leaves: &[AssetAmount]) -> u128 {
    let stx = leaves.iter().filter(|leaving| leaving.asset == Asset::Stx).map(|leaving| leaving.amount);
    u128::from(fee.micro()).saturating_add(stx.max().unwrap_or_default())
}
