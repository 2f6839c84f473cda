//! System packages, by their Debian names.

use std::process::Command;

use anyhow::{Result, bail};

use super::{Purpose, say};
use crate::command::{self, is_installed};

/// What Tauri links to on Linux, and how it is found. (Who runs xtask has a linker.)
const BUILD: [&str; 5] =
    ["pkg-config", "libwebkit2gtk-4.1-dev", "libayatana-appindicator3-dev", "librsvg2-dev", "libxdo-dev"];

/// A screen, a session bus, a keychain and a WebDriver for the window; `imagemagick` for screenshots.
const TEST: [&str; 5] = ["webkit2gtk-driver", "xvfb", "dbus", "gnome-keyring", "imagemagick"];

/// Where there is no dpkg: what pkg-config must know, and programs that must be there.
const LIBRARIES: [&str; 3] = ["webkit2gtk-4.1", "ayatana-appindicator3-0.1", "librsvg-2.0"];
const TEST_PROGRAMS: [&str; 4] = ["WebKitWebDriver", "Xvfb", "dbus-daemon", "import"];

/// Installs the packages that are missing, or says how.
pub(super) fn packages(purpose: Purpose) -> Result<()> {
    let mut wanted = BUILD.to_vec();
    if purpose == Purpose::Test {
        wanted.extend(TEST);
    }
    if !is_installed("dpkg-query") {
        return other_system(purpose, &wanted);
    }
    let missing = missing(&wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    let command = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    let Some(become_root) = way_to_root()? else {
        bail!("Debian packages are missing. Install them, then try again:\n    sudo {command}");
    };
    say(&format!("installing Debian packages: {}", missing.join(" ")));
    let apt_get = || {
        let mut words =
            become_root.iter().copied().chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        let mut apt_get = command::program(words.next().unwrap_or("env"));
        apt_get.args(words);
        apt_get
    };
    command::run(apt_get().args(["-q", "update"]))?;
    command::run(apt_get().args(["-q", "install", "-y", "--no-install-recommends"]).args(&missing))
}

fn missing<'a>(wanted: &[&'a str]) -> Result<Vec<&'a str>> {
    // dpkg-query fails when it has never heard of one of the packages, and still lists the others.
    let output = Command::new("dpkg-query")
        .args(["-W", "-f=${db:Status-Status} ${Package}\n"])
        .args(wanted)
        .output()?;
    let known = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(not_installed(wanted, &known))
}

/// `known` has one line `status package` for each package that dpkg has heard of.
fn not_installed<'a>(wanted: &[&'a str], known: &str) -> Vec<&'a str> {
    let installed: Vec<&str> = known.lines().filter_map(|line| line.strip_prefix("installed ")).collect();
    wanted.iter().copied().filter(|package| !installed.contains(package)).collect()
}

/// The words to put before a command that needs root: none for root, sudo where it asks for no password.
fn way_to_root() -> Result<Option<Vec<&'static str>>> {
    if command::output(Command::new("id").arg("-u"))?.trim() == "0" {
        return Ok(Some(Vec::new()));
    }
    let sudo = command::succeeds(Command::new("sudo").args(["-n", "true"]));
    Ok(sudo.then(|| vec!["sudo", "-n"]))
}

fn other_system(purpose: Purpose, packages: &[&str]) -> Result<()> {
    let libraries = command::succeeds(Command::new("pkg-config").arg("--exists").args(LIBRARIES));
    let programs = purpose == Purpose::Run || TEST_PROGRAMS.iter().all(|name| is_installed(name));
    if libraries && programs {
        return Ok(());
    }
    bail!(
        "this is no Debian-like system, and it lacks some of what these Debian packages hold; install their \
         counterparts, then try again:\n    {}",
        packages.join(" ")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_and_unknown_packages_are_missing() {
        let known = "installed dbus\nconfig-files xvfb\n";
        assert_eq!(not_installed(&["dbus", "xvfb", "imagemagick"], known), ["xvfb", "imagemagick"]);
    }
}
