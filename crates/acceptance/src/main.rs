//! The main job of the application, played without a screen: Peter, Irene and a keeper on the devnet, in a historical crash. The
//! application's core and the devnet are processes of their own, so that they can be killed at any moment.
//!
//! `cargo xtask acceptance` runs it; `--kills N` kills core and devnet in turn at random moments, `--faults SECONDS` has the node
//! misbehave. At the end it compares the chain with the journal, the ledger with one made anew, books with contracts and balances,
//! and looks for secrets in every byte that was written.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for developers, whose result is what it prints"
)]

mod core;
mod days;
mod faults;
mod kills;
mod link;
mod markets;
mod process;
mod protocol;
mod remains;
mod run;
mod secrets;
mod story;
mod verify;
mod world;

use std::process::ExitCode;

use crate::core::CoreOptions;
use crate::run::Options;

const USAGE: &str = "\
Usage: bithedge-acceptance run --devnet PROGRAM --worker FOLDER --scenario FILE [--kills N] [--faults SECONDS] [--seed N]
                               [--folder FOLDER]
       bithedge-acceptance core --folder FOLDER --node URL --markets URL [--confirmations N]

  --devnet PROGRAM   the practice network's program
  --worker FOLDER    the Clarity VM's worker
  --scenario FILE    daily prices, with those of STX
  --kills N          kill -9 core and devnet in turn, so often in all
  --faults SECONDS   all of the devnet's faults in turn, then at random for so long
  --confirmations N  from which depth a transaction counts as confirmed (default: 1)
  --seed N           where chance comes from (default: the clock, and it is said)
  --folder FOLDER    where to put what is written, and keep it (default: a temporary one)";

fn parse() -> Result<Option<Command>, lexopt::Error> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_env();
    let mut options = Options::default();
    let (mut node, mut markets, mut confirmations) = (String::new(), String::new(), 1);
    let command = match parser.next()? {
        Some(Value(command)) => command.string()?,
        Some(Short('h') | Long("help")) | None => return Ok(None),
        Some(other) => return Err(other.unexpected()),
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("devnet") => options.devnet = parser.value()?.into(),
            Long("worker") => options.worker = parser.value()?.into(),
            Long("scenario") => options.scenario = parser.value()?.into(),
            Long("kills") => options.kills = parser.value()?.parse()?,
            Long("faults") => options.faults = parser.value()?.parse()?,
            Long("seed") => options.seed = Some(parser.value()?.parse()?),
            Long("folder") => options.folder = Some(parser.value()?.into()),
            Long("node") => node = parser.value()?.string()?,
            Long("markets") => markets = parser.value()?.string()?,
            Long("confirmations") => confirmations = parser.value()?.parse()?,
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(match command.as_str() {
        "run" => Some(Command::Run(options)),
        "core" => {
            let folder = options.folder.unwrap_or_default();
            Some(Command::Core(CoreOptions { folder, node, markets, confirmations }))
        }
        _ => return Err(format!("there is no command {command}").into()),
    })
}

enum Command {
    Run(Options),
    Core(CoreOptions),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let result = match parse() {
        Ok(Some(Command::Run(options))) => run::run(options).await,
        Ok(Some(Command::Core(options))) => core::serve(&options).await,
        Ok(None) => {
            eprintln!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}
