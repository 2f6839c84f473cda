//! Small files that are replaced whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Far more than any of them has.
const MOST_BYTES: u64 = 1024 * 1024;

/// What a file held.
#[derive(Debug)]
pub(crate) enum Found<T> {
    /// There is none.
    Nothing,
    /// This.
    Value(T),
    /// Nothing that can be read; it was put under the other name, if that was possible.
    Damaged {
        /// Where it is now.
        aside: Option<PathBuf>,
        /// What is wrong.
        why: String,
    },
    /// It is there and could not be read, as with too many open files: what it says is not known, and nothing may be written there.
    Unreadable {
        /// Why.
        why: String,
    },
    /// A later version of the application wrote it: it is left as it is, and nothing may be written there.
    Newer {
        /// Its format.
        format: u64,
    },
}

#[derive(serde::Deserialize)]
struct Versioned {
    format: u64,
}

/// Reads a file that begins with its `format`. A damaged one is put aside, so that it is there for whoever wants to look.
pub(crate) fn read<T: DeserializeOwned>(path: &Path, newest: u64) -> Found<T> {
    let bytes = match bytes(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Found::Nothing,
        Err(error) => return Found::Unreadable { why: error.to_string() },
    };
    if let Ok(Versioned { format }) = serde_json::from_slice(&bytes)
        && format > newest
    {
        return Found::Newer { format };
    }
    match serde_json::from_slice(&bytes) {
        Ok(value) => Found::Value(value),
        Err(error) => Found::Damaged { aside: set_aside(path, "damaged"), why: error.to_string() },
    }
}

fn bytes(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Puts a file under a name that says why it is not used; `None` if that was not possible.
pub(crate) fn set_aside(path: &Path, why: &str) -> Option<PathBuf> {
    (1..1_000).find_map(|number| {
        let mut name = path.file_name()?.to_owned();
        name.push(format!(".{why}-{number}"));
        let aside = path.with_file_name(name);
        let is_free = !aside.try_exists().ok()?;
        (is_free && fs::rename(path, &aside).is_ok()).then_some(aside)
    })
}

/// Replaces a file as a whole: after a loss of power there is the old one or the new one. Only this user may read it.
pub(crate) fn write<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    write_bytes(path, &serde_json::to_vec_pretty(value)?)
}

/// As [`write()`], of bytes.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
        return written;
    }
    sync_folder_of(path)
}

/// Has the disk keep under which name a file is: that is a part of its folder.
#[cfg(unix)]
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())
}

/// Elsewhere the system does that by itself.
#[cfg(not(unix))]
pub(crate) fn sync_folder_of(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The writes of one file. Each is made while what it says is locked, and carried out when it is not any more.
#[derive(Debug)]
pub(crate) struct Writes {
    path: PathBuf,
    made: u64,
    /// The last one that is on the disk.
    done: Arc<Mutex<u64>>,
}

impl Writes {
    /// Of a file.
    pub(crate) fn to(path: PathBuf) -> Self {
        Self { path, made: 0, done: Arc::default() }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A write of all that the file is to say.
    pub(crate) fn write<T: Serialize>(&mut self, value: &T) -> Write {
        self.made = self.made.saturating_add(1);
        Write {
            path: self.path.clone(),
            bytes: serde_json::to_vec_pretty(value).map_err(io::Error::from),
            number: self.made,
            done: Arc::clone(&self.done),
        }
    }
}

/// One of them. It waits for the disk: nothing that others wait for may be held.
#[derive(Debug)]
#[must_use = "nothing is written before it is carried out"]
pub(crate) struct Write {
    path: PathBuf,
    bytes: Result<Vec<u8>, io::Error>,
    number: u64,
    done: Arc<Mutex<u64>>,
}

impl Write {
    /// Replaces the file, unless a later write has done that already.
    pub(crate) fn carry_out(self) -> io::Result<()> {
        let bytes = self.bytes?;
        // A number is replaced whole.
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if self.number > *done {
            write_bytes(&self.path, &bytes)?;
            *done = self.number;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    struct Kept {
        format: u64,
        text: String,
    }

    #[test]
    fn a_file_is_replaced_whole_and_is_this_user_s_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper").join("kept.json");
        assert!(matches!(read::<Kept>(&path, 1), Found::Nothing));
        for text in ["one", "two"] {
            write(&path, &Kept { format: 1, text: text.to_owned() }).unwrap();
            assert!(matches!(read::<Kept>(&path, 1), Found::Value(kept) if kept.text == text));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn an_earlier_write_never_replaces_a_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut writes = Writes::to(folder.path().join("kept.json"));
        let [first, second, third] =
            ["one", "two", "three"].map(|text| writes.write(&Kept { format: 1, text: text.to_owned() }));
        let now = || match read::<Kept>(&folder.path().join("kept.json"), 1) {
            Found::Value(kept) => kept.text,
            other => panic!("{other:?}"),
        };
        second.carry_out().unwrap();
        first.carry_out().unwrap();
        assert_eq!(now(), "two");
        third.carry_out().unwrap();
        assert_eq!(now(), "three");
    }

    #[test]
    fn what_cannot_be_read_is_neither_damaged_nor_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the file's place is found, and cannot be read, whoever the user is.
        let path = folder.path().join("kept.json");
        fs::create_dir(&path).unwrap();
        assert!(matches!(read::<Kept>(&path, 1), Found::Unreadable { .. }));
        assert!(path.exists());
    }

    #[test]
    fn a_damaged_file_is_put_aside_and_a_newer_one_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.json");
        for _ in 0..2 {
            fs::write(&path, "{\"format\": 1, \"te").unwrap();
            let Found::Damaged { aside: Some(aside), .. } = read::<Kept>(&path, 1) else { panic!("damaged") };
            assert_eq!(fs::read_to_string(aside).unwrap(), "{\"format\": 1, \"te");
            assert!(!path.exists());
        }
        fs::write(&path, "{\"format\": 2, \"other\": true}").unwrap();
        assert!(matches!(read::<Kept>(&path, 1), Found::Newer { format: 2 }));
        assert!(path.exists());
    }
}
