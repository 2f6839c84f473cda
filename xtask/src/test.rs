//! `cargo xtask test`: everything that CI runs, as steps that stand alone.

mod count;

use std::num::NonZero;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use self::count::Counts;
use crate::build::{self, HOST_WORKSPACE, WHOLE_WORKSPACE};
use crate::command::{self, cargo, program};
use crate::setup::{self, Purpose};
use crate::{acceptance, e2e, sequences, workspace};

/// Which steps to take.
pub(crate) enum Selection {
    All,
    /// With what takes longer than CI waits.
    Full,
    Only(Vec<String>),
    /// None: name them.
    List,
}

struct Step {
    name: &'static str,
    about: &'static str,
    /// Runs it; counts the tests, if it has any.
    action: fn(&mut Option<Counts>) -> Result<()>,
}

/// Cheap ones first, so that a slip is known early. Each makes what it needs, so each can be run alone.
const STEPS: [Step; 10] = [
    Step { name: "format", about: "every Rust file is formatted", action: format },
    Step { name: "page", about: "the page builds and is small", action: page },
    Step { name: "clippy", about: "no warning, on this machine's target", action: clippy },
    Step { name: "clippy-wasm", about: "no warning in page and charts, on wasm", action: clippy_wasm },
    Step { name: "contracts", about: "the contracts load without a diagnostic", action: contracts },
    Step { name: "tests", about: "unit, property and integration tests", action: tests },
    Step {
        name: "acceptance",
        about: "the main job, with 20 kills, and with a node that misbehaves",
        action: acceptance,
    },
    Step { name: "doctests", about: "examples in the documentation", action: doctests },
    Step { name: "docs", about: "the documentation builds without a warning", action: docs },
    Step { name: "e2e", about: "the application in a real window", action: end_to_end },
];

/// The step that waits for blocks much of its time, so that others are taken meanwhile.
const WAITS: &str = "acceptance";
/// Those others. The scenarios in the window are none of them: beside each other both took longer than one after the other.
const MEANWHILE: [&str; 2] = ["doctests", "docs"];

/// What only `--full` takes.
const LONG_STEPS: [Step; 2] = [
    Step { name: "fuzz", about: "a million hostile inputs to each decoder, optimised", action: fuzz },
    Step { name: "sequences", about: "5,000 random sequences against the contracts, resumed", action: bulk },
];

/// Takes the steps, all of them even if one fails, so that one run tells everything.
/// Returns whether all passed.
pub(crate) fn run(selection: &Selection) -> Result<bool> {
    let steps: Vec<&Step> = match selection {
        Selection::All => STEPS.iter().collect(),
        Selection::Full => STEPS.iter().chain(&LONG_STEPS).collect(),
        Selection::Only(names) => names.iter().map(|name| find(name)).collect::<Result<_>>()?,
        Selection::List => {
            STEPS.iter().chain(&LONG_STEPS).for_each(|step| println!("{:<12} {}", step.name, step.about));
            return Ok(true);
        }
    };
    let started = Instant::now();
    setup::all(Purpose::Test)?;
    let outcomes = take_all(&steps);
    report(&outcomes, started.elapsed());
    Ok(outcomes.iter().all(|outcome| outcome.result.is_ok()))
}

fn find(name: &str) -> Result<&'static Step> {
    match STEPS.iter().chain(&LONG_STEPS).find(|step| step.name == name) {
        Some(step) => Ok(step),
        None => bail!("there is no step `{name}`; `cargo xtask test --list` names them"),
    }
}

struct Outcome {
    name: &'static str,
    result: Result<()>,
    counts: Option<Counts>,
    took: Duration,
}

/// Takes all, the one that waits beside those that follow it and may.
fn take_all(steps: &[&Step]) -> Vec<Outcome> {
    let waits = |step: &&Step| step.name == WAITS;
    let Some(at) = steps.iter().position(waits) else {
        return steps.iter().map(|step| take(step)).collect();
    };
    let (before, rest) = steps.split_at(at);
    let mut outcomes: Vec<Outcome> = before.iter().map(|step| take(step)).collect();
    let after = rest[1..].iter().position(|step| !MEANWHILE.contains(&step.name));
    let (meanwhile, after) = rest[1..].split_at(after.unwrap_or(rest.len() - 1));
    eprintln!("\n== {WAITS}: {}; beside what follows, and shown after it", rest[0].about);
    let started = Instant::now();
    let runs = acceptance::Short::start();
    outcomes.extend(meanwhile.iter().map(|step| take(step)));
    let result = runs.and_then(acceptance::Short::end);
    outcomes.push(ended(WAITS, result, None, started.elapsed()));
    outcomes.extend(after.iter().map(|step| take(step)));
    outcomes
}

fn take(step: &Step) -> Outcome {
    eprintln!("\n== {}: {}", step.name, step.about);
    let started = Instant::now();
    let mut counts = None;
    let result = (step.action)(&mut counts);
    ended(step.name, result, counts, started.elapsed())
}

