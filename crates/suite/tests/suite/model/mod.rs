//! What the pool and the registry should do, written from `docs/protocol.md`: the same accounting done the slow, honest way.
//!
//! A bucket's locks are summed over its policies, and every close pays every ticket in the queue its own part. Option
//! prices come from `bithedge_protocol::math`, the oracle's answers from the chain. Where the contracts round for the sake
//! of their indices, the model keeps the exact share and says how far below it they may be; above it they may never be.
//!
//! An operation that is refused answers with every reason that holds, since the order in which a contract looks is its own.

mod bucket;
mod close;
pub(crate) mod number;
mod policy;
mod provider;
pub(crate) mod refusal;
mod sale;
mod settlement;
pub(crate) mod terms;

use std::collections::BTreeMap;

pub(crate) use bucket::Bucket;
pub(crate) use policy::{Policy, Pricing};
pub(crate) use provider::Provider;
pub(crate) use sale::{Order, Part, Plan, is_listed, strike_step};
pub(crate) use settlement::Boundary;
pub(crate) use terms::{BALANCED_TIER, Place, Terms, Token};

use number::{PPM, mul_div};
use refusal::Refusal;

/// Seconds in a day.
pub(crate) const DAY: u64 = 86_400;
/// Requests take part in a close when they were made this long before its boundary.
pub(crate) const CUTOFF: u64 = 3_600;
/// Without a close for so long, everybody may leave.
pub(crate) const DEAD_AFTER: u64 = 3 * DAY;
/// How long the breakers of the pauses hold unless somebody releases them.
pub(crate) const PAUSE: u64 = DAY;

/// What came of an operation: its answer, or why it is refused.
pub(crate) type Answer<T> = Result<T, Vec<Refusal>>;

/// One of the people, by their place in a list that the player keeps.
pub(crate) type User = usize;

/// The newest 08:00 UTC at or before a time.
pub(crate) const fn boundary_before(time: u64) -> u64 {
    let eight = 8 * 3_600;
    (time - eight) / DAY * DAY + eight
}

/// A token's part of the insurance fund.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fund {
    /// All that it holds.
    pub size: u128,
    /// The 30-day period in which `used` was paid.
    period: u64,
    used: u128,
    /// What was paid for which expiry.
    events: BTreeMap<u64, u128>,
}

impl Fund {
    /// Half of what it has may go to one event, three quarters to the events of thirty days; what is paid comes off.
    fn cover(&mut self, expiry: u64, asked: u128, now: u64) -> u128 {
        let period = now / (30 * DAY);
        if self.period != period {
            (self.period, self.used) = (period, 0);
        }
        let event = self.events.entry(expiry).or_default();
        let share = |used: u128, limit: u128| ((self.size + used) * limit / PPM).saturating_sub(used);
        let paid = asked.min(self.size).min(share(*event, 500_000)).min(share(self.used, 750_000));
        *event += paid;
        self.used += paid;
        self.size -= paid;
        paid
    }
}

/// A token's part of the treasury.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Treasury {
    /// Fees that wait for a distribution.
    pub undistributed: u128,
    /// Its own.
    pub holdings: u128,
}

/// The whole of it.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    /// What may be bought where, and at what rates.
    pub terms: Terms,
    /// By tier and token.
    pub buckets: BTreeMap<Place, Bucket>,
    /// All that were ever sold; the first has number 1.
    pub policies: Vec<Policy>,
    /// By token.
    pub funds: BTreeMap<Token, Fund>,
    /// By token.
    pub treasury: BTreeMap<Token, Treasury>,
    /// Keepers' bounties.
    pub credits: BTreeMap<(User, Token), u128>,
    /// What people hold.
    pub wallets: BTreeMap<(User, Token), u128>,
    /// Tokens that lie in the vault and belong to nobody.
    pub donated: BTreeMap<Token, u128>,
    /// When the breakers that are tripped close, by name.
    pub tripped: BTreeMap<&'static str, u64>,
}

impl Model {
    /// A suite that has just been set up.
    pub(crate) fn new(terms: Terms, now: u64, wallets: BTreeMap<(User, Token), u128>, users: usize) -> Self {
        let buckets = terms.places().map(|place| (place, Bucket::open(now, users))).collect();
        Self {
            terms,
            buckets,
            policies: Vec::new(),
            funds: Token::ALL.map(|token| (token, Fund::default())).into(),
            treasury: Token::ALL.map(|token| (token, Treasury::default())).into(),
            credits: BTreeMap::new(),
            wallets,
            donated: Token::ALL.map(|token| (token, 0)).into(),
            tripped: BTreeMap::new(),
        }
    }

