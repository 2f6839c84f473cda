//! Holds the chain against the model.

use bithedge_stacks::{Principal, Value};
use bithedge_suite_world::{num, u};

use super::Play;
use crate::model::number::{Exact, mul_div};
use crate::model::{Place, Token, User};

impl Play {
    /// Everything.
    pub(crate) fn compare_all(&mut self) {
        for place in self.model.terms.places() {
            self.compare_bucket(place);
            self.compare_books(place);
            self.compare_shares(place);
        }
        self.compare_money();
        self.compare_keepers();
        for id in 1..=self.model.policies.len() {
            let status = num(&self.policy(id), "status");
            assert_eq!(status == 1, self.model.policies[id - 1].is_active, "policy {id} has status {status}");
        }
    }

    /// A bucket's figures, which must be equal.
    pub(crate) fn compare_bucket(&mut self, place: Place) {
        let chain = self.bucket(place);
        let bucket = self.model.bucket(place);
        let deposits = bucket.requested(|request| request.deposit);
        let exits = bucket.requested(|request| request.exit);
        let figures = [
            ("assets", bucket.assets),
            ("fresh", bucket.fresh),
            ("locked", self.model.locked(place)),
            ("required", self.model.required(place)),
            ("shares", bucket.shares),
            ("generation", bucket.generation),
            ("queued", bucket.queued),
            ("epoch", bucket.epoch),
            ("boundary", bucket.boundary.into()),
            ("due", bucket.due.into()),
            ("deposits-now", deposits.0),
            ("deposits-next", deposits.1),
            ("exits-now", exits.0),
            ("exits-next", exits.1),
            ("refunds", bucket.refunds),
            ("filled", bucket.filled),
            ("claims", bucket.reserved()),
            ("pot", bucket.pot),
            ("policies", u128::try_from(self.model.count(place)).unwrap()),
            ("premiums", bucket.premiums),
            ("payouts", bucket.payouts),
        ];
        let wrong: Vec<_> = figures
            .into_iter()
            .filter(|(name, expected)| num(&chain, name) != *expected)
            .map(|(name, expected)| format!("{name} is {}, expected {expected}", num(&chain, name)))
            .collect();
        assert!(wrong.is_empty(), "{place:?}: {wrong:?} in {chain}");
        // Invariant 2: sBTC stays above its locks, whatever the price.
        assert!(num(&chain, "locked") <= num(&chain, "assets"), "{place:?}: {chain}");
    }

    /// What a bucket sold, by expiry and strike.
    pub(crate) fn compare_books(&mut self, place: Place) {
        let series = self.model.series(place);
        let mut expiries: Vec<u64> = series.keys().map(|(expiry, _)| *expiry).collect();
        expiries.dedup();
        let chain = self.bucket(place);
        let mut live: Vec<u64> = chain
            .field("live")
            .unwrap()
            .as_list()
            .unwrap()
            .iter()
            .map(|one| one.as_uint().unwrap().try_into().unwrap())
            .collect();
        live.sort_unstable();
        assert_eq!(live, expiries, "{place:?}");
        for expiry in expiries {
            let book = self.book(place, expiry).unwrap();
            let booked = book.field("series").unwrap().as_list().unwrap();
            let expected: Vec<_> = series.range((expiry, 0)..=(expiry, u128::MAX)).collect();
            assert_eq!(booked.len(), expected.len(), "{place:?} {expiry}: {book}");
            let mut sums = [0; 2];
            for ((_, strike), one) in expected {
                let found = booked.iter().find(|entry| num(entry, "strike") == *strike).unwrap();
                let figures = ["size", "floor", "locked", "required"].map(|name| num(found, name));
                assert_eq!(figures, [one.size, one.floor, one.locked, one.required], "{place:?} {expiry}");
                sums[0] += one.locked;
                sums[1] += one.required;
            }
            assert_eq!([num(&book, "locked"), num(&book, "required")], sums, "{place:?} {expiry}");
        }
        let claims = self.model.bucket(place).claims.clone();
        for ((expiry, strike), claim) in claims {
            let found = self.claim_of(place, expiry, strike).unwrap();
            let figures = ["due", "reserved", "reserve-left"].map(|name| num(&found, name));
            assert_eq!(figures, [claim.due, claim.reserved, claim.left], "{place:?} {expiry} {strike}");
        }
    }

    /// All positions of a bucket, and invariant 3: they add up to the bucket's figures, but for what rounding may take.
    fn compare_shares(&mut self, place: Place) {
        let (mut shares, mut tickets, mut claimable) = (0, 0, 0);
        for user in 0..self.users.len() {
            if self.model.bucket(place).providers[user].is_blank() {
                assert_eq!(self.stored_position(place, user), None, "{place:?}, user {user}");
                continue;
            }
            let position = self.compare_provider(place, user);
            shares += num(&position, "shares");
            tickets += num(position.field("ticket").unwrap(), "shares");
            claimable += num(&position, "claimable");
        }
        let bucket = self.model.bucket(place);
        let exits = bucket.requested(|request| request.exit);
        let unowned = bucket.shares - bucket.queued - shares - exits.0 - exits.1;
        assert!(
            unowned <= bucket.mints,
            "{place:?}: {unowned} shares nobody owns, {} deposits",
            bucket.mints
        );
        let everybody = || bucket.providers.iter().chain([&bucket.orphan]);
        let slack: Exact = everybody().map(|one| one.queued_slack).sum();
        let rest = bucket.queued - tickets;
        assert!(rest <= slack.floor() + 1, "{place:?}: {rest} shares of the queue in no ticket: {bucket:?}");
        let slack: Exact = everybody().map(|one| one.claimable_slack).sum();
        let rest = bucket.filled - claimable;
        assert!(rest <= slack.floor() + 1, "{place:?}: {rest} filled for no ticket: {bucket:?}");
        self.largest_dust = self.largest_dust.max(rest);
    }

