//! What the pool does with capital and orders: the twin of `liquidity-pool.clar`, to the unit.
//!
//! Prices, quotes, marks and net asset values here are what the contract answers for the same state; the tests and the
//! replay hold the two against each other. Formulas and their sources are in `docs/protocol.md`. Whatever the contract
//! refuses is refused with the same code.

mod marks;
mod quote;
mod state;
mod surcharge;
mod terms;
mod value;

pub use marks::{BoundaryPrice, Marks, Nav, NavPair, marks, nav};
pub use quote::{Fee, Market, Order, Part, Quote, SaleRefusal};
pub use state::{Availability, BookedSeries, Bucket, Expiry, Shares};
pub use terms::{CollateralTerms, OverflowRule, SaleRules, TierTerms};
pub use value::{PolicyTerms, PolicyValue, Pricing, value_policy};

use crate::arith::{self, Overflow};
use crate::math::{MAX_PRICE, MathError};
use crate::{Asset, Sats, UsdE8};

/// The largest size that the pool counts with.
const MAX_SIZE: Sats = Sats::new(1_000_000_000_000);

/// Why a figure of the pool has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// A size, a strike or a price of 0 or above what the contract takes.
    #[error("a size or a price is zero or larger than the pool can count with")]
    Amount,
    /// A product above 2^128.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// A price, a volatility or a term that cannot be priced.
    #[error(transparent)]
    Math(#[from] MathError),
}

impl PoolError {
    /// The code with which the contract refuses the same arguments; `None` where it would abort.
    #[must_use]
    pub const fn contract_code(self) -> Option<u32> {
        match self {
            Self::Amount => Some(1_840_001),
            Self::Overflow(_) => None,
            Self::Math(error) => Some(error.contract_code()),
        }
    }
}

/// Figures from outside are bounded before anything is multiplied.
fn check_figures(size: Sats, strike: UsdE8, spot: UsdE8, stx: UsdE8) -> Result<(), PoolError> {
    let is_price = |price: UsdE8| price > UsdE8::ZERO && price <= MAX_PRICE;
    let is_good =
        size > Sats::ZERO && size <= MAX_SIZE && is_price(strike) && is_price(spot) && is_price(stx);
    if is_good { Ok(()) } else { Err(PoolError::Amount) }
}

/// The most that a put can pay, rounded up: satoshis for sBTC, USD e8 for STX.
fn most_that_is_paid(asset: Asset, size: Sats, strike: UsdE8, floor: UsdE8) -> Result<u128, Overflow> {
    let fall = strike.base_units().saturating_sub(floor.base_units());
    match asset {
        Asset::Sbtc => arith::mul_div_up(size.base_units(), fall, floor.base_units()),
        Asset::Stx => arith::mul_div_up(size.base_units(), fall, 100_000_000),
    }
}
