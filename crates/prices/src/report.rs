//! When a report is worth its fee.

use bithedge_protocol::{Ppm, Seconds, UnixSeconds, UsdE8};

use crate::book::is_within;

/// Boundaries are at 08:00 UTC: so long after each midnight.
pub const BOUNDARY_OFFSET: Seconds = Seconds::new(28_800);
const DAY: u64 = 86_400;
const HOUR: u128 = 3_600;

/// The prices of both coins: the oracle takes them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coins {
    /// Of one BTC.
    pub btc: UsdE8,
    /// Of one STX.
    pub stx: UsdE8,
}

/// Prices at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// The prices.
    pub prices: Coins,
    /// The moment.
    pub at: UnixSeconds,
}

/// How far a price may be from the last accepted one, from the oracle's `get-bounds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviationBound {
    /// `deviation-base`.
    pub base: Ppm,
    /// `deviation-per-hour`.
    pub per_hour: Ppm,
    /// `deviation-cap`.
    pub cap: Ppm,
}

impl DeviationBound {
    /// The oracle's `deviation-bound` so long after the last accepted price: `min(cap, base + ⌊per hour · seconds / 3600⌋)`.
    #[must_use]
    pub fn after(&self, elapsed: Seconds) -> Ppm {
        let grown = self.per_hour.base_units().saturating_mul(u128::from(elapsed.get())) / HOUR;
        Ppm::new(self.base.base_units().saturating_add(grown)).min(self.cap)
    }
}

/// What a decision is made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportView {
    /// Now. The chain's time where it is known, since the oracle measures by that.
    pub now: UnixSeconds,
    /// What the markets say: [`BothPrices::stamped`](crate::BothPrices::stamped).
    pub market: Stamped,
    /// The oracle's last accepted price, and the time of its block (`get-latest`); `None` if there never was one.
    pub accepted: Option<Stamped>,
    /// This reporter's last report, in a block (`get-reporter`) or sent and still waiting, with its `observed-at`.
    pub own: Option<Stamped>,
    /// The oracle's bound around the last accepted price.
    pub bound: DeviationBound,
}

/// On which side of the oracle's bound a market price is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Below it.
    Below,
    /// Inside, the bound included.
    Inside,
    /// Above it.
    Above,
}

/// Market prices beyond the oracle's bound: what is to be remembered until the next decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// When it was seen first.
    pub since: UnixSeconds,
    /// Where BTC is.
    pub btc: Side,
    /// Where STX is.
    pub stx: Side,
}

/// Why a report is worth its fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhyReport {
    /// This reporter has never reported.
    First,
    /// A boundary has passed, and nobody's price has been accepted since: the next one records it.
    Boundary,
    /// The market has moved since this reporter's last report.
    Moved,
    /// A boundary is near: the averages that end there want many prices.
    BeforeBoundary,
    /// Time alone: the price must not become too old to be sold at.
    Heartbeat,
    /// The market is beyond the oracle's bound, or a boundary is still open: again, until enough reporters say the same.
    Repeat,
}

/// Why a report is not worth its fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhyWait {
    /// What the markets say is not newer than what was reported: the oracle would refuse it (`ERR_NOT_NEWER`).
    NothingNewer,
    /// The market has jumped beyond what the oracle accepts from one reporter alone: first it is to be seen whether it stays there.
    Confirming,
    /// The last report was a moment ago.
    JustReported,
    /// Nothing has happened.
    Quiet,
}

/// Whether to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportDecision {
    /// Report what the markets say.
    Report(WhyReport),
    /// Not now.
    Wait {
        /// Why not.
        why: WhyWait,
        /// When a report is due if the market does not move. It may move: look again before that.
        until: UnixSeconds,
    },
}

/// When a report is worth its fee. A pure function; its figures follow from the oracle's:
///
/// * Nothing is sold at a price older than five minutes (`sale-max-age`), and averages are kept by slots of five minutes.
///   [`heartbeat`](Self::heartbeat) is four: every slot has a price, and a minute is left for the report to get into a block. The
///   oracle forgets a reporter's word after 15 minutes (`report-max-age`), so that one's voice always counts.
/// * What the deployment has to see to is that every change of 0.5 % is reported (docs/protocol.md, what stays open):
///   [`deviation`](Self::deviation).
/// * The price of a boundary is the average of BTC over the 30 minutes before it, and counts only with three accepted prices or
///   more in them, at three different times: several in one block are one. STX's goes over four hours and wants no number. Every
///   [`boundary_heartbeat`](Self::boundary_heartbeat) of two minutes during [`boundary_lead`](Self::boundary_lead) makes 15:
///   twelve may get lost.
/// * The first accepted price at or after a boundary records it, and settlements and closes wait for that: it is sent at once.
///
/// A market beyond the oracle's bound around the last accepted price is not reported at first sight, since one reporter's word is
/// refused there and counted as an anomaly. If it is still beyond the bound, on the same side, after
/// [`confirm`](Self::confirm), it is reported, and again every [`boundary_heartbeat`](Self::boundary_heartbeat) or when it moves:
/// the bound widens with time, and reporters who agree within 1 % override it, for which each one's last word has to be near
/// the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportRule {
    /// A move of either coin by so much since this reporter's last report is reported.
    pub deviation: Ppm,
    /// Between reports when nothing moves.
    pub heartbeat: Seconds,
    /// The same when a boundary is near or open, or the market is beyond the oracle's bound.
    pub boundary_heartbeat: Seconds,
    /// So long before a boundary it is near.
    pub boundary_lead: Seconds,
    /// Between two reports whatever happens, so that a wild market does not become a transaction for every tick.
    pub gap: Seconds,
    /// A market beyond the bound is reported when it has been there for so long.
    pub confirm: Seconds,
}

