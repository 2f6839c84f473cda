//! Several of a kind, told as one: what holds for all of them, and nothing that holds for one alone.

use std::collections::BTreeMap;

use bithedge_ipc::{Destination, NotificationKind, Trust};
use bithedge_protocol::risk::Standing;
use bithedge_protocol::{Asset, TokenAmount};

use super::words::{Draft, Ending, Gist};

const WANTED_AGAIN: &str = "Buy new protection if you want it to go on.";

/// Whether several of a kind may be told as one. What stops, or is wrong, for everybody is told one by one: there are never many, and
/// each says something else.
pub(super) const fn is_summed(kind: NotificationKind) -> bool {
    !matches!(
        kind,
        NotificationKind::PriceStale
            | NotificationKind::BreakerTripped
            | NotificationKind::BooksDiffer
            | NotificationKind::TransactionAlarm
            | NotificationKind::KeeperWaits
            | NotificationKind::KeeperEnded
            | NotificationKind::NetworkStopped
    )
}

/// Amounts by token: `0.5 sBTC and 3 STX`; `None` if they cannot be counted.
fn sum(amounts: impl Iterator<Item = (Asset, TokenAmount)>) -> Option<String> {
    let mut sums: BTreeMap<Asset, TokenAmount> = BTreeMap::new();
    for (asset, amount) in amounts {
        let sum = sums.entry(asset).or_default();
        *sum = sum.checked_add(amount).ok()?;
    }
    let shown: Vec<String> = sums.into_iter().map(|(asset, sum)| asset.show(sum)).collect();
    (!shown.is_empty()).then(|| shown.join(" and "))
}

/// What is paid in all, and what some of it falls short of.
fn money(of: &[Draft]) -> (Option<String>, Option<String>) {
    let parts = || {
        of.iter().filter_map(|draft| match draft.gist {
            Gist::Money { asset, amount, promised } => Some((asset, amount, promised)),
            _ => None,
        })
    };
    let all = sum(parts().map(|(asset, amount, _)| (asset, amount)));
    let short = || parts().filter_map(|(asset, amount, promised)| Some((asset, amount, promised?)));
    let count = short().count();
    let paid = sum(short().map(|(asset, amount, _)| (asset, amount)));
    let due = sum(short().map(|(asset, _, promised)| (asset, promised)));
    let shortfall = (count > 0).then(|| match (paid, due) {
        (Some(paid), Some(due)) => {
            format!("{count} of them are paid only in part, {paid} of {due}: there was not enough for all.")
        }
        _ => format!("{count} of them are paid only in part: there was not enough for all."),
    });
    (all, shortfall)
}

fn claimable(of: &[Draft]) -> String {
    let (all, shortfall) = money(of);
    let all = all.unwrap_or_else(|| "What they are paid".to_owned());
    let reserved = format!("{all} in all: reserved for you, without an end.");
    shortfall.map_or(reserved.clone(), |shortfall| format!("{reserved} {shortfall}"))
}

fn paid_out(of: &[Draft]) -> String {
    let (all, shortfall) = money(of);
    let all = all.unwrap_or_else(|| "What they were paid".to_owned());
    match shortfall {
        Some(shortfall) => format!("{all} in all went to your account. {shortfall}"),
        None => format!("{all} in all went to your account, all that they promised."),
    }
}

fn in_the_money(of: &[Draft]) -> String {
    let pays = || {
        of.iter().filter_map(|draft| match draft.gist {
            Gist::Activation { asset, pays } => Some((asset, pays?)),
            _ => None,
        })
    };
    let (can, all) = (pays().count(), of.len());
    if can == 0 {
        return "None of them can be activated at the moment; at its expiry each is settled at the price of then."
            .to_owned();
    }
    let each = if can == all {
        "Activated now they pay".to_owned()
    } else {
        format!("{can} of them can be activated now and pay")
    };
    let shown = sum(pays()).map_or_else(String::new, |shown| format!(" {shown} in all"));
    let rest = if can == all {
        ""
    } else {
        " The others cannot at the moment; at its expiry each is settled at the price of then."
    };
    format!("{each}{shown}, at the price of now; the protection of what is activated ends.{rest}")
}

fn exits(of: &[Draft]) -> [String; 2] {
    let parts = || {
        of.iter().filter_map(|draft| match draft.gist {
            Gist::Exit { asset, amount, waits } => Some((asset, amount, waits)),
            _ => None,
        })
    };
    let paid = sum(parts().map(|(asset, amount, _)| (asset, amount)));
    let paid = paid.map_or_else(String::new, |paid| format!("{paid} in all. "));
    let waiting =
        parts().map(|(asset, _, waits)| (asset, waits)).filter(|(_, waits)| *waits > TokenAmount::ZERO);
    match sum(waiting) {
        Some(waits) => [
            format!(
                "{paid}{waits} of it are set aside for you, and neither earn nor bear risk; the rest went to your account already."
            ),
            "Claim what is set aside, in each bucket.".to_owned(),
        ],
        None => [
            format!("{paid}It went to your account already. Nothing of it waits."),
            "Nothing has to be done.".to_owned(),
        ],
    }
}

fn deposited(of: &[Draft]) -> String {
    money(of).0.unwrap_or_else(|| "What you deposited".to_owned())
}

