//! The price of BTC and what was protected of it.

use bithedge_protocol::{UnixSeconds, UsdE8};

use crate::calendar;
use crate::chart::{Chart, Content, Frame, Table};
use crate::log_axis;
use crate::order;
use crate::plot::{self, BaseAxis, Entry, Plot, Sign, ValueAxis};
use crate::quantity::{Measure, Quantity, Unit, usd, usd_label};
use crate::scale::Domain;
use crate::sheet::{Anchor, Label, Point, Rect, Sheet};

/// A price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricePoint {
    /// When.
    pub at: UnixSeconds,
    /// Of one BTC.
    pub price: UsdE8,
}

/// What has become of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyOutcome {
    /// It is in force.
    Running,
    /// It has paid.
    Paid,
    /// It ended without a payout, or was sold back.
    Ended,
}

/// A policy as a level over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicySpan {
    /// When it was bought.
    pub from: UnixSeconds,
    /// When it ends or ended.
    pub until: UnixSeconds,
    /// The price that it protects.
    pub strike: UsdE8,
    /// What has become of it.
    pub outcome: PolicyOutcome,
}

/// Prices and policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceHistory {
    /// In any order.
    pub prices: Vec<PricePoint>,
    /// In any order. One that ends before it begins is left out of the picture.
    pub policies: Vec<PolicySpan>,
}

const fn words(outcome: PolicyOutcome) -> &'static str {
    match outcome {
        PolicyOutcome::Running => "in force",
        PolicyOutcome::Paid => "paid",
        PolicyOutcome::Ended => "ended without a payout",
    }
}

/// The price of BTC over time, and each policy as a line at its strike from its sale to its end.
#[must_use]
pub fn price_history(history: &PriceHistory, frame: &Frame<'_>) -> Chart {
    let title = "BTC price and policies".to_owned();
    let mut prices = history.prices.clone();
    order::by_key(&mut prices, |point| point.at);
    let mut policies = history.policies.clone();
    order::by_key(&mut policies, |policy| (policy.from, policy.until, policy.strike));
    let mut table = Table::with(["From", "Until", "BTC price or strike", "What"]);
    for policy in &policies {
        table.push([
            policy.from.to_string(),
            policy.until.to_string(),
            policy.strike.to_string(),
            format!("policy, {}", words(policy.outcome)),
        ]);
    }
    for point in &prices {
        table.push([point.at.to_string(), point.at.to_string(), point.price.to_string(), "price".to_owned()]);
    }
    let lowest = prices.iter().min_by_key(|point| point.price);
    let highest = prices.iter().max_by_key(|point| point.price);
    let (Some(first), Some(last), Some(lowest), Some(highest)) =
        (prices.first(), prices.last(), lowest, highest)
    else {
        return Content { title, summary: "No price has been reported yet.".to_owned(), table }.said(frame);
    };
    let mut summary = format!("BTC was at {} on {}", usd(last.price), calendar::date(last.at));
    if prices.len() > 1 {
        summary += &format!(
            "; since {} it was between {} and {}",
            calendar::date(first.at),
            usd(lowest.price),
            usd(highest.price)
        );
    }
    summary += ".";
    let count = |outcome| policies.iter().filter(|policy| policy.outcome == outcome).count();
    summary += &match policies.len() {
        0 => " There are no policies.".to_owned(),
        all => format!(
            " Of {all} {}, {} in force, {} paid, {} ended without a payout.",
            if all == 1 { "policy" } else { "policies" },
            be(count(PolicyOutcome::Running)),
            count(PolicyOutcome::Paid),
            count(PolicyOutcome::Ended)
        ),
    };
    Content { title, summary, table }
        .drawn(frame, frame.height(0.36).max(260.0), |sheet| draw(sheet, &prices, &policies))
}

fn be(count: usize) -> String {
    if count == 1 { "1 is".to_owned() } else { format!("{count} are") }
}

