//! `cargo xtask sequences`: random operation sequences against the contracts, in bulk, resumed where they stopped.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsString;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use lexopt::Arg::Long;
use lexopt::ValueExt as _;

use crate::command::{self, cargo};
use crate::{setup, workspace};

/// How many are played unless the command line says otherwise.
pub(crate) const MANY: u64 = 5_000;

/// What decides how a sequence goes: a seed that was played with other sources is played again.
const SOURCES: [&str; 3] = ["contracts", "crates/suite/tests/suite", "crates/suite/world/src"];

/// Plays the seeds `--from` to `--to`, both included, except those that passed in an earlier run with the same sources.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let (mut from, mut to) = (1, MANY);
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("from") => from = parser.value()?.parse()?,
            Long("to") => to = parser.value()?.parse()?,
            other => return Err(other.unexpected()).context("cargo xtask sequences [--from A] [--to B]"),
        }
    }
    ensure!(from <= to, "--from {from} is behind --to {to}");
    play(from, to)
}

/// Plays seeds, both included.
pub(crate) fn play(from: u64, to: u64) -> Result<()> {
    setup::devnet()?;
    let done = done_file()?;
    let left = left(&done, from, to)?;
    eprintln!("{left} of the seeds {from} to {to} are left; those that pass are noted in {}", done.display());
    // The two tests share the seeds, so that two cores are busy.
    let tests = ["test", "--package", "bithedge-suite", "--test", "suite", "--", "seeds", "--nocapture"];
    command::run(
        cargo()
            .args(tests)
            .env("BITHEDGE_FIRST_SEED", from.to_string())
            .env("BITHEDGE_SEQUENCES", (to - from + 1).to_string())
            .env("BITHEDGE_SEQUENCES_DONE", &done),
    )?;
    // The tests' word is not enough: a run that played nothing passes too.
    match self::left(&done, from, to)? {
        0 => Ok(()),
        left => bail!("{left} of the seeds {from} to {to} were not played"),
    }
}

/// How many seeds of a range are not in a file.
fn left(done: &Path, from: u64, to: u64) -> Result<usize> {
    let text = if done.exists() { fs::read_to_string(done)? } else { String::new() };
    let done: std::collections::BTreeSet<u64> = text.lines().filter_map(|line| line.parse().ok()).collect();
    Ok((from..=to).filter(|seed| !done.contains(seed)).count())
}

/// Where the seeds that passed are noted, for the sources as they are.
fn done_file() -> Result<PathBuf> {
    let mut hash = DefaultHasher::new();
    for folder in SOURCES {
        add(&mut hash, &workspace::root().join(folder))?;
    }
    let folder = workspace::target()?.join("sequences");
    fs::create_dir_all(&folder)?;
    Ok(std::path::absolute(folder)?.join(format!("{:016x}.txt", hash.finish())))
}

/// Takes in every contract and source file of a folder, in order.
fn add(hash: &mut DefaultHasher, folder: &Path) -> Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .with_context(|| format!("cannot read {}", folder.display()))?;
    entries.sort();
    for entry in entries {
        let is_source = entry.extension().is_some_and(|kind| kind == "clar" || kind == "rs");
        if entry.is_dir() {
            add(hash, &entry)?;
        } else if is_source {
            hash.write(entry.to_string_lossy().as_bytes());
            hash.write(&fs::read(&entry)?);
        }
    }
    Ok(())
}
