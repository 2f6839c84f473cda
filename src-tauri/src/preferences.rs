//! The user's choices, kept in a file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bithedge_ipc::{Fault, Notice, Preferences, Theme};

const FILE_NAME: &str = "preferences.json";

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
        Self { path, current }
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
        self.keep().map(|()| self.current).map_err(|source| KeepError { path: self.path.clone(), source })
    }

    /// Replaces the file as a whole, so that a crash leaves the old or the new one.
    fn keep(&self) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = self.path.with_extension("json.new");
        fs::write(&new, serde_json::to_string_pretty(&self.current)?)?;
        fs::rename(&new, &self.path)
    }
}

#[cfg(test)]
mod tests {
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
