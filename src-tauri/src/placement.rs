//! Where the main window is, kept from one start to the next: position and size, and whether it fills the screen.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tauri::{LogicalPosition, LogicalSize, Monitor, WebviewWindow};

const FILE_NAME: &str = "window.json";

/// The smallest size that the main window may have, as in `tauri.conf.json`.
const SMALLEST: (f64, f64) = (900.0, 600.0);

/// So much of the window's upper edge has to be on a screen, or nobody could get hold of it.
const GRIP: (f64, f64) = (120.0, 32.0);

/// A place on the screens, in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    /// From the left.
    pub(crate) x: f64,
    /// From the top.
    pub(crate) y: f64,
    /// Of what is inside the frame.
    pub(crate) width: f64,
    /// Of what is inside the frame.
    pub(crate) height: f64,
}

/// What a window fills in the place of its own size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fills {
    /// It has its own size.
    #[default]
    Nothing,
    /// It is maximised.
    WorkArea,
    /// It is the only thing on its screen.
    Screen,
}

/// What is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Where it is when it fills nothing; `None` if it was never so.
    place: Option<Place>,
    fills: Fills,
}

/// The place of the main window and the file that keeps it.
#[derive(Debug)]
pub(crate) struct Placement {
    path: PathBuf,
    last: Mutex<Kept>,
    /// What the file says, as far as is known.
    written: Mutex<Option<Kept>>,
}

impl Placement {
    /// Reads the file in a data folder. One that is missing or damaged counts for nothing.
    pub(crate) fn open(data_folder: &Path) -> Self {
        let path = data_folder.join(FILE_NAME);
        let read = fs::read_to_string(&path).ok().and_then(|text| read(&text));
        Self { path, last: Mutex::new(read.unwrap_or_default()), written: Mutex::new(read) }
    }

    /// The place of the last time, if it can be used on these screens.
    pub(crate) fn fitting(&self, screens: &[Monitor]) -> Option<Place> {
        let screens: Vec<Place> = screens
            .iter()
            .map(|screen| {
                let scale = screen.scale_factor();
                let area = screen.work_area();
                let position: LogicalPosition<f64> = area.position.to_logical(scale);
                let size: LogicalSize<f64> = area.size.to_logical(scale);
                Place { x: position.x, y: position.y, width: size.width, height: size.height }
            })
            .collect();
        fit(self.last().place?, &screens)
    }

    /// What it filled the last time.
    pub(crate) fn fills(&self) -> Fills {
        self.last().fills
    }

    /// Notes where the window is now. While it fills the screen, its own place stays what it was.
    pub(crate) fn note(&self, window: &WebviewWindow) {
        match place_of(window) {
            Ok(Now::Hidden) => {}
            Ok(Now::Fills(fills)) => self.last().fills = fills,
            Ok(Now::At(place)) => *self.last() = Kept { place: Some(place), fills: Fills::Nothing },
            Err(error) => tracing::debug!("where the window is cannot be told: {error}"),
        }
    }

    /// Writes down what was noted last, if it is anything new.
    pub(crate) fn keep(&self) {
        let last = *self.last();
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if last == written.unwrap_or_default() {
            return;
        }
        match write(&self.path, last) {
            Ok(()) => *written = Some(last),
            Err(error) => tracing::warn!("{} cannot be written: {error}", self.path.display()),
        }
    }

