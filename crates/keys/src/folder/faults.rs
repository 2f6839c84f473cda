//! A disk that fails at a step.

use std::sync::{Arc, Mutex};

use super::*;

/// Where, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Lock,
    Write,
    Rename,
    /// Giving a file a second name, as on file systems that have no such thing.
    Link,
    SyncFolder,
}

/// Fails so at that step, until it is told otherwise. What is written before a failing write ends stays there, as when
/// a disk runs full.
#[derive(Clone, Default)]
pub(crate) struct FaultyDisk(pub(crate) Arc<Mutex<Option<(Step, io::ErrorKind)>>>);

impl FaultyDisk {
    pub(crate) fn set(&self, fault: Option<(Step, io::ErrorKind)>) {
        *self.0.lock().unwrap() = fault;
    }

    fn check(&self, step: Step) -> io::Result<()> {
        match *self.0.lock().unwrap() {
            Some((failing, kind)) if failing == step => Err(kind.into()),
            _ => Ok(()),
        }
    }
}

impl Disk for FaultyDisk {
    fn open_lock(&self, path: &Path, for_writing: bool) -> io::Result<File> {
        if for_writing {
            self.check(Step::Lock)?;
        }
        OsDisk.open_lock(path, for_writing)
    }

    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.check(Step::Write) {
            let _ = OsDisk.write_new(path, &bytes[..bytes.len() / 2]);
            return Err(error);
        }
        OsDisk.write_new(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(Step::Rename)?;
        OsDisk.rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(Step::Link)?;
        OsDisk.link(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.check(Step::SyncFolder)?;
        OsDisk.sync_folder(folder)
    }
}
