//! What an order costs, and which bucket takes it.

use serde::{Deserialize, Serialize};

use super::state::{Bucket, collateral_needed};
use super::surcharge;
use super::terms::{CollateralTerms, OverflowRule, SaleRules, TierTerms};
use super::value::{Pricing, in_token, marked_up};
use super::{PoolError, check_figures, most_that_is_paid};
use crate::arith::{self, ONE, Overflow, PPM, YEAR};
use crate::math::{self, MathError};
use crate::series::{self, StrikeGrid};
use crate::{Asset, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};

/// Everything that a quote depends on, as it was in one block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    /// The block's time.
    pub now: UnixSeconds,
    /// The oracle's prices.
    pub pricing: Pricing,
    /// The rules of a sale.
    pub rules: SaleRules,
    /// The tiers.
    pub tiers: Vec<TierTerms>,
    /// The tokens that are collateral.
    pub collateral: Vec<CollateralTerms>,
    /// The buckets that were opened.
    pub buckets: Vec<Bucket>,
    /// What the buyer pays on top of the premium.
    pub fee: Fee,
}

/// The fee of a purchase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// The part of the premium.
    pub rate: Ppm,
    /// Off the rate, for the buyer's volume.
    pub discount: Ppm,
}

impl Fee {
    /// The fee on a premium: `⌈premium · rate · (1 − discount)⌉`.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn on(self, premium: TokenAmount) -> Result<TokenAmount, Overflow> {
        let rate = arith::mul(self.rate.base_units(), PPM.saturating_sub(self.discount.base_units()))?;
        Ok(TokenAmount::new(arith::mul_div_up(premium.base_units(), rate, PPM * PPM)?))
    }
}

/// What somebody wants to buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What it is paid in.
    pub asset: Asset,
    /// The tier that is asked first.
    pub tier: u8,
    /// The strike.
    pub strike: UsdE8,
    /// When it ends.
    pub expiry: UnixSeconds,
    /// What it protects.
    pub size: Sats,
}

/// What one bucket asks for its part of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The tier.
    pub tier: u8,
    /// What this part protects.
    pub size: Sats,
    /// The collateral locked for it.
    pub lock: TokenAmount,
    /// The collateral called for in USD, of STX.
    pub required: UsdE8,
    /// The series' floor.
    pub floor: UsdE8,
    /// The series' collateral ratio.
    pub ratio: Ppm,
    /// The premium.
    pub premium: TokenAmount,
    /// That in USD.
    pub usd: UsdE8,
    /// Paid in advance for keepers.
    pub bounty: TokenAmount,
    /// The volatility a year that the premium is made with.
    pub volatility: Ppm,
    /// What scarce capital multiplies the premium by.
    pub surcharge: Ppm,
    /// The bucket's utilisation after the sale.
    pub utilisation: Ppm,
}

/// What an order costs: the contract's `get-quote`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The order.
    pub order: Order,
    /// One part, or two if the tier overflows proportionally: as many policies.
    pub parts: Vec<Part>,
    /// All premiums.
    pub premium: TokenAmount,
    /// The fee on them.
    pub fee: TokenAmount,
    /// All bounties.
    pub bounty: TokenAmount,
    /// Everything that the buyer pays.
    pub total: TokenAmount,
    /// The price of BTC that it was made at.
    pub spot: UsdE8,
    /// The price of STX that it was made at.
    pub stx: UsdE8,
    /// When those were accepted.
    pub at: UnixSeconds,
}

/// Why an order is not sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SaleRefusal {
    /// Smaller or larger than policies are.
    #[error("policies of this size are not sold")]
    Size,
    /// Not a listed expiry.
    #[error("this expiry is not listed")]
    ExpiryNotListed,
    /// Too close to the expiry.
    #[error("sales for this expiry have ended")]
    TooLate,
    /// The oracle's price is older than a sale allows.
    #[error("the last price is too old to sell at")]
    PriceTooOld,
    /// No such tier.
    #[error("there is no such tier")]
    UnknownTier,
    /// The pool does not take this token.
    #[error("the pool does not take this token")]
    UnknownToken,
    /// The tier has no bucket with this token.
    #[error("the tier has no bucket with this token")]
    UnknownBucket,
    /// Not a strike at this price of BTC.
    #[error("the strike is not on the grid")]
    StrikeOffGrid,
    /// Another tier's strike.
    #[error("the strike is outside the tier")]
    StrikeOutsideTier,
    /// Longer than the tier sells.
    #[error("the term is longer than the tier sells")]
    TermTooLong,
    /// The token is no longer taken.
    #[error("policies in this token are not sold at the moment")]
    TokenInactive,
    /// The bucket waits for its close.
    #[error("the bucket is waiting for its daily close")]
    CloseDue,
    /// More than the bucket, or the two, can take.
    #[error("the order is larger than the free capital")]
    Capacity {
        /// About what the asked tier could take.
        fitting: Sats,
    },
    /// A figure that cannot be counted with.
    #[error(transparent)]
    Pool(#[from] PoolError),
}

