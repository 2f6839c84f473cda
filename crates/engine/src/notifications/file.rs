//! The file of what was told.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use bithedge_stacks::client::BlockHash;
use serde::{Deserialize, Serialize};

use super::memory::Memory;
use crate::networks::ChainIdentity;

/// The version of the file's form. Another one is read as if there were none: what it would save is a repeated notification.
const VERSION: u32 = 3;
/// No memory is larger: it is bounded.
const LARGEST: u64 = 16 << 20;

/// What was told could not be written down.
#[derive(Debug, thiserror::Error)]
#[error(
    "What you have been told could not be written down in {}, so it may be told again after a restart. Your money is not \
     affected. Make room or let the application write there. ({source})", .path.display()
)]
pub struct NotificationError {
    /// The file.
    pub path: PathBuf,
    /// The system's word.
    pub source: std::io::Error,
}

#[derive(Serialize, Deserialize)]
struct Stored<M> {
    version: u32,
    chain: Chain,
    memory: M,
}

/// The chain that a memory is about. On another one the same addresses and numbers are other things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chain {
    id: u32,
    /// The index hash of its first block, 64 hexadecimal digits; `None` if that cannot be told.
    first_block: Option<String>,
}

impl From<&ChainIdentity> for Chain {
    fn from(identity: &ChainIdentity) -> Self {
        Self {
            id: identity.chain_id.0,
            first_block: identity.first_block.map(|first: BlockHash| first.to_string()),
        }
    }
}

/// What was told of a chain; `None` if there is no file, or it is damaged, of another version or about another chain.
pub(super) fn read(path: &Path, chain: &Chain) -> Option<Memory> {
    if fs::metadata(path).ok()?.len() > LARGEST {
        return None;
    }
    let stored: Stored<Memory> = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (stored.version == VERSION && stored.chain == *chain).then_some(stored.memory)
}

/// Writes it whole or not at all: a temporary file in the same folder, on the disk before it takes the other's name, and the folder
/// after.
pub(super) fn write(path: &Path, chain: &Chain, memory: &Memory) -> Result<(), NotificationError> {
    let attempt = || -> std::io::Result<()> {
        let bytes = serde_json::to_vec(&Stored { version: VERSION, chain: chain.clone(), memory })?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(".new");
        let temporary = folder.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        // What somebody holds is nobody else's business.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(())
    };
    attempt().map_err(|source| NotificationError { path: path.to_path_buf(), source })
}
