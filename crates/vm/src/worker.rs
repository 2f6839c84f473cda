//! The worker's script.

use std::path::{Path, PathBuf};

use crate::error::StartError;

/// The script's name in its folder.
pub(crate) const SCRIPT: &str = "worker.mjs";

/// Starting, copying and mining empty blocks never take this many seconds; a VM that does not answer by then is not
/// coming back.
pub(crate) const ANSWER_SECONDS: u64 = 120;

/// Says whether script and packages are in `folder`, so that their absence has a message of its own.
pub(crate) fn check(folder: &Path) -> Result<(), StartError> {
    if folder.join(SCRIPT).is_file() && folder.join("node_modules/@stacks/clarinet-sdk-wasm").is_dir() {
        Ok(())
    } else {
        Err(StartError::WorkerMissing { folder: PathBuf::from(folder) })
    }
}

/// The worker in the source tree that this crate was built in: for tests, which run where they were built.
pub(crate) fn in_source_tree() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/worker"))
}
