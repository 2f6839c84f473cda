//! The state of the suite as a reader of its events sees it.

use std::collections::{BTreeMap, BTreeSet};

use bithedge_stacks::Principal;
use bithedge_suite::SuiteEvent;
use bithedge_suite::generated::events::{
    LiquidityPoolCollateralReleased, LiquidityPoolCollateralSold, LiquidityPoolEpochClosed,
    LiquidityPoolExpirySettled,
};

use crate::positions::{Close, Place, Position};

const INDEX_FLOOR: u128 = 1_000_000;
const VIRTUAL_SHARES: u128 = 1_000_000;
const PPM: u128 = 1_000_000;

#[derive(Default)]
pub(crate) struct Projection {
    pub(crate) buckets: BTreeMap<(u128, Principal), Bucket>,
    pub(crate) policies: BTreeMap<u128, Policy>,
    pub(crate) credits: BTreeMap<(Principal, Principal), u128>,
    /// Balance and locked, by backend and token.
    pub(crate) vault: BTreeMap<(Principal, Principal), (u128, u128)>,
    /// Undistributed, allocated, holdings.
    pub(crate) treasury: BTreeMap<Principal, [u128; 3]>,
    seen: BTreeSet<String>,
}

pub(crate) struct Policy {
    pub(crate) owner: Principal,
    pub(crate) token: Principal,
    figures: BTreeMap<&'static str, u128>,
}

impl Policy {
    pub(crate) fn figures(&self) -> impl Iterator<Item = (&'static str, u128)> {
        self.figures.iter().map(|(field, value)| (*field, *value))
    }

    fn end(&mut self, status: u128, paid: u128) {
        self.figures.insert("status", status);
        self.figures.insert("paid", paid);
    }
}

/// What a bucket has sold for one expiry.
#[derive(Default)]
struct Book {
    policies: u128,
    required: u128,
}

#[derive(Default)]
pub(crate) struct Bucket {
    capacity: u128,
    assets: u128,
    fresh: u128,
    locked: u128,
    required: u128,
    shares: u128,
    generation: u128,
    queued: u128,
    place: Option<Place>,
    ends: Vec<Place>,
    epoch: u128,
    deposits: [u128; 2],
    exits: [u128; 2],
    refunds: u128,
    filled: u128,
    claims: u128,
    pot: u128,
    policies: u128,
    premiums: u128,
    payouts: u128,
    books: BTreeMap<u64, Book>,
    positions: BTreeMap<Principal, Position>,
}

impl Bucket {
    fn place(&self) -> Place {
        self.place.unwrap_or(Place::START)
    }

