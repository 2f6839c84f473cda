//! What goes in and what comes out around every chart.

use crate::sheet::{self, Anchor, Sheet};
use crate::text::{self, Weight};
use crate::theme::Theme;

/// Where a chart will be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'f> {
    /// An identifier that no other chart of the same page has. Anything but letters, digits, `-` and `_` is replaced.
    pub id: &'f str,
    /// The width in CSS pixels; below 240 and above 4,000 those are drawn.
    pub width: u32,
    /// The colours.
    pub theme: Theme,
}

impl Frame<'_> {
    /// The width that is drawn.
    pub(crate) fn pixels(&self) -> f64 {
        f64::from(self.width.clamp(240, 4_000))
    }

    /// A height that suits the width: `part` of it, within what a screen shows at once.
    pub(crate) fn height(&self, part: f64) -> f64 {
        (self.pixels() * part).clamp(220.0, 560.0)
    }
}

/// A drawn chart, and the same in words and in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// The picture, an SVG document without styles, scripts or references to anything outside. The same input gives
    /// the same bytes on every platform.
    pub svg: String,
    /// What the chart shows, as a heading; the picture itself has none.
    pub title: String,
    /// The text alternative: one to three sentences with the key figures.
    pub summary: String,
    /// The figures behind the picture.
    pub table: Table,
    /// Where the points are that can be chosen from, in pixels from the left, in the order of the table; empty of a chart that nothing is
    /// chosen from.
    pub stops: Vec<u32>,
    /// What stands where, for whoever points there: from left to right. Empty of a chart whose figures stand in it.
    pub readings: Vec<Reading>,
}

/// What stands at a place of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// In pixels from the left.
    pub at: u32,
    /// In words, with units: `92,500: 0.0056 sBTC`.
    pub text: String,
}

/// Figures for a reader who does not see the picture, at full precision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The heads of the columns.
    pub columns: Vec<String>,
    /// The rows; each has a cell for each column.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns and no rows.
    pub(crate) fn with<const COLUMNS: usize>(columns: [&str; COLUMNS]) -> Self {
        Self { columns: columns.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    pub(crate) fn push<const COLUMNS: usize>(&mut self, row: [String; COLUMNS]) {
        self.rows.push(row.into());
    }
}

/// A chart without the picture yet: what every module composes first.
pub(crate) struct Content {
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) table: Table,
}

impl Content {
    /// With the picture that `draw` makes.
    pub(crate) fn drawn(self, frame: &Frame<'_>, height: f64, draw: impl FnOnce(&mut Sheet<'_>)) -> Chart {
        let (svg, readings) = sheet::drawn(frame, height, &self.title, &self.summary, draw);
        let Self { title, summary, table } = self;
        Chart { svg, title, summary, table, stops: Vec::new(), readings }
    }

    /// With a picture that says in words why there is nothing to see.
    pub(crate) fn said(self, frame: &Frame<'_>) -> Chart {
        let words = self.summary.clone();
        self.drawn(frame, 140.0, |sheet| say(sheet, &words))
    }
}

/// Centred words on an otherwise empty sheet.
fn say(sheet: &mut Sheet<'_>, words: &str) {
    let (center, middle) = sheet.bounds.center();
    let limit = (sheet.bounds.width() - 32.0).min(560.0);
    let lines = text::wrapped(words, limit, sheet.size, Weight::Regular);
    let count = f64::from(u32::try_from(lines.len()).unwrap_or(0));
    let mut baseline = sheet.centered(middle - (count - 1.0) / 2.0 * sheet.leading());
    for line in lines {
        let label = sheet.muted(line);
        sheet.write(&label, (center, baseline), Anchor::Middle);
        baseline += sheet.leading();
    }
}