fn draw(sheet: &mut Sheet<'_>, prices: &[PricePoint], policies: &[PolicySpan]) {
    let palette = sheet.palette;
    let measure = Measure::of(Unit::Usd, 0);
    let policies: Vec<&PolicySpan> = policies.iter().filter(|policy| policy.from <= policy.until).collect();
    let (Some(first), Some(last)) = (prices.first(), prices.last()) else { return };
    let levels = || prices.iter().map(|point| point.price).chain(policies.iter().map(|policy| policy.strike));
    let straight = |price: UsdE8| measure.coordinate(Quantity::base_units(price));
    let Some(values) = Domain::of(levels().map(straight)) else { return };
    // A level at the very bottom would lie on the base line.
    let values = values.padded(0.05, 0.0).not_negative();
    let from = policies.iter().map(|policy| policy.from).fold(first.at, UnixSeconds::min);
    let until = policies.iter().map(|policy| policy.until).fold(last.at, UnixSeconds::max);

    let mut legend = vec![Entry { sign: Sign::Line, color: palette.text, text: "BTC price".to_owned() }];
    let has = |outcome| policies.iter().any(|policy| policy.outcome == outcome);
    if has(PolicyOutcome::Running) {
        let text = "Strike, in force".to_owned();
        legend.push(Entry { sign: Sign::Line, color: palette.accent, text });
    }
    if has(PolicyOutcome::Paid) {
        legend.push(Entry { sign: Sign::Disc, color: palette.accent, text: "Paid".to_owned() });
    }
    if has(PolicyOutcome::Ended) {
        let text = "Ended without a payout".to_owned();
        legend.push(Entry { sign: Sign::Ring, color: palette.warning, text });
    }
    let top = 4.0 + plot::legend_rows(sheet, &legend) * sheet.leading() + plot::title_height(sheet);
    let bottom = sheet.bounds.bottom - plot::base_height(sheet);
    let (lowest, highest) = (levels().min().unwrap_or_default(), levels().max().unwrap_or_default());
    let steep = log_axis::axis("BTC price, USD", lowest, highest, plot::ticks_for(bottom - top, 34.0, 12));
    let is_steep = steep.is_some();
    let axis = steep.unwrap_or_else(|| ValueAxis::new("BTC price, USD", values, bottom - top));
    let price = |price: UsdE8| {
        let logarithm = if is_steep { log_axis::coordinate(price) } else { None };
        logarithm.unwrap_or_else(|| straight(price))
    };
    let left = axis.gutter(sheet);
    let base = BaseAxis::time(from, until);
    let area = Rect::new(left, top, sheet.bounds.right - plot::MARGIN - 8.0, bottom);
    let plot = Plot::new(area, base.domain, axis.domain);
    plot.draw_values(sheet, &axis);
    plot.draw_base(sheet, &base);
    plot::draw_legend(sheet, &legend, 4.0);

    let line: Vec<Point> =
        prices.iter().map(|point| plot.at(plot::seconds(point.at), price(point.price))).collect();
    for (point, (x, _)) in prices.iter().zip(&line) {
        sheet.read_at(*x, format!("{}: {}", calendar::date(point.at), usd(point.price)));
    }
    sheet.line(&line, palette.text, 1.8);
    sheet.avoid(&line);
    let mut spans = Vec::with_capacity(policies.len());
    for policy in policies {
        let y = plot.y.at(price(policy.strike));
        let span = [(plot.x.at(plot::seconds(policy.from)), y), (plot.x.at(plot::seconds(policy.until)), y)];
        let [start, end] = span;
        let color = if policy.outcome == PolicyOutcome::Ended { palette.warning } else { palette.accent };
        sheet.line(&span, color, 3.0);
        sheet.line(&[(start.0, y - 5.0), (start.0, y + 5.0)], color, 2.0);
        sheet.avoid(&span);
        match policy.outcome {
            PolicyOutcome::Running => sheet.line(&[(end.0, y - 5.0), (end.0, y + 5.0)], color, 2.0),
            PolicyOutcome::Paid => sheet.disc(end, 4.5, color),
            PolicyOutcome::Ended => sheet.ring(end, 4.0, color, 1.8),
        }
        spans.push((start, end, usd_label(policy.strike), color));
    }
    if let Some(end) = line.last().copied().filter(|_| line.len() == 1) {
        sheet.disc(end, 4.0, palette.text);
    }
    for (start, end, text, color) in spans {
        let label = Label { color, ..sheet.label(text) };
        let center = start.0.midpoint(end.0);
        let (above, below) = (start.1 - 8.0, start.1 + 8.0 + sheet.size * 0.76);
        sheet.place(
            &label,
            &[
                ((center, above), Anchor::Middle),
                ((center, below), Anchor::Middle),
                ((start.0, above), Anchor::Start),
                ((start.0, below), Anchor::Start),
                ((end.0, above), Anchor::End),
                ((end.0, below), Anchor::End),
            ],
        );
    }
}
