//! What somebody has bought.

use std::collections::BTreeMap;

use bithedge_ipc::{
    Backing, Figure, PoliciesPage, PolicyPage, PolicyState, PolicyView, PolicyWorth, ProtectionSummary,
    ProtectionTotal, Step, Trust,
};
use bithedge_ledger::{EffectiveStatus, PolicyFilter, PolicyRecord, PolicyStatus};
use bithedge_protocol::pool::PolicyTerms;
use bithedge_protocol::{Asset, Sats, TokenAmount, TokenChange, UnixSeconds, UsdE8};
use bithedge_stacks::Principal;

use super::ViewError;
use super::books::{Books, UNCOUNTABLE, known, trust, unknown};
use super::steps::{self, Settlements};

/// How many policies are read at a time where all are wanted.
const PAGE: u32 = 1_000;

pub(super) const fn state_of(effective: EffectiveStatus) -> PolicyState {
    match effective {
        EffectiveStatus::AwaitingPrice => PolicyState::AwaitingPrice,
        EffectiveStatus::InTheMoney => PolicyState::InTheMoney,
        EffectiveStatus::As(PolicyStatus::Active) => PolicyState::Active,
        EffectiveStatus::As(PolicyStatus::Activated) => PolicyState::Activated,
        EffectiveStatus::As(PolicyStatus::Settled) => PolicyState::Settled,
        EffectiveStatus::As(PolicyStatus::Expired) => PolicyState::Expired,
        EffectiveStatus::As(PolicyStatus::Cancelled) => PolicyState::SoldBack,
    }
}

const fn terms_of(record: &PolicyRecord, asset: Asset) -> PolicyTerms {
    PolicyTerms {
        asset,
        tier: record.tier,
        strike: record.strike,
        floor: record.floor,
        expiry: record.expiry,
        size: record.size,
        lock: record.lock,
    }
}

fn cost_of(record: &PolicyRecord) -> Option<TokenAmount> {
    let sum = record.premium.checked_add(record.fee).ok()?;
    sum.checked_add(record.bounty).ok()
}

/// What all of it was worth in USD at the sale: as its premium was, rounded up.
fn cost_usd_of(record: &PolicyRecord, cost: TokenAmount) -> Option<UsdE8> {
    let product = record.premium_usd.checked_mul(cost.base_units()).ok()?.base_units();
    let premium = record.premium.base_units();
    (premium > 0).then(|| UsdE8::new(product.div_ceil(premium)))
}

/// One policy as `asked` sees it; `None` of a token that the books do not know.
fn view(
    books: &Books<'_, '_>,
    settlements: &mut Settlements,
    record: &PolicyRecord,
    asked: &Principal,
) -> Result<Option<PolicyView>, ViewError> {
    let Some(asset) = books.asset(&record.token) else { return Ok(None) };
    let terms = terms_of(record, asset);
    let state = state_of(record.effective(books.now));
    let worth = match steps::value(books, record, &terms) {
        Ok(value) => Figure::Known {
            value: PolicyWorth { buy_back: value.refund, usd: value.usd, activation: value.payout },
        },
        Err(why) => unknown(why),
    };
    let claim = steps::claim(books, settlements, record, &terms)?;
    let has_ended = record.status != PolicyStatus::Active;
    let cost = cost_of(record);
    let result = result(record, state, cost, &worth, &claim);
    Ok(Some(PolicyView {
        id: record.id,
        of_another: (record.owner != *asked).then(|| record.owner.to_string()),
        asset,
        tier: record.tier,
        tier_name: books.tier_name(record.tier),
        size: record.size,
        strike: record.strike,
        floor: record.floor,
        expiry: record.expiry,
        remaining: steps::remaining(books.now, record.expiry),
        sold_at: record.created_at,
        spot_at_sale: record.spot,
        volatility: record.volatility,
        lock: record.lock,
        backing: match record.backing {
            steps::POOL => Backing::Pool,
            2 => Backing::Peer,
            3 => Backing::Fund,
            _ => Backing::Other,
        },
        state,
        premium: record.premium,
        fee: record.fee,
        bounty: record.bounty,
        cost,
        cost_usd: cost.and_then(|cost| cost_usd_of(record, cost)),
        worth,
        due: has_ended.then_some(record.due),
        paid: has_ended.then_some(record.paid),
        end_price: record.end_price,
        ended_at: record.closed_at,
        activate: steps::activate(books, record, &terms),
        sell_back: steps::sell_back(books, record, &terms),
        claim,
        result,
        trust: trust(record.trust),
    }))
}

