//! What is said: what happened, what it means for the money, what to do.

use bithedge_ipc::{BucketRef, Destination, NotificationKind, Trust};
use bithedge_protocol::risk::Standing;
use bithedge_protocol::{Seconds, TokenAmount, UnixSeconds};

use super::observation::{ObservedEnd, ObservedPolicy, TransactionNews, TransactionOutcome};

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
    }
}

fn duration(left: Seconds) -> String {
    match left.get() {
        minutes @ 0..7_200 => format!("{} minutes", minutes / 60),
        hours => format!("{} hours", hours / 3_600),
    }
}

pub(super) fn bucket_name(bucket: BucketRef) -> String {
    format!("the {} bucket of tier {}", bucket.asset, bucket.tier)
}

pub(super) fn expiry_near(expiry: UnixSeconds, left: Seconds, policies: &[&ObservedPolicy]) -> Draft {
    let count = policies.len();
    let in_the_money = policies.iter().filter(|policy| policy.activation.is_some()).count();
    let happened = match count {
        1 => format!("A policy ends in {}, at {} UTC.", duration(left), expiry.civil()),
        _ => format!("{count} policies end in {}, at {} UTC.", duration(left), expiry.civil()),
    };
    let (means, remedy) = if in_the_money > 0 {
        (
            format!(
                "{in_the_money} of them would pay now. At their end they are settled at the price of their expiry, which may be \
                 higher or lower."
            ),
            "Decide whether to activate at the price of now; whoever does nothing is paid at expiry if the price is still below \
             the strike."
                .to_owned(),
        )
    } else {
        (
            "What they protect is not protected any more after that.".to_owned(),
            "Buy new protection if you want it to go on.".to_owned(),
        )
    };
    let destination = match policies {
        [policy] => Destination::Policy { policy: policy.id },
        _ => Destination::Policies,
    };
    let trust = policies.iter().fold(Trust::Sound, |trust, policy| trust.and(policy.trust));
    Draft { trust, ..draft(NotificationKind::ExpiryNear, destination, [happened, means, remedy]) }
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
        format!("Policy {} ended in the money and was settled.", policy.id),
        means,
        "Claim it. A keeper may do it for you; the money goes to you in any case.".to_owned(),
    ];
    let destination = Destination::Policy { policy: policy.id };
    Draft { trust: policy.trust, ..draft(NotificationKind::Claimable, destination, words) }
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
                [format!("Policy {} ended in the money and was paid.", end.id), means, remedy.to_owned()],
            )
        }
        None => (
            NotificationKind::Ended,
            [
                format!("Policy {} ended out of the money.", end.id),
                "It pays nothing, and what it protected is not protected any more.".to_owned(),
                "Buy new protection if you want it to go on.".to_owned(),
            ],
        ),
    };
    let destination = Destination::Policy { policy: end.id };
    Draft { trust: end.trust, needs_action: false, ..draft(kind, destination, words) }
}

pub(super) fn health(bucket: BucketRef, standing: Standing, trust: Trust) -> Draft {
    let name = bucket_name(bucket);
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
        ..draft(
            NotificationKind::HealthChanged,
            Destination::Bucket { bucket },
            [happened, means.to_owned(), remedy.to_owned()],
        )
    }
}

/// Exits paid so much, of which what is `claimable` waits.
pub(super) fn exit_filled(
    bucket: BucketRef,
    amount: TokenAmount,
    claimable: TokenAmount,
    trust: Trust,
) -> Draft {
    let happened = format!("Exits from {} were paid.", bucket_name(bucket));
    let waits = amount.min(claimable);
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
        ..draft(NotificationKind::ExitFilled, Destination::Bucket { bucket }, words)
    }
}

pub(super) fn waits_to_be_claimed(bucket: BucketRef, amount: TokenAmount, trust: Trust) -> Draft {
    let words = [
        format!("Paid exits or returned deposits of {} wait for you.", bucket_name(bucket)),
        format!("{} are set aside for you; they neither earn nor bear risk.", bucket.asset.show(amount)),
        "Claim them.".to_owned(),
    ];
    Draft { trust, ..draft(NotificationKind::ExitFilled, Destination::Bucket { bucket }, words) }
}

