//! What is said: what happened, what it means for the money, what to do.

use bithedge_ipc::{BreakerView, Destination, NotificationKind, Trust};
use bithedge_protocol::risk::Standing;
use bithedge_protocol::{Asset, Seconds, TokenAmount, UnixSeconds};

use super::observation::{ObservedBucket, ObservedEnd, ObservedPolicy, TransactionNews, TransactionOutcome};
use crate::words::{bucket_name, capitalised};

/// A notification before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) kind: NotificationKind,
    /// Whether it concerns the account alone.
    pub(super) is_own: bool,
    pub(super) happened: String,
    pub(super) means: String,
    pub(super) remedy: String,
    pub(super) destination: Destination,
    pub(super) trust: Trust,
    /// Whether somebody can still do something about it: told also to who was told nothing before.
    pub(super) needs_action: bool,
    /// What several of the kind are summed up by.
    pub(super) gist: Gist,
}

/// What is in the words of a draft, for a sum of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gist {
    /// Nothing that could be summed.
    Plain,
    /// An amount of a token, and what was promised if the amount is only a part of it.
    Money { asset: Asset, amount: TokenAmount, promised: Option<TokenAmount> },
    /// What exits paid, and how much of it waits to be claimed.
    Exit { asset: Asset, amount: TokenAmount, waits: TokenAmount },
    /// A policy in the money, and what its activation would pay; `None` if it cannot be activated.
    Activation { asset: Asset, pays: Option<TokenAmount> },
    /// Policies of one expiry.
    Expiry(Ending),
    /// How a bucket stands.
    Standing(Standing),
}

/// Policies that end at the same time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ending {
    /// How many.
    pub(super) policies: usize,
    /// How many of them are in the money at the price of now.
    pub(super) in_the_money: usize,
    /// How many of those can be activated now.
    pub(super) can_be_activated: usize,
    /// Of how many nobody knows, as there is no price.
    pub(super) unknown: usize,
}

impl Ending {
    pub(super) const fn and(self, other: Self) -> Self {
        Self {
            policies: self.policies.saturating_add(other.policies),
            in_the_money: self.in_the_money.saturating_add(other.in_the_money),
            can_be_activated: self.can_be_activated.saturating_add(other.can_be_activated),
            unknown: self.unknown.saturating_add(other.unknown),
        }
    }

    fn of(policies: &[&ObservedPolicy]) -> Self {
        let one = |policy: &&ObservedPolicy| Self {
            policies: 1,
            in_the_money: usize::from(policy.spot.is_some_and(|spot| spot < policy.strike)),
            can_be_activated: usize::from(policy.activation.is_some()),
            unknown: usize::from(policy.spot.is_none()),
        };
        policies.iter().map(one).fold(Self::default(), Self::and)
    }

    /// What it means, and what to do.
    pub(super) fn words(self) -> [String; 2] {
        let Self { policies, in_the_money, can_be_activated, unknown } = self;
        if in_the_money == 0 && unknown > 0 {
            let which = if policies == 1 { "it".to_owned() } else { format!("{unknown} of {policies}") };
            return [
                format!(
                    "Whether {which} would pay is not known: the price of now could not be read. At the end each is settled at the price \
                     of its expiry by itself. After that what was protected is not protected any more."
                ),
                "See to the connection if you want to decide at the price of now. Buy new protection if you want it to go on."
                    .to_owned(),
            ];
        }
        if in_the_money == 0 {
            return [
                "What they protect is not protected any more after that.".to_owned(),
                "Buy new protection if you want it to go on.".to_owned(),
            ];
        }
        let (pays, settled) = if policies == 1 {
            ("It would pay now. At its end it is settled".to_owned(), "its")
        } else {
            (format!("{in_the_money} of {policies} would pay now. At their end they are settled"), "their")
        };
        let means = format!("{pays} at the price of {settled} expiry, which may be higher or lower.");
        let remedy = if can_be_activated > 0 {
            "Decide whether to activate at the price of now; whoever does nothing is paid at expiry if the price is still below \
             the strike."
        } else {
            "Activating is not possible at the moment; whoever does nothing is paid at expiry if the price is still below the strike."
        };
        [means, remedy.to_owned()]
    }
}

fn draft(kind: NotificationKind, destination: Destination, words: [String; 3]) -> Draft {
    let [happened, means, remedy] = words;
    Draft {
        kind,
        is_own: true,
        happened,
        means,
        remedy,
        destination,
        trust: Trust::Sound,
        needs_action: true,
        gist: Gist::Plain,
    }
}

fn duration(left: Seconds) -> String {
    match left.get() {
        minutes @ 0..7_200 => format!("{} minutes", minutes / 60),
        hours => format!("{} hours", hours / 3_600),
    }
}

