//! States that begin and end: told when they begin, and again only after they have clearly ended.

use std::collections::BTreeMap;

use bithedge_ipc::{PolicyState, Trust};
use bithedge_protocol::risk::{HealthThresholds, Standing};
use bithedge_protocol::{Ppm, PpmChange, Seconds, TokenAmount, UnixSeconds};

use super::memory::{Told, elapsed};
use super::observation::{Observation, ObservedBucket, ObservedPolicy};
use super::watch::Settings;
use super::words::{self, Draft};

/// What was told of the end of an expiry is forgotten so long after it.
const FORGET: Seconds = Seconds::new(86_400);

/// Tells a state if it is news.
struct Teller<'a> {
    told: &'a mut BTreeMap<String, Told>,
    at: UnixSeconds,
    drafts: &'a mut Vec<Draft>,
}

impl Teller<'_> {
    /// It holds: told unless it was, and has not ended for `quiet` since.
    fn holds(&mut self, key: String, quiet: Seconds, draft: impl FnOnce() -> Draft) {
        let entry = self.told.get(&key).copied();
        let is_news = match entry {
            None => true,
            Some(Told { cleared: Some(cleared), .. }) => elapsed(self.at, cleared) >= quiet,
            Some(_) => false,
        };
        self.told.insert(key, Told { level: 0, cleared: None });
        if is_news {
            self.drafts.push(draft());
        }
    }

    /// It has ended: it may be told again after `quiet`.
    fn ended(&mut self, key: &str, quiet: Seconds) {
        if quiet == Seconds::ZERO {
            self.told.remove(key);
        } else if let Some(told) = self.told.get_mut(key)
            && told.cleared.is_none_or(|cleared| self.at < cleared)
        {
            told.cleared = Some(self.at);
        }
    }

    /// Not worth telling, as something nearer is told.
    fn passes(&mut self, key: String) {
        self.told.entry(key).or_insert(Told { level: 0, cleared: None });
    }
}

/// What an account's policies and buckets are in.
pub(super) fn own(
    told: &mut BTreeMap<String, Told>,
    seen: &Observation,
    settings: &Settings,
    drafts: &mut Vec<Draft>,
) {
    let mut teller = Teller { told, at: seen.at, drafts };
    expiries(&mut teller, seen, settings);
    for policy in &seen.policies {
        in_the_money(&mut teller, policy, settings);
        claimable(&mut teller, policy);
    }
    for end in &seen.ended {
        teller.holds(format!("ended/{}", end.id), Seconds::ZERO, || words::ended(end));
    }
    forget_policies(teller.told, seen);
    for bucket in &seen.buckets {
        health(&mut teller, bucket, settings);
    }
    if seen.buckets_trust == Trust::Sound {
        let is_known = |key: &str| seen.buckets.iter().any(|bucket| health_key(bucket) == key);
        teller.told.retain(|key, _| !key.starts_with("health/") || is_known(key));
    }
}

/// Whether the newest price is too old, or the newest that is known here, where none can be read.
pub(super) fn are_prices_old(before: Option<(UnixSeconds, Seconds)>, seen: &Observation) -> bool {
    match seen.price {
        Some(price) => elapsed(seen.at, price.at) > price.max_age,
        None => unread_for(before, seen).is_some(),
    }
}

