//! `cargo xtask acceptance`: the main job of the application without a window, with whatever can go wrong.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::command::{self, cargo, program};
use crate::{setup, workspace};

/// How often is killed in `cargo xtask test`.
const KILLS: &str = "20";

/// Builds the programs and runs them with these arguments.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    setup::devnet()?;
    command::run(prepared()?.args(arguments))
}

/// The run of `cargo xtask test`.
pub(crate) fn short() -> Result<()> {
    command::run(prepared()?.args(["--kills", KILLS]))
}

fn prepared() -> Result<Command> {
    let packages = ["--package", "bithedge-acceptance", "--package", "bithedge-practice"];
    command::run(cargo().args(["build", "--bins"]).args(packages))?;
    let mut acceptance = program(workspace::debug_program("bithedge-acceptance")?);
    acceptance.args(["run", "--devnet"]).arg(workspace::debug_program("bithedge-practice")?);
    acceptance.arg("--worker").arg(workspace::devnet_worker());
    acceptance.arg("--scenario").arg(workspace::root().join("assets/scenarios/crash-2020-03-stx.csv"));
    Ok(acceptance)
}
