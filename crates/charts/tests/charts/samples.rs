//! One example of each chart, with data as the application and the replays have it.

use bithedge_charts::*;
use bithedge_protocol::risk::HealthThresholds;
use bithedge_protocol::{Asset, Ppm, PpmChange, Sats, UnixSeconds, UsdE8};

/// Friday 2025-12-05, 08:00 UTC.
const START: u64 = 1_764_921_600;
const DAY: u64 = 86_400;

/// So many whole USD.
pub(crate) fn usd(dollars: u128) -> UsdE8 {
    UsdE8::new(dollars * 100_000_000)
}

/// So many days after the start of the examples.
pub(crate) fn day(days: u64) -> UnixSeconds {
    UnixSeconds::new(START + days * DAY)
}

/// So many tenths of a per cent.
fn tenths(tenths: i128) -> PpmChange {
    PpmChange::new(tenths * 1_000)
}

pub(crate) fn policy() -> Payoff {
    Payoff {
        size: Sats::new(50_000_000),
        strike: usd(90_000),
        floor: usd(45_000),
        spot: usd(95_250),
        cost: usd(1_160),
        backing: Asset::Sbtc,
    }
}

pub(crate) fn strikes() -> PremiumByStrike<Sats> {
    let premiums = [41_000, 68_500, 109_000, 165_000, 243_000, 349_000, 489_000, 668_000];
    let quotes = premiums.into_iter().zip((70_000..).step_by(5_000)).map(|(premium, strike)| StrikeQuote {
        strike: usd(strike),
        premium: Sats::new(premium),
        is_available: strike != 70_000 && strike != 100_000,
    });
    PremiumByStrike { quotes: quotes.collect(), chosen: Some(usd(90_000)), spot: usd(95_250) }
}

pub(crate) fn durations() -> PremiumByDuration<UsdE8> {
    let premiums =
        [(7, 610), (14, 905), (21, 1_130), (28, 1_320), (35, 1_490), (63, 2_060), (91, 2_510), (119, 2_890)];
    let quotes = premiums.into_iter().map(|(days, premium)| ExpiryQuote {
        expiry: day(days),
        premium: usd(premium),
        is_available: days != 7,
    });
    PremiumByDuration { quotes: quotes.collect(), chosen: Some(day(28)), now: day(0) }
}

pub(crate) fn closes() -> YieldHistory {
    let weekly = [
        4, 5, 3, 6, -8, 4, 5, 5, 4, -31, 6, 9, 7, 5, 4, 3, 5, -62, -24, 8, 10, 7, 6, 5, 4, 4, 3, -6, 5, 5, 4,
        6, 4, 5, 3, 4,
    ];
    let mut total = 0;
    let mut closes = vec![YieldClose { at: day(0), since_first: PpmChange::ZERO }];
    for (week, change) in (1..).zip(weekly) {
        total += change;
        closes.push(YieldClose { at: day(week * 7), since_first: tenths(total) });
    }
    YieldHistory { name: "Balanced, sBTC".to_owned(), closes }
}

pub(crate) fn used() -> Utilisation {
    let ratios = [
        31, 33, 38, 41, 41, 47, 52, 55, 49, 44, 46, 51, 58, 63, 69, 74, 78, 83, 88, 86, 79, 71, 66, 61, 57,
        59, 62, 60,
    ];
    let points = (0..)
        .zip(ratios)
        .map(|(days, ratio)| UtilisationPoint { at: day(days), ratio: Ppm::new(ratio * 10_000) });
    Utilisation { name: "Balanced, sBTC".to_owned(), points: points.collect(), limit: Ppm::new(900_000) }
}

pub(crate) fn ladder() -> ExpiryLadder<Sats> {
    let rungs = [
        (7, 120, 96),
        (14, 84, 70),
        (21, 45, 45),
        (28, 210, 188),
        (35, 16, 12),
        (63, 95, 95),
        (91, 52, 40),
        (119, 3, 2),
    ];
    let rungs = rungs.into_iter().map(|(days, locked, worst)| LadderRung {
        expiry: day(days),
        locked: Sats::new(locked * 2_500_000),
        worst: Sats::new(worst * 2_500_000),
    });
    ExpiryLadder { name: "Balanced, sBTC".to_owned(), rungs: rungs.collect() }
}

pub(crate) fn stressed() -> StressMap {
    let outcomes = [
        [-612, -487, -341, -182, -54, 18, 31, 34],
        [-634, -512, -370, -214, -86, 0, 24, 32],
        [-668, -553, -420, -272, -149, -71, -28, 4],
        [-691, -584, -459, -321, -207, -134, -82, -46],
    ];
    StressMap {
        name: "Balanced, sBTC".to_owned(),
        btc: [-500, -400, -300, -200, -100, 0, 100, 200].map(tenths).to_vec(),
        with: StressedWith::Volatility,
        other: [-250, 0, 500, 1_000].map(tenths).to_vec(),
        outcomes: outcomes.map(|row| row.map(|change| Some(tenths(change))).to_vec()).to_vec(),
    }
}