    /// A provider's position; what it is.
    pub(crate) fn compare_provider(&mut self, place: Place, user: User) -> Value {
        let chain = self.position(place, user);
        self.compare_position(place, user, &chain);
        let bucket = self.model.bucket(place);
        let held = num(&chain, "shares") + num(chain.field("ticket").unwrap(), "shares");
        let value = bucket.last.map_or(held / 1_000_000, |last| mul_div(held, last.nav_exit, last.shares));
        assert_eq!(num(&chain, "value"), value, "{place:?}, user {user}: {chain}");
        chain
    }

    /// A position that is up to the last close.
    pub(crate) fn compare_position(&self, place: Place, user: User, chain: &Value) {
        let bucket = self.model.bucket(place);
        let provider = &bucket.providers[user];
        let place = format!("{place:?}, user {user}: {chain}");
        let ticket = chain.field("ticket").unwrap();
        let figures = [
            ("shares", provider.shares),
            ("generation", bucket.generation),
            ("basis", provider.basis),
            ("returned", provider.returned),
        ];
        for (name, expected) in figures {
            assert_eq!(num(chain, name), expected, "{name} at {place}");
        }
        let (mut deposits, mut exits, mut basis) = (0, 0, 0);
        for request in chain.field("pending").unwrap().as_list().unwrap() {
            let expected = if num(request, "epoch") == bucket.epoch { provider.now } else { provider.next };
            assert_eq!(num(request, "deposit"), expected.deposit, "{place}");
            assert_eq!(num(request, "exit"), expected.exit, "{place}");
            assert_eq!(num(request, "basis"), expected.basis, "{place}");
            deposits += expected.deposit;
            exits += expected.exit;
            basis += expected.basis;
        }
        let asked = [provider.now, provider.next];
        assert_eq!(deposits, asked.iter().map(|one| one.deposit).sum(), "{place}");
        assert_eq!(exits, asked.iter().map(|one| one.exit).sum(), "{place}");
        assert_eq!(basis, asked.iter().map(|one| one.basis).sum(), "{place}");
        within("ticket", num(ticket, "shares"), provider.queued, provider.queued_slack, &place);
        within("basis", num(ticket, "basis"), provider.queued_basis, provider.basis_slack, &place);
        let filled = (provider.claimable, provider.claimable_slack);
        within("claimable", num(chain, "claimable"), filled.0, filled.1, &place);
        within("proceeds", num(chain, "proceeds"), provider.proceeds, provider.proceeds_slack, &place);
    }

    /// Everybody's tokens and what the contracts keep, to the unit (invariants 1 and 6).
    pub(crate) fn compare_money(&mut self) {
        let held = self.holdings();
        let contract = |play: &Self, name: &str| Principal::Contract(play.w.vm.contract(name).unwrap());
        let [vault, treasury, fund] =
            ["liquidity-pool-vault", "treasury", "insurance-fund"].map(|name| held(&contract(self, name)));
        for (token, place) in Token::ALL.into_iter().zip(0..) {
            for user in 0..self.users.len() {
                let owner = Principal::Standard(self.address(user));
                assert_eq!(held(&owner)[place], self.model.wallet(user, token), "{token:?} of user {user}");
            }
            let book = self.model.vault_book(token);
            let locks: u128 = self
                .model
                .terms
                .places()
                .filter(|place| place.token == token)
                .map(|place| self.model.locked(place))
                .sum();
            assert_eq!(self.vault_account(token), (book, locks), "the vault's book of {token:?}");
            assert_eq!(vault[place], book + self.model.donated[&token], "{token:?} in the vault");
            let kept = self.model.treasury[&token];
            assert_eq!(treasury[place], kept.undistributed + kept.holdings, "{token:?} in the treasury");
            assert_eq!(fund[place], self.model.funds[&token].size, "{token:?} in the insurance fund");
        }
        assert_eq!(self.supply(), self.supply, "tokens came or went");
    }

    fn compare_keepers(&mut self) {
        for token in Token::ALL {
            for user in 0..self.users.len() {
                let expected = self.model.credits.get(&(user, token)).copied().unwrap_or_default();
                assert_eq!(self.credit(user, token), expected, "{token:?} bounties of user {user}");
            }
            let principal = self.principal(token);
            let total = self.w.vm.entry("liquidity-pool", "credit-totals", &principal).unwrap();
            let total = total.map_or(0, |total| total.as_uint().unwrap());
            assert_eq!(total, self.model.credit_total(token), "{token:?}");
            let fund = self.w.vm.entry("insurance-fund", "funds", &principal).unwrap();
            let size = fund.map_or(0, |fund| num(&fund, "size"));
            assert_eq!(size, self.model.funds[&token].size, "{token:?}");
        }
        let count = self.w.vm.variable("policy-registry", "policy-count").unwrap();
        assert_eq!(count, u(u128::try_from(self.model.policies.len()).unwrap()));
    }
}

/// The chain's figure is at most the exact one, and lower only by what rounding may take.
pub(crate) fn within(what: &str, chain: u128, exact: Exact, slack: Exact, place: &str) {
    let chain = Exact::whole(chain);
    // The exact figure's own last digits are cut off.
    let digits = Exact::whole(1).over(1_000_000);
    assert!(chain <= exact + digits, "{what}: {chain:?} is more than {exact:?} at {place}");
    let least = exact.less(slack + Exact::whole(1));
    assert!(chain >= least, "{what}: {chain:?} is less than {least:?} (exact {exact:?}) at {place}");
}
