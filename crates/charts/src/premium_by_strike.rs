//! What protection costs at each listed strike.

use bithedge_protocol::UsdE8;

use crate::chart::{Chart, Content, Frame, Table};
use crate::listings::{self, Listing, Listings};
use crate::order;
use crate::plot::BaseAxis;
use crate::quantity::{Measure, Quantity, Value, usd, usd_label};
use crate::scale::Domain;

/// The premium of a listed strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrikeQuote<Q> {
    /// The price that is protected.
    pub strike: UsdE8,
    /// What it costs.
    pub premium: Q,
    /// Whether it can be bought now.
    pub is_available: bool,
}

/// The strikes listed for one size and expiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PremiumByStrike<Q> {
    /// In any order.
    pub quotes: Vec<StrikeQuote<Q>>,
    /// The strike that is looked at.
    pub chosen: Option<UsdE8>,
    /// The price of BTC now.
    pub spot: UsdE8,
}

/// Premium against strike: a point for each listed strike, the chosen one marked, hollow where nothing is sold.
#[must_use]
pub fn premium_by_strike<Q: Quantity>(data: &PremiumByStrike<Q>, frame: &Frame<'_>) -> Chart {
    let measure = Measure::for_all(Q::UNIT, data.quotes.iter().map(|quote| quote.premium.base_units()));
    let mut quotes: Vec<(UsdE8, Value, bool)> = data
        .quotes
        .iter()
        .map(|quote| (quote.strike, Value::of(quote.premium), quote.is_available))
        .collect();
    order::by_key(&mut quotes, |(strike, ..)| *strike);
    compose(quotes, measure, data.chosen, data.spot, frame)
}

fn compose(
    quotes: Vec<(UsdE8, Value, bool)>,
    measure: Measure,
    chosen: Option<UsdE8>,
    spot: UsdE8,
    frame: &Frame<'_>,
) -> Chart {
    let title = "Premium by strike".to_owned();
    let mut table = Table::with(["Strike", "Premium", "Available", "Chosen"]);
    for (strike, premium, is_available) in &quotes {
        let is_chosen = listings::yes(chosen == Some(*strike));
        table.push([strike.to_string(), premium.exact.clone(), listings::yes(*is_available), is_chosen]);
    }
    let (Some(first), Some(last)) = (quotes.first(), quotes.last()) else {
        return Content { title, summary: "No strike is listed.".to_owned(), table }.said(frame);
    };
    let mut summary = format!(
        "The premium goes from {} at a strike of {} to {} at {}.",
        measure.spoken(first.1.base_units),
        usd(first.0),
        measure.spoken(last.1.base_units),
        usd(last.0),
    );
    if quotes.len() == 1 {
        summary =
            format!("One strike is listed, {}, at {}.", usd(first.0), measure.spoken(first.1.base_units));
    }
    if let Some((strike, premium, _)) = quotes.iter().find(|quote| chosen == Some(quote.0)) {
        summary += &format!(" Chosen: {} for {}.", usd(*strike), measure.spoken(premium.base_units));
    }
    summary += &unavailable(quotes.iter().filter(|quote| !quote.2).count(), quotes.len());

    let usd_measure = Measure::of(crate::quantity::Unit::Usd, 0);
    let price = |price: UsdE8| usd_measure.coordinate(Quantity::base_units(price));
    let shown = quotes.iter().map(|quote| price(quote.0));
    // The price of now belongs on the axis unless it would push the strikes into a corner.
    let strikes = Domain::of(shown.clone()).unwrap_or(Domain::new(0.0, 1.0));
    let near = strikes.padded(1.0, 1.0).contains(price(spot)) && spot > UsdE8::ZERO;
    let domain = Domain::of(shown.chain(near.then(|| price(spot)))).unwrap_or(strikes).padded(0.04, 0.04);
    let all = quotes.into_iter().map(|(strike, premium, is_available)| Listing {
        at: price(strike),
        name: usd_label(strike),
        premium,
        is_available,
        is_chosen: chosen == Some(strike),
    });
    let listings = Listings {
        all: all.collect(),
        base: BaseAxis::numbers("Strike, USD", domain),
        measure,
        mark: near.then(|| (price(spot), format!("Now {}", usd_label(spot)))),
    };
    let mut stops = Vec::new();
    let chart = Content { title, summary, table }
        .drawn(frame, listings::height(frame), |sheet| stops = listings::draw(sheet, &listings));
    Chart { stops, ..chart }
}

/// A sentence about what cannot be bought.
pub(crate) fn unavailable(count: usize, of: usize) -> String {
    match count {
        0 => String::new(),
        count if count == of => " None of them can be bought now.".to_owned(),
        1 => format!(" 1 of {of} cannot be bought now."),
        count => format!(" {count} of {of} cannot be bought now."),
    }
}
