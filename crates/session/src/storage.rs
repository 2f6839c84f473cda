//! Small files that are replaced whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

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
        Err(error) => return Found::Damaged { aside: None, why: error.to_string() },
    };
    if let Ok(Versioned { format }) = serde_json::from_slice(&bytes)
        && format > newest
    {
        return Found::Newer { format };
    }
    match serde_json::from_slice(&bytes) {
        Ok(value) => Found::Value(value),
        Err(error) => Found::Damaged { aside: set_aside(path), why: error.to_string() },
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

fn set_aside(path: &Path) -> Option<PathBuf> {
    (1..1_000).find_map(|number| {
        let mut name = path.file_name()?.to_owned();
        name.push(format!(".damaged-{number}"));
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
    // The name of a file is a part of its folder. Elsewhere the system does that by itself.
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all())?;
    Ok(())
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
