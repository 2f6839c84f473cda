//! The reports' rule against the real oracle: three reporters, each on its own, over a random day with a crash in it.

use bithedge_engine::intents::{State, Tip, Unknown};
use bithedge_engine::keeper::{OracleView, oracle_view};
use bithedge_prices::{Coins, Jump, ReportDecision, ReportRule, Stamped, WhyReport};
use bithedge_protocol::{BlockHeight, MicroStx, UnixSeconds, UsdE8};
use bithedge_stacks::Address;
use bithedge_suite::Deployment;
use bithedge_suite_world::*;

use crate::net::read;

/// What the markets say.
struct Market {
    btc: f64,
    stx: f64,
    random: fastrand::Rng,
    crash_at: u64,
    crashed: bool,
}

impl Market {
    /// Ten seconds later: a walk of about 3 % a day, and once a crash.
    fn step(&mut self, now: u64) {
        for price in [&mut self.btc, &mut self.stx] {
            *price *= 1.0 + (self.random.f64() - 0.5) * 0.001;
        }
        if now >= self.crash_at && !self.crashed {
            self.crashed = true;
            self.btc *= 0.72;
            self.stx *= 0.55;
        }
    }

    /// As one reporter sees it: markets are asked at different moments, and agree within a thousandth.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "prices are positive and small"
    )]
    fn seen(&mut self) -> Coins {
        let noise = 1.0 + (self.random.f64() - 0.5) * 0.001;
        Coins {
            btc: UsdE8::new((self.btc * noise * 1e8) as u128),
            stx: UsdE8::new((self.stx * noise * 1e8) as u128),
        }
    }
}

fn view(w: &mut World, who: Address) -> OracleView {
    let tip =
        Tip { height: BlockHeight::new(1), hash: String::new(), time: UnixSeconds::new(w.vm.now().unwrap()) };
    let mut state = State::new(Deployment::devnet(), who, MicroStx::ZERO, tip);
    loop {
        match oracle_view(&state) {
            Ok(view) => return view,
            Err(Unknown::Unread(missing)) => {
                for reading in missing {
                    let value = read(w, &reading);
                    state.add(reading, value);
                }
            }
            Err(unknown) => panic!("{unknown}"),
        }
    }
}

#[derive(Default)]
struct Counts {
    reports: u64,
    /// By the oracle's verdict: accepted, too few, no consensus, beyond the bound.
    verdicts: [u64; 4],
    boundary: u64,
    /// The longest time without an accepted price; `max-age` is 900 s.
    longest: u64,
    /// How long it took until the crash was the price.
    crash: Option<u64>,
}

#[test]
fn reports_by_the_rule_are_taken_and_keep_the_oracle_alive() {
    let seed = std::env::var("KEEPER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(11);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut w = World::new();
    w.vm.snapshot_as("the beginning").unwrap();
    // A day with a crash at any time of it; and the hours around a boundary, with a crash while its average is taken.
    let begin = w.vm.now().unwrap();
    let boundary = (begin - 28_800) / DAY * DAY + DAY + 28_800;
    let mut market =
        |crash_at| Market { btc: 100_000.0, stx: 1.0, random: random.fork(), crash_at, crashed: false };
    // All of the day if that is wanted; else the five hours before its boundary, and the one after it.
    let begin = if std::env::var_os("KEEPER_SEED").is_some() {
        begin
    } else {
        w.vm.advance_to(boundary - 5 * 3_600).unwrap();
        w.report();
        w.vm.now().unwrap()
    };
    let some_time = begin + market(0).random.u64(3_600..boundary - begin - 3_600);
    day(&mut w, market(some_time), boundary + 3_600, seed);
    w.vm.restore_from("the beginning").unwrap();
    w.vm.advance_to(boundary - 7_200).unwrap();
    w.report();
    let right_before = boundary - market(0).random.u64(60..1_200);
    day(&mut w, market(right_before), boundary + 1_800, seed);
}

fn day(w: &mut World, mut market: Market, until: u64, seed: u64) {
    let reporters = w.reporters;
    let mut jumps: [Option<Jump>; 3] = [None; 3];
    let mut counts = Counts::default();
    let crash_at = market.crash_at;
    let begun = w.vm.now().unwrap();
    let mut last = view(w, reporters[0]).accepted.unwrap();
    while w.vm.now().unwrap() < until {
        // A report waits for the next block; each reporter looks at every third of them.
        let mut waiting: Vec<(Address, Stamped)> = Vec::new();
        for (place, who) in reporters.into_iter().enumerate() {
            let now = w.vm.now().unwrap();
            if !(now / 10 + place as u64).is_multiple_of(3) {
                continue;
            }
            let view = view(w, who);
            assert!(view.may_report);
            if !view.has_room() {
                continue;
            }
            // Asked by a clock that is ahead of the chain's.
            let seen = Stamped { prices: market.seen(), at: UnixSeconds::new(now + 7) };
            let view = view.with_market(seen);
            let (decision, jump) = ReportRule::STANDARD.decide(&view, jumps[place]);
            jumps[place] = jump;
            if let ReportDecision::Report(why) = decision {
                counts.boundary += u64::from(why == WhyReport::Boundary);
                waiting.push((who, view.market));
            }
        }
        w.vm.advance_stacks(1).unwrap();
        let now = w.vm.now().unwrap();
        market.step(now);
        let is_reported = !waiting.is_empty();
        for (who, report) in waiting {
            let arguments = [
                u(report.prices.btc.base_units()),
                u(report.prices.stx.base_units()),
                u(report.at.get().into()),
            ];
            let outcome = w.vm.call(who, "oracle", "report-prices", &arguments).unwrap();
            let answer = outcome.ok().unwrap_or_else(|other| panic!("seed {seed}, at {now}: {other:?}"));
            let verdict = usize::try_from(num(answer, "verdict")).unwrap();
            counts.verdicts[verdict] += 1;
            counts.reports += 1;
        }
        counts.longest = counts.longest.max(now - last.at.get());
        if is_reported {
            last = view(w, reporters[0]).accepted.unwrap();
        }
        if counts.crash.is_none() && now > crash_at && last.prices.btc < UsdE8::new(80_000 * USD) {
            counts.crash = Some(last.at.get() - crash_at);
        }
    }
    let boundary = (until - 28_800) / DAY * DAY + 28_800;
    let recorded = w.read("oracle", "get-boundary", &[u(boundary.into())]);
    let recorded = recorded.as_optional().unwrap().unwrap().clone();
    let Counts { reports, verdicts, longest, crash, boundary: first, .. } = counts;
    println!(
        "seed {seed}, crash at {crash_at}: {reports} reports, verdicts {verdicts:?}, longest without a price {longest} s, crash \
         accepted after {crash:?} s, {first} reports for an open boundary, method {} recorded {} s after it",
        num(&recorded, "method"),
        num(&recorded, "recorded-at") - u128::from(boundary),
    );
    // Reports of every four minutes; sales ask for five.
    assert!(longest <= 300, "{longest}");
    assert!(crash.is_some_and(|after| after <= 120), "{crash:?}");
    // By its average, by the first report after it.
    assert_eq!(num(&recorded, "method"), 1);
    assert!(num(&recorded, "recorded-at") - u128::from(boundary) <= 60);
    // Twelve an hour from each reporter, at least.
    assert!(reports >= 3 * 12 * (until - begun) / 3_600, "{reports}");
    // The crash itself may cost one that is too far from the others; nothing else is refused.
    assert!(verdicts[1] + verdicts[2] + verdicts[3] <= 2, "{verdicts:?}");
}
