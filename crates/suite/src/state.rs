//! From what is read off the chain to the domain's types: the buckets, tiers, rules and prices that `bithedge_protocol`
//! computes with.
//!
//! A number that a unit cannot hold, or a name that the contracts do not give, is a [`Mismatch`]: whoever answered is no node
//! with this suite.

use bithedge_protocol::pool::{
    BookedSeries, BoundaryPrice, Bucket, CollateralTerms, Expiry, NavPair, OverflowRule, Part, PolicyTerms,
    Pricing, SaleRules, Shares, TierTerms,
};
use bithedge_protocol::risk::{ClosePoint, Position};
use bithedge_protocol::{Asset, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};

use crate::convert::{Mismatch, MismatchReason};
use crate::generated::{liquidity_pool, oracle, parameters, policy_registry};

fn small<T: TryFrom<u128>>(value: u128, unit: &'static str) -> Result<T, Mismatch> {
    T::try_from(value).map_err(|_| MismatchReason::OutOfRange { value, unit }.into())
}

/// A moment.
///
/// # Errors
/// [`MismatchReason::OutOfRange`].
pub fn moment(seconds: u128) -> Result<UnixSeconds, Mismatch> {
    Ok(UnixSeconds::new(small(seconds, "seconds since 1970")?))
}

fn duration(seconds: u128) -> Result<Seconds, Mismatch> {
    Ok(Seconds::new(small(seconds, "seconds")?))
}

/// A token of the pool's table.
///
/// # Errors
/// [`Mismatch`].
pub fn collateral_terms(found: &liquidity_pool::types::CollateralToken) -> Result<CollateralTerms, Mismatch> {
    let asset = Asset::from_code(found.asset)
        .ok_or(MismatchReason::OutOfRange { value: found.asset, unit: "an asset" })?;
    Ok(CollateralTerms {
        asset,
        ratio: Ppm::new(found.collateralization_ratio),
        min_deposit: TokenAmount::new(found.min_deposit),
        min_premium: TokenAmount::new(found.min_premium),
        bounty: TokenAmount::new(found.bounty),
        active: found.active,
    })
}

/// A tier.
///
/// # Errors
/// [`Mismatch`].
pub fn tier_terms(tier: u8, found: &liquidity_pool::types::Tier) -> Result<TierTerms, Mismatch> {
    let overflow = found.overflow.as_str();
    Ok(TierTerms {
        tier,
        name: found.name.as_str().to_owned(),
        min_strike: Ppm::new(found.min_strike),
        max_strike: Ppm::new(found.max_strike),
        grid: Ppm::new(found.grid),
        floor_ratio: Ppm::new(found.floor_ratio),
        markup: Ppm::new(found.markup),
        skew: Ppm::new(found.skew),
        max_duration: duration(found.max_duration)?,
        utilisation_limit: Ppm::new(found.utilisation_limit),
        buffer: Ppm::new(found.buffer),
        exit_fee: Ppm::new(found.exit_fee),
        exit_fee_slope: Ppm::new(found.exit_fee_slope),
        isolated: found.isolated,
        overflow: OverflowRule::from_name(overflow)
            .ok_or_else(|| MismatchReason::Impossible(format!("the overflow rule {overflow}")))?,
    })
}

/// A bucket with the books of its live expiries, which [`liquidity_pool::types::Bucket::live`] names.
///
/// # Errors
/// [`Mismatch`], also for a book that is missing.
pub fn bucket(
    tier: u8,
    asset: Asset,
    found: &liquidity_pool::types::Bucket,
    books: &[(u128, liquidity_pool::types::Book)],
) -> Result<Bucket, Mismatch> {
    let live = found.live.iter().map(|expiry| {
        let (_, book) = books
            .iter()
            .find(|(one, _)| one == expiry)
            .ok_or_else(|| MismatchReason::Impossible(format!("a live expiry {expiry} without a book")))?;
        let series = book.series.iter().map(series).collect();
        Ok(Expiry { expiry: moment(*expiry)?, series })
    });
    Ok(Bucket {
        tier,
        asset,
        capacity: TokenAmount::new(found.capacity),
        assets: TokenAmount::new(found.assets),
        fresh: TokenAmount::new(found.fresh),
        locked: TokenAmount::new(found.locked),
        required: UsdE8::new(found.required),
        shares: Shares::new(found.shares),
        queued: Shares::new(found.queued),
        exits: [Shares::new(found.exits_now), Shares::new(found.exits_next)],
        deposits: [TokenAmount::new(found.deposits_now), TokenAmount::new(found.deposits_next)],
        epoch: small(found.epoch, "epochs")?,
        boundary: moment(found.boundary)?,
        due: moment(found.due)?,
        live: live.collect::<Result<_, Mismatch>>()?,
    })
}

