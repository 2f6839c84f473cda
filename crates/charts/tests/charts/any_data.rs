//! Data that is hardly any, and any data at all: always a chart, never nonsense in it.

use bithedge_charts::*;
use bithedge_protocol::risk::HealthThresholds;
use bithedge_protocol::{Asset, MicroStx, Ppm, PpmChange, Sats, UnixSeconds, UsdE8};
use proptest::collection::vec;
use proptest::prelude::*;

use super::picture::check;
use super::samples;

/// Everything that can be drawn of one set of numbers.
#[derive(Clone, Debug)]
struct Numbers {
    times: Vec<u64>,
    amounts: Vec<u128>,
    changes: Vec<i128>,
    flags: Vec<bool>,
    name: String,
}

impl Numbers {
    fn amount(&self, index: usize) -> u128 {
        self.amounts.get(index).copied().unwrap_or(0)
    }

    fn time(&self, index: usize) -> UnixSeconds {
        UnixSeconds::new(self.times.get(index).copied().unwrap_or(0))
    }

    fn flag(&self, index: usize) -> bool {
        self.flags.get(index).copied().unwrap_or(false)
    }

    fn change(&self, index: usize) -> PpmChange {
        PpmChange::new(self.changes.get(index).copied().unwrap_or(0))
    }

    /// Each chart of them.
    fn charts(&self, frame: &Frame<'_>) -> Vec<Chart> {
        let count = self.amounts.len();
        let all = || 0..count;
        let usd = |index: usize| UsdE8::new(self.amount(index));
        let backing = if self.flag(0) { Asset::Sbtc } else { Asset::Stx };
        let size = Sats::new(self.amount(0));
        let policy = Payoff { size, strike: usd(1), floor: usd(2), spot: usd(3), cost: usd(4), backing };
        let strikes = all().map(|index| StrikeQuote {
            strike: usd(index),
            premium: MicroStx::new(self.amount(count - 1 - index)),
            is_available: self.flag(index),
        });
        let strikes = PremiumByStrike { quotes: strikes.collect(), chosen: Some(usd(0)), spot: usd(3) };
        let expiries = all().map(|index| ExpiryQuote {
            expiry: self.time(index),
            premium: Sats::new(self.amount(index)),
            is_available: self.flag(index),
        });
        let expiries =
            PremiumByDuration { quotes: expiries.collect(), chosen: Some(self.time(1)), now: self.time(2) };
        let closes = all().map(|index| YieldClose { at: self.time(index), since_first: self.change(index) });
        let closes = YieldHistory { name: self.name.clone(), closes: closes.collect() };
        let points =
            all().map(|index| UtilisationPoint { at: self.time(index), ratio: Ppm::new(self.amount(index)) });
        let used = Utilisation {
            name: self.name.clone(),
            points: points.collect(),
            limit: Ppm::new(self.amount(1)),
        };
        let rungs = all().map(|index| LadderRung {
            expiry: self.time(index),
            locked: MicroStx::new(self.amount(index)),
            worst: MicroStx::new(self.amount(count - 1 - index)),
        });
        let ladder = ExpiryLadder { name: self.name.clone(), rungs: rungs.collect() };
        let changes: Vec<PpmChange> = (0..self.changes.len()).map(|index| self.change(index)).collect();
        let stressed = StressMap {
            name: self.name.clone(),
            btc: changes.clone(),
            with: if self.flag(1) { StressedWith::Stx } else { StressedWith::Volatility },
            other: changes.iter().copied().take(4).collect(),
            outcomes: vec![changes.iter().copied().map(Some).collect(), vec![None, Some(PpmChange::ZERO)]],
        };
        let thresholds = HealthThresholds {
            warning: Ppm::new(self.amount(0)),
            margin_call: Ppm::new(self.amount(1)),
            liquidation: Ppm::new(self.amount(2)),
        };
        let ratio = self.flag(2).then(|| Ppm::new(self.amount(3)));
        let prices = all().map(|index| PricePoint { at: self.time(index), price: usd(index) });
        let policies = all().map(|index| PolicySpan {
            from: self.time(index),
            until: self.time(count - 1 - index),
            strike: usd(count - 1 - index),
            outcome: if self.flag(index) { PolicyOutcome::Paid } else { PolicyOutcome::Running },
        });
        let history = PriceHistory { prices: prices.collect(), policies: policies.collect() };
        let lines = (0..3).map(|line| TimeLine {
            name: format!("{} {line}", self.name),
            points: changes.iter().skip(line).map(|change| (self.time(line), *change)).collect(),
        });
        let series =
            TimeSeries { title: "Any".to_owned(), counted: "Figures".to_owned(), lines: lines.collect() };
        let groups = changes.chunks(2).map(|pair| BarGroup {
            name: self.name.clone(),
            values: pair.iter().copied().map(Some).collect(),
        });
        let grouped = Bars {
            title: "Any".to_owned(),
            counted: "Figures".to_owned(),
            kinds: vec!["sBTC".to_owned(), "STX".to_owned()],
            groups: groups.collect(),
        };
        vec![
            payoff(&policy, frame),
            premium_by_strike(&strikes, frame),
            premium_by_duration(&expiries, frame),
            yield_history(&closes, frame),
            utilisation(&used, frame),
            expiry_ladder(&ladder, frame),
            stress_map(&stressed, frame),
            health_gauge(&HealthGauge { ratio, thresholds }, frame),
            price_history(&history, frame),
            time_series(&series, frame),
            bars(&grouped, frame),
        ]
    }
}

