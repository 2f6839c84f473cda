//! Providers: committing capital, the exit queue, claims.

use bithedge_protocol::pool::Shares;
use bithedge_protocol::{Asset, Ppm, TokenAmount, UsdE8};
use bithedge_stacks::Principal;
use bithedge_suite::bounded::List;
use bithedge_suite::generated::liquidity_pool::types;
use bithedge_suite::generated::{errors, liquidity_pool, liquidity_pool_vault, oracle};
use bithedge_suite::{Contract, state as conversions};

use super::finding::{Checked, Fits as _, Stop, asserts};
use super::intent::{BucketId, Capital, Recipient};
use super::plan::{Draft, Plan, Refusal, known};
use super::protection::fits;
use super::rules::{self, RETIRING, amount, mul_div};
use super::sentences::{Bound, Purse, Sentence};
use super::state::State;

const DAY: u128 = 86_400;
/// Epochs end at 08:00 UTC.
const BOUNDARY_OFFSET: u128 = 28_800;
/// A request takes part in a close when it was made so long before its boundary.
const CUTOFF: u128 = 3_600;
/// Without a close for so long a bucket counts as dead.
const DEAD_AFTER: u128 = 259_200;
/// The most that a bucket counts with.
const MAX_ASSETS: u128 = 1_000_000_000_000_000;
/// The shares that nobody holds.
const VIRTUAL_SHARES: u128 = 1_000_000;
/// How many requests of a position can wait.
const MOST_PENDING: usize = 2;

/// The newest 08:00 UTC at or before a time.
pub(super) const fn boundary_before(time: u128) -> Option<u128> {
    match time.checked_sub(BOUNDARY_OFFSET) {
        Some(since) => time.checked_sub(since % DAY),
        None => None,
    }
}

impl Capital {
    pub(super) fn plan(&self, state: &State) -> Result<Plan, Refusal> {
        match self {
            Self::Commit { bucket, amount } => plan_commit(state, *bucket, *amount),
            Self::CancelDeposit(bucket) => {
                let call = liquidity_pool::CancelDeposit {
                    tier: bucket.tier(),
                    token: state.token_principal(bucket.asset)?,
                };
                Ok(Draft::of(state, call)
                    .says(Sentence::Does("Takes back the deposits that wait for a close."))
                    .gives_nothing()
                    .says(Sentence::ClaimAfterwards)
                    .done())
            }
            Self::RequestWithdrawal { bucket, shares } => {
                let call = liquidity_pool::RequestWithdrawal {
                    tier: bucket.tier(),
                    token: state.token_principal(bucket.asset)?,
                    shares: shares.count(),
                };
                let draft = Draft::of(state, call).says(Sentence::Does("Puts shares in the exit queue."));
                leaving(state, draft, *bucket, Some(*shares)).map(Draft::done)
            }
            Self::ClaimYield(bucket) => {
                let call = liquidity_pool::ClaimYield {
                    tier: bucket.tier(),
                    token: state.token_principal(bucket.asset)?,
                };
                let draft = Draft::of(state, call)
                    .says(Sentence::Does(
                        "Puts as many shares in the exit queue as are worth more than was paid in.",
                    ))
                    .says(Sentence::BasisStays);
                let shares = known(yielding(state, *bucket))?.map(Shares::new);
                leaving(state, draft, *bucket, shares).map(Draft::done)
            }
            Self::CancelWithdrawal(bucket) => {
                let call = liquidity_pool::CancelWithdrawal {
                    tier: bucket.tier(),
                    token: state.token_principal(bucket.asset)?,
                };
                Ok(Draft::of(state, call)
                    .says(Sentence::Does(
                        "Takes shares back out of the exit queue, as far as they are not paid yet.",
                    ))
                    .gives_nothing()
                    .says(Sentence::CapitalAtRisk(bucket.asset))
                    .done())
            }
            Self::ClaimWithdrawal { bucket, to } => plan_claim(state, *bucket, *to),
            Self::LeaveDeadBucket { bucket, shares } => {
                let call = liquidity_pool::ExitDeadBucket {
                    tier: bucket.tier(),
                    token: state.token_principal(bucket.asset)?,
                    shares: shares.count(),
                };
                let paid = known(guaranteed(state, *bucket, shares.count()))?;
                if paid == Some(0) {
                    return Err(Refusal::Nothing {
                        what: "the locks leave these shares less than one unit, and they would be given up for nothing",
                    });
                }
                let worth = known(worth(state, *bucket, shares.count()))?;
                let draft = Draft::of(state, call)
                    .says(Sentence::Does("Leaves a bucket that was not closed for three days."))
                    .gives_nothing();
                let draft = match (paid, worth) {
                    (Some(paid), Some(worth)) => draft.says(Sentence::GivesUpShares {
                        count: *shares,
                        paid: amount(paid),
                        worth: amount(worth),
                        asset: bucket.asset,
                    }),
                    _ => draft,
                };
                Ok(draft.says(Sentence::GuaranteedValueOnly).says(Sentence::ClaimAfterwards).done())
            }
        }
    }

