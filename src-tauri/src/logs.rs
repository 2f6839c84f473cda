//! The log: on stderr, and in files in the data folder: a new one every day and whenever one is full, the oldest removed.
//!
//! What is logged says what the application does, never with which words, passphrases or keys: those have no printable form. A file
//! can be read before it is given to anybody.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write, stderr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bithedge_protocol::UnixSeconds;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// So many files are kept.
const FILES: usize = 7;
/// None gets larger than that: all of them together take 28 MB.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
const PREFIX: &str = "bithedge.";
const SUFFIX: &str = ".log";

/// Where the log files of this data folder are.
fn folder(data_folder: &Path) -> PathBuf {
    data_folder.join("logs")
}

/// Begins to log. Without a file it goes to stderr alone, and says why.
pub(crate) fn begin(data_folder: &Path) {
    let filter = || EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Whatever is asked for on the terminal: other people's code says in detail what would fill the files, and what went over the wire.
    let kept = || Targets::new().with_target("bithedge", LevelFilter::DEBUG).with_default(LevelFilter::WARN);
    let folder = folder(data_folder);
    let (file, problem) = match LogFiles::begin(folder.clone(), MOST_BYTES) {
        Ok(files) => {
            let layer = fmt::layer().with_writer(files).with_ansi(false);
            (Some(layer.with_filter(filter().and(kept()))), None)
        }
        Err(error) => (None, Some(error)),
    };
    let terminal = fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal()).with_filter(filter());
    tracing_subscriber::registry().with(file).with(terminal).init();
    if let Some(error) = problem {
        tracing::warn!("there are no log files in {}: {error}", folder.display());
    }
}

/// The files, and which of them is written.
#[derive(Debug)]
struct LogFiles {
    folder: PathBuf,
    most_bytes: u64,
    open: Mutex<OpenFile>,
}

#[derive(Debug)]
struct OpenFile {
    day: String,
    /// The how many-th of its day.
    part: u32,
    file: File,
    bytes: u64,
}

impl LogFiles {
    /// Goes on in the newest file of today.
    fn begin(folder: PathBuf, most_bytes: u64) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let day = today();
        // The first ones of today may be gone already.
        let part = names(&folder).iter().filter_map(|name| part_of(name, &day)).max().unwrap_or(1);
        let open = Mutex::new(open(&folder, day, part)?);
        let files = Self { folder, most_bytes, open };
        files.prune();
        Ok(files)
    }

    fn open(&self) -> MutexGuard<'_, OpenFile> {
        // A panic between two files leaves one of them.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_line(&self, line: &[u8], today: String) -> io::Result<()> {
        let mut now = self.open();
        let added = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let next = if now.day != today {
            Some((today, 1))
        } else if now.bytes > 0 && now.bytes.saturating_add(added) > self.most_bytes {
            Some((today, now.part.saturating_add(1)))
        } else {
            None
        };
        if let Some((day, part)) = next {
            *now = open(&self.folder, day, part)?;
            self.prune();
        }
        now.file.write_all(line)?;
        now.bytes = now.bytes.saturating_add(added);
        Ok(())
    }

    /// Removes the oldest.
    fn prune(&self) {
        let mut names = names(&self.folder);
        let surplus = names.len().saturating_sub(FILES);
        for name in names.drain(..surplus) {
            // It stays, then, and is tried again with the next one.
            let _ = std::fs::remove_file(self.folder.join(name));
        }
    }
}

impl Write for &LogFiles {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_line(line, today())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open().file.flush()
    }
}

impl<'a> MakeWriter<'a> for LogFiles {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

fn open(folder: &Path, day: String, part: u32) -> io::Result<OpenFile> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(folder.join(name(&day, part)))?;
    let bytes = file.metadata()?.len();
    Ok(OpenFile { day, part, file, bytes })
}

/// Today, in UTC: `2026-11-22`.
fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = UnixSeconds::new(since).civil();
    format!("{:04}-{:02}-{:02}", now.year, now.month, now.day)
}

/// Such that the names have the order of time.
fn name(day: &str, part: u32) -> String {
    if part == 1 { format!("{PREFIX}{day}{SUFFIX}") } else { format!("{PREFIX}{day}.part-{part:04}{SUFFIX}") }
}

/// The how many-th file of this day it is; `None` if it is of another one.
fn part_of(name: &str, day: &str) -> Option<u32> {
    let rest = name.strip_prefix(PREFIX)?.strip_prefix(day)?.strip_suffix(SUFFIX)?;
    if rest.is_empty() { Some(1) } else { rest.strip_prefix(".part-")?.parse().ok() }
}

/// The log files, the oldest first.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
        .collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn no_more_files_are_kept_than_said_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        for day in 1..=20 {
            fs::write(folder.path().join(format!("bithedge.2020-01-{day:02}.log")), "old").unwrap();
        }
        fs::write(folder.path().join("notes.txt"), "the person's own").unwrap();
        let files = LogFiles::begin(folder.path().to_path_buf(), MOST_BYTES).unwrap();
        files.make_writer().write_all(b"now\n").unwrap();
        let kept = names(folder.path());
        assert_eq!(kept.len(), FILES, "{kept:?}");
        assert_eq!(fs::read(folder.path().join(kept.last().unwrap())).unwrap(), b"now\n");
        assert!(folder.path().join("notes.txt").exists());
    }

    #[test]
    fn a_flood_of_lines_takes_no_more_room_than_said_and_the_newest_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let files = LogFiles::begin(folder.path().to_path_buf(), 1_000).unwrap();
        for number in 0..2_000 {
            files.write_line(format!("{number:09}\n").as_bytes(), "2026-11-22".to_owned()).unwrap();
        }
        let sizes: Vec<u64> = names(folder.path())
            .iter()
            .map(|name| fs::metadata(folder.path().join(name)).unwrap().len())
            .collect();
        assert!(sizes.len() == FILES && sizes.iter().all(|size| *size <= 1_000), "{sizes:?}");
        let newest = fs::read_to_string(folder.path().join(names(folder.path()).last().unwrap())).unwrap();
        assert!(newest.ends_with("000001999\n"), "{newest}");
        // The next day begins with a file of its own, and is newer than all parts of the day before.
        files.write_line(b"next\n", "2026-11-23".to_owned()).unwrap();
        assert_eq!(names(folder.path()).last().unwrap(), "bithedge.2026-11-23.log");
    }

    #[test]
    fn a_start_goes_on_where_the_one_before_ended() {
        let folder = tempfile::tempdir().unwrap();
        let today = today();
        for part in 1..=3 {
            fs::write(folder.path().join(name(&today, part)), "before\n").unwrap();
        }
        let files = LogFiles::begin(folder.path().to_path_buf(), MOST_BYTES).unwrap();
        files.write_line(b"after\n", today.clone()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(name(&today, 3))).unwrap(), "before\nafter\n");
    }

    #[test]
    fn a_start_goes_on_also_when_the_first_of_the_day_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let today = today();
        for part in 4..=10 {
            fs::write(folder.path().join(name(&today, part)), "before\n").unwrap();
        }
        let files = LogFiles::begin(folder.path().to_path_buf(), MOST_BYTES).unwrap();
        files.write_line(b"after\n", today.clone()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(name(&today, 10))).unwrap(), "before\nafter\n");
        assert_eq!(names(folder.path()).len(), FILES);
    }
}