impl ReportRule {
    /// Derived from the oracle's starting values.
    pub const STANDARD: Self = Self {
        deviation: Ppm::new(5_000),
        heartbeat: Seconds::new(240),
        boundary_heartbeat: Seconds::new(120),
        boundary_lead: Seconds::new(1_800),
        gap: Seconds::new(15),
        confirm: Seconds::new(30),
    };

    /// Decides. `seen` is what the decision before gave back, `None` at first.
    #[must_use]
    pub fn decide(&self, view: &ReportView, seen: Option<Jump>) -> (ReportDecision, Option<Jump>) {
        let jump = jump(view, seen);
        (self.decision(view, jump), jump)
    }

    fn decision(&self, view: &ReportView, jump: Option<Jump>) -> ReportDecision {
        let wait = |why, until| ReportDecision::Wait { why, until };
        let now = view.now;
        if let Some(own) = view.own
            && view.market.at <= own.at
        {
            return wait(WhyWait::NothingNewer, later(own.at, Seconds::new(1)));
        }
        if let Some(jump) = jump {
            let confirmed = later(jump.since, self.confirm);
            if now < confirmed {
                return wait(WhyWait::Confirming, confirmed);
            }
        }
        let Some(own) = view.own else { return ReportDecision::Report(WhyReport::First) };
        let free = later(own.at, self.gap);
        if now < free {
            return wait(WhyWait::JustReported, free);
        }
        let boundary = boundary_before(now);
        let is_open = view.accepted.is_some_and(|accepted| accepted.at < boundary);
        if is_open && own.at < boundary {
            return ReportDecision::Report(WhyReport::Boundary);
        }
        if self.has_moved(own.prices, view.market.prices) {
            return ReportDecision::Report(WhyReport::Moved);
        }
        let next = UnixSeconds::new(boundary.get().saturating_add(DAY));
        let near = UnixSeconds::new(next.get().saturating_sub(self.boundary_lead.get()));
        let soon = later(own.at, self.boundary_heartbeat);
        let normal = later(own.at, self.heartbeat);
        if jump.is_some() || is_open {
            if now >= soon.min(normal) {
                return ReportDecision::Report(WhyReport::Repeat);
            }
            return wait(WhyWait::Quiet, soon.min(normal));
        }
        if now >= normal {
            return ReportDecision::Report(WhyReport::Heartbeat);
        }
        if now >= near && now >= soon {
            return ReportDecision::Report(WhyReport::BeforeBoundary);
        }
        wait(WhyWait::Quiet, normal.min(soon.max(near)).min(next))
    }

    /// Whether time alone calls for a report, whatever the market did since this reporter's last one: what must not be saved on. `jump` is
    /// what [`decide`](Self::decide) gave back for this view.
    ///
    /// A market beyond the oracle's bound is reported as often as [`decide`](Self::decide) repeats it: others have to agree with a word
    /// that is not too old.
    #[must_use]
    pub fn is_due_by_time(&self, view: &ReportView, jump: Option<Jump>) -> bool {
        let Some(own) = view.own else { return true };
        let boundary = boundary_before(view.now);
        let is_open = view.accepted.is_some_and(|accepted| accepted.at < boundary);
        let next = boundary.get().saturating_add(DAY);
        let is_near = view.now.get() >= next.saturating_sub(self.boundary_lead.get());
        let is_often = jump.is_some() || is_open || is_near;
        let pause = if is_often { self.boundary_heartbeat.min(self.heartbeat) } else { self.heartbeat };
        (is_open && own.at < boundary) || view.now >= later(own.at, pause)
    }

    fn has_moved(&self, from: Coins, to: Coins) -> bool {
        // At least so far: only what is nearer is within one part less.
        let nearer = Ppm::new(self.deviation.base_units().saturating_sub(1));
        !is_within(to.btc, from.btc, nearer) || !is_within(to.stx, from.stx, nearer)
    }
}

fn later(time: UnixSeconds, by: Seconds) -> UnixSeconds {
    UnixSeconds::new(time.get().saturating_add(by.get()))
}

/// The last 08:00 UTC at or before a time.
fn boundary_before(time: UnixSeconds) -> UnixSeconds {
    let since = (time.get().saturating_add(DAY - BOUNDARY_OFFSET.get())) % DAY;
    UnixSeconds::new(time.get().saturating_sub(since))
}

/// Whether the market is beyond the oracle's bound, and since when on that side.
fn jump(view: &ReportView, seen: Option<Jump>) -> Option<Jump> {
    let accepted = view.accepted?;
    let elapsed = view.now.since(accepted.at).unwrap_or(Seconds::ZERO);
    let bound = view.bound.after(elapsed);
    let side = |price: UsdE8, base: UsdE8| {
        if is_within(price, base, bound) {
            Side::Inside
        } else if price < base {
            Side::Below
        } else {
            Side::Above
        }
    };
    let btc = side(view.market.prices.btc, accepted.prices.btc);
    let stx = side(view.market.prices.stx, accepted.prices.stx);
    if btc == Side::Inside && stx == Side::Inside {
        return None;
    }
    // It lasts as long as one of the coins stays where it was beyond the bound.
    let lasts = |before: &Jump| {
        (before.btc != Side::Inside && before.btc == btc) || (before.stx != Side::Inside && before.stx == stx)
    };
    let since = seen.filter(lasts).map_or(view.now, |before| before.since.min(view.now));
    Some(Jump { since, btc, stx })
}
