//! One look after the other: what is due, and in which order it is done. How a single duty is done: [`answer`].

mod answer;
mod looking;
mod retries;

pub use answer::BY_KEEPER;
use retries::Retry;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bithedge_prices::{Coins, Jump, ReportDecision, WhyReport};
use bithedge_protocol::{Asset, MicroStx as Balance, UnixSeconds};
use bithedge_stacks::Address;
use bithedge_suite::Deployment;
use tokio::time::Instant;

use super::deed::{Deed, KeeperError};
use super::due::Pots;
use super::duty::{Duty, DutyKind};
use super::lists::EndedPolicies;
use super::order::StandingOrder;
use super::past::Past;
use super::policy::{Policy, When};
use super::reports::{PriceSource, oracle_view};
use super::wait::{Told, Wait};
use crate::clock::Clock;
use crate::engine::stands_still;
use crate::intents::{ReadError, SuiteReader, Tip, at_one_tip};
use crate::transactions::{Chain, Signer, Status, TransactionId, Transactions};

/// Nodes take 25 waiting transactions of an account (`MAXIMUM_MEMPOOL_TX_CHAINING` of stacks-core); some room is the user's.
const MOST_UNDER_WAY: usize = 15;
/// After something did not go the same is tried again after so long, doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(30);
/// A report that takes longer to be made is given up, so that it does not hold up the rest, and is made anew.
const PATIENCE_FOR_REPORTS: Duration = Duration::from_secs(60);
/// Beside reports, a look that takes longer is given up, so that the next report is not late.
const PATIENCE_BESIDE_REPORTS: Duration = Duration::from_secs(60);
/// Beside reports, looking that failed is tried again as soon as anything else the first time, and at most after so many times as
/// long: five minutes, as a rule.
const LONGEST_LOOK: u32 = 10;
/// A clock so many seconds behind the newest block cannot tell old prices from new ones.
const MOST_BEHIND: u64 = 30;

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
    told: Told,
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
            told: Told::new(),
            failures: None,
            locked_until: None,
            turn: Turn { deeds: Vec::new(), waits: Vec::new(), is_unfinished: false },
            signing: None,
            pots: Pots { pots: BTreeMap::new(), backed_by: BTreeMap::new() },
            draws: Vec::new(),
            replacing: None,
            overtaken: BTreeMap::new(),
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
    /// [`KeeperError`]. If something was done, or it began to wait, before it failed, that is given instead, and the next step fails.
    pub async fn step(&mut self) -> Result<Vec<Deed>, KeeperError> {
        self.turn.waits.clear();
        self.turn.is_unfinished = false;
        let result = self.take_turn().await;
        let deeds = self.take_deeds();
        match result {
            Err(error) if deeds.is_empty() => Err(error),
            _ => Ok(deeds),
        }
    }

    /// What was done, and what it waits for, as far as it was not told yet; also of a step that was cut off.
    fn take_deeds(&mut self) -> Vec<Deed> {
        self.note_signed();
        let waits = self.told.take(std::mem::take(&mut self.turn.waits), Instant::now());
        let mut deeds = std::mem::take(&mut self.turn.deeds);
        deeds.extend(waits.into_iter().map(Deed::Waits));
        deeds
    }

    /// What was being signed when something was cut off: the journal knows whether it was.
    fn note_signed(&mut self) {
        if let Some(mut deed) = self.signing.take()
            && let Deed::Sent { id, txid, .. } = &mut deed
            && let Ok(Some(entry)) = self.parts.transactions.entry(*id)
        {
            *txid = entry.txid;
            self.turn.deeds.push(deed);
        }
    }

    /// Looks again and again, and tells what happens. It ends when the network was closed or is another chain, which is told last, or by
    /// being dropped.
    pub async fn run(mut self, pace: KeeperPace, mut tell: impl FnMut(Result<Deed, KeeperError>) + Send) {
        // A reporter must not be silent for longer than a boundary allows.
        let boundary = Duration::from_secs(self.policy.report.boundary_heartbeat.get());
        let reports = self.is_on(DutyKind::ReportPrices);
        let longest = if reports { pace.longest.min(boundary) } else { pace.longest };
        let mut wait = pace.look;
        loop {
            let step = tokio::time::timeout(pace.patience, self.step()).await;
            // What a step that was cut off has done is told with that.
            let (deeds, error) = match step {
                Ok(Ok(deeds)) => (deeds, None),
                Ok(Err(error)) => (Vec::new(), Some(error)),
                Err(_) => (self.take_deeds(), late::<()>(pace.patience).err()),
            };
            deeds.into_iter().for_each(|deed| tell(Ok(deed)));
            wait = match &error {
                // Reports keep their pace, whatever else cannot be read.
                Some(_) if !self.reports_go_on => wait.saturating_mul(2).min(longest),
                _ => pace.look,
            };
            if let Some(error) = error {
                let is_over = error.is_final();
                tell(Err(error));
                if is_over {
                    return;
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
        let mut past = Past::read(transactions, deployment, account, clock)?;
        let asked = transactions.questions().into_iter().find(|question| question.account == account);
        self.tell_failures(&past);
        if let Some(alarm) = self.alarm()? {
            self.turn.waits.push(alarm);
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
        if stands_still(self.parts.deployment.network(), tip.time, clock) {
            self.turn.waits.push(Wait::StandsStill(tip.time));
            return Ok(());
        }
        // A clock that was set back does not bring an order back.
        if self.is_over(clock.max(tip.time)) {
            return Ok(());
        }
        self.see_queue(&mut past).await?;
        if !self.is_on(DutyKind::ReportPrices) {
            return self.look_and_act(&mut past, &tip).await;
        }
        // A report waits for nothing else, and nothing else for a report.
        let reporting = self.report_and_act(clock, &mut past, &tip);
        let patience = PATIENCE_FOR_REPORTS;
        let reported = tokio::time::timeout(patience, reporting).await.unwrap_or_else(|_| late(patience));
        self.note_signed();
        self.reports_go_on = reported.is_ok();
        if self.look_again.is_some_and(|(next, _)| Instant::now() < next) {
            return reported.map(|_| ());
        }
        let looking = self.look_and_act(&mut past, &tip);
        let patience = PATIENCE_BESIDE_REPORTS;
        let looked = tokio::time::timeout(patience, looking).await.unwrap_or_else(|_| late(patience));
        self.look_again = looked.is_err().then(|| {
            let longest = self.first_retry.saturating_mul(LONGEST_LOOK);
            let wait =
                self.look_again.map_or(self.first_retry, |(_, wait)| wait.saturating_mul(2).min(longest));
            (Instant::now() + wait, wait)
        });
        reported.and(looked)
    }

    /// What nobody has acknowledged, of any account: the reasons for it (a node that tells falsehoods, a key or a program that is not what
    /// it was) hold for all of them.
    fn alarm(&self) -> Result<Option<Wait>, KeeperError> {
        let open = self.parts.transactions.open_alarms()?;
        let stops: BTreeSet<TransactionId> =
            open.iter().filter(|alarm| alarm.is_difference()).map(|alarm| alarm.transaction).collect();
        Ok((!stops.is_empty()).then_some(Wait::Alarm(stops)))
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
        let is_due_anyway = self.policy.report.is_due_by_time(&view, jump);
        if why == WhyReport::Moved && !is_due_anyway && spent.micro() >= cap.micro() / 2 {
            self.turn.waits.push(Wait::ReportsSaved { spent, cap });
            return Ok(None);
        }
        Ok(Some(Duty::ReportPrices(view.market)))
    }
}

/// Nothing came of something within its patience.
fn late<T>(patience: Duration) -> Result<T, KeeperError> {
    let text = format!("no answer within {} seconds", patience.as_secs());
    Err(KeeperError::Read(ReadError::Other(text)))
}
