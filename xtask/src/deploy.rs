//! `cargo xtask deploy`: the suite on a network. The work is the program's, which needs no Clarity VM.

use std::ffi::OsString;

use anyhow::Result;

use crate::command::{self, cargo, program};
use crate::workspace;

/// Builds the program and becomes it, so that it has the terminal to itself when it asks for a secret.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    command::run(cargo().args(["build", "--quiet", "--package", "bithedge-deploy"]))?;
    let mut deploy = program(workspace::debug_program("bithedge-deploy")?);
    // A relative --key-file is relative to where the developer is.
    deploy.current_dir(std::env::current_dir()?);
    deploy.arg("--contracts").arg(workspace::root().join("contracts")).args(arguments);
    command::become_program(&mut deploy)
}
