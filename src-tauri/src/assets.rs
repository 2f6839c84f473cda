//! The files of the windows' pages, which lie packed in the program.

use std::borrow::Cow;
use std::iter;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tauri::utils::assets::{AssetKey, AssetsIter, CspHash};
use tauri::{App, Assets, Context, Wry};

/// What the main window's page is waited for longest.
const MAIN_PROGRAM: &str = "/window-main_bg.wasm";

/// Begins to unpack what is asked for first.
pub(crate) fn unpack_ahead(context: &mut Context<Wry>) {
    let files = context.set_assets(Box::new(Nothing));
    context.set_assets(Box::new(UnpackedAhead::begin(files)));
}

/// The files as they were built, of which the main window's program is unpacked while the application starts.
struct UnpackedAhead {
    files: Arc<dyn Assets<Wry>>,
    /// Until it is asked for: a page that is loaded again waits for its own.
    program: Mutex<Option<JoinHandle<Option<Vec<u8>>>>>,
}

impl UnpackedAhead {
    fn begin(files: Box<dyn Assets<Wry>>) -> Self {
        let files: Arc<dyn Assets<Wry>> = files.into();
        let unpacking = Arc::clone(&files);
        let unpack = move || unpacking.get(&AssetKey::from(MAIN_PROGRAM)).map(Cow::into_owned);
        // Without the thread it is unpacked when it is asked for.
        let program = thread::Builder::new().name("unpack".to_owned()).spawn(unpack).ok();
        Self { files, program: Mutex::new(program) }
    }
}

impl Assets<Wry> for UnpackedAhead {
    fn setup(&self, app: &App<Wry>) {
        self.files.setup(app);
    }

    fn get(&self, key: &AssetKey) -> Option<Cow<'_, [u8]>> {
        if key.as_ref() == MAIN_PROGRAM {
            let ahead = self.program.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(program) = ahead.and_then(|unpacking| unpacking.join().ok().flatten()) {
                return Some(Cow::Owned(program));
            }
        }
        self.files.get(key)
    }

    fn iter(&self) -> Box<AssetsIter<'_>> {
        self.files.iter()
    }

    fn csp_hashes(&self, html_path: &AssetKey) -> Box<dyn Iterator<Item = CspHash<'_>> + '_> {
        self.files.csp_hashes(html_path)
    }
}

/// Stands in for the files while they are taken out.
struct Nothing;

impl Assets<Wry> for Nothing {
    fn get(&self, _: &AssetKey) -> Option<Cow<'_, [u8]>> {
        None
    }

    fn iter(&self) -> Box<AssetsIter<'_>> {
        Box::new(iter::empty())
    }

    fn csp_hashes(&self, _: &AssetKey) -> Box<dyn Iterator<Item = CspHash<'_>> + '_> {
        Box::new(iter::empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives every file, with how often it was asked for it.
    #[derive(Default)]
    struct CountingFake(Mutex<u8>);

    impl Assets<Wry> for CountingFake {
        fn get(&self, key: &AssetKey) -> Option<Cow<'_, [u8]>> {
            let mut count = self.0.lock().unwrap();
            *count += 1;
            let text = format!("{} {count}", key.as_ref());
            Some(Cow::Owned(text.into_bytes()))
        }

        fn iter(&self) -> Box<AssetsIter<'_>> {
            Box::new(iter::empty())
        }

        fn csp_hashes(&self, _: &AssetKey) -> Box<dyn Iterator<Item = CspHash<'_>> + '_> {
            Box::new(iter::empty())
        }
    }

    #[test]
    fn the_program_is_unpacked_once_ahead_and_then_like_every_other_file() {
        let files = UnpackedAhead::begin(Box::new(CountingFake::default()));
        let get = |key: &str| String::from_utf8(files.get(&key.into()).unwrap().into_owned()).unwrap();
        assert_eq!(get(MAIN_PROGRAM), "/window-main_bg.wasm 1");
        assert_eq!(get("/styles.css"), "/styles.css 2");
        assert_eq!(get(MAIN_PROGRAM), "/window-main_bg.wasm 3");
    }
}
