//! The wallet's folder: one process at a time, and files that are replaced whole or not at all.
//!
//! # What is guaranteed
//!
//! A file is written under a temporary name in the same folder, forced to the disk (`fsync`), renamed over the old one, and
//! the folder is forced to the disk too. So after `kill -9` and after a loss of power the file is the old one or the new
//! one, whole; and once replacing has returned, it is the new one, as far as the disk keeps what it confirms. On
//! systems other than Unix the folder itself cannot be forced to the disk: there a loss of power within seconds may bring
//! back the old file.

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
    /// Writes a new file and forces it to the disk. May leave a part of it when it fails.
    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Renames a file, over another one if there is.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
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
    /// Takes the folder, makes it if it is not there, closes it to other users, and removes what an interrupted
    /// replacement left.
    pub(crate) fn open(path: &Path, disk: Box<dyn Disk>) -> Result<Self, FolderError> {
        let failed = |what, error| FolderError::new(what, path, error);
        make_private_folder(path).map_err(|error| failed("make", error))?;
        let lock_path = path.join(LOCK);
        let lock = private()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(|error| FolderError::new("open", &lock_path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse { folder: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(FolderError::new("lock", &lock_path, error)),
        }
        let folder = Self { path: path.to_owned(), disk, lock };
        folder.remove_leftovers().map_err(|error| failed("tidy", error))?;
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

    /// Whether the file is there.
    pub(crate) fn has(&self, name: &str) -> Result<bool, FolderError> {
        let path = self.file(name);
        path.try_exists().map_err(|error| FolderError::new("look for", &path, error))
    }

    /// A file's bytes; `None` if there is no such file.
    pub(crate) fn read(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, FolderError> {
        let path = self.file(name);
        let failed = |source| FolderError::Io { what: "read", path: path.clone(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
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
        let path = self.file(name);
        let random = random::public::<8>(source)?;
        let temporary = self.file(&format!(".{name}-{}{TEMPORARY}", hex::encode(random)));
        let replaced = self
            .disk
            .write_new(&temporary, bytes)
            .map_err(|error| FolderError::new("write", &path, error))
            .and_then(|()| {
                self.disk.rename(&temporary, &path).map_err(|error| FolderError::new("replace", &path, error))
            });
        if replaced.is_err() {
            // If that fails too, the next start does it.
            let _ = fs::remove_file(&temporary);
            return replaced;
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
        for number in 1..=u32::MAX {
            let aside_name = format!("{name}.old-{number}");
            if self.has(&aside_name)? {
                continue;
            }
            let aside = self.file(&aside_name);
            self.disk.rename(&path, &aside).map_err(|error| FolderError::new("rename", &path, error))?;
            self.disk.sync_folder(&self.path).map_err(|source| FolderError::NotConfirmed { path, source })?;
            return Ok(aside);
        }
        Err(FolderError::Io { what: "rename", path, source: io::ErrorKind::AlreadyExists.into() })
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
    if permissions.mode() & 0o777 != FOLDER_MODE {
        fs::set_permissions(path, fs::Permissions::from_mode(FOLDER_MODE))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(path)
}

#[cfg(test)]
pub(crate) mod faults {
    //! A disk that fails at a step.

    use std::sync::{Arc, Mutex};

    use super::*;

    /// Where, and how.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Step {
        Write,
        Rename,
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

        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            self.check(Step::SyncFolder)?;
            OsDisk.sync_folder(folder)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::faults::{FaultyDisk, Step};
    use super::*;
    use crate::OsRandomness;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != LOCK)
            .collect();
        names.sort();
        names
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_may_look_into_it() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("a/b");
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let folder = Folder::open(&path, Box::new(OsDisk)).unwrap();
        assert_eq!(mode(&path), 0o700);
        folder.replace("x", b"one", &OsRandomness).unwrap();
        assert_eq!(mode(&folder.file("x")), 0o600);
        assert_eq!(mode(&folder.file(LOCK)), 0o600);
        // Also over a file that was open to all.
        fs::set_permissions(folder.file("x"), fs::Permissions::from_mode(0o644)).unwrap();
        folder.replace("x", b"two", &OsRandomness).unwrap();
        assert_eq!(mode(&folder.file("x")), 0o600);
    }

    #[test]
    fn one_at_a_time() {
        let scratch = tempfile::tempdir().unwrap();
        let first = Folder::open(scratch.path(), Box::new(OsDisk)).unwrap();
        let second = Folder::open(scratch.path(), Box::new(OsDisk)).err().unwrap();
        assert!(matches!(second, FolderError::InUse { ref folder } if folder == scratch.path()));
        drop(first);
        Folder::open(scratch.path(), Box::new(OsDisk)).ok().unwrap();
    }

    #[test]
    fn a_failing_disk_leaves_the_old_file_and_nothing_else() {
        use io::ErrorKind::{Other, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let scratch = tempfile::tempdir().unwrap();
        let disk = FaultyDisk::default();
        let folder = Folder::open(scratch.path(), Box::new(disk.clone())).unwrap();
        folder.replace("x", b"old", &OsRandomness).unwrap();
        for step in [Step::Write, Step::Rename] {
            for kind in [StorageFull, QuotaExceeded, PermissionDenied, ReadOnlyFilesystem, Other] {
                disk.set(Some((step, kind)));
                let error = folder.replace("x", b"new", &OsRandomness).unwrap_err();
                let is_right = match kind {
                    StorageFull | QuotaExceeded => matches!(error, FolderError::DiskFull { .. }),
                    PermissionDenied | ReadOnlyFilesystem => matches!(error, FolderError::ReadOnly { .. }),
                    _ => matches!(error, FolderError::Io { .. }),
                };
                assert!(is_right, "{step:?} {kind:?}: {error:?}");
                assert_eq!(folder.read("x", 9).unwrap().as_deref(), Some(&b"old"[..]));
                assert_eq!(names(scratch.path()), ["x"]);
            }
        }
        disk.set(Some((Step::SyncFolder, Other)));
        let error = folder.replace("x", b"new", &OsRandomness).unwrap_err();
        assert!(matches!(error, FolderError::NotConfirmed { .. }), "{error:?}");
        assert_eq!(folder.read("x", 9).unwrap().as_deref(), Some(&b"new"[..]));
    }

    /// `/dev/full` says what a full disk says, and `/sys` takes no files from anybody.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_linux_says_is_understood() {
        let mut full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = full.write_all(b"x").unwrap_err();
        let path = Path::new("x");
        assert!(matches!(FolderError::new("write", path, error), FolderError::DiskFull { .. }));
        let error = Folder::open(Path::new("/sys/bithedge"), Box::new(OsDisk)).err().unwrap();
        assert!(matches!(error, FolderError::ReadOnly { .. }), "{error:?}");
        let error = Folder::open(Path::new("/dev/null/x"), Box::new(OsDisk)).err().unwrap();
        assert!(matches!(error, FolderError::Io { .. }), "{error:?}");
    }

    #[test]
    fn leftovers_go_and_other_files_stay() {
        let scratch = tempfile::tempdir().unwrap();
        for name in [".x-0123456789abcdef.bithedge-tmp", "x", "x.tmp", "notes.txt"] {
            fs::write(scratch.path().join(name), "content").unwrap();
        }
        fs::create_dir(scratch.path().join("folder.bithedge-tmp")).unwrap();
        Folder::open(scratch.path(), Box::new(OsDisk)).ok().unwrap();
        assert_eq!(names(scratch.path()), ["folder.bithedge-tmp", "notes.txt", "x", "x.tmp"]);
    }

    #[test]
    fn reading_is_bounded() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path(), Box::new(OsDisk)).unwrap();
        assert!(folder.read("x", 3).unwrap().is_none());
        fs::write(folder.file("x"), "123").unwrap();
        assert_eq!(folder.read("x", 3).unwrap().as_deref(), Some(&b"123"[..]));
        assert!(matches!(folder.read("x", 2), Err(FolderError::TooLarge { limit: 2, .. })));
    }

    #[test]
    fn what_is_set_aside_replaces_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path(), Box::new(OsDisk)).unwrap();
        for content in ["a", "b"] {
            fs::write(folder.file("x"), content).unwrap();
            folder.set_aside("x").unwrap();
        }
        assert_eq!(names(scratch.path()), ["x.old-1", "x.old-2"]);
        assert_eq!(fs::read_to_string(folder.file("x.old-2")).unwrap(), "b");
        assert!(matches!(folder.set_aside("x"), Err(FolderError::Io { .. })));
    }
}
