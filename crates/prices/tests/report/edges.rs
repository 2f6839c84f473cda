//! The rule to the last second and the last part per million.

use bithedge_prices::{Jump, ReportDecision, ReportRule, ReportView, Side, WhyReport, WhyWait};
use bithedge_protocol::{Ppm, Seconds};

use crate::{BOUND, BOUNDARY, Coins, DAY, USUAL, coins, stamped, time};

const RULE: ReportRule = ReportRule::STANDARD;
/// Noon: far from any boundary.
const NOON: u64 = BOUNDARY + 4 * 3_600;

/// The market is seen at `now`; the last price was accepted and reported at `before`.
fn view(now: u64, market: Coins, before: u64) -> ReportView {
    ReportView {
        now: time(now),
        market: stamped(market, now),
        accepted: Some(stamped(USUAL, before)),
        own: Some(stamped(USUAL, before)),
        bound: BOUND,
    }
}

fn decide(view: &ReportView) -> ReportDecision {
    RULE.decide(view, None).0
}

fn wait(why: WhyWait, until: u64) -> ReportDecision {
    ReportDecision::Wait { why, until: time(until) }
}

const fn report(why: WhyReport) -> ReportDecision {
    ReportDecision::Report(why)
}

#[test]
fn nothing_happens_between_heartbeats() {
    for (now, expected) in [
        (NOON + 14, wait(WhyWait::JustReported, NOON + 15)),
        (NOON + 15, wait(WhyWait::Quiet, NOON + 240)),
        (NOON + 239, wait(WhyWait::Quiet, NOON + 240)),
        (NOON + 240, report(WhyReport::Heartbeat)),
        (NOON + 100_000, report(WhyReport::Boundary)),
    ] {
        assert_eq!(decide(&view(now, USUAL, NOON)), expected, "{}", now - NOON);
    }
}

#[test]
fn half_a_per_cent_of_either_coin_is_a_move() {
    let moved = report(WhyReport::Moved);
    let quiet = wait(WhyWait::Quiet, NOON + 240);
    for (market, expected) in [
        (coins(1_005_000, 1_000_000), moved),
        (coins(1_004_999, 1_000_000), quiet),
        (coins(995_000, 1_000_000), moved),
        (coins(995_001, 1_000_000), quiet),
        (coins(1_000_000, 1_005_000), moved),
        (coins(1_000_000, 995_001), quiet),
    ] {
        assert_eq!(decide(&view(NOON + 15, market, NOON)), expected, "{market:?}");
    }
    // Not for every tick.
    let wild = view(NOON + 14, coins(1_050_000, 1_000_000), NOON);
    assert_eq!(decide(&wild), wait(WhyWait::JustReported, NOON + 15));
}

/// What counts is what this reporter said, not what was accepted: saying it again would change nothing.
#[test]
fn a_move_is_counted_from_the_own_report() {
    let said = coins(1_020_000, 1_000_000);
    let before = view(NOON + 60, said, NOON);
    assert_eq!(decide(&before), report(WhyReport::Moved));
    let after = ReportView { own: Some(stamped(said, NOON)), ..before };
    assert_eq!(decide(&after), wait(WhyWait::Quiet, NOON + 240));
}

#[test]
fn the_first_report_is_due_at_once() {
    let none = ReportView { own: None, accepted: None, ..view(NOON, USUAL, NOON) };
    assert_eq!(decide(&none), report(WhyReport::First));
    let others = ReportView { own: None, ..view(NOON, USUAL, NOON) };
    assert_eq!(decide(&others), report(WhyReport::First));
}

/// The oracle refuses what is not newer than the last report of the same reporter.
#[test]
fn nothing_older_than_the_own_report_is_sent() {
    for at in [NOON - 5, NOON] {
        let old = ReportView { market: stamped(coins(1_090_000, 1), at), ..view(NOON + 1_000, USUAL, NOON) };
        assert_eq!(decide(&old), wait(WhyWait::NothingNewer, NOON + 1));
    }
}

#[test]
fn reports_are_twice_as_often_in_the_last_half_hour_before_a_boundary() {
    let next = BOUNDARY + DAY;
    let near = next - 1_800;
    for (now, before, expected) in [
        // Reported shortly before the half hour: due two minutes after that, not before the half hour.
        (near - 1, near - 200, wait(WhyWait::Quiet, near)),
        (near, near - 200, report(WhyReport::BeforeBoundary)),
        (near - 1, near - 100, wait(WhyWait::Quiet, near + 20)),
        (near + 19, near - 100, wait(WhyWait::Quiet, near + 20)),
        (near + 20, near - 100, report(WhyReport::BeforeBoundary)),
        (near + 119, near, wait(WhyWait::Quiet, near + 120)),
        (near + 120, near, report(WhyReport::BeforeBoundary)),
        // A boundary is not waited over.
        (next - 10, next - 50, wait(WhyWait::Quiet, next)),
    ] {
        assert_eq!(decide(&view(now, USUAL, before)), expected, "{} {}", now - near, before - near);
    }
}

/// An observation at the very second of a boundary is after it.
#[test]
fn the_first_report_after_a_boundary_is_sent_at_once() {
    let next = BOUNDARY + DAY;
    assert_eq!(decide(&view(next - 1, USUAL, next - 20)), wait(WhyWait::Quiet, next));
    assert_eq!(decide(&view(next, USUAL, next - 20)), report(WhyReport::Boundary));
    assert_eq!(decide(&view(next, USUAL, next - 10)), wait(WhyWait::JustReported, next + 5));
    // Somebody's price has been accepted: as always.
    let recorded = ReportView { accepted: Some(stamped(USUAL, next)), ..view(next + 1, USUAL, next - 20) };
    assert_eq!(decide(&recorded), wait(WhyWait::Quiet, next - 20 + 240));
    // The own report is there, and nobody's price is accepted yet: again after two minutes.
    let own = Some(stamped(USUAL, next + 1));
    let open = |now| ReportView { own, ..view(now, USUAL, next - 20) };
    assert_eq!(decide(&open(next + 120)), wait(WhyWait::Quiet, next + 121));
    assert_eq!(decide(&open(next + 121)), report(WhyReport::Repeat));
}

