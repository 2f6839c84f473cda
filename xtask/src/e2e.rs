//! `cargo xtask e2e` and `cargo xtask screenshots`: what the crate `e2e` needs, and starting it.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{self, cargo, program};
use crate::setup::{self, Purpose};
use crate::{build, workspace};

/// `cargo xtask e2e`, all scenarios or those named.
pub(crate) fn run(scenarios: &[OsString]) -> Result<()> {
    setup::all(Purpose::Test)?;
    command::run(&mut prepared(scenarios)?)
}

/// `cargo xtask screenshots`: the pictures that the documentation shows, from the scenarios that make them.
pub(crate) fn screenshots() -> Result<()> {
    setup::all(Purpose::Test)?;
    let mut scenarios: Vec<OsString> = SCREENSHOTS.map(|(scenario, ..)| scenario.into()).to_vec();
    scenarios.dedup();
    command::run(&mut prepared(&scenarios)?)?;
    let folder = workspace::root().join("docs/screenshots");
    fs::create_dir_all(&folder)?;
    for (_, made, picture) in SCREENSHOTS {
        let from = pictures()?.join(made);
        let to = folder.join(picture);
        fs::copy(&from, &to)
            .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
        eprintln!("docs/screenshots/{picture}");
    }
    Ok(())
}

/// Scenario, its picture, and the name of that in the documentation.
const SCREENSHOTS: [(&str, &str, &str); 7] = [
    ("welcome-light", "welcome-light.png", "welcome-light.png"),
    ("welcome-dark", "welcome-dark.png", "welcome-dark.png"),
    ("pages-light", "pages-light-home.png", "home-light.png"),
    ("pages-light", "pages-light-protect.png", "protect-light.png"),
    ("pages-dark", "pages-dark-home.png", "home-dark.png"),
    ("trade", "trade-protect-question.png", "question-light.png"),
    ("node-dies", "node-dies.png", "home-unreachable.png"),
];

/// Builds everything that the scenarios need and returns the command that runs them. Assumes [`setup::all`].
pub(crate) fn prepared(scenarios: &[OsString]) -> Result<Command> {
    build::ui_bundle(&[])?;
    build::programs()?;
    let mut e2e = program(workspace::debug_program("bithedge-e2e")?);
    e2e.arg("--app").arg(workspace::debug_program("bithedge")?);
    e2e.arg("--devnet").arg(workspace::debug_program("bithedge-practice")?);
    e2e.arg("--tauri-driver").arg(tauri_driver()?);
    e2e.arg("--axe").arg(workspace::root().join("crates/e2e/js/node_modules/axe-core/axe.min.js"));
    e2e.arg("--output").arg(pictures()?);
    e2e.args(scenarios).env(workspace::DEVNET_WORKER_VARIABLE, workspace::devnet_worker());
    Ok(e2e)
}

fn pictures() -> Result<PathBuf> {
    Ok(workspace::target()?.join("e2e"))
}

/// The bridge between WebDriver clients and a Tauri application; it comes only as source.
fn tauri_driver() -> Result<PathBuf> {
    let tools = workspace::target()?.join("tools");
    let driver = tools.join("bin/tauri-driver");
    if !driver.is_file() {
        eprintln!("setup: building tauri-driver into {}", tools.display());
        let install = ["install", "tauri-driver", "--version", "^2", "--locked", "--root"];
        command::run(cargo().args(install).arg(&tools))?;
    }
    Ok(driver)
}
