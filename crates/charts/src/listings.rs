//! Premiums of listed series as points: what the charts against strike and against duration share.

use crate::chart::Frame;
use crate::plot::{self, BaseAxis, Entry, Mark, Marks, Plot, Sign, ValueAxis};
use crate::quantity::{Measure, Value};
use crate::scale::Domain;
use crate::sheet::{self, Anchor, Point, Rect, Sheet};

/// A listed series.
pub(crate) struct Listing {
    /// Where it is on the base.
    pub(crate) at: f64,
    /// What it is called beside its point.
    pub(crate) name: String,
    pub(crate) premium: Value,
    pub(crate) is_available: bool,
    pub(crate) is_chosen: bool,
}

/// Everything that is drawn.
pub(crate) struct Listings {
    /// In the order of the base.
    pub(crate) all: Vec<Listing>,
    pub(crate) base: BaseAxis,
    pub(crate) measure: Measure,
    /// A mark on the base, with its label.
    pub(crate) mark: Option<(f64, String)>,
}

pub(crate) fn height(frame: &Frame<'_>) -> f64 {
    frame.height(0.34).max(240.0)
}

/// `yes` or `no`, for tables.
pub(crate) fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

/// Draws them, and says where they are: whole pixels from the left.
pub(crate) fn draw(sheet: &mut Sheet<'_>, listings: &Listings) -> Vec<u32> {
    let palette = sheet.palette;
    let measure = listings.measure;
    let value = |listing: &Listing| measure.coordinate(listing.premium.base_units);
    let Some(values) = Domain::of(listings.all.iter().map(value)) else { return Vec::new() };
    let values = values.with_zero();

    let mut legend = Vec::new();
    if listings.all.iter().any(|one| one.is_chosen) {
        legend.push(Entry { sign: Sign::Target, color: palette.accent, text: "Chosen".to_owned() });
    }
    legend.push(Entry { sign: Sign::Disc, color: palette.accent, text: "On offer".to_owned() });
    if listings.all.iter().any(|one| !one.is_available) {
        legend.push(Entry { sign: Sign::Ring, color: palette.text_muted, text: "Not available".to_owned() });
    }
    let legend_height = plot::legend_rows(sheet, &legend) * sheet.leading();
    let top = 4.0 + legend_height + plot::title_height(sheet) + 2.0;
    let bottom = sheet.bounds.bottom - plot::base_height(sheet);
    let lower_top = top + sheet.leading();
    let title = sheet.muted(format!("Premium, {}", measure.symbol));
    let axis = |top: f64| ValueAxis::new("", values, bottom - top);
    let left = axis(top).gutter(sheet).max(axis(lower_top).gutter(sheet));
    let right = sheet.bounds.right - plot::MARGIN - 8.0;
    let x = crate::scale::Scale { domain: listings.base.domain, from: left, to: right };
    let marks = listings.mark.iter().map(|(value, text)| Mark {
        value: *value,
        label: sheet.label(text.as_str()),
        color: palette.info,
        is_dashed: true,
    });
    let marks = Marks::arranged(sheet, &x, marks.collect());
    // The title of the values has a row of its own if the mark's label is at the left.
    let title_row = marks.row_beside(&x, title.width());
    let (top, title_up) = if title_row == 0 { (top, 0.0) } else { (lower_top, sheet.leading()) };
    let axis = axis(top);
    let area = Rect::new(left, top, right, bottom);
    let plot = Plot::new(area, listings.base.domain, axis.domain);

    plot.draw_values(sheet, &axis);
    sheet.write(&title, (plot::MARGIN, area.top - sheet.size * 0.8 - title_up), Anchor::Start);
    plot.draw_base(sheet, &listings.base);
    plot::draw_legend(sheet, &legend, 4.0);
    marks.draw(sheet, &plot);
    let points: Vec<Point> = listings.all.iter().map(|one| plot.at(one.at, value(one))).collect();
    let stops = points.iter().map(|(x, _)| sheet::pixels(*x)).collect();
    sheet.line(&points, palette.text_muted, 1.2);
    sheet.avoid(&points);
    for (listing, point) in listings.all.iter().zip(&points) {
        let (x, y) = *point;
        let not = if listing.is_available { "" } else { ", not on offer" };
        sheet.read_at(x, format!("{}: {}{not}", listing.name, measure.spoken(listing.premium.base_units)));
        sheet.reserve(Rect::new(x - 5.0, y - 5.0, x + 5.0, y + 5.0));
        match (listing.is_available, listing.is_chosen) {
            (true, false) => sheet.disc(*point, 4.5, palette.accent),
            (false, false) => sheet.ring(*point, 4.5, palette.text_muted, 1.5),
            (true, true) => plot::draw_target(sheet, *point, palette.accent),
            // Chosen while it was on offer: still pointed out, and hollow.
            (false, true) => {
                sheet.ring(*point, 7.5, palette.accent, 2.0);
                sheet.ring(*point, 4.0, palette.text_muted, 1.5);
            }
        }
    }
    for (listing, (x, y)) in listings.all.iter().zip(points).filter(|(listing, _)| listing.is_chosen) {
        let text = format!("{}: {}", listing.name, measure.short_with_unit(listing.premium.base_units));
        let (long, short) =
            (sheet.strong(text), sheet.strong(measure.short_with_unit(listing.premium.base_units)));
        let places = around((x, y), sheet.size);
        let _ =
            sheet.place(&long, &places) || sheet.place(&short, &places) || sheet.place_over(&long, &places);
    }
    stops
}

const DISTANCES: [f64; 4] = [12.0, 26.0, 44.0, 66.0];

/// Places for a label at a point, near ones first.
pub(crate) fn around(point: Point, size: f64) -> Vec<(Point, Anchor)> {
    DISTANCES
        .into_iter()
        .flat_map(|distance| {
            let (above, below) = (above_by(point, distance), below_by(point, size, distance));
            above.into_iter().chain(below).chain(beside_by(point, size, distance))
        })
        .collect()
}

/// Places for the label of a peak: above it, then elsewhere.
pub(crate) fn above(point: Point, size: f64) -> Vec<(Point, Anchor)> {
    DISTANCES.into_iter().flat_map(|distance| above_by(point, distance)).chain(around(point, size)).collect()
}

/// Places for the label of a trough: below it, then elsewhere.
pub(crate) fn below(point: Point, size: f64) -> Vec<(Point, Anchor)> {
    let below = DISTANCES.into_iter().take(2).flat_map(|distance| below_by(point, size, distance));
    below.chain(around(point, size)).collect()
}

fn above_by((x, y): Point, distance: f64) -> [(Point, Anchor); 3] {
    let y = y - distance;
    [((x, y), Anchor::Middle), ((x + 6.0, y), Anchor::Start), ((x - 6.0, y), Anchor::End)]
}

fn below_by((x, y): Point, size: f64, distance: f64) -> [(Point, Anchor); 3] {
    let y = y + distance + size * 0.76;
    [((x, y), Anchor::Middle), ((x + 6.0, y), Anchor::Start), ((x - 6.0, y), Anchor::End)]
}

fn beside_by((x, y): Point, size: f64, distance: f64) -> [(Point, Anchor); 2] {
    let y = y + size * 0.36;
    [((x + distance, y), Anchor::Start), ((x - distance, y), Anchor::End)]
}
