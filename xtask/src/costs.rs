//! `cargo xtask costs`: what every public function of the contracts consumes, as a share of a mainnet block.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::command::{self, cargo, program};
use crate::{setup, workspace};

/// The document that a whole run writes.
const DOCUMENT: &str = "docs/costs.md";
/// Policies and providers in a quick run.
const QUICK_CROWD: &str = "100";

/// Builds the measuring program, which needs the Clarity VM, and runs it. A whole run takes some ten minutes on an idle machine
/// and writes the document; `--quick` prints with a smaller crowd. Fails if a goal is missed or a function is missing.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let options: &[&str] = match arguments {
        [] => &["--write", DOCUMENT],
        [only] if only == "--quick" => &["--crowd", QUICK_CROWD],
        _ => bail!("cargo xtask costs [--quick]"),
    };
    setup::devnet()?;
    command::run(cargo().args(["build", "--release", "--package", "bithedge-suite", "--example", "costs"]))?;
    // What misses its goal is said last, after the table.
    let (_, result) =
        command::observed(program(workspace::release_program("examples/costs")?).args(options))?;
    result
}
