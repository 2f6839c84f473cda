//! A virtual screen with a session bus: what a window needs, on a machine with or without a screen of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ClientMessageEvent, ConnectionExt as _, EventMask,
    MOTION_NOTIFY_EVENT, MapState, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;

use crate::process::Running;
use crate::sight::Watch;
use crate::wait;

const START: Duration = Duration::from_secs(20);

/// Width and height of a usual screen in pixels, and the bits of its colours.
pub(crate) const SCREEN: &str = "1600x1000x24";
/// Those of a 4K screen.
pub(crate) const LARGE_SCREEN: &str = "3840x2160x24";

/// Which of two buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

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
    /// The X server chooses a display number that is free; `size` is [`SCREEN`] or [`LARGE_SCREEN`]. What the two have to say goes to `logs`, under this name.
    pub(crate) async fn start(logs: &Path, name: &str, size: &str) -> Result<Self> {
        let mut xvfb = Command::new("Xvfb");
        // Otherwise it begins anew, and refuses whoever comes just then, whenever its last window closes.
        xvfb.args(["-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp", "-noreset"]);
        let mut screen = Running::start("Xvfb", &mut xvfb, logs.join(format!("{name}-xvfb.log")))?;
        let display = format!(":{}", screen.first_line(START).await?.trim());

        let mut daemon = Command::new("dbus-daemon");
        daemon.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        let mut bus = Running::start("dbus-daemon", &mut daemon, logs.join(format!("{name}-dbus.log")))?;
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

    /// Somebody who looks at this part of the screen.
    pub(crate) fn watch(&self, area: Area) -> Result<Watch> {
        Watch::open(&self.display, area)
    }

    /// The address of its session bus.
    pub(crate) fn bus(&self) -> &str {
        &self.bus
    }

    /// Whether a window with this title is in sight.
    pub(crate) fn has_window(&self, title: &str) -> Result<bool> {
        has_window(&self.display, title)
    }

    /// Asks the window with this title to close, as its close button does.
    pub(crate) async fn close_window(&self, title: &'static str) -> Result<()> {
        let display = self.display.clone();
        tokio::task::spawn_blocking(move || close_window(&display, title)).await?
    }

    /// Waits for the desktop's dialog with this title.
    pub(crate) async fn wait_for_dialog(&self, title: &'static str) -> Result<()> {
        wait::until_true(&format!("a dialog `{title}`"), START, async || has_window(&self.display, title))
            .await?;
        // It takes clicks once it is drawn.
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(())
    }

    /// Waits for the desktop's dialog with this title, and clicks one of its two buttons.
    pub(crate) async fn answer_dialog(&self, title: &'static str, side: Side) -> Result<()> {
        self.wait_for_dialog(title).await?;
        let display = self.display.clone();
        tokio::task::spawn_blocking(move || answer_dialog(&display, title, side)).await??;
        wait::until_true(&format!("`{title}` is answered"), START, async || {
            Ok(!has_window(&self.display, title)?)
        })
        .await
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

/// Sends `WM_DELETE_WINDOW` to the window with this title.
fn close_window(display: &str, title: &str) -> Result<()> {
    let (connection, screen) = x11rb::connect(Some(display))?;
    let atom = |name: &[u8]| -> Result<u32> { Ok(connection.intern_atom(false, name)?.reply()?.atom) };
    let (protocols, delete) = (atom(b"WM_PROTOCOLS")?, atom(b"WM_DELETE_WINDOW")?);
    // One that is closed already may still be in sight, for a moment: then both are asked.
    let windows = called(&connection, screen, title)?;
    ensure!(!windows.is_empty(), "no window is called `{title}`");
    for window in windows {
        let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
        connection.send_event(false, window, EventMask::NO_EVENT, message)?;
    }
    connection.flush()?;
    // It has arrived when something else is answered. A connection that is closed before may take with it what the server has not read.
    connection.get_input_focus()?.reply()?;
    Ok(())
}

/// The windows with this title that are in sight. Without a window manager they are the root's own children.
fn called(connection: &impl Connection, screen: usize, title: &str) -> Result<Vec<Window>> {
    let name = connection.intern_atom(false, b"_NET_WM_NAME")?.reply()?.atom;
    let root = connection.setup().roots.get(screen).context("no screen")?.root;
    let mut found = Vec::new();
    for window in connection.query_tree(root)?.reply()?.children {
        let property = connection.get_property(false, window, name, AtomEnum::ANY, 0, 1_024)?.reply()?;
        let is_seen = connection.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE;
        if is_seen && property.value == title.as_bytes() {
            found.push(window);
        }
    }
    Ok(found)
}

/// Whether there is a dialog with this title.
fn has_window(display: &str, title: &str) -> Result<bool> {
    let (connection, screen) = x11rb::connect(Some(display))?;
    Ok(!called(&connection, screen, title)?.is_empty())
}

/// Clicks one of the two buttons that fill the lower edge of the dialog with this title.
fn answer_dialog(display: &str, title: &str, side: Side) -> Result<()> {
    const TO_THE_LOWER_EDGE: i16 = 18;
    let (connection, screen) = x11rb::connect(Some(display))?;
    let root = connection.setup().roots.get(screen).context("no screen")?.root;
    let windows = called(&connection, screen, title)?;
    let dialog = *windows.first().with_context(|| format!("no window is called `{title}`"))?;
    let place = connection.get_geometry(dialog)?.reply()?;
    let (width, height) = (i16::try_from(place.width)?, i16::try_from(place.height)?);
    let quarters = match side {
        Side::Left => 1,
        Side::Right => 3,
    };
    let (x, y) = (place.x + width / 4 * quarters, place.y + height - TO_THE_LOWER_EDGE);
    connection.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, root, x, y, 0)?;
    connection.xtest_fake_input(BUTTON_PRESS_EVENT, 1, 0, root, 0, 0, 0)?;
    connection.xtest_fake_input(BUTTON_RELEASE_EVENT, 1, 0, root, 0, 0, 0)?;
    connection.flush()?;
    // It has arrived when something else is answered.
    connection.get_input_focus()?.reply()?;
    Ok(())
}
