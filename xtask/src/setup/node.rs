//! Node and the packages of the Node programs, each from its lock file.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::say;
use crate::{command, workspace};

const OLDEST_MAJOR: u32 = 20;

/// Node is the one thing that xtask does not install: Debian 12's own is too old, and other sources are the
/// developer's choice.
pub(super) fn check_version() -> Result<()> {
    let advice =
        format!("install Node {OLDEST_MAJOR} or later with npm (https://nodejs.org), then try again");
    let output =
        Command::new("node").arg("--version").output().with_context(|| format!("no Node: {advice}"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match major(&version) {
        Some(major) if major >= OLDEST_MAJOR => {}
        _ => bail!("Node is `{version}`: {advice}"),
    }
    if !command::is_installed("npm") {
        bail!("Node is there, npm is not: {advice}");
    }
    Ok(())
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs what the project's lock file names, unless that was done for this very lock file.
pub(super) fn packages(project: &str) -> Result<()> {
    let folder = workspace::root().join(project);
    let lock = folder.join("package-lock.json");
    let installed = folder.join("node_modules/.installed-package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("{project} has no readable package-lock.json"))?;
    if is_same(&installed, &wanted) {
        return Ok(());
    }
    say(&format!("installing npm packages in {project}"));
    command::run(command::program("npm").current_dir(&folder).args(["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&installed, wanted).with_context(|| format!("cannot write {}", installed.display()))
}

fn is_same(file: &Path, content: &[u8]) -> bool {
    fs::read(file).is_ok_and(|present| present == content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_node_prints_them() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20.20.2"), None);
        assert_eq!(major(""), None);
    }
}
