//! What is found out about a node, and what a hostile one cannot do.

use std::time::{Duration, Instant};

use bithedge_engine::Clock;
use bithedge_engine::networks::{
    ChainChange, CheckLimits, Checker, ContractState, Endpoint, Limit, NetworkProfile, Problem, ProfileInput,
    Verdict,
};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Principal;
use bithedge_stacks::network::ChainId;
use bithedge_suite::{Contract, Deployment, SuiteNetwork};

use crate::node::{FakeNode, REGISTRY, Served, registered};

pub(crate) struct At(pub(crate) u64);

impl Clock for At {
    fn now(&self) -> UnixSeconds {
        UnixSeconds::new(self.0)
    }
}

const HASTY: CheckLimits = CheckLimits {
    request: Duration::from_millis(600),
    whole: Duration::from_secs(20),
    attempts: 1,
    pause: Duration::from_millis(10),
};

fn checker(url: &str, limits: CheckLimits) -> (Checker, Endpoint) {
    let endpoint = Endpoint::parse(url).unwrap();
    let profile = NetworkProfile::devnet(endpoint.clone()).unwrap();
    (Checker::with_limits(profile, At(1_700_000_000), limits), endpoint)
}

/// What is said of a node that differs in one thing.
async fn verdict(change: impl FnOnce(&mut Served)) -> Verdict {
    let mut served = Served::right();
    change(&mut served);
    let node = FakeNode::start(served).await;
    let (checker, endpoint) = checker(&node.url, HASTY);
    let verdict = checker.check_node(&endpoint).await;
    assert_eq!(verdict.is_usable(), verdict.problems.is_empty() && verdict.identity.is_some());
    verdict
}

async fn problems(change: impl FnOnce(&mut Served)) -> Vec<Problem> {
    let verdict = verdict(change).await;
    assert!(!verdict.is_usable(), "{verdict:?}");
    verdict.problems
}

fn somebody(name: &str) -> Principal {
    format!("ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG.{name}").parse().unwrap()
}

fn ours(contract: Contract) -> Principal {
    Principal::from(Deployment::devnet().contract(contract).clone())
}

#[tokio::test]
async fn a_node_with_the_suite_as_it_is_bundled_is_usable() {
    let verdict = verdict(|_| {}).await;
    assert!(verdict.is_usable(), "{verdict:?}");
    assert_eq!((verdict.problems.as_slice(), verdict.limits.as_slice()), (&[][..], &[][..]));
    assert_eq!(verdict.contracts.len(), Contract::ALL.len());
    assert!(verdict.contracts.iter().all(|(_, state)| *state == ContractState::Same));
    let node = verdict.node.unwrap();
    assert_eq!((node.height, node.is_synced), (40, Some(true)));
    let identity = verdict.identity.unwrap();
    assert_eq!(identity.chain_id, ChainId::TESTNET);
    assert!(identity.first_block.unwrap().to_string().starts_with("01"));
    assert_eq!(verdict.checked_at, UnixSeconds::new(1_700_000_000));
}

#[tokio::test]
async fn another_chain_is_not_used_and_nothing_of_it_is_believed() {
    let node = FakeNode::start(Served { chain_id: 1, ..Served::right() }).await;
    let (checker, endpoint) = checker(&node.url, HASTY);
    let verdict = checker.check_node(&endpoint).await;
    let other = Problem::OtherChain { expected: ChainId::TESTNET, found: ChainId::MAINNET };
    assert_eq!(verdict.problems, [other]);
    assert!(verdict.identity.is_none() && verdict.contracts.is_empty());
    assert_eq!(node.served.lock().unwrap().asked, ["/v2/info"]);
}

