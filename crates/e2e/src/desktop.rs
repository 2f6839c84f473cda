//! A virtual screen with a session bus: what a window needs, on a machine with or without a screen of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::process::Running;

const START: Duration = Duration::from_secs(20);

/// Part of the screen, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// An X server without hardware, and a D-Bus session bus. Both end with it.
pub(crate) struct Desktop {
    display: String,
    bus: String,
    _screen: Running,
    _bus: Running,
}

impl Desktop {
    /// The X server chooses a display number that is free.
    pub(crate) async fn start(logs: &Path) -> Result<Self> {
        let mut xvfb = Command::new("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]);
        let mut screen = Running::start("Xvfb", &mut xvfb, logs.join("xvfb.log"))?;
        let display = format!(":{}", screen.first_line(START).await?.trim());

        let mut daemon = Command::new("dbus-daemon");
        daemon.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        let mut bus = Running::start("dbus-daemon", &mut daemon, logs.join("dbus.log"))?;
        let address = bus.first_line(START).await?.trim().to_owned();
        Ok(Self { display, bus: address, _screen: screen, _bus: bus })
    }

    /// Makes the program open its windows here.
    pub(crate) fn adopt(&self, command: &mut Command) {
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("GDK_BACKEND", "x11")
            .env_remove("WAYLAND_DISPLAY")
            // WebKit's faster paths need a graphics card.
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env("WEBKIT_DISABLE_COMPOSITING_MODE", "1")
            // The accessibility bus is not there, and looking for it takes time.
            .env("NO_AT_BRIDGE", "1");
    }

    /// Saves what is to be seen in `area`, or on the whole screen. (WebDriver's own screenshot never returns.)
    pub(crate) async fn picture(&self, area: Option<Area>, file: &Path) -> Result<PathBuf> {
        let mut import = Command::new("import");
        import.env("DISPLAY", &self.display).args(["-window", "root"]);
        if let Some(Area { x, y, width, height }) = area {
            import.arg("-crop").arg(format!("{width}x{height}+{x}+{y}")).arg("+repage");
        }
        let output = import.arg(file).output().await.context("cannot start import (ImageMagick)")?;
        ensure!(output.status.success(), "import failed: {}", String::from_utf8_lossy(&output.stderr));
        Ok(file.to_owned())
    }

    /// The number of different colours in a picture. A blank window has a few.
    pub(crate) async fn colours(picture: &Path) -> Result<u32> {
        let mut identify = Command::new("identify");
        let output = identify.args(["-format", "%k"]).arg(picture).output().await?;
        ensure!(output.status.success(), "identify failed: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().with_context(|| format!("identify answered `{text}`"))
    }
}
