//! Policies: buying, activating, selling back, claiming.

use bithedge_protocol::pool::{Fee, Market, Order, PolicyTerms, PoolError, Quote, SaleRefusal, value_policy};
use bithedge_protocol::{Asset, Ppm, TokenAmount, UsdE8};
use bithedge_suite::generated::{
    errors, fee_schedule, liquidity_pool, liquidity_pool_vault, oracle, parameters, policy_registry, treasury,
};
use bithedge_suite::{Contract, ContractError, Mismatch, state as conversions};

use super::coverage::{overflowing, payout_stops};
use super::finding::{Checked, Fits as _, Stop, asserts};
use super::intent::{BucketId, Protection, Recipient};
use super::plan::{Draft, Plan, Refusal, known, same_recipient};
use super::rules::{self, CURRENT, RETIRING, amount, mul_div};
use super::sentences::{Bound, Purse, Sentence};
use super::state::{State, Unknown, ascii};

/// The kind of a put in the contracts.
const PUT: u128 = 1;
/// A policy that has not ended.
const ACTIVE: u128 = 1;
/// A policy backed by the pool.
const BACKING_POOL: u128 = 1;
/// How many series a book holds, and how many live expiries a bucket.
const MOST_SERIES: usize = 32;
const MOST_LIVE: usize = 10;

pub(super) fn fits<T>(what: &'static str, found: Result<T, Mismatch>) -> Result<T, Unknown> {
    found.map_err(|mismatch| Unknown::Mismatch { what: what.to_owned(), mismatch })
}

impl Protection {
    pub(super) fn plan(&self, state: &State) -> Result<Plan, Refusal> {
        match self {
            Self::Buy { order, max_cost, valid_until } => {
                let call = policy_registry::PurchaseProtection {
                    token: state.token(order.asset)?,
                    tier: order.tier.into(),
                    kind: PUT,
                    strike: order.strike.base_units(),
                    expiry: order.expiry.get().into(),
                    size: order.size.base_units(),
                    max_cost: max_cost.base_units(),
                };
                let draft = Draft::of(state, call)
                    .says(Sentence::Buys(*order))
                    .leaves(Bound::AtMost, order.asset, *max_cost)?
                    .until(*valid_until);
                // The terms are those of the state; where nothing is sold, the dry run says why.
                let found = known(quoted(state, order))?;
                // Who has just what it costs now is not refused for the margin that is allowed on top.
                let draft = match &found {
                    Some((market, quote)) => {
                        let draft = draft.needs(order.asset, quote.total.min(*max_cost));
                        let draft = overflowing(draft, market, quote);
                        let draft = match known(payout_stops(market, quote))? {
                            Some(sentence) => draft.says(sentence),
                            None => draft,
                        };
                        draft.says(Sentence::CanBeActivatedAfter(market.rules.activation_delay))
                    }
                    None => draft,
                };
                let draft = match order.asset {
                    Asset::Sbtc => draft.says(Sentence::SbtcCountsAsBtc),
                    Asset::Stx => draft.says(Sentence::StxMayBePaidInPart),
                };
                Ok(draft.done())
            }
            Self::Activate { policy, asset, min_payout } => {
                let call = policy_registry::ActivateProtection {
                    id: *policy,
                    token: state.token(*asset)?,
                    min_payout: min_payout.base_units(),
                };
                let draft = Draft::of(state, call)
                    .says(Sentence::Does("Activates the policy before its expiry."))
                    .gives_nothing()
                    .pays(Bound::AtLeast, *asset, *min_payout, Purse::Vault, &state.me())?;
                Ok(at_the_blocks_price(state, draft, *policy, *asset)?.says(Sentence::PolicyEnds).done())
            }
            Self::SellBack { policy, asset, min_refund } => {
                let call = policy_registry::CancelProtection {
                    id: *policy,
                    token: state.token(*asset)?,
                    min_refund: min_refund.base_units(),
                };
                let draft = Draft::of(state, call)
                    .says(Sentence::Does("Sells the policy back to the pool."))
                    .gives_nothing()
                    .pays(Bound::AtLeast, *asset, *min_refund, Purse::Vault, &state.me())?;
                Ok(at_the_blocks_price(state, draft, *policy, *asset)?.says(Sentence::PolicyEnds).done())
            }
            Self::Claim { policy, asset, to } => plan_claim(state, *policy, *asset, *to),
        }
    }

