//! What is wanted, what that costs, and whether it can be bought: all of it computed by the protocol's own code.

use bithedge_ipc::MarketView;
use bithedge_protocol::payoff::{SbtcPut, StxPut};
use bithedge_protocol::pool::{Market, Order, Quote};
use bithedge_protocol::risk::{Candidate, CostOfCover, Wish};
use bithedge_protocol::{Asset, MicroStx, Ppm, PpmChange, Sats, TokenAmount, UnixSeconds, UsdE8};

/// The slider's ends, in per cent of today's price.
pub(super) const LOWEST: i64 = -30;
/// Today's price.
pub(super) const HIGHEST: i64 = 0;

/// What it is paid in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pay {
    /// Whatever costs least.
    Cheapest,
    /// This token.
    In(Asset),
}

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// How much BTC.
    pub(super) size: Sats,
    /// The protected price, in per cent of today's price.
    pub(super) percent: i64,
    /// Until when.
    pub(super) expiry: UnixSeconds,
}

/// An offer that can be bought, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// What it costs.
    pub(super) quote: Quote,
    /// What that means.
    pub(super) cost: CostOfCover,
}

/// What is paid at most, whatever the price of BTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MostPaid {
    /// So many satoshis.
    Sbtc(Sats),
    /// STX worth so much on the day.
    Usd(UsdE8),
}

/// A price so many per cent from today's.
pub(super) fn level(spot: UsdE8, percent: i64) -> Option<UsdE8> {
    PpmChange::new(i128::from(percent) * 10_000).apply(spot)
}

/// How far a price is from today's, in parts per million.
pub(super) fn distance(spot: UsdE8, price: UsdE8) -> Option<PpmChange> {
    PpmChange::relative(spot.base_units(), price.base_units())
}

/// The listed strike that is nearest to so many per cent from today's price, whichever tier lists it; of two as near, the higher one.
/// `None` if nothing is listed.
pub(super) fn nearest_listed(market: &Market, percent: i64) -> Option<UsdE8> {
    let wanted = level(market.pricing.btc, percent)?;
    let listed = market.tiers.iter().flat_map(|terms| market.strikes(terms.tier));
    let away = |strike: &UsdE8| strike.base_units().abs_diff(wanted.base_units());
    listed.min_by_key(|strike| (away(strike), std::cmp::Reverse(*strike)))
}

/// All ways to get what is wanted, the cheapest first, then what is refused: in each tier its strike that is nearest to what is meant, and
/// not below it.
pub(super) fn candidates(market: &Market, choice: Choice) -> Vec<Candidate> {
    let Some(level) = nearest_listed(market, choice.percent) else { return Vec::new() };
    let Some(term) = choice.expiry.since(market.now) else { return Vec::new() };
    market.candidates(&Wish { size: choice.size, level, term }).unwrap_or_default()
}

/// The one that is meant: the one that was picked if it is still there and sold, else the cheapest sold one in the wanted token, else the first that is
/// refused in it, so that its reason can be told. Where the token is left open, what the account can pay comes before what it cannot.
pub(super) fn chosen(
    candidates: &[Candidate],
    pay: Pay,
    pick: Option<(u8, Asset)>,
    spendable: Spendable,
) -> Option<&Candidate> {
    let fits = |one: &&Candidate| match pay {
        Pay::Cheapest => true,
        Pay::In(asset) => one.order.asset == asset,
    };
    let picked =
        candidates.iter().find(|one| Some((one.order.tier, one.order.asset)) == pick && one.quote.is_ok());
    let payable = |one: &&Candidate| {
        pay == Pay::Cheapest && one.quote.as_ref().is_ok_and(|quote| short_of(spendable, quote).is_none())
    };
    picked
        .filter(|one| fits(one))
        .or_else(|| candidates.iter().find(payable))
        .or_else(|| candidates.iter().find(fits))
}

/// Whether the cheapest that is sold is more than the account can pay, and this is not.
pub(super) fn passes_over(candidates: &[Candidate], quote: &Quote, spendable: Spendable) -> bool {
    let can_pay = |quote: &Quote| short_of(spendable, quote).is_none();
    let cheapest = candidates.iter().find_map(|one| one.quote.as_ref().ok());
    can_pay(quote) && cheapest.is_some_and(|cheapest| !can_pay(cheapest))
}

/// What a sold candidate means; `None` of a refused one, or if it cannot be counted.
pub(super) fn offer(market: &Market, candidate: &Candidate) -> Option<Offer> {
    let quote = candidate.quote.as_ref().ok()?;
    let cost = quote.cost_of_cover(market).ok()?;
    Some(Offer { quote: quote.clone(), cost })
}

