//! Whether the suite at a deployment is the one that this program was made with.

use std::collections::BTreeSet;
use std::sync::Arc;

use bithedge_stacks::address::{ContractId, Principal};
use bithedge_stacks::client::{ClientError, NodeClient};
use bithedge_suite::bounded::Ascii;
use bithedge_suite::generated::{governance, liquidity_pool_vault, upgrade_manager};
use bithedge_suite::{Contract, ContractFunction, Deployment, SuiteEvent, setup};
use tokio::task::JoinSet;

use super::check::{problem, shown};
use super::verdict::{ContractState, Limit, Problem, Verdict};

/// Contracts that are read at a time: public nodes give only so many answers a minute.
const AT_ONCE: usize = 4;

/// Events of the registry on one page of the API, and how many pages are read.
const PAGE: u64 = 50;
const PAGES: u64 = 10;

/// The standing of a contract that is in force, as `upgrade-manager` counts it.
const CURRENT: u128 = 2;
/// And of one that never was, or is no more.
const DEAD: u128 = 0;

/// The token that the sBTC contract defines, on every network.
const SBTC_TOKEN: &str = "sbtc-token";

pub(super) struct SuiteLook<'a> {
    pub(super) client: &'a Arc<NodeClient>,
    pub(super) deployment: &'a Deployment,
    pub(super) has_api: bool,
}

