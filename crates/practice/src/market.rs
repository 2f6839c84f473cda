//! The market that the practice reporters look at: a price that stands, or one that wanders. Not a model of anything: it is
//! there so that something moves.

use std::sync::{Arc, Mutex, PoisonError};

use bithedge_protocol::UsdE8;

/// Steps of the wandering price are made for this many seconds.
pub const STEP_SECONDS: u64 = 60;
/// One standard deviation of a step in parts per million: 50 % a year, over the 525,600 steps of a year.
const STEP_PPM: i128 = 690;
/// Neither price leaves these bounds, USD e8: 1 cent, and 10 million USD.
const BOUNDS: (u128, u128) = (1_000_000, 1_000_000_000_000_000);

/// What the market says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// One bitcoin.
    pub btc: UsdE8,
    /// One STX.
    pub stx: UsdE8,
}

/// The market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Prices now.
    pub quote: Quote,
    /// Whether they wander.
    pub walks: bool,
    /// Where the wandering comes from.
    pub seed: u64,
    /// The chain time up to which it has wandered, in seconds since 1970.
    pub stepped_to: u64,
    /// Counts the times that somebody set something.
    pub changes: u64,
}

/// The market, shared by who sets it and who reports it.
#[derive(Debug, Clone)]
pub struct Market(Arc<Mutex<State>>);

impl Market {
    /// 100,000 USD and 1 USD.
    pub const START: Quote = Quote { btc: UsdE8::new(10_000_000_000_000), stx: UsdE8::new(100_000_000) };

    /// A market that stands, or wanders.
    #[must_use]
    pub fn new(quote: Quote, walks: bool, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State { quote, walks, seed, stepped_to: 0, changes: 0 })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        // Nothing that is done inside can leave it half changed.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What it says.
    #[must_use]
    pub fn state(&self) -> State {
        self.with(|state| state.clone())
    }

    /// Sets what is given, and leaves the rest.
    pub fn set(&self, btc: Option<UsdE8>, stx: Option<UsdE8>, walks: Option<bool>) -> State {
        self.with(|state| {
            let Quote { btc: old_btc, stx: old_stx } = state.quote;
            state.quote = Quote { btc: btc.unwrap_or(old_btc), stx: stx.unwrap_or(old_stx) };
            state.walks = walks.unwrap_or(state.walks);
            state.changes += 1;
            state.clone()
        })
    }

    /// Goes on from prices that were reported before, as after a restart.
    pub fn resume(&self, quote: Quote) {
        self.with(|state| state.quote = quote);
    }

    /// Wanders to a chain time: the same seed and times give the same prices. Many days at once are one long step. When time
    /// went back, to a snapshot, it goes on from there.
    pub fn step_to(&self, time: u64) -> State {
        self.with(|state| {
            state.stepped_to = state.stepped_to.min(time);
            let steps = time.saturating_sub(state.stepped_to) / STEP_SECONDS;
            let first = state.stepped_to == 0;
            if first {
                state.stepped_to = time;
            } else if steps > 0 {
                state.stepped_to += steps * STEP_SECONDS;
            }
            if state.walks && !first && steps > 0 {
                // The deviation grows with the root of the time; a jump of months stays within a fifth.
                let scale = i128::from(steps.min(81_920).isqrt());
                let mut source = state.seed ^ state.stepped_to;
                let btc = wander(state.quote.btc, scale, &mut source);
                let stx = wander(state.quote.stx, scale * 2, &mut source);
                state.quote = Quote { btc, stx };
            }
            state.clone()
        })
    }
}

fn wander(price: UsdE8, scale: i128, source: &mut u64) -> UsdE8 {
    // Three uniform numbers of ±1,000,000 have a variance of one (1,000,000²) together.
    let sum: i128 = (0..3).map(|_| i128::from(next(source) % 2_000_001) - 1_000_000).sum();
    let change = (sum * STEP_PPM * scale / 1_000_000).clamp(-200_000, 200_000);
    let factor = u128::try_from(1_000_000 + change).unwrap_or(1_000_000);
    let (low, high) = BOUNDS;
    UsdE8::new((price.base_units() * factor / 1_000_000).clamp(low, high))
}

/// splitmix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_wanders_alike_from_the_same_seed_and_stays_within_reason() {
        let run = |seed| {
            let market = Market::new(Market::START, true, seed);
            (0..4_000_u64).map(|step| market.step_to(1_000_000 + step * 60).quote).collect::<Vec<_>>()
        };
        let first = run(1);
        assert_eq!(first, run(1));
        assert_ne!(first, run(2));
        let moves: Vec<f64> = first
            .windows(2)
            .map(|pair| {
                let [before, after] = [pair[0], pair[1]].map(|quote| quote.btc.base_units() as f64);
                (after / before).ln()
            })
            .collect();
        let variance = moves.iter().map(|one| one * one).sum::<f64>() / moves.len() as f64;
        let yearly = (variance * 525_600.0).sqrt();
        assert!((0.45..0.55).contains(&yearly), "{yearly}");
    }

    #[test]
    fn it_stands_when_it_is_told_and_takes_a_long_jump_in_one_step() {
        let market = Market::new(Market::START, false, 1);
        market.step_to(1_000_000);
        assert_eq!(market.step_to(9_000_000).quote, Market::START);
        let btc = UsdE8::new(6_000_000_000_000);
        let set = market.set(Some(btc), None, Some(true));
        assert_eq!((set.quote.btc, set.quote.stx, set.changes), (btc, Market::START.stx, 1));
        let jumped = market.step_to(9_000_000 + 86_400 * 365).quote.btc.base_units();
        assert!((4_800_000_000_000..=7_200_000_000_000).contains(&jumped), "{jumped}");
    }
    #[test]
    fn it_goes_on_when_time_went_back() {
        let market = Market::new(Market::START, true, 1);
        market.step_to(1_000_000);
        let there = market.step_to(1_100_000).quote;
        // Going back moves nothing; a minute later it wanders again.
        assert_eq!(market.step_to(1_050_000).quote, there);
        assert_ne!(market.step_to(1_050_060).quote, there);
    }
}