    pub(super) fn check(&self, state: &State) -> Checked {
        match self {
            Self::Buy { order, max_cost, .. } => check_buy(state, order, *max_cost),
            Self::Activate { policy, asset, min_payout } => {
                check_activate(state, *policy, *asset, *min_payout)
            }
            Self::SellBack { policy, asset, min_refund } => {
                check_sell_back(state, *policy, *asset, *min_refund)
            }
            Self::Claim { policy, asset, .. } => claim(state, *policy, *asset).map(|_| ()),
        }
    }
}

/// What an end before the expiry is paid at.
fn at_the_blocks_price<'a>(
    state: &State,
    draft: Draft<'a>,
    policy: u128,
    asset: Asset,
) -> Result<Draft<'a>, Refusal> {
    let draft = draft.says(Sentence::PriceOfTheBlock);
    let Some((_, _, pricing)) = known(early(state, policy, asset))? else { return Ok(draft) };
    let (newest, average) = (UsdE8::new(pricing.btc), UsdE8::new(pricing.btc_twap));
    Ok(draft.says_if(newest < average, Sentence::AverageIsHigher { newest, average }))
}

fn plan_claim(state: &State, policy: u128, asset: Asset, to: Recipient) -> Result<Plan, Refusal> {
    let found = state.entry::<policy_registry::maps::Policies>(&policy)?;
    let found = found.ok_or(Refusal::Nothing { what: "there is no such policy" })?;
    same_recipient(state, to, &found.owner)?;
    let nothing = Refusal::Nothing { what: "the policy is not there to be claimed" };
    let due = known(claim(state, policy, asset))?.ok_or(nothing)?;
    let call = policy_registry::ClaimSettlement { id: policy, token: state.token(asset)? };
    let draft = Draft::of(state, call).gives_nothing();
    let draft = if due.paid == TokenAmount::ZERO {
        draft.says(Sentence::EndsWorthless)
    } else {
        // The claims of a settled series never change, so the amount is certain.
        draft
            .pays(Bound::Exactly, asset, due.paid, Purse::Vault, &found.owner)?
            .says_if(due.paid < due.due, Sentence::PaidInPart { due: due.due, paid: due.paid, asset })
    };
    let draft = draft.says(Sentence::PolicyEnds);
    let earns = due.bounty > TokenAmount::ZERO && found.owner != state.me();
    Ok(draft.says_if(earns, Sentence::EarnsBounty { amount: due.bounty, asset }).done())
}

/// A refusal of the twin as the contract's.
pub(super) fn sale_stop(refusal: SaleRefusal) -> Stop {
    refusal.contract_code().map_or(Stop::Aborts, |code| Stop::Refused(ContractError::new(code.into())))
}

fn pool_stop(error: PoolError) -> Stop {
    error.contract_code().map_or(Stop::Aborts, |code| Stop::Refused(ContractError::new(code.into())))
}

impl From<PoolError> for Stop {
    fn from(error: PoolError) -> Self {
        pool_stop(error)
    }
}

