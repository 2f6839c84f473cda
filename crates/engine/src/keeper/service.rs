//! One look after the other: what is due, and in which order it is done. How a single duty is done: [`answer`].

mod answer;

pub use answer::BY_KEEPER;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bithedge_prices::{Coins, Jump, ReportDecision};
use bithedge_protocol::{MicroStx as Balance, UnixSeconds};
use bithedge_stacks::Address;
use bithedge_suite::{ContractCall, Deployment};
use tokio::time::Instant;

use super::deed::{Deed, KeeperError};
use super::due::{Scope, due};
use super::duty::{Duty, DutyKind, is_same};
use super::lists::EndedPolicies;
use super::order::StandingOrder;
use super::past::Past;
use super::policy::{Policy, When};
use super::reports::{PriceSource, fresh_prices, oracle_view};
use super::wait::Wait;
use crate::clock::Clock;
use crate::intents::{ReadError, State, SuiteReader, Tip, at_one_tip};
use crate::transactions::{Chain, Signer, Status, TransactionId, Transactions};

/// Nodes take 25 waiting transactions of an account (`MAXIMUM_MEMPOOL_TX_CHAINING` of stacks-core); some room is the user's.
const MOST_UNDER_WAY: usize = 15;
/// So many ended policies are looked at in a step; the next step goes on with the next ones.
const MOST_POLICIES: usize = 25;
/// After something did not go the same is tried again after so long, doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(30);
/// At most after so long.
const LONGEST_RETRY: Duration = Duration::from_secs(1_800);

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
    retries: Vec<Retry>,
    first_retry: Duration,
    /// What was told that it waits for.
    waits: Vec<Wait>,
    /// Failures that were told, or were there before.
    failures: Option<BTreeSet<TransactionId>>,
    locked_until: Option<Instant>,
}

/// Something that is not tried again before a moment.
struct Retry {
    kind: DutyKind,
    call: ContractCall,
    next: Instant,
    wait: Duration,
}