/// What a policy has brought, or would bring now.
fn result(
    record: &PolicyRecord,
    state: PolicyState,
    cost: Option<TokenAmount>,
    worth: &Figure<PolicyWorth>,
    claim: &Step,
) -> Figure<TokenChange> {
    let Some(cost) = cost else { return unknown(UNCOUNTABLE) };
    let back = match (state, worth, claim) {
        (PolicyState::Active, Figure::Known { value }, _) => value.buy_back,
        (PolicyState::Active, Figure::Unknown { why }, _) => return unknown(why.clone()),
        (PolicyState::Expired, ..) if record.status == PolicyStatus::Active => TokenAmount::ZERO,
        (PolicyState::InTheMoney, _, Step::Now { pays, .. }) => *pays,
        (PolicyState::InTheMoney, ..) => {
            return unknown(
                "BTC was below the protected price when the policy ended. What it pays is fixed when its end is settled, which anybody can do.",
            );
        }
        (PolicyState::AwaitingPrice, ..) => {
            return unknown(
                "The policy has run out and waits for the price of its expiry. Nothing has to be done; the price is recorded \
                 by the oracle.",
            );
        }
        _ => record.paid,
    };
    Figure::Known { value: TokenChange::between(cost, back) }
}

/// One policy by its number, as `asked` sees it; `None` if the books have none, which means something only as far as they are sound.
///
/// # Errors
/// [`ViewError`].
pub fn policy(books: &Books<'_, '_>, id: u64, asked: &Principal) -> Result<Option<PolicyView>, ViewError> {
    let Some(record) = books.snapshot.policy(id)? else { return Ok(None) };
    view(books, &mut Settlements::default(), &record, asked)
}

/// A policy by its number, for a page of its own that `asked` looks at. It need not be theirs: everybody can see every policy.
///
/// # Errors
/// [`ViewError`].
pub fn policy_page(books: &Books<'_, '_>, id: u64, asked: &Principal) -> Result<PolicyPage, ViewError> {
    let found = policy(books, id, asked)?;
    // That there is none means something only as far as the list of all of them is sound.
    let trust = found.as_ref().map_or(trust(books.snapshot.trust_of_policies()), |policy| policy.trust);
    Ok(PolicyPage { as_of: books.as_of(), policy: found, trust })
}

/// A policy as the books have it, without what it is worth.
pub(crate) struct NewestPolicy {
    pub(crate) record: PolicyRecord,
    /// Its token; `None` of one that the books do not know.
    pub(crate) asset: Option<Asset>,
    pub(crate) state: PolicyState,
    pub(crate) trust: Trust,
}

/// Some of an account's policies, newest first.
pub(crate) struct NewestPolicies {
    pub(crate) policies: Vec<NewestPolicy>,
    /// Whether these are all.
    pub(crate) trust: Trust,
}

impl Books<'_, '_> {
    /// An account's newest policies.
    pub(crate) fn newest_policies(&self, owner: &Principal, count: u32) -> Result<NewestPolicies, ViewError> {
        let filter = PolicyFilter { owner: Some(owner.clone()), ..PolicyFilter::default() };
        let found = self.snapshot.policies(&filter, count)?;
        let policies = found.rows.into_iter().map(|record| NewestPolicy {
            asset: self.asset(&record.token),
            state: state_of(record.effective(self.now)),
            trust: trust(record.trust),
            record,
        });
        Ok(NewestPolicies { policies: policies.collect(), trust: trust(found.trust) })
    }
}

/// Somebody's policies, newest first: `count` of those numbered below `before`, and all of them in sum.
///
/// # Errors
/// [`ViewError`].
pub fn policies(
    books: &Books<'_, '_>,
    owner: &Principal,
    before: Option<u64>,
    count: u32,
) -> Result<PoliciesPage, ViewError> {
    let filter = PolicyFilter { owner: Some(owner.clone()), before, ..PolicyFilter::default() };
    let mut found = books.snapshot.policies(&filter, count.saturating_add(1))?;
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    let more = found.rows.len() > wanted;
    found.rows.truncate(wanted);
    let mut settlements = Settlements::default();
    let mut views = Vec::new();
    let mut all = trust(found.trust);
    for record in &found.rows {
        match view(books, &mut settlements, record, owner)? {
            Some(view) => views.push(view),
            None => all = Trust::Doubtful,
        }
    }
    let (summary, _) = protection(books, owner)?;
    Ok(PoliciesPage { as_of: books.as_of(), summary, policies: views, more, trust: all })
}

