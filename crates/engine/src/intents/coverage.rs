//! What a purchase covers: which tiers sell it, and where its payout stops.

use bithedge_protocol::pool::{Market, Order, OverflowRule, PolicyTerms, Quote};
use bithedge_protocol::{Asset, TokenAmount, UsdE8};

use super::finding::{Fits as _, Stop};
use super::plan::Draft;
use super::rules::{PPM, amount};
use super::sentences::Sentence;

/// The tier that sells what the asked one cannot take, if there is one.
fn overflow(market: &Market, order: &Order) -> Option<u8> {
    let terms = market.tier(order.tier)?;
    let next = order.tier.checked_add(1)?;
    let goes_on = !terms.isolated && terms.overflow != OverflowRule::Reject;
    (goes_on && market.tier(next).is_some() && market.bucket(next, order.asset).is_some()).then_some(next)
}

/// Which tiers sell it: at this state, and should others come first.
pub(super) fn overflowing<'a>(draft: Draft<'a>, market: &Market, quote: &Quote) -> Draft<'a> {
    let order = &quote.order;
    let Some(next) = overflow(market, order) else { return draft };
    let splits = market.tier(order.tier).is_some_and(|terms| terms.overflow == OverflowRule::Proportional);
    let draft = draft.says(Sentence::MayOverflow { tier: order.tier, next, splits });
    if quote.parts.iter().all(|part| part.tier == order.tier) {
        return draft;
    }
    quote
        .parts
        .iter()
        .fold(draft, |draft, part| draft.says(Sentence::SoldOutOf { size: part.size, tier: part.tier }))
}

/// The floor that a tier sells a strike with: the series' own, or that of its first sale.
fn floor_in(market: &Market, tier: u8, order: &Order) -> Result<Option<UsdE8>, Stop> {
    if let Some(series) =
        market.bucket(tier, order.asset).and_then(|bucket| bucket.series(order.expiry, order.strike))
    {
        return Ok(Some(series.floor));
    }
    let Some(terms) = market.tier(tier) else { return Ok(None) };
    let floor = order.strike.base_units().checked_mul(terms.floor_ratio.base_units()).fits()?;
    Ok(Some(UsdE8::new(floor.div_ceil(PPM))))
}

/// Where the payout stops growing: for every tier that could sell it, the highest floor.
pub(super) fn payout_stops(market: &Market, quote: &Quote) -> Result<Sentence, Stop> {
    let order = &quote.order;
    let mut floors: Vec<UsdE8> = quote.parts.iter().map(|part| part.floor).collect();
    if let Some(next) = overflow(market, order) {
        for tier in [order.tier, next] {
            floors.extend(floor_in(market, tier, order)?);
        }
    }
    let floor = floors.iter().copied().max().ok_or(Stop::Aborts)?;
    let may_differ = floors.iter().any(|one| *one != floor);
    if order.asset == Asset::Stx {
        return Ok(Sentence::StxPayoutStopsAt { floor, may_differ });
    }
    let at_floor = |size| {
        let terms = PolicyTerms {
            asset: order.asset,
            tier: order.tier,
            strike: order.strike,
            floor,
            expiry: order.expiry,
            size,
            lock: TokenAmount::ZERO,
        };
        terms.payout(floor, quote.stx)
    };
    let mut most: u128 = 0;
    for part in &quote.parts {
        most = most.checked_add(at_floor(part.size)?.base_units()).fits()?;
    }
    Ok(Sentence::SbtcPayoutStopsAt { floor, most: amount(most), may_differ })
}
