//! Session, questions, secrets, devnet and what is asked for: their wire form is pinned as the rest is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use bithedge_ipc::secret::{
    KeychainState, SecretCreation, SecretDone, SecretPassphrase, SecretTask, SecretView, SecretWords,
    WordCount,
};
use bithedge_ipc::{
    AccountView, Ask, AskedNetwork, BooksView, BucketRef, DevnetDeed, DevnetFaults, Effect, Event, Fault,
    KeeperDuty, KeeperInput, KeeperLine, KeeperView, KeyProtection, KeyState, NetworkKind, NetworkUse,
    NetworkView, Notice, PageQuery, Proposed, QuestionState, QuestionView, SavedNetwork, SessionView,
    WalletKind, WalletView, command,
};
use bithedge_protocol::pool::Order;
use bithedge_protocol::{Asset, BlockHeight, MicroStx, Ppm, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

fn crossing<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> Json {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value);
    serde_json::from_str(&text).unwrap()
}

fn notice() -> Notice {
    Notice {
        fault: Fault::WalletLocked,
        happened: "a".into(),
        means: "b".into(),
        remedy: "c".into(),
        detail: String::new(),
    }
}

fn order() -> KeeperInput {
    KeeperInput {
        duties: vec![KeeperDuty::ServePool, KeeperDuty::ReportPrices],
        only_if_paid: true,
        a_call: MicroStx::new(1),
        a_day: MicroStx::MAX,
        lasts: Seconds::new(3_600),
    }
}

fn session() -> SessionView {
    SessionView {
        revision: 3,
        wallet: Some(WalletView {
            kind: WalletKind::Own,
            keys: KeyState::Locked,
            protection: Some(KeyProtection::PassphraseAlone),
            auto_lock: Seconds::new(600),
            problem: Some(notice()),
        }),
        has_own_keys: true,
        accounts: vec![AccountView {
            id: "derived-0".into(),
            label: "Daily".into(),
            address: "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".into(),
            can_sign: true,
            is_verified: false,
        }],
        account: Some("derived-0".into()),
        network: NetworkUse::Ready {
            network: NetworkView {
                id: "devnet".into(),
                name: "Devnet".into(),
                kind: NetworkKind::Devnet,
                endpoints: vec!["http://127.0.0.1:20443".into()],
                is_own: false,
                deployer: None,
                sbtc: None,
            },
            books: BooksView {
                height: Some(BlockHeight::new(u64::MAX)),
                tip: None,
                is_current: false,
                problem: Some(notice()),
            },
        },
        question: Some(1 << 48),
        asked_anew_for: Some(7),
        keeper: KeeperView::On {
            account: "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".into(),
            order: order(),
            until: UnixSeconds::new(u64::MAX),
            log: vec![KeeperLine { at: UnixSeconds::new(1), words: "a".into(), is_problem: true }],
        },
        notices: vec![notice()],
    }
}

#[test]
fn a_session_crosses_and_one_without_notices_is_read() {
    let view = session();
    let json = crossing(&view);
    assert_eq!(json["wallet"]["kind"], "own");
    assert_eq!(json["network"]["ready"]["books"]["height"], "18446744073709551615");
    assert_eq!(json["keeper"]["on"]["order"]["a_day"], MicroStx::MAX.base_units().to_string());
    assert_eq!(view.account_in_use().unwrap().label, "Daily");
    assert!(view.network.is_ready() && view.network.kind() == Some(NetworkKind::Devnet));
    let mut older = json;
    older.as_object_mut().unwrap().remove("notices");
    assert_eq!(serde_json::from_value::<SessionView>(older).unwrap().notices, []);
    crossing(&Event::Session(Box::new(view)));
    assert_eq!(crossing(&Event::PagesChanged {}), json!({"pages_changed": {}}));
    crossing(&NetworkUse::None);
    crossing(&KeeperView::Waiting);
    crossing(&KeeperView::Stopped { alarms: vec![7], notice: notice() });
}