impl From<Overflow> for SaleRefusal {
    fn from(error: Overflow) -> Self {
        Self::Pool(error.into())
    }
}

impl From<MathError> for SaleRefusal {
    fn from(error: MathError) -> Self {
        Self::Pool(error.into())
    }
}

impl SaleRefusal {
    /// The code with which the contracts refuse the same order; `None` where they would abort.
    #[must_use]
    pub const fn contract_code(self) -> Option<u32> {
        Some(match self {
            Self::Size => 1_940_001,
            Self::ExpiryNotListed => 1_940_003,
            Self::TooLate => 1_940_904,
            Self::PriceTooOld => 1_950_401,
            Self::UnknownToken => 1_840_401,
            Self::UnknownTier => 1_840_402,
            Self::UnknownBucket => 1_840_403,
            Self::StrikeOffGrid => 1_840_003,
            Self::StrikeOutsideTier => 1_840_004,
            Self::TermTooLong => 1_840_005,
            Self::TokenInactive => 1_840_907,
            Self::CloseDue => 1_840_901,
            Self::Capacity { .. } => 1_842_301,
            Self::Pool(error) => return error.contract_code(),
        })
    }
}

/// A bucket's answer: what it asks, or how much of the order it could take.
enum Offer {
    Whole(Part),
    Fitting(Sats),
}

impl Market {
    /// A tier's terms.
    #[must_use]
    pub fn tier(&self, tier: u8) -> Option<&TierTerms> {
        self.tiers.iter().find(|terms| terms.tier == tier)
    }

    /// A token's terms.
    #[must_use]
    pub fn collateral(&self, asset: Asset) -> Option<&CollateralTerms> {
        self.collateral.iter().find(|terms| terms.asset == asset)
    }

    /// A bucket.
    #[must_use]
    pub fn bucket(&self, tier: u8, asset: Asset) -> Option<&Bucket> {
        self.buckets.iter().find(|bucket| bucket.tier == tier && bucket.asset == asset)
    }

    /// The prices that a put is sold at: the lower of the latest and the average, which is against its buyer.
    #[must_use]
    pub fn sale_prices(&self) -> (UsdE8, UsdE8) {
        let pricing = &self.pricing;
        (pricing.btc.min(pricing.btc_twap), pricing.stx.min(pricing.stx_twap))
    }

    /// What an order costs now, to the unit what the contract answers in the same block.
    ///
    /// # Errors
    /// [`SaleRefusal`].
    pub fn quote(&self, order: &Order) -> Result<Quote, SaleRefusal> {
        let rules = &self.rules;
        if order.size < rules.min_size || order.size > rules.max_size {
            return Err(SaleRefusal::Size);
        }
        if !series::listed_expiries(self.now).contains(&order.expiry) {
            return Err(SaleRefusal::ExpiryNotListed);
        }
        if order.expiry.since(self.now).is_none_or(|term| term < rules.min_term) {
            return Err(SaleRefusal::TooLate);
        }
        if self.now.since(self.pricing.at).is_some_and(|age| age > rules.sale_max_age) {
            return Err(SaleRefusal::PriceTooOld);
        }
        let parts = self.parts(order)?;
        let sum = |figure: fn(&Part) -> TokenAmount| {
            parts.iter().try_fold(0, |sum, part| arith::add(sum, figure(part).base_units()))
        };
        let (premium, bounty) = (sum(|part| part.premium)?, sum(|part| part.bounty)?);
        let fee = self.fee.on(TokenAmount::new(premium))?;
        let total = arith::add(arith::add(premium, fee.base_units())?, bounty)?;
        Ok(Quote {
            order: *order,
            parts,
            premium: TokenAmount::new(premium),
            fee,
            bounty: TokenAmount::new(bounty),
            total: TokenAmount::new(total),
            spot: self.pricing.btc,
            stx: self.pricing.stx,
            at: self.pricing.at,
        })
    }

