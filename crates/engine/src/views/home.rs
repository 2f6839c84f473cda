//! What is protected, what earns, and what needs attention.

use bithedge_ipc::{
    Attention, AttentionKind, CapitalPage, Destination, HomePage, Money, PolicyState, PolicyView, RewardView,
    Step, Trust,
};
use bithedge_protocol::risk::Standing;
use bithedge_protocol::{Seconds, TokenAmount, UnixSeconds};
use bithedge_stacks::Principal;

use super::ViewError;
use super::books::{Books, trust};
use super::capital::capital;
use super::policies::protection;
use crate::words::{bucket_name, capitalised};

/// What ends within a day is told.
const SOON: Seconds = Seconds::new(86_400);

/// The first page of an account.
///
/// # Errors
/// [`ViewError`].
pub fn home(books: &Books<'_, '_>, account: &Principal) -> Result<HomePage, ViewError> {
    let (summary, open) = protection(books, account)?;
    let capital = capital(books, account)?;
    let all = summary.trust.and(capital.trust);
    let mut attention = Vec::new();
    match books.doubt() {
        Some(why) => attention.push(not_current(why)),
        None => doubts(books, all, &mut attention),
    }
    stale(books, !open.is_empty() || !capital.positions.is_empty(), &mut attention);
    policies(books.now, &open, &mut attention);
    positions(&capital, &mut attention);
    owed(&capital.rewards, &mut attention);
    attention.sort_by_key(|one| one.kind);
    Ok(HomePage { as_of: books.as_of(), protection: summary, capital: capital.totals, attention, trust: all })
}

/// The whole page is in doubt, and nothing that happened is to blame: what the doubt says of itself is what is so.
fn not_current(why: &str) -> Attention {
    Attention {
        kind: AttentionKind::NotCurrent,
        happened: "What is shown here need not be what holds now.".to_owned(),
        means: why.to_owned(),
        remedy:
            "Until then act only on what the chain itself answers. Your money is as the chain says it is."
                .to_owned(),
        destination: Destination::Connection,
        count: 1,
        until: None,
        amount: None,
        doubtful: true,
    }
}

fn doubts(books: &Books<'_, '_>, mut all: Trust, attention: &mut Vec<Attention>) {
    all = all.and(books.buckets_trust).and(trust(books.snapshot.trust_of_policies()));
    if all == Trust::Sound {
        return;
    }
    attention.push(Attention {
        kind: AttentionKind::Doubtful,
        happened: "Something that happened on the chain could not be understood here.".to_owned(),
        means: "Figures that are marked as doubtful may be wrong or incomplete. Your money is as the chain says it is.".to_owned(),
        remedy: "Look at the protocol's page for what is in doubt; update the application; act on what the chain answers."
            .to_owned(),
        destination: Destination::Protocol,
        count: 1,
        until: None,
        amount: None,
        doubtful: true,
    });
}

fn stale(books: &Books<'_, '_>, has_something: bool, attention: &mut Vec<Attention>) {
    if !has_something {
        return;
    }
    let (happened, means, remedy) = match books.prices.map(|prices| prices.pricing_at(books.now)) {
        Some(Ok(_)) => return,
        Some(Err(refusal)) => (
            "The oracle gives no price now.",
            refusal.to_string(),
            "Wait for reports of prices. Settlements, claims and exits go on at the prices that are recorded.",
        ),
        None => (
            "The prices of now could not be read.",
            "What your protection and your capital are worth today is not known; nothing has changed for the money itself."
                .to_owned(),
            "Wait for the connection, or look at the settings of the network.",
        ),
    };
    attention.push(Attention {
        kind: AttentionKind::PriceStale,
        happened: happened.to_owned(),
        means,
        remedy: remedy.to_owned(),
        destination: Destination::Protocol,
        count: 1,
        until: None,
        amount: None,
        doubtful: false,
    });
}

/// The sum of amounts of one token; `None` of several tokens, or if it cannot be counted.
fn one_amount<'a>(of: impl Iterator<Item = (&'a PolicyView, TokenAmount)>) -> Option<Money> {
    let mut sum: Option<Money> = None;
    for (policy, amount) in of {
        sum = match sum {
            None => Some(Money { asset: policy.asset, amount }),
            Some(before) if before.asset == policy.asset => {
                Some(Money { amount: before.amount.checked_add(amount).ok()?, ..before })
            }
            Some(_) => return None,
        };
    }
    sum
}

const fn promised(policy: &PolicyView) -> Option<TokenAmount> {
    match &policy.claim {
        Step::Now { promised, .. } => *promised,
        _ => None,
    }
}

/// What claims mean, with what some of them fall short of.
fn of_claims(claims: &[&PolicyView]) -> String {
    let reserved = "What they are paid is reserved for you and does not run out.";
    let short = claims.iter().filter_map(|policy| Some((*policy, promised(policy)?, policy.claim.pays()?)));
    let short: Vec<_> = short.collect();
    if short.is_empty() {
        return reserved.to_owned();
    }
    let paid = one_amount(short.iter().map(|(policy, _, pays)| (*policy, *pays)));
    let due = one_amount(short.iter().map(|(policy, due, _)| (*policy, *due)));
    let of_which = match (paid, due) {
        (Some(paid), Some(due)) => {
            format!(": {} of {}", paid.asset.show(paid.amount), due.asset.show(due.amount))
        }
        _ => String::new(),
    };
    let (count, all) = (short.len(), claims.len());
    format!("{reserved} {count} of {all} can be paid only in part{of_which}. There was not enough for all.")
}

