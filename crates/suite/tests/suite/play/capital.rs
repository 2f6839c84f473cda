//! What providers do.

use bithedge_suite_world::{num, u, who};

use super::Play;
use super::compare::within;
use crate::model::number::Exact;
use crate::model::{Answer, CUTOFF, Place, Provider, User};

const POOL: &str = "liquidity-pool";

impl Play {
    /// After a provider's operation. If it was done, what the contract stores of the provider is brought up to the last
    /// close; if not, nothing changed.
    fn check_provider<T>(&mut self, place: Place, user: User, answer: &Answer<T>) {
        self.compare_bucket(place);
        if answer.is_ok() {
            let stored = self.stored_position(place, user).unwrap();
            self.compare_position(place, user, &stored);
        }
        self.compare_money();
    }

    /// Deposits.
    pub(crate) fn commit(&mut self, user: User, place: Place, amount: u128) {
        let now = self.now();
        let expected = self.model.commit(user, place, amount, now);
        let [tier, token] = self.at(place);
        let outcome =
            self.act("commit", (user, POOL, "commit-capital"), &[tier, token, u(amount)], &expected);
        self.same("epoch", &outcome, &expected);
        self.check_provider(place, user, &expected);
    }

    /// Takes deposits back.
    pub(crate) fn cancel_deposit(&mut self, user: User, place: Place) {
        let now = self.now();
        let expected = self.model.cancel_deposit(user, place, now);
        let at = self.at(place);
        let outcome = self.act("cancel deposit", (user, POOL, "cancel-deposit"), &at, &expected);
        self.same("amount", &outcome, &expected);
        self.check_provider(place, user, &expected);
    }

    /// Asks for shares to leave.
    pub(crate) fn request_withdrawal(&mut self, user: User, place: Place, shares: u128) {
        let now = self.now();
        let expected = self.model.request_withdrawal(user, place, shares, now);
        let [tier, token] = self.at(place);
        self.act("exit", (user, POOL, "request-withdrawal"), &[tier, token, u(shares)], &expected);
        self.check_provider(place, user, &expected);
    }

    /// Asks for the yield to leave.
    pub(crate) fn claim_yield(&mut self, user: User, place: Place) {
        let now = self.now();
        let expected = self.model.claim_yield(user, place, now);
        let at = self.at(place);
        self.act("yield", (user, POOL, "claim-yield"), &at, &expected);
        self.check_provider(place, user, &expected);
    }

    /// Takes shares out of the queue. How many a ticket has by the contract's index must fit the exact figure, and counts
    /// from here.
    pub(crate) fn cancel_withdrawal(&mut self, user: User, place: Place) {
        let now = self.now();
        let provider = &self.model.bucket(place).providers[user];
        let (queued, basis) = (provider.queued.floor(), provider.queued_basis.floor());
        let at = self.at(place);
        let mut guess = self.model.clone().cancel_withdrawal(user, place, (queued, basis), now);
        if Exact::whole(queued) <= provider.queued_slack + Exact::whole(1) {
            // So little that the contract may have none of it.
            let position = self.compare_provider(place, user);
            let ticket = position.field("ticket").unwrap();
            let queued = (num(ticket, "shares"), num(ticket, "basis"));
            guess = self.model.clone().cancel_withdrawal(user, place, queued, now);
        }
        let outcome = self.act("cancel exit", (user, POOL, "cancel-withdrawal"), &at, &guess);
        if guess.is_ok() {
            let (_, event) = outcome.prints().next().unwrap();
            let queued = num(event, "queued");
            let provider = &self.model.bucket(place).providers[user];
            let requests = self.model.bucket(place).may_take_back_basis(user, now);
            let basis = num(event, "basis") - requests;
            if queued > 0 {
                let at = format!("{place:?}, user {user}");
                within("ticket", queued, provider.queued, provider.queued_slack, &at);
                within("basis", basis, provider.queued_basis, provider.basis_slack, &at);
            }
            let expected = self.model.cancel_withdrawal(user, place, (queued, basis), now);
            self.same("shares", &outcome, &expected);
        }
        self.check_provider(place, user, &guess);
    }

