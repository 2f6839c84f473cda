//! The wallet's folder: one process at a time, and files that are replaced whole or not at all.
//!
//! # What is guaranteed
//!
//! A file is written under a temporary name in the same folder, forced to the disk (`fsync`), renamed over the old one, and
//! the folder is forced to the disk too. So after `kill -9` and after a loss of power the file is the old one or the new
//! one, whole; and once replacing has returned, it is the new one, as far as the disk keeps what it confirms. A folder
//! that is made is forced to the disk too, with the one that names it, if that may be read. On systems other than Unix
//! folders cannot be forced to the disk: there a loss of power within seconds may bring back the old file.
//!
//! A file that must not replace another one gets its name by a hard link, which fails if the name is taken. Where the file
//! system has no hard links the name is looked for immediately before renaming: there a file that somebody else makes
//! within that moment is replaced.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::random::{self, Randomness, RandomnessError};

/// What the user may read and write, and nobody else.
#[cfg(unix)]
const FILE_MODE: u32 = 0o600;
#[cfg(unix)]
const FOLDER_MODE: u32 = 0o700;

const LOCK: &str = "wallet.lock";
const TEMPORARY: &str = ".bithedge-tmp";

/// What went wrong with the wallet's folder. Unless it says otherwise, the files are as they were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Another BitHedge works in this folder. Use that one, or end it.
    #[error("the wallet's folder {} is in use by another BitHedge", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The disk, or the user's share of it, is full. The old file is untouched. Make room, then try again.
    #[error("the disk is full: {} cannot be written", path.display())]
    DiskFull {
        /// What was to be written.
        path: PathBuf,
    },
    /// The folder or its disk may not be written. The old file is untouched. Give yourself the right to write, then try
    /// again.
    #[error("{} may not be written: the folder or its disk is read-only for you", path.display())]
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
    },
    /// The new file is in place, but the system could not confirm that it survives a loss of power; if it does not, the
    /// old one is back. Keep both passphrases in mind, look at the disk, and repeat the change.
    #[error("{} is written, but the disk does not confirm it: after a loss of power the old one may be back", path.display())]
    NotConfirmed {
        /// What was written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is a file of that name, which must not be replaced.
    #[error("{} is there already; it is not replaced", path.display())]
    Taken {
        /// The file that is there.
        path: PathBuf,
    },
    /// Larger than a file of its kind ever is: something else got its name.
    #[error("{} is larger than {limit} bytes: it is no file of BitHedge's", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes that are read.
        limit: usize,
    },
    /// Anything else that the operating system reports.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was attempted.
        what: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No name for a temporary file could be made.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
}

impl FolderError {
    fn new(what: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            _ => Self::Io { what, path, source },
        }
    }
}

