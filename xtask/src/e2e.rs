//! `cargo xtask e2e` and `cargo xtask screenshots`: what the crate `e2e` needs, and starting it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{self, cargo, program};
use crate::setup::{self, Purpose};
use crate::{build, workspace};

/// How many scenarios run at a time, unless more are asked for.
const JOBS: &str = "2";

/// `cargo xtask e2e`, all scenarios or those named; `--jobs N` at a time.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    setup::all(Purpose::Test)?;
    command::run(&mut prepared(arguments, build::programs)?)
}

/// `cargo xtask screenshots`: the pictures that the documentation shows, from the scenarios that make them.
pub(crate) fn screenshots() -> Result<()> {
    setup::all(Purpose::Test)?;
    let mut scenarios: Vec<OsString> = SCREENSHOTS.map(|(scenario, ..)| scenario.into()).to_vec();
    scenarios.dedup();
    // One at a time: nothing else takes the machine while a picture is taken.
    scenarios.extend(["--jobs", "1"].map(OsString::from));
    command::run(&mut prepared(&scenarios, build::programs)?)?;
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

/// Builds everything that the scenarios need, the programs by `build`, and returns the command that runs them. Assumes [`setup::all`].
pub(crate) fn prepared(arguments: &[OsString], build: fn() -> Result<()>) -> Result<Command> {
    build::ui_bundle(&[])?;
    build()?;
    let mut e2e = on_application(&workspace::debug_program("bithedge")?)?;
    // The last of two counts.
    e2e.args(["--jobs", JOBS]).args(arguments);
    Ok(e2e)
}

/// Builds what measures, and returns the command that takes these measurements on the application that users get, beside
/// the empty window. Assumes [`setup::all`] and [`build::released_windows`].
pub(crate) fn measuring(measurements: &[&str]) -> Result<Command> {
    build::programs()?;
    let mut e2e = on_application(&workspace::desktop_program("bithedge")?)?;
    e2e.arg("--empty-window").arg(workspace::desktop_program(build::EMPTY_WINDOW)?).args(measurements);
    Ok(e2e)
}

/// The scenarios' program, told where everything is.
fn on_application(application: &Path) -> Result<Command> {
    let mut e2e = program(workspace::debug_program("bithedge-e2e")?);
    e2e.arg("--app").arg(application);
    e2e.arg("--devnet").arg(workspace::debug_program("bithedge-practice")?);
    e2e.arg("--tauri-driver").arg(tauri_driver()?);
    e2e.arg("--axe").arg(workspace::root().join("crates/e2e/js/node_modules/axe-core/axe.min.js"));
    e2e.arg("--output").arg(pictures()?);
    e2e.env(workspace::DEVNET_WORKER_VARIABLE, workspace::devnet_worker());
    Ok(e2e)
}

/// Where scenarios leave pictures, logs and figures.
pub(crate) fn pictures() -> Result<PathBuf> {
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