fn ended(name: &'static str, result: Result<()>, counts: Option<Counts>, took: Duration) -> Outcome {
    match &result {
        Ok(()) => eprintln!("== {name}: passed in {}", seconds(took)),
        Err(error) => eprintln!("== {name}: FAILED in {}: {error:#}", seconds(took)),
    }
    Outcome { name, result, counts, took }
}

fn report(outcomes: &[Outcome], took: Duration) {
    println!("\n{:<12} {:<8} {:>9}  tests", "step", "result", "time");
    for outcome in outcomes {
        let result = if outcome.result.is_ok() { "passed" } else { "FAILED" };
        let tests = outcome.counts.map(|counts| counts.to_string()).unwrap_or_default();
        println!("{:<12} {result:<8} {:>9}  {tests}", outcome.name, seconds(outcome.took));
    }
    println!("{:<12} {:<8} {:>9}", "", "", seconds(took));

    let failed: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.result.is_err()).collect();
    for outcome in &failed {
        if let Err(error) = &outcome.result {
            println!(
                "\n{} failed: {error:#}\n  again: cargo xtask test --only {}",
                outcome.name, outcome.name
            );
        }
    }
    // A step that failed before it could count leaves the total unknown.
    let is_known = failed.iter().all(|outcome| outcome.counts.is_some_and(|counts| counts.failed > 0));
    let counts: Vec<Counts> = outcomes.iter().filter_map(|outcome| outcome.counts).collect();
    if is_known && !counts.is_empty() {
        println!("\n{}", counts.into_iter().sum::<Counts>());
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn format(_: &mut Option<Counts>) -> Result<()> {
    command::run(cargo().args(["fmt", "--all", "--check"]))
}

fn page(_: &mut Option<Counts>) -> Result<()> {
    build::ui_bundle(&[])
}

/// The shell embeds the page when it is compiled, so the page comes first here and below.
fn clippy(_: &mut Option<Counts>) -> Result<()> {
    build::ui_bundle(&[])?;
    command::run(
        cargo().args(["clippy", "--all-targets"]).args(HOST_WORKSPACE).args(["--", "-D", "warnings"]),
    )
}

fn clippy_wasm(_: &mut Option<Counts>) -> Result<()> {
    let packages = ["--package", "bithedge-ui", "--package", "bithedge-charts"];
    let target = ["--target", "wasm32-unknown-unknown"];
    command::run(cargo().arg("clippy").args(packages).args(target).args(["--", "-D", "warnings"]))
}

fn contracts(_: &mut Option<Counts>) -> Result<()> {
    let manifest = "contracts/Clarinet.toml";
    if !workspace::root().join(manifest).is_file() {
        eprintln!("no {manifest}: there is nothing to check");
        return Ok(());
    }
    command::run(program("node").args(["crates/vm/worker/check-contracts.mjs", manifest]))
}

fn tests(counts: &mut Option<Counts>) -> Result<()> {
    build::ui_bundle(&[])?;
    let nextest = command::succeeds(cargo().args(["nextest", "--version"]));
    let mut runner = cargo();
    if nextest {
        // Half as many again as there are processors: half of the tests wait for a devnet's blocks most of their time.
        let threads = thread::available_parallelism().map_or(2, NonZero::get) * 3 / 2;
        runner.args(["nextest", "run", "--no-fail-fast", "--test-threads", &threads.to_string()]);
    } else {
        // Without the documentation's examples, which have their own step; nextest leaves them out anyway.
        runner.args(["test", "--no-fail-fast", "--lib", "--bins", "--tests"]);
    }
    let (lines, result) = command::observed(runner.args(WHOLE_WORKSPACE))?;
    *counts = Counts::of_tests(&lines);
    result
}

fn fuzz(counts: &mut Option<Counts>) -> Result<()> {
    let hostile = ["test", "--release", "--package", "bithedge-stacks", "--test", "hostile"];
    let (lines, result) =
        command::observed(cargo().args(hostile).env("BITHEDGE_FUZZ_ITERATIONS", "1000000"))?;
    *counts = Counts::of_tests(&lines);
    result
}

fn bulk(_: &mut Option<Counts>) -> Result<()> {
    sequences::play(1, sequences::MANY)
}

fn doctests(counts: &mut Option<Counts>) -> Result<()> {
    build::ui_bundle(&[])?;
    // Of the whole workspace, so that what the tests were built with is used.
    let (lines, result) = command::observed(cargo().args(["test", "--doc"]).args(WHOLE_WORKSPACE))?;
    *counts = Counts::of_tests(&lines);
    result
}

fn docs(_: &mut Option<Counts>) -> Result<()> {
    build::ui_bundle(&[])?;
    let documentation = ["doc", "--no-deps", "--document-private-items"];
    command::run(cargo().args(documentation).args(HOST_WORKSPACE).env("RUSTDOCFLAGS", "-D warnings"))
}

fn acceptance(_: &mut Option<Counts>) -> Result<()> {
    acceptance::Short::start()?.end()
}

fn end_to_end(counts: &mut Option<Counts>) -> Result<()> {
    let (lines, result) = command::observed(&mut e2e::prepared(&[], build::programs_beside_tests)?)?;
    *counts = Counts::of_scenarios(&lines);
    result
}
