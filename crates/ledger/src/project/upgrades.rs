//! Contracts of the suite that others take the place of: their prints are not this deployment's, so what they do is missing
//! here from then on, and has to say so.

use bithedge_stacks::Principal;
use bithedge_suite::{Contract, SuiteEvent};

use super::{Context, Subject};
use crate::work::Work;

pub(super) fn apply(work: &mut Work<'_>, context: &Context<'_>, event: &SuiteEvent) {
    use SuiteEvent as E;
    let (name, address) = match event {
        E::UpgradeManagerUpgradeActivated(e) => (e.name.as_str(), &e.address),
        E::UpgradeManagerStandingChanged(e) => (e.name.as_str(), &e.address),
        E::UpgradeManagerContractRegistered(e) => (e.name.as_str(), &e.address),
        _ => return,
    };
    // Names of contracts that this version knows nothing of touch none of its figures.
    let Some(contract) = Contract::by_name(name) else { return };
    let is_ours = matches!(address, Principal::Contract(id)
        if id.issuer == context.deployer && id.name.as_str() == contract.name());
    if is_ours {
        return;
    }
    let touched: &[&'static str] = match contract.name() {
        // They sell and settle together, and the vault keeps what they say.
        "policy-registry" | "liquidity-pool" => &["policy-registry", "liquidity-pool"],
        "liquidity-pool-vault" => &["liquidity-pool-vault", "liquidity-pool"],
        one => &[one],
    };
    for one in touched {
        work.remark(format!("{name} is {address} now, which is not read here"), &Subject::Contract(one));
    }
}
