//! A virtual screen with a session bus: what a window needs, on a machine with or without a screen of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, MapState};

use crate::process::Running;

const START: Duration = Duration::from_secs(20);

/// Width and height of the screen, in pixels.
const SCREEN: &str = "1600x1000x24";

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
        xvfb.args(["-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp"]);
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

    /// Asks the window with this title to close, as its close button does.
    pub(crate) async fn close_window(&self, title: &'static str) -> Result<()> {
        let display = self.display.clone();
        tokio::task::spawn_blocking(move || close_window(&display, title)).await?
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

    /// The command that saves the whole screen, for whoever cannot wait.
    pub(crate) fn picture_command(&self, file: &Path) -> std::process::Command {
        let mut import = std::process::Command::new("import");
        import.env("DISPLAY", &self.display).args(["-window", "root"]).arg(file);
        import
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

/// Sends `WM_DELETE_WINDOW` to the window with this title. Without a window manager such windows are the root's own children.
fn close_window(display: &str, title: &str) -> Result<()> {
    let (connection, screen) = x11rb::connect(Some(display))?;
    let atom = |name: &[u8]| -> Result<u32> { Ok(connection.intern_atom(false, name)?.reply()?.atom) };
    let (name, protocols, delete) =
        (atom(b"_NET_WM_NAME")?, atom(b"WM_PROTOCOLS")?, atom(b"WM_DELETE_WINDOW")?);
    let root = connection.setup().roots.get(screen).context("no screen")?.root;
    let mut asked = 0;
    for window in connection.query_tree(root)?.reply()?.children {
        let property = connection.get_property(false, window, name, AtomEnum::ANY, 0, 1_024)?.reply()?;
        // One that is closed already may still be there, out of sight; or in sight, for a moment: then both are asked.
        let is_seen = connection.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE;
        if is_seen && property.value == title.as_bytes() {
            let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
            connection.send_event(false, window, EventMask::NO_EVENT, message)?;
            asked += 1;
        }
    }
    connection.flush()?;
    ensure!(asked > 0, "no window is called `{title}`");
    Ok(())
}
