//! What transactions are called: a few words for a title, where the sentences of what was approved stand below.

use bithedge_suite::ContractFunction as _;
use bithedge_suite::generated::{analytics, liquidity_pool, oracle, policy_registry, treasury};

use crate::keeper::BY_KEEPER;
use crate::transactions::{Entry, Purpose};

/// What is done, and that it is done, by the function that is called.
///
/// A payout may be somebody else's, whom one has it paid to: so these names do not say whose it is.
const DEEDS: [(&str, &str, &str); 21] = [
    (policy_registry::PurchaseProtection::FUNCTION, "buying protection", "protection bought"),
    (policy_registry::ActivateProtection::FUNCTION, "activating a policy", "policy activated"),
    (policy_registry::CancelProtection::FUNCTION, "selling a policy back", "policy sold back"),
    (policy_registry::ClaimSettlement::FUNCTION, "paying a policy out", "policy paid out"),
    (liquidity_pool::CommitCapital::FUNCTION, "committing capital", "capital committed"),
    (liquidity_pool::CancelDeposit::FUNCTION, "taking a deposit back", "deposit taken back"),
    (liquidity_pool::RequestWithdrawal::FUNCTION, "asking to leave a bucket", "exit asked for"),
    (liquidity_pool::ClaimYield::FUNCTION, "asking for a gain to be paid", "gain put in the exit queue"),
    (liquidity_pool::CancelWithdrawal::FUNCTION, "taking an exit back", "exit taken back"),
    (
        liquidity_pool::ClaimWithdrawal::FUNCTION,
        "paying out what was set aside",
        "what was set aside is paid out",
    ),
    (
        liquidity_pool::ExitDeadBucket::FUNCTION,
        "leaving a bucket without a close",
        "bucket left without a close",
    ),
    (liquidity_pool::CloseEpoch::FUNCTION, "making a daily close", "daily close made"),
    (policy_registry::SettleExpiry::FUNCTION, "settling policies that ended", "policies settled"),
    (policy_registry::ExpirePolicies::FUNCTION, "ending policies without a payout", "policies ended"),
    (liquidity_pool::ClaimCredit::FUNCTION, "claiming bounties", "bounties claimed"),
    (treasury::ClaimAllocation::FUNCTION, "claiming a part of the fees", "part of the fees claimed"),
    (oracle::ReportPrices::FUNCTION, "reporting prices", "prices reported"),
    (oracle::RecordBoundary::FUNCTION, "recording a price", "price recorded"),
    (oracle::CheckLiveness::FUNCTION, "checking that prices still come", "silence of prices recorded"),
    (treasury::Distribute::FUNCTION, "sharing fees out", "fees shared out"),
    (analytics::RecordHealth::FUNCTION, "recording the pool's health", "pool's health recorded"),
];

/// What a transaction is called, without a full stop: `policy activated` once it had its effect, `activating a policy` otherwise. One
/// that has no name here is called by the first thing that was said of it.
pub fn title(entry: &Entry, is_done: bool) -> String {
    let approved = &entry.approved;
    if let Purpose::Cancels { earlier } = approved.purpose {
        return format!("cancelling transaction {earlier}");
    }
    if let Some((_, deed, done)) = DEEDS.iter().find(|(intent, ..)| *intent == approved.intent) {
        return (*if is_done { done } else { deed }).to_owned();
    }
    let of_itself = approved.words.iter().find(|said| *said != BY_KEEPER);
    let said = of_itself.unwrap_or(&approved.intent).trim_end_matches('.');
    if is_done { format!("done: {said}") } else { said.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::DutyKind;

    #[test]
    fn whatever_the_keeper_calls_has_a_name() {
        for kind in DutyKind::ALL {
            let (_, function) = kind.function();
            assert!(DEEDS.iter().any(|(intent, ..)| *intent == function), "{kind:?}");
        }
    }

    #[test]
    fn titles_fit_into_a_heading() {
        for (intent, deed, done) in DEEDS {
            for title in [deed, done] {
                assert!(title.len() <= 44 && !title.ends_with('.'), "{intent}: {title}");
            }
        }
    }
}
