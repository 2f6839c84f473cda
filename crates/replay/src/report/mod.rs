//! What came of a replay, to read: Markdown for the repository, HTML to open, pictures beside them.

mod document;
mod figures;
mod pictures;
mod words;

use std::fs;
use std::path::Path;

use crate::{Outcome, ReplayError, Trial};
use document::Document;

pub use figures::{BucketFigures, CoverFigures};

/// What was played.
#[derive(Clone, Debug)]
pub struct Played {
    /// The prices' range: `2014-09-17 to 2022-03-01`.
    pub name: String,
    /// How many days.
    pub days: usize,
    /// Of them, how many were missing from the file.
    pub filled: usize,
    /// Where prices of STX come from.
    pub stx: String,
    /// Whether no market has seen them.
    pub stx_is_simulated: bool,
    /// The volatility that the oracle began with, and where it comes from: `75 %, the usual`.
    pub volatility: String,
    /// The seed.
    pub seed: u64,
    /// What providers brought to each bucket, by its worth in BTC at the start.
    pub capital: String,
    /// BTC at the beginning, at its lowest and highest daily close, and at the end: whole USD.
    pub btc: [u128; 4],
    /// Other starting values than the suite's.
    pub trials: Vec<Trial>,
}

/// Writes `README.md`, `report.html` and the pictures into a folder, in place of what is there by those names.
///
/// # Errors
/// [`ReplayError::File`], [`ReplayError::Pool`].
pub fn write(folder: &Path, played: &Played, outcomes: &[Outcome]) -> Result<(), ReplayError> {
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| ReplayError::File { path, error })
    };
    fs::create_dir_all(folder).map_err(|error| ReplayError::File { path: folder.to_owned(), error })?;
    let document: Document = words::document(played, outcomes)?;
    for picture in document.pictures() {
        put(&format!("{}.svg", picture.name), &picture.light.svg)?;
        put(&format!("{}-dark.svg", picture.name), &picture.dark.svg)?;
    }
    put("README.md", &document.markdown())?;
    put("report.html", &document.html())
}
