//! What one provider has in one bucket.

use super::bucket::Request;
use super::number::Exact;

/// A provider's part of a bucket. What is exact here, the contract may have less of, by what `_slack` says, and never more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Provider {
    /// Shares that are neither queued nor asked to be.
    pub shares: u128,
    /// What was paid in for them.
    pub basis: u128,
    /// Its request for the open epoch.
    pub now: Request,
    /// Its request for the epoch after.
    pub next: Request,
    /// Its shares in the exit queue.
    pub queued: Exact,
    /// What the contract's index may have rounded off of them.
    pub queued_slack: Exact,
    /// What was paid in for them.
    pub queued_basis: Exact,
    /// What rounding may have taken off that.
    pub basis_slack: Exact,
    /// Filled exits that wait to be paid.
    pub claimable: Exact,
    /// What the contract's sum may have rounded off of them.
    pub claimable_slack: Exact,
    /// Deposits that came back.
    pub returned: u128,
    /// Whether it ever asked for anything.
    pub asked: bool,
    /// All that exits brought.
    pub proceeds: Exact,
    /// What rounding may have taken off that.
    pub proceeds_slack: Exact,
}

impl Provider {
    /// Whether something can be claimed.
    pub(crate) const fn is_owed(&self) -> bool {
        self.returned > 0 || self.claimable.floor() > 0
    }

    /// Whether nothing was ever asked for here.
    pub(crate) const fn is_blank(&self) -> bool {
        !self.asked
    }

    /// Its request enters the queue.
    pub(super) fn admit(&mut self) {
        self.queued += Exact::whole(self.now.exit);
        self.queued_basis += Exact::whole(self.now.basis);
        (self.now.exit, self.now.basis) = (0, 0);
    }

    /// `filled` of `queue` shares leave the queue for `paid`; the contract's index stood at `index` before.
    ///
    /// The index loses at most one of its units, and so does the sum; both belong to as many shares as one unit of the index
    /// at the ticket's admission, which is `queued / index` now. Looking at a ticket cuts off what is less than a share, or a
    /// base unit.
    pub(super) fn fill(&mut self, filled: u128, paid: u128, queue: u128, index: u128) {
        if self.queued == Exact::ZERO || filled == 0 {
            return;
        }
        let unit = self.queued.over(index);
        let one = Exact::whole(1);
        let amount = self.queued.times(paid, queue);
        let loss = self.queued_slack.times(paid, queue) + unit.over(1_000_000) + one;
        let basis = self.queued_basis.times(filled, queue);
        self.claimable += amount;
        self.claimable_slack += loss;
        self.proceeds += amount;
        self.proceeds_slack += loss;
        self.queued = self.queued - self.queued.times(filled, queue);
        self.queued_slack = self.queued_slack.times(queue - filled, queue) + unit + one;
        // What a unit of the index was worth before this fill, as with the shares.
        let basis_unit = self.queued_basis.over(index);
        self.queued_basis = self.queued_basis - basis;
        if filled == queue {
            (self.queued_slack, self.queued_basis) = (Exact::ZERO, Exact::ZERO);
            self.basis_slack = Exact::ZERO;
        } else {
            // The contract splits a ticket's basis by its rounded shares.
            self.basis_slack += one + basis_unit;
        }
    }

    /// Shares lose all worth: what is held or on its way out is void. Deposits stay.
    pub(super) fn void(&mut self) {
        (self.shares, self.basis) = (0, 0);
        (self.queued, self.queued_slack) = (Exact::ZERO, Exact::ZERO);
        (self.queued_basis, self.basis_slack) = (Exact::ZERO, Exact::ZERO);
        for request in [&mut self.now, &mut self.next] {
            (request.exit, request.basis) = (0, 0);
        }
    }
}
