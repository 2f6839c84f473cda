//! Several figures over time, for reports.

use bithedge_protocol::UnixSeconds;

use crate::calendar;
use crate::chart::{Chart, Content, Frame, Table};
use crate::order;
use crate::plot::{self, BaseAxis, Entry, Plot, Sign, ValueAxis};
use crate::quantity::{Measure, Quantity, Value};
use crate::scale::Domain;
use crate::sheet::{Anchor, Label, Point, Rect, Sheet};
use crate::theme::Color;

/// A figure over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeLine<Q> {
    /// What it is of.
    pub name: String,
    /// In any order; joined by straight lines.
    pub points: Vec<(UnixSeconds, Q)>,
}

/// Figures of one unit over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSeries<Q> {
    /// What the chart shows.
    pub title: String,
    /// What the axis counts, without the unit: `Return since the start`.
    pub counted: String,
    /// The lines; from the seventh on colours and signs repeat.
    pub lines: Vec<TimeLine<Q>>,
}

struct Line {
    name: String,
    points: Vec<(UnixSeconds, Value)>,
}

/// Several lines over time, named at their ends where there is room, otherwise above.
#[must_use]
pub fn time_series<Q: Quantity>(series: &TimeSeries<Q>, frame: &Frame<'_>) -> Chart {
    let lines = series.lines.iter().map(|line| {
        let mut points: Vec<(UnixSeconds, Value)> =
            line.points.iter().map(|(at, quantity)| (*at, Value::of(*quantity))).collect();
        order::by_key(&mut points, |(at, _)| *at);
        Line { name: line.name.clone(), points }
    });
    let lines: Vec<Line> = lines.collect();
    let values = lines.iter().flat_map(|line| line.points.iter().map(|(_, value)| value.base_units));
    let measure = Measure::for_all(Q::UNIT, values);
    compose(series.title.clone(), &series.counted, &lines, measure, frame)
}

fn compose(title: String, counted: &str, lines: &[Line], measure: Measure, frame: &Frame<'_>) -> Chart {
    let mut table = Table::with(["Line", "Time", counted]);
    for line in lines {
        for (at, value) in &line.points {
            table.push([line.name.clone(), at.to_string(), value.exact.clone()]);
        }
    }
    // A line without a point has nothing to be drawn; the words and the table's absence of it say so.
    let drawn: Vec<(usize, &Line)> =
        lines.iter().enumerate().filter(|(_, line)| !line.points.is_empty()).collect();
    let moments = || drawn.iter().flat_map(|(_, line)| line.points.iter().map(|(at, _)| *at));
    let (Some(from), Some(until)) = (moments().min(), moments().max()) else {
        return Content { title, summary: "There are no figures to show.".to_owned(), table }.said(frame);
    };
    let ends = drawn.iter().filter_map(|(_, line)| {
        line.points.last().map(|(_, value)| format!("{} {}", line.name, measure.spoken(value.base_units)))
    });
    let ends: Vec<String> = ends.collect();
    let mut summary = format!(
        "{counted} from {} to {}. At the end: {}.",
        calendar::date(from),
        calendar::date(until),
        ends.join("; ")
    );
    let empty: Vec<&str> =
        lines.iter().filter(|line| line.points.is_empty()).map(|line| line.name.as_str()).collect();
    if !empty.is_empty() {
        summary += &format!(" Without figures: {}.", empty.join(", "));
    }
    let axis_title = format!("{counted}, {}", measure.symbol);
    Content { title, summary, table }.drawn(frame, frame.height(0.36).max(260.0), |sheet| {
        draw(sheet, &drawn, measure, &axis_title, (from, until));
    })
}

fn color(sheet: &Sheet<'_>, index: usize) -> Color {
    let series = &sheet.palette.series;
    series.get(index % series.len()).copied().unwrap_or(sheet.palette.text)
}

