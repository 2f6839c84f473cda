//! What is said of policies.

use bithedge_ipc::{Backing, PolicyState, PolicyView, Step};
use bithedge_protocol::{Asset, Sats, TokenAmount, TokenChange};

use crate::format;

/// A transaction is carried out later, at the prices of then: so much less than what is shown is still accepted, in per cent.
pub(super) const ACCEPTED_BELOW: u128 = 3;
const WHOLE: u128 = 100;

/// What is protected: BTC that somebody holds, and not the token.
pub(super) fn btc(size: Sats) -> String {
    format!("{} BTC", size.parts())
}

/// The least that is accepted of what something pays now: 3 % less, rounded down. `None` if it cannot be counted, or if nothing would
/// be left.
pub(super) fn least_accepted(pays: TokenAmount) -> Option<TokenAmount> {
    let kept = Sats::new(pays.base_units()).checked_mul(WHOLE - ACCEPTED_BELOW).ok()?;
    let (least, _) = kept.checked_div_rem(WHOLE).ok()?;
    (least > Sats::ZERO).then_some(TokenAmount::from(least))
}

/// How a policy stands, in a word or a few; and the tone: `good`, `attention` or `quiet`.
pub(crate) const fn state(state: PolicyState) -> (&'static str, &'static str) {
    match state {
        PolicyState::Active => ("Protects", "good"),
        PolicyState::AwaitingPrice => ("Ended, waits for its price", "attention"),
        PolicyState::InTheMoney => ("Ended, to be paid", "attention"),
        PolicyState::Activated => ("Activated", "quiet"),
        PolicyState::Settled => ("Paid at its end", "quiet"),
        PolicyState::Expired => ("Ended without a payout", "quiet"),
        PolicyState::SoldBack => ("Sold back", "quiet"),
    }
}

/// The state's name for tests and style.
pub(super) const fn state_code(state: PolicyState) -> &'static str {
    match state {
        PolicyState::Active => "active",
        PolicyState::AwaitingPrice => "awaiting-price",
        PolicyState::InTheMoney => "in-the-money",
        PolicyState::Activated => "activated",
        PolicyState::Settled => "settled",
        PolicyState::Expired => "expired",
        PolicyState::SoldBack => "sold-back",
    }
}

/// Whether something can still happen to a policy's money.
pub(super) const fn is_open(state: PolicyState) -> bool {
    matches!(state, PolicyState::Active | PolicyState::AwaitingPrice | PolicyState::InTheMoney)
}

/// What became of a policy, or what it does, in a sentence or two.
pub(super) fn story(policy: &PolicyView) -> String {
    if policy.of_another.is_some() {
        return story_of_another(policy);
    }
    let size = btc(policy.size);
    let strike = format::price(policy.strike);
    let end = format::moment(policy.expiry);
    match policy.state {
        PolicyState::Active => format!(
            "If BTC is below {strike} when this policy ends ({end}), it pays the difference on {size}. You can also end it before."
        ),
        PolicyState::AwaitingPrice => format!(
            "It ended on {end} and waits for the BTC price of that moment, which the oracle records. Nothing has to be done."
        ),
        PolicyState::InTheMoney => match &policy.claim {
            Step::Now { .. } => "It ended with BTC below your protected price. Its payout is set aside for you and does not run out: claim \
                                 it whenever you like."
                .to_owned(),
            _ => "It ended with BTC below your protected price. What it pays is fixed when its end is settled, which anybody can do \
                  and somebody usually does within minutes."
                .to_owned(),
        },
        PolicyState::Activated => "You activated it, and it paid at the price of that moment. It does not protect any more.".to_owned(),
        PolicyState::Settled => "It ended with BTC below your protected price, and was paid.".to_owned(),
        PolicyState::Expired => format!(
            "BTC was at or above {strike} when it ended, so nothing was due: your BTC had kept that value. What it cost is not \
             paid back."
        ),
        PolicyState::SoldBack => "You sold it back before its end. It does not protect any more.".to_owned(),
    }
}

