//! One put price and one redraw of the window's sliders, natively and in WebAssembly, and another library's put price.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::Measurement;
use crate::command::{self, cargo, program};
use crate::workspace::{self, release_program};

/// How long one put price may take natively, and in WebAssembly twice that; microseconds.
const PUT_GOALS: [&str; 2] = ["<= 3", "<= 6"];
/// The same of a redraw; milliseconds.
const REDRAW_GOALS: [&str; 2] = ["<= 2", "<= 4"];
/// What two libraries' prices of the same put may differ by, as a part of spot.
const MOST_DIFFERENCE: f64 = 1e-11;

const WASM: &str = "wasm32-unknown-unknown";
const EXAMPLE: [&str; 5] = ["build", "--package", "bithedge-charts", "--example", "redraw_bench_wasm"];
const SCRIPTS: &str = "crates/charts/examples/js";

/// Cargo's profiles that the module is measured in, and how the table calls them: optimised for speed like the native
/// program, and as users get the page.
const WASM_PROFILES: [(&str, &str); 2] =
    [("release", "in wasm (Node)"), ("wasm-release", "in wasm (Node), built as the page")];

/// Builds the measuring programs.
pub(super) fn build() -> Result<()> {
    let native = ["build", "--release", "--package", "bithedge-charts", "--example", "redraw_bench"];
    command::run(cargo().args(native))?;
    WASM_PROFILES.iter().try_for_each(|(profile, _)| {
        command::run(cargo().args(EXAMPLE).args(["--target", WASM, "--profile", profile]))
    })
}

/// Runs them.
///
/// # Errors
/// If a module computes anything else than the native program, or the other library prices anything else.
pub(super) fn measure() -> Result<Vec<Measurement>> {
    let native_program = release_program("examples/redraw_bench")?;
    let expected = command::output(program(&native_program).arg("transcript"))?;
    let line = command::output(&mut program(&native_program))?;
    let native = Times::of(&line)?;
    let mut modules = Vec::new();
    for (profile, name) in WASM_PROFILES {
        let module = workspace::target()?.join(WASM).join(profile).join("examples/redraw_bench_wasm.wasm");
        let script = || {
            let mut node = program("node");
            node.arg(format!("{SCRIPTS}/redraw-bench.mjs")).arg(&module);
            node
        };
        check_same(&expected, &command::output(script().arg("transcript"))?)
            .with_context(|| format!("natively and in wasm ({profile}) the results differ"))?;
        let times = Times::of(&command::output(&mut script())?)?;
        ensure!(
            times.checksum == native.checksum,
            "what was measured natively and in wasm ({profile}) differs: {} and {}",
            native.checksum,
            times.checksum
        );
        modules.push((name, times));
    }
    let mut rows = own(&native, &modules);
    let other = other_library(&line)?;
    let ours = modules.first().context("no module was measured")?.1.put();
    rows.extend(compared(&other, &Book::of(&line)?, ours)?);
    Ok(rows)
}

/// The other library is given the line that the native program printed: the book is the same without being written twice.
fn other_library(line: &str) -> Result<Other> {
    let folder = workspace::target()?.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join("book.json");
    fs::write(&file, line).with_context(|| format!("cannot write {}", file.display()))?;
    Other::of(&price_with_other_library(&file)?)
}

fn price_with_other_library(book: &Path) -> Result<String> {
    command::output(program("node").arg(format!("{SCRIPTS}/quantlib-bench.mjs")).arg(book))
}

/// Two transcripts have to be the same bytes.
fn check_same(native: &str, wasm: &str) -> Result<()> {
    ensure!(!native.is_empty(), "there is nothing to compare");
    if native == wasm {
        return Ok(());
    }
    let excerpt = |line: Option<&str>| line.unwrap_or("(it ends here)").chars().take(300).collect::<String>();
    let (mut first, mut second, mut number) = (native.lines(), wasm.lines(), 0);
    loop {
        number += 1;
        match (first.next(), second.next()) {
            (None, None) => bail!("their ends of lines differ"),
            (one, other) if one != other => {
                bail!("line {number} is natively\n  {}\nand in wasm\n  {}", excerpt(one), excerpt(other))
            }
            _ => {}
        }
    }
}

/// Samples in nanoseconds, sorted.
#[derive(Debug, PartialEq)]
struct Samples(Vec<f64>);

