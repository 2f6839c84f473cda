//! How far a provider's collateral is from the thresholds.

use bithedge_protocol::Ppm;
use bithedge_protocol::risk::{HealthThresholds, Standing};

use crate::chart::{Chart, Content, Frame, Table};
use crate::plot::{self};
use crate::quantity::{Measure, Quantity, Unit, percent, percent_down};
use crate::scale::{Domain, Scale};
use crate::sheet::{Anchor, Label, Rect, Sheet};
use crate::theme::{Color, Palette};

/// A provider's collateral against what is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthGauge {
    /// Collateral over what is needed; `None` if nothing is needed.
    pub ratio: Option<Ppm>,
    /// Below which ratios the statuses begin; one of zero has no status.
    pub thresholds: HealthThresholds,
}

/// A status and the ratios at which it holds.
struct Zone {
    standing: Standing,
    /// From here on.
    low: Ppm,
    /// Up to, and without, here.
    high: Option<Ppm>,
}

const fn words(standing: Standing) -> &'static str {
    match standing {
        Standing::Healthy => "Healthy",
        Standing::Warning => "Warning",
        Standing::MarginCall => "Margin call",
        Standing::Liquidating => "Taken over",
    }
}

/// The area of a status and the text on it.
const fn colors(palette: &Palette, standing: Standing) -> (Color, Color) {
    match standing {
        Standing::Healthy => (palette.accent_soft, palette.accent),
        Standing::Warning => (palette.info_soft, palette.info),
        Standing::MarginCall => (palette.warning_soft, palette.warning),
        Standing::Liquidating => (palette.danger_soft, palette.danger),
    }
}

/// The statuses that there are, the worst first.
fn zones(thresholds: &HealthThresholds) -> Vec<Zone> {
    let steps = [
        (Standing::Liquidating, thresholds.liquidation),
        (Standing::MarginCall, thresholds.margin_call),
        (Standing::Warning, thresholds.warning),
    ];
    let mut zones = Vec::new();
    let mut low = Ppm::ZERO;
    for (standing, high) in steps {
        if high > low {
            zones.push(Zone { standing, low, high: Some(high) });
            low = high;
        }
    }
    zones.push(Zone { standing: Standing::Healthy, low, high: None });
    zones
}

/// The ratio on a scale of statuses.
#[must_use]
pub fn health_gauge(gauge: &HealthGauge, frame: &Frame<'_>) -> Chart {
    let title = "Collateral health".to_owned();
    let zones = zones(&gauge.thresholds);
    let mut table = Table::with(["Status", "Collateral over what is needed", "Now"]);
    let standing = gauge.ratio.map_or(Standing::Healthy, |ratio| gauge.thresholds.standing(ratio));
    for zone in &zones {
        let now = if zone.standing == standing {
            gauge.ratio.map_or_else(|| "nothing is needed".to_owned(), |ratio| ratio.to_string())
        } else {
            String::new()
        };
        table.push([words(zone.standing).to_owned(), range(zone), now]);
    }
    let Some(ratio) = gauge.ratio else {
        let summary = "Healthy: no collateral is needed now.".to_owned();
        return Content { title, summary, table }
            .drawn(frame, height(&zones, frame), |sheet| draw(sheet, gauge, &zones));
    };
    let next = zones.iter().rev().find(|zone| zone.high.is_some_and(|high| high <= ratio));
    let distance = match next.and_then(|zone| zone.high.map(|high| (zone, high))) {
        Some((zone, high)) => format!(" {} begins below {}.", words(zone.standing), percent(high)),
        None => String::new(),
    };
    let summary =
        format!("{}: collateral is {} of what is needed.{distance}", words(standing), percent_down(ratio));
    Content { title, summary, table }.drawn(frame, height(&zones, frame), |sheet| draw(sheet, gauge, &zones))
}

/// The ratios of a zone in words.
fn range(zone: &Zone) -> String {
    match zone.high {
        None => format!("{} and more", percent(zone.low)),
        Some(high) if zone.low == Ppm::ZERO => format!("below {}", percent(high)),
        Some(high) => format!("{} to {}", percent(zone.low), percent(high)),
    }
}

fn is_listed(frame_width: f64) -> bool {
    frame_width < 560.0
}

fn height(zones: &[Zone], frame: &Frame<'_>) -> f64 {
    let list = if is_listed(frame.pixels()) {
        12.0 + f64::from(u32::try_from(zones.len()).unwrap_or(0)) * 22.0
    } else {
        0.0
    };
    124.0 + list
}