    pub(super) fn check(&self, state: &State) -> Checked {
        match self {
            Self::Commit { bucket, amount } => check_commit(state, *bucket, amount.base_units()),
            Self::CancelDeposit(bucket) => check_cancel_deposit(state, *bucket),
            Self::RequestWithdrawal { bucket, shares } => {
                let (_, position) = loaded(state, *bucket, &state.me())?;
                asserts(*shares > Shares::ZERO, errors::LIQUIDITY_POOL_AMOUNT)?;
                asserts(shares.count() <= position.shares, errors::LIQUIDITY_POOL_INSUFFICIENT_SHARES)?;
                check_queue(state, *bucket)
            }
            Self::ClaimYield(bucket) => {
                yielding(state, *bucket)?;
                check_queue(state, *bucket)
            }
            Self::CancelWithdrawal(bucket) => check_cancel_withdrawal(state, *bucket),
            Self::ClaimWithdrawal { bucket, to } => {
                let who = Principal::Standard(to.address(state.account()));
                asserts(payable(state, *bucket, &who)? > 0, errors::LIQUIDITY_POOL_NOTHING_TO_CLAIM)?;
                rules::vault_pays(state)
            }
            Self::LeaveDeadBucket { bucket, shares } => check_leave_dead(state, *bucket, shares.count()),
        }
    }
}

fn plan_commit(state: &State, bucket: BucketId, given: TokenAmount) -> Result<Plan, Refusal> {
    let call = liquidity_pool::CommitCapital {
        tier: bucket.tier(),
        token: state.token(bucket.asset)?,
        amount: given.base_units(),
    };
    let token = state.token_principal(bucket.asset)?;
    state
        .want()
        .entry::<liquidity_pool::maps::CollateralTokens>(&token)
        .entry::<liquidity_pool::maps::Buckets>(&rules::bucket_key(state, bucket)?)
        .entry::<liquidity_pool::maps::Tiers>(&bucket.tier())
        .done()?;
    let mut draft = Draft::of(state, call);
    if let Some(collateral) = known(rules::collateral(state, bucket.asset))? {
        let bounty = amount(collateral.bounty);
        let net = given.saturating_sub(bounty);
        draft = draft.says(Sentence::CommitsTo { tier: bucket.tier, asset: bucket.asset, net, bounty });
    }
    draft = draft.leaves(Bound::Exactly, bucket.asset, given)?;
    draft = taking_part(state, draft, bucket)?;
    Ok(draft.says(Sentence::CapitalAtRisk(bucket.asset)).says(Sentence::DepositMayBeReturned).done())
}