    fn last(&self) -> MutexGuard<'_, Kept> {
        // A place is replaced whole.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a window is.
enum Now {
    /// Nowhere to be seen.
    Hidden,
    /// Over more than its own place.
    Fills(Fills),
    /// Here.
    At(Place),
}

fn place_of(window: &WebviewWindow) -> tauri::Result<Now> {
    if window.is_minimized()? || !window.is_visible()? {
        return Ok(Now::Hidden);
    }
    if window.is_fullscreen()? {
        return Ok(Now::Fills(Fills::Screen));
    }
    if window.is_maximized()? {
        return Ok(Now::Fills(Fills::WorkArea));
    }
    let scale = window.scale_factor()?;
    let position: LogicalPosition<f64> = window.outer_position()?.to_logical(scale);
    let size: LogicalSize<f64> = window.inner_size()?.to_logical(scale);
    Ok(Now::At(Place { x: position.x, y: position.y, width: size.width, height: size.height }))
}

/// The first files had nothing but the place.
fn read(text: &str) -> Option<Kept> {
    let of_before = || Some(Kept { place: Some(serde_json::from_str(text).ok()?), fills: Fills::Nothing });
    serde_json::from_str(text).ok().or_else(of_before)
}

/// Replaces the file as a whole.
fn write(path: &Path, kept: Kept) -> io::Result<()> {
    let new = path.with_extension("json.new");
    fs::write(&new, serde_json::to_string(&kept)?)?;
    fs::rename(&new, path)
}

/// The place, made as small as the screen that it is on; `None` if it is on none, or makes no sense.
fn fit(place: Place, screens: &[Place]) -> Option<Place> {
    let Place { x, y, width, height } = place;
    if [x, y, width, height].iter().any(|number| !number.is_finite())
        || width < SMALLEST.0
        || height < SMALLEST.1
    {
        return None;
    }
    let screen = screens.iter().find(|screen| {
        let seen = (x + width).min(screen.x + screen.width) - x.max(screen.x);
        let top_is_there = y >= screen.y && y + GRIP.1 <= screen.y + screen.height;
        top_is_there && seen >= GRIP.0
    })?;
    Some(Place {
        x,
        y,
        width: width.min(screen.width.max(SMALLEST.0)),
        height: height.min(screen.height.max(SMALLEST.1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Place = Place { x: 0.0, y: 0.0, width: 1920.0, height: 1080.0 };
    const RIGHT: Place = Place { x: 1920.0, y: 0.0, width: 1280.0, height: 1024.0 };
    const USUAL: Place = Place { x: 100.0, y: 80.0, width: 1180.0, height: 760.0 };

    #[test]
    fn a_place_on_a_screen_is_used_as_it_is() {
        assert_eq!(fit(USUAL, &[SCREEN]), Some(USUAL));
        let right = Place { x: 2000.0, ..USUAL };
        assert_eq!(fit(right, &[SCREEN, RIGHT]), Some(right));
    }

    #[test]
    fn a_place_on_a_screen_that_is_gone_is_not_used() {
        assert_eq!(fit(Place { x: 2000.0, ..USUAL }, &[SCREEN]), None);
        assert_eq!(fit(USUAL, &[]), None);
    }

    #[test]
    fn a_title_that_cannot_be_gripped_is_not_used() {
        for (x, y) in [(1900.0, 80.0), (-1100.0, 80.0), (100.0, -5.0), (100.0, 1070.0)] {
            assert_eq!(fit(Place { x, y, ..USUAL }, &[SCREEN]), None, "{x}, {y}");
        }
    }

    #[test]
    fn a_window_is_never_larger_than_its_screen_nor_smaller_than_allowed() {
        let huge = Place { width: 9000.0, height: 9000.0, ..USUAL };
        assert_eq!(fit(huge, &[SCREEN]), Some(Place { width: 1920.0, height: 1080.0, ..USUAL }));
        assert_eq!(fit(Place { width: 899.0, ..USUAL }, &[SCREEN]), None);
        assert_eq!(fit(Place { height: f64::NAN, ..USUAL }, &[SCREEN]), None);
        assert_eq!(fit(Place { x: f64::INFINITY, ..USUAL }, &[SCREEN]), None);
    }

    #[test]
    fn the_smallest_size_is_that_of_the_configuration() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap();
        let main = &config["app"]["windows"][0];
        assert_eq!(
            (main["minWidth"].as_f64(), main["minHeight"].as_f64()),
            (Some(SMALLEST.0), Some(SMALLEST.1))
        );
    }

    #[test]
    fn a_place_is_there_after_a_restart_and_a_damaged_file_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let placement = Placement::open(folder.path());
        placement.keep();
        assert!(!placement.path.exists(), "nothing was noted");
        for fills in [Fills::Nothing, Fills::WorkArea, Fills::Screen] {
            let kept = Kept { place: Some(USUAL), fills };
            *placement.last() = kept;
            placement.keep();
            assert_eq!(*Placement::open(folder.path()).last(), kept);
        }
        // As it was kept before it was known what a window fills.
        fs::write(&placement.path, serde_json::to_string(&USUAL).unwrap()).unwrap();
        let of_before = Kept { place: Some(USUAL), fills: Fills::Nothing };
        assert_eq!(*Placement::open(folder.path()).last(), of_before);
        for damaged in ["", "{\"x\": 1", "[]", "{\"x\":1,\"y\":1,\"width\":1000,\"height\":700,\"more\":1}"] {
            fs::write(&placement.path, damaged).unwrap();
            assert_eq!(*Placement::open(folder.path()).last(), Kept::default(), "{damaged}");
        }
    }
}
