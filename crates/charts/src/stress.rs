//! What would be left of a bucket if prices were others.

use bithedge_protocol::PpmChange;

use crate::chart::{Chart, Content, Frame, Table};
use crate::number;
use crate::plot;
use crate::quantity::signed_percent;
use crate::sheet::{Anchor, Label, Rect, Sheet};
use crate::theme::{Color, Palette};

/// What changes along with the price of BTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StressedWith {
    /// Volatility.
    Volatility,
    /// The price of STX in BTC: STX falls with BTC, and by this on top of it.
    Stx,
}

impl StressedWith {
    const fn words(self) -> &'static str {
        match self {
            Self::Volatility => "Volatility",
            Self::Stx => "STX against BTC",
        }
    }
}

/// A bucket's worth after each pair of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StressMap {
    /// The bucket, as `Balanced, sBTC`.
    pub name: String,
    /// The changes of the price of BTC.
    pub btc: Vec<PpmChange>,
    /// What the other changes are of.
    pub with: StressedWith,
    /// The other changes.
    pub other: Vec<PpmChange>,
    /// For each of `other` the change of the bucket's worth at each of `btc`; `None` where it is not known. What is missing
    /// at the end of a row or of all is not known either.
    pub outcomes: Vec<Vec<Option<PpmChange>>>,
}

impl StressMap {
    fn outcome(&self, other: usize, btc: usize) -> Option<PpmChange> {
        self.outcomes.get(other)?.get(btc).copied().flatten()
    }
}

/// The share of a bucket that would be lost, as numbers on colours.
#[must_use]
pub fn stress_map(map: &StressMap, frame: &Frame<'_>) -> Chart {
    let title = format!("Stress test: {}", map.name);
    let mut columns = vec![format!("{} change", map.with.words())];
    columns.extend(map.btc.iter().map(|change| format!("BTC {}", signed_percent(*change))));
    let mut table = Table { columns, rows: Vec::new() };
    for (row, other) in map.other.iter().enumerate() {
        let cells = (0..map.btc.len()).map(|column| {
            map.outcome(row, column).map_or_else(|| "not known".to_owned(), |change| change.to_string())
        });
        table.rows.push(core::iter::once(signed_percent(*other)).chain(cells).collect());
    }
    let known = map.other.iter().enumerate().flat_map(|(row, other)| {
        map.btc
            .iter()
            .enumerate()
            .filter_map(move |(column, btc)| map.outcome(row, column).map(|change| (*btc, *other, change)))
    });
    let known: Vec<(PpmChange, PpmChange, PpmChange)> = known.collect();
    let worst = known.iter().min_by_key(|(.., change)| *change);
    let best = known.iter().max_by_key(|(.., change)| *change);
    let (Some(worst), Some(best)) = (worst, best) else {
        let summary = "There is nothing to stress: the bucket has no worth.".to_owned();
        return Content { title, summary, table }.said(frame);
    };
    let with = match map.with {
        StressedWith::Volatility => "volatility",
        StressedWith::Stx => "STX against BTC",
    };
    let at = |(btc, other, change): &(PpmChange, PpmChange, PpmChange)| {
        let (change, btc, other) = (signed_percent(*change), signed_percent(*btc), signed_percent(*other));
        format!("{change} (BTC {btc}, {with} {other})")
    };
    let summary =
        format!("The change of the bucket's worth is {} at worst and {} at best.", at(worst), at(best));
    let grid = Grid::of(map, frame.pixels());
    let height = grid.height();
    Content { title, summary, table }.drawn(frame, height, |sheet| draw(sheet, map, &grid))
}

/// Which changes go down and which across: the more numerous go down where the sheet is narrow.
struct Grid {
    rows: Vec<PpmChange>,
    columns: Vec<PpmChange>,
    btc_goes_down: bool,
    cell_height: f64,
}

