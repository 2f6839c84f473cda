//! The committed plans are what `contracts/Clarinet.toml` says, and a plan that says something else is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use bithedge_deploy::parties::{Parties, PartiesError};
use bithedge_deploy::plan::{Plan, PlanError, SENDER_PLACEHOLDER};
use bithedge_suite::bundle::CONTRACTS;
use bithedge_suite::{Contract, Deployment, SuiteNetwork};

const NETWORKS: [SuiteNetwork; 3] = [SuiteNetwork::Devnet, SuiteNetwork::Testnet, SuiteNetwork::Mainnet];

fn file(path: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    std::fs::read_to_string(folder.join(path)).unwrap()
}

#[test]
fn the_committed_plans_are_up_to_date() {
    for network in NETWORKS {
        let committed = file(&Plan::file(network));
        let plan = Plan::generate(network);
        assert_eq!(committed, plan.to_yaml(), "make it again: cargo xtask deploy --network {network} --plan");
        assert_eq!(Plan::from_yaml(&committed, network).unwrap(), plan);
    }
}

#[test]
fn every_contract_is_published_once_in_the_order_of_the_bindings() {
    let names: Vec<&str> = CONTRACTS.iter().map(|contract| contract.name).collect();
    let known: Vec<&str> = Contract::ALL.iter().map(|contract| contract.name()).collect();
    assert_eq!(names, known);
}

#[test]
fn only_the_devnet_s_plan_names_a_deployer() {
    for network in NETWORKS {
        let plan = Plan::generate(network);
        let expected = (network == SuiteNetwork::Devnet).then(|| Deployment::devnet().deployer());
        assert!(plan.publishes.iter().all(|publish| publish.sender == expected));
        assert_eq!(plan.to_yaml().contains(SENDER_PLACEHOLDER), expected.is_none());
    }
}

#[test]
fn a_plan_that_does_something_else_is_refused() {
    let good = Plan::generate(SuiteNetwork::Devnet).to_yaml();
    let read = |text: &str| Plan::from_yaml(text, SuiteNetwork::Devnet).unwrap_err();
    assert!(matches!(read(""), PlanError::Format(_)));
    assert!(matches!(read("plan: 3"), PlanError::Format(_)));
    assert!(matches!(read(&good.replace("devnet\n", "testnet\n")), PlanError::OtherNetwork { .. }));
    let other = |text: &str| matches!(read(text), PlanError::OtherContract { .. });
    assert!(other(&good.replace("contract-name: oracle", "contract-name: orakel")));
    assert!(other(&good.replace("path: oracle.clar", "path: treasury.clar")));
    assert!(other(&good.replacen("clarity-version: 6", "clarity-version: 2", 1)));
    assert!(matches!(read(&good.replacen("ST1PQHQ", "ST1PQHR", 1)), PlanError::Sender(_)));
    assert!(matches!(read(&good.replacen("contract-publish:", "contract-call:", 1)), PlanError::Format(_)));
    // A contract left out, and two that changed places.
    let entries: Vec<&str> = good.split("        - contract-publish:").collect();
    let without: Vec<&str> =
        entries.iter().enumerate().filter(|(at, _)| *at != 5).map(|(_, entry)| *entry).collect();
    assert!(matches!(read(&without.join("        - contract-publish:")), PlanError::Order { .. }));
    let mut swapped = entries.clone();
    swapped.swap(4, 5);
    assert!(matches!(read(&swapped.join("        - contract-publish:")), PlanError::Order { .. }));
}

#[test]
fn testnet_and_mainnet_wait_for_their_parties() {
    let deployer = |network| match network {
        SuiteNetwork::Mainnet => "SP3FBR2AGK5H9QBDH3EEN6DF8EK8JY7RX8QJ5SVTE".parse().unwrap(),
        _ => Deployment::devnet().deployer(),
    };
    for network in NETWORKS {
        let parties = Parties::from_toml(&file(&Parties::file(network))).unwrap();
        let deployment = parties.deployment(network, deployer(network));
        match network {
            SuiteNetwork::Devnet => {
                parties.setup(&deployment.unwrap()).unwrap();
            }
            SuiteNetwork::Testnet => assert_eq!(deployment.unwrap_err(), PartiesError::NoSbtc(network)),
            SuiteNetwork::Mainnet => {
                let error = parties.setup(&deployment.unwrap()).unwrap_err();
                assert!(matches!(error, PartiesError::Nobody("reporters", _)));
            }
        }
    }
}
