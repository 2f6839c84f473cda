//! Days in the life of an oracle whose reporters keep to the rule.

use bithedge_prices::{Coins, Jump, ReportDecision, ReportRule, ReportView};

use crate::oracle::{Oracle, Verdict};
use crate::{BOUND, BOUNDARY, DAY, Stamped, USUAL, coins, stamped, time};

/// One reporter's program.
#[derive(Clone, Default)]
struct Reporter {
    jump: Option<Jump>,
    sent: Option<Stamped>,
    /// Waits for a block.
    waiting: Option<Stamped>,
}

struct Days {
    oracle: Oracle,
    reporters: Vec<Reporter>,
    /// Reporters look so often, each at its own second.
    look: u64,
    /// A block so often.
    block: u64,
    /// Of this many reports one gets into a block.
    one_in: usize,
    sent: usize,
}

impl Days {
    fn new(reporters: usize, min_weight: usize) -> Self {
        Self {
            oracle: Oracle::new(reporters, min_weight),
            reporters: vec![Reporter::default(); reporters],
            look: 15,
            block: 30,
            one_in: 1,
            sent: 0,
        }
    }

    /// Plays from one second to another. `market` says what a reporter sees at a time.
    fn play(&mut self, from: u64, until: u64, market: impl Fn(usize, u64) -> Coins) {
        for now in from..until {
            if now.is_multiple_of(self.block) {
                for (who, reporter) in self.reporters.iter_mut().enumerate() {
                    if let Some(report) = reporter.waiting.take() {
                        self.oracle.report(who, report.prices, report.at.get(), now);
                    }
                }
            }
            for (who, reporter) in self.reporters.iter_mut().enumerate() {
                if !(now + 4 * who as u64).is_multiple_of(self.look) {
                    continue;
                }
                // Asking takes three seconds.
                let seen = stamped(market(who, now - 3), now - 3);
                let view = ReportView {
                    now: time(now),
                    market: seen,
                    accepted: self.oracle.latest(),
                    own: reporter.sent,
                    bound: BOUND,
                };
                let (decision, jump) = ReportRule::STANDARD.decide(&view, reporter.jump);
                reporter.jump = jump;
                match decision {
                    ReportDecision::Report(_) => {
                        self.sent += 1;
                        reporter.sent = Some(seen);
                        if self.sent.is_multiple_of(self.one_in) {
                            reporter.waiting = Some(seen);
                        }
                    }
                    // If nothing moves, nothing is due before then.
                    ReportDecision::Wait { until, .. } => assert!(until > time(now) || seen.at < time(now)),
                }
            }
        }
    }
}

/// Nothing moves for two days. One block in 30 s, one reporter, whose word is enough.
#[test]
fn a_quiet_market_keeps_the_oracle_alive() {
    let mut days = Days::new(1, 1);
    days.play(BOUNDARY + 3, BOUNDARY + 2 * DAY, |_, _| USUAL);
    let oracle = &days.oracle;
    // No slot of five minutes is empty, and no price gets older than that.
    for slot in 1..2 * DAY / 300 {
        let from = BOUNDARY + slot * 300;
        assert!(oracle.count(from, from + 300) >= 1, "slot {slot}");
    }
    let longest = oracle.accepted.windows(2).map(|pair| pair[1].at.get() - pair[0].at.get()).max();
    assert!(longest.unwrap() <= 300, "{longest:?}");
    let next = BOUNDARY + DAY;
    let near = oracle.count(next - 1_800, next);
    assert!((14..=16).contains(&near), "{near}");
    // Looked for every 15 s, mined every 30 s.
    let first = oracle.accepted.iter().find(|price| price.at >= time(next)).unwrap();
    assert!(first.at.get() <= next + 60, "{}", first.at.get() - next);
    // A report every four minutes, and eight more for each half hour before a boundary.
    assert!((720..=760).contains(&days.sent), "{}", days.sent);
}

