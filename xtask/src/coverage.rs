//! `cargo xtask coverage`: which lines and branches of the contracts their tests execute.

mod gaps;
mod lcov;

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, bail};

use self::gaps::Gap;
use self::lcov::{Records, Sources};
use crate::command::{self, cargo};
use crate::{setup, workspace};

/// Makes every session of a test record coverage and write it to a folder; `bithedge_vm::COVERAGE_DIR_VARIABLE`.
const FOLDER_VARIABLE: &str = "BITHEDGE_COVERAGE_DIR";

/// The part of the branches that must be taken, in per cent. Of lines all must be executed.
const BRANCH_GOAL: usize = 95;

/// Runs the contracts' tests (not with `--report`, which tells the last run's outcome again), prints the coverage, and
/// holds it against the goals and against the list in `docs/coverage.md`. Returns whether all is well.
pub(crate) fn run(arguments: &[OsString]) -> Result<bool> {
    let again = match arguments {
        [] => false,
        [only] if only == "--report" => true,
        _ => bail!("cargo xtask coverage [--report]"),
    };
    let folder = workspace::target()?.join("coverage");
    let raw = folder.join("sessions");
    let tested = if again { Ok(()) } else { test(&raw)? };
    let root = std::fs::canonicalize(workspace::root())?;
    let records = read(&raw, &root)?;
    std::fs::write(folder.join("lcov.info"), lcov::write(&records, &root))?;
    let well = report(&records, &root)?;
    tested?;
    Ok(well)
}

/// Runs the tests; a failing one does not keep the others from being counted.
fn test(raw: &Path) -> Result<Result<()>> {
    setup::devnet()?;
    if raw.exists() {
        std::fs::remove_dir_all(raw)?;
    }
    std::fs::create_dir_all(raw)?;
    let nextest = command::succeeds(cargo().args(["nextest", "--version"]));
    let runner: &[&str] =
        if nextest { &["nextest", "run", "--no-fail-fast"] } else { &["test", "--tests", "--no-fail-fast"] };
    let mut tests = cargo();
    tests.args(runner).args(["--package", "bithedge-suite"]).env(FOLDER_VARIABLE, raw);
    // What is not reached in some random sequences is not reached in hundreds, and wants a test of its own.
    tests.env("BITHEDGE_SEQUENCES", "10");
    Ok(command::run(&mut tests))
}

fn read(raw: &Path, root: &Path) -> Result<Records> {
    let mut records = Records::new();
    let mut sources = Sources::default();
    let mut outdated = 0;
    let files = std::fs::read_dir(raw)
        .with_context(|| format!("nothing was recorded in {}: run it without --report", raw.display()))?;
    for file in files {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "lcov") {
            outdated += lcov::add(&mut records, &mut sources, &std::fs::read_to_string(path)?, root);
        }
    }
    if outdated > 0 {
        println!("{outdated} records are of contracts that have changed since, and do not count");
    }
    if records.is_empty() {
        bail!("the tests recorded no coverage in {}", raw.display());
    }
    Ok(records)
}

/// Prints the table and what is missing.
fn report(records: &Records, root: &Path) -> Result<bool> {
    println!("{:<28} {:>19} {:>19}", "contract", "lines", "branches");
    for (path, record) in records {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        println!("{name:<28} {:>19} {:>19}", part(record.line_count()), part(record.branch_count()));
    }
    let [lines, branches] = gaps::totals(records.values());
    println!("{:<28} {:>19} {:>19}", "all", part(lines), part(branches));

    let gaps = gaps::found(records, root)?;
    let document =
        std::fs::read_to_string(root.join("docs/coverage.md")).context("cannot read docs/coverage.md")?;
    let excused = gaps::excused(&document)?;
    let unlisted: Vec<(&Gap, &u32)> = gaps.iter().filter(|(gap, _)| !excused.contains(gap)).collect();
    let covered: Vec<&Gap> = excused.iter().filter(|gap| !gaps.contains_key(gap)).collect();
    list("not executed, and docs/coverage.md gives no reason", unlisted.iter(), |(gap, line)| {
        format!("{gap} line {line}")
    });
    list("docs/coverage.md excuses it, and it is executed or gone", covered.iter(), |gap| gap.to_string());
    let enough = branches.0 * 100 >= branches.1 * BRANCH_GOAL;
    if !enough {
        println!("\nfewer than {BRANCH_GOAL} % of the branches are taken");
    }
    println!("\n{} gaps with a reason, {} without", gaps.len() - unlisted.len(), unlisted.len());
    Ok(unlisted.is_empty() && covered.is_empty() && enough)
}

fn list<T>(title: &str, items: impl ExactSizeIterator<Item = T>, show: impl Fn(T) -> String) {
    if items.len() > 0 {
        println!("\n{title}:");
        items.for_each(|item| println!("{}", show(item)));
    }
}

fn part((some, all): (usize, usize)) -> String {
    // Rounded down, so that 100.0 is all.
    let tenths = (some * 1_000).checked_div(all).unwrap_or(1_000);
    format!("{some}/{all} {:>3}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_whole_only_if_nothing_is_missing() {
        assert_eq!(part((2_999, 3_000)), "2999/3000  99.9 %");
        assert_eq!(part((3, 3)), "3/3 100.0 %");
        assert_eq!(part((0, 0)), "0/0 100.0 %");
    }
}
