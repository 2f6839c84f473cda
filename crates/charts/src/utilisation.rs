//! How much of a bucket's assets its promises need, over time.

use bithedge_protocol::{Ppm, UnixSeconds};

use crate::calendar;
use crate::chart::{Chart, Content, Frame, Table};
use crate::listings::above;
use crate::order;
use crate::plot::{self, BaseAxis, Plot, ValueAxis};
use crate::quantity::{Measure, Quantity, Unit, percent};
use crate::scale::Domain;
use crate::sheet::{Anchor, Label, Point, Rect, Sheet};

/// The utilisation from a moment on, until the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtilisationPoint {
    /// When.
    pub at: UnixSeconds,
    /// Collateral needed, as a part of what backs sales.
    pub ratio: Ppm,
}

/// The utilisation of one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utilisation {
    /// The bucket, as `Balanced, sBTC`.
    pub name: String,
    /// In any order.
    pub points: Vec<UtilisationPoint>,
    /// Where sales stop.
    pub limit: Ppm,
}

/// Utilisation over time, with the limit at which sales stop.
#[must_use]
pub fn utilisation(data: &Utilisation, frame: &Frame<'_>) -> Chart {
    let title = format!("Utilisation: {}", data.name);
    let mut points = data.points.clone();
    order::by_key(&mut points, |point| point.at);
    let mut table = Table::with(["From", "Utilisation", "Limit"]);
    for point in &points {
        table.push([point.at.to_string(), point.ratio.to_string(), data.limit.to_string()]);
    }
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        let summary = "Nothing is known of the utilisation yet.".to_owned();
        return Content { title, summary, table }.said(frame);
    };
    let highest = points.iter().max_by_key(|point| point.ratio).unwrap_or(last);
    let mut summary = format!(
        "{} are used on {}; sales stop at {}.",
        percent(last.ratio),
        calendar::date(last.at),
        percent(data.limit)
    );
    if points.len() > 1 {
        summary += &format!(
            " The most since {} were {} on {}.",
            calendar::date(first.at),
            percent(highest.ratio),
            calendar::date(highest.at)
        );
    }
    Content { title, summary, table }
        .drawn(frame, frame.height(0.3), |sheet| draw(sheet, &points, data.limit))
}

fn draw(sheet: &mut Sheet<'_>, points: &[UtilisationPoint], limit: Ppm) {
    let palette = sheet.palette;
    let measure = Measure::of(Unit::Ratio, 0);
    let value = |ratio: Ppm| measure.coordinate(Quantity::base_units(ratio));
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
    let highest = points.iter().map(|point| point.ratio).max().unwrap_or_default().max(limit);
    let domain = Domain::new(0.0, value(highest).max(100.0));
    let top = plot::title_height(sheet) + 2.0;
    let bottom = sheet.bounds.bottom - plot::base_height(sheet);
    let axis = ValueAxis::new("Used, % of what backs sales", domain, bottom - top);
    let left = axis.gutter(sheet);
    let now = sheet.strong(percent(last.ratio));
    let right = sheet.bounds.right - plot::MARGIN - now.width() - 14.0;
    let base = BaseAxis::time(first.at, last.at);
    let area = Rect::new(left, top, right, bottom);
    let plot = Plot::new(area, base.domain, axis.domain);

    let mut line: Vec<Point> = Vec::with_capacity(points.len() * 2);
    for point in points {
        let next = plot.at(plot::seconds(point.at), value(point.ratio));
        // It holds until it changes.
        line.extend(line.last().map(|before| (next.0, before.1)));
        line.push(next);
    }
    let base_line = plot.y.at(0.0);
    let corners = line.last().map(|point| (point.0, base_line)).into_iter();
    let corners = corners.chain(line.first().map(|point| (point.0, base_line)));
    let filled: Vec<Point> = line.iter().copied().chain(corners).collect();
    sheet.polygon(&filled, palette.accent_soft);
    plot.draw_values(sheet, &axis);
    plot.draw_base(sheet, &base);
    let ceiling = plot.y.at(value(limit));
    let limit_line = [(area.left, ceiling), (area.right, ceiling)];
    sheet.dashes(&limit_line, palette.warning, 1.6);
    sheet.avoid(&limit_line);
    sheet.line(&line, palette.accent, 2.2);
    sheet.avoid(&line);

    let end = line.last().copied().unwrap_or(area.center());
    sheet.disc(end, 3.5, palette.accent);
    let baseline = sheet.centered(end.1);
    sheet.write(&now, (end.0 + 8.0, baseline), Anchor::Start);
    let words = Label { color: palette.warning, ..sheet.label(format!("Limit {}", percent(limit))) };
    let (over, under) = (ceiling - 5.0, ceiling + sheet.size + 2.0);
    let beside = sheet.centered(ceiling);
    sheet.place_over(
        &words,
        &[
            ((area.left + 6.0, over), Anchor::Start),
            ((area.left + 6.0, under), Anchor::Start),
            ((area.right, over), Anchor::End),
            ((area.right, under), Anchor::End),
            ((area.center().0, over), Anchor::Middle),
            ((area.center().0, under), Anchor::Middle),
            ((area.right + 6.0, beside), Anchor::Start),
        ],
    );
    let peak = points.iter().max_by_key(|point| point.ratio).filter(|peak| peak.ratio > last.ratio);
    if let Some(peak) = peak {
        let center = plot.at(plot::seconds(peak.at), value(peak.ratio));
        sheet.disc(center, 3.5, palette.accent);
        const YEAR: u64 = 31_536_000;
        let long = last.at.get().saturating_sub(first.at.get()) > YEAR;
        let when = if long { calendar::date(peak.at) } else { calendar::day(peak.at) };
        let label = sheet.label(format!("{}, {when}", percent(peak.ratio)));
        sheet.place(&label, &above(center, sheet.size));
    }
}