impl SuiteLook<'_> {
    /// Holds every contract's source against the bundled one.
    pub(super) async fn sources(&self, verdict: &mut Verdict) {
        let mut are_versions_told = true;
        for some in Contract::ALL.chunks(AT_ONCE) {
            let mut asking = JoinSet::new();
            for contract in some.iter().copied() {
                let (client, id) = (Arc::clone(self.client), self.deployment.contract(contract).clone());
                asking.spawn(async move { (contract, look_at(&client, contract, &id).await) });
            }
            let mut found = asking.join_all().await;
            found.sort_by_key(|(contract, _)| *contract);
            for (contract, Looked { state, is_version_told }) in found {
                are_versions_told &= is_version_told;
                if state != ContractState::Same {
                    verdict.problems.push(Problem::Contract { contract, state: state.clone() });
                }
                verdict.contracts.push((contract, state));
            }
        }
        if !are_versions_told {
            verdict.limits.push(Limit::VersionsUnknown);
        }
    }

    /// Asks the suite's own registry and vault whether these contracts are the ones in force.
    pub(super) async fn parts(&self, verdict: &mut Verdict) {
        let asked = async {
            self.registered(verdict).await?;
            self.token(verdict).await?;
            // Until then the deployer passes every gate alone.
            if self.ask(governance::IsBootstrapping {}).await? {
                verdict.problems.push(Problem::NotHandedOver { deployer: self.deployment.deployer() });
            }
            Ok::<(), ClientError>(())
        }
        .await;
        if let Err(error) = asked {
            verdict.problems.push(problem(&error));
            return;
        }
        let complete = if self.has_api { self.unknown_parts(verdict).await } else { Ok(false) };
        if !complete.unwrap_or(false) {
            verdict.limits.push(Limit::PartsUnknown);
        }
    }

    async fn registered(&self, verdict: &mut Verdict) -> Result<(), ClientError> {
        for contract in setup::registered_contracts() {
            let ours = Principal::from(self.deployment.contract(contract).clone());
            let Ok(name) = Ascii::new(contract.name()) else { continue };
            let standing = upgrade_manager::GetStanding { name: name.clone(), who: ours.clone() };
            if self.ask(standing).await? == CURRENT {
                continue;
            }
            let entry = self.ask(upgrade_manager::GetContract { name }).await?;
            let current = entry.map(|entry| entry.contract_address).filter(|current| *current != ours);
            verdict.problems.push(Problem::Superseded { contract, current });
        }
        Ok(())
    }

    async fn token(&self, verdict: &mut Verdict) -> Result<(), ClientError> {
        // A profile with a suite has its token.
        let Ok(expected) = self.deployment.sbtc().cloned() else {
            verdict.problems.push(Problem::NotDeployed);
            return Ok(());
        };
        let found = self.ask(liquidity_pool_vault::GetSbtcTokenPrincipal {}).await?;
        if found != Some(Principal::from(expected.clone())) {
            verdict.problems.push(Problem::OtherSbtc { expected: expected.clone(), found });
        }
        let has_token = match self.client.contract_interface(&expected).await {
            Ok(interface) => interface.fungible_tokens.iter().any(|token| token.name.as_str() == SBTC_TOKEN),
            Err(ClientError::NotFound { .. }) => false,
            Err(error) => return Err(error),
        };
        if !has_token {
            verdict.problems.push(Problem::NoSbtcToken { expected });
        }
        Ok(())
    }

    /// Looks through what the registry has printed for names that this program does not know. Whether all of it was there to be
    /// read.
    async fn unknown_parts(&self, verdict: &mut Verdict) -> Result<bool, ClientError> {
        let registry = self.deployment.contract(Contract::UpgradeManager);
        let known: BTreeSet<&str> = setup::registered_contracts().map(Contract::name).collect();
        let mut unknown = BTreeSet::new();
        for page in 0..PAGES {
            let events = self.client.contract_events(registry, PAGE, page * PAGE).await?.results;
            let is_last = (events.len() as u64) < PAGE;
            for event in events {
                let read = SuiteEvent::decode(Contract::UpgradeManager.name(), &event.value);
                if let Ok(SuiteEvent::UpgradeManagerContractRegistered(event)) = read
                    && !known.contains(event.name.as_str())
                {
                    unknown.insert(event.name);
                }
            }
            if is_last {
                return self.name_unknown(unknown, verdict).await.map(|()| true);
            }
        }
        self.name_unknown(unknown, verdict).await.map(|()| false)
    }

    async fn name_unknown(
        &self,
        names: BTreeSet<Ascii<40>>,
        verdict: &mut Verdict,
    ) -> Result<(), ClientError> {
        for name in names {
            let Some(entry) = self.ask(upgrade_manager::GetContract { name: name.clone() }).await? else {
                continue;
            };
            let address = entry.contract_address;
            let standing = upgrade_manager::GetStanding { name: name.clone(), who: address.clone() };
            if self.ask(standing).await? != DEAD {
                verdict.problems.push(Problem::UnknownPart { name: shown(name.as_str()), address });
            }
        }
        Ok(())
    }

    async fn ask<F: ContractFunction>(&self, function: F) -> Result<F::Answer, ClientError> {
        let call = function.into_call(self.deployment);
        let sender = Principal::Standard(self.deployment.deployer());
        let value = self.client.call_read_only(&call.contract, &call.function, &sender, &call.args).await?;
        F::decode(&value).map_err(|mismatch| ClientError::Malformed {
            endpoint: "the node".to_owned(),
            what: format!("{}.{}", call.contract, call.function),
            reason: mismatch.to_string(),
        })
    }
}

struct Looked {
    state: ContractState,
    is_version_told: bool,
}

async fn look_at(client: &NodeClient, contract: Contract, id: &ContractId) -> Looked {
    let told = |state| Looked { state, is_version_told: true };
    let unread = |error: &ClientError| told(ContractState::Unread { reason: shown(&error.to_string()) });
    let Some(bundled) = contract.bundled() else {
        return told(ContractState::Unread { reason: "this program does not have its source".to_owned() });
    };
    match client.contract_source(id).await {
        Ok(source) => {
            if let Some(mut difference) = bundled.difference(&source) {
                difference.found = difference.found.as_deref().map(shown);
                return told(ContractState::OtherSource(difference));
            }
        }
        Err(ClientError::NotFound { .. }) => return told(ContractState::Missing),
        Err(error) => return unread(&error),
    }
    match client.contract_interface(id).await {
        Ok(interface) => match interface.clarity_version {
            None => Looked { state: ContractState::Same, is_version_told: false },
            Some(found) if found == format!("Clarity{}", bundled.clarity_version) => {
                told(ContractState::Same)
            }
            Some(found) => {
                told(ContractState::OtherVersion { bundled: bundled.clarity_version, found: shown(&found) })
            }
        },
        Err(error) => unread(&error),
    }
}
