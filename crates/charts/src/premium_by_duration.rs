//! What protection costs until each listed expiry.

use bithedge_protocol::UnixSeconds;

use crate::calendar;
use crate::chart::{Chart, Content, Frame, Table};
use crate::listings::{self, Listing, Listings};
use crate::order;
use crate::plot::{self, BaseAxis};
use crate::premium_by_strike::unavailable;
use crate::quantity::{Measure, Quantity, Value};
use crate::scale::Domain;

const DAY: f64 = 86_400.0;

/// The premium of a listed expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiryQuote<Q> {
    /// When it ends.
    pub expiry: UnixSeconds,
    /// What it costs.
    pub premium: Q,
    /// Whether it can be bought now.
    pub is_available: bool,
}

/// The expiries listed for one size and strike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PremiumByDuration<Q> {
    /// In any order; what has expired is left out.
    pub quotes: Vec<ExpiryQuote<Q>>,
    /// The expiry that is looked at.
    pub chosen: Option<UnixSeconds>,
    /// The chain's time.
    pub now: UnixSeconds,
}

/// Premium against duration: a point for each listed expiry, the chosen one marked, hollow where nothing is sold.
#[must_use]
pub fn premium_by_duration<Q: Quantity>(data: &PremiumByDuration<Q>, frame: &Frame<'_>) -> Chart {
    let live = data.quotes.iter().filter(|quote| quote.expiry > data.now);
    let measure = Measure::for_all(Q::UNIT, live.clone().map(|quote| quote.premium.base_units()));
    let mut quotes: Vec<(UnixSeconds, Value, bool)> =
        live.map(|quote| (quote.expiry, Value::of(quote.premium), quote.is_available)).collect();
    order::by_key(&mut quotes, |(expiry, ..)| *expiry);
    compose(quotes, measure, data.chosen, data.now, frame)
}

fn compose(
    quotes: Vec<(UnixSeconds, Value, bool)>,
    measure: Measure,
    chosen: Option<UnixSeconds>,
    now: UnixSeconds,
    frame: &Frame<'_>,
) -> Chart {
    let title = "Premium by duration".to_owned();
    let mut table = Table::with(["Expiry", "Time left", "Premium", "Available", "Chosen"]);
    for (expiry, premium, is_available) in &quotes {
        table.push([
            expiry.to_string(),
            expiry.since(now).unwrap_or_default().to_string(),
            premium.exact.clone(),
            listings::yes(*is_available),
            listings::yes(chosen == Some(*expiry)),
        ]);
    }
    let (Some(first), Some(last)) = (quotes.first(), quotes.last()) else {
        return Content { title, summary: "No expiry is listed.".to_owned(), table }.said(frame);
    };
    let left = |expiry: UnixSeconds| expiry.since(now).unwrap_or_default();
    let mut summary = format!(
        "The premium goes from {} for {} to {} for {}.",
        measure.spoken(first.1.base_units),
        left(first.0),
        measure.spoken(last.1.base_units),
        left(last.0),
    );
    if quotes.len() == 1 {
        let premium = measure.spoken(first.1.base_units);
        summary = format!("One expiry is listed, {}, at {premium}.", calendar::date(first.0));
    }
    if let Some((expiry, premium, _)) = quotes.iter().find(|quote| chosen == Some(quote.0)) {
        let premium = measure.spoken(premium.base_units);
        summary += &format!(" Chosen: until {} for {premium}.", calendar::date(*expiry));
    }
    summary += &unavailable(quotes.iter().filter(|quote| !quote.2).count(), quotes.len());

    let days = |expiry: UnixSeconds| (plot::seconds(expiry) - plot::seconds(now)) / DAY;
    let domain = Domain::of(quotes.iter().map(|quote| days(quote.0))).unwrap_or(Domain::new(0.0, 1.0));
    let all = quotes.into_iter().map(|(expiry, premium, is_available)| Listing {
        at: days(expiry),
        name: calendar::day(expiry),
        premium,
        is_available,
        is_chosen: chosen == Some(expiry),
    });
    let listings = Listings {
        all: all.collect(),
        base: BaseAxis::numbers("Days until expiry", domain.with_zero().padded(0.0, 0.03)),
        measure,
        mark: None,
    };
    let mut stops = Vec::new();
    let chart = Content { title, summary, table }
        .drawn(frame, listings::height(frame), |sheet| stops = listings::draw(sheet, &listings));
    Chart { stops, ..chart }
}
