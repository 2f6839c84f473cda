//! Folders and disks that fail.

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

#[cfg(unix)]
#[test]
fn a_new_folder_is_forced_to_the_disk_with_those_above_it() {
    use std::sync::{Arc, Mutex};
    struct Watching(Arc<Mutex<Vec<PathBuf>>>);
    impl Disk for Watching {
        fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            OsDisk.write_new(path, bytes)
        }
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            OsDisk.rename(from, to)
        }
        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            self.0.lock().unwrap().push(folder.to_owned());
            OsDisk.sync_folder(folder)
        }
    }
    let scratch = tempfile::tempdir().unwrap();
    let synced = Arc::new(Mutex::new(Vec::new()));
    let path = scratch.path().join("a/b");
    Folder::open(&path, Box::new(Watching(synced.clone()))).ok().unwrap();
    // `a` is named by the scratch folder, `b` by `a`.
    let mut found = synced.lock().unwrap().clone();
    found.sort();
    assert_eq!(found, [scratch.path().to_owned(), scratch.path().join("a")]);
    synced.lock().unwrap().clear();
    Folder::open(&path, Box::new(Watching(synced.clone()))).ok().unwrap();
    assert!(synced.lock().unwrap().is_empty());
}

#[test]
fn what_is_published_replaces_nothing() {
    for no_links in [false, true] {
        let scratch = tempfile::tempdir().unwrap();
        let disk = FaultyDisk::default();
        let folder = Folder::open(scratch.path(), Box::new(disk.clone())).unwrap();
        disk.set(no_links.then_some((Step::Link, io::ErrorKind::Unsupported)));
        folder.publish("x", b"one", &OsRandomness).unwrap();
        let again = folder.publish("x", b"two", &OsRandomness);
        assert!(matches!(again, Err(FolderError::Taken { .. })), "{again:?}");
        assert_eq!(folder.read("x", 9).unwrap().as_deref(), Some(&b"one"[..]));
        assert_eq!(names(scratch.path()), ["x"]);
        disk.set(Some((Step::Write, io::ErrorKind::StorageFull)));
        let full = folder.publish("y", b"two", &OsRandomness);
        assert!(matches!(full, Err(FolderError::DiskFull { .. })), "{full:?}");
        assert_eq!(names(scratch.path()), ["x"]);
    }
}

#[test]
fn a_copy_is_kept_aside_while_the_file_stays() {
    for no_links in [false, true] {
        let scratch = tempfile::tempdir().unwrap();
        let disk = FaultyDisk::default();
        let folder = Folder::open(scratch.path(), Box::new(disk.clone())).unwrap();
        disk.set(no_links.then_some((Step::Link, io::ErrorKind::PermissionDenied)));
        for content in ["a", "b"] {
            folder.replace("x", content.as_bytes(), &OsRandomness).unwrap();
            folder.keep_aside("x").unwrap();
        }
        folder.replace("x", b"c", &OsRandomness).unwrap();
        assert_eq!(names(scratch.path()), ["x", "x.old-1", "x.old-2"]);
        for (name, content) in [("x.old-1", "a"), ("x.old-2", "b"), ("x", "c")] {
            assert_eq!(fs::read_to_string(folder.file(name)).unwrap(), content);
        }
    }
}

#[test]
fn a_disk_that_takes_nothing_more_can_still_be_read() {
    let scratch = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::default();
    let first = Folder::open(scratch.path(), Box::new(disk.clone())).unwrap();
    first.replace("x", b"one", &OsRandomness).unwrap();
    disk.set(Some((Step::Lock, io::ErrorKind::ReadOnlyFilesystem)));
    // Also then there is one at a time.
    let second = Folder::open(scratch.path(), Box::new(disk.clone())).err().unwrap();
    assert!(matches!(second, FolderError::InUse { .. }), "{second:?}");
    drop(first);
    let folder = Folder::open(scratch.path(), Box::new(disk.clone())).unwrap();
    assert_eq!(folder.read("x", 9).unwrap().as_deref(), Some(&b"one"[..]));
    drop(folder);
    // Not where it is the user who may not write: that can be put right.
    disk.set(Some((Step::Lock, io::ErrorKind::PermissionDenied)));
    let denied = Folder::open(scratch.path(), Box::new(disk)).err().unwrap();
    assert!(matches!(denied, FolderError::ReadOnly { .. }), "{denied:?}");
}
