//! What somebody has bought.

use bithedge_protocol::{Asset, Ppm, Sats, Seconds, TokenAmount, TokenChange, UnixSeconds, UsdE8};
use serde::{Deserialize, Serialize};

use crate::{AsOf, Figure, Trust};

/// How a policy really stands: the contracts' `get-effective-status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyState {
    /// It protects.
    Active,
    /// It ran out and waits for its expiry's price.
    AwaitingPrice,
    /// It ended in the money and is to be paid.
    InTheMoney,
    /// Its owner exercised it.
    Activated,
    /// It was paid after its expiry.
    Settled,
    /// It ended out of the money.
    Expired,
    /// Its owner sold it back.
    SoldBack,
}

/// What stands behind a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backing {
    /// A bucket of the pool.
    Pool,
    /// Another user.
    Peer,
    /// The insurance fund, which took it over.
    Fund,
    /// Something that this version does not know.
    Other,
}

/// Whether something can be done now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It can.
    Now {
        /// What it pays at the prices of now. A transaction is carried out later, at the prices of then.
        pays: TokenAmount,
        /// That in USD; `None` if it cannot be counted, or without prices that the oracle would still give.
        usd: Option<UsdE8>,
        /// What was promised, if what is paid is only a part of it.
        promised: Option<TokenAmount>,
    },
    /// Not yet.
    Later {
        /// From when on.
        from: UnixSeconds,
        /// Why: the contract's own reason.
        why: String,
    },
    /// It cannot.
    Not {
        /// Why: the contract's own reason.
        why: String,
        /// The contract's code for it, as a decimal number; `None` where none would be given.
        code: Option<String>,
    },
    /// Nobody knows here.
    Unknown {
        /// Why.
        why: String,
    },
}

impl Step {
    /// What it pays, if it can be done now.
    #[must_use]
    pub const fn pays(&self) -> Option<TokenAmount> {
        match self {
            Self::Now { pays, .. } => Some(*pays),
            _ => None,
        }
    }
}

/// What a policy is worth at the prices of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyWorth {
    /// What the pool's price for it is: the refund of a sale back.
    pub buy_back: TokenAmount,
    /// That in USD, as the contract counts it.
    pub usd: UsdE8,
    /// What an activation would pay if nothing stood against it; nothing out of the money.
    pub activation: TokenAmount,
}

/// A policy as its owner sees it. Amounts are in the policy's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    /// Its number.
    pub id: u64,
    /// Whose it is, an address, if it is not the account's that asks: what it pays goes there.
    pub of_another: Option<String>,
    /// What it was paid with and pays in.
    pub asset: Asset,
    /// The tier that sold it.
    pub tier: u8,
    /// The tier's name; `None` if it is not known.
    pub tier_name: Option<String>,
    /// What it protects.
    pub size: Sats,
    /// The price of BTC from which it pays.
    pub strike: UsdE8,
    /// The price of BTC below which its payout stays as it is.
    pub floor: UsdE8,
    /// When it ends.
    pub expiry: UnixSeconds,
    /// How long it still protects; zero from its expiry on.
    pub remaining: Seconds,
    /// When it was sold.
    pub sold_at: UnixSeconds,
    /// The price of BTC at its sale.
    pub spot_at_sale: UsdE8,
    /// The volatility a year in its price.
    pub volatility: Ppm,
    /// The collateral locked for it.
    pub lock: TokenAmount,
    /// What stands behind it.
    pub backing: Backing,
    /// How it stands.
    pub state: PolicyState,
    /// The premium.
    pub premium: TokenAmount,
    /// The fee on it.
    pub fee: TokenAmount,
    /// What was prepaid to whoever serves it.
    pub bounty: TokenAmount,
    /// All three; `None` if they cannot be counted.
    pub cost: Option<TokenAmount>,
    /// That in USD at the prices of the sale, as the contract counted its premium, rounded up; `None` if it cannot be counted.
    pub cost_usd: Option<UsdE8>,
    /// What it is worth now. Unknown once it has ended: then [`claim`](Self::claim) or [`paid`](Self::paid) tell.
    pub worth: Figure<PolicyWorth>,
    /// What it was due at its end; `None` before.
    pub due: Option<TokenAmount>,
    /// What its owner was paid at its end; `None` before.
    pub paid: Option<TokenAmount>,
    /// The price of BTC that it ended at; `None` before.
    pub end_price: Option<UsdE8>,
    /// When it ended in the registry's books; `None` before.
    pub ended_at: Option<UnixSeconds>,
    /// Exercising it now.
    pub activate: Step,
    /// Selling it back to the pool now.
    pub sell_back: Step,
    /// Having its settlement paid.
    pub claim: Step,
    /// What it has brought so far: what was paid, or what it could be sold back or claimed for, less its cost.
    pub result: Figure<TokenChange>,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

/// All of somebody's policies in one token, in sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectionTotal {
    /// The token.
    pub asset: Asset,
    /// How many policies there have been.
    pub policies: u64,
    /// How many still protect.
    pub active: u64,
    /// What those protect; `None` if it cannot be counted.
    pub protected: Option<Sats>,
    /// All premiums, fees and bounties; `None` if they cannot be counted.
    pub cost: Option<TokenAmount>,
    /// Of that, the fees.
    pub fees: TokenAmount,
    /// What activations, settlements and sales back have paid.
    pub received: TokenAmount,
    /// What those that still protect could be sold back for.
    pub worth: Figure<TokenAmount>,
    /// What waits to be claimed, of settled expiries.
    pub claimable: Figure<TokenAmount>,
    /// Whether all this can be relied on.
    pub trust: Trust,
}

/// What somebody has protected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectionSummary {
    /// How many policies protect.
    pub active: u64,
    /// What they protect; `None` if it cannot be counted.
    pub protected: Option<Sats>,
    /// That at the newest price of BTC; unknown if the oracle would not give such an old one any more.
    pub protected_usd: Figure<UsdE8>,
    /// Their strikes, weighted with what they protect, rounded down; `None` without any, or if it cannot be counted.
    pub weighted_strike: Option<UsdE8>,
    /// When the first of them ends.
    pub next_expiry: Option<UnixSeconds>,
    /// By token.
    pub totals: Vec<ProtectionTotal>,
    /// Whether this is all that there is, and all of it sound. If not, an empty summary is not "no protection".
    pub trust: Trust,
}

/// The page of policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoliciesPage {
    /// What it was made of.
    pub as_of: AsOf,
    /// In sum.
    pub summary: ProtectionSummary,
    /// The policies, newest first.
    pub policies: Vec<PolicyView>,
    /// Whether there are older ones: ask for those before the last one here.
    pub more: bool,
    /// Whether these are all that there are.
    pub trust: Trust,
}