/// When a request of now is carried out.
fn taking_part<'a>(state: &State, draft: Draft<'a>, bucket: BucketId) -> Result<Draft<'a>, Refusal> {
    let Some(found) = known(rules::bucket(state, bucket))? else { return Ok(draft) };
    let due = fits("a bucket", conversions::moment(found.due))?;
    let is_next = request_epoch(state, &found) != Some(found.epoch);
    Ok(draft.says(Sentence::TakesPartAt { due, is_next }))
}

fn leaving<'a>(
    state: &State,
    draft: Draft<'a>,
    bucket: BucketId,
    shares: Option<Shares>,
) -> Result<Draft<'a>, Refusal> {
    let mut draft = draft.gives_nothing();
    if let Some(count) = shares
        && let Some(worth) = known(worth(state, bucket, count.count()))?
    {
        draft = draft.says(Sentence::Shares { count, worth: amount(worth), asset: bucket.asset });
        if let Some(rate) = known(exit_fee(state, bucket))? {
            let fee = worth.saturating_mul(rate.base_units()).div_ceil(rules::PPM).min(worth);
            draft = draft.says(Sentence::ExitFee { rate, fee: amount(fee), asset: bucket.asset });
        }
    }
    draft = taking_part(state, draft, bucket)?;
    Ok(draft.says(Sentence::AtRiskUntilPaid).says(Sentence::ClaimAfterwards))
}

fn plan_claim(state: &State, bucket: BucketId, to: Recipient) -> Result<Plan, Refusal> {
    let provider = Principal::Standard(to.address(state.account()));
    let call = liquidity_pool::ClaimWithdrawal {
        tier: bucket.tier(),
        token: state.token(bucket.asset)?,
        provider: provider.clone(),
    };
    let payable = known(payable(state, bucket, &provider))?.unwrap_or(0);
    if payable == 0 {
        return Err(Refusal::Nothing {
            what: "no close has filled anything of this position, and nothing was returned",
        });
    }
    let of = (provider != state.me()).then(|| provider.clone());
    // A close in between can only add to it.
    Ok(Draft::of(state, call)
        .says(Sentence::PaysSetAside { asset: bucket.asset, amount: amount(payable), of })
        .gives_nothing()
        .pays(Bound::AtLeast, bucket.asset, amount(payable), Purse::Vault, &provider)?
        .done())
}

/// A bucket, and a provider's position as it stands after all closes so far.
fn loaded(
    state: &State,
    bucket: BucketId,
    provider: &Principal,
) -> Result<(types::Bucket, types::Provider), Stop> {
    let request = liquidity_pool::GetProvider {
        tier: bucket.tier(),
        token: state.token_principal(bucket.asset)?,
        provider: provider.clone(),
    };
    state
        .want()
        .entry::<liquidity_pool::maps::Buckets>(&rules::bucket_key(state, bucket)?)
        .call(request.clone())
        .standings(state, &[Contract::LiquidityPool])
        .done()?;
    let position = state.call(request)??;
    Ok((rules::bucket(state, bucket)?, position))
}

/// The epoch that a request of now takes part in.
fn request_epoch(state: &State, bucket: &types::Bucket) -> Option<u128> {
    let cutoff = state.now().checked_add(CUTOFF)?;
    if cutoff <= bucket.due { Some(bucket.epoch) } else { bucket.epoch.checked_add(1) }
}

/// `add-request`: whether another request finds room.
fn add_request(state: &State, bucket: &types::Bucket, position: &types::Provider) -> Checked {
    let epoch = request_epoch(state, bucket).fits()?;
    let joins = position.pending.last().is_some_and(|last| last.epoch == epoch);
    asserts(joins || position.pending.len() < MOST_PENDING, errors::LIQUIDITY_POOL_CLOSE_DUE)
}

