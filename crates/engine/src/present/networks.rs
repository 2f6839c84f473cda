//! Networks and verdicts.

use bithedge_ipc as ipc;
use bithedge_protocol::{BlockHeight, BurnHeight};
use bithedge_suite::SuiteNetwork;

use crate::networks::{ContractState, NetworkProfile, ProfileId, ProfileInput, Verdict};
use crate::words::Notices as _;

const fn kind(kind: SuiteNetwork) -> ipc::NetworkKind {
    match kind {
        SuiteNetwork::Devnet => ipc::NetworkKind::Devnet,
        SuiteNetwork::Testnet => ipc::NetworkKind::Testnet,
        SuiteNetwork::Mainnet => ipc::NetworkKind::Mainnet,
    }
}

/// A network of the list.
#[must_use]
pub fn network(profile: &NetworkProfile) -> ipc::NetworkView {
    let deployment = profile.deployment().ok();
    ipc::NetworkView {
        id: profile.id().to_string(),
        name: profile.name().to_owned(),
        kind: kind(profile.kind()),
        endpoints: profile.endpoints().iter().map(ToString::to_string).collect(),
        is_own: matches!(profile.id(), ProfileId::Own(_)),
        deployer: deployment.map(|suite| suite.deployer().to_string()),
        sbtc: deployment.and_then(|suite| suite.sbtc().ok()).map(ToString::to_string),
    }
}

/// What a person typed. Nothing of it is checked by this.
#[must_use]
pub fn network_input(typed: ipc::NetworkInput) -> ProfileInput {
    let ipc::NetworkInput { name, kind, endpoints, deployer, sbtc } = typed;
    let kind = match kind {
        ipc::NetworkKind::Devnet => SuiteNetwork::Devnet,
        ipc::NetworkKind::Testnet => SuiteNetwork::Testnet,
        ipc::NetworkKind::Mainnet => SuiteNetwork::Mainnet,
    };
    // A field that is left empty says nothing.
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    ProfileInput { name, kind, endpoints, deployer: filled(deployer), sbtc: filled(sbtc) }
}

/// What came of a check.
#[must_use]
pub fn verdict(verdict: &Verdict) -> ipc::NetworkVerdict {
    ipc::NetworkVerdict {
        network: verdict.profile.to_string(),
        name: verdict.name.clone(),
        kind: kind(verdict.kind),
        endpoint: verdict.endpoint.to_string(),
        checked_at: verdict.checked_at,
        is_usable: verdict.is_usable(),
        may_pass: verdict.may_pass(),
        has_api: verdict.has_api(),
        identity: verdict.identity.map(|identity| ipc::ChainIdentityView {
            chain_id: ipc::ChainId(identity.chain_id.0),
            first_block: identity.first_block.map(|hash| hash.to_string()),
        }),
        node: verdict.node.as_ref().map(|node| ipc::NodeView {
            version: node.version.clone(),
            height: BlockHeight::new(node.height),
            burn_height: BurnHeight::new(node.burn_height),
            is_synced: node.is_synced,
        }),
        contracts: verdict
            .contracts
            .iter()
            .map(|(contract, state)| ipc::ContractCheckView {
                name: contract.name().to_owned(),
                check: check(state),
            })
            .collect(),
        problems: verdict.problems.iter().map(|problem| problem.notice()).collect(),
        limits: verdict.limits.iter().map(|limit| limit.notice()).collect(),
    }
}

fn check(state: &ContractState) -> ipc::ContractCheck {
    match state {
        ContractState::Same => ipc::ContractCheck::Same,
        ContractState::Missing => ipc::ContractCheck::Missing,
        ContractState::OtherSource(difference) => ipc::ContractCheck::OtherSource {
            line: difference.line as u64,
            bundled: difference.bundled.map(str::to_owned),
            found: difference.found.clone(),
            bundled_lines: difference.bundled_lines as u64,
            found_lines: difference.found_lines as u64,
        },
        ContractState::OtherVersion { bundled, found } => {
            ipc::ContractCheck::OtherVersion { bundled: *bundled, found: found.clone() }
        }
        ContractState::Unread { reason } => ipc::ContractCheck::Unread { reason: reason.clone() },
    }
}
