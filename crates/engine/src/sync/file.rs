//! The files of the books: found again, put aside when damaged.

use std::path::{Path, PathBuf};

use bithedge_ledger::{Identity, Ledger, LedgerError};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::{Address, ChainId};

use super::status::SyncError;

/// What SQLite puts beside a file.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];

fn folder_error(path: &Path, error: &std::io::Error) -> SyncError {
    SyncError::Folder { path: path.to_path_buf(), reason: error.to_string() }
}

/// The books of a chain, and where a damaged file was put.
pub(super) struct Opened {
    pub(super) ledger: Ledger,
    pub(super) path: PathBuf,
    /// Why an earlier file was put aside, and where it is.
    pub(super) aside: Option<(String, PathBuf)>,
}

/// Opens the books of a chain, or begins them. A file that is damaged, or is about something else than its name says, is put
/// aside.
pub(super) fn open(folder: &Path, identity: Identity, now: UnixSeconds) -> Result<Opened, SyncError> {
    std::fs::create_dir_all(folder).map_err(|error| folder_error(folder, &error))?;
    let path = folder.join(identity.file_name());
    let (why, error) = match Ledger::open(&path, identity) {
        Ok(ledger) => return Ok(Opened { ledger, path, aside: None }),
        Err(error @ (LedgerError::Damaged { .. } | LedgerError::OtherChain { .. })) => {
            (error.to_string(), error)
        }
        Err(other) => return Err(other.into()),
    };
    tracing::warn!(%error, "the books are put aside and made anew");
    let kept = put_aside(&path, now)?;
    let ledger = Ledger::open(&path, identity)?;
    Ok(Opened { ledger, path, aside: Some((why, kept)) })
}

/// Renames a file with what belongs to it. Of the same books only the newest damaged file is kept.
pub(super) fn put_aside(path: &Path, now: UnixSeconds) -> Result<PathBuf, SyncError> {
    let failed = |error: &std::io::Error| folder_error(path, error);
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Err(failed(&std::io::ErrorKind::InvalidFilename.into()));
    };
    let mark = format!("{name}.damaged-");
    for entry in std::fs::read_dir(folder).map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?;
        if entry.file_name().to_str().is_some_and(|other| other.starts_with(&mark)) {
            std::fs::remove_file(entry.path()).map_err(|error| failed(&error))?;
        }
    }
    let aside = folder.join(format!("{mark}{}", now.get()));
    let with = |path: &Path, suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    for suffix in BESIDE {
        match std::fs::rename(with(path, suffix), with(&aside, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&error)),
            _ => {}
        }
    }
    Ok(aside)
}

/// The books of this chain and deployment that were written last: what there is to show before the chain was reached. Whether
/// they are about the chain of today is not known before.
pub(super) fn remembered(folder: &Path, chain: ChainId, deployer: Address) -> Option<PathBuf> {
    let start = format!("ledger-{:08x}-{deployer}-", chain.0);
    let entries = std::fs::read_dir(folder).ok()?;
    entries
        .flatten()
        .filter(|entry| {
            entry.file_name().to_str().is_some_and(|name| {
                name.starts_with(&start)
                    && Path::new(name).extension().is_some_and(|extension| extension == "sqlite")
            })
        })
        .filter_map(|entry| {
            // What was written last may still be in the log beside it.
            let times = ["", "-wal"].into_iter().filter_map(|suffix| {
                let mut name = entry.path().into_os_string();
                name.push(suffix);
                std::fs::metadata(name).ok()?.modified().ok()
            });
            Some((times.max()?, entry.path()))
        })
        .max()
        .map(|(_, path)| path)
}