/// What a step comes to.
#[derive(Default)]
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
            retries: Vec::new(),
            first_retry: FIRST_RETRY,
            waits: Vec::new(),
            failures: None,
            locked_until: None,
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
        let mut turn = Turn::default();
        let result = self.turn(&mut turn).await;
        if let Err(error) = result
            && turn.deeds.is_empty()
        {
            return Err(error);
        }
        let is_new = |wait: &&Wait| !self.waits.iter().any(|known| known.is_same(wait));
        let new: Vec<Wait> = turn.waits.iter().filter(is_new).cloned().collect();
        turn.deeds.extend(new.into_iter().map(Deed::Waits));
        self.waits = turn.waits;
        Ok(turn.deeds)
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
                    wait = wait.saturating_mul(2).min(pace.longest);
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

    async fn turn(&mut self, turn: &mut Turn) -> Result<(), KeeperError> {
        let now = self.parts.clock.now();
        if self.order.is_on(now).is_err() {
            turn.waits.push(Wait::OrderEnded(self.order.until));
            return Ok(());
        }
        let account = self.account();
        let Parts { transactions, deployment, .. } = &self.parts;
        let mut past = Past::read(transactions, deployment, account, now)?;
        let asked = transactions.questions().into_iter().find(|question| question.account == account);
        self.tell_failures(&past, turn);
        if let Some(question) = asked {
            // What is signed now would wait behind it, and be executed whenever that is answered.
            turn.waits.push(Wait::Question(question.id));
            return Ok(());
        }
        if self.locked_until.is_some_and(|until| Instant::now() < until) {
            turn.waits.push(Wait::Locked);
            return Ok(());
        }
        let tip = self.parts.reader.tip().await?;
        let mut duties = Vec::new();
        if self.is_on(DutyKind::ReportPrices) {
            duties.extend(self.report(now, turn).await?);
        }
        let is_new = self.seen.as_ref() != Some(&tip);
        if is_new {
            duties.extend(self.look(&tip, turn).await?);
        }
        for duty in &duties {
            if past.under_way() >= MOST_UNDER_WAY || !self.act(duty, &mut past, &tip, turn).await? {
                turn.is_unfinished = true;
                break;
            }
        }
        if is_new && !turn.is_unfinished {
            self.seen = Some(tip);
        }
        Ok(())
    }

    /// Failures of the keeper's transactions, once each; not those from before this program started.
    fn tell_failures(&mut self, past: &Past, turn: &mut Turn) {
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
                turn.deeds.push(Deed::Failed { kind, id, fee, failure: failure.clone() });
            }
        }
    }

    /// The report that the rule calls for.
    async fn report(&mut self, now: UnixSeconds, turn: &mut Turn) -> Result<Option<Duty>, KeeperError> {
        let Parts { reader, deployment, prices, .. } = &self.parts;
        let (view, _) =
            at_one_tip(reader, deployment, self.order.account, Balance::ZERO, oracle_view).await?;
        if !view.may_report {
            turn.waits.push(Wait::NotReporter);
            return Ok(None);
        }
        if view.is_behind(now) {
            turn.waits.push(Wait::ChainStands(view.now));
            return Ok(None);
        }
        if !view.has_room() {
            return Ok(None);
        }
        let market = match prices.prices(now).await {
            Ok(market) => market,
            Err(error) => {
                turn.waits.push(Wait::NoPrice(error.0));
                return Ok(None);
            }
        };
        let view = view.with_market(market);
        let (decision, jump) = self.policy.report.decide(&view, self.jump);
        self.jump = jump;
        Ok(matches!(decision, ReportDecision::Report(_)).then_some(Duty::ReportPrices(view.market)))
    }

    /// What else is due.
    async fn look(&mut self, tip: &Tip, turn: &mut Turn) -> Result<Vec<Duty>, KeeperError> {
        let kinds: Vec<DutyKind> = DutyKind::ALL.into_iter().filter(|kind| self.is_on(*kind)).collect();
        let of_policies = [DutyKind::ClaimSettlement, DutyKind::EndPolicies];
        let ended = if of_policies.iter().any(|kind| kinds.contains(kind)) {
            match self.parts.ended.ended(tip.time).await {
                Ok(ended) => some_of(&ended, MOST_POLICIES, &mut self.cursor),
                Err(error) => {
                    turn.waits.push(Wait::NoList(error.to_string()));
                    Vec::new()
                }
            }
        } else {
            Vec::new()
        };
        let Parts { reader, deployment, tiers, .. } = &self.parts;
        let scope = Scope { tiers, kinds: &kinds, ended: &ended };
        let question = |state: &State| Ok((fresh_prices(state)?, due(state, &scope)?));
        let ((prices, duties), _) =
            at_one_tip(reader, deployment, self.order.account, Balance::ZERO, question).await?;
        self.prices = prices;
        Ok(duties)
    }

    /// Whether this was tried a moment ago and did not go.
    fn rests(&self, kind: DutyKind, call: &ContractCall) -> bool {
        let now = Instant::now();
        self.retries
            .iter()
            .any(|retry| now < retry.next && retry.kind == kind && is_same(kind, &retry.call, call))
    }

    fn retry_later(&mut self, kind: DutyKind, call: ContractCall) {
        let now = Instant::now();
        // What was not tried again for long is forgotten.
        self.retries.retain(|retry| now < retry.next + LONGEST_RETRY);
        let known =
            self.retries.iter_mut().find(|retry| retry.kind == kind && is_same(kind, &retry.call, &call));
        match known {
            Some(retry) => {
                retry.wait = retry.wait.saturating_mul(2).min(LONGEST_RETRY);
                retry.next = now + retry.wait;
                retry.call = call;
            }
            None => {
                let wait = self.first_retry;
                self.retries.push(Retry { kind, call, next: now + wait, wait });
            }
        }
    }
}

/// Some of the ended policies, which are in ascending order; the next ones the next time, so that none is never looked at.
fn some_of(ended: &[u128], most: usize, cursor: &mut u128) -> Vec<u128> {
    let (before, after): (Vec<u128>, Vec<u128>) = ended.iter().partition(|id| **id <= *cursor);
    let found: Vec<u128> = after.into_iter().chain(before).take(most).collect();
    if let Some(last) = found.last() {
        *cursor = *last;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ended_policy_has_its_turn() {
        let mut cursor = 0;
        assert_eq!(some_of(&[], 2, &mut cursor), []);
        let ended = [3, 5, 8, 9, 11];
        assert_eq!(some_of(&ended, 2, &mut cursor), [3, 5]);
        assert_eq!(some_of(&ended, 2, &mut cursor), [8, 9]);
        assert_eq!(some_of(&ended, 2, &mut cursor), [11, 3]);
        // Some were ended meanwhile, and others came.
        assert_eq!(some_of(&[1, 2, 7], 2, &mut cursor), [7, 1]);
        assert_eq!(some_of(&[1, 2, 7], 9, &mut cursor), [2, 7, 1]);
    }
}