fn check_commit(state: &State, id: BucketId, given: u128) -> Checked {
    let token = state.token_principal(id.asset)?;
    state
        .want()
        .entry::<liquidity_pool::maps::CollateralTokens>(&token)
        .entry::<liquidity_pool::maps::Buckets>(&rules::bucket_key(state, id)?)
        .call(liquidity_pool::GetProvider { tier: id.tier(), token: token.clone(), provider: state.me() })
        .call(rules::is_action_open(state, "deposit", given))
        .entry::<liquidity_pool_vault::maps::Tokens>(&token)
        .standings(state, &[Contract::LiquidityPool])
        .balance(id.asset)
        .done()?;
    let collateral = rules::collateral(state, id.asset)?;
    let (bucket, position) = loaded(state, id, &state.me())?;
    let net = given.saturating_sub(collateral.bounty);
    asserts(collateral.active, errors::LIQUIDITY_POOL_TOKEN_INACTIVE)?;
    asserts(given >= collateral.min_deposit && net > 0, errors::LIQUIDITY_POOL_AMOUNT)?;
    asserts(given <= MAX_ASSETS, errors::LIQUIDITY_POOL_DEPOSIT_CAPACITY)?;
    let sum = [bucket.deposits_now, bucket.deposits_next, net]
        .into_iter()
        .try_fold(bucket.assets, u128::checked_add)
        .fits()?;
    asserts(sum <= bucket.capacity, errors::LIQUIDITY_POOL_DEPOSIT_CAPACITY)?;
    let serves = rules::standing(state, Contract::LiquidityPool)? >= RETIRING;
    asserts(serves, errors::PARAMETERS_NOT_AUTHORISED)?;
    rules::action(state, "deposit", given)?;
    add_request(state, &bucket, &position)?;
    rules::vault_takes(state, id.asset, given)
}

/// Whether a request for an epoch can still be taken back: `may-take-back`.
fn may_take_back(state: &State, bucket: &types::Bucket, epoch: u128) -> Result<bool, Stop> {
    let now = state.now();
    let dead = bucket.boundary.checked_add(DEAD_AFTER).fits()?;
    let close = if epoch == bucket.epoch {
        bucket.due
    } else {
        bucket.due.max(boundary_before(now).fits()?).checked_add(DAY).fits()?
    };
    Ok(now >= dead || now.checked_add(CUTOFF).fits()? <= close)
}

/// What of the waiting requests can be taken back, by a figure of theirs.
fn taken_back(
    state: &State,
    bucket: &types::Bucket,
    position: &types::Provider,
    figure: fn(&types::Request) -> u128,
) -> Result<u128, Stop> {
    let mut sum: u128 = 0;
    for request in &position.pending {
        if may_take_back(state, bucket, request.epoch)? {
            sum = sum.checked_add(figure(request)).fits()?;
        }
    }
    Ok(sum)
}

fn check_cancel_deposit(state: &State, id: BucketId) -> Checked {
    let (bucket, position) = loaded(state, id, &state.me())?;
    let waits = position.pending.iter().any(|request| request.deposit > 0);
    asserts(waits, errors::LIQUIDITY_POOL_NOTHING_TO_CANCEL)?;
    let taken = taken_back(state, &bucket, &position, |request| request.deposit)?;
    asserts(taken > 0, errors::LIQUIDITY_POOL_REQUESTS_CLOSED)
}

fn check_queue(state: &State, id: BucketId) -> Checked {
    let (bucket, position) = loaded(state, id, &state.me())?;
    add_request(state, &bucket, &position)
}

/// The pair of a bucket's last close.
fn last_close(state: &State, id: BucketId, bucket: &types::Bucket) -> Result<Option<types::Epoch>, Stop> {
    let key = types::EpochsKey {
        epoch: bucket.epoch.saturating_sub(1),
        tier: id.tier(),
        token: state.token_principal(id.asset)?,
    };
    Ok(state.entry::<liquidity_pool::maps::Epochs>(&key)?)
}

/// What shares are worth at the last close.
fn worth(state: &State, id: BucketId, shares: u128) -> Result<u128, Stop> {
    let bucket = rules::bucket(state, id)?;
    match last_close(state, id, &bucket)? {
        Some(close) => mul_div(shares, close.nav_exit, close.shares),
        None => Ok(0),
    }
}

