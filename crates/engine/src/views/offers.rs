//! What could be bought for a wish.

use bithedge_ipc::{OfferView, OffersView};
use bithedge_suite::generated::parameters;

use super::reading::{chain_as_of, text};
use crate::intents::quote::{Offers, QuoteError, Wish, market_of, offers as offers_of};
use crate::intents::{State, Unknown};
use crate::sync::WallClock;

/// The offers for a wish at the state of one block, the cheapest first: quotes computed here; before one is bought, the chain's
/// own quote is asked for ([`confirm`](crate::intents::quote::confirm)). While a flag, a breaker or the account's own limit stops
/// purchases of that size, or the node stands still, none is offered: each says what stops it.
///
/// # Errors
/// [`QuoteError`].
pub fn offers(state: &State, wish: &Wish, clock: WallClock) -> Result<OffersView, QuoteError> {
    let question = parameters::IsActionOpen {
        action: text("purchase")?,
        user: state.me(),
        amount: wish.size.base_units(),
    };
    let mut market = market_of(state);
    // What both lack is asked for at once.
    if let Err(QuoteError::Unknown(Unknown::Unread(missing))) = &mut market
        && let Err(Unknown::Unread(more)) = state.call(question.clone())
    {
        missing.extend(more);
    }
    let market = market?;
    let stop = state.call(question)?.err();
    let Offers { spot, level, candidates } = offers_of(&market, wish)?;
    let as_of = chain_as_of(state.tip(), clock);
    let stopped = match &as_of.doubt {
        Some(why) => Some(format!("Nothing is offered now. {why} Nothing was paid.")),
        None => stop.map(|stop| format!("Nothing is sold to you now: {stop} Nothing was paid.")),
    };
    let view = candidates.into_iter().map(|candidate| match candidate.quote {
        _ if stopped.is_some() => {
            OfferView { order: candidate.order, quote: None, cost: None, refused: stopped.clone() }
        }
        Ok(quote) => OfferView {
            order: candidate.order,
            cost: quote.cost_of_cover(&market).ok(),
            quote: Some(quote),
            refused: None,
        },
        Err(refusal) => OfferView {
            order: candidate.order,
            quote: None,
            cost: None,
            refused: Some(format!("It is not sold now: {refusal}. Nothing was paid. Choose another offer.")),
        },
    });
    Ok(OffersView { as_of, spot, priced_at: market.pricing.at, level, offers: view.collect() })
}
