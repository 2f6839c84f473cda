//! How fast the session for contract tests is: `cargo run --release --package bithedge-vm --example session_bench`.
#![allow(clippy::print_stdout, reason = "its purpose is to print")]

use std::error::Error;
use std::time::{Duration, Instant};

use bithedge_stacks::{MicroStx, Value};
use bithedge_vm::{Options, Project, Session};

const COUNTER: &str = "
(define-data-var total uint u0)
(define-map sums uint uint)
(define-public (add (amount uint))
  (begin
    (var-set total (+ (var-get total) amount))
    (map-set sums amount (var-get total))
    (print { event: \"add\", amount: amount })
    (ok (var-get total))))
(define-read-only (scaled (factor uint)) (* factor (var-get total)))";

fn main() -> Result<(), Box<dyn Error>> {
    for (label, costs, coverage) in
        [("plain", false, false), ("with costs", true, false), ("with coverage", false, true)]
    {
        println!("{label}");
        measure(Options { costs, coverage, ..Options::default() })?;
    }
    Ok(())
}

fn measure(options: Options) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let mut session = Session::start(Project::empty().with("counter", COUNTER)?, options)?;
    println!("  start               {:>9.1} ms", milliseconds(started.elapsed()));
    let alice = session.account("wallet_1")?;
    let one = [Value::UInt(1)];

    repeat("call", 2_000, || Ok(session.call(alice, "counter", "add", &one).map(drop)?))?;
    repeat("call with costs", 500, || {
        Ok(session.call_with_costs(alice, "counter", "add", &one).map(drop)?)
    })?;
    repeat("read", 2_000, || Ok(session.read("counter", "scaled", &one).map(drop)?))?;
    repeat("variable", 2_000, || Ok(session.variable("counter", "total").map(drop)?))?;
    repeat("balances", 500, || Ok(session.balances(&alice.into()).map(drop)?))?;
    repeat("fingerprint", 200, || Ok(session.fingerprint().map(drop)?))?;
    repeat("90 days", 5, || Ok(session.advance_burn(12_960).map(drop)?))?;
    repeat("reset", 20, || Ok(session.reset()?))?;
    repeat("interfaces afresh", 20, || {
        session.reset()?;
        Ok(session.interfaces().map(drop)?)
    })?;
    repeat("first snapshot", 1, || Ok(session.snapshot()?))?;
    repeat("snapshot", 20, || Ok(session.snapshot()?))?;
    repeat("restore", 20, || Ok(session.restore()?))?;

    let before = session.memory_bytes()?;
    let rounds = 200;
    for _ in 0..rounds {
        session.mint_stx(alice, MicroStx::new(1))?;
        for _ in 0..20 {
            session.call(alice, "counter", "add", &one)?;
        }
        session.restore()?;
    }
    let after = session.memory_bytes()?;
    println!("  memory              {:>9} bytes more after {rounds} restores of 20 calls", after - before);
    let before = session.memory_bytes()?;
    for _ in 0..rounds {
        session.call(alice, "counter", "add", &one)?;
        session.reset()?;
    }
    let after = session.memory_bytes()?;
    println!("  memory              {:>9} bytes more after {rounds} resets", after - before);
    Ok(())
}

fn repeat(
    label: &str,
    count: u32,
    mut run: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    for _ in 0..count {
        run()?;
    }
    let each = milliseconds(started.elapsed()) / f64::from(count);
    println!("  {label:<20}{each:>9.3} ms  ({:.0} a second)", 1000.0 / each);
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
