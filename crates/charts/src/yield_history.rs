//! What providing earned and lost, close by close.

use bithedge_protocol::{PpmChange, UnixSeconds};

use crate::calendar;
use crate::chart::{Chart, Content, Frame, Table};
use crate::listings::below;
use crate::order;
use crate::plot::{self, BaseAxis, Entry, Plot, Sign, ValueAxis};
use crate::quantity::{Measure, Unit, signed_percent};
use crate::scale::Domain;
use crate::sheet::{Anchor, Label, Point, Rect, Sheet};

const WHOLE: i128 = 1_000_000;

/// A share at the close of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YieldClose {
    /// The epoch's boundary.
    pub at: UnixSeconds,
    /// What one who held from the first close on has gained or lost, fees and losses included, not annualised.
    pub since_first: PpmChange,
}

/// The closes of one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YieldHistory {
    /// The bucket, as `Balanced, sBTC`.
    pub name: String,
    /// In any order; all of them: nothing is smoothed or left out.
    pub closes: Vec<YieldClose>,
}

/// A close with what follows from those before it.
struct Step {
    at: UnixSeconds,
    since_first: i128,
    drawdown: i128,
    /// Whether the share lost since the close before.
    is_loss: bool,
}

impl YieldHistory {
    fn steps(&self) -> Vec<Step> {
        let mut closes = self.closes.clone();
        order::by_key(&mut closes, |close| close.at);
        let (mut highest, mut before) = (0_i128, None);
        closes
            .into_iter()
            .map(|close| {
                let since_first = close.since_first.base_units().clamp(-WHOLE, i128::MAX / WHOLE - WHOLE);
                let worth = since_first + WHOLE;
                highest = highest.max(worth);
                let below = ((highest - worth) * WHOLE).checked_div(highest).unwrap_or(0);
                let is_loss = before.is_some_and(|before| worth < before);
                before = Some(worth);
                Step { at: close.at, since_first, drawdown: -below, is_loss }
            })
            .collect()
    }
}

/// Cumulative return by epoch, the losing ones marked, and below it how far the share is under its highest close.
#[must_use]
pub fn yield_history(history: &YieldHistory, frame: &Frame<'_>) -> Chart {
    let title = format!("Return and drawdown: {}", history.name);
    let steps = history.steps();
    let mut table = Table::with(["Close", "Return since the first close", "Drawdown", "Lost in this epoch"]);
    for step in &steps {
        table.push([
            step.at.to_string(),
            PpmChange::new(step.since_first).to_string(),
            PpmChange::new(step.drawdown).to_string(),
            crate::listings::yes(step.is_loss),
        ]);
    }
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else {
        let summary = "No epoch has been closed yet, so there is no return to show.".to_owned();
        return Content { title, summary, table }.said(frame);
    };
    if steps.len() == 1 {
        let summary = format!(
            "One epoch has been closed, on {}: a return needs a second close.",
            calendar::date(first.at)
        );
        return Content { title, summary, table }.said(frame);
    }
    let worst = steps.iter().min_by_key(|step| step.drawdown).unwrap_or(first);
    let losing = steps.iter().filter(|step| step.is_loss).count();
    let deepest = if worst.drawdown < 0 {
        format!("The worst drawdown was {} on {}.", percent(worst.drawdown), calendar::date(worst.at))
    } else {
        "The share was never below an earlier close.".to_owned()
    };
    let summary = format!(
        "{} from {} to {}, losses included, not annualised. {deepest} {losing} of {} epochs lost.",
        percent(last.since_first),
        calendar::date(first.at),
        calendar::date(last.at),
        steps.len() - 1,
    );
    let worst_at = (worst.at, worst.drawdown);
    Content { title, summary, table }
        .drawn(frame, frame.height(0.4).max(320.0), |sheet| draw(sheet, &steps, worst_at))
}

fn percent(ppm: i128) -> String {
    signed_percent(PpmChange::new(ppm))
}