#[test]
fn the_bound_is_the_oracle_s() {
    for (seconds, expected) in [
        (0, 100_000),
        (71, 100_986),
        (72, 101_000),
        (3_600, 150_000),
        (28_799, 499_986),
        (28_800, 500_000),
        (28_801, 500_000),
        (u64::MAX, 500_000),
    ] {
        assert_eq!(BOUND.after(Seconds::new(seconds)), Ppm::new(expected), "{seconds}");
    }
}

#[test]
fn a_jump_beyond_the_bound_is_reported_when_it_lasts() {
    // 72 s after the last price the bound is 10.1 %, and to the last part inside.
    let at = NOON + 72;
    assert_eq!(RULE.decide(&view(at, coins(899_000, 1_000_000), NOON), None).1, None);
    let crash = coins(898_999, 1_000_000);
    let (decision, jump) = RULE.decide(&view(at, crash, NOON), None);
    assert_eq!(decision, wait(WhyWait::Confirming, at + 30));
    assert_eq!(jump, Some(Jump { since: time(at), btc: Side::Below, stx: Side::Inside }));
    let deeper = coins(850_000, 1_000_000);
    let (decision, later) = RULE.decide(&view(at + 29, deeper, NOON), jump);
    assert_eq!((decision, later), (wait(WhyWait::Confirming, at + 30), jump));
    let (decision, _) = RULE.decide(&view(at + 30, deeper, NOON), jump);
    assert_eq!(decision, report(WhyReport::Moved));
    // Reported and not accepted: every two minutes again, or when it moves.
    let own = Some(stamped(deeper, at + 30));
    let reported = |now, market| ReportView { own, ..view(now, market, NOON) };
    let (decision, _) = RULE.decide(&reported(at + 149, deeper), jump);
    assert_eq!(decision, wait(WhyWait::Quiet, at + 150));
    let (decision, _) = RULE.decide(&reported(at + 150, deeper), jump);
    assert_eq!(decision, report(WhyReport::Repeat));
    let (decision, _) = RULE.decide(&reported(at + 50, coins(840_000, 1_000_000)), jump);
    assert_eq!(decision, report(WhyReport::Moved));
}

#[test]
fn a_jump_that_ends_is_forgotten() {
    let crash = coins(800_000, 1_000_000);
    let (_, jump) = RULE.decide(&view(NOON + 20, crash, NOON), None);
    let (decision, jump) = RULE.decide(&view(NOON + 40, USUAL, NOON), jump);
    assert_eq!((decision, jump), (wait(WhyWait::Quiet, NOON + 240), None));
    // The next one is looked at anew.
    let (decision, _) = RULE.decide(&view(NOON + 60, crash, NOON), jump);
    assert_eq!(decision, wait(WhyWait::Confirming, NOON + 90));
    // The same on the other side of the bound.
    let (_, jump) = RULE.decide(&view(NOON + 20, crash, NOON), None);
    let (decision, _) = RULE.decide(&view(NOON + 60, coins(1_200_000, 1_000_000), NOON), jump);
    assert_eq!(decision, wait(WhyWait::Confirming, NOON + 90));
}

/// A clock that was put back does not make anybody wait for it.
#[test]
fn a_jump_seen_in_the_future_was_seen_now() {
    let crash = coins(800_000, 1_000_000);
    let (_, jump) = RULE.decide(&view(NOON + 7_200, crash, NOON + 7_100), None);
    let (decision, jump) = RULE.decide(&view(NOON + 20, crash, NOON), jump);
    assert_eq!(decision, wait(WhyWait::Confirming, NOON + 50));
    assert_eq!(jump.unwrap().since, time(NOON + 20));
}

/// In a crash one coin follows the other over the bound: that is one crash.
#[test]
fn a_jump_lasts_while_one_coin_stays_beyond() {
    let (_, jump) = RULE.decide(&view(NOON + 20, coins(800_000, 1_000_000), NOON), None);
    let (_, jump) = RULE.decide(&view(NOON + 40, coins(800_000, 800_000), NOON), jump);
    assert_eq!(jump.unwrap().since, time(NOON + 20));
    let (decision, _) = RULE.decide(&view(NOON + 60, coins(1_000_000, 800_000), NOON), jump);
    assert_eq!(decision, report(WhyReport::Moved));
}

/// Whatever the clocks say, and with prices that nobody could count, there is a decision.
#[test]
fn no_view_is_too_strange() {
    let most = Coins { btc: bithedge_protocol::UsdE8::MAX, stx: bithedge_protocol::UsdE8::ZERO };
    for now in [0, 1, 28_799, 28_800, NOON, u64::MAX - 1, u64::MAX] {
        for market in [USUAL, most] {
            for at in [0, NOON, u64::MAX] {
                for seen in [None, Some(Jump { since: time(u64::MAX), btc: Side::Above, stx: Side::Below })] {
                    let strange = ReportView {
                        accepted: Some(stamped(most, at)),
                        own: Some(stamped(market, at)),
                        ..view(now, market, at)
                    };
                    let _ = RULE.decide(&strange, seen);
                }
            }
        }
    }
}
