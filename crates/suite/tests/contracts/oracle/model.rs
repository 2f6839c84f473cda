//! What the oracle should answer, computed in another way: averages by adding up every stretch between observations in
//! integers, volatilities in floating point.

use std::collections::BTreeMap;

use super::DAY;

const BOUNDARY_OFFSET: u64 = 28_800;
const SLOT: u64 = 300;
const DECAYS: [f64; 2] = [0.97, 0.99];

/// Prices in force since a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Observation {
    pub(super) at: u64,
    pub(super) btc: u128,
    pub(super) stx: u128,
}

/// A recorded boundary; volatilities in ppm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Boundary {
    pub(super) btc: u128,
    pub(super) stx: u128,
    pub(super) method: u128,
    pub(super) vol_ask: f64,
    pub(super) vol_low: f64,
}

/// The oracle of one reporter whose every report is accepted.
#[derive(Debug)]
pub(super) struct Model {
    observations: Vec<Observation>,
    pub(super) boundaries: BTreeMap<u64, Boundary>,
    /// Variances a year, by the short and by the long decay.
    variances: [f64; 2],
    sample: Option<(u64, u128)>,
}

/// Price and end of a stretch from its beginning on.
type Leg = fn(&Observation) -> u128;

impl Model {
    pub(super) fn new(short: f64, long: f64) -> Self {
        Self {
            observations: Vec::new(),
            boundaries: BTreeMap::new(),
            variances: [short * short, long * long],
            sample: None,
        }
    }

    pub(super) fn accept(&mut self, new: Observation) {
        let newest = new.at - (new.at - BOUNDARY_OFFSET) % DAY;
        if self.sample.is_none_or(|(sampled, _)| sampled < newest) {
            self.open_day(newest, new);
        }
        if self.observations.last().is_some_and(|last| last.at == new.at) {
            self.observations.pop();
        }
        self.observations.push(new);
    }

    fn open_day(&mut self, boundary: u64, new: Observation) {
        let inside =
            self.observations.iter().filter(|seen| (boundary - 1_800..boundary).contains(&seen.at)).count();
        let (btc, stx, method) = if inside >= 3 {
            let btc = self.average(boundary - 1_800, boundary, |seen| seen.btc);
            (btc, self.average(boundary - 14_400, boundary, |seen| seen.stx), 1)
        } else {
            (new.btc, new.stx, if new.at - boundary <= 21_600 { 2 } else { 3 })
        };
        if let Some((sampled, price)) = self.sample {
            let days = (boundary - sampled) / DAY;
            let move_ = squared_return(btc, price) * 365.0 / days as f64;
            for (variance, decay) in self.variances.iter_mut().zip(DECAYS) {
                let keep = decay.powf(days.min(511) as f64);
                *variance = keep * *variance + (1.0 - keep) * move_;
            }
        }
        self.sample = Some((boundary, btc));
        let [short, long] = self.variances.map(|variance| clamp(variance.sqrt() * 1e6));
        let record = Boundary { btc, stx, method, vol_ask: short.max(long), vol_low: short.min(long) };
        assert_eq!(self.boundaries.insert(boundary, record), None);
    }

    /// The average price over a stretch of time, rounded down; where there is no price yet the stretch is shorter.
    fn average(&self, start: u64, end: u64, leg: Leg) -> u128 {
        let start = start.max(self.observations[0].at);
        if start == end {
            return leg(self.observations.last().unwrap());
        }
        let mut sum = 0;
        for (index, seen) in self.observations.iter().enumerate() {
            let until = self.observations.get(index + 1).map_or(end, |next| next.at.min(end));
            let seconds = until.saturating_sub(seen.at.max(start));
            sum += leg(seen) * u128::from(seconds);
        }
        sum / u128::from(end - start)
    }

    /// Averages of both assets from `window` seconds before `end`, at the start of a slot, to `end`.
    pub(super) fn twap(&self, window: u64, end: u64) -> (u128, u128) {
        let start = (end - window) / SLOT * SLOT;
        (self.average(start, end, |seen| seen.btc), self.average(start, end, |seen| seen.stx))
    }

    pub(super) fn latest(&self) -> Observation {
        *self.observations.last().unwrap()
    }

    pub(super) fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// Ask and bid volatility in ppm.
    pub(super) fn pricing_volatilities(&self, now: u64) -> (f64, f64) {
        let (sampled, price) = self.sample.unwrap();
        let part = ((now - sampled) as f64 / DAY as f64).min(1.0);
        let by_twap = squared_return(self.twap(1_800, now).0, price) * 365.0;
        let by_latest = squared_return(self.latest().btc, price) * 365.0;
        let running = |move_: f64| {
            [0, 1].map(|i| (1.0 - (1.0 - DECAYS[i]) * part) * self.variances[i] + (1.0 - DECAYS[i]) * move_)
        };
        let ask = running(by_twap.max(by_latest)).into_iter().chain(self.variances).fold(0.0, f64::max);
        let bid = running(by_twap).into_iter().chain(self.variances).fold(f64::INFINITY, f64::min);
        (clamp(ask.sqrt() * 1e6), clamp(bid.sqrt() * 1e6))
    }
}

fn squared_return(new: u128, old: u128) -> f64 {
    (new as f64 / old as f64).ln().powi(2)
}

fn clamp(volatility: f64) -> f64 {
    volatility.clamp(200_000.0, 2_500_000.0)
}
