//! What a machine needs. Each part says in one line what it adds; what it may not add, it names the command for.

mod debian;
mod node;
mod wasm_target;

use anyhow::Result;

/// What for: tests need more than the application.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Building and opening the application.
    Run,
    /// Building, and testing it in a window on a virtual screen.
    Test,
}

/// Everything.
pub(crate) fn all(purpose: Purpose) -> Result<()> {
    debian::packages(purpose)?;
    wasm_target::ensure()?;
    node::check_version()?;
    let projects = match purpose {
        Purpose::Run => &NODE_PROJECTS[..1],
        Purpose::Test => &NODE_PROJECTS[..4],
    };
    projects.iter().try_for_each(|project| node::packages(project))
}

/// What the page alone needs.
pub(crate) fn page() -> Result<()> {
    wasm_target::ensure()
}

/// What the devnet alone needs: no window, so none of its system packages.
pub(crate) fn devnet() -> Result<()> {
    node::check_version()?;
    node::packages(NODE_PROJECTS[0])
}

/// What the measurements need: other libraries to compare with, and the page's target.
pub(crate) fn bench() -> Result<()> {
    wasm_target::ensure()?;
    node::check_version()?;
    NODE_PROJECTS.iter().try_for_each(|project| node::packages(project))
}

/// The Clarity VM, which the application's devnet needs; then what only tests need; then what only measurements need.
const NODE_PROJECTS: [&str; 5] = [
    "crates/vm/worker",
    "crates/devnet/tests/js",
    "crates/stacks/tests/js",
    "crates/e2e/js",
    "crates/charts/examples/js",
];

/// A line of set-up.
fn say(what: &str) {
    eprintln!("setup: {what}");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::workspace;

    #[test]
    fn every_lock_file_of_npm_is_installed() {
        let mut found = BTreeSet::new();
        npm_projects_below(&workspace::root().join("crates"), &mut found);
        let listed: BTreeSet<PathBuf> =
            NODE_PROJECTS.iter().map(|project| workspace::root().join(project)).collect();
        assert_eq!(found, listed);
    }

    fn npm_projects_below(folder: &Path, found: &mut BTreeSet<PathBuf>) {
        if folder.join("package-lock.json").is_file() {
            found.insert(folder.to_owned());
        }
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() && entry.file_name() != "node_modules" {
                npm_projects_below(&entry.path(), found);
            }
        }
    }
}
