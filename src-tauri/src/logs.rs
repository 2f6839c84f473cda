//! The log: on stderr, and in files in the data folder, a new one every day, the oldest removed.
//!
//! What is logged says what the application does, never with which words, passphrases or keys: those have no printable form. A file
//! can be read before it is given to anybody.

use std::io::{self, IsTerminal as _, stderr};
use std::path::{Path, PathBuf};

use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// So many files are kept, one for a day of use.
const FILES: usize = 7;
const PREFIX: &str = "bithedge";
const SUFFIX: &str = "log";

/// Where the log files of this data folder are.
pub(crate) fn folder(data_folder: &Path) -> PathBuf {
    data_folder.join("logs")
}

/// Begins to log. Without a file it goes to stderr alone, and says why.
pub(crate) fn begin(data_folder: &Path) {
    let filter = || EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let folder = folder(data_folder);
    // It is looked through for old files before it would be made.
    let made = std::fs::create_dir_all(&folder).map_err(|error| error.to_string());
    let (file, problem) = match made.and_then(|()| files(&folder).map_err(|error| error.to_string())) {
        Ok(files) => (Some(fmt::layer().with_writer(files).with_ansi(false).with_filter(filter())), None),
        Err(error) => (None, Some(error)),
    };
    let terminal = fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal()).with_filter(filter());
    tracing_subscriber::registry().with(file).with(terminal).init();
    if let Some(error) = problem {
        tracing::warn!("there are no log files in {}: {error}", folder.display());
    }
}

fn files(folder: &Path) -> Result<impl for<'a> MakeWriter<'a> + Send + Sync + 'static, InitError> {
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(PREFIX)
        .filename_suffix(SUFFIX)
        .max_log_files(FILES)
        .build(folder)
}

/// The newest log files, the newest first: their names and what is in them, from each at most the last `limit` bytes.
pub(crate) fn newest(folder: &Path, count: usize, limit: usize) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut names: Vec<String> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
        .collect();
    // Their names have the date in them, the year first.
    names.sort_unstable_by(|one, other| other.cmp(one));
    names.truncate(count);
    names
        .into_iter()
        .map(|name| {
            let mut content = std::fs::read(folder.join(&name))?;
            let surplus = content.len().saturating_sub(limit);
            content.drain(..surplus);
            Ok((name, content))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    #[test]
    fn no_more_files_are_kept_than_said_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        for day in 1..=20 {
            fs::write(folder.path().join(format!("bithedge.2020-01-{day:02}.log")), "old").unwrap();
        }
        fs::write(folder.path().join("notes.txt"), "the person's own").unwrap();
        let writer = files(folder.path()).unwrap();
        writer.make_writer().write_all(b"now\n").unwrap();
        let kept = newest(folder.path(), usize::MAX, usize::MAX).unwrap();
        assert_eq!(kept.len(), FILES, "{kept:?}");
        assert_eq!(kept[0].1, b"now\n");
        assert!(folder.path().join("notes.txt").exists());
    }

    #[test]
    fn of_long_files_the_end_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bithedge.2020-01-01.log"), "older").unwrap();
        fs::write(folder.path().join("bithedge.2020-01-02.log"), "0123456789").unwrap();
        let newest = newest(folder.path(), 1, 4).unwrap();
        assert_eq!(newest, [("bithedge.2020-01-02.log".to_owned(), b"6789".to_vec())]);
    }
}
