//! A crash as it was, day by day.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use bithedge_protocol::UsdE8;

/// A day from 08:00 to 08:00 UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) date: String,
    pub(crate) low: UsdE8,
    pub(crate) close: UsdE8,
    pub(crate) stx: UsdE8,
    /// Whether it is the worst of all, close to close.
    pub(crate) is_crash: bool,
}

/// Days of a scenario of the repository with prices of STX, from a date on, which is the close before the first.
pub(crate) fn read(path: &Path, from: &str) -> Result<(Day, Vec<Day>)> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let mut lines = text.lines();
    if lines.next() != Some("date,low_usd,close_usd,stx_usd") {
        bail!("{} has other columns than expected", path.display());
    }
    let mut days = Vec::new();
    for line in lines.skip_while(|line| !line.starts_with(from)) {
        let fields: Vec<&str> = line.split(',').collect();
        let [date, low, close, stx] = fields.as_slice() else { bail!("{line:?} is no day") };
        let price = |text: &str| text.parse::<UsdE8>().with_context(|| format!("{text:?} is no price"));
        days.push(Day {
            date: (*date).to_owned(),
            low: price(low)?,
            close: price(close)?,
            stx: price(stx)?,
            is_crash: false,
        });
    }
    let closes: Vec<u128> = days.iter().map(|day| day.close.base_units()).collect();
    let falls = closes.windows(2).map(|pair| match pair {
        [before, after] => after * 1_000_000 / before,
        _ => u128::MAX,
    });
    let worst = falls.enumerate().min_by_key(|(_, part)| *part).map(|(place, _)| place + 1);
    if let Some(day) = worst.and_then(|place| days.get_mut(place)) {
        day.is_crash = true;
    }
    if days.len() < 10 {
        bail!("{} has too few days from {from} on", path.display());
    }
    let before = days.remove(0);
    Ok((before, days))
}
