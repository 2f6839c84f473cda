//! `cargo xtask bench`: speeds, against their goals, in one table.

mod prices;
mod window;

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::command::{self, cargo, program};
use crate::setup;
use crate::workspace::{DEVNET_WORKER_VARIABLE, devnet_worker, release_program};

/// How many times as fast as the official JavaScript library signing a contract call shall be.
const SIGNING_GOAL: &str = ">= 20";

/// How long one option price may take.
const OPTION_PRICE_GOAL: &str = "<= 3";
/// Prices in the list that is measured.
const LIST: f64 = 64.0;

/// What measures how keys are kept and what happened is written down: packages and their programs.
const KEEPING: [(&str, &str); 4] = [
    ("bithedge-keys", "unlock_time"),
    ("bithedge-ledger", "projection_speed"),
    ("bithedge-engine", "cold_sync"),
    ("bithedge-engine", "page_speed"),
];

/// `cargo xtask bench`, or `cargo xtask bench window`.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    match arguments.split_first() {
        None => speeds(),
        Some((which, rest)) if which == "window" => window::run(rest),
        Some((other, _)) => bail!("there is nothing to measure called `{}`", other.display()),
    }
}

/// Builds the measuring programs optimised, runs them one after another, and prints what they measured. It does not
/// fail for a goal that is missed: a busy machine is no defect.
fn speeds() -> Result<()> {
    setup::bench()?;
    eprintln!("building, optimised");
    let devnet = ["build", "--release", "--package", "bithedge-devnet", "--bins", "--examples"];
    command::run(cargo().args(devnet))?;
    let practice = ["build", "--release", "--package", "bithedge-practice", "--examples"];
    command::run(cargo().args(practice))?;
    let signing = ["build", "--release", "--package", "bithedge-stacks", "--example", "sign_bench"];
    command::run(cargo().args(signing))?;
    let prices = ["build", "--release", "--package", "bithedge-protocol", "--example", "option_price_bench"];
    command::run(cargo().args(prices))?;
    prices::build()?;
    for (package, example) in KEEPING {
        command::run(cargo().args(["build", "--release", "--package", package, "--example", example]))?;
    }

    eprintln!("measuring the devnet; this takes some minutes");
    let mut devnet = program(release_program("examples/devnet_bench")?);
    let mut measurements = rows(&command::output(devnet.env(DEVNET_WORKER_VARIABLE, devnet_worker()))?)?;
    let mut practice = program(release_program("examples/practice_bench")?);
    measurements.extend(rows(&command::output(practice.env(DEVNET_WORKER_VARIABLE, devnet_worker()))?)?);
    eprintln!("measuring signatures");
    let rust = Signing::measure(&mut program(release_program("examples/sign_bench")?))?;
    let javascript = Signing::measure(program("node").arg("crates/stacks/tests/js/sign-bench.mjs"))?;
    measurements.extend(compare(&rust, &javascript)?);
    eprintln!("measuring prices and redraws");
    measurements.extend(prices::measure()?);
    measurements.extend(option_prices(&command::output(&mut program(release_program(
        "examples/option_price_bench",
    )?))?)?);

    eprintln!("measuring keys, the ledger and how it is fed");
    for (_, example) in KEEPING {
        let mut measuring = program(release_program(&format!("examples/{example}"))?);
        measurements.extend(rows(&command::output(&mut measuring)?)?);
    }

    print(&measurements);
    Ok(())
}

fn print(measurements: &[Measurement]) {
    println!("{:<58} {:>12} {:<14} goal", "measured", "value", "unit");
    for Measurement { name, value, unit, goal } in measurements {
        println!("{name:<58} {:>12} {unit:<14} {goal}", figure(*value));
    }
}

/// With two decimal places, or in powers of ten if that would show nothing of it.
fn figure(value: f64) -> String {
    if value != 0.0 && value.abs() < 0.01 { format!("{value:.1e}") } else { format!("{value:.2}") }
}

/// A row of the table.
#[derive(Debug, PartialEq)]
struct Measurement {
    name: String,
    value: f64,
    unit: String,
    /// In words, empty where there is none.
    goal: String,
}

/// The lines `{"name":…,"value":…,"unit":…,"goal":…}` among what a measuring program prints.
fn rows(output: &str) -> Result<Vec<Measurement>> {
    let parse = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        let text = |field: &str| line[field].as_str().map(str::to_owned);
        Some(Measurement {
            name: text("name")?,
            value: line["value"].as_f64()?,
            unit: text("unit")?,
            goal: text("goal").unwrap_or_default(),
        })
    };
    let measurements: Vec<_> = output.lines().filter_map(parse).collect();
    ensure!(!measurements.is_empty(), "a measuring program measured nothing; it printed:\n{output}");
    Ok(measurements)
}

