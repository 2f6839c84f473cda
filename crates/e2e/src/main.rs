//! Drives the built application in a real window, as a user would, and compares what it shows with what the chain
//! answers. Each scenario starts its own application, and its own devnet where the
//! application does not, on a virtual screen, and leaves pictures.
//!
//! It knows the application only from outside: its environment variables, the page's `data-testid` attributes and
//! the node's HTTP interface. It depends on no other crate of the workspace, so a wrong figure cannot be wrong the
//! same way on both sides.
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a test program, read in a terminal")]

mod accessibility;
mod application;
mod desktop;
mod devnet;
mod options;
mod process;
mod scenarios;
mod wait;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::signal::unix::{SignalKind, signal};

use crate::desktop::Desktop;
use crate::options::Options;
use crate::scenarios::{SCENARIOS, Stage};

/// No scenario takes half as long.
const LIMIT: Duration = Duration::from_mins(8);

#[tokio::main]
async fn main() -> ExitCode {
    match passed().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("e2e: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what is asked for. An interruption drops everything under way, which ends the processes.
async fn passed() -> Result<bool> {
    let options = Options::from_arguments()?;
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        anyhow::bail!("a TLS provider is installed already");
    }
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        passed = all(&options) => passed,
        result = tokio::signal::ctrl_c() => result.context("cannot listen for Ctrl-C").map(|()| false),
        _ = terminated.recv() => Ok(false),
    }
}

async fn all(options: &Options) -> Result<bool> {
    std::fs::create_dir_all(&options.output)?;
    let desktop = Desktop::start(&options.output).await?;
    let (mut passed, mut failed) = (0_u32, 0_u32);
    for name in options.scenarios() {
        let started = Instant::now();
        let result = one(name, options, &desktop).await;
        let took = started.elapsed().as_secs_f64();
        match result {
            Ok(()) => {
                passed += 1;
                println!("pass  {name} ({took:.1} s)");
            }
            Err(error) => {
                failed += 1;
                println!("FAIL  {name} ({took:.1} s): {error:#}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

async fn one(name: &'static str, options: &Options, desktop: &Desktop) -> Result<()> {
    let stage = Stage::new(name, options, desktop)?;
    let result = match tokio::time::timeout(LIMIT, scenarios::run(name, &stage)).await {
        Ok(result) => result,
        Err(_) => Err(anyhow::anyhow!("not done after {} s", LIMIT.as_secs())),
    };
    result.with_context(|| format!("see {}", stage.logs()))
}

/// The scenarios that exist, for the usage text.
fn scenario_names() -> String {
    SCENARIOS.join(", ")
}
