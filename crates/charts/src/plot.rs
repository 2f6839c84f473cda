//! Axes, grids, and what several charts draw on them.

use bithedge_protocol::UnixSeconds;

use crate::calendar;
use crate::scale::{self, Domain, Fit, Scale, Tick};
use crate::sheet::{Anchor, Label, Point, Rect, Sheet};

/// From the labels of an axis to the plot.
const GAP: f64 = 8.0;
/// Between the sheet's edge and what is on it.
pub(crate) const MARGIN: f64 = 8.0;

/// A vertical axis of values.
#[derive(Clone, Debug)]
pub(crate) struct ValueAxis {
    pub(crate) title: String,
    pub(crate) domain: Domain,
    pub(crate) ticks: Vec<Tick>,
}

impl ValueAxis {
    /// An axis for a plot so high, with round numbers at both ends.
    pub(crate) fn new(title: impl Into<String>, domain: Domain, height: f64) -> Self {
        let (ticks, domain) = scale::ticks(domain, ticks_for(height, 46.0, 7), Fit::Outwards);
        Self { title: title.into(), domain, ticks }
    }

    /// Without a lowest interval that values from `low` on would hardly enter: a return of -5 beside one of 2,000 needs no room down
    /// to -1,000.
    pub(crate) fn trimmed(mut self, low: f64) -> Self {
        if let [lowest, next, ..] = self.ticks.as_slice()
            && next.value - low < 0.25 * (next.value - lowest.value)
            && self.ticks.len() > 2
        {
            self.domain = Domain::new(low.min(next.value) - self.domain.extent() * 0.02, self.domain.high);
            self.ticks.remove(0);
        }
        self
    }

    /// The space that its labels need to the left of the plot.
    pub(crate) fn gutter(&self, sheet: &Sheet<'_>) -> f64 {
        let widths = self.ticks.iter().map(|tick| sheet.muted(tick.label.as_str()).width());
        MARGIN + GAP + widths.fold(0.0, f64::max)
    }
}

/// How many ticks suit an extent in pixels, one every `distance`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small positive number of ticks"
)]
pub(crate) fn ticks_for(extent: f64, distance: f64, most: usize) -> usize {
    ((extent / distance) as usize + 1).clamp(3, most)
}

/// A horizontal axis.
#[derive(Clone, Debug)]
pub(crate) struct BaseAxis {
    pub(crate) title: String,
    pub(crate) domain: Domain,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Number,
    Time(UnixSeconds, UnixSeconds),
}

impl BaseAxis {
    /// An axis of numbers, which shows just `domain`.
    pub(crate) fn numbers(title: impl Into<String>, domain: Domain) -> Self {
        Self { title: title.into(), domain, kind: Kind::Number }
    }

    /// An axis of time between two moments; if they are the same, from a day before to a day after.
    pub(crate) fn time(from: UnixSeconds, to: UnixSeconds) -> Self {
        const DAY: u64 = 86_400;
        let (from, to) = if from < to {
            (from, to)
        } else {
            let (before, after) = (to.get().saturating_sub(DAY), from.get().saturating_add(DAY));
            (UnixSeconds::new(before), UnixSeconds::new(after))
        };
        let domain = Domain::new(seconds(from), seconds(to));
        Self { title: calendar::axis_title(from, to), domain, kind: Kind::Time(from, to) }
    }

    /// The most ticks whose labels have room on `scale`.
    fn ticks(&self, sheet: &Sheet<'_>, scale: &Scale) -> Vec<Tick> {
        let most = ticks_for(scale.to - scale.from, 64.0, 12);
        let candidates = (2..=most).map(|count| self.round(count));
        let fitting = candidates.filter(|ticks| has_room(sheet, ticks, scale)).max_by_key(Vec::len);
        fitting.unwrap_or_default()
    }

    fn round(&self, most: usize) -> Vec<Tick> {
        match self.kind {
            Kind::Number => scale::ticks(self.domain, most, Fit::Inside).0,
            Kind::Time(from, to) => calendar::ticks(from, to, most)
                .into_iter()
                .map(|tick| Tick { value: seconds(tick.at), label: tick.label })
                .collect(),
        }
    }
}

/// Where a moment is on an axis.
#[allow(clippy::cast_precision_loss, reason = "a coordinate; seconds are exact to 2^53")]
pub(crate) fn seconds(at: UnixSeconds) -> f64 {
    at.get() as f64
}

fn has_room(sheet: &Sheet<'_>, ticks: &[Tick], scale: &Scale) -> bool {
    let bounds = |tick: &Tick| {
        let half = sheet.muted(tick.label.as_str()).width() / 2.0;
        let center = tick_center(sheet, scale.at(tick.value), half);
        (center - half, center + half)
    };
    ticks.windows(2).all(|pair| match pair {
        [left, right] => bounds(left).1 + 12.0 <= bounds(right).0,
        _ => true,
    })
}