/// The same of somebody else's policy: nothing in it is the reader's.
fn story_of_another(policy: &PolicyView) -> String {
    let size = btc(policy.size);
    let strike = format::price(policy.strike);
    let end = format::moment(policy.expiry);
    match policy.state {
        PolicyState::Active => {
            format!(
                "If BTC is below {strike} when this policy ends ({end}), it pays its owner the difference on {size}."
            )
        }
        PolicyState::AwaitingPrice => {
            format!("It ended on {end} and waits for the BTC price of that moment, which the oracle records.")
        }
        PolicyState::InTheMoney => match &policy.claim {
            Step::Now { .. } => {
                format!(
                    "It ended with BTC below {strike}. Its payout is set aside for its owner and does not run out."
                )
            }
            _ => format!(
                "It ended with BTC below {strike}. What it pays its owner is fixed when its end is settled, which anybody can do."
            ),
        },
        PolicyState::Activated => {
            "Its owner activated it, and was paid at the price of that moment. It does not protect any more."
                .to_owned()
        }
        PolicyState::Settled => format!("It ended with BTC below {strike}, and its owner was paid."),
        PolicyState::Expired => format!("BTC was at or above {strike} when it ended, so nothing was due."),
        PolicyState::SoldBack => {
            "Its owner sold it back before its end. It does not protect any more.".to_owned()
        }
    }
}

/// When a policy ends; of one that was ended before, when it would have.
pub(super) fn end(policy: &PolicyView) -> String {
    let end = format::moment(policy.expiry);
    match policy.state {
        PolicyState::Activated | PolicyState::SoldBack => format!("It would have ended on {end}"),
        _ => end,
    }
}

/// Below the floor: what a payout in each token does there.
pub(super) fn floor_sentence(policy: &PolicyView) -> String {
    let floor = format::price(policy.floor);
    match policy.asset {
        Asset::Sbtc => format!(
            "Below {floor} the payout stays as many sBTC as it is there; from then on it loses value along with BTC."
        ),
        Asset::Stx => {
            format!(
                "Below {floor} the payout in USD stays as it is there: what BTC falls further is not protected."
            )
        }
    }
}

/// What stands behind a policy.
pub(super) const fn backing(backing: Backing) -> &'static str {
    match backing {
        Backing::Pool => "The pool: capital that providers have committed",
        Backing::Peer => "Another user, with locked collateral",
        Backing::Fund => "The insurance fund, which took it over",
        Backing::Other => "Something that this version does not know",
    }
}

