//! The pictures of a report.

use bithedge_charts::{
    BarGroup, Bars, Chart, Frame, Theme, TimeLine, TimeSeries, Utilisation, UtilisationPoint, YieldClose,
    YieldHistory, bars, time_series, utilisation, yield_history,
};
use bithedge_protocol::PpmChange;

use super::Played;
use super::document::{Block, Picture};
use super::figures::{BucketFigures, held, history as history_of};
use super::words::{bucket_name, simulated};
use crate::{Outcome, ReplayError, TIERS};

/// The width that reports are read at.
const WIDTH: u32 = 960;
fn picture(name: &str, draw: impl Fn(&Frame<'_>) -> Chart) -> Block {
    let [light, dark] = [(Theme::Light, "light"), (Theme::Dark, "dark")].map(|(theme, suffix)| {
        let id = format!("{name}-{suffix}");
        draw(&Frame { id: &id, width: WIDTH, theme })
    });
    Block::Picture(Box::new(Picture { name: name.to_owned(), light, dark }))
}

/// Returns of the buckets of one asset, in its token.
pub(super) fn returns(played: &Played, outcome: &Outcome) -> Result<Block, ReplayError> {
    let mut lines = Vec::new();
    for tier in TIERS {
        let history = history_of(outcome.asset, held(outcome, tier));
        let points = history.closes.iter().map(|close| close.at).zip(history.returns()?).collect();
        lines.push(TimeLine { name: super::words::tier_name(tier).to_owned(), points });
    }
    let symbol = outcome.asset.symbol();
    let series = TimeSeries {
        title: format!(
            "What a share of each {symbol} bucket returned, in {symbol}{}",
            simulated(played, outcome.asset)
        ),
        counted: "Return since the first close".to_owned(),
        lines,
    };
    Ok(picture(&format!("returns-{}", symbol.to_lowercase()), |frame| time_series(&series, frame)))
}

/// Return and drawdown of one bucket.
pub(super) fn history(played: &Played, outcome: &Outcome, tier: u8) -> Result<Block, ReplayError> {
    let history = history_of(outcome.asset, held(outcome, tier));
    let closes = history.closes.iter().map(|close| close.at).zip(history.returns()?);
    let closes = closes.map(|(at, since_first)| YieldClose { at, since_first }).collect();
    let data = YieldHistory { name: bucket_name(played, outcome.asset, tier), closes };
    let name = format!("history-{}-{tier}", outcome.asset.symbol().to_lowercase());
    Ok(picture(&name, |frame| yield_history(&data, frame)))
}

/// Utilisation of one bucket.
pub(super) fn used(played: &Played, outcome: &Outcome, tier: u8) -> Block {
    let days = held(outcome, tier);
    let data = Utilisation {
        name: bucket_name(played, outcome.asset, tier),
        points: days.iter().map(|day| UtilisationPoint { at: day.at, ratio: day.utilisation }).collect(),
        limit: outcome.limits.get(&tier).copied().unwrap_or_default(),
    };
    let name = format!("utilisation-{}-{tier}", outcome.asset.symbol().to_lowercase());
    picture(&name, |frame| utilisation(&data, frame))
}

/// A year's return of each bucket beside the others.
pub(super) fn compared(figures: &[BucketFigures]) -> Block {
    let mut kinds: Vec<String> = figures.iter().map(|bucket| bucket.asset.symbol().to_owned()).collect();
    kinds.dedup();
    let change = |value: f64| {
        #[allow(clippy::cast_possible_truncation, reason = "a return, shown in per cent")]
        let ppm = (value * 1e6).round() as i128;
        PpmChange::new(ppm)
    };
    let groups = TIERS.map(|tier| BarGroup {
        name: super::words::tier_name(tier).to_owned(),
        values: kinds
            .iter()
            .map(|kind| {
                let found = figures.iter().find(|one| one.tier == tier && one.asset.symbol() == kind);
                found.and_then(|bucket| bucket.yearly).map(change)
            })
            .collect(),
    });
    let data = Bars {
        title: "What a year in each bucket returned, in its own token".to_owned(),
        counted: "Return a year, compounded".to_owned(),
        kinds,
        groups: groups.to_vec(),
    };
    picture("years", |frame| bars(&data, frame))
}