/// The label of a tick near the sheet's edge moves in.
fn tick_center(sheet: &Sheet<'_>, center: f64, half: f64) -> f64 {
    let (first, last) = (MARGIN / 2.0 + half, sheet.bounds.right - MARGIN / 2.0 - half);
    center.min(last).max(first)
}

/// A drawn pair of axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plot {
    pub(crate) area: Rect,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
}

impl Plot {
    /// The scales of a plot that fills `area`.
    pub(crate) fn new(area: Rect, x: Domain, y: Domain) -> Self {
        let x = Scale { domain: x, from: area.left, to: area.right };
        let y = Scale { domain: y, from: area.bottom, to: area.top };
        Self { area, x, y }
    }

    pub(crate) fn at(&self, x: f64, y: f64) -> Point {
        (self.x.at(x), self.y.at(y))
    }

    /// Lines across at the ticks of `axis`, their labels, and its title above them.
    pub(crate) fn draw_values(&self, sheet: &mut Sheet<'_>, axis: &ValueAxis) {
        let palette = sheet.palette;
        for tick in &axis.ticks {
            let y = self.y.at(tick.value);
            let color = if is_zero(tick.value) { palette.line_control } else { palette.line };
            sheet.line(&[(self.area.left, y), (self.area.right, y)], color, 1.0);
            let label = sheet.muted(tick.label.as_str());
            let baseline = sheet.centered(y);
            sheet.write(&label, (self.area.left - GAP, baseline), Anchor::End);
        }
        if !axis.title.is_empty() {
            let title = sheet.muted(axis.title.as_str());
            let baseline = self.area.top - sheet.size * 0.9;
            sheet.write(&title, (MARGIN, baseline), Anchor::Start);
        }
    }

    /// The base line with the ticks of `axis`, their labels, and its title below them.
    pub(crate) fn draw_base(&self, sheet: &mut Sheet<'_>, axis: &BaseAxis) {
        let color = sheet.palette.line_control;
        let bottom = self.area.bottom;
        let line = [(self.area.left, bottom), (self.area.right, bottom)];
        sheet.line(&line, color, 1.0);
        sheet.avoid(&line);
        let baseline = bottom + 7.0 + sheet.size;
        for tick in axis.ticks(sheet, &self.x) {
            let x = self.x.at(tick.value);
            sheet.line(&[(x, bottom), (x, bottom + 4.0)], color, 1.0);
            let label = sheet.muted(tick.label);
            let center = tick_center(sheet, x, label.width() / 2.0);
            sheet.write(&label, (center, baseline), Anchor::Middle);
        }
        let title = sheet.muted(axis.title.as_str());
        sheet.write(&title, (self.area.right, baseline + sheet.leading() + 2.0), Anchor::End);
    }
}

/// The space that ticks, their labels and the title of a base axis need.
pub(crate) fn base_height(sheet: &Sheet<'_>) -> f64 {
    7.0 + sheet.size + sheet.leading() + 2.0 + sheet.size * 0.3 + 4.0
}

/// The space that the title of a value axis needs above the plot.
pub(crate) fn title_height(sheet: &Sheet<'_>) -> f64 {
    sheet.size * 2.0 + 2.0
}

pub(crate) fn is_zero(value: f64) -> bool {
    value.abs() < f64::MIN_POSITIVE
}

/// A sign that stands for something in a legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Line,
    Dashes,
    Area,
    Disc,
    Ring,
    Target,
    Marker(usize),
}

/// An entry of a legend.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) sign: Sign,
    pub(crate) color: crate::theme::Color,
    pub(crate) text: String,
}

const SIGN: f64 = 18.0;

/// How many rows a legend takes between the margins.
pub(crate) fn legend_rows(sheet: &Sheet<'_>, entries: &[Entry]) -> f64 {
    f64::from(flow(sheet, entries).last().map_or(0, |(row, _)| row + 1))
}

/// Row and left edge of each entry.
fn flow(sheet: &Sheet<'_>, entries: &[Entry]) -> Vec<(u32, f64)> {
    let mut places = Vec::with_capacity(entries.len());
    let (mut row, mut left) = (0, MARGIN);
    for entry in entries {
        let width = SIGN + 6.0 + sheet.label(entry.text.as_str()).width();
        if left > MARGIN && left + width > sheet.bounds.right - MARGIN {
            row += 1;
            left = MARGIN;
        }
        places.push((row, left));
        left += width + 18.0;
    }
    places
}

