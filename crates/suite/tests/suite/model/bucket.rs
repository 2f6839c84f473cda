//! A bucket: deposits and exits.

use super::number::{Exact, mul_div};
use super::provider::Provider;
use super::settlement::{Boundary, Claim};
use super::*;

/// What somebody asked a bucket's close to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// Base units that should become shares.
    pub deposit: u128,
    /// Shares that should leave.
    pub exit: u128,
    /// What was paid in for those.
    pub basis: u128,
}

/// The last close's pair and what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    /// Exit NAV and one.
    pub nav_exit: u128,
    /// Deposit NAV and one.
    pub nav_deposit: u128,
    /// Shares before it, and the virtual ones.
    pub shares: u128,
    /// Shares that left.
    pub exited: u128,
    /// What they were paid.
    pub paid: u128,
    /// Base units that became shares.
    pub deposited: u128,
}

/// A bucket's figures. Requests, and the claims on settled series, are summed over who has them.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    /// Assets, base units.
    pub assets: u128,
    /// Premiums since the last close, which back no sale yet.
    pub fresh: u128,
    /// Shares, also those in the queue.
    pub shares: u128,
    /// How often shares lost all worth.
    pub generation: u128,
    /// Shares in the exit queue.
    pub queued: u128,
    /// The open epoch.
    pub epoch: u128,
    /// Boundary of the last close.
    pub boundary: u64,
    /// First boundary at which the open epoch may close.
    pub due: u64,
    /// Time of the last request for the epoch after the open one.
    pub late_request: u64,
    /// Returned deposits.
    pub refunds: u128,
    /// Filled exits.
    pub filled: u128,
    /// Prepaid bounties.
    pub pot: u128,
    /// Premiums so far.
    pub premiums: u128,
    /// What policies have cost so far.
    pub payouts: u128,
    /// The last close.
    pub last: Option<Close>,
    /// By user.
    pub providers: Vec<Provider>,
    /// What the contract's rounding left in the queue and its payments without an owner.
    pub orphan: Provider,
    /// Shares that the rounding of deposits created for nobody, at most one a deposit and close.
    pub unowned: u128,
    /// Deposits that became shares, and so can have lost a part of one.
    pub mints: u128,
    /// Settled series with policies that were not claimed, by expiry and strike.
    pub claims: BTreeMap<(u64, u128), Claim>,
    /// Prices at which expiries were settled.
    pub prices: BTreeMap<u64, Boundary>,
}

impl Bucket {
    /// A bucket opened at a time: its first boundary is an hour or more away.
    pub(super) fn open(now: u64, users: usize) -> Self {
        Self {
            assets: 0,
            fresh: 0,
            shares: 0,
            generation: 0,
            queued: 0,
            epoch: 1,
            boundary: boundary_before(now),
            due: first_boundary_for(now),
            late_request: 0,
            refunds: 0,
            filled: 0,
            pot: 0,
            premiums: 0,
            payouts: 0,
            last: None,
            providers: vec![Provider::default(); users],
            orphan: Provider::default(),
            unowned: 0,
            mints: 0,
            claims: BTreeMap::new(),
            prices: BTreeMap::new(),
        }
    }

    /// Everything that it holds tokens for.
    pub(crate) fn all_parts(&self) -> u128 {
        let deposits = self.requested(|request| request.deposit);
        self.assets + deposits.0 + deposits.1 + self.refunds + self.filled + self.reserved() + self.pot
    }

    /// What is set aside for claims.
    pub(crate) fn reserved(&self) -> u128 {
        self.claims.values().map(|claim| claim.left).sum()
    }

    /// A figure of all requests, for the open epoch and for the one after it.
    pub(crate) fn requested(&self, figure: impl Fn(&Request) -> u128) -> (u128, u128) {
        let now = self.providers.iter().map(|one| figure(&one.now)).sum();
        (now, self.providers.iter().map(|one| figure(&one.next)).sum())
    }

    /// Shares in the queue or asked to be.
    pub(crate) fn leaving(&self) -> u128 {
        let (now, next) = self.requested(|request| request.exit);
        self.queued + now + next
    }

    /// Whether a request made now is for the open epoch.
    fn is_in_time(&self, now: u64) -> bool {
        now + CUTOFF <= self.due
    }

    /// Whether nobody has closed it for three days.
    pub(crate) fn is_dead(&self, now: u64) -> bool {
        now >= self.boundary + DEAD_AFTER
    }