/// Everything that an order's price depends on, of the tiers that could take it.
pub(super) fn market(state: &State, asset: Asset, tiers: &[u8]) -> Result<Market, Stop> {
    let purchase = ascii("purchase");
    let discount = fee_schedule::GetDiscount { user: state.me() };
    let token = state.token_principal(asset)?;
    let mut wanted = state
        .want()
        .variable::<parameters::variables::PolicyConfig>()
        .call(oracle::GetPricing {})
        .entry::<fee_schedule::maps::FeeRates>(&purchase)
        .call(discount.clone())
        .entry::<liquidity_pool::maps::CollateralTokens>(&token);
    for tier in tiers {
        let key = rules::bucket_key(state, BucketId { tier: *tier, asset })?;
        wanted = wanted
            .entry::<liquidity_pool::maps::Tiers>(&(*tier).into())
            .entry::<liquidity_pool::maps::Buckets>(&key);
    }
    wanted.done()?;

    let rules = state.variable::<parameters::variables::PolicyConfig>()?;
    let rules = rules.ok_or(Stop::Refused(errors::PARAMETERS_NOT_INITIALISED))?;
    let pricing = state.call(oracle::GetPricing {})??;
    let rate = state.entry::<fee_schedule::maps::FeeRates>(&purchase)?;
    let mut found = Vec::new();
    for tier in tiers {
        let key = rules::bucket_key(state, BucketId { tier: *tier, asset })?;
        if let Some(bucket) = state.entry::<liquidity_pool::maps::Buckets>(&key)? {
            found.push((*tier, bucket));
        }
    }
    let books = |tier: u8, expiry: u128| liquidity_pool::types::BooksKey {
        expiry,
        tier: tier.into(),
        token: token.clone(),
    };
    let mut wanted = state.want();
    for (tier, bucket) in &found {
        for expiry in &bucket.live {
            wanted = wanted.entry::<liquidity_pool::maps::Books>(&books(*tier, *expiry));
        }
    }
    wanted.done()?;
    let mut buckets = Vec::new();
    for (tier, bucket) in &found {
        let mut live = Vec::new();
        for expiry in &bucket.live {
            if let Some(book) = state.entry::<liquidity_pool::maps::Books>(&books(*tier, *expiry))? {
                live.push((*expiry, book));
            }
        }
        buckets.push(fits("a bucket", conversions::bucket(*tier, asset, bucket, &live))?);
    }
    let mut terms = Vec::new();
    for tier in tiers {
        if let Some(found) = state.entry::<liquidity_pool::maps::Tiers>(&(*tier).into())? {
            terms.push(fits("a tier", conversions::tier_terms(*tier, &found))?);
        }
    }
    let collateral = state.entry::<liquidity_pool::maps::CollateralTokens>(&token)?;
    let collateral =
        collateral.map(|found| fits("a token", conversions::collateral_terms(&found))).transpose()?;
    Ok(Market {
        now: state.tip().time,
        pricing: fits("the prices", conversions::pricing(&pricing))?,
        rules: fits("the rules of a sale", conversions::sale_rules(&rules))?,
        tiers: terms,
        collateral: collateral.into_iter().collect(),
        buckets,
        // A purchase without a rate is refused where the fee is taken, last of all.
        fee: Fee { rate: Ppm::new(rate.unwrap_or(0)), discount: Ppm::new(state.call(discount)?) },
    })
}

/// The market of an order, and what the order costs in it.
fn quoted(state: &State, order: &Order) -> Result<(Market, Quote), Stop> {
    let tiers: Vec<u8> = std::iter::once(order.tier).chain(order.tier.checked_add(1)).collect();
    let market = market(state, order.asset, &tiers)?;
    let quote = market.quote(order).map_err(sale_stop)?;
    Ok((market, quote))
}

fn check_buy(state: &State, order: &Order, max_cost: TokenAmount) -> Checked {
    let size = order.size.base_units();
    let token = state.token_principal(order.asset)?;
    let purchase = ascii("purchase");
    let mut wanted = state
        .want()
        .standings(state, &[Contract::PolicyRegistry, Contract::LiquidityPool, Contract::Treasury])
        .call(rules::is_action_open(state, "purchase", size))
        .variable::<parameters::variables::PolicyConfig>()
        .call(oracle::GetPricing {})
        .entry::<fee_schedule::maps::FeeRates>(&purchase)
        .call(fee_schedule::GetDiscount { user: state.me() })
        .entry::<liquidity_pool::maps::CollateralTokens>(&token)
        .entry::<liquidity_pool_vault::maps::Tokens>(&token)
        .entry::<treasury::maps::Tokens>(&token)
        .balance(order.asset);
    for tier in std::iter::once(order.tier).chain(order.tier.checked_add(1)) {
        wanted =
            wanted.entry::<liquidity_pool::maps::Tiers>(&tier.into()).entry::<liquidity_pool::maps::Buckets>(
                &rules::bucket_key(state, BucketId { tier, asset: order.asset })?,
            );
    }
    wanted.done()?;

    asserts(rules::standing(state, Contract::PolicyRegistry)? >= CURRENT, errors::PARAMETERS_NOT_AUTHORISED)?;
    rules::action(state, "purchase", size)?;
    let config = state.variable::<parameters::variables::PolicyConfig>()?;
    let config = config.ok_or(Stop::Refused(errors::PARAMETERS_NOT_INITIALISED))?;
    asserts(size >= config.min_size && size <= config.max_size, errors::POLICY_REGISTRY_SIZE)?;
    let (market, quote) = quoted(state, order)?;
    for part in &quote.parts {
        let Some(bucket) = market.bucket(part.tier, order.asset) else { return Err(Stop::Aborts) };
        let book = bucket.live.iter().find(|book| book.expiry == order.expiry);
        let has_room = match book {
            None => bucket.live.len() < MOST_LIVE,
            Some(book) => {
                book.series.len() < MOST_SERIES || book.series.iter().any(|one| one.strike == order.strike)
            }
        };
        asserts(has_room, errors::LIQUIDITY_POOL_BOOK_FULL)?;
    }
    let to_pool = quote.premium.base_units().checked_add(quote.bounty.base_units()).fits()?;
    rules::vault_takes(state, order.asset, to_pool)?;
    let treasury = rules::treasury_token(state, order.asset)?;
    asserts(treasury.accepted, errors::TREASURY_TOKEN_NOT_ACCEPTED)?;
    asserts(rules::standing(state, Contract::Treasury)? >= RETIRING, errors::FEE_SCHEDULE_NOT_SUITE)?;
    let rate = state.entry::<fee_schedule::maps::FeeRates>(&purchase)?;
    asserts(rate.is_some(), errors::FEE_SCHEDULE_UNKNOWN_OPERATION)?;
    rules::gives(state, order.asset, quote.total.base_units())?;
    asserts(quote.total <= max_cost, errors::POLICY_REGISTRY_COST_ABOVE_LIMIT)
}