/// What concerns every account. Prices that are too old are told of only if `tells_of_age`.
pub(super) fn shared(
    told: &mut BTreeMap<String, Told>,
    price_before: &mut Option<(UnixSeconds, Seconds)>,
    seen: &Observation,
    settings: &Settings,
    tells_of_age: bool,
    drafts: &mut Vec<Draft>,
) {
    let mut teller = Teller { told, at: seen.at, drafts };
    match seen.price {
        Some(price) => {
            *price_before = Some((price.at, price.max_age));
            teller.ended("unread", settings.quiet);
        }
        None => {
            if let Some(age) = unread_for(*price_before, seen).filter(|_| tells_of_age) {
                teller.holds("unread".to_owned(), settings.quiet, || words::unread(age));
            }
        }
    }
    if let Some(price) = seen.price {
        let age = elapsed(seen.at, price.at);
        if age <= price.max_age {
            teller.ended("stale", settings.quiet);
        } else if tells_of_age {
            teller.holds("stale".to_owned(), settings.quiet, || words::stale(age));
        }
    }
    for breaker in seen.breakers.iter().flatten() {
        let key = format!("breaker/{}", breaker.name);
        if breaker.tripped {
            teller.holds(key, settings.quiet, || words::breaker(breaker));
        } else {
            teller.ended(&key, settings.quiet);
        }
    }
    match &seen.difference {
        Some(Some(what)) => {
            teller.holds("difference".to_owned(), settings.quiet, || words::differ(what));
        }
        Some(None) => teller.ended("difference", settings.quiet),
        None => {}
    }
}

/// Prices that cannot be read grow old all the same: how old the newest one is that is known, if that is worth a word. One reading that
/// fails is not: twice the oracle's own patience.
fn unread_for(before: Option<(UnixSeconds, Seconds)>, seen: &Observation) -> Option<Seconds> {
    let (read, max_age) = before?;
    let newest = seen.newest_price.map_or(read, |known| known.max(read));
    let age = elapsed(seen.at, newest);
    (age.get() > max_age.get().saturating_mul(2)).then_some(age)
}

/// What books that are not those of now can still say of an account: when its policies end, which does not change. Nothing is
/// forgotten by them, and all of it is doubtful.
pub(super) fn doubted(
    told: &mut BTreeMap<String, Told>,
    seen: &Observation,
    settings: &Settings,
    drafts: &mut Vec<Draft>,
) {
    let first = drafts.len();
    let mut teller = Teller { told, at: seen.at, drafts };
    near_expiries(&mut teller, seen, settings);
    for draft in drafts.iter_mut().skip(first) {
        draft.trust = Trust::Doubtful;
    }
}

/// Each expiry once for each of the times before it: the nearest of those that have come, if several have.
fn near_expiries(teller: &mut Teller<'_>, seen: &Observation, settings: &Settings) {
    let mut by_expiry: BTreeMap<UnixSeconds, Vec<&ObservedPolicy>> = BTreeMap::new();
    for policy in seen.policies.iter().filter(|policy| policy.state == PolicyState::Active) {
        by_expiry.entry(policy.expiry).or_default().push(policy);
    }
    let mut windows = settings.before_expiry.clone();
    windows.sort_unstable();
    for (expiry, policies) in by_expiry {
        let Some(left) = expiry.since(seen.at).filter(|left| *left > Seconds::ZERO) else { continue };
        let mut has_nearer = false;
        for window in windows.iter().filter(|window| left <= **window) {
            let key = format!("expiry/{}/{}", expiry.get(), window.get());
            if has_nearer {
                teller.passes(key);
            } else if teller.told.contains_key(&key) {
                has_nearer = true;
            } else {
                teller.holds(key, Seconds::ZERO, || words::expiry_near(expiry, left, &policies));
                has_nearer = true;
            }
        }
    }
}

fn expiries(teller: &mut Teller<'_>, seen: &Observation, settings: &Settings) {
    near_expiries(teller, seen, settings);
    teller.told.retain(|key, _| {
        let of = key.strip_prefix("expiry/").and_then(|rest| rest.split('/').next());
        let expiry = of.and_then(|text| text.parse().ok()).map(UnixSeconds::new);
        expiry.is_none_or(|expiry| elapsed(seen.at, expiry) < FORGET)
    });
}

