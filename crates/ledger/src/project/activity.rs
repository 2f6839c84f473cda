//! Whom an event concerns: once for each thing that somebody did, got or lost, whatever number of contracts spoke of it.

use bithedge_stacks::{Address, Principal};
use bithedge_suite::SuiteEvent;

/// Who would want to read of an event. Contracts of the suite read nothing.
pub(crate) fn concerned(event: &SuiteEvent, deployer: Address) -> Vec<&Principal> {
    let mut who = names(event);
    who.sort();
    who.dedup();
    who.retain(|one| !matches!(one, Principal::Contract(contract) if contract.issuer == deployer));
    who
}

fn names(event: &SuiteEvent) -> Vec<&Principal> {
    use SuiteEvent as E;
    match event {
        E::LiquidityPoolCapitalCommitted(e) => vec![&e.provider],
        E::LiquidityPoolDepositCancelled(e) => vec![&e.provider],
        E::LiquidityPoolExitRequested(e) => vec![&e.provider],
        E::LiquidityPoolExitCancelled(e) => vec![&e.provider],
        E::LiquidityPoolWithdrawalPaid(e) => vec![&e.provider],
        E::LiquidityPoolDeadBucketLeft(e) => vec![&e.provider],
        E::LiquidityPoolBountyCredited(e) => vec![&e.who],
        E::LiquidityPoolBountyPaid(e) => vec![&e.who],
        E::PolicyRegistryPolicyCreated(e) => vec![&e.owner],
        E::PolicyRegistryPolicyActivated(e) => vec![&e.owner],
        E::PolicyRegistryPolicyCancelled(e) => vec![&e.owner],
        E::PolicyRegistryPolicySettled(e) => vec![&e.owner, &e.by],
        E::PolicyRegistryPolicyExpired(e) => vec![&e.owner, &e.by],
        E::InsuranceFundContributionMade(e) => vec![&e.by],
        E::InsuranceFundTakenPolicySettled(e) => vec![&e.recipient],
        E::InsuranceFundRecoveryMade(e) => vec![&e.by],
        E::InsuranceFundSurplusWithdrawn(e) => vec![&e.recipient],
        E::TreasuryAllocationPaid(e) => vec![&e.recipient],
        E::TreasurySwapFilled(e) => vec![&e.by],
        E::TreasuryPaymentMade(e) => vec![&e.recipient],
        E::TreasuryCompensationPaid(e) => vec![&e.recipient],
        E::GovernanceProposalCreated(e) => vec![&e.by],
        E::GovernanceProposalQueued(e) => vec![&e.by],
        E::GovernanceProposalCancelled(e) => vec![&e.by],
        E::GovernanceVoteCast(e) => vec![&e.by],
        E::GovernanceRoleAssigned(e) => vec![&e.who],
        E::GovernanceRoleRevoked(e) => vec![&e.who],
        E::GovernanceRoleTransferred(e) => vec![&e.from, &e.to],
        E::GovernanceVotingWeightSet(e) => vec![&e.who],
        E::OracleReporterAdded(e) => vec![&e.reporter],
        E::OracleReporterSet(e) => vec![&e.reporter],
        E::OracleReporterSuspended(e) => vec![&e.reporter],
        E::OracleReporterRemoved(e) => vec![&e.reporter],
        E::OracleReportDisputed(e) => vec![&e.reporter, &e.by],
        _ => Vec::new(),
    }
}
