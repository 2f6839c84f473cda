#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

const DEPLOYER: &str = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7";

fn input(kind: SuiteNetwork, node: &str, deployer: Option<&str>) -> ProfileInput {
    ProfileInput {
        name: "Mine".to_owned(),
        kind,
        endpoints: vec![node.to_owned()],
        deployer: deployer.map(str::to_owned),
        sbtc: None,
    }
}

fn profile(input: &ProfileInput) -> NetworkProfile {
    NetworkProfile::own(1, input).unwrap()
}

#[test]
fn whatever_is_typed_is_a_part_of_what_is_approved() {
    let one = input(SuiteNetwork::Mainnet, "https://one.example", Some(DEPLOYER));
    let mut digests = BTreeSet::from([digest(&canonical(&profile(&one)))]);
    assert!(
        !digests
            .insert(digest(&canonical(&profile(&ProfileInput { name: " Mine ".to_owned(), ..one.clone() }))))
    );
    for other in [
        ProfileInput { name: "Yours".to_owned(), ..one.clone() },
        ProfileInput { endpoints: vec!["https://two.example".to_owned()], ..one.clone() },
        ProfileInput {
            endpoints: [one.endpoints.clone(), vec!["https://two.example".to_owned()]].concat(),
            ..one.clone()
        },
        ProfileInput { deployer: Some("SP000000000000000000002Q6VF78".to_owned()), ..one.clone() },
        ProfileInput { deployer: None, ..one.clone() },
        ProfileInput { kind: SuiteNetwork::Testnet, deployer: None, ..one.clone() },
    ] {
        assert!(digests.insert(digest(&canonical(&profile(&other)))), "{other:?}");
    }
}

#[test]
fn only_a_devnet_on_this_computer_is_nobody_s_question() {
    for (kind, is_asked) in
        [(SuiteNetwork::Devnet, false), (SuiteNetwork::Testnet, true), (SuiteNetwork::Mainnet, true)]
    {
        assert_eq!(has_to_be_asked(&profile(&input(kind, "http://127.0.0.1:9", None))), is_asked, "{kind:?}");
    }
    for built_in in [NetworkProfile::mainnet().unwrap(), NetworkProfile::testnet().unwrap()] {
        assert!(!has_to_be_asked(&built_in));
    }
}

#[test]
fn the_words_say_whose_contracts_they_are_and_what_changes() {
    let view = |input: &ProfileInput| present::network(&profile(input));
    let mine = view(&input(SuiteNetwork::Mainnet, "https://one.example", Some(DEPLOYER)));
    let bare = view(&input(SuiteNetwork::Mainnet, "https://one.example", None));
    let said = |network, before, is_listed| sentences(network, before, is_listed).join(" ");
    assert!(said(&mine, None, false).contains("who reports the prices"));
    assert!(said(&bare, None, false).contains("Nothing can be bought"));
    assert!(said(&bare, Some(&mine), false).contains("contracts under another address"));
    assert!(!said(&mine, Some(&mine), false).contains("another address"));
    assert!(said(&mine, None, true).contains("have not approved it"));
}

#[test]
fn an_acknowledgement_is_of_exactly_what_was_shown() {
    let alarm = |byte| AlarmDigest([byte; 32]);
    let of = |id, alarms: &[AlarmDigest]| alarms_digest(TransactionId(id), &alarms.iter().copied().collect());
    let one = of(1, &[alarm(1), alarm(2)]);
    assert_eq!(one, of(1, &[alarm(2), alarm(1)]));
    for other in [of(2, &[alarm(1), alarm(2)]), of(1, &[alarm(1)]), of(1, &[alarm(1), alarm(2), alarm(3)])] {
        assert_ne!(other, one);
    }
}
