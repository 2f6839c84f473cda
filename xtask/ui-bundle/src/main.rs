//! Makes `ui/dist`, the folder that the application embeds: a page for each window, `boot.js`, `styles.css`, the files of
//! `ui/static`, and the wasm of each page's program with the JavaScript that loads it.
//!
//! It downloads nothing: wasm-bindgen is used as a library. It writes only what changed, so that the shell is
//! rebuilt only for a page that differs.
#![allow(clippy::print_stderr, reason = "a developer's program, read in a terminal")]

mod compile;
mod dist;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use lexopt::Arg::Long;
use lexopt::ValueExt as _;

use crate::compile::{Profile, Script};
use crate::dist::Dist;

/// What each program may be, in bytes after gzip: it is parsed at every start of its window.
/// `docs/decisions/0029-what-the-page-weighs.md`.
const MAX_COMPRESSED_WASM: usize = 900_000;

const USAGE: &str = "Usage: bithedge-ui-bundle [--dev] [--package PACKAGE --folder FOLDER]

Writes ui/dist, or the dist of another package of pages, in its folder. --dev skips the optimiser: quicker to build, several times the size, not held to the size limit.";

fn main() -> Result<()> {
    let Some(Request { package, folder, profile }) = Request::from_arguments()? else {
        eprintln!("{USAGE}");
        return Ok(());
    };
    let root = repository_root()?;
    let programs = compile::wasm(&root, &package, profile)?;
    let scripts: Vec<Script> = programs.iter().map(Script::for_wasm).collect::<Result<_>>()?;

    let mut dist = Dist::default();
    dist.add_pages(&root.join(&folder))?;
    scripts.iter().try_for_each(|script| dist.add_script(script))?;
    let changed = dist.write(&root.join(&folder).join("dist"))?;

    let mut too_large = Vec::new();
    for Script { program, wasm, .. } in &scripts {
        let compressed = compile::compressed_size(wasm)?;
        eprintln!(
            "{folder}/dist: {program} is {} kB of wasm, {compressed} bytes after gzip",
            wasm.len() / 1000
        );
        if compressed > MAX_COMPRESSED_WASM {
            too_large.push(program.as_str());
        }
    }
    let changed = if changed == 0 { "unchanged".to_owned() } else { format!("{changed} changed") };
    eprintln!("{folder}/dist: {} files, {changed}", dist.len());
    ensure!(
        profile == Profile::Dev || too_large.is_empty(),
        "{} may be {MAX_COMPRESSED_WASM} bytes after gzip and not more",
        too_large.join(", "),
    );
    Ok(())
}

/// What to make.
struct Request {
    package: String,
    /// Where the package's pages are, below the root.
    folder: String,
    profile: Profile,
}

impl Request {
    /// `None`: asked for help.
    fn from_arguments() -> Result<Option<Self>> {
        let mut request =
            Self { package: "bithedge-ui".to_owned(), folder: "ui".to_owned(), profile: Profile::Release };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("dev") => request.profile = Profile::Dev,
                Long("package") => request.package = arguments.value()?.string()?,
                Long("folder") => request.folder = arguments.value()?.string()?,
                Long("help") => return Ok(None),
                other => return Err(other.unexpected()).context(USAGE),
            }
        }
        Ok(Some(request))
    }
}

fn repository_root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).context("this crate is two folders below the root")?;
    Ok(root.to_owned())
}