impl Samples {
    fn of(line: &Value, field: &str) -> Result<Self> {
        let list = line[field].as_array().with_context(|| format!("there is no `{field}`"))?;
        let times: Option<Vec<f64>> = list.iter().map(Value::as_f64).collect();
        let mut times = times.with_context(|| format!("`{field}` holds something else than numbers"))?;
        ensure!(
            !times.is_empty() && times.iter().all(|time| *time > 0.0),
            "`{field}` holds a run that took no time, or none"
        );
        times.sort_by(f64::total_cmp);
        Ok(Self(times))
    }

    /// The smallest sample that this many per cent of all are not above.
    fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or(f64::NAN)
    }

    fn median(&self) -> f64 {
        self.percentile(50)
    }
}

/// What a measuring program printed.
#[derive(Debug, PartialEq)]
struct Times {
    put: Samples,
    redraw: Samples,
    checksum: String,
}

impl Times {
    fn of(output: &str) -> Result<Self> {
        let line = json(output, "put_ns")?;
        let checksum = line["checksum"].as_str().context("there is no checksum")?.to_owned();
        Ok(Self { put: Samples::of(&line, "put_ns")?, redraw: Samples::of(&line, "redraw_ns")?, checksum })
    }

    /// A put price's median time in nanoseconds.
    fn put(&self) -> f64 {
        self.put.median()
    }
}

/// The line of JSON that has this field.
fn json(output: &str, field: &str) -> Result<Value> {
    let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let found = lines.into_iter().find(|line| line.get(field).is_some());
    found.with_context(|| format!("nothing was measured; it printed:\n{output}"))
}

fn row(name: String, value: f64, unit: &str, goal: &str) -> Measurement {
    Measurement { name, value, unit: unit.to_owned(), goal: goal.to_owned() }
}

/// Ours: natively, then each module, then how much slower the modules are.
fn own(native: &Times, modules: &[(&str, Times)]) -> Vec<Measurement> {
    let rows = |name: &str, times: &Times, put_goal, redraw_goal| {
        let redraw = |what: &str, time: f64| {
            row(format!("slider's redraw, {name}: {what}"), time / 1e6, "ms", redraw_goal)
        };
        [
            row(format!("put price, {name}"), times.put() / 1e3, "µs", put_goal),
            redraw("median", times.redraw.median()),
            redraw("p95", times.redraw.percentile(95)),
        ]
    };
    let mut all = Vec::from(rows("natively", native, PUT_GOALS[0], REDRAW_GOALS[0]));
    for (name, times) in modules {
        all.extend(rows(name, times, PUT_GOALS[1], REDRAW_GOALS[1]));
    }
    if let Some((_, wasm)) = modules.first() {
        all.push(row("put price, wasm over native".to_owned(), wasm.put() / native.put(), "times", ""));
        let redraw = wasm.redraw.median() / native.redraw.median();
        all.push(row("slider's redraw, wasm over native".to_owned(), redraw, "times", ""));
    }
    all
}

/// What was priced, and our prices in USD.
#[derive(Debug, PartialEq)]
struct Book {
    spot: f64,
    prices: Vec<f64>,
}

impl Book {
    fn of(output: &str) -> Result<Self> {
        let line = json(output, "book")?;
        let spot = line["spot_e8"].as_f64().context("there is no spot")? / 1e8;
        let price = |entry: &Value| Some(entry["price_e12"].as_str()?.parse::<f64>().ok()? / 1e12);
        let prices = line["book"].as_array().context("there is no book")?.iter().map(price);
        Ok(Self { spot, prices: prices.collect::<Option<_>>().context("a price is no number")? })
    }
}

/// What the other library's measuring program printed.
#[derive(Debug, PartialEq)]
struct Other {
    library: String,
    /// An option priced by its engine after spot moved.
    put: Samples,
    /// The formula alone.
    formula: Samples,
    prices: Vec<f64>,
}

impl Other {
    fn of(output: &str) -> Result<Self> {
        let line = json(output, "library")?;
        let prices = line["prices"].as_array().context("there are no prices")?.iter().map(Value::as_f64);
        Ok(Self {
            library: line["library"].as_str().context("the library has no name")?.to_owned(),
            put: Samples::of(&line, "put_ns")?,
            formula: Samples::of(&line, "formula_ns")?,
            prices: prices.collect::<Option<_>>().context("a price is no number")?,
        })
    }
}

