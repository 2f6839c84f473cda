//! Building the parts.

use std::ffi::OsString;

use anyhow::Result;

use crate::command::{self, cargo};
use crate::{setup, workspace};

/// The shell serves the page from inside itself, not from a development server.
pub(crate) const SHELL_FEATURES: &str = "tauri/custom-protocol";

/// `cargo xtask ui`.
pub(crate) fn ui(arguments: &[OsString]) -> Result<()> {
    setup::page()?;
    ui_bundle(arguments)
}

/// Makes `ui/dist`.
pub(crate) fn ui_bundle(arguments: &[OsString]) -> Result<()> {
    eprintln!("building the page");
    command::run(cargo().args(["build", "--quiet", "--package", "bithedge-ui-bundle"]))?;
    command::run(command::program(workspace::debug_program("bithedge-ui-bundle")?).args(arguments))
}

/// The application for a developer: `target/debug/bithedge`. Unoptimised, because it is ready in half the time and
/// waits for the chain, not for the processor.
pub(crate) fn shell() -> Result<()> {
    eprintln!("building the application");
    command::run(cargo().args(["build", "--package", "bithedge", "--features", SHELL_FEATURES]))
}

/// Everything that runs on this machine.
pub(crate) fn programs() -> Result<()> {
    eprintln!("building the application and the devnet");
    command::run(cargo().args(["build", "--bins"]).args(HOST_WORKSPACE))
}

/// The same beside all tests. Tests and the page, built for this machine, ask more of some dependencies, so that the same program is another
/// one beside them: where tests were built, this has nothing left to do, and [`programs`] two minutes' work.
pub(crate) fn programs_beside_tests() -> Result<()> {
    eprintln!("building the application and the devnet, as they are beside the tests");
    command::run(cargo().args(["build", "--bins", "--tests"]).args(WHOLE_WORKSPACE))
}

/// The application as users get it, and the window that it is measured beside: `target/desktop`.
pub(crate) fn released_windows() -> Result<()> {
    ui_bundle(&[])?;
    ui_bundle(&["--package", EMPTY_PAGE, "--folder", "crates/e2e/empty-window/page"].map(OsString::from))?;
    eprintln!("building the application and the empty window, optimised");
    let packages = ["--package", "bithedge", "--package", EMPTY_WINDOW];
    command::run(cargo().args(["build", "--profile", "desktop", "--features", SHELL_FEATURES]).args(packages))
}

/// The window that the application is measured beside, and its page. Only who measures builds them.
pub(crate) const EMPTY_WINDOW: &str = "bithedge-empty-window";
const EMPTY_PAGE: &str = "bithedge-empty-page";

/// Selects all crates but the page, which is for wasm.
pub(crate) const HOST_WORKSPACE: [&str; 9] = [
    "--workspace",
    "--exclude",
    "bithedge-ui",
    "--exclude",
    EMPTY_WINDOW,
    "--exclude",
    EMPTY_PAGE,
    "--features",
    SHELL_FEATURES,
];

/// Selects all crates, the page too: what it computes is tested on this machine.
pub(crate) const WHOLE_WORKSPACE: [&str; 7] =
    ["--workspace", "--exclude", EMPTY_WINDOW, "--exclude", EMPTY_PAGE, "--features", SHELL_FEATURES];
