//! What processes hold of the machine's memory, as Linux tells it below `/proc`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::iter::Sum;
use std::path::Path;

use anyhow::{Context as _, Result};

/// A process's number.
type Id = i32;

/// An amount of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bytes(u64);

impl Bytes {
    pub(crate) const fn from_kibibytes(kibibytes: u64) -> Self {
        Self(kibibytes * 1_024)
    }

    /// In millions of bytes.
    #[allow(clippy::cast_precision_loss, reason = "no machine has 2^53 bytes")]
    pub(crate) fn megabytes(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|Self(bytes)| bytes).sum())
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.1} MB", self.megabytes())
    }
}

/// A process, and its share of the memory: what is its own, and its part of what it has in common with others.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    /// The kernel's name of the process, which has 15 letters at most.
    pub(crate) name: String,
    pub(crate) held: Bytes,
    /// What of it is its own alone, whoever else uses the same libraries.
    pub(crate) own: Bytes,
}

/// The shares of the process that runs `program` somewhere below `ancestor`, and of all that it started.
pub(crate) fn shares(ancestor: Id, program: &Path) -> Result<Vec<Share>> {
    let program = program.canonicalize().with_context(|| format!("there is no {}", program.display()))?;
    let parents = parents()?;
    let runs = |id: &Id| fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|file| file == program);
    let root = below(ancestor, &parents).into_iter().find(runs);
    let root = root.with_context(|| format!("{} does not run", program.display()))?;
    let mut found = Vec::new();
    for id in below(root, &parents) {
        // One that has ended since holds nothing.
        let Ok(rollup) = fs::read_to_string(format!("/proc/{id}/smaps_rollup")) else { continue };
        let name = fs::read_to_string(format!("/proc/{id}/comm"))?.trim_end().to_owned();
        let told = |field| {
            field_in(&rollup, field).with_context(|| format!("the kernel tells no {field} of {name}"))
        };
        let held = told("Pss:")?;
        let own = [told("Private_Clean:")?, told("Private_Dirty:")?].into_iter().sum();
        found.push(Share { name, held, own });
    }
    Ok(found)
}

/// Every process, and who started it.
fn parents() -> Result<BTreeMap<Id, Id>> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // It may have ended since.
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        if let Some(parent) = parent_in(&stat) {
            parents.insert(id, parent);
        }
    }
    Ok(parents)
}

/// The parent's number in a line of `/proc/…/stat`: the second field after the name, which may hold anything.
fn parent_in(stat: &str) -> Option<Id> {
    let (_, after) = stat.rsplit_once(')')?;
    after.split_whitespace().nth(1)?.parse().ok()
}

/// An amount in `/proc/…/smaps_rollup`; `Pss:` is the proportional share.
fn field_in(rollup: &str, field: &str) -> Option<Bytes> {
    let line = rollup.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok().map(Bytes::from_kibibytes)
}

/// A process and all that came of it, itself first.
fn below(root: Id, parents: &BTreeMap<Id, Id>) -> Vec<Id> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(one) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, parent)| **parent == one).map(|(id, _)| *id));
        next += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descendants_are_found_at_any_depth() {
        let parents = BTreeMap::from([(2, 1), (3, 2), (4, 2), (5, 4), (6, 1)]);
        assert_eq!(below(2, &parents), [2, 3, 4, 5]);
        assert_eq!(below(6, &parents), [6]);
    }

    #[test]
    fn what_the_kernel_tells_is_understood() {
        assert_eq!(parent_in("12 (a) b (c)) S 7 12 12 0"), Some(7));
        assert_eq!(parent_in("12"), None);
        let rollup =
            "5581e000-7ffd9000 ---p 00000000 00:00 0   [rollup]\nRss:   9 kB\nPss:    4 kB\nPss_Dirty: 1 kB";
        assert_eq!(field_in(rollup, "Pss:"), Some(Bytes(4_096)));
        assert_eq!(field_in("Rss: 9 kB", "Pss:"), None);
    }

    #[test]
    fn this_process_holds_something() {
        let own = Id::try_from(std::process::id()).unwrap();
        let shares = shares(own, &std::env::current_exe().unwrap()).unwrap();
        let [first, ..] = &shares[..] else { panic!("nothing was found") };
        assert!(first.held > Bytes(100_000), "{shares:?}");
    }
}