impl Drop for Folder {
    /// Closing the file would not do while another thread is starting a program: for a moment that has a copy of it.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

/// The steps of replacing a file, so that tests can let each of them fail.
pub(crate) trait Disk: Send + Sync {
    /// Opens the file that is locked; for writing it is made if it is not there.
    fn open_lock(&self, path: &Path, for_writing: bool) -> io::Result<File> {
        if for_writing {
            private().read(true).write(true).create(true).truncate(false).open(path)
        } else {
            File::open(path)
        }
    }
    /// Writes a new file and forces it to the disk. May leave a part of it when it fails.
    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Renames a file, over another one if there is.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives a file a second name, which must be free.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }
    /// Forces a folder's entries to the disk.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// The real one.
pub(crate) struct OsDisk;

impl Disk for OsDisk {
    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = private().write(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// A folder that is ours as long as this lives.
pub(crate) struct Folder {
    path: PathBuf,
    disk: Box<dyn Disk>,
    /// Locked. The operating system unlocks it when the process ends, however it ends.
    lock: File,
}

impl Folder {
    /// Whether the system can force a folder's entries to the disk, so that a replaced file stays replaced.
    pub(crate) const CONFIRMS: bool = cfg!(unix);

    /// Takes the folder, makes it if it is not there, closes it to other users, and removes what an interrupted
    /// replacement left. From a disk that takes nothing more, as Linux leaves one after errors, it can be read.
    pub(crate) fn open(path: &Path, disk: Box<dyn Disk>) -> Result<Self, FolderError> {
        let missing: Vec<&Path> =
            path.ancestors().take_while(|folder| fs::symlink_metadata(folder).is_err()).collect();
        make_private_folder(path).map_err(|error| FolderError::new("make", path, error))?;
        for made in missing {
            sync_parent(&*disk, made)?;
        }
        let lock_path = path.join(LOCK);
        let lock = match disk.open_lock(&lock_path, true) {
            Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                disk.open_lock(&lock_path, false).map_err(|_| error)
            }
            opened => opened,
        };
        let lock = lock.map_err(|error| FolderError::new("open", &lock_path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse { folder: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(FolderError::new("lock", &lock_path, error)),
        }
        let folder = Self { path: path.to_owned(), disk, lock };
        // They do no harm, and what cannot be tidied can be read.
        let _ = folder.remove_leftovers();
        Ok(folder)
    }

    /// Temporary files are only ever written by whoever holds the lock, so that all of them are leftovers now.
    fn remove_leftovers(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let is_ours = entry.file_name().to_string_lossy().ends_with(TEMPORARY);
            if is_ours && entry.file_type()?.is_file() {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// The file of that name.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether the file is there. A link is, wherever it leads.
    pub(crate) fn has(&self, name: &str) -> Result<bool, FolderError> {
        let path = self.file(name);
        match fs::symlink_metadata(&path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(FolderError::new("look for", &path, error)),
        }
    }

    /// A file's bytes; `None` if there is no such file.
    pub(crate) fn read(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, FolderError> {
        let path = self.file(name);
        let failed = |source| FolderError::Io { what: "read", path: path.clone(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            // Not so if it is a link that leads nowhere.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.has(name)? => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        file.take(one_more).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() > limit {
            return Err(FolderError::TooLarge { path, limit });
        }
        Ok(Some(bytes))
    }

    /// Replaces a file, or makes it; see the module for what is guaranteed.
    ///
    /// After every error but [`FolderError::NotConfirmed`] the old file is in place.
    pub(crate) fn replace(
        &self,
        name: &str,
        bytes: &[u8],
        source: &dyn Randomness,
    ) -> Result<(), FolderError> {
        self.write(name, bytes, source, |temporary, path| {
            self.disk.rename(temporary, path).map_err(|error| FolderError::new("replace", path, error))
        })
    }

    /// Makes a file as [`replace`](Self::replace) does, and replaces none.
    ///
    /// # Errors
    /// [`FolderError::Taken`] if there is one by then.
    pub(crate) fn publish(
        &self,
        name: &str,
        bytes: &[u8],
        source: &dyn Randomness,
    ) -> Result<(), FolderError> {
        self.write(name, bytes, source, |temporary, path| {
            match self.disk.link(temporary, path) {
                Ok(()) => {
                    // If that fails, the next start does it.
                    let _ = fs::remove_file(temporary);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // No hard links here, or another reason, which shows itself again.
                Err(_) if !self.has(name)? => {
                    return self
                        .disk
                        .rename(temporary, path)
                        .map_err(|error| FolderError::new("make", path, error));
                }
                Err(_) => {}
            }
            Err(FolderError::Taken { path: path.to_owned() })
        })
    }

    /// Writes a temporary file and has it put in its place.
    fn write(
        &self,
        name: &str,
        bytes: &[u8],
        source: &dyn Randomness,
        put: impl FnOnce(&Path, &Path) -> Result<(), FolderError>,
    ) -> Result<(), FolderError> {
        let path = self.file(name);
        let random = random::public::<8>(source)?;
        let temporary = self.file(&format!(".{name}-{}{TEMPORARY}", hex::encode(random)));
        let written = self
            .disk
            .write_new(&temporary, bytes)
            .map_err(|error| FolderError::new("write", &path, error))
            .and_then(|()| put(&temporary, &path));
        if written.is_err() {
            // If that fails too, the next start does it.
            let _ = fs::remove_file(&temporary);
            return written;
        }
        self.disk.sync_folder(&self.path).map_err(|source| FolderError::NotConfirmed { path, source })
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<(), FolderError> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(FolderError::new("remove", &path, error)),
        }
        self.disk.sync_folder(&self.path).map_err(|source| FolderError::NotConfirmed { path, source })
    }

    /// Forces the folder's entries to the disk.
    pub(crate) fn sync(&self) -> Result<(), FolderError> {
        let path = self.path.clone();
        self.disk.sync_folder(&path).map_err(|source| FolderError::NotConfirmed { path, source })
    }

    /// Gives a file the first free name `{name}.old-{n}`, and returns that. Never replaces anything.
    pub(crate) fn set_aside(&self, name: &str) -> Result<PathBuf, FolderError> {
        let path = self.file(name);
        let aside = self.free_name(name)?;
        self.disk.rename(&path, &aside).map_err(|error| FolderError::new("rename", &path, error))?;
        self.sync()?;
        Ok(aside)
    }

    /// Keeps what a file is now under the first free name `{name}.old-{n}`; the file stays, to be replaced. One that can
    /// neither be linked nor read is only renamed.
    pub(crate) fn keep_aside(&self, name: &str) -> Result<PathBuf, FolderError> {
        let path = self.file(name);
        let aside = self.free_name(name)?;
        if self.disk.link(&path, &aside).is_err() {
            let Ok(bytes) = fs::read(&path) else { return self.set_aside(name) };
            let copied = self.disk.write_new(&aside, &bytes);
            if let Err(error) = copied {
                // A part of a copy is none.
                let _ = fs::remove_file(&aside);
                return Err(FolderError::new("copy", &path, error));
            }
        }
        self.sync()?;
        Ok(aside)
    }

    /// The first name `{name}.old-{n}` that nothing has.
    fn free_name(&self, name: &str) -> Result<PathBuf, FolderError> {
        for number in 1..=u32::MAX {
            let aside = format!("{name}.old-{number}");
            if !self.has(&aside)? {
                return Ok(self.file(&aside));
            }
        }
        let path = self.file(name);
        Err(FolderError::Io { what: "rename", path, source: io::ErrorKind::AlreadyExists.into() })
    }
}

/// Forces the folder that names this one to the disk, unless it may not be read.
fn sync_parent(disk: &dyn Disk, folder: &Path) -> Result<(), FolderError> {
    let parent = match folder.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Ok(()),
    };
    match disk.sync_folder(parent) {
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
            Err(FolderError::NotConfirmed { path: folder.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(FILE_MODE);
    options
}

/// On Windows a user's folders are closed to other users as they are.
#[cfg(not(unix))]
fn private() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(unix)]
fn make_private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)?;
    let permissions = fs::metadata(path)?.permissions();
    // It may have been there before.
    if permissions.mode() & 0o777 == FOLDER_MODE {
        return Ok(());
    }
    match fs::set_permissions(path, fs::Permissions::from_mode(FOLDER_MODE)) {
        // What cannot be changed can be read.
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => Ok(()),
        changed => changed,
    }
}

#[cfg(not(unix))]
fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(path)
}

#[cfg(test)]
pub(crate) mod faults;
#[cfg(test)]
mod tests;
