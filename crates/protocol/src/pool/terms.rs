//! What governance sets: tiers, collateral tokens and the rules of a sale.

use serde::{Deserialize, Serialize};

use crate::{Asset, Ppm, Sats, Seconds, TokenAmount};

/// What happens to an order that a tier cannot take whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverflowRule {
    /// It is refused.
    Reject,
    /// The next tier takes it, at its own terms.
    NextTier,
    /// The tier takes what fits, the next one the rest: two policies.
    Proportional,
}

impl OverflowRule {
    /// The rule that the contract calls so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "reject" => Some(Self::Reject),
            "next-tier" => Some(Self::NextTier),
            "proportional" => Some(Self::Proportional),
            _ => None,
        }
    }
}

/// A risk tier. Strikes in ppm of spot, from `min_strike` up to but not including `max_strike`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierTerms {
    /// Its number, from 1.
    pub tier: u8,
    /// Its name.
    pub name: String,
    /// The lowest strike, ppm of spot.
    pub min_strike: Ppm,
    /// The first strike that is the next tier's, ppm of spot.
    pub max_strike: Ppm,
    /// The largest strike step, ppm of spot.
    pub grid: Ppm,
    /// The floor of a new series, ppm of its strike.
    pub floor_ratio: Ppm,
    /// Added to the volatility of a sale, as a part of it.
    pub markup: Ppm,
    /// How fast volatility rises below spot: added for a strike of nothing.
    pub skew: Ppm,
    /// The longest term sold.
    pub max_duration: Seconds,
    /// The part of the backing that may be needed as collateral.
    pub utilisation_limit: Ppm,
    /// Kept above the collateral needed, as a part of it.
    pub buffer: Ppm,
    /// The exit fee at no utilisation.
    pub exit_fee: Ppm,
    /// What full utilisation adds to it.
    pub exit_fee_slope: Ppm,
    /// Whether nothing overflows out of it.
    pub isolated: bool,
    /// What it does with an order that does not fit.
    pub overflow: OverflowRule,
}

/// A token of the pool's table of collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollateralTerms {
    /// What it is.
    pub asset: Asset,
    /// Collateral for each dollar promised, of a new STX series; sBTC locks what can be paid.
    pub ratio: Ppm,
    /// The smallest deposit.
    pub min_deposit: TokenAmount,
    /// The smallest premium.
    pub min_premium: TokenAmount,
    /// Paid in advance by each policy and each deposit for the keeper who serves it.
    pub bounty: TokenAmount,
    /// Whether it takes deposits and sells policies.
    pub active: bool,
}

/// The parameters that a sale, an activation and a sale back ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleRules {
    /// The smallest policy, and the smallest part of one that overflows.
    pub min_size: Sats,
    /// The largest policy.
    pub max_size: Sats,
    /// The shortest term sold.
    pub min_term: Seconds,
    /// The least premium, as a part of the lock a year.
    pub min_lock_rate: Ppm,
    /// Off the volatility of a sale back, as a part of it.
    pub bid_spread: Ppm,
    /// The utilisation from which premiums carry a surcharge.
    pub surcharge_kink: Ppm,
    /// The surcharge at full utilisation.
    pub surcharge_slope: Ppm,
    /// How long a policy waits before it may be activated.
    pub activation_delay: Seconds,
    /// How long before the expiry sales back end.
    pub cancel_cutoff: Seconds,
    /// The oldest price that policies are sold at.
    pub sale_max_age: Seconds,
}
