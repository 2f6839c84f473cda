//! One figure for each of several things, for reports: by tier and token.

use crate::chart::{Chart, Content, Frame, Table};
use crate::plot::{self, Entry, Sign};
use crate::quantity::{Measure, Quantity, Value};
use crate::scale::{Domain, Scale};
use crate::sheet::{Anchor, Rect, Sheet};

/// The bars of one thing, say of a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarGroup<Q> {
    /// What it is called.
    pub name: String,
    /// One for each of [`Bars::kinds`]; `None`, or missing at the end, where there is no figure.
    pub values: Vec<Option<Q>>,
}

/// Figures of one unit in groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bars<Q> {
    /// What the chart shows.
    pub title: String,
    /// What the bars count, without the unit: `Return over the whole period`.
    pub counted: String,
    /// What the bars of a group are called, in order: say the tokens. From the seventh on colours repeat.
    pub kinds: Vec<String>,
    /// The groups, in order.
    pub groups: Vec<BarGroup<Q>>,
}

struct Group {
    name: String,
    values: Vec<Option<Value>>,
}

const BAR: f64 = 18.0;

/// Bars side by side in groups, each with its figure.
#[must_use]
pub fn bars<Q: Quantity>(bars: &Bars<Q>, frame: &Frame<'_>) -> Chart {
    let groups = bars.groups.iter().map(|group| Group {
        name: group.name.clone(),
        values: (0..bars.kinds.len())
            .map(|kind| group.values.get(kind).copied().flatten().map(Value::of))
            .collect(),
    });
    let groups: Vec<Group> = groups.collect();
    let values = groups.iter().flat_map(|group| group.values.iter().flatten().map(|value| value.base_units));
    let measure = Measure::for_all(Q::UNIT, values);
    compose(bars.title.clone(), &bars.counted, &bars.kinds, &groups, measure, frame)
}

fn compose(
    title: String,
    counted: &str,
    kinds: &[String],
    groups: &[Group],
    measure: Measure,
    frame: &Frame<'_>,
) -> Chart {
    let mut table = Table::with(["Group", "Kind", counted]);
    for group in groups {
        for (kind, value) in kinds.iter().zip(&group.values) {
            let figure = value.as_ref().map_or_else(|| "not known".to_owned(), |value| value.exact.clone());
            table.push([group.name.clone(), kind.clone(), figure]);
        }
    }
    let all = || {
        groups.iter().flat_map(|group| {
            kinds
                .iter()
                .zip(&group.values)
                .filter_map(move |(kind, value)| value.as_ref().map(|value| (group, kind, value)))
        })
    };
    let least = all().min_by_key(|(.., value)| value.base_units);
    let most = all().max_by_key(|(.., value)| value.base_units);
    let (Some(least), Some(most)) = (least, most) else {
        return Content { title, summary: "There are no figures to show.".to_owned(), table }.said(frame);
    };
    let name = |(group, kind, value): (&Group, &String, &Value)| {
        format!("{} ({}, {kind})", measure.spoken(value.base_units), group.name)
    };
    let summary = format!("{counted}: from {} to {}.", name(least), name(most));
    let rows = f64::from(u32::try_from(groups.len() * kinds.len()).unwrap_or(u32::MAX));
    let gaps = f64::from(u32::try_from(groups.len()).unwrap_or(u32::MAX));
    let height = 62.0 + rows * (BAR + 4.0) + gaps * group_head(frame.pixels());
    let axis_title = format!("{counted}, {}", measure.symbol);
    Content { title, summary, table }
        .drawn(frame, height.min(8_000.0), |sheet| draw(sheet, &axis_title, kinds, groups, measure))
}

/// What a group takes besides its bars: its name stands over them where the sheet is narrow.
fn group_head(width: f64) -> f64 {
    if width < 560.0 { 32.0 } else { 16.0 }
}

fn draw(sheet: &mut Sheet<'_>, title: &str, kinds: &[String], groups: &[Group], measure: Measure) {
    let narrow = sheet.bounds.width() < 560.0;
    let palette = sheet.palette;
    let color =
        |kind: usize| palette.series.get(kind % palette.series.len()).copied().unwrap_or(palette.text);
    let values = groups.iter().flat_map(|group| group.values.iter().flatten());
    let Some(domain) = Domain::of(values.clone().map(|value| measure.coordinate(value.base_units))) else {
        return;
    };
    let domain = domain.with_zero();

    let title = sheet.muted(title);
    let baseline = sheet.size + 4.0;
    sheet.write(&title, (plot::MARGIN, baseline), Anchor::Start);
    let legend: Vec<Entry> = kinds
        .iter()
        .enumerate()
        .map(|(kind, text)| Entry { sign: Sign::Area, color: color(kind), text: text.clone() })
        .collect();
    let legend_top = sheet.size + 10.0;
    plot::draw_legend(sheet, plot::fitting(sheet, &legend, 2), legend_top);
    let top = legend_top + plot::legend_rows(sheet, &legend).min(2.0) * sheet.leading() + 8.0;

    let names = groups.iter().map(|group| sheet.strong(group.name.as_str()).width()).fold(0.0, f64::max);
    let figures =
        values.map(|value| sheet.label(measure.short(value.base_units)).width()).fold(0.0, f64::max);
    // A figure stands at the far end of its bar: to the left of a negative one.
    let before = if domain.low < 0.0 { figures + 10.0 } else { 0.0 };
    let names = if narrow { 0.0 } else { names.min(sheet.bounds.width() * 0.3) + 16.0 };
    let left = plot::MARGIN + names + before;
    let right = sheet.bounds.right - plot::MARGIN - if domain.high > 0.0 { figures + 10.0 } else { 0.0 };
    let scale = Scale { domain, from: left, to: right };
    let zero = scale.at(0.0);

    let mut y = top;
    for group in groups {
        let name = sheet.strong(crate::text::elided(
            &group.name,
            if narrow { sheet.bounds.width() - 2.0 * plot::MARGIN } else { names - 8.0 },
            sheet.size,
            crate::text::Weight::Bold,
        ));
        if narrow {
            let baseline = y + sheet.size;
            sheet.write(&name, (plot::MARGIN, baseline), Anchor::Start);
            y += 20.0;
        }
        let first = y;
        for (kind, value) in group.values.iter().enumerate() {
            let middle = y + BAR / 2.0;
            let baseline = sheet.centered(middle);
            match value {
                Some(value) => {
                    let end = scale.at(measure.coordinate(value.base_units));
                    let (low, high) = if end < zero { (end, zero) } else { (zero, end) };
                    // Something is never drawn as nothing.
                    let high = if value.base_units == 0 { high } else { high.max(low + 1.0) };
                    sheet.fill(Rect::new(low, y, high, y + BAR), color(kind));
                    let label = sheet.label(measure.short(value.base_units));
                    let (at, anchor) = if end < zero {
                        (end - 6.0, Anchor::End)
                    } else {
                        (end.max(zero) + 6.0, Anchor::Start)
                    };
                    sheet.write(&label, (at, baseline), anchor);
                }
                None => {
                    let label = sheet.muted("no figure");
                    sheet.write(&label, (zero + 6.0, baseline), Anchor::Start);
                }
            }
            y += BAR + 4.0;
        }
        sheet.line(&[(zero, first - 4.0), (zero, y)], palette.line_control, 1.2);
        if !narrow {
            let baseline = sheet.centered(first.midpoint(y - 4.0));
            sheet.write(&name, (plot::MARGIN, baseline), Anchor::Start);
        }
        y += 14.0;
    }
}
