//! What could be bought for a wish.

use bithedge_ipc::{AsOf, AsOfBlock, OfferView, OffersView};

use crate::intents::State;
use crate::intents::quote::{Offers, QuoteError, Wish, market_of, offers as offers_of};

/// The offers for a wish at the state of one block, the cheapest first: quotes computed here; before one is bought, the chain's
/// own quote is asked for ([`confirm`](crate::intents::quote::confirm)).
///
/// # Errors
/// [`QuoteError`].
pub fn offers(state: &State, wish: &Wish) -> Result<OffersView, QuoteError> {
    let market = market_of(state)?;
    let Offers { spot, level, candidates } = offers_of(&market, wish)?;
    let view = candidates.into_iter().map(|candidate| match candidate.quote {
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
    let tip = state.tip();
    Ok(OffersView {
        as_of: AsOf {
            books: None,
            chain: Some(AsOfBlock { height: tip.height, time: tip.time }),
            now: tip.time,
        },
        spot,
        priced_at: market.pricing.at,
        level,
        offers: view.collect(),
    })
}
