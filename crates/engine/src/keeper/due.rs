//! What is due at a state.

use std::collections::BTreeMap;

use bithedge_protocol::{Asset, TokenAmount, UnixSeconds};
use bithedge_stacks::{Address, Principal};
use bithedge_suite::generated::{liquidity_pool, oracle, parameters, policy_registry, treasury};
use bithedge_suite::state as conversions;

use super::duty::{Duty, DutyKind};
use crate::intents::{BucketId, Intent, Protection, Reading, Recipient, State, Unknown};

/// The most policies that one call ends.
const MOST_ENDED: usize = 20;
/// The registry's status of a policy that nobody has ended yet.
const ACTIVE: u128 = 1;

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The tiers whose buckets are looked at.
    pub tiers: &'a [u8],
    /// The kinds of duties that matter; [`DutyKind::ReportPrices`] is decided elsewhere, since it needs the markets.
    pub kinds: &'a [DutyKind],
    /// Policies that may have ended. Whether they have is read from the chain: a list that is wrong costs readings, no fee.
    pub ended: &'a [u128],
}

impl Scope<'_> {
    fn has(&self, kind: DutyKind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// Collects what several questions lack, so that it is read at once.
#[derive(Default)]
struct Gather {
    missing: Vec<Reading>,
    /// The first answer that makes no sense. What does not depend on it goes on.
    odd: Option<Unknown>,
}

impl Gather {
    fn take<T>(&mut self, answer: Result<T, Unknown>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(Unknown::Unread(readings)) => {
                for reading in readings {
                    if !self.missing.contains(&reading) {
                        self.missing.push(reading);
                    }
                }
                None
            }
            Err(unknown) => {
                self.odd.get_or_insert(unknown);
                None
            }
        }
    }

    /// Whether the contracts would take this now.
    fn is_open(&mut self, state: &State, intent: &Intent) -> bool {
        self.take(intent.check(state)).is_some_and(|findings| findings.is_empty())
    }
}

/// What is due at a state, in the order in which it is to be done: every call in it would be taken by the contracts as they stand
/// there, and would change something. What becomes possible only by another of these calls (a close after a settlement) is due when
/// that one is in a block.
///
/// # Errors
/// [`Unknown`]: what has to be read first, all of it at once, or a suite that this program does not know.
pub fn due(state: &State, scope: &Scope<'_>) -> Result<Vec<Duty>, Unknown> {
    let (found, odd) = due_and_odd(state, scope)?;
    odd.map_or(Ok(found), Err)
}

/// The same, but what cannot be understood (of one bucket, one policy) does not hide what else is due: it is given besides.
///
/// # Errors
/// [`Unknown::Unread`].
pub(super) fn due_and_odd(state: &State, scope: &Scope<'_>) -> Result<(Vec<Duty>, Option<Unknown>), Unknown> {
    let mut gather = Gather::default();
    let mut found = Vec::new();
    for tier in scope.tiers {
        for asset in Asset::ALL {
            let looked = bucket(state, scope, BucketId { tier: *tier, asset }, &mut gather, &mut found);
            gather.take(looked);
        }
    }
    policies(state, scope, &mut gather, &mut found);
    let mut others = Vec::new();
    for asset in Asset::ALL {
        if scope.has(DutyKind::ClaimBounties) {
            others.push(Duty::ClaimBounties(asset));
        }
        if scope.has(DutyKind::ClaimAllocation) {
            others.push(Duty::ClaimAllocation(asset));
        }
        if scope.has(DutyKind::Distribute)
            && let Some(amount) = gather.take(undistributed(state, asset))
        {
            others.push(Duty::Distribute { asset, amount });
        }
    }
    if scope.has(DutyKind::RecordHealth) {
        others.push(Duty::RecordHealth);
    }
    if scope.has(DutyKind::CheckOracle) && gather.take(is_silent(state)) == Some(true) {
        others.push(Duty::CheckOracle);
    }
    for duty in others {
        if gather.is_open(state, &duty.intent(state.account())) {
            found.push(duty);
        }
    }
    if gather.missing.is_empty() {
        found.sort_by_key(Duty::kind);
        Ok((found, gather.odd))
    } else {
        Err(Unknown::Unread(gather.missing))
    }
}

/// Boundaries, settlements and the close of one bucket. A close waits for the settlements, and these for the boundaries: the dry run
/// lets through what has its turn.
fn bucket(
    state: &State,
    scope: &Scope<'_>,
    id: BucketId,
    gather: &mut Gather,
    found: &mut Vec<Duty>,
) -> Result<(), Unknown> {
    let wanted = [DutyKind::RecordBoundary, DutyKind::SettleExpiry, DutyKind::CloseEpoch];
    if !wanted.into_iter().any(|kind| scope.has(kind)) {
        return Ok(());
    }
    let key =
        liquidity_pool::types::BucketKey { tier: id.tier.into(), token: state.token_principal(id.asset)? };
    let entry = state.entry::<liquidity_pool::maps::Buckets>(&key);
    let Some(Some(bucket)) = gather.take(entry) else { return Ok(()) };
    for at in bucket.live.iter().copied().filter(|expiry| *expiry <= state.now()) {
        let expiry = moment(at)?;
        let settle = Duty::SettleExpiry { bucket: id, expiry };
        let record = Duty::RecordBoundary(expiry);
        // Whether it has its price decides which of the two can be due.
        let price = gather.take(state.call(oracle::GetBoundary { at }));
        let next = match price {
            Some(Some(_)) if scope.has(DutyKind::SettleExpiry) => settle,
            Some(None) if scope.has(DutyKind::RecordBoundary) => record,
            _ => continue,
        };
        // Two buckets may wait for the same boundary.
        if gather.is_open(state, &next.intent(state.account())) && !found.contains(&next) {
            found.push(next);
        }
    }
    let close = Duty::CloseEpoch(id);
    if scope.has(DutyKind::CloseEpoch) && gather.is_open(state, &close.intent(state.account())) {
        found.push(close);
    }
    Ok(())
}