    /// A bucket; there is one for every place.
    pub(crate) fn bucket(&self, place: Place) -> &Bucket {
        &self.buckets[&place]
    }

    fn bucket_mut(&mut self, place: Place) -> &mut Bucket {
        self.buckets.get_mut(&place).unwrap()
    }

    /// What somebody holds.
    pub(crate) fn wallet(&self, user: User, token: Token) -> u128 {
        self.wallets[&(user, token)]
    }

    fn receive(&mut self, user: User, token: Token, amount: u128) {
        *self.wallets.get_mut(&(user, token)).unwrap() += amount;
    }

    fn pay(&mut self, user: User, token: Token, amount: u128) {
        *self.wallets.get_mut(&(user, token)).unwrap() -= amount;
    }

    /// What the pool has in the vault of a token: every part of every bucket, and the credits.
    pub(crate) fn vault_book(&self, token: Token) -> u128 {
        let buckets = self.buckets.iter().filter(|(place, _)| place.token == token);
        buckets.map(|(_, bucket)| bucket.all_parts()).sum::<u128>() + self.credit_total(token)
    }

    /// All bounties that wait to be claimed.
    pub(crate) fn credit_total(&self, token: Token) -> u128 {
        self.credits.iter().filter(|((_, of), _)| *of == token).map(|(_, amount)| amount).sum()
    }

    /// Up to `wanted` of a bucket's pot becomes a keeper's.
    fn reward(&mut self, place: Place, keeper: User, wanted: u128) {
        let bucket = self.bucket_mut(place);
        let amount = wanted.min(bucket.pot);
        bucket.pot -= amount;
        *self.credits.entry((keeper, place.token)).or_default() += amount;
    }

    /// Whether one of these breakers holds.
    fn is_paused(&self, breakers: &[&str], now: u64) -> bool {
        breakers.iter().any(|name| self.tripped.get(name).is_some_and(|until| now < *until))
    }

    /// A guardian trips a breaker, or does so again.
    pub(crate) fn trip(&mut self, breaker: &'static str, seconds: u64, now: u64) {
        let until = self.tripped.entry(breaker).or_default();
        *until = (*until).max(now + seconds);
    }

    /// A guardian releases a breaker.
    pub(crate) fn release(&mut self, breaker: &'static str, now: u64) -> Answer<()> {
        if !self.is_paused(&[breaker], now) {
            return Err(vec![refusal::NOT_TRIPPED, refusal::NOT_APPROVED]);
        }
        self.tripped.remove(breaker);
        Ok(())
    }

    /// A keeper is paid its bounties.
    pub(crate) fn claim_credit(&mut self, user: User, token: Token) -> Answer<u128> {
        let amount = self.credits.remove(&(user, token)).unwrap_or_default();
        if amount == 0 {
            return Err(vec![refusal::NOTHING_TO_CLAIM]);
        }
        self.receive(user, token, amount);
        Ok(amount)
    }

    /// Somebody sends tokens to the vault.
    pub(crate) fn donate(&mut self, user: User, token: Token, amount: u128) {
        self.pay(user, token, amount);
        *self.donated.get_mut(&token).unwrap() += amount;
    }

    /// Somebody pays into the insurance fund.
    pub(crate) fn contribute(&mut self, user: User, token: Token, amount: u128) {
        self.pay(user, token, amount);
        self.funds.get_mut(&token).unwrap().size += amount;
    }

    /// The fees are distributed: half to the insurance fund, the rest is the treasury's own.
    pub(crate) fn distribute(&mut self, token: Token) -> Answer<()> {
        let treasury = self.treasury.get_mut(&token).unwrap();
        let amount = std::mem::take(&mut treasury.undistributed);
        if amount == 0 {
            return Err(vec![refusal::NOTHING_TO_DISTRIBUTE]);
        }
        let fund = mul_div(amount, 500_000, PPM);
        treasury.holdings += amount - fund;
        self.funds.get_mut(&token).unwrap().size += fund;
        Ok(())
    }
}