#[tokio::test]
async fn a_contract_that_differs_is_named_with_its_first_other_line() {
    let name = Contract::LiquidityPool.name();
    let bundled = Contract::LiquidityPool.bundled().unwrap().source;
    let third = bundled.lines().nth(2).unwrap().to_owned();
    let found = problems(|served| {
        let source = served.sources.get_mut(name).unwrap();
        *source = source.replacen(&third, &format!("{third} ;; a fee for somebody"), 1);
    })
    .await;
    let [
        Problem::Contract {
            contract: Contract::LiquidityPool,
            state: ContractState::OtherSource(difference),
        },
    ] = found.as_slice()
    else {
        panic!("{found:?}")
    };
    assert_eq!((difference.line, difference.bundled), (3, Some(third.as_str())));
    assert!(difference.found.as_deref().unwrap().ends_with("a fee for somebody"));
    assert_eq!(difference.bundled_lines, bundled.lines().count());
    assert_eq!(difference.found_lines, difference.bundled_lines);
    // One byte more, at the very end, is another contract.
    let found = problems(|served| served.sources.get_mut(name).unwrap().push('\n')).await;
    assert!(matches!(found.as_slice(), [Problem::Contract { state: ContractState::OtherSource(_), .. }]));
    // As is the same text with other line ends.
    let found = problems(|served| {
        let source = served.sources.get_mut(name).unwrap();
        *source = source.replace('\n', "\r\n");
    })
    .await;
    assert!(matches!(found.as_slice(), [Problem::Contract { state: ContractState::OtherSource(_), .. }]));
}

#[tokio::test]
async fn every_missing_contract_is_named() {
    let found = problems(|served| {
        served.sources.remove("oracle");
        served.sources.remove("option-math");
    })
    .await;
    let missing = |contract| Problem::Contract { contract, state: ContractState::Missing };
    assert_eq!(found, [missing(Contract::OptionMath), missing(Contract::Oracle)]);
    let all = problems(|served| served.sources.clear()).await;
    assert_eq!(all.len(), Contract::ALL.len());
}

#[tokio::test]
async fn the_language_version_counts_if_it_is_said() {
    let found = problems(|served| served.clarity = Some("Clarity2".to_owned())).await;
    assert_eq!(found.len(), Contract::ALL.len());
    let other = ContractState::OtherVersion { bundled: 6, found: "Clarity2".to_owned() };
    assert!(
        found.iter().all(|problem| matches!(problem, Problem::Contract { state, .. } if *state == other))
    );
    let unsaid = verdict(|served| served.clarity = None).await;
    assert!(unsaid.is_usable());
    assert_eq!(unsaid.limits, [Limit::VersionsUnknown]);
}

#[tokio::test]
async fn what_the_registry_says_counts() {
    // Upgraded, never registered, and entered under a name that is not known.
    let newer = somebody("liquidity-pool-2");
    let found = problems(|served| {
        served.current.insert("liquidity-pool".to_owned(), newer.clone());
        served.current.remove("treasury");
    })
    .await;
    assert_eq!(
        found,
        [
            Problem::Superseded { contract: Contract::Treasury, current: None },
            Problem::Superseded { contract: Contract::LiquidityPool, current: Some(newer) },
        ]
    );
    let engine = somebody("engine");
    let found = problems(|served| {
        served.current.insert("liquidation-engine".to_owned(), engine.clone());
        served.events.push(registered("liquidation-engine", &engine));
    })
    .await;
    assert_eq!(
        found,
        [Problem::UnknownPart { name: "liquidation-engine".to_owned(), address: engine.clone() }]
    );
    // One that is dead by now does not matter.
    let gone = verdict(|served| served.events.push(registered("liquidation-engine", &engine))).await;
    assert!(gone.is_usable(), "{gone:?}");
    // More than is read: it is said that it may be incomplete.
    let many = verdict(|served| {
        let again = registered("treasury", &ours(Contract::Treasury));
        served.events = vec![again; 600];
    })
    .await;
    assert_eq!(many.limits, [Limit::PartsUnknown]);
}

#[tokio::test]
async fn another_sbtc_is_not_taken_for_the_known_one() {
    let expected = Deployment::devnet().sbtc().unwrap().clone();
    for found in [None, Some(somebody("sbtc-token"))] {
        let problems = problems(|served| served.sbtc.clone_from(&found)).await;
        assert_eq!(problems, [Problem::OtherSbtc { expected: expected.clone(), found }]);
    }
    let problems = problems(|served| served.sbtc_tokens = vec!["another".to_owned()]).await;
    assert_eq!(problems, [Problem::NoSbtcToken { expected }]);
}

