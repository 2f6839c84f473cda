//! What an owner can do with a policy now: the contracts' own checks, over the books and the prices of now.
//!
//! What only the chain knows, such as whether a contract of the suite was replaced, is not looked at here: the dry run of the intent
//! does that before anything is signed.

use std::collections::BTreeMap;

use bithedge_ipc::Step;
use bithedge_ledger::{BucketKey, Claim, PolicyClaim, PolicyRecord, PolicyStatus, TimeRange};
use bithedge_protocol::pool::{PolicyTerms, PolicyValue, PoolError, Pricing, SaleRules, value_policy};
use bithedge_protocol::{Asset, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;
use bithedge_suite::ContractError;
use bithedge_suite::generated::errors;

use super::ViewError;
use super::books::{Books, NOT_READ, UNCOUNTABLE};

/// The pool, in the registry's table of what stands behind a policy.
pub(super) const POOL: u8 = 1;

/// What of a bucket's expiry is settled.
#[derive(Clone)]
enum Settled {
    Not,
    With(Vec<Claim>),
}

/// The settlements that policies ask for, each looked up once.
#[derive(Default)]
pub(super) struct Settlements {
    found: BTreeMap<(u8, Principal, UnixSeconds), Settled>,
}

impl Settlements {
    fn of(&mut self, books: &Books<'_, '_>, record: &PolicyRecord) -> Result<Settled, ViewError> {
        let place = (record.tier, record.token.clone(), record.expiry);
        if let Some(found) = self.found.get(&place) {
            return Ok(found.clone());
        }
        let key = BucketKey { tier: record.tier, token: record.token.clone() };
        let range = TimeRange { from: record.expiry, to: record.expiry };
        let claims = books.snapshot.claims(&key, record.expiry)?;
        let settled = if claims.is_empty() && books.snapshot.settlements(&key, range)?.is_empty() {
            Settled::Not
        } else {
            Settled::With(claims)
        };
        self.found.insert(place, settled.clone());
        Ok(settled)
    }
}

/// What a settled policy comes to; `None` while its expiry is not settled.
pub(super) fn settled(
    books: &Books<'_, '_>,
    settlements: &mut Settlements,
    record: &PolicyRecord,
    terms: &PolicyTerms,
) -> Result<Option<Result<PolicyClaim, PoolError>>, ViewError> {
    Ok(match settlements.of(books, record)? {
        Settled::Not => None,
        Settled::With(claims) => {
            let claim = claims.iter().find(|claim| claim.strike == record.strike);
            // A settled series that ended out of the money has no claim.
            let nothing = PolicyClaim { due: TokenAmount::ZERO, paid: TokenAmount::ZERO };
            Some(claim.map_or(Ok(nothing), |claim| claim.of_policy(terms)))
        }
    })
}

fn not(error: ContractError) -> Step {
    Step::Not { why: error.to_string(), code: Some(error.code().to_string()) }
}

fn unknown(why: impl Into<String>) -> Step {
    Step::Unknown { why: why.into() }
}

fn pool_refusal(error: PoolError) -> Step {
    match error.contract_code() {
        Some(code) => not(ContractError::new(code.into())),
        None => unknown(UNCOUNTABLE),
    }
}

fn pays(books: &Books<'_, '_>, asset: Asset, pays: TokenAmount, promised: Option<TokenAmount>) -> Step {
    let usd = books.usd(asset, pays).known().copied();
    Step::Now { pays, usd, promised }
}

/// What an end before the expiry needs.
struct Early<'a> {
    pricing: &'a Pricing,
    rules: &'a SaleRules,
    /// The prices against the owner of a put.
    spot: UsdE8,
    stx: UsdE8,
}

/// The checks that activation and sale back share, in the contract's order; `Err` is what stands against it.
fn early<'a>(books: &Books<'a, '_>, record: &PolicyRecord) -> Result<Early<'a>, Step> {
    if record.status != PolicyStatus::Active {
        return Err(not(errors::POLICY_REGISTRY_NOT_ACTIVE));
    }
    if record.backing != POOL {
        return Err(not(errors::POLICY_REGISTRY_BACKING));
    }
    let prices = books.prices.ok_or_else(|| unknown(NOT_READ))?;
    let rules = prices.rules.as_ref().ok_or_else(|| not(errors::PARAMETERS_NOT_INITIALISED))?;
    let pricing = prices.pricing_at(books.now).map_err(not)?;
    let (spot, stx) = (pricing.btc.max(pricing.btc_twap), pricing.stx.max(pricing.stx_twap));
    Ok(Early { pricing, rules, spot, stx })
}

/// What only its owner can do, the account that the prices were read for cannot do with another's policy.
fn is_owner(books: &Books<'_, '_>, record: &PolicyRecord) -> Result<(), Step> {
    let account = books.prices.map(|prices| Principal::Standard(prices.account));
    match account {
        Some(account) if account == record.owner => Ok(()),
        Some(_) => Err(not(errors::POLICY_REGISTRY_NOT_OWNER)),
        None => Err(unknown(NOT_READ)),
    }
}

