//! What moved, by bucket and by person, kept beside the contracts and held against them.

use std::collections::BTreeMap;

use bithedge_protocol::pool::NavPair;
use bithedge_protocol::{Ppm, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Address;
use serde::{Deserialize, Serialize};

use crate::people::{Capital, Cover};

/// Sums of one bucket, in the token's base unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketFlows {
    /// Policies sold.
    pub policies: u64,
    /// Premiums.
    pub premiums: TokenAmount,
    /// Fees on them, which go to the treasury.
    pub fees: TokenAmount,
    /// Paid for activations.
    pub activated: TokenAmount,
    /// Paid for sales back.
    pub sold_back: TokenAmount,
    /// What settled expiries were due.
    pub due: TokenAmount,
    /// What was reserved for them, from the bucket and the fund.
    pub reserved: TokenAmount,
    /// What of that came from the insurance fund.
    pub covered: TokenAmount,
    /// What was recorded as owed.
    pub owed: TokenAmount,
    /// What claims were due, policy by policy.
    pub claims_due: TokenAmount,
    /// What they were paid.
    pub claims_paid: TokenAmount,
    /// Deposits, bounties included.
    pub deposits: TokenAmount,
    /// Paid to providers: exits and returned deposits.
    pub withdrawals: TokenAmount,
    /// Exit fees, which stay with those who stay.
    pub exit_fees: TokenAmount,
    /// Closes at which the bucket was not healthy: no exit is paid then, and deposits come back.
    pub unhealthy_closes: u64,
    /// Closes after which somebody still waited to leave.
    pub waiting_closes: u64,
    /// Activations that were put off because the bucket was short.
    pub put_off: u64,
}

/// Sums of one buyer's habit in one bucket. Ratios are summed policy by policy, so that a policy counts as much when BTC was at 300 USD
/// as when it was at 60,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverFlows {
    /// Policies that ended.
    pub policies: u64,
    /// Of them, those that paid at their expiry or were activated.
    pub paid_out: u64,
    /// Of them, those that were sold back.
    pub sold_back: u64,
    /// Their cost (premium, fee and bounty) as a part of the value protected, both in USD at the purchase: the sum.
    pub cost: Ppm,
    /// What they paid, in USD at the payment, as a part of the value protected: the sum.
    pub received: Ppm,
    /// How long they were held: the sum.
    pub held: Seconds,
    /// What they cost, in the token.
    pub cost_token: TokenAmount,
    /// What they were paid, in the token.
    pub received_token: TokenAmount,
    /// Orders that were refused for want of free capital.
    pub refused: u64,
}

impl CoverFlows {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut sum = self;
        sum.policies += other.policies;
        sum.paid_out += other.paid_out;
        sum.sold_back += other.sold_back;
        sum.refused += other.refused;
        sum.cost = Ppm::new(sum.cost.base_units().saturating_add(other.cost.base_units()));
        sum.received = Ppm::new(sum.received.base_units().saturating_add(other.received.base_units()));
        sum.held = Seconds::new(sum.held.get().saturating_add(other.held.get()));
        add(&mut sum.cost_token, other.cost_token.base_units());
        add(&mut sum.received_token, other.received_token.base_units());
        sum
    }
}

/// What one kind of provider put into a bucket and took out of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapitalFlows {
    /// Paid in.
    pub paid_in: TokenAmount,
    /// Taken out, deposits that came back included.
    pub taken_out: TokenAmount,
    /// How often capital was offered and not taken.
    pub refused: u64,
}

/// A bucket on one day, at its close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketDay {
    /// The boundary.
    pub at: UnixSeconds,
    /// The pair for exits.
    pub exit: NavPair,
    /// The pair for deposits.
    pub deposit: NavPair,
    /// What an exit would have paid as a fee.
    pub exit_fee: Ppm,
    /// The share generation.
    pub generation: u64,
    /// Collateral needed in what backs sales, after the day's purchases.
    pub utilisation: Ppm,
    /// BTC at the boundary.
    pub btc: UsdE8,
    /// STX at the boundary.
    pub stx: UsdE8,
}

/// Everything kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// By tier.
    pub buckets: BTreeMap<u8, BucketFlows>,
    /// By tier and habit.
    pub covers: BTreeMap<u8, BTreeMap<Cover, CoverFlows>>,
    /// By tier and kind of provider.
    pub capital: BTreeMap<u8, BTreeMap<Capital, CapitalFlows>>,
    /// By tier: every close.
    pub days: BTreeMap<u8, Vec<BucketDay>>,
    /// What people were given at the start.
    pub given: TokenAmount,
    /// Keepers' bounties, claimed.
    pub bounties: TokenAmount,
    /// What people were given, spent and received: what each should have, by address.
    pub wallets: BTreeMap<String, TokenAmount>,
}

impl Ledger {
    /// A bucket's sums.
    pub(crate) fn bucket(&mut self, tier: u8) -> &mut BucketFlows {
        self.buckets.entry(tier).or_default()
    }

    /// A habit's sums in a bucket.
    pub(crate) fn cover(&mut self, tier: u8, cover: Cover) -> &mut CoverFlows {
        self.covers.entry(tier).or_default().entry(cover).or_default()
    }

    /// What a kind of provider does in a bucket.
    pub(crate) fn provider(&mut self, tier: u8, capital: Capital) -> &mut CapitalFlows {
        self.capital.entry(tier).or_default().entry(capital).or_default()
    }

    /// Somebody received something.
    pub(crate) fn receive(&mut self, who: Address, amount: u128) {
        add(self.wallets.entry(who.to_string()).or_default(), amount);
    }

    /// Somebody paid something, which they have.
    pub(crate) fn pay(&mut self, who: Address, amount: u128) {
        let wallet = self.wallets.entry(who.to_string()).or_default();
        *wallet = wallet.saturating_sub(TokenAmount::new(amount));
    }

    /// What somebody should have.
    pub(crate) fn wallet(&self, who: Address) -> u128 {
        self.wallets.get(&who.to_string()).map_or(0, |amount| amount.base_units())
    }
}

/// Adds to a sum.
pub(crate) fn add(sum: &mut TokenAmount, amount: u128) {
    *sum = TokenAmount::new(sum.base_units().saturating_add(amount));
}