fn health(of: &[Draft]) -> [String; 2] {
    let well = of.iter().filter(|draft| draft.gist == Gist::Standing(Standing::Healthy)).count();
    let warned = of.iter().filter(|draft| draft.gist == Gist::Standing(Standing::Warning)).count();
    let short = of.len().saturating_sub(well).saturating_sub(warned);
    let parts = [
        (short, "has", "have", "less than what was promised calls for: sales and exits stand still there."),
        (warned, "has", "have", "less than a new sale would want."),
        (well, "is", "are", "well again."),
    ];
    let parts = parts.iter().filter(|(count, ..)| *count > 0);
    let said = parts
        .map(|(count, one, many, what)| format!("{count} {} {what}", if *count == 1 { one } else { many }));
    let means: Vec<String> = said.collect();
    let means = means.join(" ");
    let remedy = if well == of.len() {
        "Nothing has to be done."
    } else {
        "Look at each bucket and its stress test before you decide."
    };
    [means, remedy.to_owned()]
}

fn endings(of: &[Draft]) -> [String; 2] {
    let all = of.iter().filter_map(|draft| match draft.gist {
        Gist::Expiry(ending) => Some(ending),
        _ => None,
    });
    all.fold(Ending::default(), Ending::and).words()
}

/// Several of a kind as one; `None` of none.
pub(super) fn several(of: &[Draft]) -> Option<Draft> {
    let first = of.first()?;
    let same = of.iter().all(|one| one.destination == first.destination);
    let where_they_are = if same { first.destination } else { Destination::Capital };
    let own = |text: &str| text.to_owned();
    let (what, destination, [means, remedy]) = match first.kind {
        NotificationKind::InTheMoney => (
            "policies would pay now",
            Destination::Policies,
            [
                in_the_money(of),
                own(
                    "Compare activating with selling back, which usually pays more while there is time left; or wait.",
                ),
            ],
        ),
        NotificationKind::Claimable => (
            "policies ended with a payout",
            Destination::Policies,
            [
                claimable(of),
                own("Claim them. Somebody may do it for you; the money goes to you in any case."),
            ],
        ),
        NotificationKind::PaidOut => (
            "policies ended with a payout and were paid",
            Destination::Policies,
            [paid_out(of), format!("Nothing has to be done. {WANTED_AGAIN}")],
        ),
        NotificationKind::Ended => (
            "policies ended without a payout",
            Destination::Policies,
            [own("They pay nothing, and what they protected is not protected any more."), own(WANTED_AGAIN)],
        ),
        NotificationKind::ExpiryNear => {
            ("dates at which policies of yours end are near", Destination::Policies, endings(of))
        }
        NotificationKind::HealthChanged => {
            ("buckets stand otherwise than before", where_they_are, health(of))
        }
        NotificationKind::ExitFilled => {
            ("buckets paid exits or have something for you", where_they_are, exits(of))
        }
        NotificationKind::DepositTaken => (
            "deposits became shares",
            where_they_are,
            [
                format!(
                    "{} in all bear the risk of their buckets and earn premiums from now on.",
                    deposited(of)
                ),
                own("Nothing has to be done. To leave, ask to; exits are paid at closes."),
            ],
        ),
        NotificationKind::DepositReturned => (
            "deposits came back",
            where_they_are,
            [
                format!(
                    "The buckets took no deposits at this close. {} in all are set aside for you.",
                    deposited(of)
                ),
                own("Claim them, or choose other buckets."),
            ],
        ),
        NotificationKind::TransactionConfirmed => (
            "transactions are done",
            Destination::Activity,
            [own("Each is in the chain and had its effect."), own("Nothing has to be done.")],
        ),
        NotificationKind::TransactionFailed => (
            "transactions were not done",
            Destination::Activity,
            [
                own(
                    "None of them had an effect, and none will have. Of those that are in the chain the network's fee was taken.",
                ),
                own("Each says why in the activity. Try again what you still want."),
            ],
        ),
        NotificationKind::QuestionUnanswered => (
            "questions were not answered in time",
            Destination::Activity,
            [own("Nothing was signed, nothing was spent."), own("Ask again what you still want.")],
        ),
        NotificationKind::TransactionUncertain => (
            "transactions were given up, and it is not certain what becomes of them",
            Destination::Activity,
            [
                own(
                    "Each may have been carried out, or may still be: what was signed stays valid until its place is taken.",
                ),
                own(
                    "Do not make the same anew: repeat each in its own place, or cancel it, in the activity; if that is not offered, look at a \
                     block explorer first.",
                ),
            ],
        ),
        NotificationKind::TransactionCancelled => (
            "transactions were cancelled",
            Destination::Activity,
            [
                own(
                    "What cancels them is in the chain, so they cannot be carried out any more. Only the network's fees were taken.",
                ),
                own("Nothing has to be done."),
            ],
        ),
        NotificationKind::TransactionReverted => (
            "transactions wait again",
            Destination::Activity,
            [
                own("The chain gave up the blocks that they were in, so what they did there is undone."),
                own("Wait; they are sent again by themselves if need be."),
            ],
        ),
        NotificationKind::TransactionDisplaced => (
            "transactions lost their places to others of the account",
            Destination::Activity,
            [
                own("What they were to do did not happen, or was undone, and will not be done by itself."),
                own(
                    "Look in the activity at what took their places before you repeat any. If it was not you who signed that, somebody else \
                     has your keys.",
                ),
            ],
        ),
        _ => (
            "things happened",
            first.destination,
            [own("Each is in the list of what you were told."), own("Look at each of them.")],
        ),
    };
    Some(Draft {
        kind: NotificationKind::Several,
        is_own: first.is_own,
        happened: format!("{} {what}.", of.len()),
        means,
        remedy,
        destination,
        trust: of.iter().fold(Trust::Sound, |trust, one| trust.and(one.trust)),
        needs_action: of.iter().any(|one| one.needs_action),
        gist: Gist::Plain,
    })
}
