//! Files that a person asks for: where they go is chosen in the desktop's dialog, and never by the page.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bithedge_ipc::{Fault, Notice, SavedFile, window};
use rfd::AsyncFileDialog;
use tauri::{AppHandle, Manager};

/// Where files go without a dialog (`BITHEDGE_SAVE_DIR`).
#[derive(Clone, Debug)]
pub(crate) struct SaveFolder(pub(crate) Option<PathBuf>);

/// Writes the activity. `None`: the person thought better of it.
pub(crate) async fn activity(
    app: &AppHandle,
    csv: String,
    lines: usize,
) -> Result<Option<SavedFile>, Notice> {
    let name = "bithedge-activity.csv";
    let path = match &app.state::<SaveFolder>().0 {
        Some(folder) => Some(folder.join(name)),
        None => {
            let dialog = dialog(app, "Save the activity").set_file_name(name).add_filter("CSV", &["csv"]);
            dialog.save_file().await.map(|file| file.path().to_path_buf())
        }
    };
    let Some(path) = path else { return Ok(None) };
    write(&path, csv.as_bytes()).map_err(|error| not_written(&path, &error))?;
    let about = match lines {
        1 => "1 line, and the names of the columns".to_owned(),
        lines => format!("{lines} lines, and the names of the columns"),
    };
    Ok(Some(SavedFile { path: path.display().to_string(), about }))
}

/// Writes what helps to find a defect into a folder of its own, so that it can be looked at before it is given to anybody.
pub(crate) async fn diagnostics(
    app: &AppHandle,
    files: Vec<(String, Vec<u8>)>,
) -> Result<Option<SavedFile>, Notice> {
    let parent = match &app.state::<SaveFolder>().0 {
        Some(folder) => Some(folder.clone()),
        None => {
            let dialog = dialog(app, "Choose where the folder with the diagnostics goes");
            dialog.pick_folder().await.map(|folder| folder.path().to_path_buf())
        }
    };
    let Some(parent) = parent else { return Ok(None) };
    let folder = new_folder(&parent).map_err(|error| not_written(&parent, &error))?;
    for (name, content) in &files {
        let path = folder.join(plain_name(name));
        write(&path, content).map_err(|error| not_written(&path, &error))?;
    }
    let about =
        format!("a folder with {} files that you can read before you give them to anybody", files.len());
    Ok(Some(SavedFile { path: folder.display().to_string(), about }))
}

fn dialog(app: &AppHandle, title: &str) -> AsyncFileDialog {
    let dialog = AsyncFileDialog::new().set_title(title);
    match app.get_webview_window(window::MAIN) {
        Some(main) => dialog.set_parent(&main),
        None => dialog,
    }
}

/// A folder that was not there before.
fn new_folder(parent: &Path) -> io::Result<PathBuf> {
    let name = "bithedge-diagnostics";
    let mut folder = parent.join(name);
    let mut number = 1_u32;
    loop {
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1_000 => {
                number += 1;
                folder = parent.join(format!("{name}-{number}"));
            }
            Err(error) => return Err(error),
        }
    }
}

/// A file's name without anything that could lead out of its folder.
fn plain_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|sign| if sign.is_ascii_alphanumeric() || "-_.".contains(sign) { sign } else { '_' })
        .collect();
    plain.trim_start_matches('.').to_owned()
}

/// Replaces the file as a whole, so that nobody finds half of it.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".part");
    let new = PathBuf::from(new);
    fs::write(&new, content).and_then(|()| fs::rename(&new, path)).inspect_err(|_| {
        // It is of no use to anybody.
        let _ = fs::remove_file(&new);
    })
}

fn not_written(path: &Path, error: &io::Error) -> Notice {
    let fault =
        if error.kind() == io::ErrorKind::StorageFull { Fault::DiskFull } else { Fault::FileUnusable };
    Notice {
        fault,
        happened: format!("{} could not be written.", path.display()),
        means: "Your money is not affected, and nothing that BitHedge keeps is lost.".to_owned(),
        remedy: "Check that there is room on the disk and that the folder can be written to, or choose another one."
            .to_owned(),
        detail: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bithedge-activity.csv");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_said_and_nothing_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing/bithedge-activity.csv");
        let error = write(&missing, b"one").unwrap_err();
        let notice = not_written(&missing, &error);
        assert_eq!(notice.fault, Fault::FileUnusable);
        assert!(notice.happened.contains("missing"), "{}", notice.happened);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn each_time_there_is_a_new_folder() {
        let parent = tempfile::tempdir().unwrap();
        let (first, second) = (new_folder(parent.path()).unwrap(), new_folder(parent.path()).unwrap());
        assert_ne!(first, second);
        assert!(new_folder(&parent.path().join("missing")).is_err());
    }

    #[test]
    fn a_name_cannot_lead_out_of_its_folder() {
        assert_eq!(plain_name("session.json"), "session.json");
        assert_eq!(plain_name("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(plain_name("/absolute"), "_absolute");
    }
}
