//! Makes `ui/dist`, the folder that the application embeds: `index.html`, `boot.js`, `styles.css`, the files of
//! `ui/static`, and the wasm of `ui` with the JavaScript that loads it.
//!
//! It downloads nothing: wasm-bindgen is used as a library. It writes only what changed, so that the shell is
//! rebuilt only for a page that differs.
#![allow(clippy::print_stderr, reason = "a developer's program, read in a terminal")]

mod compile;
mod dist;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lexopt::Arg::Long;

use crate::compile::{Profile, Script};
use crate::dist::Dist;

/// What the page is to come down to, in bytes after gzip: it is parsed at every start.
const COMPRESSED_WASM_GOAL: usize = 900_000;
/// What it may be until then, so that it does not grow unnoticed. With all pages it began at 1,502,000; what is left to do is in
/// `docs/decisions/0029-what-the-page-weighs.md`.
const MAX_COMPRESSED_WASM: usize = 1_020_000;

const USAGE: &str = "Usage: bithedge-ui-bundle [--dev]

Writes ui/dist. --dev skips the optimiser: quicker to build, five times the size, not held to the size limit.";

fn main() -> Result<()> {
    let Some(profile) = profile_from_arguments()? else {
        eprintln!("{USAGE}");
        return Ok(());
    };
    let root = repository_root()?;
    let wasm = compile::wasm(&root, profile)?;
    let script = Script::for_wasm(&wasm, &cache_folder(&wasm.path)?)?;
    let compressed = compile::compressed_size(&script.wasm)?;

    let mut dist = Dist::default();
    dist.add_page(&root.join("ui"))?;
    dist.add_script(&script)?;
    let changed = dist.write(&root.join("ui/dist"))?;

    eprintln!(
        "ui/dist: wasm {} kB ({} kB compressed), {} files, {}",
        script.wasm.len() / 1000,
        compressed / 1000,
        dist.len(),
        if changed == 0 { "unchanged".to_owned() } else { format!("{changed} changed") },
    );
    if profile == Profile::Release && compressed > COMPRESSED_WASM_GOAL {
        eprintln!("the wasm is {compressed} bytes after gzip; the goal is {COMPRESSED_WASM_GOAL}");
    }
    if profile == Profile::Release && compressed > MAX_COMPRESSED_WASM {
        bail!("the wasm is {compressed} bytes after gzip; the limit is {MAX_COMPRESSED_WASM}");
    }
    Ok(())
}

/// `None`: asked for help.
fn profile_from_arguments() -> Result<Option<Profile>> {
    let mut profile = Profile::Release;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("dev") => profile = Profile::Dev,
            Long("help") => return Ok(None),
            other => return Err(other.unexpected()).context(USAGE),
        }
    }
    Ok(Some(profile))
}

fn repository_root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).context("this crate is two folders below the root")?;
    Ok(root.to_owned())
}

/// Beside cargo's own output, so that `cargo clean` removes it too.
fn cache_folder(wasm: &Path) -> Result<PathBuf> {
    Ok(wasm.parent().context("cargo writes the wasm into a folder")?.join("ui-bundle"))
}