/// The other library's speed beside ours in the same engine (`ours`, nanoseconds), if it gives the same prices.
fn compared(other: &Other, book: &Book, ours: f64) -> Result<Vec<Measurement>> {
    ensure!(
        other.prices.len() == book.prices.len() && book.spot > 0.0 && !book.prices.is_empty(),
        "{} prices another book",
        other.library
    );
    let differences = other.prices.iter().zip(&book.prices).map(|(one, two)| (one - two).abs() / book.spot);
    let difference = differences.fold(0.0, f64::max);
    // A price that is no number cannot come out of JSON.
    ensure!(
        difference <= MOST_DIFFERENCE,
        "{} and this repository price a put differently, by {difference:e} of spot",
        other.library
    );
    let (put, formula) = (other.put.median(), other.formula.median());
    Ok(vec![
        row(format!("put price, {} (JavaScript): option", other.library), put / 1e3, "µs", ""),
        row("  the same library: its formula in doubles alone".to_owned(), formula / 1e3, "µs", ""),
        row("  its option over our put price, both in Node".to_owned(), put / ours, "times", ""),
        row("  its formula over our put price, both in Node".to_owned(), formula / ours, "times", ""),
        row("  largest difference of a price".to_owned(), difference, "of spot", "<= 1e-11"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty redraws of 1 to 20 ms.
    fn times(put: u32) -> Times {
        let redraws: Vec<String> = (1..=20).rev().map(|time| format!("{time}000000")).collect();
        let redraws = redraws.join(",");
        Times::of(&format!(
            "building\n{{\"put_ns\":[{put},9000,1],\"redraw_ns\":[{redraws}],\"checksum\":\"7\"}}"
        ))
        .unwrap()
    }

    #[test]
    fn times_are_told_by_median_and_percentile() {
        let rows = own(&times(2_000), &[("in wasm", times(5_000))]);
        let found: Vec<_> =
            rows.iter().map(|row| (row.name.as_str(), row.value, row.goal.as_str())).collect();
        let expected = [
            ("put price, natively", 2.0, "<= 3"),
            ("slider's redraw, natively: median", 10.0, "<= 2"),
            ("slider's redraw, natively: p95", 19.0, "<= 2"),
            ("put price, in wasm", 5.0, "<= 6"),
            ("slider's redraw, in wasm: median", 10.0, "<= 4"),
            ("slider's redraw, in wasm: p95", 19.0, "<= 4"),
            ("put price, wasm over native", 2.5, ""),
            ("slider's redraw, wasm over native", 1.0, ""),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_program_that_measured_nothing_is_an_error() {
        for output in [
            "building",
            r#"{"put_ns":[],"redraw_ns":[1],"checksum":"7"}"#,
            r#"{"put_ns":[1],"redraw_ns":[0],"checksum":"7"}"#,
            r#"{"put_ns":[1],"redraw_ns":["1"],"checksum":"7"}"#,
            r#"{"put_ns":[1],"redraw_ns":[1]}"#,
        ] {
            assert!(Times::of(output).is_err(), "{output}");
        }
    }

    #[test]
    fn one_different_byte_is_found() {
        assert!(check_same("a\nb\n", "a\nb\n").is_ok());
        let error = check_same("a\nprice 1\nc\n", "a\nprice 2\nc\n").unwrap_err().to_string();
        assert!(
            error.contains("line 2") && error.contains("price 1") && error.contains("price 2"),
            "{error}"
        );
        assert!(check_same("a\nb\n", "a\n").unwrap_err().to_string().contains("ends here"));
        assert!(check_same("a\n", "a").is_err());
        assert!(check_same("", "").is_err());
    }

    fn other(price: f64) -> Other {
        Other::of(&format!(
            r#"{{"library":"l 1","put_ns":[1000],"formula_ns":[500],"prices":[{price:?},5818.63]}}"#
        ))
        .unwrap()
    }

    #[test]
    fn only_equal_prices_are_compared() {
        let book = Book::of(
            r#"{"spot_e8":6000000000000,"book":[{"price_e12":"12000000000000"},{"price_e12":"5818630000000000"}]}"#,
        )
        .unwrap();
        let rows = compared(&other(12.0), &book, 2_000.0).unwrap();
        let values: Vec<f64> = rows.iter().map(|row| row.value).collect();
        assert_eq!(values, [1.0, 0.5, 0.5, 0.25, 0.0]);
        // 1e-10 of spot, and a price too few.
        assert!(compared(&other(12.000_006), &book, 2_000.0).is_err());
        let short = Book { spot: book.spot, prices: vec![12.0] };
        assert!(compared(&other(12.0), &short, 2_000.0).is_err());
    }
}
