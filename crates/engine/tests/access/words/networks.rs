//! Networks.

use super::*;

#[test]
fn what_is_wrong_with_a_network_is_told() {
    let difference = SourceDifference {
        line: 3,
        bundled: Some("(define-constant A u1)"),
        found: None,
        bundled_lines: 9,
        found_lines: 2,
    };
    let states = [
        ContractState::Same,
        ContractState::Missing,
        ContractState::OtherSource(difference),
        ContractState::OtherVersion { bundled: 6, found: text("Clarity2") },
        ContractState::Unread { reason: text("no answer in time") },
    ];
    assert_eq!(states.len(), variants(NETWORKS, "ContractState"));
    let mut problems: Vec<Problem> =
        states.into_iter().map(|state| Problem::Contract { contract: Contract::Oracle, state }).collect();
    let (expected, found) = CHAINS;
    let contract_id = contract;
    problems.extend([
        Problem::NotDeployed,
        Problem::NoAnswer { reason: text("no connection") },
        Problem::BadAnswer { reason: text("not JSON") },
        Problem::TooSlow { seconds: 120 },
        Problem::OtherChain { expected, found },
        Problem::NotSynced { height: 7 },
        Problem::Superseded { contract: Contract::Oracle, current: None },
        Problem::Superseded { contract: Contract::Oracle, current: Some(contract_id("oracle-2").into()) },
        Problem::UnknownPart { name: text("engine"), address: contract_id("engine").into() },
        Problem::OtherSbtc { expected: contract_id("sbtc-token"), found: None },
        Problem::NotHandedOver { deployer: address() },
        Problem::NoBeginning,
        Problem::NoSbtcToken { expected: contract_id("sbtc-token") },
    ]);
    all_told(NETWORKS, "Problem", &problems);
    all_told(
        NETWORKS,
        "Limit",
        &[
            Limit::NoApi,
            Limit::IndexBehind { node: 9, index: 7 },
            Limit::SyncUnknown,
            Limit::VersionsUnknown,
            Limit::PartsUnknown,
        ],
    );
    all_told(
        NETWORKS,
        "ChainChange",
        &[
            ChainChange::OtherChain { expected, found },
            ChainChange::OtherBeginning { expected: BlockHash([1; 32]), found: BlockHash([2; 32]) },
            ChainChange::Unchecked,
            ChainChange::from(client_error()),
        ],
    );
    let endpoints = [
        EndpointError::NotAnAddress,
        EndpointError::TooLong,
        EndpointError::Scheme,
        EndpointError::NotEncrypted,
        EndpointError::MoreThanAHost,
        EndpointError::PortZero,
    ];
    all_told(NETWORKS, "EndpointError", &endpoints);
    let endpoint = || Endpoint::parse("https://node.example").unwrap();
    all_told(
        NETWORKS,
        "ProfileError",
        &[
            ProfileError::Name,
            ProfileError::NameTaken { name: text("Mainnet") },
            ProfileError::EndpointCount { count: 9 },
            ProfileError::Endpoint { place: 2, error: EndpointError::Scheme },
            ProfileError::SameEndpoint(endpoint()),
            ProfileError::NotLocal(endpoint()),
            ProfileError::Deployer,
            ProfileError::Token,
            ProfileError::Deployment(DeploymentError::NoSbtc(SuiteNetwork::Testnet)),
            ProfileError::TokenElsewhere(contract("sbtc-token")),
            ProfileError::TokenIsKnown(SuiteNetwork::Mainnet),
            ProfileError::TokenAlone,
        ],
    );
    all_told(
        NETWORKS,
        "ProfilesError",
        &[
            ProfilesError::Newer { path: path(), found: 9 },
            ProfilesError::Profile(ProfileError::Name),
            ProfilesError::Unknown(ProfileId::Own(3)),
            ProfilesError::TooMany,
            ProfilesError::DiskFull { path: path() },
            ProfilesError::NotAllowed { path: path() },
            ProfilesError::NotConfirmed { path: path() },
            ProfilesError::Io { path: path(), source: io::Error::other("odd") },
        ],
    );
    is_told(&NotDeployed { name: text("Testnet") }.notice(), "NotDeployed");
}