    pub(crate) fn figures(&self) -> [(&'static str, u128); 23] {
        let place = self.place();
        [
            ("capacity", self.capacity),
            ("assets", self.assets),
            ("fresh", self.fresh),
            ("locked", self.locked),
            ("required", self.required),
            ("shares", self.shares),
            ("generation", self.generation),
            ("queued", self.queued),
            ("index", place.index),
            ("sum", place.sum),
            ("exit-generation", place.generation),
            ("epoch", self.epoch),
            ("deposits-now", self.deposits[0]),
            ("deposits-next", self.deposits[1]),
            ("exits-now", self.exits[0]),
            ("exits-next", self.exits[1]),
            ("refunds", self.refunds),
            ("filled", self.filled),
            ("claims", self.claims),
            ("pot", self.pot),
            ("policies", self.policies),
            ("premiums", self.premiums),
            ("payouts", self.payouts),
        ]
    }

    pub(crate) fn live(&self) -> Vec<u128> {
        self.books.keys().map(|expiry| u128::from(*expiry)).collect()
    }

    /// Shares, basis, ticket, its basis, waiting deposits and exits, claimable, returned, proceeds, basis returned.
    pub(crate) fn position(&self, provider: &Principal) -> [u128; 10] {
        let mut one = self.positions.get(provider).cloned().unwrap_or_default();
        one.advance(self.place(), &self.ends);
        [
            one.shares,
            one.basis,
            one.ticket,
            one.ticket_basis,
            one.now.deposit + one.next.deposit,
            one.now.exit + one.next.exit,
            one.claimable,
            one.returned,
            one.proceeds,
            one.basis_returned,
        ]
    }

    /// A provider's position as the contract has it when the provider does something.
    fn touch(&mut self, provider: &Principal) -> &mut Position {
        let place = self.place();
        let position = self.positions.entry(provider.clone()).or_default();
        position.advance(place, &self.ends);
        position
    }

    fn sell(&mut self, event: &LiquidityPoolCollateralSold) {
        let premium = event.premium.base_units();
        self.assets += premium;
        self.fresh += premium;
        self.premiums += premium;
        self.locked += event.lock.base_units();
        self.required += event.required.base_units();
        self.pot += event.bounty.base_units();
        self.policies += 1;
        let book = self.books.entry(event.expiry.get()).or_default();
        book.policies += 1;
        book.required += event.required.base_units();
    }

    fn release(&mut self, event: &LiquidityPoolCollateralReleased) {
        let paid = event.paid.base_units();
        self.assets -= paid;
        self.fresh = self.fresh.saturating_sub(paid);
        self.payouts += paid;
        self.locked -= event.lock.base_units();
        self.required -= event.required.base_units();
        self.policies -= 1;
        let book = self.books.get_mut(&event.expiry.get()).unwrap();
        book.policies -= 1;
        book.required -= event.required.base_units();
        if book.policies == 0 {
            self.books.remove(&event.expiry.get());
        }
    }

    fn settle(&mut self, event: &LiquidityPoolExpirySettled) {
        let book = self.books.remove(&event.expiry.get()).unwrap();
        let (reserved, fund) = (event.reserved.base_units(), event.fund.base_units());
        self.assets = self.assets + fund - reserved;
        assert_eq!(self.assets, event.assets.base_units());
        self.locked -= event.released.base_units();
        self.required -= book.required;
        self.policies -= book.policies;
        self.claims += reserved;
        self.payouts += reserved.saturating_sub(fund);
        self.pot -= event.bounty.base_units();
    }

    fn close(&mut self, event: &LiquidityPoolEpochClosed) {
        let before = self.place();
        let reset = event.generation != self.generation;
        let close = Close {
            reset,
            returned: event.returned,
            pair_shares: event.shares + VIRTUAL_SHARES,
            pair_nav: event.nav_deposit.base_units() + 1,
        };
        for position in self.positions.values_mut() {
            position.carry_out(&close, before, &self.ends);
        }
        let queue = event.queued + event.exited;
        let mut after = before;
        match (before.index * event.queued).checked_div(queue) {
            Some(index) => {
                after.sum += before.index * event.paid.base_units() * PPM / queue;
                after.index = index;
            }
            None if reset => after.index = 0,
            None => {}
        }
        if reset || after.index < INDEX_FLOOR {
            self.ends.push(after);
            after = Place { generation: before.generation + 1, ..Place::START };
        }
        self.place = Some(after);
        self.generation = event.generation;
        self.shares = event.shares - event.exited + event.minted;
        self.queued = event.queued;
        self.assets = self.assets + event.deposited.base_units() - event.paid.base_units();
        assert_eq!(self.assets, event.assets.base_units());
        self.fresh = 0;
        if event.returned {
            self.refunds += self.deposits[0];
        }
        self.filled += event.paid.base_units();
        self.pot -= event.bounty.base_units();
        self.deposits = [self.deposits[1], 0];
        self.exits = [if reset { 0 } else { self.exits[1] }, 0];
        self.epoch = event.epoch + 1;
    }
}

impl Projection {
    pub(crate) const fn seen(&self) -> &BTreeSet<String> {
        &self.seen
    }

    /// A bucket that was opened before the first event that is read.
    pub(crate) fn open(&mut self, tier: u128, token: Principal, capacity: u128) {
        let bucket = self.buckets.entry((tier, token)).or_default();
        bucket.capacity = capacity;
        bucket.epoch = bucket.epoch.max(1);
    }

