//! The user's choices, kept in a file.

use std::io;
use std::path::{Path, PathBuf};

use bithedge_ipc::{Fault, Notice, Preferences, Theme};
use bithedge_protocol::Seconds;
use serde::{Deserialize, Serialize};

use crate::storage::{self, Found, Write, Writes};

const FILE_NAME: &str = "preferences.json";
/// The format that is written, and the newest that is read.
const FORMAT: u64 = 1;

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

/// What the file says. The first files had no format.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    format: u64,
    #[serde(flatten)]
    preferences: Preferences,
}

/// A choice that is in force, and is to be kept. It waits for the disk: nothing that others wait for may be held.
#[derive(Debug)]
#[must_use = "nothing is written before it is carried out"]
pub(crate) struct KeepChoice {
    path: PathBuf,
    /// Without one, what is there must stay.
    write: Option<Write>,
}

impl KeepChoice {
    /// Writes it down.
    pub(crate) fn carry_out(self) -> Result<(), KeepError> {
        let Self { path, write } = self;
        let kept_out = || {
            io::Error::other(
                "what is there could not be read, or is of a later version, and is left as it is",
            )
        };
        write.ok_or_else(kept_out).and_then(Write::carry_out).map_err(|source| KeepError { path, source })
    }
}

/// The choices in force and the file that keeps them.
#[derive(Debug)]
pub(crate) struct PreferenceFile {
    writes: Writes,
    /// What is there must stay.
    is_read_only: bool,
    current: Preferences,
    /// What the file is to say: without what is for this run only.
    kept: Preferences,
}

impl PreferenceFile {
    /// Reads the file in a data folder. Without one, or with one that cannot be read, the defaults apply. A damaged one is put aside;
    /// one that cannot be read now, or that a later version wrote, stays as it is.
    pub(crate) fn open(data_dir: &Path) -> Self {
        let path = data_dir.join(FILE_NAME);
        let (current, is_read_only) = match storage::read::<Kept>(&path, FORMAT) {
            Found::Nothing => (Preferences::default(), false),
            Found::Value(kept) => (kept.preferences, false),
            Found::Damaged { why, .. } => {
                tracing::warn!(why, "the preferences are damaged, so the defaults apply");
                (Preferences::default(), false)
            }
            Found::Unreadable { why } => {
                tracing::warn!(why, "the preferences cannot be read, so the defaults apply in this run");
                (Preferences::default(), true)
            }
            Found::Newer { format } => {
                tracing::warn!(
                    format,
                    "a later version wrote the preferences, so the defaults apply in this run"
                );
                (Preferences::default(), true)
            }
        };
        let current = Preferences { auto_lock: within(current.auto_lock), ..current };
        Self { writes: Writes::to(path), is_read_only, current, kept: current }
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
    pub(crate) fn set_theme(&mut self, theme: Theme) -> KeepChoice {
        self.current.theme = theme;
        self.kept.theme = theme;
        self.keep()
    }

    /// Sets after how long the keys lock themselves, which applies even if it cannot be kept.
    pub(crate) fn set_auto_lock(&mut self, after: Seconds) -> KeepChoice {
        self.current.auto_lock = after;
        self.kept.auto_lock = after;
        self.keep()
    }

    /// Sets whether the desktop is told what happens, which applies even if it cannot be kept.
    pub(crate) fn set_notifies(&mut self, on: bool) -> KeepChoice {
        self.current.notifies = on;
        self.kept.notifies = on;
        self.keep()
    }

    fn keep(&mut self) -> KeepChoice {
        let kept = Kept { format: FORMAT, preferences: self.kept };
        let write = (!self.is_read_only).then(|| self.writes.write(&kept));
        KeepChoice { path: self.writes.path().to_path_buf(), write }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    #[test]
    fn a_choice_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("not-yet-there");
        let mut file = PreferenceFile::open(&data_dir);
        assert_eq!(file.current(), Preferences::default());
        file.set_theme(Theme::Dark).carry_out().unwrap();
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
        file.set_notifies(false).carry_out().unwrap();
        file.set_auto_lock(Seconds::new(120)).carry_out().unwrap();
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
    fn a_damaged_file_gives_the_defaults_and_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, "{\"theme\": \"da").unwrap();
        let mut file = PreferenceFile::open(folder.path());
        assert_eq!(file.current(), Preferences::default());
        let aside = folder.path().join(format!("{FILE_NAME}.damaged-1"));
        assert_eq!(fs::read_to_string(aside).unwrap(), "{\"theme\": \"da");
        file.set_theme(Theme::Light).carry_out().unwrap();
        assert_eq!(PreferenceFile::open(folder.path()).current().theme, Theme::Light);
    }

    #[test]
    fn a_file_of_a_later_version_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let later = "{\"format\": 2, \"theme\": \"dark\", \"voice\": \"loud\"}";
        fs::write(&path, later).unwrap();
        let mut file = PreferenceFile::open(folder.path());
        assert_eq!(file.current(), Preferences::default());
        let notice = Notice::from(file.set_theme(Theme::Light).carry_out().unwrap_err());
        assert_eq!(notice.fault, Fault::PreferencesNotKept);
        assert_eq!(
            (file.current().theme, fs::read_to_string(&path).unwrap()),
            (Theme::Light, later.to_owned())
        );
    }

    #[test]
    fn a_choice_that_cannot_be_kept_still_applies_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("blocked");
        fs::write(&blocked, "a file where the folder should be").unwrap();
        let mut file = PreferenceFile::open(&blocked);
        let notice = Notice::from(file.set_theme(Theme::Dark).carry_out().unwrap_err());
        assert_eq!(notice.fault, Fault::PreferencesNotKept);
        assert_eq!(file.current().theme, Theme::Dark);
    }
}
