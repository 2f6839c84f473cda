//! Policies, from sale to end.

use bithedge_stacks::{ContractId, ContractName, Principal};
use bithedge_suite::SuiteEvent;
use bithedge_suite::generated::events::PolicyRegistryPolicyCreated;

use super::{
    Context, Step, Subject, agree, contradiction, count_down, count_up, known, minus, narrow, oracle, plus,
};
use crate::tables::{OwnerRow, PolicyRow, SoldRow};
use crate::work::Work;

/// The numbers of `policy-registry`.
const ACTIVE: u8 = 1;
const ACTIVATED: u8 = 2;
const SETTLED: u8 = 3;
const EXPIRED: u8 = 4;
const CANCELLED: u8 = 5;
/// Backed by the pool, not by a peer or the fund.
const POOL: u8 = 1;

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
            let id = number(e.policy)?;
            if work.get::<PolicyRow>(&(id,))?.is_some() {
                return contradiction("there is a policy of this number already");
            }
            let backing = narrow("backing", e.backing)?;
            if backing == POOL {
                agree_with_sale(work, id, e)?;
            }
            let mut market = oracle::market(work)?;
            let expected = count_up("policies", market.policies)?;
            if id != expected {
                // What is missing says nothing against this one, but much about every list of policies.
                let why = format!("policy {id} comes where policy {expected} should: others are missing");
                work.remark(why, &Subject::Contract("policy-registry"));
            }
            market.policies = market.policies.max(id);
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
                id,
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
                backing,
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
        E::PolicyRegistryPolicyExpired(e) => {
            // Nobody claims what is worth nothing: the pool says no more of it.
            work.remove::<SoldRow>(&(number(e.policy)?,))?;
            end(
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
            )
        }
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

/// A policy's number, in the order in which tables sort it.
pub(super) fn number(id: u128) -> Step<u64> {
    match i64::try_from(id) {
        Ok(id) => Ok(id.cast_unsigned()),
        Err(_) => contradiction(format!("{id} is no policy")),
    }
}

/// What the registry says that was sold must be what the pool said. If the pool's word is missing, or was refused, the policy
/// is taken on the registry's: who bought it sees it, as a doubtful one.
fn agree_with_sale(work: &mut Work<'_>, id: u64, event: &PolicyRegistryPolicyCreated) -> Step {
    let Some(sold) = work.get::<SoldRow>(&(id,))? else {
        let why = || format!("the pool's sale of policy {id} is not known");
        work.remark(why(), &Subject::Policy(event.policy));
        work.remark(why(), &Subject::Bucket(event.tier, &event.token));
        return Ok(());
    };
    if sold.token != event.token {
        return contradiction(format!("the pool sold it in {}", sold.token));
    }
    agree("the tier", u128::from(sold.tier), event.tier)?;
    agree("the expiry", sold.expiry, event.expiry.get())?;
    agree("the strike", sold.strike, event.strike.base_units())?;
    agree("the floor", sold.floor, event.floor.base_units())?;
    agree("the size", sold.size, event.size.base_units())?;
    agree("the lock", sold.lock, event.lock.base_units())?;
    agree("the collateral", sold.required, event.required.base_units())?;
    agree("the premium", sold.premium, event.premium.base_units())?;
    agree("the bounty", sold.bounty, event.bounty.base_units())
}

/// A policy that has not ended.
fn active(work: &mut Work<'_>, id: u128) -> Step<PolicyRow> {
    let policy = known("the policy", work.get::<PolicyRow>(&(number(id)?,))?)?;
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