/// Of five reports four get lost: there are three prices in the half hour all the same.
#[test]
fn four_of_five_reports_may_get_lost_before_a_boundary() {
    for lost in 0..5 {
        let mut days = Days::new(1, 1);
        days.one_in = 5;
        days.sent = lost;
        days.play(BOUNDARY + 3, BOUNDARY + DAY + 900, |_, _| USUAL);
        let next = BOUNDARY + DAY;
        let near = days.oracle.count(next - 1_800, next);
        assert!(near >= 3, "{near}");
    }
}

/// A market that walks by up to 0.2 % a minute, seen alike by three reporters of whom two are needed.
#[test]
fn a_walking_market_is_followed() {
    let market = |_: usize, now: u64| {
        let minute = now / 60;
        let step = |seed: u64| {
            // A triangle wave: up for so many minutes, and down again.
            let phase = minute % (2 * seed);
            u128::from(if phase < seed { phase } else { 2 * seed - phase })
        };
        coins(1_000_000 + 2_000 * step(37), 1_000_000 + 1_500 * step(23))
    };
    let mut days = Days::new(3, 2);
    days.play(BOUNDARY + 3, BOUNDARY + DAY / 4, market);
    // From the first minutes on the accepted price is never more than 1 % away from the market: a move of half a per cent,
    // and what happens until two have said so in a block.
    let mut worst = 0;
    for pair in days.oracle.accepted.windows(2).skip(3) {
        for now in pair[0].at.get()..pair[1].at.get() {
            let (said, is) = (pair[0].prices.btc.base_units(), market(0, now).btc.base_units());
            worst = worst.max(said.abs_diff(is) * 1_000_000 / is);
        }
    }
    assert!((1..=10_000).contains(&worst), "{worst}");
    assert!(days.oracle.verdicts[1..].iter().all(|verdict| *verdict == Verdict::Accepted));
}

/// Everything falls by 30 % at once, and STX by 40 %. The first report is an outlier among three, with the second two agree and override.
#[test]
fn a_crash_beyond_the_bound_is_accepted_when_two_say_so() {
    let crash = BOUNDARY + 5_000;
    let market = |_: usize, now: u64| {
        if now < crash { USUAL } else { coins(700_000, 600_000) }
    };
    let mut days = Days::new(3, 2);
    days.play(BOUNDARY + 3, crash + 600, market);
    let oracle = &days.oracle;
    let after = oracle.accepted.iter().find(|price| price.prices == coins(700_000, 600_000)).unwrap();
    // Half a minute to be sure, and the looks and blocks.
    assert!(after.at.get() - crash <= 30 + 2 * 15 + 2 * 30, "{}", after.at.get() - crash);
    assert!(oracle.verdicts[1..].iter().all(|verdict| *verdict == Verdict::Accepted));
    assert!(oracle.accepted.iter().all(|price| price.prices.btc >= coins(700_000, 0).btc));
}

/// A spike of 20 seconds is never reported.
#[test]
fn a_spike_is_not_reported() {
    let spike = BOUNDARY + 5_000;
    let market = |_: usize, now: u64| {
        if (spike..spike + 20).contains(&now) { coins(1_300_000, 1_000_000) } else { USUAL }
    };
    let mut days = Days::new(3, 2);
    days.play(BOUNDARY + 3, spike + 2_000, market);
    assert!(days.oracle.accepted.iter().all(|price| price.prices == USUAL));
    assert!(!days.oracle.verdicts.contains(&Verdict::BeyondBound));
}

/// One reporter alone sees another market than the other two: it says so again and again, and is not believed.
#[test]
fn one_reporter_alone_beyond_the_bound_is_not_believed() {
    let mut days = Days::new(3, 2);
    let market = |who: usize, now: u64| {
        if who == 0 && now > BOUNDARY + 5_000 { coins(700_000, 700_000) } else { USUAL }
    };
    days.play(BOUNDARY + 3, BOUNDARY + 10_000, market);
    assert!(days.oracle.accepted.iter().all(|price| price.prices == USUAL));
    let said = days.oracle.last[0].unwrap();
    assert!(said.prices == coins(700_000, 700_000) && said.at.get() >= BOUNDARY + 9_800, "{said:?}");
}
