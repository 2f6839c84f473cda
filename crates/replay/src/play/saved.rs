//! A replay put aside between two days, so that another process can go on with it.

use std::fs;
use std::path::{Path, PathBuf};

use bithedge_protocol::risk::ClosePoint;
use bithedge_protocol::{UnixSeconds, UsdE8};
use serde::{Deserialize, Serialize};

use super::{Equalities, Play};
use crate::people::Held;
use crate::prices::Step;
use crate::{Ledger, ReplayError};

/// Everything that is not in the VM.
#[derive(Serialize, Deserialize)]
struct Saved {
    days: u64,
    providers: Vec<(bool, UnixSeconds)>,
    held: Vec<Held>,
    closes: Vec<Vec<ClosePoint>>,
    ledger: Ledger,
    equalities: Equalities,
    latest: (UnixSeconds, UsdE8, UsdE8),
    reported: u64,
    calls: u64,
}

fn file_error(path: &Path) -> impl Fn(std::io::Error) -> ReplayError {
    let path = path.to_owned();
    move |error| ReplayError::File { path: path.clone(), error }
}

impl Play {
    fn files(folder: &Path, days: u64) -> (PathBuf, PathBuf) {
        (folder.join("play.json"), folder.join(format!("vm-{days}")))
    }

    /// Puts the replay aside in a folder, in place of what was there. What is written is whole or not there: a process that is
    /// killed meanwhile leaves what was put aside before.
    ///
    /// # Errors
    /// [`ReplayError::File`], [`ReplayError::Vm`].
    pub fn save(&mut self, folder: &Path) -> Result<(), ReplayError> {
        fs::create_dir_all(folder).map_err(file_error(folder))?;
        let (play, vm) = Self::files(folder, self.days);
        self.chain.vm().save_state(&vm)?;
        let (reported, calls) = self.chain.counters();
        let saved = Saved {
            days: self.days,
            providers: self.providers.iter().map(|one| (one.is_in, one.acted)).collect(),
            held: self.held.clone(),
            closes: self.closes.clone(),
            ledger: self.ledger.clone(),
            equalities: self.equal.clone(),
            latest: (self.latest.at, self.latest.btc, self.latest.stx),
            reported,
            calls,
        };
        let text = serde_json::to_vec(&saved)
            .map_err(|error| ReplayError::File { path: play.clone(), error: error.into() })?;
        let unfinished = folder.join("play.json.new");
        fs::write(&unfinished, text).map_err(file_error(&unfinished))?;
        fs::rename(&unfinished, &play).map_err(file_error(&play))?;
        for entry in fs::read_dir(folder).map_err(file_error(folder))?.flatten() {
            let old = entry.file_name().to_string_lossy().starts_with("vm-") && entry.path() != vm;
            if old {
                fs::remove_file(entry.path()).map_err(file_error(&entry.path()))?;
            }
        }
        Ok(())
    }

    /// Goes on with what was put aside in a folder, of a replay that was [started](Play::start) with the same terms. Returns
    /// whether there was something.
    ///
    /// # Errors
    /// [`ReplayError::File`] if it cannot be read, [`ReplayError::Vm`].
    pub fn resume(&mut self, folder: &Path) -> Result<bool, ReplayError> {
        let (play, _) = Self::files(folder, 0);
        if !play.exists() {
            return Ok(false);
        }
        let text = fs::read(&play).map_err(file_error(&play))?;
        let saved: Saved = serde_json::from_slice(&text)
            .map_err(|error| ReplayError::File { path: play.clone(), error: error.into() })?;
        let (_, vm) = Self::files(folder, saved.days);
        self.chain.vm().load_state(&vm)?;
        self.chain.set_counters((saved.reported, saved.calls));
        self.days = saved.days;
        for (provider, (is_in, acted)) in self.providers.iter_mut().zip(saved.providers) {
            (provider.is_in, provider.acted) = (is_in, acted);
        }
        self.held = saved.held;
        self.closes = saved.closes;
        self.ledger = saved.ledger;
        self.equal = saved.equalities;
        let (at, btc, stx) = saved.latest;
        self.latest = Step { at, btc, stx };
        Ok(true)
    }
}
