//! The developer's commands. Thin on purpose: it sets up, builds and starts; what takes time to build lives in its
//! own crate (`bithedge-ui-bundle`, `bithedge-e2e`) or binary (`bithedge-devnet`), built when it is needed.
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a developer's program, read in a terminal")]

mod acceptance;
mod bench;
mod bindings;
mod build;
mod command;
mod costs;
mod coverage;
mod deploy;
mod e2e;
mod interrupt;
mod launch;
mod replay;
mod sequences;
mod setup;
mod test;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt as _;

const USAGE: &str = "\
Usage: cargo xtask <command>

  run                     set up what is missing, build, and open the window on an embedded devnet
  test [--only STEP]...   everything that CI runs; --list names the steps, --full takes the long ones too
  e2e [SCENARIO]...       drive the built application in a real window on a virtual screen; --jobs N at a time
  devnet [ARGUMENT]...    the devnet alone, with the suite in service: --port P, --data-dir D, --block-time S, --without-suite
  deploy --network N ...  bring the suite onto a network; --verify, --dry-run, --plan; --help says more
  bindings [--check]      make crates/suite/src/generated from the contracts, or say whether it is up to date
  coverage [--report]     which lines and branches of the contracts their tests execute; --report: the last run's again
  sequences [--from A --to B]  random operation sequences in bulk, both cores, resumed where they stopped; 1 to 5000
  costs [--quick]         what every public function costs, as a share of a block; writes docs/costs.md
  replay --prices FILE    a history of daily prices through the contracts, with a report; --help says more
  acceptance [ARGUMENT]...  the whole main job without a window: --kills N, --faults SECONDS, --seed N, --folder FOLDER
  bench                   speed of the devnet, of signing and of option prices, against their goals
  bench window [--write]  what the window costs beside an empty one: slider, start, memory, size; --write: docs/performance.md
  screenshots             refresh docs/screenshots from the e2e scenarios
  ui [--dev]              only the page, into ui/dist";

fn main() -> ExitCode {
    match dispatch() {
        Ok(true) => ExitCode::SUCCESS,
        // What failed has been said.
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether what was tested passed.
fn dispatch() -> Result<bool> {
    interrupt::install()?;
    let mut arguments = lexopt::Parser::from_env();
    let command = match arguments.next()? {
        Some(Value(command)) => command.string()?,
        Some(Long("help") | Short('h')) | None => {
            println!("{USAGE}");
            return Ok(true);
        }
        Some(other) => return Err(other.unexpected()).context(USAGE),
    };
    let done = match command.as_str() {
        "test" => return test::run(&test_selection(&mut arguments)?),
        "run" => no_arguments(&mut arguments).and_then(|()| launch::run()),
        "e2e" => e2e::run(&rest(&mut arguments)?),
        "devnet" => launch::devnet(&rest(&mut arguments)?),
        "deploy" => deploy::run(&rest(&mut arguments)?),
        "bindings" => bindings::run(&rest(&mut arguments)?),
        "coverage" => return coverage::run(&rest(&mut arguments)?),
        "sequences" => sequences::run(&rest(&mut arguments)?),
        "costs" => costs::run(&rest(&mut arguments)?),
        "replay" => replay::run(&rest(&mut arguments)?),
        "acceptance" => acceptance::run(&rest(&mut arguments)?),
        "bench" => bench::run(&rest(&mut arguments)?),
        "screenshots" => no_arguments(&mut arguments).and_then(|()| e2e::screenshots()),
        "ui" => build::ui(&rest(&mut arguments)?),
        other => bail!("there is no command `{other}`\n\n{USAGE}"),
    };
    done.map(|()| true)
}

fn rest(arguments: &mut lexopt::Parser) -> Result<Vec<OsString>> {
    Ok(arguments.raw_args()?.collect())
}

fn no_arguments(arguments: &mut lexopt::Parser) -> Result<()> {
    match arguments.next()? {
        Some(argument) => Err(argument.unexpected()).context(USAGE),
        None => Ok(()),
    }
}

fn test_selection(arguments: &mut lexopt::Parser) -> Result<test::Selection> {
    let mut only = Vec::new();
    let mut all = test::Selection::All;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("only") => only.push(arguments.value()?.string()?),
            Long("full") => all = test::Selection::Full,
            Long("list") => return Ok(test::Selection::List),
            other => return Err(other.unexpected()).context(USAGE),
        }
    }
    Ok(if only.is_empty() { all } else { test::Selection::Only(only) })
}
