//! What the suite under test is set up with.

use std::collections::BTreeMap;

/// What backs a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Token {
    /// Satoshis.
    Sbtc,
    /// Micro-STX.
    Stx,
}

impl Token {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Sbtc, Self::Stx];
}

/// A bucket's tier and token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    /// From 1.
    pub tier: u128,
    /// What it holds.
    pub token: Token,
}

/// What happens to an order that a tier cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// Nothing.
    Reject,
    /// The next tier takes it.
    NextTier,
    /// The next tier takes the rest.
    Proportional,
}

/// A tier's terms; ratios in parts per million.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tier {
    /// Lowest strike.
    pub min_strike: u128,
    /// The first strike of the next tier.
    pub max_strike: u128,
    /// Largest step of strikes.
    pub grid: u128,
    /// Added to volatility.
    pub markup: u128,
    /// Longest term, seconds.
    pub max_duration: u64,
    /// Most that may back policies.
    pub utilisation_limit: u128,
    /// When it is full.
    pub overflow: Overflow,
}

/// A token's terms, in its base unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collateral {
    /// Smallest deposit.
    pub min_deposit: u128,
    /// Smallest premium.
    pub min_premium: u128,
    /// What a policy and a deposit each pay in advance.
    pub bounty: u128,
}

/// Number of the tier in the middle.
pub(crate) const BALANCED_TIER: u128 = 2;

/// Everything together; ratios in parts per million.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// By number.
    pub tiers: BTreeMap<u128, Tier>,
    /// By token.
    pub collateral: BTreeMap<Token, Collateral>,
    /// Largest capital of the buckets.
    pub capacity: BTreeMap<Place, u128>,
}

impl Terms {
    /// Part of the strike below which a policy pays no more.
    pub(crate) const FLOOR: u128 = 500_000;
    /// Collateral of an STX policy.
    pub(crate) const STX_RATIO: u128 = 2_000_000;
    /// How the smile rises below spot.
    pub(crate) const SKEW: u128 = 300_000;
    /// Least premium on the lock, a year.
    pub(crate) const MIN_LOCK_RATE: u128 = 30_000;
    /// Off the volatility of a sale back.
    pub(crate) const BID_SPREAD: u128 = 100_000;
    /// Where the surcharge begins.
    pub(crate) const KINK: f64 = 0.5;
    /// What it rises to at full use, above one.
    pub(crate) const SLOPE: f64 = 1.0;
    /// Of the premium.
    pub(crate) const FEE: u128 = 50_000;
    /// Kept above the collateral needed.
    pub(crate) const BUFFER: u128 = 20_000;
    /// Of an exit, at no use.
    pub(crate) const EXIT_FEE: u128 = 1_000;
    /// Of an exit, added at full use.
    pub(crate) const EXIT_FEE_SLOPE: u128 = 4_000;
    /// Smallest policy, satoshis.
    pub(crate) const MIN_SIZE: u128 = 10_000;
    /// Largest policy, satoshis.
    pub(crate) const MAX_SIZE: u128 = 10_000_000_000;
    /// Oldest price to sell at.
    pub(crate) const SALE_MAX_AGE: u64 = 300;
    /// No activation before.
    pub(crate) const ACTIVATION_DELAY: u64 = 3_600;
    /// No sale back later than this before the expiry.
    pub(crate) const CANCEL_CUTOFF: u64 = 3_600;

    /// The suite's starting terms, with what these tiers do with what they cannot take, and with these capacities.
    pub(crate) fn starting(overflow: [Overflow; 3], capacity: BTreeMap<Place, u128>) -> Self {
        let days = |days: u64| days * super::DAY;
        let rows = [
            (1, 500_000, 800_000, 50_000, days(120)),
            (2, 800_000, 925_000, 40_000, days(90)),
            (3, 925_000, 1_050_000, 40_000, days(60)),
        ];
        let tiers = rows.into_iter().zip(overflow).map(|((tier, low, high, grid, term), overflow)| {
            let terms = Tier {
                min_strike: low,
                max_strike: high,
                grid,
                markup: 200_000,
                max_duration: term,
                utilisation_limit: 900_000,
                overflow,
            };
            (tier, terms)
        });
        let sbtc = Collateral { min_deposit: 100_000, min_premium: 100, bounty: 50 };
        let stx = Collateral { min_deposit: 100_000_000, min_premium: 100_000, bounty: 50_000 };
        Self { tiers: tiers.collect(), collateral: [(Token::Sbtc, sbtc), (Token::Stx, stx)].into(), capacity }
    }

    /// All buckets.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> + use<> {
        let tiers: Vec<u128> = self.tiers.keys().copied().collect();
        tiers.into_iter().flat_map(|tier| Token::ALL.map(|token| Place { tier, token }))
    }
}
