//! From what somebody wants protected to what is sold, and what the chain says it costs.

use bithedge_protocol::pool::{Market, Order, Part, Quote};
use bithedge_protocol::risk::{self, Candidate};
use bithedge_protocol::{Asset, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_suite::generated::policy_registry;
use bithedge_suite::{ContractError, state as conversions};

use super::finding::Stop;
use super::intent::{Intent, Protection};
use super::protection::{fits, market};
use super::state::{State, Unknown};

/// Tiers are asked for up to this number; those that are not there do not matter.
const MOST_TIERS: u8 = 8;
/// The kind of a put in the contracts.
const PUT: u128 = 1;
const PPM: u128 = 1_000_000;

/// Protect so much of today's value of so many satoshis for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// What is protected.
    pub size: Sats,
    /// The part of today's price that is to be protected, at least.
    pub level: Ppm,
    /// For how long, at least.
    pub term: Seconds,
    /// Only in this token.
    pub asset: Option<Asset>,
    /// Only out of this tier.
    pub tier: Option<u8>,
}

/// What could be bought for a wish, the cheapest first; what is refused comes last, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offers {
    /// The price of BTC that the level was taken of.
    pub spot: UsdE8,
    /// The strike that the wish comes to, before it is snapped to a listed one.
    pub level: UsdE8,
    /// The listed strikes and expiries that protect at least that much for at least that long.
    pub candidates: Vec<Candidate>,
}

/// Why nothing can be quoted at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuoteError {
    /// The contracts give no price now.
    #[error(transparent)]
    Contract(ContractError),
    /// A figure is too large to count with.
    #[error("a figure is too large to count with: choose smaller ones")]
    TooLarge,
    /// It has to be read first, or cannot be read.
    #[error(transparent)]
    Unknown(#[from] Unknown),
}

impl From<Stop> for QuoteError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(error) => Self::Contract(error),
            Stop::Aborts => Self::TooLarge,
            Stop::Unknown(unknown) => Self::Unknown(unknown),
        }
    }
}

/// Everything that quotes depend on at a state, of all tiers and both tokens.
///
/// # Errors
/// [`QuoteError`].
pub fn market_of(state: &State) -> Result<Market, QuoteError> {
    let tiers: Vec<u8> = (1..=MOST_TIERS).collect();
    let (mut all, stx) = (market(state, Asset::Sbtc, &tiers), market(state, Asset::Stx, &tiers));
    // What both lack is asked for at once.
    if let (Err(Stop::Unknown(Unknown::Unread(some))), Err(Stop::Unknown(Unknown::Unread(more)))) =
        (&mut all, &stx)
    {
        for reading in more {
            if !some.contains(reading) {
                some.push(reading.clone());
            }
        }
    }
    let mut all = all?;
    let stx = stx?;
    all.collateral.extend(stx.collateral);
    all.buckets.extend(stx.buckets);
    Ok(all)
}

/// What could be bought for a wish, computed here from the state.
///
/// # Errors
/// [`QuoteError`].
pub fn offers(market: &Market, wish: &Wish) -> Result<Offers, QuoteError> {
    let spot = market.pricing.btc;
    let level =
        spot.base_units().checked_mul(wish.level.base_units()).ok_or(QuoteError::TooLarge)?.div_ceil(PPM);
    let level = UsdE8::new(level);
    let asked = risk::Wish { size: wish.size, level, term: wish.term };
    let mut candidates = market.candidates(&asked).map_err(|error| QuoteError::from(Stop::from(error)))?;
    candidates.retain(|one| {
        wish.asset.is_none_or(|asset| asset == one.order.asset)
            && wish.tier.is_none_or(|tier| tier == one.order.tier)
    });
    Ok(Offers { spot, level, candidates })
}

/// What the chain says of an order, beside what was computed here for the same block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The chain's figures, which are the ones to go by.
    pub quote: Quote,
    /// What was computed here, if it is anything else: something is wrong with this program or with the node, and it has to be
    /// said.
    pub differs: Option<Box<Result<Quote, ContractError>>>,
    /// How long the price can still be bought at, by the chain's rules, counted from the block.
    pub good_for: Seconds,
    /// When that ends by the chain's clock: the price's own time and the age up to which it is sold at.
    pub good_until: UnixSeconds,
}

impl Confirmed {
    /// The intent to buy it for no more than the quoted cost and `slack` on top. `now` is this computer's clock. It may have
    /// gone on since the block; the price's own end stays.
    #[must_use]
    pub fn buy(&self, slack: Ppm, now: UnixSeconds) -> Intent {
        let total = self.quote.total.base_units();
        let more = total.saturating_mul(slack.base_units()).div_ceil(PPM);
        Intent::Protection(Protection::Buy {
            order: self.quote.order,
            max_cost: TokenAmount::new(total.saturating_add(more)),
            valid_until: now.checked_add(self.good_for).unwrap_or(now).min(self.good_until),
        })
    }
}

/// What the chain answers for an order, or its refusal, held against what was computed here for the same block.
///
/// # Errors
/// [`QuoteError::Contract`] is the chain's refusal.
pub fn confirm(state: &State, order: &Order) -> Result<Confirmed, QuoteError> {
    let request = policy_registry::GetQuote {
        token: state.token_principal(order.asset)?,
        tier: order.tier.into(),
        kind: PUT,
        strike: order.strike.base_units(),
        expiry: order.expiry.get().into(),
        size: order.size.base_units(),
        buyer: state.me(),
    };
    let mut local = market_of(state);
    if let Err(QuoteError::Unknown(Unknown::Unread(missing))) = &mut local
        && let Err(Unknown::Unread(more)) = state.call(request.clone())
    {
        missing.extend(more);
    }
    let local = match local {
        Ok(market) => {
            let quote = market
                .quote(order)
                .map_err(|refusal| QuoteError::from(super::protection::sale_stop(refusal)));
            quote.map(|quote| (quote, market.rules.sale_max_age))
        }
        Err(error) => Err(error),
    };
    if let Err(QuoteError::Unknown(unknown)) = local {
        return Err(unknown.into());
    }
    let answer = state.call(request)?.map_err(QuoteError::Contract)?;
    let parts = answer.parts.iter().map(|part| fits("a part", conversions::part(part)));
    let quote = Quote {
        order: *order,
        parts: parts.collect::<Result<Vec<Part>, Unknown>>()?,
        premium: TokenAmount::new(answer.premium),
        fee: TokenAmount::new(answer.fee),
        bounty: TokenAmount::new(answer.bounty),
        total: TokenAmount::new(answer.total),
        spot: UsdE8::new(answer.spot),
        stx: UsdE8::new(answer.stx),
        at: fits("the prices' time", conversions::moment(answer.at))?,
    };
    let (good_for, good_until, differs) = match local {
        Ok((mine, max_age)) => {
            let until = quote.at.checked_add(max_age).ok_or(QuoteError::TooLarge)?;
            let left = until.since(state.tip().time).unwrap_or(Seconds::ZERO);
            (left, until, (mine != quote).then(|| Box::new(Ok(mine))))
        }
        Err(QuoteError::Contract(error)) => (Seconds::ZERO, state.tip().time, Some(Box::new(Err(error)))),
        Err(error) => return Err(error),
    };
    Ok(Confirmed { quote, differs, good_for, good_until })
}
