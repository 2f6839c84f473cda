//! Dependencies between the crates point one way (docs/architecture.md).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{members, metadata};

/// Each crate of the workspace, and the others that it may know. A new crate stands here before it builds.
const ALLOWED: [(&str, &[&str]); 25] = [
    ("bithedge-protocol", &[]),
    ("bithedge-prices", &["bithedge-protocol"]),
    ("bithedge-stacks", &[]),
    // Itself: its tests want it with its cheap key derivation.
    ("bithedge-keys", &["bithedge-stacks", "bithedge-keys"]),
    ("bithedge-ipc", &["bithedge-protocol"]),
    ("bithedge-charts", &["bithedge-protocol"]),
    ("bithedge-vm", &["bithedge-stacks"]),
    ("bithedge-devnet", &["bithedge-stacks", "bithedge-protocol", "bithedge-vm"]),
    ("bithedge-suite-generator", &["bithedge-stacks", "bithedge-vm"]),
    ("bithedge-suite-world", &["bithedge-stacks", "bithedge-suite", "bithedge-vm"]),
    (
        "bithedge-suite",
        &[
            "bithedge-stacks",
            "bithedge-protocol",
            "bithedge-vm",
            "bithedge-suite-generator",
            "bithedge-suite-world",
        ],
    ),
    (
        "bithedge-ledger",
        &["bithedge-stacks", "bithedge-protocol", "bithedge-suite", "bithedge-suite-world", "bithedge-vm"],
    ),
    ("bithedge-deploy", &["bithedge-stacks", "bithedge-suite", "bithedge-devnet"]),
    (
        "bithedge-practice",
        &["bithedge-stacks", "bithedge-suite", "bithedge-protocol", "bithedge-deploy", "bithedge-devnet"],
    ),
    (
        "bithedge-replay",
        &["bithedge-stacks", "bithedge-protocol", "bithedge-suite", "bithedge-vm", "bithedge-charts"],
    ),
    (
        "bithedge-engine",
        &[
            "bithedge-stacks",
            "bithedge-protocol",
            "bithedge-prices",
            "bithedge-suite",
            "bithedge-ipc",
            "bithedge-keys",
            "bithedge-ledger",
            "bithedge-devnet",
            "bithedge-practice",
            "bithedge-deploy",
            "bithedge-suite-world",
            "bithedge-vm",
        ],
    ),
    (
        "bithedge-session",
        &[
            "bithedge-engine",
            "bithedge-ipc",
            "bithedge-keys",
            "bithedge-ledger",
            "bithedge-devnet",
            "bithedge-practice",
            "bithedge-prices",
            "bithedge-protocol",
            "bithedge-stacks",
            "bithedge-suite",
        ],
    ),
    (
        "bithedge-acceptance",
        &[
            "bithedge-engine",
            "bithedge-ipc",
            "bithedge-keys",
            "bithedge-ledger",
            "bithedge-practice",
            "bithedge-prices",
            "bithedge-protocol",
            "bithedge-stacks",
            "bithedge-suite",
        ],
    ),
    ("bithedge-ui", &["bithedge-ipc", "bithedge-charts", "bithedge-protocol"]),
    ("bithedge", &["bithedge-ipc", "bithedge-protocol", "bithedge-session"]),
    // It sees the application only from outside.
    ("bithedge-e2e", &[]),
    ("bithedge-empty-window", &[]),
    ("bithedge-empty-page", &[]),
    ("bithedge-ui-bundle", &[]),
    ("xtask", &[]),
];

/// What a crate may know in its tests alone.
const FOR_TESTS: [(&str, &str); 12] = [
    ("bithedge-deploy", "bithedge-devnet"),
    ("bithedge-ledger", "bithedge-suite-world"),
    ("bithedge-ledger", "bithedge-vm"),
    ("bithedge-engine", "bithedge-devnet"),
    ("bithedge-engine", "bithedge-practice"),
    ("bithedge-engine", "bithedge-deploy"),
    ("bithedge-engine", "bithedge-suite-world"),
    ("bithedge-engine", "bithedge-vm"),
    ("bithedge-keys", "bithedge-keys"),
    ("bithedge-suite", "bithedge-vm"),
    ("bithedge-suite", "bithedge-suite-generator"),
    ("bithedge-suite", "bithedge-suite-world"),
];

