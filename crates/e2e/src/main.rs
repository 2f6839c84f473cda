//! Drives the built application in a real window, as a user would, and compares what it shows with what the chain
//! answers. Each scenario has its own virtual screen and starts its own application, and its own devnet where the
//! application does not, and leaves pictures.
//!
//! It knows the application only from outside: its environment variables, the page's `data-testid` attributes and
//! the node's HTTP interface. It depends on no other crate of the workspace, so a wrong figure cannot be wrong the
//! same way on both sides.
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a test program, read in a terminal")]

mod accessibility;
mod application;
mod contracts;
mod desktop;
mod devnet;
mod options;
mod panel;
mod process;
mod processes;
mod proxy;
mod scenarios;
mod sight;
mod wait;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures_util::stream::{self, StreamExt as _};
use tokio::signal::unix::{SignalKind, signal};

use crate::desktop::Desktop;
use crate::options::Options;
use crate::scenarios::Stage;

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

/// As many at a time as asked for; those that measure come last, and have the machine for themselves.
async fn all(options: &Options) -> Result<bool> {
    std::fs::create_dir_all(&options.output)?;
    let (alone, together): (Vec<&'static str>, Vec<_>) =
        options.scenarios().iter().copied().partition(|name| scenarios::runs_alone(name));
    let mut report = Report::new(together.len() + alone.len());
    let mut before = 0;
    for (names, jobs) in [(together, options.jobs.get()), (alone, 1)] {
        let places = before..before + names.len();
        before = places.end;
        let mut running = stream::iter(places.zip(names))
            .map(|(place, name)| Box::pin(async move { (place, one(name, options).await) }))
            .buffer_unordered(jobs);
        while let Some((place, outcome)) = running.next().await {
            report.add(place, outcome);
        }
    }
    println!("{} passed, {} failed", report.passed, report.failed);
    Ok(report.failed == 0)
}

async fn one(name: &'static str, options: &Options) -> Outcome {
    let started = Instant::now();
    let mut notes = Vec::new();
    let result = on_a_stage(name, options, &mut notes).await;
    Outcome { name, result, notes, took: started.elapsed() }
}

async fn on_a_stage(name: &'static str, options: &Options, notes: &mut Vec<String>) -> Result<()> {
    let desktop = Desktop::start(&options.output, name, scenarios::screen(name)).await?;
    let stage = Stage::new(name, options, &desktop)?;
    let limit = scenarios::limit(name);
    let result = match tokio::time::timeout(limit, scenarios::run(name, &stage)).await {
        Ok(result) => result,
        Err(_) => Err(anyhow::anyhow!("not done after {} s", limit.as_secs())),
    };
    notes.extend(stage.notes());
    result.with_context(|| format!("see {}", stage.logs()))
}

/// What became of a scenario.
struct Outcome {
    name: &'static str,
    result: Result<()>,
    /// What it has to tell, passed or not.
    notes: Vec<String>,
    took: Duration,
}

/// Tells what became of the scenarios in their order, each as soon as those before it are over.
struct Report {
    outcomes: Vec<Option<Outcome>>,
    told: usize,
    passed: u32,
    failed: u32,
}

impl Report {
    fn new(count: usize) -> Self {
        Self { outcomes: (0..count).map(|_| None).collect(), told: 0, passed: 0, failed: 0 }
    }

    fn add(&mut self, place: usize, outcome: Outcome) {
        match outcome.result {
            Ok(()) => self.passed += 1,
            Err(_) => self.failed += 1,
        }
        if let Some(empty) = self.outcomes.get_mut(place) {
            *empty = Some(outcome);
        }
        while let Some(outcome) = self.outcomes.get_mut(self.told).and_then(Option::take) {
            tell(&outcome);
            self.told += 1;
        }
    }
}

fn tell(Outcome { name, result, notes, took }: &Outcome) {
    for note in notes {
        println!("      {note}");
    }
    let took = took.as_secs_f64();
    match result {
        Ok(()) => println!("pass  {name} ({took:.1} s)"),
        Err(error) => println!("FAIL  {name} ({took:.1} s): {error:#}"),
    }
}
