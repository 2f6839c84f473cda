//! The user's choices, kept in a file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bithedge_ipc::{Fault, Notice, Preferences, Theme};
use bithedge_protocol::Seconds;

use crate::storage;

const FILE_NAME: &str = "preferences.json";

/// Keys that lock themselves sooner are of no use, and later, of no good: a minute to a day.
pub(crate) const AUTO_LOCK: std::ops::RangeInclusive<u64> = 60..=86_400;

fn within(after: Seconds) -> Seconds {
    Seconds::new(after.get().clamp(*AUTO_LOCK.start(), *AUTO_LOCK.end()))
}

/// The choices could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written: {source}", path.display())]
pub(crate) struct KeepError {
    path: PathBuf,
    source: io::Error,
}

impl From<KeepError> for Notice {
    fn from(error: KeepError) -> Self {
        Self {
            fault: Fault::PreferencesNotKept,
            happened: format!("Your choice could not be written to {}.", error.path.display()),
            means: "It applies until BitHedge is closed. Your money is not affected.".to_owned(),
            remedy: "Check that there is room on the disk and that the folder can be written to.".to_owned(),
            detail: error.source.to_string(),
        }
    }
}

/// The choices in force and the file that keeps them.
#[derive(Debug)]
pub(crate) struct PreferenceFile {
    path: PathBuf,
    current: Preferences,
    /// What the file is to say: without what is for this run only.
    kept: Preferences,
}

impl PreferenceFile {
    /// Reads the file in a data folder. Without one, or with one that cannot be read, the defaults apply; a damaged file
    /// stays as it is until the user chooses something.
    pub(crate) fn open(data_dir: &Path) -> Self {
        let path = data_dir.join(FILE_NAME);
        let current = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).unwrap_or_else(|error| {
                tracing::warn!("{} is damaged, so the defaults apply: {error}", path.display());
                Preferences::default()
            }),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!("{} cannot be read, so the defaults apply: {error}", path.display());
                }
                Preferences::default()
            }
        };
        let current = Preferences { auto_lock: within(current.auto_lock), ..current };
        Self { path, current, kept: current }
    }

    /// Uses a theme for this run without keeping it.
    pub(crate) fn override_theme(&mut self, theme: Theme) {
        self.current.theme = theme;
    }

    /// The choices in force.
    pub(crate) fn current(&self) -> Preferences {
        self.current
    }

    /// Sets the theme, which applies even if it cannot be kept.
    pub(crate) fn set_theme(&mut self, theme: Theme) -> Result<Preferences, KeepError> {
        self.current.theme = theme;
        self.kept.theme = theme;
        self.keep()
    }

    /// Sets after how long the keys lock themselves, which applies even if it cannot be kept.
    pub(crate) fn set_auto_lock(&mut self, after: Seconds) -> Result<Preferences, KeepError> {
        self.current.auto_lock = after;
        self.kept.auto_lock = after;
        self.keep()
    }

    /// Sets whether the desktop is told what happens, which applies even if it cannot be kept.
    pub(crate) fn set_notifies(&mut self, on: bool) -> Result<Preferences, KeepError> {
        self.current.notifies = on;
        self.kept.notifies = on;
        self.keep()
    }

    fn keep(&self) -> Result<Preferences, KeepError> {
        storage::write(&self.path, &self.kept)
            .map(|()| self.current)
            .map_err(|source| KeepError { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_choice_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("not-yet-there");
        let mut file = PreferenceFile::open(&data_dir);
        assert_eq!(file.current(), Preferences::default());
        file.set_theme(Theme::Dark).unwrap();
        assert_eq!(PreferenceFile::open(&data_dir).current().theme, Theme::Dark);
    }

    #[test]
    fn a_theme_for_one_run_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = PreferenceFile::open(folder.path());
        file.override_theme(Theme::Dark);
        assert_eq!(file.current().theme, Theme::Dark);
        assert_eq!(PreferenceFile::open(folder.path()).current().theme, Theme::System);
    }

    #[test]
    fn what_is_chosen_beside_a_theme_for_one_run_does_not_keep_that_theme() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = PreferenceFile::open(folder.path());
        file.override_theme(Theme::Dark);
        file.set_notifies(false).unwrap();
        file.set_auto_lock(Seconds::new(120)).unwrap();
        let again = PreferenceFile::open(folder.path()).current();
        let expected = Preferences { theme: Theme::System, auto_lock: Seconds::new(120), notifies: false };
        assert_eq!(again, expected);
    }

    #[test]
    fn a_file_cannot_keep_the_keys_open_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        for (written, read) in [("0", 60), ("18446744073709551615", 86_400), ("600", 600)] {
            fs::write(folder.path().join(FILE_NAME), format!("{{\"auto_lock\": \"{written}\"}}")).unwrap();
            assert_eq!(PreferenceFile::open(folder.path()).current().auto_lock, Seconds::new(read));
        }
    }

    #[test]
    fn a_damaged_file_gives_the_defaults_and_stays_until_something_is_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, "{\"theme\": \"da").unwrap();
        let mut file = PreferenceFile::open(folder.path());
        assert_eq!(file.current(), Preferences::default());
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"theme\": \"da");
        file.set_theme(Theme::Light).unwrap();
        assert_eq!(PreferenceFile::open(folder.path()).current().theme, Theme::Light);
    }

    #[test]
    fn a_choice_that_cannot_be_kept_still_applies_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("blocked");
        fs::write(&blocked, "a file where the folder should be").unwrap();
        let mut file = PreferenceFile::open(&blocked);
        let notice = Notice::from(file.set_theme(Theme::Dark).unwrap_err());
        assert_eq!(notice.fault, Fault::PreferencesNotKept);
        assert_eq!(file.current().theme, Theme::Dark);
    }
}
