//! What was not executed, and the committed list of what need not be.
//!
//! A gap is named by its contract, its function and the text of its line, which outlive changes elsewhere in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::lcov::{Record, Records};

/// A line, or a way out of an expression on it, that no test takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gap {
    pub(super) contract: String,
    pub(super) function: String,
    /// The line's text, without indentation.
    pub(super) code: String,
    /// Expression on the line and way out of it; `None`: the whole line.
    pub(super) branch: Option<(u32, u32)>,
}

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contract, function, code, branch } = self;
        let branch = branch.map_or_else(|| "-".to_owned(), |(block, way)| format!("{block}.{way}"));
        write!(formatter, "| {contract} | {function} | `{code}` | {branch} |")
    }
}

/// The gaps of all contracts, each with the number of its line. Branches of a line that was not executed are not named.
pub(super) fn found(records: &Records, root: &Path) -> Result<BTreeMap<Gap, u32>> {
    let mut gaps = BTreeMap::new();
    for (path, record) in records {
        let source = std::fs::read_to_string(root.join(path))
            .with_context(|| format!("cannot read {}", path.display()))?;
        let texts: Vec<&str> = source.lines().collect();
        let contract = path.file_stem().unwrap_or_default().to_string_lossy();
        let gap = |line: u32, branch| {
            let text = line.checked_sub(1).and_then(|index| texts.get(usize::try_from(index).ok()?));
            Gap {
                contract: contract.clone().into_owned(),
                function: record.function_at(line).to_owned(),
                code: text.map_or_else(String::new, |text| text.trim().to_owned()),
                branch,
            }
        };
        let missed = |line: &u32| record.lines.get(line) == Some(&0);
        gaps.extend(record.lines.keys().filter(|line| missed(line)).map(|line| (gap(*line, None), *line)));
        for ((line, block, way), count) in &record.branches {
            if *count == 0 && !missed(line) {
                gaps.insert(gap(*line, Some((*block, *way))), *line);
            }
        }
    }
    Ok(gaps)
}

/// The gaps that a document excuses: the rows of its tables with five columns, contract, function, line, branch, reason.
pub(super) fn excused(document: &str) -> Result<BTreeSet<Gap>> {
    let mut gaps = BTreeSet::new();
    for row in document.lines().filter(|line| line.starts_with("| ")) {
        let columns: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [contract, function, code, branch, reason] = columns[..] else { continue };
        if contract == "contract" || contract.starts_with("---") {
            continue;
        }
        if reason.is_empty() {
            bail!("docs/coverage.md gives no reason in: {row}");
        }
        let branch = match branch {
            "-" => None,
            text => {
                let parts = text.split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
                Some(parts.with_context(|| format!("docs/coverage.md names no branch in: {row}"))?)
            }
        };
        gaps.insert(Gap {
            contract: contract.to_owned(),
            function: function.to_owned(),
            code: code.trim_matches('`').to_owned(),
            branch,
        });
    }
    Ok(gaps)
}

/// Sums over contracts.
pub(super) fn totals<'a>(records: impl Iterator<Item = &'a Record>) -> [(usize, usize); 2] {
    records.fold([(0, 0); 2], |[lines, branches], record| {
        let (more_lines, more_branches) = (record.line_count(), record.branch_count());
        [
            (lines.0 + more_lines.0, lines.1 + more_lines.1),
            (branches.0 + more_branches.0, branches.1 + more_branches.1),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_written_as_it_is_read() {
        let whole = Gap { contract: "a".into(), function: "f".into(), code: "(ok u1)".into(), branch: None };
        let branch = Gap { branch: Some((1, 0)), ..whole.clone() };
        let document = format!(
            "text\n| contract | function | line | branch | reason |\n| --- | --- | --- | --- | --- |\n{whole} never |\n{branch} never |\n"
        );
        assert_eq!(excused(&document).unwrap(), BTreeSet::from([whole.clone(), branch]));
        assert!(excused(&format!("{whole}  |")).is_err(), "no reason");
        assert!(excused("| a | b |").unwrap().is_empty(), "another table");
    }

    #[test]
    fn a_line_that_is_not_executed_stands_for_its_branches() {
        let folder = std::env::temp_dir().join(format!("bithedge-coverage-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let folder = std::fs::canonicalize(folder).unwrap();
        std::fs::write(folder.join("a.clar"), "(f\n  (if a\n    b\n    c))\n").unwrap();
        let mut record = Record::default();
        record.functions.insert(1, "f".to_owned());
        record.lines.extend([(2, 1), (3, 0)]);
        record.branches.extend([((2, 0, 1), 0), ((3, 0, 0), 0)]);
        let records = Records::from([("a.clar".into(), record)]);
        let gaps = found(&records, &folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let gaps: Vec<String> = gaps.keys().map(Gap::to_string).collect();
        assert_eq!(gaps, ["| a | f | `(if a` | 0.1 |", "| a | f | `b` | - |"]);
    }
}
