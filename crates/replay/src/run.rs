//! A whole replay: both assets side by side, put aside every few minutes, told as it goes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bithedge_protocol::{Asset, Ppm, Sats, TokenAmount};
use serde::{Deserialize, Serialize};

use crate::play::{Equalities, Play, Terms};
use crate::prices::{History, Step};
use crate::trial::Trial;
use crate::{Ledger, ReplayError};

/// How often a replay is put aside.
const SAVE_EVERY: Duration = Duration::from_secs(240);

/// What is replayed, and how.
#[derive(Clone, Debug)]
pub struct Run {
    /// The contracts' manifest.
    pub contracts: PathBuf,
    /// The prices.
    pub history: History,
    /// What decides over everything that is left to chance.
    pub seed: u64,
    /// What providers bring to each bucket at the start, by its worth in BTC.
    pub capital: Sats,
    /// The volatilities that the oracle starts from.
    pub volatility: (u128, u128),
    /// Other starting values than the suite's.
    pub trials: Vec<Trial>,
    /// Where a replay is put aside; `None`: nowhere.
    pub aside: Option<PathBuf>,
}

/// What came of one asset's buckets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The asset.
    pub asset: Asset,
    /// Everything that moved.
    pub ledger: Ledger,
    /// How often the application's figures were the contracts'.
    pub equalities: Equalities,
    /// Calls of the contracts.
    pub calls: u64,
    /// Policies that were running when prices ended. They were settled at the last price.
    pub running: u64,
    /// The insurance fund at the end, base units.
    pub fund: TokenAmount,
    /// The treasury at the end, base units.
    pub treasury: TokenAmount,
    /// By tier: the utilisation at which sales stop.
    pub limits: BTreeMap<u8, Ppm>,
    /// What was left in the vault when everybody had left, base units: exit fees that nobody was there to get, prepaid bounties, and
    /// rounding.
    pub left: TokenAmount,
}

impl Run {
    /// Plays one asset's days to the end, from where it was put aside if it was. `tell` hears how many days are done. Ends
    /// early, put aside, once `stop` is set: then there is no outcome.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn play(
        &self,
        asset: Asset,
        stop: &AtomicBool,
        mut tell: impl FnMut(usize),
    ) -> Result<Option<Outcome>, ReplayError> {
        let Some(first) = self.history.days.first() else {
            return Err(ReplayError::Missing("a day of prices".to_owned()));
        };
        let terms = Terms {
            contracts: self.contracts.clone(),
            asset,
            seed: self.seed,
            capital: self.capital,
            volatility: self.volatility,
        };
        let step = Step { at: first.begins(), btc: first.open, stx: first.stx_open };
        let mut refused = None;
        let mut play = Play::start(&terms, step, |calls| {
            refused = self.trials.iter().find_map(|trial| trial.apply(calls).err());
        })?;
        if let Some(error) = refused {
            return Err(ReplayError::Trial(error));
        }
        let folder = self.aside.as_ref().map(|folder| folder.join(asset.symbol()));
        if let Some(folder) = &folder {
            play.resume(folder)?;
        }
        let mut saved = Instant::now();
        let done = usize::try_from(play.days()).unwrap_or(usize::MAX);
        tell(done);
        for (index, day) in self.history.days.iter().enumerate().skip(done) {
            play.day(day).map_err(|error| ReplayError::OnDay { day: day.date, error: Box::new(error) })?;
            tell(index + 1);
            let stops = stop.load(Ordering::Relaxed);
            if let Some(folder) = folder.as_ref().filter(|_| stops || saved.elapsed() > SAVE_EVERY) {
                play.save(folder)?;
                saved = Instant::now();
            }
            if stops {
                return Ok(None);
            }
        }
        let running = play.running();
        let days = play.ledger().days.clone();
        play.wind_down()?;
        let mut ledger = play.ledger().clone();
        // What a share was worth is told up to the last day of prices; what people took out, to the very end.
        ledger.days = days;
        Ok(Some(Outcome {
            asset,
            ledger,
            equalities: play.equalities().clone(),
            calls: play.chain().calls(),
            running,
            fund: play.fund()?,
            treasury: play.treasury()?,
            limits: play.limits(),
            left: play.left_in_the_vault()?,
        }))
    }

    /// Forgets what was put aside.
    pub fn forget(folder: &Path) {
        // What cannot be removed is overwritten by the next.
        let _ = std::fs::remove_dir_all(folder);
    }
}
