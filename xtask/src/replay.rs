//! `cargo xtask replay`: a history of prices played through the contracts.

use std::ffi::OsString;

use anyhow::Result;

use crate::command::{self, cargo, program};
use crate::{setup, workspace};

/// Builds the program, which needs the Clarity VM, and runs it with these arguments.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    setup::devnet()?;
    command::run(cargo().args(["build", "--release", "--package", "bithedge-replay"]))?;
    command::run(program(workspace::release_program("bithedge-replay")?).args(arguments))
}