/// Told below the strike; armed again only from a band above it on, so that a price that wavers about the strike is told once.
fn in_the_money(teller: &mut Teller<'_>, policy: &ObservedPolicy, settings: &Settings) {
    let key = format!("money/{}", policy.id);
    if policy.state != PolicyState::Active {
        teller.told.remove(&key);
        return;
    }
    let Some(spot) = policy.spot else { return };
    if spot < policy.strike {
        teller.holds(key, Seconds::ZERO, || words::in_the_money(policy));
        return;
    }
    let band = i128::try_from(settings.strike_band.base_units()).unwrap_or(i128::MAX);
    let armed = PpmChange::new(band).apply(policy.strike);
    if armed.is_some_and(|armed| spot >= armed) {
        teller.ended(&key, Seconds::ZERO);
    }
}

fn claimable(teller: &mut Teller<'_>, policy: &ObservedPolicy) {
    let key = format!("claim/{}", policy.id);
    match policy.claim {
        Some(pays) if pays > TokenAmount::ZERO => {
            teller.holds(key, Seconds::ZERO, || words::claimable(policy, pays));
        }
        // A settlement that the chain took back, or a policy that it took back altogether.
        _ => teller.ended(&key, Seconds::ZERO),
    }
}

/// What is said of policies that are there no more. A doubtful list may lack what is still there.
fn forget_policies(told: &mut BTreeMap<String, Told>, seen: &Observation) {
    if seen.policies_trust == Trust::Doubtful {
        return;
    }
    let ids: std::collections::BTreeSet<u64> = seen.policies.iter().map(|policy| policy.id).collect();
    told.retain(|key, _| {
        let of = key.strip_prefix("money/").or_else(|| key.strip_prefix("claim/"));
        of.and_then(|id| id.parse().ok()).is_none_or(|id: u64| ids.contains(&id))
    });
    // An end that the chain took back, or one so long ago that it is not looked at any more.
    let ended: std::collections::BTreeSet<u64> = seen.ended.iter().map(|end| end.id).collect();
    told.retain(|key, _| {
        let of = key.strip_prefix("ended/").and_then(|id| id.parse().ok());
        of.is_none_or(|id: u64| ended.contains(&id))
    });
}

const fn degree(standing: Standing) -> u8 {
    match standing {
        Standing::Healthy => 0,
        Standing::Warning => 1,
        Standing::MarginCall => 2,
        Standing::Liquidating => 3,
    }
}

fn health_key(bucket: &ObservedBucket) -> String {
    format!("health/{}/{}", bucket.bucket.tier, bucket.bucket.asset)
}

/// The worse is told at once, the better only when the ratio is a band above where it begins.
fn health(teller: &mut Teller<'_>, bucket: &ObservedBucket, settings: &Settings) {
    let key = health_key(bucket);
    if !bucket.is_in {
        teller.told.remove(&key);
        return;
    }
    let (Some((standing, ratio)), Some(thresholds)) = (bucket.health, bucket.thresholds) else { return };
    let before = teller.told.get(&key).map_or(0, |told| told.level);
    let now = degree(standing);
    let news = if now > before {
        Some(standing)
    } else {
        let clearly =
            ratio.map_or(Standing::Healthy, |ratio| firmly(&thresholds, ratio, settings.health_band));
        (degree(clearly) < before).then_some(clearly)
    };
    let Some(news) = news else { return };
    if news == Standing::Healthy {
        teller.told.remove(&key);
    } else {
        teller.told.insert(key, Told { level: degree(news), cleared: None });
    }
    teller.drafts.push(words::health(bucket, news));
}

/// The standing of a ratio that is a band lower.
fn firmly(thresholds: &HealthThresholds, ratio: Ppm, band: Ppm) -> Standing {
    let raised = |threshold: Ppm| {
        let more = threshold.base_units().saturating_mul(band.base_units()).div_ceil(1_000_000);
        Ppm::new(threshold.base_units().saturating_add(more))
    };
    let raised = HealthThresholds {
        warning: raised(thresholds.warning),
        margin_call: raised(thresholds.margin_call),
        liquidation: raised(thresholds.liquidation),
    };
    raised.standing(ratio)
}
