//! Charts of BitHedge as SVG documents with a text alternative and the figures behind them.
//!
//! Every chart is a function of its data and a [`Frame`] (width, theme, identifier). It gives a [`Chart`] for any data:
//! where there is nothing to draw the picture says so in words. The same input gives the same bytes natively and in
//! WebAssembly: text is measured by a table, not by a font or a page, and no function is used whose last digit depends
//! on the platform.
//!
//! Amounts come in the units of `bithedge_protocol`; a coordinate is the only thing that is ever a floating-point
//! number. Labels in a picture are rounded, tables are exact.

mod bars;
mod calendar;
mod chart;
mod health;
mod ladder;
mod listings;
mod log_axis;
mod number;
mod order;
mod payoff;
mod plot;
mod premium_by_duration;
mod premium_by_strike;
mod price_history;
mod quantity;
mod scale;
mod sheet;
mod stress;
mod svg;
mod text;
mod theme;
mod time_series;
mod utilisation;
mod yield_history;

pub use bars::{BarGroup, Bars, bars};
pub use chart::{Chart, Frame, Reading, Table};
pub use health::{HealthGauge, health_gauge};
pub use ladder::{ExpiryLadder, LadderRung, expiry_ladder};
pub use payoff::{Payoff, payoff};
pub use premium_by_duration::{ExpiryQuote, PremiumByDuration, premium_by_duration};
pub use premium_by_strike::{PremiumByStrike, StrikeQuote, premium_by_strike};
pub use price_history::{PolicyOutcome, PolicySpan, PriceHistory, PricePoint, price_history};
pub use quantity::{Quantity, Unit};
pub use stress::{StressMap, StressedWith, stress_map};
pub use theme::{Color, Palette, Theme};
pub use time_series::{TimeLine, TimeSeries, time_series};
pub use utilisation::{Utilisation, UtilisationPoint, utilisation};
pub use yield_history::{YieldClose, YieldHistory, yield_history};

/// The width in pixels that a text of `size` pixels is given room for: no face of the window's list is wider.
#[must_use]
pub fn text_width(text: &str, size: f64, is_bold: bool) -> f64 {
    text::width(text, size, if is_bold { text::Weight::Bold } else { text::Weight::Regular })
}