    /// The parts that an order would be sold in: the contract's `quote-sale`.
    fn parts(&self, order: &Order) -> Result<Vec<Part>, SaleRefusal> {
        let terms = self.tier(order.tier).ok_or(SaleRefusal::UnknownTier)?;
        let spot = self.pricing.btc;
        let (low, stx) = self.sale_prices();
        check_figures(order.size, order.strike, low, stx)?;
        if !StrikeGrid::at(spot, terms.grid).is_some_and(|grid| grid.contains(order.strike)) {
            return Err(SaleRefusal::StrikeOffGrid);
        }
        let of_spot = arith::mul_div(order.strike.base_units(), PPM, spot.base_units())?;
        if of_spot < terms.min_strike.base_units() || of_spot >= terms.max_strike.base_units() {
            return Err(SaleRefusal::StrikeOutsideTier);
        }
        let term = order.expiry.since(self.now).ok_or(SaleRefusal::TermTooLong)?;
        let offer = |tier, size| self.offer(tier, size, order, term);
        let fitting = match offer(order.tier, order.size)? {
            Offer::Whole(part) => return Ok(vec![part]),
            Offer::Fitting(fitting) => fitting,
        };
        let refused = SaleRefusal::Capacity { fitting };
        if terms.isolated || terms.overflow == OverflowRule::Reject {
            return Err(refused);
        }
        let least = self.rules.min_size.base_units();
        let left = order.size.base_units().saturating_sub(fitting.base_units());
        let splits =
            terms.overflow == OverflowRule::Proportional && fitting.base_units() >= least && left >= least;
        let next = order.tier.checked_add(1).ok_or(SaleRefusal::UnknownTier)?;
        let whole = |offer| match offer {
            Offer::Whole(part) => Ok(part),
            Offer::Fitting(_) => Err(refused),
        };
        if !splits {
            return Ok(vec![whole(offer(next, order.size)?)?]);
        }
        let rest = whole(offer(next, Sats::new(left))?)?;
        let head = whole(offer(order.tier, fitting)?)?;
        Ok(vec![head, rest])
    }

    fn offer(&self, tier: u8, size: Sats, order: &Order, term: Seconds) -> Result<Offer, SaleRefusal> {
        let asset = order.asset;
        let collateral = self.collateral(asset).ok_or(SaleRefusal::UnknownToken)?;
        let terms = self.tier(tier).ok_or(SaleRefusal::UnknownTier)?;
        let bucket = self.bucket(tier, asset).ok_or(SaleRefusal::UnknownBucket)?;
        let (spot, stx) = self.sale_prices();
        let strike = order.strike;
        let (floor, ratio) = if let Some(series) = bucket.series(order.expiry, strike) {
            (series.floor, series.ratio)
        } else {
            let floor = arith::mul_div_up(strike.base_units(), terms.floor_ratio.base_units(), PPM)?;
            (UsdE8::new(floor), collateral.ratio)
        };
        let most = most_that_is_paid(asset, size, strike, floor)?;
        let (lock, required) = match asset {
            Asset::Sbtc => (most, 0),
            Asset::Stx => {
                let required = arith::mul_div_up(most, ratio.base_units(), PPM)?;
                (arith::mul_div_up(required, PPM, stx.base_units())?, required)
            }
        };
        let backing = bucket.backing()?.base_units();
        let needed = bucket.needed(stx)?.base_units();
        let locked_after = arith::add(bucket.locked.base_units(), lock)?;
        let required_after = arith::add(bucket.required.base_units(), required)?;
        let after = collateral_needed(asset, locked_after, required_after, stx)?;
        let room = bucket.room(terms)?;
        if !collateral.active {
            return Err(SaleRefusal::TokenInactive);
        }
        if self.now >= bucket.due {
            return Err(SaleRefusal::CloseDue);
        }
        if term > terms.max_duration {
            return Err(SaleRefusal::TermTooLong);
        }
        if after > room {
            let left = room.saturating_sub(arith::add(needed, 2)?);
            return Ok(Offer::Fitting(Sats::new(arith::mul_div(size.base_units(), left, lock)?)));
        }
        let utilisation = arith::mul_div(after, ONE, backing)?;
        let surcharge = surcharge::mean(
            arith::mul_div(needed, ONE, backing)?,
            utilisation,
            self.rules.surcharge_kink.base_units(),
            self.rules.surcharge_slope.base_units(),
        )?;
        let volatility = marked_up(self.pricing.vol_ask, terms.skew, terms.markup, spot, strike)?;
        let option = math::put_price(spot, strike, volatility, term)?;
        let fair = in_token(asset, size, option, spot, stx, true)?;
        let model = arith::mul_div_up(fair, surcharge, PPM)?;
        let rate = arith::mul(self.rules.min_lock_rate.base_units(), term.get().into())?;
        let by_lock = arith::mul_div_up(lock, rate, PPM * YEAR)?;
        let premium = TokenAmount::new(model.max(by_lock)).max(collateral.min_premium);
        Ok(Offer::Whole(Part {
            tier,
            size,
            lock: TokenAmount::new(lock),
            required: UsdE8::new(required),
            floor,
            ratio,
            premium,
            usd: asset.worth(premium, spot, stx)?,
            bounty: collateral.bounty,
            volatility,
            surcharge: Ppm::new(surcharge),
            utilisation: Ppm::new(utilisation / PPM),
        }))
    }
}
