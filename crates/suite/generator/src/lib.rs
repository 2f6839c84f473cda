//! Makes `crates/suite/src/generated` from what the contracts say of themselves: their interfaces, as the Clarity VM
//! reads them out of the sources; the comments over their functions; the schema of their events (`contracts/events.toml`)
//! and the catalogue of their errors (`docs/errors.md`), both of which are first held against the sources.
//!
//! The same inputs give the same bytes. The text is formatted by the toolchain's `rustfmt`.

pub mod bindings;
pub mod errors;
pub mod events;
pub mod names;
pub mod rustfmt;
pub mod source;
pub mod suite;
pub mod types;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::suite::SuiteContract;

/// Where the generated files stand, below the repository's root.
pub const FOLDER: &str = "crates/suite/src/generated";
/// The schema of the events, below the root.
pub const EVENTS: &str = "contracts/events.toml";
/// The catalogue of the errors, below the root.
pub const ERRORS: &str = "docs/errors.md";
/// How to make the files again.
pub const COMMAND: &str = "cargo xtask bindings";

/// Generated files: name below [`FOLDER`], and text.
pub type Files = BTreeMap<String, String>;

/// Everything that belongs into [`FOLDER`].
///
/// # Errors
/// The contracts do not load, or the event schema or the error catalogue is not what the sources say: then every
/// difference is named.
pub fn generate(root: &Path) -> Result<Files> {
    let contracts = suite::load(root)?;
    let events = events::read(root)?;
    let errors = errors::read(root)?;
    let mut complaints = events::complaints(&contracts, &events);
    complaints.extend(errors::complaints(&contracts, &errors));
    ensure!(
        complaints.is_empty(),
        "the contracts and their documents differ:\n  {}",
        complaints.join("\n  ")
    );

    let interfaces = suite::interfaces(root)?;
    let mut files = Files::new();
    let mut modules = Vec::new();
    for contract in &contracts {
        let Some(interface) = interfaces.get(&contract.name) else { continue };
        let text = bindings::module(contract, interface)
            .with_context(|| format!("the bindings of {}", contract.name))?;
        if let Some(text) = text {
            let module = names::snake(&contract.name);
            files.insert(format!("{module}.rs"), text);
            modules.push(module);
        }
    }
    files.insert("events.rs".to_owned(), events::module(&events)?);
    files.insert("errors.rs".to_owned(), errors::module(&errors)?);
    files.insert("mod.rs".to_owned(), bindings::root_module(&contracts, &modules));
    files.into_iter().map(|(name, text)| Ok((name, rustfmt::format(root, &text)?))).collect()
}

/// The files that are in [`FOLDER`] now.
///
/// # Errors
/// The folder cannot be read.
pub fn committed(root: &Path) -> Result<Files> {
    let folder = root.join(FOLDER);
    let mut files = Files::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.insert(name, std::fs::read_to_string(&path).with_context(|| path.display().to_string())?);
    }
    Ok(files)
}

/// What differs, one line for each file.
#[must_use]
pub fn differences(wanted: &Files, found: &Files) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, text) in wanted {
        match found.get(name) {
            None => lines.push(format!("{FOLDER}/{name} is missing")),
            Some(other) if other != text => {
                let line = text.lines().zip(other.lines()).take_while(|(a, b)| a == b).count() + 1;
                lines.push(format!("{FOLDER}/{name} is out of date from line {line} on"));
            }
            Some(_) => {}
        }
    }
    let extra = found.keys().filter(|name| !wanted.contains_key(*name));
    lines.extend(extra.map(|name| format!("{FOLDER}/{name} belongs to no contract")));
    lines
}

/// Brings [`FOLDER`] up to date; files that are right are left alone, so that nothing is rebuilt for them.
///
/// # Errors
/// A file cannot be written.
pub fn write(root: &Path, wanted: &Files) -> Result<()> {
    let folder = root.join(FOLDER);
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let found = committed(root)?;
    for (name, text) in wanted.iter().filter(|(name, text)| found.get(*name) != Some(text)) {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    for name in found.keys().filter(|name| !wanted.contains_key(*name)) {
        let path = folder.join(name);
        std::fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
    }
    Ok(())
}

/// The repository's root.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(3).unwrap_or(here).to_owned()
}

/// The contract with a name.
fn find<'a>(contracts: &'a [SuiteContract], name: &str) -> Option<&'a SuiteContract> {
    contracts.iter().find(|contract| contract.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_what_is_missing_stale_or_left_over() {
        let files = |pairs: &[(&str, &str)]| -> Files {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let wanted = files(&[("a.rs", "one\ntwo\n"), ("b.rs", "same\n"), ("c.rs", "new\n")]);
        let found = files(&[("a.rs", "one\n2\n"), ("b.rs", "same\n"), ("d.rs", "old\n")]);
        assert_eq!(
            differences(&wanted, &found),
            [
                format!("{FOLDER}/a.rs is out of date from line 2 on"),
                format!("{FOLDER}/c.rs is missing"),
                format!("{FOLDER}/d.rs belongs to no contract"),
            ]
        );
        assert!(differences(&wanted, &wanted).is_empty());
    }
}
