//! What no file may contain.

use std::fs;
use std::process::Command;

use super::root;

/// Files that are in the repository or are about to be.
fn text_files() -> Vec<(String, String)> {
    let output = Command::new("git")
        .current_dir(root())
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    // Pictures are no text; a file deleted and not yet committed is not there.
    let read = |name: &str| Some((name.to_owned(), fs::read_to_string(root().join(name)).ok()?));
    names.split_terminator('\0').filter_map(read).collect()
}

/// A path into somebody's home works for nobody else.
#[test]
fn no_file_names_a_home_folder() {
    let files = text_files();
    assert!(files.iter().any(|(name, _)| name == "Cargo.toml"), "the list of files is incomplete");
    for (name, text) in files {
        for (number, line) in text.lines().enumerate() {
            assert!(!names_home(line), "{name}:{} names a home folder: {line}", number + 1);
        }
    }
}

/// The starts of home folders, put together here so that this file does not contain them.
fn names_home(line: &str) -> bool {
    let folders = ["home", "Users", "root"].map(|name| format!("/{name}/"));
    let begins_a_path = |position: usize| {
        // `https://host/home/x` and `ui/root/x` are other things.
        !line[..position].ends_with(|before: char| before.is_alphanumeric() || "./}>#".contains(before))
    };
    folders
        .iter()
        .any(|folder| line.match_indices(folder.as_str()).any(|(position, _)| begins_a_path(position)))
}

#[test]
fn home_folders_are_told_from_other_paths() {
    let home = ["", "home", "peter", "bithedge"].join("/");
    assert!(names_home(&home));
    assert!(names_home(&format!("path = \"{home}\"")));
    assert!(!names_home(&format!("https://example.org{home}")));
    assert!(!names_home("ui/root/index.html"));
    assert!(!names_home("href=\"#/home/\""));
}

/// Addresses of a package mirror in a lock file would tie every build to that mirror.
#[test]
fn lock_files_name_no_other_registry() {
    for (name, text) in text_files() {
        if name.ends_with("package-lock.json") {
            assert!(!text.contains("\"resolved\""), "{name} holds download addresses");
        }
        if name == "Cargo.lock" {
            for line in text.lines().filter(|line| line.starts_with("source = ")) {
                let expected = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
                assert_eq!(line, expected, "{name} takes a crate from elsewhere");
            }
        }
    }
}
