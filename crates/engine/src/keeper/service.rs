//! One look after the other: what is due, and in which order it is done. How a single duty is done: [`answer`].

mod answer;

pub use answer::BY_KEEPER;
use answer::STUCK_REPORT_SECONDS;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bithedge_prices::{Coins, Jump, ReportDecision, ReportView, Stamped, WhyReport};
use bithedge_protocol::{Asset, MicroStx as Balance, UnixSeconds};
use bithedge_stacks::Address;
use bithedge_suite::{ContractCall, Deployment};
use tokio::time::Instant;

use super::deed::{Deed, KeeperError};
use super::due::{Pots, Scope, due_and_odd, pots};
use super::duty::{Duty, DutyKind, is_same};
use super::lists::EndedPolicies;
use super::order::StandingOrder;
use super::past::{LONGEST_WAIT, Past};
use super::policy::{Policy, When};
use super::reports::{PriceSource, fresh_prices, oracle_view};
use super::wait::Wait;
use crate::clock::Clock;
use crate::intents::{ReadError, State, SuiteReader, Tip, Unknown, at_one_tip};
use crate::transactions::{Chain, Signer, Status, TransactionId, Transactions};

/// Nodes take 25 waiting transactions of an account (`MAXIMUM_MEMPOOL_TX_CHAINING` of stacks-core); some room is the user's.
const MOST_UNDER_WAY: usize = 15;
/// So many ended policies are looked at in a step; the next step goes on with the next ones.
const MOST_POLICIES: usize = 25;
/// After something did not go the same is tried again after so long, doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(30);
/// Beside reports, a look that takes longer is given up, so that the next report is not late.
const PATIENCE_BESIDE_REPORTS: Duration = Duration::from_secs(60);
/// Beside reports, looking that failed is tried again as soon as anything else the first time, and at most after so many times as
/// long: five minutes, as a rule.
const LONGEST_LOOK: u32 = 10;
/// A clock so many seconds behind the newest block cannot tell old prices from new ones.
const MOST_BEHIND: u64 = 30;
/// Days of the journal in which a difference between what was approved and what happened is looked for at the start.
const ALARM_DAYS: u64 = 365;
/// At most after so long, and after so many times the first wait.
const LONGEST_RETRY: Duration = Duration::from_secs(1_800);
const LONGEST_RETRIES: u32 = 60;

/// What a keeper works with.
#[allow(missing_debug_implementations, reason = "its transactions hold a signer")]
pub struct Parts<R, C, S, P, L> {
    /// The account's transactions.
    pub transactions: Arc<Transactions<C, S>>,
    /// The suite, as it stands.
    pub reader: R,
    /// Where the suite is.
    pub deployment: Deployment,
    /// The markets.
    pub prices: P,
    /// Which policies may have ended.
    pub ended: L,
    /// This computer's clock.
    pub clock: Arc<dyn Clock>,
    /// The tiers whose buckets are looked after.
    pub tiers: Vec<u8>,
}

/// How often the keeper looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeeperPace {
    /// From one look to the next.
    pub look: Duration,
    /// The longest pause, when looking fails again and again.
    pub longest: Duration,
    /// A look that takes longer is given up.
    pub patience: Duration,
}

impl KeeperPace {
    /// For public nodes and markets: four looks a minute, as often as the reports' rule wants one.
    pub const STANDARD: Self = Self {
        look: Duration::from_secs(15),
        longest: Duration::from_secs(300),
        patience: Duration::from_secs(120),
    };
}

