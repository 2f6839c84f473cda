//! Where things are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Cargo's target directory, wherever the developer's configuration puts it: xtask itself runs from
/// `<target>/<profile>/xtask`.
pub(crate) fn target() -> Result<PathBuf> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let target = program.ancestors().nth(2).context("this program runs from cargo's target directory")?;
    Ok(target.to_owned())
}

/// A program built with cargo's profile `dev`.
pub(crate) fn debug_program(name: &str) -> Result<PathBuf> {
    Ok(target()?.join("debug").join(name))
}

/// A program built with cargo's profile `release`.
pub(crate) fn release_program(name: &str) -> Result<PathBuf> {
    Ok(target()?.join("release").join(name))
}

/// A program built with cargo's profile `desktop`: as users get it.
pub(crate) fn desktop_program(name: &str) -> Result<PathBuf> {
    Ok(target()?.join("desktop").join(name))
}

/// The Node program that runs the Clarity VM for the devnet.
pub(crate) fn devnet_worker() -> PathBuf {
    root().join("crates/vm/worker")
}

/// The variable that tells the devnet where [`devnet_worker`] is; an installed application finds it otherwise.
pub(crate) const DEVNET_WORKER_VARIABLE: &str = "BITHEDGE_DEVNET_WORKER";
