//! Policies, from sale to end.

use bithedge_stacks::{ContractId, ContractName, Principal};
use bithedge_suite::SuiteEvent;

use super::{Context, Step, agree, contradiction, count_down, count_up, known, minus, narrow, oracle, plus};
use crate::tables::{OwnerRow, PolicyRow};
use crate::work::Work;

/// The numbers of `policy-registry`.
const ACTIVE: u8 = 1;
const ACTIVATED: u8 = 2;
const SETTLED: u8 = 3;
const EXPIRED: u8 = 4;
const CANCELLED: u8 = 5;

/// How a policy ended.
struct End<'e> {
    policy: u128,
    owner: &'e Principal,
    status: u8,
    paid: u128,
    price: u128,
    due: u128,
}

pub(super) fn apply(work: &mut Work<'_>, context: &Context<'_>, event: &SuiteEvent) -> Step {
    use SuiteEvent as E;
    match event {
        E::PolicyRegistryPolicyCreated(e) => {
            let mut market = oracle::market(work)?;
            market.policies = count_up("policies", market.policies)?;
            agree("the policy's number", u128::from(market.policies), e.policy)?;
            work.put(&market)?;
            let mut owner = owner(work, &e.owner, &e.token)?;
            owner.policies = count_up("an owner's policies", owner.policies)?;
            owner.active = count_up("an owner's policies", owner.active)?;
            owner.protected = plus("what is protected", owner.protected, e.size.base_units())?;
            owner.premiums = plus("an owner's premiums", owner.premiums, e.premium.base_units())?;
            owner.fees = plus("an owner's fees", owner.fees, e.fee.base_units())?;
            owner.bounties = plus("an owner's bounties", owner.bounties, e.bounty.base_units())?;
            work.put(&owner)?;
            Ok(work.put(&PolicyRow {
                id: market.policies,
                owner: e.owner.clone(),
                kind: narrow("kind", e.kind)?,
                strike: e.strike.base_units(),
                expiry: e.expiry.get(),
                size: e.size.base_units(),
                tier: narrow("tier", e.tier)?,
                token: e.token.clone(),
                floor: e.floor.base_units(),
                lock: e.lock.base_units(),
                required: e.required.base_units(),
                premium: e.premium.base_units(),
                usd: e.usd.base_units(),
                fee: e.fee.base_units(),
                created_at: context.time,
                status: ACTIVE,
                backing: narrow("backing", e.backing)?,
                provider: e.provider.clone(),
                paid: 0,
                closed_at: 0,
                events: 1,
                bounty: e.bounty.base_units(),
                volatility: e.volatility.base_units(),
                surcharge: e.surcharge.base_units(),
                spot: e.spot.base_units(),
                end_price: 0,
                due: 0,
            })?)
        }
        E::PolicyRegistryPolicyActivated(e) => end(
            work,
            context,
            &End {
                policy: e.policy,
                owner: &e.owner,
                status: ACTIVATED,
                paid: e.paid.base_units(),
                price: e.price.base_units(),
                due: e.paid.base_units(),
            },
        ),
        E::PolicyRegistryPolicyCancelled(e) => end(
            work,
            context,
            &End {
                policy: e.policy,
                owner: &e.owner,
                status: CANCELLED,
                paid: e.refund.base_units(),
                price: e.price.base_units(),
                due: e.refund.base_units(),
            },
        ),
        E::PolicyRegistryPolicySettled(e) => end(
            work,
            context,
            &End {
                policy: e.policy,
                owner: &e.owner,
                status: SETTLED,
                paid: e.paid.base_units(),
                price: e.price.base_units(),
                due: e.due.base_units(),
            },
        ),
        E::PolicyRegistryPolicyExpired(e) => end(
            work,
            context,
            &End {
                policy: e.policy,
                owner: &e.owner,
                status: EXPIRED,
                paid: 0,
                price: e.price.base_units(),
                due: 0,
            },
        ),
        E::PolicyRegistryBackingMoved(e) => {
            let mut policy = active(work, e.policy)?;
            if policy.provider != e.from {
                return contradiction(format!("the policy is backed by {}", policy.provider));
            }
            let name = ContractName::new("insurance-fund")
                .or_else(|error| contradiction(format!("the fund has no name: {error}")))?;
            policy.provider = Principal::Contract(ContractId::new(context.deployer, name));
            policy.backing = narrow("backing", e.backing)?;
            policy.events = count_up("a policy's events", policy.events)?;
            Ok(work.put(&policy)?)
        }
        _ => Ok(()),
    }
}

/// A policy that has not ended.
pub(super) fn active(work: &mut Work<'_>, id: u128) -> Step<PolicyRow> {
    let policy = known("the policy", work.get::<PolicyRow>(&(narrow("policy", id)?,))?)?;
    if policy.status == ACTIVE { Ok(policy) } else { contradiction("the policy has ended already") }
}

fn owner(work: &mut Work<'_>, owner: &Principal, token: &Principal) -> Step<OwnerRow> {
    let found = work.get::<OwnerRow>(&(owner.clone(), token.clone()))?;
    Ok(found.unwrap_or_else(|| OwnerRow {
        owner: owner.clone(),
        token: token.clone(),
        policies: 0,
        active: 0,
        protected: 0,
        premiums: 0,
        fees: 0,
        bounties: 0,
        payouts: 0,
    }))
}

fn end(work: &mut Work<'_>, context: &Context<'_>, end: &End<'_>) -> Step {
    let mut policy = active(work, end.policy)?;
    if policy.owner != *end.owner {
        return contradiction(format!("the policy is {}'s", policy.owner));
    }
    let mut owner = owner(work, end.owner, &policy.token)?;
    owner.active = count_down("an owner's policies", owner.active, 1)?;
    owner.protected = minus("what is protected", owner.protected, policy.size)?;
    owner.payouts = plus("an owner's payouts", owner.payouts, end.paid)?;
    work.put(&owner)?;
    policy.status = end.status;
    policy.paid = end.paid;
    policy.end_price = end.price;
    policy.due = end.due;
    policy.closed_at = context.time;
    policy.events = count_up("a policy's events", policy.events)?;
    Ok(work.put(&policy)?)
}
