//! `cargo xtask bindings`: what the application knows of the contracts, made from the contracts.

use std::ffi::OsString;

use anyhow::Result;

use crate::command::{self, cargo, program};
use crate::{setup, workspace};

/// Builds the generator, which needs the Clarity VM, and runs it.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    setup::devnet()?;
    command::run(cargo().args(["build", "--quiet", "--package", "bithedge-suite-generator"]))?;
    command::run(program(workspace::debug_program("bithedge-bindings")?).args(arguments))
}
