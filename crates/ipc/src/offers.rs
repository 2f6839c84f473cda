//! What could be bought.

use bithedge_protocol::pool::{Order, Quote};
use bithedge_protocol::risk::CostOfCover;
use bithedge_protocol::{UnixSeconds, UsdE8};
use serde::{Deserialize, Serialize};

use crate::AsOf;

/// One way to fulfil a wish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferView {
    /// What would be ordered.
    pub order: Order,
    /// What it costs, computed here; the chain's word is asked for before it is bought. `None` if it is not sold.
    pub quote: Option<Quote>,
    /// What that means for the buyer; `None` if it is not sold, or cannot be counted.
    pub cost: Option<CostOfCover>,
    /// Why it is not sold.
    pub refused: Option<String>,
}

/// What could be bought for a wish, the cheapest first; what is not sold comes last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffersView {
    /// What it was made of.
    pub as_of: AsOf,
    /// The price of BTC.
    pub spot: UsdE8,
    /// When it was accepted.
    pub priced_at: UnixSeconds,
    /// The price that was to be protected, before it was taken up to a listed strike.
    pub level: UsdE8,
    /// The offers.
    pub offers: Vec<OfferView>,
}
