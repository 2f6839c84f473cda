//! One price out of what several markets say.

use core::fmt;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bithedge_protocol::{Ppm, PpmChange, Seconds, UnixSeconds, UsdE8};
use futures_util::future::{join, join_all};
use tokio::time::Instant;

use crate::book::is_within;
use crate::{Coins, MAX_PRICE, Observation, Pair, PriceSource, Refusal, Stamped};

/// When markets are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// So many have to agree, two at least. They also have to be more than half of those that gave a price.
    pub quorum: usize,
    /// At most so far from the median is agreement.
    pub spread: Ppm,
    /// Older prices are dropped, by the source's own time and by when they were received.
    pub max_age: Seconds,
    /// Prices from further ahead than this are dropped: clocks differ a little.
    pub max_ahead: Seconds,
    /// For each source. Sources have limits of their own; this one is for those that break theirs.
    pub timeout: Duration,
    /// The lowest and the highest plausible price of BTC.
    pub btc: (UsdE8, UsdE8),
    /// The lowest and the highest plausible price of STX.
    pub stx: (UsdE8, UsdE8),
}

impl Rules {
    /// Three within 2 % of the median and not older than five minutes, the age beyond which nothing is sold at the oracle's price
    /// (`sale-max-age`); BTC between 1,000 and 10,000,000 USD, STX between 0.001 and 1,000. Between reporters the oracle asks
    /// for 5 % (`outlier-bound`), which leaves them room for being asked at different moments; here everybody is asked at once.
    pub const STANDARD: Self = Self {
        quorum: 3,
        spread: Ppm::new(20_000),
        max_age: Seconds::new(300),
        max_ahead: Seconds::new(30),
        timeout: Duration::from_secs(10),
        btc: (UsdE8::new(1_000 * WHOLE), UsdE8::new(10_000_000 * WHOLE)),
        stx: (UsdE8::new(WHOLE / 1_000), UsdE8::new(1_000 * WHOLE)),
    };

    const fn plausible(&self, pair: Pair) -> (UsdE8, UsdE8) {
        match pair {
            Pair::BtcUsd => self.btc,
            Pair::StxUsd => self.stx,
        }
    }

    fn check(&self) -> Result<(), RulesError> {
        if self.quorum < 2 {
            return Err(RulesError::Quorum { quorum: self.quorum });
        }
        if self.spread == Ppm::ZERO || self.spread > WIDEST_SPREAD {
            return Err(RulesError::Spread { spread: self.spread });
        }
        if self.max_age == Seconds::ZERO || self.timeout.is_zero() {
            return Err(RulesError::NoTime);
        }
        for pair in Pair::ALL {
            let (low, high) = self.plausible(pair);
            if low == UsdE8::ZERO || low > high || high >= MAX_PRICE {
                return Err(RulesError::Plausible { pair });
            }
        }
        Ok(())
    }
}

/// One US dollar.
const WHOLE: u128 = 100_000_000;
/// Wider is no agreement.
const WIDEST_SPREAD: Ppm = Ppm::new(100_000);

/// Rules that would let a wrong price through, or none at all. A mistake of whoever set them up; nothing was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// One source alone is nobody's agreement.
    #[error("a quorum of {quorum} is too small: two have to agree at least")]
    Quorum {
        /// What was asked for.
        quorum: usize,
    },
    /// No room for differences, or too much of it.
    #[error("an agreement within {spread} is none: more than 0 % and up to 10 % are possible")]
    Spread {
        /// What was asked for.
        spread: Ppm,
    },
    /// Nothing could ever be young enough or in time.
    #[error("no time is left for an answer")]
    NoTime,
    /// The lowest plausible price is zero or above the highest, or that is beyond what the oracle takes.
    #[error("the plausible prices of {pair} are not a range that the oracle could accept")]
    Plausible {
        /// Of which pair.
        pair: Pair,
    },
    /// One source would have two votes.
    #[error("{name} is there twice")]
    Twice {
        /// Which.
        name: String,
    },
    /// There can never be a quorum.
    #[error("{sources} sources have a market {pair}, fewer than the {quorum} that have to agree")]
    TooFewSources {
        /// Of which pair.
        pair: Pair,
        /// How many list it.
        sources: usize,
        /// How many have to agree.
        quorum: usize,
    },
}

/// What became of one source's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It agrees with the others.
    Agrees(Observation),
    /// It gave a usable price, but too few did for anybody to agree with.
    Alone(Observation),
    /// It says something else than the others.
    Outlier {
        /// What it says.
        observation: Observation,
        /// How far that is from the median of all.
        off: PpmChange,
    },
    /// It gave no price that can be used.
    Refused(Refusal),
}

