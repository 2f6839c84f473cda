//! Opening the application, and starting the devnet alone.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::build;
use crate::command::{self, cargo, program};
use crate::setup::{self, Purpose};
use crate::workspace::{DEVNET_WORKER_VARIABLE, debug_program, devnet_worker, release_program};

/// `cargo xtask run`: from whatever is there to an open window.
pub(crate) fn run() -> Result<()> {
    require_display()?;
    setup::all(Purpose::Run)?;
    build::ui_bundle(&[])?;
    build::shell()?;
    eprintln!("opening the window");
    let mut application = program(debug_program("bithedge")?);
    // The application starts the devnet when somebody practises; its Clarity VM is this Node program.
    application.env(DEVNET_WORKER_VARIABLE, devnet_worker());
    command::become_program(&mut application)
}

/// Before anything is installed or built: a window needs somewhere to be.
fn require_display() -> Result<()> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") {
        return Ok(());
    }
    bail!(
        "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set).\n\
         On a machine without a screen, start a virtual one (Debian package xvfb), then try again:\n    \
         Xvfb :99 -screen 0 1280x900x24 &\n    \
         DISPLAY=:99 WEBKIT_DISABLE_DMABUF_RENDERER=1 WEBKIT_DISABLE_COMPOSITING_MODE=1 \
         dbus-run-session -- cargo xtask run"
    );
}

/// `cargo xtask devnet`: the devnet with the suite in service, or bare. The program's own stdout, signals and exit status, and nothing of xtask's on stdout.
pub(crate) fn devnet(arguments: &[OsString]) -> Result<()> {
    setup::devnet()?;
    eprintln!("building the devnet");
    let release = ["build", "--release", "--package", "bithedge-practice", "--bin", "bithedge-practice"];
    command::run(cargo().args(release))?;
    let mut devnet = program(release_program("bithedge-practice")?);
    // A relative --data-dir is relative to where the developer is.
    devnet.current_dir(std::env::current_dir()?);
    devnet.args(arguments).env(DEVNET_WORKER_VARIABLE, devnet_worker());
    command::become_program(&mut devnet)
}