/// The ways to end a policy that protects, held against each other in neutral words; empty of one that does not.
pub(super) fn comparison(policy: &PolicyView) -> Vec<String> {
    if policy.state != PolicyState::Active || policy.of_another.is_some() {
        return Vec::new();
    }
    let show = |amount| policy.asset.show(amount);
    let mut said = Vec::new();
    match (policy.activate.pays(), policy.sell_back.pays()) {
        (Some(activated), Some(sold)) => {
            said.push(format!(
                "Activating it now pays {}, selling it back {}. Either way the protection ends.",
                show(activated),
                show(sold)
            ));
            let change = TokenChange::between(activated, sold);
            let more = show(change.magnitude());
            said.push(match change.base_units() {
                0 => "Both pay the same.".to_owned(),
                1.. => format!("Selling back pays {more} more: the pool also pays for the time that is left."),
                _ => format!("Activating pays {more} more: the pool's price to buy back is lower than what the policy pays now."),
            });
        }
        (Some(activated), None) => {
            said.push(format!("Activating it now pays {} and ends the protection.", show(activated)));
        }
        (None, Some(sold)) => {
            said.push(format!("Selling it back pays {} and ends the protection.", show(sold)));
        }
        (None, None) => {}
    }
    said.push(format!(
        "Waiting costs nothing more. It protects until {}; then it pays what BTC is below {} at the average price of the half-hour \
         before, and nothing if BTC is at or above it. That can be more or less than today.",
        format::moment(policy.expiry),
        format::price(policy.strike)
    ));
    said
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::{Figure, Trust};
    use bithedge_protocol::{Ppm, Seconds, UnixSeconds, UsdE8};

    use super::*;

    fn now(pays: u128) -> Step {
        Step::Now { pays: TokenAmount::new(pays), usd: None, promised: None }
    }

    fn no() -> Step {
        Step::Not { why: "The price is above the strike.".to_owned(), code: None }
    }

    fn policy(state: PolicyState, activate: Step, sell_back: Step) -> PolicyView {
        PolicyView {
            id: 17,
            of_another: None,
            asset: Asset::Sbtc,
            tier: 2,
            tier_name: Some("balanced".to_owned()),
            size: Sats::new(50_000_000),
            strike: UsdE8::new(60_000 * 100_000_000),
            floor: UsdE8::new(30_000 * 100_000_000),
            expiry: UnixSeconds::new(1_584_086_400),
            remaining: Seconds::new(86_400),
            sold_at: UnixSeconds::new(1_583_000_000),
            spot_at_sale: UsdE8::new(62_000 * 100_000_000),
            volatility: Ppm::new(700_000),
            lock: TokenAmount::new(50_000_000),
            backing: Backing::Pool,
            state,
            premium: TokenAmount::new(1_000),
            fee: TokenAmount::new(50),
            bounty: TokenAmount::new(5),
            cost: Some(TokenAmount::new(1_055)),
            cost_usd: None,
            worth: Figure::Unknown { why: "No price.".to_owned() },
            due: None,
            paid: None,
            end_price: None,
            ended_at: None,
            activate,
            sell_back,
            claim: no(),
            result: Figure::Unknown { why: "No price.".to_owned() },
            trust: Trust::Sound,
        }
    }

    #[test]
    fn three_per_cent_less_is_still_accepted_but_never_nothing() {
        let least = |pays| least_accepted(TokenAmount::new(pays)).map(TokenAmount::base_units);
        assert_eq!(least(1_000_000), Some(970_000));
        // Rounded down: what is asked for is never more than was said.
        assert_eq!(least(101), Some(97));
        assert_eq!(least(1), None);
        assert_eq!(least(0), None);
        assert_eq!(least(u128::MAX), None);
    }

    #[test]
    fn the_ways_to_end_a_policy_are_compared_without_advice() {
        let both = comparison(&policy(PolicyState::Active, now(5_000), now(7_500)));
        assert_eq!(both.len(), 3);
        assert!(both[0].contains("0.00005 sBTC") && both[0].contains("0.000075 sBTC"), "{both:?}");
        assert!(both[1].starts_with("Selling back pays 0.000025 sBTC more"), "{both:?}");
        let other = comparison(&policy(PolicyState::Active, now(7_500), now(5_000)));
        assert!(other[1].starts_with("Activating pays 0.000025 sBTC more"), "{other:?}");
        let same = comparison(&policy(PolicyState::Active, now(5_000), now(5_000)));
        assert_eq!(same[1], "Both pay the same.");
    }

    #[test]
    fn what_cannot_be_done_is_not_compared() {
        let sold = comparison(&policy(PolicyState::Active, no(), now(7_500)));
        assert_eq!(sold.len(), 2);
        assert!(!sold[0].contains("Activating"), "{sold:?}");
        assert_eq!(comparison(&policy(PolicyState::Active, no(), no())).len(), 1);
        assert!(comparison(&policy(PolicyState::SoldBack, now(1), now(1))).is_empty());
    }

    #[test]
    fn nothing_of_another_persons_policy_is_yours() {
        for state in [
            PolicyState::Active,
            PolicyState::AwaitingPrice,
            PolicyState::InTheMoney,
            PolicyState::Activated,
            PolicyState::Settled,
            PolicyState::Expired,
            PolicyState::SoldBack,
        ] {
            for claim in [no(), now(9)] {
                let own = PolicyView { claim, ..policy(state, now(5_000), now(7_500)) };
                let other = PolicyView { of_another: Some("ST1OTHER".to_owned()), ..own.clone() };
                let words = story(&other).to_lowercase();
                let mut each = words.split(|letter: char| !letter.is_alphabetic());
                assert!(!each.any(|word| matches!(word, "you" | "your" | "yours")), "{state:?}: {words}");
                assert_ne!(story(&own), story(&other), "{state:?}");
                assert!(comparison(&other).is_empty());
            }
        }
    }

    #[test]
    fn the_end_of_a_policy_that_was_ended_before_is_one_that_did_not_come() {
        for state in [PolicyState::Activated, PolicyState::SoldBack] {
            assert!(end(&policy(state, no(), no())).starts_with("It would have ended on "));
        }
        for state in [PolicyState::Active, PolicyState::Settled, PolicyState::Expired] {
            assert_eq!(end(&policy(state, no(), no())), format::moment(UnixSeconds::new(1_584_086_400)));
        }
    }

    #[test]
    fn a_settled_policy_is_to_be_claimed_and_one_that_is_not_settled_waits() {
        let mut ended = policy(PolicyState::InTheMoney, no(), no());
        assert!(story(&ended).contains("settled"), "{}", story(&ended));
        ended.claim = now(9);
        assert!(story(&ended).contains("claim it"), "{}", story(&ended));
    }
}