/// The contracts' value of a policy now, or the sentence that says why there is none.
pub(super) fn value(
    books: &Books<'_, '_>,
    record: &PolicyRecord,
    terms: &PolicyTerms,
) -> Result<PolicyValue, String> {
    if record.status != PolicyStatus::Active {
        return Err(errors::POLICY_REGISTRY_NOT_ACTIVE.to_string());
    }
    if books.now >= record.expiry {
        return Err(errors::POLICY_REGISTRY_EXPIRED.to_string());
    }
    let (pricing, rules) = (books.pricing()?, books.rules()?);
    let tier = books.tier(record.tier).ok_or(UNCOUNTABLE)?;
    value_policy(terms, pricing, tier, rules, books.now).map_err(|_| UNCOUNTABLE.to_owned())
}

/// `activate-protection`.
pub(super) fn activate(books: &Books<'_, '_>, record: &PolicyRecord, terms: &PolicyTerms) -> Step {
    try_activate(books, record, terms).unwrap_or_else(|step| step)
}

fn try_activate(books: &Books<'_, '_>, record: &PolicyRecord, terms: &PolicyTerms) -> Result<Step, Step> {
    let Early { rules, spot, stx, .. } = early(books, record)?;
    is_owner(books, record)?;
    if books.now >= record.expiry {
        return Err(not(errors::POLICY_REGISTRY_EXPIRED));
    }
    let from = record.created_at.checked_add(rules.activation_delay).ok_or_else(|| unknown(UNCOUNTABLE))?;
    if books.now < from {
        return Err(Step::Later { from, why: errors::POLICY_REGISTRY_TOO_EARLY.to_string() });
    }
    if spot >= record.strike {
        return Err(not(errors::POLICY_REGISTRY_NOT_IN_THE_MONEY));
    }
    let record_of = books.bucket(record.tier, &record.token).ok_or_else(|| unknown(UNCOUNTABLE))?;
    let paid = terms.payout(spot, stx).map_err(pool_refusal)?;
    if paid == TokenAmount::ZERO {
        return Err(not(errors::LIQUIDITY_POOL_AMOUNT));
    }
    // What all other policies of the bucket need stays; the policy's own lock is always there for it.
    let mut others = record_of.bucket.clone();
    let uncountable = |_| unknown(UNCOUNTABLE);
    let left = others.locked.base_units().checked_sub(record.lock.base_units());
    others.locked = TokenAmount::new(left.ok_or_else(|| unknown(UNCOUNTABLE))?);
    others.required = others.required.checked_sub(record.required).map_err(uncountable)?;
    let needed = others.needed(stx).map_err(pool_refusal)?;
    let most = record.lock.max(others.assets.saturating_sub(needed));
    if paid > most {
        return Err(not(errors::LIQUIDITY_POOL_SERIES_SHORT));
    }
    Ok(pays(books, terms.asset, paid, None))
}

/// `cancel-protection`.
pub(super) fn sell_back(books: &Books<'_, '_>, record: &PolicyRecord, terms: &PolicyTerms) -> Step {
    try_sell_back(books, record, terms).unwrap_or_else(|step| step)
}

fn try_sell_back(books: &Books<'_, '_>, record: &PolicyRecord, terms: &PolicyTerms) -> Result<Step, Step> {
    let Early { pricing, rules, .. } = early(books, record)?;
    is_owner(books, record)?;
    let until = books.now.checked_add(rules.cancel_cutoff).ok_or_else(|| unknown(UNCOUNTABLE))?;
    if until >= record.expiry {
        return Err(not(errors::POLICY_REGISTRY_TOO_LATE));
    }
    match books.prices.and_then(|prices| prices.sell_back.allows(record.size)) {
        Some(answer) => answer.map_err(not)?,
        None => {
            return Err(unknown(
                "Whether so much can be sold back today has not been asked. The policy is not affected; preparing the sale \
                 asks it.",
            ));
        }
    }
    let tier = books.tier(record.tier).ok_or_else(|| unknown(UNCOUNTABLE))?;
    let value = value_policy(terms, pricing, tier, rules, books.now).map_err(pool_refusal)?;
    Ok(pays(books, terms.asset, value.refund, None))
}

/// `claim-settlement`.
pub(super) fn claim(
    books: &Books<'_, '_>,
    settlements: &mut Settlements,
    record: &PolicyRecord,
    terms: &PolicyTerms,
) -> Result<Step, ViewError> {
    if record.status != PolicyStatus::Active {
        return Ok(not(errors::POLICY_REGISTRY_NOT_ACTIVE));
    }
    if record.backing != POOL {
        return Ok(not(errors::POLICY_REGISTRY_BACKING));
    }
    if books.now < record.expiry {
        let why = errors::POLICY_REGISTRY_NOT_EXPIRED.to_string();
        return Ok(Step::Later { from: record.expiry, why });
    }
    Ok(match settled(books, settlements, record, terms)? {
        None => not(errors::LIQUIDITY_POOL_NOT_SETTLED),
        Some(Err(error)) => pool_refusal(error),
        Some(Ok(PolicyClaim { due, paid })) => pays(books, terms.asset, paid, (paid < due).then_some(due)),
    })
}

/// How long a policy still protects.
pub(super) fn remaining(now: UnixSeconds, expiry: UnixSeconds) -> Seconds {
    expiry.since(now).unwrap_or(Seconds::ZERO)
}