pub(super) fn expiry_near(expiry: UnixSeconds, left: Seconds, policies: &[&ObservedPolicy]) -> Draft {
    let happened = match policies.len() {
        1 => format!("A policy ends in {}, at {}.", duration(left), expiry.in_words()),
        count => format!("{count} policies end in {}, at {}.", duration(left), expiry.in_words()),
    };
    let ending = Ending::of(policies);
    let [means, remedy] = ending.words();
    let destination = match policies {
        [policy] => Destination::Policy { policy: policy.id },
        _ => Destination::Policies,
    };
    let trust = policies.iter().fold(Trust::Sound, |trust, policy| trust.and(policy.trust));
    Draft {
        trust,
        gist: Gist::Expiry(ending),
        ..draft(NotificationKind::ExpiryNear, destination, [happened, means, remedy])
    }
}

pub(super) fn in_the_money(policy: &ObservedPolicy) -> Draft {
    let happened = format!("BTC is below {}, where policy {} begins to pay.", policy.strike, policy.id);
    let means = match policy.activation {
        Some(pays) => format!("Activated now it pays {}, and protection ends.", policy.asset.show(pays)),
        None => "It cannot be activated at the moment; at its expiry it is settled at the price of then."
            .to_owned(),
    };
    let remedy =
        "Compare activating with selling it back, which usually pays more while there is time left; or wait."
            .to_owned();
    let destination = Destination::Policy { policy: policy.id };
    Draft {
        trust: policy.trust,
        gist: Gist::Activation { asset: policy.asset, pays: policy.activation },
        ..draft(NotificationKind::InTheMoney, destination, [happened, means, remedy])
    }
}

pub(super) fn claimable(policy: &ObservedPolicy, pays: TokenAmount) -> Draft {
    let shown = policy.asset.show(pays);
    let means = match policy.promised {
        Some(promised) => format!(
            "{shown} are reserved for you; they do not run out. {} were promised: there was not enough for all.",
            policy.asset.show(promised)
        ),
        None => format!("{shown} are reserved for you; they do not run out."),
    };
    let words = [
        format!("Policy {} ended with a payout.", policy.id),
        means,
        "Claim it. Somebody may do it for you; the money goes to you in any case.".to_owned(),
    ];
    let destination = Destination::Policy { policy: policy.id };
    let gist = Gist::Money { asset: policy.asset, amount: pays, promised: policy.promised };
    Draft { trust: policy.trust, gist, ..draft(NotificationKind::Claimable, destination, words) }
}

/// A policy that ended by itself.
pub(super) fn ended(end: &ObservedEnd) -> Draft {
    let (kind, words) = match end.paid {
        Some((due, paid)) => {
            let (shown, promised) = (end.asset.show(paid), end.asset.show(due));
            let means = if paid < due {
                format!(
                    "{shown} went to your account. {promised} were promised: there was not enough for all."
                )
            } else {
                format!("{shown} went to your account, all that it promised.")
            };
            let remedy = "Nothing has to be done. Buy new protection if you want it to go on.";
            (
                NotificationKind::PaidOut,
                [format!("Policy {} ended with a payout and was paid.", end.id), means, remedy.to_owned()],
            )
        }
        None => (
            NotificationKind::Ended,
            [
                format!("Policy {} ended without a payout.", end.id),
                "It pays nothing, and what it protected is not protected any more.".to_owned(),
                "Buy new protection if you want it to go on.".to_owned(),
            ],
        ),
    };
    let destination = Destination::Policy { policy: end.id };
    let gist = end.paid.map_or(Gist::Plain, |(due, paid)| Gist::Money {
        asset: end.asset,
        amount: paid,
        promised: (paid < due).then_some(due),
    });
    Draft { trust: end.trust, needs_action: false, gist, ..draft(kind, destination, words) }
}

pub(super) fn health(seen: &ObservedBucket, standing: Standing) -> Draft {
    let (bucket, name, trust) = (seen.bucket, name_of(seen), seen.trust);
    let (happened, means, remedy) = match standing {
        Standing::Healthy => (
            format!("All is well again with {name}."),
            "It has more than its promises call for; sales and exits go on.",
            "Nothing has to be done.",
        ),
        Standing::Warning => (
            format!("There is less in {name} than a new sale would want."),
            "Nothing is lost by that alone; exits may be paid later than usual.",
            "Look at its stress test, and whether you want to add capital or ask to leave.",
        ),
        Standing::MarginCall | Standing::Liquidating => (
            format!("There is less in {name} than its promises call for."),
            "Sales and exits stand still. If it stays so at an expiry, its providers lose their capital there first, then the \
             insurance fund pays.",
            "Look at its stress test. Whoever adds capital ends it; shares leave through the exit queue.",
        ),
    };
    Draft {
        trust,
        needs_action: standing != Standing::Healthy,
        gist: Gist::Standing(standing),
        ..draft(
            NotificationKind::HealthChanged,
            Destination::Bucket { bucket },
            [happened, means.to_owned(), remedy.to_owned()],
        )
    }
}