fn check_all(numbers: &Numbers) {
    for width in [240, 320, 900, 1_600] {
        for chart in numbers.charts(&Frame { id: "any", width, theme: Theme::Light }) {
            check(&chart);
        }
    }
}

fn numbers(times: &[u64], amounts: &[u128], changes: &[i128]) -> Numbers {
    Numbers {
        times: times.to_vec(),
        amounts: amounts.to_vec(),
        changes: changes.to_vec(),
        flags: vec![true, false, true],
        name: "Balanced".to_owned(),
    }
}

#[test]
fn no_data_is_said_in_words() {
    for chart in numbers(&[], &[], &[]).charts(&Frame { id: "none", width: 320, theme: Theme::Dark }) {
        check(&chart);
        assert!(chart.table.rows.len() <= 4, "{}", chart.title);
        let is_said = chart.svg.contains("<text") && !chart.svg.contains("<polyline");
        assert!(is_said || chart.title == "Collateral health", "{}: {}", chart.title, chart.svg);
    }
}

#[test]
fn one_value_equal_values_zeros_and_extremes_are_drawn() {
    let day = samples::day(0).get();
    check_all(&numbers(&[day], &[100_000_000], &[0]));
    check_all(&numbers(&[day; 6], &[9_000_000_000_000; 6], &[-30_000; 6]));
    check_all(&numbers(&[day, day + 86_400, day + 172_800], &[0; 6], &[0; 6]));
    check_all(&numbers(&[0, u64::MAX, 1], &[u128::MAX; 6], &[i128::MAX, i128::MIN, 0]));
    check_all(&numbers(&[u64::MAX; 4], &[1, u128::MAX, 0, 2], &[i128::MIN; 3]));
    check_all(&numbers(&[day, day + 1, day + 2], &[1, 2, 1, 3], &[1, -1, 2]));
    // A floor under a strike, both absurd.
    check_all(&numbers(&[day], &[1, u128::MAX, 1, u128::MAX, u128::MAX], &[1]));
    check_all(&numbers(&[day], &[1 << 40, 1 << 60, 1, 1 << 59, 0], &[1]));
}

#[test]
fn markup_in_names_is_text() {
    let mut numbers = numbers(&[1, 2], &[1, 2], &[1, 2]);
    numbers.name = "<script>alert(1)</script> & \"'\u{0}\u{1b}\u{fffe} ]]> 保護 🛡".to_owned();
    check_all(&numbers);
    let id = "x\" onload=\"alert(1)";
    for chart in numbers.charts(&Frame { id, width: 400, theme: Theme::Light }) {
        check(&chart);
    }
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![1 => any::<u64>(), 1 => Just(0), 6 => 1_400_000_000..1_900_000_000_u64]
}

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![1 => any::<u128>(), 1 => Just(0), 2 => 0..1_000_u128, 6 => 0..20_000_000_000_000_u128]
}

fn change() -> impl Strategy<Value = i128> {
    prop_oneof![1 => any::<i128>(), 1 => Just(0), 6 => -1_200_000..3_000_000_i128]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_data_give_a_sound_chart(
        times in vec(time(), 0..12),
        amounts in vec(amount(), 0..12),
        changes in vec(change(), 0..10),
        flags in vec(any::<bool>(), 0..12),
        name in "\\PC{0,40}",
        width in 200..2_000_u32,
    ) {
        let numbers = Numbers { times, amounts, changes, flags, name };
        for chart in numbers.charts(&Frame { id: "any", width, theme: Theme::Light }) {
            check(&chart);
        }
    }
}