    /// Until an hour before the request's boundary. That of the epoch after the open one is at least a day after the
    /// boundary at which the open one would close now.
    fn may_take_back(&self, open: bool, now: u64) -> bool {
        let boundary = if open { self.due } else { self.due.max(boundary_before(now)) + DAY };
        self.is_dead(now) || now + CUTOFF <= boundary
    }

    /// What was paid in for the shares of requests that can be taken back.
    pub(crate) fn may_take_back_basis(&self, user: User, now: u64) -> u128 {
        let provider = &self.providers[user];
        let requests = [(true, provider.now), (false, provider.next)];
        let free = requests.into_iter().filter(|(open, _)| self.may_take_back(*open, now));
        free.map(|(_, request)| request.basis).sum()
    }

    fn request(&mut self, user: User, now: u64) -> &mut Request {
        self.providers[user].asked = true;
        if self.is_in_time(now) {
            &mut self.providers[user].now
        } else {
            self.late_request = now;
            &mut self.providers[user].next
        }
    }

    /// Takes back what may be of a kind of request: nothing asked for, too late, or how much.
    fn take_back(&mut self, user: User, now: u64, take: impl Fn(&mut Request) -> u128) -> (u128, u128) {
        let (mut taken, mut left) = (0, 0);
        for open in [true, false] {
            let may = self.may_take_back(open, now);
            let provider = &mut self.providers[user];
            let request = if open { &mut provider.now } else { &mut provider.next };
            if may {
                taken += take(request);
            } else {
                left += take(&mut request.clone());
            }
        }
        (taken, left)
    }

    /// Moves shares and their basis into a request.
    fn ask_exit(&mut self, user: User, shares: u128, basis: u128, now: u64) {
        let provider = &mut self.providers[user];
        provider.shares -= shares;
        provider.basis -= basis;
        let request = self.request(user, now);
        request.exit += shares;
        request.basis += basis;
    }
}

/// The first boundary that a request made at a time can take part in.
pub(super) fn first_boundary_for(time: u64) -> u64 {
    boundary_before(time + CUTOFF + DAY - 1)
}