    fn bucket(&mut self, tier: u128, token: &Principal) -> &mut Bucket {
        self.buckets.get_mut(&(tier, token.clone())).unwrap()
    }

    /// An event and its name, in the order in which they were printed.
    pub(crate) fn apply(&mut self, name: &str, event: SuiteEvent) {
        self.seen.insert(name.to_owned());
        match event {
            SuiteEvent::LiquidityPoolBucketSet(e) => self.open(e.tier, e.token, e.capacity.base_units()),
            SuiteEvent::LiquidityPoolCapitalCommitted(e) => {
                let bucket = self.bucket(e.tier, &e.token);
                let (net, later) = (e.net.base_units(), e.epoch > bucket.epoch);
                bucket.deposits[usize::from(later)] += net;
                bucket.pot += e.amount.base_units() - net;
                let position = bucket.touch(&e.provider);
                if later { &mut position.next } else { &mut position.now }.deposit += net;
            }
            SuiteEvent::LiquidityPoolDepositCancelled(e) => {
                let bucket = self.bucket(e.tier, &e.token);
                let (now, next) = (e.now.base_units(), e.next.base_units());
                bucket.deposits = [bucket.deposits[0] - now, bucket.deposits[1] - next];
                bucket.refunds += e.amount.base_units();
                let position = bucket.touch(&e.provider);
                position.now.deposit -= now;
                position.next.deposit -= next;
                position.returned += e.amount.base_units();
            }
            SuiteEvent::LiquidityPoolExitRequested(e) => {
                let bucket = self.bucket(e.tier, &e.token);
                let later = e.epoch > bucket.epoch;
                bucket.exits[usize::from(later)] += e.shares;
                let position = bucket.touch(&e.provider);
                position.shares -= e.shares;
                position.basis -= e.basis.base_units();
                let request = if later { &mut position.next } else { &mut position.now };
                request.exit += e.shares;
                request.basis += e.basis.base_units();
            }
            SuiteEvent::LiquidityPoolExitCancelled(e) => {
                let bucket = self.bucket(e.tier, &e.token);
                bucket.queued -= e.queued;
                bucket.exits = [bucket.exits[0] - e.now, bucket.exits[1] - e.next];
                let position = bucket.touch(&e.provider);
                position.shares += e.shares;
                position.basis += e.basis.base_units();
                if e.queued > 0 {
                    (position.ticket, position.ticket_basis) = (0, 0);
                }
                for (request, taken) in [(&mut position.now, e.now), (&mut position.next, e.next)] {
                    if taken > 0 {
                        (request.exit, request.basis) = (request.exit - taken, 0);
                    }
                }
            }
            SuiteEvent::LiquidityPoolWithdrawalPaid(e) => {
                let bucket = self.bucket(e.tier, &e.token);
                bucket.filled -= e.exited.base_units();
                bucket.refunds -= e.returned.base_units();
                let position = bucket.touch(&e.provider);
                position.claimable -= e.exited.base_units();
                position.returned -= e.returned.base_units();
                assert_eq!(position.proceeds, e.proceeds.base_units());
            }
            SuiteEvent::LiquidityPoolDeadBucketLeft(e) => {
                let bucket = self.bucket(e.tier, &e.token);
                let (paid, basis) = (e.paid.base_units(), e.basis.base_units());
                bucket.shares -= e.shares;
                bucket.assets -= paid;
                bucket.filled += paid;
                let position = bucket.touch(&e.provider);
                position.shares -= e.shares;
                position.basis -= basis;
                position.claimable += paid;
                position.proceeds += paid;
                position.basis_returned += basis;
            }
            SuiteEvent::LiquidityPoolBountyCredited(e) => {
                let credit = self.credits.entry((e.who, e.token)).or_default();
                *credit += e.amount.base_units();
                assert_eq!(*credit, e.total.base_units());
            }
            SuiteEvent::LiquidityPoolBountyPaid(e) => {
                *self.credits.get_mut(&(e.who, e.token)).unwrap() -= e.amount.base_units();
            }
            SuiteEvent::LiquidityPoolCollateralSold(e) => self.bucket(e.tier, &e.token).sell(&e),
            SuiteEvent::LiquidityPoolCollateralReleased(e) => self.bucket(e.tier, &e.token).release(&e),
            SuiteEvent::LiquidityPoolExpirySettled(e) => self.bucket(e.tier, &e.token).settle(&e),
            SuiteEvent::LiquidityPoolEpochClosed(e) => self.bucket(e.tier, &e.token).close(&e),
            SuiteEvent::LiquidityPoolClaimPaid(e) => {
                let bucket = self.bucket(e.tier, &e.token);
                bucket.claims -= e.paid.base_units() + e.dust.base_units();
                bucket.assets += e.dust.base_units();
                bucket.pot -= e.bounty.base_units();
            }
            other => self.apply_elsewhere(other),
        }
    }

