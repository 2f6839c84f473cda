//! A duty becomes a question, and the keeper answers it: yes, if its order covers it, it is worth its fee, and it is still right.

use std::time::Duration;

use bithedge_protocol::{Asset, MicroStx as Balance, TokenAmount, UnixSeconds};
use bithedge_stacks::{MicroStx, Txid};
use bithedge_suite::ContractCall;
use tokio::time::Instant;

use super::{Draw, Keeper, MOST_UNDER_WAY, Parts};
use crate::intents::{
    DraftError as IntentError, Finding, Plan, ReadError, Refusal, Sentence, SuiteReader, Tip, Unknown,
    prepare,
};
use crate::keeper::deed::{Deed, KeeperError};
use crate::keeper::duty::{Duty, DutyKind, is_same};
use crate::keeper::lists::EndedPolicies;
use crate::keeper::order::OrderRefusal;
use crate::keeper::past::{Past, Standing};
use crate::keeper::policy::{When, worth};
use crate::keeper::reports::PriceSource;
use crate::keeper::wait::Wait;
use crate::transactions::{
    Approval, ApproveError, Chain, DraftError, Prepared, Question, Signer, SignerError, TransactionId,
};

/// A call that was not handed out within so many seconds is prepared again instead.
const VALID_SECONDS: u64 = 300;
/// A report that waits longer is too old for the oracle when its turn comes (`report-max-age` is 15 minutes).
pub(super) const STUCK_REPORT_SECONDS: u64 = 360;
/// Between two tries of a signer that is locked.
const LOCKED_PAUSE: Duration = Duration::from_secs(30);
/// How often a question is taken anew because the terms changed while it was answered.
const MOST_TERMS: usize = 3;
/// The first of the words of everything that the keeper prepares: its questions are answered before anybody could, and the journal says who
/// did it.
pub const BY_KEEPER: &str = "The keeper does this by itself, within its standing order.";

/// A duty on its way to a question.
struct Ready {
    prepared: Prepared,
    tip: Tip,
    brings: Vec<(Asset, TokenAmount)>,
}