impl Model {
    /// Deposits capital.
    pub(crate) fn commit(&mut self, user: User, place: Place, amount: u128, now: u64) -> Answer<u128> {
        let terms = self.terms.collateral[&place.token];
        let bucket = self.bucket(place);
        let net = amount.saturating_sub(terms.bounty);
        let (first, second) = bucket.requested(|request| request.deposit);
        let mut refused = Vec::new();
        if amount < terms.min_deposit {
            refused.push(refusal::AMOUNT);
        }
        if bucket.assets + first + second + net > self.terms.capacity[&place] {
            refused.push(refusal::DEPOSIT_CAPACITY);
        }
        if self.is_paused(&["all", "deposits", "oracle"], now) {
            refused.push(refusal::PAUSED);
        }
        if self.wallet(user, place.token) < amount {
            refused.push(refusal::CANNOT_PAY);
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        self.pay(user, place.token, amount);
        let bucket = self.bucket_mut(place);
        bucket.pot += amount - net;
        let epoch = bucket.epoch + u128::from(!bucket.is_in_time(now));
        bucket.request(user, now).deposit += net;
        Ok(epoch)
    }

    /// Takes deposits back.
    pub(crate) fn cancel_deposit(&mut self, user: User, place: Place, now: u64) -> Answer<u128> {
        let bucket = self.bucket_mut(place);
        let (taken, left) = bucket.take_back(user, now, |request| std::mem::take(&mut request.deposit));
        if taken == 0 {
            return Err(vec![if left > 0 { refusal::REQUESTS_CLOSED } else { refusal::NOTHING_TO_CANCEL }]);
        }
        bucket.providers[user].returned += taken;
        bucket.refunds += taken;
        Ok(taken)
    }

    /// Asks for shares to leave.
    pub(crate) fn request_withdrawal(
        &mut self,
        user: User,
        place: Place,
        shares: u128,
        now: u64,
    ) -> Answer<()> {
        let bucket = self.bucket_mut(place);
        let provider = &bucket.providers[user];
        let mut refused = Vec::new();
        if shares == 0 {
            refused.push(refusal::AMOUNT);
        }
        if shares > provider.shares {
            refused.push(refusal::INSUFFICIENT_SHARES);
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        let basis = mul_div(provider.basis, shares, provider.shares);
        bucket.ask_exit(user, shares, basis, now);
        Ok(())
    }

    /// Asks for as many shares to leave as are worth what was earned.
    pub(crate) fn claim_yield(&mut self, user: User, place: Place, now: u64) -> Answer<()> {
        let bucket = self.bucket_mut(place);
        let provider = &bucket.providers[user];
        let Some(last) = bucket.last else { return Err(vec![refusal::NO_YIELD]) };
        let value = mul_div(provider.shares, last.nav_exit, last.shares);
        let shares = mul_div(value.saturating_sub(provider.basis), last.shares, last.nav_exit);
        if shares == 0 || shares > provider.shares {
            return Err(vec![refusal::NO_YIELD]);
        }
        bucket.ask_exit(user, shares, 0, now);
        Ok(())
    }

    /// Takes shares back out of the queue. Of those in it the contract knows `queued`, with `basis`, by its index.
    pub(crate) fn cancel_withdrawal(
        &mut self,
        user: User,
        place: Place,
        (queued, basis): (u128, u128),
        now: u64,
    ) -> Answer<u128> {
        let bucket = self.bucket_mut(place);
        let mut returned_basis = 0;
        let mut requests = bucket.clone();
        let (mut taken, mut left) =
            requests.take_back(user, now, |request| std::mem::take(&mut request.exit));
        if bucket.may_take_back(true, now) {
            taken += queued;
        } else {
            left += queued;
        }
        if taken == 0 {
            return Err(vec![if left > 0 { refusal::REQUESTS_CLOSED } else { refusal::NOTHING_TO_CANCEL }]);
        }
        for open in [true, false] {
            if bucket.may_take_back(open, now) {
                let provider = &mut bucket.providers[user];
                let request = if open { &mut provider.now } else { &mut provider.next };
                returned_basis += std::mem::take(&mut request.basis);
                request.exit = 0;
            }
        }
        if bucket.may_take_back(true, now) {
            returned_basis += basis;
            bucket.queued -= queued;
            let provider = &mut bucket.providers[user];
            bucket.orphan.queued += provider.queued.less(Exact::whole(queued));
            bucket.orphan.queued_slack += provider.queued_slack;
            (provider.queued, provider.queued_slack) = (Exact::ZERO, Exact::ZERO);
            (provider.queued_basis, provider.basis_slack) = (Exact::ZERO, Exact::ZERO);
        }
        let provider = &mut bucket.providers[user];
        provider.shares += taken;
        provider.basis += returned_basis;
        Ok(taken)
    }

    /// Pays out `exited`, what the contract knows of filled exits, and what was returned.
    pub(crate) fn claim_withdrawal(&mut self, user: User, place: Place, exited: u128) -> Answer<u128> {
        let bucket = self.bucket_mut(place);
        let provider = &mut bucket.providers[user];
        let amount = exited + provider.returned;
        if amount == 0 {
            return Err(vec![refusal::NOTHING_TO_CLAIM]);
        }
        bucket.filled -= exited;
        bucket.refunds -= provider.returned;
        bucket.orphan.claimable += provider.claimable.less(Exact::whole(exited));
        bucket.orphan.claimable_slack += provider.claimable_slack;
        (provider.claimable, provider.claimable_slack) = (Exact::ZERO, Exact::ZERO);
        provider.returned = 0;
        self.receive(user, place.token, amount);
        Ok(amount)
    }

    /// Leaves a bucket that nobody closes, at what no outcome can take away.
    pub(crate) fn exit_dead(&mut self, user: User, place: Place, shares: u128, now: u64) -> Answer<u128> {
        let locked = self.locked(place);
        let bucket = self.bucket_mut(place);
        let provider = &mut bucket.providers[user];
        let mut refused = Vec::new();
        if place.token != Token::Sbtc {
            refused.push(refusal::NOT_SBTC);
        }
        if now < bucket.boundary + DEAD_AFTER {
            refused.push(refusal::CLOSES_RUNNING);
        }
        if shares == 0 {
            refused.push(refusal::AMOUNT);
        }
        if shares > provider.shares {
            refused.push(refusal::INSUFFICIENT_SHARES);
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        let paid = mul_div(shares, bucket.assets - locked, bucket.shares + 1_000_000);
        provider.basis -= mul_div(provider.basis, shares, provider.shares);
        provider.shares -= shares;
        provider.claimable += Exact::whole(paid);
        provider.proceeds += Exact::whole(paid);
        bucket.shares -= shares;
        bucket.assets -= paid;
        bucket.filled += paid;
        Ok(paid)
    }
}
