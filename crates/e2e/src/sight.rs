//! When something is to be seen on the screen, as somebody who looks at it would say.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat};
use x11rb::rust_connection::RustConnection;

use crate::desktop::Area;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(4);

/// What is to be seen in a part of the screen.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    area: Area,
    pixels: Vec<u8>,
}

/// Looks at a part of the screen.
pub(crate) struct Watch {
    connection: RustConnection,
    root: u32,
    area: Area,
}

/// What happened to a part of the screen, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// It looked different from before for the first time.
    pub(crate) changed: Instant,
    /// It looked as expected.
    pub(crate) there: Instant,
}

impl Watch {
    /// `display` is the X server's name.
    pub(crate) fn open(display: &str, area: Area) -> Result<Self> {
        let (connection, screen) = x11rb::connect(Some(display))?;
        let root = connection.setup().roots.get(screen).context("no screen")?.root;
        Ok(Self { connection, root, area })
    }

    /// What is to be seen now.
    pub(crate) fn look(&self) -> Result<Sight> {
        let Area { x, y, width, height } = self.area;
        let image = self.connection.get_image(
            ImageFormat::Z_PIXMAP,
            self.root,
            i16::try_from(x)?,
            i16::try_from(y)?,
            u16::try_from(width)?,
            u16::try_from(height)?,
            u32::MAX,
        )?;
        Ok(Sight { area: self.area, pixels: image.reply()?.data })
    }

    /// Looks again and again until `expected` is to be seen, where `before` was. Blocks.
    pub(crate) fn until(&self, before: &Sight, expected: &Sight, within: Duration) -> Result<Seen> {
        let deadline = Instant::now() + within;
        let mut changed = None;
        while Instant::now() < deadline {
            let sight = self.look()?;
            let now = Instant::now();
            if sight != *before {
                changed = changed.or(Some(now));
            }
            if sight == *expected {
                return Ok(Seen { changed: changed.unwrap_or(now), there: now });
            }
            std::thread::sleep(PAUSE);
        }
        let what = if changed.is_some() { "something else" } else { "nothing" };
        bail!("not within {} s: {what} is to be seen at {:?}", within.as_secs(), self.area)
    }
}
