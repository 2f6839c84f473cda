//! Networks of one's own, and the file that keeps them.

use std::fs;
use std::path::Path;

use bithedge_engine::networks::{
    Endpoint, EndpointError, NetworkProfile, OwnProfiles, ProfileError, ProfileId, ProfileInput,
    ProfilesError,
};
use bithedge_stacks::network::Network;
use bithedge_suite::{Deployment, DeploymentError, SuiteNetwork};

const TEST_DEPLOYER: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";
const MAIN_DEPLOYER: &str = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7";
const SBTC: &str = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";
const TEST_SBTC: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.sbtc-token";

fn input(name: &str) -> ProfileInput {
    ProfileInput {
        name: name.to_owned(),
        kind: SuiteNetwork::Testnet,
        endpoints: vec!["https://node.example".to_owned(), "http://127.0.0.1:20443/".to_owned()],
        deployer: Some(TEST_DEPLOYER.to_owned()),
        sbtc: Some(TEST_SBTC.to_owned()),
    }
}

#[test]
fn what_is_built_in_is_not_more_than_is_known() {
    for (profile, network) in [
        (NetworkProfile::testnet().unwrap(), Network::TESTNET),
        (NetworkProfile::mainnet().unwrap(), Network::MAINNET),
    ] {
        assert_eq!(profile.network(), network);
        let error = profile.deployment().unwrap_err();
        assert!(error.to_string().contains(profile.name()), "{error}");
    }
    let local = NetworkProfile::devnet(Endpoint::parse("http://127.0.0.1:1").unwrap()).unwrap();
    assert_eq!(local.deployment(), Ok(&Deployment::devnet()));
    let far = NetworkProfile::devnet(Endpoint::parse("https://node.example").unwrap());
    assert!(matches!(far, Err(ProfileError::NotLocal(_))));
    for id in [ProfileId::Devnet, ProfileId::Testnet, ProfileId::Mainnet, ProfileId::Own(7)] {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    for text in ["", "Devnet", "own-", "own-07", "own--1", "own-99999999999"] {
        assert!(text.parse::<ProfileId>().is_err(), "{text}");
    }
}

#[test]
fn what_a_person_types_is_checked() {
    use ProfileError as E;
    let own = |change: &dyn Fn(&mut ProfileInput)| {
        let mut typed = input("Mine");
        change(&mut typed);
        NetworkProfile::own(3, &typed)
    };
    let profile = own(&|_| {}).unwrap();
    assert_eq!(profile.id(), ProfileId::Own(3));
    let suite = profile.deployment().unwrap();
    assert_eq!(
        (suite.deployer().to_string(), suite.sbtc().unwrap().to_string()),
        (TEST_DEPLOYER.into(), TEST_SBTC.into())
    );
    assert_eq!(NetworkProfile::own(3, &profile.input()), Ok(profile), "written and read again");
    assert_eq!(own(&|typed| typed.name = "  Mine ".to_owned()).unwrap().name(), "Mine");

    for name in ["", "   ", "a\nb", "a\u{202E}b", "a\u{200B}b", &"x".repeat(41)] {
        assert_eq!(own(&|typed| typed.name = name.to_owned()), Err(E::Name), "{name:?}");
    }
    for name in ["Mainnet", "mainnet", " MAINNET", "Devnet"] {
        assert!(matches!(own(&|typed| typed.name = name.to_owned()), Err(E::NameTaken { .. })), "{name}");
    }
    assert_eq!(own(&|typed| typed.endpoints.clear()), Err(E::EndpointCount { count: 0 }));
    let many = own(&|typed| typed.endpoints = (1..=5).map(|n| format!("https://n{n}.example")).collect());
    assert_eq!(many, Err(E::EndpointCount { count: 5 }));
    let plain = own(&|typed| typed.endpoints.push("http://node.example".to_owned()));
    assert_eq!(plain, Err(E::Endpoint { place: 3, error: EndpointError::NotEncrypted }));
    let twice = own(&|typed| typed.endpoints.push("https://NODE.example:443/".to_owned()));
    assert_eq!(twice, Err(E::SameEndpoint(Endpoint::parse("https://node.example").unwrap())));

    // A typing error, another spelling, another network.
    for text in ["", "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGN", &TEST_DEPLOYER.to_lowercase(), TEST_SBTC] {
        assert_eq!(own(&|typed| typed.deployer = Some(text.to_owned())), Err(E::Deployer), "{text}");
    }
    let main = own(&|typed| typed.deployer = Some(MAIN_DEPLOYER.to_owned()));
    assert!(matches!(main, Err(E::Deployment(DeploymentError::OtherNetwork { .. }))));
    for text in ["", TEST_DEPLOYER, "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.", "words words"] {
        assert_eq!(own(&|typed| typed.sbtc = Some(text.to_owned())), Err(E::Token), "{text}");
    }
    assert!(matches!(own(&|typed| typed.sbtc = Some(SBTC.to_owned())), Err(E::TokenElsewhere(_))));
    assert_eq!(own(&|typed| typed.deployer = None), Err(E::TokenAlone));
    let unsaid = own(&|typed| typed.sbtc = None);
    assert_eq!(unsaid, Err(E::Deployment(DeploymentError::NoSbtc(SuiteNetwork::Testnet))));

    // On mainnet the token is known, and no other one is taken.
    let mainnet = |sbtc: Option<&str>| {
        own(&|typed| {
            typed.kind = SuiteNetwork::Mainnet;
            typed.deployer = Some(MAIN_DEPLOYER.to_owned());
            typed.sbtc = sbtc.map(ToOwned::to_owned);
        })
    };
    assert_eq!(mainnet(None).unwrap().deployment().unwrap().sbtc().unwrap().to_string(), SBTC);
    assert_eq!(mainnet(Some(SBTC)), Err(E::TokenIsKnown(SuiteNetwork::Mainnet)));
    let far = own(&|typed| typed.kind = SuiteNetwork::Devnet);
    assert!(matches!(far, Err(E::NotLocal(_))));
}

fn open(path: &Path) -> OwnProfiles {
    let opened = OwnProfiles::open(path).unwrap();
    assert_eq!(opened.set_aside, None);
    opened.profiles
}

#[test]
fn the_list_is_kept_and_numbers_are_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deeper/networks.json");
    let mut list = open(&path);
    assert!(list.all().is_empty());
    let first = list.add(&input("One")).unwrap();
    let second = list.add(&input("Two")).unwrap();
    assert!(matches!(list.add(&input(" one ")), Err(ProfilesError::Profile(ProfileError::NameTaken { .. }))));
    assert!(matches!(
        list.replace(second, &input("ONE")),
        Err(ProfilesError::Profile(ProfileError::NameTaken { .. }))
    ));
    list.replace(second, &input("two")).unwrap();
    list.remove(second).unwrap();
    assert!(matches!(list.remove(second), Err(ProfilesError::Unknown(_))));
    assert!(matches!(list.replace(second, &input("Two")), Err(ProfilesError::Unknown(_))));
    for built_in in [ProfileId::Devnet, ProfileId::Mainnet] {
        assert!(matches!(list.remove(built_in), Err(ProfilesError::Unknown(_))));
        assert!(matches!(list.replace(built_in, &input("Two")), Err(ProfilesError::Unknown(_))));
    }
    let mut again = open(&path);
    assert_eq!(again.all(), list.all());
    let third = again.add(&input("Three")).unwrap();
    assert!(third != first && third != second, "{third}");
    let files: Vec<_> =
        fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["networks.json"], "nothing is left lying about");
    for number in again.all().len()..50 {
        again.add(&input(&format!("n{number}"))).unwrap();
    }
    assert!(matches!(again.add(&input("one more")), Err(ProfilesError::TooMany)));
}