/// The entries of a legend that stand in its first `rows` rows.
pub(crate) fn fitting<'e>(sheet: &Sheet<'_>, entries: &'e [Entry], rows: u32) -> &'e [Entry] {
    let count = flow(sheet, entries).iter().take_while(|(row, _)| *row < rows).count();
    entries.get(..count).unwrap_or_default()
}

/// Draws a legend whose first row is centred `top` + half a line down.
pub(crate) fn draw_legend(sheet: &mut Sheet<'_>, entries: &[Entry], top: f64) {
    for (entry, (row, left)) in entries.iter().zip(flow(sheet, entries)) {
        let middle = top + sheet.leading() * (f64::from(row) + 0.5);
        draw_sign(sheet, entry, (left, middle));
        let limit = sheet.bounds.right - MARGIN / 2.0 - left - SIGN - 6.0;
        let words = crate::text::elided(&entry.text, limit, sheet.size, crate::text::Weight::Regular);
        let label = sheet.label(words);
        let baseline = sheet.centered(middle);
        sheet.write(&label, (left + SIGN + 6.0, baseline), Anchor::Start);
    }
}

fn draw_sign(sheet: &mut Sheet<'_>, entry: &Entry, (left, middle): Point) {
    let line = [(left, middle), (left + SIGN, middle)];
    let center = (left + SIGN / 2.0, middle);
    match entry.sign {
        Sign::Line => sheet.line(&line, entry.color, 2.5),
        Sign::Dashes => sheet.dashes(&line, entry.color, 2.0),
        Sign::Area => sheet.fill(Rect::new(left, middle - 5.0, left + SIGN, middle + 5.0), entry.color),
        Sign::Disc => sheet.disc(center, 4.5, entry.color),
        Sign::Ring => sheet.ring(center, 4.5, entry.color, 1.5),
        Sign::Target => draw_target(sheet, center, entry.color),
        Sign::Marker(index) => {
            sheet.line(&line, entry.color, 2.5);
            draw_marker(sheet, index, center, entry.color);
        }
    }
}

/// A disc in a ring: the one that is chosen.
pub(crate) fn draw_target(sheet: &mut Sheet<'_>, center: Point, color: crate::theme::Color) {
    sheet.ring(center, 7.5, color, 2.0);
    sheet.disc(center, 4.0, color);
}

/// The sign of the line with this index: shapes differ, so that colour is not alone.
pub(crate) fn draw_marker(sheet: &mut Sheet<'_>, index: usize, (x, y): Point, color: crate::theme::Color) {
    match index % 6 {
        0 => sheet.disc((x, y), 4.5, color),
        1 => sheet.fill(Rect::new(x - 4.0, y - 4.0, x + 4.0, y + 4.0), color),
        2 => sheet.polygon(&[(x, y - 5.5), (x + 5.0, y + 4.0), (x - 5.0, y + 4.0)], color),
        3 => sheet.polygon(&[(x, y - 5.5), (x + 5.5, y), (x, y + 5.5), (x - 5.5, y)], color),
        4 => sheet.ring((x, y), 4.0, color, 2.0),
        _ => sheet.polygon(&[(x, y + 5.5), (x + 5.0, y - 4.0), (x - 5.0, y - 4.0)], color),
    }
}

/// A vertical mark at a value of the base axis.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) value: f64,
    pub(crate) label: Label,
    pub(crate) color: crate::theme::Color,
    pub(crate) is_dashed: bool,
}

/// Where the label of a mark stands: which row above the plot, from the top, and on which side of its line.
type Flag = (usize, Anchor);

const ROWS: usize = 4;
const FLAGS: [Flag; 12] = [
    (3, Anchor::Middle),
    (3, Anchor::Start),
    (3, Anchor::End),
    (2, Anchor::Middle),
    (2, Anchor::Start),
    (2, Anchor::End),
    (1, Anchor::Middle),
    (1, Anchor::Start),
    (1, Anchor::End),
    (0, Anchor::Middle),
    (0, Anchor::Start),
    (0, Anchor::End),
];

/// The marks of a base axis with the rows that their labels take.
pub(crate) struct Marks {
    flags: Vec<(Mark, Flag)>,
    rows: usize,
}