fn series(found: &liquidity_pool::types::Series) -> BookedSeries {
    BookedSeries {
        strike: UsdE8::new(found.strike),
        floor: UsdE8::new(found.floor),
        ratio: Ppm::new(found.ratio),
        size: Sats::new(found.size),
        locked: TokenAmount::new(found.locked),
        required: UsdE8::new(found.required),
    }
}

/// The rules of a sale.
///
/// # Errors
/// [`Mismatch`].
pub fn sale_rules(found: &parameters::types::PolicyConfig) -> Result<SaleRules, Mismatch> {
    Ok(SaleRules {
        min_size: Sats::new(found.min_size),
        max_size: Sats::new(found.max_size),
        min_term: duration(found.min_term)?,
        min_lock_rate: Ppm::new(found.min_lock_rate),
        bid_spread: Ppm::new(found.bid_spread),
        surcharge_kink: Ppm::new(found.surcharge_kink),
        surcharge_slope: Ppm::new(found.surcharge_slope),
        activation_delay: duration(found.activation_delay)?,
        cancel_cutoff: duration(found.cancel_cutoff)?,
        sale_max_age: duration(found.sale_max_age)?,
    })
}

/// The prices of now.
///
/// # Errors
/// [`Mismatch`].
pub fn pricing(found: &oracle::types::GetPricingAnswer) -> Result<Pricing, Mismatch> {
    Ok(Pricing {
        at: moment(found.at)?,
        btc: UsdE8::new(found.btc),
        stx: UsdE8::new(found.stx),
        btc_twap: UsdE8::new(found.btc_twap),
        stx_twap: UsdE8::new(found.stx_twap),
        vol_ask: Ppm::new(found.vol_ask),
        vol_bid: Ppm::new(found.vol_bid),
    })
}

/// The prices of a boundary.
#[must_use]
pub fn boundary_price(at: UnixSeconds, found: &oracle::types::GetBoundaryAnswer) -> BoundaryPrice {
    BoundaryPrice {
        at,
        btc: UsdE8::new(found.btc),
        stx: UsdE8::new(found.stx),
        vol_ask: Ppm::new(found.vol_ask),
        vol_low: Ppm::new(found.vol_low),
    }
}

/// What makes a policy's price.
///
/// # Errors
/// [`Mismatch`].
pub fn policy_terms(asset: Asset, found: &policy_registry::types::Policy) -> Result<PolicyTerms, Mismatch> {
    Ok(PolicyTerms {
        asset,
        tier: small(found.tier, "tiers")?,
        strike: UsdE8::new(found.strike),
        floor: UsdE8::new(found.floor),
        expiry: moment(found.expiry)?,
        size: Sats::new(found.size),
        lock: TokenAmount::new(found.lock),
    })
}

/// A part of a quote.
///
/// # Errors
/// [`Mismatch`].
pub fn part(found: &policy_registry::types::QuoteParts) -> Result<Part, Mismatch> {
    Ok(Part {
        tier: small(found.tier, "tiers")?,
        size: Sats::new(found.size),
        lock: TokenAmount::new(found.lock),
        required: UsdE8::new(found.required),
        floor: UsdE8::new(found.floor),
        ratio: Ppm::new(found.ratio),
        premium: TokenAmount::new(found.premium),
        usd: UsdE8::new(found.usd),
        bounty: TokenAmount::new(found.bounty),
        volatility: Ppm::new(found.volatility),
        surcharge: Ppm::new(found.surcharge),
        utilisation: Ppm::new(found.utilisation),
    })
}

/// A provider's position, up to date with all closes.
#[must_use]
pub fn position(found: &liquidity_pool::types::Provider) -> Position {
    let sum = |figure: fn(&liquidity_pool::types::Request) -> u128| {
        found.pending.iter().map(figure).fold(0, u128::saturating_add)
    };
    let leaving_basis = sum(|request| request.basis).saturating_add(found.ticket.basis);
    Position {
        shares: Shares::new(found.shares),
        queued: Shares::new(found.ticket.shares),
        pending_exit: Shares::new(sum(|request| request.exit)),
        pending_deposit: TokenAmount::new(sum(|request| request.deposit)),
        basis: TokenAmount::new(found.basis),
        leaving_basis: TokenAmount::new(leaving_basis),
        claimable: TokenAmount::new(found.claimable.saturating_add(found.returned)),
        proceeds: TokenAmount::new(found.proceeds),
        basis_returned: TokenAmount::new(found.basis_returned),
    }
}

/// A close.
///
/// # Errors
/// [`Mismatch`].
pub fn close_point(found: &liquidity_pool::types::Epoch) -> Result<ClosePoint, Mismatch> {
    Ok(ClosePoint {
        at: moment(found.boundary)?,
        pair: NavPair { nav: TokenAmount::new(found.nav_exit), shares: Shares::new(found.shares) },
        generation: small(found.generation, "generations")?,
        btc: UsdE8::new(found.spot),
        stx: UsdE8::new(found.stx),
    })
}