fn draw(sheet: &mut Sheet<'_>, steps: &[Step], worst: (UnixSeconds, i128)) {
    let palette = sheet.palette;
    let measure = Measure::of(Unit::Change, 0);
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return };
    let returns = Domain::of(steps.iter().map(|step| measure.coordinate(step.since_first)));
    let drawdowns = Domain::of(steps.iter().map(|step| measure.coordinate(step.drawdown)));
    let (Some(returns), Some(drawdowns)) = (returns, drawdowns) else { return };
    // Without a loss the panel still shows what none looks like.
    let drawdowns = Domain::new(drawdowns.low.min(-1.0), 0.0);

    let mut legend =
        vec![Entry { sign: Sign::Line, color: palette.accent, text: "Epochs that gained".to_owned() }];
    if steps.iter().any(|step| step.is_loss) {
        legend.push(Entry { sign: Sign::Line, color: palette.danger, text: "Epochs that lost".to_owned() });
    }
    let top = 4.0 + plot::legend_rows(sheet, &legend) * sheet.leading() + plot::title_height(sheet);
    let bottom = sheet.bounds.bottom - plot::base_height(sheet);
    let between = plot::title_height(sheet) + 10.0;
    let upper_height = (bottom - top - between) * 0.66;
    let upper_axis = ValueAxis::new("Return since the first close, %", returns.with_zero(), upper_height)
        .trimmed(returns.low);
    let lower_height = bottom - top - between - upper_height;
    let lower_axis = ValueAxis::new("Below the highest close, %", drawdowns, lower_height * 0.8);
    let left = upper_axis.gutter(sheet).max(lower_axis.gutter(sheet));
    let end_room = sheet.strong(percent(last.since_first)).width() + 14.0;
    let right = sheet.bounds.right - plot::MARGIN - end_room;

    let base = BaseAxis::time(first.at, last.at);
    let upper = Plot::new(Rect::new(left, top, right, top + upper_height), base.domain, upper_axis.domain);
    let lower =
        Plot::new(Rect::new(left, bottom - lower_height, right, bottom), base.domain, lower_axis.domain);
    upper.draw_values(sheet, &upper_axis);
    lower.draw_values(sheet, &lower_axis);
    lower.draw_base(sheet, &base);
    plot::draw_legend(sheet, &legend, 4.0);

    let on =
        |plot: &Plot, step: &Step, value: i128| plot.at(plot::seconds(step.at), measure.coordinate(value));
    let line: Vec<Point> = steps.iter().map(|step| on(&upper, step, step.since_first)).collect();
    for (step, (x, _)) in steps.iter().zip(&line) {
        let (all, below) = (percent(step.since_first), percent(step.drawdown));
        sheet.read_at(
            *x,
            format!("{}: {all} since the first close, {below} from the highest", calendar::date(step.at)),
        );
    }
    sheet.line(&line, palette.accent, 2.2);
    for run in losing_runs(steps) {
        let points: Vec<Point> = run.iter().map(|step| on(&upper, step, step.since_first)).collect();
        sheet.line(&points, palette.danger, 2.2);
    }
    sheet.avoid(&line);
    let depth: Vec<Point> = steps.iter().map(|step| on(&lower, step, step.drawdown)).collect();
    let surface = [lower.at(plot::seconds(last.at), 0.0), lower.at(plot::seconds(first.at), 0.0)];
    let filled: Vec<Point> = depth.iter().copied().chain(surface).collect();
    sheet.polygon(&filled, palette.danger_soft);
    sheet.line(&depth, palette.danger, 1.6);
    sheet.avoid(&depth);

    if let Some((x, y)) = line.last().copied() {
        sheet.disc((x, y), 3.5, if last.is_loss { palette.danger } else { palette.accent });
        let label = sheet.strong(percent(last.since_first));
        let baseline = sheet.centered(y);
        sheet.write(&label, (x + 8.0, baseline), Anchor::Start);
    }
    if worst.1 < 0 {
        let (x, y) = lower.at(plot::seconds(worst.0), measure.coordinate(worst.1));
        sheet.disc((x, y), 3.5, palette.danger);
        let texts = [format!("{}, {}", percent(worst.1), calendar::date(worst.0)), percent(worst.1)];
        let [long, short] = texts.map(|text| Label { color: palette.danger, ..sheet.strong(text) });
        let places = below((x, y), sheet.size);
        let _ =
            sheet.place(&long, &places) || sheet.place(&short, &places) || sheet.place_over(&short, &places);
    }
}

/// Runs of closes that each lost, with the close before them.
fn losing_runs(steps: &[Step]) -> Vec<&[Step]> {
    let mut start = 0;
    let mut runs = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        if !step.is_loss {
            start = index;
        } else if steps.get(index + 1).is_none_or(|next| !next.is_loss) {
            runs.extend(steps.get(start..=index));
        }
    }
    runs
}