/// Who said what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The source's name.
    pub source: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// A price that enough markets agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consensus {
    /// What is priced.
    pub pair: Pair,
    /// The median of those that agree; of an even number the mean of the two in the middle, rounded down, as the oracle
    /// forms its own median.
    pub price: UsdE8,
    /// When it was so: a quorum of those that agree was received then or later, by the caller's clock. This is what a report
    /// states as `observed-at`; the oracle refuses one that is later than the block it gets into.
    pub at: UnixSeconds,
    /// From the lowest to the highest of those that agree, as a part of the price, rounded up.
    pub spread: Ppm,
    /// Everybody who has a market for it, in the order of the sources.
    pub said: Vec<Said>,
}

/// Both prices, as the oracle takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BothPrices {
    /// Of one BTC.
    pub btc: Consensus,
    /// Of one STX.
    pub stx: Consensus,
}

impl BothPrices {
    /// What a report would say: both prices, and the earlier of their times.
    #[must_use]
    pub fn stamped(&self) -> Stamped {
        let prices = Coins { btc: self.btc.price, stx: self.stx.price };
        Stamped { prices, at: self.btc.at.min(self.stx.at) }
    }
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shortfall {
    /// Too few gave a price that can be used.
    TooFew {
        /// How many did.
        usable: usize,
    },
    /// There were enough, but too few of them are near the median.
    NoAgreement {
        /// How many are.
        agreeing: usize,
        /// Out of how many.
        usable: usize,
    },
}

/// The markets gave no price that can be relied on. Nothing may be reported; what was known before is not known now. It says
/// nothing about money already committed: the oracle has its own price and its own limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", sentence(*.pair, *.quorum, *.shortfall, .said.len()))]
pub struct NoConsensus {
    /// What was asked for.
    pub pair: Pair,
    /// How many have to agree.
    pub quorum: usize,
    /// What is missing.
    pub shortfall: Shortfall,
    /// Everybody who has a market for it, in the order of the sources.
    pub said: Vec<Said>,
}

fn sentence(pair: Pair, quorum: usize, shortfall: Shortfall, asked: usize) -> String {
    match shortfall {
        Shortfall::TooFew { usable } => {
            format!("{usable} of {asked} markets gave a usable price of {pair}, and {quorum} are needed")
        }
        Shortfall::NoAgreement { agreeing, usable } => format!(
            "only {agreeing} of {usable} markets agree on a price of {pair}: {quorum} and more than half are needed"
        ),
    }
}

/// Several sources that are asked together. It keeps no price.
pub struct MedianOfMarkets {
    sources: Vec<Arc<dyn PriceSource>>,
    rules: Rules,
}

impl fmt::Debug for MedianOfMarkets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.sources.iter().map(|source| source.name()).collect();
        formatter
            .debug_struct("MedianOfMarkets")
            .field("sources", &names)
            .field("rules", &self.rules)
            .finish()
    }
}

impl MedianOfMarkets {
    /// With these sources.
    ///
    /// # Errors
    /// [`RulesError`] if the rules are no rules, a source is there twice, or there can never be a quorum for a pair.
    pub fn new(sources: Vec<Arc<dyn PriceSource>>, rules: Rules) -> Result<Self, RulesError> {
        rules.check()?;
        let mut names = BTreeSet::new();
        for source in &sources {
            if !names.insert(source.name()) {
                return Err(RulesError::Twice { name: source.name().to_owned() });
            }
        }
        for pair in Pair::ALL {
            let count = sources.iter().filter(|source| source.lists(pair)).count();
            if count < rules.quorum {
                return Err(RulesError::TooFewSources { pair, sources: count, quorum: rules.quorum });
            }
        }
        Ok(Self { sources, rules })
    }

    /// Its rules.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Asks everybody who has a market for it, at once, and waits for all of them. `now` is the caller's wall clock at the call.
    ///
    /// # Errors
    /// [`NoConsensus`] with who said what.
    pub async fn price(&self, pair: Pair, now: UnixSeconds) -> Result<Consensus, NoConsensus> {
        let called = Instant::now();
        let after = self.rules.timeout;
        let asked = self.sources.iter().filter(|source| source.lists(pair)).map(|source| async move {
            let answer = tokio::time::timeout(after, source.quote(pair, now)).await;
            (source.name().to_owned(), answer.unwrap_or(Err(Refusal::TimedOut { after })))
        });
        let answers = join_all(asked).await;
        let now = UnixSeconds::new(now.get().saturating_add(called.elapsed().as_secs()));
        judge(pair, now, answers, &self.rules)
    }

    /// Asks for both at once.
    ///
    /// # Errors
    /// [`NoConsensus`] about the first of them that there is none for: the oracle takes both or none.
    pub async fn both(&self, now: UnixSeconds) -> Result<BothPrices, NoConsensus> {
        let (btc, stx) = join(self.price(Pair::BtcUsd, now), self.price(Pair::StxUsd, now)).await;
        Ok(BothPrices { btc: btc?, stx: stx? })
    }
}