/// The keeper of one account. It holds no secret and, beside what it was told and what it has yet to repeat, no state: see
/// the [module](super).
#[allow(missing_debug_implementations, reason = "its transactions hold a signer")]
pub struct Keeper<R, C, S, P, L> {
    parts: Parts<R, C, S, P, L>,
    policy: Policy,
    order: StandingOrder,
    /// The tip at which everything that was due was seen to.
    seen: Option<Tip>,
    /// The oracle's prices at the last look.
    prices: Option<Coins>,
    /// What the reports' rule remembers.
    jump: Option<Jump>,
    /// The last of the ended policies that was looked at.
    cursor: u128,
    /// Those that were looked at since they are on the list.
    looked: BTreeSet<u128>,
    retries: Vec<Retry>,
    first_retry: Duration,
    /// What was told that it waits for.
    waits: Vec<Wait>,
    /// Failures that were told, or were there before.
    failures: Option<BTreeSet<TransactionId>>,
    locked_until: Option<Instant>,
    /// What the step that is being done has come to. What was told of one that was cut off is told by the next.
    turn: Turn,
    /// What is being signed: if the step is cut off meanwhile, the journal knows whether it was.
    signing: Option<Deed>,
    /// What the pots had at the last look, and what the keeper's own calls draw from them.
    pots: Pots,
    draws: Vec<Draw>,
    /// What is to be outbid now: it draws nothing if that succeeds.
    replacing: Option<TransactionId>,
    /// Since when the chain has executed the nonces of what the journal has as under way.
    overtaken: BTreeMap<TransactionId, Instant>,
    /// What did something else than was approved.
    alarm: Option<TransactionId>,
    /// Whether the reports' part of the last step was as it should be.
    reports_go_on: bool,
    /// When looking is tried again beside reports, and the pause before that.
    look_again: Option<(Instant, Duration)>,
}

/// A bounty that a call of the keeper's takes out of a bucket's pot.
struct Draw {
    id: TransactionId,
    bucket: (u8, Asset),
    amount: u128,
}

/// Something that is not tried again before a moment.
struct Retry {
    kind: DutyKind,
    call: ContractCall,
    next: Instant,
    wait: Duration,
}

/// What a step comes to.
struct Turn {
    deeds: Vec<Deed>,
    waits: Vec<Wait>,
    is_unfinished: bool,
}

