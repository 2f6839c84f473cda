//! `cargo xtask acceptance`: the main job of the application without a window, with whatever can go wrong.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::command::{self, Beside, cargo, program};
use crate::{setup, workspace};

/// How often is killed in `cargo xtask test`, and for how many seconds the node misbehaves at random.
const KILLS: &str = "20";
const FAULT_SECONDS: &str = "60";

/// Builds the programs and runs them with these arguments.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    setup::devnet()?;
    command::run(prepared()?.args(arguments))
}

/// Both runs of `cargo xtask test`, beside each other: each waits for its own devnet most of the time.
pub(crate) fn short() -> Result<()> {
    let (mut kills, mut faults) = (prepared()?, prepared()?);
    let kills = Beside::start(kills.args(["--kills", KILLS]))?;
    let faults = command::run(faults.args(["--faults", FAULT_SECONDS]));
    kills.end().and(faults)
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
