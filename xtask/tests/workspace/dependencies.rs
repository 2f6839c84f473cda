//! Dependencies between the crates point one way (docs/architecture.md).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{members, metadata};

/// Each crate of the workspace, and the others that it may know. A new crate stands here before it builds.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("bithedge-protocol", &[]),
    ("bithedge-stacks", &[]),
    ("bithedge-ipc", &["bithedge-protocol"]),
    ("bithedge-devnet", &["bithedge-stacks", "bithedge-protocol"]),
    ("bithedge-engine", &["bithedge-stacks", "bithedge-protocol", "bithedge-ipc"]),
    ("bithedge-ui", &["bithedge-ipc", "bithedge-protocol"]),
    ("bithedge", &["bithedge-engine", "bithedge-ipc", "bithedge-devnet"]),
    // It sees the application only from outside.
    ("bithedge-e2e", &[]),
    ("bithedge-ui-bundle", &[]),
    ("xtask", &[]),
];

/// Crates that compile to wasm and decide nothing about I/O.
const PURE: [&str; 3] = ["bithedge-protocol", "bithedge-ipc", "bithedge-ui"];

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
            let dependency = dependency["name"].as_str().unwrap();
            let ours = members.contains_key(dependency);
            assert!(!ours || may_know.contains(&dependency), "{name} may not depend on {dependency}");
        }
    }
    for (name, _) in ALLOWED {
        assert!(members.contains_key(name), "{name} is in ALLOWED and not in the workspace");
    }
}

#[test]
fn pure_crates_bring_no_io() {
    let metadata = metadata(&["--filter-platform", "wasm32-unknown-unknown"]);
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node))
        .collect();
    for pure in PURE {
        let (start, _) = names.iter().find(|(_, name)| **name == pure).unwrap();
        let mut reached = BTreeSet::from([*start]);
        let mut waiting = vec![*start];
        while let Some(id) = waiting.pop() {
            for dependency in
                nodes[id]["deps"].as_array().unwrap().iter().filter(|dependency| is_shipped(dependency))
            {
                let id = dependency["pkg"].as_str().unwrap();
                if reached.insert(id) {
                    waiting.push(id);
                }
            }
        }
        let brought: Vec<&str> =
            reached.iter().map(|id| names[id]).filter(|name| IMPURE.contains(name)).collect();
        assert!(brought.is_empty(), "{pure} brings {brought:?}");
    }
}

/// Not only for tests or build scripts, which do not end up in the wasm.
fn is_shipped(dependency: &Value) -> bool {
    dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null())
}