impl Grid {
    fn of(map: &StressMap, width: f64) -> Self {
        let across = f64::from(u32::try_from(map.btc.len()).unwrap_or(u32::MAX));
        let btc_goes_down = (width - 70.0) / across.max(1.0) < 52.0 && map.btc.len() > map.other.len();
        let (rows, columns) = if btc_goes_down {
            (map.btc.clone(), map.other.clone())
        } else {
            (map.other.clone(), map.btc.clone())
        };
        Self { rows, columns, btc_goes_down, cell_height: if width < 480.0 { 28.0 } else { 36.0 } }
    }

    fn head(size: f64) -> f64 {
        size * 3.6
    }

    fn height(&self) -> f64 {
        let rows = f64::from(u32::try_from(self.rows.len()).unwrap_or(u32::MAX));
        (Self::head(14.0) + rows * self.cell_height + 58.0).min(8_000.0)
    }
}

fn draw(sheet: &mut Sheet<'_>, map: &StressMap, grid: &Grid) {
    let palette = sheet.palette;
    let (down, across) =
        if grid.btc_goes_down { ("BTC price", map.with.words()) } else { (map.with.words(), "BTC price") };
    let row_labels: Vec<String> = grid.rows.iter().map(|change| signed_percent(*change)).collect();
    let widest = row_labels.iter().map(|text| sheet.label(text.as_str()).width()).fold(0.0, f64::max);
    let left = plot::MARGIN + widest.max(sheet.muted(format!("{down} ↓")).width()) + 10.0;
    let right = sheet.bounds.right - plot::MARGIN;
    let top = Grid::head(sheet.size);
    let count = f64::from(u32::try_from(grid.columns.len()).unwrap_or(u32::MAX)).max(1.0);
    let cell_width = (right - left) / count;

    let mut heads: Vec<String> = grid.columns.iter().map(|change| signed_percent(*change)).collect();
    let is_tight = heads.iter().any(|head| sheet.label(head.as_str()).width() + 6.0 > cell_width);
    if is_tight {
        // The unit once, in the title.
        heads.iter_mut().for_each(|head| *head = head.trim_end_matches(" %").to_owned());
    }
    let across_title = sheet.muted(format!("{across}{} →", if is_tight { ", %" } else { "" }));
    let first_baseline = sheet.size + 2.0;
    sheet.write(&across_title, (left, first_baseline), Anchor::Start);
    let second_baseline = top - sheet.size * 0.7;
    let down_title = sheet.muted(format!("{down} ↓"));
    sheet.write(&down_title, (plot::MARGIN, second_baseline), Anchor::Start);

    for (column, head) in heads.into_iter().enumerate() {
        let center = left + cell_width * (index(column) + 0.5);
        let label = sheet.label(head);
        // Labels that would touch are left out; the table has them all.
        sheet.place(&label, &[((center, second_baseline), Anchor::Middle)]);
    }
    for (row, words) in row_labels.iter().enumerate() {
        let cell_top = top + grid.cell_height * index(row);
        let middle = cell_top + grid.cell_height / 2.0;
        let label = sheet.label(words.as_str());
        let baseline = sheet.centered(middle);
        sheet.write(&label, (left - 10.0, baseline), Anchor::End);
        for column in 0..grid.columns.len() {
            let (other, btc) = if grid.btc_goes_down { (column, row) } else { (row, column) };
            let cell_left = left + cell_width * index(column);
            let cell = Rect::new(
                cell_left + 1.0,
                cell_top + 1.0,
                cell_left + cell_width - 1.0,
                cell_top + grid.cell_height - 1.0,
            );
            draw_cell(sheet, cell, map.outcome(other, btc));
        }
    }
    let now = |changes: &[PpmChange]| changes.iter().position(|change| *change == PpmChange::ZERO);
    if let (Some(row), Some(column)) = (now(&grid.rows), now(&grid.columns)) {
        let (x, y) = (left + cell_width * index(column), top + grid.cell_height * index(row));
        let (x_end, y_end) = (x + cell_width, y + grid.cell_height);
        sheet.line(&[(x, y), (x_end, y), (x_end, y_end), (x, y_end), (x, y)], palette.text, 2.0);
    }
    let bottom = top + grid.cell_height * index(grid.rows.len());
    draw_key(sheet, left, bottom + 12.0);
}