    fn apply_elsewhere(&mut self, event: SuiteEvent) {
        match event {
            SuiteEvent::PolicyRegistryPolicyCreated(e) => {
                let figures = BTreeMap::from([
                    ("kind", e.kind),
                    ("strike", e.strike.base_units()),
                    ("expiry", u128::from(e.expiry.get())),
                    ("size", e.size.base_units()),
                    ("tier", e.tier),
                    ("floor", e.floor.base_units()),
                    ("lock", e.lock.base_units()),
                    ("required", e.required.base_units()),
                    ("premium", e.premium.base_units()),
                    ("usd", e.usd.base_units()),
                    ("fee", e.fee.base_units()),
                    ("backing", e.backing),
                    ("status", 1),
                    ("paid", 0),
                ]);
                self.policies.insert(e.policy, Policy { owner: e.owner, token: e.token, figures });
            }
            SuiteEvent::PolicyRegistryPolicyActivated(e) => self.end(e.policy, 2, e.paid.base_units()),
            SuiteEvent::PolicyRegistryPolicySettled(e) => self.end(e.policy, 3, e.paid.base_units()),
            SuiteEvent::PolicyRegistryPolicyExpired(e) => self.end(e.policy, 4, 0),
            SuiteEvent::PolicyRegistryPolicyCancelled(e) => self.end(e.policy, 5, e.refund.base_units()),
            SuiteEvent::LiquidityPoolVaultFundsDeposited(e) => {
                self.vault.entry((e.backend, e.token)).or_default().0 += e.amount.base_units();
            }
            SuiteEvent::LiquidityPoolVaultFundsCredited(e) => {
                self.vault.entry((e.backend, e.token)).or_default().0 += e.amount.base_units();
            }
            SuiteEvent::LiquidityPoolVaultFundsWithdrawn(e) => {
                self.vault.entry((e.backend, e.token)).or_default().0 -= e.amount.base_units();
            }
            SuiteEvent::LiquidityPoolVaultSettlementPaid(e) => {
                self.vault.entry((e.backend, e.token)).or_default().0 -= e.amount.base_units();
            }
            SuiteEvent::LiquidityPoolVaultCollateralLocked(e) => {
                self.vault.entry((e.backend, e.token)).or_default().1 += e.amount.base_units();
            }
            SuiteEvent::LiquidityPoolVaultCollateralReleased(e) => {
                self.vault.entry((e.backend, e.token)).or_default().1 -= e.amount.base_units();
            }
            SuiteEvent::TreasuryFeeProcessed(e) => {
                self.treasury.entry(e.token).or_default()[0] += e.fee.base_units();
            }
            SuiteEvent::TreasuryFeesDistributed(e) => {
                let [undistributed, allocated, holdings] = self.treasury.entry(e.token).or_default();
                *undistributed -= e.amount.base_units();
                *allocated += e.amount.base_units() - e.kept.base_units();
                *holdings += e.kept.base_units();
            }
            SuiteEvent::TreasuryAllocationPaid(e) => {
                self.treasury.entry(e.token).or_default()[1] -= e.amount.base_units();
            }
            _ => {}
        }
    }

    fn end(&mut self, policy: u128, status: u128, paid: u128) {
        self.policies.get_mut(&policy).unwrap().end(status, paid);
    }
}