impl Marks {
    /// Finds places for the labels of `marks` along a base: none on another, none on another's line, in as few rows as it
    /// takes. If there are too many the last ones keep only their line.
    pub(crate) fn arranged(sheet: &Sheet<'_>, scale: &Scale, mut marks: Vec<Mark>) -> Self {
        let mut silent = Vec::new();
        loop {
            for rows in 1..=ROWS {
                let mut flags = Vec::with_capacity(marks.len());
                if find_flags(sheet, scale, &marks, rows, &mut flags) {
                    let placed = marks.into_iter().zip(flags);
                    let unplaced = silent.into_iter().map(|mark: Mark| {
                        let label = Label { text: String::new(), ..mark.label };
                        (Mark { label, ..mark }, (ROWS - 1, Anchor::Start))
                    });
                    return Self { flags: placed.chain(unplaced).collect(), rows };
                }
            }
            // No marks at all always have places.
            silent.extend(marks.pop());
        }
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The height of the rows.
    pub(crate) fn height(&self, sheet: &Sheet<'_>) -> f64 {
        f64::from(u32::try_from(self.rows).unwrap_or(0)) * sheet.leading() + sheet.size * 0.5
    }

    /// How many rows up from the plot a text of this width has room at the left edge; above all labels if nowhere else.
    pub(crate) fn row_beside(&self, scale: &Scale, width: f64) -> usize {
        let is_free = |row: &usize| {
            self.flags.iter().filter(|(mark, _)| !mark.label.text.is_empty()).all(|(mark, flag)| {
                let up = ROWS - 1 - flag.0;
                let reaches = MARGIN + width + 8.0;
                let is_clear = span(scale, mark, *flag).0 >= reaches;
                let line_is_clear = up < *row || scale.kept(mark.value) >= reaches;
                if up == *row { is_clear } else { line_is_clear }
            })
        };
        (0..self.rows).find(is_free).unwrap_or(self.rows)
    }

    /// Draws the lines, from their labels down to the base, and the labels.
    pub(crate) fn draw(&self, sheet: &mut Sheet<'_>, plot: &Plot) {
        for (mark, flag) in &self.flags {
            let x = plot.x.kept(mark.value);
            let up = f64::from(u32::try_from(ROWS - 1 - flag.0).unwrap_or(0));
            let baseline = plot.area.top - sheet.size * 0.8 - up * sheet.leading();
            let top = match flag.1 {
                Anchor::Middle => baseline + sheet.size * 0.3,
                Anchor::Start | Anchor::End => baseline - sheet.size * 0.7,
            };
            let top = if mark.label.text.is_empty() { plot.area.top } else { top };
            let line = [(x, top), (x, plot.area.bottom)];
            if mark.is_dashed {
                sheet.dashes(&line, mark.color, 1.3);
            } else {
                sheet.line(&line, mark.color, 1.3);
            }
            sheet.avoid(&line);
        }
        for (mark, flag) in &self.flags {
            if mark.label.text.is_empty() {
                continue;
            }
            let up = f64::from(u32::try_from(ROWS - 1 - flag.0).unwrap_or(0));
            let baseline = plot.area.top - sheet.size * 0.8 - up * sheet.leading();
            let (start, _) = span(&plot.x, mark, *flag);
            sheet.write(&mark.label, (start, baseline), Anchor::Start);
        }
    }
}

/// Extends `flags` by places for the rest of `marks`; whether there are.
fn find_flags(sheet: &Sheet<'_>, scale: &Scale, marks: &[Mark], rows: usize, flags: &mut Vec<Flag>) -> bool {
    let Some(mark) = marks.get(flags.len()) else { return true };
    for flag in FLAGS.into_iter().take(rows * 3) {
        let (start, end) = span(scale, mark, flag);
        let is_inside = start >= 0.0 && end <= sheet.bounds.right;
        let is_free =
            || marks.iter().zip(flags.iter()).all(|(other, at)| !collide(scale, (mark, flag), (other, *at)));
        if is_inside && is_free() {
            flags.push(flag);
            if find_flags(sheet, scale, marks, rows, flags) {
                return true;
            }
            flags.pop();
        }
    }
    false
}

/// From where to where a label reaches.
fn span(scale: &Scale, mark: &Mark, flag: Flag) -> (f64, f64) {
    let x = scale.kept(mark.value);
    let width = mark.label.width();
    match flag.1 {
        Anchor::Start => (x + 5.0, x + 5.0 + width),
        Anchor::End => (x - 5.0 - width, x - 5.0),
        Anchor::Middle => (x - width / 2.0, x + width / 2.0),
    }
}

/// Whether two labels touch, or the line of one runs through the other, which is in a lower row.
fn collide(scale: &Scale, one: (&Mark, Flag), other: (&Mark, Flag)) -> bool {
    let (first, second) = (span(scale, one.0, one.1), span(scale, other.0, other.1));
    if one.1.0 == other.1.0 {
        return first.0 - 8.0 < second.1 && second.0 - 8.0 < first.1
            // Beside each other, a flag must not stand on the other's line.
            || runs_through(scale, one, second)
            || runs_through(scale, other, first);
    }
    if one.1.0 < other.1.0 { runs_through(scale, one, second) } else { runs_through(scale, other, first) }
}

fn runs_through(scale: &Scale, flag: (&Mark, Flag), span: (f64, f64)) -> bool {
    let x = scale.kept(flag.0.value);
    x > span.0 - 3.0 && x < span.1 + 3.0
}