#[allow(clippy::cast_precision_loss, reason = "a row or a column")]
fn index(position: usize) -> f64 {
    position as f64
}

fn draw_cell(sheet: &mut Sheet<'_>, cell: Rect, outcome: Option<PpmChange>) {
    let color = outcome.map_or(sheet.palette.surface_sunken, |change| shade(sheet.palette, change));
    sheet.fill(cell, color);
    let (center, middle) = cell.center();
    let texts = match outcome {
        // To a tenth where there is room, otherwise to whole per cent.
        Some(change) => vec![tenths(change), whole(change)],
        None => vec!["–".to_owned()],
    };
    let baseline = sheet.centered(middle);
    for text in texts {
        let label = Label { color: color.ink(), ..sheet.label(text) };
        if label.width() + 6.0 <= cell.width() {
            sheet.write(&label, (center, baseline), Anchor::Middle);
            return;
        }
    }
}

fn tenths(change: PpmChange) -> String {
    let ppm = change.base_units();
    // A tenth of a per cent is a thousand parts per million.
    let rounded = (ppm.saturating_abs().saturating_add(500) / 1_000).saturating_mul(ppm.signum());
    with_plus(rounded, number::exact(rounded, -1, Some(number::Magnitude::One)))
}

fn whole(change: PpmChange) -> String {
    let ppm = change.base_units();
    let rounded = (ppm.saturating_abs().saturating_add(5_000) / 10_000).saturating_mul(ppm.signum());
    with_plus(rounded, number::short(rounded, 0))
}

fn with_plus(value: i128, text: String) -> String {
    if value > 0 { format!("+{text}") } else { text }
}

/// Deeper for more: losses towards one hue, gains towards one that nobody takes for it, no change near the surface.
fn shade(palette: &Palette, change: PpmChange) -> Color {
    let size = u32::try_from(change.base_units().unsigned_abs()).unwrap_or(u32::MAX);
    let ramp = if change.base_units() < 0 { &palette.loss } else { &palette.gain };
    Palette::on_ramp(ramp, size)
}

/// What the colours mean.
fn draw_key(sheet: &mut Sheet<'_>, left: f64, top: f64) {
    const STEPS: u32 = 8;
    let words = sheet.muted("Change of the bucket's worth, %");
    let baseline = top + sheet.size;
    let ends = 2.0 * (sheet.muted("+100").width() + 8.0);
    let room = |start: f64| sheet.bounds.right - plot::MARGIN - start;
    let all = f64::from(2 * STEPS + 1);
    let start = if words.width().max(all * 9.0 + ends) <= room(left) { left } else { plot::MARGIN };
    let step_width = ((room(start) - ends) / all).min(9.0);
    sheet.write(&words, (start, baseline), Anchor::Start);
    let low = sheet.muted("−100");
    let middle = top + sheet.leading() * 1.5 + 2.0;
    let baseline = sheet.centered(middle);
    sheet.write(&low, (start, baseline), Anchor::Start);
    let bar = start + low.width() + 8.0;
    for step in 0..=2 * STEPS {
        let ppm = (i128::from(step) - i128::from(STEPS)) * 1_000_000 / i128::from(STEPS);
        let x = bar + f64::from(step) * step_width;
        let color = shade(sheet.palette, PpmChange::new(ppm));
        sheet.fill(Rect::new(x, middle - 6.0, x + step_width + 0.2, middle + 6.0), color);
    }
    let end = bar + all * step_width + 8.0;
    let high = sheet.muted("+100");
    sheet.write(&high, (end, baseline), Anchor::Start);
}
