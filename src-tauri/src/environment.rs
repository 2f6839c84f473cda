//! What the environment says before anything else is asked.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use bithedge_ipc::Theme;

/// Address of the node to connect to, instead of a devnet of our own.
const NODE_URL: &str = "BITHEDGE_NODE_URL";
/// Folder for everything that is kept, instead of the desktop's usual place.
pub(crate) const DATA_DIR: &str = "BITHEDGE_DATA_DIR";
/// `light` or `dark`: the theme to start with, whatever was chosen.
const THEME: &str = "BITHEDGE_THEME";
/// Folder into which files are written without a dialog, which nobody could answer in a test.
const SAVE_DIR: &str = "BITHEDGE_SAVE_DIR";
/// Folder of the devnet's Clarity VM worker, its packages installed.
const DEVNET_WORKER: &str = "BITHEDGE_DEVNET_WORKER";

/// The switches that a start can be given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    pub(crate) node_url: Option<String>,
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) theme: Option<Theme>,
    pub(crate) devnet_worker: Option<PathBuf>,
    pub(crate) save_dir: Option<PathBuf>,
}

/// A switch has a value that means nothing.
#[derive(Debug, thiserror::Error)]
#[error("{variable} is {value:?}; it has to be {expected}")]
pub(crate) struct EnvironmentError {
    variable: &'static str,
    value: OsString,
    expected: &'static str,
}

impl Environment {
    /// Reads the switches. One that is empty counts as not given.
    pub(crate) fn read() -> Result<Self, EnvironmentError> {
        Self::from_variables(|name| env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, EnvironmentError> {
        let given = |name| variable(name).filter(|value| !value.is_empty());
        let node_url = given(NODE_URL)
            .map(|value| {
                let expected = "the address of a node, such as http://127.0.0.1:20443";
                let is_address = |text: &String| text.starts_with("http://") || text.starts_with("https://");
                value
                    .into_string()
                    .and_then(|text| if is_address(&text) { Ok(text) } else { Err(text.into()) })
                    .map_err(|value| EnvironmentError { variable: NODE_URL, value, expected })
            })
            .transpose()?;
        let theme = given(THEME)
            .map(|value| match value.to_str() {
                Some("light") => Ok(Theme::Light),
                Some("dark") => Ok(Theme::Dark),
                _ => Err(EnvironmentError { variable: THEME, value, expected: "light or dark" }),
            })
            .transpose()?;
        Ok(Self {
            node_url,
            data_dir: given(DATA_DIR).map(PathBuf::from),
            theme,
            devnet_worker: given(DEVNET_WORKER).map(PathBuf::from),
            save_dir: given(SAVE_DIR).map(PathBuf::from),
        })
    }
}

/// The worker in the source tree that this program was built in; none in a release, which runs on other computers.
///
/// Its place is fixed when the program is built. It is never searched for around the program: a folder above it may be
/// one that anybody can write to (an AppImage is mounted below `/tmp`), and what is found there would be run.
const SOURCE_WORKER: Option<&str> = if cfg!(debug_assertions) {
    Some(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/vm/worker"))
} else {
    None
};

/// Where the devnet's worker is: where the environment says; else, in a debug build, in the source tree; else in the
/// data folder, where it can be put beside an installed application.
pub(crate) fn devnet_worker(given: Option<PathBuf>, data_dir: &Path) -> PathBuf {
    worker_folder(given, SOURCE_WORKER.map(Path::new), data_dir)
}

fn worker_folder(given: Option<PathBuf>, source: Option<&Path>, data_dir: &Path) -> PathBuf {
    given
        .or_else(|| source.filter(|folder| folder.is_dir()).map(Path::to_path_buf))
        .unwrap_or_else(|| data_dir.join("devnet-worker"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        Environment::from_variables(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn nothing_given_means_nothing_set() {
        assert_eq!(read(&[]).unwrap(), Environment::default());
        assert_eq!(read(&[(NODE_URL, ""), (THEME, "")]).unwrap(), Environment::default());
    }

    #[test]
    fn every_switch_is_taken() {
        let environment = read(&[
            (NODE_URL, "http://127.0.0.1:20443"),
            (DATA_DIR, "/data"),
            (THEME, "dark"),
            (DEVNET_WORKER, "/worker"),
            (SAVE_DIR, "/saved"),
        ])
        .unwrap();
        assert_eq!(environment.node_url.as_deref(), Some("http://127.0.0.1:20443"));
        assert_eq!(environment.data_dir, Some(PathBuf::from("/data")));
        assert_eq!(environment.theme, Some(Theme::Dark));
        assert_eq!(environment.save_dir, Some(PathBuf::from("/saved")));
        assert_eq!(devnet_worker(environment.devnet_worker, Path::new("/data")), Path::new("/worker"));
    }

    #[test]
    fn the_worker_is_in_one_of_three_fixed_places() {
        let (data_dir, source) = (Path::new("/data"), Path::new(env!("CARGO_MANIFEST_DIR")));
        let given = || Some(PathBuf::from("/worker"));
        assert_eq!(worker_folder(given(), Some(source), data_dir), Path::new("/worker"));
        assert_eq!(worker_folder(None, Some(source), data_dir), source);
        for source in [None, Some(Path::new("/nowhere/devnet/worker"))] {
            assert_eq!(worker_folder(None, source, data_dir), Path::new("/data/devnet-worker"));
        }
    }

    #[test]
    fn a_value_without_meaning_stops_the_start_and_is_named() {
        for (variable, value) in [(THEME, "neon"), (NODE_URL, "127.0.0.1:20443"), (NODE_URL, "ftp://node")] {
            let error = read(&[(variable, value)]).unwrap_err().to_string();
            assert!(error.contains(variable) && error.contains(value), "{error}");
        }
    }
}
