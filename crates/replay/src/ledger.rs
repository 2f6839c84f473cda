//! What moved, by bucket and by person, kept beside the contracts and held against them.

use std::collections::BTreeMap;

use bithedge_protocol::pool::NavPair;
use bithedge_protocol::{TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Address;
use serde::{Deserialize, Serialize};

use crate::people::Cover;

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
    /// Closes at which exits were not paid or deposits sent back, for want of health.
    pub unhealthy_closes: u64,
}

/// Sums of one buyer's habit in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverFlows {
    /// Policies bought.
    pub policies: u64,
    /// Those that paid something.
    pub paid_out: u64,
    /// What they protected, in USD at the purchase, times the days that it was for: cost can be put on a year by it.
    pub protected_days: UsdE8,
    /// What they protected, in USD at the purchase.
    pub protected: UsdE8,
    /// What they cost, in USD at the purchase: premium, fee and bounty.
    pub cost: UsdE8,
    /// What they were paid, in USD at the payment.
    pub received: UsdE8,
    /// What they cost, in the token.
    pub cost_token: TokenAmount,
    /// What they were paid, in the token.
    pub received_token: TokenAmount,
}

impl CoverFlows {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut sum = self;
        sum.policies += other.policies;
        sum.paid_out += other.paid_out;
        add_usd(&mut sum.protected_days, other.protected_days);
        add_usd(&mut sum.protected, other.protected);
        add_usd(&mut sum.cost, other.cost);
        add_usd(&mut sum.received, other.received);
        add(&mut sum.cost_token, other.cost_token.base_units());
        add(&mut sum.received_token, other.received_token.base_units());
        sum
    }
}

/// A bucket on one day, after its close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketDay {
    /// The boundary.
    pub at: UnixSeconds,
    /// The pair for exits.
    pub pair: NavPair,
    /// The share generation.
    pub generation: u64,
    /// Assets after the close.
    pub assets: TokenAmount,
    /// Collateral needed, at the prices of the boundary.
    pub needed: TokenAmount,
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

/// Adds to a sum of dollars.
pub(crate) fn add_usd(sum: &mut UsdE8, amount: UsdE8) {
    *sum = UsdE8::new(sum.base_units().saturating_add(amount.base_units()));
}