pub(super) fn deposit(bucket: BucketRef, amount: TokenAmount, returned: bool, trust: Trust) -> Draft {
    let name = bucket_name(bucket);
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
    Draft { trust, needs_action: false, ..draft(kind, Destination::Bucket { bucket }, words) }
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

pub(super) fn breaker(name: &str, reason: &str, until: Option<UnixSeconds>) -> Draft {
    let what = match name {
        "all" => "everything that takes new risk, and sales back",
        "oracle" => "what depends on fresh prices",
        "sales" => "sales of policies",
        "deposits" => "deposits",
        other => other,
    };
    let until =
        until.map_or_else(String::new, |until| format!(" It lets go by itself at {} UTC.", until.civil()));
    let reason = if reason.is_empty() { String::new() } else { format!(" The reason given: {reason}.") };
    let words = [
        format!("Somebody stopped {what}.{reason}"),
        "What was promised is paid all the same: activations, settlements, claims and exits are not stopped."
            .to_owned(),
        format!("Wait until it is released.{until}"),
    ];
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
                format!("Done: {title}"),
                "It is in the chain and had its effect.".to_owned(),
                "Nothing has to be done.".to_owned(),
            ],
        ),
        TransactionOutcome::Failed { why } => (
            NotificationKind::TransactionFailed,
            true,
            [
                format!("Not done: {title}"),
                why.clone(),
                "Look at the transaction, and try again if you still want it.".to_owned(),
            ],
        ),
        TransactionOutcome::Open { why } => (
            NotificationKind::TransactionFailed,
            true,
            [
                format!("Given up, and not certain: {title}"),
                why.clone(),
                "What was signed stays valid until its place is taken. Do not make the same anew: repeat it in its own place, or \
                 cancel it, in the activity; if that is not offered, look at a block explorer first."
                    .to_owned(),
            ],
        ),
        TransactionOutcome::Cancelled { earlier } => (
            NotificationKind::TransactionConfirmed,
            false,
            [
                format!("Cancelled: transaction {earlier}."),
                "What cancels it is in the chain, so it cannot be carried out any more. Only the network's fee was taken."
                    .to_owned(),
                "Nothing has to be done.".to_owned(),
            ],
        ),
        TransactionOutcome::Displaced => (
            NotificationKind::TransactionReverted,
            true,
            [
                format!("Undone: {title}"),
                "The chain gave up the block that it was in, and another transaction of the account took its place."
                    .to_owned(),
                "Look in the activity at what took its place before you repeat it.".to_owned(),
            ],
        ),
        TransactionOutcome::Reverted => (
            NotificationKind::TransactionReverted,
            true,
            [
                format!("It waits again: {title}"),
                "The chain gave up the block that it was in, so what it did there is undone.".to_owned(),
                "Wait; it is sent again by itself if need be.".to_owned(),
            ],
        ),
        TransactionOutcome::Alarm => (
            NotificationKind::TransactionAlarm,
            true,
            [
                format!("Something else happened than was approved: {title}"),
                "Either the node tells what is not so, or something is very wrong.".to_owned(),
                "Approve nothing more before you have looked at the transaction and asked another node."
                    .to_owned(),
            ],
        ),
    };
    Draft { needs_action, ..draft(kind, Destination::Activity, words) }
}

/// Several of a kind as one.
pub(super) fn several(of: &[Draft]) -> Option<Draft> {
    let first = of.first()?;
    let count = of.len();
    let (what, destination) = match first.kind {
        NotificationKind::InTheMoney => ("policies are in the money", Destination::Policies),
        NotificationKind::Claimable => ("policies were settled and can be claimed", Destination::Policies),
        NotificationKind::PaidOut => ("policies ended in the money and were paid", Destination::Policies),
        NotificationKind::Ended => ("policies ended out of the money", Destination::Policies),
        NotificationKind::ExpiryNear => {
            ("dates at which policies of yours end are near", Destination::Policies)
        }
        NotificationKind::HealthChanged => ("buckets stand otherwise than before", Destination::Protocol),
        NotificationKind::ExitFilled => ("buckets paid exits", first.destination),
        NotificationKind::DepositTaken => ("deposits became shares", first.destination),
        NotificationKind::DepositReturned => ("deposits came back", first.destination),
        NotificationKind::TransactionConfirmed => ("transactions are done", Destination::Activity),
        NotificationKind::TransactionFailed => {
            ("transactions had no effect, or are not certain", Destination::Activity)
        }
        NotificationKind::TransactionReverted => ("transactions wait again", Destination::Activity),
        NotificationKind::TransactionAlarm => {
            ("transactions did something else than was approved", Destination::Activity)
        }
        _ => ("things happened", first.destination),
    };
    Some(Draft {
        kind: NotificationKind::Several,
        happened: format!("{count} {what}."),
        means: first.means.clone(),
        destination,
        trust: of.iter().fold(Trust::Sound, |trust, one| trust.and(one.trust)),
        needs_action: of.iter().any(|one| one.needs_action),
        ..first.clone()
    })
}
