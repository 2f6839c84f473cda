//! Lcov records: read, added up, written.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// One branch: its line, the number of the expression on that line, the number of the way out of it.
pub(super) type Branch = (u32, u32, u32);

/// What was executed of one file, how often.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Record {
    /// Functions, by the line on which they start.
    pub(super) functions: BTreeMap<u32, String>,
    pub(super) lines: BTreeMap<u32, u64>,
    pub(super) branches: BTreeMap<Branch, u64>,
}

/// Records by file.
pub(super) type Records = BTreeMap<PathBuf, Record>;

/// Files with the SHA-256 of what they contain now.
#[derive(Debug, Default)]
pub(super) struct Sources(BTreeMap<PathBuf, Option<String>>);

impl Sources {
    fn hash(&mut self, file: &Path) -> Option<&str> {
        let hash = self.0.entry(file.to_owned()).or_insert_with(|| {
            let digest = Sha256::digest(std::fs::read(file).ok()?);
            Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
        });
        hash.as_deref()
    }
}

/// Adds the records of one text to those there are. Files outside of `root` are left out, and the others named from there.
/// Also left out are records of a file that has changed since; returns how many.
pub(super) fn add(records: &mut Records, sources: &mut Sources, lcov: &str, root: &Path) -> usize {
    let mut current: Option<&mut Record> = None;
    let mut hash = "";
    let mut outdated = 0;
    for line in lcov.lines() {
        let Some((kind, rest)) = line.split_once(':') else { continue };
        if kind == "TN" {
            hash = rest;
            continue;
        }
        if kind == "SF" {
            // A path may lead through a crate's folder and back.
            let path = std::fs::canonicalize(rest).unwrap_or_else(|_| PathBuf::from(rest));
            let fresh = sources.hash(&path) == Some(hash);
            outdated += usize::from(!fresh);
            let inside = path.strip_prefix(root).ok().filter(|_| fresh);
            current = inside.map(|path| records.entry(path.to_owned()).or_default());
            continue;
        }
        let Some(record) = &mut current else { continue };
        match kind {
            "FN" => {
                if let Some((Ok(line), name)) = rest.split_once(',').map(|(line, name)| (line.parse(), name))
                {
                    record.functions.insert(line, name.to_owned());
                }
            }
            "DA" => {
                if let Some([line, count]) = numbers(rest) {
                    *record.lines.entry(narrow(line)).or_default() += count;
                }
            }
            "BRDA" => {
                if let Some([line, block, branch, count]) = numbers(rest) {
                    *record.branches.entry((narrow(line), narrow(block), narrow(branch))).or_default() +=
                        count;
                }
            }
            _ => {}
        }
    }
    outdated
}

fn numbers<const COUNT: usize>(text: &str) -> Option<[u64; COUNT]> {
    let numbers: Option<Vec<u64>> = text.split(',').map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}

/// Lines of a file are fewer than this can hold.
fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The records as one lcov file.
pub(super) fn write(records: &Records, root: &Path) -> String {
    let mut text = String::new();
    for (path, record) in records {
        let _ = writeln!(text, "TN:\nSF:{}", root.join(path).display());
        for (line, name) in &record.functions {
            let _ = writeln!(text, "FN:{line},{name}");
        }
        for (line, count) in &record.lines {
            let _ = writeln!(text, "DA:{line},{count}");
        }
        for ((line, block, branch), count) in &record.branches {
            let _ = writeln!(text, "BRDA:{line},{block},{branch},{count}");
        }
        text.push_str("end_of_record\n");
    }
    text
}

impl Record {
    /// The function that a line belongs to.
    pub(super) fn function_at(&self, line: u32) -> &str {
        self.functions.range(..=line).next_back().map_or("", |(_, name)| name)
    }

    /// Lines executed, and all there are.
    pub(super) fn line_count(&self) -> (usize, usize) {
        (self.lines.values().filter(|count| **count > 0).count(), self.lines.len())
    }

    /// Branches taken, and all there are.
    pub(super) fn branch_count(&self) -> (usize, usize) {
        (self.branches.values().filter(|count| **count > 0).count(), self.branches.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_added_up_and_strangers_left_out() {
        let folder = std::env::temp_dir().join(format!("bithedge-lcov-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let root = std::fs::canonicalize(&folder).unwrap();
        std::fs::write(root.join("a.clar"), "(f)").unwrap();
        let hash: String = Sha256::digest("(f)").iter().map(|byte| format!("{byte:02x}")).collect();
        let record = format!(
            "SF:{}/a.clar\nFN:3,f\nFNDA:1,f\nDA:3,1\nDA:4,0\nBRDA:4,0,1,2\nend_of_record\n",
            root.display()
        );
        let lcov = format!(
            "TN:{hash}\n{record}TN:{hash}\nSF:/x/b.clar\nDA:1,1\nend_of_record\nTN:of an older one\n{record}"
        );

        let mut records = Records::new();
        let mut sources = Sources::default();
        assert_eq!(add(&mut records, &mut sources, &lcov, &root), 2);
        add(&mut records, &mut sources, &lcov, &root);
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(records.len(), 1);
        let record = &records[Path::new("a.clar")];
        assert_eq!(record.lines, BTreeMap::from([(3, 2), (4, 0)]));
        assert_eq!(record.branches, BTreeMap::from([((4, 0, 1), 4)]));
        assert_eq!((record.line_count(), record.branch_count()), ((1, 2), (1, 1)));
        assert_eq!((record.function_at(2), record.function_at(4)), ("", "f"));
        assert!(write(&records, &root).contains("DA:3,2\nDA:4,0\nBRDA:4,0,1,4\nend_of_record\n"));
    }
}
