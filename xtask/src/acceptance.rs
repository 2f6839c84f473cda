//! `cargo xtask acceptance`: the main job of the application without a window, with whatever can go wrong.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::{self, Beside, cargo, program};
use crate::{build, setup, workspace};

/// How often is killed in `cargo xtask test`, and for how many seconds the node misbehaves at random.
const KILLS: &str = "20";
const FAULT_SECONDS: &str = "60";

/// Builds the programs and runs them with these arguments.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    setup::devnet()?;
    let packages = ["--package", "bithedge-acceptance", "--package", "bithedge-practice"];
    command::run(cargo().args(["build", "--bins"]).args(packages))?;
    command::run(prepared()?.args(arguments))
}

/// Both runs of `cargo xtask test`, beside each other and whatever else is done: each waits for its own devnet most of
/// the time.
pub(crate) struct Short {
    runs: [Result<Run>; 2],
}

struct Run {
    run: Beside,
    log: PathBuf,
}

impl Short {
    /// Builds all programs, so that no step meanwhile builds them with other features and takes away what these runs
    /// start again and again; then begins. Assumes [`setup::all`].
    pub(crate) fn start() -> Result<Self> {
        build::ui_bundle(&[])?;
        build::programs_beside_tests()?;
        Ok(Self { runs: [Run::start(["--kills", KILLS]), Run::start(["--faults", FAULT_SECONDS])] })
    }

    /// Waits for both, and shows what they printed.
    pub(crate) fn end(self) -> Result<()> {
        // That one failed is no reason to leave the other behind.
        let [kills, faults] = self.runs.map(|run| run.and_then(Run::end));
        kills.and(faults)
    }
}

impl Run {
    fn start(arguments: [&str; 2]) -> Result<Self> {
        let log = workspace::target()?.join(format!("tmp/acceptance{}.log", arguments[0]));
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut run = prepared()?;
        run.args(arguments).stdout(file.try_clone()?).stderr(file);
        Ok(Self { run: Beside::start(run)?, log })
    }

    fn end(self) -> Result<()> {
        let result = self.run.end();
        eprint!("{}", fs::read_to_string(&self.log)?);
        result
    }
}

fn prepared() -> Result<Command> {
    let mut acceptance = program(workspace::debug_program("bithedge-acceptance")?);
    acceptance.args(["run", "--devnet"]).arg(workspace::debug_program("bithedge-practice")?);
    acceptance.arg("--worker").arg(workspace::devnet_worker());
    acceptance.arg("--scenario").arg(workspace::root().join("assets/scenarios/crash-2020-03-stx.csv"));
    Ok(acceptance)
}