impl<R, C, S, P, L> Keeper<R, C, S, P, L>
where
    R: SuiteReader + Send + Sync,
    C: Chain,
    S: Signer,
    P: PriceSource,
    L: EndedPolicies,
{
    /// Does one thing, if nothing speaks against it. Whether the next one can be done as well.
    pub(super) async fn act(&mut self, duty: &Duty, past: &mut Past, tip: &Tip) -> Result<bool, KeeperError> {
        let (kind, account) = (duty.kind(), self.account());
        let call = duty
            .call(&self.parts.deployment, account)
            .map_err(|error| ReadError::Unknown(Unknown::Deployment(error)))?;
        if self.rests(kind, &call) {
            return Ok(true);
        }
        let stuck_after = self.stuck_after(kind);
        let standing = match past.standing(kind, &call, tip, stuck_after, self.longest_wait(kind)) {
            Standing::Busy => return Ok(true),
            // Only what is first in the queue: paying more for what waits behind something changes nothing.
            Standing::Outbids(id) => match past.lowest() {
                Some((_, first, _)) if first == id || past.is_of(first, &call) => Standing::Outbids(first),
                // Unless that is the keeper's own and pointless: then this goes there.
                _ => match self.in_the_way(past) {
                    Some(first) => Standing::Outbids(first),
                    None => return Ok(true),
                },
            },
            // What became pointless and holds up everything makes room for what is due.
            Standing::Free => self.in_the_way(past).map_or(Standing::Free, Standing::Outbids),
            standing => standing,
        };
        self.replacing = match standing {
            Standing::Takes(id) | Standing::Outbids(id) => Some(id),
            Standing::Free | Standing::Busy => None,
        };
        if standing == Standing::Free && past.under_way() >= MOST_UNDER_WAY {
            self.turn.waits.push(Wait::QueueFull(past.under_way()));
            self.turn.is_unfinished = true;
            return Ok(true);
        }
        let (spent, cap) = (past.spent(kind, u64::MAX), self.order.caps.day_of(kind));
        if spent >= cap {
            self.turn.waits.push(budget(kind, spent, cap));
            return Ok(true);
        }
        let ready = match self.ready(duty).await? {
            Ok(ready) => ready,
            Err(Unready::Overtaken(because)) => {
                self.retry_later(kind, call);
                self.turn.deeds.push(Deed::Overtaken { duty: duty.clone(), because });
                return Ok(true);
            }
            Err(Unready::TooPoor(refusal)) => {
                self.turn.waits.push(Wait::TooPoor(refusal.to_string()));
                return Ok(false);
            }
            Err(Unready::Refused(refusal)) => {
                tracing::debug!(%duty, %refusal, "the keeper has no call for this");
                self.retry_later(kind, call);
                return Ok(true);
            }
        };
        // What brings nothing is never worth a fee: nothing needs to be asked for that.
        if self.has_to_pay(kind) && self.worth(duty, &ready).is_none_or(|worth| worth == MicroStx::ZERO) {
            self.retry_later(kind, call);
            return Ok(true);
        }
        match self.ask(&ready.prepared, standing, past).await {
            Ok(question) => self.answer(duty, call, ready, question, past).await,
            Err(error) => self.not_asked(error, duty, call, past),
        }
    }

    /// The keeper's own transaction that holds up everything of the account, if there is one.
    fn in_the_way(&self, past: &Past) -> Option<TransactionId> {
        let (_, id, age) = past.lowest()?;
        let kind = past.kind(id).filter(|_| past.is_keepers(id))?;
        (age >= self.stuck_after(kind)).then_some(id)
    }

    /// Reports bring nothing whatever they are worth to others: who has them on means them as a service.
    fn has_to_pay(&self, kind: DutyKind) -> bool {
        (self.policy.when(kind) == When::Paid && kind != DutyKind::ReportPrices) || kind.must_pay()
    }

    /// What a call's fee is held against, in micro-STX.
    fn worth(&self, duty: &Duty, ready: &Ready) -> Option<MicroStx> {
        worth(&self.stake(duty, ready), self.prices)
    }

    /// What a call's fee is held against. A distribution brings nothing to the account: it has to be worth it to the suite. A bounty is no
    /// more than what the keeper's other calls leave in the pot.
    fn stake(&self, duty: &Duty, ready: &Ready) -> Vec<(Asset, TokenAmount)> {
        if let Duty::Distribute { asset, amount } = duty {
            return vec![(*asset, *amount)];
        }
        let Some(bucket) = self.bucket_of(duty) else { return ready.brings.clone() };
        let left = self.left_in(bucket);
        let most = |(asset, amount): &(Asset, TokenAmount)| {
            (
                *asset,
                if *asset == bucket.1 { TokenAmount::new(amount.base_units().min(left)) } else { *amount },
            )
        };
        ready.brings.iter().map(most).collect()
    }

    /// What is in a pot beside what the keeper's calls will take.
    fn left_in(&self, bucket: (u8, Asset)) -> u128 {
        let drawn = self
            .draws
            .iter()
            .filter(|draw| draw.bucket == bucket && self.replacing != Some(draw.id))
            .map(|draw| draw.amount);
        let drawn = drawn.fold(0, u128::saturating_add);
        self.pots.pots.get(&bucket).copied().unwrap_or_default().saturating_sub(drawn)
    }

    /// The bucket whose pot pays the bounty of a duty.
    fn bucket_of(&self, duty: &Duty) -> Option<(u8, Asset)> {
        match duty {
            Duty::SettleExpiry { bucket, .. } | Duty::CloseEpoch(bucket) => Some((bucket.tier, bucket.asset)),
            Duty::ClaimSettlement { policy, .. } => self.pots.backed_by.get(policy).copied(),
            _ => None,
        }
    }

    /// The exact call at the newest block, dry run there.
    async fn ready(&self, duty: &Duty) -> Result<Result<Ready, Unready>, KeeperError> {
        let Parts { reader, deployment, clock, .. } = &self.parts;
        let (account, now) = (self.account(), clock.now());
        // Whether the account can pay is known with the fee, when the question is asked.
        let drafted =
            match prepare(reader, deployment, account, Balance::ZERO, now, &duty.intent(account)).await {
                Ok(drafted) => drafted,
                Err(IntentError::Refused(refusal)) => return Ok(Err(Unready::Refused(refusal))),
                Err(IntentError::Read(error)) => return Err(error.into()),
            };
        if !drafted.findings.is_empty() {
            return Ok(Err(Unready::Overtaken(drafted.findings)));
        }
        let plan = match drafted.plan {
            Ok(plan) => plan,
            Err(refusal @ Refusal::Balance { .. }) => return Ok(Err(Unready::TooPoor(refusal))),
            Err(refusal) => return Ok(Err(Unready::Refused(refusal))),
        };
        let brings = brings(&plan);
        let mut prepared = match plan.into_prepared(&drafted.state) {
            Ok(prepared) => prepared,
            Err(refusal) => return Ok(Err(Unready::Refused(refusal))),
        };
        prepared.words.insert(0, BY_KEEPER.to_owned());
        let until = UnixSeconds::new(now.get().saturating_add(VALID_SECONDS)).min(self.order.until);
        prepared.valid_until = Some(prepared.valid_until.map_or(until, |known| known.min(until)));
        Ok(Ok(Ready { prepared, tip: drafted.state.tip().clone(), brings }))
    }

    /// The question, with the nonce of what it takes the place of, if there is such.
    async fn ask(
        &self,
        prepared: &Prepared,
        standing: Standing,
        past: &Past,
    ) -> Result<Question, DraftError> {
        let transactions = &self.parts.transactions;
        let first = match standing {
            // If its nonce is used, or it ended meanwhile, it may have been mined: the next step knows more.
            Standing::Takes(earlier) | Standing::Outbids(earlier) => {
                transactions.replace_with(earlier, prepared.clone()).await
            }
            Standing::Free | Standing::Busy => transactions.draft(prepared.clone()).await,
        };
        match first {
            // Given up by the keeper itself: at most one of the two can be mined if this takes its nonce.
            Err(DraftError::Unresolved(earlier)) if past.has(earlier) => {
                transactions.replace_with(earlier, prepared.clone()).await
            }
            other => other,
        }
    }

    fn not_asked(
        &mut self,
        error: DraftError,
        duty: &Duty,
        call: ContractCall,
        past: &Past,
    ) -> Result<bool, KeeperError> {
        match error {
            DraftError::Chain(error) => return Err(error.into()),
            DraftError::Journal(error) => return Err(error.into()),
            DraftError::OtherChain { .. } => return Err(KeeperError::OtherChain(error.to_string())),
            DraftError::InsufficientFunds { .. } => {
                self.turn.waits.push(Wait::TooPoor(error.to_string()));
                return Ok(false);
            }
            DraftError::Fee(error) => self.turn.waits.push(Wait::Fee(error.to_string())),
            DraftError::Unresolved(id) if !past.has(id) => {
                self.turn.waits.push(Wait::Unresolved(id));
                return Ok(false);
            }
            // It may be the very thing that is due, and to say that it is not is for a person.
            DraftError::FoundWaiting { count } => {
                self.turn.waits.push(Wait::FoundWaiting(count));
                return Ok(false);
            }
            DraftError::TakenElsewhere(_) | DraftError::Superseded { .. } | DraftError::AlreadyAsked(_) => {
                self.turn.waits.push(Wait::InTheWay(error.to_string()));
            }
            other => tracing::debug!(%duty, error = %other, "the keeper could not ask"),
        }
        self.retry_later(duty.kind(), call);
        Ok(true)
    }

    /// Answers its own question: yes, if the order covers it, it is worth its fee, and it is still right at the newest block.
    async fn answer(
        &mut self,
        duty: &Duty,
        call: ContractCall,
        mut ready: Ready,
        mut question: Question,
        past: &mut Past,
    ) -> Result<bool, KeeperError> {
        let kind = duty.kind();
        for _ in 0..MOST_TERMS {
            let approval = question.approval().clone();
            let spent = past.spent(kind, approval.nonce);
            let now = self.parts.clock.now().max(ready.tip.time);
            let covered = self.order.covers(&approval, &ready.prepared, &self.parts.deployment, spent, now);
            if let Err(because) = covered {
                self.not_covered(duty, call, because);
                return Ok(true);
            }
            if let Some(wait) = self.stands_behind(&approval)? {
                self.turn.waits.push(wait);
                return Ok(false);
            }
            if self.parts.reader.tip().await? != ready.tip {
                // Blocks came while it was asked: somebody else may have been first.
                let because = match self.ready(duty).await? {
                    Ok(again) if is_alike(&again.prepared, &ready.prepared) => {
                        ready = again;
                        None
                    }
                    Ok(_) | Err(Unready::Refused(_) | Unready::TooPoor(_)) => Some(Vec::new()),
                    Err(Unready::Overtaken(because)) => Some(because),
                };
                if let Some(because) = because {
                    if !because.is_empty() {
                        self.retry_later(kind, call);
                        self.turn.deeds.push(Deed::Overtaken { duty: duty.clone(), because });
                    }
                    self.turn.is_unfinished = true;
                    return Ok(true);
                }
            }
            if self.has_to_pay(kind) && !self.policy.pays(self.worth(duty, &ready), approval.fee) {
                tracing::debug!(%duty, fee = %approval.fee, "not worth its fee");
                self.retry_later(kind, call);
                return Ok(true);
            }
            let (id, fee, brings) = (approval.id, approval.fee, ready.brings.clone());
            // Its identity is known when it is signed.
            self.signing = Some(Deed::Sent { duty: duty.clone(), id, txid: Txid([0; 32]), fee, brings });
            let signed = self.parts.transactions.approve(approval.id, approval.digest).await;
            let deed = self.signing.take();
            match signed {
                Ok(signed) => {
                    self.locked_until = None;
                    self.retries.retain(|retry| retry.kind != kind || !is_same(kind, &retry.call, &call));
                    if let Some(entry) = self.parts.transactions.entry(approval.id)? {
                        past.note(&self.parts.deployment, entry);
                    }
                    if let Some(bucket) = self.bucket_of(duty) {
                        let of = |(asset, amount): &(Asset, TokenAmount)| {
                            if *asset == bucket.1 { amount.base_units() } else { 0 }
                        };
                        let amount = self.stake(duty, &ready).iter().map(of).fold(0, u128::saturating_add);
                        self.draws.push(Draw { id, bucket, amount });
                    }
                    let replaced = self.replacing.take();
                    self.draws.retain(|draw| replaced != Some(draw.id));
                    if let Some(Deed::Sent { duty, id, fee, brings, .. }) = deed {
                        self.turn.deeds.push(Deed::Sent { duty, id, txid: signed, fee, brings });
                    }
                    return Ok(true);
                }
                Err(ApproveError::TermsChanged(next)) => question = *next,
                Err(error) => return self.not_approved(error, duty, call),
            }
        }
        self.retry_later(kind, call);
        Ok(true)
    }

    /// What this would wait behind: something to look at that came meanwhile, a question, or nonces that nobody has.
    fn stands_behind(&self, approval: &Approval) -> Result<Option<Wait>, KeeperError> {
        if let Some(alarm) = self.alarm()? {
            return Ok(Some(alarm));
        }
        if let Some(nonce) = approval.waits_for.first() {
            return Ok(Some(Wait::Gap(*nonce)));
        }
        let questions = self.parts.transactions.questions();
        let before = |other: &&Approval| other.account == approval.account && other.nonce < approval.nonce;
        Ok(questions.iter().find(before).map(|other| Wait::Question(other.id)))
    }

    fn not_covered(&mut self, duty: &Duty, call: ContractCall, because: OrderRefusal) {
        let kind = duty.kind();
        match because {
            OrderRefusal::Day { spent, cap, .. } => self.turn.waits.push(budget(kind, spent, cap)),
            OrderRefusal::Fee { .. } => self.turn.waits.push(Wait::Fee(because.to_string())),
            OrderRefusal::Over(until) => self.turn.waits.push(Wait::OrderEnded(until)),
            because => self.turn.deeds.push(Deed::Refused { duty: duty.clone(), because }),
        }
        self.retry_later(kind, call);
    }

    fn not_approved(
        &mut self,
        error: ApproveError,
        duty: &Duty,
        call: ContractCall,
    ) -> Result<bool, KeeperError> {
        match error {
            ApproveError::Signer(SignerError::Locked) => {
                self.locked_until = Some(Instant::now() + LOCKED_PAUSE);
                self.turn.waits.push(Wait::Locked);
                Ok(false)
            }
            ApproveError::Signer(SignerError::UnknownAccount(account) | SignerError::WatchOnly(account)) => {
                Err(KeeperError::NoKey(account))
            }
            ApproveError::Signer(error) => Err(KeeperError::Signer(error.to_string())),
            ApproveError::Signature(error) => Err(KeeperError::Signer(error.to_string())),
            ApproveError::Chain(error) => Err(error.into()),
            ApproveError::Journal(error) => Err(error.into()),
            ApproveError::OtherChain { .. } => Err(KeeperError::OtherChain(error.to_string())),
            other => {
                tracing::debug!(%duty, error = %other, "the keeper's answer came to nothing");
                self.retry_later(duty.kind(), call);
                Ok(true)
            }
        }
    }
}

/// Why a duty does not become a question.
enum Unready {
    /// A contract would refuse it.
    Overtaken(Vec<Finding>),
    /// The account cannot pay for it.
    TooPoor(Refusal),
    /// There is no call for it.
    Refused(Refusal),
}

fn budget(kind: DutyKind, spent: MicroStx, cap: MicroStx) -> Wait {
    Wait::Budget { spent, cap, reports: kind == DutyKind::ReportPrices }
}

/// What a call brings to the account: credited bounties, and what arrives.
fn brings(plan: &Plan) -> Vec<(Asset, TokenAmount)> {
    let credited = plan.sentences.iter().filter_map(|sentence| match sentence {
        Sentence::EarnsBounty { amount, asset } => Some((*asset, *amount)),
        _ => None,
    });
    credited.chain(plan.arrives.iter().copied()).collect()
}

/// Whether two preparations of a duty are the same transaction, whatever is said of it.
fn is_alike(one: &Prepared, other: &Prepared) -> bool {
    one.payload == other.payload && one.post_conditions == other.post_conditions
}