/// A policy that has not ended, as the contract's `get-active`.
fn active(state: &State, id: u128, asset: Asset) -> Result<policy_registry::types::Policy, Stop> {
    let policy = state.entry::<policy_registry::maps::Policies>(&id)?;
    let policy = policy.ok_or(Stop::Refused(errors::POLICY_REGISTRY_UNKNOWN_POLICY))?;
    asserts(policy.status == ACTIVE, errors::POLICY_REGISTRY_NOT_ACTIVE)?;
    asserts(policy.token == state.token_principal(asset)?, errors::POLICY_REGISTRY_TOKEN)?;
    asserts(policy.backing == BACKING_POOL, errors::POLICY_REGISTRY_BACKING)?;
    Ok(policy)
}

/// The same with rules and prices, which an end before the expiry needs.
fn early(
    state: &State,
    id: u128,
    asset: Asset,
) -> Result<
    (policy_registry::types::Policy, parameters::types::PolicyConfig, oracle::types::GetPricingAnswer),
    Stop,
> {
    let token = state.token_principal(asset)?;
    state
        .want()
        .entry::<policy_registry::maps::Policies>(&id)
        .variable::<parameters::variables::PolicyConfig>()
        .call(oracle::GetPricing {})
        .standings(state, &[Contract::PolicyRegistry, Contract::LiquidityPool])
        .entry::<liquidity_pool::maps::CollateralTokens>(&token)
        .done()?;
    let policy = active(state, id, asset)?;
    let config = state.variable::<parameters::variables::PolicyConfig>()?;
    let config = config.ok_or(Stop::Refused(errors::PARAMETERS_NOT_INITIALISED))?;
    let pricing = state.call(oracle::GetPricing {})??;
    asserts(policy.owner == state.me(), errors::POLICY_REGISTRY_NOT_OWNER)?;
    Ok((policy, config, pricing))
}

fn terms_of(asset: Asset, policy: &policy_registry::types::Policy) -> Result<PolicyTerms, Unknown> {
    fits("a policy", conversions::policy_terms(asset, policy))
}

/// What the pool's own functions ask of the registry.
fn pool_serves_registry(state: &State) -> Checked {
    let serves = rules::standing(state, Contract::PolicyRegistry)? >= RETIRING;
    asserts(serves, errors::LIQUIDITY_POOL_UNAUTHORISED)
}

fn bucket_of(policy: &policy_registry::types::Policy, asset: Asset) -> Result<BucketId, Stop> {
    Ok(BucketId { tier: u8::try_from(policy.tier).ok().fits()?, asset })
}

fn check_activate(state: &State, id: u128, asset: Asset, min_payout: TokenAmount) -> Checked {
    let (policy, config, pricing) = early(state, id, asset)?;
    let spot = pricing.btc.max(pricing.btc_twap);
    let stx = pricing.stx.max(pricing.stx_twap);
    let now = state.now();
    asserts(now < policy.expiry, errors::POLICY_REGISTRY_EXPIRED)?;
    let from = policy.created_at.checked_add(config.activation_delay).fits()?;
    asserts(now >= from, errors::POLICY_REGISTRY_TOO_EARLY)?;
    asserts(spot < policy.strike, errors::POLICY_REGISTRY_NOT_IN_THE_MONEY)?;
    pool_serves_registry(state)?;
    rules::collateral(state, asset)?;
    let bucket = rules::bucket(state, bucket_of(&policy, asset)?)?;
    let others = rules::needed(
        asset,
        bucket.locked.checked_sub(policy.lock).fits()?,
        bucket.required.checked_sub(policy.required).fits()?,
        stx,
    )?;
    let paid = terms_of(asset, &policy)?.payout(UsdE8::new(spot), UsdE8::new(stx))?.base_units();
    asserts(paid > 0, errors::LIQUIDITY_POOL_AMOUNT)?;
    let most = policy.lock.max(bucket.assets.saturating_sub(others));
    asserts(paid <= most, errors::LIQUIDITY_POOL_SERIES_SHORT)?;
    rules::vault_pays(state)?;
    asserts(paid >= min_payout.base_units(), errors::POLICY_REGISTRY_BELOW_LIMIT)
}

