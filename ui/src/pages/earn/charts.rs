//! A bucket's figures as charts. Nothing is computed here: the figures are the core's, and only put where a chart wants them.

use bithedge_charts::{
    Chart, ExpiryLadder, Frame, HealthGauge, LadderRung, StressMap, StressedWith, TimeLine, TimeSeries,
    YieldClose, YieldHistory, expiry_ladder, health_gauge, stress_map, time_series, yield_history,
};
use bithedge_ipc::{BucketHealth, StressCell, YieldPoint};
use bithedge_protocol::risk::{Exposure, HealthThresholds, Shock};
use bithedge_protocol::{Asset, Ppm, PpmChange, TokenAmount, UnixSeconds};

/// The closes of the shares that there are now: those after the last close at which all before became worthless, or after which
/// they began anew because nobody held any. What became of the earlier ones is said in words beside the chart.
fn of_the_shares_of_now(points: &[YieldPoint]) -> Vec<YieldClose> {
    let mut closes: Vec<YieldClose> = Vec::new();
    let mut best = PpmChange::ZERO;
    for point in points {
        // A close below an earlier one that is a highest close itself is of other shares.
        let begins_again = point.drawdown == PpmChange::ZERO && point.returned < best;
        if point.ended || begins_again {
            closes.clear();
            best = PpmChange::ZERO;
        }
        let since_first = if point.ended { PpmChange::ZERO } else { point.returned };
        closes.push(YieldClose { at: point.at, since_first });
        best = best.max(since_first);
    }
    closes
}

/// The moments at which all shares became worthless.
pub(super) fn ends(points: &[YieldPoint]) -> Vec<UnixSeconds> {
    points.iter().filter(|point| point.ended).map(|point| point.at).collect()
}

/// What a share of now has gained and lost, close by close, with its falls below.
pub(super) fn yields(name: &str, points: &[YieldPoint], frame: &Frame<'_>) -> Chart {
    yield_history(&YieldHistory { name: name.to_owned(), closes: of_the_shares_of_now(points) }, frame)
}

/// A bucket's capital after each close, and how much of it was locked for policies.
pub(super) fn locked(name: &str, asset: Asset, points: &[YieldPoint], frame: &Frame<'_>) -> Chart {
    let title = format!("Capital and what policies lock of it: {name}");
    let counted = "After each daily close".to_owned();
    let of = |figure: fn(&YieldPoint) -> TokenAmount| -> Vec<(UnixSeconds, TokenAmount)> {
        points.iter().map(|point| (point.at, figure(point))).collect()
    };
    let (assets, locked) = (of(|point| point.assets), of(|point| point.locked));
    match asset {
        Asset::Sbtc => {
            let line = |name: &str, points: Vec<(UnixSeconds, TokenAmount)>| TimeLine {
                name: name.to_owned(),
                points: points.into_iter().map(|(at, amount)| (at, amount.as_sbtc())).collect(),
            };
            let lines = vec![line("Capital", assets), line("Locked", locked)];
            time_series(&TimeSeries { title, counted, lines }, frame)
        }
        Asset::Stx => {
            let line = |name: &str, points: Vec<(UnixSeconds, TokenAmount)>| TimeLine {
                name: name.to_owned(),
                points: points.into_iter().map(|(at, amount)| (at, amount.as_stx())).collect(),
            };
            let lines = vec![line("Capital", assets), line("Locked", locked)];
            time_series(&TimeSeries { title, counted, lines }, frame)
        }
    }
}

/// What is locked until when, and the most that it can pay.
pub(super) fn ladder(name: &str, asset: Asset, exposure: &Exposure, frame: &Frame<'_>) -> Chart {
    let rungs = exposure.by_expiry.iter();
    match asset {
        Asset::Sbtc => {
            let rungs = rungs.map(|(expiry, rung)| LadderRung {
                expiry: *expiry,
                locked: rung.locked.as_sbtc(),
                worst: rung.most.as_sbtc(),
            });
            expiry_ladder(&ExpiryLadder { name: name.to_owned(), rungs: rungs.collect() }, frame)
        }
        Asset::Stx => {
            let rungs = rungs.map(|(expiry, rung)| LadderRung {
                expiry: *expiry,
                locked: rung.locked.as_stx(),
                worst: rung.most.as_stx(),
            });
            expiry_ladder(&ExpiryLadder { name: name.to_owned(), rungs: rungs.collect() }, frame)
        }
    }
}