#[test]
fn a_damaged_list_is_kept_aside_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("networks.json");
    open(&path).add(&input("One")).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    let damaged = [
        String::new(),
        good[..good.len() / 2].to_owned(),
        "[]".to_owned(),
        good.replace("\"format\": 1", "\"format\": 0"),
        good.replace("\"format\": 1", "\"format\": \"1\""),
        // Somebody who can write the file gets no further than somebody who types.
        good.replace("https://node.example", "http://node.example"),
        good.replace("https://node.example", "https://key:word@node.example"),
        good.replace("\"name\": \"One\"", "\"name\": \"Mainnet\""),
        good.replace("\"kind\": \"testnet\"", "\"kind\": \"mainnet\""),
        good.replace("\"number\": 1", "\"number\": 0"),
        good.replace("\"number\": 1", "\"number\": 9"),
        good.replace("\"number\": 1", "\"unknown\": 1, \"number\": 1"),
        "x".repeat(3 * 1024 * 1024),
    ];
    for (number, text) in (1..).zip(&damaged) {
        assert_ne!(*text, good, "case {number} changes nothing");
        fs::write(&path, text).unwrap();
        let opened = OwnProfiles::open(&path).unwrap();
        assert!(opened.profiles.all().is_empty(), "{text}");
        let aside = opened.set_aside.unwrap();
        assert_eq!(fs::read_to_string(&aside).unwrap(), *text);
        assert!(!path.exists());
    }
    let mut list = open(&path);
    list.add(&input("Again")).unwrap();
    assert_eq!(open(&path).all().len(), 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1 + damaged.len());
}

#[test]
fn a_list_of_a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("networks.json");
    let text = r#"{"format":2,"anything":["at all"]}"#;
    fs::write(&path, text).unwrap();
    let error = OwnProfiles::open(&path).unwrap_err();
    assert!(matches!(error, ProfilesError::Newer { found: 2, .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_changes_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("networks.json");
    let mut list = open(&path);
    list.add(&input("One")).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let before = fs::read(&path).unwrap();
    // A folder is in the way of the temporary file: what a root user, who may do anything, cannot write either.
    fs::create_dir(folder.path().join("networks.json.new")).unwrap();
    assert!(matches!(
        list.add(&input("Two")).unwrap_err(),
        ProfilesError::Io { .. } | ProfilesError::NotAllowed { .. }
    ));
    assert_eq!(list.all().len(), 1);
    assert_eq!(fs::read(&path).unwrap(), before);
}
