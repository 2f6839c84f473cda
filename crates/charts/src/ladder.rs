//! What is locked for each expiry, and the most that it can cost.

use bithedge_protocol::UnixSeconds;

use crate::calendar;
use crate::chart::{Chart, Content, Frame, Table};
use crate::order;
use crate::plot::{self, Entry, Sign};
use crate::quantity::{Measure, Quantity, Value};
use crate::sheet::{Anchor, Rect, Sheet};

/// The policies of one expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LadderRung<Q> {
    /// When they end.
    pub expiry: UnixSeconds,
    /// The collateral that is locked for them.
    pub locked: Q,
    /// The most that they can be paid.
    pub worst: Q,
}

/// The live expiries of one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiryLadder<Q> {
    /// The bucket, as `Balanced, sBTC`.
    pub name: String,
    /// In any order.
    pub rungs: Vec<LadderRung<Q>>,
}

struct Rung {
    expiry: UnixSeconds,
    locked: Value,
    worst: Value,
}

/// A bar for each expiry: what is locked, and in it the worst payout.
#[must_use]
pub fn expiry_ladder<Q: Quantity>(ladder: &ExpiryLadder<Q>, frame: &Frame<'_>) -> Chart {
    let mut rungs: Vec<Rung> = ladder
        .rungs
        .iter()
        .map(|rung| Rung {
            expiry: rung.expiry,
            locked: Value::of(rung.locked),
            worst: Value::of(rung.worst),
        })
        .collect();
    order::by_key(&mut rungs, |rung| rung.expiry);
    let values = rungs.iter().flat_map(|rung| [rung.locked.base_units, rung.worst.base_units]);
    let measure = Measure::for_all(Q::UNIT, values);
    compose(&ladder.name, &rungs, measure, frame)
}

fn compose(name: &str, rungs: &[Rung], measure: Measure, frame: &Frame<'_>) -> Chart {
    let title = format!("Locked by expiry: {name}");
    let mut table = Table::with(["Expiry", "Locked", "Worst payout"]);
    for rung in rungs {
        table.push([rung.expiry.to_string(), rung.locked.exact.clone(), rung.worst.exact.clone()]);
    }
    let largest = rungs.iter().max_by_key(|rung| rung.locked.base_units);
    let (Some(largest), Some(last)) = (largest, rungs.last()) else {
        let summary = "No policy is live, so nothing is locked.".to_owned();
        return Content { title, summary, table }.said(frame);
    };
    let sum = |of: fn(&Rung) -> i128| rungs.iter().map(of).fold(0_i128, i128::saturating_add);
    let expiries = if rungs.len() == 1 { "1 expiry".to_owned() } else { format!("{} expiries", rungs.len()) };
    let summary = format!(
        "{} are locked for {expiries} until {}; at worst {} are paid. The most, {}, ends on {}.",
        measure.spoken(sum(|rung| rung.locked.base_units)),
        calendar::date(last.expiry),
        measure.spoken(sum(|rung| rung.worst.base_units)),
        measure.spoken(largest.locked.base_units),
        calendar::date(largest.expiry),
    );
    let rows = f64::from(u32::try_from(rungs.len()).unwrap_or(u32::MAX));
    let height = 44.0 + rows * if is_narrow(frame.pixels()) { 44.0 } else { 36.0 };
    let height = if is_narrow(frame.pixels()) { height + 16.0 } else { height };
    Content { title, summary, table }.drawn(frame, height.min(8_000.0), |sheet| draw(sheet, rungs, measure))
}

const LOCKED: &str = "Locked";
const WORST: &str = "Worst";

fn is_narrow(width: f64) -> bool {
    width < 560.0
}

fn draw(sheet: &mut Sheet<'_>, rungs: &[Rung], measure: Measure) {
    let narrow = is_narrow(sheet.bounds.width());
    let palette = sheet.palette;
    let unit = measure.symbol;
    let legend = [
        Entry { sign: Sign::Area, color: palette.line_control, text: format!("Locked, {unit}") },
        Entry { sign: Sign::Area, color: palette.danger, text: format!("Worst payout, {unit}") },
    ];
    plot::draw_legend(sheet, &legend, 6.0);
    let top = 6.0 + plot::legend_rows(sheet, &legend) * sheet.leading() + 10.0;
    let count = f64::from(u32::try_from(rungs.len()).unwrap_or(u32::MAX));
    let row_height = (sheet.bounds.bottom - top - 8.0) / count.max(1.0);

    let widest = |texts: &mut dyn Iterator<Item = String>| {
        texts.map(|text| sheet.strong(text).width()).fold(0.0_f64, f64::max)
    };
    let dates = widest(&mut rungs.iter().map(|rung| calendar::date(rung.expiry)));
    let locked_figures = measure.aligned(rungs.iter().map(|rung| rung.locked.base_units));
    let worst_figures = measure.aligned(rungs.iter().map(|rung| rung.worst.base_units));
    let locked = widest(&mut locked_figures.iter().cloned().chain([LOCKED.to_owned()]));
    let worst = widest(&mut worst_figures.iter().cloned().chain([WORST.to_owned()]));
    let right = sheet.bounds.right - plot::MARGIN;
    let bars = if narrow {
        (plot::MARGIN, right)
    } else {
        (plot::MARGIN + dates + 16.0, right - locked - worst - 44.0)
    };
    let largest =
        rungs.iter().flat_map(|rung| [rung.locked.base_units, rung.worst.base_units]).max().unwrap_or(0);
    let full = measure.coordinate(largest.max(1));
    let length = |value: &Value| (measure.coordinate(value.base_units.max(0)) / full) * (bars.1 - bars.0);

    if !narrow {
        let baseline = sheet.centered(6.0 + sheet.leading() / 2.0);
        for (words, end) in [(WORST, right), (LOCKED, right - worst - 20.0)] {
            let head = sheet.muted(words);
            sheet.place(&head, &[((end, baseline), Anchor::End)]);
        }
    }
    for (index, ((rung, locked_figure), worst_figure)) in
        rungs.iter().zip(locked_figures).zip(worst_figures).enumerate()
    {
        let row = top + row_height * f64::from(u32::try_from(index).unwrap_or(u32::MAX));
        let (middle, words) = if narrow { (row + 30.0, row + 12.0) } else { (row + 16.0, row + 16.0) };
        sheet.fill(Rect::new(bars.0, middle - 8.0, bars.1, middle + 8.0), palette.surface_sunken);
        let bar = |length: f64, half: f64| {
            // Something is never drawn as nothing.
            let length = if length > 0.0 { length.max(1.5) } else { 0.0 };
            Rect::new(bars.0, middle - half, bars.0 + length, middle + half)
        };
        sheet.fill(bar(length(&rung.locked), 8.0), palette.line_control);
        sheet.fill(bar(length(&rung.worst), 4.0), palette.danger);
        let baseline = sheet.centered(words);
        let date = sheet.label(calendar::date(rung.expiry));
        sheet.write(&date, (plot::MARGIN, baseline), Anchor::Start);
        let worst_words = sheet.strong(worst_figure);
        sheet.write(&worst_words, (right, baseline), Anchor::End);
        let locked_words = sheet.muted(locked_figure);
        sheet.write(&locked_words, (right - worst - 20.0, baseline), Anchor::End);
    }
}