fn name_of(seen: &ObservedBucket) -> String {
    bucket_name(seen.bucket, seen.tier_name.as_deref())
}

/// Exits paid so much, of which what can be claimed waits.
pub(super) fn exit_filled(seen: &ObservedBucket, amount: TokenAmount) -> Draft {
    let (bucket, trust) = (seen.bucket, seen.trust);
    let happened = format!("Exits from {} were paid.", name_of(seen));
    let waits = amount.min(seen.claimable);
    let (shown, waiting) = (bucket.asset.show(amount), bucket.asset.show(waits));
    let words = if waits == TokenAmount::ZERO {
        let means = format!("{shown}, which went to your account already. Nothing of it waits.");
        [happened, means, "Nothing has to be done.".to_owned()]
    } else {
        let means = if waits < amount {
            format!(
                "Of {shown} some went to your account already. {waiting} are set aside for you; they neither earn nor bear risk."
            )
        } else {
            format!("{waiting} are set aside for you; they neither earn nor bear risk.")
        };
        [happened, means, "Claim them.".to_owned()]
    };
    Draft {
        trust,
        needs_action: false,
        gist: Gist::Exit { asset: bucket.asset, amount, waits },
        ..draft(NotificationKind::ExitFilled, Destination::Bucket { bucket }, words)
    }
}

pub(super) fn waits_to_be_claimed(seen: &ObservedBucket) -> Draft {
    let (bucket, amount, trust) = (seen.bucket, seen.claimable, seen.trust);
    let words = [
        format!("Paid exits or returned deposits of {} wait for you.", name_of(seen)),
        format!("{} are set aside for you; they neither earn nor bear risk.", bucket.asset.show(amount)),
        "Claim them.".to_owned(),
    ];
    let gist = Gist::Exit { asset: bucket.asset, amount, waits: amount };
    Draft { trust, gist, ..draft(NotificationKind::ExitFilled, Destination::Bucket { bucket }, words) }
}

pub(super) fn deposit(seen: &ObservedBucket, amount: TokenAmount, returned: bool) -> Draft {
    let (bucket, name, trust) = (seen.bucket, name_of(seen), seen.trust);
    let shown = bucket.asset.show(amount);
    let (kind, words) = if returned {
        (
            NotificationKind::DepositReturned,
            [
                format!("A deposit in {name} came back."),
                format!("The bucket took no deposits at this close. Your {shown} are set aside for you."),
                "Claim them, or choose another bucket.".to_owned(),
            ],
        )
    } else {
        (
            NotificationKind::DepositTaken,
            [
                format!("A deposit became shares of {name}."),
                format!("{shown} bear its risk and earn its premiums from now on."),
                "Nothing has to be done. To leave, ask to; exits are paid at closes.".to_owned(),
            ],
        )
    };
    let gist = Gist::Money { asset: bucket.asset, amount, promised: None };
    Draft { trust, needs_action: false, gist, ..draft(kind, Destination::Bucket { bucket }, words) }
}

pub(super) fn stale(age: Seconds) -> Draft {
    let words = [
        format!("The oracle has not had a price for {}.", duration(age)),
        "Nothing can be bought, activated or sold back until there is one; what is promised stays promised."
            .to_owned(),
        "Wait for reports. Settlements, claims and exits go on at the prices that are recorded.".to_owned(),
    ];
    Draft { is_own: false, ..draft(NotificationKind::PriceStale, Destination::Protocol, words) }
}

/// The newest price that is known here is so old, and whether there is a newer one nobody can tell.
pub(super) fn unread(age: Seconds) -> Draft {
    let words = [
        format!("The newest price that is known here is {} old, and no newer one could be read.", duration(age)),
        "What your protection and your capital are worth now is not known. What is promised stays promised; a policy that ends is \
         settled all the same."
            .to_owned(),
        "See to the connection, or choose another node.".to_owned(),
    ];
    Draft { is_own: false, ..draft(NotificationKind::PriceStale, Destination::Connection, words) }
}

