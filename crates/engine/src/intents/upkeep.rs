//! What time demands: closes, settlements, ends, bounties, boundaries.

use bithedge_protocol::pool::PolicyTerms;
use bithedge_protocol::{Asset, Sats, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;
use bithedge_suite::Contract;
use bithedge_suite::bounded::List;
use bithedge_suite::generated::liquidity_pool::types;
use bithedge_suite::generated::{
    analytics, errors, insurance_fund, liquidity_pool, oracle, parameters, policy_registry,
};

use super::capital::boundary_before;
use super::finding::{Checked, Fits as _, Stop, asserts};
use super::intent::{BucketId, Recipient, Upkeep};
use super::plan::{Draft, Plan, Refusal, known};
use super::refuse::MOST_ENDED;
use super::rules::{self, CURRENT, RETIRING, amount};
use super::sentences::{Bound, Purse, Sentence};
use super::state::{State, ascii};

const DAY: u128 = 86_400;
/// 08:00 UTC.
const BOUNDARY_OFFSET: u128 = 28_800;
/// How many days after a boundary its price may come from.
const MOST_DAYS: u128 = 50;
/// The most that the fund can be asked for.
const MAX_COVER: u128 = 1_000_000_000_000_000_000;
/// A settlement's bounty is that of so many policies at most.
const MOST_BOUNTIES: u128 = 5;

impl Upkeep {
    pub(super) fn plan(&self, state: &State) -> Result<Plan, Refusal> {
        match self {
            Self::CloseEpoch(bucket) => {
                let call = liquidity_pool::CloseEpoch {
                    tier: bucket.tier(),
                    token: state.token_principal(bucket.asset)?,
                };
                let draft = Draft::of(state, call)
                    .says(Sentence::Does(
                        "Closes the bucket's epoch: deposits become shares, the exit queue is paid.",
                    ))
                    .gives_nothing();
                let bounty = known(close_bounty(state, *bucket))?.unwrap_or(0);
                Ok(earning(draft, bucket.asset, bounty).done())
            }
            Self::SettleExpiry { bucket, expiry } => plan_settle(state, *bucket, *expiry),
            Self::EndPolicies(ids) => {
                let most = Refusal::Count { what: "policies", count: ids.len(), most: MOST_ENDED };
                let call = policy_registry::ExpirePolicies { ids: List::new(ids.clone()).map_err(|_| most)? };
                Ok(Draft::of(state, call)
                    .says(Sentence::Does(
                        "Ends those of the policies that ran out without a payout; others stay as they are.",
                    ))
                    .gives_nothing()
                    .done())
            }
            Self::ClaimBounties { asset, to } => plan_bounties(state, *asset, *to),
            Self::RecordBoundary(at) => {
                let call = oracle::RecordBoundary { at: at.get().into() };
                Ok(Draft::of(state, call)
                    .says(Sentence::Does("Records the price of a boundary at which the oracle was silent."))
                    .gives_nothing()
                    .done())
            }
            Self::CheckOracle => Ok(Draft::of(state, oracle::CheckLiveness {})
                .says(Sentence::Does("Stops sales and deposits if the oracle has been silent for too long."))
                .gives_nothing()
                .done()),
            Self::RecordHealth => Ok(Draft::of(state, analytics::RecordHealth {})
                .says(Sentence::Does("Keeps today's health score."))
                .gives_nothing()
                .done()),
        }
    }

    pub(super) fn check(&self, state: &State) -> Checked {
        match self {
            Self::CloseEpoch(bucket) => check_close(state, *bucket),
            Self::SettleExpiry { bucket, expiry } => settlement(state, *bucket, *expiry).map(|_| ()),
            // Whatever does not fit stays as it is.
            Self::EndPolicies(_) => Ok(()),
            Self::ClaimBounties { asset, to } => {
                let who = Principal::Standard(to.address(state.account()));
                asserts(credit(state, *asset, &who)? > 0, errors::LIQUIDITY_POOL_NOTHING_TO_CLAIM)?;
                rules::vault_pays(state)
            }
            Self::RecordBoundary(at) => check_boundary(state, at.get().into()),
            Self::CheckOracle => check_oracle(state),
            Self::RecordHealth => {
                let day = state.now() / DAY;
                state
                    .want()
                    .call(analytics::GetHealthScore {})
                    .entry::<analytics::maps::HealthRecords>(&day)
                    .done()?;
                state.call(analytics::GetHealthScore {})??;
                let recorded = state.entry::<analytics::maps::HealthRecords>(&day)?;
                asserts(recorded.is_none(), errors::ANALYTICS_ALREADY_RECORDED)
            }
        }
    }
}

fn earning(draft: Draft<'_>, asset: Asset, bounty: u128) -> Draft<'_> {
    draft.says_if(bounty > 0, Sentence::EarnsBounty { amount: amount(bounty), asset })
}

fn close_bounty(state: &State, bucket: BucketId) -> Result<u128, Stop> {
    Ok(rules::bucket(state, bucket)?.pot.min(rules::collateral(state, bucket.asset)?.bounty))
}

fn check_close(state: &State, id: BucketId) -> Checked {
    let boundary = boundary_before(state.now()).fits()?;
    let token = state.token_principal(id.asset)?;
    state
        .want()
        .entry::<liquidity_pool::maps::Buckets>(&rules::bucket_key(state, id)?)
        .entry::<liquidity_pool::maps::Tiers>(&id.tier())
        .entry::<liquidity_pool::maps::CollateralTokens>(&token)
        .call(oracle::GetBoundary { at: boundary })
        .done()?;
    let bucket = rules::bucket(state, id)?;
    rules::tier(state, id.tier)?;
    rules::collateral(state, id.asset)?;
    asserts(boundary >= bucket.due, errors::LIQUIDITY_POOL_CLOSE_NOT_DUE)?;
    let price = state.call(oracle::GetBoundary { at: boundary })?;
    asserts(price.is_some(), errors::LIQUIDITY_POOL_NO_BOUNDARY_PRICE)?;
    asserts(bucket.live.iter().all(|expiry| *expiry > boundary), errors::LIQUIDITY_POOL_SETTLE_FIRST)
}

/// What a settlement is about.
struct Settlement {
    /// What the series are due beyond their own locks. It is fixed from the expiry on.
    short: u128,
    bounty: u128,
}

/// The checks of `settle-expiry`, and what it would move.
fn settlement(state: &State, id: BucketId, expiry: UnixSeconds) -> Result<Settlement, Stop> {
    let at = u128::from(expiry.get());
    let token = state.token_principal(id.asset)?;
    let place = types::BooksKey { expiry: at, tier: id.tier(), token: token.clone() };
    let coverable = insurance_fund::GetCoverable { token: token.clone(), reference: at };
    state
        .want()
        .entry::<liquidity_pool::maps::Buckets>(&rules::bucket_key(state, id)?)
        .entry::<liquidity_pool::maps::CollateralTokens>(&token)
        .entry::<liquidity_pool::maps::Books>(&place)
        .standings(state, &[Contract::PolicyRegistry, Contract::LiquidityPool])
        .call(oracle::GetBoundary { at })
        .call(coverable.clone())
        .done()?;
    let bucket = rules::bucket(state, id)?;
    let collateral = rules::collateral(state, id.asset)?;
    let book = state.entry::<liquidity_pool::maps::Books>(&place)?;
    let book = book.ok_or(Stop::Refused(errors::LIQUIDITY_POOL_NOTHING_TO_SETTLE))?;
    let serves = rules::standing(state, Contract::PolicyRegistry)? >= RETIRING;
    asserts(serves, errors::LIQUIDITY_POOL_UNAUTHORISED)?;
    asserts(state.now() >= at, errors::LIQUIDITY_POOL_NOT_EXPIRED)?;
    let price = state.call(oracle::GetBoundary { at })?;
    let price = price.ok_or(Stop::Refused(errors::LIQUIDITY_POOL_NO_BOUNDARY_PRICE))?;

    let (mut due, mut secured): (u128, u128) = (0, 0);
    for series in &book.series {
        let owed = series_due(id, expiry, series, &price)?;
        due = due.checked_add(owed).fits()?;
        secured = secured.checked_add(owed.min(series.locked)).fits()?;
    }
    let short = due.checked_sub(secured).fits()?;
    let other_locks = bucket.locked.checked_sub(book.locked).fits()?;
    let unlocked = bucket.assets.saturating_sub(secured.checked_add(other_locks).fits()?);
    let own = short.min(unlocked);
    let fund = if short > own {
        let pool = rules::standing(state, Contract::LiquidityPool)? >= RETIRING;
        asserts(pool, errors::INSURANCE_FUND_NOT_SUITE)?;
        let asked = MAX_COVER.min(short.checked_sub(own).fits()?);
        asked.min(state.call(coverable)?)
    } else {
        0
    };
    if book.locked > 0 || fund > 0 {
        rules::vault_pays(state)?;
    }
    let bounty = bucket.pot.min(MOST_BOUNTIES.min(book.policies).checked_mul(collateral.bounty).fits()?);
    Ok(Settlement { short, bounty })
}

/// What a whole series is due at a boundary's price.
fn series_due(
    id: BucketId,
    expiry: UnixSeconds,
    series: &types::Series,
    price: &oracle::types::GetBoundaryAnswer,
) -> Result<u128, Stop> {
    let terms = PolicyTerms {
        asset: id.asset,
        tier: id.tier,
        strike: UsdE8::new(series.strike),
        floor: UsdE8::new(series.floor),
        expiry,
        size: Sats::new(series.size),
        lock: TokenAmount::new(series.locked),
    };
    Ok(terms.payout(UsdE8::new(price.btc), UsdE8::new(price.stx))?.base_units())
}

fn plan_settle(state: &State, bucket: BucketId, expiry: UnixSeconds) -> Result<Plan, Refusal> {
    let call = policy_registry::SettleExpiry {
        tier: bucket.tier(),
        token: state.token(bucket.asset)?,
        expiry: expiry.get().into(),
    };
    let found = known(settlement(state, bucket, expiry))?.unwrap_or(Settlement { short: 0, bounty: 0 });
    let mut draft = Draft::of(state, call)
        .says(Sentence::Does(
            "Settles what the bucket sold for this expiry: what is due is set aside for its holders.",
        ))
        .gives_nothing();
    if found.short > 0 {
        // Not what the fund would add at this state: a contribution or a new period lets it add more, an activation at another
        // expiry leaves more to it. Book and price are fixed, so it never adds more than what is short.
        let most = amount(found.short.min(MAX_COVER));
        draft = draft.shifts(Bound::AtMost, bucket.asset, most, Purse::Fund, Purse::Vault)?;
    }
    Ok(earning(draft, bucket.asset, found.bounty).done())
}

/// A keeper's bounties.
fn credit(state: &State, asset: Asset, who: &Principal) -> Result<u128, Stop> {
    let key = types::CreditsKey { token: state.token_principal(asset)?, who: who.clone() };
    state
        .want()
        .entry::<liquidity_pool::maps::Credits>(&key)
        .standings(state, &[Contract::LiquidityPool])
        .done()?;
    Ok(state.entry::<liquidity_pool::maps::Credits>(&key)?.unwrap_or(0))
}

fn plan_bounties(state: &State, asset: Asset, to: Recipient) -> Result<Plan, Refusal> {
    let who = Principal::Standard(to.address(state.account()));
    let due = known(credit(state, asset, &who))?.unwrap_or(0);
    if due == 0 {
        return Err(Refusal::Nothing { what: "no bounty was credited" });
    }
    let call = liquidity_pool::ClaimCredit { token: state.token(asset)?, who: who.clone() };
    Ok(Draft::of(state, call)
        .says(Sentence::Does("Has a keeper's bounties paid."))
        .gives_nothing()
        .pays(Bound::AtLeast, asset, amount(due), Purse::Vault, &who)?
        .done())
}

fn check_boundary(state: &State, at: u128) -> Checked {
    let past = at % DAY == BOUNDARY_OFFSET && at <= state.now();
    asserts(past, errors::ORACLE_NOT_A_BOUNDARY)?;
    let days =
        (1..=MOST_DAYS).filter_map(|day| at.checked_add(day * DAY)).take_while(|day| *day <= state.now());
    let days: Vec<u128> = days.collect();
    let mut wanted = state.want().entry::<oracle::maps::Boundaries>(&at);
    for day in &days {
        wanted = wanted.entry::<oracle::maps::Boundaries>(day);
    }
    wanted.done()?;
    let recorded = state.entry::<oracle::maps::Boundaries>(&at)?;
    asserts(recorded.is_none(), errors::ORACLE_BOUNDARY_RECORDED)?;
    for day in &days {
        if state.entry::<oracle::maps::Boundaries>(day)?.is_some_and(|found| found.opening.is_some()) {
            return Ok(());
        }
    }
    Err(Stop::Refused(errors::ORACLE_NO_LATER_PRICE))
}

fn check_oracle(state: &State) -> Checked {
    let breaker = ascii("oracle");
    state
        .want()
        .call(oracle::GetLatest {})
        .variable::<oracle::variables::Bounds>()
        .entry::<parameters::maps::CircuitBreakers>(&breaker)
        .standings(state, &[Contract::Oracle])
        .done()?;
    let latest = state.call(oracle::GetLatest {})?;
    asserts(latest.at > 0, errors::ORACLE_NO_PRICE)?;
    let limits = state.variable::<oracle::variables::Bounds>()?;
    let silent = state.now().saturating_sub(latest.at) > limits.silence_limit;
    let open = state
        .entry::<parameters::maps::CircuitBreakers>(&breaker)?
        .is_some_and(|breaker| state.now() >= breaker.until);
    if silent && open {
        let serves = rules::standing(state, Contract::Oracle)? >= CURRENT;
        asserts(serves, errors::PARAMETERS_NOT_AUTHORISED)?;
    }
    Ok(())
}