fn policies(now: UnixSeconds, open: &[PolicyView], attention: &mut Vec<Attention>) {
    let is_soon = |policy: &&PolicyView| policy.state == PolicyState::Active && policy.remaining <= SOON;
    let gains = |policy: &&PolicyView| policy.activate.pays().is_some_and(|pays| pays > TokenAmount::ZERO);
    let claims: Vec<&PolicyView> = open
        .iter()
        .filter(|policy| matches!(policy.claim, Step::Now { pays, .. } if pays > TokenAmount::ZERO))
        .collect();
    let ending: Vec<&PolicyView> = open.iter().filter(is_soon).filter(gains).collect();
    let activate: Vec<&PolicyView> = open.iter().filter(|policy| !is_soon(policy)).filter(gains).collect();
    let fading: Vec<&PolicyView> = open.iter().filter(is_soon).filter(|policy| !gains(policy)).collect();
    let until =
        |of: &[&PolicyView]| of.iter().map(|policy| policy.expiry).min().filter(|expiry| *expiry > now);
    let mut push = |kind, of: &[&PolicyView], amount, [happened, means, remedy]: [&str; 3]| {
        let Some(first) = of.first() else { return };
        let destination =
            if of.len() == 1 { Destination::Policy { policy: first.id } } else { Destination::Policies };
        attention.push(Attention {
            kind,
            happened: happened.to_owned(),
            means: means.to_owned(),
            remedy: remedy.to_owned(),
            destination,
            count: of.len() as u64,
            until: until(of),
            amount,
            doubtful: of.iter().any(|policy| policy.trust == Trust::Doubtful),
        });
    };
    let amount_of = |of: &[&PolicyView], step: fn(&PolicyView) -> &Step| {
        one_amount(of.iter().filter_map(|policy| Some((*policy, step(policy).pays()?))))
    };
    push(
        AttentionKind::Claim,
        &claims,
        amount_of(&claims, |policy| &policy.claim),
        [
            "Policies ended with a payout, which is set aside for you.",
            &of_claims(&claims),
            "Claim it. Somebody may do it for you; the money goes to you in any case.",
        ],
    );
    push(
        AttentionKind::EndsInTheMoney,
        &ending,
        amount_of(&ending, |policy| &policy.activate),
        [
            "Policies that would pay now end within a day.",
            "Activated now they pay at the price of now; left alone they are settled at the price of their expiry, which may be \
         higher or lower.",
            "Decide whether to activate them; whoever does nothing is paid at their end if BTC is still below the protected price.",
        ],
    );
    push(
        AttentionKind::Activate,
        &activate,
        amount_of(&activate, |policy| &policy.activate),
        [
            "BTC is below the protected price of policies of yours.",
            "Activated now they pay at the price of now, and protection ends.",
            "Compare with what the pool pays for a sale back, which is usually more while there is time left.",
        ],
    );
    push(
        AttentionKind::EndsSoon,
        &fading,
        None,
        [
            "Policies end within a day.",
            "From then on what they protected is not protected any more.",
            "Buy new protection if you want it to go on.",
        ],
    );
}

fn positions(capital: &CapitalPage, attention: &mut Vec<Attention>) {
    for position in &capital.positions {
        let destination = Destination::Bucket { bucket: position.bucket };
        let is_in = position.at_risk > TokenAmount::ZERO;
        if let Some(health) = position.health.known().filter(|_| is_in) {
            let short = matches!(health.standing, Standing::MarginCall | Standing::Liquidating);
            let warns = health.standing == Standing::Warning;
            if short || warns {
                let name = capitalised(&bucket_name(position.bucket, position.tier_name.as_deref()));
                let (kind, happened, means) = if short {
                    (
                        AttentionKind::MarginCall,
                        format!("{name} is short: its promises need more than it has."),
                        "Sales and exits stand still. If it stays so at an expiry, its providers lose their capital there first, \
                         then the insurance fund pays.",
                    )
                } else {
                    (
                        AttentionKind::HealthWarning,
                        format!("{name} has less than a new sale would want."),
                        "Nothing is lost by that alone; exits may be paid later than usual.",
                    )
                };
                attention.push(Attention {
                    kind,
                    happened,
                    means: means.to_owned(),
                    remedy: "Look at its stress test. Whoever adds capital ends it; shares leave through the exit queue.".to_owned(),
                    destination,
                    count: 1,
                    until: None,
                    amount: None,
                    doubtful: health.trust.and(position.trust) == Trust::Doubtful,
                });
            }
        }
        if position.claimable > TokenAmount::ZERO {
            attention.push(Attention {
                kind: AttentionKind::Withdraw,
                happened: "Exits were paid, or deposits came back.".to_owned(),
                means: "The money is set aside for you; it neither earns nor bears risk.".to_owned(),
                remedy: "Claim it.".to_owned(),
                destination,
                count: 1,
                until: None,
                amount: Some(Money { asset: position.bucket.asset, amount: position.claimable }),
                doubtful: position.trust == Trust::Doubtful,
            });
        }
    }
}

fn owed(rewards: &[RewardView], attention: &mut Vec<Attention>) {
    for reward in rewards {
        let Ok(sum) = reward.bounties.checked_add(reward.allocations) else { continue };
        if sum == TokenAmount::ZERO {
            continue;
        }
        attention.push(Attention {
            kind: AttentionKind::Reward,
            happened: "Rewards wait for you.".to_owned(),
            means: "They are set aside for you and do not run out.".to_owned(),
            remedy: "Claim them when they are worth the network's fee.".to_owned(),
            destination: Destination::Rewards,
            count: 1,
            until: None,
            amount: Some(Money { asset: reward.asset, amount: sum }),
            doubtful: reward.trust == Trust::Doubtful,
        });
    }
}