/// Forms a price out of what each source said, at the time `now`. A function of its arguments.
///
/// Whoever is refused, implausible or too old has no vote. The others' median decides who agrees: those at most
/// [`Rules::spread`] away from it. If they are a quorum and more than half of those with a vote, their median is the price.
/// As long as fewer than half of those with a vote lie, the median of all lies between honest prices, and the price is at most
/// the spread away from it. Two halves that disagree give no price. More than half that lie alike are believed.
///
/// # Errors
/// [`NoConsensus`] with who said what.
pub fn judge(
    pair: Pair,
    now: UnixSeconds,
    answers: Vec<(String, Result<Observation, Refusal>)>,
    rules: &Rules,
) -> Result<Consensus, NoConsensus> {
    let answers: Vec<(String, Result<Observation, Refusal>)> = answers
        .into_iter()
        .map(|(source, answer)| (source, answer.and_then(|seen| usable(pair, now, seen, rules))))
        .collect();
    let prices = sorted(answers.iter().filter_map(|(_, answer)| answer.as_ref().ok()).map(|seen| seen.price));
    let usable = prices.len();
    let Some(all) = median(&prices).filter(|_| usable >= rules.quorum) else {
        let said = answers.into_iter().map(|(source, answer)| Said {
            source,
            verdict: match answer {
                Ok(seen) => Verdict::Alone(seen),
                Err(refusal) => Verdict::Refused(refusal),
            },
        });
        let shortfall = Shortfall::TooFew { usable };
        return Err(NoConsensus { pair, quorum: rules.quorum, shortfall, said: said.collect() });
    };
    let said: Vec<Said> = answers
        .into_iter()
        .map(|(source, answer)| {
            let verdict = match answer {
                Ok(seen) if is_within(seen.price, all, rules.spread) => Verdict::Agrees(seen),
                Ok(observation) => Verdict::Outlier { observation, off: off(all, observation.price) },
                Err(refusal) => Verdict::Refused(refusal),
            };
            Said { source, verdict }
        })
        .collect();
    let agreeing: Vec<&Observation> = said
        .iter()
        .filter_map(|said| match &said.verdict {
            Verdict::Agrees(seen) => Some(seen),
            _ => None,
        })
        .collect();
    let prices = sorted(agreeing.iter().map(|seen| seen.price));
    let count = agreeing.len();
    let mut times: Vec<UnixSeconds> = agreeing.iter().map(|seen| seen.received).collect();
    times.sort_unstable_by(|a, b| b.cmp(a));
    let is_majority = count.saturating_mul(2) > usable;
    // There is such a time only if there is a quorum.
    match (median(&prices), times.get(rules.quorum.saturating_sub(1))) {
        (Some(price), Some(&at)) if is_majority => {
            Ok(Consensus { pair, price, at: at.min(now), spread: spread(&prices, price), said })
        }
        _ => {
            let shortfall = Shortfall::NoAgreement { agreeing: count, usable };
            Err(NoConsensus { pair, quorum: rules.quorum, shortfall, said })
        }
    }
}

/// Whether an observation has a vote.
fn usable(pair: Pair, now: UnixSeconds, seen: Observation, rules: &Rules) -> Result<Observation, Refusal> {
    if seen.pair != pair {
        let (expected, found) = (pair.symbol().to_owned(), seen.pair.symbol().to_owned());
        return Err(Refusal::WrongPair { expected, found });
    }
    let (low, high) = rules.plausible(pair);
    if seen.price < low || seen.price > high {
        return Err(Refusal::Implausible { price: seen.price, low, high });
    }
    for time in [Some(seen.received), seen.at].into_iter().flatten() {
        match now.since(time) {
            Some(age) if age > rules.max_age => return Err(Refusal::Stale { age }),
            Some(_) => {}
            None => {
                let by = time.since(now).unwrap_or(Seconds::ZERO);
                if by > rules.max_ahead {
                    return Err(Refusal::Ahead { by });
                }
            }
        }
    }
    Ok(seen)
}

fn sorted(prices: impl Iterator<Item = UsdE8>) -> Vec<UsdE8> {
    let mut prices: Vec<UsdE8> = prices.collect();
    prices.sort_unstable();
    prices
}

/// The middle one, or the mean of the two in the middle, rounded down.
fn median(sorted: &[UsdE8]) -> Option<UsdE8> {
    let last = sorted.len().checked_sub(1)?;
    let low = sorted.get(last / 2)?.base_units();
    let high = sorted.get(last.div_ceil(2))?.base_units();
    // The first is not above the second.
    Some(UsdE8::new(low + (high - low) / 2))
}

/// How far a price is from the median.
fn off(median: UsdE8, price: UsdE8) -> PpmChange {
    // Nothing plausible is beyond counting.
    PpmChange::relative(median.base_units(), price.base_units()).unwrap_or(PpmChange::ZERO)
}

fn spread(sorted: &[UsdE8], price: UsdE8) -> Ppm {
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else { return Ppm::ZERO };
    let width = high.base_units().saturating_sub(low.base_units());
    Ppm::new(width.saturating_mul(1_000_000).div_ceil(price.base_units().max(1)))
}