fn draw(sheet: &mut Sheet<'_>, gauge: &HealthGauge, zones: &[Zone]) {
    let palette = sheet.palette;
    let measure = Measure::of(Unit::Ratio, 0);
    let value = |ratio: Ppm| measure.coordinate(Quantity::base_units(ratio));
    let standing = gauge.ratio.map_or(Standing::Healthy, |ratio| gauge.thresholds.standing(ratio));
    let (left, right) = (plot::MARGIN, sheet.bounds.right - plot::MARGIN);
    let scale = Scale { domain: domain(zones, &value), from: left, to: right };
    let (top, bottom) = (58.0, 86.0);

    for zone in zones {
        let start = scale.kept(value(zone.low));
        let end = zone.high.map_or(right, |high| scale.kept(value(high)));
        let start = if zone.low == Ppm::ZERO { left } else { start };
        let (area, ink) = colors(palette, zone.standing);
        sheet.fill(Rect::new(start, top, end, bottom), area);
        sheet.line(&[(start, bottom), (end, bottom)], ink, 3.0);
        let label = Label { color: ink, ..sheet.label(words(zone.standing)) };
        if !is_listed(sheet.bounds.width()) && label.width() + 12.0 <= end - start {
            let baseline = sheet.centered(top.midpoint(bottom));
            sheet.write(&label, (start.midpoint(end), baseline), Anchor::Middle);
        }
        if let Some(high) = zone.high {
            sheet.line(&[(end, top - 4.0), (end, bottom + 5.0)], palette.line_control, 1.2);
            let baseline = bottom + 8.0 + sheet.size;
            let label = sheet.muted(percent(high));
            let half = label.width() / 2.0;
            let center = end.clamp(half, sheet.bounds.right - half);
            sheet.place(&label, &[((center, baseline), Anchor::Middle)]);
        }
    }
    draw_pointer(sheet, gauge.ratio, standing, &scale, &value, top);
    if is_listed(sheet.bounds.width()) {
        list(sheet, zones, standing, bottom + 38.0);
    }
}

/// From somewhat below the lowest threshold to as far above the highest, so that the statuses between are wide enough
/// to read. The pointer stays at an end for what lies beyond.
fn domain(zones: &[Zone], value: &impl Fn(Ppm) -> f64) -> Domain {
    let thresholds = zones.iter().filter_map(|zone| zone.high).map(value);
    let bounds = Domain::of(thresholds.clone()).unwrap_or(Domain::new(0.0, 200.0));
    let alone = thresholds.count() <= 1;
    let room = if alone { bounds.high * 0.25 } else { bounds.extent() };
    Domain::new((bounds.low - room * 0.6).max(0.0), bounds.high + room)
}

fn draw_pointer(
    sheet: &mut Sheet<'_>,
    ratio: Option<Ppm>,
    standing: Standing,
    scale: &Scale,
    value: &impl Fn(Ppm) -> f64,
    top: f64,
) {
    let palette = sheet.palette;
    let (_, ink) = colors(palette, standing);
    let (x, beyond, text) = match ratio {
        Some(ratio) => {
            let at = value(ratio);
            (
                scale.kept(at),
                !scale.domain.contains(at),
                format!("{} · {}", percent_down(ratio), words(standing)),
            )
        }
        None => (scale.to, true, format!("{} · nothing is needed", words(standing))),
    };
    let tip = top - 4.0;
    if beyond && x > scale.from {
        // Past the right end: an arrow that goes on.
        sheet.polygon(&[(x, tip - 6.0), (x - 10.0, tip - 12.0), (x - 10.0, tip)], ink);
    } else if beyond {
        sheet.polygon(&[(x, tip - 6.0), (x + 10.0, tip - 12.0), (x + 10.0, tip)], ink);
    } else {
        sheet.polygon(&[(x, tip), (x - 6.5, tip - 11.0), (x + 6.5, tip - 11.0)], ink);
    }
    let label = Label { color: ink, size: sheet.size + 3.0, ..sheet.strong(text) };
    let half = label.width() / 2.0;
    let center =
        x.clamp(plot::MARGIN + half, (sheet.bounds.right - plot::MARGIN - half).max(plot::MARGIN + half));
    sheet.write(&label, (center, tip - 20.0), Anchor::Middle);
}

/// The statuses one below the other, the present one pointed out.
fn list(sheet: &mut Sheet<'_>, zones: &[Zone], standing: Standing, top: f64) {
    let mut middle = top;
    for zone in zones.iter().rev() {
        let (area, ink) = colors(sheet.palette, zone.standing);
        let square = Rect::new(plot::MARGIN, middle - 6.0, plot::MARGIN + 14.0, middle + 6.0);
        sheet.fill(square, area);
        sheet.line(&[(square.left, square.bottom), (square.right, square.bottom)], ink, 3.0);
        let is_now = zone.standing == standing;
        let (name, range) = (words(zone.standing), range(zone));
        let (name, range) = if is_now {
            (sheet.strong(name), sheet.strong(range))
        } else {
            (sheet.label(name), sheet.muted(range))
        };
        let baseline = sheet.centered(middle);
        sheet.write(&name, (plot::MARGIN + 22.0, baseline), Anchor::Start);
        let right = sheet.bounds.right - plot::MARGIN;
        sheet.write(&range, (right, baseline), Anchor::End);
        middle += 22.0;
    }
}