#[tokio::test]
async fn a_suite_that_was_not_handed_over_is_not_used() {
    let problems = problems(|served| served.is_bootstrapping = true).await;
    assert_eq!(problems, [Problem::NotHandedOver { deployer: Deployment::devnet().deployer() }]);
}

#[tokio::test]
async fn the_first_block_has_no_substitute() {
    let height = |height: &str, status: u16, body: String| {
        let path: &'static str =
            if height == "1" { "/extended/v2/blocks/1" } else { "/extended/v2/blocks/0" };
        (path, status, String::new(), body)
    };
    let served = Served::right();
    let zero = served.block_json(1);
    let found = problems(|served| {
        served.instead.push(height("1", 404, r#"{"error":"Not found"}"#.to_owned()));
        served.instead.push(height("0", 200, zero));
    })
    .await;
    assert!(matches!(found.as_slice(), [Problem::BadAnswer { .. }]), "{found:?}");
}

#[tokio::test]
async fn a_node_that_is_behind_is_not_used() {
    let verdict_behind = verdict(|served| served.synced = Some(false)).await;
    assert_eq!(verdict_behind.problems, [Problem::NotSynced { height: 40 }]);
    assert!(verdict_behind.may_pass());
    let unsaid = verdict(|served| served.synced = None).await;
    assert!(unsaid.is_usable());
    assert_eq!(unsaid.limits, [Limit::SyncUnknown]);
    let lagging = verdict(|served| served.indexed = 12).await;
    assert!(lagging.is_usable());
    assert_eq!(lagging.limits, [Limit::IndexBehind { node: 40, index: 12 }]);
}

#[tokio::test]
async fn without_an_api_it_is_said_what_is_not_known() {
    let verdict = verdict(|served| served.has_api = false).await;
    // Which chain it is cannot be told, so no journal of transactions may be used there.
    assert!(!verdict.is_usable() && !verdict.has_api() && verdict.may_pass());
    assert_eq!(verdict.problems, [Problem::NoBeginning]);
    assert_eq!(verdict.limits, [Limit::NoApi, Limit::PartsUnknown]);
    assert_eq!(verdict.identity.unwrap().first_block, None);
}

#[tokio::test]
async fn a_network_without_the_suite_is_not_used_for_money() {
    let node = FakeNode::start(Served::right()).await;
    let input = ProfileInput {
        name: "Mine".to_owned(),
        kind: SuiteNetwork::Testnet,
        endpoints: vec![node.url.clone()],
        deployer: None,
        sbtc: None,
    };
    let profile = NetworkProfile::own(1, &input).unwrap();
    profile.deployment().unwrap_err();
    let checker = Checker::with_limits(profile, At(1), HASTY);
    let verdicts = checker.check().await;
    assert_eq!(verdicts.len(), 1);
    assert_eq!(verdicts[0].problems, [Problem::NotDeployed]);
    assert!(!verdicts[0].is_usable());
    assert!(verdicts[0].identity.is_some(), "the chain can still be looked at");
}

#[tokio::test]
async fn hostile_answers_end_in_a_problem_and_soon() {
    let text = |text: &str| text.to_owned();
    let huge = format!("{{\"source\":\"{}\"}}", "a".repeat(3 * 1024 * 1024));
    let deep = "[".repeat(100_000);
    let cases: Vec<(&'static str, u16, String, String)> = vec![
        ("/v2/info", 200, text(""), text("{}")),
        ("/v2/info", 200, text(""), text("null")),
        ("/v2/info", 200, text(""), text("not json")),
        ("/v2/info", 200, text(""), deep.clone()),
        ("/v2/info", 200, text(""), text(r#"{"network_id":"2147483648","stacks_tip_height":-1}"#)),
        ("/v2/info", 302, text("location: http://127.0.0.1:1/v2/info\r\n"), text("")),
        ("/v2/info", 401, text(""), text("who are you?")),
        ("/v2/info", 404, text(""), text("")),
        ("/v2/info", 500, text(""), text("")),
        ("/v2/info", 429, text("retry-after: 86400\r\n"), text("")),
        ("/extended/v1/status", 500, text(""), text("")),
        ("/extended/v1/status", 200, text(""), text("[]")),
        ("/extended/v2/blocks/1", 200, text(""), text(r#"{"limit":1,"offset":0,"results":[]}"#)),
        (
            "/extended/v2/blocks/1",
            404,
            text(""),
            text(r#"{"error":"Not found","message":"Block not found"}"#),
        ),
        ("/extended/v2/blocks/1", 302, text("location: https://elsewhere.example/\r\n"), text("")),
        ("/v2/contracts/source/", 200, text(""), huge.clone()),
        ("/v2/contracts/source/", 200, text(""), text(r#"{"source":5}"#)),
        ("/v2/contracts/source/", 200, text(""), deep),
        ("/v2/contracts/source/", 301, text("location: https://elsewhere.example/\r\n"), text("")),
        ("/v2/contracts/source/", 503, text(""), text("")),
        ("/v2/contracts/interface/", 200, text(""), text("{}")),
        ("/v2/contracts/call-read/", 200, text(""), text(r#"{"okay":true,"result":"0x09"}"#)),
        ("/v2/contracts/call-read/", 200, text(""), text(r#"{"okay":true,"result":"zz"}"#)),
        ("/v2/contracts/call-read/", 200, text(""), text(r#"{"okay":false,"cause":"Unchecked"}"#)),
        ("get-sbtc-token-principal", 200, text(""), text(r#"{"okay":true,"result":"0x03"}"#)),
    ];
    let begun = Instant::now();
    let count = cases.len();
    for case in cases {
        let (path, status) = (case.0, case.1);
        let verdict = verdict(|served| served.instead.push(case)).await;
        assert!(!verdict.is_usable(), "{path} {status}: {verdict:?}");
        for problem in &verdict.problems {
            let said = match problem {
                Problem::NoAnswer { reason } | Problem::BadAnswer { reason } => reason,
                Problem::Contract { state: ContractState::Unread { reason }, .. } => reason,
                Problem::Contract { state: ContractState::Missing, .. } => continue,
                other => panic!("{path} {status}: {other:?}"),
            };
            assert!(said.chars().count() <= 201, "{path} {status}: {said}");
        }
    }
    println!("{count} hostile answers in {:?}", begun.elapsed());
    // Events that make no sense are no reason to stop, but what follows from them is not known.
    let odd = verdict(|served| {
        served.instead.push(("/events", 200, text(""), text(r#"{"limit":50,"offset":7,"results":[]}"#)));
    })
    .await;
    assert!(odd.is_usable());
    assert_eq!(odd.limits, [Limit::PartsUnknown]);
    // A source that goes on for ever on one line is quoted in part only.
    let long = verdict(|served| {
        served.sources.insert("oracle".to_owned(), "x\u{202E}".repeat(100_000));
    })
    .await;
    let [Problem::Contract { state: ContractState::OtherSource(difference), .. }] = long.problems.as_slice()
    else {
        panic!("{:?}", long.problems)
    };
    let quoted = difference.found.as_deref().unwrap();
    assert!(quoted.chars().count() <= 201 && !quoted.contains('\u{202E}'));
}

#[tokio::test]
async fn a_slow_node_is_given_up() {
    let node = FakeNode::start(Served { delay: Duration::from_millis(300), ..Served::right() }).await;
    let limits = CheckLimits { whole: Duration::from_millis(1_500), ..HASTY };
    let (checker, endpoint) = checker(&node.url, limits);
    let begun = Instant::now();
    let verdict = checker.check_node(&endpoint).await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(verdict.problems, [Problem::TooSlow { seconds: 1 }]);
    assert!(verdict.may_pass() && !verdict.is_usable());
    // And one that does not answer at all.
    node.change(|served| served.delay = Duration::from_secs(60));
    let verdict = checker.check_node(&endpoint).await;
    assert!(matches!(verdict.problems.as_slice(), [Problem::NoAnswer { .. } | Problem::TooSlow { .. }]));
    drop(node);
    let verdict = checker.check_node(&endpoint).await;
    assert!(matches!(verdict.problems.as_slice(), [Problem::NoAnswer { .. }]), "{:?}", verdict.problems);
}

#[tokio::test]
async fn sources_are_read_once_for_a_chain_and_again_for_another() {
    let node = FakeNode::start(Served::right()).await;
    let (checker, endpoint) = checker(&node.url, HASTY);
    assert!(matches!(checker.confirm(&endpoint).await, Err(ChainChange::Unchecked)));
    let first = checker.check_node(&endpoint).await;
    let asked = node.served.lock().unwrap().asked.len();
    println!("a first check asks {asked} questions");
    let second = checker.check_node(&endpoint).await;
    assert_eq!(first, second);
    assert_eq!(node.served.lock().unwrap().count("/v2/contracts/source/"), Contract::ALL.len());
    let before = node.served.lock().unwrap().asked.len();
    println!("a second one {}", before - asked);
    assert_eq!(checker.confirm(&endpoint).await.unwrap(), first.identity.unwrap());
    println!("and a confirmation {}", node.served.lock().unwrap().asked.len() - before);

    // The devnet is begun anew: the same number, other blocks.
    node.change(|served| served.beginning = 2);
    let change = checker.confirm(&endpoint).await.unwrap_err();
    assert!(matches!(change, ChainChange::OtherBeginning { .. }), "{change}");
    // And stays in doubt until it is checked.
    assert!(matches!(checker.confirm(&endpoint).await, Err(ChainChange::Unchecked)));
    node.change(|served| drop(served.sources.remove("oracle")));
    let anew = checker.check_node(&endpoint).await;
    assert!(!anew.is_usable(), "the sources of the new chain are other ones");
    assert_eq!(node.served.lock().unwrap().count("/v2/contracts/source/"), 2 * Contract::ALL.len());

    // The node is exchanged for one of mainnet.
    node.change(|served| *served = Served::right());
    assert!(checker.check_node(&endpoint).await.is_usable());
    node.change(|served| served.chain_id = 1);
    let change = checker.confirm(&endpoint).await.unwrap_err();
    assert!(matches!(
        change,
        ChainChange::OtherChain { expected: ChainId::TESTNET, found: ChainId::MAINNET }
    ));
    // A node that cannot be asked has not changed, but is not confirmed either.
    node.change(|served| *served = Served::right());
    assert!(checker.check_node(&endpoint).await.is_usable());
    node.change(|served| served.instead.push(("/v2/info", 500, String::new(), String::new())));
    assert!(matches!(checker.confirm(&endpoint).await, Err(ChainChange::Unreadable(_))));
}

#[tokio::test]
async fn an_upgrade_is_noticed_although_the_sources_are_known() {
    let node = FakeNode::start(Served::right()).await;
    let (checker, endpoint) = checker(&node.url, HASTY);
    assert!(checker.check_node(&endpoint).await.is_usable());
    node.change(|served| drop(served.current.insert("oracle".to_owned(), somebody("oracle-2"))));
    assert!(!checker.check_node(&endpoint).await.is_usable());
    assert!(node.served.lock().unwrap().count(REGISTRY) > 0);
}

#[tokio::test]
async fn the_next_node_is_asked_if_the_first_cannot_be_used() {
    let bad = FakeNode::start(Served { chain_id: 1, ..Served::right() }).await;
    let good = FakeNode::start(Served::right()).await;
    let spare = FakeNode::start(Served::right()).await;
    let input = ProfileInput {
        name: "Three of mine".to_owned(),
        kind: SuiteNetwork::Devnet,
        endpoints: vec![bad.url.clone(), good.url.clone(), spare.url.clone()],
        deployer: Some(Deployment::devnet().deployer().to_string()),
        sbtc: None,
    };
    let checker = Checker::with_limits(NetworkProfile::own(1, &input).unwrap(), At(1), HASTY);
    let verdicts = checker.check().await;
    let usable: Vec<bool> = verdicts.iter().map(Verdict::is_usable).collect();
    assert_eq!(usable, [false, true]);
    assert_eq!(verdicts[1].endpoint.as_str(), good.url);
    assert!(spare.served.lock().unwrap().asked.is_empty());
}