fn check_sell_back(state: &State, id: u128, asset: Asset, min_refund: TokenAmount) -> Checked {
    let (policy, config, pricing) = early(state, id, asset)?;
    let until = state.now().checked_add(config.cancel_cutoff).fits()?;
    asserts(until < policy.expiry, errors::POLICY_REGISTRY_TOO_LATE)?;
    asserts(
        rules::standing(state, Contract::PolicyRegistry)? >= RETIRING,
        errors::PARAMETERS_NOT_AUTHORISED,
    )?;
    let tier = bucket_of(&policy, asset)?.tier;
    state
        .want()
        .call(rules::is_action_open(state, "sell-back", policy.size))
        .entry::<liquidity_pool::maps::Tiers>(&tier.into())
        .done()?;
    rules::action(state, "sell-back", policy.size)?;
    rules::collateral(state, asset)?;
    let terms = fits("a tier", conversions::tier_terms(tier, &rules::tier(state, tier)?))?;
    let value = value_policy(
        &terms_of(asset, &policy)?,
        &fits("the prices", conversions::pricing(&pricing))?,
        &terms,
        &fits("the rules of a sale", conversions::sale_rules(&config))?,
        state.tip().time,
    )?;
    rules::vault_pays(state)?;
    asserts(value.refund >= min_refund, errors::POLICY_REGISTRY_BELOW_LIMIT)
}

/// What a settled policy comes to.
struct Due {
    due: TokenAmount,
    paid: TokenAmount,
    bounty: TokenAmount,
}

/// The checks of `claim-settlement`, and what it would pay.
fn claim(state: &State, id: u128, asset: Asset) -> Result<Due, Stop> {
    let token = state.token_principal(asset)?;
    state
        .want()
        .entry::<policy_registry::maps::Policies>(&id)
        .standings(state, &[Contract::PolicyRegistry, Contract::LiquidityPool])
        .entry::<liquidity_pool::maps::CollateralTokens>(&token)
        .done()?;
    let policy = active(state, id, asset)?;
    asserts(state.now() >= policy.expiry, errors::POLICY_REGISTRY_NOT_EXPIRED)?;
    pool_serves_registry(state)?;
    let collateral = rules::collateral(state, asset)?;
    let key = liquidity_pool::types::ClaimsKey {
        expiry: policy.expiry,
        key: policy.strike.checked_mul(4).and_then(|key| key.checked_add(PUT)).fits()?,
        tier: policy.tier,
        token: token.clone(),
    };
    let place = liquidity_pool::types::BooksKey { expiry: policy.expiry, tier: policy.tier, token };
    let id = bucket_of(&policy, asset)?;
    state
        .want()
        .entry::<liquidity_pool::maps::Claims>(&key)
        .entry::<liquidity_pool::maps::Settlements>(&place)
        .entry::<liquidity_pool::maps::Buckets>(&rules::bucket_key(state, id)?)
        .done()?;
    let found = state.entry::<liquidity_pool::maps::Claims>(&key)?;
    let settled = state.entry::<liquidity_pool::maps::Settlements>(&place)?;
    asserts(found.is_some() || settled.is_some(), errors::LIQUIDITY_POOL_NOT_SETTLED)?;
    let bounty = amount(collateral.bounty.min(rules::bucket(state, id)?.pot));
    // A settled series that ended out of the money has no claim.
    let Some(found) = found else {
        return Ok(Due { due: TokenAmount::ZERO, paid: TokenAmount::ZERO, bounty });
    };
    let terms = PolicyTerms { floor: UsdE8::new(found.floor), ..terms_of(asset, &policy)? };
    let due = terms.payout(UsdE8::new(found.spot), UsdE8::new(found.stx))?;
    let paid = if found.due == found.reserved {
        due
    } else {
        amount(mul_div(due.base_units(), found.reserved, found.due)?)
    };
    if paid > TokenAmount::ZERO {
        rules::vault_pays(state)?;
    }
    Ok(Due { due, paid, bounty })
}