pub(super) fn breaker(breaker: &BreakerView) -> Draft {
    let what = match breaker.name.as_str() {
        "all" => "Everything that takes new risk, and sales back,",
        "oracle" => "What depends on fresh prices",
        "sales" => "The sale of policies",
        "deposits" => "The taking of deposits",
        other => other,
    };
    // A breaker that nobody has set up stops all the same.
    let happened = match (breaker.last_tripped, breaker.reason.as_str()) {
        (None, _) => format!("{what} is stopped: its switch was never set up."),
        (Some(_), "") => format!("{what} was stopped."),
        (Some(_), reason) => format!("{what} was stopped. The reason given: {reason}."),
    };
    let means = if breaker.name == "oracle" {
        "What was promised is paid all the same: settlements, claims and exits go on. Activations and sales back need a fresh price."
    } else {
        "What was promised is paid all the same: activations, settlements, claims and exits are not stopped."
    };
    let remedy = match breaker.until {
        Some(until) => format!("Wait until it is released. It lets go by itself at {}.", until.in_words()),
        None => "Wait until it is released.".to_owned(),
    };
    let words = [happened, means.to_owned(), remedy];
    Draft { is_own: false, ..draft(NotificationKind::BreakerTripped, Destination::Protocol, words) }
}

pub(super) fn differ(what: &str) -> Draft {
    let words = [
        format!("The books here and the chain do not agree: {what}"),
        "Figures shown here may be wrong. Your money is as the chain says it is.".to_owned(),
        "Do not act on figures of this application until it is cleared up; look at the protocol's page."
            .to_owned(),
    ];
    let own = draft(NotificationKind::BooksDiffer, Destination::Protocol, words);
    Draft { is_own: false, trust: Trust::Doubtful, ..own }
}

pub(super) fn transaction(news: &TransactionNews) -> Draft {
    let title = &news.title;
    let (kind, needs_action, words) = match &news.outcome {
        TransactionOutcome::Confirmed => (
            NotificationKind::TransactionConfirmed,
            false,
            [
                format!("{}.", capitalised(title)),
                "It is in the chain and had its effect.".to_owned(),
                "Nothing has to be done.".to_owned(),
            ],
        ),
        TransactionOutcome::Failed { why } => (
            NotificationKind::TransactionFailed,
            true,
            [
                format!("Not done: {title}."),
                why.clone(),
                "Look at the transaction, and try again if you still want it.".to_owned(),
            ],
        ),
        TransactionOutcome::Open { why } => (
            NotificationKind::TransactionUncertain,
            true,
            [
                format!("Given up, and not certain: {title}."),
                why.clone(),
                "What was signed stays valid until its place is taken. Do not make the same anew: repeat it in its own place, or \
                 cancel it, in the activity; if that is not offered, look at a block explorer first."
                    .to_owned(),
            ],
        ),
        TransactionOutcome::Cancelled { earlier } => (
            NotificationKind::TransactionCancelled,
            false,
            [
                format!("Cancelled: transaction {earlier}."),
                "What cancels it is in the chain, so it cannot be carried out any more. Only the network's fee was taken."
                    .to_owned(),
                "Nothing has to be done.".to_owned(),
            ],
        ),
        TransactionOutcome::Displaced { was_done: true } => (
            NotificationKind::TransactionDisplaced,
            true,
            [
                format!("Undone: {title}."),
                "The chain gave up the block that it was in, and another transaction of the account took its place."
                    .to_owned(),
                "Look in the activity at what took its place before you repeat it.".to_owned(),
            ],
        ),
        TransactionOutcome::Displaced { was_done: false } => (
            NotificationKind::TransactionDisplaced,
            true,
            [
                format!("Not done: {title}."),
                "Another transaction of the account, which was not signed here, took its place. It moved nothing, and will not be \
                 carried out any more."
                    .to_owned(),
                "Look in the activity at what took its place. If it was not you who signed that, somebody else has your keys: bring what \
                 is left to a new wallet."
                    .to_owned(),
            ],
        ),
        TransactionOutcome::Reverted => (
            NotificationKind::TransactionReverted,
            true,
            [
                format!("It waits again: {title}."),
                "The chain gave up the block that it was in, so what it did there is undone.".to_owned(),
                "Wait; it is sent again by itself if need be.".to_owned(),
            ],
        ),
        TransactionOutcome::Unanswered => (
            NotificationKind::QuestionUnanswered,
            false,
            [
                "Nobody answered a question in time.".to_owned(),
                "Nothing was signed, nothing was spent.".to_owned(),
                "Ask again if you still want it.".to_owned(),
            ],
        ),
        TransactionOutcome::Alarm => (
            NotificationKind::TransactionAlarm,
            true,
            [
                format!("Something else happened than was approved: {title}."),
                "Either the node tells what is not so, or something is very wrong.".to_owned(),
                "Approve nothing more before you have looked at the transaction and asked another node."
                    .to_owned(),
            ],
        ),
    };
    Draft { needs_action, ..draft(kind, Destination::Activity, words) }
}
