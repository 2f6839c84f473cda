//! Documents name what exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{members, metadata, root};

#[test]
fn the_code_map_names_every_crate_and_no_other() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let mapped = code_map(&text);
    let members: BTreeSet<PathBuf> = members(&metadata(&["--no-deps"])).into_values().collect();
    let missing: Vec<_> = members.difference(&mapped).collect();
    assert!(missing.is_empty(), "the code map in docs/architecture.md lacks {missing:?}");
    let unknown: Vec<_> = mapped.iter().filter(|path| !root().join(path).is_dir()).collect();
    assert!(unknown.is_empty(), "the code map in docs/architecture.md names {unknown:?}, which do not exist");
}

/// The folders that have a heading of their own, ``### `folder` ``, under "Code map".
fn code_map(text: &str) -> BTreeSet<PathBuf> {
    let after = text.split_once("\n## Code map\n").expect("architecture.md has a section \"Code map\"").1;
    let section = after.split("\n## ").next().unwrap();
    let headings = section.lines().filter_map(|line| line.strip_prefix("### "));
    headings.flat_map(|heading| heading.split('`').skip(1).step_by(2)).map(PathBuf::from).collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents = vec![root().join("README.md")];
    markdown_below(&root().join("docs"), &mut documents);
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for target in links(&text) {
            let path = target.split('#').next().unwrap();
            if target.contains("://") || path.is_empty() {
                continue;
            }
            let file = document.parent().unwrap().join(path);
            assert!(file.exists(), "{} links to {target}, which does not exist", document.display());
        }
    }
}

fn markdown_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            markdown_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The targets of `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

#[test]
fn decisions_are_numbered_without_gaps_and_listed() {
    let folder = root().join("docs/decisions");
    let entries =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter(|name| name != "README.md").collect();
    names.sort();
    let list = fs::read_to_string(folder.join("README.md")).unwrap();
    for (index, name) in names.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}-", index + 1)), "{name} is number {}", index + 1);
        assert!(list.contains(&format!("({name})")), "docs/decisions/README.md does not list {name}");
    }
    assert!(!names.is_empty());
}