/// The most that is ever paid.
pub(super) fn most_paid(quote: &Quote) -> Option<MostPaid> {
    let strike = quote.order.strike;
    match quote.order.asset {
        Asset::Sbtc => {
            let caps =
                quote.parts.iter().map(|part| SbtcPut::new(part.size, strike, part.floor).ok()?.cap().ok());
            let caps: Option<Vec<Sats>> = caps.collect();
            Sats::checked_sum(caps?).ok().map(MostPaid::Sbtc)
        }
        Asset::Stx => {
            let whole = Ppm::new(1_000_000);
            let promises = quote
                .parts
                .iter()
                .map(|part| StxPut::new(part.size, strike, part.floor).ok()?.required(whole).ok());
            let promises: Option<Vec<UsdE8>> = promises.collect();
            UsdE8::checked_sum(promises?).ok().map(MostPaid::Usd)
        }
    }
}

/// The premium at each listed strike that a place of the slider means, for the same size, expiry and token: in the tier that sells it
/// cheapest.
pub(super) fn by_strike(
    market: &Market,
    size: Sats,
    expiry: UnixSeconds,
    asset: Asset,
) -> Vec<(UsdE8, TokenAmount)> {
    let mut found: Vec<(UsdE8, TokenAmount)> = Vec::new();
    let meant: Vec<_> = (LOWEST..=HIGHEST).map(|percent| nearest_listed(market, percent)).collect();
    for terms in &market.tiers {
        for strike in market.strikes(terms.tier) {
            // Whoever chose it would get another one.
            if !meant.contains(&Some(strike)) {
                continue;
            }
            let order = Order { asset, tier: terms.tier, strike, expiry, size };
            let Ok(quote) = market.quote(&order) else { continue };
            match found.iter_mut().find(|(known, _)| *known == strike) {
                Some((_, premium)) => *premium = (*premium).min(quote.premium),
                None => found.push((strike, quote.premium)),
            }
        }
    }
    found.sort_by_key(|(strike, _)| *strike);
    found
}

/// The premium until each listed expiry for the same size, strike, tier and token.
pub(super) fn by_expiry(market: &Market, order: &Order) -> Vec<(UnixSeconds, TokenAmount)> {
    let quoted = |expiry| Some((expiry, market.quote(&Order { expiry, ..*order }).ok()?.premium));
    market.expiries().into_iter().filter_map(quoted).collect()
}

/// What an account can spend, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spendable {
    stx: Option<MicroStx>,
    sbtc: Option<Sats>,
    /// The most that the network takes for a purchase.
    call_fee: MicroStx,
}

impl Spendable {
    /// Of the account that the page is about.
    pub(super) const fn of(view: &MarketView) -> Self {
        Self { stx: view.stx, sbtc: view.sbtc, call_fee: view.call_fee }
    }
}

/// What keeps an account from paying, in a sentence; `None` if nothing does. Not knowing what it has does.
pub(super) fn short_of(spendable: Spendable, quote: &Quote) -> Option<String> {
    let Spendable { stx: Some(stx), sbtc: Some(sbtc), call_fee } = spendable else {
        return Some("What this account can spend is not known yet.".to_owned());
    };
    let total = quote.total;
    let needed_stx = match quote.order.asset {
        Asset::Sbtc => call_fee,
        Asset::Stx => match total.as_stx().checked_add(call_fee) {
            Ok(sum) => sum,
            Err(_) => return Some("The amounts are too large to count with.".to_owned()),
        },
    };
    if quote.order.asset == Asset::Sbtc && sbtc < total.as_sbtc() {
        return Some(format!("It costs {}, and this account has {sbtc}.", total.as_sbtc()));
    }
    (stx < needed_stx).then(|| shortage_of_stx(quote.order.asset, needed_stx, stx, call_fee))
}

fn shortage_of_stx(asset: Asset, needed: MicroStx, has: MicroStx, fee: MicroStx) -> String {
    match asset {
        Asset::Sbtc => format!("The network's fee is paid in STX: up to {fee}, and this account has {has}."),
        Asset::Stx => {
            format!("With the network's fee of up to {fee} it takes {needed}, and this account has {has}.")
        }
    }
}

/// The expiry to begin with: the first that is four weeks away or more, else the last.
pub(super) fn usual_expiry(market: &Market) -> Option<UnixSeconds> {
    const FOUR_WEEKS: u64 = 28 * 86_400;
    let expiries = market.expiries();
    let far = |expiry: &&UnixSeconds| expiry.since(market.now).is_some_and(|term| term.get() >= FOUR_WEEKS);
    expiries.iter().find(far).or(expiries.last()).copied()
}

/// The slider's place for a strike: the whole per cent nearest to it that means it; where none does, since it is too far away or another
/// one lies closer to all of them, the nearest.
pub(super) fn percent_of(market: &Market, strike: UsdE8) -> i64 {
    let spot = market.pricing.btc;
    let away = |percent: i64| {
        level(spot, percent).map_or(u128::MAX, |level| level.base_units().abs_diff(strike.base_units()))
    };
    (LOWEST..=HIGHEST)
        .min_by_key(|percent| (nearest_listed(market, *percent) != Some(strike), away(*percent)))
        .unwrap_or(HIGHEST)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
