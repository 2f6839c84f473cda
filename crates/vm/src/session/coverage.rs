//! What was executed, as lcov.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::process::Process;
use super::{Project, Session, SessionError};

/// Names a folder. If it is set, every session records what is executed, whatever its options say, and writes it there
/// as a file of its own when it ends (also each time a shared session is given back).
pub const COVERAGE_DIR_VARIABLE: &str = "BITHEDGE_COVERAGE_DIR";

/// Where a session's coverage goes at its end.
#[derive(Debug, Clone)]
pub(super) struct CoverageTo {
    folder: PathBuf,
    files: Files,
}

/// By the VM's names for contracts: their files, and the hash of what was read from there.
type Files = BTreeMap<String, (PathBuf, String)>;

#[derive(Deserialize)]
struct Coverage {
    lcov: String,
}

impl CoverageTo {
    /// What the environment asks for.
    pub(super) fn from_environment(project: &Project) -> Option<Self> {
        let folder = std::env::var_os(COVERAGE_DIR_VARIABLE).filter(|folder| !folder.is_empty())?;
        Some(Self { folder: folder.into(), files: files(project) })
    }

    /// Writes what the VM has recorded since it was last asked. A failure is said, and ends nothing: there is nobody left
    /// to return it to.
    pub(super) fn write(&self, process: &mut Process) {
        static FILES: AtomicU32 = AtomicU32::new(0);
        let written = take(process).and_then(|lcov| {
            let kept = relabel(&lcov, &self.files);
            if kept.is_empty() {
                return Ok(());
            }
            let number = FILES.fetch_add(1, Ordering::Relaxed);
            let file = self.folder.join(format!("{}-{number}.lcov", std::process::id()));
            std::fs::create_dir_all(&self.folder)
                .and_then(|()| std::fs::write(&file, kept))
                .map_err(|error| format!("{}: {error}", file.display()))
        });
        if let Err(error) = written {
            report(&self.folder, &error);
        }
    }
}

#[allow(clippy::print_stderr, reason = "a session that ends has nobody to return an error to")]
fn report(folder: &Path, error: &str) {
    eprintln!("coverage was not written to {}: {error}", folder.display());
}

fn take(process: &mut Process) -> Result<String, String> {
    let request = json!({ "op": "coverage" });
    let Coverage { lcov } = process.ask("coverage", &request).map_err(|error| error.to_string())?;
    Ok(lcov)
}

impl Session {
    /// What was executed since this was last asked (or since the start), through all resets and restores, as lcov, one
    /// record a file. Empty unless the options ask for coverage. Files are named by the paths that the project has, and the
    /// record's name is the SHA-256 of the source; contracts that a test brought are left out.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn coverage_lcov(&mut self) -> Result<String, SessionError> {
        if !self.options.coverage {
            return Ok(String::new());
        }
        let Coverage { lcov } = self.request(json!({ "op": "coverage" }), "coverage")?;
        Ok(relabel(&lcov, &files(&self.project)))
    }
}

/// Contracts that have a file; those that a test brought have none.
fn files(project: &Project) -> Files {
    project
        .contracts()
        .iter()
        .filter_map(|contract| {
            let digest = Sha256::digest(&contract.source);
            let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            Some((format!("/project/contracts/{}.clar", contract.name), (contract.path.clone()?, hash)))
        })
        .collect()
}

/// Records under the names of their files, without those that have none. In place of a test's name stands the hash of the
/// source, so that a reader can tell records of a file that has changed since.
fn relabel(lcov: &str, files: &Files) -> String {
    let mut kept = String::new();
    for record in lcov.split_inclusive("end_of_record\n") {
        let Some((_, body)) = record.split_once("SF:") else { continue };
        let Some((source, rest)) = body.split_once('\n') else { continue };
        if let Some((path, hash)) = files.get(source) {
            kept.push_str(&format!("TN:{hash}\nSF:{}\n{rest}", path.display()));
        }
    }
    kept
}
