//! Rules that hold for the repository as a whole: which crate may know which, what the documents say about them, and
//! what no file may contain.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod dependencies;
mod documents;
mod files;
mod requirements;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// `cargo metadata`, without touching the lock file. It may have to fetch packages that only other platforms use.
fn metadata(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The workspace's crates: name, and folder below the root.
fn members(metadata: &Value) -> BTreeMap<String, PathBuf> {
    let root = root();
    let is_member =
        |package: &&Value| metadata["workspace_members"].as_array().unwrap().contains(&package["id"]);
    let packages = metadata["packages"].as_array().unwrap().iter().filter(is_member);
    packages
        .map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str().unwrap());
            let folder = manifest.parent().unwrap().strip_prefix(&root).unwrap();
            (package["name"].as_str().unwrap().to_owned(), folder.to_owned())
        })
        .collect()
}