/// The line `{"put_price_ns":…,"mark_series_of_64_ns":…}` of the measuring program: a price in a list, and how much longer one
/// alone takes. They are means, one after the other: on a busy machine the second says little.
fn option_prices(output: &str) -> Result<[Measurement; 2]> {
    let parse = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some((line["put_price_ns"].as_f64()?, line["mark_series_of_64_ns"].as_f64()?))
    };
    let (one, list) = output
        .lines()
        .find_map(parse)
        .with_context(|| format!("no option price was measured; it printed:\n{output}"))?;
    let in_list = list / LIST;
    ensure!(in_list > 0.0, "a list of prices took no time");
    let row = |name: &str, value, unit: &str, goal: &str| Measurement {
        name: name.to_owned(),
        value,
        unit: unit.to_owned(),
        goal: goal.to_owned(),
    };
    Ok([
        row("put price in a list of 64, natively", in_list / 1_000.0, "µs", OPTION_PRICE_GOAL),
        row("a put price alone over one in a list", one / in_list, "times", ""),
    ])
}

/// How fast a library signs contract calls.
#[derive(Debug, PartialEq)]
struct Signing {
    library: String,
    per_second: f64,
    /// Of the first transaction, by which one sees that both sign the same one.
    first_txid: String,
}

impl Signing {
    fn measure(command: &mut Command) -> Result<Self> {
        let output = command::output(command)?;
        output
            .lines()
            .find_map(Self::parse)
            .with_context(|| format!("nothing was measured; it printed:\n{output}"))
    }

    fn parse(line: &str) -> Option<Self> {
        let line: Value = serde_json::from_str(line).ok()?;
        Some(Self {
            library: line["library"].as_str()?.to_owned(),
            per_second: line["signings_per_second"].as_f64()?,
            first_txid: line["first_txid"].as_str()?.trim_start_matches("0x").to_owned(),
        })
    }
}

/// Both speeds and their ratio.
fn compare(ours: &Signing, theirs: &Signing) -> Result<[Measurement; 3]> {
    ensure!(
        ours.first_txid == theirs.first_txid,
        "{} and {} sign different transactions: {} and {}",
        ours.library,
        theirs.library,
        ours.first_txid,
        theirs.first_txid
    );
    let speed = |signing: &Signing| Measurement {
        name: format!("contract calls signed, {}", signing.library),
        value: signing.per_second,
        unit: "per second".to_owned(),
        goal: String::new(),
    };
    let ratio = Measurement {
        name: "the first over the second".to_owned(),
        value: ours.per_second / theirs.per_second,
        unit: "times".to_owned(),
        goal: SIGNING_GOAL.to_owned(),
    };
    Ok([speed(ours), speed(theirs), ratio])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_measurement_are_passed_over() {
        let output = "building\n{\"name\":\"ready\",\"value\":3.5,\"unit\":\"s\",\"goal\":\"<= 10\"}\n{\"name\":\"x\"}";
        let expected =
            Measurement { name: "ready".into(), value: 3.5, unit: "s".into(), goal: "<= 10".into() };
        assert_eq!(rows(output).unwrap(), [expected]);
        assert!(rows("building").is_err());
    }

    #[test]
    fn an_option_price_in_a_list_is_told_beside_one_alone() {
        let [in_list, ratio] =
            option_prices("building\n{\"put_price_ns\":2000,\"mark_series_of_64_ns\":64000}").unwrap();
        assert_eq!((in_list.value, ratio.value), (1.0, 2.0));
        assert!(option_prices("building").is_err());
    }

    #[test]
    fn small_figures_are_not_rounded_to_nothing() {
        assert_eq!([figure(0.0), figure(0.074), figure(5.76e-16)], ["0.00", "0.07", "5.8e-16"]);
    }

    fn signing(per_second: f64, first_txid: &str) -> Signing {
        let line =
            format!(r#"{{"library":"l","signings_per_second":{per_second},"first_txid":"{first_txid}"}}"#);
        Signing::parse(&line).unwrap()
    }

    #[test]
    fn only_equal_work_is_compared() {
        let [_, _, ratio] = compare(&signing(6000.0, "0xab"), &signing(200.0, "ab")).unwrap();
        assert_eq!(ratio.value, 30.0);
        assert!(compare(&signing(6000.0, "ab"), &signing(200.0, "cd")).is_err());
    }
}