pub(crate) fn stressed_stx() -> StressMap {
    let outcomes = [
        [-1_000, -1_000, -871, -640, -388, -156, -91, -58],
        [-921, -764, -587, -417, -252, -94, -42, -16],
        [-648, -531, -402, -281, -149, -36, 2, 14],
        [-489, -398, -296, -187, -88, 0, 21, 29],
        [-402, -316, -231, -139, -51, 17, 30, 35],
    ];
    StressMap {
        name: "Balanced, STX".to_owned(),
        with: StressedWith::Stx,
        other: [-600, -400, -200, 0, 200].map(tenths).to_vec(),
        outcomes: outcomes.map(|row| row.map(|change| Some(tenths(change))).to_vec()).to_vec(),
        ..stressed()
    }
}

pub(crate) fn account() -> HealthGauge {
    let thresholds = HealthThresholds::of_account(Ppm::new(2_000_000), Ppm::new(1_300_000));
    HealthGauge { ratio: Some(Ppm::new(1_824_000)), thresholds }
}

pub(crate) fn prices() -> PriceHistory {
    let mut price = 91_200_i64;
    let moves = [
        610, -420, 830, 1_150, -300, -950, 420, 1_720, 240, -1_100, -2_350, -610, 900, -4_200, -2_900, 1_300,
        450, -1_250, -3_300, 780, 1_900, 2_450, -360, 1_240, 2_060, -540, 1_330, 720, -210, 980, 1_450, -330,
        640, 310, -120, 905, 370, -480, 760, 260, 510, -640, 350, 420,
    ];
    let mut history = PriceHistory::default();
    for (days, change) in (0..).zip(moves) {
        price += change;
        history.prices.push(PricePoint { at: day(days), price: usd(price.unsigned_abs().into()) });
    }
    let span = |from, until, strike, outcome| PolicySpan {
        from: day(from),
        until: day(until),
        strike: usd(strike),
        outcome,
    };
    history.policies = vec![
        span(0, 7, 87_500, PolicyOutcome::Ended),
        span(3, 21, 85_000, PolicyOutcome::Paid),
        span(22, 42, 80_000, PolicyOutcome::Ended),
        span(30, 56, 90_000, PolicyOutcome::Running),
    ];
    history
}

/// Prices that grew a hundredfold.
pub(crate) fn growth() -> PriceHistory {
    let mut dollars = 320_u64;
    let prices = (0..70_u64).map(|month| {
        dollars = dollars * (100 + month * 13 % 29) / (104 + month * 5 % 7) + 9;
        PricePoint { at: day(month * 30), price: usd(dollars.into()) }
    });
    PriceHistory { prices: prices.collect(), policies: Vec::new() }
}

pub(crate) fn tiers() -> TimeSeries<PpmChange> {
    let line = |name: &str, gain: i128, loss: i128, every: u64| {
        let mut total = 0;
        let points = (0..48_u64).map(|week| {
            total += if week % every == every - 1 { -loss - i128::from(week % 3) * 4 } else { gain };
            (day(week * 7), tenths(total))
        });
        TimeLine { name: name.to_owned(), points: points.collect() }
    };
    TimeSeries {
        title: "Return by tier, sBTC".to_owned(),
        counted: "Return since the start".to_owned(),
        lines: vec![
            line("Conservative", 2, 3, 11),
            line("Balanced", 4, 18, 13),
            line("Aggressive", 6, 27, 9),
        ],
    }
}

pub(crate) fn by_tier() -> Bars<PpmChange> {
    let group = |name: &str, sbtc: i128, stx: Option<i128>| BarGroup {
        name: name.to_owned(),
        values: vec![Some(tenths(sbtc)), stx.map(tenths)],
    };
    Bars {
        title: "Return over the whole period".to_owned(),
        counted: "Return, losses included".to_owned(),
        kinds: vec!["sBTC".to_owned(), "STX".to_owned()],
        groups: vec![
            group("Conservative", 81, Some(64)),
            group("Balanced", 152, Some(-38)),
            group("Aggressive", 169, None),
        ],
    }
}

/// A named chart, drawn in any frame.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) draw: fn(&Frame<'_>) -> Chart,
}

pub(crate) const ALL: [Sample; 15] = [
    Sample { name: "payoff", draw: |frame| payoff(&policy(), frame) },
    Sample { name: "payoff-stx", draw: |frame| payoff(&Payoff { backing: Asset::Stx, ..policy() }, frame) },
    Sample { name: "premium-by-strike", draw: |frame| premium_by_strike(&strikes(), frame) },
    Sample { name: "premium-by-duration", draw: |frame| premium_by_duration(&durations(), frame) },
    Sample { name: "yield-history", draw: |frame| yield_history(&closes(), frame) },
    Sample { name: "utilisation", draw: |frame| utilisation(&used(), frame) },
    Sample { name: "ladder", draw: |frame| expiry_ladder(&ladder(), frame) },
    Sample { name: "stress", draw: |frame| stress_map(&stressed(), frame) },
    Sample { name: "stress-stx", draw: |frame| stress_map(&stressed_stx(), frame) },
    Sample { name: "health", draw: |frame| health_gauge(&account(), frame) },
    Sample { name: "prices", draw: |frame| price_history(&prices(), frame) },
    Sample { name: "prices-log", draw: |frame| price_history(&growth(), frame) },
    Sample {
        name: "nothing-yet",
        draw: |frame| yield_history(&YieldHistory { closes: Vec::new(), ..closes() }, frame),
    },
    Sample { name: "time-series", draw: |frame| time_series(&tiers(), frame) },
    Sample { name: "bars", draw: |frame| bars(&by_tier(), frame) },
];