/// Crates that compile to wasm and decide nothing about I/O.
const PURE: [&str; 4] = ["bithedge-protocol", "bithedge-ipc", "bithedge-charts", "bithedge-ui"];

/// What a pure crate may not bring along, at any depth: runtimes, networks, windows, storage, chain types.
const IMPURE: [&str; 12] = [
    "axum",
    "hyper",
    "keyring",
    "mio",
    "reqwest",
    "rusqlite",
    "rustls",
    "secp256k1",
    "stacks-rs",
    "tauri",
    "tokio",
    "wry",
];

#[test]
fn crates_depend_only_on_those_they_may_know() {
    let metadata = metadata(&["--no-deps"]);
    let members = members(&metadata);
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let Some(may_know) = allowed.get(name) else {
            panic!("{name} is new: say in ALLOWED, and in docs/architecture.md, which crates it may know");
        };
        // Of every kind: tests that need a crate from above belong above.
        for dependency in package["dependencies"].as_array().unwrap() {
            let is_for_tests = dependency["kind"] == "dev";
            let dependency = dependency["name"].as_str().unwrap();
            let ours = members.contains_key(dependency);
            assert!(!ours || may_know.contains(&dependency), "{name} may not depend on {dependency}");
            assert!(
                is_for_tests || !FOR_TESTS.contains(&(name, dependency)),
                "{name} may depend on {dependency} for its tests only"
            );
        }
    }
    for (name, _) in ALLOWED {
        assert!(members.contains_key(name), "{name} is in ALLOWED and not in the workspace");
    }
}

/// Crates below the shell: they serve any front, so no window may come with them.
const WINDOWLESS: [&str; 9] = [
    "bithedge-prices",
    "bithedge-stacks",
    "bithedge-keys",
    "bithedge-vm",
    "bithedge-devnet",
    "bithedge-deploy",
    "bithedge-practice",
    "bithedge-engine",
    "bithedge-ledger",
];

/// What makes windows and pages.
const WINDOWS: [&str; 5] = ["gtk", "leptos", "tao", "tauri", "wry"];

#[test]
fn pure_crates_bring_no_io() {
    let graph = Graph::of("wasm32-unknown-unknown");
    for pure in PURE {
        graph.assert_without(pure, &IMPURE);
    }
}

#[test]
fn crates_below_the_shell_bring_no_window() {
    let graph = Graph::of("x86_64-unknown-linux-gnu");
    for windowless in WINDOWLESS {
        graph.assert_without(windowless, &WINDOWS);
    }
    let shell = graph.brought_by("bithedge");
    assert!(shell.contains("wry"), "the shell brings a window, or this test looks at nothing: {shell:?}");
}

/// Who brings whom along, on one platform.
struct Graph(Value);

impl Graph {
    fn of(platform: &str) -> Self {
        Self(metadata(&["--filter-platform", platform]))
    }

    fn assert_without(&self, name: &str, unwanted: &[&str]) {
        let brought = self.brought_by(name);
        let found: Vec<&&str> = unwanted.iter().filter(|name| brought.contains(**name)).collect();
        assert!(found.is_empty(), "{name} brings {found:?}");
    }

    /// The names of everything that ships with a crate, at any depth, itself included.
    fn brought_by(&self, name: &str) -> BTreeSet<&str> {
        let names: BTreeMap<&str, &str> = self.0["packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
            .collect();
        let nodes: BTreeMap<&str, &Value> = self.0["resolve"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| (node["id"].as_str().unwrap(), node))
            .collect();
        let (start, _) = names.iter().find(|(_, found)| **found == name).unwrap();
        let mut reached = BTreeSet::from([*start]);
        let mut waiting = vec![*start];
        while let Some(id) = waiting.pop() {
            for dependency in nodes[id]["deps"].as_array().unwrap().iter().filter(|one| is_shipped(one)) {
                let id = dependency["pkg"].as_str().unwrap();
                if reached.insert(id) {
                    waiting.push(id);
                }
            }
        }
        reached.into_iter().map(|id| names[id]).collect()
    }
}

/// Not only for tests or build scripts, which do not end up in the wasm.
fn is_shipped(dependency: &Value) -> bool {
    dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null())
}