    /// Somebody has a provider paid. What the contract's sum knows of filled exits must fit the exact figure.
    pub(crate) fn claim_withdrawal(&mut self, caller: User, user: User, place: Place) {
        let provider = &self.model.bucket(place).providers[user];
        let (exact, slack, returned) = (provider.claimable, provider.claimable_slack, provider.returned);
        let mut exited = exact.floor();
        if exact <= slack + Exact::whole(1) {
            // So little that the contract may have none of it.
            exited = num(&self.compare_provider(place, user), "claimable");
        }
        let guess = self.model.clone().claim_withdrawal(user, place, exited);
        let [tier, token] = self.at(place);
        let arguments = [tier, token, who(self.address(user))];
        let outcome = self.act("withdraw", (caller, POOL, "claim-withdrawal"), &arguments, &guess);
        if guess.is_ok() {
            let exited = outcome.ok().unwrap().as_uint().unwrap() - returned;
            within("claimable", exited, exact, slack, &format!("{place:?}, user {user}"));
            self.model.claim_withdrawal(user, place, exited).unwrap();
        }
        self.check_provider(place, user, &guess);
    }

    /// Leaves a bucket that nobody closes.
    pub(crate) fn exit_dead(&mut self, user: User, place: Place, shares: u128) {
        let now = self.now();
        let expected = self.model.exit_dead(user, place, shares, now);
        let [tier, token] = self.at(place);
        let outcome =
            self.act("exit dead", (user, POOL, "exit-dead-bucket"), &[tier, token, u(shares)], &expected);
        self.same("paid", &outcome, &expected);
        self.check_provider(place, user, &expected);
    }

    /// One of a provider's operations; mostly by somebody who has what it takes.
    pub(crate) fn some_capital(&mut self) {
        match self.random.u32(..100) {
            0..30 => {
                let (user, place) = (self.any_user(), self.any_place());
                let whole = Self::whole(place.token);
                let most = if self.random.u32(..8) == 0 { 40 * whole } else { 5 * whole };
                let amount = self.random.u128(whole / 2_000..most);
                self.commit(user, place, amount);
            }
            30..52 => self.some_exit(),
            52..62 => {
                let (user, place) = self.any_provider(|one| one.shares > 0);
                self.claim_yield(user, place);
            }
            62..74 => {
                let (user, place) = self
                    .any_provider(|one| one.queued > Exact::ZERO || one.now.exit > 0 || one.next.exit > 0);
                self.cancel_withdrawal(user, place);
            }
            74..82 => {
                let (user, place) = self.any_provider(|one| one.now.deposit > 0 || one.next.deposit > 0);
                self.cancel_deposit(user, place);
            }
            82..96 => {
                let (user, place) = self.any_provider(Provider::is_owed);
                let caller = self.any_user();
                self.claim_withdrawal(caller, user, place);
            }
            _ => self.some_dead_exit(),
        }
    }

    /// Shares ask to leave; now and then more than there are, or none.
    pub(crate) fn some_exit(&mut self) {
        let (user, place) = self.any_provider(|one| one.shares > 0);
        let shares = self.model.bucket(place).providers[user].shares;
        let asked = match self.random.u32(..12) {
            0 => shares + 1,
            1 => 0,
            2..6 => shares,
            _ => self.random.u128(0..=shares),
        };
        self.request_withdrawal(user, place, asked);
    }

    /// Somebody tries to leave a bucket that may be dead.
    pub(crate) fn some_dead_exit(&mut self) {
        let (user, place) = self.any_provider(|one| one.shares > 0);
        let shares = self.model.bucket(place).providers[user].shares;
        let part = self.random.u128(1..=4);
        self.exit_dead(user, place, shares * part / 4);
    }

    /// A provider with something, five times out of six; otherwise anybody anywhere.
    fn any_provider(&mut self, has: impl Fn(&Provider) -> bool) -> (User, Place) {
        let found: Vec<(User, Place)> = self
            .model
            .buckets
            .iter()
            .flat_map(|(place, bucket)| {
                let having = bucket.providers.iter().enumerate().filter(|(_, one)| has(one));
                having.map(|(user, _)| (user, *place))
            })
            .collect();
        if self.random.u32(..6) > 0 && !found.is_empty() {
            return found[self.random.usize(..found.len())];
        }
        (self.any_user(), self.any_place())
    }

    /// Requests in the last hour before a boundary, which are for the close after it, and cannot take back what is for it.
    pub(crate) fn last_hour(&mut self) {
        let place = self.any_place();
        let due = self.model.bucket(place).due;
        let now = self.now();
        if now + 2 * CUTOFF < due {
            let to = due - self.random.u64(1..CUTOFF);
            self.quiet_until(to);
            self.report();
        }
        for _ in 0..3 {
            let user = self.any_user();
            match self.random.u32(..4) {
                0 => self.commit(user, place, Self::whole(place.token) / 10),
                1 => {
                    let shares = self.model.bucket(place).providers[user].shares;
                    self.request_withdrawal(user, place, shares / 2);
                }
                2 => self.cancel_deposit(user, place),
                _ => self.cancel_withdrawal(user, place),
            }
        }
    }
}
