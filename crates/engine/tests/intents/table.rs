//! The decision page lists every public function of the contracts, with the intent that makes it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|at| at.join("contracts/Clarinet.toml").exists())
        .unwrap()
        .into()
}

fn sources(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "clar") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            for rest in text.split("(define-public (").skip(1) {
                let function = rest.split([' ', ')', '\n']).next().unwrap();
                found.insert((name.clone(), function.to_owned()));
            }
        }
    }
}

#[test]
fn every_public_function_has_an_intent_or_a_reason() {
    let mut functions = BTreeSet::new();
    sources(&root().join("contracts"), &mut functions);
    let intents = include_str!("../../src/intents/intent.rs");
    let page =
        fs::read_to_string(root().join("docs/decisions/0019-post-conditions-and-dry-runs.md")).unwrap();
    let mut listed = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, contract, function, how, _] = cells.as_slice() else { panic!("{line}") };
        if *contract == "contract" {
            continue;
        }
        assert!(listed.insert(((*contract).to_owned(), (*function).to_owned())), "twice: {line}");
        let is_told = how.starts_with("none: ") || how.contains("decision") || how.contains("::");
        assert!(is_told, "{line}");
        for name in how.split('`').filter(|part| part.contains("::")) {
            let (_, variant) = name.split_once("::").unwrap();
            assert!(intents.contains(&format!("    {variant}")), "no such intent: {line}");
        }
    }
    let missing: Vec<_> = functions.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&functions).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not listed: {missing:?}; no longer there: {gone:?}");
    assert!(functions.len() > 100);
}