/// What would be left of a bucket after shocks. The cells are found by their shocks, wherever they stand; one that is missing is not
/// known.
pub(super) fn stress(name: &str, asset: Asset, cells: &[Vec<StressCell>], frame: &Frame<'_>) -> Chart {
    let btc: Vec<PpmChange> = Shock::BTC_STEPS.to_vec();
    let other: Vec<PpmChange> = Shock::other_steps(asset).to_vec();
    let wanted = Shock::grid(asset);
    let outcome = |shock: &Shock| {
        let found = cells.iter().flatten().find(|cell| cell.shock == *shock)?;
        found.outcome.change
    };
    let outcomes = wanted.iter().map(|row| row.iter().map(outcome).collect()).collect();
    let with = match asset {
        Asset::Sbtc => StressedWith::Volatility,
        Asset::Stx => StressedWith::Stx,
    };
    stress_map(&StressMap { name: name.to_owned(), btc, with, other, outcomes }, frame)
}

/// What there is against what is needed.
pub(super) fn health(health: &BucketHealth, frame: &Frame<'_>) -> Chart {
    let thresholds = HealthThresholds {
        warning: health.warning_below,
        margin_call: health.margin_call_below,
        // Buckets are not liquidated.
        liquidation: Ppm::ZERO,
    };
    health_gauge(&HealthGauge { ratio: health.ratio, thresholds }, frame)
}

#[cfg(test)]
mod tests {
    use bithedge_charts::Theme;
    use bithedge_protocol::pool::BoundaryPrice;
    use bithedge_protocol::risk::StressOutcome;
    use bithedge_protocol::{UsdChange, UsdE8};

    use super::*;

    const FRAME: Frame<'static> = Frame { id: "test", width: 640, theme: Theme::Light };

    fn point(day: u64, returned: i128, drawdown: i128, ended: bool) -> YieldPoint {
        YieldPoint {
            at: UnixSeconds::new(28_800 + day * 86_400),
            ended,
            returned: PpmChange::new(returned),
            returned_usd: PpmChange::ZERO,
            drawdown: PpmChange::new(drawdown),
            assets: TokenAmount::new(1_000_000),
            locked: TokenAmount::new(400_000),
        }
    }

    fn closes(points: &[YieldPoint]) -> Vec<i128> {
        of_the_shares_of_now(points).iter().map(|close| close.since_first.base_units()).collect()
    }

    #[test]
    fn losses_stay_in_the_history() {
        let points = [point(1, 0, 0, false), point(2, 50_000, 0, false), point(3, -20_000, -66_666, false)];
        assert_eq!(closes(&points), [0, 50_000, -20_000]);
    }

    #[test]
    fn shares_that_became_worthless_are_not_joined_to_those_after_them() {
        let points = [
            point(1, 50_000, 0, false),
            point(2, -1_000_000, -1_000_000, true),
            point(3, 10_000, 0, false),
            point(4, 5_000, -4_950, false),
        ];
        assert_eq!(closes(&points), [0, 10_000, 5_000]);
        assert_eq!(ends(&points), [UnixSeconds::new(28_800 + 2 * 86_400)]);
    }

    #[test]
    fn shares_that_began_anew_because_nobody_held_any_begin_the_chart() {
        let points = [point(1, 50_000, 0, false), point(2, 0, 0, false), point(3, 2_000, 0, false)];
        assert_eq!(closes(&points), [0, 2_000]);
    }

    #[test]
    fn a_stress_map_has_what_the_core_said_where_it_belongs() {
        let shock = Shock::grid(Asset::Sbtc)[1][0];
        let outcome = StressOutcome {
            price: BoundaryPrice {
                at: UnixSeconds::new(0),
                btc: UsdE8::new(1),
                stx: UsdE8::new(1),
                vol_ask: Ppm::new(1),
                vol_low: Ppm::new(1),
            },
            nav: TokenAmount::ZERO,
            change: Some(PpmChange::new(-314_159)),
            usd: UsdChange::ZERO,
            due: TokenAmount::ZERO,
            missing: TokenAmount::ZERO,
            short: false,
        };
        let chart = stress("Balanced, sBTC", Asset::Sbtc, &[vec![StressCell { shock, outcome }]], &FRAME);
        let row = &chart.table.rows[1];
        assert!(row[1].contains("31.4159"), "{row:?}");
        assert!(row[2..].iter().all(|cell| cell == "not known"), "{row:?}");
    }

    #[test]
    fn every_chart_says_something_of_no_data() {
        let exposure = Exposure {
            delta: bithedge_protocol::SatsChange::ZERO,
            vega: UsdChange::ZERO,
            most: TokenAmount::ZERO,
            most_of_assets: None,
            by_expiry: Vec::new(),
            by_strike: Vec::new(),
        };
        for asset in Asset::ALL {
            for chart in [
                yields("x", &[], &FRAME),
                locked("x", asset, &[], &FRAME),
                ladder("x", asset, &exposure, &FRAME),
                stress("x", asset, &[], &FRAME),
            ] {
                assert!(!chart.summary.is_empty() && chart.svg.starts_with("<svg"), "{}", chart.title);
            }
        }
    }
}
