//! The oracle's way with reports, written from docs/protocol.md and the head of the contract, without its averages.

use bithedge_prices::Coins;
use bithedge_protocol::UsdE8;

use crate::{BOUND, Stamped, stamped, time};
use bithedge_protocol::Seconds;

const REPORT_MAX_AGE: u64 = 900;
const OUTLIER: u128 = 50_000;
const AGREE: u128 = 10_000;

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    FewConfirmations,
    NoConsensus,
    BeyondBound,
}

/// Reporters of weight 1 each.
pub(crate) struct Oracle {
    pub(crate) last: Vec<Option<Stamped>>,
    pub(crate) min_weight: usize,
    /// One for each second.
    pub(crate) accepted: Vec<Stamped>,
    pub(crate) verdicts: Vec<Verdict>,
}

impl Oracle {
    pub(crate) fn new(reporters: usize, min_weight: usize) -> Self {
        Self { last: vec![None; reporters], min_weight, accepted: Vec::new(), verdicts: Vec::new() }
    }

    pub(crate) fn latest(&self) -> Option<Stamped> {
        self.accepted.last().copied()
    }

    /// A report in a block of the time `now`.
    pub(crate) fn report(&mut self, who: usize, prices: Coins, observed_at: u64, now: u64) {
        assert!(observed_at <= now && observed_at + REPORT_MAX_AGE >= now, "refused: {observed_at} at {now}");
        assert!(self.last[who].is_none_or(|last| last.at.get() < observed_at), "refused: not newer");
        self.last[who] = Some(stamped(prices, observed_at));
        let fresh: Vec<Coins> = self
            .last
            .iter()
            .flatten()
            .filter(|last| last.at.get() + REPORT_MAX_AGE >= now)
            .map(|last| last.prices)
            .collect();
        let mid = Coins {
            btc: middle(fresh.iter().map(|coins| coins.btc)),
            stx: middle(fresh.iter().map(|coins| coins.stx)),
        };
        let near = |bound| fresh.iter().filter(|coins| is_near(**coins, mid, bound)).count();
        let inside = self.latest().is_none_or(|last| {
            let elapsed = Seconds::new(now - last.at.get());
            is_near(mid, last.prices, BOUND.after(elapsed).base_units())
        });
        let agreed = near(AGREE);
        let overridden =
            agreed >= 2 && agreed >= self.min_weight && agreed * 1_000_000 >= self.last.len() * 666_666;
        let verdict = if fresh.len() < self.min_weight {
            Verdict::FewConfirmations
        } else if near(OUTLIER) < self.min_weight {
            Verdict::NoConsensus
        } else if inside || overridden {
            Verdict::Accepted
        } else {
            Verdict::BeyondBound
        };
        self.verdicts.push(verdict);
        if verdict == Verdict::Accepted {
            self.accepted.retain(|before| before.at != time(now));
            self.accepted.push(stamped(mid, now));
        }
    }

    /// How many prices were accepted from one time until before another.
    pub(crate) fn count(&self, from: u64, until: u64) -> usize {
        self.accepted.iter().filter(|price| (from..until).contains(&price.at.get())).count()
    }
}

fn middle(prices: impl Iterator<Item = UsdE8>) -> UsdE8 {
    let mut prices: Vec<u128> = prices.map(UsdE8::base_units).collect();
    prices.sort_unstable();
    let last = prices.len() - 1;
    UsdE8::new((prices[last / 2] + prices[last.div_ceil(2)]) / 2)
}

fn is_near(coins: Coins, base: Coins, bound: u128) -> bool {
    let near = |price: UsdE8, base: UsdE8| {
        price.base_units().abs_diff(base.base_units()) * 1_000_000 <= bound * base.base_units()
    };
    near(coins.btc, base.btc) && near(coins.stx, base.stx)
}