#[test]
fn questions_cross_with_what_they_would_do() {
    let effect = Effect::Protection {
        order: Order {
            asset: Asset::Stx,
            tier: 2,
            strike: UsdE8::new(1),
            expiry: UnixSeconds::new(2),
            size: Sats::new(3),
        },
        floor: UsdE8::new(4),
        max_cost: TokenAmount::new(u128::MAX),
        spot: UsdE8::new(5),
        stx: UsdE8::new(6),
    };
    assert_eq!(crossing(&effect)["protection"]["max_cost"], u128::MAX.to_string());
    crossing(&Effect::None);
    crossing(&Effect::Unknown { why: "The node did not answer in time.".into() });
    crossing(&Effect::Capital {
        bucket: BucketRef { tier: 1, asset: Asset::Sbtc },
        tier_name: "Balanced".into(),
        utilisation: None,
        worst_drawdown: None,
        due: None,
        exit_fee: Some(Ppm::new(1)),
    });
    let ask = Ask::StandingOrder {
        account: "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".into(),
        digest: "ab".repeat(32),
        order: order(),
        until: UnixSeconds::new(9),
        sentences: vec!["a".into()],
        expires: UnixSeconds::new(10),
    };
    let question = QuestionView {
        id: 1 << 48,
        ask,
        network: Some(AskedNetwork {
            name: "Mine".into(),
            kind: NetworkKind::Mainnet,
            node: "https://one.example".into(),
            deployer: Some("SP1".into()),
        }),
        account_label: "Daily".into(),
        is_locked: true,
        state: QuestionState::Answered,
        problem: Some(notice()),
    };
    let json = crossing(&question);
    assert_eq!(
        (&json["ask"]["standing_order"]["digest"], &json["id"]),
        (&json!("ab".repeat(32)), &json!(281_474_976_710_656_u64))
    );
    assert_eq!(json["network"]["kind"], "mainnet");
    crossing(&Proposed { question: 7 });
    let network = NetworkView {
        id: "own-1".into(),
        name: "Mine".into(),
        kind: NetworkKind::Mainnet,
        endpoints: vec!["https://one.example".into()],
        is_own: true,
        deployer: None,
        sbtc: None,
    };
    let network = Box::new(network);
    crossing(&Ask::Network {
        network: network.clone(),
        before: Some(network.clone()),
        digest: "ab".repeat(32),
        sentences: vec!["a".into()],
    });
    crossing(&Ask::Acknowledge {
        transaction: 7,
        txid: "cd".repeat(32),
        account: "SP1".into(),
        approved: vec!["a".into()],
        alarms: Vec::new(),
        digest: "ab".repeat(32),
        sentences: vec!["b".into()],
        expires: UnixSeconds::new(10),
    });
    let asked = crossing(&SavedNetwork::Asked { question: 7, network: network.clone() });
    assert_eq!((&asked["asked"]["question"], &asked["asked"]["network"]["id"]), (&json!(7), &json!("own-1")));
    crossing(&SavedNetwork::Kept(network));
}

#[test]
fn what_is_asked_for_is_read_strictly() {
    assert_eq!(crossing(&PageQuery::Market {}), json!({"page": "market"}));
    crossing(&PageQuery::Bucket { bucket: BucketRef { tier: 1, asset: Asset::Sbtc } });
    crossing(&DevnetDeed::SetFaults { faults: DevnetFaults::default() });
    assert_eq!(crossing(&DevnetDeed::Stop {}), json!({"deed": "stop"}));
    for wrong in [json!({"page": "market", "more": 1}), json!({"page": "moon"}), json!({"page": "policy"})] {
        assert!(serde_json::from_value::<PageQuery>(wrong.clone()).is_err(), "{wrong}");
    }
    for wrong in [json!({"deed": "stop", "now": true}), json!({"deed": "pass", "seconds": -1})] {
        assert!(serde_json::from_value::<DevnetDeed>(wrong.clone()).is_err(), "{wrong}");
    }
    let mut more = serde_json::to_value(order()).unwrap();
    more["unlimited"] = json!(true);
    assert!(serde_json::from_value::<KeeperInput>(more).is_err());
    assert!(serde_json::from_value::<DevnetFaults>(json!({"explode": true})).is_err());
}

#[test]
fn secrets_cross_and_cannot_be_asked_for_more_than_they_are() {
    let creation = json!({"answers": ["a", "b", "c"], "passphrase": "p", "without_keychain": false});
    let read: SecretCreation = serde_json::from_value(creation.clone()).unwrap();
    assert_eq!((read.answers.len(), read.passphrase.as_str()), (3, "p"));
    assert_eq!(serde_json::to_value(&read).unwrap(), creation);
    let mut more = creation;
    more["words"] = json!("a");
    assert!(serde_json::from_value::<SecretCreation>(more).is_err());
    assert!(serde_json::from_value::<SecretPassphrase>(json!({"passphrase": "p", "store": 1})).is_err());
    let words = SecretWords { words: vec!["a".into()], asked: vec![12] };
    assert_eq!(serde_json::to_value(&words).unwrap(), json!({"words": ["a"], "asked": [12]}));
    crossing(&SecretView {
        task: SecretTask::ChangePassphrase,
        keychain: KeychainState::Unusable { notice: notice() },
        shortest_passphrase: 8,
        waiting: 2,
    });
    crossing(&SecretDone { notices: vec![notice()] });
    assert_eq!(serde_json::to_value(WordCount::TwentyFour).unwrap(), json!("twenty_four"));
}

/// The main window can neither approve nor see a secret; each of the others has its own few commands.
#[test]
fn every_window_has_its_own_commands_and_no_other_s() {
    let set = |all: &[&'static str]| all.iter().copied().collect::<BTreeSet<&str>>();
    let (main, question, secret) =
        (set(&command::main::ALL), set(&command::question::ALL), set(&command::secret::ALL));
    assert_eq!(main.len(), command::main::ALL.len(), "one is named twice");
    assert_eq!(question.len(), command::question::ALL.len());
    assert_eq!(secret.len(), command::secret::ALL.len());
    let everybodys = set(&[command::main::PREFERENCES, command::main::SESSION]);
    let own = |one: &BTreeSet<&'static str>| one.difference(&everybodys).copied().collect::<BTreeSet<_>>();
    for (one, other) in [(&main, &question), (&main, &secret), (&question, &secret)] {
        let both: Vec<_> = own(one).intersection(&own(other)).copied().collect();
        assert!(both.is_empty(), "{both:?}");
    }
    let is_name = |name: &&str| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    assert!(main.union(&question).chain(&secret).all(is_name));
}