/// What part of an exit a close would keep, as the bucket and the price of STX are now.
fn exit_fee(state: &State, id: BucketId) -> Result<Ppm, Stop> {
    state
        .want()
        .entry::<liquidity_pool::maps::Buckets>(&rules::bucket_key(state, id)?)
        .entry::<liquidity_pool::maps::Tiers>(&id.tier())
        .call(oracle::GetLatest {})
        .done()?;
    let terms = fits("a tier", conversions::tier_terms(id.tier, &rules::tier(state, id.tier)?))?;
    // The fee does not ask what was sold for which expiry, so the books need not be read.
    let found = types::Bucket { live: List::default(), ..rules::bucket(state, id)? };
    let bucket = fits("a bucket", conversions::bucket(id.tier, id.asset, &found, &[]))?;
    Ok(bucket.exit_fee(&terms, UsdE8::new(state.call(oracle::GetLatest {})?.stx))?)
}

/// How many shares `claim-yield` would queue.
fn yielding(state: &State, id: BucketId) -> Result<u128, Stop> {
    let (bucket, position) = loaded(state, id, &state.me())?;
    let close = last_close(state, id, &bucket)?.ok_or(Stop::Refused(errors::LIQUIDITY_POOL_NO_YIELD))?;
    let value = mul_div(position.shares, close.nav_exit, close.shares)?;
    let shares = mul_div(value.saturating_sub(position.basis), close.shares, close.nav_exit)?;
    asserts(shares > 0 && shares <= position.shares, errors::LIQUIDITY_POOL_NO_YIELD)?;
    Ok(shares)
}

fn check_cancel_withdrawal(state: &State, id: BucketId) -> Checked {
    let (bucket, position) = loaded(state, id, &state.me())?;
    let here = position.ticket.generation == bucket.exit_generation;
    let free = here && may_take_back(state, &bucket, bucket.epoch)?;
    let taken = taken_back(state, &bucket, &position, |request| request.exit)?;
    let waiting = position
        .pending
        .iter()
        .map(|request| request.exit)
        .try_fold(position.ticket.shares, u128::checked_add)
        .fits()?;
    asserts(waiting > 0, errors::LIQUIDITY_POOL_NOTHING_TO_CANCEL)?;
    let left = if free { position.ticket.shares } else { 0 };
    asserts(left > 0 || taken > 0, errors::LIQUIDITY_POOL_REQUESTS_CLOSED)
}

/// What `claim-withdrawal` would pay.
fn payable(state: &State, id: BucketId, provider: &Principal) -> Result<u128, Stop> {
    let (bucket, position) = loaded(state, id, provider)?;
    position.claimable.min(bucket.filled).checked_add(position.returned).fits()
}

/// What no outcome can take away of so many shares.
fn guaranteed(state: &State, id: BucketId, shares: u128) -> Result<u128, Stop> {
    let bucket = rules::bucket(state, id)?;
    let free = bucket.assets.checked_sub(bucket.locked).fits()?;
    mul_div(shares, free, bucket.shares.checked_add(VIRTUAL_SHARES).fits()?)
}

fn check_leave_dead(state: &State, id: BucketId, shares: u128) -> Checked {
    let (bucket, position) = loaded(state, id, &state.me())?;
    let collateral = rules::collateral(state, id.asset)?;
    asserts(collateral.asset == Asset::Sbtc.code(), errors::LIQUIDITY_POOL_NOT_SBTC)?;
    let dead = bucket.boundary.checked_add(DEAD_AFTER).fits()?;
    asserts(state.now() >= dead, errors::LIQUIDITY_POOL_CLOSES_RUNNING)?;
    asserts(shares > 0, errors::LIQUIDITY_POOL_AMOUNT)?;
    asserts(shares <= position.shares, errors::LIQUIDITY_POOL_INSUFFICIENT_SHARES)?;
    guaranteed(state, id, shares).map(|_| ())
}