/// What can be done for policies that are over: those in the money are claimed for their owners, the others ended together.
fn policies(state: &State, scope: &Scope<'_>, gather: &mut Gather, found: &mut Vec<Duty>) {
    if !scope.has(DutyKind::ClaimSettlement) && !scope.has(DutyKind::EndPolicies) {
        return;
    }
    let mut worthless = Vec::new();
    for id in scope.ended {
        let looked = policy(state, scope, *id, gather, &mut worthless);
        found.extend(gather.take(looked).flatten());
    }
    found.extend(worthless.chunks(MOST_ENDED).map(|ids| Duty::EndPolicies(ids.to_vec())));
}

/// The claim of one policy, if it is due; it is among the worthless if it ended out of the money.
fn policy(
    state: &State,
    scope: &Scope<'_>,
    id: u128,
    gather: &mut Gather,
    worthless: &mut Vec<u128>,
) -> Result<Option<Duty>, Unknown> {
    let entry = gather.take(state.entry::<policy_registry::maps::Policies>(&id));
    let Some(Some(policy)) = entry else { return Ok(None) };
    if policy.status != ACTIVE || policy.expiry > state.now() {
        return Ok(None);
    }
    let price = gather.take(state.call(oracle::GetBoundary { at: policy.expiry }));
    let Some(Some(price)) = price else { return Ok(None) };
    if price.btc >= policy.strike && scope.has(DutyKind::EndPolicies) {
        worthless.push(id);
        return Ok(None);
    }
    let Some(asset) = asset_of(state, &policy.token)? else { return Ok(None) };
    let Principal::Standard(owner) = policy.owner else { return Ok(None) };
    let claim = Duty::ClaimSettlement { policy: id, asset, owner };
    let is_due = scope.has(DutyKind::ClaimSettlement)
        && gather.is_open(state, &claim_of(id, asset, owner, state.account()));
    Ok(is_due.then_some(claim))
}

/// What the buckets have for bounties, and which bucket backs a policy that ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Pots {
    /// In the token's base units.
    pub(super) pots: BTreeMap<(u8, Asset), u128>,
    pub(super) backed_by: BTreeMap<u128, (u8, Asset)>,
}

/// Reads the pots. What cannot be understood is left out: nothing is known to be paid from it.
///
/// # Errors
/// [`Unknown::Unread`].
pub(super) fn pots(state: &State, scope: &Scope<'_>) -> Result<Pots, Unknown> {
    let mut gather = Gather::default();
    let mut found = Pots::default();
    for tier in scope.tiers {
        for asset in Asset::ALL {
            let Some(token) = gather.take(state.token_principal(asset)) else { continue };
            let key = liquidity_pool::types::BucketKey { tier: (*tier).into(), token };
            if let Some(Some(bucket)) = gather.take(state.entry::<liquidity_pool::maps::Buckets>(&key)) {
                found.pots.insert((*tier, asset), bucket.pot);
            }
        }
    }
    for id in scope.ended.iter().filter(|_| scope.has(DutyKind::ClaimSettlement)) {
        let entry = gather.take(state.entry::<policy_registry::maps::Policies>(id));
        let Some(Some(policy)) = entry else { continue };
        let Some(Some(asset)) = gather.take(asset_of(state, &policy.token)) else { continue };
        if let Ok(tier) = u8::try_from(policy.tier) {
            found.backed_by.insert(*id, (tier, asset));
        }
    }
    if gather.missing.is_empty() { Ok(found) } else { Err(Unknown::Unread(gather.missing)) }
}

fn claim_of(policy: u128, asset: Asset, owner: Address, account: Address) -> Intent {
    let to = if owner == account { Recipient::Ours } else { Recipient::Somebody(owner) };
    Protection::Claim { policy, asset, to }.into()
}

fn asset_of(state: &State, token: &Principal) -> Result<Option<Asset>, Unknown> {
    for asset in Asset::ALL {
        if state.token_principal(asset)? == *token {
            return Ok(Some(asset));
        }
    }
    Ok(None)
}

fn undistributed(state: &State, asset: Asset) -> Result<TokenAmount, Unknown> {
    let token = state.token_principal(asset)?;
    let entry = state.entry::<treasury::maps::Tokens>(&token)?;
    Ok(TokenAmount::new(entry.map_or(0, |entry| entry.undistributed)))
}

/// Whether the oracle has been silent for too long and its breaker does not say so yet. The call itself is never refused: without this
/// it would do nothing and cost its fee.
fn is_silent(state: &State) -> Result<bool, Unknown> {
    let breaker = crate::intents::ascii("oracle");
    state
        .want()
        .call(oracle::GetLatest {})
        .variable::<oracle::variables::Bounds>()
        .entry::<parameters::maps::CircuitBreakers>(&breaker)
        .done()?;
    let latest = state.call(oracle::GetLatest {})?;
    let limits = state.variable::<oracle::variables::Bounds>()?;
    let breaker = state.entry::<parameters::maps::CircuitBreakers>(&breaker)?;
    let silent = latest.at > 0 && state.now().saturating_sub(latest.at) > limits.silence_limit;
    Ok(silent && breaker.is_some_and(|breaker| state.now() >= breaker.until))
}

fn moment(seconds: u128) -> Result<UnixSeconds, Unknown> {
    conversions::moment(seconds)
        .map_err(|mismatch| Unknown::Mismatch { what: "an expiry of a bucket".to_owned(), mismatch })
}