/// Sums over the policies that have not ended in the registry's books.
struct Sums {
    active: u64,
    protected: Option<Sats>,
    worth: Figure<TokenAmount>,
    claimable: Figure<TokenAmount>,
    /// Of all the policies in them.
    trust: Trust,
}

impl Default for Sums {
    fn default() -> Self {
        let nothing = Figure::Known { value: TokenAmount::ZERO };
        let (worth, claimable) = (nothing.clone(), nothing);
        Self { active: 0, protected: Some(Sats::ZERO), worth, claimable, trust: Trust::Sound }
    }
}

fn add_to(sum: &mut Figure<TokenAmount>, part: &Figure<TokenAmount>) {
    *sum = match (&*sum, part) {
        (Figure::Known { value: sum }, Figure::Known { value }) => known(sum.checked_add(*value)),
        (Figure::Unknown { why }, _) | (_, Figure::Unknown { why }) => unknown(why.clone()),
    };
}

/// Somebody's protection in sum, and the policies that have not ended in the registry's books, newest first.
///
/// # Errors
/// [`ViewError`].
pub fn protection(
    books: &Books<'_, '_>,
    owner: &Principal,
) -> Result<(ProtectionSummary, Vec<PolicyView>), ViewError> {
    let portfolio = books.snapshot.portfolio(owner, 0)?;
    let mut all = trust(portfolio.trust);
    let mut views = Vec::new();
    let mut settlements = Settlements::default();
    let mut before = None;
    loop {
        let filter = PolicyFilter {
            owner: Some(owner.clone()),
            status: Some(PolicyStatus::Active),
            before,
            ..PolicyFilter::default()
        };
        let found = books.snapshot.policies(&filter, PAGE)?;
        all = all.and(trust(found.trust));
        for record in &found.rows {
            match view(books, &mut settlements, record, owner)? {
                Some(view) => views.push(view),
                None => all = Trust::Doubtful,
            }
        }
        before = found.rows.last().map(|record| record.id);
        if found.rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            break;
        }
    }

    let mut by_asset: BTreeMap<Asset, Sums> = BTreeMap::new();
    let (mut active, mut protected, mut weight) = (0, Some(Sats::ZERO), Some(0_u128));
    let mut next_expiry: Option<UnixSeconds> = None;
    for one in &views {
        let sums = by_asset.entry(one.asset).or_default();
        // A doubt about one policy is one about every sum that it is in.
        sums.trust = sums.trust.and(one.trust);
        if one.state == PolicyState::Active {
            active += 1;
            sums.active += 1;
            sums.protected = sums.protected.and_then(|sum| sum.checked_add(one.size).ok());
            add_to(&mut sums.worth, &one.worth.clone().map(|worth| worth.buy_back));
            protected = protected.and_then(|sum| sum.checked_add(one.size).ok());
            let part = one.size.base_units().checked_mul(one.strike.base_units());
            weight = weight.zip(part).and_then(|(sum, part)| sum.checked_add(part));
            next_expiry = Some(next_expiry.map_or(one.expiry, |next| next.min(one.expiry)));
        } else if let Step::Now { pays, .. } = &one.claim {
            add_to(&mut sums.claimable, &Figure::Known { value: *pays });
        }
    }
    let weighted_strike = protected
        .filter(|sum| *sum > Sats::ZERO)
        .zip(weight)
        .and_then(|(sum, weight)| weight.checked_div(sum.base_units()))
        .map(UsdE8::new);
    let mut totals = Vec::new();
    for owned in &portfolio.totals {
        let Some(asset) = books.asset(&owned.token) else {
            all = Trust::Doubtful;
            continue;
        };
        let sums = by_asset.remove(&asset).unwrap_or_default();
        let cost = owned.premiums.checked_add(owned.fees).and_then(|sum| sum.checked_add(owned.bounties));
        totals.push(ProtectionTotal {
            asset,
            policies: owned.policies,
            active: sums.active,
            protected: sums.protected,
            cost: cost.ok(),
            fees: owned.fees,
            received: owned.payouts,
            worth: sums.worth,
            claimable: sums.claimable,
            trust: trust(owned.trust).and(all).and(sums.trust),
        });
    }
    let protected_usd = match protected {
        Some(protected) => books.usd(Asset::Sbtc, protected.into()),
        None => unknown(UNCOUNTABLE),
    };
    let of_each = views.iter().fold(Trust::Sound, |trust, one| trust.and(one.trust));
    let summary = ProtectionSummary {
        active,
        protected,
        protected_usd,
        weighted_strike,
        next_expiry,
        totals,
        trust: all.and(of_each),
    };
    Ok((summary, views))
}
