//! `bithedge-bindings [--check]`: brings `crates/suite/src/generated` up to date, or says whether it is.
#![allow(clippy::print_stderr, reason = "a developer's program, read in a terminal")]

use std::process::ExitCode;

use anyhow::{Result, bail};
use bithedge_suite_generator as generator;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindings: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let only_check = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--check"] => true,
        _ => bail!("the only argument is --check"),
    };
    let root = generator::root();
    let wanted = generator::generate(&root)?;
    let differences = generator::differences(&wanted, &generator::committed(&root)?);
    if differences.is_empty() {
        eprintln!("the bindings are up to date");
        return Ok(());
    }
    if only_check {
        bail!("{}\nRun `{}`.", differences.join("\n"), generator::COMMAND);
    }
    generator::write(&root, &wanted)?;
    differences.iter().for_each(|line| eprintln!("{line}"));
    eprintln!("brought up to date");
    Ok(())
}