fn draw(
    sheet: &mut Sheet<'_>,
    lines: &[(usize, &Line)],
    measure: Measure,
    title: &str,
    (from, until): (UnixSeconds, UnixSeconds),
) {
    let values = lines.iter().flat_map(|(_, line)| line.points.iter());
    let Some(values) = Domain::of(values.map(|(_, value)| measure.coordinate(value.base_units))) else {
        return;
    };
    // Growth is seen against zero, levels are not squeezed by it.
    let values =
        if values.low > 0.0 && values.extent() < values.high * 0.5 { values } else { values.with_zero() };
    let name_width =
        lines.iter().map(|(_, line)| sheet.strong(line.name.as_str()).width()).fold(0.0, f64::max) + 16.0;
    let count = f64::from(u32::try_from(lines.len()).unwrap_or(u32::MAX));
    let bottom = sheet.bounds.bottom - plot::base_height(sheet);
    let direct = name_width <= sheet.bounds.width() * 0.22 && count * sheet.leading() <= bottom - 40.0;
    let legend: Vec<Entry> = lines
        .iter()
        .map(|(index, line)| Entry {
            sign: Sign::Marker(*index),
            color: color(sheet, *index),
            text: line.name.clone(),
        })
        .collect();
    let mut top = plot::title_height(sheet) + 2.0;
    if !direct {
        // Not more legend than chart: what does not fit is in the table.
        let rows = plot::legend_rows(sheet, &legend).min(6.0);
        top += 4.0 + rows * sheet.leading();
    }
    let axis = ValueAxis::new(title, values, bottom - top).trimmed(values.low);
    let left = axis.gutter(sheet);
    let right = sheet.bounds.right - plot::MARGIN - if direct { name_width } else { 8.0 };
    let base = BaseAxis::time(from, until);
    let area = Rect::new(left, top, right, bottom);
    let plot = Plot::new(area, base.domain, axis.domain);
    plot.draw_values(sheet, &axis);
    plot.draw_base(sheet, &base);

    read(sheet, &plot, lines, measure);
    let mut ends = Vec::new();
    for (index, line) in lines {
        let points: Vec<Point> = line
            .points
            .iter()
            .map(|(at, value)| plot.at(plot::seconds(*at), measure.coordinate(value.base_units)))
            .collect();
        let color = color(sheet, *index);
        sheet.line(&points, color, 2.2);
        if let Some(end) = points.last() {
            ends.push((*index, *end, line.name.as_str(), color));
        }
    }
    for (index, end, ..) in &ends {
        let color = color(sheet, *index);
        plot::draw_marker(sheet, *index, *end, color);
    }
    if direct {
        name_ends(sheet, ends, area);
    } else {
        let places = plot::fitting(sheet, &legend, 6);
        plot::draw_legend(sheet, places, 4.0);
    }
}

/// Says at each moment what the lines are at that have a figure of it.
fn read(sheet: &mut Sheet<'_>, plot: &Plot, lines: &[(usize, &Line)], measure: Measure) {
    let mut moments: Vec<UnixSeconds> = Vec::new();
    for (_, line) in lines {
        for (at, _) in &line.points {
            if let Err(place) = moments.binary_search(at) {
                moments.insert(place, *at);
            }
        }
    }
    for at in moments {
        let figures = lines.iter().filter_map(|(_, line)| {
            let place = line.points.binary_search_by_key(&at, |(at, _)| *at).ok()?;
            let (_, value) = line.points.get(place)?;
            Some(format!("{} {}", line.name, measure.spoken(value.base_units)))
        });
        let figures: Vec<String> = figures.collect();
        let text = format!("{}: {}", calendar::date(at), figures.join("; "));
        sheet.read_at(plot.x.at(plot::seconds(at)), text);
    }
}

/// Names the lines at their ends, moved apart where they would touch.
fn name_ends(sheet: &mut Sheet<'_>, mut ends: Vec<(usize, Point, &str, Color)>, area: Rect) {
    ends.sort_by(|one, other| one.1.1.total_cmp(&other.1.1).then(one.0.cmp(&other.0)));
    let step = sheet.leading();
    let mut places: Vec<f64> = ends.iter().map(|(_, (_, y), ..)| *y).collect();
    // Down from the top, then up from the bottom: neighbours end a line apart, inside the plot.
    let mut least = area.top - step / 2.0;
    for place in &mut places {
        *place = place.max(least);
        least = *place + step;
    }
    let mut most = area.bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - step;
    }
    for ((_, _, name, color), y) in ends.into_iter().zip(places) {
        let label = Label { color, ..sheet.strong(name) };
        let baseline = sheet.centered(y);
        sheet.write(&label, (area.right + 10.0, baseline), Anchor::Start);
    }
}