impl<R, C, S, P, L> Keeper<R, C, S, P, L>
where
    R: SuiteReader + Send + Sync,
    C: Chain,
    S: Signer,
    P: PriceSource,
    L: EndedPolicies,
{
    /// A keeper that does what the policy wants and the order allows.
    #[must_use]
    pub const fn new(parts: Parts<R, C, S, P, L>, policy: Policy, order: StandingOrder) -> Self {
        Self {
            parts,
            policy,
            order,
            seen: None,
            prices: None,
            jump: None,
            cursor: 0,
            looked: BTreeSet::new(),
            retries: Vec::new(),
            first_retry: FIRST_RETRY,
            waits: Vec::new(),
            failures: None,
            locked_until: None,
            turn: Turn { deeds: Vec::new(), waits: Vec::new(), is_unfinished: false },
            signing: None,
            pots: Pots { pots: BTreeMap::new(), backed_by: BTreeMap::new() },
            draws: Vec::new(),
            replacing: None,
            overtaken: BTreeMap::new(),
            alarm: None,
            reports_go_on: false,
            look_again: None,
        }
    }

    /// With another pause before what did not go is tried again the first time: for chains whose time runs faster.
    #[must_use]
    pub fn with_first_retry(self, first_retry: Duration) -> Self {
        Self { first_retry, ..self }
    }

    /// Looks once, and does what is due, allowed and worth its fee.
    ///
    /// Cancel-safe: a step that is dropped has left nothing, or a signed transaction in the journal. What is signed is sent by it or by
    /// [`Transactions::poll`], which somebody else has to call: the keeper does not watch.
    ///
    /// # Errors
    /// [`KeeperError`]. If something was done before it failed, that is given instead, and the next step fails.
    pub async fn step(&mut self) -> Result<Vec<Deed>, KeeperError> {
        self.turn.waits.clear();
        self.turn.is_unfinished = false;
        let result = self.take_turn().await;
        let mut deeds = self.take_deeds();
        if let Err(error) = result
            && deeds.is_empty()
        {
            return Err(error);
        }
        let waits = std::mem::take(&mut self.turn.waits);
        let is_new = |wait: &&Wait| !self.waits.iter().any(|known| known.is_same(wait));
        deeds.extend(waits.iter().filter(is_new).cloned().map(Deed::Waits));
        self.waits = waits;
        Ok(deeds)
    }

    /// What was done and not told yet, also by a step that was cut off.
    fn take_deeds(&mut self) -> Vec<Deed> {
        if let Some(mut deed) = self.signing.take()
            && let Deed::Sent { id, txid, .. } = &mut deed
            && let Ok(Some(entry)) = self.parts.transactions.entry(*id)
        {
            *txid = entry.txid;
            self.turn.deeds.push(deed);
        }
        std::mem::take(&mut self.turn.deeds)
    }

    /// Looks again and again, and tells what happens. It ends only by being dropped.
    pub async fn run(mut self, pace: KeeperPace, mut tell: impl FnMut(Result<Deed, KeeperError>) + Send) {
        let mut wait = pace.look;
        loop {
            let late = || {
                let text = format!("no answer within {} seconds", pace.patience.as_secs());
                Err(KeeperError::Read(ReadError::Other(text)))
            };
            match tokio::time::timeout(pace.patience, self.step()).await.unwrap_or_else(|_| late()) {
                Ok(deeds) => {
                    wait = pace.look;
                    deeds.into_iter().for_each(|deed| tell(Ok(deed)));
                }
                Err(error) => {
                    // Reports keep their pace, whatever else cannot be read.
                    wait =
                        if self.reports_go_on { pace.look } else { wait.saturating_mul(2).min(pace.longest) };
                    self.take_deeds().into_iter().for_each(|deed| tell(Ok(deed)));
                    tell(Err(error));
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    const fn account(&self) -> Address {
        self.order.account
    }

    fn is_on(&self, kind: DutyKind) -> bool {
        self.policy.when(kind) != When::Off && self.order.kinds.contains(&kind)
    }

    async fn take_turn(&mut self) -> Result<(), KeeperError> {
        self.reports_go_on = false;
        let clock = self.parts.clock.now();
        if self.is_over(clock) {
            return Ok(());
        }
        let account = self.account();
        let Parts { transactions, deployment, .. } = &self.parts;
        if self.failures.is_none() {
            let all = Past::read(transactions, deployment, account, clock, ALARM_DAYS)?;
            self.alarm = all.alarms().first().copied();
        }
        let mut past = Past::read(transactions, deployment, account, clock, 1)?;
        let asked = transactions.questions().into_iter().find(|question| question.account == account);
        self.tell_failures(&past);
        self.alarm = self.alarm.or_else(|| past.alarms().first().copied());
        if let Some(id) = self.alarm {
            self.turn.waits.push(Wait::Alarm(id));
            return Ok(());
        }
        if let Some(question) = asked {
            // What is signed now would wait behind it, and be executed whenever that is answered.
            self.turn.waits.push(Wait::Question(question.id));
            return Ok(());
        }
        if self.locked_until.is_some_and(|until| Instant::now() < until) {
            self.turn.waits.push(Wait::Locked);
            return Ok(());
        }
        let tip = self.parts.reader.tip().await?;
        // A clock that was set back does not bring an order back.
        if self.is_over(clock.max(tip.time)) {
            return Ok(());
        }
        self.see_queue(&mut past).await?;
        if !self.is_on(DutyKind::ReportPrices) {
            return self.look_and_act(&mut past, &tip).await;
        }
        // A report waits for nothing else, and nothing else for a report.
        let reported = self.report_and_act(clock, &mut past, &tip).await;
        self.reports_go_on = reported.is_ok();
        if self.look_again.is_some_and(|(next, _)| Instant::now() < next) {
            return reported.map(|_| ());
        }
        let looking = self.look_and_act(&mut past, &tip);
        let looked = tokio::time::timeout(PATIENCE_BESIDE_REPORTS, looking).await.unwrap_or_else(|_| {
            let text = format!("no answer within {} seconds", PATIENCE_BESIDE_REPORTS.as_secs());
            Err(KeeperError::Read(ReadError::Other(text)))
        });
        self.look_again = looked.is_err().then(|| {
            let longest = self.first_retry.saturating_mul(LONGEST_LOOK);
            let wait =
                self.look_again.map_or(self.first_retry, |(_, wait)| wait.saturating_mul(2).min(longest));
            (Instant::now() + wait, wait)
        });
        reported.and(looked)
    }

    fn is_over(&mut self, now: UnixSeconds) -> bool {
        let is_over = self.order.is_on(now).is_err();
        if is_over {
            self.turn.waits.push(Wait::OrderEnded(self.order.until));
        }
        is_over
    }

    /// Asks the chain what of the queue is executed, if that may change what is done; says if the queue stands.
    async fn see_queue(&mut self, past: &mut Past) -> Result<(), KeeperError> {
        let least = self.stuck_after(DutyKind::ReportPrices);
        let waits_long = past.lowest().is_some_and(|(_, _, age)| age >= least);
        if waits_long || past.under_way() >= MOST_UNDER_WAY {
            let chain = self.parts.transactions.chain_nonces(&self.account()).await?;
            let patience = Duration::from_secs(self.policy.stuck_after.get());
            past.executed_to(chain.executed, &mut self.overtaken, patience);
        }
        if let Some((nonce, id, age)) = past.lowest() {
            let kind = past.kind(id).unwrap_or(DutyKind::CloseEpoch);
            if age >= self.stuck_after(kind) {
                self.turn.waits.push(Wait::Stuck(nonce));
            }
        }
        Ok(())
    }

    async fn report_and_act(
        &mut self,
        clock: UnixSeconds,
        past: &mut Past,
        tip: &Tip,
    ) -> Result<(), KeeperError> {
        if let Some(report) = self.report(clock, past).await? {
            self.act(&report, past, tip).await?;
        }
        Ok(())
    }

    async fn look_and_act(&mut self, past: &mut Past, tip: &Tip) -> Result<(), KeeperError> {
        if self.seen.as_ref() == Some(tip) {
            return Ok(());
        }
        self.draws.retain(|draw| past.may_draw(draw.id, tip.height.get()));
        let (mut duties, mut odd) = self.look(tip).await?;
        // What holds up the queue goes first, if it is still due.
        if let Some((_, id, _)) = past.lowest() {
            let Parts { deployment, .. } = &self.parts;
            let account = self.order.account;
            duties
                .sort_by_key(|duty| !duty.call(deployment, account).is_ok_and(|call| past.is_of(id, &call)));
        }
        for duty in &duties {
            match self.act(duty, past, tip).await {
                Ok(true) => {}
                Ok(false) => {
                    self.turn.is_unfinished = true;
                    break;
                }
                // What cannot be understood of one duty is nothing against the next.
                Err(KeeperError::Read(error @ (ReadError::Unknown(_) | ReadError::Mismatch(_)))) => {
                    odd.get_or_insert(KeeperError::Read(error));
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(odd) = odd {
            return Err(odd);
        }
        if !self.turn.is_unfinished {
            self.seen = Some(tip.clone());
        }
        Ok(())
    }

    /// Failures of the keeper's transactions, once each; not those from before this program started.
    fn tell_failures(&mut self, past: &Past) {
        let failed = past.failed();
        let Some(told) = &mut self.failures else {
            self.failures = Some(failed.map(|act| act.entry.id).collect());
            return;
        };
        for act in failed {
            if let Status::Failed { failure, .. } = &act.entry.status
                && told.insert(act.entry.id)
            {
                let (kind, id, fee) = (act.kind, act.entry.id, act.entry.fee);
                self.turn.deeds.push(Deed::Failed { kind, id, fee, failure: failure.clone() });
            }
        }
    }

    /// The report that the rule calls for.
    async fn report(&mut self, now: UnixSeconds, past: &Past) -> Result<Option<Duty>, KeeperError> {
        let Parts { reader, deployment, prices, .. } = &self.parts;
        let (view, _) =
            at_one_tip(reader, deployment, self.order.account, Balance::ZERO, oracle_view).await?;
        if !view.may_report {
            self.turn.waits.push(Wait::NotReporter);
            return Ok(None);
        }
        if view.is_behind(now) {
            self.turn.waits.push(Wait::ChainStands(view.now));
            return Ok(None);
        }
        if view.now.since(now).is_some_and(|behind| behind.get() > MOST_BEHIND) {
            self.turn.waits.push(Wait::ClockBehind { clock: now, chain: view.now });
            return Ok(None);
        }
        if !view.has_room() {
            return Ok(None);
        }
        let market = match prices.prices(now).await {
            Ok(market) => market,
            Err(error) => {
                self.turn.waits.push(Wait::NoPrice(error.0));
                return Ok(None);
            }
        };
        let view = view.with_market(market);
        let (decision, jump) = self.policy.report.decide(&view, self.jump);
        self.jump = jump;
        let ReportDecision::Report(why) = decision else { return Ok(None) };
        let kind = DutyKind::ReportPrices;
        let (spent, cap) = (past.spent(kind, u64::MAX), self.order.caps.day_of(kind));
        // A wild morning must leave what heartbeats and the boundary cost: what would be due had nothing moved.
        let is_due_anyway = || {
            let Some(own) = view.own else { return true };
            let quiet = ReportView { market: Stamped { prices: own.prices, at: view.market.at }, ..view };
            matches!(self.policy.report.decide(&quiet, None).0, ReportDecision::Report(_))
        };
        if why == WhyReport::Moved && !is_due_anyway() && spent.micro() >= cap.micro() / 2 {
            self.turn.waits.push(Wait::ReportsSaved { spent, cap });
            return Ok(None);
        }
        Ok(Some(Duty::ReportPrices(view.market)))
    }

    /// What else is due; and the first thing that could not be understood.
    async fn look(&mut self, tip: &Tip) -> Result<(Vec<Duty>, Option<KeeperError>), KeeperError> {
        let kinds: Vec<DutyKind> = DutyKind::ALL.into_iter().filter(|kind| self.is_on(*kind)).collect();
        let of_policies = [DutyKind::ClaimSettlement, DutyKind::EndPolicies];
        let ended = if of_policies.iter().any(|kind| kinds.contains(kind)) {
            match self.parts.ended.ended(tip.time).await {
                Ok(ended) => some_of(&ended, MOST_POLICIES, &mut self.cursor, &mut self.looked),
                Err(error) => {
                    self.turn.waits.push(Wait::NoList(error.to_string()));
                    Vec::new()
                }
            }
        } else {
            Vec::new()
        };
        if self.parts.ended.is_part() {
            self.turn.waits.push(Wait::PartOfList);
        }
        let Parts { reader, deployment, tiers, .. } = &self.parts;
        let scope = Scope { tiers, kinds: &kinds, ended: &ended };
        let question = |state: &State| {
            let prices = match fresh_prices(state) {
                Err(unread @ Unknown::Unread(_)) => return Err(unread),
                prices => prices.ok().flatten(),
            };
            let (duties, odd) = due_and_odd(state, &scope)?;
            Ok((prices, duties, odd, pots(state, &scope)?))
        };
        let ((prices, duties, odd, pots), _) =
            at_one_tip(reader, deployment, self.order.account, Balance::ZERO, question).await?;
        (self.prices, self.pots) = (prices, pots);
        Ok((duties, odd.map(|odd| KeeperError::Read(ReadError::Unknown(odd)))))
    }

    /// After how many seconds something counts as stuck.
    fn stuck_after(&self, kind: DutyKind) -> u64 {
        let stuck_after = self.policy.stuck_after.get();
        if kind == DutyKind::ReportPrices { stuck_after.min(STUCK_REPORT_SECONDS) } else { stuck_after }
    }

    /// The longest pause before something is tried again: a report must not be silent for longer than a boundary allows.
    fn longest_retry(&self, kind: DutyKind) -> Duration {
        let boundary = Duration::from_secs(self.policy.report.boundary_heartbeat.get());
        let longest = LONGEST_RETRY.min(self.first_retry.saturating_mul(LONGEST_RETRIES));
        if kind == DutyKind::ReportPrices { longest.min(boundary) } else { longest }
    }

    /// The longest pause after failures of a kind, in seconds.
    fn longest_wait(&self, kind: DutyKind) -> u64 {
        let boundary = self.policy.report.boundary_heartbeat.get();
        if kind == DutyKind::ReportPrices { LONGEST_WAIT.min(boundary) } else { LONGEST_WAIT }
    }

    /// Whether this was tried a moment ago and did not go.
    fn rests(&self, kind: DutyKind, call: &ContractCall) -> bool {
        let now = Instant::now();
        self.retries
            .iter()
            .any(|retry| now < retry.next && retry.kind == kind && is_same(kind, &retry.call, call))
    }

    fn retry_later(&mut self, kind: DutyKind, call: ContractCall) {
        let (now, longest) = (Instant::now(), self.longest_retry(kind));
        // What was not tried again for long is forgotten.
        self.retries.retain(|retry| now < retry.next + LONGEST_RETRY);
        let known =
            self.retries.iter_mut().find(|retry| retry.kind == kind && is_same(kind, &retry.call, &call));
        match known {
            Some(retry) => {
                retry.wait = retry.wait.saturating_mul(2).min(longest);
                retry.next = now + retry.wait;
                retry.call = call;
            }
            None => {
                let wait = self.first_retry.min(longest);
                self.retries.push(Retry { kind, call, next: now + wait, wait });
            }
        }
    }
}

/// Some of the ended policies, which are in ascending order: first those that are new on the list, then the next ones in turn, so that none
/// is never looked at.
fn some_of(ended: &[u128], most: usize, cursor: &mut u128, looked: &mut BTreeSet<u128>) -> Vec<u128> {
    let listed: BTreeSet<u128> = ended.iter().copied().collect();
    looked.retain(|id| listed.contains(id));
    let mut found: Vec<u128> = ended.iter().filter(|id| !looked.contains(id)).take(most).copied().collect();
    let (before, after): (Vec<u128>, Vec<u128>) = ended.iter().partition(|id| **id <= *cursor);
    let is_found = |id: &u128| !found.contains(id);
    let turn: Vec<u128> =
        after.into_iter().chain(before).filter(is_found).take(most.saturating_sub(found.len())).collect();
    if let Some(last) = turn.last() {
        *cursor = *last;
    }
    found.extend(turn);
    looked.extend(found.iter().copied());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ended_policy_has_its_turn() {
        let (mut cursor, mut looked) = (0, BTreeSet::new());
        let mut some = |ended: &[u128], most| some_of(ended, most, &mut cursor, &mut looked);
        assert_eq!(some(&[], 2), []);
        let ended = [3, 5, 8, 9, 11];
        assert_eq!(some(&ended, 2), [3, 5]);
        assert_eq!(some(&ended, 2), [8, 9]);
        assert_eq!(some(&ended, 2), [11, 3]);
        assert_eq!(some(&ended, 2), [5, 8]);
        // What is new is first, however many wait for nothing.
        assert_eq!(some(&[3, 5, 8, 9, 11, 12], 2), [12, 9]);
        assert_eq!(some(&[1, 3, 5, 8, 9, 11, 12], 2), [1, 11]);
        // Some were ended meanwhile.
        assert_eq!(some(&[1, 12], 9), [12, 1]);
        assert_eq!(some(&[1, 12], 9), [12, 1]);
    }
}
