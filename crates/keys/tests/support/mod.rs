//! What more than one test program needs.

#![allow(dead_code, reason = "not every program needs all of it")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use bithedge_keys::{EntryId, Keychain, KeychainError, KeychainSecret};

/// A keychain of files, so that it survives a process that is killed. For tests only: it hides nothing.
pub struct FakeKeychainOnDisk(PathBuf);

impl FakeKeychainOnDisk {
    pub fn at(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        Self(folder.to_owned())
    }

    fn file(&self, entry: EntryId) -> PathBuf {
        self.0.join(entry.to_string())
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        let is_entry = |name: &str| name.len() == 32;
        let names = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| is_entry(&name.to_string_lossy())).count()
    }
}

impl Keychain for FakeKeychainOnDisk {
    fn get(&self, entry: EntryId) -> Result<KeychainSecret, KeychainError> {
        let bytes = fs::read(self.file(entry)).map_err(|_| KeychainError::EntryMissing { entry })?;
        KeychainSecret::from_bytes(&bytes).ok_or(KeychainError::EntryAltered { entry })
    }

    /// Whole or not at all, as a real one does it.
    fn set(&self, entry: EntryId, secret: &KeychainSecret) -> Result<(), KeychainError> {
        let temporary = self.0.join(format!("{entry}.new"));
        let mut file = fs::File::create(&temporary).unwrap();
        file.write_all(secret.as_bytes()).unwrap();
        fs::rename(temporary, self.file(entry)).unwrap();
        Ok(())
    }

    fn delete(&self, entry: EntryId) -> Result<(), KeychainError> {
        let _ = fs::remove_file(self.file(entry));
        Ok(())
    }
}

/// This test program, to run one of its ignored tests in a process of its own.
pub fn again(program: Option<&[&str]>, test: &str) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut command = match program {
        Some([first, rest @ ..]) => {
            let mut command = Command::new(first);
            command.args(rest).arg(this);
            command
        }
        _ => Command::new(this),
    };
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
    command
}
